"""The frame's head: which desk, who acts at it, in which world; and the way out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu

from app.base.errors import N_
from app.domain.application import Realm
from app.domain.staff import Actor
from app.ui.messages import Messages
from app.ui.theme import GRID, TypeSize, set_tone, set_type
from app.ui.widgets.basic import Button, Picture, label
from app.ui.widgets.own_secret import Secret
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
    # Which of the own two is to be set.
    secret = Signal(object)

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
        self.person = Button(messages.text("Nobody"))
        set_type(self.person, TypeSize.BODY, bold=True)
        set_tone(self.person, "row")
        self.person.setToolTip("Alt+M")
        self.person.clicked.connect(self.show_menu)
        # A child of the window: what stands in it is read by screen readers like any menu.
        self.menu = QMenu(self)
        for secret, word in ((Secret.PASSWORD, N_("My password")), (Secret.PIN, N_("My PIN"))):
            self.menu.addAction(messages.text(word), lambda chosen=secret: self.secret.emit(chosen))
        self.lock_button = Button(messages.text("Lock"), "F12")
        self.lock_button.clicked.connect(self.lock)
        self.leave_button = Button(messages.text("Sign out"))
        self.leave_button.clicked.connect(self.leave)
        for button in (self.person, self.lock_button, self.leave_button):
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
        nobody = self._messages.text("Nobody")
        self.person.say(nobody if actor is None else f"{who(self._messages, actor)}  ▾")
        self.person.setAccessibleDescription(self._messages.text("My password and PIN, Alt+M"))

    def show_menu(self) -> None:
        """What belongs to the person alone, under the name; arrows and Enter choose."""
        self.menu.setActiveAction(self.menu.actions()[0])
        self.menu.popup(self.person.mapToGlobal(self.person.rect().bottomLeft()))
