"""Making one card, over a real store: the order of its acts, what is refused, how a case goes on."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base.catalogue import Catalogue
from app.base.errors import KangkaError
from app.crypto.sm3 import sm3
from app.devices.ports import (
    AnswerUnknown,
    NoCardPresent,
    PrinterFault,
    ReaderRole,
    Side,
)
from app.devices.sim.card_printer import PrintFault
from app.devices.sim.faults import FaultMode, FaultPlan
from app.devices.sim.sam_state import DF01_FID, ISSUER_CERTIFICATE
from app.documents.faces import FacePages
from app.domain.ports import CaseState, IntentKind, Outcome
from app.personalize.commands import CardSwapped
from app.personalize.execute import Stopped
from app.workflow.issue import (
    AlreadyIssued,
    CaseFinished,
    CaseUnsettled,
    ChipNotFinished,
    ChipOfAnotherCase,
    Made,
    Maker,
    PlanChanged,
    VerificationFailed,
)
from app.workflow.steps import steps_of
from app.workflow.views import IssueStep, Mark, StepEvent
from tests.helpers.harness import FaultDesk, Trial, judge_card
from tests.helpers.victims import victim

# INS of UPDATE RECORD, UPDATE BINARY and ACTIVATION
WRITES = (0xDC, 0xD6)
ACTIVATION = 0x44


@pytest.fixture(scope="module")
def module_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultDesk]:
    desk = FaultDesk(tmp_path_factory.mktemp("desk"))
    yield desk
    desk.close()


@pytest.fixture
def desk(module_desk: FaultDesk) -> FaultDesk:
    """The module's desk as it was composed, its printer whole."""
    module_desk.printer.repair()
    module_desk.maker = Maker(module_desk.station)
    return module_desk


def heard(_event: StepEvent) -> None:
    pass


def never() -> threading.Event:
    return threading.Event()


def make(desk: FaultDesk, trial: Trial, tell: Callable[[StepEvent], None] = heard) -> Made:
    return desk.maker.make(trial.victim.application.id, tell, never())


class Watched:
    """A part of the station whose named calls are noted, and which may do something after one."""

    def __init__(self, part: object, names: tuple[str, ...], note: Callable[..., None]) -> None:
        self._part, self._names, self._note = part, names, note

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name not in self._names:
            return found

        def call(*args: Any) -> Any:
            self._note(name, *args)
            return found(*args)

        return call


class AfterPage:
    """The desk's printer, beside which something happens once a page of ``side`` was printed."""

    def __init__(self, desk: FaultDesk, side: Side, act: Callable[[], None]) -> None:
        self._desk, self._side, self._act = desk, side, act

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk.printer, name)

    def print_face(self, job_name: str, side: Side, pdf: bytes) -> None:
        self._desk.printer.print_face(job_name, side, pdf)
        if side is self._side:
            self._act()


def after_page(desk: FaultDesk, side: Side, act: Callable[[], None]) -> None:
    printer: Any = AfterPage(desk, side, act)
    desk.maker = Maker(dataclasses.replace(desk.station, printer=printer))


def pages_of(desk: FaultDesk, trial: Trial) -> list[Side]:
    return [page.side for page in desk.printer.pages if page.job_name == desk.case(trial).id]


def outcomes(desk: FaultDesk, trial: Trial) -> dict[IntentKind, Outcome | None]:
    """The last outcome of each kind of intent."""
    return {i.kind: i.outcome for i in desk.store.journal.intents(desk.case(trial).id)}


def instructions(desk: FaultDesk) -> set[int]:
    """The INS of every command that the card is asked from now on."""
    asked: set[int] = set()
    desk.lines[ReaderRole.CARD].watch = lambda _number, command: asked.add(command[1])
    return asked


# The order of acts -----------------------------------------------------------------------------------


def test_every_act_that_can_not_be_undone_is_intended_first(desk: FaultDesk) -> None:
    trial, acts = desk.next_trial(), list[str]()

    def note(name: str, *args: Any) -> None:
        acts.append(" ".join([name, *(str(a) for a in args if isinstance(a, IntentKind | Side))]))

    def exchange(_number: int, command: bytes) -> None:
        if command[1] in WRITES and acts[-1] != "write":
            acts.append("write")
        elif command[1] == ACTIVATION:
            acts.append("lock")

    journal: Any = Watched(desk.store.journal, ("open_case", "bind_chip", "intend"), note)
    printer: Any = Watched(desk.printer, ("preflight", "print_face"), note)
    desk.lines[ReaderRole.CARD].watch = exchange
    desk.maker = Maker(dataclasses.replace(desk.station, journal=journal, printer=printer))
    made = make(desk, trial)
    assert acts == [
        "preflight",
        "open_case",
        "preflight",
        "bind_chip",
        "write",
        "intend activate",
        "lock",
        "intend print-front",
        "print_face front",
        "intend print-back",
        "print_face back",
    ]
    assert made.case.state is CaseState.VERIFIED
    assert set(outcomes(desk, trial).values()) == {Outcome.DONE}
    assert made.report is not None
    assert made.report.verified
    assert desk.judge(trial) == []


