"""GB 18030-2022: the pairs that differ from Python's table, and a bijection over all of Unicode."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypinyin_dict.pinyin_data import kmandarin_8105

from app.base import gb18030

# GB 18030-2022: two-byte code -> character. Since the 2005 edition for A8BC, since 2022 for the others.
PAIRS = {
    "A6D9": 0xFE10,
    "A6DA": 0xFE12,
    "A6DB": 0xFE11,
    "A6DC": 0xFE13,
    "A6DD": 0xFE14,
    "A6DE": 0xFE15,
    "A6DF": 0xFE16,
    "A6EC": 0xFE17,
    "A6ED": 0xFE18,
    "A6F3": 0xFE19,
    "A8BC": 0x1E3F,
    "FE59": 0x9FB4,
    "FE61": 0x9FB5,
    "FE66": 0x9FB6,
    "FE67": 0x9FB7,
    "FE6D": 0x9FB8,
    "FE7E": 0x9FB9,
    "FE90": 0x9FBA,
    "FEA0": 0x9FBB,
}


@pytest.mark.parametrize(("code", "point"), PAIRS.items())
def test_each_pair_has_its_character_in_two_bytes(code: str, point: int) -> None:
    raw = bytes.fromhex(code)
    assert gb18030.encode(chr(point)) == raw
    assert gb18030.decode(raw) == chr(point)
    # Python's own table gives a private-use character there, which has moved to four bytes.
    former = raw.decode("gb18030")
    assert 0xE000 <= ord(former) <= 0xF8FF
    assert gb18030.encode(former) == chr(point).encode("gb18030")
    assert len(gb18030.encode(former)) == 4
    assert gb18030.decode(gb18030.encode(former)) == former


def test_nothing_but_the_pairs_differs_from_pythons_table() -> None:
    differing = {
        point
        for point in range(0x10000)
        if not 0xD800 <= point <= 0xDFFF and gb18030.encode(chr(point)) != chr(point).encode("gb18030")
    }
    former = {ord(bytes.fromhex(code).decode("gb18030")) for code in PAIRS}
    assert differing == former | set(PAIRS.values())


def test_the_basic_plane_is_a_bijection() -> None:
    plane = [chr(point) for point in range(0x10000) if not 0xD800 <= point <= 0xDFFF]
    encoded = [gb18030.encode(char) for char in plane]
    assert len(set(encoded)) == len(plane)
    assert [gb18030.decode(raw) for raw in encoded] == plane
    assert gb18030.decode(b"".join(encoded)) == "".join(plane)


def test_the_other_planes_come_back() -> None:
    dice = random.Random(1)  # noqa: S311 - a repeatable sample
    # each plane's ends, and every character of the Chinese extensions B to H a name may hold
    points = [edge for plane in range(1, 17) for edge in (plane << 16, (plane << 16) + 0xFFFF)]
    points += dice.sample(range(0x10000, 0x110000), 20_000)
    points += range(0x20000, 0x323B0, 7)
    for point in points:
        raw = gb18030.encode(chr(point))
        assert len(raw) == 4
        assert gb18030.decode(raw) == chr(point)


def test_the_general_table_of_8105_characters() -> None:
    characters = [chr(point) for point in kmandarin_8105.pinyin_dict]
    assert len(characters) == 8105
    lengths = {2: 0, 4: 0}
    for char in characters:
        raw = gb18030.encode(char)
        lengths[len(raw)] += 1
        assert gb18030.decode(raw) == char
    # counted in the table: 196 beyond the basic plane, 56 more in four bytes of it
    assert lengths == {2: 7853, 4: 252}
    assert sum(1 for char in characters if ord(char) > 0xFFFF) == 196


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back(text: str) -> None:
    assert gb18030.decode(gb18030.encode(text)) == text


@given(st.binary(max_size=12))
def test_any_bytes_are_text_or_refused(raw: bytes) -> None:
    try:
        text = gb18030.decode(raw)
    except UnicodeDecodeError:
        return
    assert gb18030.decode(gb18030.encode(text)) == text


def test_what_is_no_text() -> None:
    with pytest.raises(UnicodeEncodeError):
        gb18030.encode("\ud800")
    with pytest.raises(UnicodeDecodeError):
        gb18030.decode(b"\x80")
