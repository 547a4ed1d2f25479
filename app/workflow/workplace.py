"""Where a desk stands and what it puts on every card and paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.base.errors import N_, KangkaError
from app.cardspec.profile import Profile
from app.domain.application import DeskFacts, Realm
from app.workflow.views import WorkplaceInfo


@dataclass(eq=False)
class WorkplaceNotSetUp(KangkaError):
    """A live workplace that nobody has set up."""

    code = "workplace.not-set-up"
    cause = N_("This workplace has not been set up for real cards.")
    meaning = N_("Real cards are issued only by a desk with people, keys and numbers of its own.")
    remedy = N_("Practise with the switch --training; setting up for real comes with its first release.")


@dataclass(eq=False)
class StaffUnknown(KangkaError):
    """Someone was named who does not work at this desk. The name itself is not repeated."""

    known: tuple[str, ...]

    code = "staff.unknown"
    cause = N_("Nobody of that name works at this desk.")
    meaning = N_("Nothing was done, because every act is recorded with who did it.")
    remedy = N_("Name one of {known}.")


def require_staff(settings: Mapping[str, Any], *named: str | None) -> None:
    """Raise ``StaffUnknown`` where one who is named is not of the desk's staff; None names nobody."""
    known = tuple(settings["staff"])
    if any(name is not None and name not in known for name in named):
        raise StaffUnknown(known=known)


@dataclass(frozen=True)
class Workplace:
    """A desk's own facts. Every transaction, receipt and export bears desk, institution, terminal."""

    name: str
    desk: str
    institution_code: str
    terminal_number: str
    vendor: str
    operator: str
    realm: Realm
    simulated: bool
    facts: DeskFacts

    def info(self) -> WorkplaceInfo:
        """What the window's frame shows."""
        return WorkplaceInfo(self.name, self.desk, self.realm, self.simulated, self.operator)


def workplace_of(
    settings: Mapping[str, Any], profile: Profile, realm: Realm, *, simulated: bool, operator: str | None
) -> Workplace:
    """The workplace that ``settings`` describe, with the room that ``profile`` has for its names."""
    return Workplace(
        name=settings["name"],
        desk=settings["desk"],
        institution_code=settings["institution_code"],
        terminal_number=settings["terminal_number"],
        vendor=settings["vendor"],
        operator=operator or settings["operator"],
        realm=realm,
        simulated=simulated,
        facts=DeskFacts(
            issuer_name=settings["issuer_name"],
            issuer_code=settings["issuer_code"],
            city_code=settings["city_code"],
            name_room=profile.field("XM")[1].length,
            issuer_name_room=profile.field("FKJGMC")[1].length,
        ),
    )
