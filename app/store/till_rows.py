"""Rows of the till as the values of ``app.domain.till``."""

from __future__ import annotations

from typing import Any, Final

from app.domain.application import Realm
from app.domain.till import Closing, FeeDue, PayMethod, Receipt, ReceiptState, Shift
from app.store.till_state import load_state

# Columns in the order in which they are asked for, by the fields' own names.
DUE: Final = "application_id realm person_id reason fen rule owed_ms receipt funding proof"
RECEIPT: Final = (
    "number realm shift_id application_id person_id reason fen rule method state clerk_id clerk_name"
    " at_ms waiver second_name void_reason void_clerk void_second void_ms void_shift_id"
)
SHIFT: Final = "id number realm clerk_id clerk_name opened_ms float_fen opening_cards closed_ms"
CLOSING: Final = "number state counted_fen counted_cards explanation second_name closed_ms closed_by"


def columns(table: Any, names: str) -> list[Any]:
    """The named columns of a table."""
    return [getattr(table.c, name) for name in names.split()]


def due(row: tuple[Any, ...]) -> FeeDue:
    told = _told(DUE, row)
    return FeeDue(**(told | {"realm": Realm(told["realm"])}))


def shift(row: tuple[Any, ...]) -> Shift:
    told = _told(SHIFT, row)
    return Shift(**(told | {"realm": Realm(told["realm"])}))


def receipt(row: tuple[Any, ...]) -> Receipt:
    """``row`` has the columns of ``RECEIPT`` and how often the receipt was printed (None: never)."""
    told = _told(RECEIPT, row[:-1])
    kinds = {
        "copies": max((row[-1] or 0) - 1, 0),
        "realm": Realm(told["realm"]),
        "method": PayMethod(told["method"]),
        "state": ReceiptState(told["state"]),
    }
    return Receipt(**(told | kinds))


def closing(row: tuple[Any, ...]) -> Closing:
    told = _told(CLOSING, row)
    return Closing(**(told | {"state": load_state(told["state"])}))


def _told(names: str, row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(names.split(), row, strict=True))
