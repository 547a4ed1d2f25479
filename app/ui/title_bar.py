"""The frame's head: which desk, who acts at it, in which world; and the way out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout

from app.domain.application import Realm
from app.domain.staff import Actor
from app.ui.messages import Messages
from app.ui.theme import GRID, set_tone
from app.ui.widgets.basic import Button, Picture, label
from app.ui.widgets.people import who
from app.workflow.views import WorkplaceInfo


def badge_words(messages: Messages, place: WorkplaceInfo) -> str:
    """What says that this is not the live desk with real devices; empty where it is."""
    words = {
        Realm.TRAINING: [messages.text("TRAINING")],
        Realm.TEST: [messages.text("TEST CARDS")],
        Realm.LIVE: [],
    }[place.realm]
    if place.simulated:
        words.append(messages.text("SIMULATED"))
    return " · ".join(words)


_WIDE = 150 * GRID


class TitleBar(QFrame):
    """Name and role of who acts stand here on every page."""

    lock = Signal()
    leave = Signal()

    def __init__(self, messages: Messages, place: WorkplaceInfo) -> None:
        super().__init__()
        self._messages = messages
        set_tone(self, "bar")
        self.setFixedHeight(6 * GRID)
        line = QHBoxLayout(self)
        line.setContentsMargins(2 * GRID, 0, 2 * GRID, 0)
        line.setSpacing(GRID + 4)
        line.addWidget(Picture("app", 24))
        self.program = label(messages.text("Health card desk"), bold=True)
        line.addWidget(self.program)
        desk = messages.text("Desk {desk}", desk=place.desk)
        self.place = label(f"{place.name} · {desk}", tone="muted")
        line.addWidget(self.place)
        line.addStretch(1)
        line.addWidget(Picture("person", 16))
        self.person = label(bold=True)
        line.addWidget(self.person)
        self.lock_button = Button(messages.text("Lock"), "F12")
        self.lock_button.clicked.connect(self.lock)
        self.leave_button = Button(messages.text("Sign out"))
        self.leave_button.clicked.connect(self.leave)
        for button in (self.lock_button, self.leave_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            line.addWidget(button)
        words = badge_words(messages, place)
        self.badge = label(words, bold=True, tone="training")
        self.badge.setFixedHeight(4 * GRID)
        if not words:
            self.badge.hide()
        line.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignVCenter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # A small screen keeps the place and the person; the program's own name is in the window's title.
        self.program.setVisible(self.width() >= _WIDE)

    def show_person(self, actor: Actor | None) -> None:
        self.person.setText("" if actor is None else who(self._messages, actor))
