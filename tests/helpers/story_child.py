"""Does steps of the story in forks of one prepared process, each ended by SIGKILL where its job says.

Run as ``python -m tests.helpers.story_child``. A job is one line of JSON: folder, variant, step, and
``kill`` as ["commit", n] (the nth durable point, before and after each commit) or ["statement", n] (just
before the nth statement to the database). Its answer is one line: the status, what was told as durable,
the points heard, how many statements there were.

``mode`` plants a fault for the control: "torn" commits every statement by itself, "unkept" tells without
ever committing.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.store.database import CipherDatabase
from app.store.store import Store, create, open_store
from tests.helpers.desk_story import CLERK, Story
from tests.store.support import context

# What a fork does for its job; what it says goes to the file.
Work = Callable[[dict[str, Any], int], None]


def opened(folder: Path, on_commit: Any = None) -> Store:
    """The story's store with its clerk signed in; a new one where there is none."""
    wanted = replace(context(on_commit=on_commit), who=lambda: CLERK)
    return open_store(folder, wanted) if folder.exists() else create(folder, wanted)


class Killer:
    """Counts what passes, and ends this process at one of them."""

    def __init__(self, kill: list[Any] | None) -> None:
        self._kind, self._at = kill or [None, 0]
        self.points: list[str] = []
        self.statements = 0

    def commit(self, point: str) -> None:
        self.points.append(point)
        if self._kind == "commit" and len(self.points) == self._at:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self) -> None:
        self.statements += 1
        if self._kind == "statement" and self.statements == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


def watch(killer: Killer) -> None:
    """Let ``killer`` count what is said to the database, in this fork alone."""
    execute = CipherDatabase.execute_sql

    def counted(self: CipherDatabase, *arguments: Any, **more: Any) -> Any:
        killer.statement()
        return execute(self, *arguments, **more)

    CipherDatabase.execute_sql = counted  # type: ignore[method-assign]


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


def say_to(out: int, told: dict[str, Any]) -> None:
    """One line, whole, before whatever comes next."""
    os.write(out, json.dumps(told).encode() + b"\n")


def _work(job: dict[str, Any], out: int) -> None:
    killer = Killer(job["kill"])

    def say(told: dict[str, Any]) -> None:
        say_to(out, told)

    store = opened(Path(job["folder"]), killer.commit)
    plant(job["mode"])
    watch(killer)
    Story(store, job["variant"], lambda told: say({"told": told})).steps[job["step"]]()
    say({"points": killer.points, "statements": killer.statements})
    if not job["mode"]:
        store.close()


def _fork(job: dict[str, Any], work: Work) -> dict[str, Any]:
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(read)
            work(job, write)
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        said = [json.loads(line) for line in stream.read().splitlines()]
    _pid, status = os.waitpid(pid, 0)
    answer: dict[str, Any] = {"status": os.waitstatus_to_exitcode(status), "told": []}
    for line in said:
        if "told" in line:
            answer["told"].append(line["told"])
        else:
            answer.update(line)
    return answer


def serve(work: Work) -> None:
    """Do each job that is read in a fork of this process, and say how it ended."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_fork(json.loads(line), work)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve(_work)
