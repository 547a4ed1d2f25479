"""An error where it arose: cause, meaning for this resident, remedy, code. Never a dialog."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.base.errors import KangkaError
from app.ui.messages import Messages
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.basic import Button, label
from app.ui.widgets.marks import StateMark
from app.workflow.views import Mark


class ErrorPanel(QFrame):
    """Hidden until a fault is shown; Tab reaches its buttons, and nothing covers the page."""

    def __init__(self, messages: Messages, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        set_tone(self, "fault")
        self.cause = label(bold=True, wrap=True)
        self.meaning = label(wrap=True)
        self.remedy = label(wrap=True)
        self.code = label(size=TypeSize.SMALL, tone="muted")
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(GRID)
        texts = QVBoxLayout()
        texts.setSpacing(GRID // 2)
        for part in (self.cause, self.meaning, self.remedy):
            texts.addWidget(part)
        self._texts = texts
        foot = QHBoxLayout()
        foot.addWidget(self.code, 1, Qt.AlignmentFlag.AlignBottom)
        foot.addLayout(self._actions)
        texts.addLayout(foot)
        line = QHBoxLayout(self)
        line.setContentsMargins(2 * GRID, GRID + 4, 2 * GRID, GRID + 4)
        line.setSpacing(GRID + 4)
        self._shape = StateMark(Mark.STOP, messages.mark(Mark.STOP), size=16)
        line.addWidget(self._shape, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(texts, 1)
        self.hide()

    def add(self, part: QWidget) -> None:
        """One more part below the remedy."""
        self._texts.insertWidget(3, part)

    def offer(self, button: Button) -> None:
        """Put a way out beside the remedy."""
        self._actions.addWidget(button)

    def show_fault(self, fault: KangkaError) -> None:
        """Show one fault, and tell a screen reader of it."""
        text = self._messages.error(fault)
        self.cause.setText(text.cause)
        self.meaning.setText(text.meaning)
        self.meaning.setVisible(bool(text.meaning))
        self.remedy.setText(text.remedy)
        self.code.setText(self._messages.text("Code {code}", code=text.code))
        self.setAccessibleName(text.cause)
        self.setAccessibleDescription(f"{text.meaning} {text.remedy}".strip())
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def clear(self) -> None:
        """The fault is over."""
        self.hide()
