"""Who stands at the counter, or on the telephone: the kind by digit, and what that kind must tell.

Of the holder the number alone is asked for, always anew: the record never fills it in, so that it can
be compared (counter.md, 2.10). An agent gives everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.base.errors import N_, KangkaError
from app.domain.codes import Code, CodeTable
from app.domain.desk_rules import VisitorKind
from app.domain.lives import GuardNotMet
from app.domain.order import ApplicantKind
from app.domain.visitor import (
    AgentIsHolder,
    Checked,
    HolderIsMinor,
    HolderIsOfAge,
    NotTheHolder,
    Visitor,
)
from app.ui.messages import Messages
from app.ui.theme import GRID, repolish
from app.ui.widgets.basic import Tick, label
from app.ui.widgets.fields import CodeEdit, FieldEdit
from app.ui.widgets.marks import StateLabel
from app.workflow.form import FieldKind, FormField
from app.workflow.views import DraftValue, EnrolDraft, Mark

KIND, NUMBER, NAME = "visitor.kind", "visitor.number", "visitor.name"
DOCUMENT, PHONE, RELATION = "visitor.document", "visitor.phone", "visitor.relation"
# The identity card in the table of documents (CV02.01.101)
_IDENTITY_CARD = "01"
_LABELS = {
    KIND: "",
    NUMBER: N_("Number on their document"),
    NAME: N_("Their name"),
    DOCUMENT: N_("Kind of document"),
    PHONE: N_("Their phone"),
    RELATION: N_("Relation to the holder"),
}
_KINDS = {
    KIND: FieldKind.CODE,
    NUMBER: FieldKind.NUMBER,
    NAME: FieldKind.TEXT,
    DOCUMENT: FieldKind.CODE,
    PHONE: FieldKind.PHONE,
    RELATION: FieldKind.CODE,
}
_OF_AN_AGENT = (NAME, DOCUMENT, RELATION)
# In which box a refusal arose that names none.
_WHERE: Final = {
    NotTheHolder: NUMBER,
    AgentIsHolder: NUMBER,
    HolderIsMinor: KIND,
    HolderIsOfAge: KIND,
}
# What a caller can not show.
_OF_THE_COUNTER = (NUMBER, DOCUMENT)


class VisitorForm(QWidget):
    """``changed`` at every entry; ``finished`` when Enter leaves the last box."""

    changed = Signal()
    finished = Signal()

    def __init__(
        self,
        messages: Messages,
        kinds: Sequence[VisitorKind],
        codes: Callable[[str], CodeTable],
        *,
        kind_label: str,
    ) -> None:
        """``kind_label`` is what the kind of visitor is called here (领卡类型), a catalogue key."""
        super().__init__()
        self._messages = messages
        self._kinds = {kind.code: kind for kind in kinds}
        self._values: dict[str, str] = {}
        self._given: dict[str, str] = {}
        self._read: str | None = None
        self._phone = False
        self._edits: dict[str, FieldEdit] = {}
        own = CodeTable(
            "visitor-kind",
            "counter",
            "",
            "",
            tuple(Code(kind.code, kind.zh, kind.en, "") for kind in kinds),
        )
        tables = {KIND: own, DOCUMENT: codes("other-document"), RELATION: codes("relation")}
        for path, text in {**_LABELS, KIND: kind_label}.items():
            table = tables.get(path)
            field = FormField(
                path=path,
                label=text,
                kind=_KINDS[path],
                table=None if table is None else table.name,
                room=None,
                required=True,
                width=1,
            )
            edit = (
                FieldEdit(field, messages, self)
                if table is None
                else CodeEdit(field, table, messages, self)
            )
            edit.edited.connect(self._typed)
            edit.advance.connect(self._advance)
            self._edits[path] = edit
        self.holder = label(tone="muted")
        self.read_mark = StateLabel(Mark.GOOD, messages.text("Read from the document by the reader"))
        self.seen = Tick(messages.text("I have seen the original document, and it is this person's"))
        self.seen.toggled.connect(lambda _on: self.changed.emit())
        self.seen.installEventFilter(self)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * GRID)
        self._grid.setVerticalSpacing(GRID + 4)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(self._grid)
        column.addWidget(self.holder)
        column.addWidget(self.read_mark)
        column.addWidget(self.seen)
        self.begin()

    # ------------------------------------------------------------------------------------------- value

    def begin(self, *, minor: bool = False, phone: bool = False) -> None:
        """Empty for the next visitor: the holder, or the guardian of a minor."""
        wanted = ApplicantKind.GUARDIAN if minor else ApplicantKind.SELF
        kind = next(kind.code for kind in self._kinds.values() if kind.standing is wanted)
        self._phone = phone
        self._given = {KIND: kind, DOCUMENT: _IDENTITY_CARD}
        self._values = dict(self._given)
        self._read = None
        self.seen.setChecked(False)
        for path, edit in self._edits.items():
            edit.editor.setText("")
            edit.show_value(DraftValue(self._values.get(path, "")))
            # The marks of the paper form tell where a value came from; here one line says it.
            edit.badge.hide()
        self.clear_fault()
        self._fit()

    def by_phone(self, phone: bool) -> None:
        """A caller shows no document; what was typed stays."""
        if phone != self._phone:
            self._phone = phone
            self._fit()

    @property
    def standing(self) -> ApplicantKind | None:
        """In what capacity the visitor came, None for a kind that there is not."""
        kind = self._kinds.get(self._values.get(KIND, ""))
        return None if kind is None else kind.standing

    @property
    def dirty(self) -> bool:
        """Whether anything was entered that would be lost."""
        entered = {path: text for path, text in self._values.items() if text}
        return entered != self._given or self.seen.isChecked()

    @property
    def checked(self) -> Checked:
        """By the reader while the number is still the one it read, else by the clerk's own word."""
        if self._phone:
            return Checked.NO
        if self._read is not None and self._read == self._values.get(NUMBER):
            return Checked.READER
        return Checked.SEEN if self.seen.isChecked() else Checked.NO

    def visitor(self) -> Visitor:
        """What was entered, of the boxes that are in sight."""
        told = {path: self._values.get(path, "") for path in _LABELS if self._shown(path)}
        return Visitor(
            kind=told[KIND],
            checked=self.checked,
            number=told.get(NUMBER, ""),
            name=told.get(NAME, ""),
            document=told.get(DOCUMENT, _IDENTITY_CARD),
            phone=told.get(PHONE, ""),
            relation=told.get(RELATION, ""),
        )

    def take_document(self, read: EnrolDraft) -> None:
        """A document as the reader read it: its number, and for an agent the name."""
        number = read.value("citizen_id").text or read.value("other_document.number").text
        self._put(NUMBER, number)
        self._read = number
        if self.standing is not ApplicantKind.SELF:
            self._put(NAME, read.value("name").text)
            self._put(DOCUMENT, _IDENTITY_CARD)
        self.clear_fault()
        self._fit()
        self._next_empty()
        self.changed.emit()

    def show_holder(self, name: str) -> None:
        """Who the holder is by the record: the name only, the number is asked for."""
        told = self._messages.text("By the record: {name}. The number is compared.", name=name)
        self.holder.setText(told)

    # ------------------------------------------------------------------------------------------ faults

    def show_fault(self, fault: KangkaError) -> None:
        """Put the cursor where a refusal arose, and mark the box; nothing for a fault of elsewhere."""
        self.clear_fault()
        if isinstance(fault, GuardNotMet):
            # What is missing is the clerk's own word that the document was seen.
            if not self.seen.isHidden():
                self.seen.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        path = _WHERE.get(type(fault)) or str(getattr(fault, "field", ""))
        edit = self._edits.get(path)
        if edit is None or not self._shown(path):
            return
        _mark_wrong(edit, wrong=True)
        edit.editor.setFocus(Qt.FocusReason.OtherFocusReason)
        edit.editor.selectAll()

    def clear_fault(self) -> None:
        for edit in self._edits.values():
            _mark_wrong(edit, wrong=False)

    # ------------------------------------------------------------------------------------------- focus

    def edit(self, path: str) -> FieldEdit:
        return self._edits[path]

    def focus_first(self) -> None:
        """The number, or by telephone the phone: the kind is filled in already."""
        editor = self._edits[PHONE if self._phone else NUMBER].editor
        editor.setFocus(Qt.FocusReason.OtherFocusReason)
        editor.selectAll()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is self.seen
            and isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            and not event.isAutoRepeat()
        ):
            # Enter never gives the answer; it only goes on.
            self.finished.emit()
            return True
        return super().eventFilter(watched, event)

    # ------------------------------------------------------------------------------------------ within

    def _typed(self, path: str, text: str) -> None:
        self._values[path] = text
        _mark_wrong(self._edits[path], wrong=False)
        if path == NUMBER and self._read != text:
            self._read = None
        if path in (KIND, NUMBER):
            self._fit()
        self.changed.emit()

    def _put(self, path: str, text: str) -> None:
        self._values[path] = text
        self._edits[path].show_value(DraftValue(text))
        self._edits[path].badge.hide()

    def _shown(self, path: str) -> bool:
        if self._phone and path in _OF_THE_COUNTER:
            return False
        if path == PHONE:
            return self._phone or self.standing is not ApplicantKind.SELF
        return self.standing is not ApplicantKind.SELF or path not in _OF_AN_AGENT

    def _fit(self) -> None:
        """The boxes of this kind of visitor, two a line, in the order of the paper."""
        shown = [path for path in _LABELS if self._shown(path)]
        for place, path in enumerate(shown):
            self._grid.addWidget(self._edits[path], place // 2, place % 2)
        for path, edit in self._edits.items():
            edit.setVisible(path in shown)
        self.holder.setVisible(self.standing is ApplicantKind.SELF and not self._phone)
        read = self.checked is Checked.READER
        self.read_mark.setVisible(read)
        self.seen.setVisible(not read and not self._phone)

    def _advance(self, edit: FieldEdit, by: int) -> None:
        shown = [self._edits[path] for path in _LABELS if self._shown(path)]
        place = (shown.index(edit) if edit in shown else 0) + by
        if 0 <= place < len(shown):
            shown[place].editor.setFocus(Qt.FocusReason.TabFocusReason)
            shown[place].editor.selectAll()
        elif place >= len(shown) and not self.seen.isHidden() and not self.seen.isChecked():
            self.seen.setFocus(Qt.FocusReason.TabFocusReason)
        elif place >= len(shown):
            self.finished.emit()

    def _next_empty(self) -> None:
        for path in _LABELS:
            if self._shown(path) and not self._values.get(path):
                self._edits[path].editor.setFocus(Qt.FocusReason.OtherFocusReason)
                return
        self.finished.emit()


def _mark_wrong(edit: FieldEdit, *, wrong: bool) -> None:
    if bool(edit.editor.property("wrong")) != wrong:
        edit.editor.setProperty("wrong", wrong)
        repolish(edit.editor)
