"""Applications in units of work: versions with the state after them, and moves from state to state."""

from __future__ import annotations

from app.domain.application import FrozenApplication, Realm
from app.domain.audit import AuditEvent, AuditKind
from app.domain.lives import Life
from app.domain.order import ApplicationState
from app.domain.resident import Resident
from app.store.applications import ApplicationStore
from app.store.work import Moment, Work


class ApplicationBookStore:
    """``app.domain.records.ApplicationBook`` at one moment, inside the transaction that runs.

    ``life`` is resources/lives/application.toml.
    """

    def __init__(self, work: Work, store: ApplicationStore, life: Life, moment: Moment) -> None:
        self._work = work
        self._store = store
        self._life = life
        self._moment = moment

    def freeze(self, application: FrozenApplication, state: str) -> str:
        return self._store.keep(application, ApplicationState(state), self._moment)

    def get(self, application_id: str) -> FrozenApplication:
        return self._store.get(application_id)

    def number_of(self, application_id: str) -> str:
        return self._store.number_of(application_id)

    def state_of(self, application_id: str) -> str:
        return self._store.state_of(application_id)

    def move(self, application_id: str, state: str) -> None:
        before, after = self.state_of(application_id), ApplicationState(state)
        if after not in {step.next for step in self._life.possible(before)}:
            raise ValueError(f"an application that is {before} does not become {after}")
        if after == before:
            return
        heads = self._work.tables.application
        heads.update(state=after.value).where(heads.c.id == application_id).execute()

    def follow_case(self, application_id: str, state: str) -> None:
        """The move that the application makes with its case, and the audit row of it."""
        before = self.state_of(application_id)
        self.move(application_id, state)
        if before == state:
            return
        heads = self._work.tables.application
        realm, person_id = (
            heads.select(heads.c.realm, heads.c.person_id)
            .where(heads.c.id == application_id)
            .tuples()
            .first()
        )
        event = AuditEvent(
            AuditKind.ORDER,
            realm=Realm(realm),
            person_id=str(person_id),
            application_id=application_id,
            subject=application_id,
            number=self.number_of(application_id),
            before=before,
            after=state,
        )
        self._work.audit(event, self._moment)

    def in_state(self, state: str, limit: int = 200) -> list[str]:
        heads = self._work.tables.application
        rows = heads.select(heads.c.id).where(heads.c.state == ApplicationState(state).value)
        return [str(row[0]) for row in rows.order_by(heads.c.id).limit(limit).tuples()]

    def person_of(self, realm: Realm, resident: Resident) -> str | None:
        return self._store.person_of(realm, resident)

    def of_person(self, person_id: str) -> list[str]:
        return self._store.of_person(person_id)

    def find(self, realm: Realm, typed: str, limit: int = 20) -> list[str]:
        return self._store.find(realm, typed, limit)

    def alike(self, realm: Realm, resident: Resident, limit: int = 20) -> list[str]:
        return self._store.alike(realm, resident, limit)

    def person_token(self, realm: Realm, resident: Resident) -> bytes:
        return self._store.person_token(realm, resident)

    def begun(self, application_id: str, begun: bool) -> None:
        """Whether a card of it is being made or was made; one that is not waits for its making."""
        heads = self._work.tables.application
        heads.update(begun=int(begun)).where(heads.c.id == application_id).execute()
