"""Giving a made card to its holder or a collector, and putting it in use: one act at the counter."""

from __future__ import annotations

from enum import Enum
from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.base.errors import N_, KangkaError
from app.domain.card import CardState
from app.ui.context import OWNERS, Context
from app.ui.models import Column, PagedTableModel
from app.ui.pages.card_page import CardPage
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.basic import Button, PrimaryButton, label, panel, rule, scrolled
from app.ui.widgets.holder_head import HolderHead
from app.ui.widgets.paper_view import PaperView, as_wanted
from app.ui.widgets.tables import Table
from app.ui.widgets.visitor_form import VisitorForm
from app.workflow.card_views import (
    CardAct,
    CardDone,
    CardRow,
    CardView,
    HandOverForm,
    LyingCard,
    ResidentView,
)
from app.workflow.views import EnrolDraft, Mark

_LIST = 50 * GRID


class Phase(Enum):
    """Where the hand-over stands: what the hands do follows from it."""

    CHOOSE = "choose"
    COLLECT = "collect"
    ACTIVATE = "activate"
    OTHER = "other"
    WORKING = "working"
    DONE = "done"


_HANDS = {
    Phase.CHOOSE: N_("Ask for the document, then lay the person's card on the reader and press F5"),
    Phase.COLLECT: N_("Compare the document with the person, and lay their card on the reader"),
    Phase.ACTIVATE: N_("Lay this card on the reader to put it in use"),
    Phase.OTHER: N_("This card is not to be handed over"),
    Phase.WORKING: N_("Leave the card on the reader"),
    Phase.DONE: N_("Give the card, and have the slip signed"),
}


