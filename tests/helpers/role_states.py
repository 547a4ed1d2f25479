"""Prepared desks: every state that a command can meet, made once by the real workflows and then copied.

A ``Place`` is one state of one kind of thing: the prepared desk that it stands in, and what a command
line is told of it. Desks grow out of each other: ``calm`` is a day at the counter, ``closed`` is calm
after its closing, and each of ``queued`` to ``blocking`` is calm with one making or blocking that was
interrupted.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import pytest

from app.devices.ports import PageUnknown, Side
from app.devices.sim.card_printer import PrintFault, SimulatedCardPrinter
from app.domain.application import FrozenApplication
from app.domain.card import CardChange, CardEventKind, CardState
from app.domain.order import ApplicantKind
from app.domain.records import Unit
from app.domain.staff import Role
from app.domain.till import PayMethod
from app.domain.visitor import Checked, Visitor
from app.main import open_desk
from app.opening import Entry, House, Options, made_up_staff
from app.personalize.execute import Stopped
from app.workflow.block_card import BLOCK
from app.workflow.card_views import FoundForm, HandOverForm, LossForm, ReissueForm
from app.workflow.desk import Desk
from app.workflow.views import IssueStep, Mark, Settlement, StepEvent
from tests.helpers.application_files import content_of, write_application
from tests.helpers.people import CHEAP

NOWHERE: Final = "00000000-0000-7000-8000-000000000000"
UNLISTED: Final = "4100000000009999"
_STOCKED: Final = "K-1.csv"
_LIST: Final = ("4100000000000001", "4100000000000002", "4100000000000003")
LEFT: Final = "样例离职"
LEFT_PASSWORD: Final = "left.word-41"
_FLOAT_FEN: Final = 10_000
_PLACES: Final = "places.json"
# Desks in which one making was stopped, by how far it came.
STOPPED: Final = ("queued", "writing", "written", "doubt", "printed")
INTERRUPTED: Final = (*STOPPED, "blocking")
_NEVER: Final = threading.Event()


def entry_of(role: Role) -> Entry:
    """The first made-up person of ``role``."""
    person = next(person for person in made_up_staff() if person.role is role)
    return Entry(person.name, lambda: person.password)


OTHER_CLERK: Final = [person for person in made_up_staff() if person.role is Role.CLERK][1]


@dataclass(frozen=True)
class Place:
    """One state of one thing: in which desk, and the words that a line is filled with."""

    desk: str
    words: dict[str, str]


@dataclass(frozen=True)
class Prepared:
    """The desks in ``folder`` by name; ``places`` by kind of thing and state."""

    folder: Path
    places: dict[str, dict[str, Place]]

    def copy(self, name: str, to: Path) -> Path:
        """A desk's workplace, copied into ``to`` for one run."""
        return Path(shutil.copytree(self.folder / name, to / "desk"))