def test_the_intent_is_durable_before_its_act(desk: FaultDesk) -> None:
    trial, seen = desk.next_trial(), dict[str, int]()

    def exchange(_number: int, command: bytes) -> None:
        if command[1] in WRITES:
            seen.setdefault("write", desk.store.journal.durable_commits)
        elif command[1] == ACTIVATION:
            seen.setdefault("lock", desk.store.journal.durable_commits)

    # A SAM's first registering is a durable row of its own, once a desk.
    desk.station.sam.session()
    before = desk.store.journal.durable_commits
    desk.lines[ReaderRole.CARD].watch = exchange
    make(desk, trial)
    # The case, its chip, the lock, two pages, and what became of them: six, and ten are allowed.
    assert seen == {"write": before + 2, "lock": before + 3}
    assert desk.store.journal.durable_commits == before + 6


def test_each_step_is_told_and_timed(desk: FaultDesk) -> None:
    trial, told = desk.next_trial(), list[StepEvent]()
    made = make(desk, trial, told.append)
    done = [event.step for event in told if event.mark is Mark.GOOD]
    assert done == list(steps_of(desk.profile, activates=True))
    assert set(made.milliseconds) == set(done)
    assert {event.chip_serial for event in told} == {trial.card.factor.hex().upper()}


def test_the_front_is_printed_on_the_front(desk: FaultDesk) -> None:
    trial = desk.next_trial()
    pages = FacePages(b"%PDF-1.4 this is the front", b"%PDF-1.4 this is the back", b"%PDF-1.4")
    desk.maker = Maker(dataclasses.replace(desk.station, faces=lambda _application: pages))
    make(desk, trial)
    printed = {
        page.side: page.path.read_bytes()
        for page in desk.printer.pages
        if page.job_name == desk.case(trial).id
    }
    assert printed == {Side.FRONT: pages.front, Side.BACK: pages.back}


# A card that changes under the desk's hands ------------------------------------------------------------


def test_a_card_swapped_before_printing_gets_no_page(desk: FaultDesk) -> None:
    trial, other = desk.next_trial(), desk.new_card()

    def swap(event: StepEvent) -> None:
        if event.step is IssueStep.ACTIVATE and event.mark is Mark.GOOD:
            desk.reader.swap(other)

    with pytest.raises(CardSwapped) as refusal:
        make(desk, trial, swap)
    assert refusal.value.found == other.factor.hex().upper()
    assert pages_of(desk, trial) == []
    # Not even the intent to print: nothing is in doubt.
    assert IntentKind.PRINT_FRONT not in outcomes(desk, trial)
    desk.settle(trial)
    assert (trial.end, desk.judge(trial)) == (CaseState.VERIFIED, [])


def test_a_card_swapped_between_its_pages_gets_no_second_page(desk: FaultDesk) -> None:
    trial, other = desk.next_trial(), desk.new_card()
    before = other.save()
    after_page(desk, Side.FRONT, lambda: desk.reader.swap(other))
    with pytest.raises(CardSwapped):
        make(desk, trial)
    assert pages_of(desk, trial) == [Side.FRONT]
    assert other.save() == before
    desk.maker = Maker(desk.station)
    desk.settle(trial)
    # The page that is on the card already is not printed again.
    assert pages_of(desk, trial) == [Side.FRONT, Side.BACK]
    assert (trial.end, desk.judge(trial)) == (CaseState.VERIFIED, [])


def test_a_card_damaged_while_it_was_printed_is_not_issued(desk: FaultDesk) -> None:
    trial = desk.next_trial()
    name = trial.victim.application.resident.name.encode("gb18030")

    def damage() -> None:
        memory = trial.card.state.eeprom
        at = bytes(memory.memory).index(name)
        memory.write(at, b"?")

    after_page(desk, Side.BACK, damage)
    with pytest.raises(VerificationFailed) as refusal:
        make(desk, trial)
    assert refusal.value.fields == ("XM",)
    # A clerk is told the field's name, not its key.
    assert refusal.value.params() == {"field": ("XM",)}
    assert Catalogue("zh").error(refusal.value).cause == "再次回读，卡上的姓名不一致。"
    assert desk.case(trial).state is CaseState.PRINTED
    desk.maker.spoil(desk.case(trial), "the chip is damaged")
    assert desk.case(trial).state is CaseState.SPOILED


