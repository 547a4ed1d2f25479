"""Terms: whatever part of a person is typed finds them, and what was not theirs does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.made_up import made_up_resident
from app.domain.resident import Resident
from app.domain.search import TermKind, alike, matches, queries, terms_of

PERSON = replace(
    made_up_resident(1),
    name="样例重𠅤",
    english_name="YANGLI Zhong",
    citizen_id="410102198001010019",
    other_document=None,
    phones=("199-0000-1234",),
)


def found(resident: Resident, typed: str) -> bool:
    """What the store does: the tokens of one alternative are all there, then the record is compared."""
    terms = terms_of(resident)
    return any(wanted <= terms for wanted in queries(typed)) and matches(resident, typed)


@pytest.mark.parametrize(
    "typed",
    [
        *("样例", "例重", "样例重𠅤", "𠅤", "重𠅤", " 样例 ", "样"),
        *("yl", "ylz", "ylc", "YLZ", "lz"),
        *("0019", "010019", "410102198001010019", "４１０１０２１９８００１０１００１９"),
        *("1234", "001234", "19900001234"),
        *("yangli", "YANGLI ZHONG"),
    ],
)
def test_a_person_is_found_by(typed: str) -> None:
    assert found(PERSON, typed)


@pytest.mark.parametrize(
    "typed", ["", " ", "y", "12", "例样", "重样例", "zly", "9999", "样例甲", "41010219800101001X", "·"]
)
def test_a_person_is_not_found_by(typed: str) -> None:
    assert not found(PERSON, typed)


def test_pairs_in_another_order_are_not_the_name() -> None:
    other = replace(PERSON, name="例样例")
    assert terms_of(other) >= set().union(*queries("样例样"))  # the tokens alone would take it
    assert not found(replace(PERSON, name="样例甲例样"), "样例样")


def test_a_number_that_ends_in_x_is_found_by_its_end_in_either_case() -> None:
    person = replace(PERSON, citizen_id="11010119800101003X")
    assert found(person, "003x") and found(person, "003X") and found(person, "11010119800101003x")


def test_the_old_number_of_fifteen_digits_is_the_same_person() -> None:
    old = replace(PERSON, citizen_id="410102800101001", name="样例另名")
    assert alike(old) & alike(PERSON)
    assert found(PERSON, "410102800101001")
    assert not alike(replace(PERSON, citizen_id="410102800101002", name="样例另名")) & alike(PERSON)
    assert not alike(replace(PERSON, citizen_id="410102200001010017")) - alike(PERSON) & alike(old)


def test_namesakes_of_one_birthday_are_alike_and_of_another_are_not() -> None:
    twin = replace(PERSON, citizen_id="410102198001010035")
    assert alike(twin) & alike(PERSON)
    assert not alike(replace(twin, birth_date="19800102")) & alike(PERSON)


@given(st.integers(0, 400), st.data())
def test_every_part_of_a_name_finds_it(number: int, data: st.DataObject) -> None:
    person = made_up_resident(number)
    name = person.name
    first = data.draw(st.integers(0, len(name) - 1))
    last = data.draw(st.integers(first + 1, len(name)))
    part = name[first:last]
    if part.strip("·"):
        assert found(person, part)


@given(st.integers(0, 400))
def test_terms_are_of_many_kinds_and_never_empty(number: int) -> None:
    terms = terms_of(made_up_resident(number))
    assert all(term.text for term in terms)
    assert {TermKind.CHARACTER, TermKind.PAIR, TermKind.NUMBER, TermKind.NUMBER_TAIL} <= {
        term.kind for term in terms
    }


@given(st.text(max_size=80))
def test_nothing_that_is_typed_breaks_it(typed: str) -> None:
    queries(typed)
    matches(PERSON, typed)
