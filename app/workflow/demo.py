"""A desk's story without a window: a first day, a loss that lapses, and today with all that may happen.

People are enrolled from their identity cards and get cards. One reports a provisional loss by telephone
some days ago, which has lapsed by today. Another loses the card in writing, pays for a new one and gets
it; the old one turns up and is blocked on its chip. One card is interrupted in the making and settled.
Both days close in balance, counted on what lies in the box, and the audit is verified at the end.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from app.base.errors import N_, KangkaError
from app.domain import order_rules
from app.domain.card import CardState
from app.domain.desk_rules import Question
from app.domain.loss import LossChannel
from app.domain.ports import CaseState
from app.domain.staff import Role
from app.domain.till import Closing, PayMethod
from app.domain.visitor import Checked, Visitor
from app.personalize.execute import Stopped
from app.workflow.card_views import HandOverForm, LossForm, ReissueForm
from app.workflow.desk import Desk
from app.workflow.files import make_private, write_file
from app.workflow.views import EnrolDraft, IssueOutcome, IssueStep, Mark, Settlement, StepEvent

# More blank cards than people: what is left over is counted at the closing.
_SPARE: Final = 5
_FLOAT_FEN: Final = 20_000
_BOX = "blank-cards.txt"


@dataclass(eq=False)
class DemoFolderNotEmpty(KangkaError):
    """The folder for a demonstration holds something already."""

    folder: str

    code = "demo.folder-not-empty"
    cause = N_("The folder {folder} is not empty.")
    meaning = N_("A demonstration starts in a fresh training workplace, so nothing was done.")
    remedy = N_("Name a new folder, or empty this one.")


@dataclass(frozen=True)
class Stage:
    """What a demonstration needs beside the desk: its clock, its box of cards, its counters."""

    out: Path
    people: int
    today: Callable[[], None]
    box: Callable[[int], Sequence[str]]
    exchanges: Callable[[], int]
    commits: Callable[[], int]


@dataclass
class _Made:
    """Somebody's card: the application, what they told, and how its making ended."""

    application: str
    told: EnrolDraft
    outcome: IssueOutcome
    settled: bool = False


@dataclass
class _Told:
    """What happened, as it is told at the end."""

    made: list[_Made] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    lapsed: int = 0
    fees_fen: int = 0
    blocked: int = 0
    reissued: _Made | None = None


def run_demo(desk: Desk, stage: Stage) -> dict[str, Any]:
    """The whole story; faces and papers as PDF into the stage's folder; the facts of commands.md."""
    begun = time.monotonic()
    story = _Story(desk, stage)
    story.some_days_ago()
    stage.today()
    story.today()
    told = story.told
    everybody = [*told.made, *([told.reissued] if told.reissued else [])]
    cards = [story.card(made) for made in everybody]
    report = story.audited()
    return {
        "people": stage.people,
        "issued": len(told.made),
        "verified": sum(card["verified"] for card in cards),
        "reissued": len(everybody) - len(told.made),
        "fees_fen": told.fees_fen,
        "exchanges": stage.exchanges(),
        "durable_commits": stage.commits(),
        "seconds": round(time.monotonic() - begun, 3),
        "files": sorted(str(path) for path in stage.out.rglob("*.pdf")),
        "cards": cards,
        "lapsed": told.lapsed,
        "blocked": told.blocked,
        "settled": sum(made.settled for made in everybody),
        "closings": [
            {
                "number": closing.number,
                "difference_fen": closing.difference_fen,
                "difference_cards": closing.difference_cards,
            }
            for closing in told.closings
        ],
        "audit": report,
    }


