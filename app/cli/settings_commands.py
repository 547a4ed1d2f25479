"""What a workplace says of itself, looked at and changed by the system administrator."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.cli.context import Context
from app.domain.settings import CHANGEABLE, SETTINGS

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    Command = Callable[[Commands, str, Callable[[Context], None], str], argparse.ArgumentParser]


def settings_commands(commands: Commands, command: Command) -> None:
    """``kangka settings``; ``command`` adds one command to the parser."""
    settings = commands.add_parser("settings", help="what this workplace says of itself")
    of_settings = settings.add_subparsers(dest="action", required=True, metavar="ACTION")
    command(of_settings, "show", settings_show, "every setting, and which of them may change")
    setting = command(
        of_settings,
        "set",
        settings_set,
        f"one setting anew, from the next opening of the desk on; {', '.join(sorted(CHANGEABLE))} may"
        " change, what stands on cards and in numbers may not",
    )
    setting.add_argument("name", metavar="NAME", choices=SETTINGS, help=", ".join(SETTINGS))
    setting.add_argument("value", metavar="VALUE", help="may be empty where none is needed")


def settings_show(context: Context) -> None:
    with context.desk() as desk:
        told = asdict(desk.settings.all())
    context.result = {"settings": told, "changeable": sorted(CHANGEABLE)}
    for name, value in told.items():
        context.show(context.word("setting", name), value)


def settings_set(context: Context) -> None:
    args = context.args
    with context.desk() as desk:
        value = asdict(desk.settings.set(args.name, args.value))[args.name]
    context.result = {"setting": args.name, "value": value}
    context.say("Changed: {setting}. It holds from the next opening of the desk on.", setting=args.name)
