"""What the issuer puts on a card, and its frozen version."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pickle

import pytest

from app.cardspec.profile import load_profile
from app.domain.application import (
    CardData,
    DeskFactInvalid,
    DeskFacts,
    NameNeedsConsent,
    Realm,
    card_data,
    chip_name,
    expiry_date,
    freeze,
)
from app.domain.made_up import made_up_resident
from app.domain.problems import TextTooLong
from app.domain.resident import Address, OtherDocument

RULES = load_profile().rules
DESK = DeskFacts("样例省卫生和计划生育委员会", "4100000000000000000001", "410100")
RESIDENT = made_up_resident(0)
ISSUED = dt.date(2026, 11, 22)


def test_a_first_card() -> None:
    card = card_data(RESIDENT, DESK, RULES, issued=ISSUED, security_code="042")
    assert card == CardData(
        card_class="1",
        spec_version="1.00",
        issuer_name="样例省卫生和计划生育委员会",
        issuer_code="4100000000000000000001",
        issue_date="20261122",
        expiry="20361122",
        card_number=RESIDENT.number,
        chip_name=RESIDENT.name,
        security_code="042",
        city_code="410100",
        issue_count=1,
        name_shortened=False,
    )
    assert card == card_data(RESIDENT, DESK, RULES, issued=ISSUED, security_code="042")


def test_a_leap_day_expires_on_a_day_that_exists() -> None:
    assert expiry_date(dt.date(2024, 2, 29), 10) == dt.date(2034, 2, 28)
    assert expiry_date(dt.date(2024, 2, 29), 4) == dt.date(2028, 2, 29)


def test_the_card_number_of_a_holder_without_a_citizen_number() -> None:
    foreign = dataclasses.replace(
        RESIDENT, citizen_id=None, other_document=OtherDocument("03", "E12345678")
    )
    assert card_data(foreign, DESK, RULES, issued=ISSUED, security_code="000").card_number == "E12345678"
    nobody = dataclasses.replace(foreign, other_document=None)
    with pytest.raises(ValueError, match="another document"):
        card_data(nobody, DESK, RULES, issued=ISSUED, security_code="000")


def test_a_long_name_goes_by_the_places_rule() -> None:
    long = "样" * 16
    resident = dataclasses.replace(RESIDENT, name=long)
    with pytest.raises(TextTooLong) as refused:
        card_data(resident, DESK, RULES, issued=ISSUED, security_code="000")
    assert refused.value.params() == {"field": "name", "takes": 32, "room": 30}
    shorten = {**RULES, "long_name": "shorten"}
    with pytest.raises(NameNeedsConsent):
        card_data(resident, DESK, shorten, issued=ISSUED, security_code="000")
    card = card_data(
        resident, DESK, shorten, issued=ISSUED, security_code="000", shortened_name_agreed=True
    )
    assert (card.chip_name, card.name_shortened) == ("样" * 15, True)
    assert chip_name("样例", 30, "shorten", agreed=True) == ("样例", False)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("issuer_name", ""),
        ("issuer_name", "样" * 16),
        ("issuer_name", " 样例"),
        ("issuer_code", ""),
        ("issuer_code", "4" * 23),
        ("issuer_code", "41O"),
        ("city_code", "4101"),
    ],
)
def test_a_desks_setting_that_can_not_go_on_a_card_is_named(setting: str, value: str) -> None:
    with pytest.raises(DeskFactInvalid) as refused:
        dataclasses.replace(DESK, **{setting: value})
    assert refused.value.setting == setting


@pytest.mark.parametrize(("code", "count"), [("12", 1), ("1234", 1), ("12a", 1), ("042", 0)])
def test_what_no_card_has(code: str, count: int) -> None:
    with pytest.raises(ValueError, match=r"three digits|number 1"):
        card_data(RESIDENT, DESK, RULES, issued=ISSUED, security_code=code, issue_count=count)


def test_a_frozen_application_holds_all_and_shows_nothing() -> None:
    card = card_data(RESIDENT, DESK, RULES, issued=ISSUED, security_code="042")
    keys = {
        "id": "a",
        "person_id": "p",
        "realm": Realm.TRAINING,
        "profile_id": "national",
        "profile_hash": "00",
        "frozen_at_ms": 1,
    }
    frozen = freeze(RESIDENT, card, **keys)
    assert (frozen.version, frozen.resident, frozen.card) == (1, RESIDENT, card)
    assert pickle.loads(pickle.dumps(frozen)) == frozen  # noqa: S301 - our own bytes
    assert RESIDENT.name not in repr(frozen) + repr(card) + repr(RESIDENT)
    moved = dataclasses.replace(RESIDENT, addresses=(Address("1", "样例"),))
    assert freeze(moved, card, version=2, **keys).version == 2
    other = made_up_resident(1)
    with pytest.raises(ValueError, match="resident's"):
        freeze(other, card, **keys)
