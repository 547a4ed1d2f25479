"""What the commands of a made card do: handed over, put in use, lost, found, replaced (commands.md)."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.base.clock import CHINA_TIME
from app.cli.context import Context
from app.domain.loss import LossCause, LossChannel
from app.domain.visitor import Checked, Visitor
from app.main import DeviceChoice
from app.workflow.block_card import BLOCK
from app.workflow.card_views import (
    CardDone,
    FoundForm,
    HandOverForm,
    LossForm,
    Reissued,
    ReissueForm,
)
from app.workflow.desk import Desk
from app.workflow.files import FileTooLarge, read_file
from app.workflow.sam_desk import typed_pin
from app.workflow.visitor_file import MOST_BYTES, VisitorFile, read_visitor

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    Command = Callable[[Commands, str, Callable[[Context], None], str], argparse.ArgumentParser]
_STDIN: Final = "-"
_MOST_PIN: Final = 64
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_VISITOR: Final = """\
who came is one JSON object, from FILE.json or on standard input, because a number or a telephone is
never written on the line:
  "number"    the number on the document that lies on the counter
  "seen"      true where the clerk held that document beside the person
and of somebody who comes for the holder, all of them:
  "kind"      2, 3 or 4 an agent, 5 a minor's guardian (1, the holder, unless told)
  "name" "document" "phone" "relation"
              document and relation by their codes (01 is the identity card)\
"""
_CALL: Final = """

of a caller (--phone) no document is seen; "phone" is the number they call from, and "answers" holds what
they said to at least two questions: "name", "phone", "contact", "birth-date", "address".\
"""


def card_commands(commands: Commands, command: Command, readers: Callable[..., None]) -> None:
    """The words and switches of a made card's life."""
    giving = _of_card(commands, command, "hand-over", hand_over, "give a made card to who collects it")
    _visitor(giving)
    giving.add_argument(
        "--activate", action="store_true", help="read the card and put it in use in the same act"
    )
    readers(giving)

    using = _of_card(commands, command, "activate", activate, "read a collected card and put it in use")
    readers(using)

    losing = _of_card(commands, command, "report-loss", report_loss, "report a card lost")
    _visitor(losing, _CALL)
    losing.add_argument("--provisional", action="store_true", help="for some days, not in writing")
    losing.add_argument("--phone", action="store_true", help="told by telephone: provisional alone")
    losing.add_argument(
        "--cause", choices=[cause.value for cause in LossCause], default=LossCause.LOST.value
    )
    losing.add_argument(
        "--since", type=_moment, metavar="TIME", help="since when: 2026-11-20 or 2026-11-20T15:30"
    )

    finding = _of_card(commands, command, "found", found, "a lost card is there again")
    _visitor(finding)
    finding.add_argument("--loss-number", default="", metavar="NUMBER", help="of the loss slip")
    finding.add_argument(
        "--block",
        action="store_true",
        help="of a dead card: block its chip for good and take it back; nobody's data are asked for",
    )
    readers(finding)

    again = _of_card(commands, command, "reissue", reissue, "order a new card for one lost in writing")
    _visitor(again)
    again.add_argument("--reason", default="lost", metavar="CODE", help="of the fee schedule")
    again.add_argument("--proof-seen", metavar="CODE", help="which paper proves the reason")
    again.add_argument("--consent", default="", metavar="VERSION", help="of the text signed today")
    again.add_argument("--no-proof", action="store_true", help="no temporary proof for the wait")


# ---- the commands -----------------------------------------------------------------------------------


def hand_over(context: Context) -> None:
    args = context.args
    with _desk(context) as desk, context.stoppable():
        told = _told(context, desk)
        form = HandOverForm(told.visitor, activate=args.activate)
        done = desk.cards.hand_over(_card(context, desk), form, context.cancel)
        _done(context, desk, done)


def activate(context: Context) -> None:
    with _desk(context) as desk, context.stoppable():
        _done(context, desk, desk.cards.activate(_card(context, desk), context.cancel))


def report_loss(context: Context) -> None:
    args = context.args
    with _desk(context) as desk, context.stoppable():
        told = _told(context, desk)
        form = LossForm(
            told.visitor,
            provisional=args.provisional,
            channel=LossChannel.PHONE if args.phone else LossChannel.COUNTER,
            cause=LossCause(args.cause),
            lost_ms=args.since,
            answers=told.answers,
        )
        _done(context, desk, desk.cards.report_loss(_card(context, desk), form))


def found(context: Context) -> None:
    args = context.args
    with _desk(context) as desk, context.stoppable():
        if args.block:
            card = _card(context, desk)
            desk.cards.block(card, context.cancel, fresh=desk.fresh(BLOCK))
            _done(context, desk, desk.cards.recover(card))
            return
        told = _told(context, desk)
        form = FoundForm(told.visitor, args.loss_number)
        _done(context, desk, desk.cards.found(_card(context, desk), form))


