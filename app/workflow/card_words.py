"""The words, marks and life line of a card, and which acts are possible now with the reason why not."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Final

from app.base.errors import N_, KangkaError
from app.domain.card import LIVING, Card, CardEvent, CardEventKind, CardState
from app.domain.loss import FoundTooLate
from app.domain.staff import Level, NotByOneself, NotPermitted
from app.workflow.block_card import BLOCK, RECOVER
from app.workflow.card_ports import CardPorts
from app.workflow.card_views import ActionView, CardAct, CardEventView, LifePoint
from app.workflow.hand_over import ACTIVATE, HAND_OVER
from app.workflow.reissue import REISSUE
from app.workflow.report_loss import FOUND, REPLACED, REPORT_LOSS
from app.workflow.views import Mark, Sentence

_STATES: Final = {
    CardState.MAKING: (Mark.WORKING, N_("Being made")),
    CardState.READY: (Mark.WAITING, N_("To be collected")),
    CardState.COLLECTED: (Mark.WAITING, N_("Collected, not in use yet")),
    CardState.IN_USE: (Mark.GOOD, N_("In use")),
    CardState.PROVISIONALLY_LOST: (Mark.ATTENTION, N_("Reported lost for now")),
    CardState.LOST: (Mark.ATTENTION, N_("Reported lost in writing")),
    CardState.DEAD: (Mark.STOP, N_("Dead")),
    CardState.BLOCKING: (Mark.ATTENTION, N_("Blocking was begun")),
    CardState.BLOCKED: (Mark.STOP, N_("Blocked on its chip")),
    CardState.SPOILED: (Mark.STOP, N_("Spoiled")),
    CardState.RECOVERED: (Mark.STOP, N_("Taken back")),
    CardState.DESTROYED: (Mark.STOP, N_("Destroyed")),
}
_EVENTS: Final = {
    CardEventKind.MADE: N_("Made and verified"),
    CardEventKind.SPOIL: N_("Spoiled in the making"),
    CardEventKind.HAND_OVER: N_("Handed over"),
    CardEventKind.ACTIVATE: N_("Put in use"),
    CardEventKind.REPORT_PROVISIONAL_LOSS: N_("Loss reported for now"),
    CardEventKind.REPORT_LOSS: N_("Loss reported in writing"),
    CardEventKind.LAPSE: N_("The loss lapsed"),
    CardEventKind.FIND: N_("Found again"),
    CardEventKind.REISSUE: N_("Another card ordered in its place"),
    CardEventKind.CANCEL: N_("Cancelled"),
    CardEventKind.RECOVER: N_("Taken back"),
    CardEventKind.BEGIN_BLOCK: N_("Blocking was begun"),
    CardEventKind.BLOCK: N_("Blocked on its chip"),
    CardEventKind.NOT_BLOCKED: N_("Found not to be blocked"),
    CardEventKind.DESTROY: N_("Destroyed"),
}
# Each act with its event of the life and its name in permissions.toml, in the order of a page.
_ACTS: Final = {
    CardAct.HAND_OVER: (CardEventKind.HAND_OVER, HAND_OVER),
    CardAct.ACTIVATE: (CardEventKind.ACTIVATE, ACTIVATE),
    CardAct.REPORT_PROVISIONAL_LOSS: (CardEventKind.REPORT_PROVISIONAL_LOSS, REPORT_LOSS),
    CardAct.REPORT_LOSS: (CardEventKind.REPORT_LOSS, REPORT_LOSS),
    CardAct.FOUND: (CardEventKind.FIND, FOUND),
    CardAct.REISSUE: (CardEventKind.REISSUE, REISSUE),
    CardAct.BLOCK: (CardEventKind.BEGIN_BLOCK, BLOCK),
    CardAct.RECOVER: (CardEventKind.RECOVER, RECOVER),
}
_OF_THE_DEAD: Final = (CardAct.FOUND, CardAct.BLOCK, CardAct.RECOVER)


def word_of(state: CardState) -> tuple[Mark, Sentence]:
    """A card's state as one of the five marks and a word."""
    mark, text = _STATES[state]
    return mark, Sentence(text)


def life_line(card: Card, events: list[CardEvent]) -> tuple[LifePoint, ...]:
    """Every state that the card was in, oldest first, the present one marked."""
    begun = _made_at(card)
    states = [(CardState.MAKING, begun, begun)]
    states += [(event.next, event.valid_ms, event.at_ms) for event in events]
    return tuple(
        LifePoint(state, *word_of(state), valid_ms, at_ms, present=number == len(states))
        for number, (state, valid_ms, at_ms) in enumerate(states, 1)
    )


def event_views(events: list[CardEvent]) -> tuple[CardEventView, ...]:
    """What happened, without a word about a person."""
    return tuple(
        CardEventView(
            kind=event.kind,
            word=Sentence(_EVENTS[event.kind]),
            valid_ms=event.valid_ms,
            at_ms=event.at_ms,
            actor=event.actor_name,
            second=event.second_name,
            reason=event.reason,
            number=event.number,
        )
        for event in events
    )


def actions_of(
    ports: CardPorts, card: Card, token: bytes, known: Mapping[str, bool]
) -> tuple[ActionView, ...]:
    """The acts that the signed-in role has, each possible or with the reason why not now.

    ``known`` are the guards whose value stands already; those that the act itself fulfils (a document
    looked at, a card read) count as fulfilled here.
    """
    wanted = CardAct if card.state in LIVING else _OF_THE_DEAD
    return tuple(
        ActionView(
            act,
            permission,
            why=_why_not(ports, card, token, known, act),
            fresh=permission in ports.permissions.fresh,
            second=permission in ports.permissions.four_eyes,
        )
        for act, (_event, permission) in _ACTS.items()
        if act in wanted and ports.gate.level(permission) is not Level.HIDDEN
    )


def _why_not(
    ports: CardPorts, card: Card, token: bytes, known: Mapping[str, bool], act: CardAct
) -> KangkaError | None:
    event, permission = _ACTS[act]
    actor = ports.gate.actor
    if ports.gate.level(permission) is not Level.ACT:
        return NotPermitted(act=permission, role=actor.role.value)
    if actor.person_token == token:
        return NotByOneself(act=permission)
    if act is CardAct.FOUND and card.state in REPLACED:
        return FoundTooLate()
    # An interrupted blocking is gone on with by the same act that began it.
    if act is CardAct.BLOCK and card.state is CardState.BLOCKING:
        return None
    facts = dict.fromkeys(ports.life.guards, True) | dict(known)
    try:
        ports.life.step(card.state, event, actor.role, facts)
    except KangkaError as refusal:
        return refusal
    return None


def _made_at(card: Card) -> int:
    # A card's id is a UUID of version 7: its first 48 bits are when its case was opened.
    return uuid.UUID(card.id).int >> 80
