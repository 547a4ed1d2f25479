"""Every vector both ways, every field of the profile, and what must hold for any value at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base import gb18030
from app.cardspec import codecs
from app.cardspec.codecs import CardFieldUnreadable, Coding, FieldNotEncodable, FieldTooLong
from app.cardspec.profile import load_profile
from tests.cardspec.vectors import raw, rows, value

PROFILE = load_profile()
FIELDS = {field.key: field for file in PROFILE.files for field in file.fields}
FIELD_VECTORS = rows("codecs.csv")
CODING_VECTORS = rows("codings.csv")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)


@pytest.mark.parametrize("row", FIELD_VECTORS, ids=lambda row: f"{row['field']}-{row['value'][:12]}")
def test_each_field_writes_and_reads_its_vectors(row: dict[str, str]) -> None:
    field = FIELDS[row["field"]]
    expected, meant = raw(row["bytes"]), value(row["value"])
    assert len(expected) == field.length
    assert codecs.encode(field.coding, field.length, meant, field.key) == expected
    assert codecs.decode(field.coding, expected, field.key) == meant


def test_no_field_of_the_profile_is_without_vectors() -> None:
    values: dict[str, set[str]] = {}
    for row in FIELD_VECTORS:
        values.setdefault(row["field"], set()).add(row["value"])
    assert values.keys() == FIELDS.keys()
    for key, seen in values.items():
        assert "" in seen, f"{key}: no vector for nothing recorded"
        assert len(seen) > 1, f"{key}: no vector for a value"


@pytest.mark.parametrize("row", CODING_VECTORS, ids=lambda row: f"{row['coding']}-{row['note']}")
def test_each_coding_does_what_its_vector_says(row: dict[str, str]) -> None:
    coding, length, way = Coding(row["coding"]), int(row["length"]), row["way"]
    meant, content = value(row["value"]), raw(row["bytes"])
    if way in ("both", "write"):
        assert codecs.encode(coding, length, meant, "F") == content
    if way in ("both", "read"):
        assert codecs.decode(coding, content, "F") == meant
    if way == "unreadable":
        with pytest.raises(CardFieldUnreadable) as unreadable:
            codecs.decode(coding, content, "F")
        assert unreadable.value.field == "F"
    refusals = {kind.__name__: kind for kind in (FieldTooLong, FieldNotEncodable)}
    if way in refusals:
        with pytest.raises(refusals[way]) as refused:
            codecs.encode(coding, length, meant, "F")
        assert refused.value.params()["field"] == "F"
    assert way in {"both", "read", "write", "unreadable", *refusals}


def test_a_refusal_counts_bytes_not_characters() -> None:
    with pytest.raises(FieldTooLong) as refused:
        codecs.encode(Coding.ANS, 30, "𠮷" * 8, "XM")
    assert refused.value.params() == {"field": "XM", "takes": 32, "room": 30}


def test_lone_surrogates_are_refused() -> None:
    with pytest.raises(FieldNotEncodable):
        codecs.encode(Coding.ANS, 30, "\ud800", "XM")


def test_nul_is_refused() -> None:
    with pytest.raises(FieldNotEncodable):
        codecs.encode(Coding.ANS, 30, "a\x00b", "XM")


def test_a_number_of_thousands_of_digits_is_a_known_refusal() -> None:
    with pytest.raises(FieldTooLong):
        codecs.encode(Coding.B, 1, "9" * 6000, "XB")


def test_the_empty_text_is_nothing_recorded() -> None:
    assert codecs.encode(Coding.ANS, 4, "", "F") == codecs.empty(Coding.ANS, 4) == bytes(4)


@given(texts)
def test_any_text_within_its_bytes_comes_back(text: str) -> None:
    kept = text.rstrip(" ")
    room = codecs.encoded_length(kept) + 3
    assert codecs.decode(Coding.ANS, codecs.encode(Coding.ANS, room, kept, "F"), "F") == (kept or None)


@given(texts, st.integers(0, 40))
def test_a_text_is_whole_or_refused_never_cut(text: str, room: int) -> None:
    try:
        written = codecs.encode(Coding.ANS, room, text, "F")
    except FieldTooLong as refused:
        assert refused.takes == len(gb18030.encode(text)) > room == refused.room
    except FieldNotEncodable:
        assert text.endswith(" ")
    else:
        assert len(written) == room
        assert gb18030.decode(written.rstrip(b"\x00")) == text


@given(
    st.sampled_from([Coding.ANS, Coding.CN, Coding.B, Coding.OPAQUE]), st.binary(min_size=1, max_size=40)
)
def test_what_was_read_is_written_back_the_same_ever_after(coding: Coding, content: bytes) -> None:
    try:
        first = codecs.decode(coding, content, "F")
    except CardFieldUnreadable:
        return
    written = codecs.encode(coding, len(content), first, "F")
    again = codecs.decode(coding, written, "F")
    assert again == first
    assert codecs.encode(coding, len(content), again, "F") == written


@given(st.integers(1, 8), st.data())
def test_digits_come_back(length: int, data: st.DataObject) -> None:
    digits = data.draw(st.text("0123456789", min_size=1, max_size=2 * length))
    written = codecs.encode(Coding.CN, length, digits, "F")
    assert codecs.decode(Coding.CN, written, "F") == (digits.zfill(2) if length == 1 else digits)


@given(st.integers(1, 4), st.data())
def test_numbers_come_back(length: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, (1 << 8 * length) - 2))
    assert (
        codecs.decode(Coding.B, codecs.encode(Coding.B, length, str(number), "F"), "F")
        == f"{number:02d}"
    )


@given(st.sampled_from(list(Coding)), st.integers(1, 60))
def test_empty_is_read_as_nothing(coding: Coding, length: int) -> None:
    assert codecs.decode(coding, codecs.empty(coding, length), "F") is None
