"""The boxes of one act of a loss, in their order, and what they come to."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.base.errors import N_, KangkaError
from app.domain.card import CardState
from app.domain.order import ApplicantKind
from app.ui.context import Context
from app.ui.theme import GRID
from app.ui.widgets.basic import label
from app.ui.widgets.loss_forms import FoundBoxes, QuestionBoxes, ReissueBoxes, ReportBoxes
from app.ui.widgets.visitor_form import VisitorForm
from app.workflow.card_views import (
    CardAct,
    CardView,
    FoundForm,
    LossForm,
    ReissueForm,
    ResidentView,
)
from app.workflow.views import EnrolDraft

# Acts that this page does; hand-over and activation have their own.
ACTS: Final = (
    CardAct.REPORT_PROVISIONAL_LOSS,
    CardAct.REPORT_LOSS,
    CardAct.FOUND,
    CardAct.REISSUE,
    CardAct.BLOCK,
    CardAct.RECOVER,
)
HANDS: Final = {
    CardAct.REPORT_PROVISIONAL_LOSS: N_("Ask who reports the loss, and check what they say"),
    CardAct.REPORT_LOSS: N_("Compare the document with the person who reports the loss"),
    CardAct.FOUND: N_("Compare the document, and look at the card that was found"),
    CardAct.REISSUE: N_("Compare the document: has anything changed?"),
    CardAct.BLOCK: N_("Lay the old card on the reader"),
    CardAct.RECOVER: N_("Punch the old card, and put it into the box of recovered cards"),
}

_REPORTS: Final = (CardAct.REPORT_PROVISIONAL_LOSS, CardAct.REPORT_LOSS)
# What is done to the old card on the counter; no visitor is asked.
OF_THE_CARD: Final = (CardAct.BLOCK, CardAct.RECOVER)
_BLOCKED: Final = N_(
    "The chip of this old card is blocked for good, so that nobody can use it any more. This can not be "
    "taken back, and asks for your password."
)
_INTERRUPTED: Final = N_(
    "The blocking of this card was begun and interrupted. Lay the card on the reader: go on with the "
    "blocking, or only ask the chip how far it came."
)
_RECOVERED: Final = N_(
    "The card is recorded as taken back. It waits for two people who destroy it; it is never given out "
    "again."
)


class LossArea(QWidget):
    """``changed`` at every entry; ``finished`` when Enter leaves the last box."""

    changed = Signal()
    finished = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        desk, self._messages = context.desk, context.messages
        self._act: CardAct | None = None
        self.report = ReportBoxes(self._messages)
        self.found = FoundBoxes(self._messages)
        self.reissue = ReissueBoxes(self._messages, desk.cards.reasons(), desk.codes("consent"))
        self.visitor = VisitorForm(
            self._messages, desk.cards.visitor_kinds(), desk.codes, kind_label=N_("Who came, or calls")
        )
        self.questions = QuestionBoxes(self._messages, *desk.cards.questions())
        self.explained = label(wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, GRID, 0)
        column.setSpacing(GRID + 4)
        for part in (self.report, self.reissue, self.found, self.visitor, self.questions):
            column.addWidget(part)
            part.changed.connect(self._edited)
        column.addWidget(self.explained)
        column.addStretch(1)
        for boxes in (self.report, self.reissue, self.found):
            boxes.finished.connect(self.visitor.focus_first)
        self.visitor.finished.connect(self._after_visitor)
        self.questions.finished.connect(self.finished)

    @property
    def act(self) -> CardAct | None:
        return self._act

    @property
    def by_phone(self) -> bool:
        """Whether somebody calls: no document can be read."""
        return not self.questions.isHidden()

    @property
    def dirty(self) -> bool:
        """Whether anything was typed that is in sight."""
        boxes = (self.report, self.found, self.reissue, self.questions)
        return self._act not in OF_THE_CARD and (
            self.visitor.dirty or any(box.dirty for box in boxes if not box.isHidden())
        )

    def begin(
        self, act: CardAct, view: ResidentView, card: CardView, *, same_visitor: bool = False
    ) -> None:
        """Empty, for one act on one card; ``same_visitor`` still stands there from the act before."""
        self._act = act
        if not same_visitor:
            self.visitor.begin(minor=view.minor)
        self.visitor.show_holder(view.name)
        self.report.begin(provisional=act is CardAct.REPORT_PROVISIONAL_LOSS)
        self.questions.begin()
        self.found.begin()
        self.reissue.begin(card)
        begun = card.state is CardState.BLOCKING
        told = {CardAct.BLOCK: _INTERRUPTED if begun else _BLOCKED, CardAct.RECOVER: _RECOVERED}
        self.explained.setText(self._messages.text(told.get(act, "")))
        self._fit()

    def take_corrected(self, draft: EnrolDraft) -> None:
        """Corrected data whose document was read: the holder's own need not be laid down again."""
        by_holder = self.visitor.standing is ApplicantKind.SELF and not self.visitor.dirty
        if draft.document is not None and by_holder:
            self.visitor.take_document(draft)
        else:
            self.visitor.focus_first()

    def wipe(self, *, visitor: bool = True) -> None:
        """What was typed was recorded: nothing of it stays, but the ``visitor`` where an act follows."""
        if visitor:
            self.visitor.begin()
        self.questions.begin()
        self.found.begin()
        self.reissue.begin(None)

    def focus_first(self) -> None:
        for boxes in (self.report, self.reissue, self.found):
            if not boxes.isHidden():
                boxes.focus_first()

    def loss_form(self) -> LossForm:
        """``NotADate``, ``UnknownCode``."""
        provisional = self._act is CardAct.REPORT_PROVISIONAL_LOSS
        return self.report.form(
            self.visitor.visitor(), self.questions.answers(), provisional=provisional
        )

    def found_form(self) -> FoundForm:
        return self.found.form(self.visitor.visitor())

    def reissue_form(self) -> ReissueForm:
        return self.reissue.form(self.visitor.visitor())

    def show_fault(self, fault: KangkaError) -> None:
        """The cursor goes where a refusal arose."""
        for part in (self.report, self.reissue, self.found, self.questions, self.visitor):
            if not part.isHidden():
                part.show_fault(fault)

    # ------------------------------------------------------------------------------------------- within

    def _edited(self) -> None:
        self._fit()
        self.changed.emit()

    def _after_visitor(self) -> None:
        if self.questions.isHidden():
            self.finished.emit()
        else:
            self.questions.focus_first()

    def _fit(self) -> None:
        """Which boxes this act has."""
        act = self._act
        phone = act is CardAct.REPORT_PROVISIONAL_LOSS and self.report.by_phone
        self.report.setVisible(act in _REPORTS)
        self.found.setVisible(act is CardAct.FOUND)
        self.reissue.setVisible(act is CardAct.REISSUE)
        self.visitor.setVisible(act not in OF_THE_CARD)
        self.visitor.by_phone(phone)
        self.questions.setVisible(phone)
        self.explained.setVisible(act in OF_THE_CARD)
