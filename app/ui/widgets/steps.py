"""The making of a card, step by step, with real milliseconds (ui.md, Issue)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.messages import Messages
from app.ui.theme import GRID, TypeSize, set_tone, set_type
from app.ui.widgets.basic import clear, label
from app.ui.widgets.marks import StateMark
from app.workflow.views import ExpectedStep, IssueStep, Mark, StepEvent

_ROW = 3 * GRID + 4
_DENSE_ROW = 3 * GRID - 2


class StepRow(QWidget):
    """One step: its state, its name, how many of how many, how long."""

    def __init__(self, step: IssueStep, messages: Messages) -> None:
        super().__init__()
        self._messages = messages
        self.step = step
        self.shape = StateMark(Mark.WAITING, messages.mark(Mark.WAITING))
        self.name = label(messages.step(step))
        self.count = label(tone="muted")
        self.time = label(tone="muted")
        for part in (self.count, self.time):
            part.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.count.setMinimumWidth(8 * GRID)
        self.time.setMinimumWidth(9 * GRID)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GRID + 4)
        line.addWidget(self.shape)
        line.addWidget(self.name, 1)
        line.addWidget(self.count)
        line.addWidget(self.time)
        self._tell(Mark.WAITING)

    @property
    def mark(self) -> Mark:
        return self.shape.mark

    def show_event(self, event: StepEvent) -> None:
        self.count.setText(f"{event.done}/{event.total}" if event.total > 1 else "")
        self.time.setText(self._messages.seconds(event.milliseconds))
        self._tell(event.mark)

    def _tell(self, mark: Mark) -> None:
        self.shape.set_mark(mark, self._messages.mark(mark))
        set_type(self.name, TypeSize.BODY, bold=mark is Mark.WORKING)
        set_tone(self.name, "muted" if mark is Mark.WAITING else "plain")
        parts = [self.name.text(), self.shape.accessibleName(), self.count.text(), self.time.text()]
        self.setAccessibleName(" ".join(part for part in parts if part))


class StepList(QWidget):
    """Every step of this desk, in order. Rows stand still: only what they say changes."""

    def __init__(self, messages: Messages, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self._rows: dict[IssueStep, StepRow] = {}
        self._height = _ROW
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def set_steps(self, steps: Sequence[ExpectedStep]) -> None:
        clear(self._column)
        self._rows = {}
        for step in steps:
            self._add(step.step)

    def show_event(self, event: StepEvent) -> None:
        """A step that nobody expected is added at the end rather than lost."""
        if event.step not in self._rows:
            self._add(event.step)
        self._rows[event.step].show_event(event)

    def set_dense(self, dense: bool) -> None:
        """Lower rows where the screen is low, so that no step and no button falls off it."""
        self._height = _DENSE_ROW if dense else _ROW
        for row in self._rows.values():
            row.setFixedHeight(self._height)

    def _add(self, step: IssueStep) -> None:
        row = StepRow(step, self._messages)
        row.setFixedHeight(self._height)
        self._rows[step] = row
        self._column.addWidget(row)

    def row(self, step: IssueStep) -> StepRow:
        return self._rows[step]

    def rows(self) -> list[StepRow]:
        return list(self._rows.values())
