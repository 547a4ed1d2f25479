"""The page protocol: what the window asks of each page, and nothing more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.ui.context import Context


class Page(QWidget):
    """A page of the window. Subclasses say ``name`` and fill themselves in their constructor."""

    name = ""

    def __init__(self, context: Context) -> None:
        super().__init__(context.shelf)
        self.context = context
        self.messages = context.messages

    @property
    def title(self) -> str:
        """The page's own heading in this language."""
        raise NotImplementedError

    def enter(self, **params: Any) -> None:
        """The page comes into sight, with what it was asked to show."""

    def leave(self) -> None:
        """The page goes out of sight. What was typed stays."""

    def can_leave(self) -> str:
        """Empty, or the sentence that says why one can not leave now."""
        return ""

    def before_closing(self) -> str:
        """Empty, or what would be lost if the window closed now: the second closing loses it."""
        return ""

    def key(self, keys: Qt.Key | str, slot: Callable[[], object]) -> QShortcut:
        """A key of this page; it sleeps while another page is shown."""
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(slot)
        return shortcut
