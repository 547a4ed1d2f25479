"""The ways to a workplace's records: which there are, and new recovery shares."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.cli.context import Context
from app.cli.staff_commands import say_shares
from app.workflow.staff_desk import KEYS

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    Command = Callable[[Commands, str, Callable[[Context], None], str], argparse.ArgumentParser]


def keys_commands(commands: Commands, command: Command) -> None:
    """``kangka keys``; ``command`` adds one command to the parser."""
    keys = commands.add_parser("keys", help="the ways to the records of this workplace")
    of_keys = keys.add_subparsers(dest="action", required=True, metavar="ACTION")
    command(of_keys, "show", keys_show, "which ways lead to the records")
    command(
        of_keys,
        "shares",
        keys_shares,
        "three new recovery shares, shown once; the older ones open nothing any more",
    )


def keys_show(context: Context) -> None:
    with context.desk() as desk:
        keys = desk.staff.keys()
        people = [member.name for member in desk.staff.everyone() if member.id in keys.people]
    context.result = {
        "people": people,
        "keychain": keys.keychain,
        "shares": keys.shares,
        "published": keys.published,
    }
    if keys.published:
        context.say("A training desk: its key is published, and protects nobody.")
        return
    for name in people:
        context.say("{person} opens the records by name and password.", person=name)
    if keys.shares:
        context.say("Recovery shares: three were given out, any two open the records.")
    else:
        context.say("No recovery shares: make them with kangka keys shares.")
    if keys.keychain:
        context.say("This machine's keychain opens the records at start.")
    else:
        context.say("No keychain on this machine: the records open by name and password alone.")


def keys_shares(context: Context) -> None:
    with context.desk() as desk:
        # The role first: who may not is asked for nothing.
        desk.gate.may(KEYS)
        shares = desk.staff.new_shares(desk.fresh(KEYS))
    context.result = {"shares": list(shares)}
    say_shares(context, shares)
    context.say("The older shares open nothing any more: destroy their papers.")
