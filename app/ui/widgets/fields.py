"""A box of the form: its label, its editor, where its value came from, the bytes left on the chip."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QStringListModel, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from app.base import gb18030
from app.domain.codes import Code, CodeTable
from app.domain.id_number import fold_number
from app.ui.messages import Messages
from app.ui.theme import GRID, TypeSize, font, repolish, set_tone, set_type
from app.ui.widgets.basic import label
from app.workflow.form import FieldKind, FormField
from app.workflow.views import DraftValue, Finding, Provenance

_ROOM_CHANGES = frozenset({QEvent.Type.Resize, QEvent.Type.FocusIn, QEvent.Type.FocusOut})
_PLAIN_KINDS = frozenset({FieldKind.NUMBER, FieldKind.PHONE, FieldKind.DATE})


class FieldEdit(QWidget):
    """One text field. ``edited`` gives the value as the record keeps it, at each key.

    Enter goes to the next field, Shift+Enter back (``advance`` with +1 or -1). Numbers, phones and
    dates take no input method and fold full-width characters.
    """

    edited = Signal(str, str)
    advance = Signal(object, int)

    def __init__(self, field: FormField, messages: Messages, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._messages = messages
        self._provenance = Provenance.EMPTY
        self._left: int | None = None
        self._problem = ""
        name = messages.field(field)
        self.label = label(name, TypeSize.SMALL, tone="muted")
        star = label("*", TypeSize.SMALL, bold=True, tone="stop")
        if not field.required:
            star.hide()
        self.badge = label("", TypeSize.SMALL)
        self.badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.badge.setFixedHeight(2 * GRID + 2)
        self.badge.hide()
        self.editor = QLineEdit(self)
        self.room = label("", TypeSize.SMALL, tone="muted")
        self.room.setParent(self.editor)
        self.room.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.room.hide()
        self.editor.setFixedHeight(4 * GRID)
        set_type(self.editor, TypeSize.BODY)
        self.label.setBuddy(self.editor)
        self.setFocusProxy(self.editor)
        if field.kind in _PLAIN_KINDS:
            self.editor.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        if field.kind is FieldKind.DATE:
            self.editor.setPlaceholderText(messages.text("YYYYMMDD"))
        column = QVBoxLayout(self)
        head = QHBoxLayout()
        column.addLayout(head)
        head.setSpacing(GRID // 2)
        head.addWidget(star)
        # A long label gives way rather than making the whole form wider than its column.
        self.label.setMinimumWidth(0)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        head.addWidget(self.label, 1)
        head.addWidget(self.badge)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.editor)
        self.setFixedHeight(2 * GRID + 2 + 2 + 4 * GRID)
        self.editor.textEdited.connect(self._typed)
        self.editor.installEventFilter(self)
        self._describe()

    def eventFilter(self, watched: QWidget, event: QKeyEvent) -> bool:
        if (
            watched is self.editor
            and event.type() == event.Type.KeyPress
            and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        ):
            back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._entered()
            self.advance.emit(self, -1 if back else 1)
            return True
        if watched is self.editor and event.type() in _ROOM_CHANGES:
            self._place_room()
        return super().eventFilter(watched, event)

    # ------------------------------------------------------------------------------------------ value

    def show_value(self, value: DraftValue) -> None:
        """Show a value that came from elsewhere; nothing is reported back."""
        if self._kept(self.editor.text()) != value.text:
            self.editor.setText(self._shown(value.text))
            self.editor.setCursorPosition(0)
        self.show_provenance(value.provenance)
        self._count(value.text)

    def show_provenance(self, provenance: Provenance) -> None:
        self._provenance = provenance
        self.badge.setVisible(provenance is not Provenance.EMPTY)
        self.badge.setText(self._messages.badge(provenance))
        wide = self.badge.fontMetrics().horizontalAdvance(self.badge.text())
        self.badge.setFixedWidth(wide + GRID)
        self.badge.setToolTip(self._messages.provenance(provenance))
        set_tone(self.badge, f"badge-{provenance.value}")
        self._describe()

    def show_problem(self, problem: Finding | None) -> None:
        """Mark the field; the sentence itself stands in the list on the right."""
        wrong = problem is not None and problem.stops and bool(self.editor.text())
        self._problem = (
            self._messages.about(problem.fault, self.label.text())[0] if problem is not None else ""
        )
        if self.editor.property("wrong") != wrong:
            self.editor.setProperty("wrong", wrong)
            repolish(self.editor)
        self._describe()

    def _typed(self, shown: str) -> None:
        kept = self._kept(shown)
        self._count(kept)
        self.edited.emit(self.field.path, kept)

    def _entered(self) -> None:
        """The clerk is done with the field: show it as it is kept."""
        kept = self._kept(self.editor.text())
        if self.editor.text() != self._shown(kept):
            self.editor.setText(self._shown(kept))

    def _kept(self, shown: str) -> str:
        if self.field.kind in _PLAIN_KINDS:
            return fold_number(shown)
        return shown.strip()

    def _shown(self, kept: str) -> str:
        return kept

    def _count(self, kept: str) -> None:
        """Bytes left on the chip, as the chip counts: GB 18030, not characters."""
        room = self.field.room
        if room is None or self.field.kind is FieldKind.CODE:
            return
        try:
            left = room - len(gb18030.encode(kept))
        except UnicodeEncodeError:
            left = -1
        # A number has its own length: only too much of it is worth a word.
        counted = kept and (left < 0 or self.field.kind not in _PLAIN_KINDS)
        self._left = left if counted else None
        set_tone(self.room, "stop" if left < 0 else "muted")
        self._place_room()

    def _place_room(self) -> None:
        """The bytes left stand inside the box, at its end, and the text keeps clear of them.

        Where a narrow box has no room for both, the number alone stands there, then nothing: the text
        is what is read. Too long is always said.
        """
        wanted = self._left is not None and self._fitting(self._left)
        self.room.setVisible(wanted)
        width = self.room.width() if wanted else 0
        self.editor.setTextMargins(0, 0, width + GRID // 2 if width else 0, 0)
        top = (self.editor.height() - self.room.height()) // 2
        self.room.move(self.editor.width() - width - GRID, top)

    def _fitting(self, left: int) -> bool:
        """The longest wording that leaves the text its place; False when none does."""
        text = self._messages.text
        if left < 0:
            self.room.setText(text("{count} B too long", count=-left))
            self.room.adjustSize()
            return True
        typed = self.editor.fontMetrics().horizontalAdvance(self.editor.text())
        for wording in (text("{count} B left", count=left), str(left)):
            self.room.setText(wording)
            self.room.adjustSize()
            if typed <= self.editor.width() - self.room.width() - 4 * GRID:
                return True
        return False

    def _describe(self) -> None:
        self.editor.setAccessibleName(self.label.text())
        provenance = "" if self._provenance is Provenance.EMPTY else self.badge.toolTip()
        parts = (provenance, self.room.text(), self._problem)
        self.editor.setAccessibleDescription("; ".join(part for part in parts if part))
        self.editor.setToolTip(self._problem)


class CodeEdit(FieldEdit):
    """A field of a code table: digits, pinyin initials or words find the row (ui.md, Enrol)."""

    def __init__(
        self,
        field: FormField,
        table: CodeTable,
        messages: Messages,
        parent: QWidget | None = None,
    ) -> None:
        self._table = table
        super().__init__(field, messages, parent)
        self._found: tuple[Code, ...] = ()
        self._list = QStringListModel(self)
        self._completer: QCompleter | None = None

    def eventFilter(self, watched: QWidget, event: QKeyEvent) -> bool:
        if watched is self.editor and event.type() == event.Type.KeyPress:
            if event.key() == Qt.Key.Key_Down and not self._popup().popup().isVisible():
                self._offer("")
                return True
        elif watched is self.editor and event.type() == event.Type.FocusOut:
            self._leaving(event)
        return super().eventFilter(watched, event)

    def set_table(self, table: CodeTable) -> None:
        """Another table of choices; what is chosen stays where it still is one."""
        self._table = table

    def _popup(self) -> QCompleter:
        """The list below the box, made when it is first wanted: a form has dozens of them."""
        if self._completer is None:
            self._completer = QCompleter(self._list, self)
            # What fits is decided by the table, which knows pinyin; Qt only shows it.
            self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
            self._completer.setMaxVisibleItems(8)
            self._completer.setWidget(self.editor)
            popup = self._completer.popup()
            popup.setFont(font(TypeSize.BODY))
            popup.setAccessibleName(self.label.text())
            self._completer.activated[str].connect(self._chosen)
        return self._completer

    def _hide_list(self) -> None:
        if self._completer is not None:
            self._completer.popup().hide()

    def _leaving(self, event: QFocusEvent) -> None:
        if event.reason() is not Qt.FocusReason.PopupFocusReason:
            self._entered()

    def _typed(self, shown: str) -> None:
        self._offer(shown)
        self.edited.emit(self.field.path, self._kept(shown))

    def _offer(self, typed: str) -> None:
        self._found = self._table.search(fold_number(typed))
        self._list.setStringList([self._line(row) for row in self._found])
        if not self._found:
            self._hide_list()
            return
        completer = self._popup()
        completer.complete()
        if typed:
            completer.popup().setCurrentIndex(completer.completionModel().index(0, 0))

    def _chosen(self, line: str) -> None:
        for row in self._found:
            if self._line(row) == line:
                self.editor.setText(line)
                self.edited.emit(self.field.path, row.code)
                self.advance.emit(self, 1)
                return

    def _entered(self) -> None:
        self._hide_list()
        before = self.editor.text()
        super()._entered()
        if self.editor.text() != before:
            self.edited.emit(self.field.path, self._kept(self.editor.text()))

    def _kept(self, shown: str) -> str:
        """The code of what is shown; words that fit nothing are kept, for the check to refuse."""
        text = shown.strip()
        if not text:
            return ""
        # A chosen line begins with its code.
        exact = self._table.find(fold_number(text.split()[0]))
        if exact is not None:
            return exact.code
        found = self._table.search(fold_number(text))
        return found[0].code if found else text

    def _shown(self, kept: str) -> str:
        row = self._table.find(kept) if kept else None
        return kept if row is None else self._line(row)

    def _line(self, row: Code) -> str:
        return f"{row.code}  {self._messages.code(row)}"
