"""The command line: parse, call, print (commands.md). Nothing is decided here.

With ``--json`` standard output carries one JSON object and nothing else, also when the exit code is 1.
Exit codes: 0 done, 1 refused or failed with one plain sentence on standard error, 2 wrong use.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import __version__
from app import main as composition
from app.base.catalogue import Catalogue
from app.base.errors import KangkaError
from app.main import DEFAULT_PRODUCT, DeviceChoice, Options
from app.workflow import views

Run = Callable[["Context"], dict[str, Any]]
if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


class Context:
    """One invocation: its arguments, its language, and where its words go."""

    def __init__(self, args: argparse.Namespace, catalogue: Catalogue) -> None:
        self.args = args
        self.catalogue = catalogue
        self.cancel = threading.Event()

    @property
    def options(self) -> Options:
        """The global switches."""
        args = self.args
        return Options(
            data=args.data,
            training=args.training,
            devices=args.devices or ("simulated" if args.training else "system"),
            profile=args.profile,
            operator=args.operator,
            lang=self.catalogue.language,
        )

    def say(self, text: str, /, **params: object) -> None:
        """A line for a person; nothing where JSON was asked for."""
        if not self.args.json:
            sys.stdout.write(self.catalogue.text(text, **params) + "\n")
            sys.stdout.flush()

    def step(self, event: views.StepEvent) -> None:
        """A finished step with its time."""
        if event.mark is views.Mark.GOOD:
            self.say("  {step}  {ms} ms", step=event.step.value, ms=event.milliseconds)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the process's exit code."""
    args = _parser().parse_args(argv)
    try:
        context = Context(args, Catalogue(args.lang))
    except KangkaError as fault:
        return _refuse(args, Catalogue("en"), fault)
    run: Run = args.run
    try:
        result = run(context)
    except KangkaError as fault:
        return _refuse(args, context.catalogue, fault)
    except KeyboardInterrupt:
        return 130
    code = int(result.pop("exit", 0))
    if args.json and not result.pop("printed", False):
        _print_json(result)
    return code


def _refuse(args: argparse.Namespace, catalogue: Catalogue, fault: KangkaError) -> int:
    text = catalogue.error(fault)
    if args.json:
        error = {"code": text.code, "message": text.cause, "remedy": text.remedy}
        _print_json({"error": error})
    sys.stderr.write(text.message + "\n")
    return 1


