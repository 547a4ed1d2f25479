"""A desk is killed (SIGKILL) anywhere in a resident's story; what it told stands, and nothing half.

Every step of the story (tests/helpers/desk_story.py) runs in a process of its own over the records as
the steps before left them. It dies before and after each durable commit, and between any two statements.
The next desk opens the records, finds nothing of tests/helpers/invariants.py broken, goes on with the
same step from what it finds, and closes the shift in balance.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.base.errors import KangkaError
from app.domain.ports import CaseState
from tests.helpers.desk_story import VARIANTS, Story, missing
from tests.helpers.invariants import findings
from tests.helpers.story_child import opened

pytestmark = pytest.mark.xdist_group("workflow-kills")

Sample = Callable[[Sequence[Any], int], list[Any]]
Proof = Callable[[str, int], None]

ROOT = Path(__file__).resolve().parents[2]
KILLED = -9
# How many kills `make test` takes; `make prove` takes the 5,000 of the issue.
FEW, MANY = 300, 5_000


@dataclass(frozen=True)
class Kill:
    """Where a desk dies: in which variant and step, and at which commit point or statement."""

    variant: int
    step: str
    kind: str
    at: int


class KillingDesk:
    """Desks that come and go over copies of one story's records."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.story_child"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._uncut: dict[int, dict[str, dict[str, Any]]] = {}

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def run(self, store: Path, variant: int, step: str, kill: Any = None, mode: str = "") -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        job = {"folder": str(store), "variant": variant, "step": step, "kill": kill, "mode": mode}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def uncut(self, variant: int) -> dict[str, dict[str, Any]]:
        """Each step as it runs when nothing happens; its records before it are kept to begin from."""
        if variant not in self._uncut:
            store = self.folder / f"uncut-{variant}"
            opened(store).close()
            told: dict[str, dict[str, Any]] = {}
            probe = opened(store)
            names = list(Story(probe, variant).steps)
            probe.close()
            for name in names:
                shutil.copytree(store, self.before(variant, name))
                told[name] = self.run(store, variant, name)
                assert told[name]["status"] == 0, (variant, name)
            self._uncut[variant] = told
        return self._uncut[variant]

    def before(self, variant: int, step: str) -> Path:
        return self.folder / f"before-{variant}-{step}"

    def kills(self, variant: int) -> list[Kill]:
        """Every point of a variant: before and after each commit, and before each statement."""
        found = []
        for step, run in self.uncut(variant).items():
            found += [Kill(variant, step, "commit", at + 1) for at in range(len(run["points"]))]
            found += [Kill(variant, step, "statement", at + 1) for at in range(run["statements"])]
        return found

    def strike(self, kill: Kill, mode: str = "") -> tuple[Any, list[str]]:
        """Kill a desk; what it said, and what its successor finds wrong. The step is then done again."""
        store = self.folder / "struck"
        shutil.rmtree(store, ignore_errors=True)
        self.uncut(kill.variant)
        shutil.copytree(self.before(kill.variant, kill.step), store)
        said = self.run(store, kill.variant, kill.step, [kill.kind, kill.at], mode)
        after = opened(store)
        try:
            # The chain is read to its end once: after what comes next, or at once where nothing does.
            found = missing(after, said["told"]) + findings(after, audit=bool(mode))
            if not found and not mode:
                found = go_on(after, kill)
        finally:
            after.close()
        return said, found


def go_on(store: Any, kill: Kill) -> list[str]:
    """Do the step again from what is there, settle what is open, close the shift in balance."""
    story = Story(store, kill.variant)
    story.steps[kill.step]()
    for case in store.journal.open_cases():
        store.journal.spoil(case.id, "not finished today")
    story.close_shift()
    found = findings(store)
    open_still = [case for case in store.journal.open_cases() if case.state is not CaseState.SPOILED]
    for closing in store.records.read(lambda unit: unit.till.closings()):
        if not closing.balanced:
            found.append(f"closing {closing.number} is not in balance")
    return found + [f"case {case.number} is open" for case in open_still]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KillingDesk]:
    killing = KillingDesk(tmp_path_factory.mktemp("story"))
    yield killing
    killing.close()


