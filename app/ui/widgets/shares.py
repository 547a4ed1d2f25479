"""Three recovery shares, told this once: to be written down, and gone as soon as they are covered."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.messages import Messages
from app.ui.theme import GRID, TypeSize
from app.ui.widgets.basic import PrimaryButton, Tick, label, panel

# A share is nine groups; three of them are a line that is compared at a glance.
_GROUPS_A_LINE = 3
_SHARES = 3


class SharesPanel(QWidget):
    """The shares one under the other, and the word of who made them that they are written down.

    The text can not be marked or copied, and no printer gets it: its queue would keep it. Whatever
    covers the panel (the lock, another person at the desk) wipes it.
    """

    # Put away by who wrote them down; covered before that.
    away = Signal()
    covered = Signal()

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self._messages = messages
        text = messages.text
        frame, column = panel()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(frame)
        column.addWidget(label(text("New recovery shares"), TypeSize.HEAD, bold=True, wrap=True))
        told = text(
            "Any two open the records. Write each on a paper of its own and have three people keep them "
            "apart. They are shown now and never again; the older papers open nothing any more."
        )
        column.addWidget(label(told, tone="muted", wrap=True))
        self.shares = [label() for _ in range(_SHARES)]
        for number, share in enumerate(self.shares, 1):
            share.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
            column.addSpacing(GRID)
            column.addWidget(label(text("Share {number}", number=number), bold=True))
            column.addWidget(share)
        column.addStretch(1)
        self.written = Tick(text("All three are written down"))
        self.written.toggled.connect(self._enable)
        column.addWidget(self.written)
        self.done_button = PrimaryButton(text("Put the shares away"), "F9")
        self.done_button.clicked.connect(self.put_away)
        column.addWidget(self.done_button)
        self.wipe()

    @property
    def shown(self) -> bool:
        """Whether there are shares that nobody has said to have written down."""
        return bool(self.shares[0].text())

    def show_shares(self, texts: Sequence[str]) -> None:
        self.written.setChecked(False)
        for number, (share, told) in enumerate(zip(self.shares, texts, strict=True), 1):
            share.setText(_in_lines(told))
            share.setAccessibleName(self._messages.text("Share {number}", number=number))
            share.setAccessibleDescription(told)
        self._enable()
        self.written.setFocus(Qt.FocusReason.OtherFocusReason)

    def put_away(self) -> None:
        if self.shown and self.written.isChecked():
            self.wipe()
            self.away.emit()

    def wipe(self) -> None:
        for share in self.shares:
            share.clear()
            share.setAccessibleDescription("")
        self.written.setChecked(False)
        self._enable()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        # The window that is put out of sight by the system comes back to the same person.
        if self.shown and not event.spontaneous():
            self.wipe()
            self.covered.emit()

    def _enable(self) -> None:
        self.done_button.setEnabled(self.shown and self.written.isChecked())


def _in_lines(share: str) -> str:
    groups = share.split("-")
    lines = [groups[at : at + _GROUPS_A_LINE] for at in range(0, len(groups), _GROUPS_A_LINE)]
    return "\n".join("-".join(line) for line in lines)
