"""Names of the keys on a user card (card.md, "Keys on the user card")."""

from __future__ import annotations

from enum import StrEnum


class KeyName(StrEnum):
    """IRK authenticates the card, STK secures updates, BK and LK block, UK updates, RK reads."""

    IRKDDF1 = "IRKDDF1"
    STKMF = "STKMF"
    STKDDF1 = "STKDDF1"
    STKDF01 = "STKDF01"
    STKDF02 = "STKDF02"
    STKDF03 = "STKDF03"
    BKMF = "BKMF"
    LKDF01 = "LKDF01"
    LKDF02 = "LKDF02"
    LKDF03 = "LKDF03"
    UK1DDF1 = "UK1DDF1"
    UK1DF01 = "UK1DF01"
    UK1DF02 = "UK1DF02"
    UK2DF02 = "UK2DF02"
    UK3DF02 = "UK3DF02"
    UK1DF03 = "UK1DF03"
    UK2DF03 = "UK2DF03"
    RK1DDF1 = "RK1DDF1"
    RK1DF01 = "RK1DF01"
    RK1DF02 = "RK1DF02"
    RK1DF03 = "RK1DF03"


def maintenance_key(directory: str) -> KeyName:
    """The key that secures updates in a directory: ``STKDF01`` of ``DF01``."""
    return KeyName(f"STK{directory}")
