"""Who stands at the counter: whose number it is, what is asked of an agent, a guardian and a caller."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from app.domain.codes import UnknownCode, load_codes
from app.domain.desk_rules import load_desk_rules
from app.domain.id_number import check_digit
from app.domain.made_up import made_up_resident
from app.domain.order import ApplicantKind
from app.domain.problems import FieldMissing
from app.domain.resident import OtherDocument, Resident
from app.domain.visitor import (
    Checked,
    HolderIsMinor,
    HolderIsOfAge,
    Known,
    Visitor,
    is_number_of,
    know_caller,
    know_visitor,
)

RULES, CODES = load_desk_rules(), load_codes()
TODAY = dt.date(2026, 11, 22)
HOLDER = made_up_resident(1)


def know(visitor: Visitor, holder: Resident = HOLDER) -> Known:
    return know_visitor(visitor, holder, RULES, CODES, today=TODAY)


def citizen(born: str) -> str:
    first17 = f"410102{born}001"
    return first17 + check_digit(first17)


def born(day: str) -> Resident:
    return replace(HOLDER, birth_date=day, citizen_id=citizen(day), other_document=None)


def test_a_number_is_compared_folded_and_never_in_part() -> None:
    number = HOLDER.number
    assert is_number_of(HOLDER, f" {number.lower()} ")
    assert is_number_of(HOLDER, number.translate(str.maketrans("0123456789", "０１２３４５６７８９")))
    for other in ("", " ", number[:-1], number + "0", number[1:]):
        assert not is_number_of(HOLDER, other)


def test_a_number_of_fifteen_digits_is_that_of_eighteen() -> None:
    old = born("19750307")
    assert old.citizen_id is not None
    assert is_number_of(old, old.citizen_id[:6] + old.citizen_id[8:17])


def test_who_has_no_citizen_number_is_told_by_the_other_document() -> None:
    guest = replace(HOLDER, citizen_id=None, other_document=OtherDocument("03", "E12345678"))
    known = know(Visitor("1", Checked.SEEN, "e12345678"), guest)
    assert (known.number, known.document) == ("E12345678", "03")


@pytest.mark.parametrize(("birthday", "minor"), [("20101122", False), ("20101123", True)])
def test_of_age_is_who_has_the_birthday_today(birthday: str, minor: bool) -> None:
    holder = born(birthday)
    himself = Visitor("1", Checked.SEEN, holder.number)
    guardian = Visitor("5", Checked.SEEN, citizen("19850101"), "监护样例", "01", "13900001111", "5")
    if minor:
        with pytest.raises(HolderIsMinor):
            know(himself, holder)
        assert know(guardian, holder).kind.standing is ApplicantKind.GUARDIAN
    else:
        assert know(himself, holder).kind.standing is ApplicantKind.SELF
        with pytest.raises(HolderIsOfAge):
            know(guardian, holder)


def test_a_birth_date_that_papers_leave_open_tells_no_age() -> None:
    guest = replace(
        HOLDER, birth_date="20150000", citizen_id=None, other_document=OtherDocument("03", "E12345678")
    )
    assert know(Visitor("1", Checked.SEEN, "E12345678"), guest).number == "E12345678"


def test_an_agents_other_document_is_kept_as_it_stands() -> None:
    agent = Visitor("3", Checked.SEEN, " h0123 4567 ", "代办样例", "06", "13900001111", "8")
    known = know(agent)
    assert (known.number, known.document) == ("H01234567", "06")
    assert known.identity_checked


def test_a_caller_shows_nothing_and_is_never_taken_for_checked() -> None:
    claims = Visitor("1", Checked.READER, HOLDER.number, phone="13800001111")
    known = know_caller(claims, HOLDER, RULES, CODES)
    assert (known.checked, known.number, known.identity_checked) == (Checked.NO, "", False)
    with pytest.raises(UnknownCode):
        know_caller(replace(claims, kind="8"), HOLDER, RULES, CODES)
    with pytest.raises(FieldMissing):
        know_caller(replace(claims, kind="2", name="来电样例"), HOLDER, RULES, CODES)


def test_what_is_kept_names_every_entry() -> None:
    agent = Visitor("2", Checked.SEEN, citizen("19850101"), "代办样例", "01", "13900001111", "1")
    detail = know(agent).detail()
    assert set(detail.values()) >= {agent.number, agent.name, agent.phone, "agent", "seen", "2"}
    assert agent.number not in repr(know(agent))
