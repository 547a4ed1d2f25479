"""``kangka audit``: verify the chains and their heads, list rows, replay a case."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from app.base.clock import CHINA_TIME
from app.cli.context import Context
from app.domain.audit import AuditKind, AuditQuery, AuditReport, AuditRow, ChainProblem
from app.workflow.audit_desk import broken

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    Command = Callable[[Commands, str, Callable[[Context], None], str], argparse.ArgumentParser]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# What a row says besides when, what and who, in the order of its line.
_SAID = ("act", "number", "before", "after", "reason", "fault", "fen", "second")


def audit_commands(commands: Commands, command: Command, count: Callable[[str], int]) -> None:
    """Add ``audit verify``, ``audit show`` and ``audit case`` to the command line."""
    audit = commands.add_parser("audit", help="the record of what was done, and whether it is whole")
    actions = audit.add_subparsers(dest="action", required=True, metavar="ACTION")
    checking = command(actions, "verify", verify, "check the chains and their heads")
    checking.add_argument("--full", action="store_true", help="from the first row on")
    checking.add_argument(
        "--head",
        action="append",
        default=[],
        metavar="TEXT",
        help="a head from a closing report: its code as scanned, or its line as typed",
    )
    listing = command(actions, "show", show, "a page of rows")
    listing.add_argument("--after", type=count, metavar="N", help="rows after this one")
    listing.add_argument("--limit", type=count, default=100, metavar="N")
    listing.add_argument("--kind", choices=[kind.value for kind in AuditKind])
    listing.add_argument("--case", metavar="ID")
    listing.add_argument("--person", metavar="ID")
    listing.add_argument("--actor", metavar="ID", help="who did it")
    listing.add_argument("--desk", metavar="NUMBER", help="another desk of these records")
    command(actions, "case", case, "replay one case").add_argument("id", metavar="ID")


def verify(context: Context) -> None:
    args = context.args
    with context.desk() as desk:
        report = desk.audit.verify(full=args.full, typed=args.head)
    context.result = told(report)
    seconds = context.result["seconds"]
    context.say("{rows} rows read in {seconds} s.", rows=report.rows, seconds=seconds)
    for witness, heads in sorted(report.witnesses.items()):
        context.say("{witness} remembers {count} heads.", witness=witness, count=heads)
    for chain in report.chains:
        context.say(
            "Desk {desk}: whole up to row {whole} of {last}.",
            desk=chain.desk,
            whole=chain.whole_to,
            last=chain.last,
        )
    for problem in report.problems:
        _say_problem(context, problem)
    alarm = broken(report)
    if alarm is not None:
        raise alarm


def _say_problem(context: Context, problem: ChainProblem) -> None:
    said = {
        "desk": problem.desk,
        "first": problem.sequence,
        "last": problem.last,
        "audit_fault": problem.fault.value,
    }
    if problem.witness is None:
        context.say("Desk {desk}, rows {first} to {last}: {audit_fault}.", **said)
    else:
        witness = problem.witness
        context.say(
            "Desk {desk}, rows {first} to {last}: {audit_fault}; {witness} says so.",
            witness=witness,
            **said,
        )


def show(context: Context) -> None:
    args = context.args
    query = AuditQuery(
        desk=args.desk,
        start=args.after,
        limit=args.limit,
        kind=args.kind,
        actor=args.actor,
        case_id=args.case,
        person_id=args.person,
    )
    with context.desk() as desk:
        page = desk.audit.page(query)
    context.result = {"rows": _rows(context, page.rows), "next": page.next}


def case(context: Context) -> None:
    with context.desk() as desk:
        rows = desk.audit.case(context.args.id)
    context.result = {"case": context.args.id, "rows": _rows(context, rows)}
    if not rows:
        context.say("No row of the audit speaks of case {id}.", id=context.args.id)


def told(report: AuditReport) -> dict[str, Any]:
    """A report as commands.md has it, with which desk and how far beside."""
    return {
        "ok": report.ok,
        "rows": report.rows,
        "seconds": round(report.ms / 1000, 3),
        "problems": [
            {
                "sequence": problem.sequence,
                "problem": problem.fault.value,
                "witness": problem.witness,
                "reference": problem.reference,
                "last": problem.last,
                "desk": problem.desk,
            }
            for problem in report.problems
        ],
        "full": report.full,
        "witnesses": dict(report.witnesses),
        "chains": [
            {"desk": chain.desk, "rows": chain.last, "whole_to": chain.whole_to}
            for chain in report.chains
        ],
    }


def _rows(context: Context, rows: Iterable[AuditRow]) -> list[dict[str, Any]]:
    """Rows said to a person, a line each, and as JSON."""
    listed = []
    for row in rows:
        at = (_EPOCH + dt.timedelta(milliseconds=row.at_ms)).astimezone(CHINA_TIME)
        said = {name: getattr(row, name) for name in _SAID}
        context.say(
            "{seq}  {at}  {audit}  {actor}  {said}",
            seq=row.seq,
            at=at.strftime("%Y-%m-%d %H:%M:%S"),
            audit=row.kind,
            actor=row.actor,
            said=" ".join(str(value) for value in said.values() if value is not None),
        )
        listed.append(
            {
                "desk": row.desk,
                "sequence": row.seq,
                "at": at.isoformat(timespec="milliseconds"),
                "kind": row.kind,
                "actor": row.actor,
                "role": row.role,
                "terminal": row.terminal,
                "institution": row.institution,
                "application": row.application_id,
                "case": row.case_id,
                "person": row.person_id,
                "subject": row.subject,
                "facts": dict(row.facts),
                "sealed": row.sealed,
                "hash": row.hash.hex(),
            }
            | said
        )
    return listed
