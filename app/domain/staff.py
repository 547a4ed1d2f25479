"""Who works at a desk, and what each role may do (rules.md, Terminals, institutions and staff)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, Protocol

from app.base.errors import N_, KangkaError
from app.base.resources import read_toml, resource
from app.domain.lockout import Guard
from app.domain.names import fold_name, invisible, private_use


class Role(StrEnum):
    """Clerks and supervisors do the counter's work; the three administrators are kept apart.

    ``SYSTEM`` looks after the machine, ``SECURITY`` after people and keys, ``AUDIT`` after the record
    of what they did. ``PROGRAM`` is the program itself, where nobody acts (a lapsed loss).
    """

    CLERK = "clerk"
    SUPERVISOR = "supervisor"
    SYSTEM = "system-admin"
    SECURITY = "security-admin"
    AUDIT = "audit-admin"
    PROGRAM = "program"


# Roles that a person can have.
PEOPLE: Final = tuple(role for role in Role if role is not Role.PROGRAM)


class Level(StrEnum):
    """What an act is to a role: done, looked at, or not there at all."""

    ACT = "act"
    VIEW = "view"
    HIDDEN = "hidden"


@dataclass(frozen=True)
class Actor:
    """Who acts. ``id`` is the staff row's; the name stands on screens and papers.

    ``person_token`` is the keyed token of the actor's own document number where it was recorded, so
    that nobody issues to themselves (rules.md); it says nothing by itself.
    """

    id: str
    name: str
    role: Role
    person_token: bytes | None = None


# The program's own acts (a provisional loss that lapsed), and a store without anybody, as in a test.
PROGRAM: Final = Actor("program", "kangka", Role.PROGRAM)


@dataclass(frozen=True)
class Presence:
    """A person who authenticated just now, on the spot, for one act; good for that act alone, and once.

    The actor's own is fresh authentication, another person's is the second pair of eyes.
    """

    actor: Actor
    act: str
    at_ms: int


@dataclass(eq=False)
class NotPermitted(KangkaError):
    """An act that the signed-in role does not have."""

    act: str
    role: str

    code = "staff.not-permitted"
    cause = N_("{act} is not an act of the role {role}.")
    meaning = N_("Nothing was done, and the refusal is recorded.")
    remedy = N_("Ask someone whose role it is.")


@dataclass(eq=False)
class NotByOneself(KangkaError):
    """Somebody who would approve, void or issue their own."""

    act: str

    code = "staff.not-by-oneself"
    cause = N_("{act} may not be done by the person it concerns.")
    meaning = N_("Nothing was done, and the refusal is recorded.")
    remedy = N_("Ask a second person.")


@dataclass(eq=False)
class SecondPersonNeeded(KangkaError):
    """An act that takes four eyes."""

    act: str

    code = "staff.second-person-needed"
    cause = N_("{act} takes a second person on the spot.")
    meaning = N_("Nothing was done, and the refusal is recorded.")
    remedy = N_("Have a supervisor sign beside you.")


@dataclass(eq=False)
class FreshSignInNeeded(KangkaError):
    """An act that can not be taken back, without its person having just authenticated for it."""

    act: str

    code = "staff.fresh-sign-in-needed"
    cause = N_("{act} can not be taken back, so it asks for your password once more.")
    meaning = N_("Nothing was done, and the refusal is recorded.")
    remedy = N_("Enter your password and confirm.")


@dataclass(frozen=True)
class Permissions:
    """Level by act and role; what the table does not name is hidden.

    ``four_eyes`` are acts with a second person on the spot, ``fresh`` those that ask their person to
    authenticate again.
    """

    levels: Mapping[str, Mapping[Role, Level]]
    four_eyes: frozenset[str]
    fresh: frozenset[str]

    def level(self, act: str, role: Role) -> Level:
        """What ``act`` is to ``role``."""
        return self.levels.get(act, {}).get(role, Level.HIDDEN)

    def require(self, act: str, actor: Actor) -> None:
        """``NotPermitted`` unless the actor's role may do ``act``."""
        if self.level(act, actor.role) is not Level.ACT:
            raise NotPermitted(act=act, role=actor.role.value)


_FLAGS: Final = ("four_eyes", "fresh")


def load_permissions(path: Path | None = None) -> Permissions:
    """The table of ``resources/permissions.toml``, read once a process, or of another file; ValueError
    for a role or level nobody has."""
    return _shipped() if path is None else _read(path)


@cache
def _shipped() -> Permissions:
    return _read(resource("permissions.toml"))


def _read(path: Path) -> Permissions:
    tables: Mapping[str, Mapping[str, object]] = read_toml(path)["act"]
    levels = {
        act: {Role(role): Level(str(level)) for role, level in row.items() if role not in _FLAGS}
        for act, row in tables.items()
    }
    flagged = {flag: frozenset(act for act, row in tables.items() if row.get(flag)) for flag in _FLAGS}
    return Permissions(levels, flagged["four_eyes"], flagged["fresh"])


# People ---------------------------------------------------------------------------------------------

# A name stands on every paper beside the stamp; the line there has room for this.
_NAME_CHARACTERS: Final = 30


@dataclass(frozen=True, repr=False)
class StaffMember:
    """One person of this desk's staff, present or past."""

    id: str
    name: str
    role: Role
    active: bool
    since_ms: int
    person_token: bytes | None = None

    @property
    def actor(self) -> Actor:
        return Actor(self.id, self.name, self.role, self.person_token)


