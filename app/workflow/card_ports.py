"""What every act on a made card shares: whose card it is, who may act, and a refusal recorded."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.base.clock import Clock, civil_date
from app.base.ids import RandomSource
from app.cardspec.profile import Profile
from app.domain.application import FrozenApplication
from app.domain.card import Card, CardEventKind
from app.domain.codes import CodeTables
from app.domain.desk_rules import DeskRules
from app.domain.fees import FeeSchedule
from app.domain.id_number import fold_citizen_number
from app.domain.lives import Life, Step
from app.domain.records import Records, Unit
from app.domain.resident import Resident
from app.domain.staff import Permissions, Presence
from app.domain.visitor import Visitor
from app.workflow.gate import Gate, Passage
from app.workflow.issue import Station
from app.workflow.views import EnrolDraft, Finding
from app.workflow.workplace import Workplace


@dataclass(frozen=True)
class CardPorts:
    """What a desk does with cards by, composed once.

    ``check`` tells what is wrong with corrected data of a person by id, ``collect`` gives an application
    of them, checked and not kept; ``devices`` is held while a card is on the reader.
    """

    gate: Gate
    records: Records
    station: Station
    life: Life
    orders: Life
    rules: DeskRules
    codes: CodeTables
    profile: Profile
    workplace: Workplace
    permissions: Permissions
    clock: Clock
    random: RandomSource
    devices: threading.Lock
    fees: FeeSchedule
    check: Callable[[EnrolDraft, str | None], list[Finding]]
    collect: Callable[[EnrolDraft, str], FrozenApplication]

    @property
    def today(self) -> dt.date:
        return civil_date(self.clock.now_ms())


@dataclass(frozen=True, repr=False)
class Held:
    """A card with the application it was made from, and its holder's token."""

    card: Card
    order: FrozenApplication
    token: bytes

    @property
    def holder(self) -> Resident:
        return self.order.resident


def held(unit: Unit, card_id: str) -> Held:
    """A card, its order and its holder's token, within one unit of work."""
    card = unit.cards.get(card_id)
    order = unit.applications.get(card.application_id)
    return Held(card, order, unit.applications.person_token(order.realm, order.resident))


def enter(
    ports: CardPorts,
    act: str,
    card_id: str,
    *,
    visitor: Visitor | None = None,
    fresh: Presence | None = None,
    second: Presence | None = None,
) -> tuple[Held, Passage]:
    """The card and the passage for ``act``; nobody does it to themselves, or for another as agent."""

    def look(unit: Unit) -> tuple[Held, Sequence[bytes]]:
        found = held(unit, card_id)
        tokens = [found.token]
        if visitor is not None and visitor.number.strip():
            came = Resident("", "0", None, "", citizen_id=fold_citizen_number(visitor.number))
            tokens.append(unit.applications.person_token(found.card.realm, came))
        return found, tokens

    ports.gate.may(act, card_id)
    with ports.gate.refusals(act, card_id):
        found, persons = ports.records.read(look)
    passage = ports.gate.enter(act, persons=persons, fresh=fresh, second=second, subject=card_id)
    return found, passage


def step_of(
    ports: CardPorts, card: Card, event: CardEventKind, passage: Passage, facts: Mapping[str, bool]
) -> Step:
    """The row of the card's life, or the refusal that says what stands against it."""
    return ports.life.step(card.state, event, passage.actor.role, facts)
