"""Records of a variable file: one field is Tag(1) Len(1) Value(Len), always at full length."""

from __future__ import annotations


def encode_record(tag: int, value: bytes) -> bytes:
    """Tag, length and value of one field; the tag numbers are the standard's decimal ones."""
    if not 0 <= tag <= 0xFF:
        raise ValueError("a tag is one byte")
    if len(value) > 0xFF:
        raise ValueError("a value has at most 255 bytes")
    return bytes((tag, len(value))) + value


def decode_record(record: bytes) -> tuple[int, bytes]:
    """Tag and value of one record; ValueError where its length byte is wrong."""
    if len(record) < 2 or record[1] != len(record) - 2:
        raise ValueError("the record's length byte contradicts its length")
    return record[0], record[2:]
