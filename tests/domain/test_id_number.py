"""Numbers of identity documents. Those here are made up, in the area that training uses throughout."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from app.domain.id_number import (
    IdKind,
    IdNumberCheckFailed,
    IdNumberDate,
    IdNumberInvalid,
    IdNumberRegion,
    IdNumberShape,
    IssueCountIncluded,
    check_digit,
    fold_citizen_number,
    fold_number,
    kind_of,
    parse_id_number,
    to_18,
)

TODAY = dt.date(2026, 11, 22)
# GB 11643-1999, annex A prints this number as its example of a check.
STANDARD = "11010519491231002X"


def made(first17: str) -> str:
    return first17 + check_digit(first17)


def test_the_standards_own_example() -> None:
    number = parse_id_number(STANDARD, today=TODAY)
    assert number.kind is IdKind.CITIZEN
    assert number.text == STANDARD
    assert (number.birth_date, number.sex, number.region) == (dt.date(1949, 12, 31), "2", "110105")
    assert number.short_form == "110105491231002"
    assert STANDARD not in repr(number)


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105\u300019491231002ｘ",
        "110105491231002",
    ],
)
def test_what_was_typed_is_folded(typed: str) -> None:
    assert parse_id_number(typed, today=TODAY).text == STANDARD


def test_a_number_of_15_digits_is_the_same_person() -> None:
    assert to_18("410102900307123") == made("41010219900307123")
    assert fold_citizen_number(" 410102900307123") == made("41010219900307123")
    assert fold_citizen_number("11010519491231002x") == STANDARD
    number = parse_id_number("410102900307123", today=TODAY)
    assert number.short_form == "410102900307123"
    assert number.birth_date == dt.date(1990, 3, 7)
    assert parse_id_number(made("41010220100307123"), today=TODAY).short_form is None


@given(
    st.dates(dt.date(1900, 1, 1), TODAY),
    st.integers(0, 999),
    st.sampled_from(["410102", "110105", "650104"]),
)
def test_any_made_number_is_read_and_any_wrong_character_is_found(
    born: dt.date, order: int, region: str
) -> None:
    text = made(f"{region}{born:%Y%m%d}{order:03d}")
    number = parse_id_number(text, today=TODAY)
    assert (number.birth_date, number.region) == (born, region)
    assert number.sex == ("1" if order % 2 else "2")
    assert ric.calc_check_digit(text) == text[-1]
    for place in range(18):
        for wrong in "0123456789":
            if wrong != text[place]:
                mistyped = text[:place] + wrong + text[place + 1 :]
                with pytest.raises(IdNumberInvalid):
                    parse_id_number(mistyped, IdKind.CITIZEN, today=TODAY)


@pytest.mark.parametrize(
    ("text", "kind", "problem"),
    [
        ("11010519491231002", None, IdNumberShape),
        ("1101051949123100Y", IdKind.CITIZEN, IdNumberShape),
        ("A10105194912310021", None, IdNumberShape),
        ("110105194912310021", None, IdNumberCheckFailed),
        (made("11010519870000001"), None, IdNumberDate),
        (made("41010219900230123"), None, IdNumberDate),
        (made("41010220261123123"), None, IdNumberDate),
        (made("41010218791231123"), None, IdNumberDate),
        (made("16010219900307123"), None, IdNumberRegion),
        (made("81010219900307123"), IdKind.HMT_RESIDENCE, IdNumberRegion),
        (made("41010219900307123"), IdKind.HMT_RESIDENCE, IdNumberShape),
        ("810000199001010018", None, IdNumberCheckFailed),
        (made("99939819901231002"), None, IdNumberRegion),
        ("911398199012310020", None, IdNumberCheckFailed),
        ("KAZ110090123104", None, IdNumberCheckFailed),
        ("KAZ990090123105", None, IdNumberRegion),
        ("KA1110090123105", IdKind.FOREIGN_2017, IdNumberShape),
        ("H123456780", IdKind.HK_MACAO_PASS, IdNumberShape),
        ("H1234567801", None, IssueCountIncluded),
        ("1234567801", None, IssueCountIncluded),
        ("E123", None, IdNumberShape),
        ("E-1234567", IdKind.PASSPORT, IdNumberShape),
        ("测试甲乙丙", None, IdNumberShape),
        ("٤١٠١٠٢٩٠٠٣٠٧١٢٣", IdKind.CITIZEN, IdNumberShape),
        ("", None, IdNumberShape),
    ],
)
def test_a_refusal_names_field_and_problem(
    text: str, kind: IdKind | None, problem: type[IdNumberInvalid]
) -> None:
    with pytest.raises(problem) as refused:
        parse_id_number(text, kind, today=TODAY, field="other_document.number")
    assert type(refused.value) is problem
    assert refused.value.params() == {"field": "other_document.number", "kind": refused.value.kind}
    assert refused.value.kind in set(IdKind)
    assert refused.value.cause and refused.value.meaning and refused.value.remedy


@pytest.mark.parametrize(
    ("text", "kind", "region"),
    [
        ("810000199001010019", IdKind.HMT_RESIDENCE, "810000"),
        ("830000199001010012", IdKind.HMT_RESIDENCE, "830000"),
        ("911398199012310021", IdKind.FOREIGN_2023, "110000"),
        ("KAZ110090123105", IdKind.FOREIGN_2017, "110000"),
        ("H12345678", IdKind.HK_MACAO_PASS, None),
        ("M12345678", IdKind.HK_MACAO_PASS, None),
        ("12345678", IdKind.TAIWAN_PASS, None),
        ("E12345678", IdKind.PASSPORT, None),
    ],
)
def test_each_kind_is_told_by_its_looks(text: str, kind: IdKind, region: str | None) -> None:
    assert kind_of(text) is kind
    number = parse_id_number(text.lower(), today=TODAY)
    assert (number.kind, number.text, number.region) == (kind, text, region)
    assert number.short_form is None
    assert (number.birth_date is not None) is (len(text) == 18)


def test_a_kind_that_is_known_is_not_guessed() -> None:
    # eight digits are a Taiwan pass by their looks and may be a passport
    assert parse_id_number("12345678", IdKind.PASSPORT, today=TODAY).kind is IdKind.PASSPORT


@given(st.text(max_size=24))
def test_any_text_is_a_number_or_a_known_refusal(text: str) -> None:
    try:
        number = parse_id_number(text, today=TODAY)
    except IdNumberInvalid:
        return
    assert parse_id_number(number.text, number.kind, today=TODAY) == number
    assert number.text == fold_number(number.text)
