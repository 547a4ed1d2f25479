"""Names: what is flagged and kept, what is refused, and how a permit's Latin name is taken."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from app.base.catalogue import Catalogue
from app.cardspec.profile import load_profile
from app.domain.codes import load_codes
from app.domain.identity import IdentityDocument, resident_from_identity
from app.domain.made_up import made_up_resident
from app.domain.notices import NameOnCard, PrivateUseCharacter, resident_notices
from app.domain.problems import InvisibleCharacter
from app.domain.resident import Resident
from app.domain.validation import check_resident

TODAY = dt.date(2026, 11, 22)
PROFILE = load_profile()


def person(name: str) -> Resident:
    return dataclasses.replace(made_up_resident(0), name=name)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("测试\ue000", "U+E000"), ("\U000f1234样例", "U+F1234"), ("样\U0010fffd", "U+10FFFD")],
)
def test_a_private_character_is_named_and_kept(name: str, shown: str) -> None:
    resident = person(name)
    assert check_resident(resident, PROFILE, load_codes(), today=TODAY) == ()
    (notice,) = resident_notices(resident, PROFILE)
    assert isinstance(notice, PrivateUseCharacter)
    assert (notice.field, notice.character) == ("name", shown)
    assert resident.name == name
    assert shown in Catalogue("zh").error(notice).cause


def test_a_contacts_name_too_and_no_other_text() -> None:
    resident = made_up_resident(0)
    contact = dataclasses.replace(resident.contacts[0], name="样\ue001")
    resident = dataclasses.replace(resident, contacts=(contact,))
    assert [notice.field for notice in resident_notices(resident, PROFILE)] == ["contacts.0.name"]
    assert resident_notices(made_up_resident(0), PROFILE) == ()


@pytest.mark.parametrize("char", ["\u200b", "\u200d", "\ufeff", "\u2060", "\u202e", "\u00ad"])
def test_a_character_that_nobody_sees_is_refused_by_its_code_point(char: str) -> None:
    for name in (f"测{char}试", f"测试{char}", f"{char}测试"):
        (problem,) = check_resident(person(name), PROFILE, load_codes(), today=TODAY)
        assert isinstance(problem, InvisibleCharacter)
        assert (problem.field, problem.character) == ("name", f"U+{ord(char):04X}")
        for lang in ("zh", "en"):
            assert f"U+{ord(char):04X}" in Catalogue(lang).error(problem).cause


@pytest.mark.parametrize(
    ("kind", "read", "taken"),
    [
        ("foreign-2017", "SAMPLE, ANNA MARIE", "SAMPLE ANNA MARIE"),
        ("foreign-2017", "SAMPLE,ANNA", "SAMPLE ANNA"),
        ("foreign-2017", "SAMPLE,  ANNA", "SAMPLE ANNA"),
        ("foreign-2017", "SAMPLE ANNA", "SAMPLE ANNA"),
    ],
)
def test_the_comma_of_an_older_permit_is_no_part_of_the_name(kind: str, read: str, taken: str) -> None:
    document = IdentityDocument(
        kind=kind,
        name="",
        sex_code="2",
        number="KAZ110090123105",
        birth_date=dt.date(1990, 12, 31),
        english_name=read,
        nationality="KAZ",
    )
    resident = resident_from_identity(document, today=TODAY)
    assert (resident.name, resident.english_name) == (taken, taken)


def test_a_shortened_name_is_noticed_where_the_place_shortens() -> None:
    long = person("样例" * 20)
    assert resident_notices(long, PROFILE) == ()
    shortening = dataclasses.replace(PROFILE, rules={**PROFILE.rules, "long_name": "shorten"})
    (notice,) = resident_notices(long, shortening)
    assert isinstance(notice, NameOnCard)
    assert (notice.field, notice.takes, notice.room) == ("name", 80, 30)
