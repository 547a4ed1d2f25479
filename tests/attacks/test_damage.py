"""Files changed, cut, taken away or shut from outside: one plain sentence, and nothing gets worse."""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.base.errors import KangkaError
from app.crypto.keys import KEY_FILE
from app.crypto.sealing import SealBroken
from app.domain.application import Realm
from app.domain.card import CardState
from app.domain.records import Unit
from app.store import database as db
from app.store import errors
from app.store.store import create, open_store
from app.store.threaded import StoreThread
from tests.store.support import application, context, make_card

PAGE = 4096


@pytest.fixture
def closed(folder: Path) -> Path:
    store = create(folder, context())
    for number in range(1, 4):
        make_card(store, number)
    store.close()
    return folder


def read_books(unit: Unit) -> None:
    """What a desk looks at in a day, book by book."""
    unit.staff.everyone()
    for head in unit.applications.in_state("done"):
        frozen = unit.applications.get(head)
        unit.till.due(head)
        for card in unit.cards.of_person(frozen.person_id):
            unit.cards.events(card.id)
            unit.stock.blank(frozen.realm, card.chip_serial or "")
    for state in CardState:
        unit.cards.in_state(state)
    unit.till.shift()
    unit.till.dues()
    unit.till.closings()
    unit.stock.counts(Realm.TRAINING)


def look_through(folder: Path) -> KangkaError | None:
    """Everything that a desk reads; the known fault that stopped it."""
    try:
        thread = StoreThread(lambda: open_store(folder, context()))
    except KangkaError as fault:
        return fault
    try:
        for kept in thread.applications.list():
            thread.applications.number_of(kept.id)
            for case in thread.journal.cases_of(kept.id):
                thread.journal.intents(case.id)
        thread.records.read(read_books)
        thread.call(lambda store: store.audit.verify(full=True, heads=[]))
        thread.journal.tally(0)
        thread.timings.forecast("card")
        thread.sam.pinned()
    except KangkaError as fault:
        return fault
    finally:
        thread.close()
    return None


def test_control_an_untouched_store_is_read_whole(closed: Path) -> None:
    assert look_through(closed) is None


def test_a_changed_page_is_a_known_fault_and_silent(
    closed: Path, capfd: pytest.CaptureFixture[str], seed: int
) -> None:
    good = (closed / db.DATABASE_FILE).read_bytes()
    dice = random.Random(f"pages {seed}")  # noqa: S311
    found = 0
    for page in range(len(good) // PAGE):
        bad = bytearray(good)
        bad[max(16, page * PAGE + dice.randrange(PAGE))] ^= 1 << dice.randrange(8)
        (closed / db.DATABASE_FILE).write_bytes(bad)
        fault = look_through(closed)
        assert fault is None or isinstance(fault, (errors.StoreDamaged, SealBroken)), (page, fault)
        found += fault is not None
    assert found > len(good) // PAGE // 3, "most pages are read by a desk"
    assert capfd.readouterr() == ("", "")


def test_a_cut_store_is_a_known_fault(closed: Path) -> None:
    good = (closed / db.DATABASE_FILE).read_bytes()
    for size in range(0, len(good), PAGE * 3 + 7):
        (closed / db.DATABASE_FILE).write_bytes(good[:size])
        fault = look_through(closed)
        assert isinstance(fault, (errors.StoreDamaged, errors.StoreKeyWrong)), (size, fault)


@pytest.mark.parametrize("name", [db.DATABASE_FILE, KEY_FILE])
def test_what_the_system_does_not_let_read_is_said(closed: Path, name: str) -> None:
    (closed / name).unlink()
    (closed / name).mkdir()
    assert isinstance(look_through(closed), errors.StoreFolderRefused)


def test_a_store_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(errors.StoreFolderRefused):
        create(tmp_path / "file" / "store", context())


@pytest.fixture
def loose_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.skipif(os.name != "posix", reason="Windows guards a user's folders by itself")
@pytest.mark.usefixtures("loose_umask")
def test_records_are_their_owners_alone(folder: Path) -> None:
    store = create(folder, context())
    store.applications.freeze(application())
    copy = db.backup(store._database, folder, "before-0002")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert {f"{db.DATABASE_FILE}-wal", KEY_FILE, copy.name} <= modes.keys()
    assert set(modes.values()) == {0o600}, modes
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    store.close()
