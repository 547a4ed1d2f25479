"""The till of a day: a shift opened, fees taken, receipts, voids; the closing has its own view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.base.errors import N_
from app.domain.fees import Ground
from app.domain.till import Closing, PayMethod, Receipt, ReceiptState, Shift
from app.ui.context import OWNERS, Authority, Context
from app.ui.models import Column, PagedTableModel
from app.ui.pages.page import Page
from app.ui.tasks import Task
from app.ui.theme import GRID, TypeSize
from app.ui.widgets.basic import Button, PrimaryButton, label, panel
from app.ui.widgets.closing import ClosingView
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.inputs import MoneyInput
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.paper_view import PaperView, Wanted
from app.ui.widgets.tables import Table
from app.ui.widgets.till_panels import DuePanel, ReceiptPanel
from app.workflow.paper_desk import PrintedPaper
from app.workflow.services import DeskService
from app.workflow.till_views import DueRow, TillView
from app.workflow.views import Mark


@dataclass(frozen=True)
class TillLook:
    """What the page shows beside its lists."""

    view: TillView | None
    waivers: tuple[Ground, ...]
    void_reasons: tuple[Ground, ...]
    last: Closing | None


def look(desk: DeskService) -> TillLook:
    """Gather it on the store's thread."""
    closings = desk.till.closings(1)
    return TillLook(
        view=desk.till.view(),
        waivers=tuple(desk.till.waivers()),
        void_reasons=tuple(desk.till.void_reasons()),
        last=closings[0] if closings else None,
    )


