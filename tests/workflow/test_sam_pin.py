"""A person's own attempt at the SAM's PIN: over standard input, deliberate, and nowhere kept."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from app.base.ids import SystemRandom
from app.devices.sim.workbench import FOLDER, ChipFolder
from tests.helpers.commands import Answer, Kangka

PIN = "123456"


@pytest.fixture
def kangka(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    return Kangka(tmp_path / "desk", capsys)


def leave_tries(kangka: Kangka, tries: int) -> None:
    """The desk's SAM, after others tried its PIN."""
    folder = ChipFolder(kangka.folder / FOLDER, SystemRandom())
    image = folder.load("sam.chip")
    assert image is not None
    folder.save("sam.chip", json.dumps(json.loads(image) | {"tries": tries}).encode("ascii"))


def tries_of(kangka: Kangka) -> int:
    image = ChipFolder(kangka.folder / FOLDER, SystemRandom()).load("sam.chip")
    assert image is not None
    return int(json.loads(image)["tries"])


class TestLowTries:
    @pytest.fixture
    def issued(self, kangka: Kangka) -> Kangka:
        kangka.issue(kangka.enrol())
        leave_tries(kangka, 3)
        return kangka

    def given(
        self, kangka: Kangka, monkeypatch: pytest.MonkeyPatch, line: str, *words: str, lang: str = "zh"
    ) -> Answer:
        monkeypatch.setattr("sys.stdin", io.StringIO(line))
        return kangka(*words, "--sam-pin-stdin", lang=lang)

    def test_the_program_alone_does_not_try(self, issued: Kangka) -> None:
        error = issued("read-card").error
        assert error["code"] == "sam.pin-tries-low"
        assert "--sam-pin-stdin" in error["remedy"]
        assert "标准输入" not in error["remedy"], "no clerk's word"
        assert "--sam-pin-stdin" in issued("read-card", lang="en").error["remedy"]

    def test_a_person_may(self, issued: Kangka, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.given(issued, monkeypatch, PIN + "\n", "read-card").code == 0
        # The tries are back, and the next command goes by itself again.
        leave_tries(issued, 10)
        assert issued("read-card").code == 0

    def test_for_issuing_and_settling_too(self, issued: Kangka, monkeypatch: pytest.MonkeyPatch) -> None:
        application = issued.enrol()
        assert issued.issue(application).error["code"] == "sam.pin-tries-low"
        answer = self.given(issued, monkeypatch, PIN, "issue", "--application", application)
        assert answer.json["cards"][0]["state"] == "verified"
        answer = self.given(
            issued, monkeypatch, PIN, "case", "settle", answer.json["cards"][0]["case"], "--as", "verify"
        )
        assert answer.error["code"] == "issue.case-finished"

    def test_a_wrong_one_takes_one_try_and_shows_nowhere(
        self, issued: Kangka, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answer = self.given(issued, monkeypatch, "987654\n", "read-card")
        assert answer.error["code"] == "sam.pin-wrong"
        assert "987654" not in answer.out + answer.err
        kept = b"".join(path.read_bytes() for path in issued.folder.rglob("*") if path.is_file())
        assert b"987654" not in kept
        assert "还可" in answer.err or "2" in answer.err

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ("", "sam.pin-missing"),
            ("\n", "sam.pin-missing"),
            ("12345\n", "sam.pin-shape"),
            ("1234567\n", "sam.pin-shape"),
            ("12345a\n", "sam.pin-shape"),
            ("１２３４５６\n", "sam.pin-shape"),
            ("1" * 100_000, "sam.pin-shape"),
        ],
        ids=range(7),
    )
    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_what_can_be_no_pin_takes_no_try(
        self, issued: Kangka, monkeypatch: pytest.MonkeyPatch, line: str, code: str, lang: str
    ) -> None:
        assert self.given(issued, monkeypatch, line, "read-card", lang=lang).error["code"] == code
        assert tries_of(issued) == 3
