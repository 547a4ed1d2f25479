"""The pages of the window and the entries that lead to them, as data (ui.md, Frame)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.base.errors import N_
from app.domain.staff import Level
from app.ui.pages.approvals import ApprovalsPage
from app.ui.pages.audit import AuditPage
from app.ui.pages.cases import CasesPage
from app.ui.pages.correct import CorrectPage
from app.ui.pages.enrol import EnrolPage
from app.ui.pages.hand_over import HandOverPage
from app.ui.pages.home import HomePage
from app.ui.pages.issue import IssuePage
from app.ui.pages.loss import LossPage
from app.ui.pages.page import Page
from app.ui.pages.queue import QueuePage
from app.ui.pages.resident import ResidentPage
from app.ui.pages.staff import StaffPage
from app.ui.pages.stock import StockPage
from app.ui.pages.till import TillPage

# Every page there is, by its own name.
PAGES: Final[dict[str, type[Page]]] = {
    kind.name: kind
    for kind in (
        HomePage,
        EnrolPage,
        QueuePage,
        IssuePage,
        CasesPage,
        ResidentPage,
        HandOverPage,
        LossPage,
        CorrectPage,
        TillPage,
        StockPage,
        ApprovalsPage,
        AuditPage,
        StaffPage,
    )
}


@dataclass(frozen=True)
class Entry:
    """One entry: its page, drawing and word. It is there for whom its ``act`` is not hidden;
    an empty act is everybody's."""

    page: str
    drawing: str
    word: str
    act: str = ""


ENTRIES: Final = (
    Entry("home", "home", N_("Home")),
    Entry("enrol", "enrol", N_("Enrolment"), "enrol"),
    Entry("queue", "issue", N_("Card making"), "issue"),
    Entry("hand_over", "hand-over", N_("Hand-over"), "hand-over"),
    Entry("loss", "loss", N_("Losses"), "report-loss"),
    Entry("till", "till", N_("Till"), "till"),
    Entry("stock", "stock", N_("Stock"), "stock"),
    Entry("approvals", "approvals", N_("Approvals"), "approve"),
    Entry("cases", "cases", N_("Open cases"), "settle-case"),
    Entry("audit", "audit", N_("Audit"), "audit"),
    Entry("staff", "staff", N_("Staff"), "staff"),
)
# The keys of a person's entries, in their order along the keyboard; Alt+0 is the strip's.
KEYS: Final = (*(f"Alt+{number}" for number in range(1, 10)), "Alt+-", "Alt+=")
# A page that is no entry belongs to this one.
BELONGS: Final = {"issue": "queue", "resident": "home", "correct": "loss"}
# What it takes to see a page that belongs to everybody's entry.
NEEDS: Final = {"resident": "look-up", "correct": "reissue"}


def entries_for(level: Callable[[str], Level]) -> tuple[Entry, ...]:
    """The entries that a person has, in order. ``level`` tells what an act is to them."""
    return tuple(
        entry
        for entry in ENTRIES
        if entry.page in PAGES and (not entry.act or level(entry.act) is not Level.HIDDEN)
    )


def is_there(page: str, level: Callable[[str], Level]) -> bool:
    """Whether a person has this page at all."""
    entry = next((entry for entry in ENTRIES if entry.page == BELONGS.get(page, page)), None)
    act = NEEDS.get(page, entry.act if entry is not None else "")
    return not act or level(act) is not Level.HIDDEN
