"""One's own password and PIN, the page of the staff, and the audit that is not whole: by keys alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.crypto.recovery import ShareOfAnotherSet
from app.domain.application import Realm
from app.domain.staff import PEOPLE, Role, load_permissions
from app.opening import Entry, House, Options, open_room
from app.setting_up import SetUp, recover, set_up
from app.ui.main_window import MainWindow
from app.ui.navigation import KEYS, entries_for
from app.ui.pages.audit import AuditPage
from app.ui.pages.home import HomePage
from app.ui.pages.staff import StaffPage
from app.workflow.desk import Desk
from app.workflow.views import Mark
from tests.helpers.people import CHEAP, NAMES, PASSWORDS
from tests.helpers.workday_place import DESK, first_run, house_of
from tests.ui.at_the_counter import Counter, off, open_window_over, press
from tests.ui.real_desk import Workplaces, after, desk_of, training_desk

Rest = Callable[[MainWindow], None]
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
FIRST = "paper.lamp-41"


def password_of(desk: Desk, role: Role) -> str:
    return next(one.password for one in desk.sign_in.made_up() if one.role is role)


def sit(desk: Desk, role: Role) -> None:
    """A made-up person of this role acts."""
    off(lambda: desk.sign_in.begin_made_up(role))


def answer(window: MainWindow, *typed: str) -> None:
    """Type into the boxes of one's own secret, Enter after each, and confirm."""
    # A menu leaves the window inactive where there is no window manager, but the cursor where it was.
    window.activateWindow()
    for text in typed:
        QTest.keyClicks(window.focusWidget(), text)
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return, CTRL)


def test_a_clerk_sets_their_own_pin_and_password_by_keys_alone(
    qtbot: QtBot, counter: Counter, rest: Rest
) -> None:
    desk = counter.desk
    own = password_of(desk, Role.CLERK)
    with open_window_over(desk, qtbot, rest) as window:
        QTest.keyClick(window, Qt.Key.Key_M, ALT)
        assert window.bar.menu.isVisible()
        QTest.keyClick(window.bar.menu, Qt.Key.Key_Down)
        QTest.keyClick(window.bar.menu, Qt.Key.Key_Return)
        sheet = window.own_secret
        assert sheet.is_open
        # The rules are said before.
        assert "4 至 8 位" in sheet.rules.text()
        answer(window, own, "2580", "2581")
        assert sheet.differs.isVisible()
        assert not sheet.yes_button.isEnabled()
        QTest.keyClick(window, Qt.Key.Key_Escape)
        assert not sheet.is_open
        window.bar.menu.actions()[1].trigger()
        for typed, code in (
            (("not.my-own-1", "4071", "4071"), "staff.sign-in-refused"),
            ((own, "1234", "1234"), "password.pin-too-weak"),
        ):
            answer(window, *typed)
            rest(window)
            assert code in sheet.fault.code.text()
            assert window.focusWidget() is sheet.old.editor
            assert sheet.old.text() == ""
            for box in (sheet.new, sheet.again):
                box.clear()
        answer(window, own, "4071", "4071")
        rest(window)
        assert sheet.told.isVisible()
        QTest.keyClick(window, Qt.Key.Key_Escape)
        window.bar.menu.actions()[0].trigger()
        assert "8 至 128 个字符" in sheet.rules.text()
        answer(window, own, FIRST, FIRST)
        rest(window)
        assert sheet.told.shape.mark is Mark.GOOD
        # F12 goes before a question: nothing of it stays.
        QTest.keyClick(window, Qt.Key.Key_F12)
        rest(window)
        assert window.covered
        assert not sheet.is_open
        answer_door = window.door.password.editor
        QTest.keyClicks(answer_door, FIRST)
        QTest.keyClick(answer_door, Qt.Key.Key_Return)
        rest(window)
        assert not window.covered


