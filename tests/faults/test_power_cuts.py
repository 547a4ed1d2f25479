"""Power cuts below the cipher: what was told durable is there, nothing is half, no store is refused.

One desk's day is recorded call by call; its power is then cut at many points of the record, and the
store's own code opens what a medium may hold after each. docs/power-cuts.md has the model.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.store import store
from app.store.database import DATABASE_FILE
from tests.helpers.parts import require_program
from tests.helpers.power_cuts import Disk, Everything, Fate, read_tree, write_image
from tests.helpers.power_cuts_desk import CHECKS, store_folder
from tests.helpers.power_cuts_judge import BESIDE, Judge, Tally
from tests.helpers.power_cuts_recorder import Recorded, Recorder, weaker
from tests.store.support import context

Proof = Callable[[str, int], None]

# A session that ends with the log folded, and one whose log is folded in the midst of a commit.
CARDS = 14
# A shorter day: a control's, and that of the desk that comes after a cut.
FEW = 4
# Cuts of each of three tests in `make test`, in `make prove` for each of its SCALE, and of the whole.
SAMPLED, PROVEN, WHOLE = 60, 7_000, 35_000
# So many of one desk that came after a cut, before the next one is begun, and its people.
SECOND, LATER = 2_000, 1_000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where the system has one: a medium that is judged, not used up."""
    memory = Path("/dev/shm")  # noqa: S108
    if memory.is_dir() and os.access(memory, os.W_OK):
        with tempfile.TemporaryDirectory(prefix="kangka-power-", dir=memory) as folder:
            yield Path(folder)
    else:
        yield tmp_path_factory.mktemp("power")


@pytest.fixture(scope="module")
def recorder(place: Path) -> Recorder:
    require_program("gcc", "gcc")
    return Recorder(place)


@pytest.fixture(scope="module")
def day(recorder: Recorder) -> Recorded:
    return recorder.record("day", cards=CARDS)


@pytest.fixture(scope="module")
def judge(day: Recorded, place: Path) -> Judge:
    return Judge(day, place / "image")


@pytest.fixture(scope="module")
def control(recorder: Recorder, place: Path) -> Iterator[Callable[..., Tally]]:
    """``control(name, cuts, job, **medium)``: cuts of a short day recorded as ``job`` asks."""

    def run(name: str, job: dict[str, object], **medium: object) -> Tally:
        judge = Judge(recorder.record(name, cards=FEW, **job), place / "image")
        return judge.cut(judge.points(60, name), name, enough=40, **medium)

    return run


# The record --------------------------------------------------------------------------------------------


@pytest.mark.part("gcc")
def test_the_record_holds_everything_that_was_written(day: Recorded) -> None:
    disk = Disk(day.recording)
    disk.forward(len(day.recording.ops))
    replayed = {path: bytes(content) for path, content in disk.image(Everything()).items()}
    assert replayed == read_tree(day.root)
    assert {Path(path).name for path in replayed} == {DATABASE_FILE, "kangka.key"}


@pytest.mark.part("gcc")
def test_the_day_meets_what_a_store_goes_through(day: Recorded) -> None:
    disk, told = Disk(day.recording), dict(day.recording.marks)
    made, headers, folds = 0, 0, []
    for at, op in enumerate(day.recording.ops):
        disk.forward(at + 1)
        made += op.kind == "r"
        if op.kind == "w" and disk.is_file(op.fd, DATABASE_FILE + "-wal"):
            headers += op.number == 0
        if op.kind == "w" and disk.is_file(op.fd, DATABASE_FILE):
            folds.append(next(told[mark] for mark in sorted(told) if mark > at))
    assert made == 1
    # The log was begun when the store was made, by both sessions, and once more over its old frames.
    assert headers >= 4
    assert any("commit" in mark or "fact" in mark for mark in folds), "no log was folded in a commit"
    assert any("closed" in mark for mark in folds), "no log was folded at the end"
    commits = [mark for _at, mark in day.recording.marks if "commit" in mark]
    acts = {"open", "freeze", "owe", "take", "open-case", "bind-chip", "spoil", "commit", "hand-over"}
    assert acts <= {commit["name"] for commit in commits}
    assert {mark["fact"] for mark in told.values() if "fact" in mark} == CHECKS.keys()
    assert len(commits) > 6 * CARDS


# The proof ---------------------------------------------------------------------------------------------


@pytest.fixture
def cuts(seed: int, scale: int, proving: bool) -> tuple[int, str]:
    """How many cuts a part of this run makes, and the seed that they are drawn by."""
    return (PROVEN * scale or WHOLE) if proving else SAMPLED, f"run {seed}"