class TillPage(Page):
    """Keys: F6 takes the fee in cash, F8 by scan, F7 prints the receipt, F10 closes the shift."""

    name = "till"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._view: TillView | None = None
        self._last: Closing | None = None
        # Whose fee another page leads here for, until the list has come.
        self._wanted = ""
        self._working = False
        self.fault = ErrorPanel(self.messages)
        self._views = QStackedWidget()
        self.closing = ClosingView(context, back=self.enter, closed=self._closed)
        for view in (self._day(), self.closing, self._report()):
            self._views.addWidget(view)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        whole.setSpacing(2 * GRID)
        whole.addWidget(self.fault)
        whole.addWidget(self._views, 1)
        self.key(Qt.Key.Key_F5, self.refresh)
        self.key(Qt.Key.Key_F6, lambda: self._press(self.due.cash_button))
        self.key(Qt.Key.Key_F8, lambda: self._press(self.due.scan_button))
        self.key(Qt.Key.Key_F7, self._print)
        self.key(Qt.Key.Key_F10, lambda: self._press(self.close_button))
        self.key(Qt.Key.Key_Escape, self.back)
        for table in (self.due_table, self.receipt_table):
            table.installEventFilter(self)
        self._enable()

    @property
    def title(self) -> str:
        return self.messages.text("Till")

    # --------------------------------------------------------------------------------------- building

    def _day(self) -> QWidget:
        text = self.messages.text
        box = QWidget()
        self.float = MoneyInput(text("Cash that lies in the till, yuan"))
        self.float.setFixedWidth(30 * GRID)
        self.open_button = PrimaryButton(text("Open the shift"))
        self.open_button.clicked.connect(self.open_shift)
        self.float.entered.connect(self.open_button.setFocus)
        self.float.changed.connect(self._enable)
        self.close_button = Button(text("Count and close the shift"), "F10")
        self.close_button.clicked.connect(self.begin_closing)
        self.report_button = Button(text("Last closing report"))
        self.report_button.clicked.connect(self._show_last)
        self.shift = StateLabel(Mark.WAITING, "", size=TypeSize.HEAD)
        self.figures = label(tone="muted")
        frame, column = panel()
        head = QHBoxLayout()
        head.setSpacing(2 * GRID)
        told = QVBoxLayout()
        told.addWidget(self.shift)
        told.addWidget(self.figures)
        head.addLayout(told, 1)
        head.addWidget(self.float)
        head.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignBottom)
        head.addWidget(self.report_button, 0, Qt.AlignmentFlag.AlignBottom)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(head)
        lists = QVBoxLayout()
        lists.setSpacing(GRID)
        lists.addWidget(label(text("Fees to be paid"), bold=True))
        lists.addWidget(self._dues(), 1)
        lists.addWidget(label(text("Receipts of the shift"), bold=True))
        lists.addWidget(self._receipts(), 1)
        columns = QHBoxLayout()
        columns.setSpacing(2 * GRID)
        columns.addLayout(lists, 1)
        columns.addWidget(self._details())
        whole = QVBoxLayout(box)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2 * GRID)
        whole.addWidget(frame)
        whole.addLayout(columns, 1)
        return box

    def _dues(self) -> Table:
        text, desk = self.messages.text, self.context.desk
        self.dues: PagedTableModel[DueRow] = PagedTableModel(
            (
                Column(text("Yuan"), lambda r: self.messages.money(r.fen), lambda _r: Mark.WAITING),
                Column(text("Name"), lambda r: r.masked_name),
                Column(text("Reason"), lambda r: r.reason.title(self.messages.language)),
                Column(text("Application"), lambda r: r.number),
                Column(text("Since"), lambda r: self.messages.moment(r.owed_ms)),
            ),
            lambda row: row.application_id,
            # What is owed at one counter comes as one page.
            lambda after, _limit: desk.till.dues() if after is None else [],
            self.context.tasks,
            OWNERS["till.dues"],
        )
        self.due_table = Table(text("Fees to be paid"), self.dues)
        self.due_table.set_widths(13 * GRID, 0, 18 * GRID, 20 * GRID, 14 * GRID)
        self.due_table.say_when_empty(text("Nobody owes a fee."))
        self.due_table.moved.connect(self._show_due)
        self.due_table.opened.connect(lambda _index: self.due.cash_button.setFocus())
        self.dues.failed.connect(self.fault.show_fault)
        self.dues.loaded.connect(self._dues_came)
        return self.due_table

    def _receipts(self) -> Table:
        text, desk = self.messages.text, self.context.desk

        def word(row: Receipt) -> str:
            return self.messages.word("receipt_state", row.state.value)

        self.receipts: PagedTableModel[Receipt] = PagedTableModel(
            (
                Column(
                    text("State"),
                    word,
                    lambda r: Mark.STOP if r.state is ReceiptState.VOIDED else Mark.GOOD,
                ),
                Column(text("Receipt"), lambda r: r.number),
                Column(text("Reason"), lambda r: self.messages.word("reason", r.reason)),
                Column(text("Received"), lambda r: self.messages.money(r.received_fen)),
                Column(text("How"), lambda r: self.messages.word("pay_method", r.method.value)),
                Column(text("At"), lambda r: self.messages.moment(r.at_ms)),
            ),
            lambda row: row.number,
            lambda after, _limit: desk.till.receipts() if after is None else [],
            self.context.tasks,
            OWNERS["till.receipts"],
        )
        self.receipt_table = Table(text("Receipts of the shift"), self.receipts)
        self.receipt_table.set_widths(13 * GRID, 0, 17 * GRID, 12 * GRID, 10 * GRID, 14 * GRID)
        self.receipt_table.say_when_empty(text("No receipt in this shift yet."))
        self.receipt_table.moved.connect(self._show_receipt)
        self.receipts.failed.connect(self.fault.show_fault)
        self.receipts.loaded.connect(lambda: self._show_receipt(self.receipt_table.currentIndex()))
        return self.receipt_table

    def _details(self) -> QFrame:
        frame, column = panel()
        frame.setFixedWidth(54 * GRID)
        self.due = DuePanel(self.messages)
        self.due.take.connect(self.take)
        self.due.waive.connect(self.waive)
        self.receipt = ReceiptPanel(self.messages)
        self.receipt.wants_print.connect(self.print_receipt)
        self.receipt.void.connect(self.void)
        self._panels = QStackedWidget()
        nothing = label(self.messages.text("Choose a fee or a receipt."), tone="muted", wrap=True)
        nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        for part in (nothing, self.due, self.receipt):
            self._panels.addWidget(part)
        column.addWidget(self._panels, 1)
        return frame

    def _report(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        self.paper = PaperView(self.context)
        # A page is read like a page, in the middle.
        self.paper.setMaximumWidth(114 * GRID)
        self.done_button = Button(self.messages.text("Back to the till"), "Esc")
        self.done_button.clicked.connect(self.back)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(self.paper, 100)
        middle.addStretch(1)
        column.addLayout(middle, 1)
        column.addWidget(self.done_button, 0, Qt.AlignmentFlag.AlignRight)
        return box

    # ------------------------------------------------------------------------------------ coming, going

    def enter(self, application_id: str = "", **_params: Any) -> None:
        """``application_id`` is whose fee is to be taken: that line and no other one is chosen."""
        self._wanted = application_id
        self._views.setCurrentIndex(0)
        self.fault.clear()
        self.refresh()
        self.due_table.setFocus()

    def back(self) -> None:
        """From closing or report to the till's day, from there to the first page."""
        if self._views.currentIndex():
            self.enter()
        else:
            self.context.navigator.go("home")

    def refresh(self) -> None:
        desk = self.context.desk
        self.context.run(
            "till.view", lambda _task: look(desk), done=self._show, failed=self.fault.show_fault
        )
        self.dues.refresh()
        self.receipts.refresh()

    def _show(self, found: TillLook) -> None:
        self._view, self._last = found.view, found.last
        self.due.set_grounds(found.waivers)
        self.receipt.set_reasons(found.void_reasons)
        text, money = self.messages.text, self.messages.money
        view = found.view
        if view is None:
            self.shift.set_state(Mark.WAITING, text("No shift is open."))
            self.figures.setText(text("Count the cash in the till, then open the shift."))
        else:
            shift, state = view.shift, view.state
            told = text("Shift {number}, {clerk}", number=shift.number, clerk=shift.clerk_name)
            self.shift.set_state(Mark.GOOD if view.own else Mark.ATTENTION, told)
            self.figures.setText(
                text(
                    "Since {since} · began with {float} · receipts {count} · blank cards {cards}",
                    since=self.messages.moment(shift.opened_ms),
                    float=money(shift.float_fen),
                    count=state.count,
                    cards=state.cards.on_hand,
                )
            )
        self._enable()
        if view is None and self.due_table.hasFocus() and self.float.isVisible():
            # The day begins with what lies in the till.
            self.float.setFocus()

    def _enable(self) -> None:
        view = self._view
        is_open = view is not None
        idle = not self._working
        may = self.context.may
        self.float.setVisible(not is_open and may("open-shift"))
        self.open_button.setVisible(not is_open and may("open-shift"))
        self.open_button.setEnabled(idle and self.float.fen() is not None)
        self.close_button.setVisible(is_open and may("close-shift"))
        self.report_button.setVisible(not is_open and self._last is not None)
        own = idle and view is not None and view.own
        self.due.allow(take=own and may("take-fee"), waive=own and may("waive-fee"))
        self.receipt.allow(void=own and may("void-receipt"), print_=idle)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The list that the cursor goes to has the panel."""
        if event.type() is QEvent.Type.FocusIn and watched is self.due_table:
            self._show_due(self.due_table.currentIndex())
        elif event.type() is QEvent.Type.FocusIn and watched is self.receipt_table:
            self._show_receipt(self.receipt_table.currentIndex())
        return super().eventFilter(watched, event)

    @staticmethod
    def _press(button: Button) -> None:
        """A key presses what is in sight and may be pressed."""
        if button.isVisible() and button.isEnabled():
            button.click()

    # -------------------------------------------------------------------------------------- selections

    def _dues_came(self) -> None:
        wanted, self._wanted = self._wanted, ""
        if wanted:
            line = self.dues.find(wanted)
            index = QModelIndex() if line is None else self.dues.index(line, 0)
            self.due_table.setCurrentIndex(index)
        self._show_due(self.due_table.currentIndex())

    def _show_due(self, index: QModelIndex) -> None:
        row = self.dues.row(index) if index.isValid() else None
        self.due.show_due(row)
        if row is not None:
            self._panels.setCurrentWidget(self.due)
        elif self._panels.currentWidget() is self.due:
            self._panels.setCurrentIndex(0)
        self._mark_one()

    def _show_receipt(self, index: QModelIndex) -> None:
        # A list that was only loaded anew takes the panel from nobody.
        row = self.receipts.row(index) if index.isValid() else None
        self.receipt.show_receipt(row)
        if row is not None and (self.receipt_table.hasFocus() or self.due.due is None):
            self._panels.setCurrentWidget(self.receipt)
        self._mark_one()

    def _mark_one(self) -> None:
        """One line of the two lists is lit: that of the panel."""
        for table, panel_ in ((self.due_table, self.due), (self.receipt_table, self.receipt)):
            if self._panels.currentWidget() is not panel_:
                table.clearSelection()
            elif table.currentIndex().isValid():
                table.selectRow(table.currentIndex().row())

    # -------------------------------------------------------------------------------------------- acts

    def _act(self, operation: str, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """One act at a time; its refusal stands on the page."""
        if self._working:
            return
        self._working = True
        self.fault.clear()
        self._enable()
        task: Task = self.context.run(
            operation, lambda _task: work(), done=done, failed=self.fault.show_fault
        )
        task.finished.connect(self._acted)

    def _acted(self) -> None:
        self._working = False
        self._enable()

    def open_shift(self) -> None:
        fen = self.float.fen()
        if fen is not None:
            till = self.context.desk.till
            self._act("till.open_shift", lambda: till.open_shift(fen), self._opened)

    def _opened(self, shift: Shift) -> None:
        self.float.clear()
        self._happened(Mark.GOOD, N_("Shift {number} is open."), number=shift.number)
        self.refresh()
        self.due_table.setFocus()

    def take(self, method: PayMethod) -> None:
        """Settle the chosen fee; its receipt is printed by the next key."""
        row, till = self.due.due, self.context.desk.till
        if row is not None:
            self._act("till.take", lambda: till.take(row.application_id, method), self._taken)

    def waive(self, ground: Ground, proof: str | None) -> None:
        """Settle the chosen fee by a ground of the schedule, beside a second person."""
        row, till = self.due.due, self.context.desk.till
        if row is None:
            return
        told = self.messages.text("Waive {yuan} yuan", yuan=self.messages.money(row.fen))
        about = f"{row.masked_name} · {row.number} · {ground.title(self.messages.language)}"

        def granted(authority: Authority) -> None:
            self._act(
                "till.waive",
                lambda: till.waive(row.application_id, ground.code, proof, authority.second),
                self._taken,
            )

        self.context.authorities.ask("waive-fee", told, about, granted, second=True)

    def _taken(self, receipt: Receipt) -> None:
        self._happened(
            Mark.GOOD,
            N_("Receipt {number}: {yuan} yuan."),
            number=receipt.number,
            yuan=self.messages.money(receipt.received_fen),
        )
        self.receipt.show_receipt(receipt, new=True)
        self._panels.setCurrentWidget(self.receipt)
        self.receipt.print_button.setFocus()
        self.refresh()

    def void(self, reason: Ground) -> None:
        """Void the chosen receipt: a second person, and the own password once more."""
        row, till = self.receipt.receipt, self.context.desk.till
        if row is None:
            return
        told = self.messages.text("Void receipt {number}", number=row.number)
        about = self.messages.text(
            "{yuan} yuan go back to the payer. {reason}",
            yuan=self.messages.money(row.received_fen),
            reason=reason.title(self.messages.language),
        )

        def granted(authority: Authority) -> None:
            self._act(
                "till.void",
                lambda: till.void(row.number, reason.code, authority.second, authority.fresh),
                self._voided,
            )

        self.context.authorities.ask("void-receipt", told, about, granted, second=True, fresh=True)

    def _voided(self, receipt: Receipt) -> None:
        self._happened(Mark.STOP, N_("Receipt {number} is void."), number=receipt.number)
        self.receipt.show_receipt(receipt)
        self.refresh()

    def print_receipt(self) -> None:
        """The receipt for the payer; every further print is marked and counted as a copy."""
        row, desk = self.receipt.receipt, self.context.desk
        if row is None:
            return
        number = row.number

        def work() -> PrintedPaper:
            return desk.papers.print(desk.till.receipt_paper(number))

        self._act("papers.print", work, self._printed)

    def _printed(self, printed: PrintedPaper) -> None:
        self._happened(Mark.GOOD, N_("Receipt {number} is printed."), number=printed.number)
        self.receipt.printed()
        self.receipts.refresh()

    def _print(self) -> None:
        if self._views.currentWidget() is not self._views.widget(0):
            self.paper.print()
        else:
            self._press(self.receipt.print_button)

    def _happened(self, mark: Mark, told: str, /, **params: object) -> None:
        self.context.happenings.add(mark, self.messages.text(told, **params))

    # ----------------------------------------------------------------------------------------- closing

    def begin_closing(self) -> None:
        if self._view is not None:
            self.fault.clear()
            self.closing.begin(self._view)
            self._views.setCurrentWidget(self.closing)

    def _closed(self, closing: Closing) -> None:
        self._happened(Mark.GOOD, N_("The shift is closed: {number}."), number=closing.number)
        self._show_report(closing.number)

    def _show_last(self) -> None:
        if self._last is not None:
            self._show_report(self._last.number)

    def _show_report(self, number: str) -> None:
        till = self.context.desk.till
        self._views.setCurrentIndex(2)
        wanted = Wanted("closing-report", number, lambda: till.closing_paper(number))
        self.paper.show_papers((wanted,))
        self.paper.take_cursor()

    def can_leave(self) -> str:
        if self._working:
            return self.messages.text("Money is being recorded; it takes a moment.")
        return ""
