"""What a card should hold, byte for byte, from plain values; and what a card read differs from it in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tests.oracle import layout
from tests.oracle.cipher import OracleError
from tests.oracle.layout import CYCLIC_PARTS
from tests.oracle.reader import OracleCard

# The image of EF07 takes at most 3,070 bytes behind two length bytes (card.md).
PHOTO_LIMIT = 3070


@dataclass(frozen=True)
class Image:
    """Every byte of a card: records by path and number, transparent files by path."""

    records: Mapping[tuple[str, int], bytes]
    binaries: Mapping[str, bytes]


def expected(
    values: Mapping[str, str],
    *,
    allergies: Sequence[tuple[str, str]] = (),
    immunizations: Sequence[tuple[str, str]] = (),
    photo: bytes = b"",
) -> Image:
    """The image of a card as it leaves the desk.

    `values` maps csv keys to text (ans text, cn digits, b hexadecimal digits); a key that isn't named
    is empty. Cyclic lists stand in reading order, the newest first. Everything else is as a new card
    has it: indexes and hospital files FF, the photo's file 00 (tests/vectors/README.md, D22).
    OracleError for an unknown key or a value that does not fit.
    """
    unknown = set(values) - set(layout.fields())
    if unknown:
        raise OracleError(f"no such fields: {', '.join(sorted(unknown))}")
    if len(photo) > PHOTO_LIMIT:
        raise OracleError(f"a photo of {len(photo)} bytes")
    lists = {"GM": allergies, "MY": immunizations}
    records: dict[tuple[str, int], bytes] = {}
    binaries: dict[str, bytes] = {}
    for place in layout.files():
        first = place.fields[0]
        if place.structure == "variable":
            for item in place.fields:
                value = layout.encode(item.coding, item.length, values.get(item.key, ""))
                records[place.path, item.record] = bytes([item.tag or 0, item.length]) + value
        elif place.structure == "fixed":
            for number in range(1, place.count + 1):
                records[place.path, number] = b"\xff" * first.length
        elif place.structure == "cyclic":
            for number, parts in enumerate(lists[first.key], start=1):
                if number > place.count:
                    raise OracleError(f"{place.path} takes {place.count} records")
                records[place.path, number] = cyclic_record(first.key, parts)
        elif first.key == "ZP":
            content = len(photo).to_bytes(2, "big") + photo
            binaries[place.path] = content.ljust(first.length, b"\0")
        else:
            binaries[place.path] = b"\xff" * first.length
    return Image(records, binaries)


def cyclic_record(key: str, parts: tuple[str, str]) -> bytes:
    """The bare record of an allergy (GM: substance, reaction) or an immunization (MY: vaccine, date)."""
    return b"".join(
        layout.encode(coding, length, value)
        for (_, coding, length), value in zip(CYCLIC_PARTS[key], parts, strict=True)
    )


def differences(card: OracleCard, image: Image) -> list[str]:
    """Every place where the card isn't the image, with what is there and what is due; empty when equal.

    What the reader found wrong by itself (unreadable values, files open to anybody) is among them.
    """
    found = [*card.problems, *(f"open to anybody: {path}" for path in card.unguarded)]
    for path, number in sorted(set(card.records) | set(image.records)):
        there, due = card.records.get((path, number)), image.records.get((path, number))
        if there != due:
            found.append(f"{path} record {number}: {_hex(there)}, due {_hex(due)}")
    for path in sorted(set(card.binaries) | set(image.binaries)):
        content, wanted = card.binaries.get(path), image.binaries.get(path)
        if content is None or wanted is None or len(content) != len(wanted):
            found.append(f"{path} has another length")
        elif content != wanted:
            at = next(n for n, (a, b) in enumerate(zip(content, wanted, strict=True)) if a != b)
            found.append(
                f"{path} from byte {at}: {_hex(content[at : at + 8])}, due {_hex(wanted[at : at + 8])}"
            )
    return found


def _hex(data: bytes | None) -> str:
    return "nothing" if data is None else data.hex().upper()


def contradictions(card: OracleCard, city_code: str) -> list[str]:
    """What no finished card may say, whoever holds it: against its own chip, its place, or itself.

    Sources: training-product.md 15 (FKXLH), card.md (tag 57, card number, security code, dates), GB
    11643. An empty field contradicts nothing.
    """
    fields = card.fields
    serial = card.factor[-5:].hex().upper()
    numbers = [number for number in (fields["SFZH"], fields["ZJHM"]) if number]
    rules = {
        f"FKXLH is not the chip's {serial}": fields["FKXLH"] in ("", serial),
        f"YYCSDM is not {city_code}": fields["YYCSDM"] in ("", city_code),
        "KH is neither the identity nor the document number": fields["KH"] in ("", *numbers),
        "AQM is not three digits": re.fullmatch(r"(\d{3})?", fields["AQM"]) is not None,
        "SFZH has a wrong check digit": fields["SFZH"] == "" or _checks(fields["SFZH"]),
        "CSRQ is not SFZH's": "" in (fields["SFZH"], fields["CSRQ"])
        or fields["SFZH"][6:14] == fields["CSRQ"],
    }
    rules |= {f"{key} is no date": _is_date(fields[key]) for key in ("FKSJ", "CSRQ", "KYXQ")}
    return [sentence for sentence, holds in rules.items() if not holds]


def _checks(number: str) -> bool:
    """GB 11643-1999: the weights are powers of two modulo 11, the sum of all 18 leaves 1."""
    if not re.fullmatch(r"\d{17}[\dX]", number):
        return False
    worth = [10 if letter == "X" else int(letter) for letter in number]
    return sum(value * pow(2, 17 - place, 11) for place, value in enumerate(worth)) % 11 == 1


def _is_date(value: str) -> bool:
    """YYYYMMDD of a day that there was, or nothing."""
    if value == "":
        return True
    try:
        return len(value) == 8 and date(int(value[:4]), int(value[4:6]), int(value[6:])) is not None
    except ValueError:
        return False
