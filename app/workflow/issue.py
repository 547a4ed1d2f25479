"""Making one card: the chip written, locked, both faces printed, everything read once more.

One case of the journal goes through it (design decision 1). Before each act that can not be taken back
an intent is durable: the chip bound to the case, activation, each page to the printer. Whatever stops
the way, the case stays open and says where it stands; ``Maker.proceed`` goes on from what the card says.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from app.base.clock import Clock
from app.base.errors import N_, KangkaError
from app.base.ids import RandomSource
from app.cardspec.product import Products
from app.cardspec.profile import Profile
from app.devices.ports import (
    CardChannel,
    CardPrinter,
    CardReader,
    LinkFault,
    NoCardPresent,
    PrinterUnreachable,
    RibbonOut,
    Side,
)
from app.domain.application import FrozenApplication
from app.domain.ports import Applications, Case, CaseState, Intent, IntentKind, Journal, Outcome
from app.personalize.commands import CardSession, CardSwapped, identify
from app.personalize.execute import Progress, Stopped, execute
from app.personalize.plan import Chip, Digest, Plan, compile_plan
from app.personalize.sam import SamRefused
from app.personalize.verify import Report, compare, read_card
from app.workflow.sam_desk import SamDesk
from app.workflow.steps import StepBoard
from app.workflow.views import IssueStep, Mark, StepListener

FINISHED = (CaseState.VERIFIED, CaseState.SPOILED)
# States in which the chip is known to be whole and locked.
CHIP_DONE = (CaseState.WRITTEN, CaseState.PRINTED, CaseState.VERIFIED)
_PAGES = ((IntentKind.PRINT_FRONT, Side.FRONT), (IntentKind.PRINT_BACK, Side.BACK))


@dataclass(eq=False)
class AlreadyIssued(KangkaError):
    """The application has its card."""

    application: str

    code = "issue.already-issued"
    cause = N_("Application {application} has its card already.")
    meaning = N_("A resident has one card at a time.")
    remedy = N_("Report the card lost or damaged to make another one.")


@dataclass(eq=False)
class CaseUnsettled(KangkaError):
    """Another card was interrupted and must be settled first."""

    case: str

    code = "issue.case-unsettled"
    cause = N_("The making of another card was interrupted (case {case}).")
    meaning = N_("This desk begins no new card until that one is settled.")
    remedy = N_("Settle the open case: continue it, verify its card, or record the card as spoiled.")


@dataclass(eq=False)
class ChipOfAnotherCase(KangkaError):
    """A chip that this desk wrote for somebody else, or recorded as spoiled."""

    serial: str
    case: str

    code = "issue.chip-of-another-case"
    cause = N_("Card {serial} belongs to case {case} already.")
    meaning = N_("A chip is used for one resident only, and nothing was written to it.")
    remedy = N_("Put it aside and take a blank card.")


@dataclass(eq=False)
class VerificationFailed(KangkaError):
    """The finished card does not hold what its plan says; ``fields`` are the standard's keys."""

    fields: tuple[str, ...]

    code = "issue.verification-failed"
    cause = N_("Read once more, the card differs in {field}.")
    meaning = N_("The card must not be handed over.")
    remedy = N_("Record the card as spoiled and make a new one.")

    def params(self) -> dict[str, Any]:
        # Under the name by which the catalogue has the fields' words.
        return {"field": self.fields}


@dataclass(eq=False)
class ChipNotFinished(KangkaError):
    """A card that is to be verified but was not written to its end."""

    case: str

    code = "issue.chip-not-finished"
    cause = N_("The card of case {case} was not written to its end.")
    meaning = N_("There is nothing to verify yet.")
    remedy = N_("Continue the case, or record the card as spoiled.")


@dataclass(eq=False)
class CaseFinished(KangkaError):
    """A case that was settled already."""

    case: str

    code = "issue.case-finished"
    cause = N_("Case {case} is finished already.")
    meaning = N_("Nothing was changed.")
    remedy = N_("Look at the list of open cases for what is left to settle.")


@dataclass(eq=False)
class PlanChanged(KangkaError):
    """A begun card whose plan can not be made again as it was."""

    case: str

    code = "issue.plan-changed"
    cause = N_("What would be written now differs from what case {case} began to write.")
    meaning = N_("The SAM, the card's product data or the profile is another one than at the beginning.")
    remedy = N_("Put back what was used at the beginning, or record the card as spoiled.")


class FacePages(Protocol):
    """Both faces as PDF pages."""

    @property
    def front(self) -> bytes: ...

    @property
    def back(self) -> bytes: ...


class Hands(Protocol):
    """Who lays cards on the reader: the clerk, or in training the simulators' obliging hand."""

    def lay_blank(self) -> None:
        """A blank card is wanted on the reader."""
        ...

    def lay(self, serial: str) -> None:
        """The card with this serial is wanted on the reader."""
        ...


