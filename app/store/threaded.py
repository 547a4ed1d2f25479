"""A store on a thread of its own, and its ports for every other thread that is not the window's.

Workflows run on a device's thread or a worker; the store's one connection belongs to one thread
(decision 6). These ports hand each call over and wait, so that a durable call returns when it is.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from app.domain.application import FrozenApplication, Realm
from app.domain.audit import AuditLog
from app.domain.ports import (
    Applications,
    Case,
    CaseState,
    CaseTally,
    Intent,
    IntentKind,
    Journal,
    Outcome,
    Timings,
)
from app.domain.records import Records, Unit
from app.domain.resident import Resident
from app.domain.sam import SamIdentity, SamRegister
from app.store.audit_threaded import ThreadedAudit
from app.store.database import known_fault
from app.store.store import Store
from app.store.threads import OwnerThread

R = TypeVar("R")


class _StoreOwner(OwnerThread[Store]):
    """Here leaves whatever the store says: what the engine reports of lock, medium and file comes out as
    the desk's own fault, of reads as of writes."""

    def __init__(self, opened: Callable[[], Store]) -> None:
        super().__init__(lambda: _spoken(opened), Store.close, "store")

    def submit(self, call: Callable[[Store], R]) -> Future[R]:
        return super().submit(lambda store: _spoken(lambda: call(store)))


def _spoken(act: Callable[[], R]) -> R:
    try:
        return act()
    except Exception as fault:
        known = known_fault(fault)
        if known is None:
            raise
        raise known from fault


class StoreThread:
    """Opens a store on its own thread by ``opened`` and owns it until ``close``."""

    def __init__(self, opened: Callable[[], Store]) -> None:
        self._owner = _StoreOwner(opened)
        self.applications: Applications = ThreadedApplications(self._owner)
        self.journal: Journal = ThreadedJournal(self._owner)
        self.timings: Timings = ThreadedTimings(self._owner)
        self.sam: SamRegister = ThreadedSamRegister(self._owner)
        self.records: Records = ThreadedRecords(self._owner)
        self.audit: AuditLog = ThreadedAudit(self._owner)

    def call(self, use_case: Callable[[Store], R]) -> R:
        """Run ``use_case`` on the store's thread and wait for it."""
        return self._owner.call(use_case)

    def submit(self, use_case: Callable[[Store], R]) -> Future[R]:
        """Run ``use_case`` on the store's thread; the window may ask so and go on drawing."""
        return self._owner.submit(use_case)

    def digest_key(self) -> bytes:
        return self._owner.call(Store.digest_key)

    def store_id(self) -> str:
        """The store's own id."""
        return self._owner.call(lambda store: store.store_id)

    def close(self) -> None:
        """Finish, record what is noted, close the file. Closing twice is harmless."""
        self._owner.close()


class ThreadedApplications:
    """``Applications`` from any thread but the window's."""

    def __init__(self, owner: OwnerThread[Store]) -> None:
        self._owner = owner

    def freeze(self, application: FrozenApplication) -> None:
        self._owner.call(lambda store: store.applications.freeze(application))

    def get(self, application_id: str, version: int | None = None) -> FrozenApplication:
        return self._owner.call(lambda store: store.applications.get(application_id, version))

    def number_of(self, application_id: str) -> str:
        return self._owner.call(lambda store: store.applications.number_of(application_id))

    def person_of(self, realm: Realm, resident: Resident) -> str | None:
        return self._owner.call(lambda store: store.applications.person_of(realm, resident))

    def of_person(self, person_id: str) -> list[str]:
        return self._owner.call(lambda store: store.applications.of_person(person_id))

    def count(self) -> int:
        return self._owner.call(lambda store: store.applications.count())

    def list(self, after: str | None = None, limit: int = 100) -> list[FrozenApplication]:
        return self._owner.call(lambda store: store.applications.list(after, limit))


class ThreadedJournal:
    """``Journal`` from any thread but the window's."""

    def __init__(self, owner: OwnerThread[Store]) -> None:
        self._owner = owner

    def open_case(self, application: FrozenApplication) -> Case:
        return self._owner.call(lambda store: store.journal.open_case(application))

    def bind_chip(
        self, case_id: str, chip_serial: str, issue_serial: str, product_id: str, plan_id: str
    ) -> Case:
        return self._owner.call(
            lambda store: store.journal.bind_chip(
                case_id, chip_serial, issue_serial, product_id, plan_id
            )
        )

    def intend(self, case_id: str, kind: IntentKind, target: str) -> str:
        return self._owner.call(lambda store: store.journal.intend(case_id, kind, target))

    def note_outcome(self, intent_id: str, outcome: Outcome) -> None:
        self._owner.call(lambda store: store.journal.note_outcome(intent_id, outcome))

    def note_state(self, case_id: str, state: CaseState, reason: str | None = None) -> None:
        self._owner.call(lambda store: store.journal.note_state(case_id, state, reason))

    def spoil(self, case_id: str, reason: str) -> Case:
        return self._owner.call(lambda store: store.journal.spoil(case_id, reason))

    def commit(self) -> None:
        self._owner.call(lambda store: store.journal.commit())

    def case(self, case_id: str) -> Case:
        return self._owner.call(lambda store: store.journal.case(case_id))

    def open_cases(self) -> list[Case]:
        return self._owner.call(lambda store: store.journal.open_cases())

    def tally(self, since_ms: int) -> CaseTally:
        return self._owner.call(lambda store: store.journal.tally(since_ms))

    def cases_of(self, application_id: str) -> list[Case]:
        return self._owner.call(lambda store: store.journal.cases_of(application_id))

    def case_of_chip(self, realm: Realm, chip_serial: str) -> Case | None:
        return self._owner.call(lambda store: store.journal.case_of_chip(realm, chip_serial))

    def intents(self, case_id: str) -> list[Intent]:
        return self._owner.call(lambda store: store.journal.intents(case_id))

    @property
    def durable_commits(self) -> int:
        return self._owner.call(lambda store: store.journal.durable_commits)


class ThreadedTimings:
    """``Timings`` from any thread but the window's."""

    def __init__(self, owner: OwnerThread[Store]) -> None:
        self._owner = owner

    def note(self, device: str, step: str, ms: int) -> None:
        self._owner.call(lambda store: store.timings.note(device, step, ms))

    def forecast(self, device: str) -> dict[str, int]:
        return self._owner.call(lambda store: store.timings.forecast(device))


class ThreadedSamRegister:
    """``SamRegister`` from any thread but the window's."""

    def __init__(self, owner: OwnerThread[Store]) -> None:
        self._owner = owner

    def pinned(self) -> SamIdentity | None:
        return self._owner.call(lambda store: store.sam.pinned())

    def pin(self, identity: SamIdentity) -> None:
        self._owner.call(lambda store: store.sam.pin(identity))

    def tries(self) -> int | None:
        return self._owner.call(lambda store: store.sam.tries())

    def note_tries(self, tries: int | None) -> None:
        self._owner.call(lambda store: store.sam.note_tries(tries))


class ThreadedRecords:
    """``Records`` from any thread but the window's."""

    def __init__(self, owner: OwnerThread[Store]) -> None:
        self._owner = owner

    def durable(self, name: str, act: Callable[[Unit], R], *, begins: bool = True) -> R:
        return self._owner.call(lambda store: store.records.durable(name, act, begins=begins))

    def read(self, act: Callable[[Unit], R]) -> R:
        return self._owner.call(lambda store: store.records.read(act))
