"""Who works at a desk, and what each role may do (rules.md, Terminals, institutions and staff)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from app.base.errors import N_, KangkaError
from app.base.resources import read_toml, resource


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
    """A person who authenticated just now, on the spot, for one act; good for that act alone.

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
    """The table of ``resources/permissions.toml``; ValueError for a role or level nobody has."""
    tables: Mapping[str, Mapping[str, object]] = read_toml(path or resource("permissions.toml"))["act"]
    levels = {
        act: {Role(role): Level(str(level)) for role, level in row.items() if role not in _FLAGS}
        for act, row in tables.items()
    }
    flagged = {flag: frozenset(act for act, row in tables.items() if row.get(flag)) for flag in _FLAGS}
    return Permissions(levels, flagged["four_eyes"], flagged["fresh"])