@dataclass(frozen=True)
class Station:
    """Everything that making a card needs, composed once."""

    applications: Applications
    journal: Journal
    reader: CardReader
    channel: Callable[[CardReader], CardChannel]
    hands: Hands
    sam: SamDesk
    printer: CardPrinter
    products: Products
    profile: Callable[[FrozenApplication], Profile]
    faces: Callable[[FrozenApplication], FacePages]
    clock: Clock
    random: RandomSource
    digest: Digest
    card_wait_ms: int = 60_000


@dataclass(frozen=True)
class Made:
    """How far a making came: the case as it stands, the report, what each step took."""

    case: Case
    report: Report | None
    milliseconds: dict[IssueStep, int]


class _Log:
    """What the executor tells of one case, written into the journal."""

    def __init__(self, journal: Journal, case: Case, plan: Plan) -> None:
        self._journal = journal
        self._case = case
        self._plan = plan
        self._activation = ""

    @property
    def begun(self) -> bool:
        return self._case.chip_serial is not None

    @property
    def sealed(self) -> bool:
        return self._case.state in CHIP_DONE

    def before_first_write(self) -> None:
        plan = self._plan
        self._journal.bind_chip(
            self._case.id, plan.chip.serial, plan.chip.issue_serial, plan.product.id, plan.id
        )

    def before_activation(self) -> None:
        self._activation = self._journal.intend(
            self._case.id, IntentKind.ACTIVATE, self._plan.chip.serial
        )

    def after_activation(self) -> None:
        self._journal.note_outcome(self._activation, Outcome.DONE)


