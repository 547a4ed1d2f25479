"""The identity document as it was read, in its own order."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout

from app.ui.messages import Messages, grouped
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.basic import clear, label, rule, scrolled
from app.workflow.views import DocumentView


class DocumentPanel(QFrame):
    """Title and lines of a document; without one, what to do to get it."""

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self._messages = messages
        set_tone(self, "panel")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        self.title = label(messages.text("Document as read"), bold=True)
        column.addWidget(self.title)
        column.addWidget(rule())
        self.hint = label(tone="muted", wrap=True)
        column.addWidget(self.hint)
        self._lines = QGridLayout()
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setHorizontalSpacing(GRID)
        self._lines.setVerticalSpacing(GRID // 2)
        self._lines.setColumnStretch(1, 1)
        whole = QVBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(self._lines)
        whole.addStretch(1)
        # A low screen scrolls the document rather than pressing the photo together.
        column.addWidget(scrolled(whole), 1)
        self.wait(reading=False)

    def wait(self, *, reading: bool) -> None:
        """Say what to do while nothing was read."""
        self.hint.setText(
            self._messages.text("Lay the identity card on the reader. Esc ends the wait.")
            if reading
            else self._messages.text("Lay the identity card on the reader and press F2.")
        )

    def show_document(self, document: DocumentView | None) -> None:
        clear(self._lines)
        self.hint.setVisible(document is None)
        if document is None:
            self.title.setText(self._messages.text("Document as read"))
            return
        self.title.setText(self._messages.sentence(document.kind))
        top = Qt.AlignmentFlag.AlignTop
        for line, (name, value) in enumerate(document.lines):
            told = label(self._messages.text(name), TypeSize.SMALL, tone="muted")
            self._lines.addWidget(told, line, 0, top)
            self._lines.addWidget(label(grouped(value), TypeSize.SMALL, wrap=True), line, 1, top)
