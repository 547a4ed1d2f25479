"""A store of before the stock was kept: its chips are accounted for, and a shift can begin."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.base.clock import ManualClock
from app.domain.application import Realm
from app.domain.stock import BlankState
from app.domain.till_errors import ShiftHoldsCard
from app.store import database as db
from app.store.store import create, open_store
from tests.store.support import application, context, make_card

# What came with the till (m0005), children first.
ADDED = ("blank_event", "blank_card", "closing", "fee_due", "receipt", "shift")


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A store with three chips (one made, one spoiled, one in the encoder) and no stock yet."""
    folder = tmp_path / "store"
    store = create(folder, context(clock=ManualClock()))
    make_card(store, 1)
    for number in (2, 3):
        frozen = application(number)
        store.applications.freeze(frozen)
        case = store.journal.open_case(frozen)
        serial = f"41000000{number:08d}"
        store.journal.bind_chip(case.id, serial, serial, "kt-strict", "ab" * 32)
        if number == 2:
            store.journal.spoil(case.id, "desk-error")
    for table in ADDED:
        getattr(store._work.tables, table).delete().execute()
    store.close()
    return folder


def test_every_chip_is_accounted_for(before: Path) -> None:
    """The migration's own statements that fill the new tables, run over a store that had chips."""
    [migration] = [found for found in db.MIGRATIONS if found.number == 5]
    filling = [text for text in migration.statements if text.lstrip().startswith("INSERT")]
    assert len(filling) == 2
    store = open_store(before, context(clock=ManualClock()))
    for statement in filling:
        db.run(store._database, db.SQLITE.render(statement))

    def states() -> dict[str, BlankState | None]:
        def look(serial: str) -> BlankState | None:
            blank = store.records.read(lambda unit: unit.stock.blank(Realm.TRAINING, serial))
            return None if blank is None or blank.listed else blank.state

        return {serial: look(serial) for serial in (f"41000000{n:08d}" for n in (1, 2, 3, 4))}

    assert states() == {
        "4100000000000001": BlankState.ISSUED,
        "4100000000000002": BlankState.SPOILED,
        "4100000000000003": BlankState.BOUND,
        "4100000000000004": None,
    }
    shift = store.records.durable("open", lambda unit: unit.till.open_shift(Realm.TRAINING, 0))
    assert shift.opening_cards == 1
    with pytest.raises(ShiftHoldsCard):
        store.records.durable("close", lambda unit: unit.till.close(shift, 0, 0))
    [case] = store.journal.open_cases()
    store.journal.spoil(case.id, "desk-error")
    closing = store.records.durable("close", lambda unit: unit.till.close(shift, 0, 0))
    assert (closing.balanced, closing.state.cards.spoiled) == (True, 1)
    store.close()
