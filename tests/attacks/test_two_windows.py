"""Two programs on one workplace, each with a connection of its own."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.domain.ports import CaseState, IntentKind, Outcome
from app.store import errors
from app.store.store import Store, create, open_or_create, open_store
from tests.store.support import application, context


def begun(store: Store) -> str:
    """A case whose chip was written and whose window has not recorded that yet; its id."""
    frozen = application()
    store.applications.freeze(frozen)
    case = store.journal.open_case(frozen)
    store.journal.bind_chip(case.id, "4100000000000001", "4100000000000001", "KT-STRICT", "ab" * 32)
    activation = store.journal.intend(case.id, IntentKind.ACTIVATE, "4100000000000001")
    store.journal.note_outcome(activation, Outcome.DONE)
    store.journal.note_state(case.id, CaseState.WRITTEN)
    return case.id


@pytest.mark.parametrize("also_begun_anew", [False, True])
def test_what_another_window_spoiled_is_not_taken_back(folder: Path, also_begun_anew: bool) -> None:
    one = create(folder, context())
    case_id = begun(one)
    two = open_store(folder, context())
    two.journal.spoil(case_id, "the card is bent")
    if also_begun_anew:
        two.journal.open_case(application())
    with pytest.raises(errors.CaseClosed):
        one.journal.intend(case_id, IntentKind.PRINT_FRONT, "front")
    # The note that can not be written any more stops nothing that follows.
    one.journal.commit()
    assert one.journal.case(case_id).state is CaseState.SPOILED
    assert one.journal.case(case_id).reason == "the card is bent"
    assert [i.kind for i in two.journal.intents(case_id)] == [IntentKind.BIND_CHIP, IntentKind.ACTIVATE]
    one.close()
    two.close()


def test_a_window_that_records_late_closes_in_peace(folder: Path) -> None:
    one = create(folder, context())
    case_id = begun(one)
    two = open_store(folder, context())
    two.journal.spoil(case_id, "the card is bent")
    with pytest.raises(errors.CaseClosed):
        one.journal.commit()
    one.close()
    assert two.journal.case(case_id).state is CaseState.SPOILED
    two.close()


def test_a_fresh_workplace_opened_by_many_at_once_is_one_store(folder: Path) -> None:
    begin = threading.Barrier(6)
    ids: list[str] = []
    raised: list[BaseException] = []

    def run() -> None:
        begin.wait()
        try:
            store = open_or_create(folder, context())
            ids.append(store.store_id)
            store.close()
        except Exception as fault:  # noqa: BLE001 - what came is what is looked at
            raised.append(fault)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A moment of being busy is an honest answer; anything else is not.
    assert [fault for fault in raised if not isinstance(fault, errors.StoreBusy)] == []
    assert len(set(ids)) == 1
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
