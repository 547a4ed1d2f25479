"""The first page: what waits, the till, the devices; and whom the clerk looks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.domain.card import CardState
from app.domain.stock import StockCounts
from app.ui.context import Context
from app.ui.models import Column, PagedTableModel
from app.ui.pages.page import Page
from app.ui.tasks import Owner
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.audit_parts import AlarmPanel
from app.ui.widgets.basic import Button, Picture, PrimaryButton, clear, label, panel, rule
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.tables import Table
from app.workflow.audit_desk import AuditBroken
from app.workflow.card_views import CardRow
from app.workflow.services import DeskService
from app.workflow.till_views import TillView
from app.workflow.views import CaseRow, DeskSummary, DeviceState, Mark

# A loss that ends by itself within two days is worth a call to its holder.
_SOON_MS: Final = 2 * 24 * 3600 * 1000
# So many are counted; nobody has more of them at one counter.
_MOST: Final = 100


class Count(QFrame):
    """A number that matters, its word, and the way to what it counts."""

    def __init__(self, word: str, go: Button) -> None:
        super().__init__()
        set_tone(self, "panel")
        self._word = word
        self.number = label("–", TypeSize.HANDS, bold=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, GRID + 4, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID // 2)
        column.addWidget(label(word, tone="muted"))
        column.addWidget(self.number)
        column.addSpacing(GRID // 2)
        column.addWidget(go)
        self.go = go
        self.setAccessibleName(word)

    def set_number(self, number: int, tone: str = "plain") -> None:
        shown = f"{_MOST - 1}+" if number >= _MOST else str(number)
        self.number.setText(shown)
        set_tone(self.number, tone if number else "plain")
        self.setAccessibleName(f"{self._word} {shown}")
        self.go.setEnabled(number > 0)


@dataclass(frozen=True)
class Waiting:
    """What waits at a desk, as far as who is signed in sees it; None is not theirs to see."""

    summary: DeskSummary | None = None
    cases: tuple[CaseRow, ...] | None = None
    to_approve: int | None = None
    ready: int | None = None
    lapsing: int | None = None
    till: TillView | None = None
    stock: StockCounts | None = None
    alarm: AuditBroken | None = None


def look(desk: DeskService, sees: Callable[[str], bool]) -> Waiting:
    """Gather it on the store's thread; an act that is hidden is not asked for."""
    return Waiting(
        summary=desk.summary() if sees("issue") else None,
        cases=tuple(desk.open_cases()) if sees("settle-case") else None,
        to_approve=len(desk.approvals.waiting()) if sees("approve") else None,
        ready=len(desk.cards.cards_in(CardState.READY, None, _MOST)) if sees("hand-over") else None,
        lapsing=len(desk.cards.lapsing(_SOON_MS)) if sees("report-loss") else None,
        till=desk.till.view() if sees("till") else None,
        stock=desk.stock.counts() if sees("stock") else None,
        # Whoever works here is told, whether they may look at the audit or not.
        alarm=desk.audit.alarm(),
    )


