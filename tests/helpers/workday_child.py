"""Does the steps of a day in forks of one warm process, each ended by SIGKILL where its job says, and
judges what the next desk finds.

Run as ``python -m tests.helpers.workday_child FOLDER VARIANT``. It first lives the day uncut, keeping
the folder as it was before each step, and says one line of JSON: of each step the durable points, how
many statements and changes of files it has, its acts and kinds of audit rows. A job is then one line:
step, ``kill`` as [kind, n] and mode; kind is "commit" (the nth point, before and after each commit),
"statement" (just before the nth to the database) or "file" (just before the nth change in the
workplace's folder). The answer is one line: the status, and what was found.

``mode`` plants a fault for the control: "torn" commits every statement by itself, "unkept" tells without
ever committing. Nothing is gone on with then.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from app.domain.audit import AuditQuery
from app.store.database import CipherDatabase
from app.workflow.gate import Gate
from tests.helpers.workday import VARIANTS, Workday
from tests.helpers.workday_judge import Judge, half, seq_of, shape
from tests.helpers.workday_place import (
    DESK,
    Opened,
    fold_witness,
    furnish_place,
    learn,
    open_place,
    teach,
    warm,
)
from tests.helpers.workday_steps import Step, steps_of

_CHANGES: Final = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.chmod"}
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# Devices, not records: what a chip and a printer keep is theirs. SQLCipher's own files are cut by
# tests/faults/test_power_cuts.py, below the cipher.
_DEVICES: Final = ("/simulated", "/printed")
_PAPERS: Final = shutil.ignore_patterns("papers", "printed")

Say = Callable[[dict[str, Any]], None]


class Killer:
    """Counts what passes once it is armed, and ends this process at one of them."""

    def __init__(self, kill: list[Any] | None, say: Say) -> None:
        self._kind, self._at = kill or [None, 0]
        self._say = say
        self._keep: Callable[[], None] | None = None
        self.points: list[str] = []
        self.count = {"statement": 0, "file": 0}
        self.acts: set[str] = set()

    def arm(self, opened: Opened) -> None:
        """From here on; a chip is as far as it is when it dies."""
        self._keep = opened.hardware.keep
        self._say({"seq": opened.ask(seq_of)})
        WATCH.killer = self

    def disarm(self) -> None:
        WATCH.killer = None

    def commit(self, point: str) -> None:
        if WATCH.killer is not self:
            return
        self.points.append(point)
        if point.startswith("after "):
            self._say({"told": point.removeprefix("after ")})
        if self._kind == "commit" and len(self.points) == self._at:
            self._die()

    def passes(self, kind: str) -> None:
        self.count[kind] += 1
        if self._kind == kind and self.count[kind] == self._at:
            self._die()

    def _die(self) -> None:
        self.disarm()
        if self._keep is not None:
            self._keep()
        os.kill(os.getpid(), signal.SIGKILL)


class Watch:
    """What every process of this kind listens at: statements, acts at the gate, changes of files."""

    killer: Killer | None = None

    def begin(self) -> None:
        execute = CipherDatabase.execute_sql

        def counted(database: CipherDatabase, *arguments: Any, **more: Any) -> Any:
            if self.killer is not None:
                self.killer.passes("statement")
            return execute(database, *arguments, **more)

        CipherDatabase.execute_sql = counted  # type: ignore[method-assign]
        for name in ("enter", "view"):
            setattr(Gate, name, self._noting(getattr(Gate, name)))
        sys.addaudithook(self._changed)

    def _noting(self, through: Callable[..., Any]) -> Callable[..., Any]:
        def noted(gate: Gate, act: str, **more: Any) -> Any:
            passed = through(gate, act, **more)
            if self.killer is not None:
                self.killer.acts.add(act)
            return passed

        return noted

    def _changed(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.killer is None or (event != "open" and event not in _CHANGES):
            return
        path = arguments[0]
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITING):
            return
        text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
        if f"/{DESK}/" in text and not any(device in text for device in _DEVICES):
            self.killer.passes("file")


WATCH: Final = Watch()


@contextlib.contextmanager
def _nothing(*_arguments: Any, **_more: Any) -> Iterator[None]:
    yield


def plant(mode: str) -> None:
    """The control's fault, in this fork alone."""
    if mode == "torn":
        CipherDatabase.transaction = CipherDatabase.atomic = _nothing  # type: ignore[method-assign, assignment]
    if mode == "unkept":
        begin = CipherDatabase.begin
        CipherDatabase.commit = lambda _self: None  # type: ignore[method-assign]
        CipherDatabase.begin = lambda self, lock_type=None: (  # type: ignore[method-assign]
            None if self.connection().in_transaction else begin(self, lock_type)
        )


