"""How a field's value becomes the bytes of its place on the card, and back (card.md, Codings).

In the program a field's value is text: a name, a date YYYYMMDD, a code of a table as its digits. Only
``opaque`` fields (certificates, images, hospital records) are bytes. None is "nothing recorded", which
is the field's empty value on the card, never a code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeGuard

from app.base import gb18030
from app.base.errors import N_, KangkaError

FieldValue = str | bytes | None

# More digits than any number of a card field has; int() itself gives up on thousands of them.
_MOST_DIGITS = 600


class Coding(StrEnum):
    """The codings of the standard, and ``opaque`` for b fields that are no number."""

    ANS = "ans"
    CN = "cn"
    B = "b"
    OPAQUE = "opaque"


@dataclass(eq=False)
class FieldTooLong(KangkaError):
    """A text that does not fit its place on the chip; it is never cut in silence."""

    field: str
    takes: int
    room: int

    code = "card.field-too-long"
    cause = N_("{field} takes {takes} bytes, and the card has room for {room}.")
    meaning = N_("The card would hold a shortened value.")
    remedy = N_("Shorten {field} with the resident's consent, or send the case to the centre.")


@dataclass(eq=False)
class FieldNotEncodable(KangkaError):
    """A value that the field's coding has no bytes for."""

    field: str
    coding: str

    code = "card.field-not-encodable"
    cause = N_("{field} holds something that a card field of kind {coding} can not carry.")
    meaning = N_("The card can not be written with this value.")
    remedy = N_("Correct {field} and try again.")


@dataclass(eq=False)
class CardFieldUnreadable(KangkaError):
    """Bytes on a card that are no value of the field's coding."""

    field: str

    code = "card.field-unreadable"
    cause = N_("{field} on the card holds bytes that are not a value of this field.")
    meaning = N_("The card was written by another system, or it is damaged.")
    remedy = N_("Read the card again; if it stays so, exchange it as damaged.")


def encode(coding: Coding, length: int, value: FieldValue, field: str) -> bytes:
    """``value`` as exactly ``length`` bytes; ``field`` is the key that a refusal names."""
    return _ENCODERS[coding](length, value, field)


def decode(coding: Coding, raw: bytes, field: str) -> FieldValue:
    """The value in ``raw``, the twin of ``encode``; None for the empty value."""
    return _DECODERS[coding](raw, field)


def empty(coding: Coding, length: int) -> bytes:
    """What a new card holds in the field (training-product.md, 12)."""
    return encode(coding, length, None, "")


def encoded_length(text: str) -> int:
    """Bytes that ``text`` takes in an ans field; characters GB 18030 lacks are a refusal elsewhere."""
    return len(gb18030.encode(text))


def _is_digits(value: FieldValue) -> TypeGuard[str]:
    # str.isdigit alone also takes the digits of every other script
    return isinstance(value, str) and value.isascii() and value.isdigit()


def _encode_ans(length: int, value: FieldValue, field: str) -> bytes:
    if value is None or value == "":
        return b"\x00" * length
    # What would not be read back as it was is refused: padding is cut at 00, then at spaces.
    if not isinstance(value, str) or "\x00" in value or value.endswith(" "):
        raise FieldNotEncodable(field=field, coding=Coding.ANS.value)
    try:
        raw = gb18030.encode(value)
    except UnicodeEncodeError:
        raise FieldNotEncodable(field=field, coding=Coding.ANS.value) from None
    if len(raw) > length:
        raise FieldTooLong(field=field, takes=len(raw), room=length)
    return raw.ljust(length, b"\x00")


def _decode_ans(raw: bytes, field: str) -> FieldValue:
    # Some issuers pad with spaces instead of 00 (card.md, Codings); FF fills a field never written.
    text = raw.split(b"\x00", 1)[0].rstrip(b" \xff")
    if not text:
        return None
    try:
        return gb18030.decode(text)
    except UnicodeDecodeError:
        raise CardFieldUnreadable(field=field) from None


def _encode_cn(length: int, value: FieldValue, field: str) -> bytes:
    if value is None:
        return b"\xff" * length
    if not _is_digits(value):
        raise FieldNotEncodable(field=field, coding=Coding.CN.value)
    # A one-digit code is written 01 (card.md, Codings).
    digits = value.zfill(2) if length == 1 else value
    if len(digits) > 2 * length:
        raise FieldTooLong(field=field, takes=(len(digits) + 1) // 2, room=length)
    return bytes.fromhex(digits.ljust(2 * length, "F"))


def _decode_cn(raw: bytes, field: str) -> FieldValue:
    digits = raw.hex().rstrip("f")
    if not digits:
        return None
    if not digits.isdigit():
        raise CardFieldUnreadable(field=field)
    # ... and read as 01 or 1F.
    return digits.zfill(2) if len(raw) == 1 else digits


def _encode_b(length: int, value: FieldValue, field: str) -> bytes:
    if value is None:
        return b"\xff" * length
    if not _is_digits(value):
        raise FieldNotEncodable(field=field, coding=Coding.B.value)
    if len(value) > _MOST_DIGITS:
        raise FieldTooLong(field=field, takes=len(value) // 2, room=length)
    number = int(value)
    # FF.. is "not recorded" and so no number of the field.
    if number >= (1 << 8 * length) - 1:
        raise FieldTooLong(field=field, takes=(number.bit_length() + 7) // 8, room=length)
    return number.to_bytes(length, "big")


def _decode_b(raw: bytes, _field: str) -> FieldValue:
    if raw == b"\xff" * len(raw):
        return None
    return f"{int.from_bytes(raw, 'big'):02d}"


def _encode_opaque(length: int, value: FieldValue, field: str) -> bytes:
    if value is None:
        return b"\xff" * length
    if not isinstance(value, bytes):
        raise FieldNotEncodable(field=field, coding=Coding.OPAQUE.value)
    if len(value) != length:
        raise FieldTooLong(field=field, takes=len(value), room=length)
    return value


def _decode_opaque(raw: bytes, _field: str) -> FieldValue:
    return None if raw == b"\xff" * len(raw) else raw


_ENCODERS: dict[Coding, Callable[[int, FieldValue, str], bytes]] = {
    Coding.ANS: _encode_ans,
    Coding.CN: _encode_cn,
    Coding.B: _encode_b,
    Coding.OPAQUE: _encode_opaque,
}
_DECODERS: dict[Coding, Callable[[bytes, str], FieldValue]] = {
    Coding.ANS: _decode_ans,
    Coding.CN: _decode_cn,
    Coding.B: _decode_b,
    Coding.OPAQUE: _decode_opaque,
}
