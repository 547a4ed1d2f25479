"""The one door that every act of a person goes through: who may, with whom, and to whom not.

A refusal is recorded before it is told (issue 3: every refusal is recorded), durably and by itself, so
that it stands although nothing else was done.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final
from weakref import WeakSet

from app.base.clock import Clock
from app.base.errors import N_, KangkaError
from app.devices.ports import LinkFault, PrinterFault
from app.domain.audit import AuditEvent, AuditKind
from app.domain.records import Records, Unit
from app.domain.staff import (
    Actor,
    FreshSignInNeeded,
    Level,
    NotByOneself,
    NotPermitted,
    Permissions,
    Presence,
    SecondPersonNeeded,
    StaffLeft,
    StaffUnknown,
)
from app.personalize.execute import Stopped

# A person who authenticated for an act is still at the desk for this long.
PRESENCE_MS: Final = 120_000
_APPROVE: Final = "approve"
# A line or a printer that failed, and a clerk who stopped the work, refused nobody anything.
_NO_REFUSALS: Final = (LinkFault, PrinterFault, Stopped)
# Ids, numbers of this and of other desks (X02-R000017), chip serials, rows of a chain (01/417), and
# words in small letters such as names of lists; no long row of digits but the serial's.
_OURS: Final = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Z][0-9]{2}-[A-Z][0-9]{1,9}|[0-9A-F]{16}"
    r"|[0-9]{2}/[0-9]{1,9}|(?!.*[0-9]{7})[a-z][a-z0-9._-]{0,47}"
)


@dataclass(eq=False)
class NobodySignedIn(KangkaError):
    """An act without anybody who does it."""

    code = "staff.nobody-signed-in"
    cause = N_("Nobody is signed in at this desk.")
    meaning = N_("Every act is recorded with who did it, so nothing was done.")
    remedy = N_("Sign in with your own name and password.")


class Session:
    """Who is signed in at this desk now. One person at a time; changing it is the sign-in's work."""

    def __init__(self, actor: Actor | None = None) -> None:
        self._actor = actor

    @property
    def present(self) -> Actor | None:
        return self._actor

    @property
    def actor(self) -> Actor:
        """The signed-in person; ``NobodySignedIn`` where there is none."""
        if self._actor is None:
            raise NobodySignedIn
        return self._actor

    def begin(self, actor: Actor) -> None:
        self._actor = actor

    def end(self) -> None:
        self._actor = None


@dataclass(frozen=True)
class Passage:
    """An act that may be done: by whom, and beside whom where four eyes are due."""

    act: str
    actor: Actor
    second: Actor | None