class Maker:
    """Makes cards at one station, one at a time, on the station's device thread."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def make(self, application_id: str, tell: StepListener, cancel: threading.Event) -> Made:
        """A card for an application: a new case, or the application's own open one."""
        station = self._station
        application = station.applications.get(application_id)
        cases = station.journal.cases_of(application_id)
        if any(case.state is CaseState.VERIFIED for case in cases):
            raise AlreadyIssued(application=application_id)
        for case in station.journal.open_cases():
            if case.application_id != application_id and case.chip_serial is not None:
                raise CaseUnsettled(case=case.id)
        # What can be refused is refused before a case is opened or a card is touched.
        station.faces(application)
        station.printer.preflight()
        station.sam.session()
        running = next((case for case in cases if case.state not in FINISHED), None)
        return self.proceed(running or station.journal.open_case(application), tell, cancel)

    def proceed(self, case: Case, tell: StepListener, cancel: threading.Event) -> Made:
        """Go on with an open case from what its card says."""
        if case.state in FINISHED:
            raise CaseFinished(case=case.id)
        station = self._station
        application = station.applications.get(case.application_id, case.application_version)
        pages = station.faces(application)
        station.printer.preflight()
        card, plan, board = self._lay_card(case, application, tell, cancel)
        try:
            if case.state not in CHIP_DONE:
                self._write(plan, card, case, board, cancel)
            self._settle_doubtful_pages(case)
            self._print(case, card, pages, board, cancel)
            return self._read_again(plan, card, case, board)
        except (LinkFault, SamRefused):
            # The SAM's line may be the one that failed, or the SAM lost its power and with it the PIN's
            # right: its session is opened anew next time.
            station.sam.forget()
            raise
        finally:
            card.close()
            station.journal.commit()

    def verify(self, case: Case, tell: StepListener, cancel: threading.Event) -> Made:
        """Take the pages as printed, read the whole card and close the case if all is equal."""
        if case.state in FINISHED:
            raise CaseFinished(case=case.id)
        if case.chip_serial is None or case.state not in CHIP_DONE:
            raise ChipNotFinished(case=case.id)
        station = self._station
        application = station.applications.get(case.application_id, case.application_version)
        card, plan, board = self._lay_card(case, application, tell, cancel)
        try:
            for intent in self._pages(case):
                if intent.outcome is None:
                    station.journal.note_outcome(intent.id, Outcome.DONE)
            return self._read_again(plan, card, case, board)
        except (LinkFault, SamRefused):
            station.sam.forget()
            raise
        finally:
            card.close()
            station.journal.commit()

    def spoil(self, case: Case, reason: str) -> Case:
        """Close a case whose card is lost to it; the chip is never used again."""
        if case.state in FINISHED:
            raise CaseFinished(case=case.id)
        return self._station.journal.spoil(case.id, reason)

    def _lay_card(
        self, case: Case, application: FrozenApplication, tell: StepListener, cancel: threading.Event
    ) -> tuple[CardSession, Plan, StepBoard]:
        station = self._station
        profile = station.profile(application)
        sam = station.sam.session()
        if case.chip_serial is None:
            station.hands.lay_blank()
        else:
            station.hands.lay(case.chip_serial)
        if not station.reader.wait_for_card(station.card_wait_ms, cancel):
            if cancel.is_set():
                raise Stopped(after=IssueStep.LAY_CARD.value)
            raise NoCardPresent(role="card")
        channel = station.channel(station.reader)
        try:
            product = station.products.card_of(channel.atr)
            chip = identify(channel, product)
            self._require_chip(case, chip)
            plan = compile_plan(
                profile,
                product,
                application,
                chip=chip,
                issuer_certificate=sam.issuer_certificate,
                digest=station.digest,
            )
            if case.plan_id not in (None, plan.id):
                raise PlanChanged(case=case.id)
            sam.require(plan.keys)
            board = StepBoard(profile, tell, chip.serial, product)
            board.say(IssueStep.LAY_CARD, Mark.GOOD)
            session = CardSession(
                channel, sam, product=product, profile=profile, chip=chip, random=station.random
            )
        except KangkaError:
            channel.close()
            raise
        return session, plan, board

    def _require_chip(self, case: Case, chip: Chip) -> None:
        if case.chip_serial is not None:
            if case.chip_serial != chip.serial:
                raise CardSwapped(expected=case.chip_serial, found=chip.serial)
            return
        owner = self._station.journal.case_of_chip(case.realm, chip.serial)
        if owner is not None:
            raise ChipOfAnotherCase(serial=chip.serial, case=owner.id)

    def _write(
        self, plan: Plan, card: CardSession, case: Case, board: StepBoard, cancel: threading.Event
    ) -> None:
        station = self._station
        progress = Progress(station.clock, board.hear, cancel)
        execute(plan, card, _Log(station.journal, case, plan), progress)
        self._close_intents(case, IntentKind.ACTIVATE)
        station.journal.note_state(case.id, CaseState.WRITTEN)

    def _close_intents(self, case: Case, kind: IntentKind) -> None:
        # An activation whose answer was lost is known to be done once the card was found locked.
        for intent in self._station.journal.intents(case.id):
            if intent.kind is kind and intent.outcome is None:
                self._station.journal.note_outcome(intent.id, Outcome.DONE)

    def _pages(self, case: Case) -> list[Intent]:
        kinds = [kind for kind, _side in _PAGES]
        return [intent for intent in self._station.journal.intents(case.id) if intent.kind in kinds]

    def _settle_doubtful_pages(self, case: Case) -> None:
        # Going on means that the person says the page is to be printed again.
        for intent in self._pages(case):
            if intent.outcome is None:
                self._station.journal.note_outcome(intent.id, Outcome.UNKNOWN)

    def _print(
        self,
        case: Case,
        card: CardSession,
        pages: FacePages,
        board: StepBoard,
        cancel: threading.Event,
    ) -> None:
        station = self._station
        done = {intent.kind for intent in self._pages(case) if intent.outcome is Outcome.DONE}
        begun = station.clock.monotonic_ns()
        for number, (kind, side) in enumerate(_PAGES):
            if cancel.is_set():
                raise Stopped(after=IssueStep.PRINT.value if number else IssueStep.ACTIVATE.value)
            if kind in done:
                continue
            card.check_chip()
            elapsed = station.clock.monotonic_ns() - begun
            board.say(IssueStep.PRINT, Mark.WORKING, number, len(_PAGES), elapsed)
            intent = station.journal.intend(case.id, kind, side.value)
            page = pages.front if side is Side.FRONT else pages.back
            try:
                station.printer.print_face(case.id, side, page)
            except (PrinterUnreachable, RibbonOut):
                # The page was not taken; whatever else goes wrong leaves it in doubt, for a person.
                station.journal.note_outcome(intent, Outcome.NOT_DONE)
                raise
            station.journal.note_outcome(intent, Outcome.DONE)
        station.journal.note_state(case.id, CaseState.PRINTED)
        elapsed = station.clock.monotonic_ns() - begun
        board.say(IssueStep.PRINT, Mark.GOOD, len(_PAGES), len(_PAGES), elapsed)

    def _read_again(self, plan: Plan, card: CardSession, case: Case, board: StepBoard) -> Made:
        station = self._station
        begun = station.clock.monotonic_ns()
        board.say(IssueStep.READ_AGAIN, Mark.WORKING)
        report = compare(plan, read_card(card, plan.profile, planned_only=True))
        if not report.verified:
            raise VerificationFailed(fields=report.differing)
        printed = {i.kind for i in self._pages(case) if i.outcome is Outcome.DONE}
        if printed == {kind for kind, _side in _PAGES}:
            station.journal.note_state(case.id, CaseState.VERIFIED)
        station.journal.commit()
        elapsed = station.clock.monotonic_ns() - begun
        board.say(IssueStep.READ_AGAIN, Mark.GOOD, ns=elapsed)
        return Made(station.journal.case(case.id), report, board.milliseconds)
