"""Papers of the till from its rows: the receipt for a fee, the report of a closing."""

from __future__ import annotations

from collections.abc import Sequence

from app.documents.papers import (
    ClosingReport,
    FeeReceipt,
    Means,
    OpenCaseRow,
    Term,
    VoidedRow,
    WaivedRow,
)
from app.domain.application import FrozenApplication
from app.domain.audit import Head
from app.domain.fees import FeeSchedule, Ground, rule_since
from app.domain.lives import Life
from app.domain.till import Closing, PayMethod, Receipt, ReceiptState
from app.workflow.paper_words import rule_term, term

_MEANS = {
    PayMethod.CASH: Means.CASH,
    PayMethod.SCAN: Means.SCAN,
    PayMethod.WAIVED: Means.NONE,
}


def fee_receipt(
    receipt: Receipt,
    application: FrozenApplication,
    application_number: str,
    shift_number: str,
    fees: FeeSchedule,
) -> FeeReceipt:
    """A receipt as its paper has it; the paper masks the person's number by itself."""
    waiver = None if receipt.waiver is None else fees.waivers.get(receipt.waiver)
    return FeeReceipt(
        number=receipt.number,
        received_at_ms=receipt.at_ms,
        payer=application.resident.name,
        person_number=application.resident.number,
        reason=term(fees.reason(receipt.reason)),
        rule=rule_term(receipt.rule, fees),
        due_fen=receipt.fen,
        received_fen=receipt.received_fen,
        means=_MEANS[receipt.method],
        shift=shift_number,
        application_number=application_number,
        rule_since=rule_since(receipt.rule),
        waiver=None if waiver is None else term(waiver),
        voided=receipt.state is ReceiptState.VOIDED,
        voided_at_ms=receipt.void_ms,
        voided_by="、".join(name for name in (receipt.void_clerk, receipt.void_second) if name),
        void_reason=_void(fees, receipt.void_reason),
    )


def closing_report(
    closing: Closing, voided: Sequence[Receipt], head: Head, fees: FeeSchedule, making: Life
) -> ClosingReport:
    """A closing as its report has it. ``head`` is the audit's, which the report bears witness to;
    ``making`` gives the words for what an open case is doing."""
    state = closing.state
    off_cash, off_cards = closing.difference_fen != 0, closing.difference_cards != 0
    return ClosingReport(
        number=closing.number,
        shift=state.shift.number,
        clerk=state.shift.clerk_name,
        opened_at_ms=state.shift.opened_ms,
        closed_at_ms=closing.closed_ms,
        first_receipt=state.first or "",
        last_receipt=state.last or "",
        receipt_count=state.count,
        due_fen=state.due_fen,
        waived_fen=state.waived_fen,
        cash_fen=state.cash_fen,
        scan_fen=state.scan_fen,
        float_fen=state.shift.float_fen,
        expected_fen=state.expected_fen,
        counted_fen=closing.counted_fen,
        difference_fen=closing.difference_fen,
        cards_opening=state.cards.opening,
        cards_received=state.cards.received,
        cards_issued=state.cards.issued,
        cards_spoiled=state.cards.spoiled,
        cards_returned=state.cards.returned,
        cards_on_hand=state.cards.on_hand,
        cards_counted=closing.counted_cards,
        cards_difference=closing.difference_cards,
        audit_desk=head.desk,
        head_sequence=head.seq,
        witness=head.text(),
        head_line=_line(head),
        refunded_fen=state.refunded_cash_fen,
        voided=tuple(
            VoidedRow(
                number=receipt.number,
                amount_fen=receipt.received_fen,
                reason=_void(fees, receipt.void_reason) or Term(""),
                by=receipt.void_second or "",
            )
            for receipt in voided
        ),
        gaps=state.gaps,
        waived=tuple(
            WaivedRow(
                reason=term(_waiver(fees, row.reason, row.waiver)), count=row.count, amount_fen=row.fen
            )
            for row in state.waived
        ),
        difference_reason=closing.explanation if off_cash else "",
        cards_difference_reason=closing.explanation if off_cards else "",
        explained_by=closing.closed_by if off_cash or off_cards else "",
        agreed_by=closing.second_name or "",
        open_cases=tuple(
            OpenCaseRow(
                case.number, Term(making.states[case.state], case.state.replace("-", " ")), case.since_ms
            )
            for case in state.cases
        ),
    )


def _line(head: Head) -> str:
    """The head as a person types it, its hash in groups of four digits; blanks count for nothing."""
    *parts, digits = head.short().split("|")
    return "|".join([*parts, " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))])


def _void(fees: FeeSchedule, code: str | None) -> Term | None:
    """Why a receipt is void; a reason that an older schedule had stands as its code."""
    if code is None:
        return None
    known = fees.voids.get(code)
    return Term(code) if known is None else term(known)


def _waiver(fees: FeeSchedule, reason: str, waiver: str | None) -> Ground:
    """The ground of a waiver; where the rule itself charged nothing, the reason."""
    return (
        fees.reason(reason)
        if waiver is None
        else fees.waivers.get(waiver, Ground(waiver, waiver, waiver))
    )
