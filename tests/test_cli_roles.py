"""Role by act by script: what a role may not do exits with 1 and leaves exactly one audit row.

``ROWS`` is the table: a line for each command that is an act of ``resources/permissions.toml``. Whoever
adds a command adds its line; an act without a line has to stand in ``WITHOUT_COMMAND``.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.domain.application import Realm
from app.domain.staff import PEOPLE, Level, NotPermitted, Role, load_permissions
from app.main import open_desk
from app.opening import House, Options, made_up_staff, open_room
from tests.helpers.commands import Kangka
from tests.helpers.people import CHEAP

PERMISSIONS = load_permissions()


@dataclass(frozen=True)
class Row:
    """A command that is ``act``. ``{application}`` and ``{case}`` stand for rows of the desk under test.

    ``looks`` is True where the command only shows, so that a role that may look is let through.
    """

    act: str
    command: str
    typed: tuple[str, ...] = ()
    looks: bool = False


ROWS = (
    Row("enrol", "enrol --from-reader"),
    Row("enrol-from-file", "enrol --from {file}"),
    Row("issue", "issue --application {application}"),
    Row("settle-case", "case settle {case} --as spoil --reason misprint"),
    Row("read-card", "read-card"),
    Row("look-up", "application list", looks=True),
    Row("look-up", "application show {application}", looks=True),
    Row("look-up", "application print {application}", looks=True),
    Row("look-up", "case list", looks=True),
    Row("look-up", "case show {case}", looks=True),
    Row("look-up", "face --application {application} --out {out}", looks=True),
    Row("open-shift", "till open"),
    Row("till", "till show", looks=True),
    Row("stock", "stock show", looks=True),
    Row("stock-take-in", "stock take-in {file}"),
    Row("audit-verify", "audit verify"),
    Row("audit", "audit show", looks=True),
    Row("staff", "staff add 样例新人 --role clerk", ("first.word-31",)),
    Row("staff", "staff deactivate 训练员乙"),
    Row("staff", "staff password 训练员乙", ("third.word-33",)),
    Row("staff", "staff number 训练员乙", ("410102198405200029",)),
    Row("staff", "staff list", looks=True),
)
# Acts without a line: no command does them yet, or only after a card or a receipt was found, which the
# tests of those commands prove; or they are a part of another act (the second person's `approve`).
WITHOUT_COMMAND = frozenset(
    {
        *("enrol-typed", "approve", "hand-over", "activate", "report-loss", "found"),
        *("reissue", "block-card", "recover-card", "destroy-card", "cancel-card"),
        *("take-fee", "waive-fee", "void-receipt", "close-shift", "close-shift-with-difference"),
        *("close-shift-of-another", "stock-spoil", "stock-give-back"),
        *("keys", "settings", "devices"),
    }
)


@dataclass(frozen=True)
class Made:
    """A workplace with an application that waits, a case that is open, a card on the reader."""

    folder: Path
    places: dict[str, str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Made once and copied for each line."""
    folder = tmp_path_factory.mktemp("roles") / "desk"
    with open_desk(Options(data=folder), house=House(cost=CHEAP)) as desk:
        waiting = desk.save(desk.draft_from_training(0))
        begun = desk.save(desk.draft_from_training(1))
        frozen = desk._parts.applications.get(begun)
        case = desk._parts.journal.open_case(frozen)
    file = folder.parent / "application.json"
    file.write_text("{}", encoding="utf-8")
    return Made(
        folder,
        {
            "application": waiting,
            "case": case.id,
            "file": str(file),
            "out": str(folder.parent / "face.pdf"),
        },
    )