def test_the_uncut_story_ends_well(desk: KillingDesk) -> None:
    for variant in range(len(VARIANTS)):
        desk.uncut(variant)
        store = opened(desk.folder / f"uncut-{variant}")
        assert findings(store) == []
        states = [
            card.state.value
            for card in store.records.read(lambda unit: unit.cards.of_person("person-0001"))
        ]
        spoiled = ["spoiled"] if VARIANTS[variant][1] else []
        assert states == ["in-use", *spoiled, "destroyed"]
        (closing,) = store.records.read(lambda unit: unit.till.closings())
        assert closing.balanced
        assert (len(closing.state.voided), closing.state.count, closing.state.gaps) == (1, 2, ())
        store.close()


def test_each_step_commits_what_it_is_meant_to(desk: KillingDesk) -> None:
    """A card takes its few commits, everything else one; what rides along needs none of its own."""
    commits = {step: len(run["points"]) // 2 for step, run in desk.uncut(0).items()}
    assert commits == dict.fromkeys(commits, 1) | {"make": 6, "make-again": 6}
    for run in desk.uncut(0).values():
        assert run["points"][::2] == [point.replace("after", "before") for point in run["points"][1::2]]


@pytest.mark.prove
def test_killed_anywhere_nothing_is_half(
    desk: KillingDesk, sample: Sample, proving: bool, record_proof: Proof
) -> None:
    kills = [kill for variant in range(len(VARIANTS)) for kill in desk.kills(variant)]
    commits = [kill for kill in kills if kill.kind == "commit"]
    between = [kill for kill in kills if kill.kind == "statement"]
    if proving:
        # Every durable point, and as many moments between two statements as make up the number.
        chosen = commits + sample(between, MANY - len(commits))
        assert len(chosen) >= MANY
    else:
        chosen = sample(commits, FEW // 3) + sample(between, FEW - FEW // 3)
    breaches = []
    for kill in chosen:
        said, found = desk.strike(kill)
        assert said["status"] == KILLED, (kill, said)
        breaches += [f"{kill}: {one}" for one in found]
    assert not breaches, "\n".join(breaches)
    record_proof("workflows killed at a durable point or between statements", len(chosen))


# ------------------------------------------------------------------------------------------ controls


def caught(desk: KillingDesk, step: str, mode: str) -> Kill | None:
    """The first kill of a step that is noticed under a planted fault."""
    for at in range(desk.uncut(0)[step]["statements"]):
        kill = Kill(0, step, "statement", at + 1)
        said, found = desk.strike(kill, mode)
        if said["status"] == KILLED and found:
            return kill
    return None


@pytest.mark.parametrize(
    "step", ["enrol", "make", "hand-over", "reissue", "take-fee", "void-fee", "close-shift"]
)
def test_control_a_commit_in_two_is_caught(desk: KillingDesk, step: str) -> None:
    assert caught(desk, step, "torn") is not None


@pytest.mark.parametrize("step", ["take-in", "enrol", "make", "hand-over", "reissue", "take-fee"])
def test_control_what_was_told_and_never_committed_is_caught(desk: KillingDesk, step: str) -> None:
    store = desk.folder / "unkept"
    desk.uncut(0)
    shutil.rmtree(store, ignore_errors=True)
    shutil.copytree(desk.before(0, step), store)
    said = desk.run(store, 0, step, None, "unkept")
    after = opened(store)
    assert said["told"]
    assert missing_or_unknown(after, said["told"])
    after.close()


def missing_or_unknown(store: Any, told: list[dict[str, Any]]) -> bool:
    """Whether something told is missing; a case or a receipt that nobody knows is missing too."""
    try:
        return bool(missing(store, told))
    except KangkaError:
        return True
