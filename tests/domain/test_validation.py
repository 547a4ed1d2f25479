"""One resident's record: faultless ones pass, and every rule refuses what breaks it, by field."""

from __future__ import annotations

import dataclasses
import datetime as dt
import pickle
from pathlib import Path
from typing import Any

import pytest

from app.base.errors import KangkaError
from app.cardspec.profile import Profile, load_profile
from app.domain import problems as p
from app.domain.codes import CodeNeedsClerk, UnknownCode, load_codes
from app.domain.id_number import IdNumberCheckFailed, IdNumberShape, IssueCountIncluded, check_digit
from app.domain.made_up import made_up_resident
from app.domain.resident import (
    Address,
    Allergy,
    Contact,
    Health,
    Immunization,
    OtherDocument,
    Resident,
)
from app.domain.validation import check_resident, require_valid

TODAY = dt.date(2026, 11, 22)
NATIONAL = load_profile()
CODES = load_codes()
NUMBER = "41010219900307123" + check_digit("41010219900307123")

GOOD = Resident(
    name="测试甲",
    sex="1",
    ethnic="01",
    birth_date="19900307",
    citizen_id=NUMBER,
    phones=("13800000000",),
    payments=("1",),
    addresses=(Address("1", "样例省样例市样例区样例村1号"),),
    contacts=(Contact("样例乙", "1", "0371-00000000"),),
    education="2",
    marital="20",
    occupation="X",
    health=Health(abo="1", rh="1", alerts={"asthma": "00"}, psychiatric="00"),
    photo=b"\xff\xd8\xff\xd9",
)
PASSPORT = dataclasses.replace(
    GOOD, citizen_id=None, ethnic=None, other_document=OtherDocument("03", "E12345678")
)


def found(resident: Resident, profile: Profile = NATIONAL) -> list[tuple[type[KangkaError], str]]:
    faults = check_resident(resident, profile, CODES, today=TODAY)
    return [(type(fault), fault.field) for fault in faults]


def test_a_faultless_record_passes() -> None:
    assert found(GOOD) == found(PASSPORT) == []
    require_valid(GOOD, NATIONAL, CODES, today=TODAY)


def test_made_up_people_pass() -> None:
    for number in range(120):
        assert found(made_up_resident(number)) == []


def changed(**values: Any) -> Resident:
    return dataclasses.replace(GOOD, **values)


def with_health(**values: Any) -> Resident:
    return changed(health=dataclasses.replace(GOOD.health, **values))


def with_contact(**values: Any) -> Resident:
    return changed(contacts=(dataclasses.replace(GOOD.contacts[0], **values),))


def with_document(kind: str, number: str) -> Resident:
    return dataclasses.replace(PASSPORT, other_document=OtherDocument(kind, number))


