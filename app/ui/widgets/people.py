"""People on the spot: the made-up ones of training by digit, and who authenticates for one act."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.base.errors import KangkaError
from app.domain.staff import Actor, Role
from app.ui.context import Authority, AuthorityWanted, Context
from app.ui.messages import Messages
from app.ui.theme import GRID, TypeSize
from app.ui.widgets.basic import Button, GraveButton, RowButton, clear, label, panel
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.inputs import LineInput, SecretInput, in_order
from app.ui.widgets.sheet import Sheet
from app.workflow.services import SignInService
from app.workflow.sign_in import MadeUpStaff, SignInWaits

_SECOND_MS = 1000
_DIGITS = "123456789"


class MadeUpPeople(QWidget):
    """The people of a training desk, with their passwords: a digit in the empty name box picks one."""

    picked = Signal(object)

    def __init__(self, messages: Messages, people: Sequence[MadeUpStaff]) -> None:
        super().__init__()
        self._people = tuple(people)[: len(_DIGITS)]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        told = messages.text("Made-up people of this training desk: a digit in the empty box picks one.")
        column.addWidget(label(told, TypeSize.SMALL, tone="muted", wrap=True))
        for number, person in enumerate(self._people, start=1):
            role = messages.word("role", person.role.value)
            button = RowButton(f"{number}  {person.name} · {role} · {person.password}")
            button.setFixedHeight(3 * GRID)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(lambda _on=False, one=person: self.picked.emit(one))
            column.addWidget(button)
        if not self._people:
            self.hide()

    def listen(self, editor: QLineEdit) -> None:
        """A digit typed into this box while it is empty picks a person."""
        editor.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            isinstance(watched, QLineEdit)
            and isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and not watched.text()
            and len(event.text()) == 1
            and event.text() in _DIGITS[: len(self._people)]
        ):
            self.picked.emit(self._people[int(event.text()) - 1])
            return True
        return super().eventFilter(watched, event)


class Wait(QWidget):
    """The wait before a name, counted down by the second; ``over`` when it has passed."""

    over = Signal()

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self._messages = messages
        self._left = 0
        self.told = label(tone="attention", bold=True)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.told)
        self._tick = QTimer(self, interval=_SECOND_MS)
        self._tick.timeout.connect(self._count)
        self.hide()

    @property
    def running(self) -> bool:
        return self._left > 0

    def begin(self, seconds: int) -> None:
        self._left = max(1, seconds)
        self._tick.start()
        self._tell()
        self.show()

    def end(self) -> None:
        self._tick.stop()
        self._left = 0
        self.hide()

    def _count(self) -> None:
        self._left -= 1
        if self._left <= 0:
            self.end()
            self.over.emit()
        else:
            self._tell()

    def _tell(self) -> None:
        self.told.setText(
            self._messages.text("Wait {seconds} s before the next try", seconds=self._left)
        )


class AuthoritySheet(Sheet):
    """A second person beside the clerk, the clerk's own password once more, or both for one act."""

    def __init__(self, under: QWidget, context: Context) -> None:
        super().__init__(under)
        self._context = context
        self._messages = context.messages
        self._wanted: AuthorityWanted | None = None
        self._asking = False
        text = self._messages.text
        self.told = label(bold=True, wrap=True)
        self.about = label(wrap=True)
        self.fault = ErrorPanel(self._messages)
        self.wait = Wait(self._messages)
        self.own, own = panel(margin=2 * GRID)
        self.own_told = label(bold=True, wrap=True)
        self.own_password = SecretInput(text("Your password"))
        own.addWidget(self.own_told)
        own.addWidget(self.own_password)
        self.other, other = panel(margin=2 * GRID)
        self.name = LineInput(text("Name"))
        self.password = SecretInput(text("Password"))
        other.addWidget(label(text("Second person on the spot"), bold=True))
        other.addWidget(self.name)
        other.addWidget(self.password)
        self._made_up = QVBoxLayout()
        other.addLayout(self._made_up)
        self.no_button = Button(text("Do nothing"), "Esc")
        self.no_button.clicked.connect(self.decline)
        self.yes_button = GraveButton(text("This can not be taken back"))
        self.yes_button.clicked.connect(self.confirm)
        foot = QHBoxLayout()
        foot.addWidget(self.no_button)
        foot.addStretch(1)
        foot.addWidget(self.yes_button)
        for part in (self.told, self.about, self.fault, self.own, self.other, self.wait):
            self.column.addWidget(part)
        self.column.addLayout(foot)
        in_order(self.name, self.password, last=self.yes_button.setFocus)
        self.own_password.entered.connect(self._after_own)
        for box in (self.own_password, self.name, self.password):
            box.changed.connect(self._enable)
        self.name.changed.connect(self.wait.end)
        self.wait.over.connect(self._enable)
        deliberate = QShortcut(QKeySequence("Ctrl+Return"), self)
        deliberate.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        deliberate.activated.connect(self.confirm)

    def ask(self, wanted: AuthorityWanted) -> None:
        """Put the question. One at a time: an earlier one that nobody answered is declined."""
        if self._wanted is not None:
            self.decline()
        self._wanted = wanted
        text = self._messages.text
        self.told.setText(wanted.told)
        self.about.setText(wanted.about)
        self.about.setVisible(bool(wanted.about))
        self.own.setVisible(wanted.fresh)
        self.other.setVisible(wanted.second)
        actor = self._context.desk.signed_in()
        own = actor.name if actor is not None else ""
        self.own_told.setText(text("{name}, once more your own password", name=own))
        self.yes_button.say(wanted.told, "Ctrl+Enter")
        self._people()
        self._wipe()
        self.fault.clear()
        self.wait.end()
        title = (
            text("A second person is needed") if wanted.second else text("This can not be taken back")
        )
        self.open(title, self.own_password if wanted.fresh else self.name)
        self._enable()

    def confirm(self) -> None:
        """Authenticate off the window's thread; what asked goes on with who was there."""
        wanted = self._wanted
        if wanted is None or not self.yes_button.isEnabled():
            return
        own = self.own_password.take() if wanted.fresh else ""
        name, other = (self.name.text(), self.password.take()) if wanted.second else ("", "")
        sign_in = self._context.desk.sign_in
        self._asking = True
        self._enable()
        self.fault.clear()

        def granted(authority: Authority) -> None:
            if self._wanted is wanted:
                self._wanted = None
                self.close_sheet()
                wanted.granted(authority)

        def refused(fault: KangkaError) -> None:
            if self._wanted is wanted:
                self._refused(fault)

        task = self._context.run(
            "sign_in",
            lambda _task: _prove(sign_in, wanted, own, name, other),
            done=granted,
            failed=refused,
        )
        task.finished.connect(self._asked)

    def decline(self) -> None:
        wanted, self._wanted = self._wanted, None
        self._wipe()
        self.close_sheet()
        if wanted is not None:
            wanted.declined()

    def _asked(self) -> None:
        self._asking = False
        self._enable()

    def _refused(self, fault: KangkaError) -> None:
        self.fault.show_fault(fault)
        if isinstance(fault, SignInWaits):
            self.wait.begin(fault.seconds)
        wanted = self._wanted
        if wanted is not None:
            (self.own_password if wanted.fresh else self.password).setFocus()

    def _after_own(self) -> None:
        if self._wanted is not None and self._wanted.second:
            self.name.setFocus()
        else:
            self.yes_button.setFocus()

    def _enable(self) -> None:
        wanted = self._wanted
        ready = wanted is not None and not self._asking and not self.wait.running
        if ready and wanted is not None and wanted.fresh:
            ready = bool(self.own_password.text())
        if ready and wanted is not None and wanted.second:
            ready = bool(self.name.text() and self.password.text())
        self.yes_button.setEnabled(ready)

    def _people(self) -> None:
        """In training, those who may be the second person, but for who sits here."""
        clear(self._made_up)
        actor = self._context.desk.signed_in()
        fitting = [
            person
            for person in self._context.desk.sign_in.made_up()
            if person.role is Role.SUPERVISOR and (actor is None or person.name != actor.name)
        ]
        people = MadeUpPeople(self._messages, fitting)
        people.listen(self.name.editor)
        people.picked.connect(self._pick)
        self._made_up.addWidget(people)

    def _pick(self, person: MadeUpStaff) -> None:
        self.name.set_text(person.name)
        self.password.set_text(person.password)
        self.password.setFocus()

    def _wipe(self) -> None:
        for box in (self.own_password, self.password, self.name):
            box.clear()


def _prove(
    sign_in: SignInService, wanted: AuthorityWanted, own: str, name: str, password: str
) -> Authority:
    """Who is there, one after the other; the first wrong password ends it."""
    fresh = sign_in.present_again(wanted.act, own) if wanted.fresh else None
    second = sign_in.present(wanted.act, name, password) if wanted.second else None
    return Authority(second, fresh)


def who(messages: Messages, actor: Actor) -> str:
    """A person as the frame names them: the name, and the role they are here in."""
    return f"{actor.name} · {messages.word('role', actor.role.value)}"
