"""Where a desk stands and what it puts on every card and paper."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.errors import N_, KangkaError
from app.cardspec.profile import Profile
from app.domain.application import DeskFacts, Realm
from app.domain.settings import WorkplaceSettings
from app.workflow.views import WorkplaceInfo


@dataclass(eq=False)
class WorkplaceNotSetUp(KangkaError):
    """A live workplace that nobody has set up."""

    code = "workplace.not-set-up"
    cause = N_("This workplace has not been set up for real cards.")
    meaning = N_("Real cards are issued only by a desk with people, keys and numbers of its own.")
    remedy = N_("Set it up with kangka init, or practise with the switch --training.")


@dataclass(eq=False)
class SimulatedRefused(KangkaError):
    """Simulated devices at a desk that makes real cards."""

    code = "workplace.simulated-refused"
    cause = N_("A desk for real cards does not work with simulated devices.")
    meaning = N_("A card that nobody could hold would stand in its records; nothing was done.")
    remedy = N_("Connect the devices, or practise with the switch --training.")


@dataclass(frozen=True)
class Workplace:
    """A desk's own facts. Every transaction, receipt and export bears desk, institution, terminal.

    ``collect_at`` and ``enquiry_phone`` are what residents are told; an empty phone is written by hand.
    """

    name: str
    desk: str
    institution_code: str
    terminal_number: str
    vendor: str
    realm: Realm
    simulated: bool
    facts: DeskFacts
    collect_at: str = ""
    enquiry_phone: str = ""

    def info(self, operator: str) -> WorkplaceInfo:
        """What the window's frame shows; ``operator`` is who is signed in, or empty."""
        return WorkplaceInfo(self.name, self.desk, self.realm, self.simulated, operator)


def workplace_of(
    settings: WorkplaceSettings, profile: Profile, realm: Realm, *, simulated: bool
) -> Workplace:
    """The workplace that ``settings`` describe, with the room that ``profile`` has for its names."""
    return Workplace(
        name=settings.name,
        desk=settings.desk,
        institution_code=settings.institution_code,
        terminal_number=settings.terminal_number,
        vendor=settings.vendor,
        realm=realm,
        simulated=simulated,
        facts=DeskFacts(
            issuer_name=settings.issuer_name,
            issuer_code=settings.issuer_code,
            city_code=settings.city_code,
            name_room=profile.field("XM")[1].length,
            issuer_name_room=profile.field("FKJGMC")[1].length,
        ),
        collect_at=settings.collect_at or f"{settings.name} {settings.desk} 号台",
        enquiry_phone=settings.enquiry_phone,
    )