def test_the_security_administrator_looks_after_people(
    qtbot: QtBot, counter: Counter, rest: Rest
) -> None:
    desk = counter.desk
    sit(desk, Role.SECURITY)
    with open_window_over(desk, qtbot, rest) as window:
        window.go("staff", {})
        rest(window)
        page = window.page
        assert isinstance(page, StaffPage)
        assert page.shares.isVisible()
        # A training desk has no key of its own.
        assert not page.shares_button.isVisible()
        QTest.keyClick(window, Qt.Key.Key_F8)
        assert not window.sheet.is_open
        before = page.model.rowCount()
        QTest.keyClick(window, Qt.Key.Key_N, CTRL)
        assert QApplication.focusWidget() is page.name_box.editor
        QTest.keyClicks(page.name_box.editor, "Yangli Xin")
        QTest.keyClick(page.name_box.editor, Qt.Key.Key_Return)
        QTest.keyClick(page.number.editor, Qt.Key.Key_Return)
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_2)
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
        assert QApplication.focusWidget() is page.password.editor
        for box in (page.password, page.again):
            QTest.keyClicks(box.editor, "12345678")
        press(window, Qt.Key.Key_F9, rest)
        assert "password.too-weak" in page.fault.code.text()
        for box in (page.password, page.again):
            QTest.keyClicks(box.editor, FIRST)
        press(window, Qt.Key.Key_F9, rest)
        assert page.told.isVisible()
        assert page.model.rowCount() == before + 1
        assert not any(box.text() for box in page._boxes), "no password stays in a box"
        added = off(desk.staff.everyone)[-1]
        assert (added.name, added.role) == ("Yangli Xin", Role.SUPERVISOR)
        page.table.selectRow(before)
        for active in (False, True):
            QTest.keyClick(page.table, Qt.Key.Key_4)
            assert page._act is not None
            press(window, Qt.Key.Key_F9, rest)
            assert off(desk.staff.everyone)[-1].active is active
        # Nobody acts on their own entry but for the number, and it is said why.
        actor = desk.signed_in()
        assert actor is not None
        own = page.model.find(actor.id)
        assert own is not None
        page.table.selectRow(own)
        QTest.keyClick(page.table, Qt.Key.Key_1)
        assert page._act is None
        assert page.why.text()


def test_new_recovery_shares_are_shown_once_by_keys_alone(
    qtbot: QtBot, tmp_path: Path, rest: Rest
) -> None:
    house, folder = house_of(tmp_path, "shares"), tmp_path / DESK
    old = off(lambda: set_up(folder, first_run(), house)).shares
    name, password = NAMES[Role.SECURITY], PASSWORDS[Role.SECURITY]
    options = Options(data=folder, training=False, entry=Entry(name, lambda: password))

    def makes(window: MainWindow) -> list[str]:
        QTest.keyClick(window, Qt.Key.Key_F8)
        assert window.sheet.is_open
        QTest.keyClicks(window.sheet.own_password.editor, password)
        QTest.keyClick(window.sheet.own_password.editor, Qt.Key.Key_Return, CTRL)
        rest(window)
        return [share.text().replace("\n", "-") for share in page.made.shares]

    with desk_of(options, house) as desk, open_window_over(desk, qtbot, rest) as window:
        window.go("staff", {})
        rest(window)
        page = window.page
        assert isinstance(page, StaffPage)
        assert page.shares.shape.mark is Mark.GOOD
        first = makes(window)
        assert all(first) and page.made.isVisible()
        # Nobody goes away from them by mistake.
        QTest.keyClick(window, Qt.Key.Key_Escape)
        window.go("home", {})
        press(window, Qt.Key.Key_F9, rest)
        assert window.page is page and page.made.shown
        assert page.can_leave() in window.notice.word.text()
        # Whoever comes to a locked desk does not see them.
        QTest.keyClick(window, Qt.Key.Key_F12)
        rest(window)
        assert window.covered and not any(share.text() for share in page.made.shares)
        QTest.keyClicks(window.door.password.editor, password)
        QTest.keyClick(window.door.password.editor, Qt.Key.Key_Return)
        rest(window)
        assert page.shares_told.shape.mark is Mark.ATTENTION
        second = makes(window)
        assert not set(first) & set(second)
        assert QApplication.focusWidget() is page.made.written
        QTest.keyClick(page.made.written, Qt.Key.Key_Space)
        press(window, Qt.Key.Key_F9, rest)
        assert page.shares_told.shape.mark is Mark.GOOD and page.can_leave() == ""
        assert not any(share.text() for share in page.made.shares)

    def recovers(shares: Sequence[str]) -> SetUp:
        return off(lambda: recover(folder, Realm.LIVE, shares, name, "new.start-77", house=house))

    for dead in (old[:2], first[:2]):
        with pytest.raises(ShareOfAnotherSet):
            recovers(dead)
    assert recovers(second[1:]).shares


