"""A frozen application: every input of a card's plan that is neither the chip's nor the SAM's.

Compiling a plan from it is therefore repeatable, years later and on another machine. A correction is
a new version, never a change of this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
    """One version of an application, as it was when a card was ordered from it."""

    id: str
    version: int
    realm: Realm
    person_id: str
    profile_id: str
    profile_hash: str
    resident: Resident
    card: CardData
    frozen_at_ms: int
