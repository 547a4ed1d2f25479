"""What waits for a second person: one application's evidence side by side, approved or sent back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout

from app.domain.codes import Code
from app.ui.context import OWNERS, Context
from app.ui.messages import grouped
from app.ui.models import Column, PagedTableModel
from app.ui.pages.page import Page
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.basic import Button, PrimaryButton, clear, label, panel, rule, scrolled
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.inputs import LineInput
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.pictures import PhotoFrame
from app.ui.widgets.tables import Table
from app.workflow.approve import ApprovalRow, ApprovalView
from app.workflow.form import FieldKind, FormField
from app.workflow.views import DraftValue, Mark, Provenance


class ApprovalsPage(Page):
    """Keys: arrows choose, Enter opens the evidence, F8 approves, Esc goes back."""

    name = "approvals"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        text, desk = self.messages.text, context.desk
        self._row: ApprovalRow | None = None
        self._view: ApprovalView | None = None
        self._working = False
        self.fault = ErrorPanel(self.messages)
        self.model: PagedTableModel[ApprovalRow] = PagedTableModel(
            (
                Column(text("State"), self._word, self._mark),
                Column(text("Name"), lambda r: r.name),
                Column(text("Number"), lambda r: r.masked_number),
                Column(text("Collected by"), lambda r: r.collected_by),
                Column(text("Since"), lambda r: self.messages.moment(r.since_ms)),
            ),
            lambda row: row.id,
            # What waits is worked off within the day: it comes as one page.
            lambda after, _limit: desk.approvals.waiting() if after is None else [],
            context.tasks,
            OWNERS["approvals.waiting"],
        )
        self.table = Table(text("Applications to approve"), self.model)
        self.table.set_widths(12 * GRID, 0, 21 * GRID, 12 * GRID, 13 * GRID)
        self.table.say_when_empty(text("Nothing waits for approval."))
        self.table.moved.connect(self._chosen)
        self.table.opened.connect(lambda _index: self.look())
        self.model.failed.connect(self.fault.show_fault)
        self.model.loaded.connect(lambda: self._chosen(self.table.currentIndex()))
        columns = QHBoxLayout()
        columns.setSpacing(2 * GRID)
        columns.addWidget(self.table, 5)
        columns.addWidget(self._evidence(), 5)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        whole.setSpacing(2 * GRID)
        whole.addWidget(self.fault)
        whole.addLayout(columns, 1)
        self.key(Qt.Key.Key_F5, self.model.refresh)
        self.key(Qt.Key.Key_F8, self.approve)
        self.key(Qt.Key.Key_Escape, lambda: context.navigator.go("home"))
        self._show(None)

    @property
    def title(self) -> str:
        return self.messages.text("Approvals")

    def _word(self, row: ApprovalRow) -> str:
        return self.messages.text("Your own" if row.own else "Waits")

    @staticmethod
    def _mark(row: ApprovalRow) -> Mark:
        return Mark.STOP if row.own else Mark.WAITING

    def _evidence(self) -> QFrame:
        text = self.messages.text
        frame, column = panel()
        head = QHBoxLayout()
        head.setSpacing(2 * GRID)
        self.photo = PhotoFrame(text("Photo"), text("No photo"))
        head.addWidget(self.photo, 0, Qt.AlignmentFlag.AlignTop)
        beside = QVBoxLayout()
        beside.setSpacing(GRID)
        self.person = label(size=TypeSize.HEAD, bold=True, wrap=True)
        self.number = label(tone="muted")
        self.document = StateLabel(Mark.ATTENTION, "")
        self.document.word.setWordWrap(True)
        self.own = StateLabel(Mark.STOP, text("You took this in: another person approves it."))
        self.own.word.setWordWrap(True)
        self.look_button = Button(text("Look at what was entered"), "Enter")
        self.look_button.clicked.connect(self.look)
        for part in (self.person, self.number, self.document, self.own, self.look_button):
            beside.addWidget(part)
        beside.addStretch(1)
        head.addLayout(beside, 1)
        column.addLayout(head)
        column.addWidget(rule())
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, GRID, 0)
        self._grid.setHorizontalSpacing(2 * GRID)
        self._grid.setVerticalSpacing(GRID // 2)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(2, 1)
        values = QVBoxLayout()
        values.setContentsMargins(0, 0, 0, 0)
        values.addLayout(self._grid)
        values.addStretch(1)
        column.addWidget(scrolled(values), 1)
        column.addWidget(rule())
        self.reason = LineInput(text("What is to be mended (to send it back)"))
        self.reason.changed.connect(self._enable)
        self.back_button = Button(text("Send back"))
        self.back_button.clicked.connect(self.send_back)
        self.reason.entered.connect(self.back_button.setFocus)
        self.approve_button = PrimaryButton(text("Approve"), "F8")
        self.approve_button.clicked.connect(self.approve)
        column.addWidget(self.reason)
        foot = QHBoxLayout()
        foot.addWidget(self.back_button)
        foot.addStretch(1)
        foot.addWidget(self.approve_button)
        column.addLayout(foot)
        return frame

    # ---------------------------------------------------------------------------------------- showing

    def enter(self, **_params: Any) -> None:
        self.fault.clear()
        self.model.refresh()
        self.table.setFocus()

    def _chosen(self, index: QModelIndex) -> None:
        row = self.model.row(index) if index.isValid() else None
        if row is None or self._row is None or row.id != self._row.id:
            self._show(row)
        self._row = row
        self._enable()

    def look(self) -> None:
        """The whole application. That is recorded, so it is asked for by a key of its own."""
        row, desk = self._row, self.context.desk
        if row is None:
            return

        def looked(view: ApprovalView) -> None:
            if self._row is not None and self._row.id == view.row.id:
                self._show_view(view)

        self.context.run(
            "approvals.application",
            lambda _task: desk.approvals.application(row.id),
            done=looked,
            failed=self.fault.show_fault,
        )

    def _show(self, row: ApprovalRow | None) -> None:
        """What the list tells of an application; its evidence is not looked at yet."""
        self._view = None
        clear(self._grid)
        self.photo.set_picture(None)
        self.photo.setVisible(row is not None)
        self.reason.clear()
        text = self.messages.text
        self.person.setText(row.name if row is not None else text("Nothing waits for approval."))
        self.number.setText(row.masked_number if row is not None else "")
        self.document.setVisible(row is not None)
        self.document.set_state(Mark.WAITING, text("Not looked at yet"))
        self.own.setVisible(row is not None and row.own)
        self._enable()

    def _show_view(self, view: ApprovalView) -> None:
        self._view = view
        text = self.messages.text
        self.photo.set_picture(view.photo)
        values = view.values
        number = values.get("citizen_id") or values.get("other_document.number") or DraftValue()
        self.number.setText(grouped(number.text))
        if view.document is None:
            self.document.set_state(Mark.ATTENTION, text("No document was read: all of it is typed."))
        else:
            self.document.set_state(Mark.GOOD, text("A document was read by the reader."))
        clear(self._grid)
        for column, word in enumerate((text("Field"), text("Entered"), text("By the document's chip"))):
            self._grid.addWidget(label(word, TypeSize.SMALL, tone="muted"), 0, column)
        line = 1
        for field in self.context.desk.form().fields():
            value = values.get(field.path)
            if value is not None and value.text:
                self._line(line, field, value)
                line += 1
        self._enable()
        if self.approve_button.isEnabled():
            self.approve_button.setFocus()

    def _line(self, line: int, field: FormField, value: DraftValue) -> None:
        top = Qt.AlignmentFlag.AlignTop
        name = label(self.messages.field(field), TypeSize.SMALL, tone="muted", wrap=True)
        name.setFixedWidth(20 * GRID)
        self._grid.addWidget(name, line, 0, top)
        entered = label(self._shown(field, value.text), wrap=True)
        self._grid.addWidget(entered, line, 1, top)
        if value.provenance is Provenance.CHIP:
            read = label(self.messages.text("the same"), tone="good")
        elif value.provenance is Provenance.CORRECTED:
            read = label(self._shown(field, value.read or ""), wrap=True)
            set_tone(read, "attention")
        else:
            read = label(self.messages.text("typed"), tone="muted")
        before = self._view.before.get(field.path) if self._view is not None else None
        if before is not None:
            # A card in place of another: what was recorded until now is what it is compared with.
            was = self._shown(field, before) or "–"
            entered.setText(f"{entered.text()}\n{self.messages.text('before: {text}', text=was)}")
            set_tone(entered, "attention")
        self._grid.addWidget(read, line, 2, top)

    def _shown(self, field: FormField, value: str) -> str:
        """A value as people read it: a code's word, a number in groups."""
        if field.kind is FieldKind.CODE and field.table is not None:
            found: Code | None = next(
                (code for code in self.context.desk.codes(field.table).codes if code.code == value), None
            )
            return value if found is None else self.messages.code(found)
        return grouped(value)

    def _enable(self) -> None:
        row = self._row
        mine = row is not None and row.own
        free = row is not None and not mine and not self._working and self.context.may("approve")
        self.look_button.setEnabled(row is not None)
        self.look_button.setVisible(row is not None and self._view is None)
        # Nobody approves what was not looked at.
        self.approve_button.setEnabled(free and self._view is not None)
        self.reason.setEnabled(free)
        self.back_button.setEnabled(free and bool(self.reason.text()))

    # -------------------------------------------------------------------------------------------- acts

    def approve(self) -> None:
        row, desk = self._row, self.context.desk
        if row is not None and self.approve_button.isEnabled():
            told = self.messages.text("Approved: {name}", name=row.name)
            self._act("approvals.approve", lambda: desk.approvals.approve(row.id), Mark.GOOD, told)

    def send_back(self) -> None:
        row, why, desk = self._row, self.reason.text(), self.context.desk
        if row is not None and self.back_button.isEnabled():
            told = self.messages.text("Sent back: {name}", name=row.name)
            self._act(
                "approvals.send_back",
                lambda: desk.approvals.send_back(row.id, why),
                Mark.ATTENTION,
                told,
            )

    def _act(self, operation: str, work: Callable[[], None], mark: Mark, told: str) -> None:
        self._working = True
        self.fault.clear()
        self._enable()

        def done(_nothing: object) -> None:
            self.context.happenings.add(mark, told)
            self.model.refresh()
            self.table.setFocus()

        task = self.context.run(operation, lambda _task: work(), done=done, failed=self.fault.show_fault)
        task.finished.connect(self._acted)

    def _acted(self) -> None:
        self._working = False
        self._enable()
