"""What a clerk does at a training desk as composed: cards made, handed over, lost; keys pressed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.base.catalogue import Catalogue
from app.domain.visitor import Checked, Visitor
from app.ui.application import make_window
from app.ui.main_window import MainWindow
from app.ui.widgets.visitor_form import VisitorForm
from app.workflow.card_views import (
    CardView,
    HandOverForm,
    LossForm,
    LyingCard,
    Reissued,
    ReissueForm,
    ResidentView,
)
from app.workflow.desk import Desk

T = TypeVar("T")
_PATIENCE_S = 10
# What steps of a past gave: card ids, and the order of a reissue beside its old card.
Past = dict[str, Any]
# The steps of a card's life that a past may have, each with those that go before it.
STEPS = {
    "made": (),
    "in-use": ("made",),
    "lost-for-now": ("made", "in-use"),
    "lost": ("made", "in-use"),
    "reissued": ("made", "in-use", "lost"),
}


def off(call: Callable[[], T]) -> T:
    """The desk answers off the window's thread alone."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call).result()


class Counter:
    """Cards of made-up people at a training desk, by the desk's own acts; ``past`` is what was done
    before (``real_desk.after``)."""

    def __init__(self, desk: Desk, past: Past | None = None) -> None:
        self.desk = desk
        self._past = past or {}

    def step(self, step: str) -> Any:
        """One step of a past, as ``STEPS`` names them: ``"lost 1"``."""
        act, person = step.split()
        number = int(person)
        return {
            "made": lambda: self.made(number),
            "in-use": lambda: self.in_use(number),
            "lost-for-now": lambda: self.lost(number, provisional=True),
            "lost": lambda: self.lost(number),
            "reissued": lambda: self.reissued(number),
        }[act]()

    def _known(self, act: str, person: int) -> Any:
        return self._past.get(f"{act} {person}")

    def number(self, person: int) -> str:
        """The citizen number on a made-up person's document."""
        return off(lambda: self.desk.draft_from_training(person)).value("citizen_id").text

    def value(self, person: int, path: str) -> str:
        return off(lambda: self.desk.draft_from_training(person)).value(path).text

    def enrolled(self, person: int) -> str:
        return off(lambda: self.desk.save(self.desk.draft_from_training(person)))

    def read_in(self) -> str:
        """The first person of a new desk, whose document the reader read: nobody has to approve it."""

        def save() -> str:
            told = self.desk.draft_from_training(0)
            return self.desk.save(told.taking(self.desk.read_identity(threading.Event())))

        return off(save)

    def issued(self, application_id: str) -> str:
        """A card made for an application; its id."""

        def make() -> str:
            self.desk.issue(application_id, lambda _event: None, threading.Event())
            return self.desk.cards.card_of_application(application_id)

        return off(make)

    def made(self, person: int) -> str:
        known: str | None = self._known("made", person)
        return known or self.issued(self.enrolled(person))

    def himself(self, person: int) -> Visitor:
        return Visitor(kind="1", checked=Checked.SEEN, number=self.number(person))

    def in_use(self, person: int, card: str = "") -> str:
        known: str | None = self._known("in-use", person)
        if known is not None:
            return known
        card = card or self.made(person)
        form = HandOverForm(self.himself(person), activate=True)
        off(lambda: self.desk.cards.hand_over(card, form, threading.Event()))
        return card

    def lost(self, person: int, *, provisional: bool = False, card: str = "") -> str:
        known: str | None = self._known("lost-for-now" if provisional else "lost", person)
        if known is not None:
            return known
        card = card or self.in_use(person)
        form = LossForm(self.himself(person), provisional=provisional)
        off(lambda: self.desk.cards.report_loss(card, form))
        return card

    def reissued(self, person: int) -> tuple[str, Reissued]:
        """The old card, and the order in its place."""
        known: tuple[str, Reissued] | None = self._known("reissued", person)
        if known is not None:
            return known
        card = self.lost(person)
        form = ReissueForm(self.himself(person))
        return card, off(lambda: self.desk.cards.reissue(card, form))


@contextmanager
def open_window_over(
    desk: Desk, qtbot: QtBot, rest: Callable[[MainWindow], None]
) -> Iterator[MainWindow]:
    """A window over a desk, closed at the end as a clerk closes it."""
    made = make_window(desk, Catalogue("zh"))
    made.resize(1366, 768)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    rest(made)
    yield made
    rest(made)
    assert made.close() or made.close()
    made.deleteLater()


def type_on(window: MainWindow, text: str) -> None:
    """Into whatever has the cursor, then Enter. A list that opened leaves the window inactive where
    there is no window manager, but never another box with its cursor."""
    box = window.focusWidget()
    for char in text:
        # QTest types ASCII alone; what an input method gives comes as a key without a number.
        none = Qt.KeyboardModifier.NoModifier
        key = Qt.Key.Key_unknown if ord(char) > 0x7F else QKeySequence(char)[0].key()
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            QApplication.sendEvent(box, QKeyEvent(kind, key, none, char))
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)


def card_of(counter: Counter, card: str) -> CardView:
    """A card as its holder's page shows it now."""
    view = off(lambda: counter.desk.cards.resident(card_id=card))
    return next(one for one in view.cards if one.id == card)


def press(window: MainWindow, key: Qt.Key, rest: Callable[[MainWindow], None]) -> None:
    """One key, and what it begins to its end."""
    QTest.keyClick(window, key)
    rest(window)


def seen(form: VisitorForm, window: MainWindow, number: str) -> None:
    """The number on the visitor's document, and the clerk's word that it was seen."""
    form.focus_first()
    type_on(window, number)
    QTest.keyClick(form.seen, Qt.Key.Key_Space)


class SlowCards:
    """The desk's own cards, whose answers about a person wait for a word."""

    def __init__(self, cards: object) -> None:
        self._cards = cards
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Event()

    def __getattr__(self, name: str) -> object:
        return getattr(self._cards, name)

    def resident(self, **who: str) -> ResidentView:
        view = self._cards.resident(**who)
        self.asked.set()
        assert self.gate.wait(_PATIENCE_S)
        return view

    def lying_card(self, cancel: threading.Event) -> LyingCard:
        lying = self._cards.lying_card(cancel)
        self.asked.set()
        assert self.gate.wait(_PATIENCE_S)
        return lying
