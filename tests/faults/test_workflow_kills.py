"""A desk is killed (SIGKILL) anywhere in its day; what it told stands, nothing is half, and it goes on.

Every step of the day (tests/helpers/workday.py) is done by the real workflows over a live workplace with
simulated chips, in a process of its own. It dies before and after each durable commit, between any two
statements to the database, and between any two changes of files. The next desk finds exactly the commits
that were told and nothing of tests/helpers/invariants.py broken, does the step to the end that it has
without a kill, and closes the shift in balance.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.domain.audit import AuditKind
from app.domain.staff import Level, Role, load_permissions
from tests.helpers.workday import VARIANTS
from tests.helpers.workday_judge import half

Sample = Callable[[Sequence[Any], int], list[Any]]
Proof = Callable[[str, int], None]

ROOT = Path(__file__).resolve().parents[2]
KILLED = -9
# How many kills `make test` takes; `make prove` takes the 5,000 of the issue.
FEW, MANY = 300, 5_000
# Two workers share the run; a proof goes through two variants of the day at each. It is run by itself
# (`make prove SCALE=1 ARGS=tests/faults/test_workflow_kills.py`): beside a third group, pytest-xdist
# hands both of these to one worker, because it gives whoever has two tests left the next group.
GROUPS = [pytest.param(number, marks=pytest.mark.xdist_group(f"workday-{number}")) for number in (0, 1)]
FIRST = pytest.mark.xdist_group("workday-0")
SECOND = pytest.mark.xdist_group("workday-1")

# Acts that no step of the day does, and why.
LEFT_OUT = {
    "destroy-card": "no workflow does it yet",
    "cancel-card": "no workflow does it yet",
    "keys": "kangka recover, kangka keys shares: tests/faults/test_first_run_kills.py",
    "devices": "a file of the machine, replaced whole; nothing in the records",
}
LEFT_OUT_KINDS = {AuditKind.ERASE: "no workflow does it yet"}


@dataclass(frozen=True)
class Kill:
    """Where a desk dies: in which variant and step, and at which point, statement or file."""

    variant: int
    step: str
    kind: str
    at: int


class KillingDay:
    """One variant's day, and desks that die in copies of it."""

    def __init__(self, variant: int) -> None:
        self.variant = variant
        # In memory where the system has room for it there: a kill asks nothing of the medium.
        memory = Path("/dev/shm")  # noqa: S108 - a folder of one's own within it
        self.folder = Path(tempfile.mkdtemp("-workday", dir=memory if memory.is_dir() else None))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.workday_child", str(self.folder), str(variant)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.uncut: dict[str, dict[str, Any]] = self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()
        shutil.rmtree(self.folder)

    def kills(self, *kinds: str) -> list[Kill]:
        """Every place of ``kinds`` in which this day can be cut."""
        found = []
        for step, run in self.uncut.items():
            counts = {"commit": len(run["points"]), "statement": run["statement"], "file": run["file"]}
            for kind in kinds:
                found += [Kill(self.variant, step, kind, at + 1) for at in range(counts[kind])]
        return found

    def strike(self, kill: Kill, mode: str = "") -> list[str]:
        """Kill a desk; what its successor finds wrong."""
        assert self._process.stdin is not None
        job = {"step": kill.step, "kill": [kill.kind, kill.at], "mode": mode}
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        said = self._answer()
        missed = [] if said["status"] == KILLED else [f"the desk ended with {said['status']}"]
        return missed + [str(one) for one in said["found"]]


@pytest.fixture(scope="module")
def day_of() -> Iterator[Callable[[int], KillingDay]]:
    """``day_of(variant)``: this worker's day of a variant, lived at its first use."""
    days: dict[int, KillingDay] = {}

    def given(variant: int) -> KillingDay:
        if variant not in days:
            days[variant] = KillingDay(variant)
        return days[variant]

    yield given
    for day in days.values():
        day.close()


@pytest.fixture
def days(group: int, day_of: Callable[[int], KillingDay], proving: bool) -> list[KillingDay]:
    """The days of a worker: one in `make test`, two in a proof."""
    return [day_of(variant) for variant in range(group, len(VARIANTS) if proving else group + 1, 2)]


def points_of(days: list[KillingDay]) -> list[Kill]:
    """Every durable point: before and after each commit, and before each change of a file."""
    return [kill for day in days for kill in day.kills("commit", "file")]


