"""The first run of a live workplace, a recovery, new shares and an adoption, killed (SIGKILL).

Before each statement to the database and before each change of a file. The next start finds nothing or
everything, or goes on after one clear sentence.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("first-run-kills")

Sample = Callable[[Sequence[Any], int], list[Any]]
ROOT = Path(__file__).resolve().parents[2]
KILLED = -9
# How many kills of each act `make test` takes; `make prove` takes every place.
FEW = 9
ACTS = ("init", "recover", "adopt", "shares")


class FirstRuns:
    """A process that does and cuts the acts, and judges what they leave."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.first_run_child", str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, act: str, kill: Any = None, mode: str = "") -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"act": act, "kill": kill, "mode": mode}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstRuns]:
    folder = tmp_path_factory.mktemp("first-runs")
    found = FirstRuns(folder)
    yield found
    found.close()
    shutil.rmtree(folder)


def places(runs: FirstRuns, act: str) -> list[tuple[str, int]]:
    uncut = runs.ask(act)
    assert uncut["status"] == 0
    assert uncut["found"] == []
    return [(kind, at + 1) for kind in ("statement", "file") for at in range(uncut[kind])]


@pytest.mark.prove
@pytest.mark.parametrize("act", ACTS)
def test_a_first_run_that_is_cut_leaves_nothing_or_everything(
    runs: FirstRuns, act: str, sample: Sample, proving: bool, record_proof: Callable[[str, int], None]
) -> None:
    found = places(runs, act)
    chosen = found if proving else sample(found, FEW)
    breaches = []
    for kill in chosen:
        said = runs.ask(act, kill)
        assert said["status"] == KILLED, kill
        breaches += [f"{act} {kill}: {one}" for one in said["found"]]
    assert not breaches, "\n".join(breaches)
    record_proof("first runs, recoveries, new shares and adoptions killed", len(chosen))


def test_control_a_workplace_that_gets_its_name_before_it_is_whole_is_caught(runs: FirstRuns) -> None:
    """Made in its place instead of beside it, some cut leaves what is neither nothing nor whole."""
    uncut = runs.ask("init")
    cuts = range(uncut["file"], 0, -1)
    assert any(runs.ask("init", ("file", at), "in-place")["found"] for at in cuts)


def test_control_shares_that_are_told_and_never_recorded_are_caught(runs: FirstRuns) -> None:
    [found] = runs.ask("shares", mode="unkept")["found"]
    assert "are refused by recovery.share-of-another-set" in found
