"""One's own password and PIN: the password again, the rules before, one sentence where it is refused."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.base.errors import N_, KangkaError
from app.ui.context import Context
from app.ui.widgets.basic import Button, PrimaryButton, label
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.inputs import SecretInput, in_order
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.people import Wait
from app.ui.widgets.sheet import Sheet
from app.workflow.sign_in import PinRefused, SignInRefused, SignInWaits
from app.workflow.views import Mark


class Secret(Enum):
    """Which of the two is set."""

    PASSWORD = "password"  # noqa: S105 - the kind, not a password
    PIN = "pin"


_TITLES = {Secret.PASSWORD: N_("My password"), Secret.PIN: N_("My PIN")}
_ACTS = {Secret.PASSWORD: N_("Change my password"), Secret.PIN: N_("Set my PIN")}
_NEW = {Secret.PASSWORD: N_("New password"), Secret.PIN: N_("New PIN")}
_RULES = {
    Secret.PASSWORD: N_(
        "{least} to {most} characters that nobody would guess: no row of keys, no word in use, not your "
        "name. It opens this desk and its records; nobody else may know it."
    ),
    Secret.PIN: N_(
        "{least} to {most} digits, neither a date nor a row or repetition. On a day on which you signed "
        "in with the password it unlocks this desk, for three tries."
    ),
}
_DONE = {
    Secret.PASSWORD: N_("Your password is changed. A PIN that was set is gone with the old one."),
    Secret.PIN: N_("Your PIN is set: F12 locks the desk, and the PIN unlocks it."),
}


class OwnSecretSheet(Sheet):
    """Enter leads through the boxes; Ctrl+Enter sets it, Esc does nothing."""

    def __init__(self, under: QWidget, context: Context) -> None:
        super().__init__(under)
        self._context = context
        self._messages = context.messages
        self._secret = Secret.PASSWORD
        self._asking = False
        text = self._messages.text
        self.rules = label(tone="muted", wrap=True)
        self.fault = ErrorPanel(self._messages)
        self.old = SecretInput(text("Your password now"))
        self.new = SecretInput(text("New password"))
        self.again = SecretInput(text("The same once more"))
        self.differs = StateLabel(Mark.ATTENTION, text("The two entries differ."))
        self.wait = Wait(self._messages)
        self.told = StateLabel(Mark.GOOD, "")
        self.told.word.setWordWrap(True)
        self.no_button = Button(text("Do nothing"), "Esc")
        self.no_button.clicked.connect(self.decline)
        self.yes_button = PrimaryButton(text(_ACTS[Secret.PASSWORD]), "Ctrl+Enter")
        self.yes_button.clicked.connect(self.confirm)
        foot = QHBoxLayout()
        foot.addWidget(self.no_button)
        foot.addStretch(1)
        foot.addWidget(self.yes_button)
        self._boxes = (self.old, self.new, self.again)
        for part in (self.told, self.rules, self.fault, *self._boxes, self.differs, self.wait):
            self.column.addWidget(part)
        self.column.addLayout(foot)
        in_order(*self._boxes, last=self.yes_button.setFocus)
        for box in self._boxes:
            box.changed.connect(self._enable)
        self.wait.over.connect(self._enable)
        deliberate = QShortcut(QKeySequence("Ctrl+Return"), self)
        deliberate.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        deliberate.activated.connect(self.confirm)

    def ask(self, secret: Secret) -> None:
        """Begin with empty boxes."""
        self._secret = secret
        text, rules = self._messages.text, self._context.desk.sign_in.rules()
        least, most = rules.password if secret is Secret.PASSWORD else rules.pin
        self.rules.setText(text(_RULES[secret], least=least, most=most))
        self.new.say(text(_NEW[secret]))
        self.yes_button.say(text(_ACTS[secret]))
        self.no_button.say(text("Do nothing"))
        self._wipe()
        self.fault.clear()
        self.wait.end()
        self._show_done(done=False)
        self.open(text(_TITLES[secret]), self.old)
        self._enable()

    def confirm(self) -> None:
        """Off the window's thread: a password takes its time on purpose."""
        if not self.yes_button.isEnabled() or self.yes_button.isHidden():
            return
        secret, sign_in = self._secret, self._context.desk.sign_in
        old, new = self.old.take(), self.new.text()
        act = sign_in.change_password if secret is Secret.PASSWORD else sign_in.set_pin
        self._asking = True
        self.fault.clear()
        self._enable()
        task = self._context.run(
            "sign_in",
            _calling(act, old, new),
            done=lambda _nothing: self._done(secret),
            failed=self._refused,
        )
        task.finished.connect(self._asked)

    def decline(self) -> None:
        self._wipe()
        self.close_sheet()

    def _done(self, secret: Secret) -> None:
        self._wipe()
        if not self.is_open:
            return
        self.told.set_state(Mark.GOOD, self._messages.text(_DONE[secret]))
        self.no_button.say(self._messages.text("Close"))
        self._show_done(done=True)
        self.no_button.setFocus()

    def _show_done(self, *, done: bool) -> None:
        self.told.setVisible(done)
        for part in (self.rules, *self._boxes, self.yes_button):
            part.setVisible(not done)

    def _refused(self, fault: KangkaError) -> None:
        self.fault.show_fault(fault)
        if isinstance(fault, SignInWaits):
            self.wait.begin(fault.seconds)
        if isinstance(fault, SignInRefused | SignInWaits | PinRefused):
            self.old.setFocus()
            return
        # The password was right; what is to be chosen anew is the new one.
        self.new.clear()
        self.again.clear()
        self.old.setFocus()

    def _asked(self) -> None:
        self._asking = False
        self._enable()

    def _enable(self) -> None:
        new, again = self.new.text(), self.again.text()
        self.differs.setVisible(
            bool(again) and not new.startswith(again) and not self.yes_button.isHidden()
        )
        ready = bool(self.old.text()) and bool(new) and new == again
        self.yes_button.setEnabled(ready and not self._asking and not self.wait.running)

    def _wipe(self) -> None:
        for box in self._boxes:
            box.clear()


def _calling(act: Callable[[str, str], None], old: str, new: str) -> Callable[[object], None]:
    """The call with what was typed, which the boxes forget meanwhile."""
    return lambda _task: act(old, new)
