"""The resident's photo with its frame, and the card's faces at true size."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QShowEvent
from PySide6.QtWidgets import QWidget

from app.ui.theme import GRID, RADIUS, TypeSize, font, theme

# ID-1, ISO/IEC 7810: 85.60 x 53.98 mm, corners 3.18 mm.
CARD_MM = QSizeF(85.60, 53.98)
CORNER_MM = 3.18
_INCH_MM = 25.4


class FacePreview(QWidget):
    """One face, as large on the screen as on the table when the screen tells its size honestly."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: QPixmap | None = None
        self._name = name
        self.setAccessibleName(name)
        self.setFixedSize(self.sizeHint())

    def showEvent(self, event: QShowEvent) -> None:
        # The screen is known for certain only now.
        self.setFixedSize(self.sizeHint())
        super().showEvent(event)

    def set_png(self, png: bytes | None) -> None:
        """Show a page as rendered, or the empty place of one."""
        self._picture = None
        if png is not None:
            picture = QPixmap()
            if picture.loadFromData(png, "PNG"):
                self._picture = picture
        self.update()

    @property
    def filled(self) -> bool:
        return self._picture is not None

    def sizeHint(self) -> QSize:
        dots = self._dots_per_mm()
        return QSize(round(CARD_MM.width() * dots), round(CARD_MM.height() * dots))

    def _dots_per_mm(self) -> float:
        screen = self.screen()
        told = screen.physicalDotsPerInch()
        # Screens without a size (projectors, virtual ones) tell nonsense; then the system's scale it is.
        # A denser one would leave no room for the steps beside both faces.
        honest = 80 <= told <= 115
        return (told if honest else screen.logicalDotsPerInch()) / _INCH_MM

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        corner = CORNER_MM * self._dots_per_mm()
        outline = QPainterPath()
        outline.addRoundedRect(area, corner, corner)
        if self._picture is not None:
            painter.setClipPath(outline)
            ratio = self.devicePixelRatioF()
            target = QSize(round(self.width() * ratio), round(self.height() * ratio))
            # Halving by area keeps the small type of a 300 dpi page readable.
            small = self._picture.scaled(
                target, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            painter.drawPixmap(QRectF(self.rect()), small, QRectF(small.rect()))
            painter.setClipping(False)
        else:
            painter.fillPath(outline, QColor(theme().sunken))
            painter.setPen(QColor(theme().muted))
            painter.setFont(font(TypeSize.SMALL))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self._name)
        painter.setPen(QPen(QColor(theme().strong_line), 1))
        painter.drawPath(outline)
        painter.end()


class PhotoFrame(QWidget):
    """The printed photo, 20 x 25; without one the green frame shows where the head belongs."""

    WIDTH, HEIGHT = 128, 160

    def __init__(self, name: str, empty_text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture: QPixmap | None = None
        self._empty_text = empty_text
        self.setFixedSize(self.WIDTH, self.HEIGHT)
        self.setAccessibleName(f"{name} {empty_text}")
        self._name = name

    def set_picture(self, picture: bytes | None) -> None:
        self._picture = None
        if picture:
            loaded = QPixmap()
            if loaded.loadFromData(picture):
                self._picture = loaded
        self.setAccessibleName(self._name if self._picture else f"{self._name} {self._empty_text}")
        self.update()

    @property
    def filled(self) -> bool:
        return self._picture is not None

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        outline = QPainterPath()
        outline.addRoundedRect(area, RADIUS, RADIUS)
        if self._picture is not None:
            painter.setClipPath(outline)
            painter.drawPixmap(area, self._picture, QRectF(self._picture.rect()))
            painter.setClipping(False)
            painter.setPen(QPen(QColor(theme().good), 2))
            painter.drawPath(outline)
        else:
            painter.fillPath(outline, QColor(theme().sunken))
            self._guides(painter, area)
        painter.end()

    def _guides(self, painter: QPainter, area: QRectF) -> None:
        """The frame's corners, the head at two thirds of the height, the shoulders."""
        if area.height() < self.HEIGHT - 2 * GRID:
            # Beside a name there is room for the words alone.
            painter.setPen(QColor(theme().muted))
            painter.setFont(font(TypeSize.SMALL))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area, flags, self._empty_text)
            return
        good = QColor(theme().good)
        painter.setPen(QPen(good, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        inset = area.adjusted(GRID, GRID, -GRID, -GRID)
        arm = 2 * GRID
        for x, dx in ((inset.left(), arm), (inset.right(), -arm)):
            for y, dy in ((inset.top(), arm), (inset.bottom(), -arm)):
                painter.drawLine(QPointF(x, y), QPointF(x + dx, y))
                painter.drawLine(QPointF(x, y), QPointF(x, y + dy))
        painter.setPen(QPen(good, 1.5, Qt.PenStyle.DashLine))
        middle = area.center().x()
        head = QRectF(middle - 27, area.top() + 28, 54, 70)
        painter.drawEllipse(head)
        shoulders = QPainterPath(QPointF(inset.left() + GRID, inset.bottom() - 26))
        shoulders.cubicTo(
            QPointF(middle - 40, head.bottom() + 4),
            QPointF(middle + 40, head.bottom() + 4),
            QPointF(inset.right() - GRID, inset.bottom() - 26),
        )
        painter.drawPath(shoulders)
        painter.setPen(QColor(theme().muted))
        painter.setFont(font(TypeSize.SMALL))
        low = QRectF(area.left(), area.bottom() - 32, area.width(), 24)
        painter.drawText(low, Qt.AlignmentFlag.AlignCenter, self._empty_text)
