"""Fees, receipts and shifts: whole fen, receipt numbers without a gap, a closing in balance."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from app.domain.application import Realm
from app.domain.staff import Actor

# What leads the digits in the human number of a closing (X02-D000001) and of a receipt (X02-R000017).
CLOSING_KIND: Final = "D"
RECEIPT_KIND: Final = "R"


class PayMethod(StrEnum):
    """How a fee was settled; a waived fee has a receipt of nought, with its reason."""

    CASH = "cash"
    SCAN = "scan"
    WAIVED = "waived"


class ReceiptState(StrEnum):
    """The life of a receipt (resources/lives/receipt.toml)."""

    ISSUED = "issued"
    VOIDED = "voided"


class ReceiptEvent(StrEnum):
    """What happens to a receipt; the events of resources/lives/receipt.toml."""

    COPY = "copy"
    VOID = "void"


@dataclass(frozen=True)
class FeeDue:
    """What an application owes: the reason code, the amount by the rule of the day, and that rule's id.

    ``receipt`` is the number of the receipt that settled it, None while it is owed. ``funding`` says who
    pays a card that is free by the rule, ``proof`` which paper was seen where the rule asks for one.
    """

    application_id: str
    realm: Realm
    person_id: str
    reason: str
    fen: int
    rule: str
    owed_ms: int
    receipt: str | None = None
    funding: str | None = None
    proof: str | None = None

    @property
    def open(self) -> bool:
        """Whether something is still to be paid."""
        return self.fen > 0 and self.receipt is None


@dataclass(frozen=True)
class Receipt:
    """A receipt. A voided one keeps its number and says by whom, why and when.

    ``fen`` is what was due; where it was waived, by the ground ``waiver`` and the second person
    ``second_name``, nothing was received. ``copies`` are its prints after the original.
    """

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
    waiver: str | None = None
    second_name: str | None = None
    void_reason: str | None = None
    void_clerk: str | None = None
    void_second: str | None = None
    void_ms: int | None = None
    void_shift_id: str | None = None
    copies: int = 0

    @property
    def received_fen(self) -> int:
        return 0 if self.method is PayMethod.WAIVED else self.fen


@dataclass(frozen=True)
class Shift:
    """One clerk's time at the till of one desk; ``closed_ms`` None while it is open.

    ``opening_cards`` are the blank cards of the desk at its beginning, one that a case holds included.
    """

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
    """Blank cards of a shift: those at its beginning, taken in, used, spoiled, given back.

    ``bound`` is a card that an open case holds: not in the box any more, and its end is not known.
    """

    opening: int
    received: int
    issued: int
    spoiled: int
    returned: int
    bound: int = 0

    @property
    def on_hand(self) -> int:
        """What must lie in the box (counter.md 5: 期末 = 期初 + 领入 - 合计)."""
        gone = self.issued + self.spoiled + self.returned + self.bound
        return self.opening + self.received - gone


@dataclass(frozen=True)
class Waived:
    """Fees of one reason that were not charged: by the rule (0 fen) or by the ground ``waiver``."""

    reason: str
    waiver: str | None
    count: int
    fen: int


@dataclass(frozen=True)
class OpenCase:
    """A card that is not finished: the case's number, its state, since when, and the chip it holds."""

    number: str
    state: str
    since_ms: int
    chip_serial: str | None


@dataclass(frozen=True)
class OpenDue:
    """A fee that nobody has settled yet, by the application's number."""

    application: str
    reason: str
    fen: int


