"""What the commands about people do."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Sequence
from typing import Any, Final

from app import setting_up
from app.base.clock import civil_date
from app.base.errors import N_
from app.cli import secrets
from app.cli.context import Context
from app.domain.settings import SETTINGS, SettingRefused
from app.domain.staff import PEOPLE, Role, StaffMember
from app.workflow.files import FileUnreadable, read_file
from app.workflow.first_run import NewPerson, PasswordMissing

# Settings and a handful of names; anything larger is another file.
_MOST_SETTINGS_BYTES: Final = 1 << 16
# Any two of the three shares open the records (app.crypto.recovery).
SHARES_NEEDED: Final = 2
# The act of looking after people: asked before anybody is asked for a secret.
_STAFF: Final = "staff"


def staff_list(context: Context) -> None:
    with context.desk() as desk:
        people = desk.staff.everyone()
    for member in people:
        role = context.word("role", member.role.value)
        if member.active:
            context.say("{person}  {title}", person=member.name, title=role)
        else:
            context.say("{person}  {title}  (deactivated)", person=member.name, title=role)
    context.result = {"staff": [_member(member) for member in people]}


def staff_add(context: Context) -> None:
    args = context.args
    with context.desk() as desk:
        desk.gate.may(_STAFF)
        password = _new_password(context)
        number = secrets.line(context.catalogue.text(N_("Own document number"))) if args.number else ""
        member = desk.staff.add(args.name, Role(args.role), password, number)
    context.result = _member(member)
    context.say("{person} works here now.", person=member.name)


def staff_deactivate(context: Context) -> None:
    with context.desk() as desk:
        member = desk.staff.change(context.args.name, active=False)
    context.result = _member(member)
    context.say("{person} does not work here any more.", person=member.name)


def staff_number(context: Context) -> None:
    """By which number somebody is known: a line of standard input, never on the line."""
    with context.desk() as desk:
        desk.gate.may(_STAFF)
        number = secrets.line(context.catalogue.text(N_("Own document number")))
        member = desk.staff.set_number(context.args.name, number)
    context.result = _member(member)
    context.say("{person} makes and approves no card of their own.", person=member.name)


def staff_password(context: Context) -> None:
    """Another's password, set by the security administrator; without a name one's own."""
    name = context.args.name
    with context.desk() as desk:
        if name is None:
            old = context.own_password()
            desk.sign_in.change_password(old, _new_password(context))
            context.result = {"changed": True}
        else:
            desk.gate.may(_STAFF)
            context.result = _member(desk.staff.set_password(name, _new_password(context)))
    context.say("The password is changed.")


def _new_password(context: Context) -> str:
    password = secrets.line(context.catalogue.text(N_("New password")))
    if not password:
        raise PasswordMissing(person=1)
    return password


def _member(member: StaffMember) -> dict[str, Any]:
    return {
        "id": member.id,
        "name": member.name,
        "role": member.role.value,
        "active": member.active,
        "number": member.person_token is not None,
        "since": civil_date(member.since_ms).isoformat(),
    }


def initialise(context: Context) -> None:
    """A new workplace: settings from a file and switches, people, a password a line for each."""
    args = context.args
    told = _settings(args)
    named = [*_people_of(told.pop("people", [])), *args.person]
    people = []
    for name, role in named if not args.training else ():
        asked = context.catalogue.text(N_("Password of {person}"), person=name)
        people.append(NewPerson(name, role, secrets.line(asked)))
    made = setting_up.initialise(
        context.options.folder,
        context.options.realm,
        told,
        people,
        profile=args.profile,
        house=context.house,
    )
    context.result = _made(made)
    context.say("The workplace is set up.")
    for member in made.people:
        role = context.word("role", member.role.value)
        context.say("{person}  {title}", person=member.name, title=role)
    _say_made(context, made)


def recover(context: Context) -> None:
    """Two shares and a new password, a line each on standard input."""
    args = context.args
    shares = [secrets.line(context.catalogue.text(N_("Recovery share"))) for _ in range(SHARES_NEEDED)]
    made = setting_up.recover(
        context.options.folder,
        context.options.realm,
        shares,
        args.name,
        _new_password(context),
        house=context.house,
    )
    context.result = _made(made)
    context.say("{person} can sign in with the new password.", person=made.people[0].name)
    _say_made(context, made)


def adopt(context: Context) -> None:
    """A province's card, fees and rules, from now on those of this workplace."""
    digest = setting_up.adopt(context.args.folder, context.options, context.house)
    context.result = {"rules": digest}
    context.say("This desk works by the folder {folder} from now on.", folder=context.args.folder.name)


def _say_made(context: Context, made: setting_up.SetUp) -> None:
    if not made.shares:
        return
    if not made.keychain:
        context.say("This machine has no keychain: the records open by name and password alone.")
    say_shares(context, made.shares)


def say_shares(context: Context, shares: Sequence[str]) -> None:
    """Recovery shares, this once; they are kept nowhere."""
    context.say("Recovery shares: any two open the records. They are shown now and never again.")
    context.say("Write each on a paper of its own and have three people keep them apart.")
    for number, share in enumerate(shares, 1):
        context.say("{number}: {share}", number=number, share=share)


def _made(made: setting_up.SetUp) -> dict[str, Any]:
    return {
        "people": [_member(member) for member in made.people],
        "keychain": made.keychain,
        "shares": list(made.shares),
    }


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    """What the file says, and over it what the switches say."""
    told: dict[str, Any] = {}
    if args.source is not None:
        try:
            told = tomllib.loads(read_file(args.source, _MOST_SETTINGS_BYTES).decode("utf-8-sig"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError):
            raise FileUnreadable(file=args.source.name) from None
    switches = {name: getattr(args, name) for name in SETTINGS}
    return told | {name: value for name, value in switches.items() if value is not None}


def _people_of(rows: Any) -> list[tuple[str, Role]]:
    """The people of a settings file: ``[[people]]`` with ``name`` and ``role``."""
    try:
        return [(str(row["name"]), Role(row["role"])) for row in rows]
    except (KeyError, TypeError, ValueError):
        raise SettingRefused(setting="people") from None


def person(text: str) -> tuple[str, Role]:
    """ROLE=NAME as it stands on the line; ValueError for anything else, which argparse tells."""
    role, _, name = text.partition("=")
    if role not in PEOPLE or not name.strip():
        raise ValueError(text)
    return name, Role(role)