def prepared_once(folders: pytest.TempPathFactory, *, workers: bool) -> Prepared:
    """The prepared desks of this run: one worker makes them, and every other one takes those."""
    own = folders.getbasetemp()
    shared = own.parent if workers else own
    with (shared / "role-desks.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return prepared(shared / "role-desks")


def prepared(folder: Path) -> Prepared:
    """The prepared desks in ``folder``, made where they are not there yet."""
    kept = folder / _PLACES
    if not kept.exists():
        made = _Making(folder).make().places
        rows = {kind: {name: asdict(place) for name, place in made[kind].items()} for kind in made}
        kept.write_text(json.dumps(rows), encoding="utf-8")
    told = json.loads(kept.read_text(encoding="utf-8"))
    places = {
        kind: {name: Place(**place) for name, place in states.items()} for kind, states in told.items()
    }
    return Prepared(folder, places)


@dataclass
class _Making:
    """The desks as they are being made. Files of people lie beside them, never in them."""

    folder: Path
    places: dict[str, dict[str, Place]] = field(default_factory=dict)
    # The next made-up person of those whose application comes as a file.
    files: Iterator[int] = field(default_factory=lambda: iter(range(500, 600)))

    def make(self) -> _Making:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_files()
        self._new()
        self._grow("new", "calm", self._calm)
        self._grow("calm", "closed", self._closed)
        self._grow("closed", "again", lambda desk: desk.till.open_shift(0))
        self._grow("closed", "another", lambda desk: desk.till.open_shift(0), other=True)
        for name in STOPPED:
            self._grow("calm", name, lambda desk, name=name: self._stopped(desk, name))
        self._grow("calm", "blocking", self._blocking)
        for name in ("new", "calm", "closed", "again", "another", *INTERRUPTED):
            self._shift(name)
        return self

    def _put(self, kind: str, state: str, desk: str, **words: str) -> None:
        self.places.setdefault(kind, {})[state] = Place(desk, words)

    # ---------------------------------------------------------------------------------- the desks

    @contextmanager
    def _at(self, name: str, entry: Entry | None = None) -> Iterator[Desk]:
        options = Options(data=self.folder / name, entry=entry)
        with open_desk(options, house=House(cost=CHEAP)) as desk:
            yield desk

    def _grow(self, old: str, name: str, act: Callable[[Desk], object], *, other: bool = False) -> None:
        shutil.copytree(self.folder / old, self.folder / name)
        who = Entry(OTHER_CLERK.name, lambda: OTHER_CLERK.password) if other else None
        with self._at(name, who) as desk:
            act(desk)

    def _new(self) -> None:
        """People, one of whom left; nothing else. Their verifiers are made at a test's cost."""
        with self._at("new") as desk:
            verifiers = House(cost=CHEAP).verifiers()
            known = {person.name: person.password for person in made_up_staff()}

            def renew(unit: Unit) -> None:
                for member in unit.staff.everyone():
                    password = known[member.name]
                    unit.staff.renew(member.id, verifiers.of_password(password, member.name))

            desk._parts.records.durable("test", renew)
            # Each was here before: a first sign-in leaves more than a later one.
            for person in made_up_staff():
                desk.sign_in.sign_in(person.name, person.password)
        with self._at("new", entry_of(Role.SECURITY)) as desk:
            desk.staff.add(LEFT, Role.CLERK, LEFT_PASSWORD)
            desk.staff.change(LEFT, active=False)
        self._put("person", "colleague", "new", name=OTHER_CLERK.name)
        self._put("person", "oneself", "new", name=entry_of(Role.SECURITY).name)
        self._put("person", "left", "new", name=LEFT)
        self._put("person", "nowhere", "new", name="没有此人")

    def _calm(self, desk: Desk) -> None:
        with self._at("calm", entry_of(Role.SUPERVISOR)) as beside:
            beside.stock.take_in(self.folder / "files" / _STOCKED)
            beside.stock.give_back([_LIST[2]], "多领")
            own = beside.enrol_file(self._file(), typed=True)
        desk.stock.spoil(_LIST[1], "弯折")
        desk.till.open_shift(_FLOAT_FEN)
        for state, serial in zip(("on-hand", "spoiled", "returned"), _LIST, strict=True):
            self._blank(state, "calm", serial)
        self._blank("nowhere", "calm", UNLISTED)
        self._put("application", "to-approve-own", "calm", application=own)
        self._applications(desk)
        self._cards(desk)
        self._reissued(desk)

    def _applications(self, desk: Desk) -> None:
        for state in ("approved", "to-approve", "returned", "withdrawn"):
            application = desk.enrol_file(self._file(), typed=state != "approved")
            self._put("application", state, "calm", application=application)
            if state == "withdrawn":
                desk.approvals.withdraw(application, "样例：不再申请")
            if state == "returned":
                with self._at("calm", entry_of(Role.SUPERVISOR)) as beside:
                    beside.approvals.send_back(application, "样例：照片不清")
        self._put("application", "nowhere", "calm", application=NOWHERE)
        # A card that was spoiled in the making: another one may be made of the same application.
        application = desk.enrol_file(self._file())
        case = self._stop(desk, application, IssueStep.HOLDER)
        desk.settle(case, Settlement.SPOIL, _heard, _NEVER, "misprint")
        self._put("application", "spoiled", "calm", application=application)
        self._put("case", "spoiled", "calm", case=case, application=application)
        self._put("card", "spoiled", "calm", **self._card_words(desk, case))
        nowhere = {"card": NOWHERE, "number": "X02-C000099", "application": NOWHERE}
        self._put("card", "nowhere", "calm", **nowhere, **self._holder(desk, application))
        self._put("case", "nowhere", "calm", case=NOWHERE)

    def _cards(self, desk: Desk) -> None:
        """One made card in each state from the box to the written loss."""
        ready = self._issued(desk, "ready")
        issued = desk._parts.journal.case(ready).chip_serial or ""
        self._blank("issued", "calm", issued)
        application = self.places["card"]["ready"].words["application"]
        self._put("application", "done", "calm", application=application)
        self._put("case", "verified", "calm", case=ready, application=application)
        self._in_state(desk, "collected")
        self._in_state(desk, "in-use")
        self._in_state(desk, "provisionally-lost")
        self._in_state(desk, "lost")
        # Who comes for a first card: somebody unknown, and the holder of a card.
        resident = desk._parts.applications.get(application).resident
        path = self.folder / "files" / "holder.json"
        path.write_text(json.dumps(content_of(resident), ensure_ascii=False), encoding="utf-8")
        self._put("comer", "unknown", "calm", comer=str(self._file()))
        self._put("comer", "holder", "calm", comer=str(path))

    def _reissued(self, desk: Desk) -> None:
        """Dead cards, and the orders in their place: owing, paid, with a receipt that was voided."""
        for state, order in (("dead", "owing"), ("blocked", "paid"), ("recovered", "voided")):
            card = self._in_state(desk, state)
            who = _visitor(self.places["card"][state].words)
            again = desk.cards.reissue(card, ReissueForm(who)).application_id
            self._put("application", order, "calm", application=again)
            if state != "dead":
                desk.cards.block(card, _NEVER, fresh=desk.fresh(BLOCK))
                receipt = desk.till.take(again, PayMethod.CASH).number
                self._put("receipt", "issued", "calm", receipt=receipt)
        desk.cards.recover(self.places["card"]["recovered"].words["card"])
        supervisor = entry_of(Role.SUPERVISOR)
        second = desk.sign_in.present("void-receipt", supervisor.name, supervisor.password())
        desk.till.void(receipt, "wrong-method", second, desk.fresh("void-receipt"))
        self._put("receipt", "voided", "calm", receipt=receipt)
        paid = self.places["application"]["paid"].words["application"]
        [live] = [row.number for row in desk.till.receipts() if row.application_id == paid]
        self._put("receipt", "issued", "calm", receipt=live)
        self._put("receipt", "of-an-earlier-shift", "again", receipt=live)
        self._put("receipt", "no-shift", "closed", receipt=live)
        self._put("receipt", "shift-of-another", "another", receipt=live)
        self._put("receipt", "nowhere", "calm", receipt="X02-R000099")
        owing = self.places["application"]["owing"].words["application"]
        self._put("application", "owing-no-shift", "closed", application=owing)
        approved = self.places["application"]["approved"].words["application"]
        self._put("application", "approved-no-shift", "closed", application=approved)
        self._put("application", "owing-shift-of-another", "another", application=owing)

    def _closed(self, desk: Desk) -> None:
        view = desk.till.view()
        assert view is not None
        desk.till.close(view.state.expected_fen, view.state.cards.on_hand)

    def _stopped(self, desk: Desk, name: str) -> None:
        """One making that was interrupted, beside an application that waits."""
        waiting = self.places["application"]["approved"].words["application"]
        self._put("application", f"beside-{name}", name, application=waiting)
        application = self.places["application"]["spoiled"].words["application"]
        if name == "queued":
            case = desk._parts.journal.open_case(desk._parts.applications.get(application)).id
        elif name == "doubt":
            printer = desk._parts.station.printer
            assert isinstance(printer, SimulatedCardPrinter)
            printer.arm(PrintFault.GONE_AFTER, Side.FRONT)
            case = self._stop(desk, application, None)
        else:
            steps = {"writing": IssueStep.HOLDER, "written": IssueStep.PRINT}
            case = self._stop(desk, application, steps.get(name, IssueStep.READ_AGAIN))
        self._put("application", name, name, application=application)
        self._put("case", name, name, case=case, application=application)
        self._put("card", f"making-{name}", name, **self._card_words(desk, case))
        if name == "writing":
            self._blank("bound", name, desk._parts.journal.case(case).chip_serial or "")

    def _blocking(self, desk: Desk) -> None:
        """What a power cut leaves between the record that a chip will be told and its answer."""
        words = self.places["card"]["dead"].words

        def begin(unit: Unit) -> None:
            card = unit.cards.get(words["card"])
            change = CardChange(CardEventKind.BEGIN_BLOCK, CardState.BLOCKING, valid_ms=unit.at_ms)
            unit.cards.record(card, change)

        desk._parts.records.durable("begin-block", begin)
        self._put("card", "blocking", "blocking", **words)
        self._put("case", "blocking", "blocking", case=words["card"], application=words["application"])
        waiting = self.places["application"]["approved"].words["application"]
        self._put("application", "beside-blocking", "blocking", application=waiting)

    def _shift(self, name: str) -> None:
        with self._at(name) as desk:
            view = desk.till.view()
            counts = desk.stock.counts()
        cash = "0" if view is None else str(view.state.expected_fen)
        cards = counts.on_hand if view is None else view.state.cards.on_hand
        self._put("shift", name, name, cash=cash, cards=str(cards))

    # --------------------------------------------------------------------------------- its cards

    def _issued(self, desk: Desk, state: str) -> str:
        """A made card of the next grown-up who comes to the identity reader."""
        application = desk.enrol_from_reader(_NEVER)
        while not _comes_alone(desk._parts.applications.get(application)):
            application = desk.enrol_from_reader(_NEVER)
        card = desk.issue(application, _heard, _NEVER).case_id
        self._put("card", state, "calm", **self._card_words(desk, card))
        return card

    def _in_state(self, desk: Desk, state: str) -> str:
        """A card that went through its life up to ``state``, or up to the written loss."""
        card = self._issued(desk, state)
        who = _visitor(self.places["card"][state].words)
        desk.cards.hand_over(card, HandOverForm(who))
        if state == "collected":
            return card
        desk.cards.activate(card, _NEVER)
        if state == "in-use":
            return card
        desk.cards.report_loss(card, LossForm(who, provisional=True))
        if state == "provisionally-lost":
            return card
        desk.cards.found(card, FoundForm(who))
        desk.cards.report_loss(card, LossForm(who))
        return card

    def _stop(self, desk: Desk, application: str, before: IssueStep | None) -> str:
        """Interrupt a making as its step begins; the case that it left."""
        cancel = threading.Event()

        def heard(event: StepEvent) -> None:
            if event.step is before and event.mark is Mark.WORKING:
                if before is IssueStep.READ_AGAIN:
                    raise _Cut
                cancel.set()

        with suppress(Stopped, PageUnknown, _Cut):
            desk.issue(application, heard, cancel)
        return desk._parts.journal.cases_of(application)[-1].id

    def _card_words(self, desk: Desk, card: str) -> dict[str, str]:
        found = desk._parts.journal.case(card)
        holder = self._holder(desk, found.application_id)
        return {"card": card, "number": found.number, "application": found.application_id} | holder

    # ----------------------------------------------------------------------------- files of people

    def _holder(self, desk: Desk, application: str) -> dict[str, str]:
        """What the holder says at the counter and on the telephone, as files."""
        resident = desk._parts.applications.get(application).resident
        me = {"number": resident.number, "seen": True}
        answers = {"phone": resident.phones[0], "name": resident.name}
        call = {"phone": "13800009999", "answers": answers}
        return {
            name: str(self._json(f"{name}-{application}", told))
            for name, told in (("me", me), ("call", call))
        }

    def _json(self, name: str, content: object) -> Path:
        path = self.folder / "files" / f"{name}.json"
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return path

    def _file(self) -> Path:
        return write_application(self.folder / "files", next(self.files))

    def _write_files(self) -> None:
        (self.folder / "files").mkdir()
        stocked = self.folder / "files" / _STOCKED
        stocked.write_text("".join(f"{serial}\n" for serial in _LIST), encoding="utf-8")

    def _blank(self, state: str, desk: str, serial: str) -> None:
        path = self.folder / "files" / f"one-{state}.csv"
        path.write_text(serial + "\n", encoding="utf-8")
        self._put("blank", state, desk, serial=serial, list=str(path))


class _Cut(Exception):
    """The power went."""


def _comes_alone(application: FrozenApplication) -> bool:
    applicant = application.applicant
    return applicant is None or applicant.kind is ApplicantKind.SELF


def _visitor(words: dict[str, str]) -> Visitor:
    told = json.loads(Path(words["me"]).read_text(encoding="utf-8"))
    return Visitor(checked=Checked.SEEN, number=told["number"])


def _heard(_event: StepEvent) -> None:
    """Nobody listens."""
