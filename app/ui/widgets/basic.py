"""Small parts every page is made of: texts, panels, buttons that say what happens and by which key."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from app.ui.icons import icon, pixmap
from app.ui.theme import GRID, TypeSize, set_tone, set_type, theme


def label(
    text: str = "",
    size: TypeSize = TypeSize.BODY,
    *,
    bold: bool = False,
    tone: str | None = None,
    wrap: bool = False,
) -> QLabel:
    """A text that is read, never rich text: what a chip or a clerk gave is shown as it is."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    set_type(made, size, bold=bold)
    if tone is not None:
        set_tone(made, tone)
    return made


def panel(
    *, margin: int = 2 * GRID, spacing: int = GRID, tone: str = "panel"
) -> tuple[QFrame, QVBoxLayout]:
    """A bordered surface with a column in it."""
    frame = QFrame()
    set_tone(frame, tone)
    column = QVBoxLayout(frame)
    column.setContentsMargins(margin, margin, margin, margin)
    column.setSpacing(spacing)
    return frame, column


def rule() -> QFrame:
    """A hair line across."""
    line = QFrame()
    line.setFixedHeight(1)
    set_tone(line, "rule")
    return line


def scrolled(layout: QLayout) -> QScrollArea:
    """A column that scrolls when it must, without a frame or a ground of its own."""
    inside = QWidget()
    set_tone(inside, "clear")
    inside.setLayout(layout)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(inside)
    area.viewport().setAutoFillBackground(False)
    return area


def clear(layout: QLayout) -> None:
    """Take everything out of a layout and let it go."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear(inner)


class Button(QPushButton):
    """A button that says what happens, with the key that does the same at its end."""

    HEIGHT = 5 * GRID - 4

    def __init__(self, text: str, key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self.setFixedHeight(self.HEIGHT)
        self.setAutoDefault(False)
        self.setDefault(False)
        set_type(self, TypeSize.BODY)
        self.say(text)

    def say(self, text: str, key: str | None = None) -> None:
        """Change what the button says, and its key where that is another one now."""
        self._key = self._key if key is None else key
        self.setText(f"{text}   {self._key}" if self._key else text)
        self.setAccessibleName(text)
        self.setAccessibleDescription(self._key)


class PrimaryButton(Button):
    """The one thing to do next on a page, where the eye ends."""

    HEIGHT = 6 * GRID

    def __init__(self, text: str, key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, key, parent)
        set_tone(self, "primary")
        set_type(self, TypeSize.BODY, bold=True)


class GraveButton(Button):
    """What can not be taken back: never the first button, never under Enter."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, "", parent)
        set_tone(self, "grave")


_BOX = 2 * GRID
# A tick from its left arm over the foot to the right one, in sixteenths of the box.
_TICK = ((4, 8), (7, 11), (12, 5))


class Tick(QCheckBox):
    """An answer that somebody gives knowingly: by the mouse or one press of Space, never by Enter."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        set_type(self, TypeSize.BODY)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        wide = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(_BOX + GRID + wide + 2, max(_BOX + GRID // 2, self.fontMetrics().height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, _event: QPaintEvent) -> None:
        # The style's own box is all but invisible on a dark ground.
        t, on = theme(), self.isEnabled()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = QColor(t.accent if self.hasFocus() or self.isChecked() else t.strong_line)
        box = QRectF(1, (self.height() - _BOX) / 2 + 1, _BOX - 2, _BOX - 2)
        painter.setPen(QPen(edge if on else QColor(t.line), 2))
        painter.setBrush(QColor(t.accent if self.isChecked() and on else t.surface))
        painter.drawRoundedRect(box, 3, 3)
        if self.isChecked():
            painter.setPen(QPen(QColor(t.on_accent if on else t.muted), 2))
            top = (self.height() - _BOX) / 2
            painter.drawPolyline([QPointF(x * _BOX / 16, top + y * _BOX / 16) for x, y in _TICK])
        painter.setPen(QColor(t.text if on else t.muted))
        words = self.rect().adjusted(_BOX + GRID, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.text())
        if self.hasFocus():
            wide = self.fontMetrics().horizontalAdvance(self.text())
            line = words.center().y() + self.fontMetrics().height() // 2
            painter.setPen(QPen(QColor(t.accent), 1))
            painter.drawLine(words.left(), line, words.left() + wide, line)
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Some desktops press a button by Enter too; a key held down repeats itself.
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) or event.isAutoRepeat():
            event.accept()
            return
        super().keyPressEvent(event)


class Picture(QLabel):
    """A drawing of the one set, redrawn when the theme changes."""

    def __init__(self, name: str, size: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._drawing = (name, size)
        self.setPixmap(pixmap(name, size))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.setPixmap(pixmap(*self._drawing))


class NavButton(QPushButton):
    """An entry of the navigation: a drawing and its word."""

    def __init__(self, text: str, drawing: str, parent: QWidget | None = None) -> None:
        super().__init__(icon(drawing), f"  {text}", parent)
        self._drawing = drawing
        self._word = text
        self.setIconSize(QSize(20, 20))
        self.setFixedHeight(5 * GRID)
        self.setCheckable(True)
        self.setAccessibleName(text)
        set_tone(self, "nav")
        set_type(self, TypeSize.BODY)

    def count(self, waiting: int) -> None:
        """How many things wait behind this entry; none is not told."""
        word = f"{self._word} ({waiting})" if waiting else self._word
        self.setText(f"  {word}")
        self.setAccessibleName(word)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.setIcon(icon(self._drawing))


class RowButton(QPushButton):
    """A line of a list that leads somewhere; where there is no room for all of it, it says so (…)."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setFixedHeight(4 * GRID)
        set_tone(self, "row")
        set_type(self, TypeSize.BODY)
        self.setAccessibleName(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(4 * GRID, 4 * GRID)

    def paintEvent(self, _event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.width() - 2 * GRID + 1  # beside the padding; a width that fits is never rounded off
        mode = Qt.TextElideMode.ElideRight
        option.text = self.fontMetrics().elidedText(self.text(), mode, room)
        painter = QStylePainter(self)
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        painter.end()
