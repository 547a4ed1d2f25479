"""Who works at this desk: added, given another role or password, ended; the ways to the records."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.base.errors import N_, KangkaError
from app.domain.staff import PEOPLE, StaffMember
from app.domain.ways import KeyStanding
from app.ui.context import OWNERS, Authority, Context
from app.ui.models import Column, PagedTableModel
from app.ui.pages.page import Page
from app.ui.theme import GRID, TypeSize
from app.ui.widgets.basic import Button, PrimaryButton, label, panel, rule
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.inputs import Choices, LineInput, SecretInput, beside
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.shares import SharesPanel
from app.ui.widgets.tables import Table
from app.workflow.staff_desk import KEYS, StaffView
from app.workflow.views import Mark


class StaffAct(Enum):
    """What the security administrator does with an entry."""

    ADD = "add"
    PASSWORD = "password"  # noqa: S105 - the act, not a password
    NUMBER = "number"
    ROLE = "role"
    END = "end"
    RETURN = "return"


_WORDS: Final = {
    StaffAct.ADD: N_("Add a person"),
    StaffAct.PASSWORD: N_("Set a new password"),
    StaffAct.NUMBER: N_("Record the person's number"),
    StaffAct.ROLE: N_("Give another role"),
    StaffAct.END: N_("End this person's work here"),
    StaffAct.RETURN: N_("Let this person work here again"),
}
_MEANINGS: Final = {
    StaffAct.ADD: N_(
        "The first password is told in person, and the person sets another one under the own name. The "
        "citizen number is kept as a token alone: nobody makes, approves or voids for themselves."
    ),
    StaffAct.PASSWORD: N_(
        "For somebody who lost theirs. It is told in person, the PIN falls with the old one, and a wait "
        "after wrong passwords is over."
    ),
    StaffAct.NUMBER: N_(
        "Kept as a token alone, never shown: with it nobody makes, approves or voids for themselves."
    ),
    StaffAct.ROLE: N_("It holds from the person's next act on. One person has one role."),
    StaffAct.END: N_(
        "The person signs in no more and opens no records; what they did stays under their name. It can "
        "be taken back."
    ),
    StaffAct.RETURN: N_("The person signs in again once a new password is set."),
}
_DONE: Final = {
    StaffAct.ADD: N_("{name} works here now. Tell the first password in person."),
    StaffAct.PASSWORD: N_("{name} signs in with the new password. Tell it in person."),
    StaffAct.NUMBER: N_("The number of {name} is recorded."),
    StaffAct.ROLE: N_("{name} has another role now."),
    StaffAct.END: N_("{name} does not work here any more."),
    StaffAct.RETURN: N_("{name} works here again. Set a new password now."),
}
_NEW_SHARES: Final = N_("Make new recovery shares")
_OLD_ONES: Final = N_(
    "Three new ones are shown once, to be written down. The older three open nothing any more."
)
_PUT_AWAY: Final = N_("The new shares are put away. Destroy the papers of the older ones.")
_COVERED: Final = N_("The new shares were covered. Unless all three are written down, make others.")
# The last place is one key: whoever works here ends, whoever left comes back.
_DIGITS: Final = {
    "1": (StaffAct.PASSWORD,),
    "2": (StaffAct.NUMBER,),
    "3": (StaffAct.ROLE,),
    "4": (StaffAct.END, StaffAct.RETURN),
}
_SIDE: Final = 54 * GRID
_PERSON, _FORM, _SHARES = range(3)


class StaffPage(Page):
    """Keys: Ctrl+N adds somebody, 1 to 4 act on the chosen person, F8 makes recovery shares, F9 saves,
    F5 asks again, Esc back."""

    name = "staff"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._act: StaffAct | None = None
        self._seen: StaffView | None = None
        self._working = False
        self.fault = ErrorPanel(self.messages)
        columns = QHBoxLayout()
        columns.setSpacing(2 * GRID)
        left = QVBoxLayout()
        left.setSpacing(2 * GRID)
        left.addWidget(self._list(), 1)
        left.addWidget(self._keys())
        columns.addLayout(left, 1)
        self._side = QStackedWidget()
        self._side.addWidget(self._person())
        self._side.addWidget(self._form())
        self.made = SharesPanel(self.messages)
        self.made.away.connect(lambda: self._shares_gone(Mark.GOOD, _PUT_AWAY))
        self.made.covered.connect(lambda: self._shares_gone(Mark.ATTENTION, _COVERED))
        self._side.addWidget(self.made)
        self._side.setFixedWidth(_SIDE)
        columns.addWidget(self._side)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        whole.setSpacing(2 * GRID)
        whole.addWidget(self.fault)
        whole.addLayout(columns, 1)
        self.key("Ctrl+N", self.add)
        self.key(Qt.Key.Key_F5, self.refresh)
        self.key(Qt.Key.Key_F8, self.make_shares)
        self.key(Qt.Key.Key_F9, self.save)
        self.key(Qt.Key.Key_Escape, self.back)
        self._show(None)

    @property
    def title(self) -> str:
        return self.messages.text("Staff")

    # --------------------------------------------------------------------------------------- building

    def _list(self) -> Table:
        text, desk = self.messages.text, self.context.desk
        self.model: PagedTableModel[StaffView] = PagedTableModel(
            (
                Column(text("State"), self._word, self._mark),
                Column(text("Name"), lambda r: r.member.name),
                Column(text("Role"), lambda r: self.messages.word("role", r.member.role.value)),
                Column(text("Own number"), self._number),
                Column(text("Last sign-in"), self._signed_in),
            ),
            lambda row: row.member.id,
            # A desk has a handful of people: they come as one page.
            lambda after, _limit: desk.staff.people() if after is None else [],
            self.context.tasks,
            OWNERS["staff.people"],
        )
        self.table = Table(text("Staff"), self.model)
        self.table.set_widths(15 * GRID, 0, 20 * GRID, 15 * GRID, 14 * GRID)
        self.table.moved.connect(self._chosen)
        self.table.opened.connect(lambda _index: self._focus_acts())
        self.model.failed.connect(self.fault.show_fault)
        self.model.loaded.connect(lambda: self._chosen(self.table.currentIndex()))
        return self.table

    def _person(self) -> QFrame:
        text = self.messages.text
        frame, column = panel()
        self.told = StateLabel(Mark.GOOD, "")
        self.told.word.setWordWrap(True)
        self.told.hide()
        self.person = label(size=TypeSize.HEAD, bold=True, wrap=True)
        self.state = StateLabel(Mark.WAITING, "")
        self.facts = label(tone="muted", wrap=True)
        for part in (self.told, self.person, self.state, self.facts, rule()):
            column.addWidget(part)
        self.buttons: dict[StaffAct, Button] = {}
        for digit, acts in _DIGITS.items():
            for act in acts:
                self._button(act, digit, column)
        for holder in (self.table, *self.buttons.values()):
            for digit in _DIGITS:
                self._digit(holder, digit)
        self.why = label(size=TypeSize.SMALL, tone="muted", wrap=True)
        column.addWidget(self.why)
        column.addStretch(1)
        self.add_button = PrimaryButton(text(_WORDS[StaffAct.ADD]), "Ctrl+N")
        self.add_button.clicked.connect(self.add)
        column.addWidget(self.add_button)
        return frame

    def _button(self, act: StaffAct, digit: str, column: QVBoxLayout) -> None:
        button = Button(self.messages.text(_WORDS[act]), digit)
        button.clicked.connect(lambda: self.begin(act))
        self.buttons[act] = button
        column.addWidget(button)

    def _digit(self, holder: QWidget, digit: str) -> None:
        """The digit of an act while the list or one of the acts has the cursor."""
        shortcut = QShortcut(QKeySequence(digit), holder)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(lambda: self._by_digit(digit))

    def _by_digit(self, digit: str) -> None:
        for act in _DIGITS[digit]:
            if self.buttons[act].isVisible():
                self.begin(act)
                return

    def _form(self) -> QFrame:
        text = self.messages.text
        frame, column = panel()
        self.form_title = label(size=TypeSize.HEAD, bold=True, wrap=True)
        self.meaning = label(tone="muted", wrap=True)
        self.name_box = LineInput(text("Name"))
        self.role = Choices(text("Role"))
        self.role.set_words([self.messages.word("role", one.value) for one in PEOPLE])
        self.number = LineInput(text("Citizen number"), plain=True)
        self.password = SecretInput(text("New password"))
        self.again = SecretInput(text("The same once more"))
        self.differs = StateLabel(Mark.ATTENTION, text("The two entries differ."))
        self._boxes = (self.name_box, self.number, self.password, self.again)
        for part in (self.form_title, self.meaning):
            column.addWidget(part)
        column.addLayout(beside(self.name_box, self.number))
        column.addWidget(self.role)
        column.addLayout(beside(self.password, self.again))
        column.addWidget(self.differs)
        column.addStretch(1)
        self.back_button = Button(text("Go back"), "Esc")
        self.back_button.clicked.connect(self.back)
        self.save_button = PrimaryButton("", "F9")
        self.save_button.clicked.connect(self.save)
        foot = QHBoxLayout()
        foot.addWidget(self.back_button)
        foot.addStretch(1)
        foot.addWidget(self.save_button)
        column.addLayout(foot)
        for box in self._boxes:
            box.changed.connect(self._enable)
            box.entered.connect(self._onward)
        self.role.chosen.connect(lambda _number: self._enable())
        return frame

    def _keys(self) -> QFrame:
        frame, column = panel()
        self.keys_frame = frame
        column.addWidget(label(self.messages.text("Ways to the records"), bold=True))
        column.addWidget(rule())
        self.shares, self.keychain = StateLabel(Mark.WAITING, ""), StateLabel(Mark.WAITING, "")
        for part in (self.shares, self.keychain):
            part.word.setWordWrap(True)
            column.addWidget(part)
        self.shares_button = Button(self.messages.text(_NEW_SHARES), "F8")
        self.shares_button.clicked.connect(self.make_shares)
        self.shares_button.hide()
        column.addWidget(self.shares_button)
        self.shares_told = StateLabel(Mark.GOOD, "")
        self.shares_told.word.setWordWrap(True)
        self.shares_told.hide()
        column.addWidget(self.shares_told)
        return frame

    # ---------------------------------------------------------------------------------------- showing

    def enter(self, **_params: Any) -> None:
        self.fault.clear()
        if self._act is None:
            self.refresh()
            self.table.setFocus()

    def refresh(self) -> None:
        self.model.refresh()
        sees = self.context.sees("keys")
        self.keys_frame.setVisible(sees)
        if sees:
            desk = self.context.desk
            self.context.run(
                "staff.keys",
                lambda _task: desk.staff.keys(),
                done=self._show_keys,
                failed=self.fault.show_fault,
            )

    def back(self) -> None:
        if self.made.shown:
            return
        if self._act is None:
            self.context.navigator.go("home")
        elif not self._working:
            self._end()

    def can_leave(self) -> str:
        if self.made.shown:
            return self.messages.text("Write the three shares down first: nothing shows them again.")
        return ""

    def before_closing(self) -> str:
        if self._act is None or not any(box.text() for box in self._boxes):
            return ""
        return self.messages.text("What was typed is not recorded. Close once more to give it up.")

    def _show_keys(self, keys: KeyStanding) -> None:
        text = self.messages.text
        self.shares_button.setVisible(self.context.may(KEYS) and not keys.published)
        if keys.published:
            self.shares.set_state(
                Mark.WAITING, text("A training desk: its key is published, and protects nobody.")
            )
            self.keychain.hide()
            return
        self.shares.set_state(
            Mark.GOOD if keys.shares else Mark.STOP,
            text("Recovery shares: three were given out, any two open the records.")
            if keys.shares
            else text("No recovery shares: make them with kangka keys shares."),
        )
        self.keychain.set_state(
            Mark.GOOD if keys.keychain else Mark.ATTENTION,
            text("This machine's keychain opens the records at start.")
            if keys.keychain
            else text("No keychain on this machine: the records open by name and password alone."),
        )
        self.keychain.show()

    def _word(self, row: StaffView) -> str:
        return self.messages.text("Works here" if row.member.active else "Left")

    @staticmethod
    def _mark(row: StaffView) -> Mark:
        return Mark.GOOD if row.member.active else Mark.WAITING

    def _number(self, row: StaffView) -> str:
        return self.messages.text("recorded" if row.member.person_token is not None else "not recorded")

    def _signed_in(self, row: StaffView) -> str:
        return "–" if row.signed_in_ms is None else self.messages.moment(row.signed_in_ms)

    def _chosen(self, index: QModelIndex) -> None:
        row = self.model.row(index) if index.isValid() else None
        if row is not None and self._seen is not None and row.member.id != self._seen.member.id:
            self.told.hide()
        self._show(row)

    def _show(self, row: StaffView | None) -> None:
        self._seen = row
        text = self.messages.text
        may, actor = self.context.may("staff"), self.context.desk.signed_in()
        own = row is not None and actor is not None and row.member.id == actor.id
        active = row is not None and row.member.active
        self.add_button.setVisible(may)
        self.state.setVisible(row is not None)
        for act, button in self.buttons.items():
            there = may and row is not None and (active or act is StaffAct.RETURN)
            button.setVisible(there and not (act is StaffAct.RETURN and active))
            button.setEnabled(not own or act is StaffAct.NUMBER)
        if row is None:
            self.person.setText(text("Choose a person in the list."))
            self.facts.setText("")
            self.why.setText("")
            return
        member = row.member
        self.person.setText(member.name)
        role = self.messages.word("role", member.role.value)
        self.state.set_state(self._mark(row), f"{self._word(row)} · {role}")
        told = [text("Since {time}", time=self.messages.moment(member.since_ms))]
        told.append(text("PIN set") if row.pin else text("No PIN"))
        if row.failures:
            told.append(text("{count} wrong passwords in a row", count=row.failures))
        self.facts.setText(" · ".join(told))
        why = text("You look at this list; the security administrator changes it.") if not may else ""
        if may and own:
            why = text("Your own entry: the password is under your name at the top (Alt+M).")
        self.why.setText(why)

    def _focus_acts(self) -> None:
        for button in self.buttons.values():
            if button.isVisible() and button.isEnabled():
                button.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    # ------------------------------------------------------------------------------------------- acts

    def add(self) -> None:
        self.begin(StaffAct.ADD)

    def begin(self, act: StaffAct) -> None:
        """The boxes of an act, empty."""
        busy = self._working or self._act is not None or self.made.shown
        if busy or not self.context.may("staff"):
            return
        if act is not StaffAct.ADD and (self._seen is None or not self.buttons[act].isEnabled()):
            return
        text = self.messages.text
        self._act = act
        self.fault.clear()
        self.told.hide()
        word = text(_WORDS[act])
        named = act is not StaffAct.ADD and self._seen is not None
        self.form_title.setText(f"{word} · {self._seen.member.name}" if named and self._seen else word)
        self.meaning.setText(text(_MEANINGS[act]))
        adds = act is StaffAct.ADD
        self.name_box.setVisible(adds)
        self.role.setVisible(act in (StaffAct.ADD, StaffAct.ROLE))
        self.role.unchoose()
        self.number.setVisible(act in (StaffAct.ADD, StaffAct.NUMBER))
        self.number.say(text("Citizen number (may stay empty)") if adds else text("Citizen number"))
        for box in (self.password, self.again):
            box.setVisible(act in (StaffAct.ADD, StaffAct.PASSWORD))
        self.password.say(text("First password") if adds else text("New password"))
        self.save_button.say(word)
        self._wipe()
        self._side.setCurrentIndex(_FORM)
        self.table.setEnabled(False)
        self._enable()
        first: QWidget = self.role if act is StaffAct.ROLE else self.back_button
        shown = [box for box in self._boxes if not box.isHidden()]
        (shown[0] if shown and act is not StaffAct.ROLE else first).setFocus()

    def _onward(self) -> None:
        """Enter: the next box of this act, the role after the name, at the end the button."""
        box = self.sender()
        shown = [one for one in self._boxes if not one.isHidden()]
        if box is self.number and not self.role.isHidden():
            self.role.setFocus()
        elif box in shown[:-1]:
            shown[shown.index(box) + 1].setFocus()
        else:
            self.save_button.setFocus()

    def _enable(self) -> None:
        act, new, again = self._act, self.password.text(), self.again.text()
        passwords = act in (StaffAct.ADD, StaffAct.PASSWORD)
        self.differs.setVisible(passwords and bool(again) and not new.startswith(again))
        ready = act is not None and not self._working
        if passwords:
            ready = ready and bool(new) and new == again
        if act in (StaffAct.ADD, StaffAct.ROLE):
            ready = ready and self.role.index is not None
        if act is StaffAct.ADD:
            ready = ready and bool(self.name_box.text())
        if act is StaffAct.NUMBER:
            ready = ready and bool(self.number.text())
        self.save_button.setEnabled(ready)

    def save(self) -> None:
        """F9: what this form is for; shares that are written down are put away."""
        act = self._act
        if self.made.shown:
            self.made.put_away()
            return
        if act is None or not self.save_button.isEnabled():
            return
        work = self._work(act)
        self._working = True
        self.fault.clear()
        self._enable()

        def done(member: StaffMember) -> None:
            self._end()
            self.told.set_state(Mark.GOOD, self.messages.text(_DONE[act], name=member.name))
            self.told.show()

        task = self.context.run("staff.change", lambda _task: work(), done=done, failed=self._refused)
        task.finished.connect(self._worked)

    def _work(self, act: StaffAct) -> Callable[[], StaffMember]:
        """The call with what was typed; no box is looked at by another thread."""
        staff, password, number = self.context.desk.staff, self.password.text(), self.number.text()
        name = self.name_box.text() if self._seen is None else self._seen.member.name
        role = PEOPLE[self.role.index or 0]
        if act is StaffAct.ADD:
            name = self.name_box.text()
            return lambda: staff.add(name, role, password, number)
        if act is StaffAct.PASSWORD:
            return lambda: staff.set_password(name, password)
        if act is StaffAct.NUMBER:
            return lambda: staff.set_number(name, number)
        if act is StaffAct.ROLE:
            return lambda: staff.change(name, role=role)
        return lambda: staff.change(name, active=act is StaffAct.RETURN)

    def _refused(self, fault: KangkaError) -> None:
        self.fault.show_fault(fault)
        if fault.code.startswith("password."):
            self.password.clear()
            self.again.clear()
            self.password.setFocus()

    def _worked(self) -> None:
        self._working = False
        self._enable()

    def _end(self) -> None:
        """Back to the person in the list; nothing that was typed stays."""
        self._act = None
        self._wipe()
        self.fault.clear()
        self._show_list()
        self.refresh()

    def _show_list(self) -> None:
        self._side.setCurrentIndex(_PERSON)
        self.table.setEnabled(True)
        self.table.setFocus()

    # ---------------------------------------------------------------------------------- new shares

    def make_shares(self) -> None:
        """F8: the own password once more, then three new shares in the place of the older ones."""
        if self._working or self._act is not None or self.made.shown or self.shares_button.isHidden():
            return
        self.fault.clear()
        self.shares_told.hide()
        staff, text = self.context.desk.staff, self.messages.text

        def granted(authority: Authority) -> None:
            self._working = True
            task = self.context.run(
                "staff.new_shares",
                lambda _task: staff.new_shares(authority.fresh),
                done=self._show_made,
                failed=self.fault.show_fault,
            )
            task.finished.connect(self._worked)

        self.context.authorities.ask(KEYS, text(_NEW_SHARES), text(_OLD_ONES), granted, fresh=True)

    def _show_made(self, shares: tuple[str, ...]) -> None:
        if not self.isVisible():
            # The desk was locked meanwhile: nobody sees them, and whoever comes next must not.
            self._shares_gone(Mark.ATTENTION, _COVERED)
            return
        self._side.setCurrentIndex(_SHARES)
        self.table.setEnabled(False)
        self.made.show_shares(shares)

    def _shares_gone(self, mark: Mark, told: str) -> None:
        self.shares_told.set_state(mark, self.messages.text(told))
        self.shares_told.show()
        self._show_list()
        self.refresh()

    def _wipe(self) -> None:
        for box in self._boxes:
            box.clear()
