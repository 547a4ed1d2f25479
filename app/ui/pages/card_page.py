"""What the pages of a made card share: answers that belong to the person in sight, one act at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.base.errors import N_, KangkaError
from app.ui.context import Context
from app.ui.pages.page import Page
from app.ui.tasks import Task
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.basic import Button, clear, label
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.marks import StateLabel
from app.workflow.card_views import ActionView, CardAct, LyingCard, ResidentView
from app.workflow.views import Mark

# What each act is called on its button.
ACT_WORDS: Final = {
    CardAct.HAND_OVER: N_("Hand the card over"),
    CardAct.ACTIVATE: N_("Put the card in use"),
    CardAct.REPORT_PROVISIONAL_LOSS: N_("Report lost for now"),
    CardAct.REPORT_LOSS: N_("Report lost in writing"),
    CardAct.FOUND: N_("Record as found"),
    CardAct.REISSUE: N_("Order a new card"),
    CardAct.BLOCK: N_("Block the old card's chip"),
    CardAct.RECOVER: N_("Take the card back"),
}
_ARROWS: Final = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}


class ActionButton(Button):
    """An act of a card. One that is not possible looks so, keeps its place for the keyboard, and says
    why by its description instead of doing anything."""

    def __init__(self, action: ActionView, word: str, why: str) -> None:
        super().__init__(word)
        self.action = action
        self.why = why
        if not action.possible:
            set_tone(self, "refused")
            self.setAccessibleDescription(why)
            self.setToolTip(why)


class ActionList(QWidget):
    """The acts of a card, each with why not: a digit chooses one while the cursor is among them."""

    def __init__(self, page: CardPage, go: Callable[[ActionView], None]) -> None:
        super().__init__()
        self._page = page
        self._go = go
        self._buttons: list[ActionButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID // 2)

    @property
    def buttons(self) -> tuple[ActionButton, ...]:
        return tuple(self._buttons)

    def show_actions(self, actions: Sequence[ActionView], first: CardAct | None = None) -> None:
        """``first`` is the act that is done next, by F10."""
        had = self.focusWidget()
        refocus = had is not None and had.hasFocus()
        clear(self._column)
        self._buttons = []
        for number, action in enumerate(actions, 1):
            button = self._page.action_button(action, self._go, number)
            button.installEventFilter(self)
            if action.act is first:
                set_tone(button, "primary")
                button.say(button.text(), "F10")
            row = QHBoxLayout()
            row.setSpacing(GRID + 4)
            row.addWidget(button)
            row.addWidget(label(button.why, TypeSize.SMALL, tone="muted", wrap=True), 1)
            self._column.addLayout(row)
            self._buttons.append(button)
        widest = max((button.sizeHint().width() for button in self._buttons), default=0)
        for button in self._buttons:
            button.setFixedWidth(max(widest, 22 * GRID))
        if refocus:
            self.focus_first()

    def button(self, act: CardAct) -> ActionButton | None:
        return next((one for one in self._buttons if one.action.act is act), None)

    def focus_first(self) -> None:
        """The first act that is possible."""
        found = next((one for one in self._buttons if one.action.possible), None)
        if found is not None:
            found.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            digit, step = event.text(), _ARROWS.get(event.key())
            if len(digit) == 1 and digit in "123456789" and int(digit) <= len(self._buttons):
                if not event.isAutoRepeat():
                    self._buttons[int(digit) - 1].setFocus(Qt.FocusReason.ShortcutFocusReason)
                    self._buttons[int(digit) - 1].click()
                return True
            if step is not None and isinstance(watched, ActionButton):
                place = (self._buttons.index(watched) + step) % len(self._buttons)
                self._buttons[place].setFocus(Qt.FocusReason.TabFocusReason)
                return True
        return super().eventFilter(watched, event)


class CardPage(Page):
    """One person in sight: ``ask`` drops answers about an earlier one, ``act`` does one at a time."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._generation = 0
        self._act: Task | None = None
        self._reading: Task | None = None
        self._warned = False
        self.fault = ErrorPanel(self.messages)
        self.notice = StateLabel(Mark.ATTENTION, "")
        self.notice.word.setWordWrap(True)
        set_tone(self.notice.word, "attention")
        self.notice.hide()

    # ---------------------------------------------------------------------------------- for subclasses

    @property
    def dirty(self) -> bool:
        """Whether something was typed that is not recorded yet."""
        return False

    def busy_changed(self) -> None:
        """An act or a reading began or ended."""

    def turn_to_another(self) -> None:
        """Whoever was asked about is no longer in sight; a card that is waited for is not any more."""
        self._generation += 1
        self.stop_reading()
        self._warned = False
        self.fault.clear()
        self.notice.hide()

    @property
    def acting(self) -> bool:
        return self._act is not None

    @property
    def reading(self) -> bool:
        return self._reading is not None

    def ask(
        self,
        operation: str,
        call: Callable[[Task], Any],
        take: Callable[[Any], None],
        failed: Callable[[KangkaError], None] | None = None,
    ) -> Task:
        """Ask the desk about who is in sight; an answer, or a fault, about another one is dropped."""
        asked = self._generation

        def done(answer: Any) -> None:
            if asked == self._generation and not task.cancel.is_set():
                take(answer)

        def broke(fault: KangkaError) -> None:
            if asked == self._generation and not task.cancel.is_set():
                (failed or self.fault.show_fault)(fault)

        task = self.context.run(operation, call, done=done, failed=broke)
        return task

    def read(
        self,
        operation: str,
        call: Callable[[Task], Any],
        take: Callable[[Any], None],
        failed: Callable[[KangkaError], None] | None = None,
    ) -> None:
        """Wait at a device: one wait at a time, and Esc ends it."""
        if self._reading is not None or self._act is not None:
            return
        self.fault.clear()
        task = self._reading = self.ask(operation, call, take, failed)
        task.finished.connect(lambda: self._read_over(task))
        self.busy_changed()

    def stop_reading(self) -> None:
        if self._reading is not None:
            self._reading.stop()
            self._reading = None
            self.busy_changed()

    def act(
        self,
        operation: str,
        call: Callable[[Task], Any],
        done: Callable[[Any], None],
        failed: Callable[[KangkaError], None] | None = None,
    ) -> bool:
        """Do one act; False while another one is under way. Nobody leaves until its answer is there."""
        if self._act is not None:
            return False
        self.stop_reading()
        self.fault.clear()
        self.notice.hide()
        self._warned = False

        def over() -> None:
            self._act = None
            self.busy_changed()

        # Told after the page is free again, so that what follows may begin the next act.
        task = self._act = self.context.run(operation, call, failed=_told_below)
        task.succeeded.connect(lambda _answer: over())
        task.failed.connect(lambda _fault: over())
        task.succeeded.connect(done)
        task.failed.connect(failed or self.fault.show_fault)
        self.busy_changed()
        return True

    def tell_stranger(self, lying: LyingCard) -> None:
        """A chip on the reader that this desk made for nobody."""
        told = self.messages.text("Chip {serial} was made for nobody here.", serial=lying.chip_serial)
        self.warn(told, Mark.STOP)

    def warn(self, told: str, mark: Mark = Mark.ATTENTION) -> None:
        """Say what the clerk must know, on the page."""
        self.notice.set_state(mark, told)
        self.notice.show()

    def may_drop(self) -> bool:
        """Whether what was typed may be given up: asked once, on the page, and meant the second time."""
        if not self.dirty or self._warned:
            return True
        self._warned = True
        self.warn(self.messages.text("What was typed is not recorded. Esc once more gives it up."))
        return False

    def unwarn(self) -> None:
        """Something was typed again: the next Esc asks again."""
        if self._warned:
            self._warned = False
            self.notice.hide()

    # ------------------------------------------------------------------------------------ of every page

    def can_leave(self) -> str:
        if self._act is None:
            return ""
        return self.messages.text("This is being recorded; one moment.")

    def leave(self) -> None:
        self.stop_reading()

    def before_closing(self) -> str:
        if not self.dirty:
            return ""
        return self.messages.text("What was typed is not recorded. Close once more to give it up.")

    def action_button(
        self, action: ActionView, go: Callable[[ActionView], None], number: int
    ) -> ActionButton:
        """The button of an act: it goes there, or shows why not."""
        why = "" if action.why is None else self.messages.error(action.why).cause
        word = f"{number}  {self.messages.text(ACT_WORDS[action.act])}"
        button = ActionButton(action, word, why)

        def pressed() -> None:
            if action.why is not None:
                self.fault.show_fault(action.why)
            else:
                go(action)

        button.clicked.connect(pressed)
        return button

    def alerts_of(self, view: ResidentView) -> tuple[str, ...]:
        """Medical alerts in this language; one written in words stands as it is."""
        table = self.context.desk.codes("alert")
        found = ((alert, table.find(alert)) for alert in view.alerts)
        return tuple(alert if row is None else self.messages.code(row) for alert, row in found)

    def _read_over(self, task: Task) -> None:
        if self._reading is task:
            self._reading = None
            self.busy_changed()


def _told_below(_fault: KangkaError) -> None:
    """The page shows it once it is free again."""
