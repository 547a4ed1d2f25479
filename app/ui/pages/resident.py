"""A person's page: who it is, the life of their card, what can be done with it, and what was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.base.errors import N_
from app.domain.order import ApplicationState
from app.ui.context import Context
from app.ui.messages import grouped
from app.ui.models import Column, RowsModel
from app.ui.pages.card_page import ActionButton, ActionList, CardPage
from app.ui.theme import GRID, TypeSize, set_tone, set_type
from app.ui.widgets.basic import Button, label, panel, rule, scrolled
from app.ui.widgets.life_line import LifeLine
from app.ui.widgets.loss_area import OF_THE_CARD
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.paper_view import PaperView, Wanted
from app.ui.widgets.pictures import PhotoFrame
from app.ui.widgets.tables import Table
from app.workflow.card_views import (
    ActionView,
    CardAct,
    CardEventView,
    CardView,
    FeeView,
    OrderView,
    ResidentView,
)
from app.workflow.card_views import PaperView as PaperRow
from app.workflow.views import CaseRow, Mark

_LEFT = 54 * GRID
# Which act is the next one for a card, the first that is possible.
_NEXT = (CardAct.HAND_OVER, CardAct.ACTIVATE, CardAct.REISSUE)
_SECTIONS = (N_("Cards"), N_("Orders"), N_("Papers"), N_("Fees"), N_("Events"))
_CARDS, _ORDERS, _PAPERS, _FEES, _EVENTS = range(len(_SECTIONS))


class ResidentPage(CardPage):
    """Keys: F10 the next act, Ctrl+I the whole number, Ctrl+1 to Ctrl+5 the sections, F5 asks again."""

    name = "resident"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._who: dict[str, str] = {}
        self._view: ResidentView | None = None
        self._card: CardView | None = None
        self._next: ActionButton | None = None
        left = QVBoxLayout()
        left.setSpacing(2 * GRID)
        left.addWidget(self._person_panel())
        left.addWidget(self._actions_panel(), 1)
        right = QVBoxLayout()
        right.setSpacing(2 * GRID)
        right.addWidget(self._card_panel())
        right.addWidget(self._sections_panel(), 1)
        columns = QHBoxLayout()
        columns.setSpacing(2 * GRID)
        columns.addLayout(left)
        columns.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        whole.setSpacing(GRID)
        whole.addWidget(self.fault)
        whole.addLayout(columns, 1)
        self.key(Qt.Key.Key_F5, self.refresh)
        self.key(Qt.Key.Key_F7, self.paper_view.print)
        self.key(Qt.Key.Key_F10, self.next_act)
        self.key("Ctrl+I", self.show_number)
        for number in range(len(_SECTIONS)):
            self.key(f"Ctrl+{number + 1}", lambda at=number: self.open_section(at))
        self.key(Qt.Key.Key_Escape, lambda: context.navigator.go("home"))
        self._show_nobody()

    @property
    def title(self) -> str:
        return self.messages.text("Resident")

    @property
    def view(self) -> ResidentView | None:
        """The person in sight."""
        return self._view

    # -------------------------------------------------------------------------------------- building

    def _person_panel(self) -> QFrame:
        text = self.messages.text
        frame, column = panel()
        frame.setFixedWidth(_LEFT)
        self.photo = PhotoFrame(text("Photo"), text("No photo"))
        self.photo.setFixedSize(14 * GRID, 17 * GRID + 4)
        self.name_label = label(size=TypeSize.HEAD, bold=True, wrap=True)
        self.facts = label(tone="muted")
        self.number = label(size=TypeSize.HEAD)
        self.number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.number_button = Button(text("Show the whole number"), "Ctrl+I")
        self.number_button.clicked.connect(self.show_number)
        self.minor = StateLabel(Mark.ATTENTION, text("Minor: a guardian comes, or an agent"))
        set_tone(self.minor.word, "attention")
        self.alerts = StateLabel(Mark.STOP, "")
        self.alerts.word.setWordWrap(True)
        set_type(self.alerts.word, TypeSize.BODY, bold=True)
        set_tone(self.alerts.word, "stop")
        beside = QVBoxLayout()
        beside.setSpacing(GRID // 2)
        for part in (self.name_label, self.facts, self.number, self.number_button, self.minor):
            beside.addWidget(part)
        beside.addStretch(1)
        line = QHBoxLayout()
        line.setSpacing(2 * GRID)
        line.addWidget(self.photo, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(beside, 1)
        column.addLayout(line)
        column.addWidget(self.alerts)
        return frame

    def _actions_panel(self) -> QFrame:
        frame, column = panel()
        frame.setFixedWidth(_LEFT)
        self.actions_head = label(self.messages.text("What can be done"), bold=True)
        column.addWidget(self.actions_head)
        column.addWidget(rule())
        self.actions = ActionList(self, self._begin)
        acts = QVBoxLayout()
        acts.setContentsMargins(0, 0, 0, 0)
        acts.addWidget(self.actions)
        acts.addStretch(1)
        column.addWidget(scrolled(acts), 1)
        return frame

    def _card_panel(self) -> QFrame:
        frame, column = panel()
        self.card_head = label(size=TypeSize.BODY, bold=True)
        self.card_state = StateLabel(Mark.WAITING, "")
        self.card_facts = label(tone="muted", wrap=True)
        self.lapses = StateLabel(Mark.ATTENTION, "")
        set_tone(self.lapses.word, "attention")
        self.life = LifeLine(self.messages)
        head = QHBoxLayout()
        head.setSpacing(2 * GRID)
        head.addWidget(self.card_head)
        head.addWidget(self.card_state)
        head.addWidget(self.lapses)
        head.addStretch(1)
        column.addLayout(head)
        column.addWidget(self.card_facts)
        column.addWidget(self.life)
        self.pending = QWidget()
        line = QHBoxLayout(self.pending)
        line.setContentsMargins(0, 0, 0, 0)
        self.pending_told = StateLabel(Mark.WAITING, "")
        self.pending_button = Button("")
        self.pending_button.clicked.connect(self._go_on)
        line.addWidget(self.pending_told, 1)
        line.addWidget(self.pending_button)
        column.addWidget(self.pending)
        return frame

    def _sections_panel(self) -> QFrame:
        frame, column = panel(margin=GRID)
        self._tabs = QButtonGroup(self)
        line = QHBoxLayout()
        line.setSpacing(GRID)
        for number, word in enumerate(_SECTIONS):
            tab = QPushButton(self.messages.text(word))
            tab.setCheckable(True)
            tab.setFixedHeight(4 * GRID)
            tab.setAccessibleName(self.messages.text(word))
            tab.setAccessibleDescription(f"Ctrl+{number + 1}")
            tab.setToolTip(f"Ctrl+{number + 1}")
            set_tone(tab, "tab")
            set_type(tab, TypeSize.BODY)
            self._tabs.addButton(tab, number)
            line.addWidget(tab)
        line.addStretch(1)
        column.addLayout(line)
        self.sections = QStackedWidget()
        for part in (
            self._cards_section(),
            self._orders_section(),
            self._papers_section(),
            self._fees_section(),
            self._events_section(),
        ):
            self.sections.addWidget(part)
        column.addWidget(self.sections, 1)
        self._tabs.idClicked.connect(self.open_section)
        self._tabs.button(_CARDS).setChecked(True)
        return frame

    def _cards_section(self) -> QWidget:
        text = self.messages.text
        self.cards: RowsModel[CardView] = RowsModel(
            (
                Column(text("State"), lambda c: self.messages.sentence(c.word), lambda c: c.mark),
                Column(text("Card"), lambda c: c.number),
                Column(text("Issued on"), lambda c: _day(c.issue_date)),
                Column(text("Good until"), lambda c: _day(c.expiry)),
                Column(text("Count"), lambda c: str(c.issue_count)),
            ),
            lambda card: card.id,
        )
        self.cards_table = Table(text("Cards"), self.cards)
        self.cards_table.set_widths(20 * GRID, 0, 14 * GRID, 14 * GRID, 7 * GRID)
        self.cards_table.moved.connect(self._choose_card)
        return self.cards_table

    def _orders_section(self) -> QWidget:
        text = self.messages.text
        self.orders: RowsModel[OrderView] = RowsModel(
            (
                Column(text("Application"), lambda o: o.number),
                Column(text("Reason"), lambda o: self.messages.word("reason", o.reason)),
                Column(text("State"), lambda o: self.messages.word("application-state", o.state)),
                Column(text("Taken at"), lambda o: self.messages.moment(o.at_ms)),
            ),
            lambda order: order.id,
        )
        self.orders_table = Table(text("Orders"), self.orders)
        self.orders_table.set_widths(0, 18 * GRID, 12 * GRID, 16 * GRID)
        self.cases: RowsModel[CaseRow] = RowsModel(
            (
                Column(text("State"), lambda c: self.messages.sentence(c.word), lambda c: c.mark),
                Column(text("Begun at"), lambda c: self.messages.moment(c.opened_ms)),
                Column(
                    text("What is known"),
                    lambda c: " ".join(self.messages.sentence(one) for one in c.known),
                ),
            ),
            lambda case: case.id,
        )
        self.cases_table = Table(text("Makings of a card"), self.cases)
        self.cases_table.set_widths(18 * GRID, 14 * GRID, 0)
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.orders_table, 1)
        column.addWidget(label(text("Makings of a card"), TypeSize.SMALL, tone="muted"))
        column.addWidget(self.cases_table, 1)
        return box

    def _papers_section(self) -> QWidget:
        text = self.messages.text
        self.papers: RowsModel[PaperRow] = RowsModel(
            (
                Column(text("Paper"), lambda p: self.messages.word("paper", p.template)),
                Column(text("Number"), lambda p: p.number),
                Column(text("Recorded at"), lambda p: self.messages.moment(p.at_ms)),
            ),
            lambda paper: f"{paper.card_id}/{paper.number}",
        )
        self.papers_table = Table(text("Papers"), self.papers)
        self.papers_table.set_widths(13 * GRID, 0, 12 * GRID)
        self.papers_table.setMinimumWidth(38 * GRID)
        self.papers_table.opened.connect(self._preview)
        self.paper_view = PaperView(self.context, reprint=True)
        self.no_paper = label(text("Enter shows the chosen paper."), tone="muted")
        self.no_paper.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box = QWidget()
        line = QHBoxLayout(box)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2 * GRID)
        line.addWidget(self.papers_table, 1)
        side = QVBoxLayout()
        side.addWidget(self.paper_view, 1)
        side.addWidget(self.no_paper, 1)
        line.addLayout(side, 1)
        return box

    def _fees_section(self) -> QWidget:
        text = self.messages.text
        self.fees: RowsModel[FeeView] = RowsModel(
            (
                Column(
                    text("State"),
                    lambda f: text("To be paid") if _open(f) else text("Settled"),
                    lambda f: Mark.ATTENTION if _open(f) else Mark.GOOD,
                ),
                Column(text("Application"), lambda f: f.application_number),
                Column(text("Reason"), lambda f: self.messages.word("reason", f.reason)),
                Column(text("Amount, yuan"), lambda f: self.messages.money(f.fen)),
                Column(text("Receipt"), lambda f: f.receipt or "–"),
                Column(text("Rule"), lambda f: f.rule),
            ),
            lambda fee: fee.application_id,
        )
        self.fees_table = Table(text("Fees"), self.fees)
        self.fees_table.set_widths(11 * GRID, 14 * GRID, 13 * GRID, 12 * GRID, 14 * GRID, 0)
        return self.fees_table

    def _events_section(self) -> QWidget:
        text = self.messages.text
        self.events: RowsModel[CardEventView] = RowsModel(
            (
                Column(text("Recorded at"), lambda e: self.messages.moment(e.at_ms)),
                Column(text("What happened"), self._event_word),
                Column(text("Number"), lambda e: e.number or ""),
                Column(text("By"), lambda e: e.actor),
                Column(text("Beside"), lambda e: e.second or ""),
            ),
            lambda event: f"{event.at_ms}/{event.kind.value}",
        )
        self.events_table = Table(text("Events"), self.events)
        self.events_table.set_widths(13 * GRID, 0, 16 * GRID, 14 * GRID, 12 * GRID)
        return self.events_table

    # ------------------------------------------------------------------------------------ coming, going

    def enter(
        self, person_id: str = "", application_id: str = "", card_id: str = "", **_params: Any
    ) -> None:
        who = {"person_id": person_id, "application_id": application_id, "card_id": card_id}
        asked = {name: value for name, value in who.items() if value}
        if asked and asked != self._who:
            self._who = asked
            self._show_nobody()
            self.open_section(_CARDS)
        self.refresh()

    def leave(self) -> None:
        """A number that was shown is masked again for whoever looks next."""
        super().leave()
        if self._view is not None:
            self._show_number(None, self._view.masked_number)

    def refresh(self) -> None:
        """Ask the desk anew; what stands here stays until the answer is there."""
        if not self._who:
            return
        self.turn_to_another()
        cards, who = self.context.desk.cards, dict(self._who)
        self.ask("cards.resident", lambda _task: cards.resident(**who), self._show)

    def show_number(self) -> None:
        """The whole number, which is recorded before it is shown."""
        if self._view is None or not self.number_button.isEnabled():
            return
        self.number_button.setEnabled(False)
        cards, person = self.context.desk.cards, self._view.person_id

        def shown(view: ResidentView) -> None:
            self._show_number(view.number, view.masked_number)

        task = self.ask(
            "cards.resident", lambda _task: cards.resident(person_id=person, whole=True), shown
        )
        task.failed.connect(lambda _fault: self.number_button.setEnabled(True))

    def next_act(self) -> None:
        if self._next is not None:
            self._next.click()
        elif not self.pending_button.isHidden():
            self._go_on()

    def open_section(self, number: int) -> None:
        self.sections.setCurrentIndex(number)
        self._tabs.button(number).setChecked(True)
        tables = (
            self.cards_table,
            self.orders_table,
            self.papers_table,
            self.fees_table,
            self.events_table,
        )
        if self.isVisible():
            tables[number].setFocus(Qt.FocusReason.ShortcutFocusReason)

    # ------------------------------------------------------------------------------------------ showing

    def _show_nobody(self) -> None:
        self._view = None
        for part in (self.name_label, self.facts, self.number):
            part.setText("")
        self.number_button.setEnabled(False)
        self.photo.set_picture(None)
        for part in (self.minor, self.alerts, self.pending):
            part.hide()
        for model in (self.cards, self.orders, self.cases, self.papers, self.fees):
            model.set_rows(())
        self.paper_view.show_papers(())
        self.paper_view.hide()
        self.no_paper.show()
        self._show_card(None)

    def _show(self, view: ResidentView) -> None:
        first = self._view is None or self._view.person_id != view.person_id
        self._view = view
        text = self.messages.text
        self.name_label.setText(view.name)
        sex = self.context.desk.codes("sex").find(view.sex)
        told = "" if sex is None else f"{self.messages.code(sex)} · "
        self.facts.setText(f"{told}{text('born {day}', day=_day(view.birth_date))}")
        self._show_number(None, view.masked_number)
        self.photo.set_picture(view.photo)
        self.minor.setVisible(view.minor)
        alerts = self.alerts_of(view)
        self.alerts.setVisible(bool(alerts))
        mark = "、" if self.messages.language == "zh" else ", "
        self.alerts.set_state(Mark.STOP, text("Medical alert: {list}", list=mark.join(alerts)))
        self.orders.set_rows(view.orders)
        self.cases.set_rows(view.cases)
        self.papers.set_rows(view.papers)
        self.fees.set_rows(view.fees)
        self._show_pending(view)
        self.cards.set_rows(view.cards)
        wanted = self._wanted_card(view, first=first)
        if wanted is None:
            self._show_card(None)
        else:
            line = self.cards.find(wanted.id) or 0
            self.cards_table.setCurrentIndex(self.cards.index(line, 0))
            self._show_card(wanted)
        self._tell_counts(view)
        if first:
            self._focus_next()

    def _wanted_card(self, view: ResidentView, *, first: bool) -> CardView | None:
        """The card asked for, else the one in sight, else the one that lives, else the newest."""
        ids = [self._who.get("card_id", "")] if first or self._card is None else [self._card.id]
        for card in view.cards:
            if card.id in ids:
                return card
        return view.card or next(iter(view.cards), None)

    def _show_number(self, whole: str | None, masked: str) -> None:
        shown = grouped(whole) if whole is not None else masked
        self.number.setText(shown)
        self.number.setAccessibleName(shown)
        text = self.messages.text
        self.number_button.setEnabled(whole is None)
        said = text("Shown, and recorded") if whole is not None else text("Show the whole number")
        self.number_button.say(said, "" if whole is not None else "Ctrl+I")

    def _show_pending(self, view: ResidentView) -> None:
        """An order that no card came of yet: what it waits for, and the way there."""
        made = {card.application_id for card in view.cards}
        order = next((one for one in view.orders if one.id not in made), None)
        waits = order is not None and order.state not in (
            ApplicationState.WITHDRAWN,
            ApplicationState.DONE,
        )
        self.pending.setVisible(waits)
        self._pending: tuple[str, str] | None = None
        if order is None or not waits:
            return
        text = self.messages.text
        reason = self.messages.word("reason", order.reason)
        due = next((fee for fee in view.fees if fee.application_id == order.id and _open(fee)), None)
        if due is not None:
            told = text(
                "Order {number} ({reason}): {amount} yuan to be paid",
                reason=reason,
                number=order.number,
                amount=self.messages.money(due.fen),
            )
            self._pending = ("till", order.id)
            self.pending_told.set_state(Mark.ATTENTION, told)
            self.pending_button.say(text("Take the fee"))
        elif order.state == ApplicationState.APPROVED:
            told = text(
                "Order {number} ({reason}): the card is to be made", reason=reason, number=order.number
            )
            self._pending = ("issue", order.id)
            self.pending_told.set_state(Mark.WAITING, told)
            self.pending_button.say(text("Make the card"))
        else:
            state = self.messages.word("application-state", order.state)
            self.pending_told.set_state(Mark.WAITING, f"{order.number} ({reason}): {state}")
        self.pending_button.setVisible(self._pending is not None)

    def _go_on(self) -> None:
        if self._pending is not None:
            page, application_id = self._pending
            self.context.navigator.go(page, application_id=application_id)

    def _choose_card(self, index: QModelIndex) -> None:
        if index.isValid():
            self._show_card(self.cards.row(index))

    def _show_card(self, card: CardView | None) -> None:
        self._card = card
        text = self.messages.text
        for part in (self.card_state, self.life):
            part.setVisible(card is not None)
        self.lapses.setVisible(card is not None and card.lapses_ms is not None)
        self.events.set_rows(() if card is None else card.events[::-1])
        if card is None:
            self.card_head.setText(text("No card yet") if self._view is not None else "")
            self.card_facts.setText("")
            self._show_actions(())
            return
        kind = N_("Present card {number}") if card.living else N_("Earlier card {number}")
        self.card_head.setText(text(kind, number=card.number))
        self.card_state.set_state(card.mark, self.messages.sentence(card.word))
        if card.lapses_ms is not None:
            at = self.messages.moment(card.lapses_ms)
            self.lapses.set_state(Mark.ATTENTION, text("ends by itself at {time}", time=at))
        facts = [
            text("issued {day}", day=_day(card.issue_date)),
            text("good until {day}", day=_day(card.expiry)),
            text("Chip {serial}", serial=card.chip_serial or "–"),
            card.product_id or "",
        ]
        self.card_facts.setText(" · ".join(fact for fact in facts if fact))
        self.life.set_life(card.life)
        self._show_actions(card.actions)

    def _show_actions(self, actions: Sequence[ActionView]) -> None:
        if self._card is not None and self._card.living:
            # The end of an old card is no question while it lives.
            actions = [one for one in actions if one.act not in OF_THE_CARD]
        nexts = [one.act for one in actions if one.possible]
        first = next((act for act in _NEXT if act in nexts), None)
        self.actions.show_actions(actions, first)
        self._next = None if first is None else self.actions.button(first)
        self.actions_head.setVisible(bool(actions))

    def _focus_next(self) -> None:
        if self.isVisible():
            (self._next or self.cards_table).setFocus()

    def _tell_counts(self, view: ResidentView) -> None:
        counts = (len(view.cards), len(view.orders), len(view.papers), len(view.fees), 0)
        for number, (word, count) in enumerate(zip(_SECTIONS, counts, strict=True)):
            told = self.messages.text(word)
            self._tabs.button(number).setText(f"{told} {count}" if count else told)

    def _begin(self, action: ActionView) -> None:
        """Hand-over and activation have their page, everything else is the page of losses."""
        if self._card is None:
            return
        if action.act in (CardAct.HAND_OVER, CardAct.ACTIVATE):
            self.context.navigator.go("hand_over", card_id=self._card.id)
        else:
            self.context.navigator.go("loss", card_id=self._card.id, act=action.act)

    def _preview(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        row, cards = self.papers.row(index), self.context.desk.cards
        wanted = Wanted(row.template, row.number, lambda: cards.paper(row.card_id, row.number))
        self.no_paper.hide()
        self.paper_view.show()
        self.paper_view.show_papers((wanted,))
        self.paper_view.take_cursor()

    def _event_word(self, event: CardEventView) -> str:
        word = self.messages.sentence(event.word)
        return word if event.reason is None else f"{word} · {_reason(self, event.reason)}"


def _reason(page: CardPage, reason: str) -> str:
    """A loss's cause or a fee's reason: the two lists share the word ``lost``, and its sense."""
    told = page.messages.word("loss-cause", reason)
    return told if told != reason else page.messages.word("reason", reason)


def _open(fee: FeeView) -> bool:
    return fee.receipt is None and fee.fen > 0


def _day(digits: str) -> str:
    """YYYYMMDD as people read a day."""
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 else digits
