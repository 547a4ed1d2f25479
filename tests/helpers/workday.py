"""A desk's whole day, act by act, by the real workflows: from the first box to the closing.

Each step looks at the records first and does what is still missing, as people do after a power cut, so
that a step that was killed can simply be done again. Nothing here says what is written: it asks the
``Desk`` that window and command line ask.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from app.domain.application import Realm
from app.domain.audit import AuditQuery
from app.domain.card import Card, CardState
from app.domain.loss import LossChannel
from app.domain.ports import CaseState
from app.domain.records import Unit
from app.domain.staff import Presence, Role
from app.domain.stock import BlankState
from app.domain.till import PayMethod
from app.domain.visitor import Checked, Visitor
from app.personalize.execute import Stopped
from app.workflow.card_views import FoundForm, HandOverForm, LossForm, ReissueForm
from app.workflow.issue import ChipNotFinished
from app.workflow.sign_in import PinRefused, SignInRefused, SignInWaits
from app.workflow.views import DraftSource, EnrolDraft, IssueStep, Settlement, StepEvent
from tests.helpers.application_files import write_application
from tests.helpers.people import NAMES, PASSWORDS
from tests.helpers.workday_place import CROWD, Opened

FLOAT_FEN: Final = 10_000
PIN: Final = "739184"
COLLEAGUE, LEAVER = "样例经办二", "样例离岗员"
_FIRST, _OWN, _RESET = "field.bridge-31", "stone.lantern-42", "paper.window-53"
# Grown people of the crowd: read from the card, typed and approved later, typed beside a second person,
# from a file, typed and sent back.
READ, TYPED, BESIDE, FILED, RETURNED = 0, 1, 2, 3, 5
MINUTE_MS: Final = 60_000


@dataclass(frozen=True)
class Variant:
    """How the fee is settled first and then, where the interrupted card stops and how it is settled,
    how a loss ends."""

    methods: tuple[PayMethod, PayMethod]
    stops: IssueStep
    settles: Settlement
    ends_loss: str


_CASH, _SCAN, _WAIVED = PayMethod.CASH, PayMethod.SCAN, PayMethod.WAIVED
VARIANTS: Final = (
    Variant((_CASH, _WAIVED), IssueStep.IDENTITY, Settlement.CONTINUE, "lapse"),
    Variant((_WAIVED, _SCAN), IssueStep.PRINT, Settlement.VERIFY, "found"),
    Variant((_SCAN, _CASH), IssueStep.IDENTITY, Settlement.SPOIL, "found"),
    Variant((_CASH, _SCAN), IssueStep.ACTIVATE, Settlement.SPOIL, "lapse"),
)


class Workday:
    """The acts over one opened desk."""

    def __init__(self, opened: Opened, variant: Variant) -> None:
        self.opened = opened
        self.desk = opened.desk
        self.variant = variant
        self._never = threading.Event()

    # ------------------------------------------------------------------------------- looking

    def read(self, look: Callable[[Unit], Any]) -> Any:
        return self.opened.store.records.read(look)

    def sign_in(self, role: Role) -> None:
        self.desk.sign_in.sign_in(NAMES[role], PASSWORDS[role])

    def application(self, person: int) -> str | None:
        """The newest application of a person of the crowd."""

        def look(unit: Unit) -> str | None:
            known = unit.applications.person_of(Realm.LIVE, CROWD.person(person))
            return None if known is None else unit.applications.of_person(known)[-1]

        found: str | None = self.read(look)
        return found

    def there(self, person: int) -> str:
        found = self.application(person)
        assert found is not None
        return found

    def state(self, person: int) -> str:
        application = self.there(person)
        return str(self.read(lambda unit: unit.applications.state_of(application)))

    def cards(self, person: int) -> list[Card]:
        """A person's cards that were made, the first one first."""

        def look(unit: Unit) -> list[Card]:
            known = unit.applications.person_of(Realm.LIVE, CROWD.person(person))
            return [] if known is None else [c for c in unit.cards.of_person(known) if c.made][::-1]

        found: list[Card] = self.read(look)
        return found

    def closings(self) -> int:
        return len(self.read(lambda unit: unit.till.closings()))

    def beside(self, act: str) -> Presence:
        """The supervisor on the spot."""
        name, password = NAMES[Role.SUPERVISOR], PASSWORDS[Role.SUPERVISOR]
        return self.desk.sign_in.present(act, name, password)

    def again(self, act: str) -> Presence:
        return self.desk.sign_in.present_again(act, PASSWORDS[Role.CLERK])

    # -------------------------------------------------------------------------------- people

    def wrong_passwords(self) -> None:
        for _ in range(4):
            with suppress(SignInRefused, SignInWaits):
                self.desk.sign_in.sign_in(NAMES[Role.CLERK], "no.password-0")

    def comes_in(self) -> None:
        self.sign_in(Role.CLERK)
        self.desk.begin_shift()

    def sets_pin(self) -> None:
        self.desk.sign_in.set_pin(PASSWORDS[Role.CLERK], PIN)

    def locks(self) -> None:
        """Locked, a wrong PIN, unlocked; somebody else sits down and the clerk comes back."""
        people = self.desk.sign_in
        people.lock()
        with suppress(PinRefused):
            people.unlock("0000")
        people.unlock(PIN)
        self.sign_in(Role.SUPERVISOR)
        people.change(NAMES[Role.CLERK], PIN)
        people.sign_out()

    def adds(self) -> None:
        known = {member.name for member in self.desk.staff.everyone()}
        if COLLEAGUE not in known:
            number = CROWD.person(7).citizen_id or ""
            self.desk.staff.add(COLLEAGUE, Role.CLERK, _FIRST, number)
        if LEAVER not in known:
            self.desk.staff.add(LEAVER, Role.CLERK, _FIRST)

    def changes(self) -> None:
        self.desk.staff.change(LEAVER, role=Role.SUPERVISOR)
        self.desk.staff.set_number(LEAVER, CROWD.person(8).citizen_id or "")
        self.desk.staff.change(LEAVER, active=False)

    def own_password(self) -> None:
        """Who does not know whether it was changed tries both, and serves a wait where one is due."""
        people = self.desk.sign_in
        for password in (_OWN, _FIRST):
            with suppress(SignInWaits):
                self._tries(password)
            if people.state().present is None:
                self.opened.clock.advance(MINUTE_MS)
                self._tries(password)
            if people.state().present is not None:
                break
        if password == _FIRST:
            people.change_password(_FIRST, _OWN)

    def _tries(self, password: str) -> None:
        with suppress(SignInRefused):
            self.desk.sign_in.sign_in(COLLEAGUE, password)

    def resets(self) -> None:
        self.desk.staff.set_password(COLLEAGUE, _RESET)

    def settles_in(self) -> None:
        """Where residents collect their cards, which stands on papers from the next opening on."""
        self.desk.settings.set("collect_at", "样例大厅三号窗口")

    # -------------------------------------------------------------------------------- the box

    def takes_in(self) -> None:
        if not self.desk.stock.counts().on_hand:
            self.desk.stock.take_in(self.opened.beside / "box-1.txt")

    def sorts_out(self) -> None:
        """One card is unfit, one goes back."""
        *_rest, back, unfit = (self.opened.beside / "box-1.txt").read_text().split()
        if not self.desk.stock.cards(BlankState.SPOILED):
            self.desk.stock.spoil(unfit, "弯折")
        if not self.desk.stock.cards(BlankState.RETURNED):
            self.desk.stock.give_back([back], "供货方收回")

    # ------------------------------------------------------------------------------ the shift

    def opens_shift(self, after: int) -> None:
        if self.closings() == after and self.desk.till.view() is None:
            self.desk.till.open_shift(FLOAT_FEN)

    def closes(self, before: int, off_fen: int = 0, *, colleague: bool = False) -> None:
        """Close on what is counted, one fen short or by somebody else where the second signs; print."""
        if colleague:
            self.desk.sign_in.sign_in(COLLEAGUE, _RESET)
        if self.closings() == before:
            view = self.desk.till.view()
            assert view is not None
            fen, cards = view.state.expected_fen - off_fen, view.state.cards.on_hand
            act = self.desk.till.closing_act(fen, cards)
            second = self.beside(act) if off_fen or colleague else None
            self.desk.till.close(fen, cards, "找零差一分" if off_fen else "", second)
        [last, *_] = self.desk.till.closings()
        self.desk.papers.print(self.desk.till.closing_paper(last.number))

    # ------------------------------------------------------------------------------ enrolment

    def told(self, person: int, source: DraftSource = DraftSource.TYPED) -> EnrolDraft:
        return replace(self.desk.draft_from_training(person), source=source)

    def enrols_read(self) -> None:
        if self.application(READ) is None:
            draft = self.desk.draft_from_training(READ)
            self.desk.save(draft.taking(self.desk.read_identity(self._never)))

    def enrols_typed(self) -> None:
        for person in (TYPED, RETURNED):
            if self.application(person) is None:
                self.desk.save(self.told(person))

    def enrols_beside(self) -> None:
        if self.application(BESIDE) is None:
            self.desk.save(self.told(BESIDE), self.beside("enrol-typed"))

    def enrols_file(self) -> None:
        if self.application(FILED) is None:
            self.desk.enrol_file(write_application(self.opened.beside / "files", FILED))

    def approves(self) -> None:
        desk = self.desk.approvals
        if self.state(TYPED) == "to-approve":
            desk.application(self.there(TYPED))
            desk.approve(self.there(TYPED))
        if self.state(RETURNED) == "to-approve":
            desk.send_back(self.there(RETURNED), "照片不清")

    def withdraws(self) -> None:
        if self.state(RETURNED) == "returned":
            self.desk.approvals.withdraw(self.there(RETURNED), "本人不办了")

    def prints_form(self) -> None:
        for paper in self.desk.application_papers(self.there(READ)):
            self.desk.papers.print(paper)

    # -------------------------------------------------------------------------------- a card

    def made(self, person: int) -> None:
        """The card of the newest application, whatever was begun of it."""
        application = self.there(person)
        while not self.verified(application):
            opened = [row for row in self.desk.open_cases() if row.application_id == application]
            if not opened:
                self.desk.issue(application, unheard, self._never)
            else:
                self.settles(opened[0].id)

    def verified(self, application: str) -> bool:
        cases = self.opened.store.journal.cases_of(application)
        return any(case.state is CaseState.VERIFIED for case in cases)

    def settles(self, case: str) -> None:
        """By the variant's way; what is only looked at and not whole yet is continued."""
        with suppress(ChipNotFinished):
            self.desk.settle(case, self.variant.settles, unheard, self._never, "断电")
        if any(row.id == case for row in self.desk.open_cases()):
            self.desk.settle(case, Settlement.CONTINUE, unheard, self._never)

    def interrupted(self) -> None:
        """A card whose making the clerk stops after the variant's step."""
        stop = threading.Event()

        def heard(event: StepEvent) -> None:
            if event.step is self.variant.stops:
                stop.set()

        application = self.there(TYPED)
        if not self.opened.store.journal.cases_of(application):
            with suppress(Stopped):
                self.desk.issue(application, heard, stop)

    def himself(self, person: int) -> Visitor:
        return Visitor(kind="1", checked=Checked.READER, number=CROWD.person(person).number)

    def hands_over(self, person: int, *, activate: bool) -> None:
        card = self.cards(person)[-1]
        if card.state is CardState.READY:
            form = HandOverForm(self.himself(person), activate=activate)
            for paper in self.desk.cards.hand_over(card.id, form, self._never).papers:
                self.desk.papers.print(paper)

    def activates(self) -> None:
        self.desk.cards.activate(self.cards(READ)[0].id, self._never)

    # -------------------------------------------------------------------------- loss, reissue

    def calls(self) -> None:
        """The loss is told by telephone, provisionally."""
        card, person = self.cards(READ)[0], CROWD.person(READ)
        if card.state is CardState.IN_USE:
            caller = Visitor(kind="1", phone=person.phones[0])
            [name, birth] = [self.desk.cards.questions()[0][place] for place in (0, 3)]
            answers = {name: person.name, birth: person.birth_date}
            form = LossForm(caller, provisional=True, channel=LossChannel.PHONE, answers=answers)
            for paper in self.desk.cards.report_loss(card.id, form).papers:
                self.desk.papers.print(paper)

    def found(self, person: int) -> None:
        card = self.cards(person)[0]
        if card.state in (CardState.PROVISIONALLY_LOST, CardState.LOST):
            self.desk.cards.found(card.id, FoundForm(self.himself(person)))

    def lapses(self) -> None:
        self.desk.cards.lapse()

    def loses(self, person: int) -> None:
        card = self.cards(person)[0]
        if card.state is CardState.IN_USE:
            self.desk.cards.report_loss(card.id, LossForm(self.himself(person)))

    def reissues(self) -> None:
        card = self.cards(READ)[0]
        if card.state is CardState.LOST:
            for paper in self.desk.cards.reissue(card.id, ReissueForm(self.himself(READ))).papers:
                self.desk.papers.print(paper)

    def takes_fee(self, count: int) -> None:
        """The ``count``th receipt of the reissue."""
        application, till = self.there(READ), self.desk.till
        if len(till.receipts()) >= count:
            return
        method = self.variant.methods[count - 1]
        if method is _WAIVED:
            second = self.beside("waive-fee")
            till.waive(application, "hardship", "hardship-certificate", second)
        else:
            till.take(application, method)

    def voids(self) -> None:
        [receipt, *more] = self.desk.till.receipts()
        if not more and receipt.state.value == "issued":
            second, fresh = self.beside("void-receipt"), self.again("void-receipt")
            self.desk.till.void(receipt.number, "wrong-method", second, fresh)

    def copies(self) -> None:
        receipt = self.desk.till.receipts()[-1]
        self.desk.papers.print(self.desk.till.receipt_paper(receipt.number))

    def blocks(self) -> None:
        """The found old card; a blocking that was interrupted is settled first."""
        card = self.cards(READ)[0]
        if card.state is CardState.BLOCKING:
            self.desk.settle(card.id, Settlement.VERIFY, unheard, self._never)
        if self.cards(READ)[0].state is CardState.DEAD:
            self.desk.cards.block(card.id, self._never, fresh=self.again("block-card"))

    def recovers(self) -> None:
        card = self.cards(READ)[0]
        if card.state is CardState.BLOCKED:
            self.desk.cards.recover(card.id)

    # ------------------------------------------------------------------------- looking after

    def looks_whole(self) -> None:
        self.desk.cards.resident(card_id=self.cards(READ)[0].id, whole=True)

    def reads_card(self) -> None:
        self.desk.read_card(self._never)

    def audits(self) -> None:
        assert self.desk.audit.verify(full=True).ok
        row = next(row for row in self.desk.audit.page(AuditQuery(limit=500)).rows if row.sealed)
        self.desk.audit.detail(row)


def unheard(_event: StepEvent) -> None:
    """Nobody watches the steps."""
