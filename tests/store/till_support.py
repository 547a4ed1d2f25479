"""A desk with people at it, for the tests of till and stock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from app.base.clock import Clock, ManualClock
from app.base.ids import SystemRandom
from app.domain.application import FrozenApplication, Realm
from app.domain.ports import CaseState
from app.domain.records import Unit
from app.domain.staff import Actor, Role
from app.domain.till import FeeDue
from app.store.store import Store, StoreContext, create
from tests.store.support import application

T = TypeVar("T")

CLERK = Actor("clerk-1", "样例甲", Role.CLERK)
OTHER = Actor("clerk-2", "样例乙", Role.CLERK)
SUPERVISOR = Actor("supervisor-1", "样例丙", Role.SUPERVISOR)
DUE_FEN = 2000


class TillDeskStore:
    """One open store and who acts at it now."""

    def __init__(
        self,
        folder: Path,
        clock: Clock | None = None,
        realm: Realm = Realm.TRAINING,
        fee: Callable[[FrozenApplication, int], FeeDue] | None = None,
    ) -> None:
        self.actor = CLERK
        self.realm = realm
        self.store: Store = create(
            folder,
            StoreContext(realm, clock or ManualClock(), SystemRandom(), who=lambda: self.actor, fee=fee),
        )

    def durable(self, act: Callable[[Unit], T]) -> T:
        return self.store.records.durable("test", act)

    def read(self, act: Callable[[Unit], T]) -> T:
        return self.store.records.read(act)

    def open_shift(self, float_fen: int = 10_000, actor: Actor = CLERK) -> None:
        self.actor = actor
        self.durable(lambda unit: unit.till.open_shift(self.realm, float_fen))

    def apply(self, number: int) -> FrozenApplication:
        """The ``number``th person's application, kept and approved."""
        frozen = application(number)
        self.store.applications.freeze(frozen)
        return frozen

    def owe(self, number: int, fen: int = DUE_FEN, reason: str = "lost") -> str:
        frozen = self.apply(number)
        self.owe_again(frozen.id, frozen.person_id, fen, reason)
        return frozen.id

    def owe_again(self, application_id: str, person_id: str, fen: int, reason: str) -> None:
        due = FeeDue(
            application_id=application_id,
            realm=self.realm,
            person_id=person_id,
            reason=reason,
            fen=fen,
            rule=f"sample/{reason}/2017-04-01",
            owed_ms=self.store._work.clock.now_ms(),
            funding=None if fen else "public",
        )
        self.durable(lambda unit: unit.till.owe(due))

    def bind(self, frozen: FrozenApplication, serial: str) -> str:
        """A case for the application that holds the chip; its id."""
        case = self.store.journal.open_case(frozen)
        self.store.journal.bind_chip(case.id, serial, serial, "kt-strict", "ab" * 32)
        return case.id

    def finish(self, case_id: str) -> None:
        """The card was written, printed and verified."""
        journal = self.store.journal
        for state in (CaseState.WRITTEN, CaseState.PRINTED, CaseState.VERIFIED):
            journal.note_state(case_id, state)
        journal.commit()

    def close(self) -> None:
        self.store.close()


def serials(count: int, first: int = 0) -> list[str]:
    """Chip serials of a box: the factor F in hex, as a case knows it."""
    return [f"41000000{number:08X}" for number in range(first, first + count)]
