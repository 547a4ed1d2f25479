"""Boxes to type into beside the paper form: a line, a secret, an amount of money, a choice by digit."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.ui.theme import GRID, TypeSize, repolish, set_type
from app.ui.widgets.basic import label

# Yuan with at most two places; a comma may stand between thousands.
_YUAN: Final = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?")
_ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class LineInput(QWidget):
    """A labelled line. Enter goes on: ``entered`` fires, and nothing else happens by it."""

    entered = Signal()
    changed = Signal()

    def __init__(self, name: str, *, plain: bool = False, parent: QWidget | None = None) -> None:
        """``plain`` takes no input method: numbers, serials, names of boxes."""
        super().__init__(parent)
        self.label = label(name, TypeSize.SMALL, tone="muted")
        self.editor = QLineEdit()
        self.editor.setFixedHeight(5 * GRID - 4)
        self.editor.setAccessibleName(name)
        set_type(self.editor, TypeSize.BODY)
        self.editor.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, not plain)
        self.label.setBuddy(self.editor)
        self.setFocusProxy(self.editor)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self.label)
        column.addWidget(self.editor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.editor.textChanged.connect(lambda _text: self.changed.emit())
        self.editor.installEventFilter(self)

    def say(self, name: str) -> None:
        """Call the box by another name."""
        self.label.setText(name)
        self.editor.setAccessibleName(name)

    def text(self) -> str:
        return self.editor.text().strip()

    def set_text(self, text: str) -> None:
        self.editor.setText(text)

    def clear(self) -> None:
        self.editor.clear()

    def mark_wrong(self, wrong: bool) -> None:
        if self.editor.property("wrong") != wrong:
            self.editor.setProperty("wrong", wrong)
            repolish(self.editor)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is self.editor
            and isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.KeyPress
            and event.key() in _ENTER
            and event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        ):
            if not event.isAutoRepeat():
                self.entered.emit()
            return True
        return super().eventFilter(watched, event)


class SecretInput(LineInput):
    """A password or a PIN: never seen, never kept longer than it is asked for."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, plain=True, parent=parent)
        self.editor.setEchoMode(QLineEdit.EchoMode.Password)

    def text(self) -> str:
        # A blank at either end may be a password's own.
        return self.editor.text()

    def take(self) -> str:
        """What was typed; the box is empty afterwards."""
        typed = self.editor.text()
        self.editor.clear()
        return typed


class MoneyInput(LineInput):
    """An amount in yuan, kept as whole fen."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, plain=True, parent=parent)
        self.editor.setPlaceholderText("0.00")
        self.editor.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.changed.connect(lambda: self.mark_wrong(bool(self.text()) and self.fen() is None))

    def fen(self) -> int | None:
        """The amount, None where what stands there is none."""
        return fen_of(self.text())

    def set_fen(self, fen: int) -> None:
        self.set_text(f"{fen // 100}.{fen % 100:02d}")


class CountInput(LineInput):
    """A whole number of things."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, plain=True, parent=parent)
        self.editor.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.changed.connect(lambda: self.mark_wrong(bool(self.text()) and self.count() is None))

    def count(self) -> int | None:
        folded = unicodedata.normalize("NFKC", self.text())
        return int(folded) if re.fullmatch(r"[0-9]{1,7}", folded) else None


def fen_of(text: str) -> int | None:
    """Whole fen of an amount as a clerk types it (``20``, ``20.5``, ``1,200.00``, full width too); None
    for anything else, a third decimal included."""
    folded = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    found = _YUAN.fullmatch(folded)
    if found is None:
        return None
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


class Choices(QWidget):
    """One of a few, each with its digit: arrows and digits choose, Tab goes on."""

    chosen = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._group = QButtonGroup(self)
        self._buttons: list[QRadioButton] = []
        self.label = label(name, TypeSize.SMALL, tone="muted")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID // 2)
        self._column.addWidget(self.label)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._group.idToggled.connect(lambda number, on: self.chosen.emit(number) if on else None)

    def set_words(self, words: Sequence[str]) -> None:
        """What can be chosen, in order; nothing is chosen yet."""
        for button in self._buttons:
            self._group.removeButton(button)
            button.hide()
            button.deleteLater()
        self._buttons = []
        for number, word in enumerate(words):
            shown = f"{number + 1}  {word}" if number < 9 else word
            button = QRadioButton(shown)
            button.setAccessibleName(f"{self._name} {word}")
            button.setFixedHeight(3 * GRID + 4)
            set_type(button, TypeSize.BODY)
            button.installEventFilter(self)
            self._group.addButton(button, number)
            self._column.addWidget(button)
            self._buttons.append(button)
        self.setFocusProxy(self._buttons[0] if self._buttons else None)

    @property
    def index(self) -> int | None:
        """The number of what is chosen, from 0."""
        found = self._group.checkedId()
        return found if found >= 0 else None

    def choose(self, number: int) -> None:
        if 0 <= number < len(self._buttons):
            self._buttons[number].setChecked(True)
            self._buttons[number].setFocus()

    def unchoose(self) -> None:
        self._group.setExclusive(False)
        for button in self._buttons:
            button.setChecked(False)
        self._group.setExclusive(True)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            digit = event.text()
            if len(digit) == 1 and digit in "123456789" and int(digit) <= len(self._buttons):
                self.choose(int(digit) - 1)
                return True
            if event.key() in _ENTER:
                self.focusNextChild()
                return True
        return super().eventFilter(watched, event)


def in_order(*inputs: LineInput, last: Callable[[], object]) -> None:
    """Enter leads from each box to the next one, and from the last one to ``last``."""
    for box, following in itertools.pairwise(inputs):
        box.entered.connect(following.setFocus)
    inputs[-1].entered.connect(last)


def beside(*parts: QWidget) -> QHBoxLayout:
    """Parts of equal width on one line."""
    line = QHBoxLayout()
    line.setSpacing(2 * GRID)
    for part in parts:
        line.addWidget(part, 1)
    return line
