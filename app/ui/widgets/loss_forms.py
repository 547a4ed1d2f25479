"""What a loss, its end and a reissue ask for besides who came: boxes with defaults, by digits."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.base.clock import CHINA_TIME
from app.base.errors import N_, KangkaError
from app.domain.codes import Code, CodeTable, UnknownCode
from app.domain.desk_rules import Question
from app.domain.id_number import fold_number
from app.domain.loss import AnswersNotEnough, LossCause, LossChannel, LossNumberDiffers, LossTimeWrong
from app.domain.problems import NotADate
from app.domain.visitor import Visitor
from app.ui.messages import Messages
from app.ui.theme import GRID, TypeSize, repolish
from app.ui.widgets.basic import Button, Tick, label
from app.ui.widgets.fields import CodeEdit, FieldEdit
from app.ui.widgets.marks import StateLabel
from app.workflow.card_views import CardView, FeeReason, FoundForm, LossForm, ReissueForm
from app.workflow.corrections import corrections
from app.workflow.form import FieldKind, FormField
from app.workflow.views import NUMBERS, DraftValue, EnrolDraft, Mark

_CHANNELS: Final = tuple(LossChannel)
_CAUSES: Final = tuple(LossCause)
CHANNEL, CAUSE, SINCE = "loss.channel", "loss.cause", "loss.since"
LOSS_NUMBER, REASON, PROOF = "loss.number", "reissue.reason", "reissue.proof"
_QUESTION_KINDS: Final = {
    Question.PHONE: FieldKind.PHONE,
    Question.BIRTH_DATE: FieldKind.DATE,
}
_MINUTES, _DAY = "%Y%m%d%H%M", "%Y%m%d"


class Boxes(QWidget):
    """Boxes a few a line; ``changed`` at every entry, ``finished`` when Enter leaves the last one."""

    changed = Signal()
    finished = Signal()

    COLUMNS = 2

    def __init__(self, messages: Messages) -> None:
        super().__init__()
        self._messages = messages
        self._edits: dict[str, FieldEdit] = {}
        self._values: dict[str, str] = {}
        self._given: dict[str, str] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * GRID)
        self._grid.setVerticalSpacing(GRID + 4)
        for column in range(self.COLUMNS):
            self._grid.setColumnStretch(column, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID)
        self._column.addLayout(self._grid)

    @property
    def dirty(self) -> bool:
        return {k: v for k, v in self._values.items() if v} != self._given

    def focus_first(self) -> None:
        shown = self._shown()
        if shown:
            shown[0].editor.setFocus(Qt.FocusReason.OtherFocusReason)
            shown[0].editor.selectAll()
        else:
            self.finished.emit()

    def edit(self, path: str) -> FieldEdit:
        return self._edits[path]

    def value(self, path: str) -> str:
        return self._values.get(path, "")

    def mark(self, path: str) -> None:
        """Mark a box as the one that was refused, and go there; an empty path marks none."""
        for name, edit in self._edits.items():
            wrong = name == path
            if bool(edit.editor.property("wrong")) != wrong:
                edit.editor.setProperty("wrong", wrong)
                repolish(edit.editor)
            if wrong:
                edit.editor.setFocus(Qt.FocusReason.OtherFocusReason)
                edit.editor.selectAll()

    def _fill(self, **given: str) -> None:
        """Begin with these values, none of which was typed."""
        self._given = {path.replace("__", "."): text for path, text in given.items()}
        self._values = dict(self._given)
        for path, edit in self._edits.items():
            edit.show_value(DraftValue(self._values.get(path, "")))
            edit.badge.hide()
        self.mark("")

    def _add(
        self,
        path: str,
        name: str,
        kind: FieldKind = FieldKind.TEXT,
        table: CodeTable | None = None,
        *,
        required: bool = False,
    ) -> FieldEdit:
        field = FormField(path, name, kind, None, None, required, 1)
        edit = (
            FieldEdit(field, self._messages, self)
            if table is None
            else CodeEdit(field, table, self._messages, self)
        )
        edit.edited.connect(self._typed)
        edit.advance.connect(self._advance)
        place = len(self._edits)
        self._grid.addWidget(edit, place // self.COLUMNS, place % self.COLUMNS)
        self._edits[path] = edit
        return edit

    def _typed(self, path: str, text: str) -> None:
        self._values[path] = text
        self.changed.emit()

    def _shown(self) -> list[FieldEdit]:
        return [edit for edit in self._edits.values() if not edit.isHidden()]

    def _advance(self, edit: FieldEdit, by: int) -> None:
        shown = self._shown()
        place = (shown.index(edit) if edit in shown else 0) + by
        if place >= len(shown):
            self.finished.emit()
        elif place >= 0:
            shown[place].editor.setFocus(Qt.FocusReason.TabFocusReason)
            shown[place].editor.selectAll()


class ReportBoxes(Boxes):
    """How a loss is reported, what became of the card, since when."""

    COLUMNS = 3

    def __init__(self, messages: Messages) -> None:
        super().__init__(messages)
        self._add(
            CHANNEL,
            N_("Reported"),
            FieldKind.CODE,
            _words(messages, "loss-channel", [one.value for one in _CHANNELS]),
        )
        self._add(
            CAUSE,
            N_("What became of the card"),
            FieldKind.CODE,
            _words(messages, "loss-cause", [one.value for one in _CAUSES]),
        )
        since = self._add(SINCE, N_("Missing since (may stay empty)"), FieldKind.NUMBER)
        since.editor.setPlaceholderText(messages.text("YYYYMMDDHHMM"))
        self.begin(provisional=True)

    def begin(self, *, provisional: bool) -> None:
        """A loss in writing is reported at the counter alone."""
        self._edits[CHANNEL].setVisible(provisional)
        self._fill(loss__channel="1", loss__cause="1")

    @property
    def by_phone(self) -> bool:
        return self.value(CHANNEL) == str(_CHANNELS.index(LossChannel.PHONE) + 1)

    def form(self, visitor: Visitor, answers: Mapping[Question, str], *, provisional: bool) -> LossForm:
        """The whole; ``NotADate`` where the time is none, ``UnknownCode`` for no word of a list."""
        channel = _CHANNELS[_index(self.value(CHANNEL), len(_CHANNELS), CHANNEL)]
        return LossForm(
            reporter=visitor,
            provisional=provisional,
            channel=channel,
            cause=_CAUSES[_index(self.value(CAUSE), len(_CAUSES), CAUSE)],
            lost_ms=_moment(self.value(SINCE)),
            answers=answers if channel is LossChannel.PHONE else {},
        )

    def show_fault(self, fault: KangkaError) -> None:
        self.mark(SINCE if isinstance(fault, LossTimeWrong) else str(getattr(fault, "field", "")))


class QuestionBoxes(Boxes):
    """What a caller is asked. What is written is what they say; the record's own answer is not shown."""

    COLUMNS = 3

    def __init__(self, messages: Messages, questions: Sequence[Question], needed: int) -> None:
        super().__init__(messages)
        self._questions = tuple(questions)
        told = messages.text(
            "Ask at least {count} of these, and write down what the caller says. "
            "The record's answers are compared, never shown.",
            count=needed,
        )
        self._column.insertWidget(0, label(told, TypeSize.SMALL, tone="muted", wrap=True))
        for question in self._questions:
            kind = _QUESTION_KINDS.get(question, FieldKind.TEXT)
            edit = self._add(_path(question), "", kind)
            name = messages.word("question", question.value)
            edit.label.setText(name)
            edit.editor.setAccessibleName(name)
        self._fill()

    def begin(self) -> None:
        self._fill()

    def answers(self) -> dict[Question, str]:
        return {one: self.value(_path(one)) for one in self._questions if self.value(_path(one))}

    def show_fault(self, fault: KangkaError) -> None:
        if isinstance(fault, AnswersNotEnough):
            # Which answer was wrong is not told: the clerk asks another question.
            empty = next((one for one in self._questions if not self.value(_path(one))), None)
            if empty is not None:
                self._edits[_path(empty)].editor.setFocus(Qt.FocusReason.OtherFocusReason)


