"""What every page is given: the desk, the tasks, the words, the way to other pages, what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.base.errors import KangkaError
from app.ui.messages import Messages
from app.ui.tasks import Owner, Task, TaskRunner
from app.workflow.services import DeskService
from app.workflow.views import Mark

# Who runs each operation of a desk (decision 6). The one place that says so.
OWNERS = {
    "applications": Owner.STORE,
    "application": Owner.STORE,
    "begin_shift": Owner.CARD,
    "check": Owner.STORE,
    "devices": Owner.WORKER,
    "draft_from_training": Owner.STORE,
    "expected_steps": Owner.STORE,
    "faces": Owner.WORKER,
    "fit_photo": Owner.WORKER,
    "issue": Owner.CARD,
    "open_cases": Owner.STORE,
    "read_identity": Owner.ID_READER,
    "save": Owner.STORE,
    "settle": Owner.CARD,
    "summary": Owner.STORE,
}


@dataclass(frozen=True)
class Happening:
    """Something that happened while the clerk looked elsewhere, kept until it is seen."""

    mark: Mark
    text: str


class Happenings(QObject):
    """What happened and was not seen yet, oldest first."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._unseen: list[Happening] = []

    def add(self, mark: Mark, text: str) -> None:
        self._unseen.append(Happening(mark, text))
        self.changed.emit()

    def see(self) -> None:
        """The newest was seen."""
        if self._unseen:
            self._unseen.pop()
            self.changed.emit()

    @property
    def newest(self) -> Happening | None:
        return self._unseen[-1] if self._unseen else None

    def __len__(self) -> int:
        return len(self._unseen)


class Navigator(QObject):
    """Asks for a page by name, with what it should show; the window decides whether one may leave."""

    # An object, not a dict: Qt would turn a dict into its own map and every enum in it into text.
    asked = Signal(str, object)

    def go(self, page: str, **params: Any) -> None:
        self.asked.emit(page, params)


@dataclass(frozen=True)
class Context:
    """Handed to each page; pages know each other by name only."""

    desk: DeskService
    tasks: TaskRunner
    messages: Messages
    navigator: Navigator = field(default_factory=Navigator)
    happenings: Happenings = field(default_factory=Happenings)

    def run(
        self,
        operation: str,
        work: Callable[[Task], Any],
        *,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[KangkaError], None] | None = None,
        progressed: Callable[[Any], None] | None = None,
    ) -> Task:
        """Run one operation of the desk on the thread of its owner."""
        return self.tasks.run(
            OWNERS[operation], operation, work, done=done, failed=failed, progressed=progressed
        )
