"""A made card's life by the command line: what each command asks, answers and refuses."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import pytest

from app.base.clock import SystemClock
from app.base.ids import SystemRandom
from app.domain.application import Realm
from app.domain.audit import AuditQuery
from app.domain.id_number import check_digit
from app.store.store import STORE_FOLDER, StoreContext, open_store
from app.training import Crowd
from tests.helpers.commands import Answer, Kangka

DONE = ["card", "state", "number", "already", "lapses", "papers"]
REISSUED = ["card", "state", "application", "number", "issue_count", "due_fen", "rule"]
AGENT = {
    "kind": "2",
    "number": "11010119900307002" + check_digit("11010119900307002"),
    "seen": True,
    "name": "代办样例",
    "document": "01",
    "phone": "13900002222",
    "relation": "1",
}


class Counter:
    """The command line with a made card of the crowd's first person."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.kangka = Kangka(folder / "desk", capsys)
        self.folder = folder
        self.application = self.json("enrol", "--from-reader")["application"]
        self.json("till", "open")
        made = self.json("issue", "--application", self.application)["cards"][0]
        assert made["state"] == "verified"
        self.card = made["case"]
        self.holder = Crowd().person(0)
        self.me = self.file("me", {"number": self.holder.number, "seen": True})

    def file(self, name: str, content: Any) -> Path:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    def call(self, *arguments: str | Path) -> Answer:
        return self.kangka(*arguments)

    def speak(self, *arguments: str | Path) -> str:
        """What a person reads of a command."""
        answer = self.kangka.run("--data", self.kangka.folder, "--training", *arguments)
        assert answer.code == 0, answer.err
        return answer.out

    def json(self, *arguments: str | Path) -> dict[str, Any]:
        answer = self.call(*arguments)
        assert answer.code == 0, answer.err
        return answer.json

    def refused(self, *arguments: str | Path) -> str:
        return self.call(*arguments).error["code"]


@pytest.fixture
def counter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Counter:
    return Counter(tmp_path, capsys)


