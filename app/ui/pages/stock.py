"""Blank cards: where they are, lists taken in, those that leave the box with a reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout

from app.base.errors import N_
from app.domain.stock import BlankCard, BlankState, StockCounts
from app.ui.context import OWNERS, Context
from app.ui.models import Column, PagedTableModel
from app.ui.pages.page import Page
from app.ui.theme import GRID, TypeSize
from app.ui.widgets.basic import Button, GraveButton, PrimaryButton, label, panel, rule
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.inputs import LineInput
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.tables import Table
from app.workflow.files import FileUnreadable
from app.workflow.stock_desk import ListRow, read_list
from app.workflow.till_views import TakenIn
from app.workflow.views import Mark

_MARKS: Final = {
    BlankState.ON_HAND: Mark.GOOD,
    BlankState.BOUND: Mark.WORKING,
    BlankState.ISSUED: Mark.GOOD,
    BlankState.SPOILED: Mark.STOP,
    BlankState.RETURNED: Mark.WAITING,
    BlankState.DESTROYED: Mark.STOP,
}
# The places of counter.md, 2.38, in the order of a card's way.
_PLACES: Final = (
    BlankState.ON_HAND,
    BlankState.BOUND,
    BlankState.ISSUED,
    BlankState.SPOILED,
    BlankState.RETURNED,
    BlankState.DESTROYED,
)
_A_ROW: Final = 3


@dataclass(frozen=True)
class Preview:
    """A list as it was read: nothing of it is recorded yet."""

    path: Path
    rows: tuple[ListRow, ...]

    @property
    def boxes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.box for row in self.rows))


def preview(path: Path) -> Preview:
    """Read a list off the window's thread; every bad row is in the refusal."""
    # A pipe or a device would be waited for without end; is_file raises where one may not look.
    if not os.path.isfile(path):  # noqa: PTH113
        raise FileUnreadable(file=path.name)
    return Preview(path, tuple(read_list(path)))


