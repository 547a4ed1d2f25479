"""Cards and what happened to them: one row a card, one row an event, both in one transaction.

A card bears the id of the case that makes it. Its events are counted (``turn``) without a gap, so that
of two desks that change one card at once the second is refused. Who acted, by name, and whatever is
personal of an event is sealed in ``card_event.sealed``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from peewee import JOIN, SQL

from app.base.ids import RandomSource, uuid7
from app.crypto.sealing import Place, Sealer
from app.domain.application import FrozenApplication, Realm
from app.domain.audit import AuditEvent, AuditKind
from app.domain.card import LIVING, Card, CardChange, CardEvent, CardEventKind, CardState
from app.domain.lives import Life
from app.domain.ports import CaseState
from app.domain.staff import Actor
from app.store import card_errors as errors
from app.store.work import Moment, Work

_TABLE: Final = "card_event"
_COLUMN: Final = "sealed"
# Written out as the index has it: a partial index does not serve bound values.
_IS_LIVING: Final = "state IN ({})".format(", ".join(f"'{state.value}'" for state in LIVING))


@dataclass(frozen=True)
class CardParts:
    """What the books of cards of one store share. ``life`` is resources/lives/card.toml."""

    work: Work
    sealer: Sealer
    random: RandomSource
    life: Life


class CardStore:
    """``app.domain.records.CardBook`` at one moment, inside the transaction that runs."""

    def __init__(self, parts: CardParts, moment: Moment) -> None:
        self._parts = parts
        self._work = parts.work
        self._tables = parts.work.tables
        self._moment = moment

    # ------------------------------------------------------------------------------------- reads

    def get(self, card_id: str) -> Card:
        found = self._cards(self._tables.card.c.id == card_id)
        if not found:
            raise errors.NoSuchCard(card_id)
        return found[0]

    def living(self, realm: Realm, person_id: str) -> Card | None:
        card = self._tables.card
        row = (
            card.select(card.c.id)
            .where((card.c.realm == realm.value) & (card.c.person_id == person_id) & SQL(_IS_LIVING))
            .tuples()
            .first()
        )
        return None if row is None else self.get(str(row[0]))

    def of_person(self, person_id: str) -> list[Card]:
        return self._cards(self._tables.card.c.person_id == person_id, newest=True)

    def had(self, realm: Realm, person_id: str) -> bool:
        """Whether a card was ever made for this person, whatever became of it."""
        making, card = self._tables.making, self._tables.card
        query = (
            card.select(card.c.id)
            .join(making, on=(making.c.id == card.c.id))
            .where(
                (card.c.realm == realm.value)
                & (card.c.person_id == person_id)
                & (making.c.state == CaseState.VERIFIED.value)
            )
        )
        return query.limit(1).tuples().first() is not None

    def of_chip(self, realm: Realm, serial: str) -> Card | None:
        chip = self._tables.chip
        found = self._cards((chip.c.realm == realm.value) & (chip.c.serial == serial))
        return found[0] if found else None

    def of_number(self, realm: Realm, number: str) -> Card | None:
        making = self._tables.making
        found = self._cards((making.c.realm == realm.value) & (making.c.number == number))
        return found[0] if found else None

    def in_state(self, state: CardState, after: str | None = None, limit: int = 100) -> list[Card]:
        card = self._tables.card
        wanted = card.c.state == state.value
        if after is not None:
            wanted &= card.c.id > after
        return self._cards(wanted, limit=limit)

    def lapsing(self, until_ms: int) -> list[Card]:
        card = self._tables.card
        # By state, which is indexed: of all cards few are provisionally lost at any time.
        waiting = card.c.state == CardState.PROVISIONALLY_LOST.value
        due = self._cards(waiting & (card.c.lapses_ms <= until_ms))
        return sorted(due, key=lambda found: (found.lapses_ms, found.id))

    def events(self, card_id: str) -> list[CardEvent]:
        events = self._tables.card_event
        rows = (
            events.select(
                events.c.id,
                events.c.kind,
                events.c.state,
                events.c.next,
                events.c.valid_ms,
                events.c.at_ms,
                events.c.seq,
                events.c.actor_id,
                events.c.reason,
                events.c.number,
                events.c.sealed,
            )
            .where(events.c.card_id == card_id)
            .order_by(events.c.turn)
            .tuples()
        )
        return [self._event(card_id, row) for row in rows]

    # ------------------------------------------------------------------------------------ writes

    def begin(self, case_id: str, application: FrozenApplication) -> None:
        """The card of a case that was just opened; the database refuses a second living one."""
        self._tables.card.insert(
            id=case_id,
            realm=application.realm.value,
            person_id=application.person_id,
            application_id=application.id,
            state=self._parts.life.initial,
            issue_count=application.card.issue_count,
            changed_ms=self._moment.at_ms,
            changed_seq=self._moment.seq,
            version=0,
        ).execute()

    def record(self, card: Card, change: CardChange) -> Card:
        step = self._parts.life.row(card.state, change.kind)
        if change.next != step.target(card.before):
            raise ValueError(
                f"{change.kind} of a card that is {card.state} does not lead to {change.next}"
            )
        actor = change.actor or self._work.who()
        rows = self._tables.card
        changed = (
            rows.update(
                state=change.next.value,
                before_state=change.before.value if change.before else None,
                lapses_ms=change.lapses_ms,
                changed_ms=self._moment.at_ms,
                changed_seq=self._moment.seq,
                version=card.version + 1,
            )
            .where(
                rows.c.id == card.id, rows.c.version == card.version, rows.c.state == card.state.value
            )
            .execute()
        )
        if not changed:
            raise errors.CardChanged(card.number)
        self._insert_event(card, change, actor)
        self._work.audit(
            AuditEvent(
                AuditKind.CARD,
                realm=card.realm,
                person_id=card.person_id,
                application_id=card.application_id,
                case_id=card.id,
                subject=card.id,
                number=card.number,
                before=card.state.value,
                after=change.next.value,
                reason=change.reason,
                actor=change.actor,
                facts=_facts(change),
            ),
            self._moment,
        )
        return self.get(card.id)

    # ----------------------------------------------------------------------------------- helpers

    def _insert_event(self, card: Card, change: CardChange, actor: Actor) -> None:
        event_id = uuid7(self._work.clock, self._parts.random)
        sealed = {
            "actor": actor.name,
            "second": change.second_name,
            "detail": dict(change.detail),
        }
        text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        self._tables.card_event.insert(
            id=event_id,
            realm=card.realm.value,
            card_id=card.id,
            turn=card.version + 1,
            kind=change.kind.value,
            state=card.state.value,
            next=change.next.value,
            valid_ms=change.valid_ms,
            at_ms=self._moment.at_ms,
            desk=self._work.desk,
            seq=self._moment.seq,
            actor_id=actor.id,
            second_id=change.second_id,
            reason=change.reason,
            number=change.number,
            sealed=self._parts.sealer.seal(Place(_TABLE, _COLUMN, event_id), text.encode("ascii")),
        ).execute()

    def _event(self, card_id: str, row: tuple[Any, ...]) -> CardEvent:
        # A card from before events were kept has one without names: the migration wrote it.
        opened: Mapping[str, Any] = {}
        if row[10] is not None:
            place = Place(_TABLE, _COLUMN, str(row[0]))
            opened = json.loads(self._parts.sealer.open(place, bytes(row[10])))
        return CardEvent(
            card_id=card_id,
            kind=CardEventKind(row[1]),
            state=CardState(row[2]),
            next=CardState(row[3]),
            valid_ms=int(row[4]),
            at_ms=int(row[5]),
            seq=int(row[6]),
            actor_id=str(row[7]),
            actor_name=str(opened.get("actor", "")),
            second_name=opened.get("second"),
            reason=row[8],
            number=row[9],
            detail=opened.get("detail", {}),
        )

    def _cards(self, condition: Any, *, newest: bool = False, limit: int | None = None) -> list[Card]:
        card, making, chip = self._tables.card, self._tables.making, self._tables.chip
        query = (
            card.select(
                card.c.id,
                card.c.realm,
                card.c.person_id,
                card.c.application_id,
                making.c.number,
                card.c.state,
                card.c.before_state,
                card.c.lapses_ms,
                chip.c.serial,
                chip.c.product_id,
                card.c.issue_count,
                card.c.changed_ms,
                card.c.version,
            )
            .join(making, on=(making.c.id == card.c.id))
            .join(chip, JOIN.LEFT_OUTER, on=(chip.c.case_id == card.c.id))
            .where(condition)
            .order_by(
                *((making.c.opened_ms.desc(), making.c.opened_seq.desc()) if newest else (card.c.id,))
            )
        )
        if limit is not None:
            query = query.limit(limit)
        return [_card(row) for row in query.tuples()]


def _card(row: tuple[Any, ...]) -> Card:
    return Card(
        id=str(row[0]),
        realm=Realm(row[1]),
        person_id=str(row[2]),
        application_id=str(row[3]),
        number=str(row[4]),
        state=CardState(row[5]),
        before=None if row[6] is None else CardState(row[6]),
        lapses_ms=None if row[7] is None else int(row[7]),
        chip_serial=row[8],
        product_id=row[9],
        issue_count=int(row[10]),
        changed_ms=int(row[11]),
        version=int(row[12]),
    )


def _facts(change: CardChange) -> dict[str, str | int | bool]:
    """What an audit row says of a change besides its states; nothing of it is a person's."""
    facts: dict[str, str | int | bool] = {"event": change.kind.value, "valid_ms": change.valid_ms}
    if change.number is not None:
        facts["event_number"] = change.number
    if change.second_id is not None:
        facts["second"] = change.second_id
    if change.lapses_ms is not None:
        facts["lapses_ms"] = change.lapses_ms
    return facts
