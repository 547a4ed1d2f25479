"""The first page: what waits, what is open, how the devices are."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.base.errors import KangkaError
from app.ui.context import Context
from app.ui.pages.page import Page
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.basic import Button, Picture, PrimaryButton, clear, label, panel, rule
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.marks import StateLabel
from app.workflow.views import CaseRow, DeskSummary, DeviceState, Mark


class Count(QFrame):
    """A number that matters, its word, and the way to what it counts."""

    def __init__(self, word: str, go: Button | None) -> None:
        super().__init__()
        set_tone(self, "panel")
        self._word = word
        self.number = label("–", TypeSize.HANDS, bold=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID // 2)
        column.addWidget(label(word, tone="muted"))
        column.addWidget(self.number)
        if go is not None:
            column.addSpacing(GRID // 2)
            column.addWidget(go)
        else:
            column.addSpacing(GRID // 2 + Button.HEIGHT + GRID // 2)
        self.setAccessibleName(word)

    def set_number(self, number: int, tone: str = "plain") -> None:
        self.number.setText(str(number))
        set_tone(self.number, tone)
        self.setAccessibleName(f"{self._word} {number}")


class HomePage(Page):
    """Keys: F2 begins the next enrolment by reading the identity card."""

    name = "home"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        text = self.messages.text
        self.fault = ErrorPanel(self.messages)
        self.locked = ErrorPanel(self.messages)
        self.unlock_button = Button(text("Unlock again"))
        self.unlock_button.clicked.connect(self.begin_shift)
        self.locked.offer(self.unlock_button)
        self._unlocking = False
        self.to_make_button = Button(text("Make cards"))
        self.to_make_button.clicked.connect(lambda: context.navigator.go("queue"))
        self.cases_button = Button(text("Settle cases"))
        self.cases_button.clicked.connect(lambda: context.navigator.go("cases"))
        self.to_make = Count(text("Cards to make"), self.to_make_button)
        self.open_cases = Count(text("Open cases"), self.cases_button)
        self.issued = Count(text("Issued today"), None)
        self.spoiled = Count(text("Spoiled today"), None)
        counts = QHBoxLayout()
        counts.setSpacing(2 * GRID)
        for count in (self.to_make, self.open_cases, self.issued, self.spoiled):
            counts.addWidget(count, 1)
        lower = QHBoxLayout()
        lower.setSpacing(2 * GRID)
        lower.addWidget(self._devices_panel(), 1)
        lower.addWidget(self._cases_panel(), 1)
        self.enrol_button = PrimaryButton(text("Enrol the next resident"), "F2")
        self.enrol_button.clicked.connect(self.begin)
        self.enrol_button.setMinimumWidth(36 * GRID)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        whole.setSpacing(2 * GRID)
        whole.addWidget(self.fault)
        whole.addWidget(self.locked)
        whole.addLayout(counts)
        whole.addLayout(lower, 1)
        whole.addWidget(self.enrol_button, 0, Qt.AlignmentFlag.AlignRight)
        self.key(Qt.Key.Key_F2, self.begin)
        self.key(Qt.Key.Key_F5, self.refresh)

    @property
    def title(self) -> str:
        return self.messages.text("Home")

    def enter(self, **_params: Any) -> None:
        self.refresh()
        self.enrol_button.setFocus()

    def begin_shift(self) -> None:
        """Unlock the SAM once; why it stays locked stands on the page until somebody tries again."""
        if self._unlocking:
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
        self.context.navigator.go("enrol", read=True)

    def refresh(self) -> None:
        desk = self.context.desk
        self.fault.clear()
        self.context.run(
            "summary", lambda _task: desk.summary(), done=self._summary, failed=self._failed
        )
        self.context.run(
            "open_cases", lambda _task: desk.open_cases(), done=self._cases, failed=self._failed
        )

    def show_devices(self, devices: list[DeviceState]) -> None:
        """The window asks the devices once for its strip and this page."""
        clear(self._devices)
        for line, device in enumerate(devices):
            picture = Picture(device.role.value, 20)
            words = self.messages.sentence(device.word)
            if device.detail is not None:
                words = f"{words} · {self.messages.sentence(device.detail)}"
            name = label(self.messages.role(device.role))
            model = label(self.messages.device_name(device), TypeSize.SMALL, tone="muted")
            model.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
            self._devices.addWidget(picture, line, 0)
            self._devices.addWidget(name, line, 1)
            state = StateLabel(device.mark, words)
            state.word.setWordWrap(True)  # a fault says its whole cause here
            self._devices.addWidget(state, line, 2)
            self._devices.addWidget(model, line, 3, Qt.AlignmentFlag.AlignRight)
            self._devices.setRowMinimumHeight(line, 4 * GRID)

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
        column.addWidget(label(self.messages.text("Open cases"), bold=True))
        column.addWidget(rule())
        self._case_lines = QVBoxLayout()
        self._case_lines.setSpacing(GRID)
        column.addLayout(self._case_lines)
        column.addStretch(1)
        return frame

    def _summary(self, summary: DeskSummary) -> None:
        self.to_make.set_number(summary.to_make)
        self.open_cases.set_number(summary.open_cases, "attention" if summary.open_cases else "plain")
        self.issued.set_number(summary.issued_today)
        self.spoiled.set_number(summary.spoiled_today)
        self.to_make_button.setEnabled(summary.to_make > 0)
        self.cases_button.setEnabled(summary.open_cases > 0)

    def _cases(self, cases: list[CaseRow]) -> None:
        clear(self._case_lines)
        if not cases:
            words = self.messages.text("No card is left half-made.")
            self._case_lines.addWidget(StateLabel(Mark.GOOD, words))
        for case in cases[:5]:
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(GRID)
            words = f"{case.name} · {self.messages.sentence(case.word)}"
            row.addWidget(StateLabel(case.mark, words), 1)
            go = Button(self.messages.text("Settle"))
            go.setAccessibleName(self.messages.text("Settle the case of {name}", name=case.name))
            go.clicked.connect(lambda _on=False, id_=case.id: self._settle(id_))
            row.addWidget(go)
            self._case_lines.addWidget(line)

    def _settle(self, case_id: str) -> None:
        self.context.navigator.go("cases", case_id=case_id)

    def _failed(self, fault: KangkaError) -> None:
        self.fault.show_fault(fault)
