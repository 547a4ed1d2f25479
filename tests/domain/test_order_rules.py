"""Who may apply, and what is asked of who comes for another."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import order_rules
from app.domain.codes import UnknownCode, load_codes
from app.domain.id_number import IdNumberCheckFailed
from app.domain.made_up import made_up_resident
from app.domain.order import Applicant, ApplicantKind, Consent
from app.domain.order_rules import (
    CONSENT,
    DOCUMENT_KIND,
    DOCUMENT_NUMBER,
    KIND,
    NAME,
    PHONE_PATH,
    REASON,
    RELATION,
    ApplicantIsHolder,
    GuardianNeeded,
    age_at,
    applicant_of,
    check_order,
    consent_of,
)
from app.domain.problems import FieldMissing, FieldProblem, ForbiddenCharacter, PhoneShape

CODES = load_codes()
TODAY = dt.date(2026, 11, 22)
ADULT = replace(made_up_resident(0), birth_date="19800101")
CHILD = replace(made_up_resident(0), birth_date="20101123")
SIGNED = {CONSENT: "2026-1"}
GUARDIAN = SIGNED | {
    KIND: "2",
    NAME: "样例监护人",
    RELATION: "5",
    DOCUMENT_KIND: "02",
    DOCUMENT_NUMBER: "YL0000000001",
    PHONE_PATH: "19900000001",
}
AGENT = GUARDIAN | {KIND: "3", REASON: "1"}


def problems(values: dict[str, str], resident=ADULT) -> dict[str, FieldProblem]:  # type: ignore[no-untyped-def]
    found = check_order(values, resident, CODES, 16, today=TODAY)
    assert len({problem.field for problem in found}) == len(found), "a field is told once"
    return {problem.field: problem for problem in found}


@pytest.mark.parametrize("values", [SIGNED | {KIND: "1"}, GUARDIAN, AGENT])
def test_who_applied_goes_back_into_the_form_as_it_was_told(values: dict[str, str]) -> None:
    applicant = applicant_of(values)
    assert order_rules.values_of(applicant, consent_of(values, 1)) == values
    assert CONSENT not in order_rules.values_of(applicant, None)


@pytest.mark.parametrize("values", [SIGNED, SIGNED | {KIND: "1"}, GUARDIAN, AGENT])
def test_a_whole_order_has_no_problem(values: dict[str, str]) -> None:
    assert problems(values) == {}


def test_nobody_is_taken_without_a_signed_consent() -> None:
    assert isinstance(problems({})[CONSENT], FieldMissing)
    assert isinstance(problems({CONSENT: "1999-01"})[CONSENT], UnknownCode)


def test_a_child_comes_with_a_guardian_until_its_sixteenth_birthday() -> None:
    alone = problems(SIGNED, CHILD)[KIND]
    assert isinstance(alone, GuardianNeeded) and alone.age == 16
    assert problems(GUARDIAN, CHILD) == {}
    sixteen = replace(CHILD, birth_date="20101122")
    assert problems(SIGNED, sixteen) == {}


@pytest.mark.parametrize("path", [NAME, RELATION, DOCUMENT_KIND, DOCUMENT_NUMBER, PHONE_PATH])
@pytest.mark.parametrize("who", [GUARDIAN, AGENT])
def test_each_fact_of_who_comes_for_another_is_asked_for(who: dict[str, str], path: str) -> None:
    assert isinstance(problems({**who, path: ""})[path], FieldMissing)


def test_an_agent_says_why_and_a_guardian_need_not() -> None:
    assert isinstance(problems({**AGENT, REASON: ""})[REASON], FieldMissing)
    assert problems({**GUARDIAN, REASON: ""}) == {}


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        (DOCUMENT_NUMBER, ADULT.citizen_id, ApplicantIsHolder),
        (RELATION, "0", ApplicantIsHolder),
        (RELATION, "42", UnknownCode),
        (KIND, "7", UnknownCode),
        (PHONE_PATH, "199", PhoneShape),
        (NAME, "样例|乙", ForbiddenCharacter),
    ],
)
def test_what_is_wrong_is_named(path: str, value: str, kind: type[FieldProblem]) -> None:
    assert isinstance(problems({**AGENT, path: value})[path], kind)


def test_an_identity_card_of_the_applicant_has_its_check_character() -> None:
    wrong = {**AGENT, DOCUMENT_KIND: "01", DOCUMENT_NUMBER: "410102198001010000"}
    assert isinstance(problems(wrong)[DOCUMENT_NUMBER], IdNumberCheckFailed)


def test_the_resident_in_person_leaves_no_trace_of_another() -> None:
    assert applicant_of({KIND: "1", NAME: "样例乙"}) == Applicant(ApplicantKind.SELF)
    assert applicant_of({}) == Applicant(ApplicantKind.SELF)
    agent = applicant_of(AGENT)
    assert (agent.kind, agent.document_number) == (ApplicantKind.AGENT, "YL0000000001")


def test_the_consent_keeps_its_version_and_who_signed() -> None:
    assert consent_of(GUARDIAN, 7) == Consent("2026-1", ApplicantKind.GUARDIAN, 7)
    assert consent_of({}, 7) is None


@given(born=st.dates(dt.date(1900, 1, 1), TODAY), years=st.integers(0, 120))
def test_an_age_grows_on_the_birthday(born: dt.date, years: int) -> None:
    try:
        birthday = born.replace(year=born.year + years)
    except ValueError:
        birthday = dt.date(born.year + years, 3, 1)
    assert age_at(f"{born:%Y%m%d}", birthday) == years
    if birthday > born:
        assert age_at(f"{born:%Y%m%d}", birthday - dt.timedelta(days=1)) == years - 1


def test_no_date_has_no_age() -> None:
    assert age_at("19870000", TODAY) is None
    assert order_rules.PATHS[0] == CONSENT