def test_a_card_that_gains_a_hospitals_index_is_not_issued(desk: FaultDesk) -> None:
    trial = desk.next_trial()

    def mark() -> None:
        directory = trial.card.state.master.find(0xDDF1).directories[0xDF03]  # type: ignore[union-attr]
        trial.card.state.eeprom.write(directory.files[0xEF05].records[1].offset, b"\x00")

    after_page(desk, Side.BACK, mark)
    with pytest.raises(VerificationFailed):
        make(desk, trial)


# What is refused before a card is touched --------------------------------------------------------------


def test_an_application_gets_one_card(desk: FaultDesk) -> None:
    trial = desk.next_trial()
    made = make(desk, trial)
    with pytest.raises(AlreadyIssued):
        make(desk, trial)
    for act in (desk.maker.proceed, desk.maker.verify):
        with pytest.raises(CaseFinished):
            act(made.case, heard, never())
    with pytest.raises(CaseFinished):
        desk.maker.spoil(made.case, "too late")
    assert desk.case(trial).state is CaseState.VERIFIED


def test_a_desk_with_an_interrupted_card_begins_no_other(desk: FaultDesk) -> None:
    first = desk.next_trial()
    desk.lines[ReaderRole.CARD].plan = FaultPlan(60, FaultMode.ANSWER_LOST)
    desk.begin(first)
    other = victim(901, desk.profile)
    desk.store.applications.freeze(other.application)
    desk.tidy()
    with pytest.raises(CaseUnsettled) as refusal:
        desk.maker.make(other.application.id, heard, never())
    assert refusal.value.case == desk.case(first).id
    assert desk.store.journal.cases_of(other.application.id) == []
    # The interrupted one goes on by the same call that began it, in the same case.
    assert make(desk, first).case.state is CaseState.VERIFIED
    assert desk.judge(first) == []


def test_a_chip_of_another_case_is_refused_untouched(desk: FaultDesk) -> None:
    first = desk.next_trial()
    owner = make(desk, first).case
    second = desk.next_trial(card=first.card)
    before = first.card.save()
    with pytest.raises(ChipOfAnotherCase) as refusal:
        make(desk, second)
    assert (refusal.value.serial, refusal.value.case) == (owner.chip_serial, owner.id)
    assert first.card.save() == before


def test_a_case_goes_on_with_its_own_chip_alone(desk: FaultDesk) -> None:
    trial, other = desk.next_trial(), desk.new_card()
    desk.lines[ReaderRole.CARD].plan = FaultPlan(60, FaultMode.NOT_SENT)
    desk.begin(trial)
    before = other.save()
    station = dataclasses.replace(desk.station, hands=_Laying(desk, other))
    with pytest.raises(CardSwapped) as refusal:
        Maker(station).proceed(desk.case(trial), heard, never())
    assert refusal.value.expected == trial.card.factor.hex().upper()
    assert other.save() == before


class _Laying:
    """A clerk who lays the wrong card."""

    def __init__(self, desk: FaultDesk, card: Any) -> None:
        self._desk, self._card = desk, card

    def lay_blank(self) -> None:
        raise AssertionError("the case has its card already")

    def lay(self, _serial: str) -> None:
        self._desk.reader.remove()
        self._desk.reader.insert(self._card)


def test_faces_that_can_not_be_drawn_open_no_case(desk: FaultDesk) -> None:
    trial = desk.next_trial()

    class NotDrawable(KangkaError):
        """What a face refuses."""

    def refuse(_application: object) -> FacePages:
        raise NotDrawable

    desk.maker = Maker(dataclasses.replace(desk.station, faces=refuse))
    with pytest.raises(NotDrawable):
        make(desk, trial)
    assert desk.store.journal.cases_of(trial.victim.application.id) == []


def test_an_empty_reader_is_waited_for_and_then_said(desk: FaultDesk) -> None:
    trial = desk.next_trial()
    desk.reader.remove()
    nobody: Any = Watched(desk, (), heard)
    nobody.lay_blank = lambda: None
    desk.maker = Maker(dataclasses.replace(desk.station, hands=nobody, card_wait_ms=1))
    with pytest.raises(NoCardPresent):
        make(desk, trial)
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Stopped) as stopped:
        desk.maker.proceed(desk.case(trial), heard, cancel)
    assert stopped.value.after == IssueStep.LAY_CARD
    assert desk.case(trial).chip_serial is None


