"""Somebody's number typed where an id belongs: refused in one sentence, and in no row of the audit."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.staff import Role
from app.main import open_desk
from app.opening import House, Options, open_room
from tests.helpers.commands import Kangka
from tests.helpers.people import CHEAP

NUMBER = "410102198405200029"
OTHERS = ("13900002222", "410102840520002", "样例甲子", f"{NUMBER}.csv")
COMMANDS = (
    (Role.CLERK, "till void {} --reason wrong-method"),
    (Role.CLERK, "till take --application {}"),
    (Role.CLERK, "till waive --application {} --ground desk-fault"),
    (Role.CLERK, "stock spoil {} --reason torn"),
    (Role.SUPERVISOR, "stock give-back {} --reason torn"),
    (Role.SUPERVISOR, "stock take-in {}"),
    (Role.SUPERVISOR, "approve {}"),
    (Role.CLERK, "issue --application {}"),
    (Role.CLERK, "case settle {} --as spoil --reason torn"),
    (Role.CLERK, "case show {}"),
    (Role.CLERK, "activate --card {}"),
    (Role.CLERK, "activate --number {}"),
    (Role.CLERK, "found --block --card {}"),
    (Role.CLERK, "application show {}"),
    (Role.CLERK, "application print {}"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("words") / "desk"
    with open_desk(Options(data=place), house=House(cost=CHEAP)):
        pass
    return place


@pytest.fixture
def kangka(folder: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    return Kangka(folder, capsys, House(cost=CHEAP))


def said(folder: Path) -> str:
    """Every word of every row of the audit."""
    room = open_room(Options(data=folder), House(cost=CHEAP), sit=False)
    try:
        rows = room.store.call(
            lambda store: store._database.execute_sql("SELECT * FROM audit").fetchall()
        )
    finally:
        room.store.close()
    return "\n".join(str(column) for row in rows for column in row)


@pytest.mark.parametrize(("role", "command"), COMMANDS, ids=str)
def test_a_number_in_the_place_of_an_id_is_refused_and_kept_nowhere(
    kangka: Kangka, folder: Path, role: Role, command: str
) -> None:
    words = [NUMBER if part == "{}" else part for part in command.split()]
    assert kangka.by(role, *words).error["code"]
    assert NUMBER not in said(folder)


@pytest.mark.parametrize("word", OTHERS)
def test_no_other_word_of_a_person_is_kept_either(kangka: Kangka, folder: Path, word: str) -> None:
    kangka.by(Role.CLERK, "till", "void", word, "--reason", "wrong-method")
    kangka.by(Role.SUPERVISOR, "stock", "take-in", word)
    assert word not in said(folder)


def test_control_what_was_refused_is_still_named(kangka: Kangka, folder: Path) -> None:
    kangka.by(Role.CLERK, "till", "void", "X01-R000017", "--reason", "wrong-method")
    kangka.by(Role.CLERK, "stock", "spoil", "41000000000000FF", "--reason", "torn")
    assert "X01-R000017" in said(folder)
    assert "41000000000000FF" in said(folder)