def _print_json(result: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")


def _demo(context: Context) -> dict[str, Any]:
    args = context.args
    result = composition.demo(context.options, args.out, args.people, args.seed)
    context.say(
        "{n} people enrolled, {m} cards issued and verified.", n=args.people, m=result["verified"]
    )
    context.say("Faces, papers and the workplace are in {folder}.", folder=str(args.out))
    context.say("Look around in it: kangka --data {folder} --training desk", folder=str(args.out))
    return result


def _decode_id(context: Context) -> dict[str, Any]:
    result = composition.decode_identity_file(context.args.file, context.catalogue)
    for name, value in result.items():
        context.say("{name}: {value}", name=name, value=str(value))
    return result


def _enrol(context: Context) -> dict[str, Any]:
    with composition.open_desk(context.options, DeviceChoice(id_port=context.args.id_reader)) as desk:
        if context.args.source is not None:
            application_id = desk.enrol_file(context.args.source)
        else:
            application_id = desk.enrol_from_reader(context.cancel)
        context.say("Application {id} is kept.", id=application_id)
        return {"application": application_id}


def _application_list(context: Context) -> dict[str, Any]:
    with composition.open_desk(context.options) as desk:
        rows = desk.applications(context.args.after, context.args.limit)
    for row in rows:
        word = context.catalogue.text(row.word.text, **row.word.params)
        context.say(
            "{id}  {name}  {number}  {word}",
            id=row.id,
            name=row.name,
            number=row.masked_number,
            word=word,
        )
    return {
        "applications": [
            {"id": row.id, "name": row.name, "number": row.masked_number, "case": row.case_id}
            for row in rows
        ]
    }


def _application_show(context: Context) -> dict[str, Any]:
    with composition.open_desk(context.options) as desk:
        shown = desk.application_details(context.args.id)
    for name, value in shown.items():
        context.say("{name}: {value}", name=name, value=str(value))
    return shown


def _issue(context: Context) -> dict[str, Any]:
    args = context.args
    with composition.open_desk(context.options, _choice(args)) as desk:
        ids = [args.application] if args.application else _read_ids(args.batch)
        cards = []
        for application_id in ids:
            outcome = desk.issue(application_id, context.step, context.cancel)
            context.say(
                "Card {serial} is {state}.", serial=outcome.chip_serial or "", state=outcome.state.value
            )
            cards.append(_outcome(outcome))
    return {"cards": cards}


def _read_ids(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _outcome(outcome: views.IssueOutcome) -> dict[str, Any]:
    return {
        "case": outcome.case_id,
        "application": outcome.application_id,
        "state": outcome.state.value,
        "serial": outcome.chip_serial,
        "milliseconds": outcome.milliseconds,
    }


def _case_list(context: Context) -> dict[str, Any]:
    with composition.open_desk(context.options) as desk:
        rows = desk.open_cases()
    if not rows:
        context.say("No case is open.")
    return {"cases": [_case(context, row) for row in rows]}


def _case_show(context: Context) -> dict[str, Any]:
    with composition.open_desk(context.options) as desk:
        return _case(context, desk.case(context.args.id))


def _case(context: Context, row: views.CaseRow) -> dict[str, Any]:
    known = [context.catalogue.text(line.text, **line.params) for line in row.known]
    offers = [offer.value for offer in row.offers]
    word = context.catalogue.text(row.word.text, **row.word.params)
    context.say("{id}  {name}  {word}", id=row.id, name=row.name, word=word)
    for line in known:
        context.say("  {line}", line=line)
    context.say("  kangka case settle {id} --as {offers}", id=row.id, offers="|".join(offers))
    return {"id": row.id, "state": row.state.value, "known": known, "offers": offers}


def _case_settle(context: Context) -> dict[str, Any]:
    args = context.args
    with composition.open_desk(context.options, _choice(args)) as desk:
        how = views.Settlement(args.how)
        outcome = desk.settle(args.id, how, context.step, context.cancel, args.reason)
    context.say("Case {id} is {state}.", id=outcome.case_id, state=outcome.state.value)
    return _outcome(outcome)


def _read_card(context: Context) -> dict[str, Any]:
    args = context.args
    with composition.open_desk(context.options, _choice(args)) as desk:
        result = desk.read_card()
    for name, value in result["fields"].items():
        if value is not None:
            context.say("{name}: {value}", name=name, value=str(value))
    return result


def _simulate(context: Context) -> dict[str, Any]:
    args = context.args
    composition.simulate(args.cards, args.product, args.card_port, args.sam_port)
    return {"printed": True}


def _face(context: Context) -> dict[str, Any]:
    args = context.args
    with composition.open_desk(context.options) as desk:
        files = desk.write_face(args.application, args.out, args.png, args.dpi)
    for path in files:
        context.say("{path}", path=path)
    return {"files": files}


def _bench(context: Context) -> dict[str, Any]:
    result = composition.run_bench(context.options)
    for row in result["rows"]:
        met = "met" if row["met"] else "missed"
        context.say(
            "{name}: {value} {unit} (limit {limit}, {ratio}) {met}",
            name=row["name"],
            value=row["value"],
            unit=row["unit"],
            limit=row["limit"],
            ratio=row["ratio"],
            met=met,
        )
    return {**result, "exit": 0 if all(row["met"] for row in result["rows"]) else 1}


def _desk(context: Context) -> dict[str, Any]:
    return {"exit": composition.open_window(context.options), "printed": True}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kangka", description="Issues the Residents' Health Card.")
    parser.add_argument("--version", action="version", version=f"kangka {__version__}")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the workplace folder")
    parser.add_argument("--training", action="store_true", help="a training store, made-up people")
    parser.add_argument(
        "--devices", choices=("simulated", "system"), help="default: simulated in training"
    )
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="a province's own card profile")
    parser.add_argument("--operator", metavar="NAME", help="who acts")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="default: zh")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _intake_commands(commands)
    _making_commands(commands)
    _command(commands, "bench", _bench, "each figure beside its limit in the same run")
    _command(commands, "desk", _desk, "open the window")
    return parser


