"""A card's life as a line of its states, oldest first: shape, word and date, the present one marked."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.messages import Messages
from app.ui.theme import GRID, RADIUS, TypeSize, font, theme
from app.ui.widgets.marks import MARK_SIZE, paint_mark
from app.workflow.card_views import LifePoint

_NARROWEST = 14 * GRID
_ROW = 8 * GRID
# Where in its row a state's shape stands.
_SHAPE = GRID + 2


class LifeLine(QWidget):
    """States from left to right, in as many rows as they need. A screen reader hears one sentence."""

    def __init__(self, messages: Messages, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._messages = messages
        self._points: tuple[LifePoint, ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        # Reached by Tab, so that it can be heard without a mouse.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_life(self, points: tuple[LifePoint, ...]) -> None:
        self._points = points
        self.setAccessibleName(self._messages.text("Life of the card"))
        self.setAccessibleDescription("; ".join(self._told(point) for point in points))
        self.setToolTip("\n".join(self._told(point) for point in points))
        self._fit()
        self.updateGeometry()
        self.update()

    @property
    def points(self) -> tuple[LifePoint, ...]:
        return self._points

    def sizeHint(self) -> QSize:
        return QSize(80 * GRID, self.heightForWidth(max(self.width(), 80 * GRID)))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return _ROW * self._rows(width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        each = self._each(self.width())
        column = self.width() / each
        for number, point in enumerate(self._points):
            place = QPoint(round((number % each) * column), number // each * _ROW)
            last = number == len(self._points) - 1
            if not last:
                self._line(painter, place, column, ends=(number + 1) % each == 0)
            self._state(painter, place, column, point)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme().accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.end()

    # ------------------------------------------------------------------------------------------ within

    def _line(self, painter: QPainter, place: QPoint, column: float, *, ends: bool) -> None:
        """From a state's shape to the next one's; at the end of a row it only says that it goes on."""
        painter.setPen(QPen(QColor(theme().strong_line), 2))
        begin = place.x() + MARK_SIZE + GRID + 4
        until = place.x() + round(column) - (2 * GRID if ends else 0)
        painter.drawLine(begin, place.y() + _SHAPE, until, place.y() + _SHAPE)

    def _state(self, painter: QPainter, place: QPoint, column: float, point: LifePoint) -> None:
        colour = theme().mark(point.mark)
        shape = QRectF(place.x() + 4, place.y() + _SHAPE - MARK_SIZE / 2, MARK_SIZE, MARK_SIZE)
        if point.present:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme().accent_soft))
            ground = QRectF(place.x(), place.y(), column - GRID, _ROW - 4)
            painter.drawRoundedRect(ground, RADIUS, RADIUS)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        paint_mark(painter, shape, point.mark, colour)
        words = QRectF(place.x() + 4, place.y() + 2 * GRID + 4, column - GRID - 8, 2 * GRID + 4)
        painter.setFont(font(TypeSize.BODY, bold=point.present))
        painter.setPen(QColor(theme().text))
        told = painter.fontMetrics().elidedText(
            self._messages.sentence(point.word), Qt.TextElideMode.ElideRight, int(words.width())
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, told)
        painter.setFont(font(TypeSize.SMALL))
        painter.setPen(QColor(theme().muted))
        dates = words.translated(0, 2 * GRID + 4)
        painter.drawText(
            dates,
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            self._messages.moment(point.valid_ms),
        )

    def _each(self, width: int) -> int:
        """How many states stand in one row."""
        # The longest word is read whole, as the present one is drawn.
        metrics = QFontMetrics(font(TypeSize.BODY, bold=True))
        words = (metrics.horizontalAdvance(self._messages.sentence(one.word)) for one in self._points)
        column = max(_NARROWEST, max(words, default=0) + 2 * GRID + 4)
        fitting = max(1, width // column)
        return max(1, min(fitting, max(len(self._points), 6)))

    def _rows(self, width: int) -> int:
        return max(1, -(-len(self._points) // self._each(width)))

    def _fit(self) -> None:
        height = self.heightForWidth(self.width())
        if self.height() != height:
            self.setFixedHeight(height)

    def _told(self, point: LifePoint) -> str:
        told = f"{self._messages.moment(point.valid_ms)} {self._messages.sentence(point.word)}"
        if point.present:
            told = f"{told} ({self._messages.text('now')})"
        return told
