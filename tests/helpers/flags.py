"""The medical alerts of a resident and the keys of their flags in the standard's table of DF02/EF05."""

from __future__ import annotations

FLAGS = {
    "asthma": "XCBZ",
    "heart": "XZBBZ",
    "cerebrovascular": "XNXGBBZ",
    "epilepsy": "DXBBZ",
    "coagulation": "NXWLBZ",
    "diabetes": "TNBBZ",
    "glaucoma": "QGYBZ",
    "dialysis": "TXBZ",
    "transplant": "QGYZBZ",
    "missing-organ": "QGQSBZ",
    "prosthesis": "KZXYZBZ",
    "pacemaker": "XZQBQBZ",
}
