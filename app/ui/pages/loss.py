"""Losses and what follows: reported for now or in writing, found, a new card, the old one's end."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.base.errors import N_, KangkaError
from app.domain.card import CardState
from app.domain.order import ApplicationState
from app.ui.context import Authority, Context
from app.ui.pages.card_page import ACT_WORDS, ActionList, CardPage
from app.ui.tasks import Task
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.basic import Button, GraveButton, PrimaryButton, label, panel, rule, scrolled
from app.ui.widgets.holder_head import HolderHead
from app.ui.widgets.holder_lists import HolderLists
from app.ui.widgets.loss_area import ACTS, HANDS, OF_THE_CARD, LossArea
from app.ui.widgets.open_blocks import OpenBlocks
from app.ui.widgets.paper_view import PaperView, as_wanted
from app.workflow.card_views import (
    ActionView,
    CardAct,
    CardDone,
    CardRow,
    CardView,
    LyingCard,
    Reissued,
    ResidentView,
)
from app.workflow.corrections import PHOTO
from app.workflow.views import EnrolDraft, Settlement

_LIST: Final = 50 * GRID
_WEEK_MS: Final = 7 * 86_400_000


class Phase(Enum):
    """Where the page stands."""

    SEARCH = "search"
    CHOOSE = "choose"
    FORM = "form"
    WORKING = "working"
    DONE = "done"


class LossPage(CardPage):
    """Keys: Ctrl+F looks for the holder, F5 reads the card on the reader, digits choose the act, F2
    reads the document, F8 corrects what has changed for a new card, F10 records, F7 prints, F9 goes on
    to what follows; what can not be taken back is under no key."""

    name = "loss"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.phase = Phase.SEARCH
        # What is done, or was done last.
        self.act_chosen: CardAct | None = None
        self._view: ResidentView | None = None
        self._card: CardView | None = None
        self._wanted: tuple[str, CardAct | None] = ("", None)
        # What an act came to, and what follows it.
        self._result = ""
        self._onward: Callable[[], object] | None = None
        self._onward_word = ""
        columns = QHBoxLayout()
        columns.setSpacing(2 * GRID)
        self.paper = PaperView(context)
        # What an act gave to print stands in the place of the lists: a whole page of it.
        self._left = QStackedWidget()
        self._left.setFixedWidth(_LIST)
        for part in (self._lists(), self.paper):
            self._left.addWidget(part)
        columns.addWidget(self._left)
        columns.addWidget(self._right(), 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        whole.addLayout(columns, 1)
        self.key("Ctrl+F", self.search.setFocus)
        self.key(Qt.Key.Key_F2, self.read_document)
        self.key(Qt.Key.Key_F5, self.read_card)
        self.key(Qt.Key.Key_F7, self.paper.print)
        self.key(Qt.Key.Key_F8, self.correct)
        self.key(Qt.Key.Key_F9, self._go_on)
        self.key(Qt.Key.Key_F10, self.record)
        self.key(Qt.Key.Key_Escape, self.back)
        self._show_phase(Phase.SEARCH)

    @property
    def title(self) -> str:
        return self.messages.text("Loss and reissue")

    @property
    def dirty(self) -> bool:
        return self.phase is Phase.FORM and self.area.dirty

    # --------------------------------------------------------------------------------------- building

    def _lists(self) -> QWidget:
        lists = self.lists = HolderLists(self.messages)
        self.search, self.table, self.cards_table = lists.search, lists.table, lists.cards_table
        self.search.entered.connect(self.find)
        self.table.opened.connect(self._open)
        self.cards_table.opened.connect(self._choose_card)
        return lists

    def _right(self) -> QFrame:
        frame, column = panel(margin=3 * GRID, spacing=GRID + 4)
        self.hands = label(size=TypeSize.HANDS, bold=True, wrap=True)
        self.hands.setMinimumHeight(6 * GRID)
        self.hands.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.person = HolderHead(self.messages)
        self.actions = ActionList(self, self._begin)
        self.area = LossArea(self.context)
        self.area.changed.connect(self._edited)
        self.area.finished.connect(self._to_primary)
        self.area.reissue.correct.connect(self.correct)
        acts, form = QVBoxLayout(), QVBoxLayout()
        acts.addWidget(self.actions)
        acts.addStretch(1)
        form.setContentsMargins(0, 0, 0, 0)
        form.addWidget(self.area)
        self._middle = QStackedWidget()
        # A low screen scrolls the boxes alone; what the hands do and the buttons stay in sight.
        acts.setContentsMargins(0, 0, 0, 0)
        self._form = scrolled(form)
        self.open_blocks = OpenBlocks(self.messages)
        self.open_blocks.chosen.connect(lambda card: self._load(card, CardAct.BLOCK))
        for part in (self.open_blocks, scrolled(acts), self._form):
            self._middle.addWidget(part)
        QApplication.instance().focusChanged.connect(self._follow_focus)
        for part in (self.hands, rule(), self.person, self._middle, self.notice, self.fault, rule()):
            column.addWidget(part, 1 if part is self._middle else 0)
        column.addLayout(self._buttons())
        return frame

    def _follow_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Where the boxes of an act do not fit, the one with the cursor is in sight."""
        if now is not None and self.area.isAncestorOf(now):
            self._form.ensureWidgetVisible(now, 0, 4 * GRID)

    def _buttons(self) -> QHBoxLayout:
        text = self.messages.text
        self.back_button = Button(text("Go back"), "Esc")
        self.back_button.clicked.connect(self.back)
        self.read_button = Button(text("Read the document"), "F2")
        self.read_button.clicked.connect(self.read_document)
        self.look_button = Button(text("Only ask the chip"))
        self.look_button.clicked.connect(self._look)
        self.grave_button = GraveButton("")
        self.grave_button.clicked.connect(self._grave)
        self.primary_button = PrimaryButton("")
        self.primary_button.setMinimumWidth(22 * GRID)
        self.primary_button.clicked.connect(self._primary)
        line = QHBoxLayout()
        line.setSpacing(GRID)
        for button in (self.back_button, self.read_button):
            line.addWidget(button)
        line.addStretch(1)
        for button in (self.look_button, self.grave_button, self.primary_button):
            line.addWidget(button)
        return line

    # ------------------------------------------------------------------------------------ coming, going

    def enter(
        self,
        card_id: str = "",
        act: CardAct | None = None,
        corrected: EnrolDraft | None = None,
        **_params: Any,
    ) -> None:
        """``corrected`` are the data of the card in sight as the page of corrections gives them back."""
        if self.acting:
            return
        if corrected is not None:
            self._corrected(card_id, corrected)
            return
        if card_id:
            if not (self.dirty and self._card is not None and self._card.id == card_id):
                self._load(card_id, act)
                self._ask_lapsing()
        elif self.phase in (Phase.SEARCH, Phase.DONE):
            self.next_person()

    def next_person(self) -> None:
        """Nobody in sight: the box to look for somebody, and the losses that soon end by themselves."""
        self.turn_to_another()
        self._view = self._card = None
        self.act_chosen = None
        self.area.wipe()
        self.search.clear()
        self._show_phase(Phase.SEARCH)
        self._ask_lapsing()
        cards = self.context.desk.cards
        self.ask("cards.open_blocks", lambda _task: cards.open_blocks(), self.open_blocks.show_rows)
        self.search.setFocus()

    def _ask_lapsing(self) -> None:
        cards = self.context.desk.cards
        self.ask("cards.lapsing", lambda _task: cards.lapsing(_WEEK_MS), self._show_lapsing)

    def back(self) -> None:
        """Esc: one step back at a time; what was typed asks once."""
        if self.reading:
            self.stop_reading()
        elif self.acting or not self.may_drop():
            return
        elif self.phase is Phase.FORM:
            self.notice.hide()
            self.fault.clear()
            self._show_phase(Phase.CHOOSE)
        elif self.phase is Phase.SEARCH:
            self.context.navigator.go("home")
        else:
            self.next_person()

    # ------------------------------------------------------------------------------------------ finding

    def find(self) -> None:
        """Enter in the box: people by what was typed."""
        query, cards = self.search.text(), self.context.desk.cards
        if not query or self.acting or not self.may_drop():
            return
        self.turn_to_another()
        self._view = self._card = None
        self._show_phase(Phase.SEARCH)
        self.ask("cards.find", lambda _task: cards.find(query), self._show_found)

    def _show_found(self, rows: list[CardRow]) -> None:
        self.lists.show_found(rows)
        self._take_lists(rows)
        if len(rows) == 1 and rows[0].card_id is not None:
            self._load(rows[0].card_id, None)

    def _show_lapsing(self, rows: list[CardRow]) -> None:
        self.lists.show_lapsing(rows)
        self._take_lists(rows)

    def _take_lists(self, rows: list[CardRow]) -> None:
        if self._card is not None:
            self.table.setCurrentIndex(QModelIndex())
        if (rows and not self.search.editor.hasFocus()) or (len(rows) > 1 and self.search.text()):
            self.table.setFocus()

    def _open(self, index: QModelIndex) -> None:
        row = self.lists.results.row(index) if index.isValid() else None
        if row is None or self.acting or not self.may_drop():
            return
        if row.card_id is None:
            self.context.navigator.go("resident", person_id=row.person_id)
        else:
            self._load(row.card_id, None)

    def read_card(self) -> None:
        """F5: whose card lies on the reader; a dead one leads to its blocking."""
        if self.acting or self.reading or not self.may_drop():
            return
        self.next_person()
        desk = self.context.desk
        self.read("cards.lying_card", lambda task: desk.cards.lying_card(task.cancel), self._lies)

    def _lies(self, lying: LyingCard) -> None:
        dead = lying.state in (CardState.DEAD, CardState.BLOCKING)
        if lying.card_id is None:
            self.tell_stranger(lying)
        else:
            self._load(lying.card_id, CardAct.BLOCK if dead else None)

    # ------------------------------------------------------------------------------------------- person

    def _load(self, card_id: str, act: CardAct | None) -> None:
        self.turn_to_another()
        self._view = self._card = None
        self._wanted = (card_id, act)
        self._show_phase(Phase.SEARCH)
        cards = self.context.desk.cards
        self.ask("cards.resident", lambda _task: cards.resident(card_id=card_id), self._show)

    def _show(self, view: ResidentView) -> None:
        card_id, act = self._wanted
        self._view = view
        self.lists.cards.set_rows(view.cards)
        self._show_card(next((one for one in view.cards if one.id == card_id), None))
        action = None if self._card is None or act is None else self._card.action(act)
        if action is not None and action.possible and action.act in ACTS:
            self._begin(action)
        else:
            self._show_phase(Phase.CHOOSE)
            if action is not None and action.why is not None:
                self.fault.show_fault(action.why)
            self.actions.focus_first()

    def _show_card(self, card: CardView | None) -> None:
        view, self._card = self._view, card
        if view is None or card is None:
            return
        self.person.show_card(view, card)
        self.actions.show_actions([one for one in card.actions if one.act in ACTS])
        self.lists.show_person(view, card)

    def _choose_card(self, index: QModelIndex) -> None:
        if not index.isValid() or self.acting or not self.may_drop():
            return
        self._show_card(self.lists.cards.row(index))
        self._show_phase(Phase.CHOOSE)
        self.actions.focus_first()

    # --------------------------------------------------------------------------------------------- acts

    def _begin(self, action: ActionView, *, same_visitor: bool = False) -> None:
        """The form of an act, empty but for whoever stands there since the act before."""
        view, card = self._view, self._card
        if view is None or card is None or self.acting:
            return
        self.act_chosen = action.act
        self.fault.clear()
        self.area.begin(action.act, view, card, same_visitor=same_visitor)
        self._show_phase(Phase.FORM)
        if action.act in OF_THE_CARD:
            self.back_button.setFocus()
        else:
            self.area.focus_first()

    def _edited(self) -> None:
        self.unwarn()
        self._enable()

    def _to_primary(self) -> None:
        self.primary_button.setFocus()

    def read_document(self) -> None:
        """F2: the visitor's identity document."""
        if self.phase is Phase.FORM and self.read_button.isVisibleTo(self):
            desk = self.context.desk
            self.read("read_identity", lambda task: desk.read_identity(task.cancel), self._document)

    def correct(self) -> None:
        """F8: what has changed since the lost card was ordered, on the form of enrolment."""
        card, boxes = self._card, self.area.reissue
        if self.phase is not Phase.FORM or self.act_chosen is not CardAct.REISSUE or card is None:
            return
        cards, go = self.context.desk.cards, self.context.navigator.go

        def begin(before: EnrolDraft) -> None:
            boxes.before = before
            go("correct", card_id=card.id, before=before, draft=boxes.draft or before)

        if boxes.before is not None:
            begin(boxes.before)
        elif not self.acting:
            self.ask("cards.reissue_draft", lambda _task: cards.reissue_draft(card.id), begin)

    def _corrected(self, card_id: str, draft: EnrolDraft) -> None:
        boxes, form = self.area.reissue, self.context.desk.form()
        if self.phase is not Phase.FORM or self._card is None or self._card.id != card_id:
            return
        names = {field.path: self.messages.field(field) for field in form.fields()}
        boxes.show_corrections(draft, names | {PHOTO: self.messages.text("Photo")})
        self.area.take_corrected(draft)
        self._edited()

    def _document(self, read: EnrolDraft) -> None:
        if self.phase is Phase.FORM:
            self.area.visitor.take_document(read)

    def record(self) -> None:
        """F10: what this form is for. What can not be taken back is not done by it."""
        if self.phase is not Phase.FORM or self._card is None or self.acting or self.reading:
            return
        act, cards, card_id = self.act_chosen, self.context.desk.cards, self._card.id
        self.fault.clear()
        try:
            if act in (CardAct.REPORT_PROVISIONAL_LOSS, CardAct.REPORT_LOSS):
                loss = self.area.loss_form()
                self._do("cards.report_loss", lambda _task: cards.report_loss(card_id, loss))
            elif act is CardAct.FOUND:
                found = self.area.found_form()
                self._do("cards.found", lambda _task: cards.found(card_id, found))
            elif act is CardAct.REISSUE:
                wanted = self.area.reissue_form()
                self._do("cards.reissue", lambda _task: cards.reissue(card_id, wanted))
        except KangkaError as fault:
            self._broke(fault)

    def _grave(self) -> None:
        """The red button: taking back by itself, blocking after the clerk's password once more."""
        card = self._card
        if self.phase is not Phase.FORM or card is None or self.acting:
            return
        if self.act_chosen is CardAct.RECOVER:
            cards = self.context.desk.cards
            self._do("cards.recover", lambda _task: cards.recover(card.id))
            return
        action = card.action(CardAct.BLOCK)
        if action is None or not action.possible:
            return
        name = self._view.name if self._view is not None else ""
        about = self.messages.text(
            "Card {number} of {name}, chip {serial}. It never works again.",
            number=card.number,
            name=name,
            serial=card.chip_serial or "",
        )
        asked = self._generation

        def granted(authority: Authority) -> None:
            # Whoever authenticated did so for the card in sight then, and for no other.
            if asked == self._generation and self._card is card:
                cards, fresh = self.context.desk.cards, authority.fresh
                self._do("cards.block", lambda task: cards.block(card.id, task.cancel, fresh=fresh))

        self.context.authorities.ask(
            action.permission,
            self.messages.text(ACT_WORDS[CardAct.BLOCK]),
            about,
            granted,
            second=action.second,
            fresh=action.fresh,
        )

    def _look(self) -> None:
        """An interrupted blocking: only ask the chip."""
        if self._card is not None and self.phase is Phase.FORM:
            cards, card_id, how = self.context.desk.cards, self._card.id, Settlement.VERIFY
            self._do("cards.settle_block", lambda task: cards.settle_block(card_id, how, task.cancel))

    def _do(self, operation: str, call: Callable[[Task], CardDone | Reissued]) -> None:
        if self.act(operation, call, self._done, self._broke):
            self._show_phase(Phase.WORKING)

    def _broke(self, fault: KangkaError) -> None:
        self._show_phase(Phase.FORM)
        self.fault.show_fault(fault)
        self.area.show_fault(fault)
        # The card may stand where it did not before (a blocking that was begun): ask what is so now.
        if self._card is not None and self.act_chosen is CardAct.BLOCK:
            self._ask_again()

    def _ask_again(self) -> None:
        """The card as it is now; where the page stands stays."""
        card_id, cards = self._card.id if self._card else "", self.context.desk.cards

        def take(view: ResidentView) -> None:
            found = next((one for one in view.cards if one.id == card_id), None)
            if found is not None:
                self._view = view
                self.lists.note_card(found)
                self.lists.cards.set_rows(view.cards)
                self._show_card(found)
                self._enable()
                self._tell_waiting(view)

        self.ask("cards.resident", lambda _task: cards.resident(card_id=card_id), take)

    def _tell_waiting(self, view: ResidentView) -> None:
        """A new order that somebody has to approve before its card is made."""
        order = next(iter(view.orders), None)
        ordered = self.phase is Phase.DONE and self.act_chosen is CardAct.REISSUE
        if ordered and order is not None and order.state != ApplicationState.APPROVED:
            state = self.messages.word("application-state", order.state)
            told = N_("This order is now “{state}”; its card is made once it is approved")
            self.warn(self.messages.text(told, state=state))

    def _done(self, done: CardDone | Reissued) -> None:
        text = self.messages.text
        self.paper.show_papers(as_wanted(done.papers))
        if isinstance(done, Reissued):
            self._reissued(done)
        else:
            self._told(done)
        self.area.wipe(visitor=isinstance(done, Reissued) or self._onward is None)
        self._show_phase(Phase.DONE)
        self._ask_again()
        if done.papers:
            self.paper.take_cursor()
        else:
            self.back_button.setFocus()
        if self._onward is None:
            self.primary_button.say(text("Next person"), "Esc")
        else:
            self.primary_button.say(self._onward_word, "F9")

    def _told(self, done: CardDone) -> None:
        """A loss, its end, or the old card's end: what is so now, and what comes next."""
        text, act = self.messages.text, self.act_chosen
        number = done.number or ""
        self._onward, self._onward_word = None, ""
        self._result = {
            CardAct.REPORT_PROVISIONAL_LOSS: text("Reported lost for now: {number}", number=number),
            CardAct.REPORT_LOSS: text("Reported lost in writing: {number}", number=number),
            CardAct.FOUND: text("The loss is over; give the card back"),
            CardAct.RECOVER: text("Taken back"),
        }.get(act or CardAct.RECOVER, "")
        if act is CardAct.BLOCK:
            blocked = done.state is CardState.BLOCKED
            self._result = text("Blocked on its chip") if blocked else text("The chip is not blocked")
            self._onward, self._onward_word = self._then(CardAct.RECOVER)
        elif act is CardAct.REPORT_LOSS:
            self._onward, self._onward_word = self._then(CardAct.REISSUE)

    def _reissued(self, done: Reissued) -> None:
        text, go = self.messages.text, self.context.navigator.go
        application_id = done.application_id
        self._result = text("New card ordered: {number}", number=done.application_number)
        # A card that nobody pays for waits for a second person, who looks at its reason.
        self._onward, self._onward_word = None, ""
        if done.due_fen:
            amount = self.messages.money(done.due_fen)
            self._onward_word = text("Take the fee of {amount} yuan", amount=amount)
            self._onward = lambda: go("till", application_id=application_id)

    def _then(self, act: CardAct) -> tuple[Callable[[], object] | None, str]:
        """The act that follows, where who sits here has it."""

        def begin() -> None:
            action = None if self._card is None else self._card.action(act)
            if action is not None and action.possible:
                self._begin(action, same_visitor=True)

        had = self._card is not None and self._card.action(act) is not None
        return (begin, self.messages.text(ACT_WORDS[act])) if had else (None, "")

    def _go_on(self) -> None:
        """F9: what follows an act, of another key than the act itself."""
        if self.phase is Phase.DONE and self._onward is not None:
            self._onward()

    def _primary(self) -> None:
        if self.phase is Phase.FORM:
            self.record()
        elif self.phase is Phase.DONE:
            (self._onward or self.next_person)()

    # ------------------------------------------------------------------------------------------- phases

    def busy_changed(self) -> None:
        self._enable()

    def _show_phase(self, phase: Phase) -> None:
        self.phase = phase
        self.person.setVisible(self._card is not None)
        shown = {Phase.CHOOSE: 1, Phase.FORM: 2, Phase.WORKING: 2}
        self._left.setCurrentIndex(1 if phase is Phase.DONE and self.paper.filled else 0)
        self._middle.setCurrentIndex(shown.get(phase, 0))
        self.area.setEnabled(phase is not Phase.WORKING)
        self.lists.show_cards(self._view is not None and len(self._view.cards) > 1)
        self._enable()

    def _hands(self) -> str:
        text, act = self.messages.text, self.act_chosen
        if self.reading:
            document = N_("Lay the identity card on the reader. Esc ends the wait.")
            card = N_("Lay the card on the reader. Esc ends the wait.")
            return text(document if self.phase is Phase.FORM else card)
        if self.phase is Phase.DONE:
            return self._result
        if self.phase is Phase.CHOOSE:
            return text("Choose what is to be done")
        if self.phase is Phase.WORKING and act is CardAct.BLOCK:
            return text("Leave the card on the reader")
        if self.phase is Phase.SEARCH or act is None:
            return text("Look for the holder, or lay a found card on the reader and press F5")
        return text(HANDS[act])

    def _enable(self) -> None:
        text, act, form = self.messages.text, self.act_chosen, self.phase is Phase.FORM
        self.hands.setText(self._hands())
        working = self.phase is Phase.WORKING
        set_tone(self.hands, "accent" if working else "plain")
        of_card = act in OF_THE_CARD
        visitor = (form or working) and not of_card
        self.read_button.setVisible(visitor and not self.area.by_phone)
        self.read_button.setEnabled(form and not self.reading)
        self.grave_button.setVisible((form or working) and of_card)
        self.grave_button.setEnabled(form)
        self.look_button.setVisible(
            (form or working)
            and act is CardAct.BLOCK
            and self._card is not None
            and self._card.state is CardState.BLOCKING
        )
        self.look_button.setEnabled(form)
        if of_card and act is not None:
            self.grave_button.say(text(ACT_WORDS[act]))
        self.primary_button.setVisible(visitor or self.phase is Phase.DONE)
        self.primary_button.setEnabled((form or self.phase is Phase.DONE) and not self.reading)
        if visitor and act is not None:
            self.primary_button.say(text(ACT_WORDS[act]), "F10")
        for part in (self.search, self.table, self.cards_table):
            part.setEnabled(not self.acting)