class FoundBoxes(Boxes):
    """The number on the loss slip, where it is at hand."""

    def __init__(self, messages: Messages) -> None:
        super().__init__(messages)
        self._add(LOSS_NUMBER, N_("Number of the loss slip (may stay empty)"), FieldKind.NUMBER)
        self._fill()

    def begin(self) -> None:
        self._fill()

    def form(self, visitor: Visitor) -> FoundForm:
        return FoundForm(visitor, self.value(LOSS_NUMBER))

    def show_fault(self, fault: KangkaError) -> None:
        self.mark(LOSS_NUMBER if isinstance(fault, LossNumberDiffers) else "")


class ReissueBoxes(Boxes):
    """Why a new card is ordered, what that costs by which rule, and what is given out and signed.

    ``correct`` asks for the form of what has changed; ``before`` is what the lost card was ordered with,
    once it was looked at, ``draft`` the corrected data, None where the old ones are taken over.
    """

    correct = Signal()

    def __init__(self, messages: Messages, reasons: Sequence[FeeReason], consents: CodeTable) -> None:
        super().__init__(messages)
        self._reasons = tuple(reasons)
        self._consent = consents.codes[-1].code
        self._card: CardView | None = None
        self._proofs: tuple[str, ...] = ()
        self.before: EnrolDraft | None = None
        self.draft: EnrolDraft | None = None
        table = _table("reissue-reason", [one.ground.title(messages.language) for one in self._reasons])
        self._add(REASON, N_("Reason of the new card"), FieldKind.CODE, table, required=True)
        proofs = {
            ground.code: ground.title(messages.language) for one in reasons for ground in one.proofs
        }
        self._proofs = tuple(proofs)
        self._add(
            PROOF,
            N_("Paper that was seen"),
            FieldKind.CODE,
            _table("reissue-proof", list(proofs.values())),
            required=True,
        )
        self.old = label(tone="muted", wrap=True)
        self.fee = StateLabel(Mark.ATTENTION, "", size=TypeSize.HEAD)
        self.rule = label(size=TypeSize.SMALL, tone="muted", wrap=True)
        self.proof = Tick(messages.text("Give out a temporary proof for the wait"))
        self.consent = Tick(
            messages.text("The consent was signed anew today, version {version}", version=self._consent)
        )
        self._column.insertWidget(0, self.old)
        self.changes = StateLabel(Mark.GOOD, "")
        self.changes.word.setWordWrap(True)
        self.correct_button = Button(messages.text("Something has changed"), "F8")
        self.correct_button.clicked.connect(self.correct)
        changed = QHBoxLayout()
        changed.setSpacing(2 * GRID)
        changed.addWidget(self.changes, 1)
        changed.addWidget(self.correct_button)
        self._column.insertLayout(1, changed)
        fee = QVBoxLayout()
        fee.setSpacing(2)
        fee.addWidget(self.fee)
        fee.addWidget(self.rule)
        # What it costs stands beside why; the paper that proves it comes below, where one is asked for.
        self._grid.addWidget(self._edits[PROOF], 1, 0)
        self._grid.addLayout(fee, 0, 1)
        ticks = QHBoxLayout()
        ticks.setSpacing(3 * GRID)
        ticks.addWidget(self.proof)
        ticks.addWidget(self.consent)
        ticks.addStretch(1)
        self._column.addLayout(ticks)
        self.changed.connect(self._tell)
        self.begin(None)

    def begin(self, card: CardView | None) -> None:
        """Empty, for the card that is to be replaced."""
        lost = next((n for n, one in enumerate(self._reasons, 1) if one.ground.code == "lost"), 1)
        self._fill(reissue__reason=str(lost))
        self.before = self.draft = None
        self.changes.set_state(Mark.GOOD, self._messages.text("Nothing has changed"))
        self.proof.setChecked(True)
        self.consent.setChecked(False)
        self._card = card
        self._tell_old(renumbered=False)
        self._tell()

    @property
    def reason(self) -> FeeReason | None:
        number = self.value(REASON)
        place = int(number) - 1 if number.isascii() and number.isdigit() else -1
        return self._reasons[place] if 0 <= place < len(self._reasons) else None

    def form(self, visitor: Visitor) -> ReissueForm:
        reason, proof = self.reason, self.value(PROOF)
        place = int(proof) - 1 if proof.isdigit() else -1
        seen = self._proofs[place] if 0 <= place < len(self._proofs) else None
        takes = reason is not None and bool(reason.proofs)
        return ReissueForm(
            applicant=visitor,
            consent=self._consent if self.consent.isChecked() else "",
            reason=self.value(REASON) if reason is None else reason.ground.code,
            proof=self.proof.isChecked(),
            proof_seen=seen if takes else None,
            draft=self.draft,
        )

    def show_corrections(self, draft: EnrolDraft, names: Mapping[str, str]) -> None:
        """What is corrected, by the names of its boxes, and whether a second person compares it."""
        found = corrections(self.before or EnrolDraft(), draft)
        self.draft = draft if found.paths else None
        self._tell_old(renumbered=any(path in NUMBERS for path in found.paths))
        text = self._messages.text
        if not found.paths:
            self.changes.set_state(Mark.GOOD, text("Nothing has changed"))
            return
        join = "、" if self._messages.language == "zh" else ", "
        told = text("Changed: {list}", list=join.join(names.get(path, path) for path in found.paths))
        if found.unproved:
            told += text("; a second person compares it before the card is made")
        self.changes.set_state(Mark.ATTENTION if found.unproved else Mark.WORKING, told)

    def _tell_old(self, *, renumbered: bool) -> None:
        """Which order the new one takes its data from, and what becomes of the card's number."""
        if self._card is None:
            return
        stays = N_("Data of application {number}; the card's number stays. Card {count} of this person.")
        follows = N_("Data of application {number}; the number is new. Card {count} of this person.")
        self.old.setText(
            self._messages.text(
                follows if renumbered else stays,
                number=self._card.application_number,
                count=self._card.issue_count + 1,
            )
        )

    @property
    def dirty(self) -> bool:
        return super().dirty or self.draft is not None

    def show_fault(self, fault: KangkaError) -> None:
        kind = fault.code
        wrong = {"fees.proof-missing": PROOF, "fees.no-fee": REASON}.get(kind, "")
        self.mark(wrong)

    def _tell(self) -> None:
        reason, text = self.reason, self._messages.text
        self._edits[PROOF].setVisible(reason is not None and bool(reason.proofs))
        if reason is None:
            self.fee.set_state(Mark.ATTENTION, text("Choose a reason"))
            self.rule.setText("")
            return
        if reason.fen:
            told = text("To be paid: {amount} yuan", amount=self._messages.money(reason.fen))
            self.fee.set_state(Mark.ATTENTION, told)
        else:
            self.fee.set_state(Mark.GOOD, text("Free"))
        language = self._messages.language
        join = "、" if language == "zh" else ", "
        proofs = join.join(ground.title(language) for ground in reason.proofs)
        rule = text("by rule {rule}", rule=reason.rule)
        wanted = text("beside one of these papers: {list}", list=proofs) if proofs else ""
        self.rule.setText("; ".join(part for part in (rule, wanted) if part))