@dataclass(frozen=True)
class TillState:
    """A shift as its till stands: what must be there, from the receipts.

    ``voided`` are receipts of this shift; ``refunded`` those of earlier shifts whose money was given
    back in this one. ``cash_fen`` and ``scan_fen`` leave out what was voided in the same shift.
    ``gaps`` are receipt numbers that are missing between first and last: none, ever.
    """

    shift: Shift
    first: str | None
    last: str | None
    count: int
    voided: tuple[str, ...]
    refunded: tuple[str, ...]
    gaps: tuple[str, ...]
    cash_fen: int
    scan_fen: int
    waived_fen: int
    refunded_cash_fen: int
    refunded_scan_fen: int
    waived: tuple[Waived, ...]
    cards: CardCounts
    cases: tuple[OpenCase, ...]
    dues: tuple[OpenDue, ...]

    @property
    def due_fen(self) -> int:
        """What the receipts that stand were written for (应收)."""
        return self.cash_fen + self.scan_fen + self.waived_fen

    @property
    def expected_fen(self) -> int:
        """Cash that must lie in the till: what it began with and was taken, less what was given back."""
        return self.shift.float_fen + self.cash_fen - self.refunded_cash_fen

    @property
    def holding(self) -> tuple[OpenCase, ...]:
        """Open cases that hold a card: nobody knows yet what becomes of it."""
        return tuple(case for case in self.cases if case.chip_serial is not None)


@dataclass(frozen=True)
class Closing:
    """A closed shift: what was counted beside what must be there, frozen.

    ``closed_by`` is who counted; ``second_name`` who signed a difference, or another clerk's shift.
    """

    number: str
    state: TillState
    counted_fen: int
    counted_cards: int
    explanation: str
    second_name: str | None
    closed_ms: int
    closed_by: str = ""

    @property
    def difference_fen(self) -> int:
        return self.counted_fen - self.state.expected_fen

    @property
    def difference_cards(self) -> int:
        return self.counted_cards - self.state.cards.on_hand

    @property
    def balanced(self) -> bool:
        return not self.difference_fen and not self.difference_cards


class TillBook(Protocol):
    """Fees that are due, receipts, shifts. Every method that changes something writes its own audit row.

    Money moves in the actor's own open shift alone: ``ShiftNotOpen``, ``ShiftOfAnother``.
    """

    def shift(self, clerk_id: str | None = None) -> Shift | None:
        """The open shift of this desk, or of one clerk at it."""
        ...

    def shift_number(self, shift_id: str) -> str:
        """The human number of a shift, open or closed."""
        ...

    def open_shift(self, realm: Realm, float_fen: int) -> Shift:
        """A shift for the unit's actor; ``ShiftOpenAlready`` while this desk has an open one."""
        ...

    def owe(self, due: FeeDue) -> None:
        """What an application owes from now on; ``FeeSettled`` while a receipt stands for it."""
        ...

    def due(self, application_id: str) -> FeeDue | None: ...

    def dues(self, limit: int = 200) -> list[FeeDue]:
        """What is still to be paid at this desk, oldest first; withdrawn applications owe nothing."""
        ...

    def require_settled(self, application_id: str) -> None:
        """``FeeUnsettled`` while the application owes something."""
        ...

    def take(
        self,
        application_id: str,
        method: PayMethod,
        second: Actor | None = None,
        waiver: str | None = None,
    ) -> Receipt:
        """Settle what is due; the receipt with the next number. ``NothingDue`` where nothing is.

        A waived fee takes its ground and the second person who signs it; the others take neither.
        """
        ...

    def receipt(self, number: str) -> Receipt:
        """``NoSuchReceipt`` where no receipt has this number."""
        ...

    def receipts(self, shift_id: str) -> list[Receipt]:
        """In the order of their numbers."""
        ...

    def void(self, number: str, reason: str, second: Actor) -> Receipt:
        """The receipt keeps its number; its fee is due again. ``ReceiptVoided`` where it was before."""
        ...

    def state(self, shift: Shift) -> TillState:
        """How a shift's till stands, from its rows. Open cases and dues are those of now; what stood
        when a shift was closed is in its closing."""
        ...

    def close(
        self,
        shift: Shift,
        counted_fen: int,
        counted_cards: int,
        explanation: str = "",
        second: Actor | None = None,
    ) -> Closing:
        """Freeze the shift. ``ShiftHoldsCard`` while an open case holds a card; ``ShiftOutOfBalance``
        where a difference is not both explained and signed by ``second``."""
        ...

    def closings(self, limit: int = 30) -> list[Closing]:
        """Newest first."""
        ...

    def closing(self, number: str) -> Closing:
        """``NoSuchClosing`` where none has this number."""
        ...
