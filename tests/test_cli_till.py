"""A shift on the command line: opened, fees taken, a list of blank cards, a closing in balance."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from app.base.clock import civil_date
from app.domain.application import Realm
from app.domain.fees import fee_for, load_fees
from app.domain.records import Unit
from app.main import Options, open_desk
from app.workflow.desk import Desk
from tests.helpers.commands import Kangka

KEYS = {"difference_fen", "receipts", "cards"}
CARDS = {"received", "issued", "spoiled", "returned", "on_hand", "difference"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "desk"


@pytest.fixture
def kangka(folder: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    return Kangka(folder, capsys)


def told(kangka: Kangka, *words: str | Path) -> dict[str, Any]:
    answer = kangka(*words)
    assert answer.code == 0, answer.err
    return answer.json


def owed(folder: Path) -> str:
    """A resident's application that owes what a lost card costs today."""
    with open_desk(Options(data=folder)) as desk:
        application = desk.enrol_from_reader(threading.Event())
        _owe(desk, application)
    return application


def _owe(desk: Desk, application_id: str) -> None:
    found = desk._parts.applications.get(application_id)

    def act(unit: Unit) -> None:
        fee = fee_for(load_fees(), "lost", civil_date(unit.at_ms))
        unit.till.owe(fee.owed(found.id, Realm.TRAINING, found.person_id, unit.at_ms))

    desk._parts.records.durable("owe", act)


def shape(answer: dict[str, Any]) -> None:
    """What commands.md promises of ``till show``."""
    assert answer.keys() >= KEYS
    assert answer["receipts"].keys() >= {"first", "last", "gaps"}
    assert answer["cards"].keys() >= CARDS
    assert all(type(answer["cards"][key]) is int for key in CARDS)


def test_a_shift_from_open_to_closed(kangka: Kangka, folder: Path, tmp_path: Path) -> None:
    before = told(kangka, "till", "show")
    shape(before)
    assert (before["shift"], before["receipts"]["gaps"]) == (None, [])
    assert told(kangka, "till", "open", "--float", "10000")["shift"] == "X02-S000001"
    application = owed(folder)
    [due] = told(kangka, "till", "due")["due"]
    assert (due["application"], due["reason"], due["fen"]) == (application, "lost", 2000)
    assert "*" in due["name"]
    refused = kangka("issue", "--application", application)
    assert refused.error["code"] == "till.fee-unsettled"
    receipt = told(kangka, "till", "take", "--application", application, "--by", "cash")
    assert (receipt["receipt"], receipt["received_fen"]) == ("X02-R000001", 2000)
    again = kangka("till", "take", "--application", application)
    assert again.error["code"] == "till.nothing-due"
    [card] = told(kangka, "issue", "--application", application)["cards"]
    assert card["state"] == "verified"
    state = told(kangka, "till", "show")
    shape(state)
    assert (state["open"], state["expected_fen"], state["difference_fen"]) == (True, 12_000, 0)
    assert (state["receipts"]["first"], state["receipts"]["count"]) == ("X02-R000001", 1)
    # The simulated card was on no list: it came in as found, and is out again.
    assert (state["cards"]["received"], state["cards"]["issued"], state["cards"]["on_hand"]) == (1, 1, 0)
    assert told(kangka, "stock", "show")["unlisted"] == 1
    off = kangka("till", "close", "--cash", "11900", "--cards", "0")
    assert off.error["code"] == "till.out-of-balance"
    closed = told(kangka, "till", "close", "--cash", "12000", "--cards", "0")
    shape(closed)
    assert (closed["closing"], closed["difference_fen"]) == ("X02-D000001", 0)
    assert told(kangka, "till", "show") == closed
    # Whoever asks and whenever: the original once, then copies, each a file of its own.
    prints = [
        told(kangka, "till", "print", number) for number in ("X02-R000001",) * 3 + ("X02-D000001",)
    ]
    assert [(paper["paper"], paper["copy"]) for paper in prints] == [
        ("fee-receipt", 0),
        ("fee-receipt", 1),
        ("fee-receipt", 2),
        ("closing-report", 0),
    ]
    assert len({paper["file"] for paper in prints}) == len(prints)
    with open_desk(Options(data=folder)) as desk:
        # The head that the report bears is the closing's, whenever it is printed.
        assert len({desk.till.closing_paper("X02-D000001").witness for _ in range(2)}) == 1
    assert kangka("till", "print", "X02-R000009").error["code"] == "till.no-receipt"
    assert kangka("till", "print", "X02-D000009").error["code"] == "till.no-closing"
    assert kangka("till", "take", "--application", application).error["code"] == "till.shift-not-open"


