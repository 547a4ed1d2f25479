"""The audit: whether its chain is whole, always in sight, and its rows, newest first, by filters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from app.base.errors import N_
from app.domain.audit import AuditKind, AuditQuery, AuditReport, AuditRow
from app.domain.staff import Role
from app.ui.context import OWNERS, Context
from app.ui.models import Column, PagedTableModel
from app.ui.pages.page import Page
from app.ui.theme import GRID, TypeSize
from app.ui.widgets.audit_parts import AlarmPanel, AuditFilters
from app.ui.widgets.basic import Button, label, panel
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.tables import Table
from app.workflow.audit_desk import AuditBroken, AuditState
from app.workflow.views import Mark

# Where the words of a row's states stand, by what the row is about.
_STATES: Final = {
    AuditKind.ENROL: "application-state",
    AuditKind.APPROVE: "application-state",
    AuditKind.RETURN: "application-state",
    AuditKind.WITHDRAW: "application-state",
    AuditKind.ORDER: "application-state",
    AuditKind.CARD: "card-state",
    AuditKind.CASE_STATE: "making-state",
    AuditKind.CASE_OPENED: "making-state",
    AuditKind.STOCK: "blank-state",
    AuditKind.OUTCOME: "intent-outcome",
    AuditKind.SIGN_IN: "sign-in",
    AuditKind.UNLOCK: "sign-in",
}


class AuditPage(Page):
    """Keys: Ctrl+F goes to the filters, Enter on a row shows all of what it speaks of, F5 asks again, F9
    verifies the whole chain, Esc takes the filters away and then goes back."""

    name = "audit"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        text = self.messages.text
        self._names: dict[str, str] = {}
        self._wanted = AuditQuery()
        self.fault = ErrorPanel(self.messages)
        self.alarm = AlarmPanel(self.messages)
        frame, column = panel()
        self.chain = StateLabel(Mark.WORKING, "", size=TypeSize.HEAD)
        self.witnesses = label(tone="muted", wrap=True)
        self.verify_button = Button(text("Verify the whole chain"), "F9")
        self.verify_button.clicked.connect(self.verify)
        head = QHBoxLayout()
        told = QVBoxLayout()
        told.addWidget(self.chain)
        told.addWidget(self.witnesses)
        head.addLayout(told, 1)
        head.addWidget(self.verify_button)
        column.addLayout(head)
        self.filters = AuditFilters(self.messages)
        self.filters.changed.connect(self._filter)
        self.filters.finished.connect(self._to_rows)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        whole.setSpacing(2 * GRID)
        whole.addWidget(self.fault)
        whole.addWidget(self.alarm)
        whole.addWidget(frame)
        whole.addWidget(self.filters)
        whole.addWidget(self._rows(), 1)
        self.key("Ctrl+F", self.filters.focus_first)
        self.key(Qt.Key.Key_F5, self.refresh)
        self.key(Qt.Key.Key_F9, self.verify)
        self.key(Qt.Key.Key_Escape, self.back)

    @property
    def title(self) -> str:
        return self.messages.text("Audit")

    def _rows(self) -> Table:
        text = self.messages.text
        self.model: PagedTableModel[AuditRow] = PagedTableModel(
            (
                Column(text("Sequence"), lambda r: str(r.seq), self._mark),
                Column(text("At"), lambda r: self.messages.second(r.at_ms)),
                Column(text("What"), lambda r: self.messages.word("audit", r.kind)),
                Column(text("Act"), lambda r: self.messages.word("act", r.act or "")),
                Column(text("Who"), self._who),
                Column(text("State"), self._states),
                Column(text("Of"), self._of),
                Column(text("Refused because"), lambda r: r.fault or ""),
            ),
            lambda row: str(row.seq),
            self._fetch,
            self.context.tasks,
            OWNERS["audit.page"],
        )
        self.table = Table(text("Rows of the audit"), self.model)
        self.table.set_dense()
        self.table.set_widths(
            10 * GRID, 15 * GRID, 13 * GRID, 15 * GRID, 18 * GRID, 24 * GRID, 0, 22 * GRID
        )
        self.table.opened.connect(self._open)
        self.model.failed.connect(self.fault.show_fault)
        self.model.loaded.connect(self._loaded)
        return self.table

    @staticmethod
    def _mark(row: AuditRow) -> Mark:
        return Mark.ATTENTION if row.kind == AuditKind.REFUSED else Mark.GOOD

    def _who(self, row: AuditRow) -> str:
        """Names for ids; the row itself holds none."""
        there = (row.actor, row.second)
        return " + ".join(self._names.get(who, who) for who in there if who is not None)

    def _states(self, row: AuditRow) -> str:
        context = _STATES.get(row.kind, "")
        told = (self.messages.word(context, part) for part in (row.before, row.after) if part)
        return " → ".join(told)

    def _of(self, row: AuditRow) -> str:
        told = row.number or row.subject or row.case_id or ""
        return self._names.get(told, told)

    def _fetch(self, after: str | None, limit: int) -> list[AuditRow]:
        """A page before a number, on the store's thread."""
        query = replace(
            self._wanted, start=None if after is None else int(after), limit=limit, newest_first=True
        )
        return list(self.context.desk.audit.page(query).rows)

    def enter(self, **_params: Any) -> None:
        self.fault.clear()
        self.refresh()
        self.table.setFocus()

    def refresh(self) -> None:
        desk, sees_staff = self.context.desk, self.context.sees("staff")

        def look() -> tuple[AuditState, AuditBroken | None, dict[str, str]]:
            people = desk.staff.everyone() if sees_staff else []
            names = {member.id: member.name for member in people}
            return desk.audit.state(), desk.audit.alarm(), names

        self.context.run(
            "audit.state", lambda _task: look(), done=self._looked, failed=self.fault.show_fault
        )

    def _looked(self, found: tuple[AuditState, AuditBroken | None, dict[str, str]]) -> None:
        state, alarm, names = found
        self._names = {**names, Role.PROGRAM.value: self.messages.word("role", Role.PROGRAM.value)}
        self.filters.set_people(self._names)
        self._show(state)
        self.alarm.show_alarm(alarm, state.found)
        self.model.refresh()

    def _filter(self) -> None:
        """Another filter: the rows follow, the cursor stays where it is."""
        self._wanted = self.filters.query()
        self.model.refresh()

    def _to_rows(self) -> None:
        self.table.setFocus()

    def _loaded(self) -> None:
        told = N_("No row fits these filters. Esc takes them away.")
        self.table.say_when_empty(self.messages.text(told if self.filters.dirty else N_("No row yet.")))

    def _open(self, index: QModelIndex) -> None:
        """All that is recorded of what a row speaks of."""
        row = self.model.row(index) if index.isValid() else None
        if row is not None:
            self.filters.about(row.case_id or row.application_id or row.number or row.subject or "")

    def back(self) -> None:
        if self.filters.dirty:
            self.filters.clear()
            self.table.setFocus()
        else:
            self.context.navigator.go("home")

    def _show(self, state: AuditState) -> None:
        text = self.messages.text
        if state.found:
            self.chain.set_state(Mark.STOP, text("Not whole: {count} findings", count=len(state.found)))
        elif state.whole_to is None:
            self.chain.set_state(Mark.ATTENTION, text("Not verified yet"))
        else:
            self.chain.set_state(Mark.GOOD, text("Whole, to number {number}", number=state.whole_to))
        told = [
            text("{witness}: {count} heads", witness=self.messages.word("witness", name), count=count)
            for name, count in state.witnesses.items()
        ]
        told += [
            text("{witness} does not answer", witness=self.messages.word("witness", name))
            for name in state.failed
        ]
        rows = text("{count} rows", count=state.length)
        self.witnesses.setText(" · ".join([rows, *told]))

    def verify(self) -> None:
        """The whole chain against itself and every witness."""
        if not self.verify_button.isEnabled():
            return
        desk = self.context.desk
        self.fault.clear()
        self.verify_button.setEnabled(False)
        self.chain.set_state(Mark.WORKING, self.messages.text("Being verified"))
        task = self.context.run(
            "audit.verify",
            lambda _task: desk.audit.verify(full=True),
            done=self._verified,
            failed=self.fault.show_fault,
        )
        task.finished.connect(self._over)

    def _verified(self, report: AuditReport) -> None:
        told = self.messages.text(
            "{rows} rows verified in {seconds}",
            rows=report.rows,
            seconds=self.messages.seconds(report.ms),
        )
        self.context.happenings.add(Mark.GOOD if report.ok else Mark.STOP, told)

    def _over(self) -> None:
        self.verify_button.setEnabled(True)
        self.refresh()