class HomePage(Page):
    """Keys: F2 begins the next enrolment by reading the identity card, F5 asks again."""

    name = "home"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        text = self.messages.text
        self.fault = ErrorPanel(self.messages)
        self.locked = ErrorPanel(self.messages)
        self.alarm = AlarmPanel(self.messages)
        if context.sees("audit"):
            audit_button = Button(text("Open the audit"))
            audit_button.clicked.connect(lambda: context.navigator.go("audit"))
            self.alarm.offer(audit_button)
        self.unlock_button = Button(text("Unlock again"))
        self.unlock_button.clicked.connect(self.begin_shift)
        self.locked.offer(self.unlock_button)
        self._unlocking = False
        self._query = ""
        self._devices_shown: list[DeviceState] = []
        self.enrol_button = PrimaryButton(text("Enrol the next resident"), "F2")
        self.enrol_button.clicked.connect(self.begin)
        self.enrol_button.setMinimumWidth(36 * GRID)
        overview = QWidget()
        lower = QVBoxLayout(overview)
        lower.setContentsMargins(0, 0, 0, 0)
        lower.setSpacing(2 * GRID)
        lower.addLayout(self._counts())
        panels = QHBoxLayout()
        panels.setSpacing(2 * GRID)
        panels.addWidget(self._cases_panel(), 1)
        panels.addWidget(self._till_panel(), 1)
        panels.addWidget(self._devices_panel(), 1)
        lower.addLayout(panels, 1)
        lower.addWidget(self.enrol_button, 0, Qt.AlignmentFlag.AlignRight)
        self._views = QStackedWidget()
        self._views.addWidget(overview)
        self._views.addWidget(self._results())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        whole.setSpacing(2 * GRID)
        whole.addWidget(self.fault)
        whole.addWidget(self.alarm)
        whole.addWidget(self.locked)
        whole.addWidget(self._views, 1)
        self.key(Qt.Key.Key_F2, self.begin)
        self.key(Qt.Key.Key_F5, self.refresh)
        self.key(Qt.Key.Key_Escape, self.back)

    @property
    def title(self) -> str:
        return self.messages.text("Home")

    # --------------------------------------------------------------------------------------- building

    def _counts(self) -> QHBoxLayout:
        text = self.messages.text

        def count(word: str, does: str, page: str) -> Count:
            button = Button(does)
            button.setAccessibleName(f"{does} {word}")
            button.clicked.connect(lambda: self.context.navigator.go(page))
            return Count(word, button)

        self.to_make = count(text("Cards to make"), text("Make cards"), "queue")
        self.to_approve = count(text("To approve"), text("Look at them"), "approvals")
        self.ready = count(text("Ready to hand over"), text("Hand over"), "hand_over")
        self.lapsing = count(text("Losses that lapse soon"), text("Call them"), "loss")
        self.open_cases = count(text("Open cases"), text("Settle cases"), "cases")
        self.to_make_button, self.cases_button = self.to_make.go, self.open_cases.go
        line = QHBoxLayout()
        line.setSpacing(2 * GRID)
        for one in (self.to_make, self.to_approve, self.ready, self.lapsing, self.open_cases):
            line.addWidget(one, 1)
        return line

    def _devices_panel(self) -> QFrame:
        frame, column = panel()
        column.addWidget(label(self.messages.text("Devices"), bold=True))
        column.addWidget(rule())
        self._devices = QGridLayout()
        self._devices.setHorizontalSpacing(GRID + 4)
        self._devices.setVerticalSpacing(GRID // 2)
        self._devices.setColumnStretch(2, 1)
        column.addLayout(self._devices)
        column.addStretch(1)
        return frame

    def _cases_panel(self) -> QFrame:
        frame, column = panel()
        self.cases_frame = frame
        column.addWidget(label(self.messages.text("Open cases"), bold=True))
        column.addWidget(rule())
        self._case_lines = QVBoxLayout()
        self._case_lines.setSpacing(GRID)
        column.addLayout(self._case_lines)
        column.addStretch(1)
        return frame

    def _till_panel(self) -> QFrame:
        text = self.messages.text
        frame, column = panel()
        self.till_frame = frame
        column.addWidget(label(text("Till and cards"), bold=True))
        column.addWidget(rule())
        self.shift = StateLabel(Mark.WAITING, "")
        self.shift.word.setWordWrap(True)
        column.addWidget(self.shift)
        self._figures = QGridLayout()
        self._figures.setHorizontalSpacing(2 * GRID)
        self._figures.setVerticalSpacing(GRID)
        self._figures.setColumnStretch(1, 1)
        self.cash, self.blanks = label(bold=True), label(bold=True)
        self.issued, self.spoiled = label(bold=True), label(bold=True)
        for line, (word, value) in enumerate(
            (
                (text("Cash in the till"), self.cash),
                (text("Blank cards in the box"), self.blanks),
                (text("Issued today"), self.issued),
                (text("Spoiled today"), self.spoiled),
            )
        ):
            self._figures.addWidget(label(word, tone="muted"), line, 0)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._figures.addWidget(value, line, 1)
        column.addLayout(self._figures)
        column.addStretch(1)
        self.till_button = Button(text("Open the till's page"))
        self.till_button.clicked.connect(lambda: self.context.navigator.go("till"))
        column.addWidget(self.till_button)
        return frame

    def _results(self) -> QWidget:
        text = self.messages.text
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * GRID)
        self.model: PagedTableModel[CardRow] = PagedTableModel(
            (
                Column(text("Card"), lambda r: self.messages.sentence(r.word), lambda r: r.mark),
                Column(text("Name"), lambda r: r.name),
                Column(text("Number"), lambda r: r.masked_number),
                Column(text("Case number"), lambda r: r.number),
                Column(text("Since"), lambda r: self.messages.moment(r.changed_ms)),
            ),
            lambda row: row.person_id,
            # What is found comes at once: a query that finds too many is to be made longer.
            lambda after, _limit: self.context.desk.cards.find(self._query) if after is None else [],
            self.context.tasks,
            Owner.STORE,
        )
        self.table = Table(text("Found residents"), self.model)
        self.table.set_widths(20 * GRID, 0, 26 * GRID, 26 * GRID, 16 * GRID)
        self.found = StateLabel(Mark.WAITING, "")
        self.person_button = PrimaryButton(text("Open this resident"), "Enter")
        self.back_button = Button(text("Back to what waits"), "Esc")
        self.back_button.clicked.connect(self.back)
        self.person_button.clicked.connect(lambda: self._open(self.table.currentIndex()))
        foot = QHBoxLayout()
        foot.addWidget(self.found, 1)
        foot.addWidget(self.back_button)
        foot.addWidget(self.person_button)
        column.addWidget(self.table, 1)
        column.addLayout(foot)
        self.model.loaded.connect(self._found)
        self.model.failed.connect(self.fault.show_fault)
        self.table.opened.connect(self._open)
        return box

    # ------------------------------------------------------------------------------------ coming, going

    def enter(self, query: str = "", **_params: Any) -> None:
        self._query = query
        self.fault.clear()
        self._views.setCurrentIndex(1 if query else 0)
        if query:
            self.model.refresh()
            self.table.setFocus()
            return
        self.refresh()
        self.enrol_button.setFocus()

    def back(self) -> None:
        """From the results to what waits."""
        if self._query:
            self.enter()

    def begin_shift(self) -> None:
        """Unlock the SAM once; why it stays locked stands on the page until somebody tries again."""
        if self._unlocking or not self.context.may("issue"):
            return
        self._unlocking = True
        self.locked.clear()
        task = self.context.run(
            "begin_shift",
            lambda _task: self.context.desk.begin_shift(),
            failed=self.locked.show_fault,
        )
        task.finished.connect(self._unlocked)

    def _unlocked(self) -> None:
        self._unlocking = False

    def begin(self) -> None:
        if self.context.may("enrol"):
            self.context.navigator.go("enrol", read=True)

    def refresh(self) -> None:
        desk, sees = self.context.desk, self.context.sees
        self.fault.clear()
        self.context.run(
            "summary", lambda _task: look(desk, sees), done=self._show, failed=self.fault.show_fault
        )

    # ---------------------------------------------------------------------------------------- showing

    def show_devices(self, devices: list[DeviceState]) -> None:
        """The window asks the devices once for its strip and this page."""
        if devices == self._devices_shown:
            return
        self._devices_shown = devices
        clear(self._devices)
        for line, device in enumerate(devices):
            picture = Picture(device.role.value, 20)
            words = self.messages.sentence(device.word)
            if device.detail is not None:
                words = f"{words} · {self.messages.sentence(device.detail)}"
            name = label(self.messages.role(device.role))
            name.setToolTip(self.messages.device_name(device))
            self._devices.addWidget(picture, line, 0)
            self._devices.addWidget(name, line, 1)
            state = StateLabel(device.mark, words)
            state.word.setWordWrap(True)  # a fault says its whole cause here
            self._devices.addWidget(state, line, 2)
            self._devices.setRowMinimumHeight(line, 4 * GRID)

    def _show(self, waiting: Waiting) -> None:
        self.alarm.show_alarm(waiting.alarm)
        summary = waiting.summary
        cases = None if waiting.cases is None else len(waiting.cases)
        for count, number, tone in (
            (self.to_make, None if summary is None else summary.to_make, "plain"),
            (self.to_approve, waiting.to_approve, "attention"),
            (self.ready, waiting.ready, "plain"),
            (self.lapsing, waiting.lapsing, "attention"),
            (self.open_cases, cases, "attention"),
        ):
            count.setVisible(number is not None)
            count.set_number(number or 0, tone)
        self.enrol_button.setVisible(self.context.may("enrol"))
        self.cases_frame.setVisible(waiting.cases is not None)
        self.till_frame.setVisible(self.context.sees("till"))
        self.issued.setText("–" if summary is None else str(summary.issued_today))
        self.spoiled.setText("–" if summary is None else str(summary.spoiled_today))
        self.blanks.setText("–" if waiting.stock is None else str(waiting.stock.on_hand))
        self._show_till(waiting.till)
        self._show_cases(waiting.cases or ())

    def _show_till(self, till: TillView | None) -> None:
        text = self.messages.text
        if till is None:
            self.shift.set_state(Mark.WAITING, text("No shift is open."))
            self.cash.setText("–")
            return
        told = text("Shift {number}, {clerk}", number=till.shift.number, clerk=till.shift.clerk_name)
        self.shift.set_state(Mark.GOOD if till.own else Mark.ATTENTION, told)
        self.cash.setText(text("{yuan} yuan", yuan=self.messages.money(till.state.expected_fen)))

    def _show_cases(self, cases: tuple[CaseRow, ...]) -> None:
        clear(self._case_lines)
        if not cases:
            words = self.messages.text("No card is left half-made.")
            self._case_lines.addWidget(StateLabel(Mark.GOOD, words))
        for case in cases[:5]:
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(GRID)
            state = StateLabel(case.mark, f"{case.name} · {self.messages.sentence(case.word)}")
            state.word.setWordWrap(True)
            row.addWidget(state, 1)
            go = Button(self.messages.text("Settle"))
            go.setAccessibleName(self.messages.text("Settle the case of {name}", name=case.name))
            go.clicked.connect(lambda _on=False, id_=case.id: self._settle(id_))
            row.addWidget(go)
            self._case_lines.addWidget(line)

    def _settle(self, case_id: str) -> None:
        self.context.navigator.go("cases", case_id=case_id)

    def _found(self) -> None:
        count = self.model.rowCount()
        self.person_button.setEnabled(count > 0)
        if count:
            told = self.messages.text("{count} found", count=count)
            self.found.set_state(Mark.GOOD, told)
        else:
            told = self.messages.text("Nobody was found. Try the last four digits, or the initials.")
            self.found.set_state(Mark.ATTENTION, told)
        self.table.setFocus()

    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            row = self.model.row(index)
            self.context.navigator.go(
                "resident", person_id=row.person_id, application_id=row.application_id
            )
