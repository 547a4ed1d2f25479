"""Closing a shift: what was counted beside what must be there, and the difference as it is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.base.errors import N_
from app.domain.till import Closing
from app.ui.context import Authority, Context
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.basic import Button, PrimaryButton, label, panel, rule
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.inputs import CountInput, LineInput, MoneyInput, in_order
from app.ui.widgets.marks import StateLabel
from app.workflow.till_views import TillView
from app.workflow.views import Mark

# Notes and coins in use, in fen, largest first.
_PIECES: Final = (10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10)


class ClosingView(QWidget):
    """Count, explain a difference, close. ``closed`` is given the closing."""

    def __init__(
        self, context: Context, *, back: Callable[[], Any], closed: Callable[[Closing], None]
    ) -> None:
        super().__init__()
        self._context = context
        self._messages = context.messages
        self._closed = closed
        self._view: TillView | None = None
        self._working = False
        text = self._messages.text
        self.fault = ErrorPanel(self._messages)
        self.back_button = Button(text("Back without closing"), "Esc")
        self.back_button.clicked.connect(back)
        self.close_button = PrimaryButton(text("Close the shift"), "Ctrl+Enter")
        self.close_button.setShortcut("Ctrl+Return")
        self.close_button.clicked.connect(self.close_shift)
        columns = QHBoxLayout()
        columns.setSpacing(2 * GRID)
        columns.addWidget(self._pieces_panel(), 2)
        columns.addWidget(self._count_panel(), 3)
        columns.addWidget(self._book_panel(), 3)
        foot = QHBoxLayout()
        foot.addWidget(self.back_button)
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2 * GRID)
        whole.addWidget(self.fault)
        whole.addLayout(columns, 1)
        whole.addLayout(foot)
        in_order(self.cash, self.cards, last=self._after_cards)
        self.explanation.entered.connect(self.close_button.setFocus)

    def _pieces_panel(self) -> QFrame:
        """Notes and coins by number, for who likes to count so; they fill in the cash."""
        frame, column = panel()
        column.addWidget(label(self._messages.text("By notes and coins (if you like)"), bold=True))
        column.addWidget(rule())
        self.pieces: dict[int, CountInput] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID)
        for line, piece in enumerate(_PIECES):
            yuan = self._messages.money(piece)
            box = CountInput(self._messages.text("{yuan} yuan, pieces", yuan=yuan))
            box.changed.connect(self._add_up)
            self.pieces[piece] = box
            grid.addWidget(box, line // 2, line % 2)
        in_order(*self.pieces.values(), last=self._to_cards)
        column.addLayout(grid)
        column.addStretch(1)
        return frame

    def _count_panel(self) -> QFrame:
        text = self._messages.text
        frame, column = panel(spacing=2 * GRID)
        column.addWidget(label(text("Counted"), bold=True))
        column.addWidget(rule())
        self.cash = MoneyInput(text("Cash in the till, yuan"))
        self.cards = CountInput(text("Blank cards in the box"))
        self.difference_cash = StateLabel(Mark.WAITING, "", size=TypeSize.HEAD)
        self.difference_cards = StateLabel(Mark.WAITING, "", size=TypeSize.HEAD)
        self.explanation = LineInput(text("Why it differs"))
        for box in (self.cash, self.cards, self.explanation):
            box.changed.connect(self._tell)
        for part in (
            self.cash,
            self.difference_cash,
            self.cards,
            self.difference_cards,
            self.explanation,
        ):
            column.addWidget(part)
        self.second = label(
            text("A difference is signed by a second person on the spot."),
            TypeSize.SMALL,
            tone="muted",
            wrap=True,
        )
        column.addWidget(self.second)
        column.addStretch(1)
        return frame

    def _book_panel(self) -> QFrame:
        text = self._messages.text
        frame, column = panel()
        column.addWidget(label(text("By the book"), bold=True))
        column.addWidget(rule())
        self._book = QGridLayout()
        self._book.setVerticalSpacing(GRID)
        self._book.setColumnStretch(0, 1)
        column.addLayout(self._book)
        self.open_told = label(tone="attention", wrap=True)
        column.addWidget(self.open_told)
        column.addStretch(1)
        return frame

    def begin(self, view: TillView) -> None:
        """Begin to count for this shift; nothing is counted yet."""
        self._view = view
        self.fault.clear()
        for box in (self.cash, self.cards, self.explanation, *self.pieces.values()):
            box.clear()
        self._show_book(view)
        self._tell()
        self.cash.setFocus()

    def _show_book(self, view: TillView) -> None:
        text, money = self._messages.text, self._messages.money
        state, cards = view.state, view.state.cards
        while (item := self._book.takeAt(0)) is not None:
            item.widget().hide()
            item.widget().deleteLater()
        rows = (
            (text("Began with"), money(view.shift.float_fen)),
            (text("Taken in cash"), money(state.cash_fen)),
            (text("Given back in cash"), money(-state.refunded_cash_fen)),
            (text("Must be there"), money(state.expected_fen)),
            (text("Taken by scan"), money(state.scan_fen)),
            (text("Waived"), money(state.waived_fen)),
            (text("Receipts"), f"{state.first or '–'} … {state.last or '–'}  ({state.count})"),
            (text("Void"), str(len(state.voided))),
            (text("Cards at the beginning"), str(cards.opening)),
            (text("Taken in"), str(cards.received)),
            (text("Made"), str(cards.issued)),
            (text("Spoiled"), str(cards.spoiled)),
            (text("Given back"), str(cards.returned)),
            (text("Must lie in the box"), str(cards.on_hand)),
        )
        for line, (word, value) in enumerate(rows):
            bold = word in (text("Must be there"), text("Must lie in the box"))
            self._book.addWidget(label(word, tone=None if bold else "muted", bold=bold), line, 0)
            shown = label(value, bold=bold)
            shown.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._book.addWidget(shown, line, 1)
        holding = ", ".join(case.number for case in state.holding)
        told = text("Settle first, it holds a card: {cases}", cases=holding) if holding else ""
        self.open_told.setText(told)
        self.open_told.setVisible(bool(told))

    def _to_cards(self) -> None:
        self.cards.setFocus()

    def _add_up(self) -> None:
        counts = {piece: box.count() for piece, box in self.pieces.items()}
        if any(count is not None for count in counts.values()):
            self.cash.set_fen(sum(piece * (count or 0) for piece, count in counts.items()))

    def _tell(self) -> None:
        """The difference as it stands, in words and by its mark."""
        view = self._view
        if view is None:
            return
        cash, cards = self.cash.fen(), self.cards.count()
        off_cash = None if cash is None else cash - view.state.expected_fen
        off_cards = None if cards is None else cards - view.state.cards.on_hand
        text, money = self._messages.text, self._messages.money
        for told, off, shown, less, more in (
            (
                self.difference_cash,
                off_cash,
                "" if off_cash is None else money(abs(off_cash)),
                N_("{count} yuan too little"),
                N_("{count} yuan too much"),
            ),
            (
                self.difference_cards,
                off_cards,
                "" if off_cards is None else str(abs(off_cards)),
                N_("{count} cards too few"),
                N_("{count} cards too many"),
            ),
        ):
            if off is None:
                told.set_state(Mark.WAITING, text("Not counted yet"))
            elif off:
                told.set_state(Mark.ATTENTION, text(less if off < 0 else more, count=shown))
            else:
                told.set_state(Mark.GOOD, text("In balance"))
        differs = bool(off_cash) or bool(off_cards)
        self.explanation.setVisible(differs)
        another = not view.own
        self.second.setVisible(differs or another)
        counted = off_cash is not None and off_cards is not None
        explained = not differs or bool(self.explanation.text())
        self.close_button.setEnabled(counted and explained and not self._working)
        set_tone(self.close_button, "grave" if differs else "primary")

    def close_shift(self) -> None:
        """Ask by which act this count closes, then for the second person where it takes one."""
        cash, cards = self.cash.fen(), self.cards.count()
        if cash is None or cards is None or self._working:
            return
        till = self._context.desk.till
        why = self.explanation.text() if self.explanation.isVisibleTo(self) else ""

        def asked(act: str) -> None:
            if act == "close-shift":
                self._close(cash, cards, why, Authority())
                return
            about = " · ".join(
                part
                for part in (
                    self.difference_cash.word.text(),
                    self.difference_cards.word.text(),
                    why,
                )
                if part
            )
            self._context.authorities.ask(
                act,
                self._messages.text("Close the shift"),
                about,
                lambda authority: self._close(cash, cards, why, authority),
                second=True,
            )

        self._run("till.closing_act", lambda: till.closing_act(cash, cards), asked)

    def _after_cards(self) -> None:
        """Enter leads to the reason where one is asked for, else to the closing."""
        asked = self.explanation.isVisibleTo(self)
        (self.explanation if asked else self.close_button).setFocus()

    def _close(self, cash: int, cards: int, why: str, authority: Authority) -> None:
        till = self._context.desk.till
        self._run("till.close", lambda: till.close(cash, cards, why, authority.second), self._closed)

    def _run(self, operation: str, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._working = True
        self.fault.clear()
        self._tell()

        def over() -> None:
            self._working = False
            self._tell()

        def succeeded(found: Any) -> None:
            over()
            done(found)

        task = self._context.run(
            operation, lambda _task: work(), done=succeeded, failed=self.fault.show_fault
        )
        task.failed.connect(lambda _fault: over())
