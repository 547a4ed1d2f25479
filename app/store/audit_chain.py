"""What a row of the audit hashes to: pure functions, so that anybody can verify a chain (docs/audit.md).

Every column of a row is framed as PostgreSQL frames a tuple in its binary COPY format: four bytes of
length, big endian, then the value (text as UTF-8, a number as eight bytes big endian, bytes as they
are); NULL is the length -1 and nothing. The columns stand in the order of ``HASHED``, ``prev`` last.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Any, Final

from app.crypto.sm3 import framed, sm3

# The columns of the table ``audit`` in their order; the last one, ``hash``, covers all others.
COLUMNS: Final = (
    "desk",
    "seq",
    "realm",
    "at_ms",
    "boot",
    "moment",
    "terminal",
    "institution",
    "actor",
    "role",
    "second",
    "kind",
    "act",
    "person_id",
    "application_id",
    "case_id",
    "subject",
    "number",
    "state_before",
    "state_after",
    "reason",
    "fault",
    "fen",
    "facts",
    "detail_digest",
    "prev",
    "hash",
)
HASHED: Final = COLUMNS[:-1]
SEQ: Final = COLUMNS.index("seq")
DETAIL_DIGEST: Final = COLUMNS.index("detail_digest")
PREV: Final = COLUMNS.index("prev")
HASH: Final = COLUMNS.index("hash")
# Leads every row's bytes, so that no digest of this house for another purpose is ever a row's hash.
ROW_LABEL: Final = b"kangka audit row 1\x00"
_GENESIS_LABEL: Final = b"kangka audit genesis 1"
_NULL: Final = b"\xff\xff\xff\xff"
_NUMBER: Final = struct.Struct(">iq").pack
# Words that come again in nearly every row (desk, actor, kind): framed once. Longer texts are not kept.
_KEPT_LETTERS: Final = 64
_MOST_KEPT: Final = 20_000

Row = tuple[Any, ...]


class Frames(dict[Any, bytes]):
    """The frame of a value, by the value: ``frames[None]``, ``frames["01"]``, ``frames[7]``."""

    def __init__(self) -> None:
        super().__init__({None: _NULL})

    def __missing__(self, value: Any) -> bytes:
        if isinstance(value, int):
            return _NUMBER(8, value)
        if isinstance(value, str):
            raw = value.encode()
            frame = len(raw).to_bytes(4, "big") + raw
            if len(value) <= _KEPT_LETTERS:
                if len(self) >= _MOST_KEPT:
                    self.clear()
                    self[None] = _NULL
                self[value] = frame
            return frame
        if isinstance(value, bytes):
            return len(value).to_bytes(4, "big") + value
        raise TypeError(f"a row of the audit holds a {type(value).__name__}")


def hasher() -> Callable[[Iterable[Any]], bytes]:
    """A function that gives the 32-byte hash of a row's ``HASHED`` values, in their order."""
    frame = Frames().__getitem__
    join = b"".join

    def digest(values: Iterable[Any]) -> bytes:
        return sm3(ROW_LABEL + join(map(frame, values)))

    return digest


def row_hash(values: Iterable[Any]) -> bytes:
    """The hash of one row's ``HASHED`` values, ``prev`` the last of them."""
    return hasher()(values)


def genesis(store_id: str, realm: str, desk: str) -> bytes:
    """What the first row of a desk's chain has for ``prev``: no chain begins as another does."""
    return sm3(framed(_GENESIS_LABEL, store_id.encode(), realm.encode(), desk.encode()))
