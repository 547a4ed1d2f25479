"""From an identity document to a resident's draft."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest

from app.devices.ports import IdentityText
from app.domain.id_number import IdNumberCheckFailed, IdNumberDate
from app.domain.identity import IdentityDocument, NameNotRead, resident_from_identity
from app.domain.resident import Address, OtherDocument

TODAY = dt.date(2026, 11, 22)
CITIZEN = IdentityDocument(
    kind="citizen",
    name="测试甲            ",
    sex_code="2",
    ethnic_code="01",
    birth_date=dt.date(1949, 12, 31),
    address="样例省样例市样例区１号 ",
    number="11010519491231002x",
)
PERMIT = IdentityDocument(
    kind="hmt",
    name="测试乙",
    sex_code="1",
    birth_date=dt.date(1990, 1, 1),
    address="样例路2号",
    number="810000199001010019",
)
FOREIGN = IdentityDocument(
    kind="foreign-2023", name="", english_name="SAMPLE ANNA", sex_code="2", number="911398199012310021"
)


def test_a_citizen() -> None:
    resident = resident_from_identity(CITIZEN, today=TODAY)
    assert (resident.name, resident.sex, resident.ethnic) == ("测试甲", "2", "01")
    assert (resident.citizen_id, resident.birth_date) == ("11010519491231002X", "19491231")
    assert resident.addresses == (Address("1", "样例省样例市样例区1号"),)
    assert resident.other_document is None
    assert resident.number == "11010519491231002X"


def test_a_permit_is_another_document_and_its_number_the_cards() -> None:
    resident = resident_from_identity(PERMIT, today=TODAY)
    assert resident.citizen_id is None
    assert resident.ethnic is None
    assert resident.other_document == OtherDocument("99", "810000199001010019")
    assert resident.number == "810000199001010019"
    assert resident.addresses == (Address("2", "样例路2号"),)


def test_a_place_may_have_the_permits_number_in_the_citizens_field() -> None:
    for document, expected in (
        (PERMIT, PERMIT.number),
        (FOREIGN, FOREIGN.number),
        (dataclasses.replace(FOREIGN, kind="foreign-2017", number="KAZ110090123105"), None),
    ):
        resident = resident_from_identity(document, today=TODAY, permit_number_as_citizen_id=True)
        assert resident.citizen_id == expected
        assert resident.number == document.number


def test_a_foreigner_by_the_latin_name_where_there_is_no_chinese_one() -> None:
    resident = resident_from_identity(FOREIGN, today=TODAY)
    assert (resident.name, resident.english_name) == ("SAMPLE ANNA", "SAMPLE ANNA")
    assert resident.birth_date == "19901231"
    assert resident.addresses == ()
    old = dataclasses.replace(FOREIGN, kind="foreign-2017", number="KAZ110090123105")
    assert resident_from_identity(old, today=TODAY).birth_date == ""


def test_the_wrong_coding_of_an_ethnic_group_stays_for_the_clerk() -> None:
    document = dataclasses.replace(CITIZEN, ethnic_code="57")
    assert resident_from_identity(document, today=TODAY).ethnic == "57"


def test_what_a_document_can_not_say() -> None:
    with pytest.raises(NameNotRead) as refused:
        resident_from_identity(dataclasses.replace(CITIZEN, name="  "), today=TODAY)
    assert refused.value.field == "name"
    with pytest.raises(IdNumberCheckFailed) as number:
        resident_from_identity(dataclasses.replace(CITIZEN, number="110105194912310021"), today=TODAY)
    assert number.value.field == "citizen_id"
    with pytest.raises(IdNumberDate) as permit:
        resident_from_identity(dataclasses.replace(PERMIT, number="810000199002300019"), today=TODAY)
    assert permit.value.field == "other_document.number"


def test_a_document_has_the_names_that_readers_have() -> None:
    read = {field.name for field in dataclasses.fields(IdentityText)}
    assert {field.name for field in dataclasses.fields(IdentityDocument)} <= read
    assert "测试甲" not in repr(CITIZEN)
