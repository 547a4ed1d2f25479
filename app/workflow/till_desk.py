"""The till of a desk: shifts, fees taken, waived and voided, closings (rules.md, Money)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from app.base.errors import N_, KangkaError
from app.documents.papers import ClosingReport, FeeReceipt
from app.domain.application import Realm
from app.domain.audit import Head
from app.domain.fees import FeeProofMissing, FeeSchedule, Ground
from app.domain.lives import Life, load_life
from app.domain.masking import masked_name
from app.domain.order import ApplicationState
from app.domain.records import Records, Unit
from app.domain.staff import Presence
from app.domain.till import CLOSING_KIND, Closing, FeeDue, PayMethod, Receipt, Shift, TillState
from app.domain.till_errors import NothingDue, ShiftNotOpen, ShiftOutOfBalance
from app.workflow.gate import Gate
from app.workflow.till_papers import closing_report, fee_receipt
from app.workflow.till_views import DueRow, TillView

T = TypeVar("T")
OPEN: Final = "open-shift"
TAKE: Final = "take-fee"
WAIVE: Final = "waive-fee"
VOID: Final = "void-receipt"
CLOSE: Final = "close-shift"
CLOSE_OFF: Final = "close-shift-with-difference"
CLOSE_OF_ANOTHER: Final = "close-shift-of-another"
LOOK: Final = "till"
_RESIDENTS: Final = "look-up"
# A till holds thousands of yuan, a box a few hundred cards; more is a slip of the finger.
MOST_FEN: Final = 10_000_000
MOST_CARDS: Final = 100_000
_MOST_WORDS: Final = 200


@dataclass(eq=False)
class AmountRefused(KangkaError):
    """A count that can not be: below nothing, or more than any till or box holds."""

    most: int

    code = "till.amount-refused"
    cause = N_("The count is no number from 0 to {most}.")
    meaning = N_("Nothing was recorded.")
    remedy = N_("Count again and enter whole fen and whole cards.")


@dataclass(eq=False)
class ReasonUnknown(KangkaError):
    """A ground or a reason that the fee schedule does not list."""

    reason: str
    known: tuple[str, ...]

    code = "till.reason-unknown"
    cause = N_("The fee schedule has no reason {reason}.")
    meaning = N_("Nothing was changed.")
    remedy = N_("Choose one of {known}.")


@dataclass(eq=False)
class WordsTooLong(KangkaError):
    """An explanation that no line of the closing report holds."""

    most: int

    code = "till.words-too-long"
    cause = N_("The explanation has more than {most} characters.")
    meaning = N_("It would not stand whole on the closing report; nothing was recorded.")
    remedy = N_("Say it more shortly.")


@dataclass(frozen=True)
class TillPorts:
    """What a till is made of, composed once.

    ``witness`` freezes the audit's head under a closing's number, for its report.
    """

    gate: Gate
    records: Records
    fees: FeeSchedule
    realm: Realm
    witness: Callable[[str], Head]


class TillDesk:
    """``app.workflow.till_views.TillService``."""

    def __init__(self, ports: TillPorts) -> None:
        self._ports = ports
        self._making: Life = load_life("making")

    # ------------------------------------------------------------------------------------ shifts

    def view(self) -> TillView | None:
        actor = self._ports.gate.view(LOOK)

        def look(unit: Unit) -> TillView | None:
            shift = unit.till.shift()
            if shift is None:
                return None
            state = unit.till.state(shift)
            counts = unit.stock.counts(shift.realm)
            return TillView(
                shift,
                shift.clerk_id == actor.id,
                state,
                _unsettled(unit, shift, state),
                counts.on_hand - state.cards.on_hand,
            )

        return self._ports.records.read(look)

    def open_shift(self, float_fen: int) -> Shift:
        self._ports.gate.enter(OPEN)
        with self._ports.gate.refusals(OPEN):
            _within(float_fen, MOST_FEN)
            realm = self._ports.realm
            return self._durable(OPEN, lambda unit: unit.till.open_shift(realm, float_fen))

    def require_shift(self, application_id: str | None = None) -> None:
        """A card is about to be used: somebody answers for the box, whoever's shift it is.

        In training one opens by itself, with an empty drawer, and for no card that is to be refused.
        ``ShiftNotOpen``, recorded.
        """
        if self._ports.records.read(lambda unit: unit.till.shift()) is not None:
            return
        if self._ports.realm is Realm.TRAINING:
            if application_id is None or self._ports.records.read(
                lambda unit: _makeable(unit, application_id)
            ):
                self.open_shift(0)
            return
        with self._ports.gate.refusals("issue"):
            raise ShiftNotOpen

    def closing_act(self, counted_fen: int, counted_cards: int) -> str:
        actor = self._ports.gate.may(CLOSE)
        with self._ports.gate.refusals(CLOSE):
            shift, state = self._open_state()
        if shift.clerk_id != actor.id:
            return CLOSE_OF_ANOTHER
        balanced = (counted_fen, counted_cards) == (state.expected_fen, state.cards.on_hand)
        return CLOSE if balanced else CLOSE_OFF

    def close(
        self,
        counted_fen: int,
        counted_cards: int,
        explanation: str = "",
        second: Presence | None = None,
    ) -> Closing:
        act = CLOSE
        self._ports.gate.may(CLOSE)
        with self._ports.gate.refusals(CLOSE):
            _within(counted_fen, MOST_FEN)
            _within(counted_cards, MOST_CARDS)
            if len(explanation.strip()) > _MOST_WORDS:
                raise WordsTooLong(_MOST_WORDS)
            act = self.closing_act(counted_fen, counted_cards)
            shift, state = self._open_state()
            if act == CLOSE_OFF and not (second and explanation.strip()):
                # Before anybody is asked to sign it, who counted learns what differs.
                raise ShiftOutOfBalance(
                    counted_fen - state.expected_fen, counted_cards - state.cards.on_hand
                )
        passage = self._ports.gate.enter(act, second=second, subject=shift.id)
        with self._ports.gate.refusals(act, shift.id):
            return self._durable(
                CLOSE,
                lambda unit: unit.till.close(
                    shift, counted_fen, counted_cards, explanation, passage.second
                ),
            )

    def closings(self, limit: int = 30) -> list[Closing]:
        self._ports.gate.view(LOOK)
        return self._ports.records.read(lambda unit: unit.till.closings(limit))

    def closing_paper(self, number: str) -> ClosingReport:
        self._ports.gate.view(LOOK)
        with self._ports.gate.refusals(LOOK, number):
            closing, voided = self._ports.records.read(lambda unit: _closed(unit, number))
            head = self._ports.witness(number)
        return closing_report(closing, voided, head, self._ports.fees, self._making)

    # -------------------------------------------------------------------------------------- fees

    def dues(self) -> list[DueRow]:
        self._ports.gate.view(LOOK)
        return self._ports.records.read(
            lambda unit: [self._due_row(unit, due) for due in unit.till.dues()]
        )

    def take(self, application_id: str, method: PayMethod) -> Receipt:
        if method is PayMethod.WAIVED:
            raise ValueError("a fee is waived by its own act")
        self._ports.gate.enter(TAKE, subject=application_id)
        with self._ports.gate.refusals(TAKE, application_id):
            return self._durable(TAKE, lambda unit: unit.till.take(application_id, method))

    def waive(
        self, application_id: str, ground: str, proof: str | None, second: Presence | None
    ) -> Receipt:
        persons = self._persons(WAIVE, application_id)
        passage = self._ports.gate.enter(WAIVE, second=second, persons=persons, subject=application_id)
        with self._ports.gate.refusals(WAIVE, application_id):
            waiver = _listed(self._ports.fees.waivers, ground)
            if waiver.proof and proof not in waiver.proof:
                raise FeeProofMissing(ground, waiver.proof)
            return self._durable(
                WAIVE,
                lambda unit: unit.till.take(
                    application_id, PayMethod.WAIVED, passage.second, waiver.code
                ),
            )

    def void(self, number: str, reason: str, second: Presence | None, fresh: Presence | None) -> Receipt:
        self._ports.gate.may(VOID, number)
        with self._ports.gate.refusals(VOID, number):
            _listed(self._ports.fees.voids, reason)
            receipt = self._ports.records.read(lambda unit: unit.till.receipt(number))
        persons = self._persons(VOID, receipt.application_id)
        # Who took the money may ask for the void; who agrees to it is somebody else.
        judged = () if receipt.clerk_id == self._ports.gate.actor.id else (receipt.clerk_id,)
        passage = self._ports.gate.enter(
            VOID, second=second, fresh=fresh, persons=persons, done_by=judged, subject=number
        )
        agreed = passage.second
        if agreed is None:
            raise ValueError("a void has four eyes")
        with self._ports.gate.refusals(VOID, number):
            return self._durable(VOID, lambda unit: unit.till.void(number, reason, agreed))

    def receipts(self) -> list[Receipt]:
        self._ports.gate.view(LOOK)

        def look(unit: Unit) -> list[Receipt]:
            shift = unit.till.shift()
            if shift is None:
                closed = unit.till.closings(1)
                shift = closed[0].state.shift if closed else None
            return [] if shift is None else unit.till.receipts(shift.id)

        return self._ports.records.read(look)

    def receipt_paper(self, number: str) -> FeeReceipt:
        # The payer's name and number stand on it: who looks after the record alone sees neither.
        self._ports.gate.view(LOOK)
        self._ports.gate.view(_RESIDENTS)
        with self._ports.gate.refusals(LOOK, number):
            return self._ports.records.read(lambda unit: self._paper(unit, number))

    def paper(self, number: str) -> FeeReceipt | ClosingReport:
        closing = number.partition("-")[2].startswith(CLOSING_KIND)
        return self.closing_paper(number) if closing else self.receipt_paper(number)

    def waivers(self) -> list[Ground]:
        return list(self._ports.fees.waivers.values())

    def void_reasons(self) -> list[Ground]:
        return list(self._ports.fees.voids.values())

    # ------------------------------------------------------------------------------------ within

    def _open_state(self) -> tuple[Shift, TillState]:
        def look(unit: Unit) -> tuple[Shift, TillState]:
            shift = unit.till.shift()
            if shift is None:
                raise ShiftNotOpen
            return shift, unit.till.state(shift)

        return self._ports.records.read(look)

    def _persons(self, act: str, application_id: str) -> Sequence[bytes]:
        """The token of the person whose fee it is: nobody waives or voids their own."""

        def look(unit: Unit) -> bytes:
            if unit.till.due(application_id) is None:
                raise NothingDue(application_id)
            found = unit.applications.get(application_id)
            return unit.applications.person_token(found.realm, found.resident)

        self._ports.gate.may(act, application_id)
        with self._ports.gate.refusals(act, application_id):
            return (self._ports.records.read(look),)

    def _due_row(self, unit: Unit, due: FeeDue) -> DueRow:
        found = unit.applications.get(due.application_id)
        return DueRow(
            application_id=due.application_id,
            number=unit.applications.number_of(due.application_id),
            masked_name=masked_name(found.resident.name),
            reason=self._ports.fees.reason(due.reason),
            fen=due.fen,
            rule=due.rule,
            owed_ms=due.owed_ms,
        )

    def _paper(self, unit: Unit, number: str) -> FeeReceipt:
        receipt = unit.till.receipt(number)
        application = unit.applications.get(receipt.application_id)
        return fee_receipt(
            receipt,
            application,
            unit.applications.number_of(receipt.application_id),
            unit.till.shift_number(receipt.shift_id),
            self._ports.fees,
        )

    def _durable(self, name: str, act: Callable[[Unit], T]) -> T:
        return self._ports.records.durable(name, act)


def _unsettled(unit: Unit, shift: Shift, state: TillState) -> int:
    """Receipts that stand, less the fees that say they were settled by them: nought, ever."""
    settled = 0
    for receipt in unit.till.receipts(shift.id):
        due = unit.till.due(receipt.application_id)
        if due is not None and due.receipt == receipt.number:
            settled += due.fen
    return state.due_fen - settled


def _makeable(unit: Unit, application_id: str) -> bool:
    """Whether nothing that the records say stands against a card of this application."""
    found, due = unit.applications.get(application_id), unit.till.due(application_id)
    living = unit.cards.living(found.realm, found.person_id)
    return (
        unit.applications.state_of(application_id) == ApplicationState.APPROVED
        and (due is None or not due.open)
        and (living is None or living.application_id == application_id)
    )


def _closed(unit: Unit, number: str) -> tuple[Closing, list[Receipt]]:
    closing = unit.till.closing(number)
    return closing, [unit.till.receipt(voided) for voided in closing.state.voided]


def _listed(known: Mapping[str, Ground], code: str) -> Ground:
    if code not in known:
        raise ReasonUnknown(code, tuple(known))
    return known[code]


def _within(count: int, most: int) -> None:
    if not 0 <= count <= most:
        raise AmountRefused(most)
