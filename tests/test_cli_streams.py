"""Standard streams that are full, closed or read by nobody: no work stops for them, none is repeated."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.base.catalogue import Catalogue
from app.cli.streams import AnswerLost
from tests.helpers.commands import Answer, Kangka

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="there is no device that is always full")


@pytest.fixture
def kangka(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    return Kangka(tmp_path / "desk", capsys)


def issued_into(
    kangka: Kangka, application: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> Answer:
    with os.fdopen(number, "w") as nowhere, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", nowhere)
        return kangka("issue", "--application", application, lang="en", json=False)


def test_a_card_is_made_to_its_end_though_no_line_can_be_written(
    kangka: Kangka, monkeypatch: pytest.MonkeyPatch
) -> None:
    kangka("till", "open")
    application = kangka.enrol()
    answer = issued_into(kangka, application, os.open(FULL, os.O_WRONLY), monkeypatch)
    assert answer.code == 1
    assert answer.err == Catalogue("en").error(AnswerLost()).message + "\n"
    assert kangka("case", "list").json == {"cases": []}
    assert kangka("application", "show", application).json["state"] == "done"


def test_nor_does_it_stop_where_nobody_reads_any_more(
    kangka: Kangka, monkeypatch: pytest.MonkeyPatch
) -> None:
    kangka("till", "open")
    application = kangka.enrol()
    reader, writer = os.pipe()
    os.close(reader)
    answer = issued_into(kangka, application, writer, monkeypatch)
    assert (answer.code, answer.err) == (1, "")
    assert kangka("case", "list").json == {"cases": []}


def test_streams_that_are_closed_are_no_fault_and_no_file_takes_their_place(tmp_path: Path) -> None:
    """What the program opens would otherwise be standard output to every library that writes there."""
    line = [sys.executable, "-m", "app", "--training", "--data", str(tmp_path), "--operator", "甲"]
    closed = ["sh", "-c", 'exec "$@" <&- >&-', "sh", *line, "case", "list"]
    done = subprocess.run(closed, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "甲" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("application", "show", "\udcff"),
        ("till", "close", "--cash", "0", "--cards", "0", "--explain", "\udcff"),
    ],
    ids=["id", "words"],
)
def test_what_is_no_text_is_wrong_use(kangka: Kangka, words: tuple[str, ...]) -> None:
    answer = kangka(*words)
    assert (answer.code, answer.out) == (2, "")
    assert "is not text" in answer.err
    assert not kangka.folder.exists()
