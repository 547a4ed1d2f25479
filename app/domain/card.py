"""A card after it was ordered: the one living card of a person and realm, and what happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from app.domain.application import Realm
from app.domain.staff import Actor


class CardState(StrEnum):
    """The card's own life (resources/lives/card.toml)."""

    MAKING = "making"
    READY = "ready"
    COLLECTED = "collected"
    IN_USE = "in-use"
    PROVISIONALLY_LOST = "provisionally-lost"
    LOST = "lost"
    DEAD = "dead"
    # An intent of decision 1: recorded before the chip is told, settled by what the chip then says.
    BLOCKING = "blocking"
    BLOCKED = "blocked"
    SPOILED = "spoiled"
    RECOVERED = "recovered"
    DESTROYED = "destroyed"


# A person and realm has one card in one of these (decision 3); the database holds the same list.
LIVING: Final = (
    CardState.MAKING,
    CardState.READY,
    CardState.COLLECTED,
    CardState.IN_USE,
    CardState.PROVISIONALLY_LOST,
    CardState.LOST,
)


class CardEventKind(StrEnum):
    """What happens to a card; the events of resources/lives/card.toml."""

    MADE = "made"
    SPOIL = "spoil"
    HAND_OVER = "hand-over"
    ACTIVATE = "activate"
    REPORT_PROVISIONAL_LOSS = "report-provisional-loss"
    REPORT_LOSS = "report-loss"
    LAPSE = "lapse"
    FIND = "find"
    REISSUE = "reissue"
    CANCEL = "cancel"
    RECOVER = "recover"
    BEGIN_BLOCK = "begin-block"
    BLOCK = "block"
    NOT_BLOCKED = "not-blocked"
    DESTROY = "destroy"


@dataclass(frozen=True)
class Card:
    """One card from its order on; its id is that of the case that makes it.

    ``before`` is the state that a found card goes back to. ``lapses_ms`` is when a provisional loss
    ends by itself. ``number`` is the case's human number; the card's own number is the person's.
    ``version`` counts its events: a change of a card that was changed since it was read is refused.
    """

    id: str
    realm: Realm
    person_id: str
    application_id: str
    number: str
    state: CardState
    before: CardState | None
    lapses_ms: int | None
    chip_serial: str | None
    product_id: str | None
    issue_count: int
    changed_ms: int
    version: int = 0

    @property
    def living(self) -> bool:
        return self.state in LIVING

    @property
    def made(self) -> bool:
        """Whether it was finished once: what counts for the issue count."""
        return self.state not in (CardState.MAKING, CardState.SPOILED)


@dataclass(frozen=True, repr=False)
class CardEvent:
    """One thing that happened to a card. ``at_ms`` is when it was recorded, ``valid_ms`` when it was so.

    ``detail`` is personal (who collected it) and sealed in the store. ``number`` is the event's own
    human number where it has one (a loss, a hand-over).
    """

    card_id: str
    kind: CardEventKind
    state: CardState
    next: CardState
    valid_ms: int
    at_ms: int
    seq: int
    actor_id: str
    actor_name: str
    second_name: str | None
    reason: str | None
    number: str | None
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class CardChange:
    """A change to record: the event, the state after it, and what belongs to it.

    ``actor`` is who did it where that is not who is signed in: the program, of a loss that lapsed.
    """

    kind: CardEventKind
    next: CardState
    valid_ms: int
    before: CardState | None = None
    lapses_ms: int | None = None
    reason: str | None = None
    number: str | None = None
    second_id: str | None = None
    second_name: str | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
    actor: Actor | None = None
