"""The paper form on the screen: groups in the paper's order, two boxes a line, drawn from data."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from app.domain.codes import CodeTable
from app.ui.messages import Messages
from app.ui.theme import GRID, set_tone
from app.ui.widgets.basic import label, rule
from app.ui.widgets.fields import CodeEdit, FieldEdit
from app.workflow.form import Form, FormGroup
from app.workflow.views import EnrolDraft, Finding

_TWO_COLUMNS_FROM = 50 * GRID


class FormView(QScrollArea):
    """All fields of a form. ``edited`` gives (path, text as kept)."""

    edited = Signal(str, str)

    def __init__(
        self,
        form: Form,
        codes: Callable[[str], CodeTable],
        messages: Messages,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._form = form
        self._codes = codes
        self._messages = messages
        self._edits: dict[str, FieldEdit] = {}
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMinimumWidth(30 * GRID)
        self._grids: list[tuple[QGridLayout, FormGroup]] = []
        self._narrow = False
        # Each part is born where it stands: putting dozens of boxes into their place afterwards costs
        # more than making them.
        self._inside = QWidget(self.viewport())
        set_tone(self._inside, "clear")
        self.setWidget(self._inside)
        self.viewport().setAutoFillBackground(False)
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(2, 0, 2 * GRID, 2 * GRID)
        column.setSpacing(3 * GRID)
        for group in form.groups:
            self._group(group, column)
        column.addStretch(1)
        self._show_rows(EnrolDraft())

    def show_draft(self, draft: EnrolDraft) -> None:
        """Show every value of a draft."""
        for path, edit in self._edits.items():
            edit.show_value(draft.value(path))
        self._show_rows(draft)

    def show_field(self, draft: EnrolDraft, path: str) -> None:
        """Bring one field's marks up to date while it is being typed in."""
        self._edits[path].show_provenance(draft.value(path).provenance)
        self._show_rows(draft)

    def show_problems(self, problems: Mapping[str, Finding]) -> None:
        for path, edit in self._edits.items():
            edit.show_problem(problems.get(path))

    def jump(self, path: str) -> None:
        """Put the cursor into a field, and the field into sight."""
        edit = self._edits.get(path)
        if edit is None:
            return
        edit.show()
        edit.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        edit.editor.selectAll()
        self.ensureWidgetVisible(edit, 0, 6 * GRID)

    def edit(self, path: str) -> FieldEdit:
        return self._edits[path]

    def label_of(self, path: str) -> str:
        """The label of a path, for lists; the path's own name where the form has no such box."""
        edit = self._edits.get(path)
        return edit.label.text() if edit is not None else path

    def first(self) -> FieldEdit:
        return next(iter(self._edits.values()))

    # --------------------------------------------------------------------------------------- building

    def _group(self, group: FormGroup, whole: QVBoxLayout) -> None:
        column = QVBoxLayout()
        whole.addLayout(column)
        column.setSpacing(GRID)
        column.addWidget(label(self._messages.text(group.label), bold=True))
        column.addWidget(rule())
        grid = QGridLayout()
        column.addLayout(grid)
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID + 4)
        for field in group.fields:
            edit = (
                CodeEdit(field, self._codes(field.table), self._messages, self._inside)
                if field.table is not None
                else FieldEdit(field, self._messages, self._inside)
            )
            edit.edited.connect(self.edited)
            edit.advance.connect(self._advance)
            self._edits[field.path] = edit
        self._grids.append((grid, group))
        self._lay(grid, group)

    def _lay(self, grid: QGridLayout, group: FormGroup) -> None:
        """Put a group's boxes into their places: the paper's, or below each other where it is narrow."""
        columns = len({field.label for field in group.fields}) if group.repeated else 2
        columns = 1 if self._narrow else columns
        line, place = 0, 0
        for field in group.fields:
            width = columns if field.width == 2 else 1
            if place + width > columns:
                line, place = line + 1, 0
            grid.addWidget(self._edits[field.path], line, place, 1, width)
            place += width
        for at in range(grid.columnCount()):
            grid.setColumnStretch(at, 1 if at < columns else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < _TWO_COLUMNS_FROM
        if narrow != self._narrow:
            self._narrow = narrow
            for grid, group in self._grids:
                self._lay(grid, group)

    def _advance(self, edit: FieldEdit, by: int) -> None:
        shown = [one for one in self._edits.values() if one.isVisibleTo(self)]
        place = shown.index(edit) + by
        if 0 <= place < len(shown):
            following = shown[place]
            following.editor.setFocus(Qt.FocusReason.TabFocusReason)
            following.editor.selectAll()
            self.ensureWidgetVisible(following, 0, 6 * GRID)

    def _show_rows(self, draft: EnrolDraft) -> None:
        """Of a repeated group, show what is filled and one empty row."""
        for group in self._form.groups:
            if not group.repeated:
                continue
            filled = {f.row for f in group.fields if f.row is not None and draft.value(f.path).text}
            last = max(filled, default=-1) + 1
            for field in group.fields:
                edit = self._edits[field.path]
                edit.setVisible(edit.editor.hasFocus() or (field.row or 0) <= last)
