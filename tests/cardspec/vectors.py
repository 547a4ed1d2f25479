"""The tables beside the codecs: how their cells are written."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from app.cardspec.codecs import FieldValue

FOLDER = Path(__file__).resolve().parents[1] / "vectors"


def rows(name: str) -> list[dict[str, str]]:
    """The rows of one table."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def raw(text: str) -> bytes:
    """Bytes in hex, where ``00x24`` is 00 twenty-four times."""
    out = b""
    for part in text.split():
        run = re.fullmatch(r"([0-9A-F]{2})x(\d+)", part)
        out += bytes.fromhex(run[1]) * int(run[2]) if run else bytes.fromhex(part)
    return out


def value(text: str) -> FieldValue:
    """A field's value: text, ``hex:`` and bytes, or nothing."""
    if text.startswith("hex:"):
        return raw(text[4:])
    return text or None