# Going on ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "at"), [(ReaderRole.CARD, 90), (ReaderRole.SAM, 90)])
def test_a_broken_line_has_the_sams_session_opened_anew(
    desk: FaultDesk, role: ReaderRole, at: int
) -> None:
    trial = desk.next_trial()
    desk.lines[role].plan = FaultPlan(at, FaultMode.ANSWER_CUT)
    with pytest.raises(AnswerUnknown):
        make(desk, trial)
    assert desk.station.sam.identity is None
    assert make(desk, trial).case.state is CaseState.VERIFIED
    assert desk.judge(trial) == []


@pytest.mark.parametrize("fault", [PrintFault.GONE_BEFORE, PrintFault.RIBBON_OUT])
@pytest.mark.parametrize("side", list(Side))
def test_a_page_that_was_not_taken_is_known_and_printed_later(
    desk: FaultDesk, fault: PrintFault, side: Side
) -> None:
    trial, kind = desk.next_trial(), IntentKind(f"print-{side}")
    desk.printer.arm(fault, side)
    with pytest.raises(PrinterFault):
        make(desk, trial)
    assert outcomes(desk, trial)[kind] is Outcome.NOT_DONE
    desk.printer.repair(ribbon=100)
    asked = instructions(desk)
    assert make(desk, trial).case.state is CaseState.VERIFIED
    assert pages_of(desk, trial) == [Side.FRONT, Side.BACK]
    # A chip that is finished is read, never written again.
    assert not asked & {*WRITES, ACTIVATION}


def test_a_page_in_doubt_stays_in_doubt_until_a_person_says(desk: FaultDesk) -> None:
    trial = desk.next_trial()
    desk.printer.arm(PrintFault.GONE_AFTER, Side.BACK)
    with pytest.raises(PrinterFault):
        make(desk, trial)
    assert outcomes(desk, trial)[IntentKind.PRINT_BACK] is None
    desk.printer.repair()
    # Verify: the clerk sees both pages on the card.
    made = desk.maker.verify(desk.case(trial), heard, never())
    assert (made.case.state, pages_of(desk, trial)) == (CaseState.VERIFIED, [Side.FRONT, Side.BACK])


def test_continuing_prints_a_page_in_doubt_again(desk: FaultDesk) -> None:
    trial = desk.next_trial()
    desk.printer.arm(PrintFault.JAM, Side.FRONT)
    with pytest.raises(PrinterFault):
        make(desk, trial)
    assert outcomes(desk, trial)[IntentKind.PRINT_FRONT] is None
    desk.printer.repair()
    assert make(desk, trial).case.state is CaseState.VERIFIED
    kept = [i.outcome for i in desk.store.journal.intents(desk.case(trial).id)]
    assert kept.count(Outcome.UNKNOWN) == 1
    assert pages_of(desk, trial) == [Side.FRONT, Side.BACK]


def test_verifying_does_not_close_a_case_whose_pages_were_not_printed(desk: FaultDesk) -> None:
    trial = desk.next_trial()
    desk.printer.arm(PrintFault.GONE_BEFORE, Side.BACK)
    with pytest.raises(PrinterFault):
        make(desk, trial)
    desk.printer.repair()
    made = desk.maker.verify(desk.case(trial), heard, never())
    assert made.report is not None
    assert made.report.verified
    assert made.case.state is CaseState.WRITTEN


@pytest.mark.parametrize("role", list(ReaderRole))
def test_a_line_that_breaks_while_verifying_leaves_a_case_to_verify(
    desk: FaultDesk, role: ReaderRole
) -> None:
    trial = desk.next_trial()
    desk.printer.arm(PrintFault.GONE_AFTER, Side.BACK)
    with pytest.raises(PrinterFault):
        make(desk, trial)
    desk.printer.repair()
    line = desk.lines[role]
    line.plan = FaultPlan(line.exchanges + 5, FaultMode.ANSWER_CUT)
    with pytest.raises(AnswerUnknown):
        desk.maker.verify(desk.case(trial), heard, never())
    assert desk.station.sam.identity is None
    assert desk.maker.verify(desk.case(trial), heard, never()).case.state is CaseState.VERIFIED
    assert desk.judge(trial) == []


def register(desk: FaultDesk, certificate: bytes) -> None:
    """The supervisor registers the SAM anew, with the certificate that it came back with."""
    pinned = desk.store.sam.pinned()
    assert pinned is not None
    desk.store.sam.pin(replace(pinned, certificate=sm3(certificate).hex().upper()))
    desk.station.sam.forget()


