"""What waits for a second person, and an application's papers (commands.md: ``approve``)."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from app.cli.context import Context
from app.cli.printed import told

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
_LIST = "list"


def approve_commands(commands: Commands) -> None:
    """The words and switches of ``approve``."""
    text = "what waits for a second person: `approve list`, or `approve ID` to approve one"
    approve = commands.add_parser("approve", help=text, description=text)
    approve.add_argument("what", metavar="list|ID")
    other = approve.add_mutually_exclusive_group()
    other.add_argument("--return", dest="send_back", metavar="TEXT", help="send it back, and why")
    other.add_argument("--withdraw", metavar="TEXT", help="the resident takes it back, and why")
    approve.set_defaults(run=approve_one)


def print_command(of_application: Commands) -> None:
    """``application print``: the form to sign and the receipt."""
    text = "the application form to sign and the acceptance receipt, as PDF"
    printing = of_application.add_parser("print", help=text, description=text)
    printing.add_argument("id", metavar="ID")
    printing.set_defaults(run=print_papers)


def approve_one(context: Context) -> None:
    args = context.args
    if args.what == _LIST:
        return _waiting(context)
    with context.desk() as desk:
        if args.send_back is not None:
            desk.approvals.send_back(args.what, args.send_back)
        elif args.withdraw is not None:
            desk.approvals.withdraw(args.what, args.withdraw)
        else:
            desk.approvals.approve(args.what)
        state = desk.application_details(args.what)["state"]
    context.result = {"application": args.what, "state": state}
    shown = context.word("application-state", state)
    context.say("Application {id} is {state}.", id=args.what, state=shown)
    return None


def _waiting(context: Context) -> None:
    with context.desk() as desk:
        rows = desk.approvals.waiting()
    if not rows:
        context.say("Nothing waits for a second person.")
    for row in rows:
        context.say("{id}  {name}  {number}", id=row.id, name=row.name, number=row.masked_number)
    context.result = {
        "waiting": [
            {"id": row.id, "application": row.number, "since_ms": row.since_ms, "own": row.own}
            for row in rows
        ]
    }


def print_papers(context: Context) -> None:
    with context.desk() as desk:
        printed = [desk.papers.print(paper) for paper in desk.application_papers(context.args.id)]
    papers = told(context, printed)
    context.result = {"files": [paper["file"] for paper in papers], "papers": papers}
