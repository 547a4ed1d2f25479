"""What papers of cards and of applications share: words of this place, the acceptance receipt."""

from __future__ import annotations

from app.documents.papers import AcceptanceReceipt, Term
from app.domain.application import FrozenApplication
from app.domain.codes import CodeTables
from app.domain.fees import FeeSchedule, Ground
from app.domain.till import FeeDue


def term(ground: Ground) -> Term:
    """A ground of the fee schedule in both languages."""
    return Term(ground.title_zh, ground.title_en)


class PaperWords:
    """Codes and reasons in the words of this place's tables."""

    def __init__(self, codes: CodeTables, fees: FeeSchedule) -> None:
        self._codes = codes
        self._fees = fees

    def business(self, reason: str) -> Term:
        """What an order is for."""
        return term(self._fees.reason(reason))

    def code(self, table: str, code: str | None) -> str:
        """The Chinese word of a code; a code that its table does not have stands as it is."""
        found = self._codes[table].find(code) if code else None
        return found.zh if found is not None else (code or "")

    def acceptance(
        self, order: FrozenApplication, number: str, accepted_ms: int, due: FeeDue | None
    ) -> AcceptanceReceipt:
        """《受理回执》: the number to ask by, and what it costs."""
        return AcceptanceReceipt(
            number=number,
            business=self.business(order.reason),
            accepted_at_ms=accepted_ms,
            name=order.resident.name,
            person_number=order.resident.number,
            fee_fen=0 if due is None else due.fen,
            fee_rule="" if due is None else due.rule,
        )
