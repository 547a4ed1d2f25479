"""The plan: pure, repeatable, and a refusal for what must not become a card."""

from __future__ import annotations

import dataclasses

import pytest

from app.cardspec.codecs import FieldTooLong
from app.cardspec.keys import KeyName
from app.cardspec.profile import load_profile
from app.cardspec.status import StatusWord
from app.domain.resident import Allergy
from app.personalize.plan import (
    Chip,
    Plan,
    ProductNotIssuable,
    ProfileChanged,
    compile_plan,
    resolve,
)
from tests.helpers.making import FACTOR, Bench, application, resident

CERTIFICATE = bytes(range(180))


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


def records(plan: Plan, path: str) -> tuple[bytes, ...]:
    return next(step.records for step in plan.steps if step.path == path)


def test_the_same_inputs_give_the_same_plan(bench: Bench) -> None:
    wanted = application(resident(), bench.profile)
    assert bench.plan(wanted, CERTIFICATE) == bench.plan(wanted, CERTIFICATE)


def test_a_plan_names_its_chip_as_journals_do(bench: Bench) -> None:
    plan = bench.plan(application(resident(), bench.profile), CERTIFICATE)
    assert (plan.chip.serial, plan.chip.issue_serial) == ("0102030405060708", "0405060708")
    assert (plan.application_id, plan.application_version) == (f"{'0' * 8}-0000-7000-8000-{1:012d}", 1)


def test_the_plans_id_follows_every_input(bench: Bench) -> None:
    wanted = application(resident(), bench.profile)
    plans = {
        bench.plan(wanted, CERTIFICATE).id,
        bench.plan(dataclasses.replace(wanted, version=2), CERTIFICATE).id,
        bench.plan(application(resident(3), bench.profile), CERTIFICATE).id,
        bench.plan(wanted, bytes(180)).id,
        bench.plan(wanted, CERTIFICATE, bytes(8)).id,
    }
    assert len(plans) == 5


def test_every_field_of_a_full_person_is_planned(bench: Bench) -> None:
    plan = bench.plan(application(resident(), bench.profile), CERTIFICATE)
    assert records(plan, "DDF1/EF05")[4] == b"\x05\xb4" + CERTIFICATE
    assert records(plan, "DDF1/EF05")[8] == b"\x0a\x0a" + b"0405060708"
    assert records(plan, "DDF1/EF05")[9] == b"\x39\x03" + bytes.fromhex("410100")
    assert records(plan, "DDF1/EF06")[0][:2] == b"\x0b\x1e"
    assert len(records(plan, "DDF1/EF07")[0]) == 3072
    assert len(records(plan, "DF02/EF07")) == 3
    assert len(records(plan, "DF02/EF08")) == 10
    assert records(plan, "DF03/EF05") == (b"\xff",) * 3


def test_a_plan_names_every_key_it_can_ask_for(bench: Bench) -> None:
    keys = bench.plan(application(resident(), bench.profile), CERTIFICATE).keys
    assert {KeyName.IRKDDF1, KeyName.STKDF02, KeyName.UK3DF02, KeyName.RK1DF03} <= keys
    # The desk reads the hospitals' indexes and never writes them.
    assert not keys & {KeyName.UK1DF03, KeyName.UK2DF03, KeyName.STKDF03, KeyName.BKMF}


def test_no_more_allergies_than_the_file_holds(bench: Bench) -> None:
    person = resident()
    four = (*person.health.allergies, Allergy("第四"))
    person = dataclasses.replace(person, health=dataclasses.replace(person.health, allergies=four))
    plan = bench.plan(application(person, bench.profile), CERTIFICATE)
    assert len(records(plan, "DF02/EF07")) == 3


def test_a_value_too_long_names_its_field(bench: Bench) -> None:
    wanted = application(resident(), bench.profile)
    wanted = dataclasses.replace(wanted, card=dataclasses.replace(wanted.card, chip_name="名" * 16))
    with pytest.raises(FieldTooLong) as refusal:
        bench.plan(wanted, CERTIFICATE)
    assert (refusal.value.field, refusal.value.takes, refusal.value.room) == ("XM", 32, 30)


def test_another_profile_is_refused(bench: Bench) -> None:
    wanted = dataclasses.replace(application(resident(), bench.profile), profile_hash="0" * 64)
    with pytest.raises(ProfileChanged):
        bench.plan(wanted, CERTIFICATE)


def test_an_unstructured_chip_is_refused(bench: Bench) -> None:
    with pytest.raises(ProductNotIssuable):
        compile_plan(
            bench.profile,
            bench.products.card("KT-BLANK"),
            application(resident(), bench.profile),
            chip=Chip(FACTOR, "0405060708"),
            issuer_certificate=CERTIFICATE,
            digest=lambda data: data[:8],
        )


def test_a_file_of_bytes_without_a_length_is_planned_whole() -> None:
    bench = Bench()
    national = load_profile()
    photo = national.file("DDF1/EF07")
    field = dataclasses.replace(photo.fields[0], length=180, source="sam.issuer_certificate")
    bare = dataclasses.replace(photo, length_prefix=0, size=180, fields=(field,))
    others = tuple(file for file in national.files if file is not photo)
    bench.profile = dataclasses.replace(national, files=(*others, bare))
    plan = bench.plan(application(resident(), bench.profile), CERTIFICATE)
    assert records(plan, "DDF1/EF07") == (CERTIFICATE,)


def test_paths_end_in_nothing_where_nothing_is() -> None:
    person = resident(1)
    assert resolve("resident.contacts.2.name", {"resident": person}) is None
    assert resolve("resident.health.alerts.asthma", {"resident": person}) is None
    assert resolve("resident.other_document.kind", {"resident": person}) is None
    assert resolve(None, StatusWord.OK) is StatusWord.OK
