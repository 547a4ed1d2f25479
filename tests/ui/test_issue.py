"""A card is made in sight: each step as it happens, stopped between steps, broken with a way on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.devices.ports import CardRemoved, NoCardPresent
from app.ui.main_window import MainWindow
from app.ui.pages.cases import CasesPage
from app.ui.pages.issue import IssuePage, Phase
from app.workflow.views import IssueStep, Mark
from tests.ui.conftest import PATIENCE_MS
from tests.ui.fake_desk import STEPS, FakeDesk

Rest = Callable[[MainWindow], None]


@pytest.fixture
def page(window: MainWindow, desk: FakeDesk, rest: Rest, elsewhere: Callable[..., Any]) -> IssuePage:
    application = elsewhere(desk.enrol, 0)
    window.go("issue", {"application_id": application})
    rest(window)
    assert isinstance(window.page, IssuePage)
    return window.page


def marks(page: IssuePage) -> dict[IssueStep, Mark]:
    return {row.step: row.mark for row in page.steps.rows()}


def hold(qtbot: QtBot, desk: FakeDesk, page: IssuePage, step: IssueStep) -> None:
    """Begin the card and wait until it is in the middle of a step."""
    desk.hold_at = step
    QTest.keyClick(page.window(), Qt.Key.Key_F6)
    qtbot.waitUntil(desk.held.is_set, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: marks(page)[step] is Mark.WORKING, timeout=PATIENCE_MS)


def test_the_page_shows_the_person_both_faces_and_every_step(page: IssuePage) -> None:
    assert page.person.text() == "样例甲子"
    assert page.number.text() == "410102 20010127 001X"
    assert page.front.filled
    assert page.back.filled
    assert [row.step for row in page.steps.rows()] == list(STEPS)
    assert set(marks(page).values()) == {Mark.WAITING}
    assert page.start_button.hasFocus()


def test_enter_never_begins_a_card(desk: FakeDesk, page: IssuePage) -> None:
    assert page.start_button.hasFocus()
    QTest.keyClick(page.start_button, Qt.Key.Key_Return)
    QTest.keyClick(page.start_button, Qt.Key.Key_Enter)
    assert "issue" not in desk.calls
    assert page.phase is Phase.READY


def test_the_running_card_shows_where_it_is(
    qtbot: QtBot, desk: FakeDesk, window: MainWindow, page: IssuePage, rest: Rest
) -> None:
    hold(qtbot, desk, page, IssueStep.IDENTITY)
    seen = marks(page)
    assert [step for step, mark in seen.items() if mark is Mark.GOOD] == list(STEPS)[:6]
    assert seen[IssueStep.HEALTH] is Mark.WAITING
    row = page.steps.row(IssueStep.ISSUER)
    assert (row.count.text(), row.time.text()) == ("10/10", "0.61 秒")
    qtbot.waitUntil(lambda: page.steps.row(IssueStep.IDENTITY).count.text() == "2/4")
    assert page.forecast.text().startswith("第 7 步，共 12 步 · 还要约 ")
    assert page.hands.text() == "卡片请勿移动"
    assert "0A0B0C0D01020304" in page.chip.text()
    assert page.stop_button.hasFocus()
    assert not page.start_button.isEnabled()
    desk.release.set()
    rest(window)
    assert page.phase is Phase.DONE
    assert set(marks(page).values()) == {Mark.GOOD}
    assert page.forecast.text() == ""
    assert "10.99 秒" in page.state.word.text()


def test_the_hands_are_told_to_lay_the_card(qtbot: QtBot, desk: FakeDesk, page: IssuePage) -> None:
    hold(qtbot, desk, page, IssueStep.LAY_CARD)
    assert page.hands.text() == "把空白卡放到读写器上"
    assert page.hands.font().pixelSize() == 28


def test_without_history_the_step_is_counted_and_nothing_promised(
    qtbot: QtBot, desk: FakeDesk, window: MainWindow, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    desk.history = False
    window.go("issue", {"application_id": elsewhere(desk.enrol, 1)})
    rest(window)
    page = window.page
    assert isinstance(page, IssuePage)
    hold(qtbot, desk, page, IssueStep.PHOTO)
    assert page.forecast.text() == "第 5 步，共 12 步"


def test_a_card_under_way_can_not_be_left_behind(
    qtbot: QtBot, desk: FakeDesk, window: MainWindow, page: IssuePage
) -> None:
    hold(qtbot, desk, page, IssueStep.PHOTO)
    QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert window.page is page
    assert window.notice.isVisible()
    assert "Esc" in window.notice.word.text()
    assert not window.close()
    assert not window.close()
    assert window.isVisible()
    desk.release.set()
    qtbot.waitUntil(lambda: not window.notice.isVisible(), timeout=PATIENCE_MS)


def test_esc_stops_between_steps_and_the_case_can_be_settled(
    qtbot: QtBot, desk: FakeDesk, window: MainWindow, page: IssuePage, rest: Rest
) -> None:
    hold(qtbot, desk, page, IssueStep.PHOTO)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    rest(window)
    seen = marks(page)
    assert seen[IssueStep.PHOTO] is Mark.GOOD
    assert seen[IssueStep.TERMS] is Mark.WAITING
    assert page.hands.text() == "卡片留在原处"
    assert "处理" in page.start_button.text()
    desk.hold_at = None
    QTest.keyClick(window, Qt.Key.Key_F6)
    rest(window)
    cases = window.page
    assert isinstance(cases, CasesPage)
    assert cases.continue_button.hasFocus()
    QTest.keyClick(cases.continue_button, Qt.Key.Key_Space)
    rest(window)
    assert window.page is page
    assert page.phase is Phase.DONE
    assert "settle continue" in desk.calls


def test_a_fault_stands_beside_the_card_with_its_remedy(
    desk: FakeDesk, window: MainWindow, page: IssuePage, rest: Rest
) -> None:
    desk.fail_at = (IssueStep.PHOTO, CardRemoved(role="card"))
    QTest.keyClick(window, Qt.Key.Key_F6)
    rest(window)
    assert page.fault.isVisible()
    assert "link.card-removed" in page.fault.code.text()
    assert marks(page)[IssueStep.PHOTO] is Mark.STOP
    assert "处理" in page.start_button.text()


def test_a_fault_before_anything_was_begun_may_simply_be_tried_again(
    desk: FakeDesk, window: MainWindow, page: IssuePage, rest: Rest
) -> None:
    desk.fail_at = (IssueStep.LAY_CARD, NoCardPresent(role="card"))
    QTest.keyClick(window, Qt.Key.Key_F6)
    rest(window)
    assert page.fault.isVisible()
    assert page.phase is Phase.READY
    desk.fail_at = None
    QTest.keyClick(window, Qt.Key.Key_F6)
    rest(window)
    assert page.phase is Phase.DONE
    assert not page.fault.isVisible()


def test_a_card_that_is_made_is_not_offered_again(
    desk: FakeDesk, window: MainWindow, page: IssuePage, rest: Rest
) -> None:
    QTest.keyClick(window, Qt.Key.Key_F6)
    rest(window)
    window.go("issue", {"application_id": desk.ids()[0]})
    rest(window)
    assert page.hands.text() == "这张卡已经制好"
    QTest.keyClick(window, Qt.Key.Key_F6)
    rest(window)
    assert desk.calls.count("issue") == 1


def test_f2_after_a_card_reads_the_next_resident(
    desk: FakeDesk, window: MainWindow, page: IssuePage, rest: Rest
) -> None:
    QTest.keyClick(window, Qt.Key.Key_F6)
    rest(window)
    QTest.keyClick(window, Qt.Key.Key_F2)
    rest(window)
    assert window.page.name == "enrol"
    assert "read_identity" in desk.calls


def test_an_answer_about_another_application_is_dropped(
    desk: FakeDesk, window: MainWindow, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    first, second = elsewhere(desk.enrol, 0), elsewhere(desk.enrol, 1)
    window.go("issue", {"application_id": first})
    window.go("issue", {"application_id": second})
    rest(window)
    page = window.page
    assert isinstance(page, IssuePage)
    assert page.person.text() == "样例乙丑"
