"""One resident's whole story at a desk, unit of work by unit of work, from first blanks to the closing.

Each step looks at the records first and does what is still missing, as a desk does after a power cut, so
that a step that was killed can simply be done again. What became durable is told once its call returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from app.domain.application import FrozenApplication, Realm
from app.domain.card import Card, CardChange, CardEventKind, CardState
from app.domain.ports import Case, CaseState, IntentKind, Outcome
from app.domain.records import Unit
from app.domain.staff import Actor, Role
from app.domain.stock import BlankState
from app.domain.till import FeeDue, PayMethod, ReceiptState
from app.store.store import Store
from tests.store.support import application

REALM: Final = Realm.TRAINING
CLERK: Final = Actor("staff-clerk", "经办测试甲", Role.CLERK)
SECOND: Final = Actor("staff-second", "主管测试乙", Role.SUPERVISOR)
FIRST: Final = application(1)
AGAIN: Final = replace(
    FIRST, id="application-again", reason="lost", card=replace(FIRST.card, issue_count=2)
)
PERSON: Final = FIRST.person_id
FEE_FEN: Final = 2_000
FLOAT_FEN: Final = 10_000
BLANKS: Final = tuple(f"41000000{number:08d}" for number in range(1, 9))
_PLAN: Final = "ab" * 32
_PAGES: Final = (IntentKind.PRINT_FRONT, IntentKind.PRINT_BACK)
# How the fee is settled, whether the second card is spoiled once, whether an open case is finished or
# spoiled when the desk comes back, and whether the lost card lapses or is found.
VARIANTS: Final = (
    (PayMethod.CASH, False, "finish", "lapse"),
    (PayMethod.SCAN, True, "spoil", "find"),
    (PayMethod.WAIVED, True, "finish", "find"),
    (PayMethod.CASH, True, "spoil", "lapse"),
    (PayMethod.SCAN, False, "spoil", "lapse"),
    (PayMethod.WAIVED, True, "spoil", "lapse"),
    (PayMethod.CASH, True, "finish", "find"),
    (PayMethod.SCAN, True, "finish", "lapse"),
)

Tell = Callable[[dict[str, Any]], None]


class Story:
    """The steps over one open store; ``tell`` hears what is durable."""

    def __init__(self, store: Store, variant: int, tell: Tell = lambda _told: None) -> None:
        self.store = store
        self.method, self.spoils, self.settles, self.ends_loss = VARIANTS[variant]
        self._records = store.records
        self._tell = tell

    @property
    def steps(self) -> dict[str, Callable[[], None]]:
        """Every step by its name, in order."""
        return {
            "take-in": self.take_in,
            "open-shift": self.open_shift,
            "enrol": self.enrol,
            "make": lambda: self.make(FIRST),
            "hand-over": lambda: self.once(self.first, CardEventKind.HAND_OVER, CardState.COLLECTED),
            "activate": lambda: self.once(self.first, CardEventKind.ACTIVATE, CardState.IN_USE),
            "provisional-loss": self.provisional_loss,
            self.ends_loss: self.end_loss,
            "written-loss": self.written_loss,
            "reissue": self.reissue,
            "take-fee": lambda: self.take_fee(1),
            "void-fee": self.void_fee,
            "take-fee-again": lambda: self.take_fee(2),
            "make-again": lambda: self.make(AGAIN, spoil_first=self.spoils),
            "hand-over-again": lambda: self.once(
                self.second, CardEventKind.HAND_OVER, CardState.COLLECTED
            ),
            "activate-again": lambda: self.once(self.second, CardEventKind.ACTIVATE, CardState.IN_USE),
            "begin-block": lambda: self.once(self.first, CardEventKind.BEGIN_BLOCK, CardState.BLOCKING),
            "block": lambda: self.once(self.first, CardEventKind.BLOCK, CardState.BLOCKED),
            "recover": lambda: self.once(self.first, CardEventKind.RECOVER, CardState.RECOVERED),
            "destroy": lambda: self.once(self.first, CardEventKind.DESTROY, CardState.DESTROYED),
            "close-shift": self.close_shift,
        }

    # -------------------------------------------------------------------------- stock and shift

    def take_in(self) -> None:
        def act(unit: Unit) -> int:
            if unit.stock.blank(REALM, BLANKS[0]) is not None:
                return 0
            return unit.stock.take_in(REALM, "box-1", BLANKS)

        self._records.durable("take-in", act)
        self._tell({"blank": BLANKS[-1]})

    def open_shift(self) -> None:
        if self._records.read(lambda unit: unit.till.shift()) is None:
            shift = self._records.durable(
                "open-shift", lambda unit: unit.till.open_shift(REALM, FLOAT_FEN)
            )
            self._tell({"shift": shift.number})

    def close_shift(self) -> None:
        """Close in balance: what must be there is what is counted."""

        def act(unit: Unit) -> str | None:
            shift = unit.till.shift()
            if shift is None:
                return None
            state = unit.till.state(shift)
            box = unit.stock.in_state(REALM, BlankState.ON_HAND)
            closing = unit.till.close(shift, state.expected_fen, len(box))
            return closing.number

        number = self._records.durable("close-shift", act)
        if number is not None:
            self._tell({"closing": number})

    # ------------------------------------------------------------------------------ application

    def enrol(self) -> None:
        def act(unit: Unit) -> None:
            unit.applications.freeze(FIRST, "draft")
            unit.applications.move(FIRST.id, "to-verify")
            unit.applications.move(FIRST.id, "approved")
            unit.till.owe(FeeDue(FIRST.id, REALM, PERSON, "first-issue", 0, "rule-1", unit.at_ms))

        if not self._records.read(lambda unit: unit.applications.of_person(PERSON)):
            self._records.durable("enrol", act)
            self._tell({"application": FIRST.id})

    def reissue(self) -> None:
        def act(unit: Unit) -> None:
            unit.applications.freeze(replace(AGAIN, replaces=self.first(unit).id), "approved")
            unit.till.owe(FeeDue(AGAIN.id, REALM, PERSON, "lost", FEE_FEN, "rule-2", unit.at_ms))
            unit.cards.record(
                self.first(unit), CardChange(CardEventKind.REISSUE, CardState.DEAD, unit.at_ms)
            )

        if AGAIN.id not in self._records.read(lambda unit: unit.applications.of_person(PERSON)):
            self._records.durable("reissue", act)
            self._tell({"application": AGAIN.id})

    # --------------------------------------------------------------------------------- the fee

    def take_fee(self, count: int) -> None:
        """The ``count``th receipt of the reissue."""

        def act(unit: Unit) -> str:
            if self.method is PayMethod.WAIVED:
                return unit.till.take(AGAIN.id, self.method, SECOND, "hardship").number
            return unit.till.take(AGAIN.id, self.method).number

        if self._given() < count:
            self._tell({"receipt": self._records.durable("take-fee", act)})

    def void_fee(self) -> None:
        due = self._records.read(lambda unit: unit.till.due(AGAIN.id))
        if self._given() == 1 and due is not None and due.receipt is not None:
            number = due.receipt
            self._records.durable("void-fee", lambda unit: unit.till.void(number, "typed-wrong", SECOND))
            self._tell({"void": number})

    def _given(self) -> int:
        def count(unit: Unit) -> int:
            shift = unit.till.shift()
            return 0 if shift is None else len(unit.till.receipts(shift.id))

        return self._records.read(count)

    # --------------------------------------------------------------------------------- a card

    def make(self, wanted: FrozenApplication, *, spoil_first: bool = False) -> None:
        journal = self.store.journal
        cases = journal.cases_of(wanted.id)
        if any(case.state is CaseState.VERIFIED for case in cases):
            return
        for case in cases:
            if case.state is not CaseState.SPOILED and self.settles == "spoil":
                self._said(journal.spoil(case.id, "the power went"))
        cases = journal.cases_of(wanted.id)
        if spoil_first and not any(case.state is CaseState.SPOILED for case in cases):
            case = self._opened(wanted, cases)
            self._said(journal.spoil(self._bound(case).id, "torn"))
        case = self._bound(self._opened(wanted, journal.cases_of(wanted.id)))
        if case.state is CaseState.WRITING:
            self._intended(case, IntentKind.ACTIVATE)
            journal.note_state(case.id, CaseState.WRITTEN)
        if journal.case(case.id).state is CaseState.WRITTEN:
            for kind in _PAGES:
                self._intended(case, kind)
            journal.note_state(case.id, CaseState.PRINTED)
        journal.note_state(case.id, CaseState.VERIFIED)
        journal.commit()
        self._said(journal.case(case.id))

    def _opened(self, wanted: FrozenApplication, cases: list[Case]) -> Case:
        for case in cases:
            if case.state is not CaseState.SPOILED:
                return case
        return self._said(self.store.journal.open_case(wanted))

    def _bound(self, case: Case) -> Case:
        if case.chip_serial is not None:
            return case
        blank = self._records.read(lambda unit: unit.stock.in_state(REALM, BlankState.ON_HAND))[0]
        bound = self.store.journal.bind_chip(case.id, blank.serial, blank.serial, "kt-strict", _PLAN)
        return self._said(bound)

    def _intended(self, case: Case, kind: IntentKind) -> None:
        """The act with its intent first; one that is in doubt is looked at and found done."""
        journal = self.store.journal
        known = [intent for intent in journal.intents(case.id) if intent.kind is kind]
        intent = known[-1].id if known else journal.intend(case.id, kind, kind.value)
        if not known or known[-1].outcome is None:
            journal.note_outcome(intent, Outcome.DONE)

    def _said(self, case: Case) -> Case:
        self._tell({"case": case.id, "state": case.state.value})
        return case

    # ---------------------------------------------------------------------------- its events

    @staticmethod
    def first(unit: Unit) -> Card:
        return next(card for card in unit.cards.of_person(PERSON) if _made(card, FIRST))

    @staticmethod
    def second(unit: Unit) -> Card:
        return next(card for card in unit.cards.of_person(PERSON) if _made(card, AGAIN))

    def once(
        self, which: Callable[[Unit], Card], kind: CardEventKind, after: CardState, **more: Any
    ) -> None:
        """One event of a card, if it has not been recorded yet."""

        def act(unit: Unit) -> Card:
            number = unit.number(REALM, "L") if more.pop("numbered", False) else None
            change = CardChange(
                kind,
                after,
                unit.at_ms,
                number=number,
                detail={"collector": "测试领卡人"},
                **more,
            )
            return unit.cards.record(which(unit), change)

        kinds = self._records.read(lambda unit: [e.kind for e in unit.cards.events(which(unit).id)])
        if kind not in kinds:
            card = self._records.durable(kind.value, act)
            self._tell({"card": card.id, "turn": card.version, "state": card.state.value})

    def provisional_loss(self) -> None:
        kind, after = CardEventKind.REPORT_PROVISIONAL_LOSS, CardState.PROVISIONALLY_LOST
        self.once(
            self.first, kind, after, numbered=True, before=CardState.IN_USE, lapses_ms=1_800_000_000_000
        )

    def end_loss(self) -> None:
        self.once(self.first, CardEventKind(self.ends_loss), CardState.IN_USE)

    def written_loss(self) -> None:
        kind = CardEventKind.REPORT_LOSS
        self.once(self.first, kind, CardState.LOST, numbered=True, before=CardState.IN_USE)


def _made(card: Card, wanted: FrozenApplication) -> bool:
    return card.application_id == wanted.id and card.made


def missing(store: Store, told: list[dict[str, Any]]) -> list[str]:
    """What was told as durable and is not there."""
    return [f"told {one} and it is not there" for one in told if not _there(store, one)]


def _there(store: Store, one: dict[str, Any]) -> bool:
    def card(unit: Unit) -> bool:
        events = unit.cards.events(one["card"])
        return len(events) >= one["turn"] and events[one["turn"] - 1].next == one["state"]

    def shift(unit: Unit) -> bool:
        return unit.till.shift() is not None or bool(unit.till.closings())

    looks: dict[str, Callable[[Unit], bool]] = {
        "card": card,
        "application": lambda unit: one["application"] in unit.applications.of_person(PERSON),
        "receipt": lambda unit: bool(unit.till.receipt(one["receipt"])),
        "void": lambda unit: unit.till.receipt(one["void"]).state is ReceiptState.VOIDED,
        "closing": lambda unit: one["closing"] in [found.number for found in unit.till.closings()],
        "shift": shift,
        "blank": lambda unit: unit.stock.blank(REALM, one["blank"]) is not None,
    }
    if "case" not in one:
        return store.records.read(next(look for key, look in looks.items() if key in one))
    case = store.journal.case(one["case"])
    ranks = [state.value for state in CaseState]
    closed = one["state"] in ("verified", "spoiled")
    if closed:
        return case.state.value == one["state"]
    return case.state is CaseState.SPOILED or ranks.index(case.state) >= ranks.index(one["state"])
