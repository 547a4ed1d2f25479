"""The papers of a card's life, made of what is recorded: the first print and every later one alike."""

from __future__ import annotations

import datetime as dt

from app.documents.papers import (
    AcceptanceReceipt,
    Collector,
    HandOverSlip,
    LossKind,
    LossReport,
    Paper,
    TemporaryProof,
    Term,
)
from app.domain.application import FrozenApplication
from app.domain.card import Card, CardEvent, CardEventKind
from app.domain.desk_rules import DeskRules
from app.domain.order import ApplicantKind
from app.domain.till import FeeDue
from app.workflow.paper_words import PaperWords

_COLLECTORS = {
    ApplicantKind.SELF: Collector.SELF,
    ApplicantKind.AGENT: Collector.AGENT,
    ApplicantKind.GUARDIAN: Collector.GUARDIAN,
}
_LOSSES = {
    CardEventKind.REPORT_PROVISIONAL_LOSS: LossKind.PROVISIONAL,
    CardEventKind.REPORT_LOSS: LossKind.WRITTEN,
}
# Events that a paper is made of, with the name of its template.
TEMPLATES = {
    CardEventKind.HAND_OVER: HandOverSlip.template,
    CardEventKind.REPORT_PROVISIONAL_LOSS: LossReport.template,
    CardEventKind.REPORT_LOSS: LossReport.template,
    CardEventKind.REISSUE: TemporaryProof.template,
}


class CardPapers:
    """Papers in the words of this place."""

    def __init__(self, rules: DeskRules, words: PaperWords) -> None:
        self._rules = rules
        self._words = words

    def of(
        self, card: Card, order: FrozenApplication, events: list[CardEvent], event: CardEvent
    ) -> Paper:
        """The paper of one of a card's ``events``; KeyError for an event that has none."""
        match TEMPLATES[event.kind]:
            case HandOverSlip.template:
                return self._slip(card, order, events, event)
            case LossReport.template:
                return self._loss(order, event)
            case _:
                return self._proof(order, event)

    def receipt(
        self, order: FrozenApplication, number: str, accepted_ms: int, due: FeeDue
    ) -> AcceptanceReceipt:
        """《受理回执》 of an order that was just kept."""
        return self._words.acceptance(order, number, accepted_ms, due)

    def _slip(
        self, card: Card, order: FrozenApplication, events: list[CardEvent], event: CardEvent
    ) -> HandOverSlip:
        told = event.detail
        later = (found for found in events if found.kind is CardEventKind.ACTIVATE)
        activated = next((found.valid_ms for found in later if found.seq >= event.seq), None)
        return HandOverSlip(
            number=event.number or "",
            case_number=card.number,
            card_number=order.card.card_number,
            chip_serial=card.chip_serial or "",
            name=order.resident.name,
            business=self._words.business(order.reason),
            collector=_COLLECTORS[ApplicantKind(told["visitor_standing"])],
            collector_name=told["visitor_name"],
            collector_document=self._words.code("other-document", told["visitor_document"]),
            collector_number=told["visitor_number"],
            handed_over_at_ms=event.valid_ms,
            collector_phone=told["visitor_phone"],
            relation=self._words.code("relation", told["visitor_relation"]),
            activated_at_ms=activated,
        )

    def _loss(self, order: FrozenApplication, event: CardEvent) -> LossReport:
        told = event.detail
        lapses = told.get("lapses_ms")
        return LossReport(
            number=event.number or "",
            kind=_LOSSES[event.kind],
            name=order.resident.name,
            person_number=order.resident.number,
            card_number=order.card.card_number,
            reported_at_ms=event.at_ms,
            reporter_name=told["visitor_name"],
            relation=self._words.code("relation", told["visitor_relation"]),
            channel=self._term("channel", told["channel"]),
            reporter_document=self._words.code("other-document", told["visitor_document"]),
            reporter_number=told["visitor_number"],
            reporter_phone=told["visitor_phone"],
            lapses_at_ms=None if lapses is None else int(lapses),
            cause=self._term("cause", event.reason) if event.reason else None,
        )

    def _proof(self, order: FrozenApplication, event: CardEvent) -> TemporaryProof:
        told = event.detail
        return TemporaryProof(
            number=event.number or "",
            name=order.resident.name,
            person_number=order.resident.number,
            issued_on=dt.date.fromisoformat(told["proof_from"]),
            last_day=dt.date.fromisoformat(told["proof_until"]),
            reason=self._words.business(event.reason or ""),
            application_number=told["application"],
            collect_at=self._words.collect_at,
            enquiry_phone=self._words.enquiry_phone,
        )

    def _term(self, list_: str, code: str) -> Term:
        word = self._rules.word(list_, code)
        return Term(word.zh, word.en)
