"""The lists of holders beside an act on a card: who was found or lapses soon, and a person's cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.messages import Messages
from app.ui.models import Column, RowsModel
from app.ui.theme import GRID
from app.ui.widgets.basic import label
from app.ui.widgets.inputs import LineInput
from app.ui.widgets.tables import Table
from app.workflow.card_views import CardRow, CardView, ResidentView


class HolderLists(QWidget):
    """``search`` is typed into, ``table`` has who was found, ``cards_table`` the cards of one person."""

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self._messages = messages
        self._lapsing = False
        text = messages.text
        self.search = LineInput(text("Name, initials, number or the last four digits"))
        self.results: RowsModel[CardRow] = RowsModel(
            (
                Column(text("Name"), lambda r: r.name, lambda r: r.mark),
                Column(text("Number"), lambda r: r.masked_number),
                Column(text("State"), self._state_of),
            ),
            lambda row: f"{row.person_id}/{row.card_id}",
        )
        self.table = Table(text("Holders"), self.results)
        self.table.set_widths(13 * GRID, 20 * GRID, 0)
        self.head = label(bold=True)
        self.empty = label(tone="muted", wrap=True)
        self.cards: RowsModel[CardView] = RowsModel(
            (
                Column(text("State"), lambda c: messages.sentence(c.word), lambda c: c.mark),
                Column(text("Card"), lambda c: c.number),
                Column(text("Count"), lambda c: str(c.issue_count)),
            ),
            lambda card: card.id,
        )
        self.cards_head = label(text("Cards of this person"), bold=True)
        self.cards_table = Table(text("Cards of this person"), self.cards)
        self.cards_table.set_widths(20 * GRID, 0, 7 * GRID)
        self.cards_table.setMaximumHeight(20 * GRID)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for part in (self.search, self.head, self.table, self.empty):
            column.addWidget(part, 1 if part is self.table else 0)
        column.addWidget(self.cards_head)
        column.addWidget(self.cards_table)

    def show_found(self, rows: Sequence[CardRow]) -> None:
        text = self._messages.text
        self._lapsing = False
        self.head.setText(text("Found: {count}", count=len(rows)))
        self.empty.setText(text("Nobody here by that name or number."))
        self._show(rows)

    def show_lapsing(self, rows: Sequence[CardRow]) -> None:
        text = self._messages.text
        self._lapsing = True
        self.head.setText(text("Losses that end by themselves within a week"))
        self.empty.setText(text("No loss ends by itself within a week."))
        self._show(rows)

    def show_person(self, view: ResidentView, card: CardView) -> None:
        """The line of the card in sight; the list of holders may go on about others."""
        if self.results.find(f"{view.person_id}/{card.id}") != self.table.currentIndex().row():
            self.table.setCurrentIndex(QModelIndex())
        line = self.cards.find(card.id)
        if line is not None:
            self.cards_table.setCurrentIndex(self.cards.index(line, 0))

    def note_card(self, card: CardView) -> None:
        """A card that an act has just changed is listed as it is now."""
        rows = [
            replace(row, state=card.state, mark=card.mark, word=card.word, lapses_ms=card.lapses_ms)
            if row.card_id == card.id
            else row
            for row in self.results.rows
        ]
        self.results.set_rows(rows)

    def show_cards(self, shown: bool) -> None:
        """Whether the person in sight has several cards to choose from."""
        self.cards_head.setVisible(shown)
        self.cards_table.setVisible(shown)

    def _show(self, rows: Sequence[CardRow]) -> None:
        self.results.set_rows(rows)
        self.empty.setVisible(not rows)

    def _state_of(self, row: CardRow) -> str:
        if self._lapsing and row.lapses_ms is not None:
            return self._messages.text("until {time}", time=self._messages.moment(row.lapses_ms))
        return self._messages.sentence(row.word)
