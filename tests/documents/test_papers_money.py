"""Amounts in digits and in capital numerals: the source's own examples, and every amount read back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.paper_money import LARGEST_FEN, capital_amount, plain_amount


@pytest.mark.parametrize(
    ("fen", "capital"),
    [
        # The examples of the annex, 5, with 整 after 角 as the other source asks; where it gives two
        # forms, the one here is ours.
        (140950, "壹仟肆佰零玖元伍角整"),
        (600714, "陆仟零柒元壹角肆分"),
        (168032, "壹仟陆佰捌拾元叁角贰分"),
        (10700053, "壹拾万零柒仟元伍角叁分"),
        (1640902, "壹万陆仟肆佰零玖元零贰分"),
        (32504, "叁佰贰拾伍元零肆分"),
        # What a desk takes.
        (0, "零元整"),
        (1, "壹分"),
        (10, "壹角整"),
        (12345, "壹佰贰拾叁元肆角伍分"),
        (2000, "贰拾元整"),
        (1000, "壹拾元整"),
        (101, "壹元零壹分"),
        # Groups of four and zeros across them.
        (100_000_000, "壹佰万元整"),
        (10_000_000_005, "壹亿元零伍分"),
        (1_005_000_000, "壹仟零伍万元整"),
        (1_000_000_010_000, "壹佰亿零壹佰元整"),
    ],
)
def test_amounts_in_capitals(fen: int, capital: str) -> None:
    assert capital_amount(fen) == "人民币" + capital


def read_back(capital: str) -> int:
    """Fen of an amount in capitals, by the meaning of each character alone."""
    digits = {char: value for value, char in enumerate("零壹贰叁肆伍陆柒捌玖")}
    found = re.fullmatch(
        r"人民币(?:(?P<yuan>[^元]+)元)?零?(?:(?P<jiao>.)角)?零?(?:(?P<fen>.)分)?(?:整)?", capital
    )
    assert found is not None, capital
    yuan = section = digit = 0
    for char in found["yuan"] or "":
        if char in digits:
            digit = digits[char]
        elif char in "拾佰仟":
            section += digit * 10 ** (1 + "拾佰仟".index(char))
            digit = 0
        else:
            yuan += (section + digit) * {"万": 10**4, "亿": 10**8}[char]
            section = digit = 0
    yuan += section + digit
    return yuan * 100 + digits[found["jiao"] or "零"] * 10 + digits[found["fen"] or "零"]


@given(st.integers(0, LARGEST_FEN) | st.integers(0, 99_999_99))
def test_every_amount_reads_back_and_follows_the_rules(fen: int) -> None:
    capital = capital_amount(fen)
    assert read_back(capital) == fen
    assert "零零" not in capital
    assert capital.endswith("分") != capital.endswith("整")
    assert capital.endswith("分") == bool(fen % 10)


def test_amounts_that_no_receipt_has_are_refused() -> None:
    for fen in (-1, LARGEST_FEN + 1):
        with pytest.raises(ValueError, match="from 0 to 9999"):
            capital_amount(fen)
    assert capital_amount(LARGEST_FEN).startswith("人民币玖仟玖佰玖拾玖亿玖仟玖佰")


@pytest.mark.parametrize(
    ("fen", "plain"),
    [(0, "¥0.00"), (5, "¥0.05"), (-5, "-¥0.05"), (-12345, "-¥123.45"), (123456789, "¥1,234,567.89")],
)
def test_amounts_in_digits_have_two_decimals(fen: int, plain: str) -> None:
    assert plain_amount(fen) == plain