class StockPage(Page):
    """Keys: Ctrl+1 to Ctrl+6 choose a place, F4 takes a list, F5 asks again, Esc goes back."""

    name = "stock"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._state = BlankState.ON_HAND
        self._card: BlankCard | None = None
        self._preview: Preview | None = None
        self._working = False
        self.setAcceptDrops(True)
        self.fault = ErrorPanel(self.messages)
        lists = QVBoxLayout()
        lists.setSpacing(2 * GRID)
        lists.addLayout(self._places())
        lists.addWidget(self._table(), 1)
        columns = QHBoxLayout()
        columns.setSpacing(2 * GRID)
        columns.addLayout(lists, 1)
        side = QVBoxLayout()
        side.setSpacing(2 * GRID)
        side.addWidget(self._take_in_panel())
        side.addWidget(self._card_panel(), 1)
        columns.addLayout(side)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        whole.setSpacing(2 * GRID)
        whole.addWidget(self.fault)
        whole.addLayout(columns, 1)
        self.key(Qt.Key.Key_F4, self.choose_list)
        self.key(Qt.Key.Key_F5, self.refresh)
        self.key(Qt.Key.Key_Escape, lambda: context.navigator.go("home"))
        self._say_empty()
        self._show_card(QModelIndex())
        self._show_preview(None)

    @property
    def title(self) -> str:
        return self.messages.text("Stock")

    # --------------------------------------------------------------------------------------- building

    def _places(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(GRID)
        group = QButtonGroup(self)
        group.setExclusive(True)
        self.places: dict[BlankState, Button] = {}
        for number, state in enumerate(_PLACES, start=1):
            button = Button(self.messages.word("blank_state", state.value))
            button.setToolTip(f"Ctrl+{number}")
            button.setCheckable(True)
            self.key(f"Ctrl+{number}", button.click)
            button.clicked.connect(lambda _on=False, place=state: self.show_place(place))
            group.addButton(button)
            self.places[state] = button
            # Two rows, so that a small screen has room for every word.
            grid.addWidget(button, (number - 1) // _A_ROW, (number - 1) % _A_ROW)
        self.places[BlankState.ON_HAND].setChecked(True)
        return grid

    def _table(self) -> Table:
        text, desk = self.messages.text, self.context.desk
        self.model: PagedTableModel[BlankCard] = PagedTableModel(
            (
                Column(
                    text("Place"),
                    lambda r: self.messages.word("blank_state", r.state.value),
                    lambda r: _MARKS[r.state],
                ),
                Column(text("Chip serial"), lambda r: r.serial),
                Column(text("Box"), lambda r: r.box),
                Column(text("By a list"), lambda r: text("yes") if r.listed else text("no")),
                Column(text("Taken in"), lambda r: self.messages.moment(r.taken_ms)),
                Column(text("Reason"), lambda r: r.reason or ""),
            ),
            lambda row: row.serial,
            lambda after, limit: desk.stock.cards(self._state, after, limit),
            self.context.tasks,
            OWNERS["stock.cards"],
        )
        self.table = Table(text("Blank cards"), self.model)
        self.table.set_widths(14 * GRID, 21 * GRID, 18 * GRID, 9 * GRID, 14 * GRID, 0)
        self.table.moved.connect(self._show_card)
        self.table.opened.connect(lambda _index: self.reason.setFocus())
        self.model.failed.connect(self.fault.show_fault)
        self.model.loaded.connect(lambda: self._show_card(self.table.currentIndex()))
        return self.table

    def _take_in_panel(self) -> QFrame:
        text = self.messages.text
        frame, column = panel()
        frame.setFixedWidth(46 * GRID)
        self.take_in_frame = frame
        column.addWidget(label(text("Take cards in"), bold=True))
        column.addWidget(rule())
        self.told = StateLabel(Mark.WAITING, "")
        self.told.word.setWordWrap(True)
        self.rows_told = label(size=TypeSize.SMALL, tone="muted", wrap=True)
        self.list_button = Button(text("Choose the supplier's list"), "F4")
        self.list_button.clicked.connect(self.choose_list)
        self.take_in_button = PrimaryButton(text("Take these cards in"))
        self.take_in_button.clicked.connect(self.take_in)
        for part in (self.told, self.rows_told, self.list_button, self.take_in_button):
            column.addWidget(part)
        return frame

    def _card_panel(self) -> QFrame:
        text = self.messages.text
        frame, column = panel()
        frame.setFixedWidth(46 * GRID)
        column.addWidget(label(text("The chosen card"), bold=True))
        column.addWidget(rule())
        self.serial = label(size=TypeSize.HEAD, bold=True)
        self.card_told = label(tone="muted", wrap=True)
        self.reason = LineInput(text("Why it leaves the box"))
        self.reason.changed.connect(self._enable)
        self.spoil_button = GraveButton(text("Record it as unfit"))
        self.spoil_button.clicked.connect(self.spoil)
        self.return_button = Button(text("Give it back to the store"))
        self.return_button.clicked.connect(self.give_back)
        self.reason.entered.connect(self.spoil_button.setFocus)
        column.addWidget(self.serial)
        column.addWidget(self.card_told)
        column.addStretch(1)
        column.addWidget(self.reason)
        line = QHBoxLayout()
        line.setSpacing(GRID)
        line.addWidget(self.return_button)
        line.addStretch(1)
        line.addWidget(self.spoil_button)
        column.addLayout(line)
        return frame

    # ---------------------------------------------------------------------------------------- showing

    def enter(self, **_params: Any) -> None:
        self.fault.clear()
        self.refresh()
        self.table.setFocus()

    def refresh(self) -> None:
        desk = self.context.desk
        self.context.run(
            "stock.counts",
            lambda _task: desk.stock.counts(),
            done=self._show_counts,
            failed=self.fault.show_fault,
        )
        self.model.refresh()

    def show_place(self, state: BlankState) -> None:
        """The cards that are in one place."""
        self._state = state
        self.places[state].setChecked(True)
        self._say_empty()
        self.model.refresh()
        self.table.setFocus()

    def _say_empty(self) -> None:
        here = self._state is BlankState.ON_HAND
        takes = here and self.context.may("stock-take-in")
        told = N_("No blank card is in the box: take the supplier's list in with F4.")
        other = N_("No blank card is in the box: the supervisor takes the supplier's list in.")
        none = N_("No card is in this place.")
        self.table.say_when_empty(self.messages.text((told if takes else other) if here else none))

    def _show_counts(self, counts: StockCounts) -> None:
        for state, button in self.places.items():
            count = getattr(counts, state.value.replace("-", "_"))
            told = f"{self.messages.word('blank_state', state.value)} {count}"
            button.say(told)

    def _show_card(self, index: QModelIndex) -> None:
        card = self.model.row(index) if index.isValid() else None
        if card is None or self._card is None or card.serial != self._card.serial:
            self.reason.clear()
        self._card = card
        text = self.messages.text
        self.serial.setText(card.serial if card is not None else text("No card is chosen."))
        told = ""
        if card is not None:
            word = self.messages.word("blank_state", card.state.value)
            told = " · ".join(part for part in (word, card.box, card.reason or "") if part)
            if not card.listed:
                told += "\n" + text("No list brought this card: it was laid on the reader.")
        self.card_told.setText(told)
        self._enable()

    def _show_preview(self, found: Preview | None) -> None:
        self._preview = found
        text = self.messages.text
        if found is None:
            self.told.set_state(Mark.WAITING, text("A list names one chip serial a row, and its box."))
            self.rows_told.setText("")
        else:
            told = text(
                "{file}: {count} cards in {boxes}",
                file=found.path.name,
                count=len(found.rows),
                boxes=", ".join(found.boxes[:3]) + (" …" if len(found.boxes) > 3 else ""),
            )
            self.told.set_state(Mark.GOOD, told)
            shown = [row.serial for row in found.rows]
            ends = shown if len(shown) <= 4 else [*shown[:2], "…", shown[-1]]
            self.rows_told.setText("\n".join(ends))
        self._enable()

    def _enable(self) -> None:
        idle, may = not self._working, self.context.may
        on_hand = self._card is not None and self._card.state is BlankState.ON_HAND
        ready = idle and on_hand and bool(self.reason.text())
        self.take_in_frame.setVisible(may("stock-take-in"))
        self.take_in_button.setEnabled(idle and self._preview is not None)
        self.list_button.setEnabled(idle)
        self.reason.setEnabled(on_hand)
        self.spoil_button.setVisible(may("stock-spoil"))
        self.spoil_button.setEnabled(ready)
        self.return_button.setVisible(may("stock-give-back"))
        self.return_button.setEnabled(ready)

    # -------------------------------------------------------------------------------------------- acts

    def choose_list(self) -> None:
        if not self.context.may("stock-take-in"):
            return
        name, _kind = QFileDialog.getOpenFileName(
            self, self.messages.text("Choose the supplier's list"), "", "CSV, TXT (*.csv *.txt)"
        )
        if name:
            self.look_at(Path(name))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        local = any(url.isLocalFile() for url in event.mimeData().urls())
        if local and self.context.may("stock-take-in"):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if files and self.context.may("stock-take-in"):
            event.acceptProposedAction()
            self.look_at(files[0])

    def look_at(self, path: Path) -> None:
        """Read a list and show what it names; a refusal names its rows."""
        self._show_preview(None)
        self._act("stock.preview", lambda: preview(path), self._looked)

    def _looked(self, found: Preview) -> None:
        self._show_preview(found)
        self.take_in_button.setFocus()

    def take_in(self) -> None:
        found, stock = self._preview, self.context.desk.stock
        if found is not None:
            self._act("stock.take_in", lambda: stock.take_in(found.path), self._taken_in)

    def _taken_in(self, taken: TakenIn) -> None:
        self._show_preview(None)
        self._happened(Mark.GOOD, N_("{count} blank cards were taken in."), count=taken.listed)
        self.show_place(BlankState.ON_HAND)
        self.refresh()

    def spoil(self) -> None:
        card, why, stock = self._card, self.reason.text(), self.context.desk.stock
        if card is not None and why:
            self._act("stock.spoil", lambda: stock.spoil(card.serial, why), self._spoiled)

    def _spoiled(self, card: BlankCard) -> None:
        self._happened(Mark.STOP, N_("Blank card {serial} is recorded as unfit."), serial=card.serial)
        self.refresh()
        self.table.setFocus()

    def give_back(self) -> None:
        card, why, stock = self._card, self.reason.text(), self.context.desk.stock
        if card is None or not why:
            return

        def done(_count: int) -> None:
            self._happened(Mark.WAITING, N_("Blank card {serial} went back."), serial=card.serial)
            self.refresh()
            self.table.setFocus()

        self._act("stock.give_back", lambda: stock.give_back([card.serial], why), done)

    def _act(self, operation: str, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """One act at a time; its refusal stands on the page."""
        if self._working:
            return
        self._working = True
        self.fault.clear()
        self._enable()
        task = self.context.run(operation, lambda _task: work(), done=done, failed=self.fault.show_fault)
        task.finished.connect(self._acted)

    def _acted(self) -> None:
        self._working = False
        self._enable()

    def _happened(self, mark: Mark, told: str, /, **params: object) -> None:
        self.context.happenings.add(mark, self.messages.text(told, **params))
