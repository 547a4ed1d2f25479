"""The door over a desk whose moments can be held: a card at work while its clerk walks away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.context import Authority
from app.ui.main_window import MainWindow
from app.ui.pages.issue import IssuePage, Phase
from app.ui.tasks import Owner
from app.workflow.views import IssueStep
from tests.ui.conftest import PATIENCE_MS
from tests.ui.fake_desk import CLERK, FakeDesk

Rest = Callable[[MainWindow], None]


def test_a_card_at_work_is_finished_under_its_clerks_name_before_the_desk_locks(
    qtbot: QtBot, window: MainWindow, desk: FakeDesk, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    desk.hold_at = IssueStep.IDENTITY
    window.go("issue", {"application_id": elsewhere(desk.enrol, 0)})
    rest(window)
    page = window.page
    assert isinstance(page, IssuePage)
    name = page.person.text()
    page.start()
    qtbot.waitUntil(desk.held.is_set, timeout=PATIENCE_MS)
    QTest.keyClick(window, Qt.Key.Key_F12)
    assert window.covered, "the cover comes at once"
    assert name not in window.windowTitle()
    assert "lock" not in desk.sign_in.calls
    assert desk.actor == CLERK
    window.door.password.set_text("corn.paper-7")
    assert not window.door.enter_button.isEnabled(), "nobody comes in over a card at work"
    desk.release.set()
    qtbot.waitUntil(lambda: "lock" in desk.sign_in.calls, timeout=PATIENCE_MS)
    rest(window)
    assert desk.actor is None
    QTest.keyClick(window.door.password.editor, Qt.Key.Key_Return)
    rest(window)
    assert not window.covered
    assert window.page is page
    assert page.phase is Phase.DONE


def test_a_card_at_work_keeps_its_clerk_at_the_desk(
    qtbot: QtBot, window: MainWindow, desk: FakeDesk, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    desk.hold_at = IssueStep.IDENTITY
    window.go("issue", {"application_id": elsewhere(desk.enrol, 0)})
    rest(window)
    window.page.start()
    qtbot.waitUntil(desk.held.is_set, timeout=PATIENCE_MS)
    window.sign_out()
    assert not window.covered
    assert window.notice.isVisible()
    assert window.context.tasks.busy(Owner.CARD)
    desk.release.set()
    rest(window)
    window.sign_out()
    rest(window)
    assert window.covered
    assert not window.pages, "the next person begins with pages of their own"


def test_a_closed_window_behind_its_cover_loses_no_form(
    window: MainWindow, desk: FakeDesk, rest: Rest
) -> None:
    window.go("enrol", {"read": True})
    rest(window)
    window.lock()
    rest(window)
    assert not window.close()
    window.door.password.set_text("corn.paper-7")
    window.door.enter()
    rest(window)
    assert not window.page.draft.empty


def test_nothing_behind_a_question_takes_a_key_and_esc_declines_it(
    window: MainWindow, desk: FakeDesk, rest: Rest
) -> None:
    answers: list[Authority] = []
    declined: list[bool] = []
    window.go("enrol", {})
    page = window.page
    page.form.first().setFocus()
    before = QApplication.focusWidget()

    def ask() -> None:
        window.context.authorities.ask(
            "void-receipt",
            "作废",
            "",
            answers.append,
            second=True,
            fresh=True,
            declined=lambda: declined.append(True),
        )

    ask()
    assert window.sheet.is_open
    for _ in range(20):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        assert not window._below.isAncestorOf(focused), focused.accessibleName()
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert window.page is page
    QTest.keyClick(window.sheet.name.editor, Qt.Key.Key_Escape)
    assert not window.sheet.is_open
    assert declined == [True]
    assert QApplication.focusWidget() is before
    ask()
    window.sheet.own_password.set_text("mine")
    window.sheet.name.set_text("样例主管")
    window.sheet.password.set_text("theirs")
    QTest.keyClick(window.sheet.password.editor, Qt.Key.Key_Return)
    assert answers == []
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    rest(window)
    assert not window.sheet.is_open
    assert [(one.second.actor.name, one.fresh.actor) for one in answers] == [("样例主管", CLERK)]
    assert window.sheet.password.text() == ""


def test_a_lock_ends_an_open_question(window: MainWindow, desk: FakeDesk, rest: Rest) -> None:
    declined: list[bool] = []
    window.context.authorities.ask(
        "waive-fee", "免收", "", lambda _one: None, second=True, declined=lambda: declined.append(True)
    )
    window.sheet.password.set_text("theirs")
    QTest.keyClick(window, Qt.Key.Key_F12)
    rest(window)
    assert window.covered
    assert declined == [True]
    assert window.sheet.password.text() == ""
    window.door.password.set_text("corn.paper-7")
    window.door.enter()
    rest(window)
    assert not window.sheet.is_open