def breaches(days: list[KillingDay], kills: Sequence[Kill]) -> str:
    """What the next desks find wrong, a line each."""
    day_of = {day.variant: day for day in days}
    return "\n".join(f"{kill}: {one}" for kill in kills for one in day_of[kill.variant].strike(kill))


@pytest.mark.prove
@pytest.mark.parametrize("group", GROUPS)
def test_killed_at_a_durable_point_nothing_is_half(
    days: list[KillingDay], sample: Sample, proving: bool, record_proof: Proof
) -> None:
    points = points_of(days)
    chosen = points if proving else sample(points, FEW // 6)
    assert not breaches(days, chosen)
    record_proof("workflows killed at a durable point", len(chosen))


@pytest.fixture
def moments(  # noqa: PLR0917 - fixtures, not arguments of a call
    days: list[KillingDay], group: int, sample: Sample, proving: bool, scale: int, seed: int
) -> list[Kill]:
    """Before which statements desks die: a sample; as many as make up a proof's number beside the
    durable points; all of them in a whole run."""
    between = [kill for day in days for kill in day.kills("statement")]
    if not proving:
        return sample(between, FEW // 3)
    wanted = len(between) if scale == 0 else MANY // 2 - len(points_of(days))
    drawn = random.Random(f"{seed} {group}").sample(between, wanted)  # noqa: S311 - a sample
    return sorted(drawn, key=lambda kill: kill.variant)


@pytest.mark.prove
@pytest.mark.parametrize("group", GROUPS)
def test_killed_between_two_statements_nothing_is_half(
    days: list[KillingDay], moments: list[Kill], record_proof: Proof
) -> None:
    assert not breaches(days, moments)
    record_proof("workflows killed between two statements", len(moments))


# ---------------------------------------------------------------------------------------------- census


@FIRST
def test_every_act_that_changes_something_is_a_step_of_the_day(
    day_of: Callable[[int], KillingDay],
) -> None:
    """Nobody adds an act without killing it: the gate itself tells which acts the steps pass."""
    permissions = load_permissions()
    acts = {
        act
        for act in permissions.levels
        if any(permissions.level(act, role) is Level.ACT for role in Role)
    }
    passed = {act for run in day_of(0).uncut.values() for act in run["acts"]}
    assert acts - passed == set(LEFT_OUT)


@FIRST
def test_every_kind_of_audit_row_is_written_by_the_day(day_of: Callable[[int], KillingDay]) -> None:
    """What changes without passing the gate (signing in, locking, printing) is in the day as well."""
    written = {kind for run in day_of(0).uncut.values() for kind in run["kinds"]}
    assert {kind.value for kind in AuditKind} - written == {kind.value for kind in LEFT_OUT_KINDS}


@FIRST
def test_each_commit_is_heard_before_and_after(day_of: Callable[[int], KillingDay]) -> None:
    uncut = day_of(0).uncut
    for run in uncut.values():
        assert run["points"][::2] == [point.replace("after", "before") for point in run["points"][1::2]]
    # decision 1: ten durable commits a card at most
    assert len(uncut["make"]["points"]) // 2 <= 10
    assert half(day_of(0).folder / "uncut") == []


# -------------------------------------------------------------------------------------------- controls


@SECOND
@pytest.mark.parametrize(
    "step", ["enrol-read", "approve", "make", "hand-over", "reissue", "take-fee", "void-fee", "close"]
)
def test_control_a_commit_in_pieces_is_caught(day_of: Callable[[int], KillingDay], step: str) -> None:
    """Every statement by itself, as if there were no transaction: some kill leaves half, which shows."""
    day = day_of(1)
    places = [kill for kill in day.kills("statement") if kill.step == step]
    # The last ones write; those of the sign-in beside it come first.
    assert any(day.strike(kill, "torn") for kill in reversed(places))


@SECOND
@pytest.mark.parametrize("step", ["add-people", "take-in", "enrol-file", "make", "take-fee", "close"])
def test_control_what_was_told_and_never_committed_is_caught(
    day_of: Callable[[int], KillingDay], step: str
) -> None:
    day = day_of(1)
    last = [kill for kill in day.kills("commit") if kill.step == step][-1]
    [found] = day.strike(last, "unkept")
    assert "commits are there" in found