@dataclass(frozen=True, repr=False)
class StaffSecret:
    """What a person is known by: verifiers, and how many wrong PINs came in a row.

    ``sign_in_ms`` is when the password was last right, None before the first time. ``way_due`` says that
    the person's way to the data key is still to be made of the password.
    """

    password: str
    pin: str | None
    pin_failures: int
    password_ms: int
    sign_in_ms: int | None
    way_due: bool


@dataclass(eq=False)
class StaffUnknown(KangkaError):
    """Someone was named who does not work at this desk. The name itself is not repeated."""

    code = "staff.unknown"
    cause = N_("Nobody of that name works at this desk.")
    meaning = N_("Nothing was changed.")
    remedy = N_("Look for the name in the list: kangka staff list.")


@dataclass(eq=False)
class StaffLeft(KangkaError):
    """Somebody who is still signed in and whose work here was ended meanwhile."""

    code = "staff.left"
    cause = N_("This person does not work at this desk any more.")
    meaning = N_("Nothing was done, and the refusal is recorded.")
    remedy = N_("Sign out. Whoever should work here again is taken on by the security administrator.")


@dataclass(eq=False)
class StaffNameTaken(KangkaError):
    """A name that stands on papers of this desk already, for whomever."""

    code = "staff.name-taken"
    cause = N_("Somebody of that name works or worked at this desk.")
    meaning = N_("A paper would not tell who did it, so nobody was added.")
    remedy = N_("Add something to the name that tells the two apart.")


@dataclass(eq=False)
class StaffNameRefused(KangkaError):
    """Nothing, too much, or characters without a shape, given as a person's name."""

    most: int = _NAME_CHARACTERS

    code = "staff.name-refused"
    cause = N_("A name has 1 to {most} visible characters.")
    meaning = N_("Nobody was added.")
    remedy = N_("Give the name as it stands on the person's identity card.")


@dataclass(eq=False)
class OnePersonOneRole(KangkaError):
    """A person's document number that another active member of the staff has."""

    code = "staff.one-person-one-role"
    cause = N_("This person works at this desk under another name already.")
    meaning = N_("One person has one role, so that duties stay apart; nobody was added.")
    remedy = N_("Deactivate the other entry first, or leave this one out.")


@dataclass(eq=False)
class LastSecurityAdministrator(KangkaError):
    """The last one who can look after people and keys was to be taken away."""

    code = "staff.last-security-admin"
    cause = N_("This is the last active security administrator of the desk.")
    meaning = N_("Without one nobody could look after people and keys; nothing was changed.")
    remedy = N_("Add another security administrator first.")


def staff_name(name: str) -> str:
    """A name as it is kept; ``StaffNameRefused`` where it is none."""
    folded = fold_name(name)
    if not 1 <= len(folded) <= _NAME_CHARACTERS or not folded.isprintable():
        raise StaffNameRefused
    if invisible(folded) or private_use(folded):
        raise StaffNameRefused
    return folded


def sign_in_name(name: str) -> str:
    """What tells two names apart at sign-in: not capitals, blanks or the width of letters."""
    return unicodedata.normalize("NFKC", "".join(fold_name(name).split())).casefold()


def require_change(everyone: list[StaffMember], actor: Actor, after: StaffMember) -> None:
    """Refuse what no one may do to the staff: change one's own row, or leave the desk without security.

    ``everyone`` is the staff before, ``after`` the changed row of one of them.
    """
    if actor.id == after.id:
        raise NotByOneself(act="staff")
    now = [after if member.id == after.id else member for member in everyone]
    if not any(member.active and member.role is Role.SECURITY for member in now):
        raise LastSecurityAdministrator


class StaffBook(Protocol):
    """The staff of a desk. Every method that changes something writes its own audit row, but for the
    guards, whose attempts the sign-in records."""

    def add(
        self, name: str, role: Role, password: str, person_token: bytes | None = None
    ) -> StaffMember:
        """A new person with a password's verifier; ``StaffNameTaken``, ``OnePersonOneRole``."""
        ...

    def member(self, staff_id: str) -> StaffMember: ...

    def named(self, name: str) -> StaffMember | None:
        """Who has this name, active or not."""
        ...

    def everyone(self) -> list[StaffMember]:
        """The whole staff, oldest first, whoever left included."""
        ...

    def change(
        self, staff_id: str, *, role: Role | None = None, active: bool | None = None
    ) -> StaffMember:
        """Give another role, or end or resume somebody's work; refused as ``require_change`` says."""
        ...

    def note_person(self, staff_id: str, person_token: bytes) -> StaffMember:
        """By which document number somebody is known here; ``OnePersonOneRole``."""
        ...

    def secret(self, staff_id: str) -> StaffSecret: ...

    def set_password(self, staff_id: str, verifier: str) -> None:
        """Another password; a PIN that was set falls with the old one."""
        ...

    def set_pin(self, staff_id: str, verifier: str | None) -> None: ...

    def renew(self, staff_id: str, verifier: str) -> None:
        """The same password's verifier at another cost; no change of the staff, so no audit row."""
        ...

    def note_sign_in(self, staff_id: str) -> None:
        """The password was right: wrong PINs are forgotten."""
        ...

    def note_way(self, staff_id: str) -> None:
        """The way to the data key was made of the password that the person has now."""
        ...

    def note_pin(self, staff_id: str, failures: int) -> None: ...

    def guard(self, name: str) -> Guard:
        """What stands before a name, whether anybody has it or not."""
        ...

    def set_guard(self, name: str, guard: Guard) -> None: ...
