"""A resident's page and the rows of lists, out of one unit of work."""

from __future__ import annotations

from app.base.errors import N_
from app.domain.application import FrozenApplication
from app.domain.card import Card, CardEvent
from app.domain.masking import masked_number
from app.domain.order_rules import age_at
from app.domain.records import Unit
from app.workflow.card_papers import TEMPLATES
from app.workflow.card_ports import CardPorts
from app.workflow.card_views import (
    CardRow,
    CardView,
    FeeView,
    OrderView,
    PaperView,
    ResidentView,
)
from app.workflow.card_words import actions_of, event_views, life_line, word_of
from app.workflow.report_loss import reissue_begun
from app.workflow.views import Mark, Sentence

# A flag of the card that says yes (card.md, Codings: "no" and "not recorded" are two things)
_YES = "01"
_NO_CARD = N_("No card yet")


class CardPages:
    """Views of people and cards."""

    def __init__(self, ports: CardPorts) -> None:
        self._ports = ports

    def resident(self, unit: Unit, person_id: str, *, whole: bool) -> ResidentView | None:
        """The person's page; None for a person of whom nothing is kept here."""
        orders = [unit.applications.get(order) for order in unit.applications.of_person(person_id)]
        if not orders:
            return None
        newest = orders[-1]
        person = newest.resident
        token = unit.applications.person_token(newest.realm, person)
        found = [(card, unit.cards.events(card.id)) for card in unit.cards.of_person(person_id)]
        by_id = {order.id: order for order in orders}
        age = age_at(person.birth_date, self._ports.today)
        return ResidentView(
            person_id=person_id,
            application_id=newest.id,
            name=person.name,
            sex=person.sex,
            birth_date=person.birth_date,
            masked_number=masked_number(newest.card.card_number),
            number=newest.card.card_number if whole else None,
            photo=person.face_photo or person.photo,
            alerts=_alerts(newest),
            minor=age is not None and age < self._ports.rules.guardian_below,
            cards=tuple(
                self._card(unit, card, events, by_id[card.application_id], token)
                for card, events in found
            ),
            orders=tuple(_order(unit, order) for order in reversed(orders)),
            cases=(),
            fees=tuple(fee for order in reversed(orders) for fee in _fees(unit, order)),
            papers=tuple(paper for _card, events in found for paper in _papers(events)),
        )

    def row(self, unit: Unit, card: Card) -> CardRow:
        """One card as a line of a list, its number masked."""
        order = unit.applications.get(card.application_id)
        mark, word = word_of(card.state)
        return CardRow(
            card_id=card.id,
            person_id=card.person_id,
            application_id=card.application_id,
            name=order.resident.name,
            masked_number=masked_number(order.card.card_number),
            number=card.number,
            state=card.state,
            mark=mark,
            word=word,
            changed_ms=card.changed_ms,
            lapses_ms=card.lapses_ms,
        )

    def person_row(self, unit: Unit, person_id: str) -> CardRow | None:
        """A person with their newest card, or with their order where there is none yet."""
        cards = unit.cards.of_person(person_id)
        if cards:
            return self.row(unit, cards[0])
        orders = unit.applications.of_person(person_id)
        if not orders:
            return None
        order = unit.applications.get(orders[-1])
        return CardRow(
            card_id=None,
            person_id=person_id,
            application_id=order.id,
            name=order.resident.name,
            masked_number=masked_number(order.card.card_number),
            number=unit.applications.number_of(order.id),
            state=None,
            mark=Mark.WAITING,
            word=Sentence(_NO_CARD),
            changed_ms=order.frozen_at_ms,
        )

    def _card(
        self,
        unit: Unit,
        card: Card,
        events: list[CardEvent],
        order: FrozenApplication,
        token: bytes,
    ) -> CardView:
        mark, word = word_of(card.state)
        known = {"no-reissue-begun": not reissue_begun(unit, card)}
        return CardView(
            id=card.id,
            number=card.number,
            application_id=card.application_id,
            application_number=unit.applications.number_of(card.application_id),
            state=card.state,
            mark=mark,
            word=word,
            chip_serial=card.chip_serial,
            product_id=card.product_id,
            issue_count=card.issue_count,
            issue_date=order.card.issue_date,
            expiry=order.card.expiry,
            living=card.living,
            lapses_ms=card.lapses_ms,
            life=life_line(card, events),
            actions=actions_of(self._ports, card, token, known),
            events=event_views(events),
        )


def _alerts(order: FrozenApplication) -> tuple[str, ...]:
    health = order.resident.health
    flags = tuple(sorted(name for name, value in health.alerts.items() if value == _YES))
    return flags + ((health.other_alert,) if health.other_alert else ())


def _order(unit: Unit, order: FrozenApplication) -> OrderView:
    return OrderView(
        id=order.id,
        number=unit.applications.number_of(order.id),
        state=unit.applications.state_of(order.id),
        reason=order.reason,
        at_ms=order.frozen_at_ms,
        replaces=order.replaces,
    )


def _fees(unit: Unit, order: FrozenApplication) -> list[FeeView]:
    due = unit.till.due(order.id)
    if due is None:
        return []
    number = unit.applications.number_of(order.id)
    return [FeeView(order.id, number, due.reason, due.fen, due.rule, due.receipt)]


def _papers(events: list[CardEvent]) -> list[PaperView]:
    return [
        PaperView(TEMPLATES[event.kind], event.number, event.card_id, event.at_ms)
        for event in reversed(events)
        if event.number is not None and event.kind in TEMPLATES
    ]
