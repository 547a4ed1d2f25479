"""A list on a page: one selection of whole lines, states drawn as shape and word."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.ui.models import MARK_ROLE, PagedTableModel, RowsModel
from app.ui.theme import GRID, TypeSize, font, theme
from app.ui.widgets.marks import MARK_SIZE, paint_mark
from app.workflow.views import Mark


class CellDelegate(QStyledItemDelegate):
    """Draws a cell: its mark when it has one, then its words."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, QColor(theme().accent_soft))
        area = QRectF(option.rect).adjusted(GRID, 0, -GRID, 0)
        told = index.data(MARK_ROLE)
        if told is not None:
            mark = Mark(told)  # a model's answer comes back as plain text
            top = area.center().y() - MARK_SIZE / 2
            paint_mark(painter, QRectF(area.left(), top, MARK_SIZE, MARK_SIZE), mark, theme().mark(mark))
            area.setLeft(area.left() + MARK_SIZE + GRID)
        painter.setFont(font(TypeSize.BODY))
        painter.setPen(QColor(theme().text))
        words = painter.fontMetrics().elidedText(
            index.data() or "", Qt.TextElideMode.ElideRight, int(area.width())
        )
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()


class Table(QTableView):
    """``opened`` fires for Enter and a double click on a line, ``moved`` for another current line."""

    opened = Signal(QModelIndex)
    moved = Signal(QModelIndex)

    def __init__(self, name: str, model: PagedTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setAccessibleName(name)
        self.setItemDelegate(CellDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(5 * GRID)
        self.horizontalHeader().setFixedHeight(4 * GRID)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionsClickable(False)
        self.horizontalHeader().setStretchLastSection(True)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.doubleClicked.connect(self.opened)
        self._rows = model
        self._empty = ""
        # Nothing is said of a list that has not come yet.
        self._came = False
        model.modelReset.connect(self._describe)
        if isinstance(model, RowsModel):
            self._came = True
        else:
            model.loaded.connect(self._arrived)
        self._kept: str | None = None
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._restore)

    def say_when_empty(self, told: str) -> None:
        """What stands in the list's place while it has no row: why, and what one may do."""
        self._empty = told
        self._describe()

    def _arrived(self) -> None:
        self._came = True
        self._describe()

    def _describe(self) -> None:
        told = self._came and not self._rows.rowCount()
        self.setAccessibleDescription(self._empty if told else "")
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._empty and self._came and not self._rows.rowCount():
            painter = QPainter(self.viewport())
            painter.setFont(font(TypeSize.BODY))
            painter.setPen(QColor(theme().muted))
            area = self.viewport().rect().adjusted(2 * GRID, 2 * GRID, -2 * GRID, -2 * GRID)
            flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(area, flags, self._empty)
            painter.end()

    def set_widths(self, *widths: int) -> None:
        """Widths of the columns in pixels; 0 takes what is left."""
        header = self.horizontalHeader()
        header.setStretchLastSection(0 not in widths)
        for column, width in enumerate(widths):
            if width:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
                header.resizeSection(column, width)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def set_dense(self) -> None:
        """Lower lines, where many are read at a time."""
        self.verticalHeader().setDefaultSectionSize(4 * GRID - 4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex())
            return
        super().keyPressEvent(event)

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:
        super().currentChanged(current, previous)
        if current.row() != previous.row():
            self.moved.emit(current)

    def _keep(self) -> None:
        current = self.currentIndex()
        self._kept = self._rows.key(current) if current.isValid() else None

    def _restore(self) -> None:
        """The line that was current stays it. One that has gone gives way to none: another one must
        not slip under a key that was meant for it."""
        row = 0 if self._kept is None and self._rows.rowCount() else None
        if self._kept is not None:
            row = self._rows.find(self._kept)
        if row is None:
            self.setCurrentIndex(QModelIndex())
            self.moved.emit(QModelIndex())
        else:
            self.setCurrentIndex(self._rows.index(row, 0))
