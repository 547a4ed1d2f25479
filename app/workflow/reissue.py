"""A new card for one lost in writing: the old one is dead for good (counter.md, 1 E; rules.md)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from app.base.clock import civil_date
from app.base.ids import uuid7
from app.documents.papers import Paper
from app.domain.application import FrozenApplication, card_data, freeze
from app.domain.audit import AuditEvent, AuditKind
from app.domain.card import CardChange, CardEventKind, CardState
from app.domain.fees import fee_for
from app.domain.lives import Life
from app.domain.order import FIRST_ISSUE, Applicant, ApplicantKind, ApplicationEvent, Consent
from app.domain.records import Unit
from app.domain.staff import NotByOneself
from app.domain.validation import require_valid
from app.domain.visitor import Checked, Known, is_number_of, know_visitor
from app.workflow.card_papers import CardPapers
from app.workflow.card_ports import CardPorts, Held, enter, held, step_of
from app.workflow.card_views import Reissued, ReissueForm
from app.workflow.corrections import corrections
from app.workflow.enrol_texts import draft_again
from app.workflow.gate import Passage
from app.workflow.till_desk import ReasonUnknown
from app.workflow.views import EnrolDraft, Finding

REISSUE: Final = "reissue"
# The temporary proof: the letter of its human number
_PROOF: Final = "P"
_CODES: Final = 1000


@dataclass(frozen=True)
class _Asked:
    """What was asked for, by whom, and the order that came of it."""

    form: ReissueForm
    known: Known
    order: FrozenApplication
    passage: Passage
    # Who the holder is changed, and nothing on the counter proves it by itself.
    unproved: bool


class Reissue:
    """Orders in place of lost cards."""

    def __init__(self, ports: CardPorts, papers: CardPapers) -> None:
        self._ports = ports
        self._papers = papers

    def draft(self, card_id: str) -> EnrolDraft:
        """What the holder of a lost card told before, whole: showing it is recorded."""
        ports = self._ports
        found, _passage = enter(ports, REISSUE, card_id)
        event = AuditEvent(
            AuditKind.UNMASK,
            act=REISSUE,
            realm=found.card.realm,
            person_id=found.card.person_id,
            application_id=found.order.id,
            subject=card_id,
        )
        ports.records.durable("unmask", lambda unit: unit.audit(event), begins=False)
        return draft_again(found.order)

    def check(self, card_id: str, draft: EnrolDraft) -> list[Finding]:
        """Every problem of corrected data at once."""
        found = self._ports.records.read(lambda unit: held(unit, card_id))
        return self._ports.check(draft, found.card.person_id)

    def order(self, card_id: str, form: ReissueForm) -> Reissued:
        """One unit of work: the old card dead, the new order kept, its fee due, its proof given out.

        The card's number stays the person's; security code, dates and issue count are new. What is owed
        is settled at the till before the card is made.
        """
        ports = self._ports
        found, passage = enter(ports, REISSUE, card_id, visitor=form.applicant)
        with ports.gate.refusals(REISSUE, card_id):
            if form.reason == FIRST_ISSUE:
                # A reason of the schedule, and none of a card in place of another: it costs nothing.
                reasons = tuple(reason for reason in ports.fees.rules if reason != FIRST_ISSUE)
                raise ReasonUnknown(form.reason, reasons)
            base, unproved = self._data(found, form, passage)
            # Whose number changed stands there with a document of the old number or of the new one.
            renumbered = is_number_of(base.resident, form.applicant.number)
            holder = base.resident if renumbered else found.holder
            known = know_visitor(form.applicant, holder, ports.rules, ports.codes, today=ports.today)
            facts = {"identity-checked": known.identity_checked}
            step_of(ports, found.card, CardEventKind.REISSUE, passage, facts)
            order = self._new_order(found, base, form, known)
            asked = _Asked(form, known, order, passage, unproved)
            return ports.records.durable(REISSUE, lambda unit: self._record(unit, card_id, asked))

    def _data(self, found: Held, form: ReissueForm, passage: Passage) -> tuple[FrozenApplication, bool]:
        """The application whose data the new card takes, and whether somebody has to compare them first.

        Another number is never that of whoever orders the card.
        """
        ports, old = self._ports, found.order
        if form.draft is None:
            return old, False
        base = ports.collect(form.draft, found.card.person_id)

        realm = found.card.realm
        token = ports.records.read(lambda unit: unit.applications.person_token(realm, base.resident))
        if passage.actor.person_token == token:
            raise NotByOneself(act=REISSUE)
        return base, corrections(draft_again(old), form.draft).unproved

    def _new_order(
        self, found: Held, base: FrozenApplication, form: ReissueForm, known: Known
    ) -> FrozenApplication:
        ports, old = self._ports, found.order
        now = ports.clock.now_ms()
        profile = ports.station.profile(old)
        resident = base.resident
        require_valid(resident, profile, ports.codes, today=ports.today)
        card = card_data(
            resident,
            ports.workplace.facts,
            profile.rules,
            issued=civil_date(now),
            security_code=self._other_code(old.card.security_code),
            issue_count=old.card.issue_count + 1,
            shortened_name_agreed=base.card.name_shortened,
        )
        return freeze(
            resident,
            card,
            id=uuid7(ports.clock, ports.random),
            person_id=found.card.person_id,
            realm=found.card.realm,
            profile_id=profile.id,
            profile_hash=profile.content_hash,
            frozen_at_ms=now,
            # Who collected the data stays as it was, and so does who approved them, while they do.
            evidence=base.evidence,
            reason=form.reason,
            consent=self._consent(old.consent, known, form, now),
            applicant=_applicant(known),
            replaces=found.card.id,
            approved_by=old.approved_by if form.draft is None else None,
        )

    def _consent(
        self, signed: Consent | None, known: Known, form: ReissueForm, now_ms: int
    ) -> Consent | None:
        """The consent signed today, else the one that was signed before."""
        if not form.consent:
            return signed
        version = self._ports.codes["consent"].get(form.consent, "consent").code
        return Consent(version, known.kind.standing, now_ms)

    def _other_code(self, old: str) -> str:
        """A security code drawn at random (card.md: how it is made is not public), never the old one."""
        drawn = int.from_bytes(self._ports.random.token_bytes(8), "big") % (_CODES - 1)
        return f"{(int(old) + 1 + drawn) % _CODES:03d}"

    def _record(self, unit: Unit, card_id: str, asked: _Asked) -> Reissued:
        ports = self._ports
        found = held(unit, card_id)
        form, order = asked.form, asked.order
        facts = {"identity-checked": asked.known.identity_checked}
        step = step_of(ports, found.card, CardEventKind.REISSUE, asked.passage, facts)
        fee = fee_for(ports.fees, order.reason, civil_date(unit.at_ms))
        state = _state_of(ports.orders, order, asked, free=fee.fen == 0)
        number = unit.applications.freeze(order, state)
        due = fee.owed(order.id, order.realm, order.person_id, unit.at_ms, form.proof_seen)
        unit.till.owe(due)
        detail, proof = asked.known.detail() | {"application": number}, None
        last_day = None
        if form.proof:
            proof = unit.number(found.card.realm, _PROOF)
            first = civil_date(unit.at_ms)
            last_day = first + dt.timedelta(days=ports.rules.temporary_proof_days)
            detail |= {"proof_from": first.isoformat(), "proof_until": last_day.isoformat()}
        card = unit.cards.record(
            found.card,
            CardChange(
                CardEventKind.REISSUE,
                CardState(step.next),
                valid_ms=unit.at_ms,
                reason=form.reason,
                number=proof,
                detail=detail,
            ),
        )
        papers: list[Paper] = [self._papers.receipt(order, number, unit.at_ms, due)]
        if proof is not None:
            events = unit.cards.events(card_id)
            papers.append(self._papers.of(card, found.order, events, events[-1]))
        return Reissued(
            old_card_id=card_id,
            old_state=card.state,
            application_id=order.id,
            application_number=number,
            issue_count=order.card.issue_count,
            due_fen=due.fen,
            rule=due.rule,
            proof_number=proof,
            proof_last_day=None if last_day is None else last_day.isoformat(),
            papers=tuple(papers),
        )


def _state_of(life: Life, order: FrozenApplication, asked: _Asked, *, free: bool) -> str:
    """Approved, where the identity was read or approved before; else the order waits for approval.

    So does a card that nobody pays for: who takes the order alone says that a paper proved the reason,
    and takes the resident's money.
    """
    itself = asked.known.kind.standing is ApplicantKind.SELF
    read = (
        # An agent's document says who the agent is, and nothing of the holder.
        (itself and asked.known.checked is Checked.READER)
        or order.approved_by is not None
        or (order.evidence is not None and order.evidence.document is not None)
    )
    settled = read and not free and not asked.unproved
    facts = {"complete": True, "consent-signed": order.consent is not None, "identity-read": settled}
    role = asked.passage.actor.role
    submitted = life.step(life.initial, ApplicationEvent.SUBMIT, role, facts).next
    event = ApplicationEvent.VERIFY if settled else ApplicationEvent.REFER
    return life.step(submitted, event, role, facts).next


def _applicant(known: Known) -> Applicant:
    if known.kind.standing is ApplicantKind.SELF:
        return Applicant(ApplicantKind.SELF)
    return Applicant(
        known.kind.standing,
        name=known.name,
        document_kind=known.document,
        document_number=known.number,
        phone=known.phone,
        relation=known.relation,
    )
