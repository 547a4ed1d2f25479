"""What window and command line see of till and stock, and what they may ask of them.

Plain immutable data, as in ``app.workflow.views``; names of residents are masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.documents.papers import ClosingReport, FeeReceipt
from app.domain.fees import Ground
from app.domain.staff import Presence
from app.domain.stock import BlankCard, BlankState, StockCounts
from app.domain.till import Closing, PayMethod, Receipt, Shift, TillState


@dataclass(frozen=True)
class DueRow:
    """A fee that is still to be paid: whose (masked), for what, how much, by which rule."""

    application_id: str
    number: str
    masked_name: str
    reason: Ground
    fen: int
    rule: str
    owed_ms: int


@dataclass(frozen=True)
class TillView:
    """The open shift as its till stands; ``own`` where it is the signed-in person's.

    ``difference_fen`` and ``difference_cards`` hold the shift's rows against the other record of the
    same thing: receipts against the fees that they settled, events of cards against where each card is.
    """

    shift: Shift
    own: bool
    state: TillState
    difference_fen: int
    difference_cards: int


@dataclass(frozen=True)
class TakenIn:
    """A list that was taken in: how many cards were on it, how many of them came new, in which boxes."""

    listed: int
    new: int
    boxes: tuple[str, ...]


class TillService(Protocol):
    """The till for window and command line. None of it belongs on the window's thread.

    ``second`` is a second person who just authenticated for the act, ``fresh`` the clerk's own.
    """

    def view(self) -> TillView | None:
        """The open shift of this desk, None where none is."""
        ...

    def open_shift(self, float_fen: int) -> Shift: ...

    def require_shift(self, application_id: str | None = None) -> None:
        """A card is about to be used: ``ShiftNotOpen`` unless somebody answers for the box. In training
        a shift opens by itself, where an application is named for one that a card may be made of."""
        ...

    def dues(self) -> list[DueRow]: ...

    def take(self, application_id: str, method: PayMethod) -> Receipt:
        """Settle a fee in cash or by scan."""
        ...

    def waive(
        self, application_id: str, ground: str, proof: str | None, second: Presence | None
    ) -> Receipt:
        """Settle a fee by a ground of the schedule, beside the paper that proves it."""
        ...

    def void(
        self, number: str, reason: str, second: Presence | None, fresh: Presence | None
    ) -> Receipt: ...

    def receipts(self) -> list[Receipt]:
        """Those of the open shift, else of the last closed one, in the order of their numbers."""
        ...

    def receipt_paper(self, number: str) -> FeeReceipt:
        """A receipt to be printed; which copy a print is, its count says."""
        ...

    def paper(self, number: str) -> FeeReceipt | ClosingReport:
        """What is printed of a receipt or of a closing, whichever has this number."""
        ...

    def closing_act(self, counted_fen: int, counted_cards: int) -> str:
        """The act by which a count would close the shift: whom to ask for their password."""
        ...

    def close(
        self,
        counted_fen: int,
        counted_cards: int,
        explanation: str = "",
        second: Presence | None = None,
    ) -> Closing: ...

    def closings(self, limit: int = 30) -> list[Closing]: ...

    def closing_paper(self, number: str) -> ClosingReport:
        """The report of a closing, with the audit's head of this moment as its witness."""
        ...

    def waivers(self) -> list[Ground]: ...

    def void_reasons(self) -> list[Ground]: ...


class StockService(Protocol):
    """Blank cards for window and command line. None of it belongs on the window's thread."""

    def counts(self) -> StockCounts: ...

    def cards(
        self, state: BlankState, after: str | None = None, limit: int = 100
    ) -> list[BlankCard]: ...

    def take_in(self, path: Path) -> TakenIn:
        """A list of blank cards, whole or not at all; ``StockListRefused`` names its rows."""
        ...

    def spoil(self, serial: str, reason: str) -> BlankCard: ...

    def give_back(self, serials: list[str], reason: str) -> int: ...
