"""Open cases: what is known, and what is offered; spoiling asks why and is never under Enter."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.main_window import MainWindow
from app.ui.navigation import entries_for
from app.ui.pages.cases import CasesPage
from app.ui.pages.queue import QueuePage
from app.workflow.views import Mark, Settlement
from tests.ui.conftest import PATIENCE_MS
from tests.ui.fake_desk import FakeDesk

Rest = Callable[[MainWindow], None]


def press_entry(window: MainWindow, page: str) -> None:
    """Alt and the entry's own digit."""
    entries = [entry.page for entry in entries_for(window.context.desk.level)]
    QTest.keyClicks(window, str(entries.index(page) + 1), Qt.KeyboardModifier.AltModifier)


@pytest.fixture
def page(window: MainWindow, desk: FakeDesk, rest: Rest, elsewhere: Callable[..., Any]) -> CasesPage:
    for number in (3, 8):
        elsewhere(desk.leave_open, number)
    press_entry(window, "cases")
    rest(window)
    assert isinstance(window.page, CasesPage)
    return window.page


def test_a_case_says_what_is_known(page: CasesPage) -> None:
    assert page.model.rowCount() == 2
    assert page.person.text().startswith("样例丁卯")
    known = [page._known.itemAt(n).widget().text() for n in range(page._known.count())]
    assert known == ["· 已绑定芯片 0A0B0C0D01020304。", "· 芯片尚未启用。"]
    assert page.state.shape.mark is Mark.ATTENTION


def test_numbers_are_masked_in_lists(page: CasesPage) -> None:
    shown = page.model.index(0, 2).data()
    assert "********" in shown
    assert len(shown) == 18


def test_arrows_choose_and_enter_goes_to_what_is_offered_first(page: CasesPage) -> None:
    assert page.table.hasFocus()
    QTest.keyClick(page.table, Qt.Key.Key_Down)
    assert page.person.text().startswith("样例壬申")
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert page.continue_button.hasFocus()


def test_spoiling_needs_a_reason_and_is_not_under_enter(
    desk: FakeDesk, window: MainWindow, page: CasesPage, rest: Rest
) -> None:
    assert not page.spoil_button.isEnabled()
    page.reason.setFocus()
    QTest.keyClicks(page.reason, "   ")
    assert not page.spoil_button.isEnabled()
    QTest.keyClicks(page.reason, "no answer")
    assert page.spoil_button.isEnabled()
    QTest.keyClick(page.reason, Qt.Key.Key_Return)
    rest(window)
    assert "settle spoil" not in desk.calls
    case_id = page.model.row(page.table.currentIndex()).id
    QTest.keyClick(page.spoil_button, Qt.Key.Key_Space)
    rest(window)
    assert desk.reason_of(case_id) == "no answer"
    assert page.model.rowCount() == 1
    assert window.context.happenings.newest is not None
    assert window.context.happenings.newest.mark is Mark.STOP


def test_the_last_case_settled_leaves_a_calm_page(
    qtbot: QtBot, window: MainWindow, page: CasesPage, rest: Rest
) -> None:
    for left in (1, 0):
        # After a case is gone none is chosen; the clerk takes the next one.
        page.table.setCurrentIndex(page.model.index(0, 0))
        page.reason.setText("no answer")
        page.spoil()
        rest(window)
        qtbot.waitUntil(lambda n=left: page.model.rowCount() == n, timeout=PATIENCE_MS)
    assert page.nothing.isVisible()
    assert not page.continue_button.isEnabled()


def test_the_list_of_applications_opens_by_enter(
    desk: FakeDesk, window: MainWindow, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    elsewhere(desk.enrol, 0)
    elsewhere(desk.leave_open, 3)
    QTest.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    rest(window)
    page = window.page
    assert isinstance(page, QueuePage)
    assert QApplication.focusWidget() is page.table
    QTest.keyClick(page.table, Qt.Key.Key_Down)
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    rest(window)
    assert window.page.name == "cases"
    window.go("queue", {})
    rest(window)
    # The line that was opened is still the current one.
    QTest.keyClick(page.table, Qt.Key.Key_Up)
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    rest(window)
    assert window.page.name == "issue"


def test_long_lists_come_in_pages(
    desk: FakeDesk, window: MainWindow, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    elsewhere(lambda: [desk.enrol(number % 3) for number in range(130)])
    window.go("queue", {})
    rest(window)
    page = window.page
    assert isinstance(page, QueuePage)
    assert page.model.rowCount() == 100
    page.table.scrollToBottom()
    QApplication.processEvents()
    page.model.fetchMore(page.table.rootIndex())
    rest(window)
    assert page.model.rowCount() == 130
    assert len({page.model.row(page.model.index(n, 0)).id for n in range(130)}) == 130


def test_reading_the_list_again_keeps_the_case_and_what_was_typed(
    window: MainWindow, page: CasesPage, rest: Rest
) -> None:
    QTest.keyClick(page.table, Qt.Key.Key_Down)
    page.reason.setText("芯片无应答")
    page.model.refresh()
    rest(window)
    assert page.table.currentIndex().row() == 1
    assert page.person.text().startswith("样例壬申")
    assert page.reason.text() == "芯片无应答"


def test_a_case_that_is_gone_gives_way_to_none(
    desk: FakeDesk, window: MainWindow, page: CasesPage, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    gone = page.model.row(page.table.currentIndex())
    elsewhere(
        desk.settle, gone.id, Settlement.SPOIL, lambda _event: None, threading.Event(), "elsewhere"
    )
    page.model.refresh()
    rest(window)
    assert page.model.rowCount() == 1
    assert not page.table.currentIndex().isValid()
    assert page.nothing.isVisibleTo(page)
    assert not page.continue_button.isEnabled()
