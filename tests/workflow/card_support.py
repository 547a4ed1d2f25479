"""A counter with cards: the real store, the real workflows, chips on the training bench."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.base.clock import ManualClock, civil_date
from app.base.ids import uuid7
from app.base.resources import read_toml, resource
from app.cardspec.product import load_products
from app.cardspec.profile import load_profile
from app.crypto.sm3 import hmac_sm3
from app.devices.channel import ApduChannel
from app.devices.ports import IdReader, ReaderRole
from app.devices.sim.card_printer import SimulatedCardPrinter
from app.devices.sim.workbench import TRAINING_PIN, Workbench, WorkbenchSpec
from app.domain.application import FrozenApplication, Realm, card_data, freeze
from app.domain.audit import AuditKind, AuditQuery, AuditRow
from app.domain.card import Card, CardState
from app.domain.codes import load_codes
from app.domain.desk_rules import DeskRules, load_desk_rules
from app.domain.evidence import Evidence
from app.domain.fees import load_fees
from app.domain.id_number import check_digit
from app.domain.lives import load_life
from app.domain.made_up import made_up_resident
from app.domain.order import Applicant, ApplicantKind, Approval, Consent
from app.domain.ports import CaseState, IntentKind, Outcome
from app.domain.records import Unit
from app.domain.resident import Resident
from app.domain.settings import workplace_settings
from app.domain.staff import PROGRAM, Actor, Presence, Role, load_permissions
from app.domain.till import PayMethod
from app.domain.visitor import Checked, Visitor
from app.store.store import Store, StoreContext, open_or_create, open_store
from app.workflow.card_desk import CardDesk
from app.workflow.card_ports import CardPorts
from app.workflow.card_views import FoundForm, HandOverForm, LossForm, ReissueForm
from app.workflow.enrol import Enrolment, EnrolPorts
from app.workflow.gate import Gate, Session
from app.workflow.issue import Maker, Station
from app.workflow.sam_desk import SamDesk
from app.workflow.workplace import workplace_of
from tests.helpers.harness import PAGES
from tests.helpers.making import SeededRandom

CITY_CODE = "410100"
# A Sunday noon in China
NOON = 1_795_320_000_000
DAY = 86_400_000
CLERK = Actor("staff-clerk", "经办甲", Role.CLERK)
SUPERVISOR = Actor("staff-supervisor", "主管乙", Role.SUPERVISOR)
AGENT = Visitor(
    kind="2",
    checked=Checked.SEEN,
    number="11010119900307" + "002" + check_digit("11010119900307002"),
    name="代办样例",
    phone="13900002222",
    relation="1",
)


def nobody_reads() -> IdReader:
    """A counter whose documents are only looked at."""
    raise AssertionError("no document is read here")


def minor(number: int = 1) -> Resident:
    """A made-up child of eleven."""
    grown = made_up_resident(number)
    first17 = "41010220150307001"
    return replace(
        grown,
        birth_date="20150307",
        sex="2" if int(first17[16]) % 2 == 0 else "1",
        citizen_id=first17 + check_digit(first17),
        other_document=None,
    )


class Counter:
    """One desk in training; ``session`` is who is signed in."""

    def __init__(
        self,
        folder: Path,
        actor: Actor = CLERK,
        *,
        rules: DeskRules | None = None,
        on_commit: Callable[[str], None] | None = None,
        seed: int = 7,
    ) -> None:
        self.folder = folder
        self.clock = ManualClock(NOON)
        self.random = SeededRandom(seed)
        self.session = Session(actor)
        self.profile = load_profile()
        self.products = load_products()
        self.rules = rules or load_desk_rules()
        self.codes = load_codes()
        self.heard: Callable[[str], None] = on_commit or (lambda _point: None)
        spec = WorkbenchSpec(self.products, self.profile, "KT-SECURED", CITY_CODE)
        self.bench = Workbench(spec, folder / "bench", self.random)
        self.context = StoreContext(
            realm=Realm.TRAINING,
            clock=self.clock,
            random=self.random,
            desk="02",
            on_commit=self._committed,
            who=lambda: self.session.present or PROGRAM,
        )
        self.store: Store = open_or_create(folder / "store", self.context)
        self._compose()

    def _committed(self, point: str) -> None:
        if point.startswith("before"):
            self.bench.keep()
        self.heard(point)

    def _compose(self) -> None:
        store = self.store
        key = store.digest_key()
        settings = workplace_settings(read_toml(resource("training", "desk.toml")))
        self.place = workplace_of(settings, self.profile, Realm.TRAINING, simulated=True)
        self.station = Station(
            applications=store.applications,
            journal=store.journal,
            reader=self.bench.reader,
            channel=lambda chosen: ApduChannel(chosen.connect(), ReaderRole.CARD),
            hands=self.bench,
            sam=SamDesk(
                connect=lambda: ApduChannel(self.bench.slot.connect(), ReaderRole.SAM),
                products=self.products,
                city_code=CITY_CODE,
                register=store.sam,
                pin=lambda: TRAINING_PIN,
            ),
            printer=SimulatedCardPrinter(self.folder / "printed"),
            products=self.products,
            profile=lambda _application: self.profile,
            faces=lambda _application: PAGES,
            clock=self.clock,
            random=self.random,
            digest=lambda data: hmac_sm3(key, data),
            card_wait_ms=0,
        )
        self.permissions = load_permissions()
        self.gate = Gate(self.session, self.permissions, store.records, self.clock)
        self.enrolment = Enrolment(
            EnrolPorts(
                records=store.records,
                gate=self.gate,
                rules=self.rules,
                fees=load_fees(),
                id_reader=nobody_reads,
                made_up=None,
                profile=self.profile,
                codes=self.codes,
                workplace=self.place,
                clock=self.clock,
                random=self.random,
            )
        )
        self.ports = CardPorts(
            gate=self.gate,
            records=store.records,
            station=self.station,
            life=load_life("card"),
            orders=load_life("application"),
            rules=self.rules,
            codes=self.codes,
            profile=self.profile,
            workplace=self.place,
            permissions=self.permissions,
            clock=self.clock,
            random=self.random,
            devices=threading.Lock(),
            fees=load_fees(),
            check=self.enrolment.check,
            collect=self.enrolment.collect,
        )
        self.desk = CardDesk(self.ports)

    def reopen(self) -> None:
        """The program anew, as after a power cut: what was not durable is gone."""
        self.store._database.close()
        self.station.sam.forget()
        spec = WorkbenchSpec(self.products, self.profile, "KT-SECURED", CITY_CODE)
        self.bench = Workbench(spec, self.folder / "bench", self.random)
        self.store = open_store(self.folder / "store", self.context)
        self._compose()

    def close(self) -> None:
        self.store.close()

    # People and cards ------------------------------------------------------------------------------

    def order(self, number: int = 1, resident: Resident | None = None) -> FrozenApplication:
        """The kept and approved application of a made-up person."""
        person = resident or made_up_resident(number, photo=b"\xff\xd8 photo \xff\xd9")
        # Ids sort by the millisecond they were made in, and here no time passes by itself.
        self.clock.advance(1)
        now = self.clock.now_ms()
        card = card_data(
            person,
            self.place.facts,
            self.profile.rules,
            issued=civil_date(now),
            security_code="123",
        )
        known = self.store.applications.person_of(Realm.TRAINING, person)
        found = freeze(
            person,
            card,
            id=uuid7(self.clock, self.random),
            person_id=known or uuid7(self.clock, self.random),
            realm=Realm.TRAINING,
            profile_id=self.profile.id,
            profile_hash=self.profile.content_hash,
            frozen_at_ms=now,
            evidence=Evidence(CLERK.name, now, (), collected_by_id=CLERK.id),
            consent=Consent(self.codes["consent"].codes[-1].code, ApplicantKind.SELF, now),
            applicant=Applicant(ApplicantKind.SELF),
            approved_by=Approval(SUPERVISOR.id, SUPERVISOR.name, now),
        )
        self.store.applications.freeze(found)
        return found

    def ready(self, number: int = 1, resident: Resident | None = None) -> str:
        """A card that waits to be collected, its chip never touched; the card's id."""
        return self.journalled(self.order(number, resident))

    def journalled(self, order: FrozenApplication) -> str:
        """The journal's calls of one making, without a chip."""
        self.clock.advance(1)
        journal = self.store.journal
        case = journal.open_case(order)
        serial = self.random.token_bytes(8).hex().upper()
        journal.bind_chip(case.id, serial, serial[-10:], "KT-SECURED", "ab" * 32)
        journal.note_state(case.id, CaseState.WRITTEN)
        for kind in (IntentKind.PRINT_FRONT, IntentKind.PRINT_BACK):
            journal.note_outcome(journal.intend(case.id, kind, kind.value), Outcome.DONE)
        journal.note_state(case.id, CaseState.PRINTED)
        journal.note_state(case.id, CaseState.VERIFIED)
        journal.commit()
        return case.id

    def made(self, number: int = 1, order: FrozenApplication | None = None) -> str:
        """A card made for real on a simulated chip; its id."""
        wanted = order or self.order(number)
        return Maker(self.station).make(wanted.id, lambda _event: None, threading.Event()).case.id

    def holder(self, card_id: str) -> Resident:
        card = self.card(card_id)
        return self.store.applications.get(card.application_id).resident

    def himself(self, card_id: str, checked: Checked = Checked.READER) -> Visitor:
        """The holder at the counter."""
        return Visitor(kind="1", checked=checked, number=self.holder(card_id).number)

    def card(self, card_id: str) -> Card:
        return self.store.records.read(lambda unit: unit.cards.get(card_id))

    def state(self, card_id: str) -> CardState:
        return self.card(card_id).state

    # A card's way ----------------------------------------------------------------------------------

    def handed(self, card_id: str, *, activate: bool = False) -> str:
        self.desk.hand_over(card_id, HandOverForm(self.himself(card_id), activate=activate))
        return card_id

    def lost(self, card_id: str, *, provisional: bool = False) -> str:
        form = LossForm(self.himself(card_id), provisional=provisional)
        self.desk.report_loss(card_id, form)
        return card_id

    def reissued(self, card_id: str) -> str:
        """A second order in the card's place, paid; the new application's id."""
        told = self.desk.reissue(card_id, ReissueForm(self.himself(card_id)))
        self.pay(told.application_id)
        return told.application_id

    def pay(self, application_id: str) -> None:
        def act(unit: Unit) -> None:
            if unit.till.shift() is None:
                unit.till.open_shift(Realm.TRAINING, 0)
            unit.till.take(application_id, PayMethod.CASH)

        self.store.records.durable("pay", act)

    def found_form(self, card_id: str, loss_number: str = "") -> FoundForm:
        return FoundForm(self.himself(card_id), loss_number)

    def fresh(self, act: str = "block-card") -> Presence:
        """The signed-in person, who authenticated again just now."""
        return Presence(self.session.actor, act, self.clock.now_ms())

    # The record ------------------------------------------------------------------------------------

    def audit(self, kind: AuditKind | None = None) -> list[AuditRow]:
        query = AuditQuery(limit=1000, kind=None if kind is None else kind.value)
        return self.store.audit.page(query)

    def refused(self) -> list[str | None]:
        """The codes of what was refused so far, oldest first."""
        return [row.fault for row in self.audit(AuditKind.REFUSED)]

    def today(self) -> dt.date:
        return civil_date(self.clock.now_ms())
