"""Any day at a till, against a plain model: numbers, cash and cards balance at every point."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from app.base.errors import KangkaError
from app.domain.application import Realm
from app.domain.till import Closing, PayMethod
from app.domain.till_errors import (
    FeeUnsettled,
    NothingDue,
    ReceiptVoided,
    ShiftHoldsCard,
    ShiftNotOpen,
    ShiftOpenAlready,
    ShiftOutOfBalance,
)
from app.store.till_state import gaps
from tests.store.till_support import CLERK, OTHER, SUPERVISOR, TillDeskStore, serials

TRAINING = Realm.TRAINING


@dataclass
class Sheet:
    """What a clerk would write down by hand."""

    float_fen: int
    opening: int
    cash: int = 0
    scan: int = 0
    received: int = 0
    issued: int = 0
    spoiled: int = 0
    returned: int = 0


@dataclass
class Book:
    """The plain model: a drawer, a box, and lists."""

    sheet: Sheet | None = None
    owed: dict[str, int] = field(default_factory=dict)
    paid: dict[str, tuple[str, int, PayMethod]] = field(default_factory=dict)
    receipts: list[str] = field(default_factory=list)
    voided: set[str] = field(default_factory=set)
    box: list[str] = field(default_factory=list)
    held: dict[str, str] = field(default_factory=dict)
    closings: dict[str, Closing] = field(default_factory=dict)


class Till(RuleBasedStateMachine):
    applications = Bundle("applications")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="kangka-till-"))
        self.desk = TillDeskStore(self.folder / "store")
        self.book = Book()
        self.people = 0
        self.chips = 0

    def teardown(self) -> None:
        self.desk.close()
        shutil.rmtree(self.folder)

    def refused(self, kind: type[KangkaError], act: Callable[[], object]) -> None:
        with pytest.raises(kind):
            act()

    # ------------------------------------------------------------------------------------- shift

    @rule(float_fen=st.sampled_from([0, 5_000, 20_000]), actor=st.sampled_from([CLERK, OTHER]))
    def open(self, float_fen: int, actor: object) -> None:
        if self.book.sheet is not None:
            self.refused(ShiftOpenAlready, lambda: self.desk.open_shift(float_fen, self.desk.actor))
            return
        self.desk.open_shift(float_fen, OTHER if actor is OTHER else CLERK)
        self.book.sheet = Sheet(float_fen, len(self.book.box) + len(self.book.held))

    @precondition(lambda self: self.book.sheet is not None)
    @rule(
        off_fen=st.sampled_from([0, 0, 0, -100, 50]),
        off_cards=st.sampled_from([0, 0, 0, 1]),
        signed=st.booleans(),
    )
    def close(self, off_fen: int, off_cards: int, signed: bool) -> None:
        sheet = self.book.sheet
        assert sheet is not None
        shift = self.desk.read(lambda unit: unit.till.shift())
        assert shift is not None
        fen = max(0, sheet.float_fen + sheet.cash + off_fen)
        cards = len(self.book.box) + off_cards
        off = fen != sheet.float_fen + sheet.cash or off_cards

        def act() -> Closing:
            told = ("找零差错", SUPERVISOR) if signed else ("", None)
            return self.desk.durable(lambda unit: unit.till.close(shift, fen, cards, *told))

        if self.book.held:
            self.refused(ShiftHoldsCard, act)
        elif off and not signed:
            self.refused(ShiftOutOfBalance, act)
        else:
            closing = act()
            assert closing.balanced is not bool(off)
            self.book.closings[closing.number] = closing
            self.book.sheet = None

    # ------------------------------------------------------------------------------------- money

    @rule(target=applications, fen=st.sampled_from([0, 2_000, 2_500]))
    def owe(self, fen: int) -> str:
        self.people += 1
        application = self.desk.owe(self.people, fen, "lost" if fen else "misprint")
        if fen:
            self.book.owed[application] = fen
        return application

    @rule(application=applications, method=st.sampled_from(list(PayMethod)))
    def take(self, application: str, method: PayMethod) -> None:
        ground = (SUPERVISOR, "hardship") if method is PayMethod.WAIVED else (None, None)

        def act() -> str:
            return self.desk.durable(lambda unit: unit.till.take(application, method, *ground)).number

        sheet = self.book.sheet
        if sheet is None:
            self.refused(ShiftNotOpen, act)
        elif application not in self.book.owed:
            self.refused(NothingDue, act)
        else:
            number, fen = act(), self.book.owed.pop(application)
            self.book.receipts.append(number)
            self.book.paid[number] = (application, fen, method)
            sheet.cash += fen if method is PayMethod.CASH else 0
            sheet.scan += fen if method is PayMethod.SCAN else 0

    @precondition(lambda self: self.book.receipts)
    @rule(data=st.data())
    def void(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.book.receipts))

        def act() -> object:
            return self.desk.durable(lambda unit: unit.till.void(number, "wrong-method", SUPERVISOR))

        sheet = self.book.sheet
        if sheet is None:
            self.refused(ShiftNotOpen, act)
        elif number in self.book.voided:
            self.refused(ReceiptVoided, act)
        else:
            act()
            self.book.voided.add(number)
            application, fen, method = self.book.paid[number]
            self.book.owed[application] = fen
            sheet.cash -= fen if method is PayMethod.CASH else 0
            sheet.scan -= fen if method is PayMethod.SCAN else 0

    # ------------------------------------------------------------------------------------- cards

    @rule(count=st.integers(1, 4))
    def take_in(self, count: int) -> None:
        listed = serials(count, first=self.chips)
        self.chips += count
        self.desk.durable(lambda unit: unit.stock.take_in(TRAINING, "K-1", listed))
        self.book.box += listed
        if self.book.sheet is not None:
            self.book.sheet.received += count

    @rule(application=consumes(applications), found=st.booleans())
    def bind(self, application: str, found: bool) -> None:
        frozen = self.desk.store.applications.get(application)
        if application in self.book.owed:
            self.refused(FeeUnsettled, lambda: self.desk.store.journal.open_case(frozen))
            return
        if found or not self.book.box:
            [serial] = serials(1, first=0x800000 + self.chips)
            self.chips += 1
            if self.book.sheet is not None:
                self.book.sheet.received += 1
        else:
            serial = self.book.box.pop()
        self.book.held[self.desk.bind(frozen, serial)] = serial

    @precondition(lambda self: self.book.held)
    @rule(data=st.data(), spoil=st.booleans())
    def settle(self, data: st.DataObject, spoil: bool) -> None:
        case = data.draw(st.sampled_from(sorted(self.book.held)))
        del self.book.held[case]
        if spoil:
            self.desk.store.journal.spoil(case, "desk-error")
        else:
            self.desk.finish(case)
        if self.book.sheet is not None:
            self.book.sheet.spoiled += spoil
            self.book.sheet.issued += not spoil

    @precondition(lambda self: self.book.box)
    @rule(back=st.booleans())
    def leaves_the_box(self, back: bool) -> None:
        serial = self.book.box.pop()
        if back:
            self.desk.durable(lambda unit: unit.stock.give_back(TRAINING, [serial], "too-many"))
        else:
            self.desk.durable(lambda unit: unit.stock.spoil(TRAINING, serial, "bent"))
        if self.book.sheet is not None:
            self.book.sheet.returned += back
            self.book.sheet.spoiled += not back

    # ---------------------------------------------------------------------------- what holds always

    @invariant()
    def receipts_have_no_gap_and_no_repeat(self) -> None:
        assert len(set(self.book.receipts)) == len(self.book.receipts)
        assert list(gaps(self.book.receipts)) == []
        kept = self.desk.store._work.tables.receipt
        assert int(kept.select().count()) == len(self.book.receipts)

    @invariant()
    def the_book_says_what_lies_there(self) -> None:
        counts = self.desk.read(lambda unit: unit.stock.counts(TRAINING))
        assert (counts.on_hand, counts.bound) == (len(self.book.box), len(self.book.held))
        shift = self.desk.read(lambda unit: unit.till.shift())
        sheet = self.book.sheet
        assert (shift is None) == (sheet is None)
        if shift is None or sheet is None:
            return
        state = self.desk.read(lambda unit: unit.till.state(shift))
        assert state.expected_fen == sheet.float_fen + sheet.cash
        assert state.scan_fen - state.refunded_scan_fen == sheet.scan
        cards = state.cards
        assert cards.on_hand == len(self.book.box)
        assert (cards.opening, cards.received, cards.issued) == (
            sheet.opening,
            sheet.received,
            sheet.issued,
        )
        assert (cards.spoiled, cards.returned) == (sheet.spoiled, sheet.returned)
        assert state.gaps == ()
        assert sum(due.fen for due in state.dues) == sum(self.book.owed.values())

    @invariant()
    def what_was_closed_stands(self) -> None:
        kept = self.desk.read(lambda unit: unit.till.closings(1000))
        assert {closing.number: closing for closing in kept} == self.book.closings
        for closing in kept:
            again = self.desk.read(lambda unit, a=closing.state.shift: unit.till.state(a))
            assert (again.expected_fen, again.count) == (closing.state.expected_fen, closing.state.count)
            assert again.cards == closing.state.cards


Till.TestCase.settings = settings(
    max_examples=12,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestTill = Till.TestCase


def test_the_model_would_notice_a_lost_receipt() -> None:
    """The control: a till that loses a receipt, and one whose closing is changed, are both found."""
    machine = Till()
    try:
        machine.open(5_000, CLERK)
        machine.take(machine.owe(2_000), PayMethod.CASH)
        machine.the_book_says_what_lies_there()
        tables = machine.desk.store._work.tables
        tables.receipt.update(fen=1_999).execute()
        with pytest.raises(AssertionError):
            machine.the_book_says_what_lies_there()
        tables.receipt.update(fen=2_000).execute()
        machine.close(0, 0, False)
        machine.what_was_closed_stands()
        tables.closing.update(counted_fen=7_001).execute()
        with pytest.raises(AssertionError):
            machine.what_was_closed_stands()
        tables.fee_due.update(receipt=None).execute()
        tables.receipt.delete().execute()
        with pytest.raises(AssertionError):
            machine.receipts_have_no_gap_and_no_repeat()
    finally:
        machine.teardown()
