"""Signing in at a desk: by name and password, then quickly by PIN; a second person on the spot.

A wrong attempt is recorded before anybody knows that it is wrong, in a commit of its own: ending the
program in between gives nobody a free try. A name that nobody has is counted, waited for and refused
like any other, in the same words and the same time.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from app.base.clock import Clock, civil_date
from app.base.errors import N_, KangkaError
from app.domain.audit import AuditEvent, AuditKind
from app.domain.lockout import PIN_TRIES, Guard
from app.domain.records import Records, Unit
from app.domain.staff import Actor, Presence, Role, StaffMember, StaffSecret
from app.domain.verifiers import Verifiers
from app.domain.ways import KeyWays, NoWays
from app.workflow.gate import NobodySignedIn, Session

T = TypeVar("T")
# A PIN stands for a password that was given this shift: the same day, and no longer than this.
_SHIFT_NS: Final = 12 * 3600 * 1_000_000_000
_SIGN_IN: Final = "sign-in"
_UNLOCK: Final = "unlock"
# The key file's own fault, after which it is as it was (app.crypto.key_file)
_WAY_NOT_WRITTEN: Final = "keys.file-not-written"


@dataclass(eq=False)
class SignInRefused(KangkaError):
    """A name and a password that do not belong together, or a name that nobody has."""

    code = "staff.sign-in-refused"
    cause = N_("The name or the password is not right.")
    meaning = N_("Nobody was signed in, and the attempt is recorded.")
    remedy = N_("Check the name, Caps Lock and the input method, then try again.")


@dataclass(eq=False)
class SignInWaits(KangkaError):
    """A name that waits after wrong passwords."""

    seconds: int

    code = "staff.sign-in-waits"
    cause = N_("After wrong passwords this name has to wait {seconds} seconds more.")
    meaning = N_("The password was not looked at. The wait counts only while this computer runs.")
    remedy = N_("Wait, or have the security administrator set a new password.")


@dataclass(eq=False)
class PinRefused(KangkaError):
    """A wrong PIN."""

    left: int

    code = "staff.pin-refused"
    cause = N_("The PIN is not right; tries left: {left}.")
    meaning = N_("The desk stays locked, and the attempt is recorded.")
    remedy = N_("Try again, or sign in with your name and password.")


@dataclass(eq=False)
class PasswordNeeded(KangkaError):
    """A PIN where only the password helps: none was set, it was wrong too often, the day is over."""

    code = "staff.password-needed"
    cause = N_("The PIN does not open this desk now.")
    meaning = N_("A PIN is good on the day of a sign-in with the password, for three tries.")
    remedy = N_("Sign in with your name and password.")


@dataclass(frozen=True, repr=False)
class MadeUpStaff:
    """A made-up person of a training desk; the password is shown at sign-in."""

    name: str
    role: Role
    password: str


@dataclass(frozen=True)
class SecretRules:
    """How long a new password is, in characters, and a new PIN, in digits: least and most."""

    password: tuple[int, int]
    pin: tuple[int, int]


@dataclass(frozen=True)
class SignInState:
    """What the sign-in page shows. ``pin`` says whether a PIN may open the locked desk."""

    present: Actor | None
    locked: Actor | None
    pin: bool


@dataclass(frozen=True, repr=False)
class _Attempt:
    """A counted attempt: whose, by which verifier; or the wait that stands before it."""

    member: StaffMember | None
    verifier: str
    waits: SignInWaits | None


class SignIn:
    """Who sits at this desk. Every call may take long; none belongs on the window's thread.

    ``desk`` is the desk's number. ``made_up`` are the people of a training desk, none at a real one.
    ``ways`` are the ways to the data key, which a new password opens too.
    """

    def __init__(
        self,
        session: Session,
        records: Records,
        verifiers: Verifiers,
        clock: Clock,
        *,
        desk: str,
        made_up: tuple[MadeUpStaff, ...] = (),
        ways: KeyWays | None = None,
    ) -> None:
        self._session = session
        self._records = records
        self._verifiers = verifiers
        self._clock = clock
        self._desk = desk
        self._made_up = made_up
        self._ways = ways or NoWays()
        self._locked: Actor | None = None
        # Who gave a password here, by staff id: the day, and the machine's time.
        self._proved: dict[str, tuple[dt.date, int]] = {}
        self._one_at_a_time = threading.Lock()

    # Who is there ----------------------------------------------------------------------------------

    def state(self) -> SignInState:
        locked = self._locked
        pin = locked is not None and self._pin_of(locked.id) is not None
        return SignInState(self._session.present, locked, pin)

    def made_up(self) -> tuple[MadeUpStaff, ...]:
        """The people of a training desk with their passwords; empty at a real one."""
        return self._made_up

    def rules(self) -> SecretRules:
        """What can be said of a new password and a new PIN before one is chosen."""
        return SecretRules(self._verifiers.password_characters, self._verifiers.pin_digits)

    # In and out ------------------------------------------------------------------------------------

    def sign_in(self, name: str, password: str) -> Actor:
        """Begin a session; whoever was signed in or had locked the desk no longer is.

        ``SignInRefused``, ``SignInWaits``.
        """
        with self._one_at_a_time:
            actor = self._prove(name, password, _SIGN_IN).actor
            self._proved[actor.id] = (self._today(), self._clock.monotonic_ns())
            self._begin(actor)
            return actor

    def begin_made_up(self, role: Role = Role.CLERK) -> Actor:
        """The first made-up person of ``role`` acts without a password: at a training desk alone."""
        names = [person.name for person in self._made_up if person.role is role]
        found = self._records.read(lambda unit: [unit.staff.named(name) for name in names])
        actors = [member.actor for member in found if member is not None and member.active]
        if not actors:
            raise NobodySignedIn
        self._begin(actors[0])
        return actors[0]

    def sign_out(self) -> None:
        """End the session, locked or not; the PIN opens nothing any more until the next password."""
        with self._one_at_a_time:
            actor = self._session.present or self._locked
            if actor is not None:
                self._proved.pop(actor.id, None)
                self._tell(AuditEvent(AuditKind.SIGN_OUT, act="sign-out", subject=actor.id, actor=actor))
            self._locked = None
            self._session.end()

    def lock(self) -> None:
        """Lock the desk: nobody is signed in until its person, or another, comes back."""
        with self._one_at_a_time:
            actor = self._session.actor
            self._session.end()
            self._locked = actor
            self._tell(AuditEvent(AuditKind.LOCK, act="lock", subject=actor.id, actor=actor))

    def unlock(self, pin: str) -> Actor:
        """Open the locked desk for the person who locked it; ``PinRefused``, ``PasswordNeeded``."""
        with self._one_at_a_time:
            if self._locked is None:
                raise NobodySignedIn
            actor = self._prove_pin(self._locked.id, pin)
            self._begin(actor)
            return actor

    def change(self, name: str, pin: str) -> Actor:
        """Another person takes the desk by PIN, who gave the password here in this shift already."""
        with self._one_at_a_time:
            member = self._records.read(lambda unit: unit.staff.named(name))
            if member is None:
                raise PasswordNeeded
            actor = self._prove_pin(member.id, pin)
            self._begin(actor)
            return actor

    # On the spot -----------------------------------------------------------------------------------

    def present(self, act: str, name: str, password: str) -> Presence:
        """Somebody authenticates for ``act`` alone; who is signed in stays so."""
        member = self._prove(name, password, act)
        return Presence(member.actor, act, self._clock.now_ms())

    def present_again(self, act: str, password: str) -> Presence:
        """The signed-in person authenticates once more, for an act that can not be taken back."""
        return self.present(act, self._session.actor.name, password)

    # Own secrets -----------------------------------------------------------------------------------

    def change_password(self, old: str, new: str) -> None:
        """The signed-in person's own password; a PIN that was set falls with the old one."""
        actor = self._session.actor
        member = self._prove(actor.name, old, "staff-password")
        before = self._records.read(lambda unit: unit.staff.secret(member.id)).password
        verifier = self._made(
            actor, "staff-password", lambda: self._verifiers.of_password(new, member.name)
        )
        self._records.durable("password", lambda unit: unit.staff.set_password(member.id, verifier))
        try:
            self._give_way(member, new)
        except KangkaError as fault:
            if fault.code == _WAY_NOT_WRITTEN:
                self._durable("password", lambda unit: _back(unit, member.id, verifier, before))
            raise

    def set_pin(self, password: str, pin: str) -> None:
        """The signed-in person's own PIN, for the password: a desk left open gives nobody one."""
        actor = self._session.actor
        member = self._prove(actor.name, password, "staff-pin")
        verifier = self._made(actor, "staff-pin", lambda: self._verifiers.of_pin(pin))
        self._records.durable("pin", lambda unit: unit.staff.set_pin(member.id, verifier))

    # Within ----------------------------------------------------------------------------------------

    def _made(self, actor: Actor, act: str, make: Callable[[], str]) -> str:
        """The verifier of a new secret; one that would be guessed is refused, and that is recorded."""
        try:
            return make()
        except KangkaError as refusal:
            self._tell(
                AuditEvent(AuditKind.REFUSED, act=act, subject=actor.id, actor=actor, fault=refusal.code)
            )
            raise

    def _begin(self, actor: Actor) -> None:
        self._locked = None
        self._session.begin(actor)

    def _prove(self, name: str, password: str, act: str) -> StaffMember:
        attempt = self._durable("sign-in attempt", lambda unit: self._count(unit, name, act))
        if attempt.waits is not None:
            raise attempt.waits
        if attempt.member is None:
            self._verifiers.spend()
            right, renewed = False, None
        else:
            right = self._verifiers.check(attempt.verifier, password)
            renewed = self._verifiers.renewed(attempt.verifier, password) if right else None
        member = self._durable(
            "sign-in", lambda unit: self._settle(unit, name, act, attempt if right else None, renewed)
        )
        if member is None:
            raise SignInRefused
        if self._records.read(lambda unit: unit.staff.secret(member.id)).way_due:
            # The power went between a new password and its way to the data key: made good here.
            self._give_way(member, password)
        return member

    def _give_way(self, member: StaffMember, password: str) -> None:
        self._ways.give(member.id, member.name, password)
        self._durable("key way", lambda unit: unit.staff.note_way(member.id))

    def _count(self, unit: Unit, name: str, act: str) -> _Attempt:
        """Count an attempt at ``name`` as a wrong one, unless the name has to wait."""
        guard = unit.staff.guard(name).at(self._clock.monotonic_ns() // 1_000_000, self._desk)
        member = unit.staff.named(name)
        subject = None if member is None else member.id
        if guard.owed_ms:
            unit.staff.set_guard(name, guard)
            waits = SignInWaits(seconds=guard.seconds)
            unit.audit(AuditEvent(AuditKind.REFUSED, act=act, subject=subject, fault=waits.code))
            return _Attempt(member, "", waits)
        tried = guard.tried()
        unit.staff.set_guard(name, tried)
        failures = {"failures": tried.failures}
        unit.audit(
            AuditEvent(AuditKind.SIGN_IN, act=act, subject=subject, after="attempt", facts=failures)
        )
        verifier = "" if member is None else unit.staff.secret(member.id).password
        return _Attempt(member, verifier, None)

    def _settle(
        self, unit: Unit, name: str, act: str, right: _Attempt | None, renewed: str | None
    ) -> StaffMember | None:
        """Who was proved by an attempt that was right; None where nobody was. Recorded either way."""
        named = unit.staff.named(name)
        # As it is now: somebody may have been given another password while this one was looked at.
        if (
            right is not None
            and named is not None
            and named.active
            and unit.staff.secret(named.id).password == right.verifier
        ):
            unit.staff.set_guard(name, Guard())
            if renewed is not None:
                unit.staff.renew(named.id, renewed)
            unit.staff.note_sign_in(named.id)
            event = AuditEvent(
                AuditKind.SIGN_IN, act=act, subject=named.id, after="open", actor=named.actor
            )
            unit.audit(event)
            return named
        subject = None if named is None else named.id
        unit.audit(AuditEvent(AuditKind.REFUSED, act=act, subject=subject, fault=SignInRefused.code))
        return None

    def _prove_pin(self, staff_id: str, pin: str) -> Actor:
        secret = self._pin_of(staff_id)
        if secret is None or secret.pin is None:
            refused = AuditEvent(
                AuditKind.REFUSED, act=_UNLOCK, subject=staff_id, fault=PasswordNeeded.code
            )
            self._tell(refused)
            raise PasswordNeeded
        failures = self._durable("pin attempt", lambda unit: self._count_pin(unit, staff_id))
        right = failures <= PIN_TRIES and self._verifiers.check(secret.pin, pin)
        actor = self._durable("unlock", lambda unit: self._settle_pin(unit, staff_id, secret, right))
        if actor is None:
            if failures >= PIN_TRIES:
                self._proved.pop(staff_id, None)
            raise PinRefused(left=max(0, PIN_TRIES - failures))
        return actor

    def _count_pin(self, unit: Unit, staff_id: str) -> int:
        failures = unit.staff.secret(staff_id).pin_failures + 1
        unit.staff.note_pin(staff_id, failures)
        unit.audit(
            AuditEvent(
                AuditKind.UNLOCK,
                act=_UNLOCK,
                subject=staff_id,
                after="attempt",
                facts={"failures": failures},
            )
        )
        return failures

    def _settle_pin(self, unit: Unit, staff_id: str, before: StaffSecret, right: bool) -> Actor | None:
        member = unit.staff.member(staff_id)
        if right and member.active and unit.staff.secret(staff_id).pin == before.pin:
            unit.staff.note_pin(staff_id, 0)
            unit.audit(
                AuditEvent(
                    AuditKind.UNLOCK, act=_UNLOCK, subject=staff_id, after="open", actor=member.actor
                )
            )
            return member.actor
        unit.audit(AuditEvent(AuditKind.REFUSED, act=_UNLOCK, subject=staff_id, fault=PinRefused.code))
        return None

    def _pin_of(self, staff_id: str) -> StaffSecret | None:
        """The person's secret where a PIN may be asked for: set, tries left, and in the same shift."""
        proved = self._proved.get(staff_id)
        if proved is None or proved[0] != self._today():
            return None
        if not 0 <= self._clock.monotonic_ns() - proved[1] <= _SHIFT_NS:
            return None
        secret = self._records.read(lambda unit: unit.staff.secret(staff_id))
        return secret if secret.pin is not None and secret.pin_failures < PIN_TRIES else None

    def _today(self) -> dt.date:
        return civil_date(self._clock.now_ms())

    def _tell(self, event: AuditEvent) -> None:
        self._durable("sign-in note", lambda unit: unit.audit(event))

    def _durable(self, name: str, act: Callable[[Unit], T]) -> T:
        # Recorded also where the clock stops new work: somebody has to sign in to set it right.
        return self._records.durable(name, act, begins=False)


def _back(unit: Unit, staff_id: str, changed: str, before: str) -> None:
    """The password that a person's way still is for: where no keychain opens the records, the new one
    would open nothing. One that somebody else gave meanwhile stands."""
    if unit.staff.secret(staff_id).password == changed:
        unit.staff.set_password(staff_id, before)
