"""Whole files of a card as encode/decode twins: values in, the bytes of each record out, and back.

A file's values are a mapping from the standard's field keys (``XM``) to values; a missing key is
nothing recorded. Fixed and cyclic files repeat their fields in each record, so the values of a whole
file are told apart by the record's number behind the key (``ZYSY1``), the way the standard's own
tables number repeated fields.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.cardspec import codecs, tlv
from app.cardspec.codecs import CardFieldUnreadable, FieldTooLong, FieldValue
from app.cardspec.profile import FieldSpec, FileSpec, Structure

# A photo's length stands before it, big-endian (card-files.csv, DDF1/EF07).
PHOTO_PREFIX = 2


def numbered(key: str, record: int) -> str:
    """The key of one field of one record (from 1) of a fixed or cyclic file."""
    return f"{key}{record}"


def record_values(file: FileSpec, values: Mapping[str, FieldValue]) -> tuple[bytes, ...]:
    """Every record of a variable file (tag and length included) or of a fixed one, in order."""
    if file.structure is Structure.VARIABLE:
        return tuple(_tagged(field, values.get(field.key)) for field in file.fields)
    if file.structure is Structure.FIXED:
        return tuple(_bare(file, values, number) for number in range(1, file.records + 1))
    raise ValueError(f"{file.path} is {file.structure}: its records do not exist beforehand")


def empty_record(file: FileSpec, number: int) -> bytes:
    """What record ``number`` (from 1) of a variable or fixed file holds on a new card."""
    if not 1 <= number <= file.records:
        raise ValueError(f"{file.path} has records 1 to {file.records}")
    return record_values(file, {})[number - 1]


def decode_file(file: FileSpec, records: Sequence[bytes]) -> dict[str, FieldValue]:
    """The values of a whole file, the twin of ``record_values``.

    ``records`` are all records as READ RECORD gives them, of a cyclic file those that were written,
    the newest first; of a transparent file its content is the only one.
    """
    if file.structure is Structure.TRANSPARENT:
        (raw,) = records
        (field,) = file.fields
        if file.length_prefix:
            return {field.key: photo_image(raw, file.length_prefix, field.key)}
        return {field.key: codecs.decode(field.coding, raw, field.key)}
    if len(records) > file.records or (
        file.structure is not Structure.CYCLIC and len(records) < file.records
    ):
        raise ValueError(f"{file.path} has {file.records} records, not {len(records)}")
    values: dict[str, FieldValue] = {}
    for number, record in enumerate(records, 1):
        values |= decode_record(file, number, record)
    return values


def decode_record(file: FileSpec, number: int, record: bytes) -> dict[str, FieldValue]:
    """The values of one record (from 1): under its own keys, numbered in a fixed or cyclic file."""
    if file.structure is Structure.VARIABLE:
        field = file.fields[number - 1]
        return {field.key: _untagged(field, record)}
    return {numbered(key, number): value for key, value in decode_cyclic(file, record).items()}


def cyclic_record(file: FileSpec, parts: Mapping[str, FieldValue]) -> bytes:
    """One record of a cyclic file: its bare values side by side, at full length."""
    return b"".join(codecs.encode(f.coding, f.length, parts.get(f.key), f.key) for f in file.fields)


def decode_cyclic(file: FileSpec, record: bytes) -> dict[str, FieldValue]:
    """The parts of one bare record, the twin of ``cyclic_record``."""
    if len(record) != file.size:
        raise CardFieldUnreadable(field=file.fields[0].key)
    parts: dict[str, FieldValue] = {}
    start = 0
    for field in file.fields:
        parts[field.key] = codecs.decode(field.coding, record[start : start + field.length], field.key)
        start += field.length
    return parts


def photo_bytes(file: FileSpec, image: bytes | None) -> bytes:
    """A transparent file's content: the image's length, then the image; none is length zero.

    What lies behind the image on the chip is not part of the value and is neither written nor read.
    """
    (field,) = file.fields
    content = image or b""
    if len(content) > field.length:
        raise FieldTooLong(field=field.key, takes=len(content), room=field.length)
    return len(content).to_bytes(file.length_prefix, "big") + content


def photo_length(raw: bytes, prefix: int = PHOTO_PREFIX, field: str = "ZP") -> int:
    """Bytes of the image that the length at the head of ``raw`` announces; 0 where none was recorded."""
    head = raw[:prefix]
    if len(head) < prefix:
        raise CardFieldUnreadable(field=field)
    # FF FF: a chip whose file was never written by anyone
    return 0 if head == b"\xff" * prefix else int.from_bytes(head, "big")


def photo_image(raw: bytes, prefix: int = PHOTO_PREFIX, field: str = "ZP") -> bytes | None:
    """The image in a file's content, the twin of ``photo_bytes``; bytes behind it are ignored."""
    length = photo_length(raw, prefix, field)
    if len(raw) < prefix + length:
        raise CardFieldUnreadable(field=field)
    return raw[prefix : prefix + length] or None


def blocks(file: FileSpec, length: int) -> tuple[tuple[int, int], ...]:
    """Offset and count of each plain read or write that covers ``length`` bytes of the file."""
    if length > file.size:
        raise ValueError(f"{file.path} holds {file.size} bytes")
    return tuple((offset, min(file.block, length - offset)) for offset in range(0, length, file.block))


def _tagged(field: FieldSpec, value: FieldValue) -> bytes:
    if field.tag is None:
        raise ValueError(f"{field.key} lies in a variable file and has no tag")
    return tlv.encode_record(field.tag, codecs.encode(field.coding, field.length, value, field.key))


def _untagged(field: FieldSpec, record: bytes) -> FieldValue:
    try:
        tag, raw = tlv.decode_record(record)
    except ValueError:
        raise CardFieldUnreadable(field=field.key) from None
    if tag != field.tag or len(raw) != field.length:
        raise CardFieldUnreadable(field=field.key)
    return codecs.decode(field.coding, raw, field.key)


def _bare(file: FileSpec, values: Mapping[str, FieldValue], number: int) -> bytes:
    return cyclic_record(file, {f.key: values.get(numbered(f.key, number)) for f in file.fields})
