"""What is refused at the till: no shift, nothing due, a receipt that is void, a count that differs."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.errors import N_, KangkaError


@dataclass(eq=False)
class ShiftNotOpen(KangkaError):
    """Money or a card was to move while nobody answers for till and box."""

    code = "till.shift-not-open"
    cause = N_("No shift is open at this desk.")
    meaning = N_("Nobody would answer for the money and the cards, so nothing was done.")
    remedy = N_("Open a shift with the cash that lies in the till.")


@dataclass(eq=False)
class ShiftOpenAlready(KangkaError):
    """A desk has one shift at a time."""

    shift: str

    code = "till.shift-open-already"
    cause = N_("Shift {shift} is open at this desk already.")
    meaning = N_("One till and one box have one shift at a time; no second one was opened.")
    remedy = N_("Close shift {shift} first: its clerk, or another with a supervisor beside.")


@dataclass(eq=False)
class ShiftOfAnother(KangkaError):
    """Money was to move in another clerk's shift."""

    shift: str

    code = "till.shift-of-another"
    cause = N_("Shift {shift} at this desk belongs to another clerk.")
    meaning = N_("Money moves in the shift of its own clerk alone; nothing was done.")
    remedy = N_("Let its clerk do it, or close that shift with a supervisor beside and open your own.")


@dataclass(eq=False)
class ShiftClosed(KangkaError):
    """A closed shift was to be closed again."""

    shift: str

    code = "till.shift-closed"
    cause = N_("Shift {shift} is closed.")
    meaning = N_("What was counted stands and is not changed any more.")
    remedy = N_("Look at its closing report.")


@dataclass(eq=False)
class ShiftHoldsCard(KangkaError):
    """A shift was to be closed while a begun card is neither made nor spoiled."""

    shift: str
    cases: tuple[str, ...]

    code = "till.shift-holds-card"
    cause = N_("Shift {shift} can not close: it is not known what becomes of the card of case {cases}.")
    meaning = N_("A day closes with every card made, spoiled or in the box.")
    remedy = N_("Settle the open case first: continue it, verify its card, or record it as spoiled.")


@dataclass(eq=False)
class ShiftOutOfBalance(KangkaError):
    """A shift was to be closed with a difference that nobody explained or signed. Counted less due."""

    fen: int
    cards: int

    code = "till.out-of-balance"
    cause = N_("The count differs from the book: cash by {fen} fen, blank cards by {cards}.")
    meaning = N_("The shift stays open until it balances or the difference is explained and signed.")
    remedy = N_("Count again; if it stays so, say why and have a supervisor sign beside you.")


@dataclass(eq=False)
class NothingDue(KangkaError):
    """A fee was to be taken where none is owed."""

    application: str

    code = "till.nothing-due"
    cause = N_("Application {application} owes nothing.")
    meaning = N_("No money may be taken for it, and no receipt was made.")
    remedy = N_("Look at the list of what is due.")


@dataclass(eq=False)
class FeeSettled(KangkaError):
    """What an application owes was to be changed while a receipt stands for it."""

    receipt: str

    code = "till.fee-settled"
    cause = N_("The fee was settled with receipt {receipt}.")
    meaning = N_("A settled fee keeps its reason and amount; nothing was changed.")
    remedy = N_("Void receipt {receipt} with a second person first, if it is wrong.")


@dataclass(eq=False)
class FeeUnsettled(KangkaError):
    """A card was to be begun before its fee was settled."""

    application: str
    fen: int

    code = "till.fee-unsettled"
    cause = N_("The fee of application {application} is not settled: {fen} fen.")
    meaning = N_("The card is made once its fee was taken or waived.")
    remedy = N_("Take the fee at the till, or waive it with a second person where its ground is proved.")


@dataclass(eq=False)
class NoSuchReceipt(KangkaError):
    """No receipt has this number."""

    number: str

    code = "till.no-receipt"
    cause = N_("There is no receipt {number} here.")
    remedy = N_("Look it up in the list of receipts.")


@dataclass(eq=False)
class ReceiptVoided(KangkaError):
    """A voided receipt was to be voided once more."""

    number: str

    code = "till.receipt-voided"
    cause = N_("Receipt {number} is void.")
    meaning = N_("It keeps its number and stands for nothing any more.")
    remedy = N_("Take the fee again; it gets a receipt of its own.")


@dataclass(eq=False)
class NoSuchClosing(KangkaError):
    """No closing has this number."""

    number: str

    code = "till.no-closing"
    cause = N_("There is no closing {number} here.")
    remedy = N_("Look it up in the list of closings.")
