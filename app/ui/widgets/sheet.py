"""A question over the page: for a second person, and for what can't be taken back (ui.md, Language)."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.theme import GRID, TypeSize, set_tone, theme
from app.ui.widgets.basic import label

_VEIL = 150


class Sheet(QWidget):
    """Lies over ``under``, which takes no key and no click meanwhile. Esc declines it.

    Enter never answers it: it leads through the boxes, and the answer itself is a deliberate key.
    """

    closed = Signal()

    def __init__(self, under: QWidget, width: int = 60 * GRID) -> None:
        super().__init__(under.parentWidget())
        self._under = under
        self._before: QWidget | None = None
        self.frame = QFrame()
        set_tone(self.frame, "sheet")
        self.frame.setFixedWidth(width)
        self.column = QVBoxLayout(self.frame)
        self.column.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        self.column.setSpacing(2 * GRID)
        self.title = label(size=TypeSize.HEAD, bold=True, wrap=True)
        self.column.addWidget(self.title)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self.frame)
        line.addStretch(1)
        whole = QVBoxLayout(self)
        whole.addStretch(1)
        whole.addLayout(line)
        whole.addStretch(2)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        # Wherever Tab led meanwhile: the frame's own buttons stay alive above the question.
        escape.setContext(Qt.ShortcutContext.WindowShortcut)
        escape.activated.connect(self.decline)
        under.installEventFilter(self)
        self.hide()

    @property
    def is_open(self) -> bool:
        return not self.isHidden()

    def open(self, title: str, first: QWidget) -> None:
        """Show the question; the cursor goes to ``first``."""
        self.title.setText(title)
        self.setAccessibleName(title)
        if self.isHidden():
            self._before = QApplication.focusWidget()
        # Disabled first: what had the cursor gives it away before the sheet takes it.
        self._under.setEnabled(False)
        self._cover()
        self.show()
        self.raise_()
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_sheet(self) -> None:
        """The page is there again, with the cursor where it was."""
        if self.isHidden():
            return
        self.hide()
        self._under.setEnabled(True)
        before, self._before = self._before, None
        if before is not None and self._under.isAncestorOf(before) and before.isEnabled():
            before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.closed.emit()

    def decline(self) -> None:
        """Leave it unanswered."""
        self.close_sheet()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._under and event.type() is QEvent.Type.Resize:
            self._cover()
        return super().eventFilter(watched, event)

    def _cover(self) -> None:
        self.setGeometry(QRect(self._under.pos(), self._under.size()))

    def paintEvent(self, _event: QPaintEvent) -> None:
        veil = QColor(theme().ground)
        veil.setAlpha(_VEIL)
        painter = QPainter(self)
        painter.fillRect(self.rect(), veil)
        painter.end()
