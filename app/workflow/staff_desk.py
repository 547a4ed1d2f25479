"""Looking after the people of a desk: the security administrator's work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from app.base.clock import Clock, civil_date
from app.base.errors import KangkaError
from app.domain.application import Realm
from app.domain.id_number import IdKind, parse_id_number
from app.domain.lockout import Guard
from app.domain.records import Records, Unit
from app.domain.resident import Resident
from app.domain.staff import NotByOneself, Presence, Role, StaffMember, StaffUnknown
from app.domain.verifiers import Verifiers
from app.domain.ways import KeyStanding, KeyWays
from app.workflow.gate import Gate

T = TypeVar("T")
_STAFF: Final = "staff"
KEYS: Final = "keys"


@dataclass(frozen=True, repr=False)
class StaffView:
    """One of the staff as the page of people shows them: when the password was right last, whether a PIN
    is set, and wrong passwords in a row."""

    member: StaffMember
    signed_in_ms: int | None
    pin: bool
    failures: int


class StaffDesk:
    """Who works here: added, given another role, deactivated, given a new password."""

    def __init__(
        self,
        gate: Gate,
        records: Records,
        verifiers: Verifiers,
        ways: KeyWays,
        *,
        realm: Realm,
        clock: Clock,
    ) -> None:
        self._gate = gate
        self._realm = realm
        self._clock = clock
        self._records = records
        self._verifiers = verifiers
        self._ways = ways

    def everyone(self) -> list[StaffMember]:
        """The whole staff, whoever left included, oldest first."""
        self._gate.view(_STAFF)
        return self._records.read(lambda unit: unit.staff.everyone())

    def people(self) -> list[StaffView]:
        """The whole staff with how they come in, whoever left included, oldest first."""
        self._gate.view(_STAFF)

        def look(unit: Unit) -> list[StaffView]:
            return [_seen(unit, member) for member in unit.staff.everyone()]

        return self._records.read(look)

    def keys(self) -> KeyStanding:
        """Which ways lead to the records: people's own, the keychain, the recovery shares."""
        self._gate.view(KEYS)
        return self._ways.standing()

    def new_shares(self, fresh: Presence | None) -> tuple[str, ...]:
        """Three new recovery shares; the older ones open nothing any more, whoever keeps them.

        Told here once and kept nowhere. Whatever was cut before they were seen, the next call makes
        others. ``fresh`` is the actor's password once more; ``KeyPublished`` in training.
        """
        self._gate.enter(KEYS, fresh=fresh)
        with self._gate.refusals(KEYS):
            return self._ways.new_shares()

    def add(self, name: str, role: Role, password: str, number: str = "") -> StaffMember:
        """A new person with a first password.

        ``number`` is their own citizen number, kept as a token alone, so that nobody issues, approves or
        voids for themselves; IdNumberInvalid where it is none.
        """
        self._gate.enter(_STAFF)
        verifier = self._told(lambda: self._verifiers.of_password(password, name))
        own = self._own(number)

        def add(unit: Unit) -> StaffMember:
            token = None if own is None else unit.applications.person_token(self._realm, own)
            return unit.staff.add(name, role, verifier, token)

        member = self._do("staff", add)
        self._give_way(member, password)
        return member

    def change(self, name: str, *, role: Role | None = None, active: bool | None = None) -> StaffMember:
        """Another role, or the end or the return of somebody's work; never one's own."""
        self._gate.enter(_STAFF)
        member = self._do(
            "staff",
            lambda unit: unit.staff.change(_named(unit, name).id, role=role, active=active),
        )
        if not member.active:
            self._ways.take(member.id)
        return member

    def set_number(self, name: str, number: str) -> StaffMember:
        """The citizen number by which somebody is known, kept as a token alone; never one's own, once it
        is there. ``IdNumberInvalid``, ``OnePersonOneRole``."""
        actor = self._gate.enter(_STAFF).actor
        own = self._told(lambda: self._numbered(number))

        def act(unit: Unit) -> StaffMember:
            member = _named(unit, name)
            token = unit.applications.person_token(self._realm, own)
            if member.id == actor.id and member.person_token not in (None, token):
                raise NotByOneself(act=_STAFF)
            return unit.staff.note_person(member.id, token)

        return self._do("staff", act)

    def set_password(self, name: str, password: str) -> StaffMember:
        """A new password for somebody who lost theirs; whatever wait stood before the name is over.

        One's own is changed with the old one (``SignIn.change_password``).
        """
        actor = self._gate.enter(_STAFF).actor
        member = self._do("staff", lambda unit: _named(unit, name))
        if member.id == actor.id:
            self._refuse(NotByOneself(act=_STAFF))
        verifier = self._told(lambda: self._verifiers.of_password(password, member.name))

        def act(unit: Unit) -> None:
            unit.staff.set_password(member.id, verifier)
            unit.staff.set_guard(member.name, Guard())

        self._do("password", act)
        self._give_way(member, password)
        return member

    def _own(self, number: str) -> Resident | None:
        """Somebody of whom nothing is known but the number; None where none was given."""
        if not number.strip():
            return None
        return self._told(lambda: self._numbered(number))

    def _numbered(self, number: str) -> Resident:
        today = civil_date(self._clock.now_ms())
        own = parse_id_number(number, IdKind.CITIZEN, today=today)
        return Resident("", "0", None, "", citizen_id=own.text)

    def _give_way(self, member: StaffMember, password: str) -> None:
        self._ways.give(member.id, member.name, password)
        self._records.durable("key way", lambda unit: unit.staff.note_way(member.id), begins=False)

    def _do(self, name: str, act: Callable[[Unit], T]) -> T:
        return self._told(lambda: self._records.durable(name, act))

    def _told(self, act: Callable[[], T]) -> T:
        """What ``act`` gives; a refusal is recorded like one of the gate."""
        try:
            return act()
        except KangkaError as refusal:
            self._gate.refused(_STAFF, refusal)
            raise

    def _refuse(self, refusal: KangkaError) -> None:
        self._gate.refused(_STAFF, refusal)
        raise refusal


def _seen(unit: Unit, member: StaffMember) -> StaffView:
    secret = unit.staff.secret(member.id)
    failures = unit.staff.guard(member.name).failures
    return StaffView(member, secret.sign_in_ms, secret.pin is not None, failures)


def _named(unit: Unit, name: str) -> StaffMember:
    member = unit.staff.named(name)
    if member is None:
        raise StaffUnknown
    return member