class _Story:
    """The acts of a demonstration, in their order."""

    def __init__(self, desk: Desk, stage: Stage) -> None:
        self.told = _Told()
        self._desk = desk
        self._stage = stage
        self._never = threading.Event()
        make_private(stage.out / "faces")

    # The days --------------------------------------------------------------------------------------

    def some_days_ago(self) -> None:
        """A box is taken in, one person gets a card and reports it lost by telephone."""
        self._desk.sign_in.begin_made_up(Role.SUPERVISOR)
        self._take_in(self._stage.people + _SPARE)
        self._clerk()
        self._desk.till.open_shift(_FLOAT_FEN)
        first = self._first_issue(0)
        self._hand_over(first)
        self._lose_by_telephone(first)
        self._close()

    def today(self) -> None:
        """The loss has lapsed; everybody else gets a card; one is lost, paid for, made again, found."""
        desk, told = self._desk, self.told
        told.lapsed = len(desk.cards.lapse().card_ids)
        desk.till.open_shift(_FLOAT_FEN)
        people = self._stage.people
        for number in range(1, people):
            # The third person's card is interrupted in the making.
            self._first_issue(number, interrupted=number == 2)
        for made in told.made[1:3]:
            self._hand_over(made)
        self._lose_for_good(told.made[1 % people], interrupted=people <= 2)
        self._close()

    def audited(self) -> dict[str, Any]:
        """The whole chain verified, by whom it is for."""
        self._desk.sign_in.begin_made_up(Role.AUDIT)
        report = self._desk.audit.verify(full=True)
        return {"ok": report.ok, "rows": report.rows}

    # What is done to somebody ---------------------------------------------------------------------

    def _first_issue(self, number: int, *, interrupted: bool = False) -> _Made:
        desk = self._desk
        # The chip gives who it is; what it doesn't say is what the resident tells the clerk.
        told = desk.draft_from_training(number)
        draft = told.taking(desk.read_identity(self._never))
        application = desk.save(draft)
        for paper in desk.application_papers(application):
            desk.papers.print(paper)
        made = self._make(application, draft, interrupted=interrupted)
        self.told.made.append(made)
        return made

    def _make(self, application: str, draft: EnrolDraft, *, interrupted: bool) -> _Made:
        desk, stage = self._desk, self._stage
        if interrupted:
            outcome = self._stopped_and_settled(application)
        else:
            outcome = desk.issue(application, _unheard, self._never)
        number = desk.application_details(application)["number"]
        desk.write_face(application, stage.out / "faces" / f"{number}.pdf", None, 300)
        return _Made(application, draft, outcome, interrupted)

    def _stopped_and_settled(self, application: str) -> IssueOutcome:
        stop = threading.Event()

        def heard(event: StepEvent) -> None:
            if event.step is IssueStep.IDENTITY and event.mark is Mark.GOOD:
                stop.set()

        with suppress(Stopped):
            self._desk.issue(application, heard, stop)
        [case] = [row for row in self._desk.open_cases() if row.application_id == application]
        return self._desk.settle(case.id, Settlement.CONTINUE, _unheard, self._never)

    def _hand_over(self, made: _Made) -> None:
        form = HandOverForm(_visitor(made.told), activate=True)
        done = self._desk.cards.hand_over(made.outcome.case_id, form, self._never)
        for paper in done.papers:
            self._desk.papers.print(paper)

    def _lose_by_telephone(self, made: _Made) -> None:
        text = made.told.value
        answers = {
            Question.NAME: text("name").text,
            Question.BIRTH_DATE: text("birth_date").text,
        }
        caller = Visitor(kind="1", phone=text("phones.0").text or text("contacts.0.phone").text)
        self._report(made, LossForm(caller, True, LossChannel.PHONE, answers=answers))

    def _lose_for_good(self, made: _Made, *, interrupted: bool) -> None:
        desk, told = self._desk, self.told
        visitor = _visitor(made.told)
        self._report(made, LossForm(visitor))
        ordered = desk.cards.reissue(made.outcome.case_id, ReissueForm(visitor))
        for paper in ordered.papers:
            desk.papers.print(paper)
        receipt = desk.till.take(ordered.application_id, PayMethod.CASH)
        desk.papers.print(desk.till.receipt_paper(receipt.number))
        told.fees_fen += receipt.fen
        told.reissued = self._make(ordered.application_id, made.told, interrupted=interrupted)
        # The old card turns up when the new one is fetched: it is blocked on its chip and taken back.
        person = next(one for one in desk.sign_in.made_up() if one.role is Role.CLERK)
        fresh = desk.sign_in.present_again("block-card", person.password)
        blocked = desk.cards.block(made.outcome.case_id, self._never, fresh=fresh)
        told.blocked += blocked.state is CardState.BLOCKED
        desk.cards.recover(made.outcome.case_id)
        self._hand_over(told.reissued)

    def _report(self, made: _Made, form: LossForm) -> None:
        for paper in self._desk.cards.report_loss(made.outcome.case_id, form).papers:
            self._desk.papers.print(paper)

    # The desk --------------------------------------------------------------------------------------

    def _clerk(self) -> None:
        self._desk.sign_in.begin_made_up(Role.CLERK)
        self._desk.begin_shift()

    def _take_in(self, count: int) -> None:
        path = self._stage.out / _BOX
        write_file(path, "".join(f"{serial}\n" for serial in self._stage.box(count)).encode("ascii"))
        self._desk.stock.take_in(path)

    def _close(self) -> None:
        cash = _FLOAT_FEN + (self.told.fees_fen if self.told.closings else 0)
        # Counted where it lies: the cards in the box, the float and the fees that were taken.
        closing = self._desk.till.close(cash, len(self._stage.box(0)))
        self.told.closings.append(closing)
        self._desk.papers.print(self._desk.till.closing_paper(closing.number))

    def card(self, made: _Made) -> dict[str, Any]:
        """One card as commands.md's ``demo`` has it."""
        resident = self._desk.cards.resident(application_id=made.application)
        [state] = [card.state for card in resident.cards if card.id == made.outcome.case_id]
        return {
            "number": made.told.value("citizen_id").text,
            "name": made.told.value("name").text,
            "serial": made.outcome.chip_serial,
            "state": state.value,
            "verified": made.outcome.state is CaseState.VERIFIED,
        }


def _visitor(told: EnrolDraft) -> Visitor:
    """Who comes: the resident with the document just read, or the guardian who applied."""
    text = told.value
    if not text(order_rules.NAME).text:
        return Visitor("1", Checked.READER, text("citizen_id").text)
    return Visitor(
        kind="5",
        checked=Checked.SEEN,
        number=text(order_rules.DOCUMENT_NUMBER).text,
        name=text(order_rules.NAME).text,
        document=text(order_rules.DOCUMENT_KIND).text,
        phone=text(order_rules.PHONE_PATH).text,
        relation=text(order_rules.RELATION).text,
    )


def _unheard(_event: StepEvent) -> None:
    """A demonstration without a window shows no steps."""
