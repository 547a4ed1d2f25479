"""An answer that comes after the clerk went on to the next person never reaches that person's form."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.application import NameNeedsConsent
from app.ui.main_window import MainWindow
from app.ui.pages.enrol import EnrolPage
from app.ui.pages.issue import IssuePage, Phase
from app.workflow.cases import NEVER_LOCKS
from app.workflow.views import EnrolDraft, Faces, Finding, IssueOutcome, ProblemKind
from tests.ui.conftest import PATIENCE_MS
from tests.ui.fake_desk import FakeDesk

Rest = Callable[[MainWindow], None]
SHORT = "样例甲"


class SlowDesk(FakeDesk):
    """Photos and faces wait until ``gate`` is set."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.gate = threading.Event()
        self.gate.set()
        self.waits = threading.Event()
        self.ask_consent = False

    def _wait(self) -> None:
        self.waits.set()
        assert self.gate.wait(PATIENCE_MS / 1000)

    def fit_photo(self, draft: EnrolDraft, picture: bytes) -> EnrolDraft:
        self._wait()
        return super().fit_photo(draft, picture)

    def faces(self, application_id: str) -> Faces:
        self._wait()
        return super().faces(application_id)

    def check(self, draft: EnrolDraft) -> list[Finding]:
        found = super().check(draft)
        if self.ask_consent and not draft.name_agreed:
            asked = NameNeedsConsent(field="name", takes=32, room=30)
            found.append(Finding("name", ProblemKind.WRONG, asked, SHORT))
        return found

    def issue(self, *args: Any) -> IssueOutcome:
        return replace(super().issue(*args), notice=NEVER_LOCKS)


@pytest.fixture
def desk() -> SlowDesk:
    return SlowDesk()


@pytest.fixture
def page(window: MainWindow, rest: Rest) -> EnrolPage:
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    rest(window)
    assert isinstance(window.page, EnrolPage)
    return window.page


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    made = tmp_path / "photo.jpg"
    made.write_bytes(b"\xff\xd8 a camera's picture")
    return made


def write(page: EnrolPage, path: str, text: str) -> None:
    page.jump(path)
    page.form.edit(path).editor.selectAll()
    QTest.keyClicks(page.form.edit(path).editor, text)


def test_a_photo_that_comes_late_is_not_the_next_persons(  # noqa: PLR0917 - fixtures
    qtbot: QtBot, desk: SlowDesk, window: MainWindow, page: EnrolPage, picture: Path, rest: Rest
) -> None:
    write(page, "name", "aaa")
    desk.gate.clear()
    page.fit_photo(picture)
    qtbot.waitUntil(desk.waits.is_set, timeout=PATIENCE_MS)
    QTest.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    write(page, "name", "bbb")
    desk.gate.set()
    rest(window)
    assert page.draft.value("name").text == "bbb"
    assert page.draft.photo is None
    assert page.draft.face_photo is None
    assert not page.photo.filled
    newest = window.context.happenings.newest
    assert newest is not None
    assert "aaa" in newest.text


def test_a_form_is_not_kept_without_the_photo_under_way(  # noqa: PLR0917 - fixtures
    qtbot: QtBot, desk: SlowDesk, window: MainWindow, page: EnrolPage, picture: Path, rest: Rest
) -> None:
    page.take_training_person()
    rest(window)
    desk.gate.clear()
    page.fit_photo(picture)
    qtbot.waitUntil(desk.waits.is_set, timeout=PATIENCE_MS)
    QTest.keyClick(window, Qt.Key.Key_F9)
    desk.gate.set()
    rest(window)
    assert desk.ids() == []
    QTest.keyClick(window, Qt.Key.Key_F9)
    rest(window)
    assert desk.kept_draft(desk.ids()[0]).photo == page.draft.photo


def test_a_photo_leaves_what_the_document_proved_and_the_resident_agreed_to(
    desk: SlowDesk, window: MainWindow, page: EnrolPage, picture: Path, rest: Rest
) -> None:
    page.take_training_person()
    rest(window)
    page._take(page.draft.agreeing_to_name(True))
    page.fit_photo(picture)
    rest(window)
    assert page.draft.name_agreed


