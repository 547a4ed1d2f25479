"""The audit as people use it: rows and cases to look at, verification, heads handed to witnesses.

A head is remembered by every witness when the desk opens and closes, when somebody signs out, with each
closing and backup, and at latest after ``HEAD_EVERY`` rows. That happens outside of every transaction,
after it: no card waits for a witness, and a witness that fails stops nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.base.errors import N_, KangkaError
from app.domain.audit import (
    AuditEvent,
    AuditKind,
    AuditLog,
    AuditQuery,
    AuditReport,
    AuditRow,
    ChainFault,
    ChainProblem,
    Head,
    HeadWitness,
    WitnessedHead,
    WitnessFailed,
    parse_head,
)
from app.domain.records import Records
from app.workflow.gate import Gate

# What a permission to look at the audit, and to act upon it, is called (resources/permissions.toml).
ACT: Final = "audit"
VERIFY: Final = "audit-verify"
# About forty cards: what a thief could undo without a witness outside the records knowing.
HEAD_EVERY: Final = 500
PAPER: Final = "paper"
# Rows with a human number that are looked at for the id behind it.
_NAMED_ROWS: Final = 20


@dataclass(eq=False)
class AuditBroken(KangkaError):
    """A verification found that the audit was tampered with."""

    count: int
    sequence: int

    code = "audit.broken"
    cause = N_("The audit is not whole: {count} findings, the first at row {sequence}.")
    meaning = N_("Somebody changed, removed or put back records outside this program.")
    remedy = N_(
        "Stop work at this desk, keep the workplace folder as it is and call the audit administrator."
    )


def broken(report: AuditReport | None) -> AuditBroken | None:
    """The alarm of a verification; None where nothing was found, or nothing was verified."""
    if report is None or report.ok:
        return None
    rows = [problem.sequence for problem in report.problems if problem.sequence]
    return AuditBroken(len(report.problems), min(rows, default=0))


@dataclass(frozen=True)
class AuditPage:
    """Rows as asked for; ``next`` is the ``start`` of the next page, None at the end."""

    rows: tuple[AuditRow, ...]
    next: int | None


@dataclass(frozen=True)
class AuditState:
    """What is known of this desk's chain: its length, and what the last verification said.

    ``found`` is what it named. ``witnesses`` counts the heads that each remembers, ``failed`` names
    those that do not answer.
    """

    length: int
    whole_to: int | None
    found: tuple[ChainProblem, ...]
    witnesses: Mapping[str, int]
    failed: tuple[str, ...]


class AuditDesk:
    """One desk's audit. Safe to call from any thread that is not the window's."""

    def __init__(
        self, log: AuditLog, witnesses: Sequence[HeadWitness], gate: Gate, records: Records
    ) -> None:
        self._log = log
        self._witnesses = tuple(witnesses)
        self._gate = gate
        self._records = records
        self._lock = threading.Lock()
        self._remembered = 0
        # Witness, desk and row of the heads that were recalled: none is told again at each opening.
        self._known: set[tuple[str, str, int]] = set()
        self._report: AuditReport | None = None

    # --------------------------------------------------------------------------------- the day

    def begin(self) -> AuditReport:
        """When a desk opens: verify what is new, then have the witnesses remember where it stands.

        Nobody is signed in yet, and what is found stops nothing by itself: ``state`` tells it.
        """
        report = self._verified(full=False, typed=())
        if report.ok:
            self.keep()
        return report

    def keep(self) -> tuple[str, ...]:
        """Have every witness remember the newest head if there are rows since; those that failed.

        At signing out, at closing the desk. A head of a chain that was found broken is not spread.
        """
        with self._lock:
            if (self._report is not None and not self._report.ok) or not self._due(1):
                return ()
            head = self._log.head()
            return () if head is None else self._remember(head)

    def keep_if_due(self) -> None:
        """As ``keep``, after ``HEAD_EVERY`` rows; cheap enough to be asked after each card."""
        if self._due(HEAD_EVERY):
            self.keep()

    def freeze(self, occasion: str, reference: str) -> Head:
        """Durable: a head for a closing or a backup, kept under its number and told to every witness."""
        head = self._log.freeze(occasion, reference)
        with self._lock:
            self._remember(head)
        return head

    # ------------------------------------------------------------------------------- verifying

    def verify(self, *, full: bool = False, typed: Sequence[str] = ()) -> AuditReport:
        """All chains against themselves and every witness. ``typed`` are heads from paper (QR or line).

        ``HeadUnreadable`` where one of them is none.
        """
        self._gate.view(VERIFY)
        return self._verified(full=full, typed=typed)

    def state(self) -> AuditState:
        """What the window shows of the chain, without verifying anything."""
        self._gate.view(VERIFY)
        heads, failed = self._recall()
        counted: dict[str, int] = dict.fromkeys((witness.name for witness in self._witnesses), 0)
        for found in [*heads, *self._log.frozen()]:
            counted[found.witness] = counted.get(found.witness, 0) + 1
        report = self._report
        own = [] if report is None else [chain.whole_to for chain in report.chains]
        return AuditState(
            length=self._log.length(),
            whole_to=min(own) if own else None,
            found=() if report is None else report.problems,
            witnesses=counted,
            failed=failed,
        )

    def alarm(self) -> AuditBroken | None:
        """What the last verification found, for every page that has to say so; verifies nothing."""
        return broken(self._report)

    # ------------------------------------------------------------------------------------ rows

    def page(self, query: AuditQuery) -> AuditPage:
        """A page of rows by sequence; a human number in ``about`` finds all of what it names."""
        self._gate.view(ACT)
        if query.about:
            query = replace(query, about=self._named(query))
        rows = self._log.page(replace(query, limit=query.limit + 1))
        more = len(rows) > query.limit
        shown = tuple(rows[: query.limit])
        return AuditPage(shown, shown[-1].seq if more else None)

    def case(self, case_id: str) -> tuple[AuditRow, ...]:
        """A case as its rows tell it, from its opening to its end, whichever desk wrote them."""
        self._gate.view(ACT)
        return tuple(self._log.of_case(case_id))

    def detail(self, row: AuditRow) -> Mapping[str, str] | None:
        """The personal part of a row, which is itself recorded as an unmasking; None once erased."""
        self._gate.enter(ACT, subject=f"{row.desk}/{row.seq}")
        event = AuditEvent(
            AuditKind.UNMASK,
            act=ACT,
            person_id=row.person_id,
            subject=f"{row.desk}/{row.seq}",
        )
        self._records.durable("unmask", lambda unit: unit.audit(event))
        return self._log.detail(row.desk, row.seq)

    # --------------------------------------------------------------------------------- helpers

    def _named(self, query: AuditQuery) -> tuple[str, ...]:
        """What was typed, as numbers are kept, and the ids behind them: a number stands in a few rows of
        its case or application, and the others bear the id alone."""
        typed = tuple(dict.fromkeys(kept for one in query.about for kept in (one, one.upper())))
        rows = self._log.page(AuditQuery(desk=query.desk, about=typed, limit=_NAMED_ROWS))
        ids = [row.case_id or row.application_id or row.subject for row in rows if row.number in typed]
        return tuple(dict.fromkeys((*typed, *(one for one in ids if one is not None))))

    def _verified(self, *, full: bool, typed: Sequence[str]) -> AuditReport:
        from_paper = [
            WitnessedHead(parse_head(text), PAPER, str(number)) for number, text in enumerate(typed, 1)
        ]
        heads, failed = self._recall()
        report = self._log.verify(full=full, heads=[*heads, *from_paper])
        silent = [
            ChainProblem("", 0, 0, ChainFault.WITNESS_LOST, name)
            for name in dict.fromkeys((*failed, *self._forgetful(heads)))
        ]
        report = replace(report, problems=(*report.problems, *silent))
        with self._lock:
            self._report = report
        return report

    def _forgetful(self, heads: Sequence[WitnessedHead]) -> list[str]:
        """Witnesses that remember nothing although heads were frozen, of which each was told them."""
        if not self._log.frozen():
            return []
        remembering = {found.witness for found in heads}
        return [witness.name for witness in self._witnesses if witness.name not in remembering]

    def _recall(self) -> tuple[list[WitnessedHead], tuple[str, ...]]:
        heads: list[WitnessedHead] = []
        failed = []
        for witness in self._witnesses:
            try:
                heads += witness.recall()
            except WitnessFailed:
                failed.append(witness.name)
        self._known = {(found.witness, found.head.desk, found.head.seq) for found in heads}
        return heads, tuple(failed)

    def _due(self, rows: int) -> bool:
        return self._log.length() - self._remembered >= rows

    def _remember(self, head: Head) -> tuple[str, ...]:
        failed = []
        for witness in self._witnesses:
            if (witness.name, head.desk, head.seq) in self._known:
                continue
            try:
                witness.remember(head)
            except WitnessFailed:
                failed.append(witness.name)
        self._remembered = head.seq
        return tuple(failed)
