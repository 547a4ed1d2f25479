"""A store with a long audit of made-up acts, its witnesses, and verification for the tests of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.domain.application import Realm
from app.domain.audit import AuditEvent, AuditKind, AuditReport, ChainFault, ChainProblem, WitnessedHead
from app.domain.staff import Actor, Role
from app.store.audit_witness import FileWitness
from app.store.store import Store, create
from tests.store.support import context, folder_of

DESK = "01"
CLERK = Actor("staff-1", "训练员", Role.CLERK)
SECOND = Actor("staff-2", "训练主管", Role.SUPERVISOR)
KINDS = tuple(kind for kind in AuditKind if kind not in (AuditKind.STORE_MADE, AuditKind.ERASE))


def event(number: int) -> AuditEvent:
    """The ``number``th made-up act: every column is filled in some of them and empty in others."""
    kind = KINDS[number % len(KINDS)]
    person = f"person-{number % 40:04d}"
    has_detail = number % 5 == 0
    return AuditEvent(
        kind,
        act=None if number % 7 == 0 else f"act-{number % 9}",
        realm=None if number % 4 == 0 else Realm.TRAINING,
        person_id=person if has_detail or number % 3 else None,
        application_id=f"application-{number % 50:04d}" if number % 2 else None,
        case_id=f"case-{number % 60:04d}" if number % 3 == 0 else None,
        subject=f"subject-{number}" if number % 2 == 0 else None,
        number=f"X01-A{number:06d}" if number % 6 else None,
        before="queued" if number % 8 == 0 else None,
        after="writing" if number % 8 == 0 else None,
        reason="lost" if number % 11 == 0 else None,
        fault="store.busy" if kind is AuditKind.REFUSED else None,
        fen=number if number % 10 == 0 else None,
        second=SECOND if number % 13 == 0 else None,
        actor=CLERK,
        facts={"count": number, "good": number % 2 == 0, "where": "desk"} if number % 3 else {},
        detail={"said": f"words of {number}"} if has_detail else None,
    )


@dataclass
class LongAudit:
    """A store whose desk's chain has ``rows`` rows; ``heads`` is what its witness remembers."""

    store: Store
    witness: FileWitness
    rows: int

    @property
    def heads(self) -> list[WitnessedHead]:
        return list(self.witness.recall())

    def remember(self) -> None:
        head = self.store.audit.head()
        assert head is not None
        self.witness.remember(head)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """One statement of somebody who holds the database's key."""
        cursor = self.store._database.execute_sql(statement, tuple(values))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def verify(self, heads: Sequence[WitnessedHead] | None = None, *, full: bool = True) -> AuditReport:
        """As the program verifies, without keeping how far it went."""
        known = self.heads if heads is None else heads
        run = self.store.audit.verification(known, full=full)
        while self.store.audit.step(run):
            pass
        return run.report(0)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done inside is taken back at the end, so that one store serves many thefts."""
        database = self.store._database
        with database.transaction(*database.act_args(1)) as transaction:
            yield
            transaction.rollback()


def long_audit(folder: Path, rows: int, **said: Any) -> LongAudit:
    """A chain of ``rows`` rows, its heads remembered at a quarter, a half and the end, one frozen."""
    given = replace(context(), terminal="410100009901", institution="4101000000000000000001", **said)
    store = create(folder_of(folder), given)
    audit = LongAudit(store, FileWitness(folder / "witness", store.store_id), rows)
    number = 2  # the first row is the store's own
    while number <= rows:
        if number in (rows // 4, rows // 2):
            audit.remember()
        if number == rows * 3 // 5:
            store.audit.freeze("closing", "X01-S000001")
            number += 1
            continue
        # Rows of one act share a moment, as those of a unit of work do.
        group = range(number, min(number + 1 + number % 3, rows + 1))
        stop = next((n for n in group if n in (rows // 4, rows // 2, rows * 3 // 5)), None)
        group = range(number, max(stop or group.stop, number + 1))
        store._work.durable("acts", lambda moment, group=group: _append(store, group, moment))
        number = group.stop
    audit.remember()
    assert store.audit.length() == rows
    return audit


def _append(store: Store, group: range, moment: Any) -> None:
    for number in group:
        store._work.audit(event(number), moment)


def found(report: AuditReport) -> dict[ChainFault, list[ChainProblem]]:
    """The problems of a report by their fault."""
    by_fault: dict[ChainFault, list[ChainProblem]] = {}
    for problem in report.problems:
        by_fault.setdefault(problem.fault, []).append(problem)
    return by_fault


def names(report: AuditReport, fault: ChainFault, seq: int) -> bool:
    """Whether a report has ``fault`` at the row ``seq``."""
    return any(p.sequence <= seq <= p.last for p in found(report).get(fault, ()))
