"""Fees due, receipts, shifts and closings over one store; every change with its audit row (m0005)."""

from __future__ import annotations

from typing import Any, Final

from peewee import JOIN, SQL, fn

from app.base.ids import RandomSource, uuid7
from app.domain.application import Realm
from app.domain.audit import AuditEvent, AuditKind
from app.domain.paper import FEE_RECEIPT
from app.domain.staff import Actor
from app.domain.stock import BlankState
from app.domain.till import (
    CLOSING_KIND,
    RECEIPT_KIND,
    Closing,
    FeeDue,
    PayMethod,
    Receipt,
    ReceiptState,
    Shift,
    TillState,
)
from app.domain.till_errors import (
    FeeSettled,
    FeeUnsettled,
    NoSuchClosing,
    NoSuchReceipt,
    NothingDue,
    ReceiptVoided,
    ShiftClosed,
    ShiftHoldsCard,
    ShiftNotOpen,
    ShiftOfAnother,
    ShiftOpenAlready,
    ShiftOutOfBalance,
)
from app.store import till_rows as rows
from app.store.till_state import dump_state, state_of
from app.store.work import Moment, Work

_SHIFT: Final = "S"


class TillRows:
    """``app.domain.till.TillBook`` for one moment."""

    def __init__(self, work: Work, moment: Moment, random: RandomSource) -> None:
        self._work = work
        self._moment = moment
        self._random = random
        self._tables = work.tables

    # ------------------------------------------------------------------------------------ shifts

    def shift(self, clerk_id: str | None = None) -> Shift | None:
        shifts = self._tables.shift
        # A literal, because a partial index does not serve a bound value.
        mine = (shifts.c.desk == self._work.desk) & SQL("closed_ms IS NULL")
        if clerk_id is not None:
            mine &= shifts.c.clerk_id == clerk_id
        row = shifts.select(*rows.columns(shifts, rows.SHIFT)).where(mine).tuples().first()
        return None if row is None else rows.shift(row)

    def shift_number(self, shift_id: str) -> str:
        shifts = self._tables.shift
        row = shifts.select(shifts.c.number).where(shifts.c.id == shift_id).tuples().first()
        return str(row[0])

    def open_shift(self, realm: Realm, float_fen: int) -> Shift:
        running = self.shift()
        if running is not None:
            raise ShiftOpenAlready(running.number)
        actor = self._work.who()
        shift = Shift(
            id=uuid7(self._work.clock, self._random),
            number=self._work.next_number(realm.value, _SHIFT),
            realm=realm,
            clerk_id=actor.id,
            clerk_name=actor.name,
            opened_ms=self._moment.at_ms,
            float_fen=float_fen,
            opening_cards=self._cards_here(realm),
        )
        self._tables.shift.insert(
            id=shift.id,
            realm=realm.value,
            desk=self._work.desk,
            number=shift.number,
            clerk_id=shift.clerk_id,
            clerk_name=shift.clerk_name,
            opened_ms=shift.opened_ms,
            opened_seq=self._moment.seq,
            float_fen=float_fen,
            opening_cards=shift.opening_cards,
        ).execute()
        self._audit(
            AuditEvent(
                AuditKind.SHIFT_OPENED,
                realm=realm,
                subject=shift.id,
                number=shift.number,
                fen=float_fen,
                facts={"cards": shift.opening_cards},
            )
        )
        return shift

    def state(self, shift: Shift) -> TillState:
        return state_of(self._work, shift, self.receipts(shift.id), self._refunds(shift.id))

    def close(
        self,
        shift: Shift,
        counted_fen: int,
        counted_cards: int,
        explanation: str = "",
        second: Actor | None = None,
    ) -> Closing:
        shifts = self._tables.shift
        row = shifts.select(shifts.c.closed_ms).where(shifts.c.id == shift.id).tuples().first()
        if row is None or row[0] is not None:
            raise ShiftClosed(shift.number)
        state = self.state(shift)
        if state.holding:
            raise ShiftHoldsCard(shift.number, tuple(case.number for case in state.holding))
        actor = self._work.who()
        closing = Closing(
            number="",
            state=state,
            counted_fen=counted_fen,
            counted_cards=counted_cards,
            explanation=explanation.strip(),
            second_name=None if second is None else second.name,
            closed_ms=self._moment.at_ms,
            closed_by=actor.name,
        )
        if not closing.balanced and (second is None or not closing.explanation):
            raise ShiftOutOfBalance(closing.difference_fen, closing.difference_cards)
        number = self._work.next_number(shift.realm.value, CLOSING_KIND)
        frozen, digest = dump_state(state)
        self._tables.closing.insert(
            realm=shift.realm.value,
            number=number,
            desk=self._work.desk,
            shift_id=shift.id,
            state=frozen,
            counted_fen=counted_fen,
            counted_cards=counted_cards,
            explanation=closing.explanation,
            closed_by_id=actor.id,
            closed_by=actor.name,
            second_id=None if second is None else second.id,
            second_name=closing.second_name,
            closed_ms=closing.closed_ms,
            seq=self._moment.seq,
        ).execute()
        shifts.update(closed_ms=self._moment.at_ms, closed_seq=self._moment.seq).where(
            shifts.c.id == shift.id
        ).execute()
        self._audit(
            AuditEvent(
                AuditKind.SHIFT_CLOSED,
                realm=shift.realm,
                subject=shift.id,
                number=number,
                fen=counted_fen,
                second=second,
                facts={
                    "shift": shift.number,
                    "difference-fen": closing.difference_fen,
                    "cards": counted_cards,
                    "difference-cards": closing.difference_cards,
                    # The frozen state is held to this by whoever reads the chain.
                    "digest": digest,
                },
            )
        )
        return self.closing(number)

    def closings(self, limit: int = 30) -> list[Closing]:
        closings = self._tables.closing
        newest = closings.c.seq.desc()
        query = self._closing_rows(closings.c.desk == self._work.desk).order_by(newest).limit(limit)
        return [rows.closing(row) for row in query.tuples()]

    def closing(self, number: str) -> Closing:
        row = self._closing_rows(self._tables.closing.c.number == number).tuples().first()
        if row is None:
            raise NoSuchClosing(number)
        return rows.closing(row)

    # -------------------------------------------------------------------------------------- fees

    def owe(self, due: FeeDue) -> None:
        dues = self._tables.fee_due
        known = self.due(due.application_id)
        if known is not None and known.receipt is not None:
            raise FeeSettled(known.receipt)
        values = {
            "person_id": due.person_id,
            "desk": self._work.desk,
            "reason": due.reason,
            "fen": due.fen,
            "rule": due.rule,
            "funding": due.funding,
            "proof": due.proof,
            "owed_ms": due.owed_ms,
            "seq": self._moment.seq,
        }
        if known is None:
            dues.insert(
                realm=due.realm.value, application_id=due.application_id, receipt=None, **values
            ).execute()
        else:
            dues.update(**values).where(dues.c.application_id == due.application_id).execute()
        facts: dict[str, str | int | bool] = {"rule": due.rule}
        facts |= {"funding": due.funding} if due.funding else {}
        facts |= {"proof": due.proof} if due.proof else {}
        self._audit(
            AuditEvent(
                AuditKind.FEE_DUE,
                realm=due.realm,
                person_id=due.person_id,
                application_id=due.application_id,
                before=None if known is None else known.reason,
                reason=due.reason,
                fen=due.fen,
                facts=facts,
            )
        )

    def due(self, application_id: str) -> FeeDue | None:
        dues = self._tables.fee_due
        found = self._dues(dues.c.application_id == application_id, 1)
        return found[0] if found else None

    def dues(self, limit: int = 200) -> list[FeeDue]:
        dues, applications = self._tables.fee_due, self._tables.application
        withdrawn = applications.select(applications.c.id).where(applications.c.state == "withdrawn")
        # Literals, because a partial index does not serve bound values.
        still = (dues.c.desk == self._work.desk) & SQL("receipt IS NULL AND fen > 0")
        return self._dues(still & dues.c.application_id.not_in(withdrawn), limit)

    def require_settled(self, application_id: str) -> None:
        due = self.due(application_id)
        if due is not None and due.open:
            raise FeeUnsettled(self._application_number(application_id), due.fen)

    # ---------------------------------------------------------------------------------- receipts

    def take(
        self,
        application_id: str,
        method: PayMethod,
        second: Actor | None = None,
        waiver: str | None = None,
    ) -> Receipt:
        if (method is PayMethod.WAIVED) != (waiver is not None and second is not None):
            raise ValueError("a waived fee, and no other, has its ground and its second person")
        shift = self._own_shift()
        due = self.due(application_id)
        if due is None or not due.open:
            raise NothingDue(self._application_number(application_id))
        actor = self._work.who()
        number = self._work.next_number(due.realm.value, RECEIPT_KIND)
        self._tables.receipt.insert(
            realm=due.realm.value,
            number=number,
            desk=self._work.desk,
            shift_id=shift.id,
            application_id=application_id,
            person_id=due.person_id,
            reason=due.reason,
            fen=due.fen,
            rule=due.rule,
            method=method.value,
            waiver=waiver,
            state=ReceiptState.ISSUED.value,
            clerk_id=actor.id,
            clerk_name=actor.name,
            second_id=None if second is None else second.id,
            second_name=None if second is None else second.name,
            at_ms=self._moment.at_ms,
            seq=self._moment.seq,
        ).execute()
        self._settle(application_id, number)
        kind = AuditKind.FEE_WAIVED if method is PayMethod.WAIVED else AuditKind.FEE_TAKEN
        receipt = self.receipt(number)
        self._audit_receipt(kind, receipt, second, waiver, {"by": method.value, "rule": due.rule})
        return receipt

    def receipt(self, number: str) -> Receipt:
        found = self._receipts(self._tables.receipt.c.number == number)
        if not found:
            raise NoSuchReceipt(number)
        return found[0]

    def receipts(self, shift_id: str) -> list[Receipt]:
        return self._receipts(self._tables.receipt.c.shift_id == shift_id)

    def void(self, number: str, reason: str, second: Actor) -> Receipt:
        shift = self._own_shift()
        receipt = self._standing(number)
        receipts = self._tables.receipt
        receipts.update(
            state=ReceiptState.VOIDED.value,
            void_reason=reason,
            void_clerk=self._work.who().name,
            void_second_id=second.id,
            void_second=second.name,
            void_ms=self._moment.at_ms,
            void_shift_id=shift.id,
        ).where(receipts.c.realm == receipt.realm.value, receipts.c.number == number).execute()
        self._settle(receipt.application_id, None)
        facts: dict[str, str | int | bool] = {"by": receipt.method.value, "shift": shift.number}
        self._audit_receipt(AuditKind.RECEIPT_VOIDED, receipt, second, reason, facts)
        return self.receipt(number)

    # ----------------------------------------------------------------------------------- helpers

    def _own_shift(self) -> Shift:
        running = self.shift()
        if running is None:
            raise ShiftNotOpen
        if running.clerk_id != self._work.who().id:
            raise ShiftOfAnother(running.number)
        return running

    def _standing(self, number: str) -> Receipt:
        receipt = self.receipt(number)
        if receipt.state is ReceiptState.VOIDED:
            raise ReceiptVoided(number)
        return receipt

    def _settle(self, application_id: str, receipt: str | None) -> None:
        dues = self._tables.fee_due
        dues.update(receipt=receipt).where(dues.c.application_id == application_id).execute()

    def _cards_here(self, realm: Realm) -> int:
        blank = self._tables.blank_card
        here = blank.select(fn.COUNT(blank.c.serial)).where(
            blank.c.realm == realm.value,
            blank.c.desk == self._work.desk,
            blank.c.state.in_([BlankState.ON_HAND.value, BlankState.BOUND.value]),
        )
        return int(here.scalar())

    def _application_number(self, application_id: str) -> str:
        heads = self._tables.application
        row = heads.select(heads.c.number).where(heads.c.id == application_id).tuples().first()
        return application_id if row is None else str(row[0])

    def _refunds(self, shift_id: str) -> list[Receipt]:
        """Receipts of earlier shifts that were voided in this one: their money went out of this till."""
        receipts = self._tables.receipt
        voided_here = receipts.c.void_shift_id == shift_id
        return self._receipts(voided_here & (receipts.c.shift_id != shift_id))

    def _dues(self, condition: Any, limit: int) -> list[FeeDue]:
        dues = self._tables.fee_due
        query = dues.select(*rows.columns(dues, rows.DUE)).where(condition).order_by(dues.c.seq)
        return [rows.due(row) for row in query.limit(limit).tuples()]

    def _receipts(self, condition: Any) -> list[Receipt]:
        receipts = self._tables.receipt
        papers = self._tables.paper_print
        of_receipt = (
            (papers.c.realm == receipts.c.realm)
            & (papers.c.number == receipts.c.number)
            & (papers.c.template == FEE_RECEIPT)
        )
        query = receipts.select(*rows.columns(receipts, rows.RECEIPT), papers.c.prints)
        query = query.join(papers, JOIN.LEFT_OUTER, on=of_receipt).where(condition)
        return [rows.receipt(row) for row in query.order_by(receipts.c.seq).tuples()]

    def _closing_rows(self, condition: Any) -> Any:
        closings = self._tables.closing
        return closings.select(*rows.columns(closings, rows.CLOSING)).where(condition)

    def _audit(self, event: AuditEvent) -> None:
        self._work.audit(event, self._moment)

    def _audit_receipt(
        self,
        kind: AuditKind,
        receipt: Receipt,
        second: Actor | None,
        reason: str | None,
        facts: dict[str, str | int | bool],
    ) -> None:
        self._audit(
            AuditEvent(
                kind,
                realm=receipt.realm,
                person_id=receipt.person_id,
                application_id=receipt.application_id,
                number=receipt.number,
                reason=reason or receipt.reason,
                fen=receipt.fen,
                second=second,
                facts=facts,
            )
        )
