"""Enrolment by keyboard alone: read, complete, save, go on to the card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.base.errors import KangkaError
from app.devices.ports import ReaderGone
from app.ui.main_window import MainWindow
from app.ui.pages.enrol import EnrolPage
from app.ui.widgets.basic import RowButton
from app.ui.widgets.fields import CodeEdit
from app.workflow.views import Provenance
from tests.ui.conftest import PATIENCE_MS
from tests.ui.fake_desk import FakeDesk

Rest = Callable[[MainWindow], None]


@pytest.fixture
def page(window: MainWindow, rest: Rest) -> EnrolPage:
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    rest(window)
    assert isinstance(window.page, EnrolPage)
    return window.page


def focused(page: EnrolPage) -> str:
    """The path of the field that has the cursor."""
    return next((path for path, edit in page.form._edits.items() if edit.editor.hasFocus()), "")


def type_into(page: EnrolPage, path: str, text: str) -> None:
    page.jump(path)
    editor = page.form.edit(path).editor
    editor.selectAll()
    QTest.keyClicks(editor, text)


def settle(qtbot: QtBot, page: EnrolPage) -> None:
    """Until the check of what stands there has come back."""
    qtbot.waitUntil(lambda: page.checked, timeout=PATIENCE_MS)


def test_f2_reads_the_document_and_goes_to_what_is_missing(
    qtbot: QtBot, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    QTest.keyClick(window, Qt.Key.Key_F2)
    rest(window)
    assert page.form.edit("name").editor.text() == "样例甲子"
    assert page.form.edit("sex").editor.text() == "1  男"
    assert page.draft.value("name").provenance is Provenance.CHIP
    assert page.form.edit("name").badge.text() == "芯"
    assert page.document.title.text() == "居民身份证"
    assert focused(page) == "contacts.0.name"


def test_a_typed_change_marks_the_field_as_corrected(
    qtbot: QtBot, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    QTest.keyClick(window, Qt.Key.Key_F2)
    rest(window)
    type_into(page, "addresses.0.text", "another road 7")
    assert page.form.edit("addresses.0.text").badge.text() == "改"
    assert page.form.edit("phones.0").badge.isHidden()
    type_into(page, "phones.0", "19900001234")
    assert page.form.edit("phones.0").badge.text() == "手"


def test_esc_ends_the_wait_for_a_document(
    qtbot: QtBot, desk: FakeDesk, window: MainWindow, page: EnrolPage
) -> None:
    desk.hold_reading = True
    QTest.keyClick(window, Qt.Key.Key_F2)
    qtbot.waitUntil(desk.held.is_set, timeout=PATIENCE_MS)
    assert not page.read_button.isEnabled()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(page.read_button.isEnabled, timeout=PATIENCE_MS)
    assert window.page is page


def test_a_reader_that_fails_says_so_on_the_page(
    desk: FakeDesk, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    desk.fail_reading = ReaderGone(role="card")
    QTest.keyClick(window, Qt.Key.Key_F2)
    rest(window)
    assert page.fault.isVisible()
    assert "link.reader-gone" in page.fault.code.text()
    assert page.fault.cause.text()
    assert page.fault.remedy.text()
    assert page.read_button.hasFocus()
    desk.fail_reading = None
    QTest.keyClick(window, Qt.Key.Key_F2)
    rest(window)
    assert not page.fault.isVisible()


def test_enter_is_the_next_field_and_shift_enter_the_one_before(page: EnrolPage) -> None:
    page.jump("name")
    visited = []
    for _ in range(4):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
        visited.append(focused(page))
    assert visited == ["birth_date", "sex", "ethnic", "citizen_id"]
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert focused(page) == "ethnic"


@pytest.mark.parametrize(
    ("path", "typed", "code", "shown"),
    [
        ("sex", "2", "2", "2  女"),
        ("sex", "女", "2", "2  女"),
        ("ethnic", "1", "01", "01  汉"),
        ("ethnic", "mg", "02", "02  蒙古"),
        ("ethnic", "ｍｇ", "02", "02  蒙古"),
        ("contacts.0.relation", "po", "1", "1  配偶"),
    ],
)
def test_a_code_is_found_by_digits_initials_and_words(
    page: EnrolPage, path: str, typed: str, code: str, shown: str
) -> None:
    edit = page.form.edit(path)
    assert isinstance(edit, CodeEdit)
    page.jump(path)
    commit = QInputMethodEvent()
    commit.setCommitString(typed)
    QApplication.sendEvent(edit.editor, commit)
    QTest.keyClick(edit.editor, Qt.Key.Key_Return)
    assert page.draft.value(path).text == code
    assert edit.editor.text() == shown
    assert focused(page) != path


def test_a_word_of_no_table_is_kept_for_the_check_to_refuse(qtbot: QtBot, page: EnrolPage) -> None:
    type_into(page, "sex", "zzz")
    QTest.keyClick(page.form.edit("sex").editor, Qt.Key.Key_Return)
    settle(qtbot, page)
    assert page.draft.value("sex").text == "zzz"
    assert page.form.edit("sex").editor.property("wrong") is True


def test_bytes_left_are_the_chips_bytes(page: EnrolPage) -> None:
    edit = page.form.edit("name")
    page.jump("name")
    commit = QInputMethodEvent()
    commit.setCommitString("测试𠅤")
    QApplication.sendEvent(edit.editor, commit)
    # two characters of two bytes, one of four, of thirty
    assert edit.room.text() == "余 22 字节"
    commit.setCommitString("测" * 12)
    QApplication.sendEvent(edit.editor, commit)
    assert edit.room.text() == "超 2 字节"
    assert edit.room.property("tone") == "stop"


def test_full_width_digits_and_a_small_x_are_folded(page: EnrolPage) -> None:
    edit = page.form.edit("citizen_id")
    page.jump("citizen_id")
    commit = QInputMethodEvent()
    commit.setCommitString("４１０102 20010127001x")
    QApplication.sendEvent(edit.editor, commit)
    assert page.draft.value("citizen_id").text == "41010220010127001X"
    QTest.keyClick(edit.editor, Qt.Key.Key_Return)
    assert edit.editor.text() == "41010220010127001X"


def test_wrong_values_stand_in_the_list_and_the_list_jumps(
    qtbot: QtBot, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    page.take_training_person()
    rest(window)
    assert page.findings.head.word.text() == "所需内容已齐"
    type_into(page, "phones.0", "12")
    settle(qtbot, page)
    assert page.findings.head.word.text() == "还差 1 项"
    assert page.form.edit("phones.0").editor.property("wrong") is True
    page.jump("name")
    line = next(b for b in page.findings.findChildren(RowButton) if b.property("path") == "phones.0")
    QTest.keyClick(line, Qt.Key.Key_Space)
    assert focused(page) == "phones.0"
    type_into(page, "phones.0", "19900001234")
    settle(qtbot, page)
    assert page.form.edit("phones.0").editor.property("wrong") is False


def test_a_row_appears_when_the_one_before_is_begun(page: EnrolPage) -> None:
    assert page.form.edit("contacts.1.name").isHidden()
    type_into(page, "contacts.0.name", "abc")
    assert not page.form.edit("contacts.1.name").isHidden()
    assert page.form.edit("contacts.2.name").isHidden()


def test_f9_keeps_a_whole_application_once(
    qtbot: QtBot, desk: FakeDesk, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    page.take_training_person()
    rest(window)
    QTest.keyClick(window, Qt.Key.Key_F9)
    rest(window)
    assert len(desk.ids()) == 1
    assert desk.kept_draft(desk.ids()[0]).value("name").text == "样例甲子"
    assert window.context.happenings.newest is not None
    assert "样例甲子" in window.context.happenings.newest.text
    QTest.keyClick(window, Qt.Key.Key_F9)
    rest(window)
    assert len(desk.ids()) == 1


def test_f6_keeps_it_and_goes_on_to_the_card(
    desk: FakeDesk, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    page.take_training_person()
    rest(window)
    QTest.keyClick(window, Qt.Key.Key_F6)
    rest(window)
    assert window.page.name == "issue"
    assert len(desk.ids()) == 1


def test_an_incomplete_form_is_not_kept_and_the_cursor_goes_to_the_gap(
    desk: FakeDesk, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    QTest.keyClick(window, Qt.Key.Key_F2)
    rest(window)
    page.jump("name")
    QTest.keyClick(window, Qt.Key.Key_F6)
    rest(window)
    assert desk.ids() == []
    assert window.page is page
    assert focused(page) == "contacts.0.name"


def test_a_refusal_of_the_store_stands_on_the_page_and_nothing_is_lost(
    desk: FakeDesk, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    page.take_training_person()
    rest(window)
    desk.fail_saving = ReaderGone(role="card")
    QTest.keyClick(window, Qt.Key.Key_F9)
    rest(window)
    assert page.fault.isVisible()
    assert page.form.edit("name").editor.text() == "样例甲子"
    desk.fail_saving = None
    QTest.keyClick(window, Qt.Key.Key_F9)
    rest(window)
    assert len(desk.ids()) == 1


def test_leaving_and_coming_back_keeps_the_draft(
    window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    type_into(page, "name", "abc")
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.page.name == "home"
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    rest(window)
    assert page.form.edit("name").editor.text() == "abc"


def test_the_next_document_after_saving_begins_the_next_person(
    desk: FakeDesk, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    page.take_training_person()
    rest(window)
    QTest.keyClick(window, Qt.Key.Key_F9)
    rest(window)
    desk.next_person = 1
    QTest.keyClick(window, Qt.Key.Key_F2)
    rest(window)
    assert page.form.edit("name").editor.text() == "样例乙丑"
    assert page.draft.value("contacts.0.name").text == ""
    assert not page.photo.filled


def test_a_picture_file_becomes_the_photo(
    window: MainWindow, page: EnrolPage, rest: Rest, tmp_path: Path
) -> None:
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(b"\xff\xd8 a camera's picture")
    type_into(page, "name", "abc")
    page.fit_photo(picture)
    type_into(page, "name", "abcd")
    rest(window)
    assert page.photo.filled
    assert page.draft.photo is not None
    assert len(page.draft.photo) <= 3070
    assert page.draft.value("name").text == "abcd"


def test_no_call_is_made_for_what_the_clerk_did_not_ask(
    desk: FakeDesk, page: EnrolPage, elsewhere: Callable[..., Any]
) -> None:
    assert "save" not in desk.calls
    assert "read_identity" not in desk.calls
    with pytest.raises(KangkaError):
        elsewhere(desk.save, page.draft)


def test_another_document_puts_an_unsaved_form_aside_and_ctrl_r_brings_it_back(
    desk: FakeDesk, window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    QTest.keyClick(window, Qt.Key.Key_F2)
    rest(window)
    type_into(page, "phones.0", "19900001234")
    QTest.keyClick(window, Qt.Key.Key_F2)
    rest(window)
    assert page.draft.value("name").text == "样例乙丑"
    assert page.draft.value("phones.0").text == ""
    assert page.aside.isVisible()
    assert "样例甲子" in page.aside_told.word.text()
    QTest.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    rest(window)
    assert page.draft.value("name").text == "样例甲子"
    assert page.form.edit("phones.0").editor.text() == "19900001234"
    assert "样例乙丑" in page.aside_told.word.text()


def test_a_form_that_is_not_saved_is_given_up_only_by_closing_twice(
    window: MainWindow, page: EnrolPage, rest: Rest
) -> None:
    type_into(page, "name", "abc")
    window.go("home", {})
    rest(window)
    assert not window.close()
    assert window.page is page
    assert "abc" in window.notice.word.text()
    window.go("home", {})
    assert not window.notice.isVisible()
    assert not window.close()
    assert window.close()


def test_no_button_stands_under_a_key_while_the_document_is_waited_for(
    qtbot: QtBot, desk: FakeDesk, window: MainWindow, page: EnrolPage
) -> None:
    desk.hold_reading = True
    QTest.keyClick(window, Qt.Key.Key_F2)
    qtbot.waitUntil(desk.held.is_set, timeout=PATIENCE_MS)
    assert QApplication.focusWidget() is page
    desk.release.set()


def test_a_number_says_no_bytes_left_and_a_narrow_box_shows_its_text(page: EnrolPage) -> None:
    type_into(page, "citizen_id", "41010220010127001X")
    assert page.form.edit("citizen_id").room.isHidden()
    contact = page.form.edit("contacts.0.name")
    type_into(page, "contacts.0.name", "a name of latin c")
    assert contact.room.isHidden() or contact.room.text() == "13"
    taken = contact.editor.fontMetrics().horizontalAdvance(contact.editor.text())
    assert taken <= contact.editor.width() - contact.editor.textMargins().right() - 16


def test_a_card_without_a_photo_is_never_an_oversight(page: EnrolPage) -> None:
    page.findings.show_problems([], photo_left_out=True)
    QApplication.processEvents()
    lines = [line.property("path") for line in page.findings.findChildren(RowButton) if line.isVisible()]
    assert lines == ["photo"]
