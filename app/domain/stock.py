"""Blank cards of a desk: each one has a number and a life (resources/lives/blank.toml)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.application import Realm


class BlankState(StrEnum):
    """Where a blank card is; ``BOUND`` lies in the encoder for a case that is not finished."""

    ON_HAND = "on-hand"
    BOUND = "bound"
    ISSUED = "issued"
    SPOILED = "spoiled"
    RETURNED = "returned"
    DESTROYED = "destroyed"


@dataclass(frozen=True)
class BlankCard:
    """One blank card by its chip serial. ``listed`` is False for one that no list brought in."""

    realm: Realm
    serial: str
    box: str
    state: BlankState
    listed: bool
    taken_ms: int
    case_id: str | None = None


@dataclass(frozen=True)
class StockCounts:
    """How many blank cards of a realm are in each state."""

    on_hand: int
    bound: int
    issued: int
    spoiled: int
    returned: int
    destroyed: int
    unlisted: int
