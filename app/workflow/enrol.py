"""Taking a resident's identity and data: from the reader, from a file, from the form."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from app.base.clock import Clock, civil_date
from app.base.errors import N_, KangkaError
from app.base.ids import RandomSource, uuid7
from app.cardspec.profile import Profile
from app.devices.ports import IdentityReading, IdReader
from app.documents.photo import fit_photo
from app.domain import names, order_rules
from app.domain.application import FrozenApplication, NameNeedsConsent, card_data, freeze
from app.domain.card import Card, CardState
from app.domain.codes import CodeTables
from app.domain.desk_rules import DeskRules
from app.domain.evidence import Evidence
from app.domain.fees import FeeSchedule, fee_for
from app.domain.identity import IdentityDocument, resident_from_identity
from app.domain.lives import load_life
from app.domain.notices import NameOnCard, resident_notices
from app.domain.order import FIRST_ISSUE, REISSUE, ApplicationEvent, ApplicationState, Approval
from app.domain.problems import FieldMissing, FieldProblem, ResidentRefused
from app.domain.records import Records, Unit
from app.domain.resident import Resident
from app.domain.staff import Presence
from app.domain.validation import check_resident
from app.workflow.application_file import read_application
from app.workflow.drafts import values_of
from app.workflow.enrol_texts import (
    DOCUMENT_KINDS,
    document_evidence,
    document_lines,
    draft_resident,
    origins,
    texts_of,
)
from app.workflow.gate import Gate, Passage
from app.workflow.views import (
    DocumentView,
    DraftSource,
    DraftValue,
    EnrolDraft,
    Finding,
    ProblemKind,
    Sentence,
)
from app.workflow.workplace import Workplace

_READ_TIMEOUT_MS = 60_000
# Where a person's own number stands.
_NUMBER_PATHS = ("citizen_id", "other_document.kind", "other_document.number")
ENROL = "enrol"
ENROL_TYPED = "enrol-typed"
ENROL_FROM_FILE = "enrol-from-file"
# What an identity document says by itself.
_OF_DOCUMENTS = (
    *("name", "english_name", "sex", "ethnic", "birth_date", "nationality"),
    *("citizen_id", "other_document.kind", "other_document.number"),
)


@dataclass(eq=False)
class TrainingOnly(KangkaError):
    """Made-up people were asked for outside training."""

    code = "enrol.training-only"
    cause = N_("Made-up people exist in training only.")
    meaning = N_("Nothing was entered.")
    remedy = N_("Read the resident's identity card.")


@dataclass(eq=False)
class PersonHasCard(FieldProblem):
    """A first card is asked for by somebody who has one (counter.md, 2.13)."""

    field: str
    card: str
    state: CardState

    code = "enrol.has-card"
    cause = N_("This person has a card already ({card}, {state}).")
    meaning = N_("A resident has one card at a time, so no second first card is made.")
    remedy = N_("Open the person's page: report that card lost, or hand it over if it waits.")


@dataclass(eq=False)
class PersonKnown(FieldProblem):
    """Somebody of this number was here before, whose earlier cards are dead."""

    field: str
    cards: int

    code = "enrol.person-known"
    cause = N_("This person is known here and had {cards} cards.")
    meaning = N_("The new card is a reissue of the same person, with its fee.")
    remedy = N_("Compare name and photo with the earlier application before you go on.")


@dataclass(eq=False)
class NumberOfAnother(FieldProblem):
    """Corrected data bear the number of somebody else who is known here."""

    field: str

    code = "enrol.number-of-another"
    cause = N_("This number belongs to another person who is known here.")
    meaning = N_("The new card would be another person's; nothing was recorded.")
    remedy = N_("Compare the document with the person, and read or type the number again.")


@dataclass(frozen=True)
class EnrolPorts:
    """What enrolment needs. ``made_up`` gives training people by number, None outside training."""

    records: Records
    gate: Gate
    rules: DeskRules
    fees: FeeSchedule
    id_reader: Callable[[], IdReader]
    made_up: Callable[[int], Resident] | None
    profile: Profile
    codes: CodeTables
    workplace: Workplace
    clock: Clock
    random: RandomSource


class Enrolment:
    """Drafts in, frozen applications out."""

    def __init__(self, ports: EnrolPorts) -> None:
        self._ports = ports
        self._life = load_life("application")

    @property
    def _today(self) -> dt.date:
        return civil_date(self._ports.clock.now_ms())

    def read_identity(self, cancel: threading.Event) -> EnrolDraft:
        """Wait for a document on the reader and take it as a draft."""
        reader = self._ports.id_reader()
        try:
            return self.draft_of(reader.read(_READ_TIMEOUT_MS, cancel))
        finally:
            reader.close()

    def draft_of(self, reading: IdentityReading) -> EnrolDraft:
        """What a document says, as values of the form that came from a chip."""
        text = reading.text
        document = IdentityDocument(
            kind=text.kind.value,
            name=text.name,
            sex_code=text.sex_code,
            number=text.number,
            birth_date=text.birth_date,
            ethnic_code=text.ethnic_code,
            address=text.address,
            english_name=text.english_name,
            nationality=text.nationality,
        )
        in_citizen_field = self._ports.profile.choices.get("citizen_id_of_permit_holders") != "empty"
        resident = resident_from_identity(
            document, today=self._today, permit_number_as_citizen_id=in_citizen_field
        )
        values = {path: DraftValue(value, read=value) for path, value in values_of(resident).items()}
        return EnrolDraft(
            values=MappingProxyType(values),
            document=DocumentView(
                Sentence(DOCUMENT_KINDS[text.kind]), document_lines(reading), reading.module_number
            ),
            evidence=document_evidence(reading),
            source=DraftSource.READER,
        )

    def made_up(self, number: int) -> EnrolDraft:
        """A made-up person's whole form; training only."""
        if self._ports.made_up is None:
            raise TrainingOnly
        resident = self._ports.made_up(number)
        told = values_of(resident) | self._made_up_order(resident)
        values = {path: DraftValue(value) for path, value in told.items()}
        return EnrolDraft(
            values=MappingProxyType(values),
            photo=resident.photo,
            face_photo=resident.face_photo,
            source=DraftSource.MADE_UP,
        )

    def _made_up_order(self, resident: Resident) -> dict[str, str]:
        """Who applies for a made-up person: a child comes with its first contact as guardian."""
        signed = {order_rules.CONSENT: self._ports.codes["consent"].codes[-1].code}
        age = order_rules.age_at(resident.birth_date, self._today)
        if age is None or age >= self._ports.rules.guardian_below or not resident.contacts:
            return signed
        guardian = resident.contacts[0]
        return signed | {
            order_rules.KIND: "2",
            order_rules.NAME: guardian.name,
            order_rules.RELATION: guardian.relation,
            order_rules.DOCUMENT_KIND: "02",
            order_rules.DOCUMENT_NUMBER: f"YL{resident.number[-10:]}",
            order_rules.PHONE_PATH: guardian.phone,
        }

    def told(self, number: int) -> EnrolDraft:
        """What a made-up person tells the clerk beside the document; training only."""
        whole = self.made_up(number)
        values = {path: value for path, value in whole.values.items() if path not in _OF_DOCUMENTS}
        return replace(whole, values=MappingProxyType(values))

    def draft_of_file(self, path: Path) -> EnrolDraft:
        """A draft from a file of the form's own names (``application_file``)."""
        read = read_application(path)
        values = {name: DraftValue(text) for name, text in read.values.items()}
        draft = EnrolDraft(
            values=MappingProxyType(values), name_agreed=read.name_agreed, source=DraftSource.FILE
        )
        return draft if read.picture is None else self.fit_photo(draft, read.picture)

    def fit_photo(self, draft: EnrolDraft, picture: bytes) -> EnrolDraft:
        """The draft with a picture cut and sized for the chip and for the face."""
        fitted = fit_photo(picture, self._ports.profile.field("ZP")[1].length)
        return replace(draft, photo=fitted.chip, face_photo=fitted.face)

    def check(self, draft: EnrolDraft, person_id: str | None = None) -> list[Finding]:
        """Every problem of a draft at once, and what a clerk should look at.

        With ``person_id`` they are corrected data of somebody known: who applies and what was signed is
        asked for elsewhere, and the card that the person has is the one that is replaced.
        """
        ports = self._ports
        resident = draft_resident(draft)
        problems: tuple[FieldProblem, ...] = check_resident(
            resident, ports.profile, ports.codes, today=self._today
        )
        if person_id is None:
            problems += order_rules.check_order(
                texts_of(draft), resident, ports.codes, ports.rules.guardian_below, today=self._today
            )
        found = [
            Finding(
                fault.field,
                ProblemKind.MISSING if isinstance(fault, FieldMissing) else ProblemKind.WRONG,
                fault,
            )
            for fault in problems
        ]
        wrong = {fault.field for fault in problems}
        found += [
            self._notice(notice, resident, draft.name_agreed)
            for notice in resident_notices(resident, ports.profile)
            if notice.field not in wrong
        ]
        return found + ([] if wrong & set(_NUMBER_PATHS) else self._known(resident, person_id))

    def _known(self, resident: Resident, person_id: str | None) -> list[Finding]:
        """What the desk knows of this person: a living card stops a second first one."""
        if not resident.citizen_id and resident.other_document is None:
            return []
        realm = self._ports.workplace.realm

        def look(unit: Unit) -> tuple[str | None, Card | None, int]:
            person = unit.applications.person_of(realm, resident)
            if person is None:
                return None, None, 0
            return person, unit.cards.living(realm, person), len(unit.cards.of_person(person))

        person, living, count = self._ports.records.read(look)
        path = "citizen_id" if resident.citizen_id else "other_document.number"
        if person_id is not None:
            another = person not in (None, person_id)
            return [Finding(path, ProblemKind.WRONG, NumberOfAnother(path))] if another else []
        if living is not None:
            fault: FieldProblem = PersonHasCard(path, living.number, living.state)
            return [Finding(path, ProblemKind.WRONG, fault)]
        if count:
            return [Finding(path, ProblemKind.NOTICE, PersonKnown(path, count))]
        return []

    def _notice(self, notice: FieldProblem, resident: Resident, agreed: bool) -> Finding:
        if not isinstance(notice, NameOnCard):
            return Finding(notice.field, ProblemKind.NOTICE, notice)
        shown = names.shortened_name(resident.name, notice.room)
        if agreed:
            return Finding(notice.field, ProblemKind.NOTICE, notice, shown)
        asked = NameNeedsConsent(field=notice.field, takes=notice.takes, room=notice.room)
        return Finding(notice.field, ProblemKind.WRONG, asked, shown)

    def save(self, draft: EnrolDraft, second: Presence | None = None) -> str:
        """Keep a faultless draft as an application; its id.

        Who was typed waits for a second person, or has one on the spot (``second``, for the act
        ``enrol-typed``). A single problem is told as itself, with its field and what to do.
        """
        act = self._act(draft, second)
        with self._ports.gate.asked(act):
            self._require_whole(draft)
            return self._keep(draft, self._passage(act, draft, second))

    def _keep(self, draft: EnrolDraft, passage: Passage) -> str:
        state = self._state_of(draft, passage)

        def keep(unit: Unit) -> str:
            application = self.freeze(draft, unit, passage)
            unit.applications.freeze(application, state)
            if application.reason != FIRST_ISSUE:
                fee = fee_for(self._ports.fees, application.reason, civil_date(unit.at_ms))
                owed = fee.owed(application.id, application.realm, application.person_id, unit.at_ms)
                unit.till.owe(owed)
            return application.id

        return self._ports.records.durable("freeze", keep)

    def _require_whole(self, draft: EnrolDraft, person_id: str | None = None) -> None:
        stopping = [found.fault for found in self.check(draft, person_id) if found.stops]
        if len(stopping) == 1:
            raise stopping[0]
        if stopping:
            raise ResidentRefused(fields=tuple(fault.params()["field"] for fault in stopping))

    def _state_of(self, draft: EnrolDraft, passage: Passage) -> str:
        """Submitted, and then verified from the document or referred to a second person."""
        life, actor = self._life, passage.actor
        facts = {"complete": True, "consent-signed": True, "identity-read": not draft.to_approve}
        state = life.step(ApplicationState.DRAFT, ApplicationEvent.SUBMIT, actor.role, facts).next
        event = ApplicationEvent.REFER if draft.to_approve else ApplicationEvent.VERIFY
        state = life.step(state, event, actor.role, facts).next
        if passage.second is not None:
            apart = {"not-by-oneself": passage.second.id != actor.id}
            state = life.step(state, ApplicationEvent.APPROVE, passage.second.role, apart).next
        return state

    @staticmethod
    def _act(draft: EnrolDraft, second: Presence | None) -> str:
        if draft.to_approve and second is not None:
            return ENROL_TYPED
        return ENROL_FROM_FILE if draft.source is DraftSource.FILE else ENROL

    def _passage(self, act: str, draft: EnrolDraft, second: Presence | None) -> Passage:
        gate, realm = self._ports.gate, self._ports.workplace.realm
        if act == ENROL_TYPED:
            resident = draft_resident(draft)
            token = self._ports.records.read(
                lambda unit: unit.applications.person_token(realm, resident)
            )
            return gate.enter(act, second=second, persons=(token,))
        return gate.enter(act)

    def collect(self, draft: EnrolDraft, person_id: str) -> FrozenApplication:
        """Checked data of a known person as an application that is not kept: what a reissue takes its
        data from."""
        self._require_whole(draft, person_id)
        actor = self._ports.gate.actor
        return self._ports.records.read(
            lambda unit: self.freeze(draft, unit, Passage(ENROL, actor, None))
        )

    def freeze(self, draft: EnrolDraft, unit: Unit, passage: Passage) -> FrozenApplication:
        """A new application of a faultless draft, not kept yet."""
        ports = self._ports
        resident, now = draft_resident(draft), ports.clock.now_ms()
        realm = ports.workplace.realm
        # card.md: how the security code is made is not public; it is drawn for each card.
        security_code = f"{int.from_bytes(ports.random.token_bytes(8), 'big') % 1000:03d}"
        known = unit.applications.person_of(realm, resident)
        before = unit.cards.of_person(known) if known is not None else []
        earlier = [card for card in before if card.made]
        card = card_data(
            resident,
            ports.workplace.facts,
            ports.profile.rules,
            issued=self._today,
            security_code=security_code,
            issue_count=1 + max((card.issue_count for card in earlier), default=0),
            shortened_name_agreed=draft.name_agreed,
        )
        texts, actor, second = texts_of(draft), passage.actor, passage.second
        application = freeze(
            resident,
            card,
            id=uuid7(ports.clock, ports.random),
            person_id=known or uuid7(ports.clock, ports.random),
            realm=realm,
            profile_id=ports.profile.id,
            profile_hash=ports.profile.content_hash,
            frozen_at_ms=now,
            # Whoever had a card asks for another, and the first alone is publicly funded (rules.md).
            reason=REISSUE if earlier else FIRST_ISSUE,
            replaces=earlier[0].id if earlier else None,
            evidence=Evidence(
                collected_by=actor.name,
                collected_by_id=actor.id,
                collected_at_ms=now,
                fields=origins(draft),
                document=draft.evidence,
            ),
        )
        approval = None
        if second is not None:
            approval = Approval(actor.id, actor.name, now, second.id, second.name)
        return replace(
            application,
            consent=order_rules.consent_of(texts, now),
            applicant=order_rules.applicant_of(texts),
            approved_by=approval,
        )
