"""``app.domain.audit.AuditLog`` over one store: rows for people, signed heads, verification, erasing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from app.domain.audit import (
    AuditEvent,
    AuditKind,
    AuditQuery,
    AuditReport,
    AuditRow,
    Head,
    WitnessedHead,
)
from app.store import errors
from app.store.audit import AuditRecorder, ChainPlace
from app.store.audit_chain import COLUMNS, HASH, SEQ, Row
from app.store.audit_read import VERIFIED, AuditReader
from app.store.audit_verify import Verification
from app.store.work import Moment, Work

_MOMENT: Final = COLUMNS.index("moment")
_AT_MS: Final = COLUMNS.index("at_ms")


class AuditStore:
    """The audit of one store, on its thread."""

    def __init__(self, work: Work, recorder: AuditRecorder, place: ChainPlace) -> None:
        self._work = work
        self._recorder = recorder
        self._place = place
        self._reader = AuditReader(work)

    # ------------------------------------------------------------------------------------- rows

    def page(self, query: AuditQuery) -> list[AuditRow]:
        self._work.check_thread()
        return self._reader.page(query)

    def rows(self, after: int, limit: int) -> list[Row]:
        """This desk's rows as they stand, columns in their order: to measure by, or to hand on."""
        self._work.check_thread()
        return self._reader.rows(self._work.desk, after, limit)

    def of_case(self, case_id: str) -> list[AuditRow]:
        self._work.check_thread()
        return self._reader.of_case(case_id)

    def length(self) -> int:
        self._work.check_thread()
        last = self._recorder.last()
        return 0 if last is None else last[0]

    def frozen(self) -> list[WitnessedHead]:
        self._work.check_thread()
        return [found for found in self._reader.heads() if found.witness != VERIFIED]

    def detail(self, desk: str, seq: int) -> Mapping[str, str] | None:
        self._work.check_thread()
        return self._recorder.detail(desk, seq)

    def erase(self, person_id: str, reason: str | None = None) -> None:
        self._work.durable(
            "erase",
            lambda moment: self._recorder.erase(person_id, moment, reason, self._work.who()),
            begins=False,
        )

    # ------------------------------------------------------------------------------------ heads

    def head(self) -> Head | None:
        return self._work.read(lambda _moment: self._signed_last())

    def freeze(self, occasion: str, reference: str) -> Head:
        def act(moment: Moment) -> Head:
            return self.freeze_in(moment, occasion, reference)

        return self._work.durable("freeze-head", act, begins=False)

    def freeze_in(self, moment: Moment, occasion: str, reference: str) -> Head:
        """As ``freeze``, inside a transaction that runs. The head covers all rows before its own."""
        head = self._signed_last()
        if head is None:
            self._recorder.begin(moment)
            return self.freeze_in(moment, occasion, reference)
        self._keep(head, occasion, reference)
        event = AuditEvent(
            AuditKind.HEAD,
            act="freeze-head",
            number=reference,
            facts={"occasion": occasion, "row": head.seq, "hash": head.hash.hex()},
        )
        self._work.audit(event, moment)
        return head

    # ----------------------------------------------------------------------------- verification

    def verification(self, heads: Sequence[WitnessedHead], *, full: bool) -> Verification:
        """A run that its caller steps through, so that other calls of the store come between."""
        return Verification(
            self._reader, self._place.store_id, self._place.realm.value, heads, full=full
        )

    def step(self, run: Verification) -> bool:
        return self._work.read(lambda _moment: run.step())

    def finish(self, run: Verification, ms: int) -> AuditReport:
        """The report; where all is well, the next verification may begin where this one ended."""
        report = self._work.read(lambda _moment: run.report(ms))
        mine = next((row for desk, row in run.ends() if desk == self._work.desk), None)
        if report.ok and mine is not None and mine[SEQ] != self._verified_to():
            # Where it ended only shortens the next one: a store that others write to now can do without.
            with suppress(errors.StoreBusy):
                self._work.durable("verified", lambda _moment: self._keep_verified(mine), begins=False)
        return report

    def verify(self, *, full: bool, heads: Sequence[WitnessedHead]) -> AuditReport:
        begun = self._work.clock.monotonic_ns()
        run = self.verification(heads, full=full)
        while self.step(run):
            pass
        return self.finish(run, (self._work.clock.monotonic_ns() - begun) // 1_000_000)

    # ---------------------------------------------------------------------------------- helpers

    def _signed_last(self) -> Head | None:
        last = self._recorder.last()
        row = None if last is None else self._reader.row(self._work.desk, last[0])
        return None if row is None else self._signed(row)

    def _signed(self, row: Row) -> Head | None:
        key = self._recorder.signing_key()
        if key is None:
            return None
        bare = Head(self._work.desk, row[SEQ], row[_MOMENT], row[_AT_MS], bytes(row[HASH]))
        return Head(
            bare.desk, bare.seq, bare.moment, bare.at_ms, bare.hash, key.public, key.sign(bare.message())
        )

    def _verified_to(self) -> int | None:
        """The row at which this desk's last good verification ended."""
        table = self._work.tables.audit_head
        mine = (table.c.desk == self._work.desk) & (table.c.occasion == VERIFIED)
        row = table.select(table.c.seq).where(mine).tuples().first()
        return None if row is None else int(row[0])

    def _keep_verified(self, row: Row) -> None:
        table = self._work.tables.audit_head
        mine = (table.c.desk == self._work.desk) & (table.c.occasion == VERIFIED)
        table.delete().where(mine).execute()
        head = self._signed(row)
        if head is not None:
            self._keep(head, VERIFIED, "")

    def _keep(self, head: Head, occasion: str, reference: str) -> None:
        self._work.tables.audit_head.insert(
            desk=head.desk,
            seq=head.seq,
            occasion=occasion,
            reference=reference,
            moment=head.moment,
            at_ms=head.at_ms,
            hash=head.hash,
            public=head.public,
            signature=head.signature,
        ).execute()