class Days:
    """One variant's day in a folder of its own."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder = folder
        self._number = number
        self._variant = VARIANTS[number]
        self._steps = {step.name: step for step in steps_of(self._variant)}
        self._judge = Judge(self._variant)
        self._shapes: dict[str, Any] = {}

    def uncut(self) -> dict[str, Any]:
        """The whole day as it goes when nothing happens."""
        place = self._folder / "uncut"
        _forked(lambda say: furnish_place(place))
        told: dict[str, Any] = {}
        for name, step in self._steps.items():
            fold_witness(place)
            shutil.copytree(place, self._before(name), ignore=_PAPERS)
            told[name] = said = _forked(partial(self._run, place, step, None, ""))
            if said["status"]:
                raise RuntimeError(f"the uncut day ends at {name}")
            self._shapes[name] = said.pop("shape")
            learn(self._folder)
        # What is there now is there for good: forks share it.
        gc.collect()
        gc.freeze()
        return told

    def strike(self, name: str, kill: list[Any], mode: str) -> dict[str, Any]:
        """Kill a desk in a step; how it ended, and what its successor finds."""
        place, step = self._folder / "struck", self._steps[name]
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self._before(name), place)
        said = _forked(partial(self._run, place, step, kill, mode))
        if mode == "torn":
            judged = _forked(lambda say: say({"found": half(place)}))
        else:
            judged = _forked(lambda say: say(self._judge.judged(place, step, said, self._shapes[name])))
        if "held" in judged:
            self._judge.known.add(judged["held"])
        found = judged.get("found", [f"the next desk ends with {judged['status']}"])
        return {"status": said["status"], "found": found}

    def _before(self, name: str) -> Path:
        return self._folder / f"before-{name}"

    def _run(self, place: Path, step: Step, kill: list[Any] | None, mode: str, say: Say) -> None:
        killer = Killer(kill, say)
        with open_place(place, f"{self._number} {step.name}", step.at_ms, killer.commit) as opened:
            day = Workday(opened, self._variant)
            if step.role is not None:
                day.sign_in(step.role)
            plant(mode)
            killer.arm(opened)
            step.act(day)
            killer.disarm()
            rows = opened.ask(lambda store: store.audit.page(AuditQuery(limit=5_000)))
            say(
                {
                    "points": killer.points,
                    **killer.count,
                    "acts": sorted(killer.acts),
                    "kinds": sorted({row.kind for row in rows}),
                    "shape": opened.ask(shape),
                }
            )
            if mode:
                os._exit(0)
        teach(self._folder)


def _forked(work: Callable[[Say], Any]) -> dict[str, Any]:
    """What ``work`` said in a fork of this process, which itself never opens a database: SQLite's own
    locks do not outlive a fork."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(read)
            work(lambda told: _line(write, told))
            code = 0
        except BaseException:  # noqa: BLE001 - said here, because nobody unwinds a fork
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(write)
    answer: dict[str, Any] = {"told": []}
    with os.fdopen(read, "rb") as stream:
        for line in stream.read().splitlines():
            said = json.loads(line)
            if "told" in said:
                answer["told"].append(said["told"])
            else:
                answer.update(said)
    _pid, status = os.waitpid(pid, 0)
    return answer | {"status": os.waitstatus_to_exitcode(status)}


def _line(out: int, told: dict[str, Any]) -> None:
    """One line, whole, before whatever comes next."""
    rest = json.dumps(told).encode() + b"\n"
    while rest:
        rest = rest[os.write(out, rest) :]


def serve(days: Days) -> None:
    """The uncut day, then each job that is read."""
    _line(1, days.uncut())
    for line in sys.stdin:
        job = json.loads(line)
        _line(1, days.strike(job["step"], job["kill"], job["mode"]))


if __name__ == "__main__":
    warm()
    WATCH.begin()
    serve(Days(Path(sys.argv[1]), int(sys.argv[2])))
