"""Whole files: every file of the profile there and back, and what a damaged one is refused for."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cardspec import files
from app.cardspec.codecs import CardFieldUnreadable, FieldTooLong, FieldValue
from app.cardspec.profile import FileSpec, Structure, load_profile
from tests.cardspec.vectors import raw, rows, value

PROFILE = load_profile()
VECTORS: dict[str, list[tuple[FieldValue, bytes]]] = {}
for _row in rows("codecs.csv"):
    VECTORS.setdefault(_row["field"], []).append((value(_row["value"]), raw(_row["bytes"])))

VARIABLE = [file for file in PROFILE.files if file.structure is Structure.VARIABLE]
FIXED = [file for file in PROFILE.files if file.structure is Structure.FIXED]
CYCLIC = [file for file in PROFILE.files if file.structure is Structure.CYCLIC]
HOSPITAL = [f for f in PROFILE.files if f.structure is Structure.TRANSPARENT and not f.length_prefix]
PHOTO = PROFILE.file("DDF1/EF07")


def by_path(file: FileSpec) -> str:
    return file.path


@pytest.mark.parametrize("column", [0, 1, -1], ids=["empty", "typical", "full"])
@pytest.mark.parametrize("file", VARIABLE, ids=by_path)
def test_a_variable_file_is_its_fields_with_tag_and_length(file: FileSpec, column: int) -> None:
    values = {field.key: VECTORS[field.key][column][0] for field in file.fields}
    written = files.record_values(file, values)
    for field, record in zip(file.fields, written, strict=True):
        assert record == bytes((field.tag or 0, field.length)) + VECTORS[field.key][column][1]
    assert files.decode_file(file, written) == values


@pytest.mark.parametrize("file", VARIABLE + FIXED, ids=by_path)
def test_an_empty_record_is_the_one_of_a_new_card(file: FileSpec) -> None:
    new = tuple(files.empty_record(file, number) for number in range(1, file.records + 1))
    assert new == files.record_values(file, {})
    assert set(files.decode_file(file, new).values()) == {None}
    for number in (0, file.records + 1):
        with pytest.raises(ValueError, match=file.name):
            files.empty_record(file, number)


def test_values_of_other_files_do_not_matter() -> None:
    file = PROFILE.file("DF02/EF06")
    assert files.record_values(file, {"JSBBZ": "01", "XM": "测试甲"}) == (bytes((56, 1, 1)),)


@pytest.mark.parametrize("file", FIXED, ids=by_path)
def test_an_index_tells_its_records_apart(file: FileSpec) -> None:
    (field,) = file.fields
    values: dict[str, FieldValue] = {f"{field.key}{n}": None for n in range(1, file.records + 1)}
    values[f"{field.key}2"] = "00"
    written = files.record_values(file, values)
    assert written == (b"\xff", b"\x00", *[b"\xff"] * (file.records - 2))
    assert files.decode_file(file, written) == values


@pytest.mark.parametrize("file", CYCLIC, ids=by_path)
def test_a_cyclic_record_is_its_bare_parts(file: FileSpec) -> None:
    for column in range(3):
        parts = {field.key: VECTORS[field.key][column][0] for field in file.fields}
        record = files.cyclic_record(file, parts)
        assert record == b"".join(VECTORS[field.key][column][1] for field in file.fields)
        assert len(record) == file.size
        assert files.decode_cyclic(file, record) == parts
    with pytest.raises(CardFieldUnreadable):
        files.decode_cyclic(file, bytes(file.size - 1))
    with pytest.raises(ValueError, match="beforehand"):
        files.record_values(file, {})


def test_the_newest_record_of_a_cyclic_file_is_number_one() -> None:
    file = PROFILE.file("DF02/EF07")
    written = [files.cyclic_record(file, {"GMWZ": name}) for name in ("花粉", "青霉素")]
    assert files.decode_file(file, written) == {
        "GMWZ1": "花粉",
        "GMFY1": None,
        "GMWZ2": "青霉素",
        "GMFY2": None,
    }
    assert files.decode_file(file, []) == {}
    with pytest.raises(ValueError, match="3 records, not 4"):
        files.decode_file(file, [written[0]] * 4)


def test_a_file_with_a_record_missing_is_no_file() -> None:
    file = PROFILE.file("DDF1/EF06")
    with pytest.raises(ValueError, match="5 records, not 4"):
        files.decode_file(file, files.record_values(file, {})[:4])


@pytest.mark.parametrize(
    "record",
    [b"", b"\x0c", b"\x0d\x01\x01", b"\x0c\x02\x01\x01", b"\x0c\x02\x01", b"\x0c\x01"],
    ids=["nothing", "tag alone", "other tag", "other length", "length lies", "no value"],
)
def test_a_damaged_record_names_its_field(record: bytes) -> None:
    with pytest.raises(CardFieldUnreadable) as refused:
        files.decode_record(PROFILE.file("DDF1/EF06"), 2, record)
    assert refused.value.field == "XB"


def test_a_field_too_long_for_its_record_is_named() -> None:
    with pytest.raises(FieldTooLong) as refused:
        files.record_values(PROFILE.file("DDF1/EF06"), {"XM": "测" * 16})
    assert refused.value.params() == {"field": "XM", "takes": 32, "room": 30}


def test_a_variable_file_without_tags_can_not_be_written() -> None:
    file = PROFILE.file("DF02/EF06")
    bare = dataclasses.replace(file, fields=(dataclasses.replace(file.fields[0], tag=None),))
    with pytest.raises(ValueError, match="no tag"):
        files.record_values(bare, {})


@given(st.binary(max_size=3070))
def test_a_photo_comes_back_whatever_lies_behind_it(image: bytes) -> None:
    written = files.photo_bytes(PHOTO, image)
    assert written[:2] == len(image).to_bytes(2, "big")
    assert files.photo_length(written[:2]) == len(image)
    assert files.photo_image(written) == (image or None)
    behind = written + b"\xee" * (PHOTO.size - len(written))
    assert files.decode_file(PHOTO, [behind]) == {"ZP": image or None}


def test_no_photo_is_length_zero_and_an_unwritten_file_is_no_photo() -> None:
    assert files.photo_bytes(PHOTO, None) == b"\x00\x00"
    assert files.photo_image(b"\x00\x00") is None
    assert files.photo_image(b"\xff" * 3074) is None


def test_a_photo_has_its_room_and_its_length() -> None:
    with pytest.raises(FieldTooLong) as refused:
        files.photo_bytes(PHOTO, bytes(3071))
    assert refused.value.params() == {"field": "ZP", "takes": 3071, "room": 3070}
    for damaged in (b"", b"\x00", b"\x00\x05\x01\x02"):
        with pytest.raises(CardFieldUnreadable):
            files.photo_image(damaged)


@pytest.mark.parametrize("file", HOSPITAL, ids=by_path)
def test_a_hospital_file_is_read_as_it_is(file: FileSpec) -> None:
    (field,) = file.fields
    assert files.decode_file(file, [b"\xff" * file.size]) == {field.key: None}
    assert files.decode_file(file, [b"\xa5" * file.size]) == {field.key: b"\xa5" * file.size}


@given(st.integers(0, 3074))
def test_blocks_cover_every_byte_once(length: int) -> None:
    parts = files.blocks(PHOTO, length)
    assert [n for offset, count in parts for n in range(offset, offset + count)] == list(range(length))
    assert all(0 < count <= 128 for _, count in parts)


def test_blocks_stay_within_the_file() -> None:
    assert len(files.blocks(PHOTO, 3072)) == 24
    with pytest.raises(ValueError, match="3074"):
        files.blocks(PHOTO, 3075)
