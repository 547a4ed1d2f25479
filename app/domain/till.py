"""Fees, receipts and shifts: whole fen, receipt numbers without a gap, a closing in balance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.application import Realm


class PayMethod(StrEnum):
    """How a fee was settled; a waived fee has a receipt of nought, with its reason."""

    CASH = "cash"
    SCAN = "scan"
    WAIVED = "waived"


class ReceiptState(StrEnum):
    """The life of a receipt (resources/lives/receipt.toml)."""

    ISSUED = "issued"
    VOIDED = "voided"


@dataclass(frozen=True)
class FeeDue:
    """What an application owes: the reason code, the amount by the rule of the day, and that rule's id.

    ``receipt`` is the number of the receipt that settled it, None while it is owed.
    """

    application_id: str
    realm: Realm
    person_id: str
    reason: str
    fen: int
    rule: str
    owed_ms: int
    receipt: str | None


@dataclass(frozen=True)
class Receipt:
    """A receipt. A voided one keeps its number and says by whom and why."""

    number: str
    realm: Realm
    shift_id: str
    application_id: str
    person_id: str
    reason: str
    fen: int
    rule: str
    method: PayMethod
    state: ReceiptState
    clerk_id: str
    clerk_name: str
    at_ms: int
    void_reason: str | None = None
    void_second: str | None = None
    copies: int = 0


@dataclass(frozen=True)
class Shift:
    """One clerk's time at the till of one desk; ``closed_ms`` None while it is open."""

    id: str
    number: str
    realm: Realm
    clerk_id: str
    clerk_name: str
    opened_ms: int
    float_fen: int
    opening_cards: int
    closed_ms: int | None = None


@dataclass(frozen=True)
class CardCounts:
    """Blank cards of a shift: those at its beginning, taken in, used, spoiled, given back."""

    opening: int
    received: int
    issued: int
    spoiled: int
    returned: int

    @property
    def on_hand(self) -> int:
        """What must lie in the box (counter.md 5: 期末 = 期初 + 领入 - 合计)."""
        return self.opening + self.received - self.issued - self.spoiled - self.returned


@dataclass(frozen=True)
class TillState:
    """A shift as its till stands: what must be there, from the receipts.

    ``gaps`` are receipt numbers that are missing between first and last: none, ever.
    """

    shift: Shift
    first: str | None
    last: str | None
    count: int
    voided: tuple[str, ...]
    gaps: tuple[str, ...]
    due_fen: int
    waived_fen: int
    cash_fen: int
    scan_fen: int
    cards: CardCounts
    open_cases: int
    open_dues: int

    @property
    def expected_fen(self) -> int:
        """Cash that must lie in the till: what it began with and what was taken."""
        return self.shift.float_fen + self.cash_fen


@dataclass(frozen=True)
class Closing:
    """A closed shift: what was counted beside what must be there, frozen."""

    number: str
    state: TillState
    counted_fen: int
    counted_cards: int
    explanation: str
    second_name: str | None
    closed_ms: int

    @property
    def difference_fen(self) -> int:
        return self.counted_fen - self.state.expected_fen

    @property
    def difference_cards(self) -> int:
        return self.counted_cards - self.state.cards.on_hand

    @property
    def balanced(self) -> bool:
        return not self.difference_fen and not self.difference_cards