def say(monkeypatch: pytest.MonkeyPatch, content: Any) -> None:
    """Type ``content`` on standard input."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))


def test_a_card_goes_its_whole_way(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    # By the card on the reader, its case, its application and its id; by file and by standard input.
    say(monkeypatch, {"number": counter.holder.number, "seen": True})
    told = counter.json("hand-over")
    assert list(told) == DONE
    assert (told["card"], told["state"], told["number"]) == (counter.card, "collected", "X02-H000001")
    assert [Path(path).name for path in told["papers"]] == ["X02-H000001-hand-over-slip.pdf"]
    assert Path(told["papers"][0]).read_bytes().startswith(b"%PDF")

    told = counter.json("activate", "--card", counter.card)
    assert (told["state"], told["already"], told["papers"]) == ("in-use", False, [])
    assert counter.json("activate", "--card", counter.card)["already"] is True

    call = counter.file(
        "call",
        {
            "phone": "13800009999",
            "answers": {"phone": counter.holder.phones[0], "name": counter.holder.name},
        },
    )
    told = counter.json(
        "report-loss", "--application", counter.application, "--provisional", "--phone", "--from", call
    )
    assert told["state"] == "provisionally-lost"
    assert told["lapses"].endswith("+08:00")

    told = counter.json("found", "--number", "X02-C000001", "--from", counter.me)
    assert (told["state"], told["lapses"]) == ("in-use", None)

    told = counter.json("report-loss", "--card", counter.card, "--cause", "stolen", "--from", counter.me)
    assert (told["state"], told["number"]) == ("lost", "X02-L000002")

    told = counter.json("reissue", "--card", counter.card, "--from", counter.me)
    assert list(told)[: len(REISSUED)] == REISSUED
    assert (told["state"], told["issue_count"], told["due_fen"]) == ("dead", 2, 2000)
    assert told["proof"] == "X02-P000001"
    names = [Path(path).name for path in told["papers"]]
    assert names == ["X02-A000002-acceptance-receipt.pdf", "X02-P000001-temporary-proof.pdf"]

    assert counter.refused("issue", "--application", told["application"]) == "till.fee-unsettled"
    counter.json("till", "take", "--application", told["application"])
    made = counter.json("issue", "--application", told["application"])["cards"][0]
    assert (made["state"], made["case"] != counter.card) == ("verified", True)
    assert counter.refused("found", "--card", counter.card, "--from", counter.me) == (
        "loss.found-too-late"
    )


def test_what_is_asked_is_told_by_help(counter: Counter) -> None:
    for command, words in (
        ("hand-over", ("--activate", "--from", '"seen"', "--number", "--application")),
        ("activate", ("--card", "--reader")),
        ("report-loss", ("--provisional", "--phone", "--since", '"answers"', "birth-date")),
        ("found", ("--block", "--loss-number")),
        ("reissue", ("--reason", "--no-proof", "--consent", '"relation"')),
    ):
        answer = counter.kangka.run(command, "--help")
        assert answer.code == 0
        for word in words:
            assert word in answer.out, (command, word)


REFUSED = (
    (b"{", "visitor.file-unreadable"),
    (b"\xff\xfe", "visitor.file-unreadable"),
    (b"[1]", "visitor.file-unreadable"),
    (b'{"number": 5}', "visitor.file-unreadable"),
    (b'{"seen": "yes"}', "visitor.file-unreadable"),
    (b'{"answers": []}', "visitor.file-unreadable"),
    (b'{"answers": {"shoe": "42"}}', "visitor.file-unreadable"),
    (b'{"checked": "reader"}', "visitor.file-unreadable"),
    (b"[" * 60_000, "visitor.file-unreadable"),
    (b" " * 70_000, "file.too-large"),
    (b"{}", "resident.missing"),
    (b'{"number": "410102199003070019", "seen": true}', "visitor.not-the-holder"),
    (json.dumps(AGENT | {"phone": ""}).encode(), "resident.missing"),
)


def test_what_can_not_be_taken_is_refused_and_changes_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    for raw, code in REFUSED:
        say(monkeypatch, raw)
        assert counter.refused("hand-over", "--card", counter.card) == code, raw[:40]
    seen = counter.file("unseen", {"number": counter.holder.number})
    assert counter.refused("hand-over", "--card", counter.card, "--from", seen) == "life.guard-not-met"
    assert counter.refused("hand-over", "--card", "nobody", "--from", counter.me) == "store.no-card"
    assert counter.refused("hand-over", "--number", "X02-C9", "--from", counter.me) == (
        "card.nothing-by-that"
    )
    nowhere = counter.folder / "nowhere.json"
    assert counter.refused("hand-over", "--card", counter.card, "--from", nowhere) == "file.unreadable"
    for wrong in (
        ("report-loss", "--since", "yesterday"),
        ("report-loss", "--cause", "eaten"),
        ("activate", "--card", "a", "--number", "b"),
    ):
        assert counter.call(*wrong).code == 2
    told = counter.json("hand-over", "--card", counter.card, "--from", counter.me)
    assert told["number"] == "X02-H000001"


def test_an_agent_and_a_refusal_stand_in_the_record_without_a_word_of_them(counter: Counter) -> None:
    agent = counter.file("agent", AGENT)
    answer = counter.call("hand-over", "--card", counter.card, "--activate", "--from", agent)
    assert answer.json["state"] == "in-use"
    again = counter.call("hand-over", "--card", counter.card, "--from", agent)
    assert again.error["code"] == "life.event-not-allowed"
    context = StoreContext(Realm.TRAINING, SystemClock(), SystemRandom(), desk="02")
    store = open_store(counter.folder / "desk" / STORE_FOLDER, context)
    rows = store.audit.page(AuditQuery(limit=1000))
    store.close()
    assert [row.fault for row in rows if row.fault] == ["life.event-not-allowed"]
    text = str([dataclasses.asdict(row) for row in rows])
    for said in (text, answer.out, answer.err, again.out, again.err):
        for needle in (AGENT["number"], AGENT["name"], AGENT["phone"]):
            assert str(needle) not in said


def test_a_person_reads_what_was_done_in_their_language(counter: Counter) -> None:
    told = counter.speak("--lang", "en", "hand-over", "--card", counter.card, "--from", counter.me)
    assert f"Card {counter.card} is" in told
    assert "Its number is X02-H000001." in told
    told = counter.speak("report-loss", "--provisional", "--from", counter.me)
    assert "现为：临时挂失" in told
    assert "自动到期" in told
    counter.speak("report-loss", "--from", counter.me)
    told = counter.speak("reissue", "--from", counter.me)
    assert "应收 2000 分" in told
    assert "临时证明 X02-P000001" in told


def test_what_is_done_is_said_though_its_paper_fails(counter: Counter) -> None:
    """Else the card would lie on the counter, and the clerk would look for another way to give it."""
    (counter.kangka.folder / "papers").write_bytes(b"in the way")
    words = ("hand-over", "--card", counter.card, "--from", counter.me)
    answer = counter.kangka(*words, lang="en", json=False)
    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert answer.out == f"Card {counter.card} is collected.\nIts number is X02-H000001.\n"
    (counter.kangka.folder / "papers").unlink()
    assert counter.refused(*words) == "life.event-not-allowed"


def test_the_identity_reader_tells_who_came(counter: Counter) -> None:
    # On the training desk's reader lies the next person's card: not this holder's.
    code = counter.refused("hand-over", "--card", counter.card, "--from-reader")
    assert code == "visitor.not-the-holder"


def test_a_found_dead_card_is_blocked_on_its_chip_and_a_living_one_never(counter: Counter) -> None:
    counter.json("hand-over", "--from", counter.me)
    assert counter.refused("found", "--card", counter.card, "--block") == "life.event-not-allowed"
    assert counter.json("read-card")["state"] == "personalized"
    counter.json("report-loss", "--from", counter.me)
    counter.json("reissue", "--from", counter.me)
    told = counter.json("found", "--card", counter.card, "--block")
    assert (told["card"], told["state"]) == (counter.card, "recovered")
    assert counter.json("read-card")["state"] == "blocked"
