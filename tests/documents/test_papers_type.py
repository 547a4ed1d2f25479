"""Lines on paper: whole, inside their room, broken where a reader expects it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.documents.fonts import FontBook
from app.documents.paper_items import Band, paginate
from app.documents.paper_type import Typesetter
from app.documents.paper_values import ValueKind, masked

TYPE = Typesetter(FontBook.open(), "test")
# What names, addresses and reasons are made of.
TEXTS = st.text(st.sampled_from("样例甲乙𠅤𬭎aW1.8·-、，。（）《》 /"), max_size=80)


@settings(deadline=None)
@given(TEXTS, st.floats(3, 120), st.sampled_from([6.0, 8.0, 10.0, 15.0]))
def test_lines_are_the_whole_text_inside_its_room(text: str, room: float, size: float) -> None:
    lines = TYPE.lines(text, room, size)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        # One character may be wider than a room of three millimetres; nothing else is.
        assert TYPE.width(line, size) <= room + 1e-3 or len(line) == 1
        assert line == line.strip(" ")


@settings(deadline=None)
@given(TEXTS, st.floats(10, 120))
def test_a_text_is_shrunk_before_it_is_wrapped(text: str, room: float) -> None:
    placed = TYPE.fit(text, room, (10.0, 9.0, 8.0))
    for larger in (size for size in (10.0, 9.0, 8.0) if size > placed.size):
        assert len(TYPE.lines(text, room, larger)) > 1
    if len(placed.lines) > 2:
        assert placed.size == 8.0


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        # At 10 points a Han character takes 3.53 mm.
        ("样例甲乙丙丁", 12.0, ("样例甲", "乙丙丁")),
        ("样例甲，乙丙", 11.0, ("样例", "甲，乙", "丙")),
        ("样例（甲乙）", 11.0, ("样例", "（甲", "乙）")),
        ("第一\n第二", 50.0, ("第一", "第二")),
        ("Residents Card", 20.0, ("Residents", "Card")),
        ("ABCDEFGHIJ", 8.0, ("ABC", "DEF", "GHIJ")),
    ],
)
def test_where_lines_end(text: str, room: float, lines: tuple[str, ...]) -> None:
    assert TYPE.lines(text, room, 10.0) == lines


def test_a_number_is_shrunk_and_not_broken() -> None:
    number = "410102********2345"
    whole = TYPE.width(number, 10.0)
    assert TYPE.fit(number, whole * 0.85, (10.0, 9.0, 8.0)).lines == (number,)
    assert len(TYPE.fit(number, whole * 0.5, (10.0, 9.0, 8.0)).lines) == 2


@given(st.text("0123456789X", max_size=25), st.sampled_from([ValueKind.NUMBER, ValueKind.PHONE]))
def test_a_masked_value_never_shows_more_than_its_ends(value: str, kind: ValueKind) -> None:
    shown = masked(value, kind)
    assert len(shown) == len(value)
    ends = {ValueKind.NUMBER: 10, ValueKind.PHONE: 7}[kind]
    assert shown.count("*") == max(len(value) - ends, 0) or len(value) <= ends
    if len(value) <= ends:
        assert shown.count("*") == max(len(value) - 2, 0)


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        ("410102198709232345", ValueKind.NUMBER, "410102********2345"),
        ("19900001234", ValueKind.PHONE, "199****1234"),
        ("E1234567", ValueKind.NUMBER, "******67"),
        ("1", ValueKind.PHONE, "1"),
    ],
)
def test_masks(value: str, kind: ValueKind, shown: str) -> None:
    assert masked(value, kind) == shown


BANDS = st.lists(
    st.builds(Band, st.floats(1, 40), keep=st.booleans(), gap=st.booleans()), min_size=1, max_size=30
)


@given(BANDS, st.floats(45, 100), st.floats(45, 100))
def test_pages_hold_every_band_in_order_and_none_too_many(
    bands: list[Band], first: float, later: float
) -> None:
    pages = paginate(bands, (min(first, later), later))
    assert isinstance(pages, list)
    placed = [band for page in pages for _, band in page]
    assert [band for band in placed if not band.gap] == [band for band in bands if not band.gap]
    for number, page in enumerate(pages):
        end = 0.0
        for top, band in page:
            assert top == pytest.approx(end)
            end = top + band.height
        assert end <= (min(first, later) if number == 0 else later) + 1e-3


def test_a_band_higher_than_a_page_comes_back() -> None:
    high = Band(120.0, where="line 7")
    assert paginate([Band(10.0), high], (90.0, 100.0)) is high


def test_what_stays_together_is_broken_where_the_first_page_has_no_room_for_it() -> None:
    bands = [Band(60.0, keep=True), Band(36.0)]
    assert [[band.height for _, band in page] for page in _pages(bands)] == [[60.0], [36.0]]


def test_what_stays_together_moves_together_where_it_fits() -> None:
    bands = [Band(50.0), Band(20.0, keep=True), Band(30.0, keep=True), Band(10.0), Band(5.0)]
    assert [[band.height for _, band in page] for page in _pages(bands)] == [
        [50.0],
        [20.0, 30.0, 10.0, 5.0],
    ]


def _pages(bands: list[Band]) -> list[list[tuple[float, Band]]]:
    pages = paginate(bands, (90.0, 100.0))
    assert isinstance(pages, list)
    return pages