class Gate:
    """Lets an act pass, or records and tells why not."""

    def __init__(
        self, session: Session, permissions: Permissions, records: Records, clock: Clock
    ) -> None:
        self._session = session
        self._permissions = permissions
        self._records = records
        self._clock = clock
        # Presences that an act was done by; the objects themselves, because two may be equal.
        self._spent: list[Presence] = []
        self._spending = threading.Lock()
        # Refusals that stand in the record already: one refusal is one row, however far it is passed on.
        self._recorded: WeakSet[KangkaError] = WeakSet()

    @property
    def actor(self) -> Actor:
        return self._session.actor

    def level(self, act: str) -> Level:
        """What ``act`` is to whoever is signed in; hidden where nobody is."""
        present = self._session.present
        return Level.HIDDEN if present is None else self._permissions.level(act, present.role)

    def may(self, act: str, subject: str | None = None) -> Actor:
        """The actor, whose role has ``act``, or the refusal, recorded.

        Asked before what was named is looked up: who may not act learns nothing of what is there.
        """
        actor = self._session.actor
        with self.refusals(act, subject):
            actor = self._as_now(actor)
            self._permissions.require(act, actor)
        return actor

    @contextmanager
    def asked(self, act: str, subject: str | None = None) -> Iterator[None]:
        """``act`` was asked for: ``may`` first, then whatever refuses it inside is recorded."""
        self.may(act, subject)
        with self.refusals(act, subject):
            yield

    @contextmanager
    def refusals(self, act: str, subject: str | None = None) -> Iterator[None]:
        """Record whatever refuses ``act`` inside, and let it go on."""
        try:
            yield
        except _NO_REFUSALS:
            raise
        except KangkaError as refusal:
            # Where not even that can be recorded, what was refused is still the thing to tell.
            with suppress(KangkaError):
                self.refused(act, refusal, subject)
            raise

    def enter(
        self,
        act: str,
        *,
        second: Presence | None = None,
        fresh: Presence | None = None,
        persons: Sequence[bytes] = (),
        done_by: Sequence[str] = (),
        subject: str | None = None,
    ) -> Passage:
        """The passage for ``act``, or the refusal, recorded.

        ``persons`` are the tokens of the people it is done to or for: none of them may be the actor or
        the second person. ``done_by`` are staff ids of those whose work is judged by it.
        """
        actor = self._session.actor
        try:
            actor = self._as_now(actor)
            self._permissions.require(act, actor)
            beside = self._second(act, actor, second)
            for person in (actor, beside):
                if person is not None and self._concerns(person, persons, done_by):
                    raise NotByOneself(act=act)
            # Who stands before four eyes already was seen by one of them; alone, the password says it.
            if act in self._permissions.fresh and not self._fits(fresh, act, actor):
                raise FreshSignInNeeded(act=act)
            self._spend(act, second, fresh)
        except KangkaError as refusal:
            self.refused(act, refusal, subject)
            raise
        return Passage(act, actor, beside)

    def view(self, act: str) -> Actor:
        """The actor, who may do or look at ``act``; the refusal is recorded like any other."""
        actor = self._session.actor
        try:
            actor = self._as_now(actor)
            if self._permissions.level(act, actor.role) is Level.HIDDEN:
                raise NotPermitted(act=act, role=actor.role.value)
        except KangkaError as refusal:
            self.refused(act, refusal)
            raise
        return actor

    def refused(self, act: str, refusal: KangkaError, subject: str | None = None) -> None:
        """Record that ``act`` was refused, and why.

        ``subject`` is what somebody named, so it may be anything: what is no id and no number of ours
        may be a person's, and is not repeated where it could never be taken out again.
        """
        if refusal in self._recorded:
            return
        named = subject if subject is not None and _OURS.fullmatch(subject) else None
        event = AuditEvent(AuditKind.REFUSED, act=act, subject=named, fault=refusal.code)
        # Recorded also where the clock stops new work: the refusal has happened.
        self._records.durable("refusal", lambda unit: unit.audit(event), begins=False)
        self._recorded.add(refusal)

    def _second(self, act: str, actor: Actor, second: Presence | None) -> Actor | None:
        if act not in self._permissions.four_eyes:
            return None
        if second is None or not self._fits(second, act, second.actor):
            raise SecondPersonNeeded(act=act)
        if second.actor.id == actor.id:
            raise NotByOneself(act=act)
        beside = self._as_now(second.actor)
        self._permissions.require(_APPROVE, beside)
        return beside

    def _as_now(self, actor: Actor) -> Actor:
        """The person as the staff has them at this moment, whatever they were when they signed in;
        ``StaffLeft`` where they work here no longer."""

        def look(unit: Unit) -> Actor:
            try:
                member = unit.staff.member(actor.id)
            except StaffUnknown:
                return actor  # nobody is ever taken off the staff: the program, and no sign-in's person
            if not member.active:
                raise StaffLeft
            return member.actor

        return self._records.read(look)

    def _spend(self, act: str, second: Presence | None, fresh: Presence | None) -> None:
        """One authentication is good for one act: what was used for it is used up."""
        if second is not None and act in self._permissions.four_eyes:
            self._spend_one(second, SecondPersonNeeded(act=act))
        if fresh is not None and act in self._permissions.fresh:
            self._spend_one(fresh, FreshSignInNeeded(act=act))

    def _spend_one(self, presence: Presence, refusal: KangkaError) -> None:
        with self._spending:
            if any(presence is known for known in self._spent):
                raise refusal
            self._spent.append(presence)

    def _fits(self, presence: Presence | None, act: str, actor: Actor) -> bool:
        return (
            presence is not None
            and presence.actor.id == actor.id
            and presence.act == act
            and 0 <= self._clock.now_ms() - presence.at_ms <= PRESENCE_MS
        )

    @staticmethod
    def _concerns(person: Actor, persons: Sequence[bytes], done_by: Sequence[str]) -> bool:
        return person.id in done_by or (
            person.person_token is not None and person.person_token in persons
        )