def _intake_commands(commands: Commands) -> None:
    demo = _command(
        commands, "demo", _demo, "the whole job on simulated devices in a fresh training store"
    )
    demo.add_argument("--out", type=Path, required=True, metavar="DIR", help="an empty or new folder")
    demo.add_argument("--people", type=_count, default=20, metavar="N")
    demo.add_argument("--seed", type=int, default=1, metavar="S")

    decode = _command(commands, "decode-id", _decode_id, "decode an identity text or a reader's frame")
    decode.add_argument("file", type=Path, metavar="FILE")

    enrol = _command(commands, "enrol", _enrol, "an application from the identity reader or a file")
    source = enrol.add_mutually_exclusive_group()
    source.add_argument("--from-reader", action="store_true", help="read the identity card (default)")
    source.add_argument("--from", dest="source", type=Path, metavar="FILE.json")
    enrol.add_argument("--id-reader", metavar="PORT", help="the identity reader's serial port")

    application = commands.add_parser("application", help="kept applications")
    of_application = application.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = _command(of_application, "list", _application_list, "a page of applications")
    listing.add_argument("--after", metavar="ID")
    listing.add_argument("--limit", type=_count, default=100, metavar="N")
    _command(of_application, "show", _application_show, "one application").add_argument(
        "id", metavar="ID"
    )


def _making_commands(commands: Commands) -> None:
    issue = _command(commands, "issue", _issue, "personalize and print a card, or a queue of them")
    which = issue.add_mutually_exclusive_group(required=True)
    which.add_argument("--application", metavar="ID")
    which.add_argument("--batch", type=Path, metavar="FILE", help="an application id a line")
    _readers(issue)

    case = commands.add_parser("case", help="interrupted cards")
    of_case = case.add_subparsers(dest="action", required=True, metavar="ACTION")
    _command(of_case, "list", _case_list, "open cases")
    _command(of_case, "show", _case_show, "one case").add_argument("id", metavar="ID")
    settle = _command(of_case, "settle", _case_settle, "settle an open case")
    settle.add_argument("id", metavar="ID")
    settle.add_argument(
        "--as", dest="how", required=True, choices=[how.value for how in views.Settlement]
    )
    settle.add_argument("--reason", default="", help="why a card is spoiled")
    _readers(settle)

    _readers(_command(commands, "read-card", _read_card, "authenticate and read a whole card"))

    simulate = _command(
        commands, "simulate", _simulate, "simulated cards and a SAM on the virtual driver"
    )
    simulate.add_argument("--cards", type=_count, default=1, metavar="N")
    simulate.add_argument("--product", default=DEFAULT_PRODUCT, metavar="NAME")
    simulate.add_argument("--card-port", type=int, default=35963, metavar="PORT")
    simulate.add_argument("--sam-port", type=int, default=35964, metavar="PORT")

    face = _command(commands, "face", _face, "both faces at true size")
    face.add_argument("--application", required=True, metavar="ID")
    face.add_argument("--out", type=Path, required=True, metavar="FILE.pdf")
    face.add_argument("--png", type=Path, metavar="FILE")
    face.add_argument("--dpi", type=_count, default=300, metavar="N")


def _command(commands: Commands, name: str, run: Run, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser


def _readers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reader", metavar="NAME", help="the card reader, by a part of its name")
    parser.add_argument("--sam-reader", metavar="NAME", help="the SAM's reader, by a part of its name")


def _choice(args: argparse.Namespace) -> DeviceChoice:
    return DeviceChoice(reader=args.reader, sam_reader=args.sam_reader)


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("a whole number from 1")
    return count