def _words(messages: Messages, context: str, values: Sequence[str]) -> CodeTable:
    return _table(context, [messages.word(context, value) for value in values])


def _table(name: str, words: Sequence[str]) -> CodeTable:
    """Words by their digit, in the language of the window."""
    codes = tuple(Code(str(number), word, word, "") for number, word in enumerate(words, 1))
    return CodeTable(name, "counter", "", "", codes)


def _index(digit: str, count: int, path: str) -> int:
    """The place that a digit chose; ``UnknownCode`` where it is none of the list."""
    place = int(digit) - 1 if digit.isascii() and digit.isdigit() else -1
    if not 0 <= place < count:
        raise UnknownCode(field=path, table=path)
    return place


def _path(question: Question) -> str:
    return f"question.{question.value}"


def _moment(typed: str) -> int | None:
    """UTC milliseconds of YYYYMMDDHHMM or YYYYMMDD in China; None where nothing was typed."""
    digits = fold_number(typed)
    if not digits:
        return None
    shape = {8: _DAY, 12: _MINUTES}.get(len(digits))
    if shape is None or not digits.isdigit():
        raise NotADate(SINCE)
    try:
        told = dt.datetime.strptime(digits, shape).replace(tzinfo=CHINA_TIME)
    except ValueError:
        raise NotADate(SINCE) from None
    return round(told.timestamp() * 1000)
