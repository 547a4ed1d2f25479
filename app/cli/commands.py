"""What each command does: ask the desk, keep the result as JSON, say it to a person.

Nothing is decided here. A command that fails midway leaves in ``context.result`` what was done before.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast

from app import main as composition
from app import training
from app.base.errors import N_, KangkaError
from app.cli.context import Announced, Context
from app.main import DeviceChoice
from app.workflow import views
from app.workflow.cases import NEVER_LOCKS
from app.workflow.enrol import ENROL_TYPED
from app.workflow.files import FileUnreadable, read_file
from app.workflow.sam_desk import typed_pin

# A batch names applications, a line each; a day's work of a desk is far below this.
_MOST_BATCH_BYTES = 1 << 20
# A line with a PIN; more is none.
_MOST_PIN = 64
# Fields that people are shown otherwise, or not at all as a row of digits.
_NOT_IN_WORDS = frozenset(("ZP", "GM", "MY", "ZYJL", "MZJL"))
# What decode-id shows, in the order of a document, beside the keys that commands.md fixes.
_IDENTITY_LABELS = {
    "kind": N_("Document"),
    "name": N_("Name"),
    "english_name": N_("English name"),
    "sex_code": N_("Sex code"),
    "ethnic_code": N_("Ethnic code"),
    "birth_date": N_("Birth date"),
    "address": N_("Address"),
    "number": N_("Number"),
    "pass_number": N_("Pass number"),
    "issue_count": N_("Issue count"),
    "nationality": N_("Nationality"),
    "former_kind": N_("Former document"),
    "issued_by": N_("Issued by"),
    "valid_from": N_("Valid from"),
    "valid_to": N_("Valid until"),
    "photo_bytes": N_("Photo bytes"),
    "problems": N_("Problems"),
}
_APPLICATION_LABELS = {
    "number": N_("Application"),
    "state": N_("State"),
    "version": N_("Version"),
    "name": N_("Name"),
    "chip_name": N_("Name on the chip"),
    "card_number": N_("Card number"),
    "issue_date": N_("Issue date"),
    "expiry": N_("Valid until"),
    "profile": N_("Card profile"),
}


@dataclass(eq=False)
class BenchMissed(KangkaError):
    """A figure of the benchmark is over its goal."""

    rows: tuple[str, ...]

    code = "bench.missed"
    cause = N_("The benchmark missed its limit in: {rows}.")
    meaning = N_("This machine or this version is slower than the program promises.")
    remedy = N_("Run it again with nothing else at work; if it misses again, report the figures.")


def demo(context: Context) -> None:
    args = context.args
    context.result = composition.demo(context.options, args.out, args.people, args.seed, context.house)
    told = context.result
    context.say("{n} people enrolled, {m} cards issued and verified.", n=args.people, m=told["issued"])
    context.say(
        "{n} card lost, paid for and issued anew; the old one is blocked on its chip.",
        n=told["reissued"],
    )
    context.say(
        "Two shifts closed in balance; the audit is whole over {n} rows.", n=told["audit"]["rows"]
    )
    context.say("Faces, papers and the workplace are in {folder}.", folder=str(args.out))
    context.say("Look around in it: kangka --data {folder} --training desk", folder=str(args.out))


def decode_id(context: Context) -> None:
    result = composition.decode_identity_file(context.args.file, context.catalogue)
    context.result = result
    shown = result | {
        "kind": context.word("kind", result["kind"]),
        "valid_to": context.catalogue.text(N_("long-term"))
        if result["long_term"]
        else result["valid_to"],
    }
    for key, label in _IDENTITY_LABELS.items():
        context.show(context.catalogue.text(label), shown.get(key))


def enrol(context: Context) -> None:
    choice = DeviceChoice(id_port=context.args.id_reader)
    with context.desk(choice) as desk, context.stoppable():
        if context.args.source is not None:
            typed = context.args.typed
            second = desk.second(ENROL_TYPED) if typed else None
            application_id = desk.enrol_file(context.args.source, typed=typed, second=second)
        else:
            application_id = desk.enrol_from_reader(context.cancel)
    context.result = {"application": application_id}
    context.say("Application {id} is kept.", id=application_id)


def application_list(context: Context) -> None:
    with context.desk() as desk:
        rows = desk.applications(context.args.after, context.args.limit)
    for row in rows:
        word = context.catalogue.text(row.word.text, **row.word.params)
        number = row.masked_number
        context.say("{id}  {name}  {number}  {word}", id=row.id, name=row.name, number=number, word=word)
    context.result = {
        "applications": [
            {"id": row.id, "name": row.name, "number": row.masked_number, "case": row.case_id}
            for row in rows
        ]
    }


def application_show(context: Context) -> None:
    with context.desk() as desk:
        context.result = desk.application_details(context.args.id)
    shown = context.result | {"state": context.word("application-state", context.result["state"])}
    for key, label in _APPLICATION_LABELS.items():
        context.show(context.catalogue.text(label), shown[key])
    for case in context.result["cases"]:
        context.say("Case {id} is {state}.", id=case["id"], state=case["state"])


def issue(context: Context) -> None:
    args = context.args
    # The list is read first: a file that can not be read stops nothing half-way.
    ids = [args.application] if args.batch is None else _read_ids(args.batch)
    cards: list[dict[str, Any]] = []
    context.result = {"cards": cards}
    with context.desk(_choice(args)) as desk, context.stoppable():
        for number, application_id in enumerate(ids):
            if number:
                context.say("Take the card off and lay the next one.")
                desk.next_card(context.cancel)
            outcome = desk.issue(application_id, context.step, context.cancel)
            serial, state = outcome.chip_serial or "", outcome.state.value
            context.say("Card {serial} is {state}.", serial=serial, state=state)
            _tell_notice(context, outcome)
            cards.append(_outcome(context, outcome))


def _read_ids(path: Path) -> list[str]:
    try:
        lines = read_file(path, _MOST_BATCH_BYTES).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise FileUnreadable(file=path.name) from None
    return [line.strip() for line in lines if line.strip()]


def _tell_notice(context: Context, outcome: views.IssueOutcome) -> None:
    if outcome.notice is not None:
        context.say(outcome.notice.text, **outcome.notice.params)


def _outcome(context: Context, outcome: views.IssueOutcome) -> dict[str, Any]:
    told: dict[str, Any] = {
        "case": outcome.case_id,
        "application": outcome.application_id,
        "state": outcome.state.value,
        "serial": outcome.chip_serial,
        "milliseconds": outcome.milliseconds,
    }
    if outcome.notice is not None:
        told["notice"] = context.catalogue.text(outcome.notice.text, **outcome.notice.params)
    return told


def case_list(context: Context) -> None:
    with context.desk() as desk:
        rows = desk.open_cases()
    if not rows:
        context.say("No case is open.")
    context.result = {"cases": [_case(context, row) for row in rows]}


def case_show(context: Context) -> None:
    with context.desk() as desk:
        row = desk.case(context.args.id)
    context.result = _case(context, row)


def _case(context: Context, row: views.CaseRow) -> dict[str, Any]:
    known = [context.catalogue.text(line.text, **line.params) for line in row.known]
    offers = [offer.value for offer in row.offers]
    word = context.catalogue.text(row.word.text, **row.word.params)
    context.say("{id}  {name}  {word}", id=row.id, name=row.name, word=word)
    for line in known:
        context.say("  {line}", line=line)
    if offers:
        # The command as it is typed, in every language.
        context.say("  {command}", command=f"kangka case settle {row.id} --as {'|'.join(offers)}")
    return {"id": row.id, "state": row.state.value, "known": known, "offers": offers}


def case_settle(context: Context) -> None:
    args = context.args
    how = views.Settlement(args.how)
    with context.desk(_choice(args)) as desk, context.stoppable():
        outcome = desk.settle(args.id, how, context.step, context.cancel, args.reason)
    context.result = _outcome(context, outcome)
    context.say("Case {id} is {state}.", id=outcome.case_id, state=outcome.state.value)
    _tell_notice(context, outcome)


def read_card(context: Context) -> None:
    with context.desk(_choice(context.args)) as desk, context.stoppable():
        card = desk.read_card(context.cancel)
        labels = desk.card_labels(context.catalogue.language)
    context.result = card
    context.say(
        "Card {serial} ({product}) is {state}.",
        serial=card["chip_serial"],
        product=card["product"],
        state=card["state"],
    )
    if not card["locks"]:
        context.say(NEVER_LOCKS.text)
    for key, value in card["fields"].items():
        shown = [part for part in value if part] if isinstance(value, list) else value
        if key not in _NOT_IN_WORDS:
            context.show(f"{labels[key]} {key}", shown)
    for name in ("allergies", "immunizations"):
        for row in card[name]:
            context.show(context.word("list", name), [part for part in row.values() if part])


def simulate(context: Context) -> None:
    args = context.args
    ports = (args.card_port, args.sam_port)
    out = cast(TextIO, Announced(context))
    training.simulate(context.options.profile, args.cards, args.product, ports, out)


def draw_face(context: Context) -> None:
    args = context.args
    with context.desk() as desk:
        files = desk.write_face(args.application, args.out, args.png, args.dpi)
    context.result = {"files": files}
    for path in files:
        context.say("{path}", path=path)


def bench(context: Context) -> None:
    context.result = composition.run_bench()
    rows = context.result["rows"]
    for row in rows:
        shown = {name: row[name] for name in ("name", "value", "unit", "limit", "ratio")}
        if row["met"]:
            context.say("{name}: {value} {unit}, limit {limit}, {ratio} of it: met", **shown)
        else:
            context.say("{name}: {value} {unit}, limit {limit}, {ratio} of it: missed", **shown)
    missed = tuple(row["name"] for row in rows if not row["met"])
    if missed:
        raise BenchMissed(rows=missed)


def open_window(context: Context) -> None:
    context.code = composition.open_window(context.options, context.house)


def _choice(args: argparse.Namespace) -> DeviceChoice:
    # Nobody's PIN stands on the line, where everyone on the machine could read it.
    pin = typed_pin(sys.stdin.readline(_MOST_PIN)) if args.sam_pin_stdin else None
    return DeviceChoice(reader=args.reader, sam_reader=args.sam_reader, sam_pin=pin)
