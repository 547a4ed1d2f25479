"""A training desk as composed, with cards that are made, for the pages of a made card."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.base.catalogue import Catalogue
from app.domain.visitor import Checked, Visitor
from app.main import Options, open_desk
from app.ui.application import make_window
from app.ui.main_window import MainWindow
from app.workflow.card_views import HandOverForm, LossForm, Reissued, ReissueForm
from app.workflow.desk import Desk

T = TypeVar("T")


def off(call: Callable[[], T]) -> T:
    """The desk answers off the window's thread alone."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(call).result()


@contextmanager
def training_desk(folder: Path) -> Iterator[Desk]:
    """A training workplace of its own, opened and closed on a thread of its own."""
    opened, done = threading.Event(), threading.Event()
    made: list[Desk] = []

    def live() -> None:
        try:
            with open_desk(Options(data=folder)) as desk:
                made.append(desk)
                opened.set()
                done.wait()
        finally:
            opened.set()

    thread = threading.Thread(target=live, name="composition")
    thread.start()
    assert opened.wait(60)
    try:
        assert made
        yield made[0]
    finally:
        done.set()
        thread.join(60)


class Counter:
    """Cards of made-up people at a training desk, by the desk's own acts."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def number(self, person: int) -> str:
        """The citizen number on a made-up person's document."""
        return off(lambda: self.desk.draft_from_training(person)).value("citizen_id").text

    def value(self, person: int, path: str) -> str:
        return off(lambda: self.desk.draft_from_training(person)).value(path).text

    def enrolled(self, person: int) -> str:
        return off(lambda: self.desk.save(self.desk.draft_from_training(person)))

    def issued(self, application_id: str) -> str:
        """A card made for an application; its id."""

        def make() -> str:
            self.desk.issue(application_id, lambda _event: None, threading.Event())
            return self.desk.cards.card_of_application(application_id)

        return off(make)

    def made(self, person: int) -> str:
        return self.issued(self.enrolled(person))

    def himself(self, person: int) -> Visitor:
        return Visitor(kind="1", checked=Checked.SEEN, number=self.number(person))

    def in_use(self, person: int) -> str:
        card = self.made(person)
        form = HandOverForm(self.himself(person), activate=True)
        off(lambda: self.desk.cards.hand_over(card, form, threading.Event()))
        return card

    def lost(self, person: int, *, provisional: bool = False, card: str = "") -> str:
        card = card or self.in_use(person)
        form = LossForm(self.himself(person), provisional=provisional)
        off(lambda: self.desk.cards.report_loss(card, form))
        return card

    def reissued(self, person: int) -> tuple[str, Reissued]:
        """The old card, and the order in its place."""
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
    QTest.keyClicks(window.focusWidget(), text)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
