"""Cards left half-made: what is known of each, and continue, verify or spoil (decision 1)."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from app.base.errors import KangkaError
from app.ui.context import OWNERS, Context
from app.ui.models import Column, PagedTableModel
from app.ui.pages.page import Page
from app.ui.theme import GRID, TypeSize, set_type
from app.ui.widgets.basic import Button, GraveButton, PrimaryButton, clear, label, panel, rule
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.tables import Table
from app.workflow.card_views import CardAct
from app.workflow.views import CaseRow, IssueOutcome, Mark, Settlement


class CasesPage(Page):
    """Keys: arrows choose a case, Enter goes to what is offered first, Esc goes back."""

    name = "cases"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        text = self.messages.text
        self._wanted = ""
        self._case: CaseRow | None = None
        self._spoiling = False
        self.fault = ErrorPanel(self.messages)
        self.model: PagedTableModel[CaseRow] = PagedTableModel(
            (
                Column(text("State"), lambda r: self.messages.sentence(r.word), lambda r: r.mark),
                Column(text("Name"), lambda r: r.name),
                Column(text("Number"), lambda r: r.masked_number),
                Column(text("Since"), lambda r: self.messages.moment(r.opened_ms)),
            ),
            lambda row: row.id,
            # Open cases are few by their nature: they come as one page.
            lambda after, _limit: context.desk.open_cases() if after is None else [],
            context.tasks,
            OWNERS["open_cases"],
        )
        self.table = Table(text("Open cases"), self.model)
        self.table.set_widths(15 * GRID, 0, 22 * GRID, 13 * GRID)
        columns = QHBoxLayout()
        columns.setSpacing(2 * GRID)
        columns.addWidget(self.table, 3)
        columns.addWidget(self._details(), 2)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        whole.setSpacing(2 * GRID)
        whole.addWidget(self.fault)
        whole.addLayout(columns, 1)
        self.model.failed.connect(self.fault.show_fault)
        self.model.loaded.connect(self._loaded)
        self.table.moved.connect(self._show)
        self.table.opened.connect(lambda _index: self.continue_button.setFocus())
        self.key(Qt.Key.Key_F5, self.model.refresh)
        self.key(Qt.Key.Key_Escape, lambda: context.navigator.go("home"))
        self._show(QModelIndex())

    @property
    def title(self) -> str:
        return self.messages.text("Open cases")

    def _details(self) -> QFrame:
        text = self.messages.text
        frame, column = panel(margin=3 * GRID, spacing=GRID + 4)
        frame.setMinimumWidth(40 * GRID)
        frame.setMaximumWidth(50 * GRID)
        self.person = label(size=TypeSize.HEAD, bold=True)
        self.state = StateLabel(Mark.WAITING, "")
        self._known = QVBoxLayout()
        self._known.setSpacing(GRID)
        self.known_head = label(text("What is known"), TypeSize.SMALL, tone="muted")
        self.nothing = StateLabel(Mark.GOOD, text("No card is left half-made."))
        self.spoil_head = label(
            text("If the card can not be saved: write why, then spoil it. This can not be undone."),
            TypeSize.SMALL,
            tone="muted",
            wrap=True,
        )
        self.reason = QLineEdit()
        self.reason.setFixedHeight(Button.HEIGHT)
        self.reason.setPlaceholderText(text("Reason, for example: chip does not answer"))
        self.reason.setAccessibleName(text("Reason for spoiling the card"))
        set_type(self.reason, TypeSize.BODY)
        self.reason.textChanged.connect(self._enable)
        self.spoil_button = GraveButton(self.messages.settlement(Settlement.SPOIL))
        self.spoil_button.clicked.connect(self.spoil)
        self.verify_button = Button(self.messages.settlement(Settlement.VERIFY))
        self.verify_button.clicked.connect(lambda: self._go(Settlement.VERIFY))
        self.continue_button = PrimaryButton(self.messages.settlement(Settlement.CONTINUE))
        self.continue_button.clicked.connect(lambda: self._go(Settlement.CONTINUE))
        column.addWidget(self.nothing)
        column.addWidget(self.person)
        column.addWidget(self.state)
        column.addWidget(rule())
        column.addWidget(self.known_head)
        column.addLayout(self._known)
        column.addStretch(1)
        column.addWidget(self.spoil_head)
        line = QHBoxLayout()
        line.setSpacing(GRID)
        line.addWidget(self.reason, 1)
        line.addWidget(self.spoil_button)
        column.addLayout(line)
        column.addWidget(rule())
        column.addWidget(self.verify_button)
        self.why_not = label(
            text("Verifying alone needs a chip that was written to its end."),
            TypeSize.SMALL,
            tone="muted",
        )
        self.why_not.setWordWrap(True)
        self.why_not.hide()
        column.addWidget(self.why_not)
        column.addWidget(self.continue_button)
        return frame

    def enter(self, case_id: str = "", **_params: Any) -> None:
        self._wanted = case_id
        self.fault.clear()
        self.model.refresh()
        self.table.setFocus()

    def _loaded(self) -> None:
        line = self.model.find(self._wanted) if self._wanted else None
        if line is not None:
            self.table.setCurrentIndex(self.model.index(line, 0))
            self.continue_button.setFocus()
        self._wanted = ""

    def _show(self, index: QModelIndex) -> None:
        case = self.model.row(index) if index.isValid() else None
        if case is None or self._case is None or case.id != self._case.id:
            self.reason.clear()
        self._case = case
        clear(self._known)
        for part in (self.person, self.state, self.known_head):
            part.setVisible(case is not None)
        self.nothing.setVisible(case is None)
        if case is not None:
            self.person.setText(f"{case.name}  {case.masked_number}")
            self.state.set_state(case.mark, self.messages.sentence(case.word))
            for sentence in case.known:
                self._known.addWidget(label("· " + self.messages.sentence(sentence), wrap=True))
        self._enable()

    def _enable(self) -> None:
        offers = self._case.offers if self._case is not None else ()
        self.continue_button.setEnabled(Settlement.CONTINUE in offers and not self._spoiling)
        self.verify_button.setEnabled(Settlement.VERIFY in offers and not self._spoiling)
        self.why_not.setVisible(bool(offers) and Settlement.VERIFY not in offers)
        self.reason.setEnabled(Settlement.SPOIL in offers and not self._spoiling)
        why = self.reason.text().strip()
        self.spoil_button.setEnabled(self.reason.isEnabled() and bool(why))

    def _go(self, how: Settlement) -> None:
        if self._case is not None and self._case.blocking:
            # Whoever goes on with a blocking authenticates first: that page asks.
            self.context.navigator.go("loss", card_id=self._case.id, act=CardAct.BLOCK)
        elif self._case is not None and how in self._case.offers:
            self.context.navigator.go(
                "issue", application_id=self._case.application_id, case_id=self._case.id, how=how
            )

    def spoil(self) -> None:
        """Give the card up for good; the reason is kept with it."""
        why = self.reason.text().strip()
        if self._case is None or not why or self._spoiling:
            return
        case, desk = self._case, self.context.desk
        self._spoiling = True
        self._enable()

        def done(_outcome: IssueOutcome) -> None:
            said = self.messages.text("The card of {name} is recorded as spoiled.", name=case.name)
            self.context.happenings.add(Mark.STOP, said)
            self.model.refresh()

        def failed(fault: KangkaError) -> None:
            self.fault.show_fault(fault)

        task = self.context.run(
            "settle",
            lambda task: desk.settle(case.id, Settlement.SPOIL, task.report, task.cancel, why),
            done=done,
            failed=failed,
        )
        task.finished.connect(self._spoiling_over)

    def _spoiling_over(self) -> None:
        self._spoiling = False
        self._enable()
