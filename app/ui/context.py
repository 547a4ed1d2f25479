"""What every page is given: the desk, the tasks, the words, the way to other pages, what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.base.errors import KangkaError
from app.domain.staff import Level, Presence
from app.ui.messages import Messages
from app.ui.tasks import Owner, Task, TaskRunner
from app.workflow.services import DeskService
from app.workflow.views import Mark

# Who runs each operation of a desk (decision 6), said here alone. A name with a dot is a part's
# (``desk.cards.find``); one of the desk itself has none.
OWNERS = {
    "applications": Owner.STORE,
    "application": Owner.STORE,
    "approvals.application": Owner.STORE,
    "approvals.approve": Owner.STORE,
    "approvals.send_back": Owner.STORE,
    "approvals.waiting": Owner.STORE,
    "audit.page": Owner.STORE,
    "audit.state": Owner.STORE,
    # A whole chain takes a while: cards and lists do not wait for it.
    "audit.verify": Owner.WORKER,
    "begin_shift": Owner.CARD,
    "cards.activate": Owner.CARD,
    "cards.block": Owner.CARD,
    "cards.card_on_reader": Owner.CARD,
    "cards.card_of_application": Owner.STORE,
    "cards.cards_in": Owner.STORE,
    "cards.find": Owner.STORE,
    "cards.found": Owner.STORE,
    "cards.hand_over": Owner.CARD,
    "cards.lapsing": Owner.STORE,
    "cards.lying_card": Owner.CARD,
    "cards.open_blocks": Owner.STORE,
    "cards.paper": Owner.STORE,
    "cards.check_reissue": Owner.STORE,
    "cards.recover": Owner.STORE,
    "cards.reissue": Owner.STORE,
    "cards.reissue_draft": Owner.STORE,
    "cards.report_loss": Owner.STORE,
    "cards.resident": Owner.STORE,
    "cards.settle_block": Owner.CARD,
    "check": Owner.STORE,
    "devices": Owner.WORKER,
    "draft_from_training": Owner.STORE,
    "expected_steps": Owner.STORE,
    "faces": Owner.WORKER,
    "fit_photo": Owner.WORKER,
    "issue": Owner.CARD,
    "open_cases": Owner.STORE,
    "papers.pictures": Owner.WORKER,
    "papers.print": Owner.WORKER,
    "read_identity": Owner.ID_READER,
    "save": Owner.STORE,
    "settle": Owner.CARD,
    # A password takes its time on purpose; nothing else waits for it.
    "sign_in": Owner.PEOPLE,
    # Adding somebody and a new password take their time on purpose, as signing in does.
    "staff.change": Owner.PEOPLE,
    "staff.keys": Owner.STORE,
    "staff.new_shares": Owner.STORE,
    "staff.people": Owner.STORE,
    "stock.cards": Owner.STORE,
    "stock.counts": Owner.STORE,
    "stock.give_back": Owner.STORE,
    "stock.preview": Owner.STORE,
    "stock.spoil": Owner.STORE,
    "stock.take_in": Owner.STORE,
    "summary": Owner.STORE,
    "till.close": Owner.STORE,
    "till.closing_act": Owner.STORE,
    "till.closing_paper": Owner.STORE,
    "till.closings": Owner.STORE,
    "till.dues": Owner.STORE,
    "till.open_shift": Owner.STORE,
    "till.receipt_paper": Owner.STORE,
    "till.receipts": Owner.STORE,
    "till.take": Owner.STORE,
    "till.view": Owner.STORE,
    "till.void": Owner.STORE,
    "till.waive": Owner.STORE,
}


@dataclass(frozen=True)
class Happening:
    """Something that happened while the clerk looked elsewhere, kept until it is seen."""

    mark: Mark
    text: str


class Happenings(QObject):
    """What happened and was not seen yet, oldest first."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._unseen: list[Happening] = []

    def add(self, mark: Mark, text: str) -> None:
        self._unseen.append(Happening(mark, text))
        self.changed.emit()

    def see(self) -> None:
        """The newest was seen."""
        if self._unseen:
            self._unseen.pop()
            self.changed.emit()

    @property
    def newest(self) -> Happening | None:
        return self._unseen[-1] if self._unseen else None

    def __len__(self) -> int:
        return len(self._unseen)


class Navigator(QObject):
    """Asks for a page by name, with what it should show; the window decides whether one may leave."""

    # An object, not a dict: Qt would turn a dict into its own map and every enum in it into text.
    asked = Signal(str, object)

    def go(self, page: str, **params: Any) -> None:
        self.asked.emit(page, params)


@dataclass(frozen=True)
class Authority:
    """Who authenticated for an act, on the spot: a second person, its own person once more."""

    second: Presence | None = None
    fresh: Presence | None = None


@dataclass(frozen=True)
class AuthorityWanted:
    """An act that asks for people: ``act`` is its name in permissions.toml, ``told`` the act in words,
    ``about`` what it is for. ``granted`` is called with what was asked for, ``declined`` where nobody
    came. ``fresh`` asks for the signed-in person's password, ``second`` for another person's."""

    act: str
    told: str
    about: str
    granted: Callable[[Authority], None]
    declined: Callable[[], None]
    second: bool
    fresh: bool


class Authorities(QObject):
    """Pages ask here for people; the window puts the question over the page that asked."""

    wanted = Signal(object)

    def ask(
        self,
        act: str,
        told: str,
        about: str,
        granted: Callable[[Authority], None],
        *,
        second: bool = False,
        fresh: bool = False,
        declined: Callable[[], None] = lambda: None,
    ) -> None:
        """Ask for a second person, for the own password again, or for both, one after the other."""
        self.wanted.emit(AuthorityWanted(act, told, about, granted, declined, second, fresh))


@dataclass(frozen=True)
class Context:
    """Handed to each page; pages know each other by name only."""

    desk: DeskService
    tasks: TaskRunner
    messages: Messages
    navigator: Navigator = field(default_factory=Navigator)
    happenings: Happenings = field(default_factory=Happenings)
    authorities: Authorities = field(default_factory=Authorities)
    # Where pages are born: put there afterwards, each of their parts would be dressed twice.
    shelf: QWidget | None = None

    def run(
        self,
        operation: str,
        work: Callable[[Task], Any],
        *,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[KangkaError], None] | None = None,
        progressed: Callable[[Any], None] | None = None,
    ) -> Task:
        """Run one operation of the desk on the thread of its owner."""
        return self.tasks.run(
            OWNERS[operation], operation, work, done=done, failed=failed, progressed=progressed
        )

    def sees(self, act: str) -> bool:
        """Whether an act is there at all for who is signed in: what is hidden is never asked for."""
        return self.desk.level(act) is not Level.HIDDEN

    def may(self, act: str) -> bool:
        """Whether who is signed in may do an act, beside whomever it takes."""
        return self.desk.level(act) is Level.ACT
