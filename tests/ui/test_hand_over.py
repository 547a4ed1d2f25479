"""Handing cards over, by keys alone, over the real training desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain.card import CardEventKind, CardState
from app.ui.main_window import MainWindow
from app.ui.pages.hand_over import HandOverPage, Phase
from tests.ui.at_the_counter import Counter, SlowCards, card_of, open_window_over, type_on
from tests.ui.conftest import PATIENCE_MS
from tests.ui.real_desk import after

Rest = Callable[[MainWindow], None]


@pytest.fixture
def window(qtbot: QtBot, counter: Counter, rest: Rest) -> Iterator[MainWindow]:
    with open_window_over(counter.desk, qtbot, rest) as made:
        yield made


def page_of(window: MainWindow) -> HandOverPage:
    assert isinstance(window.page, HandOverPage)
    return window.page


def state_of(counter: Counter, card: str) -> CardState:
    return card_of(counter, card).state


def kinds(counter: Counter, card: str) -> list[CardEventKind]:
    return [event.kind for event in card_of(counter, card).events]


@after("made 1", "made 2")
def test_a_card_is_found_handed_over_and_put_in_use_by_keys_alone(
    window: MainWindow, counter: Counter, folder: Path, rest: Rest
) -> None:
    first, second = counter.made(1), counter.made(2)
    window.go("hand_over", {})
    rest(window)
    page = page_of(window)
    assert page.model.rowCount() == 2
    assert window.focusWidget() is page.table
    QTest.keyClick(window, Qt.Key.Key_F5)  # the card that lies there is the one made last
    rest(window)
    assert page.person.name.text() == counter.value(2, "name")
    assert page.phase is Phase.COLLECT
    assert window.focusWidget() is page.form.edit("visitor.number").editor
    assert page.form.edit("visitor.number").editor.text() == ""
    type_on(window, counter.number(2))
    assert window.focusWidget() is page.form.seen
    QTest.keyClick(page.form.seen, Qt.Key.Key_Space)
    QTest.keyClick(page.form.seen, Qt.Key.Key_Return)
    assert window.focusWidget() is page.primary_button
    QTest.keyClick(window, Qt.Key.Key_F10)
    rest(window)
    assert page.phase is Phase.DONE
    assert state_of(counter, second) is CardState.IN_USE
    assert state_of(counter, first) is CardState.READY
    assert page.slip.pages[0].filled
    assert page.slip.unprinted
    QTest.keyClick(window, Qt.Key.Key_F7)
    rest(window)
    assert not page.slip.unprinted
    assert len(list((folder / "papers").iterdir())) == 1
    QTest.keyClick(window, Qt.Key.Key_F7)  # in a hurry: one slip
    rest(window)
    assert len(list((folder / "papers").iterdir())) == 1
    QTest.keyClick(page.primary_button, Qt.Key.Key_Space)
    rest(window)
    assert page.phase is Phase.CHOOSE
    assert page.model.rowCount() == 1
    assert page.form.edit("visitor.number").editor.text() == ""


@after("made 1", "made 2")
def test_keys_pressed_again_and_again_hand_one_card_over(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card, other = counter.made(1), counter.made(2)
    window.go("hand_over", {"card_id": card})
    rest(window)
    type_on(window, counter.number(1))
    page = page_of(window)
    QTest.keyClick(page.form.seen, Qt.Key.Key_Space)
    for _ in range(4):
        QTest.keyClick(window, Qt.Key.Key_F10)
        QTest.keyClick(window.focusWidget() or window, Qt.Key.Key_Return)
    rest(window)
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_F10)
    rest(window)
    assert page.phase is Phase.DONE
    assert kinds(counter, card).count(CardEventKind.HAND_OVER) == 1
    assert state_of(counter, other) is CardState.READY


@after("made 1")
def test_the_wrong_persons_number_is_refused_where_it_was_typed(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.made(1)
    window.go("hand_over", {"card_id": card})
    rest(window)
    page = page_of(window)
    type_on(window, counter.number(2))
    QTest.keyClick(page.form.seen, Qt.Key.Key_Space)
    QTest.keyClick(window, Qt.Key.Key_F10)
    rest(window)
    assert page.phase is Phase.COLLECT
    assert page.fault.isVisible()
    assert "visitor.not-the-holder" in page.fault.code.text()
    box = page.form.edit("visitor.number").editor
    assert window.focusWidget() is box
    assert box.property("wrong") is True
    assert state_of(counter, card) is CardState.READY


@after("made 1")
def test_nothing_is_handed_over_before_the_document_was_seen(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.made(1)
    window.go("hand_over", {"card_id": card})
    rest(window)
    page = page_of(window)
    type_on(window, counter.number(1))
    for _ in range(3):
        # Enter goes on; it never says that a document was seen.
        QTest.keyClick(page.form.seen, Qt.Key.Key_Return)
    assert not page.form.seen.isChecked()
    QTest.keyClick(window, Qt.Key.Key_F10)
    rest(window)
    assert "life.guard-not-met" in page.fault.code.text()
    assert window.focusWidget() is page.form.seen
    assert state_of(counter, card) is CardState.READY


@after("made 3")
def test_an_agent_is_read_by_the_reader_and_gives_the_rest(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.made(3)  # the next person at the reader is another one
    window.go("hand_over", {"card_id": card})
    rest(window)
    page = page_of(window)
    kind = page.form.edit("visitor.kind").editor
    kind.setFocus()
    kind.selectAll()
    type_on(window, "2")
    QTest.keyClick(window, Qt.Key.Key_F2)
    rest(window)
    assert page.form.read_mark.isVisible()
    assert not page.form.seen.isVisible()
    assert page.form.edit("visitor.name").editor.text()
    assert window.focusWidget() is page.form.edit("visitor.phone").editor
    type_on(window, "13900002222")
    type_on(window, "po")
    QTest.keyClick(window, Qt.Key.Key_F10)
    rest(window)
    assert page.phase is Phase.DONE
    assert state_of(counter, card) is CardState.IN_USE


@after("made 1")
def test_a_number_changed_after_reading_is_no_longer_the_readers(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.made(1)
    window.go("hand_over", {"card_id": card})
    rest(window)
    page = page_of(window)
    QTest.keyClick(window, Qt.Key.Key_F2)
    rest(window)
    assert page.form.read_mark.isVisible()
    box = page.form.edit("visitor.number").editor
    box.setFocus()
    box.selectAll()
    type_on(window, counter.number(1))
    assert not page.form.read_mark.isVisible()
    assert page.form.seen.isVisible()
    QTest.keyClick(window, Qt.Key.Key_F10)
    rest(window)
    assert state_of(counter, card) is CardState.READY


@after("made 1")
def test_handed_over_only_it_is_put_in_use_another_day(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.made(1)
    window.go("hand_over", {"card_id": card})
    rest(window)
    page = page_of(window)
    type_on(window, counter.number(1))
    QTest.keyClick(page.form.seen, Qt.Key.Key_Space)
    QTest.keyClick(page.only_button, Qt.Key.Key_Space)
    rest(window)
    assert state_of(counter, card) is CardState.COLLECTED
    QTest.keyClick(window, Qt.Key.Key_Escape)
    rest(window)
    QTest.keyClick(window, Qt.Key.Key_F4)
    rest(window)
    assert page.model.rowCount() == 1
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    rest(window)
    assert page.phase is Phase.ACTIVATE
    QTest.keyClick(window, Qt.Key.Key_F10)
    rest(window)
    assert state_of(counter, card) is CardState.IN_USE
    assert page.phase is Phase.DONE


@after("in-use 1")
def test_a_card_that_is_in_use_says_why_it_is_not_handed_over(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.in_use(1)
    window.go("hand_over", {"card_id": card})
    rest(window)
    page = page_of(window)
    assert page.phase is Phase.OTHER
    assert page.fault.isVisible()
    assert not page.primary_button.isEnabled()


@after("made 1")
def test_what_was_typed_is_given_up_only_knowingly(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.made(1)
    window.go("hand_over", {"card_id": card})
    rest(window)
    page = page_of(window)
    type_on(window, "4101")
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert page.phase is Phase.COLLECT
    assert page.notice.isVisible()
    box = page.form.edit("visitor.number").editor
    box.setFocus()
    QTest.keyClicks(box, "0")
    assert not page.notice.isVisible()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    rest(window)
    assert page.phase is Phase.CHOOSE
    assert state_of(counter, card) is CardState.READY


@after("made 1", "made 2")
def test_a_late_answer_about_another_person_does_not_land_here(
    qtbot: QtBot, window: MainWindow, counter: Counter, rest: Rest
) -> None:
    first, second = counter.made(1), counter.made(2)
    window.go("hand_over", {})
    rest(window)
    slow = SlowCards(counter.desk.cards)
    counter.desk.cards = slow
    page = page_of(window)
    slow.gate.clear()
    QTest.keyClick(window, Qt.Key.Key_F5)  # the second one lies there
    qtbot.waitUntil(slow.asked.is_set, timeout=PATIENCE_MS)
    window.go("hand_over", {"card_id": first})
    slow.gate.set()
    rest(window)
    assert page.person.name.text() == counter.value(1, "name")
    assert page._card is not None
    assert page._card.id == first != second