def reissue(context: Context) -> None:
    args = context.args
    with _desk(context) as desk, context.stoppable():
        form = ReissueForm(
            _told(context, desk).visitor,
            consent=args.consent,
            reason=args.reason,
            proof=not args.no_proof,
            proof_seen=args.proof_seen,
        )
        card = _card(context, desk)
        done = desk.cards.reissue(card, form)
        context.result = {
            "card": card,
            "state": done.old_state.value,
            "application": done.application_id,
            "number": done.application_number,
            "issue_count": done.issue_count,
            "due_fen": done.due_fen,
            "rule": done.rule,
            "proof": done.proof_number,
            "proof_until": done.proof_last_day,
        }
        # What is done is said before its papers: they may fail, and nobody must do it twice for that.
        context.say(
            "Application {number} is kept; {fen} fen are due by {rule}.",
            number=done.application_number,
            fen=done.due_fen,
            rule=done.rule,
        )
        if done.proof_number is not None:
            context.say(
                "Temporary proof {number} covers the wait until {day}.",
                number=done.proof_number,
                day=done.proof_last_day,
            )
        context.result["papers"] = _printed(context, desk, done)


# ---- which card, who came ---------------------------------------------------------------------------


def _desk(context: Context) -> Any:
    args = context.args
    pin = None
    if getattr(args, "sam_pin_stdin", False):
        # Nobody's PIN stands on the line; it is the first line of standard input.
        pin = typed_pin(sys.stdin.readline(_MOST_PIN))
    choice = DeviceChoice(
        id_port=getattr(args, "id_reader", None),
        reader=getattr(args, "reader", None),
        sam_reader=getattr(args, "sam_reader", None),
        sam_pin=pin,
    )
    return context.desk(choice)


def _card(context: Context, desk: Desk) -> str:
    """The card that the line names, else the one on the reader."""
    args = context.args
    if args.card is not None:
        return str(args.card)
    if args.number is not None:
        return desk.cards.card_of_case(args.number)
    if args.application is not None:
        return desk.cards.card_of_application(args.application)
    return desk.cards.card_on_reader(context.cancel)


def _told(context: Context, desk: Desk) -> VisitorFile:
    args = context.args
    if args.from_reader and args.source is None:
        told = VisitorFile(Visitor())
    elif args.source is None or str(args.source) == _STDIN:
        raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise FileTooLarge(file=_STDIN, most=MOST_BYTES)
        told = read_visitor(raw, _STDIN)
    else:
        told = read_visitor(read_file(args.source, MOST_BYTES), args.source.name)
    if not args.from_reader:
        return told
    read = desk.read_identity(context.cancel)
    number = read.value("citizen_id").text or read.value("other_document.number").text
    visitor = replace(told.visitor, checked=Checked.READER, number=number, name=read.value("name").text)
    return replace(told, visitor=visitor)


# ---- what is said -----------------------------------------------------------------------------------


def _done(context: Context, desk: Desk, done: CardDone) -> None:
    """One card's new state, as JSON and as a sentence, and then its papers for the printer."""
    context.result = {
        "card": done.card_id,
        "state": done.state.value,
        "number": done.number,
        "already": done.already,
        "lapses": None if done.lapses_ms is None else _shown(done.lapses_ms),
    }
    word = context.word("card-state", done.state.value)
    context.say("Card {id} is {state}.", id=done.card_id, state=word)
    if done.number is not None:
        context.say("Its number is {number}.", number=done.number)
    if done.lapses_ms is not None:
        context.say("It ends by itself at {time}.", time=_shown(done.lapses_ms))
    context.result["papers"] = _printed(context, desk, done)


def _printed(context: Context, desk: Desk, done: CardDone | Reissued) -> list[str]:
    paths = [str(desk.papers.print(paper).path) for paper in done.papers]
    for path in paths:
        context.say("{path}", path=path)
    return paths


def _shown(ms: int) -> str:
    """A moment as people in China write it, with its zone."""
    return (_EPOCH + dt.timedelta(milliseconds=ms)).astimezone(CHINA_TIME).isoformat(timespec="minutes")


# ---- words and switches -----------------------------------------------------------------------------


def _of_card(
    commands: Commands, command: Command, name: str, run: Callable[[Context], None], text: str
) -> argparse.ArgumentParser:
    parser = command(commands, name, run, text)
    which = parser.add_argument_group("which card", "the one on the reader, unless told")
    one = which.add_mutually_exclusive_group()
    one.add_argument("--card", metavar="ID", help="by its id, which is that of its case")
    one.add_argument("--number", metavar="CASE_NUMBER", help="by the number of its case")
    one.add_argument("--application", metavar="ID", help="the newest card of an application")
    return parser


def _visitor(parser: argparse.ArgumentParser, more: str = "") -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _VISITOR + more
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="FILE.json", help="- is standard input (default)"
    )
    parser.add_argument(
        "--from-reader", action="store_true", help="number and name from the identity reader"
    )
    parser.add_argument("--id-reader", metavar="PORT", help="the identity reader's serial port")


def _moment(text: str) -> int:
    try:
        told = dt.datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day and no time") from None
    there = told if told.tzinfo is not None else told.replace(tzinfo=CHINA_TIME)
    return (there - _EPOCH) // dt.timedelta(milliseconds=1)
