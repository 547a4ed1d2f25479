"""The parts of the desk in memory that pages look at in passing: who is there, and empty lists.

What a part does is shown over a real training desk (``test_on_the_desk``, ``test_day``); here it only
has to be there, and to refuse the window's thread like the real one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.base.threads import assert_off_window_thread
from app.domain.card import CardState
from app.domain.desk_rules import DeskRules, Question, VisitorKind, load_desk_rules
from app.domain.staff import Actor, Presence, Role
from app.domain.stock import StockCounts
from app.workflow.approve import ApprovalRow
from app.workflow.audit_desk import AuditBroken
from app.workflow.card_views import CardRow, FeeReason
from app.workflow.sign_in import MadeUpStaff, SignInState
from app.workflow.till_views import TillView
from app.workflow.views import CaseRow


@dataclass
class FakeSignIn:
    """Every password is right; it tells what it was asked."""

    actor: Callable[[], Actor | None]
    begin: Callable[[Actor | None], None]
    calls: list[str] = field(default_factory=list)
    locked: Actor | None = None

    def state(self) -> SignInState:
        self._called("state")
        return SignInState(self.actor(), self.locked, pin=False)

    def made_up(self) -> tuple[MadeUpStaff, ...]:
        return ()

    def sign_in(self, name: str, password: str) -> Actor:
        self._called("sign_in")
        person, self.locked = self.locked, None
        if person is None:
            raise AssertionError("nobody locked the desk in memory")
        self.begin(person)
        return person

    def sign_out(self) -> None:
        self._called("sign_out")
        self.begin(None)

    def lock(self) -> None:
        self._called("lock")
        self.locked = self.actor()
        self.begin(None)

    def present(self, act: str, name: str, password: str) -> Presence:
        self._called(f"present {act} {name}")
        return Presence(Actor("staff-9", name, Role.SUPERVISOR), act, 0)

    def present_again(self, act: str, password: str) -> Presence:
        self._called(f"present_again {act}")
        actor = self.actor()
        assert actor is not None
        return Presence(actor, act, 0)

    def _called(self, name: str) -> None:
        assert_off_window_thread(name)
        self.calls.append(name)


@dataclass
class FakeCards:
    """Cards nobody has yet."""

    found: list[CardRow] = field(default_factory=list)
    rules: DeskRules = field(default_factory=load_desk_rules)

    def visitor_kinds(self) -> tuple[VisitorKind, ...]:
        return self.rules.visitors

    def questions(self) -> tuple[tuple[Question, ...], int]:
        return self.rules.questions, self.rules.answers

    def reasons(self) -> tuple[FeeReason, ...]:
        return ()

    def open_blocks(self) -> list[CaseRow]:
        assert_off_window_thread("cards.open_blocks")
        return []

    def find(self, query: str) -> list[CardRow]:
        assert_off_window_thread("cards.find")
        return self.found

    def cards_in(self, state: CardState, after: str | None = None, limit: int = 100) -> list[CardRow]:
        assert_off_window_thread("cards.cards_in")
        return []

    def lapsing(self, within_ms: int) -> list[CardRow]:
        assert_off_window_thread("cards.lapsing")
        return []


@dataclass
class FakeTill:
    """A till without a shift."""

    def view(self) -> TillView | None:
        assert_off_window_thread("till.view")
        return None


@dataclass
class FakeStock:
    """A box of blank cards."""

    on_hand: int = 148

    def counts(self) -> StockCounts:
        assert_off_window_thread("stock.counts")
        return StockCounts(self.on_hand, 0, 0, 0, 0, 0, 0)


@dataclass
class FakeAudit:
    """A chain that is whole, or the alarm that is put here."""

    broken: AuditBroken | None = None

    def alarm(self) -> AuditBroken | None:
        return self.broken


@dataclass
class FakeApprovals:
    """Nothing waits."""

    rows: list[ApprovalRow] = field(default_factory=list)

    def waiting(self) -> list[ApprovalRow]:
        assert_off_window_thread("approvals.waiting")
        return self.rows
