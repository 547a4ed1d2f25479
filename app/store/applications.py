"""Frozen applications: sealed versions, their persons found again by a blind index."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from peewee import fn

from app.crypto.sealing import Place, SealBroken, Sealer
from app.crypto.sm3 import framed, hmac_sm3
from app.domain.application import FrozenApplication, Realm
from app.domain.audit import AuditEvent, AuditKind
from app.domain.order import CLOSED_APPLICATION, FIRST_ISSUE, ApplicationState
from app.domain.resident import Resident
from app.store import errors, serial
from app.store.card_errors import ApplicationClosed
from app.store.search import SearchTokens
from app.store.work import Moment, Work

# The kind of a number in the blind index; documents have their own kind after a mark.
_CITIZEN: Final = "citizen"
# The letter of an application's human number, and the kind of its counter.
APPLICATION_COUNTER: Final = "A"
_TABLE: Final = "application_version"
_COLUMN: Final = "sealed"


class ApplicationStore:
    """``app.domain.ports.Applications`` over one store."""

    def __init__(
        self, work: Work, *, sealer: Sealer, index_key: bytes, realms: frozenset[Realm]
    ) -> None:
        self._work = work
        self._tables = work.tables
        self._sealer = sealer
        self._index_key = index_key
        self._realms = realms
        self._search = SearchTokens(work, index_key)

    def freeze(self, application: FrozenApplication) -> None:
        self._work.check_thread()
        # What is kept so was checked whole, and a card may be made of it at once.
        approved = ApplicationState.APPROVED
        self._work.durable("freeze", lambda moment: self.keep(application, approved, moment))

    def get(self, application_id: str, version: int | None = None) -> FrozenApplication:
        self._work.check_thread()
        versions = self._tables.application_version
        query = versions.select(versions.c.version, versions.c.sealed).where(
            versions.c.application_id == application_id
        )
        if version is not None:
            query = query.where(versions.c.version == version)
        row = query.order_by(versions.c.version.desc()).tuples().first()
        if row is None:
            raise errors.NoSuchApplication(application_id)
        return self._open(application_id, int(row[0]), row[1])

    def number_of(self, application_id: str) -> str:
        self._work.check_thread()
        row = self._head(application_id)
        if row is None:
            raise errors.NoSuchApplication(application_id)
        return str(row[0])

    def state_of(self, application_id: str) -> str:
        self._work.check_thread()
        heads = self._tables.application
        row = heads.select(heads.c.state).where(heads.c.id == application_id).tuples().first()
        if row is None:
            raise errors.NoSuchApplication(application_id)
        return str(row[0])

    def person_token(self, realm: Realm, resident: Resident) -> bytes:
        """The keyed token of the identifying number; says nothing by itself."""
        return self._token(realm, resident)[1]

    def person_of(self, realm: Realm, resident: Resident) -> str | None:
        self._work.check_thread()
        kind, token = self._token(realm, resident)
        return self._owner(realm, kind, token)

    def find(self, realm: Realm, typed: str, limit: int) -> list[str]:
        """The ids of people whom ``typed`` finds, newest first."""
        return self._search.find(realm, typed, self._resident_of, limit)

    def alike(self, realm: Realm, resident: Resident, limit: int) -> list[str]:
        """The ids of people who may be this one."""
        return self._search.alike(realm, resident, limit)

    def of_person(self, person_id: str) -> list[str]:
        self._work.check_thread()
        heads = self._tables.application
        rows = heads.select(heads.c.id).where(heads.c.person_id == person_id).order_by(heads.c.id)
        return [str(row[0]) for row in rows.tuples()]

    def count(self) -> int:
        self._work.check_thread()
        # Human numbers have no gap, so the last one given is how many there are.
        counters = self._tables.counter
        given = counters.select(fn.SUM(counters.c.value)).where(
            counters.c.kind == APPLICATION_COUNTER, counters.c.desk == self._work.desk
        )
        return int(given.scalar() or 0)

    def list(self, after: str | None = None, limit: int = 100) -> list[FrozenApplication]:
        self._work.check_thread()
        versions = self._tables.application_version
        query = versions.select(versions.c.application_id, fn.MAX(versions.c.version)).group_by(
            versions.c.application_id
        )
        if after is not None:
            query = query.where(versions.c.application_id > after)
        page = query.order_by(versions.c.application_id).limit(limit).tuples()
        return [self.get(str(found), int(newest)) for found, newest in page]

    def keep(self, application: FrozenApplication, state: ApplicationState, moment: Moment) -> str:
        """Keep a version inside the running transaction, with its audit row; the human number."""
        if application.realm not in self._realms:
            raise errors.RealmRefused(application.realm, min(self._realms))
        self._keep_person(application, moment)
        head = self._head(application.id)
        newest = 0 if head is None else self._newest(application.id)
        number = str(head[0]) if head is not None else ""
        if application.version != newest + 1 or (head is not None and head[1] != application.person_id):
            raise errors.ApplicationChanged(number, application.version)
        before = None if head is None else ApplicationState(head[2])
        if before in CLOSED_APPLICATION:
            raise ApplicationClosed(number, before)
        heads = self._tables.application
        if head is None:
            number = self._work.next_number(application.realm.value, APPLICATION_COUNTER)
            heads.insert(
                id=application.id,
                realm=application.realm.value,
                person_id=application.person_id,
                number=number,
                created_ms=moment.at_ms,
                state=state.value,
            ).execute()
        else:
            heads.update(state=state.value).where(heads.c.id == application.id).execute()
        sealed = self._sealer.seal(_place(application.id, application.version), serial.dump(application))
        self._tables.application_version.insert(
            application_id=application.id,
            version=application.version,
            profile_id=application.profile_id,
            profile_hash=application.profile_hash,
            frozen_ms=application.frozen_at_ms,
            at_ms=moment.at_ms,
            seq=moment.seq,
            sealed=sealed,
        ).execute()
        self._search.keep(application.realm, application.person_id, application.resident)
        event = AuditEvent(
            AuditKind.ENROL if application.reason == FIRST_ISSUE else AuditKind.ORDER,
            realm=application.realm,
            person_id=application.person_id,
            application_id=application.id,
            subject=application.id,
            number=number,
            before=before,
            after=state.value,
            reason=application.reason,
            facts={"version": application.version},
        )
        self._work.audit(event, moment)
        return number

    def index(self) -> bool:
        """Make the search tokens anew where an older program made them; whether that was done."""
        return self._search.made_anew(self._people)

    def _people(self) -> Iterator[tuple[Realm, str, Resident]]:
        persons = self._tables.person
        for person_id, realm in list(persons.select(persons.c.id, persons.c.realm).tuples()):
            if self.of_person(str(person_id)):
                yield Realm(realm), str(person_id), self._resident_of(str(person_id))

    def _resident_of(self, person_id: str) -> Resident:
        return self.get(self.of_person(person_id)[-1]).resident

    def _keep_person(self, application: FrozenApplication, moment: Moment) -> None:
        kind, token = self._token(application.realm, application.resident)
        owner = self._owner(application.realm, kind, token)
        if owner is not None and owner != application.person_id:
            raise errors.PersonKnown(owner)
        persons = self._tables.person
        known = persons.select(persons.c.realm).where(persons.c.id == application.person_id)
        if known.tuples().first() is None:
            persons.insert(
                id=application.person_id, realm=application.realm.value, created_ms=moment.at_ms
            ).execute()
        if owner is None:
            self._tables.person_number.insert(
                realm=application.realm.value,
                kind=kind,
                token=token,
                person_id=application.person_id,
                since_ms=moment.at_ms,
            ).execute()

    def _token(self, realm: Realm, resident: Resident) -> tuple[str, bytes]:
        """The kind of the identifying number and its keyed token; letters count alike in both cases."""
        other = resident.other_document
        kind = _CITIZEN if resident.citizen_id or other is None else f"document-{other.kind}"
        number = resident.number.strip().upper()
        data = framed(b"person number", realm.value.encode(), kind.encode(), number.encode())
        return kind, hmac_sm3(self._index_key, data)

    def _owner(self, realm: Realm, kind: str, token: bytes) -> str | None:
        numbers = self._tables.person_number
        row = (
            numbers.select(numbers.c.person_id)
            .where(numbers.c.realm == realm.value, numbers.c.kind == kind, numbers.c.token == token)
            .tuples()
            .first()
        )
        return None if row is None else str(row[0])

    def _head(self, application_id: str) -> tuple[Any, ...] | None:
        heads = self._tables.application
        found: tuple[Any, ...] | None = (
            heads.select(heads.c.number, heads.c.person_id, heads.c.state)
            .where(heads.c.id == application_id)
            .tuples()
            .first()
        )
        return found

    def _newest(self, application_id: str) -> int:
        versions = self._tables.application_version
        query = versions.select(fn.MAX(versions.c.version))
        return int(query.where(versions.c.application_id == application_id).scalar())

    def _open(self, application_id: str, version: int, sealed: Any) -> FrozenApplication:
        raw = self._sealer.open(_place(application_id, version), bytes(sealed))
        try:
            application = serial.load(raw)
        except (ValueError, TypeError, KeyError, IndexError) as fault:
            raise SealBroken(_TABLE, _COLUMN) from fault
        if (application.id, application.version) != (application_id, version):
            raise SealBroken(_TABLE, _COLUMN)
        return application


def _place(application_id: str, version: int) -> Place:
    return Place(_TABLE, _COLUMN, f"{application_id}/{version}")
