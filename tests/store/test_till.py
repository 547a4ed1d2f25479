"""The till in the store: receipts without a gap, money in its clerk's own shift, closings that stand."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from peewee import IntegrityError

from app.base.clock import ManualClock
from app.domain.fees import load_fees, order_fee
from app.domain.paper import FEE_RECEIPT
from app.domain.till import Closing, PayMethod, ReceiptState, Shift, Waived
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
from app.store.till_state import dump_state, gaps, load_state
from tests.store.support import application
from tests.store.till_support import (
    CLERK,
    DUE_FEN,
    OTHER,
    SUPERVISOR,
    TillDeskStore,
    serials,
)


@pytest.fixture
def desk(folder: Path) -> Iterator[TillDeskStore]:
    opened = TillDeskStore(folder)
    yield opened
    opened.close()


def shift_of(desk: TillDeskStore) -> Shift:
    shift = desk.read(lambda unit: unit.till.shift())
    assert shift is not None
    return shift


def take(desk: TillDeskStore, application: str, method: PayMethod = PayMethod.CASH) -> str:
    return desk.durable(lambda unit: unit.till.take(application, method)).number


def void(desk: TillDeskStore, number: str) -> None:
    desk.durable(lambda unit: unit.till.void(number, "wrong-method", SUPERVISOR))


def close(desk: TillDeskStore, fen: int, cards: int = 0, **more: Any) -> Closing:
    shift = shift_of(desk)
    return desk.durable(lambda unit: unit.till.close(shift, fen, cards, **more))


# ---- shifts ----------------------------------------------------------------------------------------


def test_a_shift_is_its_clerks_and_the_desks_only_one(desk: TillDeskStore) -> None:
    assert desk.read(lambda unit: unit.till.shift()) is None
    desk.open_shift(5_000)
    shift = shift_of(desk)
    assert (shift.number, shift.clerk_id, shift.float_fen) == ("X01-S000001", CLERK.id, 5_000)
    assert desk.read(lambda unit: unit.till.shift(CLERK.id)) == shift
    assert desk.read(lambda unit: unit.till.shift(OTHER.id)) is None
    with pytest.raises(ShiftOpenAlready) as caught:
        desk.open_shift(actor=OTHER)
    assert caught.value.shift == shift.number


def test_the_database_itself_knows_one_open_shift_a_desk(desk: TillDeskStore) -> None:
    desk.open_shift()
    shifts = desk.store._work.tables.shift
    row = shifts.select().dicts().first()

    def second(desk_number: str) -> None:
        changed = row | {"id": f"other-{desk_number}", "number": f"n-{desk_number}", "desk": desk_number}
        shifts.insert(**changed).execute()

    with pytest.raises(IntegrityError):
        second("01")
    second("02")  # the control: another desk has a till of its own


def test_money_moves_in_ones_own_open_shift_alone(desk: TillDeskStore) -> None:
    owed = desk.owe(1)
    with pytest.raises(ShiftNotOpen):
        take(desk, owed)
    desk.open_shift()
    desk.actor = OTHER
    with pytest.raises(ShiftOfAnother) as caught:
        take(desk, owed)
    assert caught.value.shift == "X01-S000001"
    desk.actor = CLERK
    number = take(desk, owed)
    desk.actor = OTHER
    with pytest.raises(ShiftOfAnother):
        void(desk, number)


# ---- fees and receipts -----------------------------------------------------------------------------


def test_a_receipt_bears_what_was_due(desk: TillDeskStore) -> None:
    owed = desk.owe(1)
    desk.open_shift()
    due = desk.read(lambda unit: unit.till.due(owed))
    assert due is not None
    assert due.open
    number = take(desk, owed)
    receipt = desk.read(lambda unit: unit.till.receipt(number))
    assert number == "X01-R000001"
    assert (receipt.fen, receipt.reason, receipt.rule) == (due.fen, due.reason, due.rule)
    assert (receipt.received_fen, receipt.clerk_name) == (DUE_FEN, CLERK.name)
    settled = desk.read(lambda unit: unit.till.due(owed))
    assert settled == dataclasses.replace(due, receipt=number)
    with pytest.raises(NothingDue) as caught:
        take(desk, owed)
    assert caught.value.application == "X01-A000001"


def test_nothing_is_taken_for_what_nobody_owes(desk: TillDeskStore) -> None:
    desk.open_shift()
    free = desk.owe(1, 0, "first-issue")
    for owed in (free, "nobody"):
        with pytest.raises(NothingDue):
            take(desk, owed)
    assert desk.read(lambda unit: unit.till.state(shift_of(desk))).count == 0
    with pytest.raises(NoSuchReceipt):
        desk.read(lambda unit: unit.till.receipt("X01-R000001"))


def test_a_refused_taking_uses_no_number(desk: TillDeskStore) -> None:
    desk.open_shift()
    first, second = desk.owe(1), desk.owe(2)
    assert take(desk, first) == "X01-R000001"
    with pytest.raises(NothingDue):
        take(desk, first)

    def stumbles(unit: Any) -> None:
        unit.till.take(second, PayMethod.CASH)
        raise RuntimeError("after the number was drawn")

    with pytest.raises(RuntimeError):
        desk.durable(stumbles)
    assert take(desk, second) == "X01-R000002"


def test_a_void_keeps_its_number_and_the_fee_is_due_again(desk: TillDeskStore) -> None:
    desk.open_shift()
    owed = desk.owe(1)
    first = take(desk, owed)
    void(desk, first)
    receipt = desk.read(lambda unit: unit.till.receipt(first))
    assert (receipt.state, receipt.void_reason) == (ReceiptState.VOIDED, "wrong-method")
    assert (receipt.void_clerk, receipt.void_second) == (CLERK.name, SUPERVISOR.name)
    with pytest.raises(ReceiptVoided):
        void(desk, first)
    with pytest.raises(FeeUnsettled):
        desk.read(lambda unit: unit.till.require_settled(owed))
    second = take(desk, owed, PayMethod.SCAN)
    assert (first, second) == ("X01-R000001", "X01-R000002")
    state = desk.read(lambda unit: unit.till.state(shift_of(desk)))
    assert (state.cash_fen, state.scan_fen, state.voided) == (0, DUE_FEN, (first,))
    assert (state.first, state.last, state.count, state.gaps) == (first, second, 2, ())


def test_a_settled_fee_keeps_its_reason_until_its_receipt_is_void(desk: TillDeskStore) -> None:
    desk.open_shift()
    owed = desk.owe(1)
    desk.owe_again(owed, "person-0001", 2500, "expiry")  # nothing was taken yet
    number = take(desk, owed)
    with pytest.raises(FeeSettled) as caught:
        desk.owe_again(owed, "person-0001", 0, "misprint")
    assert caught.value.receipt == number
    void(desk, number)
    desk.owe_again(owed, "person-0001", 0, "misprint")
    with pytest.raises(NothingDue):
        take(desk, owed)
    desk.read(lambda unit: unit.till.require_settled(owed))


def test_a_waived_fee_has_a_receipt_of_nought_with_its_ground_and_its_second_person(
    desk: TillDeskStore,
) -> None:
    desk.open_shift()
    owed = desk.owe(1)
    for second, waiver in ((None, "hardship"), (SUPERVISOR, None), (None, None)):
        with pytest.raises(ValueError, match="ground"):
            desk.durable(lambda unit, a=second, b=waiver: unit.till.take(owed, PayMethod.WAIVED, a, b))
    with pytest.raises(ValueError, match="ground"):
        desk.durable(lambda unit: unit.till.take(owed, PayMethod.CASH, SUPERVISOR, "hardship"))
    receipt = desk.durable(lambda unit: unit.till.take(owed, PayMethod.WAIVED, SUPERVISOR, "hardship"))
    assert (receipt.fen, receipt.received_fen) == (DUE_FEN, 0)
    assert (receipt.waiver, receipt.second_name) == ("hardship", SUPERVISOR.name)
    desk.owe(2, 0, "misprint")
    state = desk.read(lambda unit: unit.till.state(shift_of(desk)))
    assert (state.waived_fen, state.cash_fen, state.expected_fen) == (DUE_FEN, 0, 10_000)
    assert state.waived == (Waived("lost", "hardship", 1, DUE_FEN), Waived("misprint", None, 1, 0))
    assert state.due_fen == DUE_FEN


def test_a_receipt_knows_how_often_it_was_printed_again(desk: TillDeskStore) -> None:
    desk.open_shift()
    number, other = take(desk, desk.owe(1)), take(desk, desk.owe(2))

    def printed_and_read() -> int:
        desk.durable(lambda unit: unit.papers.print(desk.realm, FEE_RECEIPT, number))
        return desk.read(lambda unit: unit.till.receipt(number)).copies

    assert [printed_and_read() for _ in range(3)] == [0, 1, 2]
    assert [found.copies for found in desk.read(lambda unit: unit.till.receipts(shift_of(desk).id))] == [
        2,
        0,
    ]
    assert other != number


def test_what_is_due_is_listed_until_it_is_settled_or_withdrawn(desk: TillDeskStore) -> None:
    desk.open_shift()
    owed = [desk.owe(number) for number in (1, 2, 3)]
    desk.owe(4, 0, "first-issue")
    take(desk, owed[0])
    heads = desk.store._work.tables.application
    heads.update(state="withdrawn").where(heads.c.id == owed[1]).execute()
    assert [due.application_id for due in desk.read(lambda unit: unit.till.dues())] == [owed[2]]
    state = desk.read(lambda unit: unit.till.state(shift_of(desk)))
    assert [(due.application, due.fen) for due in state.dues] == [("X01-A000003", DUE_FEN)]


def test_no_card_is_begun_before_its_fee_is_settled(desk: TillDeskStore) -> None:
    desk.open_shift()
    frozen = desk.apply(1)
    desk.owe_again(frozen.id, frozen.person_id, DUE_FEN, "lost")
    with pytest.raises(FeeUnsettled) as caught:
        desk.store.journal.open_case(frozen)
    assert (caught.value.application, caught.value.fen) == ("X01-A000001", DUE_FEN)
    assert desk.store.journal.open_cases() == []
    take(desk, frozen.id)
    assert desk.store.journal.open_case(frozen).application_id == frozen.id


@pytest.mark.parametrize("fen", [-1, 0])
def test_the_database_itself_takes_no_receipt_without_money(desk: TillDeskStore, fen: int) -> None:
    desk.open_shift()
    take(desk, desk.owe(1))
    receipts = desk.store._work.tables.receipt
    with pytest.raises(IntegrityError):
        receipts.update(fen=fen).execute()
    receipts.update(fen=1).execute()  # the control


def test_the_database_itself_settles_an_application_once(desk: TillDeskStore) -> None:
    desk.open_shift()
    take(desk, desk.owe(1))
    receipts = desk.store._work.tables.receipt
    row = receipts.select().dicts().first()
    for changes in ({"number": row["number"], "application_id": "x"}, {"number": "X01-R000002"}):
        with pytest.raises(IntegrityError):
            receipts.insert(**(row | changes)).execute()


# ---- closing ---------------------------------------------------------------------------------------


def test_a_shift_closes_in_balance_and_its_closing_never_changes(desk: TillDeskStore) -> None:
    desk.open_shift(10_000)
    owed = desk.owe(1)
    number = take(desk, owed)
    take(desk, desk.owe(2), PayMethod.SCAN)
    closing = close(desk, 12_000)
    assert (closing.number, closing.balanced, closing.closed_by) == ("X01-D000001", True, CLERK.name)
    assert closing.state.expected_fen == 12_000
    with pytest.raises(ShiftClosed):
        desk.durable(lambda unit: unit.till.close(closing.state.shift, 12_000, 0))
    # A receipt of a closed shift is paid back out of the next one; what was counted stands.
    desk.open_shift(12_000, OTHER)
    void(desk, number)
    state = desk.read(lambda unit: unit.till.state(shift_of(desk)))
    assert (state.refunded, state.refunded_cash_fen, state.expected_fen) == ((number,), DUE_FEN, 10_000)
    assert (state.count, state.voided) == (0, ())
    assert desk.read(lambda unit: unit.till.closing(closing.number)) == closing
    again = desk.read(lambda unit: unit.till.state(closing.state.shift))
    assert (again.cash_fen, again.expected_fen) == (DUE_FEN, 12_000)
    later = close(desk, 10_000)
    assert desk.read(lambda unit: unit.till.closings()) == [later, closing]
    assert desk.read(lambda unit: unit.till.closings(1)) == [later]
    with pytest.raises(NoSuchClosing):
        desk.read(lambda unit: unit.till.closing("X01-D000009"))


@pytest.mark.parametrize(
    ("fen", "cards", "signed"),
    [
        (9_999, 0, {}),
        (10_000, 1, {}),
        (9_999, 0, {"explanation": "找零差错"}),
        (9_999, 0, {"second": SUPERVISOR}),
    ],
)
def test_a_difference_is_explained_and_signed_or_the_shift_stays_open(
    desk: TillDeskStore, fen: int, cards: int, signed: dict[str, Any]
) -> None:
    desk.open_shift(10_000)
    with pytest.raises(ShiftOutOfBalance) as caught:
        close(desk, fen, cards, **signed)
    assert (caught.value.fen, caught.value.cards) == (fen - 10_000, cards)
    assert shift_of(desk).closed_ms is None
    closing = close(desk, fen, cards, explanation=" 找零差错 ", second=SUPERVISOR)
    assert (closing.difference_fen, closing.difference_cards) == (fen - 10_000, cards)
    assert (closing.explanation, closing.second_name) == ("找零差错", SUPERVISOR.name)


def test_a_shift_does_not_close_while_a_case_holds_a_card(desk: TillDeskStore) -> None:
    desk.open_shift(0)
    [serial] = serials(1)
    case = desk.bind(desk.apply(1), serial)
    waiting = desk.store.journal.open_case(desk.apply(2))
    with pytest.raises(ShiftHoldsCard) as caught:
        close(desk, 0, explanation="不明", second=SUPERVISOR)
    assert caught.value.cases == (desk.store.journal.case(case).number,)
    desk.store.journal.spoil(case, "desk-error")
    closing = close(desk, 0)
    # A case without a card costs the box nothing: it is carried over, by its number.
    assert [row.number for row in closing.state.cases] == [waiting.number]
    assert closing.state.cards.spoiled == 1


def test_a_frozen_state_reads_back_as_it_was_and_says_its_digest(desk: TillDeskStore) -> None:
    desk.open_shift(10_000)
    take(desk, desk.owe(1))
    desk.owe(2)
    desk.store.journal.open_case(desk.apply(3))
    state = desk.read(lambda unit: unit.till.state(shift_of(desk)))
    text, digest = dump_state(state)
    assert load_state(text) == state
    assert dump_state(load_state(text)) == (text, digest)
    other = json.loads(text)
    other["cash_fen"] += 1
    assert dump_state(load_state(json.dumps(other)))[1] != digest


def test_a_missing_number_would_be_found() -> None:
    assert list(gaps(["X02-R000007", "X02-R000009", "X02-R000012"])) == [
        "X02-R000008",
        "X02-R000010",
        "X02-R000011",
    ]
    assert list(gaps(["X02-R000007", "X02-R000008"])) == []
    assert list(gaps([])) == []


def test_time_stands_on_every_row(folder: Path) -> None:
    clock = ManualClock()
    desk = TillDeskStore(folder, clock)
    desk.open_shift()
    clock.advance(60_000)
    number = take(desk, desk.owe(1))
    clock.advance(60_000)
    void(desk, number)
    receipt = desk.read(lambda unit: unit.till.receipt(number))
    assert (receipt.at_ms, receipt.void_ms) == (clock.ms - 60_000, clock.ms)
    clock.advance(1)
    assert close(desk, 10_000).closed_ms == clock.ms
    desk.close()


def test_a_card_that_nobody_charged_is_charged_when_it_is_begun(folder: Path) -> None:
    desk = TillDeskStore(folder, fee=order_fee(load_fees()))
    first = desk.apply(1)
    assert desk.read(lambda unit: unit.till.due(first.id)) is None
    commits = desk.store.journal.durable_commits
    desk.store.journal.open_case(first)
    assert desk.store.journal.durable_commits == commits + 1
    due = desk.read(lambda unit: unit.till.due(first.id))
    assert due is not None
    assert (due.reason, due.fen, due.funding, due.open) == ("first-issue", 0, "public", False)
    # One that costs something is refused, and what it would have owed goes with the refused transaction.
    lost = dataclasses.replace(application(2), reason="lost")
    desk.store.applications.freeze(lost)
    with pytest.raises(FeeUnsettled):
        desk.store.journal.open_case(lost)
    assert desk.read(lambda unit: unit.till.due(lost.id)) is None
    desk.close()
