"""A desk's staff and settings in the store: sealed names, verifiers, guards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from app.crypto.sealing import Place, Sealer
from app.crypto.sm3 import framed, hmac_sm3
from app.domain.audit import AuditEvent, AuditKind
from app.domain.lockout import Guard
from app.domain.staff import (
    OnePersonOneRole,
    Role,
    StaffMember,
    StaffNameTaken,
    StaffSecret,
    StaffUnknown,
    require_change,
    sign_in_name,
    staff_name,
)
from app.store.work import Moment, Work

_TABLE: Final = "staff"
_COLUMN: Final = "sealed"
# Guards of names that nobody has, kept at most: enough to slow a guesser, too few to fill a disk.
_STRANGERS: Final = 200


@dataclass(frozen=True)
class StaffKeys:
    """What seals names, what finds them again, and where ids come from."""

    sealer: Sealer
    index_key: bytes
    new_id: Callable[[], str]


class StaffStore:
    """``app.domain.staff.StaffBook`` for one moment."""

    def __init__(self, work: Work, keys: StaffKeys, moment: Moment) -> None:
        self._work = work
        self._keys = keys
        self._moment = moment
        self._staff = work.tables.staff
        self._secret = work.tables.staff_secret
        self._guards = work.tables.sign_in_guard

    def add(
        self, name: str, role: Role, password: str, person_token: bytes | None = None
    ) -> StaffMember:
        name = staff_name(name)
        if self.named(name) is not None:
            raise StaffNameTaken
        if person_token is not None and self._has_role(person_token):
            raise OnePersonOneRole
        moment = self._moment
        member = StaffMember(self._keys.new_id(), name, role, True, moment.at_ms, person_token)
        self._staff.insert(
            id=member.id,
            name_token=self._token(name),
            sealed=self._keys.sealer.seal(_place(member.id), name.encode()),
            role=role.value,
            active=1,
            person_token=person_token,
            since_ms=moment.at_ms,
            changed_ms=moment.at_ms,
            changed_seq=moment.seq,
        ).execute()
        self._secret.insert(
            staff_id=member.id,
            password=password,
            password_ms=moment.at_ms,
            pin=None,
            pin_failures=0,
            way_due=1,
        ).execute()
        self._record(member.id, None, role.value, "added")
        return member

    def member(self, staff_id: str) -> StaffMember:
        row = self._rows(self._staff.c.id == staff_id).first()
        if row is None:
            raise StaffUnknown
        return self._member(row)

    def named(self, name: str) -> StaffMember | None:
        row = self._rows(self._staff.c.name_token == self._token(name)).first()
        return None if row is None else self._member(row)

    def everyone(self) -> list[StaffMember]:
        return [self._member(row) for row in self._rows().order_by(self._staff.c.id)]

    def change(
        self, staff_id: str, *, role: Role | None = None, active: bool | None = None
    ) -> StaffMember:
        before = self.member(staff_id)
        after = replace(
            before,
            role=before.role if role is None else role,
            active=before.active if active is None else active,
        )
        require_change(self.everyone(), self._work.who(), after)
        resumed = after.active and not before.active
        if resumed and after.person_token is not None and self._has_role(after.person_token):
            raise OnePersonOneRole
        moment = self._moment
        self._staff.update(
            role=after.role.value,
            active=int(after.active),
            changed_ms=moment.at_ms,
            changed_seq=moment.seq,
        ).where(self._staff.c.id == staff_id).execute()
        self._record(staff_id, _state(before), _state(after), "changed")
        return after

    def note_person(self, staff_id: str, person_token: bytes) -> StaffMember:
        before = self.member(staff_id)
        if before.person_token == person_token:
            return before
        if before.active and self._has_role(person_token):
            raise OnePersonOneRole
        moment = self._moment
        self._staff.update(
            person_token=person_token, changed_ms=moment.at_ms, changed_seq=moment.seq
        ).where(self._staff.c.id == staff_id).execute()
        self._record(staff_id, None, None, "own-number")
        return self.member(staff_id)

    def secret(self, staff_id: str) -> StaffSecret:
        table = self._secret
        row = (
            table.select(
                *(table.c.password, table.c.pin, table.c.pin_failures),
                *(table.c.password_ms, table.c.sign_in_ms, table.c.way_due),
            )
            .where(table.c.staff_id == staff_id)
            .tuples()
            .first()
        )
        if row is None:
            raise StaffUnknown
        pin = None if row[1] is None else str(row[1])
        sign_in = None if row[4] is None else int(row[4])
        return StaffSecret(str(row[0]), pin, int(row[2]), int(row[3]), sign_in, bool(row[5]))

    def set_password(self, staff_id: str, verifier: str) -> None:
        self._update(
            staff_id,
            password=verifier,
            password_ms=self._moment.at_ms,
            pin=None,
            pin_failures=0,
            way_due=1,
        )
        self._record(staff_id, None, None, "password")

    def set_pin(self, staff_id: str, verifier: str | None) -> None:
        self._update(staff_id, pin=verifier, pin_failures=0)
        self._record(staff_id, None, None, "pin" if verifier is not None else "pin-removed")

    def renew(self, staff_id: str, verifier: str) -> None:
        self._update(staff_id, password=verifier)

    def note_sign_in(self, staff_id: str) -> None:
        self._update(staff_id, sign_in_ms=self._moment.at_ms, pin_failures=0)

    def note_way(self, staff_id: str) -> None:
        self._update(staff_id, way_due=0)

    def note_pin(self, staff_id: str, failures: int) -> None:
        self._update(staff_id, pin_failures=failures)

    def guard(self, name: str) -> Guard:
        table = self._guards
        row = (
            table.select(table.c.failures, table.c.owed_ms, table.c.counted_ms, table.c.desk)
            .where(table.c.token == self._token(name))
            .tuples()
            .first()
        )
        return Guard() if row is None else Guard(int(row[0]), int(row[1]), int(row[2]), str(row[3]))

    def set_guard(self, name: str, guard: Guard) -> None:
        table, token = self._guards, self._token(name)
        table.delete().where(table.c.token == token).execute()
        if guard.failures:
            table.insert(
                token=token,
                failures=guard.failures,
                owed_ms=guard.owed_ms,
                counted_ms=guard.counted_ms,
                desk=guard.desk,
                seq=self._moment.seq,
            ).execute()
            self._forget_strangers()

    # Within ----------------------------------------------------------------------------------------

    def _token(self, name: str) -> bytes:
        # Whatever was typed, a name that is none included.
        folded = sign_in_name(name).encode("utf-8", "surrogatepass")
        return hmac_sm3(self._keys.index_key, framed(b"staff name", folded))

    def _has_role(self, person_token: bytes) -> bool:
        staff = self._staff
        mine = (staff.c.person_token == person_token) & (staff.c.active == 1)
        return staff.select(staff.c.id).where(mine).tuples().first() is not None

    def _rows(self, *where: Any) -> Any:
        staff = self._staff
        query = staff.select(
            *(staff.c.id, staff.c.sealed, staff.c.role),
            *(staff.c.active, staff.c.since_ms, staff.c.person_token),
        )
        return (query.where(*where) if where else query).tuples()

    def _member(self, row: tuple[Any, ...]) -> StaffMember:
        staff_id = str(row[0])
        return StaffMember(
            id=staff_id,
            name=self._keys.sealer.open(_place(staff_id), bytes(row[1])).decode(),
            role=Role(row[2]),
            active=bool(row[3]),
            since_ms=int(row[4]),
            person_token=None if row[5] is None else bytes(row[5]),
        )

    def _update(self, staff_id: str, **values: object) -> None:
        changed = self._secret.update(**values).where(self._secret.c.staff_id == staff_id).execute()
        if not changed:
            raise StaffUnknown

    def _forget_strangers(self) -> None:
        """Drop the oldest guards of names that nobody has; a person's own guard is never dropped."""
        table, staff = self._guards, self._staff
        strangers = table.c.token.not_in(staff.select(staff.c.name_token))
        kept = (
            table.select(table.c.seq)
            .where(strangers)
            .order_by(table.c.seq.desc())
            .offset(_STRANGERS)
            .limit(1)
        )
        last = kept.tuples().first()
        if last is not None:
            table.delete().where(strangers & (table.c.seq <= last[0])).execute()

    def _record(self, staff_id: str, before: str | None, after: str | None, reason: str) -> None:
        event = AuditEvent(
            AuditKind.STAFF, act="staff", subject=staff_id, before=before, after=after, reason=reason
        )
        self._work.audit(event, self._moment)


class SettingStore:
    """``app.domain.settings.SettingBook`` for one moment."""

    def __init__(self, work: Work, moment: Moment) -> None:
        self._work = work
        self._moment = moment
        self._table = work.tables.setting

    def all(self) -> dict[str, str]:
        table = self._table
        rows = table.select(table.c.name, table.c.value).where(table.c.desk == self._work.desk)
        return {str(name): str(value) for name, value in rows.tuples()}

    def put(self, name: str, value: str) -> None:
        table, moment = self._table, self._moment
        before = self.all().get(name)
        table.insert(
            desk=self._work.desk, name=name, value=value, at_ms=moment.at_ms, seq=moment.seq
        ).on_conflict(
            conflict_target=[table.c.desk, table.c.name],
            update={table.c.value: value, table.c.at_ms: moment.at_ms, table.c.seq: moment.seq},
        ).execute()
        self._work.audit(
            AuditEvent(AuditKind.SETTING, act="settings", subject=name, before=before, after=value),
            moment,
        )


def _place(staff_id: str) -> Place:
    return Place(_TABLE, _COLUMN, staff_id)


def _state(member: StaffMember) -> str:
    return member.role.value if member.active else f"{member.role.value} inactive"
