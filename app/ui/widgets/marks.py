"""The five states, always a word, a colour and a shape together (ui.md, Language)."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from app.ui.theme import GRID, TypeSize, set_type, theme
from app.workflow.views import Mark

MARK_SIZE = 12
# The family's lines carry more above than below: the shape stands where the eye sees their middle.
_DROP = 2


def paint_mark(painter: QPainter, area: QRectF, mark: Mark, colour: QColor) -> None:
    """Draw a state's shape into a square: ring, half ring, disc, triangle, square."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour, max(1.6, area.width() / 8))
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    inside = area.adjusted(1, 1, -1, -1)
    if mark is Mark.WAITING:
        painter.setPen(pen)
        painter.drawEllipse(inside)
    elif mark is Mark.WORKING:
        painter.setPen(pen)
        painter.drawEllipse(inside)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(colour))
        painter.drawPie(inside, 90 * 16, 180 * 16)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(colour))
        if mark is Mark.GOOD:
            painter.drawEllipse(area.adjusted(0.5, 0.5, -0.5, -0.5))
        elif mark is Mark.ATTENTION:
            height = area.width() * math.sqrt(3) / 2
            top = area.center().y() - height / 2
            painter.drawPolygon(
                QPolygonF(
                    [
                        QPointF(area.center().x(), top),
                        QPointF(area.right(), top + height),
                        QPointF(area.left(), top + height),
                    ]
                )
            )
        else:
            painter.drawRect(inside)
    painter.restore()


class StateMark(QWidget):
    """A state's shape in its colour. Its word stands beside it, or in its accessible name."""

    def __init__(
        self, mark: Mark, word: str, parent: QWidget | None = None, *, size: int = MARK_SIZE
    ) -> None:
        super().__init__(parent)
        self._size = size
        self.mark = mark
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_mark(mark, word)

    def set_mark(self, mark: Mark, word: str) -> None:
        self.mark = mark
        self.setAccessibleName(word)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._size, self._size + _DROP)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_mark(painter, QRectF(0, _DROP, self._size, self._size), self.mark, theme().mark(self.mark))
        painter.end()


class StateLabel(QWidget):
    """A mark and its word on one line."""

    def __init__(
        self, mark: Mark, word: str, parent: QWidget | None = None, *, size: TypeSize = TypeSize.BODY
    ) -> None:
        super().__init__(parent)
        self.shape = StateMark(mark, word, self, size=MARK_SIZE if size <= TypeSize.BODY else 16)
        self.word = QLabel(word, self)
        set_type(self.word, size)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GRID)
        line.addWidget(self.shape, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.word, 1)
        self.setAccessibleName(word)

    def set_state(self, mark: Mark, word: str) -> None:
        self.shape.set_mark(mark, word)
        self.word.setText(word)
        self.setAccessibleName(word)
