"""The first run: a workplace's settings and first people, given once and kept as one.

There is no account that comes with the program. Before a desk opens, every act of its permissions has
somebody who may do it, and no one of them holds two roles: each of the three administrators, a
supervisor, a clerk, five different people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.base.errors import N_, KangkaError
from app.domain.records import Records, Unit
from app.domain.settings import WorkplaceSettings
from app.domain.staff import PEOPLE, Role, StaffMember, StaffNameTaken, sign_in_name, staff_name
from app.domain.verifiers import Verifiers

# Nobody is left out: without one of them some act of permissions.toml could be done by no one.
NEEDED: Final = PEOPLE


@dataclass(eq=False)
class RolesMissing(KangkaError):
    """First people who do not fill every role."""

    roles: tuple[str, ...]

    code = "first-run.roles-missing"
    cause = N_("Nobody was named for: {roles}.")
    meaning = N_("Duties are kept apart from the first day, so nothing was set up.")
    remedy = N_("Name a person of their own for each role.")


@dataclass(eq=False)
class PasswordMissing(KangkaError):
    """Fewer passwords came than people were named, or an empty one."""

    person: int

    code = "first-run.password-missing"
    cause = N_("No password was given for person {person}.")
    meaning = N_("Nothing was changed.")
    remedy = N_("Give one password a line on standard input, in the order of the people.")


@dataclass(frozen=True, repr=False)
class NewPerson:
    """One of the first people, or the one who is added; the password is the person's own."""

    name: str
    role: Role
    password: str


@dataclass(frozen=True)
class FirstRun:
    """What a new workplace starts with; known to be whole. ``profile`` says which card profile,
    ``rules`` which folder of a province it came in (app.opening)."""

    settings: WorkplaceSettings
    people: tuple[NewPerson, ...]
    profile: str = ""
    rules: str = ""

    def __post_init__(self) -> None:
        for number, person in enumerate(self.people, 1):
            staff_name(person.name)
            if not person.password:
                raise PasswordMissing(person=number)
        if len({sign_in_name(person.name) for person in self.people}) < len(self.people):
            raise StaffNameTaken
        there = {person.role for person in self.people}
        if missing := tuple(role.value for role in NEEDED if role not in there):
            raise RolesMissing(roles=missing)

    def verified(self, verifiers: Verifiers) -> list[str]:
        """The verifier of each person's password; a known error for the first that is too weak."""
        return [verifiers.of_password(person.password, person.name) for person in self.people]

    def keep(self, records: Records, verified: list[str]) -> list[StaffMember]:
        """Settings and people in one transaction, each with its audit row."""

        def act(unit: Unit) -> list[StaffMember]:
            for name, value in (
                self.settings.told() | {"profile": self.profile, "rules": self.rules}
            ).items():
                unit.settings.put(name, value)
            return [
                unit.staff.add(person.name, person.role, verifier)
                for person, verifier in zip(self.people, verified, strict=True)
            ]

        return records.durable("first run", act)
