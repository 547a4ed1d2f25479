"""The journal: cases, their chips and intents; results wait for the next durable commit (decision 1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from peewee import JOIN, fn

from app.base.ids import RandomSource, uuid7
from app.domain.application import FrozenApplication, Realm
from app.domain.audit import AuditEvent, AuditKind
from app.domain.lives import Life
from app.domain.order import ApplicationState
from app.domain.ports import Case, CaseEvent, CaseState, CaseTally, Intent, IntentKind, Outcome
from app.store import errors
from app.store.case_moves import CaseMoves
from app.store.work import Moment, Work

# A case in one of these is closed for good.
CLOSED: Final = frozenset({CaseState.VERIFIED, CaseState.SPOILED})
_OPEN: Final = tuple(state.value for state in CaseState if state not in CLOSED)
# What has happened to a case that is noted to be in a state.
CASE_EVENT: Final = {
    CaseState.WRITING: CaseEvent.BIND,
    CaseState.WRITTEN: CaseEvent.WRITE,
    CaseState.PRINTED: CaseEvent.PRINT,
    CaseState.VERIFIED: CaseEvent.VERIFY,
    CaseState.SPOILED: CaseEvent.SPOIL,
    CaseState.UNKNOWN: CaseEvent.LOSE,
}


class JournalStore:
    """``app.domain.ports.Journal`` over one store. Reads see what was noted and is not yet durable."""

    def __init__(
        self, work: Work, *, random: RandomSource, boot: str, moves: CaseMoves, life: Life
    ) -> None:
        self._work = work
        self._moves = moves
        self._life = life
        self._tables = work.tables
        self._random = random
        self._boot = boot
        self._states: dict[str, tuple[CaseState, str | None, int]] = {}
        self._outcomes: dict[str, tuple[Outcome, int]] = {}
        work.register(self)

    # ------------------------------------------------------------------------------ durable acts

    def open_case(self, application: FrozenApplication) -> Case:
        def act(moment: Moment) -> str:
            self._moves.opening(application, moment)
            case_id = uuid7(self._work.clock, self._random)
            self._tables.making.insert(
                id=case_id,
                realm=application.realm.value,
                number=self._work.next_number(application.realm.value, "C"),
                person_id=application.person_id,
                application_id=application.id,
                application_version=application.version,
                state=self._life.initial,
                opened_ms=moment.at_ms,
                opened_seq=moment.seq,
                changed_ms=moment.at_ms,
                changed_seq=moment.seq,
            ).execute()
            self._audit(AuditKind.CASE_OPENED, self._recorded(case_id), moment, after=self._life.initial)
            self._moves.opened(case_id, application, moment)
            return case_id

        return self.case(self._work.durable("open-case", act))

    def bind_chip(
        self, case_id: str, chip_serial: str, issue_serial: str, product_id: str, plan_id: str
    ) -> Case:
        def act(moment: Moment) -> None:
            case = self._open_one(case_id)
            if case.chip_serial is not None:
                if (case.chip_serial, case.plan_id) != (chip_serial, plan_id):
                    raise errors.ChipDiffers(case.number, case.chip_serial)
                return  # a case that goes on with its own chip under its own plan
            owner = self.case_of_chip(case.realm, chip_serial)
            if owner is not None:
                raise errors.ChipTaken(chip_serial, owner.number)
            self._refuse_second_serial(case.realm, issue_serial)
            self._tables.chip.insert(
                realm=case.realm.value,
                serial=chip_serial,
                issue_serial=issue_serial,
                product_id=product_id,
                case_id=case_id,
                bound_ms=moment.at_ms,
            ).execute()
            making = self._tables.making
            making.update(
                state=self._life.row(case.state, CaseEvent.BIND).next,
                plan_id=plan_id,
                changed_ms=moment.at_ms,
                changed_seq=moment.seq,
            ).where(making.c.id == case_id).execute()
            facts = {"issue_serial": issue_serial, "product": product_id, "plan": plan_id}
            self._audit(AuditKind.CHIP_BOUND, case, moment, subject=chip_serial, facts=facts)
            self._insert_intent(case, IntentKind.BIND_CHIP, chip_serial, moment)
            self._moves.bound(case, chip_serial, moment)

        self._work.durable("bind-chip", act)
        return self.case(case_id)

    def _refuse_second_serial(self, realm: Realm, issue_serial: str) -> None:
        chip, making = self._tables.chip, self._tables.making
        row = (
            chip.select(making.c.number)
            .join(making, on=(making.c.id == chip.c.case_id))
            .where((chip.c.realm == realm.value) & (chip.c.issue_serial == issue_serial))
            .tuples()
            .first()
        )
        if row is not None:
            raise errors.IssueSerialTaken(issue_serial, str(row[0]))

    def intend(self, case_id: str, kind: IntentKind, target: str) -> str:
        def act(moment: Moment) -> str:
            return self._insert_intent(self._open_one(case_id), kind, target, moment)

        return self._work.durable(f"intend-{kind}", act)

    def spoil(self, case_id: str, reason: str) -> Case:
        self.note_state(case_id, CaseState.SPOILED, reason)
        self._work.durable("spoil", lambda _moment: None, begins=False)
        return self.case(case_id)

    def commit(self) -> None:
        self._work.check_thread()
        if self._work.has_notes():
            self._work.durable("commit", lambda _moment: None, begins=False)

    # ------------------------------------------------------------------------------------- notes

    def note_outcome(self, intent_id: str, outcome: Outcome) -> None:
        self._work.check_thread()
        intent = self._intent(intent_id)
        if intent.outcome in (Outcome.DONE, Outcome.NOT_DONE) and intent.outcome is not outcome:
            raise ValueError(f"intent {intent_id} ended as {intent.outcome} and can not change")
        self._outcomes[intent_id] = (outcome, self._work.clock.now_ms())

    def note_state(self, case_id: str, state: CaseState, reason: str | None = None) -> None:
        self._work.check_thread()
        case = self._open_one(case_id)
        self._life.row(case.state, CASE_EVENT[state])
        unsettled = [intent for intent in self.intents(case_id) if intent.outcome is None]
        if state in (CaseState.WRITTEN, CaseState.VERIFIED):
            # The chip was read back whole: that is the outcome of having been bound.
            for intent in unsettled:
                if intent.kind is IntentKind.BIND_CHIP:
                    self.note_outcome(intent.id, Outcome.DONE)
        if state is CaseState.VERIFIED:
            for intent in unsettled:
                if intent.kind is not IntentKind.BIND_CHIP:
                    raise errors.IntentUnsettled(case.number, intent.kind)
        if state is CaseState.SPOILED:
            for intent in unsettled:
                self.note_outcome(intent.id, Outcome.UNKNOWN)
        self._states[case_id] = (state, reason, self._work.clock.now_ms())

    def pending(self) -> bool:
        return bool(self._states or self._outcomes)

    def write(self, moment: Moment) -> None:
        making, intents = self._tables.making, self._tables.intent
        for intent_id, (outcome, at_ms) in self._outcomes.items():
            intents.update(outcome=outcome.value, outcome_ms=at_ms).where(
                intents.c.id == intent_id
            ).execute()
            case_id, kind = self._owner(intent_id)
            self._audit(
                AuditKind.OUTCOME,
                self._recorded(case_id),
                moment,
                act=kind,
                subject=intent_id,
                after=outcome.value,
                facts={"known_ms": at_ms},
            )
        for case_id, (state, reason, at_ms) in list(self._states.items()):
            case = self._recorded(case_id)
            changed = (
                making.update(state=state.value, reason=reason, changed_ms=at_ms, changed_seq=moment.seq)
                .where(making.c.id == case_id, making.c.state.in_(_OPEN))
                .execute()
            )
            if not changed:
                # Another window closed the case meanwhile. What it recorded stands, and the note that
                # can never be written must not stop everything after it.
                del self._states[case_id]
                self._open_one(case_id)
            self._audit(
                AuditKind.CASE_STATE,
                case,
                moment,
                before=case.state.value,
                after=state.value,
                reason=reason,
                facts={"known_ms": at_ms},
            )
            if state in CLOSED:
                self._moves.closed(case, state, reason, at_ms, moment)

    def written(self) -> None:
        self._states.clear()
        self._outcomes.clear()

    # ------------------------------------------------------------------------------------- reads

    def case(self, case_id: str) -> Case:
        self._work.check_thread()
        found = self._cases(self._tables.making.c.id == case_id)
        if not found:
            raise errors.NoSuchCase(case_id)
        return found[0]

    def open_cases(self) -> list[Case]:
        self._work.check_thread()
        # Named one by one, because an index finds what is, and never what is not.
        found = self._cases(self._tables.making.c.state.in_(_OPEN))
        return [case for case in found if case.state not in CLOSED]

    def tally(self, since_ms: int) -> CaseTally:
        self._work.check_thread()
        making, heads = self._tables.making, self._tables.application
        # What was noted and is not written yet counts as it was noted.
        noted = list(self._states)
        counts = dict.fromkeys(CaseState, 0)
        for state in CaseState:
            query = making.select(fn.COUNT(making.c.id)).where(making.c.state == state.value)
            if state in CLOSED:
                query = query.where(making.c.changed_ms >= since_ms)
            if noted:
                query = query.where(making.c.id.not_in(noted))
            counts[state] = int(query.scalar())
        for state, _reason, at_ms in self._states.values():
            counts[state] += state not in CLOSED or at_ms >= since_ms
        waiting = heads.select(fn.COUNT(heads.c.id)).where(
            heads.c.state == ApplicationState.APPROVED.value, heads.c.begun == 0
        )
        again = sum(state is CaseState.SPOILED for state, _reason, _at in self._states.values())
        return CaseTally(
            waiting=int(waiting.scalar()) + again,
            open=sum(count for state, count in counts.items() if state not in CLOSED),
            verified=counts[CaseState.VERIFIED],
            spoiled=counts[CaseState.SPOILED],
        )

    def cases_of(self, application_id: str) -> list[Case]:
        self._work.check_thread()
        return self._cases(self._tables.making.c.application_id == application_id)

    def case_of_chip(self, realm: Realm, chip_serial: str) -> Case | None:
        self._work.check_thread()
        chip = self._tables.chip
        found = self._cases((chip.c.realm == realm.value) & (chip.c.serial == chip_serial))
        return found[0] if found else None

    def intents(self, case_id: str) -> list[Intent]:
        self._work.check_thread()
        return self._intents(self._tables.intent.c.case_id == case_id)

    @property
    def durable_commits(self) -> int:
        return self._work.commits

    # ----------------------------------------------------------------------------------- helpers

    def _open_one(self, case_id: str) -> Case:
        case = self.case(case_id)
        if case.state in CLOSED:
            raise errors.CaseClosed(case.number, case.state)
        return case

    def _insert_intent(self, case: Case, kind: IntentKind, target: str, moment: Moment) -> str:
        intent_id = uuid7(self._work.clock, self._random)
        self._tables.intent.insert(
            id=intent_id,
            case_id=case.id,
            kind=kind.value,
            target=target,
            desk=self._work.desk,
            boot=self._boot,
            seq=moment.seq,
            at_ms=moment.at_ms,
        ).execute()
        facts = {"target": target}
        self._audit(AuditKind.INTENT, case, moment, act=kind.value, subject=intent_id, facts=facts)
        return intent_id

    def _audit(self, kind: AuditKind, case: Case, moment: Moment, **said: Any) -> None:
        """A row about ``case`` in the transaction that runs; ``said`` are fields of ``AuditEvent``."""
        event = AuditEvent(
            kind,
            realm=case.realm,
            person_id=self._person(case.id),
            application_id=case.application_id,
            case_id=case.id,
            number=case.number,
        )
        self._work.audit(replace(event, **said), moment)

    def _person(self, case_id: str) -> str:
        making = self._tables.making
        row = making.select(making.c.person_id).where(making.c.id == case_id).tuples().first()
        return str(row[0])

    def _owner(self, intent_id: str) -> tuple[str, str]:
        """The case and the kind of an intent."""
        intents = self._tables.intent
        query = intents.select(intents.c.case_id, intents.c.kind).where(intents.c.id == intent_id)
        row = query.tuples().first()
        return str(row[0]), str(row[1])

    def _recorded(self, case_id: str) -> Case:
        """A case as its row says, without what is noted of it."""
        return self._rows(self._tables.making.c.id == case_id)[0]

    def _cases(self, condition: Any) -> list[Case]:
        return [self._noted(case) for case in self._rows(condition)]

    def _rows(self, condition: Any) -> list[Case]:
        making, chip = self._tables.making, self._tables.chip
        rows = (
            making.select(
                making.c.id,
                making.c.application_id,
                making.c.application_version,
                making.c.realm,
                making.c.state,
                chip.c.serial,
                chip.c.product_id,
                making.c.plan_id,
                making.c.opened_ms,
                making.c.changed_ms,
                making.c.reason,
                making.c.number,
            )
            .join(chip, JOIN.LEFT_OUTER, on=(chip.c.case_id == making.c.id))
            .where(condition)
            .order_by(making.c.opened_ms, making.c.opened_seq)
            .tuples()
        )
        return [_case(row) for row in rows]

    def _noted(self, case: Case) -> Case:
        if case.id not in self._states:
            return case
        state, reason, at_ms = self._states[case.id]
        return replace(case, state=state, reason=reason, changed_ms=at_ms)

    def _intent(self, intent_id: str) -> Intent:
        found = self._intents(self._tables.intent.c.id == intent_id)
        if not found:
            raise KeyError(f"no intent {intent_id}")
        return found[0]

    def _intents(self, condition: Any) -> list[Intent]:
        intents = self._tables.intent
        rows = (
            intents.select(
                intents.c.id,
                intents.c.case_id,
                intents.c.kind,
                intents.c.target,
                intents.c.at_ms,
                intents.c.outcome,
            )
            .where(condition)
            .order_by(intents.c.at_ms, intents.c.seq)
            .tuples()
        )
        found = [
            Intent(
                str(row[0]),
                str(row[1]),
                IntentKind(row[2]),
                str(row[3]),
                int(row[4]),
                None if row[5] is None else Outcome(row[5]),
            )
            for row in rows
        ]
        return [
            replace(intent, outcome=self._outcomes[intent.id][0])
            if intent.id in self._outcomes
            else intent
            for intent in found
        ]


def _case(row: tuple[Any, ...]) -> Case:
    return Case(
        id=str(row[0]),
        application_id=str(row[1]),
        application_version=int(row[2]),
        realm=Realm(row[3]),
        state=CaseState(row[4]),
        chip_serial=row[5],
        product_id=row[6],
        plan_id=row[7],
        opened_ms=int(row[8]),
        changed_ms=int(row[9]),
        reason=row[10],
        number=str(row[11]),
    )
