"""Operations off the window's thread: one serial executor an owner, results by signals (decision 6).

The store's thread owns the writing connection, each device has a thread, workers draw pictures. What
comes back arrives on the window's thread, whichever thread sent it.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from app.base.errors import N_, KangkaError
from app.base.threads import assert_off_window_thread

_log = logging.getLogger("kangka.ui")


class Owner(StrEnum):
    """Who runs an operation. Operations of one owner follow each other, never side by side."""

    STORE = "store"
    ID_READER = "id-reader"
    CARD = "card"
    WORKER = "worker"
    PEOPLE = "people"


@dataclass(eq=False)
class UnexpectedFault(KangkaError):
    """A bug met while working: not one of the faults the desk understands."""

    kind: str

    code = "program.unexpected"
    cause = N_("The program met a fault of its own ({kind}).")
    meaning = N_("What was done before is kept; this step did not finish.")
    remedy = N_("Try the step once more; if it happens again, send the support bundle.")


class Task(QObject):
    """One operation under way. Its public signals fire on the window's thread only.

    ``cancel`` is looked at by the work between its steps; ``report`` may be called from any thread.
    """

    succeeded = Signal(object)
    failed = Signal(object)
    progressed = Signal(object)
    finished = Signal()
    _posted = Signal(str, object)

    def __init__(self, name: str, runner: TaskRunner) -> None:
        super().__init__(runner)
        self.name = name
        self._runner = runner
        self.cancel = threading.Event()
        self._posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def report(self, message: object) -> None:
        """Send progress to the window, from the thread that works."""
        self._posted.emit("progress", message)

    def stop(self) -> None:
        """Ask the work to end before its next step."""
        self.cancel.set()

    def _run(self, work: Callable[[Task], Any]) -> None:
        assert_off_window_thread(self.name)
        try:
            result = work(self)
        except KangkaError as fault:
            self._posted.emit("failure", fault)
        except Exception as bug:  # noqa: BLE001 - a bug must reach the clerk as a sentence, not a freeze
            # The message of a stray exception may hold a person's data; where it arose does not.
            where = "".join(traceback.format_tb(bug.__traceback__))
            _log.error("%s in %s\n%s", type(bug).__name__, self.name, where)
            self._posted.emit("failure", UnexpectedFault(kind=type(bug).__name__))
        else:
            self._posted.emit("success", result)

    @Slot(str, object)
    def _deliver(self, kind: str, value: object) -> None:
        if self._runner.closed:
            return  # the window is gone, and with it whoever wanted to know
        if QThread.currentThread() is not self.thread():
            raise RuntimeError("a task's result reached another thread than the window's")
        if kind == "progress":
            self.progressed.emit(value)
            return
        (self.succeeded if kind == "success" else self.failed).emit(value)
        self.finished.emit()


class TaskRunner(QObject):
    """Starts operations and keeps them until they end.

    ``unheard`` fires for a failure that nobody asked to be told of, so that none is lost.
    """

    unheard = Signal(object)
    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._executors: dict[Owner, ThreadPoolExecutor] = {}
        self._running: list[tuple[Owner, Task]] = []
        self._closed = False

    def run(
        self,
        owner: Owner,
        name: str,
        work: Callable[[Task], Any],
        *,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[KangkaError], None] | None = None,
        progressed: Callable[[Any], None] | None = None,
    ) -> Task:
        """Run ``work`` on its owner's thread; the callables are called on this one."""
        task = Task(name, self)
        if done is not None:
            task.succeeded.connect(done)
        task.failed.connect(failed if failed is not None else self.unheard)
        if progressed is not None:
            task.progressed.connect(progressed)
        task.finished.connect(lambda: self._forget(task))
        if self._closed:
            raise RuntimeError(f"{name} was asked for after the window closed")
        self._running.append((owner, task))
        self._executor(owner).submit(task._run, work)
        self.changed.emit()
        return task

    def busy(self, owner: Owner | None = None) -> bool:
        """Whether anything of this owner (or of any) is under way or waits."""
        return any(owner is None or one is owner for one, _task in self._running)

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Ask everything to stop before its next step, and wait for it: nothing is left half-done."""
        self._closed = True
        for _owner, task in self._running:
            task.stop()
        for executor in self._executors.values():
            executor.shutdown(wait=True, cancel_futures=True)

    def _executor(self, owner: Owner) -> ThreadPoolExecutor:
        if owner not in self._executors:
            self._executors[owner] = ThreadPoolExecutor(1, thread_name_prefix=f"kangka-{owner.value}")
        return self._executors[owner]

    def _forget(self, task: Task) -> None:
        self._running = [(owner, one) for owner, one in self._running if one is not task]
        task.deleteLater()
        self.changed.emit()
