"""What the commands ``till`` and ``stock`` do: shifts, fees, receipts, blank cards (commands.md)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.base.errors import N_
from app.cli.context import Context
from app.cli.printed import told as told_papers
from app.domain.stock import BlankState, StockCounts
from app.domain.till import Closing, PayMethod, Receipt, TillState
from app.workflow.till_desk import VOID, WAIVE

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
# Who stands at a shell counts fen; a till holds far less than this.
_DIGITS = 9


def till_commands(commands: Commands) -> None:
    """The words and switches of ``till`` and ``stock``."""
    till = commands.add_parser("till", help="shift, fees and receipts")
    of_till = till.add_subparsers(dest="action", required=True, metavar="ACTION")
    _command(of_till, "show", show, "the shift as its till stands, or the last one that was closed")
    opening = _command(of_till, "open", open_shift, "begin a shift with the cash that lies in the till")
    opening.add_argument("--float", type=_fen, default=0, metavar="FEN", dest="float_fen")
    _command(of_till, "due", due, "fees that are still to be paid")
    taking = _command(of_till, "take", take, "settle an application's fee")
    taking.add_argument("--application", required=True, metavar="ID")
    taking.add_argument(
        "--by", choices=[PayMethod.CASH.value, PayMethod.SCAN.value], default=PayMethod.CASH.value
    )
    waiving = _command(of_till, "waive", waive, "let a fee go on a ground, beside a second person")
    waiving.add_argument("--application", required=True, metavar="ID")
    waiving.add_argument("--ground", required=True, metavar="CODE")
    waiving.add_argument("--proof", metavar="CODE", help="which paper was seen")
    voiding = _command(of_till, "void", void, "void a receipt, beside a second person")
    voiding.add_argument("number", metavar="NUMBER")
    voiding.add_argument("--reason", required=True, metavar="CODE")
    printing = _command(
        of_till, "print", print_paper, "a receipt or a closing report as PDF; after the original, a copy"
    )
    printing.add_argument("number", metavar="NUMBER")
    closing = _command(of_till, "close", close, "end the shift with what was counted")
    closing.add_argument("--cash", type=_fen, required=True, metavar="FEN", help="cash in the till")
    closing.add_argument("--cards", type=_fen, required=True, metavar="N", help="cards in the box")
    closing.add_argument("--explain", default="", metavar="TEXT", help="why the count differs")

    stock = commands.add_parser("stock", help="blank cards")
    of_stock = stock.add_subparsers(dest="action", required=True, metavar="ACTION")
    _command(of_stock, "show", show_stock, "how many blank cards are where")
    taken = _command(of_stock, "take-in", take_in, "take in a list of blank cards, whole or not at all")
    taken.add_argument(
        "file", type=Path, metavar="FILE", help="a chip serial a row, its box behind a comma"
    )
    spoiling = _command(of_stock, "spoil", spoil, "a blank card of the box is unfit")
    spoiling.add_argument("serial", metavar="SERIAL")
    spoiling.add_argument("--reason", required=True, metavar="TEXT")
    going = _command(of_stock, "give-back", give_back, "blank cards leave the desk")
    going.add_argument("serials", nargs="+", metavar="SERIAL")
    going.add_argument("--reason", required=True, metavar="TEXT")


# ---- the till --------------------------------------------------------------------------------------


def show(context: Context) -> None:
    with context.desk() as desk:
        view = desk.till.view()
        closings = [] if view is not None else desk.till.closings(1)
        receipts, counts = desk.till.receipts(), desk.stock.counts()
    if view is not None:
        told = _state(view.state, receipts) | {
            "difference_fen": view.difference_fen,
            "own": view.own,
            "closing": None,
        }
        told["cards"]["difference"] = view.difference_cards
    elif closings:
        told = _closed(closings[0], receipts)
    else:
        told = _never(counts)
    context.result = told
    if told["shift"] is None:
        context.say("No shift is open, and none was closed yet.")
    elif told["open"]:
        context.say("Shift {shift} is open.", shift=told["shift"])
    else:
        context.say("No shift is open. The last one was {shift}.", shift=told["shift"])
    _say_numbers(context, told)


def open_shift(context: Context) -> None:
    with context.desk() as desk:
        shift = desk.till.open_shift(context.args.float_fen)
    context.result = {
        "shift": shift.number,
        "float_fen": shift.float_fen,
        "cards": shift.opening_cards,
    }
    context.say(
        "Shift {shift} is open with {fen} fen and {cards} blank cards.",
        shift=shift.number,
        fen=shift.float_fen,
        cards=shift.opening_cards,
    )


def due(context: Context) -> None:
    with context.desk() as desk:
        rows = desk.till.dues()
    language = context.catalogue.language
    for row in rows:
        context.say(
            "{number}  {name}  {reason}  {fen} fen  {id}",
            number=row.number,
            name=row.masked_name,
            reason=row.reason.title(language),
            fen=row.fen,
            id=row.application_id,
        )
    if not rows:
        context.say("Nothing is due.")
    context.result = {
        "due": [
            {
                "application": row.application_id,
                "number": row.number,
                "name": row.masked_name,
                "reason": row.reason.code,
                "fen": row.fen,
                "rule": row.rule,
            }
            for row in rows
        ]
    }


def take(context: Context) -> None:
    args = context.args
    with context.desk() as desk:
        receipt = desk.till.take(args.application, PayMethod(args.by))
    _say_receipt(context, receipt)


def waive(context: Context) -> None:
    args = context.args
    with context.desk() as desk:
        second = desk.second(WAIVE)
        receipt = desk.till.waive(args.application, args.ground, args.proof, second)
    _say_receipt(context, receipt)


def void(context: Context) -> None:
    args = context.args
    with context.desk() as desk:
        second, fresh = desk.second(VOID), desk.fresh(VOID)
        receipt = desk.till.void(args.number, args.reason, second, fresh)
    _say_receipt(context, receipt)


def print_paper(context: Context) -> None:
    with context.desk() as desk:
        printed = desk.papers.print(desk.till.paper(context.args.number))
    [context.result] = told_papers(context, [printed])


def close(context: Context) -> None:
    args = context.args
    with context.desk() as desk:
        second = desk.second(desk.till.closing_act(args.cash, args.cards))
        closing = desk.till.close(args.cash, args.cards, args.explain, second)
        receipts = desk.till.receipts()
    context.result = _closed(closing, receipts)
    context.say(
        "Shift {shift} is closed: {number}.", shift=closing.state.shift.number, number=closing.number
    )
    _say_numbers(context, context.result)


# ---- blank cards -----------------------------------------------------------------------------------


def show_stock(context: Context) -> None:
    with context.desk() as desk:
        counts = desk.stock.counts()
    context.result = _counts(counts)
    for state in BlankState:
        # The words stand in the catalogue under "blank_state".
        word = context.word("blank_state", state.value)
        context.say("{label}: {value}", label=word, value=context.result[state.value.replace("-", "_")])


def take_in(context: Context) -> None:
    with context.desk() as desk:
        taken = desk.stock.take_in(context.args.file)
        counts = desk.stock.counts()
    context.result = {"listed": taken.listed, "new": taken.new, "boxes": list(taken.boxes)} | _counts(
        counts
    )
    context.say("{n} blank cards were taken in; {m} are on hand.", n=taken.new, m=counts.on_hand)


def spoil(context: Context) -> None:
    with context.desk() as desk:
        blank = desk.stock.spoil(context.args.serial, context.args.reason)
    context.result = {"serial": blank.serial, "state": blank.state.value}
    context.say("Card {serial} is {state}.", serial=blank.serial, state=blank.state.value)


def give_back(context: Context) -> None:
    with context.desk() as desk:
        count = desk.stock.give_back(context.args.serials, context.args.reason)
        counts = desk.stock.counts()
    context.result = {"returned_now": count} | _counts(counts)
    context.say("{n} blank cards went back; {m} are on hand.", n=count, m=counts.on_hand)


# ---- as JSON ---------------------------------------------------------------------------------------


def _state(state: TillState, receipts: list[Receipt]) -> dict[str, Any]:
    return {
        "shift": state.shift.number,
        "clerk": state.shift.clerk_name,
        "open": state.shift.closed_ms is None,
        "float_fen": state.shift.float_fen,
        "due_fen": state.due_fen,
        "cash_fen": state.cash_fen,
        "scan_fen": state.scan_fen,
        "waived_fen": state.waived_fen,
        "waived": [
            {"reason": row.reason, "ground": row.waiver, "count": row.count, "fen": row.fen}
            for row in state.waived
        ],
        "refunded_fen": state.refunded_cash_fen,
        "expected_fen": state.expected_fen,
        "receipts": {
            "first": state.first,
            "last": state.last,
            "gaps": list(state.gaps),
            "count": state.count,
            "voided": list(state.voided),
            "refunded": list(state.refunded),
            "rows": [
                {
                    "number": receipt.number,
                    "application": receipt.application_id,
                    "reason": receipt.reason,
                    "fen": receipt.fen,
                    "by": receipt.method.value,
                    "state": receipt.state.value,
                }
                for receipt in receipts
            ],
        },
        "cards": {
            "opening": state.cards.opening,
            "received": state.cards.received,
            "issued": state.cards.issued,
            "spoiled": state.cards.spoiled,
            "returned": state.cards.returned,
            "bound": state.cards.bound,
            "on_hand": state.cards.on_hand,
        },
        "open_cases": [case.number for case in state.cases],
        "open_dues": [{"application": row.application, "fen": row.fen} for row in state.dues],
    }


def _closed(closing: Closing, receipts: list[Receipt]) -> dict[str, Any]:
    told = _state(closing.state, receipts) | {
        "open": False,
        "difference_fen": closing.difference_fen,
        "counted_fen": closing.counted_fen,
        "closing": closing.number,
        "closed_by": closing.closed_by,
        "second": closing.second_name,
        "explanation": closing.explanation,
    }
    told["cards"] |= {"difference": closing.difference_cards, "counted": closing.counted_cards}
    return told


def _never(counts: StockCounts) -> dict[str, Any]:
    """A desk whose till nobody opened yet: its cards alone."""
    return {
        "shift": None,
        "open": False,
        "closing": None,
        "difference_fen": 0,
        "receipts": {"first": None, "last": None, "gaps": [], "count": 0, "voided": [], "rows": []},
        "cards": {
            "received": 0,
            "issued": 0,
            "spoiled": 0,
            "returned": 0,
            "on_hand": counts.on_hand,
            "difference": 0,
        },
    }


def _counts(counts: StockCounts) -> dict[str, Any]:
    return {
        "on_hand": counts.on_hand,
        "bound": counts.bound,
        "issued": counts.issued,
        "spoiled": counts.spoiled,
        "returned": counts.returned,
        "destroyed": counts.destroyed,
        "unlisted": counts.unlisted,
    }


def _say_receipt(context: Context, receipt: Receipt) -> None:
    context.result = {
        "receipt": receipt.number,
        "application": receipt.application_id,
        "reason": receipt.reason,
        "rule": receipt.rule,
        "fen": receipt.fen,
        "received_fen": receipt.received_fen,
        "by": receipt.method.value,
        "state": receipt.state.value,
    }
    context.say(
        "Receipt {number} is {receipt_state}: {fen} fen.",
        number=receipt.number,
        receipt_state=receipt.state.value,
        fen=receipt.received_fen,
    )


_LABELS = {
    "expected_fen": N_("Cash that must lie there, in fen"),
    "counted_fen": N_("Cash counted, in fen"),
    "difference_fen": N_("Difference, in fen"),
}
_CARD_LABELS = {
    "on_hand": N_("Blank cards that must lie there"),
    "counted": N_("Blank cards counted"),
    "difference": N_("Difference of cards"),
}


def _say_numbers(context: Context, told: dict[str, Any]) -> None:
    for labels, values in ((_LABELS, told), (_CARD_LABELS, told["cards"])):
        for key, label in labels.items():
            if key in values:
                context.show(context.catalogue.text(label), values[key])
    receipts = told["receipts"]
    if receipts["first"] is not None:
        context.say("Receipts {first} to {last}.", first=receipts["first"], last=receipts["last"])


# ---- the words of the line ---------------------------------------------------------------------------


def _command(commands: Commands, name: str, run: Any, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _fen(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of fen or cards")
    return int(text)