def test_a_begun_card_is_not_finished_under_another_certificate(desk: FaultDesk) -> None:
    trial = desk.next_trial()
    desk.lines[ReaderRole.CARD].plan = FaultPlan(60, FaultMode.NOT_SENT)
    desk.begin(trial)
    own = desk.sam_chip.state.files[DF01_FID]
    certificate, own[ISSUER_CERTIFICATE] = own[ISSUER_CERTIFICATE], b"\x5a" * 180
    register(desk, own[ISSUER_CERTIFICATE])
    asked = instructions(desk)
    with pytest.raises(PlanChanged):
        make(desk, trial)
    assert asked == set()
    own[ISSUER_CERTIFICATE] = certificate
    register(desk, certificate)
    assert make(desk, trial).case.state is CaseState.VERIFIED
    assert desk.judge(trial) == []


def test_an_open_product_has_no_step_of_locking(tmp_path: Path) -> None:
    desk = FaultDesk(tmp_path, "KT-OPEN")
    trial, told = desk.next_trial(), list[StepEvent]()
    assert make(desk, trial, told.append).case.state is CaseState.VERIFIED
    done = tuple(event.step for event in told if event.mark is Mark.GOOD)
    assert done == steps_of(desk.profile, activates=False)
    assert IssueStep.ACTIVATE not in done
    assert IntentKind.ACTIVATE not in outcomes(desk, trial)
    assert desk.judge(trial) == []
    desk.close()


def test_there_is_nothing_to_verify_before_the_chip_is_finished(desk: FaultDesk) -> None:
    trial = desk.next_trial()
    desk.lines[ReaderRole.CARD].plan = FaultPlan(60, FaultMode.NOT_SENT)
    desk.begin(trial)
    with pytest.raises(ChipNotFinished):
        desk.maker.verify(desk.case(trial), heard, never())


@pytest.mark.parametrize(
    ("step", "after", "pages"),
    [(IssueStep.ACTIVATE, IssueStep.ACTIVATE, []), (IssueStep.PRINT, IssueStep.PRINT, [Side.FRONT])],
)
def test_stopping_between_the_acts_leaves_a_case_to_continue(
    desk: FaultDesk, step: IssueStep, after: IssueStep, pages: list[Side]
) -> None:
    trial, cancel = desk.next_trial(), threading.Event()

    def stop(event: StepEvent) -> None:
        if event.step is step and (event.mark is Mark.GOOD or step is IssueStep.PRINT):
            cancel.set()

    with pytest.raises(Stopped) as stopped:
        desk.maker.make(trial.victim.application.id, stop, cancel)
    assert (stopped.value.after, pages_of(desk, trial)) == (after.value, pages)
    assert make(desk, trial).case.state is CaseState.VERIFIED
    assert desk.judge(trial) == []


def test_an_activation_whose_answer_was_lost_is_settled_by_the_card(desk: FaultDesk) -> None:
    trial = desk.next_trial()
    line = desk.lines[ReaderRole.CARD]

    def lose(number: int, command: bytes) -> None:
        if command[1] == ACTIVATION and line.plan is None:
            line.plan = FaultPlan(number, FaultMode.ANSWER_LOST)

    line.watch = lose
    with pytest.raises(AnswerUnknown):
        make(desk, trial)
    assert outcomes(desk, trial)[IntentKind.ACTIVATE] is None
    assert desk.case(trial).state is CaseState.WRITING
    before = bytes(trial.card.state.eeprom.memory)
    assert make(desk, trial).case.state is CaseState.VERIFIED
    activations = [
        i for i in desk.store.journal.intents(desk.case(trial).id) if i.kind is IntentKind.ACTIVATE
    ]
    assert {i.outcome for i in activations} == {Outcome.DONE}
    assert bytes(trial.card.state.eeprom.memory) == before
    assert desk.judge(trial) == []


def test_results_are_durable_when_making_ends_whatever_way(tmp_path: Path) -> None:
    desk = FaultDesk(tmp_path)
    trial = desk.next_trial()
    desk.printer.arm(PrintFault.GONE_BEFORE, Side.BACK)
    desk.begin(trial)
    case = desk.case(trial)
    assert (case.state, outcomes(desk, trial)[IntentKind.PRINT_FRONT]) == (
        CaseState.WRITTEN,
        Outcome.DONE,
    )
    # Nothing waits for a commit that a crash would prevent.
    commits = desk.store.journal.durable_commits
    desk.store.journal.commit()
    assert desk.store.journal.durable_commits == commits
    assert judge_card(desk, trial.card, trial.victim, finished=True) == []
    desk.close()
