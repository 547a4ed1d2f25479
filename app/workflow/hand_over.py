"""Giving a made card to its holder or a collector, and putting it in use (counter.md, 1 and 2.34)."""

from __future__ import annotations

import threading

from app.domain.card import Card, CardChange, CardEventKind, CardState
from app.domain.records import Unit
from app.domain.visitor import Known, know_visitor
from app.workflow.card_papers import CardPapers
from app.workflow.card_ports import CardPorts, Held, enter, held, step_of
from app.workflow.card_reader import laid_card, require_its_data
from app.workflow.card_views import CardDone, HandOverForm
from app.workflow.gate import Passage

HAND_OVER = "hand-over"
ACTIVATE = "activate"
# 领卡流水号: the letter of its human number
_NUMBER = "H"


class HandOver:
    """Hand over and activation, two facts that may be one act (counter.md, What shapes the design)."""

    def __init__(self, ports: CardPorts, papers: CardPapers) -> None:
        self._ports = ports
        self._papers = papers

    def hand_over(
        self, card_id: str, form: HandOverForm, cancel: threading.Event | None = None
    ) -> CardDone:
        """Record who collected the card; with ``form.activate`` it is read and put in use as well."""
        ports = self._ports
        found, passage = enter(ports, HAND_OVER, card_id, visitor=form.collector)
        if form.activate:
            enter(ports, ACTIVATE, card_id)
        with ports.gate.refusals(HAND_OVER, card_id):
            known = know_visitor(
                form.collector, found.holder, ports.rules, ports.codes, today=ports.today
            )
            facts = {"collector-checked": known.identity_checked}
            # Refused for its state before anybody is asked for the card.
            step_of(ports, found.card, CardEventKind.HAND_OVER, passage, facts)
            if form.activate:
                self._read(found, cancel or threading.Event())
            return ports.records.durable(
                HAND_OVER,
                lambda unit: self._record(unit, card_id, passage, known, activate=form.activate),
            )

    def activate(self, card_id: str, cancel: threading.Event) -> CardDone:
        """The card on the reader is read and held against this one, then it is in use."""
        ports = self._ports
        found, passage = enter(ports, ACTIVATE, card_id)
        with ports.gate.refusals(ACTIVATE, card_id):
            if found.card.state is CardState.IN_USE:
                # As platforms answer 01, 已是该状态: success (counter.md, 2.35).
                return CardDone(card_id, CardState.IN_USE, already=True)
            facts = {"card-read": True}
            step_of(ports, found.card, CardEventKind.ACTIVATE, passage, facts)
            self._read(found, cancel)

            def change(unit: Unit) -> CardDone:
                card = self._activated(unit, unit.cards.get(card_id), passage)
                return CardDone(card_id, card.state)

            return ports.records.durable(ACTIVATE, change)

    def _read(self, found: Held, cancel: threading.Event) -> None:
        ports = self._ports
        profile = ports.station.profile(found.order)
        with (
            ports.devices,
            laid_card(ports.station, profile, cancel, serial=found.card.chip_serial) as laid,
        ):
            require_its_data(laid, profile, found)

    def _record(
        self, unit: Unit, card_id: str, passage: Passage, known: Known, *, activate: bool
    ) -> CardDone:
        found = held(unit, card_id)
        facts = {"collector-checked": known.identity_checked}
        step = step_of(self._ports, found.card, CardEventKind.HAND_OVER, passage, facts)
        number = unit.number(found.card.realm, _NUMBER)
        card = unit.cards.record(
            found.card,
            CardChange(
                CardEventKind.HAND_OVER,
                CardState(step.next),
                valid_ms=unit.at_ms,
                number=number,
                detail=known.detail(),
            ),
        )
        if activate:
            card = self._activated(unit, card, passage)
        events = unit.cards.events(card_id)
        event = next(told for told in reversed(events) if told.number == number)
        paper = self._papers.of(card, found.order, events, event)
        return CardDone(card_id, card.state, number=number, papers=(paper,))

    def _activated(self, unit: Unit, card: Card, passage: Passage) -> Card:
        step = step_of(self._ports, card, CardEventKind.ACTIVATE, passage, {"card-read": True})
        return unit.cards.record(
            card, CardChange(CardEventKind.ACTIVATE, CardState(step.next), valid_ms=unit.at_ms)
        )
