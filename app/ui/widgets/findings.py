"""What the desk found in an application: what is missing or wrong, as a list that jumps to the field."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.messages import Messages
from app.ui.theme import GRID, TypeSize
from app.ui.widgets.basic import Button, RowButton, clear, label, scrolled
from app.ui.widgets.marks import StateLabel, StateMark
from app.workflow.enrol import PersonHasCard
from app.workflow.views import Finding, Mark, ProblemKind

_MARKS = {
    ProblemKind.MISSING: Mark.WAITING,
    ProblemKind.WRONG: Mark.STOP,
    ProblemKind.NOTICE: Mark.ATTENTION,
}


class Findings(QWidget):
    """The list; ``jump`` gives the path of the line that was chosen, ``person`` whose page is wanted."""

    jump = Signal(str)
    # The number of a card that this person has already.
    person = Signal(str)

    def __init__(
        self, messages: Messages, label_of: Callable[[str], str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._messages = messages
        self._label_of = label_of
        self.head = StateLabel(Mark.WAITING, "")
        self._lines = QVBoxLayout()
        self._lines.setContentsMargins(0, 0, GRID, 0)
        self._lines.setSpacing(GRID)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.head)
        column.addWidget(scrolled(self._lines), 1)

    def show_problems(self, problems: Sequence[Finding], *, photo_left_out: bool = False) -> None:
        """Missing fields are a name each; a refusal brings its sentence and its remedy.

        A card may be made without a photo, but never by oversight: that stands at the end of the list.
        """
        focused = self.focusWidget()
        kept = focused.property("path") if focused is not None and focused.hasFocus() else None
        clear(self._lines)
        stopping = [problem for problem in problems if problem.stops]
        if stopping:
            word = self._messages.text("{count} still to do", count=len(stopping))
            self.head.set_state(Mark.ATTENTION, word)
        else:
            self.head.set_state(Mark.GOOD, self._messages.text("Everything needed is there"))
        for problem in problems:
            self._lines.addWidget(self._line(problem, focused=problem.path == kept))
        if photo_left_out:
            self._lines.addWidget(self._no_photo())
        self._lines.addStretch(1)

    def _no_photo(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top = QHBoxLayout()
        top.setSpacing(GRID // 2)
        top.addWidget(StateMark(Mark.ATTENTION, self._messages.mark(Mark.ATTENTION)))
        button = RowButton(self._label_of("photo"))
        button.setProperty("path", "photo")
        button.clicked.connect(lambda: self.jump.emit("photo"))
        top.addWidget(button, 1)
        column.addLayout(top)
        told = self._messages.text("Without a photo, its place on the card stays empty.")
        line = label(told, TypeSize.SMALL, tone="muted", wrap=True)
        line.setContentsMargins(3 * GRID, 0, 0, 2)
        column.addWidget(line)
        return box

    def _line(self, problem: Finding, *, focused: bool) -> QWidget:
        box = QWidget()
        mark = _MARKS[problem.kind]
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top = QHBoxLayout()
        top.setSpacing(GRID // 2)
        top.addWidget(StateMark(mark, self._messages.mark(mark)))
        button = RowButton(self._label_of(problem.path))
        button.setProperty("path", problem.path)
        button.clicked.connect(lambda: self.jump.emit(problem.path))
        told = self._messages.about(problem.fault, self._label_of(problem.path))
        button.setAccessibleDescription(" ".join(told))
        if focused:
            button.setFocus()
        top.addWidget(button, 1)
        column.addLayout(top)
        if problem.kind is not ProblemKind.MISSING:
            for part in told:
                line = label(part, TypeSize.SMALL, tone="muted", wrap=True)
                line.setContentsMargins(3 * GRID, 0, 0, 2)
                column.addWidget(line)
        fault = problem.fault
        if isinstance(fault, PersonHasCard):
            open_button = Button(self._messages.text("Open this person's page"))
            open_button.clicked.connect(lambda: self.person.emit(fault.card))
            column.addWidget(open_button)
        return box