def test_a_stopped_reading_that_ends_well_fills_no_form(
    qtbot: QtBot, desk: SlowDesk, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    desk.hold_reading = True
    QTest.keyClick(window, Qt.Key.Key_F2)
    qtbot.waitUntil(desk.held.is_set, timeout=PATIENCE_MS)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    rest(window)
    assert page.draft.empty


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_a_picture_that_can_not_be_read_is_a_known_fault(
    window: MainWindow, page: EnrolPage, tmp_path: Path, rest: Rest, kind: str
) -> None:
    path = tmp_path / "photo.jpg"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("no pipes with a name here")
        os.mkfifo(path)
    page.fit_photo(path)
    rest(window)
    assert "file.unreadable" in page.fault.code.text()
    assert "photo.jpg" in page.fault.cause.text()


def test_a_late_answer_never_stops_the_sight_of_a_card_being_made(
    qtbot: QtBot, desk: SlowDesk, window: MainWindow, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    """The same application opened twice: the first opening's answers are nobody's."""
    application = elsewhere(desk.enrol, 0)
    window.go("issue", {"application_id": application})
    rest(window)
    page = window.page
    assert isinstance(page, IssuePage)
    late: list[Any] = []
    page._ask("application", lambda: desk.application(application), late.append)
    page._load(application)
    rest(window)
    assert late == []


def test_a_late_fault_of_another_application_is_not_shown(
    window: MainWindow, desk: SlowDesk, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    first, second = elsewhere(desk.enrol, 0), elsewhere(desk.enrol, 1)
    window.go("issue", {"application_id": first})
    page = window.page
    assert isinstance(page, IssuePage)
    page._ask("faces", lambda: desk.faces("nobody's"), lambda _faces: None)
    page._load(second)
    rest(window)
    assert not page.fault.isVisible()


def test_what_the_clerk_must_know_of_a_card_stands_at_its_end(
    window: MainWindow, desk: SlowDesk, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    first, second = elsewhere(desk.enrol, 0), elsewhere(desk.enrol, 1)
    window.go("issue", {"application_id": first})
    rest(window)
    page = window.page
    assert isinstance(page, IssuePage)
    assert not page.notice.isVisible()
    QTest.keyClick(window, Qt.Key.Key_F6)
    rest(window)
    assert page.phase is Phase.DONE
    assert page.notice.isVisible()
    assert page.notice.word.text() == window.messages.sentence(NEVER_LOCKS)
    window.go("issue", {"application_id": second})
    rest(window)
    assert not page.notice.isVisible()


def hold_down(key: Qt.Key) -> None:
    """A key pressed, repeated by the keyboard, and let go, wherever the cursor is."""
    none = Qt.KeyboardModifier.NoModifier
    target = QApplication.focusWidget()
    for repeated in (False, True, True, True):
        QApplication.sendEvent(target, QKeyEvent(QEvent.Type.KeyPress, key, none, "", repeated))
    QApplication.sendEvent(target, QKeyEvent(QEvent.Type.KeyRelease, key, none))


def test_the_resident_agrees_to_the_shortened_name_knowingly(
    desk: SlowDesk, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    desk.ask_consent = True
    page.take_training_person()
    rest(window)
    assert page.consent.isVisible()
    assert SHORT in page.shortened.word.text()
    assert page.agreed.text() == "居民已看过并同意芯片上的缩写姓名"
    page.agreed.setFocus()
    hold_down(Qt.Key.Key_Return)
    hold_down(Qt.Key.Key_Enter)
    assert not page.agreed.isChecked()
    assert not page.draft.name_agreed
    QTest.keyClick(window, Qt.Key.Key_F9)
    rest(window)
    assert desk.ids() == []
    page.agreed.setFocus()
    QTest.keyClick(page.agreed, Qt.Key.Key_Space)
    rest(window)
    assert page.draft.name_agreed
    QTest.keyClick(window, Qt.Key.Key_F9)
    rest(window)
    assert len(desk.ids()) == 1


def test_what_was_agreed_to_is_one_names_form(
    desk: SlowDesk, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    desk.ask_consent = True
    page.take_training_person()
    rest(window)
    page.agreed.click()
    rest(window)
    write(page, "name", "b")
    assert not page.draft.name_agreed
    assert not page.agreed.isChecked()
    assert not page.agreed.isEnabled(), "no form of this name was shown yet"