class HandOverPage(CardPage):
    """Keys: F5 reads the card on the reader, F2 the collector's document, F10 hands over and puts in
    use, F7 prints the slip, F4 shows those collected and not in use; Esc goes back."""

    name = "hand_over"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.phase = Phase.CHOOSE
        self._view: ResidentView | None = None
        self._card: CardView | None = None
        self._wanted = ""
        columns = QHBoxLayout()
        columns.setSpacing(2 * GRID)
        self.slip = PaperView(context)
        # Once the card is given, its slip stands in the place of the list: a whole page of it.
        self._left = QStackedWidget()
        self._left.setFixedWidth(_LIST)
        for part in (self._list(), self.slip):
            self._left.addWidget(part)
        columns.addWidget(self._left)
        columns.addWidget(self._side(), 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        whole.addLayout(columns, 1)
        self.key(Qt.Key.Key_F2, self._f2)
        self.key(Qt.Key.Key_F4, self.unused_button.toggle)
        self.key(Qt.Key.Key_F5, self.read_card)
        self.key(Qt.Key.Key_F7, self.slip.print)
        self.key(Qt.Key.Key_F10, self.primary)
        self.key(Qt.Key.Key_Escape, self.back)
        self._show_phase(Phase.CHOOSE)

    @property
    def title(self) -> str:
        return self.messages.text("Hand-over")

    @property
    def dirty(self) -> bool:
        return self.phase is Phase.COLLECT and self.form.dirty

    # --------------------------------------------------------------------------------------- building

    def _list(self) -> QWidget:
        text = self.messages.text
        self.model: PagedTableModel[CardRow] = PagedTableModel(
            (
                Column(text("Name"), lambda r: r.name, lambda r: r.mark),
                Column(text("Number"), lambda r: r.masked_number),
                Column(text("Since"), lambda r: self.messages.moment(r.changed_ms)),
            ),
            lambda row: row.card_id or "",
            self._fetch,
            self.context.tasks,
            OWNERS["cards.cards_in"],
        )
        self.table = Table(text("Cards to be collected"), self.model)
        self.table.set_widths(0, 20 * GRID, 13 * GRID)
        self.table.opened.connect(self._open)
        self.list_head = label(bold=True)
        self.empty = label(tone="muted", wrap=True)
        self.unused_button = Button(text("Collected, not in use yet"), "F4")
        self.unused_button.setCheckable(True)
        self.unused_button.toggled.connect(self._show_unused)
        self.model.failed.connect(self.fault.show_fault)
        self.model.loaded.connect(self._loaded)
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.list_head)
        column.addWidget(self.table, 1)
        column.addWidget(self.empty)
        column.addWidget(self.unused_button)
        return box

    def _side(self) -> QFrame:
        text = self.messages.text
        frame, column = panel(margin=3 * GRID, spacing=GRID + 4)
        self.hands = label(size=TypeSize.HANDS, bold=True, wrap=True)
        self.hands.setMinimumHeight(10 * GRID)
        self.hands.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.person = HolderHead(self.messages)
        desk = self.context.desk
        self.form = VisitorForm(
            self.messages, desk.cards.visitor_kinds(), desk.codes, kind_label=N_("Kind of collector")
        )
        self.form.changed.connect(self._edited)
        self.form.finished.connect(self._to_primary)
        self._middle = QStackedWidget()
        self._middle.addWidget(QWidget())
        boxes = QVBoxLayout()
        boxes.setContentsMargins(0, 0, 0, 0)
        boxes.addWidget(self.form)
        boxes.addStretch(1)
        self._middle.addWidget(scrolled(boxes))
        self.back_button = Button(text("Go back"), "Esc")
        self.back_button.clicked.connect(self.back)
        self.read_button = Button(text("Read the document"), "F2")
        self.read_button.clicked.connect(self.read_document)
        self.enrol_button = Button(text("Next resident"), "F2")
        self.enrol_button.clicked.connect(lambda: self.context.navigator.go("enrol", read=True))
        self.only_button = Button(text("Hand over only"))
        self.only_button.clicked.connect(lambda: self.hand_over(activate=False))
        self.primary_button = PrimaryButton("")
        self.primary_button.setMinimumWidth(22 * GRID)
        self.primary_button.clicked.connect(self._press)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        for button in (self.back_button, self.read_button, self.enrol_button, self.only_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.primary_button)
        column.addWidget(self.hands)
        column.addWidget(rule())
        column.addWidget(self.person)
        column.addWidget(self._middle, 1)
        column.addWidget(self.notice)
        column.addWidget(self.fault)
        column.addWidget(rule())
        column.addLayout(buttons)
        return frame

    # ------------------------------------------------------------------------------------ coming, going

    def enter(self, card_id: str = "", **_params: Any) -> None:
        self.model.refresh()
        if self.acting:
            return
        if card_id and (self._card is None or self._card.id != card_id):
            self._load(card_id)
        elif self.phase in (Phase.CHOOSE, Phase.DONE) and not card_id:
            self._next_person()
        self._focus()

    def back(self) -> None:
        """Esc: end a wait, then let go of the person, then go home; what was typed asks once."""
        if self.reading:
            self.stop_reading()
        elif self.acting or not self.may_drop():
            return
        elif self.phase is Phase.CHOOSE:
            self.context.navigator.go("home")
        else:
            self._next_person()

    def _focus(self) -> None:
        if self.phase is Phase.COLLECT:
            self.form.focus_first()
        elif self.phase in (Phase.ACTIVATE, Phase.DONE):
            self.primary_button.setFocus()
        else:
            self.table.setFocus()

    def _next_person(self) -> None:
        """Nobody in sight: the list, and the reader."""
        self.turn_to_another()
        self._view = self._card = None
        self.slip.show_papers(())
        self._show_phase(Phase.CHOOSE)
        self.model.refresh()
        self._focus()

    # --------------------------------------------------------------------------------------------- list

    def _fetch(self, after: str | None, limit: int) -> list[CardRow]:
        state = CardState.COLLECTED if self.unused_button.isChecked() else CardState.READY
        return self.context.desk.cards.cards_in(state, after, limit)

    def _show_unused(self, _shown: bool) -> None:
        self.model.refresh()
        self.table.setFocus()

    def _loaded(self) -> None:
        text = self.messages.text
        unused = self.unused_button.isChecked()
        none = self.model.rowCount() == 0
        self.list_head.setText(
            text("Collected, not in use yet") if unused else text("Cards to be collected")
        )
        self.empty.setText(
            text("Every collected card is in use.") if unused else text("No card waits to be collected.")
        )
        self.empty.setVisible(none)

    def _open(self, index: QModelIndex) -> None:
        card_id = self.model.row(index).card_id if index.isValid() else None
        if card_id is None or self.acting:
            return
        if self._card is not None and self._card.id == card_id and self.phase is not Phase.DONE:
            self._focus()
        elif self.may_drop():
            self._load(card_id)

    # ------------------------------------------------------------------------------------------- person

    def read_card(self) -> None:
        """F5: whose card lies on the reader."""
        if self.phase is Phase.COLLECT and not self.may_drop():
            return
        if self.acting or self.reading:
            return
        self._next_person()
        desk = self.context.desk
        self.read("cards.lying_card", lambda task: desk.cards.lying_card(task.cancel), self._lies)

    def _lies(self, lying: LyingCard) -> None:
        if lying.card_id is None:
            self.tell_stranger(lying)
            return
        self._load(lying.card_id)

    def _load(self, card_id: str) -> None:
        self.turn_to_another()
        self._view = self._card = None
        self._wanted = card_id
        self.slip.show_papers(())
        self._show_phase(Phase.CHOOSE)
        cards = self.context.desk.cards
        self.ask("cards.resident", lambda _task: cards.resident(card_id=card_id), self._show)

    def _show(self, view: ResidentView) -> None:
        card = next((one for one in view.cards if one.id == self._wanted), None)
        if card is None:
            return
        self._view, self._card = view, card
        self.person.show_card(view, card)
        act = {CardState.READY: CardAct.HAND_OVER, CardState.COLLECTED: CardAct.ACTIVATE}.get(card.state)
        action = None if act is None else card.action(act)
        if action is not None and action.possible:
            self.form.begin(minor=view.minor)
            self.form.show_holder(view.name)
            self._show_phase(Phase.COLLECT if act is CardAct.HAND_OVER else Phase.ACTIVATE)
        else:
            self._show_phase(Phase.OTHER)
            wanted = action or card.action(CardAct.HAND_OVER)
            if wanted is not None and wanted.why is not None:
                self.fault.show_fault(wanted.why)
        self._focus()

    # -------------------------------------------------------------------------------------------- acts

    def _f2(self) -> None:
        """F2 reads a document: the collector's, and after the hand-over that of the next resident."""
        if self.enrol_button.isVisible():
            self.enrol_button.click()
        else:
            self.read_document()

    def read_document(self) -> None:
        """F2: the collector's identity document."""
        if self.phase is not Phase.COLLECT:
            return
        desk = self.context.desk
        self.read("read_identity", lambda task: desk.read_identity(task.cancel), self._document)

    def _document(self, read: EnrolDraft) -> None:
        if self.phase is Phase.COLLECT:
            self.form.take_document(read)

    def primary(self) -> None:
        """F10: what this page is for now."""
        if self.phase is Phase.COLLECT:
            self.hand_over(activate=True)
        elif self.phase is Phase.ACTIVATE:
            self.activate()

    def _press(self) -> None:
        """The button itself. The next person is under no key: a hurried F10 does not begin them."""
        if self.phase is Phase.DONE:
            self._next_person()
        else:
            self.primary()

    def hand_over(self, *, activate: bool) -> None:
        if self.phase is not Phase.COLLECT or self._card is None or self.reading:
            return
        cards, card_id = self.context.desk.cards, self._card.id
        form = HandOverForm(self.form.visitor(), activate=activate)
        if self.act(
            "cards.hand_over",
            lambda task: cards.hand_over(card_id, form, task.cancel),
            self._done,
            self._broke,
        ):
            self._show_phase(Phase.WORKING)

    def activate(self) -> None:
        if self.phase is not Phase.ACTIVATE or self._card is None:
            return
        cards, card_id = self.context.desk.cards, self._card.id
        if self.act(
            "cards.activate",
            lambda task: cards.activate(card_id, task.cancel),
            self._done,
            self._broke,
        ):
            self._show_phase(Phase.WORKING)

    def _done(self, done: CardDone) -> None:
        in_use = done.state is CardState.IN_USE
        text = self.messages.text
        told = text("Handed over and in use") if in_use else text("Handed over; not in use yet")
        if not done.papers:
            told = text("In use")
        self.person.state.set_state(Mark.GOOD if in_use else Mark.ATTENTION, told)
        self.form.begin()
        self.slip.show_papers(as_wanted(done.papers))
        self._show_phase(Phase.DONE)
        self.model.refresh()
        self.slip.take_cursor()
        if not done.papers:
            self.hands.setText(text("Give the card to its holder"))
            self.primary_button.setFocus()

    def _broke(self, fault: KangkaError) -> None:
        card = self._card
        collecting = card is not None and card.state is CardState.READY
        self._show_phase(Phase.COLLECT if collecting else Phase.ACTIVATE)
        self.fault.show_fault(fault)
        if collecting:
            self.form.show_fault(fault)

    def _edited(self) -> None:
        self.unwarn()

    def _to_primary(self) -> None:
        self.primary_button.setFocus()

    # ------------------------------------------------------------------------------------------- phases

    def busy_changed(self) -> None:
        self._enable()

    def _show_phase(self, phase: Phase) -> None:
        self.phase = phase
        text = self.messages.text
        self.hands.setText(text(_HANDS[phase]))
        set_tone(self.hands, "accent" if phase is Phase.WORKING else "plain")
        self.person.setVisible(self._card is not None)
        if phase is not Phase.WORKING:
            self._middle.setCurrentIndex(1 if phase is Phase.COLLECT else 0)
        self._left.setCurrentIndex(1 if phase is Phase.DONE and self.slip.filled else 0)
        self.form.setEnabled(phase is not Phase.WORKING)
        if phase is Phase.DONE:
            self.primary_button.say(text("Next person"), "Esc")
        elif phase is Phase.ACTIVATE:
            self.primary_button.say(text("Put the card in use"), "F10")
        else:
            self.primary_button.say(text("Hand over and put in use"), "F10")
        self._enable()

    def _enable(self) -> None:
        collecting = self.phase is Phase.COLLECT and not self.reading
        # Esc is the next person then, and that button says so.
        self.back_button.setVisible(self.phase is not Phase.DONE)
        self.enrol_button.setVisible(self.phase is Phase.DONE and self.context.may("enrol"))
        self.read_button.setVisible(self.phase in (Phase.COLLECT, Phase.WORKING))
        self.only_button.setVisible(self.read_button.isVisibleTo(self))
        self.read_button.setEnabled(collecting)
        self.only_button.setEnabled(collecting)
        ready = collecting or self.phase in (Phase.ACTIVATE, Phase.DONE)
        self.primary_button.setEnabled(ready and not self.acting)
        self.table.setEnabled(not self.acting)
        if self.reading:
            waits = N_("Lay the card on the reader. Esc ends the wait.")
            document = N_("Lay the identity card on the reader. Esc ends the wait.")
            asked = document if self.phase is Phase.COLLECT else waits
            self.hands.setText(self.messages.text(asked))
        elif self.phase is not Phase.WORKING:
            self.hands.setText(self.messages.text(_HANDS[self.phase]))