@pytest.mark.parametrize(
    ("resident", "problem", "field"),
    [
        # what the form requires
        (changed(name=""), p.FieldMissing, "name"),
        (changed(sex=""), p.FieldMissing, "sex"),
        (changed(ethnic=None), p.FieldMissing, "ethnic"),
        (changed(birth_date=""), p.FieldMissing, "birth_date"),
        (changed(citizen_id=None), p.FieldMissing, "citizen_id"),
        (with_document("", "E12345678"), p.FieldMissing, "other_document.kind"),
        (with_document("03", ""), p.FieldMissing, "other_document.number"),
        (changed(addresses=()), p.FieldMissing, "addresses.0.text"),
        (changed(addresses=(Address("1", ""),)), p.FieldMissing, "addresses.0.text"),
        (changed(addresses=(Address("2", "样例村"),)), p.FieldMissing, "addresses.0.text"),
        (
            changed(addresses=(Address("2", "样例村"), Address("1", ""))),
            p.FieldMissing,
            "addresses.1.text",
        ),
        (dataclasses.replace(PASSPORT, addresses=()), p.FieldMissing, "addresses.0.text"),
        (with_contact(relation=""), p.FieldMissing, "contacts.0.relation"),
        (with_contact(phone=""), p.FieldMissing, "contacts.0.phone"),
        # 43 and control characters
        (changed(name="测试|甲"), p.ForbiddenCharacter, "name"),
        (changed(english_name="SAMPLE, A"), p.ForbiddenCharacter, "english_name"),
        (changed(addresses=(Address("1", "样例村\n1号"),)), p.ForbiddenCharacter, "addresses.0.text"),
        (with_health(other_alert="样例\u2028"), p.ForbiddenCharacter, "health.other_alert"),
        (
            with_health(allergies=(Allergy("样\x00例"),)),
            p.ForbiddenCharacter,
            "health.allergies.0.substance",
        ),
        (changed(name="测试\ud842"), p.ForbiddenCharacter, "name"),
        # 5, 6: dots and blanks
        (changed(name="样例.古丽"), p.OtherNameDot, "name"),
        (changed(name="样例•古丽"), p.OtherNameDot, "name"),
        (with_contact(name="样例。古丽"), p.OtherNameDot, "contacts.0.name"),
        (changed(name="测 试甲"), p.BlankInText, "name"),
        (changed(name=" 测试甲"), p.BlankInText, "name"),
        (changed(addresses=(Address("1", "样例村 "),)), p.BlankInText, "addresses.0.text"),
        # 1, 3: numbers and what they tell
        (changed(citizen_id="410102199003071239"), IdNumberCheckFailed, "citizen_id"),
        (changed(citizen_id="410102900307123"), IdNumberShape, "citizen_id"),
        (with_document("06", "H1234567801"), IssueCountIncluded, "other_document.number"),
        (with_document("07", "1234567"), IdNumberShape, "other_document.number"),
        (with_document("99", "810000199001010018"), IdNumberCheckFailed, "other_document.number"),
        (changed(birth_date="19900308"), p.NumberDisagrees, "birth_date"),
        (changed(sex="2"), p.NumberDisagrees, "sex"),
        (with_document("99", "810000199001010019"), p.NumberDisagrees, "birth_date"),
        # 12
        (changed(sex="9"), p.SexNotStated, "sex"),
        (changed(sex="0"), p.SexNotStated, "sex"),
        # 4
        (changed(birth_date="19900332"), p.NotADate, "birth_date"),
        (changed(birth_date="19900300"), p.NotADate, "birth_date"),
        (changed(birth_date="1990-3-7"), p.NotADate, "birth_date"),
        (dataclasses.replace(PASSPORT, birth_date="20270101"), p.NotADate, "birth_date"),
        (dataclasses.replace(PASSPORT, birth_date="19901300"), p.NotADate, "birth_date"),
        (
            with_health(immunizations=(Immunization("样例疫苗", "20261300"),)),
            p.NotADate,
            "health.immunizations.0.date",
        ),
        # 19 and telephones
        (with_contact(name="测试甲"), p.ContactIsHolder, "contacts.0.name"),
        (with_contact(relation="0"), p.ContactIsHolder, "contacts.0.name"),
        (with_contact(phone="110"), p.PhoneShape, "contacts.0.phone"),
        (changed(phones=("没有电话",)), p.PhoneShape, "phones.0"),
        # 11 and the other tables
        (changed(ethnic="57"), CodeNeedsClerk, "ethnic"),
        (changed(ethnic="60"), UnknownCode, "ethnic"),
        (changed(ethnic="99"), UnknownCode, "ethnic"),
        (changed(payments=("9",)), UnknownCode, "payments.0"),
        (with_contact(relation="50"), UnknownCode, "contacts.0.relation"),
        (changed(addresses=(Address("1", "样例"), Address("3", "样"))), UnknownCode, "addresses.1.kind"),
        (with_health(alerts={"asthma": "2"}), UnknownCode, "health.alerts.asthma"),
        (with_document("08", "X1"), UnknownCode, "other_document.kind"),
        # 7, 18: room on the chip
        (changed(name="样" * 16), p.TextTooLong, "name"),
        (changed(name="𠮷" * 8), p.TextTooLong, "name"),
        (changed(addresses=(Address("1", "样" * 51),)), p.TextTooLong, "addresses.0.text"),
        (changed(photo=bytes(3071)), p.TextTooLong, "photo"),
        (with_health(allergies=(Allergy("样" * 11),)), p.TextTooLong, "health.allergies.0.substance"),
        (changed(health_record="1" * 18), p.TextTooLong, "health_record"),
        (changed(phones=("13800000000",) * 3), p.TooManyItems, "phones"),
        (changed(payments=("1",) * 4), p.TooManyItems, "payments"),
        (with_health(allergies=(Allergy("样"),) * 4), p.TooManyItems, "health.allergies"),
        (with_health(alerts={"unheard-of": "01"}), p.NoPlaceOnCard, "health.alerts.unheard-of"),
    ],
)
def test_each_rule_refuses_by_field(resident: Resident, problem: type[KangkaError], field: str) -> None:
    assert (problem, field) in found(resident)
    faults = check_resident(resident, NATIONAL, CODES, today=TODAY)
    assert len({fault.field for fault in faults}) == len(faults)
    for fault in faults:
        assert fault.cause and fault.meaning and fault.remedy
        # parameters hold no person's data
        shown = str(fault)
        assert not any(secret in shown for secret in (NUMBER, "测试甲", "样例", "E12345678"))


