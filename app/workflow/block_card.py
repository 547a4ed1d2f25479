"""The found old card: blocked on its chip for good, then taken back (rules.md, Life of a card).

That the chip will be told is a state of the card, recorded before (design decision 1). A blocking that
was interrupted is a case to settle: the card is laid again and tells by itself how far it came.
"""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from typing import Final

from app.base.errors import N_
from app.domain.card import Card, CardChange, CardEventKind, CardState
from app.domain.masking import masked_number
from app.domain.ports import CaseState
from app.domain.records import Unit
from app.domain.staff import Presence
from app.personalize.block import block_card, require_block_keys
from app.workflow.card_ports import CardPorts, Held, enter, held, step_of
from app.workflow.card_reader import Laid, laid_card
from app.workflow.card_views import CardDone
from app.workflow.gate import Passage
from app.workflow.views import CaseRow, Mark, Sentence, Settlement

BLOCK: Final = "block-card"
SETTLE: Final = "settle-case"
RECOVER: Final = "recover-card"
_OFFERS: Final = (Settlement.CONTINUE, Settlement.VERIFY, Settlement.SPOIL)
_BEGUN: Final = N_("Chip {serial} was to be blocked; whether it took the command is not known.")


class BlockCard:
    """Blocking, settling what was interrupted, taking back."""

    def __init__(self, ports: CardPorts) -> None:
        self._ports = ports

    def block(self, card_id: str, cancel: threading.Event, *, fresh: Presence | None) -> CardDone:
        """Block a dead card, or go on with a blocking that was interrupted."""
        ports = self._ports
        found, passage = enter(ports, BLOCK, card_id, fresh=fresh)
        with ports.gate.refusals(BLOCK, card_id):
            state = found.card.state
            if state is CardState.BLOCKED:
                return CardDone(card_id, state, already=True)
            if state is not CardState.BLOCKING:
                step_of(ports, found.card, CardEventKind.BEGIN_BLOCK, passage, {"card-read": True})
            with ports.devices:
                # Refused for what the SAM can not do before anybody looks for the card.
                require_block_keys(ports.station.sam.session())
                with self._laid(found, cancel) as laid:
                    block_card(laid.card, laid.sam, lambda: self._begin(card_id, passage))
            return self._settled(card_id, CardEventKind.BLOCK, passage)

    def verify(self, card_id: str, cancel: threading.Event) -> CardDone:
        """Only ask the chip: blocked, or genuine and not blocked. It is told nothing."""
        ports = self._ports
        found, passage = enter(ports, SETTLE, card_id)
        with ports.gate.refusals(SETTLE, card_id):
            # Only what was begun can be settled.
            step_of(ports, found.card, CardEventKind.NOT_BLOCKED, passage, {"card-read": True})
            with ports.devices, self._laid(found, cancel) as laid:
                blocked = laid.card.blocked()
                if not blocked:
                    laid.card.prove_genuine()
            event = CardEventKind.BLOCK if blocked else CardEventKind.NOT_BLOCKED
            return self._settled(card_id, event, passage)

    def recover(self, card_id: str) -> CardDone:
        """A dead or blocked card was taken back; it waits for two people to destroy it."""
        ports = self._ports
        _found, passage = enter(ports, RECOVER, card_id)
        with ports.gate.refusals(RECOVER, card_id):
            return self._settled(card_id, CardEventKind.RECOVER, passage)

    def open(self) -> list[CaseRow]:
        """Blockings that were begun and not settled, oldest card first."""
        records = self._ports.records
        return records.read(
            lambda unit: [_row(held(unit, card.id)) for card in unit.cards.in_state(CardState.BLOCKING)]
        )

    def _laid(self, found: Held, cancel: threading.Event) -> AbstractContextManager[Laid]:
        station = self._ports.station
        profile = station.profile(found.order)
        return laid_card(station, profile, cancel, serial=found.card.chip_serial)

    def _begin(self, card_id: str, passage: Passage) -> None:
        """Durable: the chip is going to be told. Once is enough, however often it is tried."""

        def change(unit: Unit) -> None:
            card = unit.cards.get(card_id)
            if card.state is not CardState.BLOCKING:
                self._record(unit, card, CardEventKind.BEGIN_BLOCK, passage)

        self._ports.records.durable("begin-block", change)

    def _settled(self, card_id: str, event: CardEventKind, passage: Passage) -> CardDone:
        def change(unit: Unit) -> CardDone:
            card = self._record(unit, unit.cards.get(card_id), event, passage)
            return CardDone(card_id, card.state)

        # What the chip says has happened already: a clock that went back does not make it undone.
        return self._ports.records.durable(event.value, change, begins=event is CardEventKind.RECOVER)

    def _record(self, unit: Unit, card: Card, event: CardEventKind, passage: Passage) -> Card:
        facts = {"card-read": True, "chip-blocked": event is CardEventKind.BLOCK}
        step = step_of(self._ports, card, event, passage, facts)
        return unit.cards.record(card, CardChange(event, CardState(step.next), valid_ms=unit.at_ms))


def _row(found: Held) -> CaseRow:
    serial = found.card.chip_serial or ""
    return CaseRow(
        id=found.card.id,
        application_id=found.card.application_id,
        name=found.holder.name,
        masked_number=masked_number(found.order.card.card_number),
        state=CaseState.UNKNOWN,
        mark=Mark.ATTENTION,
        word=Sentence(N_("Blocking was begun")),
        opened_ms=found.card.changed_ms,
        known=(Sentence(_BEGUN, {"serial": serial}),),
        offers=_OFFERS,
        blocking=True,
    )