@pytest.mark.part("gcc")
@pytest.mark.prove
@pytest.mark.parametrize("half", (1, 2))
def test_no_cut_takes_what_was_told_durable(
    half: int, judge: Judge, cuts: tuple[int, str], record_proof: Proof
) -> None:
    count, seed = cuts
    name = f"{seed} half {half}"
    tally = judge.cut(judge.points(count, name), name)
    hold(tally)
    record(tally, "power cuts", record_proof)
    # Some left no store yet, some a commit of which nobody had been told, some took names of files.
    assert tally.none and tally.ahead and tally.unnamed


@pytest.mark.part("gcc")
@pytest.mark.prove
@pytest.mark.parametrize("died", ["power", "killed"])
def test_nor_does_a_second_cut_at_the_desk_that_came_after(
    died: str, recorder: Recorder, judge: Judge, cuts: tuple[int, str], record_proof: Proof
) -> None:
    """Another desk begins with what the first left, settles it and works on; then the power goes.

    The first was cut off itself, or killed: then its unsynced writes are all seen, and may still go.
    What the second desk saw when it had opened the store counts as told.
    """
    count, seed = cuts[0] // 2, cuts[1]
    for turn in range(-(-count // SECOND)):
        name = f"{seed} {died} {turn}"
        draw = random.Random(name)  # noqa: S311
        disk = judge.disk(draw.choice(judge.points(50, name)))
        left = disk.image(Everything() if died == "killed" else Fate(name, beside=BESIDE))
        after = recorder.record(f"after-{died}-{turn}", left, first=LATER, cards=FEW)
        place = after.root.parent
        second = Judge(after, place / "image", disk if died == "killed" else None)
        tally = second.cut(second.points(min(count, SECOND), name), name)
        hold(tally)
        record(tally, f"power cuts of a desk after another: {died}", record_proof)
        shutil.rmtree(place)


def hold(tally: Tally) -> None:
    """Nothing was found, and the cuts were such that something could have been."""
    assert tally.findings == []
    # Most cuts take something away.
    assert tally.taken > tally.cuts // 2
    assert tally.dropped and tally.torn and tally.thorough


def record(tally: Tally, kind: str, record_proof: Proof) -> None:
    record_proof(kind, tally.cuts)
    record_proof("power cuts that took unsynced writes", tally.taken)
    record_proof("unsynced writes dropped", tally.dropped)
    record_proof("unsynced writes torn", tally.torn)


# The controls ------------------------------------------------------------------------------------------


@pytest.mark.part("gcc")
def test_control_normal_loses_what_was_told(control: Callable[..., Tally]) -> None:
    tally = control("normal", {"settings": weaker(synchronous="1")}, beside=(0,))
    assert tally.faults["lost"] > 5
    # What WAL with NORMAL gives up is durability, never the whole (sqlite.org/pragma.html).
    assert set(tally.faults) == {"lost"}


@pytest.mark.part("gcc")
def test_control_off_breaks_the_store(control: Callable[..., Tally]) -> None:
    tally = control("off", {"settings": weaker(synchronous="0")}, beside=(0,))
    assert tally.faults["lost"] and tally.faults["refused"] + tally.faults["damaged"]


@pytest.mark.part("gcc")
def test_control_a_medium_that_does_not_sync_loses_what_was_told(judge: Judge) -> None:
    tally = judge.cut(judge.points(60, "deaf"), "deaf", obeys=False, enough=10)
    assert tally.faults["lost"]


@pytest.mark.part("gcc")
def test_control_without_whole_sectors_a_spoiling_medium_takes_what_was_told(
    control: Callable[..., Tally],
) -> None:
    tally = control("trusting", {"medium": ""}, beside=(512, 4096))
    assert tally.faults["lost"] > 5


@pytest.mark.part("gcc")
@pytest.mark.parametrize("table", ["intent", "receipt", "audit", "card_event"])
def test_control_one_row_less_is_the_state_of_no_commit(table: str, judge: Judge) -> None:
    end = len(judge.recording.ops)
    shutil.rmtree(judge.place, ignore_errors=True)
    write_image(judge.disk(end).image(Everything()), judge.place)
    draw = random.Random(table)  # noqa: S311
    assert judge.verdict(end, draw, Tally(), thorough=False) is None
    opened = store.open_store(store_folder(judge.place), context())
    execute = opened._database.connection().execute
    execute("PRAGMA foreign_keys = 0")
    for (trigger,) in execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        execute(f"DROP TRIGGER {trigger}")
    execute(f"DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})")  # noqa: S608
    opened.close()
    found = judge.verdict(end, draw, Tally(), thorough=False)
    assert found is not None and found.startswith("half:") and f"['{table}']" in found
