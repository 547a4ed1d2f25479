"""The store belongs to one thread, and never to the window's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.base.threads import claim_window_thread
from app.domain.application import Realm
from app.domain.ports import CaseState, IntentKind, Outcome
from app.store import errors
from app.store.store import Store, create, open_store
from app.store.threaded import StoreThread
from app.store.threads import OwnerThread, WrongThread
from tests.store.support import ONLY_SQLCIPHER, RESIDENT, application, context


def elsewhere(act: Callable[[], object], *, window: bool = False) -> BaseException | None:
    """What ``act`` raises on another thread, which is the window's if so asked."""
    raised: list[BaseException] = []

    def run() -> None:
        if window:
            claim_window_thread()
        try:
            act()
        except Exception as fault:  # noqa: BLE001 - what came is what is looked at
            raised.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return raised[0] if raised else None


@pytest.mark.parametrize(
    "act",
    [
        lambda store: store.applications.freeze(application()),
        lambda store: store.applications.get("a"),
        lambda store: store.applications.list(),
        lambda store: store.applications.number_of("a"),
        lambda store: store.applications.person_of(Realm.TRAINING, RESIDENT),
        lambda store: store.applications.of_person("p"),
        lambda store: store.journal.open_case(application()),
        lambda store: store.journal.bind_chip("c", "C1", "C1", "p", "plan"),
        lambda store: store.journal.intend("c", IntentKind.ACTIVATE, "C1"),
        lambda store: store.journal.note_outcome("i", Outcome.DONE),
        lambda store: store.journal.note_state("c", CaseState.WRITTEN),
        lambda store: store.journal.spoil("c", "r"),
        lambda store: store.journal.commit(),
        lambda store: store.journal.case("c"),
        lambda store: store.journal.open_cases(),
        lambda store: store.journal.cases_of("a"),
        lambda store: store.journal.case_of_chip(Realm.TRAINING, "C1"),
        lambda store: store.journal.intents("c"),
        lambda store: store.timings.note("d", "s", 1),
        lambda store: store.timings.forecast("d"),
        lambda store: store.close(),
    ],
)
def test_every_call_off_the_owning_thread_is_refused(
    store: Store, act: Callable[[Store], object]
) -> None:
    assert isinstance(elsewhere(lambda: act(store)), WrongThread)


def test_the_window_may_not_open_a_store(folder: Path) -> None:
    create(folder, context()).close()
    fault = elsewhere(lambda: open_store(folder, context()), window=True)
    assert isinstance(fault, WrongThread)
    open_store(folder, context()).close()


@pytest.fixture
def thread(folder: Path) -> Iterator[StoreThread]:
    opened = StoreThread(lambda: create(folder, context()))
    yield opened
    opened.close()


def test_the_ports_make_a_card_from_another_thread(thread: StoreThread, folder: Path) -> None:
    frozen = application()
    applications, journal = thread.applications, thread.journal
    applications.freeze(frozen)
    assert applications.get(frozen.id) == frozen
    assert applications.list() == [frozen]
    assert applications.number_of(frozen.id) == "X01-A000001"
    assert applications.person_of(Realm.TRAINING, RESIDENT) == frozen.person_id
    assert applications.of_person(frozen.person_id) == [frozen.id]
    case = journal.open_case(frozen)
    bound = journal.bind_chip(case.id, "C1", "C1", "kt-strict", "plan")
    assert journal.case_of_chip(Realm.TRAINING, "C1") == bound
    page = journal.intend(case.id, IntentKind.PRINT_FRONT, "front")
    journal.note_outcome(page, Outcome.NOT_DONE)
    journal.note_state(case.id, CaseState.WRITTEN)
    thread.timings.note("card", "write", 9)
    journal.commit()
    assert journal.durable_commits == 5
    assert [i.outcome for i in journal.intents(case.id)] == [Outcome.DONE, Outcome.NOT_DONE]
    assert journal.open_cases() == journal.cases_of(frozen.id) == [journal.case(case.id)]
    assert journal.spoil(case.id, "chip dead").state is CaseState.SPOILED
    assert thread.timings.forecast("card") == {"write": 9}
    assert thread.digest_key() == thread.call(lambda store: store.digest_key())
    thread.close()
    thread.close()
    store = open_store(folder, context())
    assert store.journal.cases_of(frozen.id)[0].reason == "chip dead"
    store.close()


def test_a_known_fault_comes_back_to_the_caller(thread: StoreThread) -> None:
    with pytest.raises(errors.NoSuchCase):
        thread.journal.case("none")
    assert thread.applications.list() == []
    thread.close()


def test_many_threads_take_turns(thread: StoreThread) -> None:
    faults: list[BaseException | None] = []

    def enrol(first: int) -> None:
        faults.append(
            elsewhere(
                lambda: [thread.applications.freeze(application(n)) for n in range(first, first + 10)]
            )
        )

    workers = [threading.Thread(target=enrol, args=(first,)) for first in (1, 11, 21, 31)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert faults == [None] * 4
    numbers = {thread.applications.number_of(a.id) for a in thread.applications.list()}
    assert numbers == {f"X01-A{n:06d}" for n in range(1, 41)}
    thread.close()


def test_the_window_may_ask_but_not_wait(thread: StoreThread) -> None:
    fault = elsewhere(thread.journal.open_cases, window=True)
    assert isinstance(fault, RuntimeError)
    futures = []
    ask = lambda: futures.append(thread.submit(lambda store: store.journal.open_cases()))  # noqa: E731
    assert elsewhere(ask, window=True) is None
    assert futures[0].result() == []
    thread.close()


@ONLY_SQLCIPHER
def test_a_store_that_does_not_open_says_why(folder: Path) -> None:
    with pytest.raises(errors.StoreMissing):
        StoreThread(lambda: open_store(folder, context()))


def test_a_closed_store_is_not_called(thread: StoreThread) -> None:
    thread.close()
    with pytest.raises(WrongThread, match="closed"):
        thread.journal.open_cases()


def test_the_owners_thread_does_not_wait_for_itself() -> None:
    owner: OwnerThread[str] = OwnerThread(lambda: "thing", lambda _thing: None, "owner")
    with pytest.raises(WrongThread, match="waited"):
        owner.call(lambda _thing: owner.call(str))
    owner.close()
