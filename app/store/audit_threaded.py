"""The audit of a store on a thread of its own, from every other thread that is not the window's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from app.base.clock import Clock, SystemClock
from app.domain.audit import AuditQuery, AuditReport, AuditRow, Head, WitnessedHead
from app.store.threads import OwnerThread

if TYPE_CHECKING:
    from app.store.store import Store


class ThreadedAudit:
    """``app.domain.audit.AuditLog``, each call handed over. A verification hands over page by page."""

    def __init__(self, owner: OwnerThread[Store], clock: Clock | None = None) -> None:
        self._owner = owner
        self._clock = clock or SystemClock()

    def page(self, query: AuditQuery) -> list[AuditRow]:
        return self._owner.call(lambda store: store.audit.page(query))

    def of_case(self, case_id: str) -> list[AuditRow]:
        return self._owner.call(lambda store: store.audit.of_case(case_id))

    def length(self) -> int:
        return self._owner.call(lambda store: store.audit.length())

    def frozen(self) -> list[WitnessedHead]:
        return self._owner.call(lambda store: store.audit.frozen())

    def detail(self, desk: str, seq: int) -> Mapping[str, str] | None:
        return self._owner.call(lambda store: store.audit.detail(desk, seq))

    def head(self) -> Head | None:
        return self._owner.call(lambda store: store.audit.head())

    def freeze(self, occasion: str, reference: str) -> Head:
        return self._owner.call(lambda store: store.audit.freeze(occasion, reference))

    def erase(self, person_id: str, reason: str | None = None) -> None:
        self._owner.call(lambda store: store.audit.erase(person_id, reason))

    def verify(self, *, full: bool, heads: Sequence[WitnessedHead]) -> AuditReport:
        begun = self._clock.monotonic_ns()
        run = self._owner.call(lambda store: store.audit.verification(heads, full=full))
        # A long chain is read in many calls, so that the desk's work is recorded between them.
        while self._owner.call(lambda store: store.audit.step(run)):
            pass
        ms = (self._clock.monotonic_ns() - begun) // 1_000_000
        return self._owner.call(lambda store: store.audit.finish(run, ms))
