"""The one set of icons: line drawings on a grid of 24 in resources/icons, coloured by the theme."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.base.resources import resource
from app.ui.theme import theme


def pixmap(name: str, size: int, colour: str | None = None) -> QPixmap:
    """``resources/icons/<name>.svg`` at ``size`` device-independent pixels, in the text colour."""
    drawing = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    drawing = drawing.replace("currentColor", colour if colour is not None else theme().text)
    ratio = QGuiApplication.instance().devicePixelRatio()
    picture = QPixmap(round(size * ratio), round(size * ratio))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    QSvgRenderer(QByteArray(drawing.encode())).render(painter, QRectF(picture.rect()))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


def icon(name: str, size: int = 20) -> QIcon:
    """An icon in the theme's text colour, and in its accent when it is the chosen one."""
    made = QIcon()
    made.addPixmap(pixmap(name, size), QIcon.Mode.Normal, QIcon.State.Off)
    made.addPixmap(pixmap(name, size, theme().accent), QIcon.Mode.Normal, QIcon.State.On)
    made.addPixmap(pixmap(name, size, theme().muted), QIcon.Mode.Disabled, QIcon.State.Off)
    return made
