"""Applications that wait for a card, newest needs at hand; one line leads to its making."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from app.ui.context import OWNERS, Context
from app.ui.models import Column, PagedTableModel
from app.ui.pages.page import Page
from app.ui.theme import GRID
from app.ui.widgets.basic import Button, PrimaryButton, label
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.tables import Table
from app.workflow.views import ApplicationRow, Mark


class QueuePage(Page):
    """Keys: Enter opens the line's application, Ctrl+M shows the made ones too, F5 asks again."""

    name = "queue"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        text = self.messages.text
        self.fault = ErrorPanel(self.messages)
        self._with_made = False
        self.model: PagedTableModel[ApplicationRow] = PagedTableModel(
            (
                Column(text("State"), lambda r: self.messages.sentence(r.word), lambda r: r.mark),
                Column(text("Name"), lambda r: r.name),
                Column(text("Number"), lambda r: r.masked_number),
                Column(text("Enrolled at"), lambda r: self.messages.moment(r.at_ms)),
            ),
            lambda row: row.id,
            self._fetch,
            context.tasks,
            OWNERS["applications"],
        )
        self.table = Table(text("Applications"), self.model)
        self.table.set_widths(20 * GRID, 0, 28 * GRID, 18 * GRID)
        self.empty = label(text("No application waits for a card."), tone="muted")
        self.open_button = PrimaryButton(text("Open this application"), "Enter")
        self.open_button.setMinimumWidth(32 * GRID)
        foot = QHBoxLayout()
        foot.addWidget(self.empty)
        self.made_button = Button(text("Show cards already made too"), "Ctrl+M")
        self.made_button.setCheckable(True)
        self.made_button.toggled.connect(self._show_made)
        foot.addStretch(1)
        foot.addWidget(self.made_button)
        foot.addWidget(self.open_button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        whole.setSpacing(2 * GRID)
        whole.addWidget(self.fault)
        whole.addWidget(self.table, 1)
        whole.addLayout(foot)
        self.model.failed.connect(self.fault.show_fault)
        self.model.loaded.connect(self._loaded)
        self.table.opened.connect(self._open)
        self.open_button.clicked.connect(lambda: self._open(self.table.currentIndex()))
        self.key("Ctrl+M", self.made_button.toggle)
        self.key(Qt.Key.Key_F5, self.model.refresh)
        self.key(Qt.Key.Key_Escape, lambda: context.navigator.go("home"))
        self._loaded()

    @property
    def title(self) -> str:
        return self.messages.text("Card making")

    def enter(self, **_params: Any) -> None:
        self.fault.clear()
        self.model.refresh()
        self.table.setFocus()

    def _fetch(self, after: str | None, limit: int) -> list[ApplicationRow]:
        """A page of the list, on the store's thread; what is made stands here only when asked for."""
        found: list[ApplicationRow] = []
        while len(found) < limit:
            page = self.context.desk.applications(after, limit)
            found += [row for row in page if self._with_made or row.mark is not Mark.GOOD]
            if len(page) < limit:
                break
            after = page[-1].id
        return found[:limit]

    def _show_made(self, shown: bool) -> None:
        self._with_made = shown
        self.model.refresh()
        self.table.setFocus()

    def _loaded(self) -> None:
        any_row = self.model.rowCount() > 0
        self.empty.setVisible(not any_row)
        self.open_button.setEnabled(any_row)

    def _open(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        row = self.model.row(index)
        if row.case_id is not None:
            self.context.navigator.go("cases", case_id=row.case_id)
        else:
            self.context.navigator.go("issue", application_id=row.id)