def test_no_contact_lacks_all_three_parts() -> None:
    assert found(changed(contacts=())) == [
        (p.FieldMissing, "contacts.0.name"),
        (p.FieldMissing, "contacts.0.relation"),
        (p.FieldMissing, "contacts.0.phone"),
    ]


def test_bytes_are_counted_not_characters() -> None:
    (fault,) = check_resident(changed(name="𠮷" * 8), NATIONAL, CODES, today=TODAY)
    assert fault.params() == {"field": "name", "takes": 32, "room": 30}
    assert found(changed(name="样" * 15)) == found(changed(name="𠮷" * 7)) == []


def test_a_citizen_number_where_the_place_puts_a_permits() -> None:
    permit = dataclasses.replace(
        GOOD,
        citizen_id="810000199001010019",
        birth_date="19900101",
        other_document=OtherDocument("99", "810000199001010019"),
    )
    assert found(permit) == []
    # Who has no household register here has neither an ethnic group on the permit nor such an address.
    living = dataclasses.replace(permit, ethnic=None, addresses=(Address("2", "样例路2号"),))
    assert found(living) == []
    assert found(dataclasses.replace(living, addresses=())) == [(p.FieldMissing, "addresses.0.text")]


def test_papers_that_are_no_identity_card_may_leave_the_day_open() -> None:
    for born in ("19900300", "19900000"):
        assert found(dataclasses.replace(PASSPORT, birth_date=born)) == []
    # a foreigner's document says the sex, its number does not
    foreign = dataclasses.replace(
        with_document("99", "911398199012310021"), birth_date="19901231", sex="1"
    )
    assert found(foreign) == []
    old = dataclasses.replace(with_document("99", "KAZ110090123105"), sex="9", birth_date="19900123")
    assert found(old) == []
    assert found(with_document("04", "样例字第0001号")) == []


SHORTENING = """
id = "own"
title = "样例省"
extends = "national"

[rules]
long_name = "shorten"
extra_ethnic_codes = ["99"]

[[file]]
directory = "DDF1"
name = "EF06"

[[file.field]]
key = "MZ"
code_table = "ethnic"

[[file]]
directory = "DF01"
name = "EF09"
fid = 0xEF09
structure = "variable"
read_key = "RK1DF01"
update_key = "UK1DF01"
protection = "secured"

[[file.field]]
key = "GJ"
record = 1
tag = 200
length = 3
coding = "cn"
name_zh = "国籍"
name_en = "nationality"
source = "resident.nationality"
"""


def test_a_province_has_its_own_room_and_fields(tmp_path: Path) -> None:
    home = tmp_path / "own"
    home.mkdir()
    (home / "profile.toml").write_text(SHORTENING, encoding="utf-8")
    own = load_profile(folder=home)
    assert found(changed(name="样" * 16, ethnic="99"), own) == []
    assert found(changed(nationality="CHN"), own) == [(p.NotDigits, "nationality")]
    assert found(changed(nationality="1561561"), own) == [(p.TextTooLong, "nationality")]
    assert found(changed(nationality="156"), own) == []
    assert found(changed(nationality="CHN")) == []


def test_the_raising_form_lists_every_field() -> None:
    with pytest.raises(p.ResidentRefused) as refused:
        require_valid(changed(name="", sex="9"), NATIONAL, CODES, today=TODAY)
    assert refused.value.fields == ("name", "sex")
    assert [type(fault) for fault in refused.value.problems] == [p.FieldMissing, p.SexNotStated]
    assert refused.value.params() == {"field": ("name", "sex")}
    again = pickle.loads(pickle.dumps(refused.value))  # noqa: S301 - our own bytes
    assert again.fields == ("name", "sex")
    assert [fault.field for fault in again.problems] == ["name", "sex"]