def test_who_only_looks_at_the_staff_changes_nothing(qtbot: QtBot, counter: Counter, rest: Rest) -> None:
    sit(counter.desk, Role.SUPERVISOR)
    with open_window_over(counter.desk, qtbot, rest) as window:
        window.go("staff", {})
        rest(window)
        page = window.page
        assert isinstance(page, StaffPage)
        assert page.model.rowCount() > 1
        assert not page.add_button.isVisible()
        assert not page.keys_frame.isVisible(), (
            "the ways to the records are the security administrator's"
        )
        assert not any(button.isVisible() for button in page.buttons.values())
        QTest.keyClick(page.table, Qt.Key.Key_1)
        QTest.keyClick(page.table, Qt.Key.Key_N, CTRL)
        assert page._act is None
        assert "安全管理员" in page.why.text()


@after("lost 1")
def test_the_audit_is_asked_by_person_kind_day_and_card(
    qtbot: QtBot, counter: Counter, rest: Rest
) -> None:
    card = counter.lost(1)
    sit(counter.desk, Role.AUDIT)
    with open_window_over(counter.desk, qtbot, rest) as window:
        window.go("audit", {})
        rest(window)
        page = window.page
        assert isinstance(page, AuditPage)

        def asked(**typed: str) -> list[object]:
            page.filters.clear()
            for name, text in typed.items():
                editor = page.filters.edit(f"audit.{name}").editor
                editor.setText(text)
                editor.textEdited.emit(text)
            qtbot.waitUntil(lambda: not page.filters._rest.isActive())
            rest(window)
            return [page.model.row(page.model.index(n, 0)) for n in range(page.model.rowCount())]

        every = asked()
        number = next(row.number for row in every if row.case_id == card and row.number)
        of_card = asked(about=number)
        assert {row.case_id for row in of_card} == {card}
        assert 1 < len(of_card) < len(every)
        clerk = next(row.actor for row in of_card)
        assert {row.actor for row in asked(who=page._names[clerk])} == {clerk}
        assert {row.kind for row in asked(kind="卡状态")} == {"card"}
        assert asked(day="19990101") == []
        assert page.table.accessibleDescription()
        QTest.keyClick(window, Qt.Key.Key_Escape)
        rest(window)
        assert page.model.rowCount() == len(every)
        # Enter on a row: all that is recorded of what it speaks of.
        page.table.selectRow(next(n for n, row in enumerate(every) if row.case_id == card))
        QTest.keyClick(page.table, Qt.Key.Key_Return)
        rest(window)
        assert page.model.rowCount() == len(of_card)


def test_a_chain_that_is_not_whole_is_told_to_whoever_works_here(
    qtbot: QtBot, folder: Path, workplaces: Workplaces, rest: Rest
) -> None:
    workplaces.copy(folder)

    def tamper() -> None:
        room = open_room(Options(data=folder), House(cost=CHEAP))
        room.store.call(
            lambda store: store._database.execute_sql(
                "UPDATE audit SET actor = 'nobody' WHERE seq = (SELECT MAX(seq) FROM audit)"
            )
        )
        room.store.close()

    thread = threading.Thread(target=tamper)
    thread.start()
    thread.join()
    with training_desk(folder, sit=True) as desk, open_window_over(desk, qtbot, rest) as window:
        home = window.page
        assert isinstance(home, HomePage)
        assert home.alarm.isVisible()
        assert "audit.broken" in home.alarm.code.text()
        assert home.alarm.remedy.text(), "what is to be done"
        window.sign_out()
        rest(window)
        sit(desk, Role.AUDIT)
        actor = desk.signed_in()
        assert actor is not None
        window.entered(actor)
        rest(window)
        window.go("audit", {})
        rest(window)
        page = window.page
        assert isinstance(page, AuditPage)
        assert page.alarm.isVisible()
        assert "内容被改动" in page.alarm.found.text()
        assert page.chain.shape.mark is Mark.STOP


@pytest.mark.parametrize("role", PEOPLE)
def test_every_entry_of_a_role_has_a_key_of_its_own(role: Role) -> None:
    permissions = load_permissions()
    entries = entries_for(lambda act: permissions.level(act, role))
    assert 1 < len(entries) <= len(KEYS)
    assert len(set(KEYS)) == len(KEYS)


def test_home_says_nothing_of_a_chain_that_is_whole(window: MainWindow) -> None:
    home = window.page
    assert isinstance(home, HomePage)
    assert not home.alarm.isVisible()
