"""A chain verified from docs/audit.md alone, by another library's SM3."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import gmalg


def sm3(data: bytes) -> bytes:
    digest = gmalg.SM3()
    digest.update(data)
    return bytes(digest.value())


def framed(value: Any) -> bytes:
    """Length in four bytes and the value; NULL is the length -1."""
    if value is None:
        return (2**32 - 1).to_bytes(4, "big")
    if isinstance(value, int):
        raw = (value % 2**64).to_bytes(8, "big")
    else:
        raw = value.encode("utf-8") if isinstance(value, str) else bytes(value)
    return len(raw).to_bytes(4, "big") + raw


def genesis(store_id: str, realm: str, desk: str) -> bytes:
    return sm3(b"".join(framed(part) for part in ("kangka audit genesis 1", store_id, realm, desk)))


def check_chain(store_id: str, realm: str, desk: str, rows: Iterable[tuple[Any, ...]]) -> int:
    """How many rows the chain has; AssertionError names the first that does not fit."""
    follows, seq = genesis(store_id, realm, desk), 0
    for row in rows:
        seq += 1
        *columns, prev, stored = row
        whole = b"kangka audit row 1\x00" + b"".join(framed(value) for value in (*columns, prev))
        fits = (row[0], row[1], prev, sm3(whole)) == (desk, seq, follows, stored)
        assert fits, f"row {seq}"
        follows = stored
    return seq
