"""The desk as its window and its command line use it: one object, one lock for the devices."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.base.clock import Clock, day_start_ms
from app.base.errors import N_
from app.cardspec.profile import Profile
from app.documents.papers import Paper
from app.documents.raster import pages_png
from app.domain.application import FrozenApplication, Realm
from app.domain.codes import CodeTable, CodeTables
from app.domain.masking import masked_number
from app.domain.ports import Applications, Case, Journal, Timings
from app.domain.records import Records
from app.domain.staff import Actor, Level, Presence
from app.workflow import cases, steps
from app.workflow.approve import ApprovalDesk
from app.workflow.audit_desk import AuditDesk
from app.workflow.block_card import BLOCK
from app.workflow.card_service import CardService
from app.workflow.card_words import word_of
from app.workflow.devices import DeviceBoard
from app.workflow.enrol import Enrolment
from app.workflow.faces import FaceMaker
from app.workflow.files import write_file
from app.workflow.form import Form, load_form
from app.workflow.gate import Gate, Session
from app.workflow.issue import FINISHED, CaseFinished, Made, Maker, Station
from app.workflow.order_papers import OrderPapers
from app.workflow.paper_desk import PaperDesk
from app.workflow.read_card import card_labels, read_any_card
from app.workflow.services import SignInService
from app.workflow.settings_desk import SettingsDesk
from app.workflow.staff_desk import StaffDesk
from app.workflow.stock_desk import StockDesk
from app.workflow.till_views import TillService
from app.workflow.views import (
    ApplicationRow,
    ApplicationView,
    CaseRow,
    DeskSummary,
    DeviceState,
    DraftSource,
    EnrolDraft,
    ExpectedStep,
    Faces,
    Finding,
    IssueOutcome,
    IssueStep,
    Mark,
    Sentence,
    Settlement,
    StepListener,
    WorkplaceInfo,
)
from app.workflow.workplace import SimulatedRefused, Workplace

# Under which device the steps of making a card are timed.
_TIMED = "station"
_PREVIEW_DPI = 300
# The act of looking at residents and what is made for them: no administrator's.
_LOOK = "look-up"
_ISSUE = "issue"
_SETTLE = "settle-case"


def nobody(_act: str) -> Presence | None:
    """Nobody authenticated for an act."""
    return None


@dataclass(frozen=True)
class DeskParts:
    """What a desk is made of, composed by ``app.main``. ``lock`` is held while a card is at work.

    ``second`` and ``fresh`` are how a command has a second person, or its own, authenticate for an act;
    the window asks them on the spot.
    """

    session: Session
    sign_in: SignInService
    gate: Gate
    lock: threading.Lock
    cards: CardService
    till: TillService
    stock: StockDesk
    approvals: ApprovalDesk
    audit: AuditDesk
    papers: PaperDesk
    orders: OrderPapers
    records: Records
    workplace: Workplace
    profile: Profile
    codes: CodeTables
    applications: Applications
    journal: Journal
    timings: Timings
    enrolment: Enrolment
    station: Station
    faces: FaceMaker
    devices: DeviceBoard
    card_taken: Callable[[threading.Event], bool]
    clock: Clock
    staff: StaffDesk
    settings: SettingsDesk
    # False in the test suite alone: a live desk makes nothing on simulated devices.
    refuses_simulated: bool = True
    second: Callable[[str], Presence | None] = nobody
    fresh: Callable[[str], Presence | None] = nobody


class Desk:
    """``app.workflow.services.DeskService``, and what the command line asks beyond it."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self.sign_in = parts.sign_in
        self.cards = parts.cards
        self.till = parts.till
        self.stock = parts.stock
        self.approvals = parts.approvals
        self.audit = parts.audit
        self.papers = parts.papers
        self.gate = parts.gate
        self.staff = parts.staff
        self.settings = parts.settings
        self._form = load_form(parts.profile)
        self._maker = Maker(parts.station)
        # Held while a card is made or read, and while a document is read: one at a time each.
        self._devices = parts.lock
        self._identity = threading.Lock()

    def workplace(self) -> WorkplaceInfo:
        present = self._parts.session.present
        return self._parts.workplace.info("" if present is None else present.name)

    def form(self) -> Form:
        return self._form

    def codes(self, table: str) -> CodeTable:
        return self._parts.codes[table]

    def signed_in(self) -> Actor | None:
        return self._parts.session.present

    def level(self, act: str) -> Level:
        return self._parts.gate.level(act)

    def devices(self) -> list[DeviceState]:
        """How the devices are, without waiting for what is at work and without disturbing it."""
        making = not self._devices.acquire(blocking=False)
        try:
            reading = not self._identity.acquire(blocking=False)
            try:
                return self._parts.devices.states(making=making, reading=reading)
            finally:
                if not reading:
                    self._identity.release()
        finally:
            if not making:
                self._devices.release()

    def second(self, act: str) -> Presence | None:
        """The second person whom the command line names, authenticated for ``act``; None without one."""
        return self._parts.second(act)

    def fresh(self, act: str) -> Presence | None:
        """Who acts, authenticated once more for ``act``; None where nobody could be asked."""
        return self._parts.fresh(act)

    def begin_shift(self) -> None:
        self.cards.lapse()
        with self._devices:
            self._parts.station.sam.session()

    def summary(self) -> DeskSummary:
        tally = self._parts.journal.tally(day_start_ms(self._parts.clock.now_ms()))
        return DeskSummary(tally.waiting, tally.open, tally.verified, tally.spoiled)

    # Enrolment -------------------------------------------------------------------------------------

    def read_identity(self, cancel: threading.Event) -> EnrolDraft:
        self.gate.enter("enrol")
        with self._identity:
            return self._parts.enrolment.read_identity(cancel)

    def draft_from_training(self, number: int) -> EnrolDraft:
        return self._parts.enrolment.made_up(number)

    def fit_photo(self, draft: EnrolDraft, picture: bytes) -> EnrolDraft:
        return self._parts.enrolment.fit_photo(draft, picture)

    def check(self, draft: EnrolDraft) -> list[Finding]:
        return self._parts.enrolment.check(draft)

    def save(self, draft: EnrolDraft, second: Presence | None = None) -> str:
        return self._parts.enrolment.save(draft, second)

    def enrol_file(self, path: Path, *, typed: bool = False, second: Presence | None = None) -> str:
        """Keep the application of a file; its id. ``typed``: somebody here typed it, and it waits for a
        second person unless ``second`` approves it on the spot."""
        # Asked before the file is read; how it was made is asked once more when it is kept.
        self.gate.enter("enrol" if typed else "enrol-from-file")
        draft = self._parts.enrolment.draft_of_file(path)
        if not typed:
            return self.save(draft)
        return self.save(replace(draft, source=DraftSource.TYPED), second)

    def enrol_from_reader(self, cancel: threading.Event) -> str:
        """Keep the application of the document on the reader; its id.

        A document gives less than the form asks. In training a made-up person tells the rest; at a
        real desk the refusal names what is missing.
        """
        read = self.read_identity(cancel)
        if self._parts.workplace.realm is Realm.TRAINING:
            read = self._parts.enrolment.told(self._parts.applications.count()).taking(read)
        return self.save(read)

    # Applications ----------------------------------------------------------------------------------

    def applications(self, after: str | None, limit: int) -> list[ApplicationRow]:
        self.gate.view(_LOOK)
        return [self._row(found) for found in self._parts.applications.list(after, limit)]

    def application(self, application_id: str) -> ApplicationView:
        self.gate.view(_LOOK)
        found = self._parts.applications.get(application_id)
        row = self._row(found)
        return ApplicationView(
            id=found.id,
            name=found.resident.name,
            number=found.card.card_number,
            kind=Sentence(N_("First issue")),
            fee=Sentence(N_("Free (first card)")),
            mark=row.mark,
            word=row.word,
            case_id=row.case_id,
            name_shortened=found.card.name_shortened,
        )

    def application_details(self, application_id: str) -> dict[str, Any]:
        """An application for the command line: who, what for, and its cases."""
        self.gate.view(_LOOK)
        found = self._parts.applications.get(application_id)
        return {
            "id": found.id,
            "number": self._parts.applications.number_of(application_id),
            "state": self._parts.records.read(lambda unit: unit.applications.state_of(application_id)),
            "version": found.version,
            "name": found.resident.name,
            "chip_name": found.card.chip_name,
            "name_shortened": found.card.name_shortened,
            "card_number": found.card.card_number,
            "issue_date": found.card.issue_date,
            "expiry": found.card.expiry,
            "profile": found.profile_id,
            "cases": [
                {"id": case.id, "state": case.state.value, "serial": case.chip_serial}
                for case in self._parts.journal.cases_of(application_id)
            ],
        }

    def application_papers(self, application_id: str) -> tuple[Paper, ...]:
        """The form to sign and the receipt that the application was accepted."""
        self.gate.view(_LOOK)
        found = self._parts.applications.get(application_id)
        number = self._parts.applications.number_of(application_id)
        due = self._parts.records.read(lambda unit: unit.till.due(application_id))
        orders = self._parts.orders
        return orders.form(found, number), orders.acceptance(found, number, due)

    def faces(self, application_id: str) -> Faces:
        self.gate.view(_LOOK)
        return self._parts.faces.pictures(self._parts.applications.get(application_id), _PREVIEW_DPI)

    def write_face(self, application_id: str, out: Path, png: Path | None, dpi: int) -> list[str]:
        """Both faces as a PDF of two pages, and if asked as one PNG, the front above the back."""
        self.gate.view(_LOOK)
        pages = self._parts.faces.pages(self._parts.applications.get(application_id))
        write_file(out, pages.both)
        if png is None:
            return [str(out)]
        write_file(png, pages_png(pages.both, dpi))
        return [str(out), str(png)]

    # Making ----------------------------------------------------------------------------------------

    def expected_steps(self, application_id: str) -> tuple[ExpectedStep, ...]:
        forecast = self._parts.timings.forecast(_TIMED)
        found = self._parts.applications.get(application_id)
        case = self._newest(application_id)
        # Until a card lies there nobody knows its product, and those of this trade have the step.
        wanted = steps.steps_of(
            self._parts.station.profile(found), activates=case is None or self._locks(case)
        )
        return tuple(ExpectedStep(step, forecast.get(step.value)) for step in wanted)

    def issue(
        self, application_id: str, on_event: StepListener, cancel: threading.Event
    ) -> IssueOutcome:
        with self.gate.asked(_ISSUE, application_id):
            self._may_make(_ISSUE, application_id)
            self.cards.require_settled()
            self.till.require_shift(application_id)
            with self._devices:
                begun = self._parts.clock.monotonic_ns()
                outcome = self._outcome(self._maker.make(application_id, on_event, cancel), begun)
        self.audit.keep_if_due()
        return outcome

    def open_cases(self) -> list[CaseRow]:
        """Cards whose making was interrupted, then those whose blocking was."""
        self.gate.view(_LOOK)
        return [*map(self._case_row, self._parts.journal.open_cases()), *self.cards.open_blocks()]

    def case(self, case_id: str) -> CaseRow:
        """One case, whatever its state."""
        self.gate.view(_LOOK)
        for row in self.cards.open_blocks():
            if row.id == case_id:
                return row
        return self._case_row(self._parts.journal.case(case_id))

    def settle(
        self,
        case_id: str,
        how: Settlement,
        on_event: StepListener,
        cancel: threading.Event,
        reason: str = "",
    ) -> IssueOutcome:
        if self.cards.is_open_block(case_id):
            return self._settle_block(case_id, how, cancel)
        with self.gate.asked(_SETTLE, case_id):
            self._may_make(_SETTLE, self._parts.journal.case(case_id).application_id)
            with self._devices:
                begun = self._parts.clock.monotonic_ns()
                case = self._parts.journal.case(case_id)
                if case.state in FINISHED:
                    raise CaseFinished(case=case.id)
                if how is Settlement.SPOIL:
                    made = Made(self._maker.spoil(case, reason), None, {})
                elif how is Settlement.VERIFY:
                    made = self._maker.verify(case, on_event, cancel)
                else:
                    # One that was carried over without a chip takes a card of the box now.
                    self.till.require_shift(case.application_id)
                    made = self._maker.proceed(case, on_event, cancel)
                return self._outcome(made, begun)

    def _settle_block(self, card_id: str, how: Settlement, cancel: threading.Event) -> IssueOutcome:
        """A card's blocking that was interrupted; its case was verified long ago and stays so."""
        begun = self._parts.clock.monotonic_ns()
        fresh = self.fresh(BLOCK) if how is Settlement.CONTINUE else None
        done = self.cards.settle_block(card_id, how, cancel, fresh=fresh)
        outcome = self._outcome(Made(self._parts.journal.case(card_id), None, {}), begun)
        return replace(outcome, notice=word_of(done.state)[1])

    def next_card(self, cancel: threading.Event) -> None:
        """Wait till the card that was made is off the reader; if it stays, the next making says so."""
        self._parts.card_taken(cancel)

    def read_card(self, cancel: threading.Event) -> dict[str, Any]:
        """The card on the reader, as ``kangka read-card`` tells it."""
        self.gate.enter("read-card")
        with self._devices:
            return read_any_card(self._parts.station, self._parts.profile, cancel)

    def card_labels(self, lang: str) -> dict[str, str]:
        """What each field of a card is called, by the key that ``read_card`` gives it."""
        return card_labels(self._parts.profile, lang)

    # Within ----------------------------------------------------------------------------------------

    def _may_make(self, act: str, application_id: str) -> None:
        """The gate, which lets nobody make a card of their own; and no real card on simulators."""
        place = self._parts.workplace
        resident = self._parts.applications.get(application_id).resident
        token = self._parts.records.read(
            lambda unit: unit.applications.person_token(place.realm, resident)
        )
        self.gate.enter(act, persons=(token,), subject=application_id)
        if self._parts.refuses_simulated and place.realm is Realm.LIVE and place.simulated:
            raise SimulatedRefused

    def _outcome(self, made: Made, begun_ns: int) -> IssueOutcome:
        for step, milliseconds in made.milliseconds.items():
            if step is not IssueStep.LAY_CARD:
                self._parts.timings.note(_TIMED, step.value, milliseconds)
        elapsed = self._parts.clock.monotonic_ns() - begun_ns
        case = made.case
        return IssueOutcome(
            case.id,
            case.application_id,
            case.state,
            elapsed // 1_000_000,
            case.chip_serial,
            notice=None if self._locks(case) else cases.NEVER_LOCKS,
        )

    def _locks(self, case: Case) -> bool:
        """Whether a case's chip locks; True while no chip, or one of a product since taken away."""
        known = {product.id: product.locks for product in self._parts.station.products.cards}
        return known.get(case.product_id or "", True)

    def _newest(self, application_id: str) -> Case | None:
        made = self._parts.journal.cases_of(application_id)
        return made[-1] if made else None

    def _row(self, application: FrozenApplication) -> ApplicationRow:
        case = self._newest(application.id)
        if case is None:
            mark, word = Mark.WAITING, Sentence(N_("To make"))
        else:
            mark, word = cases.word_of(case.state)
        return ApplicationRow(
            id=application.id,
            name=application.resident.name,
            masked_number=masked_number(application.card.card_number),
            mark=mark,
            word=word,
            at_ms=application.frozen_at_ms,
            case_id=case.id if case is not None and case.state not in FINISHED else None,
        )

    def _case_row(self, case: Case) -> CaseRow:
        application = self._parts.applications.get(case.application_id, case.application_version)
        return cases.case_row(
            case, self._parts.journal.intents(case.id), application, locks=self._locks(case)
        )
