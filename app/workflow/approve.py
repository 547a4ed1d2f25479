"""What waits for a second person: an application whose identity was typed (rules.md, four eyes)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from app.base.clock import Clock
from app.base.errors import N_, KangkaError
from app.domain.application import FrozenApplication
from app.domain.audit import AuditEvent, AuditKind
from app.domain.lives import load_life
from app.domain.masking import masked_number
from app.domain.order import ApplicationEvent, ApplicationState, Approval
from app.domain.records import Records, Unit
from app.domain.staff import Actor
from app.workflow.drafts import values_of
from app.workflow.enrol_texts import entered
from app.workflow.gate import Gate
from app.workflow.views import DraftValue

APPROVE = "approve"
_MOST_REASON = 100
_KINDS = {
    ApplicationEvent.APPROVE: AuditKind.APPROVE,
    ApplicationEvent.RETURN: AuditKind.RETURN,
    ApplicationEvent.WITHDRAW: AuditKind.WITHDRAW,
}


@dataclass(eq=False)
class ReasonNeeded(KangkaError):
    """An application is sent back, or taken back, without a word why."""

    code = "approve.reason-needed"
    cause = N_("A reason is missing.")
    meaning = N_("Whoever goes on with it would not know what to mend, so nothing was changed.")
    remedy = N_("Say in a few words what is wrong (at most 100 characters).")


@dataclass(frozen=True, repr=False)
class ApprovalRow:
    """An application that waits: who, from what it was taken, by whom, since when."""

    id: str
    number: str
    name: str
    masked_number: str
    collected_by: str
    since_ms: int
    own: bool


@dataclass(frozen=True, repr=False)
class ApprovalView:
    """One application to be judged: every value with what a document's chip said of it, if it said
    anything. ``values`` are by the form's paths; ``document`` is the kind of what was read, None where
    nothing was. ``photo`` is the face photo, JPEG. ``before`` is what the lost card's order said, where
    the card in its place says otherwise."""

    row: ApprovalRow
    values: Mapping[str, DraftValue]
    document: str | None
    photo: bytes | None
    before: Mapping[str, str] = field(default_factory=dict)


class ApprovalDesk:
    """What supervisors look at, approve and send back; what a clerk takes back."""

    def __init__(self, gate: Gate, records: Records, clock: Clock) -> None:
        self._gate = gate
        self._records = records
        self._clock = clock
        self._life = load_life("application")

    def waiting(self) -> list[ApprovalRow]:
        """The oldest first; ``own`` marks what the signed-in person took in."""
        actor = self._gate.view("enrol")

        def look(unit: Unit) -> list[ApprovalRow]:
            ids = unit.applications.in_state(ApplicationState.TO_APPROVE)
            return [self._row(unit, unit.applications.get(found), actor) for found in ids]

        return self._records.read(look)

    def application(self, application_id: str) -> ApprovalView:
        """All that was entered, whole: looking is recorded, as every unmasking is."""
        actor = self._gate.view("enrol")

        def look(unit: Unit) -> tuple[FrozenApplication, ApprovalRow, Mapping[str, str]]:
            found = unit.applications.get(application_id)
            return found, self._row(unit, found, actor), _before(unit, found)

        found, row, before = self._records.read(look)
        event = AuditEvent(
            AuditKind.UNMASK,
            act=APPROVE,
            realm=found.realm,
            person_id=found.person_id,
            application_id=application_id,
        )
        self._records.durable("unmask", lambda unit: unit.audit(event), begins=False)
        evidence = found.evidence
        document = None if evidence is None or evidence.document is None else evidence.document.kind
        return ApprovalView(row, entered(found), document, found.resident.face_photo, before)

    def approve(self, application_id: str) -> None:
        """A new version with who approved it; the card can be ordered then."""
        self._move(application_id, ApplicationEvent.APPROVE, "")

    def send_back(self, application_id: str, reason: str) -> None:
        """Returned to be mended, with the reason."""
        self._move(application_id, ApplicationEvent.RETURN, reason)

    def withdraw(self, application_id: str, reason: str) -> None:
        """Taken back by the resident's wish."""
        self._move(application_id, ApplicationEvent.WITHDRAW, reason)

    def _move(self, application_id: str, event: ApplicationEvent, reason: str) -> None:
        act = "enrol" if event is ApplicationEvent.WITHDRAW else APPROVE
        with self._gate.asked(act, application_id):
            self._moved(application_id, event, act, reason)

    def _moved(self, application_id: str, event: ApplicationEvent, act: str, told: str) -> None:
        reason = "" if event is ApplicationEvent.APPROVE else _told(told)
        found, token = self._records.read(lambda unit: _found(unit, application_id))
        collector = found.evidence.collected_by_id if found.evidence is not None else ""
        judged = () if event is ApplicationEvent.WITHDRAW else (collector,)
        passage = self._gate.enter(
            act, persons=(token,) if judged else (), done_by=judged, subject=application_id
        )

        def move(unit: Unit) -> None:
            state = unit.applications.state_of(application_id)
            facts = {
                "not-by-oneself": collector != passage.actor.id,
                "no-card-begun": not _begun(unit, found),
            }
            after = self._life.step(state, event, passage.actor.role, facts).next
            if event is ApplicationEvent.APPROVE:
                now = self._clock.now_ms()
                newest = unit.applications.get(application_id)
                approval = Approval(passage.actor.id, passage.actor.name, now)
                unit.applications.freeze(
                    replace(newest, version=newest.version + 1, frozen_at_ms=now, approved_by=approval),
                    after,
                )
            else:
                unit.applications.move(application_id, after)
            unit.audit(
                AuditEvent(
                    _KINDS[event],
                    act=act,
                    realm=found.realm,
                    person_id=found.person_id,
                    application_id=application_id,
                    before=state,
                    after=after,
                    # What somebody wrote may name somebody: it belongs to the person, not to the facts.
                    detail={"reason": reason} if reason else None,
                )
            )

        self._records.durable(event.value, move)

    @staticmethod
    def _row(unit: Unit, found: FrozenApplication, actor: Actor) -> ApprovalRow:
        evidence = found.evidence
        return ApprovalRow(
            id=found.id,
            number=unit.applications.number_of(found.id),
            name=found.resident.name,
            masked_number=masked_number(found.resident.number),
            collected_by=evidence.collected_by if evidence is not None else "",
            since_ms=found.frozen_at_ms,
            own=evidence is not None and evidence.collected_by_id == actor.id,
        )


def _found(unit: Unit, application_id: str) -> tuple[FrozenApplication, bytes]:
    found = unit.applications.get(application_id)
    return found, unit.applications.person_token(found.realm, found.resident)


def _before(unit: Unit, found: FrozenApplication) -> Mapping[str, str]:
    """What the order of the replaced card said where this one says otherwise."""
    if found.replaces is None:
        return {}
    old = values_of(unit.applications.get(unit.cards.get(found.replaces).application_id).resident)
    new = values_of(found.resident)
    return {path: old.get(path, "") for path in new if new[path] != old.get(path, "")}


def _begun(unit: Unit, found: FrozenApplication) -> bool:
    return any(card.application_id == found.id for card in unit.cards.of_person(found.person_id))


def _told(reason: str) -> str:
    told = reason.strip()
    if not told or len(told) > _MOST_REASON:
        raise ReasonNeeded
    return told
