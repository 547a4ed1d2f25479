"""``kangka bench``: its limits are the oracle's bounds, its rows commands.md's, a miss an exit 1."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.base.resources import read_toml, resource
from app.bench import audit as audit_bench
from app.bench import card as bench
from tests.helpers.commands import Answer, Kangka
from tests.oracle.bound import bound

ROW: dict[str, Any] = {
    "name": str,
    "value": (int, float),
    "limit": (int, float),
    "ratio": float,
    "unit": str,
    "goal": float,
    "met": bool,
}
NAMES = {
    "exchanges a card",
    "bytes a card",
    "durable commits a card",
    "host CPU a card beside line time at 115,200 baud",
    "simulated time a card at 9,600 baud",
    "simulated time a card at 115,200 baud",
    "exchanges of the read after printing",
    "full verification of the audit beside fetching and hashing its rows",
}


@pytest.fixture
def kangka(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    return Kangka(tmp_path, capsys)


@pytest.fixture
def fewer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One card instead of the median of several, and a short audit."""
    monkeypatch.setattr(bench, "_CARDS", 1)
    monkeypatch.setattr(audit_bench, "_ROWS", 400)
    yield


def told(answer: Answer) -> dict[str, dict[str, Any]]:
    content = answer.json
    assert {"rows", "machine"} <= set(content)
    assert content["machine"]
    for row in content["rows"]:
        assert set(row) == set(ROW)
        assert all(isinstance(row[key], kind) for key, kind in ROW.items())
        assert row["met"] == (row["value"] / row["limit"] <= row["goal"])
        assert row["ratio"] == pytest.approx(row["value"] / row["limit"], abs=0.0001)
    return {row["name"]: row for row in content["rows"]}


def test_the_limits_are_the_oracles_bound_and_the_issues_goals() -> None:
    limits = read_toml(resource("bench.toml"))["card"]
    counted = bound()
    assert (limits["exchanges"], limits["bytes"]) == (counted.exchanges, counted.octets)
    assert limits["durable_commits"] == 10
    assert limits["host_cpu_share"] == 0.05


def test_every_figure_meets_its_limit(kangka: Kangka) -> None:
    answer = kangka.run("--json", "bench")
    rows = told(answer)
    assert set(rows) == NAMES
    assert [name for name, row in rows.items() if not row["met"]] == []
    assert (answer.code, answer.err) == (0, "")
    cpu = rows["host CPU a card beside line time at 115,200 baud"]
    assert (cpu["goal"], cpu["unit"]) == (0.05, "ms")
    slow = rows["simulated time a card at 9,600 baud"]["value"]
    fast = rows["simulated time a card at 115,200 baud"]["value"]
    # The line is twelve times slower; the EEPROM's pages take their time at any rate.
    assert fast < slow < 12 * fast


@pytest.mark.usefixtures("fewer")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_missed_limit_is_named_and_exits_1(
    kangka: Kangka, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    strict = {"exchanges": 100, "bytes": 10, "durable_commits": 10, "host_cpu_share": 0.05}
    monkeypatch.setattr(bench, "read_toml", lambda _path: {"card": strict})
    answer = kangka.run("--lang", lang, "--json", "bench")
    assert answer.error["code"] == "bench.missed"
    rows = told(answer)
    assert not rows["exchanges a card"]["met"]
    assert rows["durable commits a card"]["met"]
    assert ("exchanges a card" in answer.error["message"]) == (lang == "en")
    plain = kangka.run("--lang", lang, "bench")
    assert plain.code == 1
    assert ("missed" if lang == "en" else "未达标") in plain.out
