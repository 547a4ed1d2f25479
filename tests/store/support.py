"""Made-up people and stores for the tests of the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.clock import Clock, ManualClock
from app.base.ids import SystemRandom
from app.domain.application import CardData, FrozenApplication, Realm
from app.domain.ports import CaseState, IntentKind, Outcome
from app.domain.resident import Address, Allergy, Contact, Health, OtherDocument, Resident
from app.store.store import Store, StoreContext

# For a test that asks for what one engine alone has: its files, its plans, its words.
ONLY_SQLCIPHER = pytest.mark.parametrize("engine", ["sqlcipher"])

NAME = "测试甲𠀀"
NUMBER = "410102199003070019"
PHONE = "13800001234"
ADDRESS = "河南省郑州市样例路1号"

RESIDENT = Resident(
    name=NAME,
    sex="1",
    ethnic="01",
    birth_date="19900307",
    citizen_id=NUMBER,
    phones=(PHONE,),
    addresses=(Address("1", ADDRESS),),
    contacts=(Contact("张三丰样例", "01", "13900005678"),),
    health=Health(abo="1", alerts={"asthma": "01"}, allergies=(Allergy("青霉素", "皮疹"),)),
    photo=b"\xff\xd8chip picture\xff\xd9",
    face_photo=b"\xff\xd8face picture\xff\xd9",
)
CARD = CardData(
    card_class="1",
    spec_version="1.0",
    issuer_name="样例市卫生局",
    issuer_code="410100000001",
    issue_date="20261122",
    expiry="20361122",
    card_number=NUMBER,
    chip_name=NAME,
    security_code="123456",
    city_code="410100",
)


def application(number: int = 1, version: int = 1, realm: Realm = Realm.TRAINING) -> FrozenApplication:
    """The ``number``th made-up person's application."""
    citizen = NUMBER if number == 1 else f"41010219900308{number:04d}"
    return FrozenApplication(
        id=f"application-{number:04d}",
        version=version,
        realm=realm,
        person_id=f"person-{number:04d}",
        profile_id="national",
        profile_hash="00" * 32,
        resident=replace(RESIDENT, citizen_id=citizen),
        card=replace(CARD, card_number=citizen),
        frozen_at_ms=1_700_000_000_000,
    )


def passport_holder(kind: str = "03") -> FrozenApplication:
    """Someone who has a document in place of a citizen's number."""
    resident = replace(RESIDENT, citizen_id=None, other_document=OtherDocument(kind, "e12345678"))
    return replace(application(), id="application-p", person_id="person-p", resident=resident)


def context(
    realm: Realm = Realm.TRAINING,
    clock: Clock | None = None,
    on_commit: Callable[[str], None] | None = None,
) -> StoreContext:
    return StoreContext(realm, clock or ManualClock(), SystemRandom(), on_commit=on_commit)


def make_card(store: Store, number: int = 1, heard: Callable[[str], object] = str) -> str:
    """The journal's calls for one card, as the workflow of issuing makes them; the case's id.

    ``heard`` learns of each durable call once it returned.
    """
    frozen = application(number)
    store.applications.freeze(frozen)
    heard("freeze")
    journal = store.journal
    case = journal.open_case(frozen)
    heard("open")
    serial = f"41000000{number:08d}"
    journal.bind_chip(case.id, serial, serial, "kt-strict", "ab" * 32)
    heard("bind")
    store.timings.note("card", "write", 812)
    activation = journal.intend(case.id, IntentKind.ACTIVATE, serial)
    heard("activate")
    journal.note_outcome(activation, Outcome.DONE)
    journal.note_state(case.id, CaseState.WRITTEN)
    for kind in (IntentKind.PRINT_FRONT, IntentKind.PRINT_BACK):
        page = journal.intend(case.id, kind, kind.value.removeprefix("print-"))
        heard(kind.value)
        journal.note_outcome(page, Outcome.DONE)
    journal.note_state(case.id, CaseState.PRINTED)
    journal.note_state(case.id, CaseState.VERIFIED)
    journal.commit()
    heard("commit")
    return case.id


def folder_of(base: Path) -> Path:
    return base / "store"
