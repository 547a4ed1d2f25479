"""Losses: provisional, in writing, found again, lapsed by themselves (counter.md, 1 D, E and H)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.domain.card import Card, CardChange, CardEventKind, CardState
from app.domain.lives import Life
from app.domain.loss import (
    FoundTooLate,
    LossChannel,
    LossNumberDiffers,
    LossTimeWrong,
    WrittenLossByPhone,
    check_answers,
    lapses_at,
)
from app.domain.records import Records, Unit
from app.domain.staff import PROGRAM, Role
from app.domain.visitor import Known, know_caller, know_visitor
from app.workflow.card_papers import CardPapers
from app.workflow.card_ports import CardPorts, Held, enter, held, step_of
from app.workflow.card_views import CardDone, FoundForm, LossForm
from app.workflow.gate import Passage

REPORT_LOSS: Final = "report-loss"
FOUND: Final = "found"
# 挂失编号: the letter of its human number
_NUMBER: Final = "L"
_REPORTS: Final = (CardEventKind.REPORT_PROVISIONAL_LOSS, CardEventKind.REPORT_LOSS)
# A card that another one was ordered for: it never comes back.
REPLACED: Final = (CardState.DEAD, CardState.BLOCKING, CardState.BLOCKED, CardState.RECOVERED)


@dataclass(frozen=True)
class _Told:
    """A loss as it was told, by whom, and who writes it down."""

    event: CardEventKind
    form: LossForm
    known: Known
    passage: Passage


class Losses:
    """Reports of a loss, and their end."""

    def __init__(self, ports: CardPorts, papers: CardPapers) -> None:
        self._ports = ports
        self._papers = papers

    def report(self, card_id: str, form: LossForm) -> CardDone:
        """Record a loss. ``lost_ms`` is since when it is so; when it was recorded stands beside it."""
        ports = self._ports
        event = CardEventKind.REPORT_PROVISIONAL_LOSS if form.provisional else CardEventKind.REPORT_LOSS
        found, passage = enter(ports, REPORT_LOSS, card_id, visitor=form.reporter)
        with ports.gate.refusals(REPORT_LOSS, card_id):
            known = self._know(form, found)
            step_of(ports, found.card, event, passage, {"identity-checked": known.identity_checked})
            told = _Told(event, form, known, passage)
            return ports.records.durable(event.value, lambda unit: self._record(unit, card_id, told))

    def found(self, card_id: str, form: FoundForm) -> CardDone:
        """解挂: back to what the card was before it was lost; never once a reissue began."""
        ports = self._ports
        found, passage = enter(ports, FOUND, card_id, visitor=form.visitor)
        with ports.gate.refusals(FOUND, card_id):
            if found.card.state in REPLACED:
                raise FoundTooLate
            known = know_visitor(form.visitor, found.holder, ports.rules, ports.codes, today=ports.today)

            def change(unit: Unit) -> CardDone:
                card = unit.cards.get(card_id)
                self._check_number(unit, card, form.loss_number)
                facts = {
                    "identity-checked": known.identity_checked,
                    "no-reissue-begun": not reissue_begun(unit, card),
                }
                step = step_of(ports, card, CardEventKind.FIND, passage, facts)
                state = CardState(step.target(card.before))
                kept = CardChange(CardEventKind.FIND, state, valid_ms=unit.at_ms, detail=known.detail())
                return CardDone(card_id, unit.cards.record(card, kept).state)

            return ports.records.durable(FOUND, change)

    def _know(self, form: LossForm, found: Held) -> Known:
        ports = self._ports
        if form.channel is LossChannel.COUNTER:
            return know_visitor(form.reporter, found.holder, ports.rules, ports.codes, today=ports.today)
        if not form.provisional:
            raise WrittenLossByPhone
        known = know_caller(form.reporter, found.holder, ports.rules, ports.codes)
        check_answers(found.holder, form.answers, ports.rules)
        return known

    def _record(self, unit: Unit, card_id: str, told: _Told) -> CardDone:
        found = held(unit, card_id)
        card, event, form = found.card, told.event, told.form
        facts = {"identity-checked": told.known.identity_checked}
        step = step_of(self._ports, card, event, told.passage, facts)
        lapses = None
        if event is CardEventKind.REPORT_PROVISIONAL_LOSS:
            lapses = lapses_at(unit.at_ms, self._ports.rules.provisional_loss_days)
        number = unit.number(card.realm, _NUMBER)
        detail = told.known.detail() | {"channel": form.channel.value}
        card = unit.cards.record(
            card,
            CardChange(
                event,
                CardState(step.next),
                valid_ms=_lost_at(unit, card, form.lost_ms),
                # A provisional loss that becomes one in writing goes back to what was before both.
                before=card.before if card.state is CardState.PROVISIONALLY_LOST else card.state,
                lapses_ms=lapses,
                reason=form.cause.value,
                number=number,
                detail=detail | ({} if lapses is None else {"lapses_ms": str(lapses)}),
            ),
        )
        events = unit.cards.events(card_id)
        paper = self._papers.of(card, found.order, events, events[-1])
        return CardDone(card_id, card.state, number=number, papers=(paper,), lapses_ms=lapses)

    @staticmethod
    def _check_number(unit: Unit, card: Card, typed: str) -> None:
        number = typed.strip().upper()
        reports = [event for event in unit.cards.events(card.id) if event.kind in _REPORTS]
        if number and reports and number != reports[-1].number:
            raise LossNumberDiffers


def reissue_begun(unit: Unit, card: Card) -> bool:
    """Whether another card was ordered in this one's place."""
    orders = unit.applications.of_person(card.person_id)
    return any(unit.applications.get(order).replaces == card.id for order in orders)


def lapse_due(records: Records, life: Life, now_ms: int) -> list[str]:
    """End every provisional loss whose time is over; the ids of the cards. It is the program's own act.

    It was so from the moment it was to lapse, however late the program looks.
    """
    if not records.read(lambda unit: unit.cards.lapsing(now_ms)):
        return []

    def lapse(unit: Unit) -> list[str]:
        ended = []
        for card in unit.cards.lapsing(unit.at_ms):
            step = life.step(card.state, CardEventKind.LAPSE, Role.PROGRAM, {"days-passed": True})
            change = CardChange(
                CardEventKind.LAPSE,
                CardState(step.target(card.before)),
                valid_ms=card.lapses_ms or unit.at_ms,
                actor=PROGRAM,
            )
            unit.cards.record(card, change)
            ended.append(card.id)
        return ended

    return records.durable("lapse", lapse)


def _lost_at(unit: Unit, card: Card, lost_ms: int | None) -> int:
    if lost_ms is None:
        return unit.at_ms
    handed = [
        event.valid_ms for event in unit.cards.events(card.id) if event.kind is CardEventKind.HAND_OVER
    ]
    if lost_ms > unit.at_ms or (handed and lost_ms < handed[-1]):
        raise LossTimeWrong
    return lost_ms