def test_a_training_desk_opens_its_shift_by_itself_at_the_first_card(
    kangka: Kangka, folder: Path
) -> None:
    with open_desk(Options(data=folder)) as desk:
        application = desk.enrol_from_reader(threading.Event())
    told(kangka, "issue", "--application", application)
    state = told(kangka, "till", "show")
    assert (state["open"], state["float_fen"]) == (True, 0)
    assert state["waived"] == [{"reason": "first-issue", "ground": None, "count": 1, "fen": 0}]
    assert told(kangka, "till", "close", "--cash", "0", "--cards", "0")["difference_fen"] == 0


def test_a_void_asks_for_a_second_person_and_leaves_the_refusal_on_record(
    kangka: Kangka, folder: Path
) -> None:
    told(kangka, "till", "open")
    receipt = told(kangka, "till", "take", "--application", owed(folder), "--by", "scan")
    refused = kangka("till", "void", receipt["receipt"], "--reason", "wrong-method")
    assert refused.error["code"] == "staff.second-person-needed"
    state = told(kangka, "till", "show")
    assert (state["scan_fen"], state["receipts"]["voided"]) == (2000, [])
    waived = kangka("till", "waive", "--application", receipt["application"], "--ground", "hardship")
    assert waived.error["code"] == "staff.second-person-needed"
    with open_desk(Options(data=folder)) as desk:
        rows = desk._parts.records.read(lambda unit: unit.till.receipts(unit.till.shift().id))  # type: ignore[union-attr]
    assert [row.state.value for row in rows] == ["issued"]


def test_who_takes_blank_cards_in_is_a_supervisor(kangka: Kangka, tmp_path: Path) -> None:
    listed = tmp_path / "K-1.csv"
    listed.write_text("4100000000000001\n", encoding="utf-8")
    refused = kangka("stock", "take-in", listed)
    assert refused.error["code"] == "staff.not-permitted"
    assert told(kangka, "stock", "show")["on_hand"] == 0
    assert kangka("stock", "spoil", "41", "--reason", "弯折").error["code"] == "stock.no-blank"
    assert kangka("stock", "give-back", "41", "--reason", "多领").error["code"] == "staff.not-permitted"


@pytest.mark.parametrize(
    "words",
    [
        "till",
        "till close --cash 1",
        "till close --cash -1 --cards 0",
        "till close --cash 1.5 --cards 0",
        "till close --cash ten --cards 0",
        "till close --cash 1 --cards 9999999999",
        "till open --float １",
        "till take",
        "till take --application a --by cheque",
        "till void X02-R000001",
        "stock",
        "stock take-in",
        "stock spoil 41",
    ],
)
def test_wrong_use_is_told_as_such(kangka: Kangka, words: str) -> None:
    answer = kangka.run("--training", *words.split())
    assert answer.code == 2
    assert "usage: kangka till" in answer.err or "usage: kangka stock" in answer.err


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_people_are_told_in_their_language(kangka: Kangka, folder: Path, lang: str) -> None:
    base = ["--data", folder, "--training", "--lang", lang]
    told(kangka, "till", "open", "--float", "500")
    owed(folder)
    words = {"zh": ("未结", "遗失补卡", "在库"), "en": ("is open", "Reissue after loss", "on hand")}[
        lang
    ]
    for command, word in zip(("till show", "till due", "stock show"), words, strict=True):
        answer = kangka.run(*base, *command.split())
        assert answer.code == 0
        assert word in answer.out
