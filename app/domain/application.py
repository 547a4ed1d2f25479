"""A frozen application: every input of a card's plan that is neither the chip's nor the SAM's.

Compiling a plan from it is therefore repeatable, years later and on another machine. A correction is
a new version, never a change of this one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.base import gb18030
from app.base.errors import N_, KangkaError
from app.domain.evidence import Evidence
from app.domain.names import shortened_name
from app.domain.order import FIRST_ISSUE, Applicant, Approval, Consent
from app.domain.problems import FieldProblem, TextTooLong
from app.domain.resident import Resident


class Realm(StrEnum):
    """Which world a row belongs to; it is part of every number and unique key."""

    LIVE = "live"
    TEST = "test"
    TRAINING = "training"


@dataclass(frozen=True, repr=False)
class CardData:
    """What the issuer puts on the card. Dates are YYYYMMDD.

    ``chip_name`` is the name as the chip holds it: the whole name, or the shortened form that the
    resident agreed to (``name_shortened``). ``city_code`` is the application city's six digits.
    ``issue_count`` is 1 for a first card and grows with each reissue.
    """

    card_class: str
    spec_version: str
    issuer_name: str
    issuer_code: str
    issue_date: str
    expiry: str
    card_number: str
    chip_name: str
    security_code: str
    city_code: str
    issue_count: int = 1
    name_shortened: bool = False


@dataclass(frozen=True, repr=False)
class FrozenApplication:
    """One version of an application, as it was when a card was ordered from it.

    ``evidence`` says who collected it and from what. ``reason`` is the order's reason code, ``replaces``
    the id of the card that this one takes the place of. No plan is made of any of them, or of who
    applied, agreed and approved; None where nobody did, as in a record of an older program.
    """

    id: str
    version: int
    realm: Realm
    person_id: str
    profile_id: str
    profile_hash: str
    resident: Resident
    card: CardData
    frozen_at_ms: int
    evidence: Evidence | None = None
    reason: str = FIRST_ISSUE
    consent: Consent | None = None
    applicant: Applicant | None = None
    replaces: str | None = None
    approved_by: Approval | None = None


@dataclass(eq=False)
class DeskFactInvalid(KangkaError):
    """A setting of the desk that can not go on a card."""

    setting: str

    code = "desk.fact-invalid"
    cause = N_("The desk's setting {setting} can not be written on a card.")
    meaning = N_("No card can be made at this desk until it is corrected.")
    remedy = N_("Correct {setting} in the desk's settings.")


@dataclass(eq=False)
class NameNeedsConsent(FieldProblem):
    """A name that this place shortens on the chip, and the resident has not agreed to the form yet."""

    field: str
    takes: int
    room: int

    code = "resident.name-needs-consent"
    cause = N_("{field} takes {takes} bytes and the chip has room for {room}, so it would be shortened.")
    meaning = N_("The record keeps the whole name; the chip would hold the shortened form.")
    remedy = N_("Show the shortened name to the resident and record the consent.")


@dataclass(frozen=True)
class DeskFacts:
    """What a desk puts on every card. ``issuer_code`` is up to 22 digits (WS 218), ``city_code`` six
    (GB/T 2260); ``name_room`` and ``issuer_name_room`` are the bytes of those fields in the profile."""

    issuer_name: str
    issuer_code: str
    city_code: str
    name_room: int = 30
    issuer_name_room: int = 30

    def __post_init__(self) -> None:
        whole = 0 < len(gb18030.encode(self.issuer_name)) <= self.issuer_name_room
        if not whole or self.issuer_name != self.issuer_name.strip():
            raise DeskFactInvalid(setting="issuer_name")
        if not re.fullmatch(r"[0-9]{1,22}", self.issuer_code):
            raise DeskFactInvalid(setting="issuer_code")
        if not re.fullmatch(r"[0-9]{6}", self.city_code):
            raise DeskFactInvalid(setting="city_code")


def expiry_date(issued: dt.date, years: int) -> dt.date:
    """The same day ``years`` later; of a 29 February the 28th where there is none."""
    try:
        return issued.replace(year=issued.year + years)
    except ValueError:
        return issued.replace(year=issued.year + years, day=28)


def chip_name(name: str, room: int, long_name: str, *, agreed: bool = False) -> tuple[str, bool]:
    """The name as the chip holds it, and whether it was shortened.

    ``long_name`` is the place's rule: ``refuse`` sends a name that does not fit to the centre,
    ``shorten`` cuts it at a character's border once the resident ``agreed`` to that form.
    """
    takes = len(gb18030.encode(name))
    if takes <= room:
        return name, False
    if long_name != "shorten":
        raise TextTooLong(field="name", takes=takes, room=room)
    if not agreed:
        raise NameNeedsConsent(field="name", takes=takes, room=room)
    return shortened_name(name, room), True


def card_data(
    resident: Resident,
    desk: DeskFacts,
    rules: Mapping[str, Any],
    *,
    issued: dt.date,
    security_code: str,
    issue_count: int = 1,
    shortened_name_agreed: bool = False,
) -> CardData:
    """What the issuer puts on this resident's card, from the desk's facts and the profile's rules.

    ``security_code`` is three digits drawn for this card (card.md: how it is made is not public). The
    card's number is the resident's. Pure: the same arguments give the same card, years later too.
    """
    if not re.fullmatch(r"[0-9]{3}", security_code):
        raise ValueError("a security code is three digits")
    if issue_count < 1:
        raise ValueError("the first card is number 1")
    name, shortened = chip_name(
        resident.name, desk.name_room, rules["long_name"], agreed=shortened_name_agreed
    )
    return CardData(
        card_class=rules["card_class"],
        spec_version=rules["specification_version"],
        issuer_name=desk.issuer_name,
        issuer_code=desk.issuer_code,
        issue_date=f"{issued:%Y%m%d}",
        expiry=f"{expiry_date(issued, rules['validity_years']):%Y%m%d}",
        card_number=resident.number,
        chip_name=name,
        security_code=security_code,
        city_code=desk.city_code,
        issue_count=issue_count,
        name_shortened=shortened,
    )


def freeze(
    resident: Resident,
    card: CardData,
    *,
    id: str,  # noqa: A002 - the name that FrozenApplication has
    person_id: str,
    realm: Realm,
    profile_id: str,
    profile_hash: str,
    frozen_at_ms: int,
    version: int = 1,
    evidence: Evidence | None = None,
    reason: str = FIRST_ISSUE,
    consent: Consent | None = None,
    applicant: Applicant | None = None,
    replaces: str | None = None,
    approved_by: Approval | None = None,
) -> FrozenApplication:
    """One version of an application with everything a plan needs that is neither chip's nor SAM's."""
    if card.card_number != resident.number:
        raise ValueError("the card's number is the resident's")
    return FrozenApplication(
        id=id,
        version=version,
        realm=realm,
        person_id=person_id,
        profile_id=profile_id,
        profile_hash=profile_hash,
        resident=resident,
        card=card,
        frozen_at_ms=frozen_at_ms,
        evidence=evidence,
        reason=reason,
        consent=consent,
        applicant=applicant,
        replaces=replaces,
        approved_by=approved_by,
    )