@pytest.fixture
def kangka(made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    folder = tmp_path / "desk"
    shutil.copytree(made.folder, folder)
    return Kangka(folder, capsys, House(cost=CHEAP))


def audit(kangka: Kangka) -> list[tuple[Any, ...]]:
    """Kind, act, fault, role of each row of the chain, oldest first."""
    room = open_room(Options(data=kangka.folder), House(cost=CHEAP), sit=False)
    try:
        return room.store.call(
            lambda store: store._database.execute_sql(
                "SELECT kind, act, fault, role FROM audit ORDER BY seq"
            ).fetchall()
        )
    finally:
        room.store.close()


def command(row: Row, made: Made) -> list[str]:
    return [part.format(**made.places) for part in row.command.split()]


@pytest.mark.parametrize("role", PEOPLE, ids=lambda role: role.value)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.command)
def test_a_role_does_what_is_its_own_and_nothing_else(
    kangka: Kangka, made: Made, row: Row, role: Role
) -> None:
    before = len(audit(kangka))
    answer = kangka.by(role, *command(row, made), typed=row.typed)
    refused = [found for found in audit(kangka)[before:] if found[0] == "refused"]
    level = PERMISSIONS.level(row.act, role)
    if level is Level.ACT or (row.looks and level is Level.VIEW):
        # It may fail for what it finds, not for who asks.
        assert NotPermitted.code not in answer.out
        assert NotPermitted.code not in [found[2] for found in refused]
    else:
        assert answer.error["code"] == NotPermitted.code
        assert refused == [("refused", row.act, NotPermitted.code, role.value)]


# Whoever works here may ask whether the records are whole; it shows and changes nothing.
EVERYBODYS = frozenset({"audit-verify"})


def test_every_act_has_its_line_or_no_command() -> None:
    acts = {row.act for row in ROWS}
    assert acts | WITHOUT_COMMAND == set(PERMISSIONS.levels)
    assert not acts & WITHOUT_COMMAND


def test_every_act_has_somebody_who_may_do_it_or_look() -> None:
    for act in PERMISSIONS.levels:
        assert any(PERMISSIONS.level(act, role) is not Level.HIDDEN for role in PEOPLE), act


def test_administrators_have_no_part_in_the_counters_work() -> None:
    counter = [
        act
        for act in set(PERMISSIONS.levels) - EVERYBODYS
        if PERMISSIONS.level(act, Role.CLERK) is Level.ACT
        or PERMISSIONS.level(act, Role.SUPERVISOR) is Level.ACT
    ]
    for act in counter:
        for role in (Role.SYSTEM, Role.SECURITY, Role.AUDIT):
            assert PERMISSIONS.level(act, role) is not Level.ACT, act


def test_the_three_administrators_share_no_act() -> None:
    for act in set(PERMISSIONS.levels) - EVERYBODYS:
        doing = [
            role
            for role in (Role.SYSTEM, Role.SECURITY, Role.AUDIT)
            if PERMISSIONS.level(act, role) is Level.ACT
        ]
        assert len(doing) <= 1, act


def test_nobody_makes_a_card_of_their_own(
    kangka: Kangka, made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    """The clerk whose document number is the application's is refused, recorded with the application."""
    room = open_room(Options(data=kangka.folder), House(cost=CHEAP), sit=False)
    application = room.store.applications.get(made.places["application"])
    verifier = House(cost=CHEAP).verifiers().of_password("own.card-61")

    def add(unit: Any) -> None:
        token = unit.applications.person_token(Realm.TRAINING, application.resident)
        unit.staff.add("样例本人", Role.CLERK, verifier, token)

    room.store.records.durable("test", add)
    room.store.close()
    issue = ("issue", "--application", made.places["application"])
    answer = kangka("--operator", "样例本人", *issue, typed=["own.card-61"])
    assert answer.error["code"] == "staff.not-by-oneself"
    assert audit(kangka)[-1] == ("refused", "issue", "staff.not-by-oneself", "clerk")
    assert kangka(*issue).code == 0


def test_a_refused_secret_stands_in_one_row_too(kangka: Kangka) -> None:
    before = len(audit(kangka))
    person = made_up_staff()[0]
    kangka("--operator", person.name, "case", "list", typed=["not.the-word"])
    assert [(row[0], row[1], row[2]) for row in audit(kangka)[before:]] == [
        ("sign-in", "sign-in", None),
        ("refused", "sign-in", "staff.sign-in-refused"),
    ]
