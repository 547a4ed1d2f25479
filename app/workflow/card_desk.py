"""The desk's cards after they are made, as its window and its command line use them: one object."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from app.base.errors import N_, KangkaError
from app.documents.papers import Paper
from app.domain.application import Realm
from app.domain.audit import AuditEvent, AuditKind
from app.domain.card import CardState
from app.domain.desk_rules import Question, VisitorKind
from app.domain.fees import fee_for
from app.domain.order import FIRST_ISSUE
from app.domain.records import Unit
from app.domain.staff import Presence
from app.workflow import cases
from app.workflow.block_card import BlockCard
from app.workflow.card_pages import CardPages
from app.workflow.card_papers import TEMPLATES, CardPapers
from app.workflow.card_ports import CardPorts, held
from app.workflow.card_reader import laid_card
from app.workflow.card_views import (
    CardDone,
    CardRow,
    FeeReason,
    FoundForm,
    HandOverForm,
    Lapsed,
    LossForm,
    LyingCard,
    Reissued,
    ReissueForm,
    ResidentView,
)
from app.workflow.hand_over import HandOver
from app.workflow.issue import CaseUnsettled
from app.workflow.paper_words import PaperWords
from app.workflow.reissue import Reissue
from app.workflow.report_loss import Losses, lapse_due
from app.workflow.views import CaseRow, EnrolDraft, Finding, Settlement

LOOK: Final = "look-up"
READ: Final = "read-card"


@dataclass(eq=False)
class NothingByThat(KangkaError):
    """A number, an application or a person that no card here belongs to."""

    code = "card.nothing-by-that"
    cause = N_("No card here has that number or belongs to that application.")
    meaning = N_("Nothing was done.")
    remedy = N_("Look the holder up by name or number.")


@dataclass(eq=False)
class NoSuchPaper(KangkaError):
    """A paper's number that this card has none of."""

    number: str

    code = "card.no-such-paper"
    cause = N_("This card has no paper with the number {number}.")
    meaning = N_("Nothing was printed.")
    remedy = N_("Choose one of the papers on the holder's page.")


