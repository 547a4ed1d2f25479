"""What papers of cards and of applications share: words of this place, the acceptance receipt."""

from __future__ import annotations

import datetime as dt

from app.base.clock import civil_date
from app.documents.papers import AcceptanceReceipt, Term
from app.domain.application import FrozenApplication
from app.domain.codes import CodeTables
from app.domain.desk_rules import DeskRules
from app.domain.fees import FeeSchedule, Ground
from app.domain.till import FeeDue
from app.workflow.workplace import Workplace


def term(ground: Ground) -> Term:
    """A ground of the fee schedule in both languages."""
    return Term(ground.title_zh, ground.title_en)


def rule_term(rule: str, fees: FeeSchedule) -> Term:
    """A fee's rule by its schedule's title; one of another schedule stands as it was recorded."""
    if rule.partition("/")[0] != fees.id:
        return Term(rule)
    return Term(f"{fees.title_zh}（{rule}）", fees.title_en)


class PaperWords:
    """Codes and reasons in the words of this place's tables; where and when it hands cards over."""

    def __init__(
        self, rules: DeskRules, codes: CodeTables, fees: FeeSchedule, workplace: Workplace
    ) -> None:
        self._rules = rules
        self._codes = codes
        self._fees = fees
        self._place = workplace

    @property
    def collect_at(self) -> str:
        """Where residents collect their cards."""
        return self._place.collect_at

    @property
    def enquiry_phone(self) -> str:
        """Whom residents call."""
        return self._place.enquiry_phone

    def business(self, reason: str) -> Term:
        """What an order is for."""
        return term(self._fees.reason(reason))

    def code(self, table: str, code: str | None) -> Term | None:
        """A code's word; one that its table does not have stands as it is, None where there is none."""
        found = self._codes[table].find(code) if code else None
        if found is not None:
            return Term(found.zh, found.en)
        return Term(code) if code else None

    def acceptance(
        self, order: FrozenApplication, number: str, accepted_ms: int, due: FeeDue | None
    ) -> AcceptanceReceipt:
        """《受理回执》: the number to ask by, where and when to collect, whom to call, what it costs."""
        ready = civil_date(accepted_ms) + dt.timedelta(days=self._rules.ready_days)
        return AcceptanceReceipt(
            number=number,
            business=self.business(order.reason),
            accepted_at_ms=accepted_ms,
            name=order.resident.name,
            person_number=order.resident.number,
            collect_at=self.collect_at,
            ready_on=ready,
            fee_fen=0 if due is None else due.fen,
            fee_rule=None if due is None else rule_term(due.rule, self._fees),
            enquiry_phone=self.enquiry_phone,
        )
