"""The till as its clerk works with it: through the gate, beside a second person, refusals recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.clock import ManualClock
from app.base.errors import KangkaError
from app.documents.papers import Means, Term
from app.domain.application import Realm
from app.domain.audit import Head, parse_head
from app.domain.fees import FeeProofMissing, load_fees
from app.domain.staff import (
    Actor,
    FreshSignInNeeded,
    NotByOneself,
    NotPermitted,
    Presence,
    Role,
    SecondPersonNeeded,
    load_permissions,
)
from app.domain.stock import BlankState
from app.domain.till import FeeDue, PayMethod, ReceiptState
from app.domain.till_errors import (
    NoSuchReceipt,
    NothingDue,
    ShiftHoldsCard,
    ShiftNotOpen,
    ShiftOfAnother,
    ShiftOpenAlready,
    ShiftOutOfBalance,
)
from app.workflow.gate import Gate
from app.workflow.till_desk import (
    CLOSE,
    CLOSE_OF_ANOTHER,
    CLOSE_OFF,
    VOID,
    WAIVE,
    AmountRefused,
    ReasonUnknown,
    TillDesk,
    TillPorts,
    WordsTooLong,
)
from tests.domain.test_texts import words as words_of
from tests.helpers.people import People, people
from tests.store.support import NAME, NUMBER, application

DUE_FEN = 2000
HEAD = Head("01", 41, 99, 7, b"\x5a" * 32, b"\x04" + bytes(64), b"\x11" * 64)


class Counter:
    """A till desk over a real store with its people."""

    def __init__(self, staff: People, realm: Realm = Realm.TRAINING) -> None:
        self.staff = staff
        self.frozen: list[str] = []
        self.till = TillDesk(
            TillPorts(
                gate=staff.gate,
                records=staff.store.records,
                fees=load_fees(),
                realm=realm,
                witness=self.witness,
            )
        )

    def witness(self, number: str) -> Head:
        self.frozen.append(number)
        return HEAD

    def actor(self, role: Role) -> Actor:
        return self.staff.members[role].actor

    def act_as(self, actor: Actor) -> None:
        self.staff.session.begin(actor)

    def known_by(self, role: Role, token: bytes | None) -> None:
        """The staff row says, or says no longer, by which document its person is known."""
        self.staff.store._database.execute_sql(
            "UPDATE staff SET person_token = ? WHERE id = ?", (token, self.actor(role).id)
        )

    def present(self, act: str, actor: Actor | None = None) -> Presence:
        return Presence(actor or self.actor(Role.SUPERVISOR), act, self.staff.clock.now_ms())

    def owe(self, number: int = 1, fen: int = DUE_FEN) -> str:
        frozen = application(number)
        store = self.staff.store
        store.applications.freeze(frozen)
        reason = "lost" if fen else "first-issue"
        rule = f"sample/{reason}/2017-04-01"
        due = FeeDue(frozen.id, frozen.realm, frozen.person_id, reason, fen, rule, 5)
        store.records.durable("owe", lambda unit: unit.till.owe(due))
        return frozen.id

    def refusals(self) -> list[tuple[str | None, str | None]]:
        return [
            (event.act, event.fault)
            for event, _who in self.staff.ledger.events
            if event.fault is not None
        ]


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with people(tmp_path / "store", ManualClock()) as staff:
        staff.session.begin(staff.members[Role.CLERK].actor)
        yield Counter(staff)


@pytest.fixture
def open_counter(counter: Counter) -> Counter:
    counter.till.open_shift(10_000)
    return counter


def refused(counter: Counter, kind: type[KangkaError], act: str) -> None:
    """The last refusal on record is this one."""
    assert counter.refusals()[-1] == (act, kind.code)


# ---- shifts ----------------------------------------------------------------------------------------


def test_a_shift_from_its_beginning_to_its_report(counter: Counter) -> None:
    till = counter.till
    assert till.view() is None
    shift = till.open_shift(10_000)
    view = till.view()
    assert view is not None
    assert (view.shift, view.own) == (shift, True)
    first = till.take(counter.owe(1), PayMethod.CASH)
    till.take(counter.owe(2), PayMethod.SCAN)
    view = till.view()
    assert view is not None
    assert (view.state.expected_fen, view.difference_fen, view.difference_cards) == (12_000, 0, 0)
    assert till.closing_act(12_000, 0) == CLOSE
    closing = till.close(12_000, 0)
    assert closing.balanced
    assert till.view() is None
    assert till.closings() == [closing]
    report = till.closing_paper(closing.number)
    assert counter.frozen == [closing.number]
    assert (report.head_sequence, report.audit_desk) == (41, "01")
    assert parse_head(report.witness) == HEAD
    assert parse_head(report.head_line).hash == HEAD.hash
    assert (report.expected_fen, report.counted_fen, report.difference_fen) == (12_000, 12_000, 0)
    assert (report.first_receipt, report.receipt_count, report.gaps) == (first.number, 2, ())
    assert [receipt.number for receipt in till.receipts()] == ["X01-R000001", "X01-R000002"]


def test_the_rows_are_held_against_each_other(open_counter: Counter) -> None:
    till = open_counter.till
    till.take(open_counter.owe(1), PayMethod.CASH)
    tables = open_counter.staff.store._work.tables
    tables.fee_due.update(receipt=None).execute()
    view = till.view()
    assert view is not None
    assert view.difference_fen == DUE_FEN
    tables.shift.update(opening_cards=3).execute()
    view = till.view()
    assert view is not None
    assert view.difference_cards == -3


def test_no_second_shift_and_no_impossible_count(open_counter: Counter) -> None:
    till = open_counter.till
    with pytest.raises(ShiftOpenAlready):
        till.open_shift(0)
    refused(open_counter, ShiftOpenAlready, "open-shift")
    for fen, cards in ((-1, 0), (0, -1), (10_000_001, 0), (0, 100_001)):
        with pytest.raises(AmountRefused):
            till.close(fen, cards)
    with pytest.raises(WordsTooLong):
        till.close(10_000, 0, "长" * 201)
    refused(open_counter, WordsTooLong, CLOSE)


def test_closing_needs_a_shift(counter: Counter) -> None:
    for act in (lambda: counter.till.close(0, 0), lambda: counter.till.closing_act(0, 0)):
        with pytest.raises(ShiftNotOpen):
            act()
    assert counter.till.receipts() == []
    with pytest.raises(AmountRefused):
        counter.till.open_shift(-1)


def test_a_difference_takes_a_supervisor_and_a_reason(open_counter: Counter) -> None:
    till = open_counter.till
    assert till.closing_act(9_900, 0) == CLOSE_OFF
    signed = open_counter.present(CLOSE_OFF)
    for words, second in (("找零差错", None), (" ", signed), ("", None)):
        with pytest.raises(ShiftOutOfBalance) as caught:
            till.close(9_900, 0, words, second)
        assert (caught.value.fen, caught.value.cards) == (-100, 0)
        refused(open_counter, ShiftOutOfBalance, CLOSE)
    with pytest.raises(SecondPersonNeeded):  # who signed for something else did not sign for this
        till.close(9_900, 0, "找零差错", replace(signed, act=CLOSE))
    refused(open_counter, SecondPersonNeeded, CLOSE_OFF)
    own = replace(signed, actor=open_counter.staff.gate.actor)
    with pytest.raises(NotByOneself):
        till.close(9_900, 0, "找零差错", own)
    closing = till.close(9_900, 0, "找零差错", signed)
    report = till.closing_paper(closing.number)
    assert (report.difference_fen, report.difference_reason) == (-100, "找零差错")
    assert (report.cards_difference, report.cards_difference_reason) == (0, "")
    assert (report.explained_by, report.agreed_by) == (
        open_counter.actor(Role.CLERK).name,
        open_counter.actor(Role.SUPERVISOR).name,
    )


def test_another_clerk_takes_over_by_closing_beside_a_supervisor(open_counter: Counter) -> None:
    till = open_counter.till
    owed = open_counter.owe(1)
    other = Actor("clerk-other", "样例乙", Role.CLERK)
    open_counter.act_as(other)
    view = till.view()
    assert view is not None
    assert not view.own
    with pytest.raises(ShiftOfAnother):
        till.take(owed, PayMethod.CASH)
    refused(open_counter, ShiftOfAnother, "take-fee")
    assert till.closing_act(10_000, 0) == CLOSE_OF_ANOTHER
    with pytest.raises(SecondPersonNeeded):
        till.close(10_000, 0)
    refused(open_counter, SecondPersonNeeded, CLOSE_OF_ANOTHER)
    closing = till.close(10_000, 0, second=open_counter.present(CLOSE_OF_ANOTHER))
    assert (closing.closed_by, closing.second_name) == (
        other.name,
        open_counter.actor(Role.SUPERVISOR).name,
    )
    assert till.open_shift(10_000).clerk_id == other.id


def test_a_card_that_is_being_made_keeps_the_shift_open(open_counter: Counter) -> None:
    store = open_counter.staff.store
    frozen = application(7)
    store.applications.freeze(frozen)
    case = store.journal.open_case(frozen)
    store.journal.bind_chip(case.id, "4100000000000007", "4100000000000007", "kt-strict", "ab" * 32)
    with pytest.raises(ShiftHoldsCard):
        open_counter.till.close(10_000, 0)
    refused(open_counter, ShiftHoldsCard, CLOSE)
    store.journal.spoil(case.id, "desk-error")
    waiting = application(8)
    store.applications.freeze(waiting)
    number = store.journal.open_case(waiting).number
    report = open_counter.till.closing_paper(open_counter.till.close(10_000, 0).number)
    assert [(row.number, row.state.zh) for row in report.open_cases] == [(number, "待制")]
    assert (report.cards_received, report.cards_spoiled, report.cards_on_hand) == (1, 1, 0)


def test_a_training_desk_opens_a_shift_by_itself_and_a_live_one_asks_for_it(counter: Counter) -> None:
    live = Counter(counter.staff, Realm.LIVE)
    with pytest.raises(ShiftNotOpen):
        live.till.require_shift()
    refused(counter, ShiftNotOpen, "issue")
    counter.till.require_shift()
    view = counter.till.view()
    assert view is not None
    assert view.shift.float_fen == 0
    live.till.require_shift()  # whoever's it is, somebody answers for the box


# ---- fees ------------------------------------------------------------------------------------------


def test_what_is_due_is_listed_without_anybodys_name(counter: Counter) -> None:
    counter.owe(1)
    counter.owe(2, 0)
    [row] = counter.till.dues()
    assert (row.number, row.fen, row.reason.title("zh")) == ("X01-A000001", DUE_FEN, "遗失补卡")
    assert row.masked_name == NAME[0] + "*" * (len(NAME) - 2) + NAME[-1]
    assert NUMBER not in repr(row)


def test_taking_needs_a_shift_and_something_due(counter: Counter) -> None:
    owed = counter.owe(1)
    with pytest.raises(ShiftNotOpen):
        counter.till.take(owed, PayMethod.CASH)
    refused(counter, ShiftNotOpen, "take-fee")
    counter.till.open_shift(0)
    counter.till.take(owed, PayMethod.CASH)
    with pytest.raises(NothingDue):
        counter.till.take(owed, PayMethod.CASH)
    with pytest.raises(ValueError, match="waived"):
        counter.till.take(owed, PayMethod.WAIVED)


def test_a_fee_is_waived_by_a_ground_that_was_proved_beside_a_supervisor(open_counter: Counter) -> None:
    till, owed = open_counter.till, open_counter.owe(1)
    signed = open_counter.present(WAIVE)
    with pytest.raises(SecondPersonNeeded):
        till.waive(owed, "hardship", "hardship-certificate", None)
    with pytest.raises(ReasonUnknown):
        till.waive(owed, "friendship", None, signed)
    for proof in (None, "household-register"):
        with pytest.raises(FeeProofMissing):
            till.waive(owed, "hardship", proof, open_counter.present(WAIVE))
        refused(open_counter, FeeProofMissing, WAIVE)
    receipt = till.waive(owed, "hardship", "hardship-certificate", open_counter.present(WAIVE))
    assert (receipt.received_fen, receipt.waiver) == (0, "hardship")
    paper = till.receipt_paper(receipt.number)
    assert (paper.means, paper.received_fen, paper.due_fen) == (Means.NONE, 0, DUE_FEN)
    assert paper.waiver is not None
    assert paper.waiver.zh == "困难减免"
    report = till.closing_paper(till.close(10_000, 0).number)
    assert [(row.reason.zh, row.count, row.amount_fen) for row in report.waived] == [
        ("困难减免", 1, DUE_FEN)
    ]


def test_nobody_waives_or_voids_their_own_fee(open_counter: Counter) -> None:
    till, owed = open_counter.till, open_counter.owe(1)
    found = application(1)
    token = open_counter.staff.store.records.read(
        lambda unit: unit.applications.person_token(found.realm, found.resident)
    )
    own = open_counter.actor(Role.CLERK)
    open_counter.known_by(Role.CLERK, token)
    with pytest.raises(NotByOneself):
        till.waive(owed, "desk-fault", None, open_counter.present(WAIVE))
    refused(open_counter, NotByOneself, WAIVE)
    receipt = till.take(owed, PayMethod.CASH)
    fresh = open_counter.present(VOID, own)
    with pytest.raises(NotByOneself):
        till.void(receipt.number, "wrong-method", open_counter.present(VOID), fresh)
    refused(open_counter, NotByOneself, VOID)
    # Nor does the second person agree to their own.
    open_counter.known_by(Role.CLERK, None)
    open_counter.known_by(Role.SUPERVISOR, token)
    fresh = open_counter.present(VOID, own)
    with pytest.raises(NotByOneself):
        till.void(receipt.number, "wrong-method", open_counter.present(VOID), fresh)
    open_counter.known_by(Role.SUPERVISOR, None)
    voided = till.void(receipt.number, "wrong-method", open_counter.present(VOID), fresh)
    assert voided.state is ReceiptState.VOIDED


def test_a_void_takes_four_eyes_and_a_password(open_counter: Counter) -> None:
    till = open_counter.till
    receipt = till.take(open_counter.owe(1), PayMethod.CASH)
    clerk = open_counter.actor(Role.CLERK)
    second, fresh = open_counter.present(VOID), open_counter.present(VOID, clerk)
    with pytest.raises(SecondPersonNeeded):
        till.void(receipt.number, "wrong-method", None, fresh)
    with pytest.raises(FreshSignInNeeded):
        till.void(receipt.number, "wrong-method", second, None)
    refused(open_counter, FreshSignInNeeded, VOID)
    with pytest.raises(ReasonUnknown):
        till.void(receipt.number, "mood", second, fresh)
    with pytest.raises(NoSuchReceipt):
        till.void("X01-R000009", "wrong-method", second, fresh)
    till.void(receipt.number, "wrong-method", second, fresh)
    paper = till.receipt_paper(receipt.number)
    why = Term("收款方式录错", "Wrong way of payment")
    assert (paper.voided, paper.void_reason) == (True, why)
    assert paper.voided_by == f"{clerk.name}、{open_counter.actor(Role.SUPERVISOR).name}"
    report = till.closing_paper(till.close(10_000, 0).number)
    assert [(row.number, row.amount_fen, row.reason) for row in report.voided] == [
        (receipt.number, DUE_FEN, why)
    ]


def test_who_took_the_money_does_not_agree_to_its_void(open_counter: Counter) -> None:
    """A receipt of an earlier shift, whose clerk has become a supervisor since."""
    receipt = open_counter.till.take(open_counter.owe(1), PayMethod.CASH)
    open_counter.till.close(12_000, 0)
    taker = open_counter.actor(Role.CLERK)
    open_counter.act_as(open_counter.actor(Role.SECURITY))
    records = open_counter.staff.store.records
    records.durable("promoted", lambda unit: unit.staff.change(taker.id, role=Role.SUPERVISOR))
    other = Actor("clerk-other", "样例乙", Role.CLERK)
    open_counter.act_as(other)
    open_counter.till.open_shift(12_000)
    fresh = open_counter.present(VOID, other)
    with pytest.raises(NotByOneself):
        open_counter.till.void(receipt.number, "withdrawn", open_counter.present(VOID, taker), fresh)
    voided = open_counter.till.void(receipt.number, "withdrawn", open_counter.present(VOID), fresh)
    assert voided.void_clerk == other.name
    report = open_counter.till.closing_paper(open_counter.till.close(10_000, 0).number)
    assert (report.refunded_fen, report.cash_fen, report.expected_fen) == (DUE_FEN, 0, 10_000)


def test_a_receipt_on_paper(open_counter: Counter) -> None:
    till = open_counter.till
    number = till.take(open_counter.owe(1), PayMethod.CASH).number
    paper = till.receipt_paper(number)
    assert (paper.number, paper.payer, paper.person_number) == (number, NAME, NUMBER)
    assert (paper.shift, paper.application_number) == ("X01-S000001", "X01-A000001")
    assert paper.rule.zh == "居民健康卡工本费标准（样例）（sample/lost/2017-04-01）"
    assert paper.rule.en == "Fees for the Residents' Health Card (sample)"
    assert str(paper.rule_since) == "2017-04-01"
    # What a print is, is counted when it is printed (test_paper_desk), not by who asks for its values.
    assert till.receipts()[0].copies == 0
    with pytest.raises(NoSuchReceipt):
        till.receipt_paper("X01-R000009")


def test_what_may_be_chosen_is_the_schedules(counter: Counter) -> None:
    assert [ground.code for ground in counter.till.waivers()] == ["hardship", "desk-fault"]
    assert "wrong-method" in [ground.code for ground in counter.till.void_reasons()]


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.SECURITY])
def test_the_till_is_not_there_for_who_has_no_part_in_it(counter: Counter, role: Role) -> None:
    counter.act_as(counter.actor(role))
    for act in (counter.till.view, counter.till.dues, counter.till.closings, counter.till.receipts):
        with pytest.raises(NotPermitted):
            act()
        refused(counter, NotPermitted, "till")
    with pytest.raises(NotPermitted):
        counter.till.open_shift(0)


def test_the_auditor_looks_and_touches_nothing(open_counter: Counter) -> None:
    owed = open_counter.owe(1)
    open_counter.act_as(open_counter.actor(Role.AUDIT))
    view = open_counter.till.view()
    assert view is not None
    assert not view.own
    with pytest.raises(NotPermitted):
        open_counter.till.take(owed, PayMethod.CASH)
    with pytest.raises(NotPermitted):
        open_counter.till.close(10_000, 0)


def test_a_fee_that_nobody_owes_is_not_waived(open_counter: Counter) -> None:
    with pytest.raises(NothingDue):
        open_counter.till.waive("nobody", "hardship", None, open_counter.present(WAIVE))
    refused(open_counter, NothingDue, WAIVE)


def test_no_table_of_permissions_can_take_the_second_person_from_a_void(open_counter: Counter) -> None:
    receipt = open_counter.till.take(open_counter.owe(1), PayMethod.CASH)
    staff = open_counter.staff
    alone = replace(load_permissions(), four_eyes=frozenset(), fresh=frozenset())
    staff.gate = Gate(staff.session, alone, staff.store.records, staff.clock)
    with pytest.raises(ValueError, match="four eyes"):
        Counter(staff).till.void(receipt.number, "wrong-method", None, None)
    assert open_counter.till.receipts()[0].state is ReceiptState.ISSUED


@pytest.mark.parametrize("folder", ["zh_CN", "en"])
def test_no_list_of_the_till_shows_a_code(folder: str) -> None:
    """Every code of the shipped schedule, of blank cards and of receipts is a word in both languages."""
    fees = load_fees()
    codes = {
        "reason": {*fees.rules, *fees.waivers, *fees.voids},
        "proof": {*fees.proofs},
        "blank_state": {state.value for state in BlankState},
        "receipt_state": {state.value for state in ReceiptState},
        "pay_method": {method.value for method in PayMethod},
    }
    wanted = {(context, code) for context, listed in codes.items() for code in listed}
    assert wanted - words_of(folder) == set()