class CardDesk:
    """``app.workflow.card_service.CardService``."""

    def __init__(self, ports: CardPorts) -> None:
        self._ports = ports
        words = PaperWords(ports.rules, ports.codes, ports.fees, ports.workplace)
        self._papers = CardPapers(ports.rules, words)
        self._hand_over = HandOver(ports, self._papers)
        self._losses = Losses(ports, self._papers)
        self._reissue = Reissue(ports, self._papers)
        self._blocks = BlockCard(ports)
        self._pages = CardPages(ports)

    def visitor_kinds(self) -> tuple[VisitorKind, ...]:
        return self._ports.rules.visitors

    def questions(self) -> tuple[tuple[Question, ...], int]:
        return self._ports.rules.questions, self._ports.rules.answers

    def reasons(self) -> tuple[FeeReason, ...]:
        ports = self._ports
        return tuple(
            FeeReason(
                ports.fees.reason(reason),
                fee.fen,
                fee.rule,
                tuple(ports.fees.proofs[proof] for proof in fee.proof),
            )
            for reason in ports.fees.rules
            if reason != FIRST_ISSUE
            for fee in (fee_for(ports.fees, reason, ports.today),)
        )

    # Looking ---------------------------------------------------------------------------------------

    def resident(
        self,
        *,
        person_id: str | None = None,
        application_id: str | None = None,
        card_id: str | None = None,
        whole: bool = False,
    ) -> ResidentView:
        self._ports.gate.enter(LOOK, subject=person_id or application_id or card_id)
        self._lapse_first()

        def look(unit: Unit) -> ResidentView | None:
            person = person_id
            if application_id is not None:
                person = unit.applications.get(application_id).person_id
            elif card_id is not None:
                person = unit.cards.get(card_id).person_id
            return None if person is None else self._pages.resident(unit, person, whole=whole)

        found = self._ports.records.read(look)
        if found is None:
            raise NothingByThat
        if whole:
            self._unmasked(found)
        return replace(found, cases=self._cases(found))

    def find(self, query: str) -> list[CardRow]:
        self._ports.gate.enter(LOOK)
        self._lapse_first()

        def look(unit: Unit) -> list[CardRow]:
            by_number = unit.cards.of_number(self._realm, query.strip().upper())
            if by_number is not None:
                return [self._pages.row(unit, by_number)]
            people = unit.applications.find(self._realm, query)
            rows = (self._pages.person_row(unit, person) for person in people)
            return [row for row in rows if row is not None]

        return self._ports.records.read(look)

    def cards_in(self, state: CardState, after: str | None = None, limit: int = 100) -> list[CardRow]:
        self._ports.gate.enter(LOOK)
        self._lapse_first()
        return self._ports.records.read(
            lambda unit: [
                self._pages.row(unit, card) for card in unit.cards.in_state(state, after, limit)
            ]
        )

    def lapsing(self, within_ms: int) -> list[CardRow]:
        self._ports.gate.enter(LOOK)
        until = self._ports.clock.now_ms() + within_ms
        return self._ports.records.read(
            lambda unit: [self._pages.row(unit, card) for card in unit.cards.lapsing(until)]
        )

    def card_of_case(self, number: str) -> str:
        with self._ports.gate.asked(LOOK, number):
            found = self._ports.records.read(
                lambda unit: unit.cards.of_number(self._realm, number.strip().upper())
            )
            if found is None:
                raise NothingByThat
            return found.id

    def card_of_application(self, application_id: str) -> str:
        """The id of the newest card that was ordered by an application."""

        def look(unit: Unit) -> str:
            person = unit.applications.get(application_id).person_id
            for card in unit.cards.of_person(person):
                if card.application_id == application_id:
                    return card.id
            raise NothingByThat

        with self._ports.gate.asked(LOOK, application_id):
            return self._ports.records.read(look)

    def lying_card(self, cancel: threading.Event) -> LyingCard:
        ports = self._ports
        ports.gate.enter(READ)
        with (
            ports.devices,
            laid_card(ports.station, ports.profile, cancel, serial=None) as laid,
        ):
            serial, blocked = laid.serial, laid.card.blocked()
        card = ports.records.read(lambda unit: unit.cards.of_chip(self._realm, serial))
        if card is None:
            return LyingCard(serial, None, None, None, blocked)
        return LyingCard(serial, card.id, card.person_id, card.state, blocked)

    def card_on_reader(self, cancel: threading.Event) -> str:
        lying = self.lying_card(cancel)
        with self._ports.gate.refusals(READ, lying.chip_serial):
            if lying.card_id is None:
                raise NothingByThat
            return lying.card_id

    def paper(self, card_id: str, number: str) -> Paper:
        self._ports.gate.enter(LOOK, subject=card_id)

        def look(unit: Unit) -> Paper:
            found = held(unit, card_id)
            events = unit.cards.events(card_id)
            for event in events:
                if event.number == number and event.kind in TEMPLATES:
                    return self._papers.of(found.card, found.order, events, event)
            raise NoSuchPaper(number=number)

        return self._ports.records.read(look)

    # Acts ------------------------------------------------------------------------------------------

    def hand_over(
        self, card_id: str, form: HandOverForm, cancel: threading.Event | None = None
    ) -> CardDone:
        return self._hand_over.hand_over(card_id, form, cancel)

    def activate(self, card_id: str, cancel: threading.Event) -> CardDone:
        return self._hand_over.activate(card_id, cancel)

    def report_loss(self, card_id: str, form: LossForm) -> CardDone:
        self._lapse_first()
        return self._losses.report(card_id, form)

    def found(self, card_id: str, form: FoundForm) -> CardDone:
        self._lapse_first()
        return self._losses.found(card_id, form)

    def reissue(self, card_id: str, form: ReissueForm) -> Reissued:
        return self._reissue.order(card_id, form)

    def reissue_draft(self, card_id: str) -> EnrolDraft:
        return self._reissue.draft(card_id)

    def check_reissue(self, card_id: str, draft: EnrolDraft) -> list[Finding]:
        return self._reissue.check(card_id, draft)

    def block(self, card_id: str, cancel: threading.Event, *, fresh: Presence | None) -> CardDone:
        return self._blocks.block(card_id, cancel, fresh=fresh)

    def recover(self, card_id: str) -> CardDone:
        return self._blocks.recover(card_id)

    def lapse(self) -> Lapsed:
        ports = self._ports
        return Lapsed(tuple(lapse_due(ports.records, ports.life, ports.clock.now_ms())))

    # Interrupted blockings ---------------------------------------------------------------------------

    def open_blocks(self) -> list[CaseRow]:
        return self._blocks.open()

    def is_open_block(self, card_id: str) -> bool:
        """Whether this card's blocking was begun and not settled."""
        return any(row.id == card_id for row in self._blocks.open())

    def require_settled(self) -> None:
        """``CaseUnsettled`` while a blocking is open: this reader issues nothing new (decision 1)."""
        for row in self._blocks.open():
            raise CaseUnsettled(case=row.id)

    def settle_block(
        self,
        card_id: str,
        how: Settlement,
        cancel: threading.Event,
        *,
        fresh: Presence | None = None,
    ) -> CardDone:
        if how is Settlement.CONTINUE:
            return self._blocks.block(card_id, cancel, fresh=fresh)
        if how is Settlement.VERIFY:
            return self._blocks.verify(card_id, cancel)
        return self._blocks.recover(card_id)

    # Within ------------------------------------------------------------------------------------------

    @property
    def _realm(self) -> Realm:
        return self._ports.workplace.realm

    def _lapse_first(self) -> None:
        """What is shown is as of now. Where the program can not record that, a look is still a look."""
        with suppress(KangkaError):
            self.lapse()

    def _unmasked(self, found: ResidentView) -> None:
        """Showing a whole number is an act of its own, recorded before it is shown."""
        event = AuditEvent(
            AuditKind.UNMASK,
            act=LOOK,
            realm=self._realm,
            person_id=found.person_id,
            application_id=found.application_id,
        )
        self._ports.records.durable("unmask", lambda unit: unit.audit(event), begins=False)

    def _cases(self, found: ResidentView) -> tuple[CaseRow, ...]:
        """Every making of a card of this person, newest first."""
        journal, applications = self._ports.station.journal, self._ports.station.applications
        rows = []
        for order in found.orders:
            for case in reversed(journal.cases_of(order.id)):
                made_from = applications.get(case.application_id, case.application_version)
                rows.append(cases.case_row(case, journal.intents(case.id), made_from))
        return tuple(rows)
