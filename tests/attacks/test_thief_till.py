"""A card taken of the box after the closing, by another program; who reads a payer's receipt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.clock import ManualClock
from app.domain.application import Realm
from app.domain.staff import NotPermitted, Role
from app.domain.till import PayMethod
from app.domain.till_errors import ShiftNotOpen
from app.store.store import Store, create
from tests.crypto.support import clerk
from tests.helpers.people import people
from tests.store.support import application, context
from tests.workflow.test_till_desk import Counter

SERIAL = "41000000000000AA"


def store_of(folder: Path, realm: Realm) -> Store:
    if realm is Realm.TRAINING:
        return create(folder, context(realm))
    return create(folder, replace(context(Realm.LIVE), wrappers=(clerk(),)))


def bind(store: Store, realm: Realm) -> str | None:
    store.applications.freeze(application(realm=realm))
    case = store.journal.open_case(application(realm=realm))
    return store.journal.bind_chip(case.id, SERIAL, SERIAL, "kt-strict", "ab" * 32).chip_serial


def test_a_card_leaves_the_box_in_a_shift_or_not_at_all(tmp_path: Path) -> None:
    """The shift that was asked for before the making may be closed by the time the chip is bound."""
    store = store_of(tmp_path / "store", Realm.LIVE)
    try:
        with pytest.raises(ShiftNotOpen):
            bind(store, Realm.LIVE)
        (case,) = store.journal.open_cases()
        assert case.chip_serial is None
        assert store.journal.case_of_chip(Realm.LIVE, SERIAL) is None
        store.records.durable("open", lambda unit: unit.till.open_shift(Realm.LIVE, 0))
        bound = store.journal.bind_chip(case.id, SERIAL, SERIAL, "kt-strict", "ab" * 32)
        assert bound.chip_serial == SERIAL
    finally:
        store.close()


@pytest.mark.parametrize("realm", [Realm.TRAINING, Realm.TEST])
def test_practice_and_test_cards_take_no_shift(tmp_path: Path, realm: Realm) -> None:
    store = store_of(tmp_path / "store", realm)
    try:
        assert bind(store, realm) == SERIAL
    finally:
        store.close()


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with people(tmp_path / "store", ManualClock()) as staff:
        staff.session.begin(staff.members[Role.CLERK].actor)
        yield Counter(staff)


def test_who_looks_after_the_record_sees_the_till_and_no_payer(counter: Counter) -> None:
    counter.till.open_shift(0)
    receipt = counter.till.take(counter.owe(1), PayMethod.CASH)
    counter.act_as(counter.actor(Role.AUDIT))
    assert [found.number for found in counter.till.receipts()] == [receipt.number]
    with pytest.raises(NotPermitted):
        counter.till.receipt_paper(receipt.number)
    counter.act_as(counter.actor(Role.SUPERVISOR))
    assert counter.till.receipt_paper(receipt.number).number == receipt.number
