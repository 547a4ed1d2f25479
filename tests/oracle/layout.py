"""The file layout and the codings of fields, from tests/vectors/card-files.csv (the facts' table)."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.oracle import text
from tests.oracle.cipher import OracleError

LAYOUT = Path(__file__).parents[1] / "vectors" / "card-files.csv"

# Cyclic records have no tags; their parts stand in the csv's English name: (key, coding, bytes).
CYCLIC_PARTS = {
    "GM": (("substance", "ans", 20), ("reaction", "ans", 100)),
    "MY": (("vaccine", "ans", 20), ("date", "cn", 4)),
}
# The update steps of design.md follow this order of directories; it is the csv's own.
DIRECTORIES = ("DDF1", "DF01", "DF02", "DF03")


@dataclass(frozen=True)
class Field:
    """One row of the csv: a record's field, or the whole of a bare or transparent file (tag None)."""

    record: int
    tag: int | None
    length: int
    coding: str
    key: str


@dataclass(frozen=True)
class File:
    """One elementary file. `read` None is free to read; `update` and `maintenance` are key names."""

    directory: str
    name: str
    structure: str
    fields: tuple[Field, ...]
    count: int
    read: str | None
    update: tuple[str, ...]
    maintenance: str | None

    @property
    def path(self) -> str:
        """The name that a person would write: DF01/EF05."""
        return f"{self.directory}/{self.name}"


def _fields_of(rows: list[dict[str, str]]) -> tuple[Field, ...]:
    return tuple(
        Field(
            record=int(row["record"]) if row["record"].isdigit() else 0,
            tag=int(row["tag"]) if row["tag"] else None,
            length=int(row["length"]),
            coding=row["coding"],
            key=row["key"],
        )
        for row in rows
    )


def _names(name: str) -> list[str]:
    """EF05, or each of EE01-EE03."""
    first, _, last = name.partition("-")
    if not last:
        return [first]
    return [f"{first[:2]}{number:02d}" for number in range(int(first[2:]), int(last[2:]) + 1)]


@cache
def files() -> tuple[File, ...]:
    """Every elementary file in the csv's order, index and hospital files included."""
    grouped: dict[tuple[str, str], list[dict[str, str]]] = {}
    with LAYOUT.open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            grouped.setdefault((row["directory"], row["file"]), []).append(row)
    found: list[File] = []
    for (directory, span), rows in grouped.items():
        head = rows[0]
        # A bare file's record column says "3 records of 120".
        bare = re.fullmatch(r"(\d+) records of \d+", head["record"])
        count = int(bare.group(1)) if bare else len(rows)
        stk = re.search(r"STKD(?:DF1|F0\d)", head["update"])
        for name in _names(span):
            found.append(
                File(
                    directory=directory,
                    name=name,
                    structure=head["structure"],
                    fields=_fields_of(rows),
                    count=count,
                    read=None if head["read"] == "free" else head["read"],
                    update=tuple(re.findall(r"UK\dD(?:DF1|F0\d)", head["update"])),
                    maintenance=stk.group() if stk else None,
                )
            )
    return tuple(found)


def file(directory: str, name: str) -> File:
    """The file of that place."""
    for candidate in files():
        if (candidate.directory, candidate.name) == (directory, name):
            return candidate
    raise OracleError(f"the layout has no {directory}/{name}")


def fields() -> dict[str, tuple[File, Field]]:
    """Every tagged field by its csv key."""
    return {
        item.key: (place, item) for place in files() for item in place.fields if item.tag is not None
    }


def empty(coding: str, length: int) -> bytes:
    """A new card's value: ans is 00 throughout, cn and b are FF (training-product.md 12)."""
    return (b"\0" if coding == "ans" else b"\xff") * length


def encode(coding: str, length: int, value: str) -> bytes:
    """The bytes of a value as text: ans any text, cn digits, b hexadecimal digits.

    A one-digit cn or b code is written with its leading zero, 01 (card.md, Codings). An empty text is
    the empty value. OracleError where the value does not fit.
    """
    if value == "":
        return empty(coding, length)
    if coding == "ans":
        data, filler = text.encode(value), b"\0"
    elif coding == "cn":
        if not re.fullmatch(r"[0-9]+", value):
            raise OracleError(f"{value!r} is no cn value")
        digits = value.rjust(2, "0") if length == 1 else value
        data, filler = bytes.fromhex(digits + "F" * (len(digits) % 2)), b"\xff"
    elif coding == "b":
        digits = value.rjust(2, "0") if length == 1 else value
        data, filler = bytes.fromhex(digits), b""
    else:
        raise OracleError(f"no coding named {coding}")
    if len(data) > length or (coding == "b" and len(data) != length):
        raise OracleError(f"{len(data)} bytes do not fit a {coding} of {length}")
    return data + filler * (length - len(data) if filler else 0)


def decode(coding: str, value: bytes) -> str:
    """The text of a value's bytes; the empty value is an empty text. OracleError where bytes are none.

    ans: to the first 00, spaces stripped. cn: digits to the first F; one byte 1F reads as 01.
    b: hexadecimal.
    """
    if value == empty(coding, len(value)):
        return ""
    if coding == "ans":
        try:
            return text.decode(value.split(b"\0")[0]).strip(" ")
        except UnicodeDecodeError as error:
            raise OracleError(f"no GB 18030 text: {value.hex()}") from error
    if coding == "b":
        return value.hex().upper()
    digits = value.hex().upper()
    bare = digits.rstrip("F")
    if not re.fullmatch(r"[0-9]*", bare):
        raise OracleError(f"no BCD: {digits}")
    return bare.rjust(2, "0") if len(value) == 1 else bare
