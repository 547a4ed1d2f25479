"""The door of the desk: signing in, and the cover of a locked desk. It shows nothing of a resident."""

from __future__ import annotations

import re
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.base.errors import KangkaError
from app.domain.staff import Actor
from app.ui.context import Context
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.basic import Button, Picture, PrimaryButton, label, panel, rule
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.inputs import LineInput, SecretInput, in_order
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.people import MadeUpPeople, Wait, who
from app.workflow.services import SignInService
from app.workflow.sign_in import MadeUpStaff, PasswordNeeded, SignInWaits
from app.workflow.views import Mark

# What may be meant as a PIN; from so many characters on it may be a password as well.
_PIN: Final = re.compile(r"[0-9]{4,8}")
_LEAST_PASSWORD: Final = 8


class Door(QWidget):
    """Name and password; on a locked desk the PIN or password of who locked it, or of another person.

    ``entered`` fires with who is signed in now.
    """

    entered = Signal(object)

    def __init__(self, context: Context, badge: str) -> None:
        super().__init__()
        self.context = context
        self.messages = context.messages
        self._locked: Actor | None = None
        self._pin = False
        self._ready = True
        self._asking = False
        self._of_another = False
        set_tone(self, "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        frame, column = panel(margin=3 * GRID, spacing=GRID + 4)
        frame.setFixedWidth(64 * GRID)
        column.addLayout(self._head())
        column.addLayout(self._place(badge))
        column.addWidget(rule())
        self._boxes(column)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(frame)
        line.addStretch(1)
        whole = QVBoxLayout(self)
        whole.addStretch(2)
        whole.addLayout(line)
        whole.addStretch(3)
        in_order(self.name, self.password, last=self.enter)
        for box in (self.name, self.password):
            box.changed.connect(self._enable)
        self.name.changed.connect(self.wait.end)
        self.wait.over.connect(self._again)

    def _head(self) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(GRID + 4)
        self._drawing = Picture("lock", 24)
        head.addWidget(self._drawing)
        self.title = label(size=TypeSize.HANDS, bold=True)
        head.addWidget(self.title, 1)
        return head

    def _place(self, badge: str) -> QHBoxLayout:
        place = self.context.desk.workplace()
        desk = self.messages.text("Desk {desk}", desk=place.desk)
        line = QHBoxLayout()
        line.setSpacing(GRID)
        line.addWidget(label(f"{place.name} · {desk}", tone="muted", wrap=True), 1)
        self.badge = label(badge, bold=True, tone="training")
        if not badge:
            self.badge.hide()
        line.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignVCenter)
        return line

    def _boxes(self, column: QVBoxLayout) -> None:
        text = self.messages.text
        self.told = StateLabel(Mark.WAITING, "")
        self.told.word.setWordWrap(True)
        column.addWidget(self.told)
        self.fault = ErrorPanel(self.messages)
        column.addWidget(self.fault)
        self.name = LineInput(text("Name"))
        self.password = SecretInput(text("Password"))
        column.addWidget(self.name)
        column.addWidget(self.password)
        self.wait = Wait(self.messages)
        column.addWidget(self.wait)
        foot = QHBoxLayout()
        self.other_button = Button(text("Somebody else"), "F11")
        self.other_button.clicked.connect(self.let_another)
        foot.addWidget(self.other_button)
        foot.addStretch(1)
        self.enter_button = PrimaryButton(text("Sign in"), "Enter")
        self.enter_button.clicked.connect(self.enter)
        foot.addWidget(self.enter_button)
        column.addLayout(foot)
        self.people = MadeUpPeople(self.messages, self.context.desk.sign_in.made_up())
        self.people.listen(self.name.editor)
        self.people.picked.connect(self._pick)
        column.addWidget(self.people)

    # ---------------------------------------------------------------------------------------- showing

    def ask_sign_in(self) -> None:
        """Nobody is signed in: name and password."""
        self._locked, self._of_another, self._ready = None, True, True
        self.title.setText(self.messages.text("Health card desk"))
        self.told.set_state(Mark.WAITING, self.messages.text("Sign in with your own name and password."))
        self.enter_button.say(self.messages.text("Sign in"))
        self._fresh()
        self.name.setFocus()

    def ask_unlock(self, actor: Actor, *, ready: bool) -> None:
        """The desk is covered for ``actor``. Until ``ready`` something they began is still ending."""
        self._locked, self._of_another, self._ready, self._pin = actor, False, ready, False
        self.title.setText(self.messages.text("This desk is locked"))
        self.enter_button.say(self.messages.text("Unlock"))
        self._fresh()
        self._tell_locked()
        self.password.setFocus()

    def set_locked(self, *, pin: bool) -> None:
        """What was under way has ended, and the desk is locked now."""
        self._ready, self._pin = True, pin
        self._tell_locked()
        self._enable()

    def let_another(self) -> None:
        """Somebody else takes the desk: their name is asked for too."""
        if self._locked is None or self._of_another:
            return
        self._of_another = True
        self.told.set_state(
            Mark.WAITING, self.messages.text("Another person: what was begun stays on its page.")
        )
        self._fresh()
        self.name.setFocus()

    def _tell_locked(self) -> None:
        if self._locked is None:
            return
        if self._ready:
            told = self.messages.text("{who}: everything is as it was left.", who=self._who)
            self.told.set_state(Mark.WAITING, told)
        else:
            told = self.messages.text(
                "{who}: what is at work ends first, nothing is lost.", who=self._who
            )
            self.told.set_state(Mark.WORKING, told)
        self.password.say(self.messages.text("PIN or password" if self._pin else "Password"))

    @property
    def _who(self) -> str:
        return who(self.messages, self._locked) if self._locked is not None else ""

    def _fresh(self) -> None:
        self.name.clear()
        self.password.clear()
        self.fault.clear()
        self.wait.end()
        self.name.setVisible(self._of_another)
        self.people.setVisible(self._of_another and bool(self.context.desk.sign_in.made_up()))
        self.other_button.setVisible(self._locked is not None and not self._of_another)
        pin = self._locked is not None
        self.password.say(self.messages.text("PIN or password" if pin else "Password"))
        self._enable()

    def _pick(self, person: MadeUpStaff) -> None:
        self.name.set_text(person.name)
        self.password.set_text(person.password)
        self.password.setFocus()

    # --------------------------------------------------------------------------------------- entering

    def enter(self) -> None:
        """Try what was typed, off the window's thread."""
        if not self.enter_button.isEnabled():
            return
        locked, pin = self._locked, self._pin
        name = self.name.text() if self._of_another or locked is None else locked.name
        secret = self.password.take()
        sign_in = self.context.desk.sign_in
        own = locked is not None and name == locked.name
        self._asking = True
        self.fault.clear()
        self._enable()

        def prove() -> Actor:
            if locked is not None and (pin or not own) and _PIN.fullmatch(secret):
                return _by_pin(sign_in, name, secret, own=own)
            return sign_in.sign_in(name, secret)

        task = self.context.run(
            "sign_in", lambda _task: prove(), done=self.entered.emit, failed=self._refused
        )
        task.finished.connect(self._asked)

    def _asked(self) -> None:
        self._asking = False
        self._enable()

    def _refused(self, fault: KangkaError) -> None:
        if isinstance(fault, PasswordNeeded):
            self._pin = False
        self.fault.show_fault(fault)
        if isinstance(fault, SignInWaits):
            self.wait.begin(fault.seconds)
        self.password.setFocus()

    def _again(self) -> None:
        self.fault.clear()
        self._enable()
        self.password.setFocus()

    def _enable(self) -> None:
        named = not self._of_another or bool(self.name.text())
        ready = named and bool(self.password.text()) and self._ready
        self.enter_button.setEnabled(ready and not self._asking and not self.wait.running)


def _by_pin(sign_in: SignInService, name: str, pin: str, *, own: bool) -> Actor:
    """Back by PIN: who locked the desk, or another person who gave the password in this shift."""
    try:
        return sign_in.unlock(pin) if own else sign_in.change(name, pin)
    except PasswordNeeded:
        if len(pin) < _LEAST_PASSWORD:
            raise
        # No PIN is good here, and so many digits may be somebody's password.
        return sign_in.sign_in(name, pin)
