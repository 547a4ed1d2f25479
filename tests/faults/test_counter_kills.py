"""The real workflows of a counter, killed (SIGKILL) at every durable point, over real simulated chips.

tests/faults/test_workflow_kills.py kills units of work between any two statements; here the workflows
themselves run, with their guards, papers and chips, and die before and after each commit they make.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.card import CardState
from tests.helpers.counter_child import ACTS, cards
from tests.helpers.invariants import findings
from tests.workflow.card_support import Counter

pytestmark = pytest.mark.xdist_group("counter-kills")

ROOT = Path(__file__).resolve().parents[2]
KILLED = -9


class KillingCounter:
    """Counters that come and go; the folder before each act is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seed = 100
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.counter_child"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.points: dict[str, list[str]] = {}
        self.statements: dict[str, int] = {}
        place = folder / "uncut"
        place.mkdir()
        assert self.run(place, "begin")["status"] == 0
        for act in ACTS:
            shutil.copytree(place, self.before(act))
            said = self.run(place, act)
            assert said["status"] == 0, act
            self.points[act], self.statements[act] = said["points"], said["statements"]

    def before(self, act: str) -> Path:
        return self.folder / f"before-{act}"

    def seed(self) -> int:
        """Ids of their own for every desk that comes."""
        self._seed += 1
        return self._seed

    def run(self, place: Path, act: str, kill: Any = None, mode: str = "") -> dict[str, Any]:
        assert self._process.stdin is not None and self._process.stdout is not None
        told = {"folder": str(place), "step": act, "kill": kill, "mode": mode, "seed": self.seed()}
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        said: dict[str, Any] = json.loads(self._process.stdout.readline())
        return said

    def struck(self, act: str) -> Path:
        """The folder as it is before an act, to be killed in."""
        place = self.folder / "struck"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.before(act), place)
        return place

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@pytest.fixture(scope="module")
def killing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillingCounter]:
    counters = KillingCounter(tmp_path_factory.mktemp("counter"))
    yield counters
    counters.close()


@pytest.mark.parametrize("act", list(ACTS))
def test_killed_at_every_durable_point_of_a_workflow(
    killing: KillingCounter, act: str, record_proof: Callable[[str, int], None]
) -> None:
    redo, after = ACTS[act]
    points = killing.points[act]
    assert points
    for at, point in enumerate(points, 1):
        place = killing.struck(act)
        assert killing.run(place, act, ["commit", at])["status"] == KILLED, (act, point)
        counter = Counter(place, seed=killing.seed())
        try:
            assert findings(counter.store) == [], (act, point)
            before = cards(counter)[0].state
            redo(counter)
            assert cards(counter)[0].state is after, (act, point, before)
            assert findings(counter.store) == [], (act, point)
            if at == len(points):
                # It was all done: nothing is recorded a second time.
                assert before is after, (act, point)
        finally:
            counter.bench.keep()
            counter.close()
    record_proof("counter workflows killed at a durable point", len(points))


def test_the_uncut_counter_ends_well(killing: KillingCounter) -> None:
    counter = Counter(killing.folder / "uncut", seed=killing.seed())
    assert findings(counter.store) == []
    assert [card.state for card in cards(counter)] == [CardState.RECOVERED]
    assert sum(len(points) for points in killing.points.values()) >= 2 * len(ACTS)
    counter.close()


@pytest.mark.parametrize("act", ["hand-over", "written-loss", "reissue", "pay"])
def test_control_a_workflow_whose_commit_is_in_pieces_is_caught(
    killing: KillingCounter, act: str
) -> None:
    """Every statement by itself, as if there were no transaction: some kill leaves half, which shows."""

    def noticed(at: int) -> bool:
        place = killing.struck(act)
        if killing.run(place, act, ["statement", at], "torn")["status"] != KILLED:
            return False
        counter = Counter(place, seed=killing.seed())
        try:
            return bool(findings(counter.store))
        finally:
            counter.close()

    assert any(noticed(at) for at in range(killing.statements[act], 0, -1))
