"""Names as people write them: folded, with their dot, shortened at a character's border."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base import gb18030
from app.domain.names import (
    fold_name,
    fold_text,
    has_other_dot,
    private_use,
    shortened_name,
    with_name_dot,
)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" 测试甲 ", "测试甲"),
        ("测 试\u3000甲", "测试甲"),
        ("ＳＡＭＰＬＥ  Ａ", "SAMPLE A"),
        ("样例·古丽", "样例·古丽"),
        ("样例\uf900", "样例\uf900"),
        ("", ""),
    ],
)
def test_a_name_is_folded_and_its_characters_stay(typed: str, meant: str) -> None:
    assert fold_name(typed) == meant
    assert fold_name(fold_name(typed)) == meant


def test_text_keeps_its_punctuation() -> None:
    assert fold_text(" １号，Ａ座 ") == "1号，A座"


@pytest.mark.parametrize("dot", [".", "。", "．", "•", "・", "･", "‧", "∙", "⋅"])
def test_a_dot_that_is_none_is_offered_as_one(dot: str) -> None:
    assert has_other_dot(f"样例{dot}古丽")
    assert with_name_dot(f"样例{dot}古丽") == "样例·古丽"


def test_names_without_a_wrong_dot() -> None:
    assert not any(has_other_dot(name) for name in ("样例·古丽", "测试甲", "J. SAMPLE", ""))


def test_characters_of_private_use_are_pointed_at() -> None:
    assert private_use("测\ue000试\U000f0001") == (1, 3)
    assert private_use("测试𠮷") == ()


@pytest.mark.parametrize(
    ("name", "room", "kept"),
    [
        ("样" * 16, 30, "样" * 15),
        ("𠮷" * 8, 30, "𠮷" * 7),
        ("样例·古丽", 6, "样例"),
        ("SAMPLE ANNA", 7, "SAMPLE"),
        ("e\u0301" * 3, 11, "e\u0301" * 2),
        ("样", 1, ""),
        ("", 0, ""),
    ],
)
def test_a_shortened_name_ends_at_a_character(name: str, room: int, kept: str) -> None:
    assert shortened_name(name, room) == kept


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 40))
def test_a_shortened_name_fits_and_is_how_the_name_begins(name: str, room: int) -> None:
    kept = shortened_name(name, room)
    assert len(gb18030.encode(kept)) <= room
    assert name.startswith(kept)
