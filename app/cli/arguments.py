"""The words and switches of the command line (commands.md)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app import __version__
from app.cli import commands as run
from app.cli import staff_commands as people
from app.cli.approve_commands import approve_commands, print_command
from app.cli.audit_commands import audit_commands
from app.cli.card_commands import card_commands
from app.cli.context import Context
from app.cli.keys_commands import keys_commands
from app.cli.settings_commands import settings_commands
from app.cli.till_commands import till_commands
from app.domain.staff import PEOPLE
from app.main import DEFAULT_PRODUCT
from app.workflow import views

_MOST_DPI = 1200
_SETTING_SWITCHES = {
    "name": "the centre's name, as it stands on papers",
    "desk": "the desk's number, two digits",
    "institution_code": "the institution's code, 22 digits",
    "terminal_number": "the terminal's number as the ministry assigned it, 12 digits",
    "issuer_name": "the issuer's name, as it stands on cards",
    "issuer_code": "the issuer's code, 22 digits",
    "city_code": "the city's code, six digits",
    "vendor": "the maker's code, two letters or digits",
    "collect_at": "where residents collect their cards (default: at this desk)",
    "enquiry_phone": "the phone that receipts and proofs name",
}
Run = Callable[[Context], None]
if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def parser() -> argparse.ArgumentParser:
    """The whole command line; ``run`` of what it parses is the command."""
    whole = argparse.ArgumentParser(prog="kangka", description="Issues the Residents' Health Card.")
    whole.add_argument("--version", action="version", version=f"kangka {__version__}")
    whole.add_argument("--data", type=Path, metavar="DIR", help="the workplace folder")
    whole.add_argument("--training", action="store_true", help="a training store, made-up people")
    whole.add_argument(
        "--devices", choices=("simulated", "system"), help="default: simulated in training"
    )
    whole.add_argument("--profile", type=Path, metavar="FOLDER", help="a province's own card profile")
    whole.add_argument(
        "--operator",
        metavar="NAME",
        help="who acts; the password is the first line of standard input, or of KANGKA_PASSWORD_FILE",
    )
    whole.add_argument(
        "--second",
        metavar="NAME",
        help="the second person where four eyes are due; the password as KANGKA_SECOND_PASSWORD_FILE",
    )
    whole.add_argument("--json", action="store_true", help="one JSON object on standard output")
    whole.add_argument("--lang", choices=("zh", "en"), default="zh", help="default: zh")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _intake_commands(commands)
    _making_commands(commands)
    card_commands(commands, _command, _readers)
    audit_commands(commands, _command, _count)
    till_commands(commands)
    _staff_commands(commands)
    keys_commands(commands, _command)
    settings_commands(commands, _command)
    _command(commands, "bench", run.bench, "each figure beside its limit in the same run")
    _command(commands, "desk", run.open_window, "open the window")
    return whole


def _intake_commands(commands: Commands) -> None:
    demo = _command(
        commands, "demo", run.demo, "the whole job on simulated devices in a fresh training store"
    )
    demo.add_argument("--out", type=Path, required=True, metavar="DIR", help="an empty or new folder")
    demo.add_argument("--people", type=_count, default=20, metavar="N")
    demo.add_argument("--seed", type=int, default=1, metavar="S")

    decode = _command(
        commands, "decode-id", run.decode_id, "decode an identity text or a reader's frame"
    )
    decode.add_argument("file", type=Path, metavar="FILE")

    enrol = _command(commands, "enrol", run.enrol, "an application from the identity reader or a file")
    source = enrol.add_mutually_exclusive_group()
    source.add_argument("--from-reader", action="store_true", help="read the identity card (default)")
    source.add_argument("--from", dest="source", type=Path, metavar="FILE.json")
    enrol.add_argument(
        "--typed",
        action="store_true",
        help="the file was typed here: a second person approves it, on the spot where --second is named",
    )
    enrol.add_argument("--id-reader", metavar="PORT", help="the identity reader's serial port")

    application = commands.add_parser("application", help="kept applications")
    of_application = application.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = _command(of_application, "list", run.application_list, "a page of applications")
    listing.add_argument("--after", metavar="ID")
    listing.add_argument("--limit", type=_count, default=100, metavar="N")
    _command(of_application, "show", run.application_show, "one application").add_argument(
        "id", metavar="ID"
    )
    print_command(of_application)
    approve_commands(commands)


def _staff_commands(commands: Commands) -> None:
    init = _command(
        commands,
        "init",
        people.initialise,
        "a new workplace: its settings and first people; their passwords are lines of standard input,"
        " in the order of the people",
    )
    init.add_argument(
        "--from", dest="source", type=Path, metavar="FILE.toml", help="settings, and [[people]]"
    )
    for name, text in _SETTING_SWITCHES.items():
        init.add_argument("--" + name.replace("_", "-"), dest=name, metavar="TEXT", help=text)
    init.add_argument(
        "--person",
        type=people.person,
        action="append",
        default=[],
        metavar="ROLE=NAME",
        help="one of the first people; every role needs one of its own",
    )
    recover = _command(
        commands,
        "recover",
        people.recover,
        "back in by two recovery shares: they and a new password are lines of standard input",
    )
    recover.add_argument("name", metavar="NAME", help="the security administrator")
    adopt = _command(
        commands, "adopt", people.adopt, "a province's folder of card, fees and rules, by who answers"
    )
    adopt.add_argument("folder", type=Path, metavar="FOLDER")
    staff = commands.add_parser("staff", help="who works at this desk")
    of_staff = staff.add_subparsers(dest="action", required=True, metavar="ACTION")
    _command(of_staff, "list", people.staff_list, "everybody, whoever left included")
    add = _command(
        of_staff, "add", people.staff_add, "a new person; the password is a line of standard input"
    )
    add.add_argument("name", metavar="NAME")
    add.add_argument("--role", required=True, choices=[role.value for role in PEOPLE])
    add.add_argument(
        "--number",
        action="store_true",
        help="a second line is the person's own citizen number: nobody issues to themselves",
    )
    _command(of_staff, "deactivate", people.staff_deactivate, "end somebody's work here").add_argument(
        "name", metavar="NAME"
    )
    number = _command(
        of_staff,
        "number",
        people.staff_number,
        "whose citizen number it is, a line of standard input: nobody issues to themselves",
    )
    number.add_argument("name", metavar="NAME")
    password = _command(
        of_staff,
        "password",
        people.staff_password,
        "a new password, a line of standard input: one's own, or NAME's by the security administrator",
    )
    password.add_argument("name", metavar="NAME", nargs="?")


def _making_commands(commands: Commands) -> None:
    issue = _command(commands, "issue", run.issue, "personalize and print a card, or a queue of them")
    which = issue.add_mutually_exclusive_group(required=True)
    which.add_argument("--application", metavar="ID")
    which.add_argument("--batch", type=Path, metavar="FILE", help="an application id a line")
    _readers(issue)

    case = commands.add_parser("case", help="interrupted cards")
    of_case = case.add_subparsers(dest="action", required=True, metavar="ACTION")
    _command(of_case, "list", run.case_list, "open cases")
    _command(of_case, "show", run.case_show, "one case").add_argument("id", metavar="ID")
    settle = _command(of_case, "settle", run.case_settle, "settle an open case")
    settle.add_argument("id", metavar="ID")
    settle.add_argument(
        "--as", dest="how", required=True, choices=[how.value for how in views.Settlement]
    )
    settle.add_argument("--reason", default="", help="why a card is spoiled")
    _readers(settle)

    _readers(_command(commands, "read-card", run.read_card, "authenticate and read a whole card"))

    simulate = _command(
        commands, "simulate", run.simulate, "simulated cards and a SAM on the virtual driver"
    )
    simulate.add_argument("--cards", type=_count, default=1, metavar="N")
    simulate.add_argument("--product", default=DEFAULT_PRODUCT, metavar="NAME")
    simulate.add_argument("--card-port", type=_port, default=35963, metavar="PORT")
    simulate.add_argument("--sam-port", type=_port, default=35964, metavar="PORT")

    face = _command(commands, "face", run.draw_face, "both faces at true size")
    face.add_argument("--application", required=True, metavar="ID")
    face.add_argument("--out", type=Path, required=True, metavar="FILE.pdf")
    face.add_argument("--png", type=Path, metavar="FILE", help="and as one picture, front above back")
    face.add_argument("--dpi", type=_dpi, default=300, metavar="N")


def _command(commands: Commands, name: str, command: Run, text: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=command)
    return parser


def _readers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reader", metavar="NAME", help="the card reader, by a part of its name")
    parser.add_argument("--sam-reader", metavar="NAME", help="the SAM's reader, by a part of its name")
    parser.add_argument(
        "--sam-pin-stdin",
        action="store_true",
        help="take the SAM's PIN from a line of standard input: the attempt of the person who types it",
    )


def _count(text: str) -> int:
    return _whole(text, 1, sys.maxsize)


def _dpi(text: str) -> int:
    return _whole(text, 1, _MOST_DPI)


def _port(text: str) -> int:
    return _whole(text, 1, 65535)


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        upper = "" if most == sys.maxsize else f" to {most}"
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least}{upper}")
    return int(text)
