"""Blockings of old cards that were interrupted: each is a case to settle (design decision 1)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.ui.messages import Messages
from app.ui.widgets.basic import Button, clear, label, rule
from app.ui.widgets.marks import StateLabel
from app.workflow.views import CaseRow


class OpenBlocks(QWidget):
    """The list, hidden while there is none; ``chosen`` gives the id of a card."""

    chosen = Signal(str)

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self._messages = messages
        self._shown = QWidget()
        column = QVBoxLayout(self._shown)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(label(messages.text("Blockings that were interrupted"), bold=True))
        column.addWidget(rule())
        self._lines = QVBoxLayout()
        column.addLayout(self._lines)
        self._shown.hide()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._shown)
        whole.addStretch(1)

    @property
    def buttons(self) -> list[Button]:
        """The way into each, in order."""
        return self._shown.findChildren(Button)

    def show_rows(self, rows: Sequence[CaseRow]) -> None:
        clear(self._lines)
        self._shown.setVisible(bool(rows))
        for row in rows:
            line = QHBoxLayout()
            line.addWidget(StateLabel(row.mark, f"{row.name} · {row.masked_number}"), 1)
            button = Button(self._messages.text("Settle"))
            button.setAccessibleName(self._messages.text("Settle the case of {name}", name=row.name))
            button.clicked.connect(lambda _on=False, card=row.id: self.chosen.emit(card))
            line.addWidget(button)
            self._lines.addLayout(line)
