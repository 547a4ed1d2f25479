"""Code 128: symbol values against hand-made ones, geometry, and a scanner's own reading."""

from __future__ import annotations

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from app.documents.codes import QUIET_MODULES, code128_bars, code128_modules, code128_values
from app.documents.errors import BarcodeImpossible

ZONE = 405  # 34.3 mm at 300 dots an inch: the zone and its tolerance


def scan(text: str) -> str:
    """The bars drawn at three pixels a module and read by an independent decoder."""
    bars = code128_bars(text, 3 * sum(code128_modules(text)))
    margin = QUIET_MODULES * 3
    image = Image.new("L", (bars.width + 2 * margin, 60), 255)
    draw = ImageDraw.Draw(image)
    for offset, width in bars.bars:
        draw.rectangle((margin + offset, 0, margin + offset + width - 1, 59), 0)
    (found,) = zxingcpp.read_barcodes(image)
    assert found.format == zxingcpp.BarcodeFormat.Code128
    return str(found.text)


def test_eighteen_digits_are_pairs() -> None:
    # start C, nine pairs; check: 105 + 1*41 + 2*1 + 3*2 + 4*19 + 5*87 + 6*9 + 7*23 + 8*23 + 9*45 is
    # 1,469, which leaves 27 by 103
    assert code128_values("410102198709232345") == (105, 41, 1, 2, 19, 87, 9, 23, 23, 45, 27, 106)


def test_a_number_ending_in_x_turns_to_letters_at_its_end() -> None:
    values = code128_values("41010219870923234X")
    assert values[:10] == (105, 41, 1, 2, 19, 87, 9, 23, 23, 100)
    assert values[10:12] == (ord("4") - 32, ord("X") - 32)


@pytest.mark.parametrize(
    ("text", "modules", "dots"), [("410102198709232345", 134, 3), ("41010219870923234X", 156, 2)]
)
def test_widths_are_those_of_the_standard(text: str, modules: int, dots: int) -> None:
    bars = code128_bars(text, ZONE)
    assert (bars.modules, bars.dots_per_module) == (modules, dots)
    assert bars.width == modules * dots
    # It begins and ends with a bar, and everything is whole dots.
    assert bars.bars[0][0] == 0 and sum(bars.bars[-1]) == bars.width


def test_a_code_too_dense_for_scanners_is_refused() -> None:
    assert code128_bars("ABCDEFGHIJKLMN", ZONE).dots_per_module == 2
    with pytest.raises(BarcodeImpossible) as refused:
        code128_bars("ABCDEFGHIJKLMNOPQR", ZONE)
    assert refused.value.params() == {"characters": 18}


@pytest.mark.parametrize("text", ["", "护照1", "A\n1", "é"])
def test_only_printable_ascii_can_be_coded(text: str) -> None:
    with pytest.raises(BarcodeImpossible):
        code128_values(text)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=18))
def test_a_scanner_reads_what_was_coded(text: str) -> None:
    assert scan(text) == text


@settings(max_examples=60, deadline=None)
@given(st.from_regex(r"[A-Z]{0,3}[0-9]{1,15}[A-Z]?", fullmatch=True))
def test_numbers_of_documents_read_back(text: str) -> None:
    assert scan(text) == text


@given(st.text("0123456789X", min_size=1, max_size=18))
def test_no_coding_is_shorter(text: str) -> None:
    """Against trying every way to walk through the sets."""

    def shortest(rest: str, code_set: str) -> int:
        if not rest:
            return 0
        ways = [1 + shortest(rest[1:], "B") + (code_set != "B")]
        if len(rest) > 1 and rest[:2].isdecimal():
            ways.append(1 + shortest(rest[2:], "C") + (code_set != "C"))
        return min(ways)

    text = text[:10]
    assert len(code128_values(text)) == 3 + min(shortest(text, "B"), shortest(text, "C"))
