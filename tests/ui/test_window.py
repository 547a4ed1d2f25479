"""The frame: its badge, its strip, names for who does not see, keys, both languages and themes."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QTableView, QWidget
from pytestqt.qtbot import QtBot

from app.devices.ports import ReaderGone
from app.domain.application import Realm
from app.ui.application import show
from app.ui.main_window import MainWindow
from app.ui.navigation import PAGES
from app.ui.pages.home import HomePage
from app.ui.theme import DARK, LIGHT, Theme, apply_theme, style_sheet
from app.ui.widgets.basic import RowButton
from app.ui.widgets.marks import StateLabel, StateMark
from app.workflow.views import DeviceRole, Mark
from tests.ui.fake_desk import FakeDesk

Rest = Callable[[MainWindow], None]
Open = Callable[..., MainWindow]
UI = Path(__file__).resolve().parents[2] / "app" / "ui"


@pytest.fixture
def walked(desk: FakeDesk, rest: Rest, elsewhere: Callable[..., Any]) -> Callable[[MainWindow], None]:
    return lambda window: pages_walked(window, desk, rest, elsewhere)


def pages_walked(window: MainWindow, desk: FakeDesk, rest: Rest, elsewhere: Callable[..., Any]) -> None:
    """Fill every page once, so that what is built on demand is there too."""
    application = elsewhere(desk.enrol, 0)
    elsewhere(desk.leave_open, 3)
    for name, params in (
        ("home", {}),
        ("enrol", {"read": True}),
        ("queue", {}),
        ("cases", {}),
        ("issue", {"application_id": application}),
    ):
        window.go(name, params)
        rest(window)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_control_has_a_name(
    language: str, open_window: Open, desk: FakeDesk, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    window = open_window(language)
    pages_walked(window, desk, rest, elsewhere)
    checked = 0
    for widget in window.findChildren(QWidget):
        reachable = widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        control = isinstance(widget, (QAbstractButton, QLineEdit, QTableView, StateMark, StateLabel))
        if not (control or (reachable and type(widget).__module__.startswith("app."))):
            continue
        if widget.objectName().startswith("qt_") or type(widget).__name__ == "QTableCornerButton":
            continue
        if isinstance(widget, (StateMark, StateLabel, RowButton)) and not widget.isVisible():
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        name = interface.text(QAccessible.Text.Name) if interface is not None else ""
        assert name.strip(), f"{type(widget).__name__} {widget.objectName()} in {widget.parent()}"
        checked += 1
    assert checked > 80


@pytest.mark.parametrize("language", ["zh", "en"])
def test_tab_reaches_every_control_of_a_page_and_comes_round(
    language: str, open_window: Open, desk: FakeDesk, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    window = open_window(language)
    pages_walked(window, desk, rest, elsewhere)
    for name in ("home", "enrol", "queue", "cases"):
        window.go(name, {})
        rest(window)
        wanted = {
            widget
            for widget in window.page.findChildren(QWidget)
            if isinstance(widget, (QAbstractButton, QLineEdit, QTableView))
            and widget.isVisible()
            and widget.isEnabled()
            and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        }
        reached: set[QWidget] = set()
        for _ in range(150):
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
            reached.add(QApplication.focusWidget())
        assert wanted <= reached, (name, [w.accessibleName() for w in wanted - reached])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_text_is_cut_off(
    language: str, open_window: Open, walked: Callable[..., None], rest: Rest
) -> None:
    window = open_window(language)
    walked(window)
    pages = ("home", "enrol", "queue", "cases", "issue")
    for size, name in itertools.product(((1366, 768), (1024, 700)), pages):
        window.resize(*size)
        window.go(name, {})
        rest(window)
        QApplication.processEvents()
        for widget in window.findChildren(QWidget):
            if not isinstance(widget, (QLabel, QAbstractButton)) or not widget.isVisible():
                continue
            wraps = isinstance(widget, QLabel) and widget.wordWrap()
            needed = widget.fontMetrics().horizontalAdvance(widget.text())
            assert wraps or needed <= widget.width() + 1, (name, widget.text(), widget.width(), needed)
            assert widget.height() + 1 >= min(widget.sizeHint().height(), 18), (name, widget.text())


def test_the_badge_stands_on_every_page_of_training(window: MainWindow, rest: Rest) -> None:
    for name in PAGES:
        window.go(name, {})
        rest(window)
        assert window.badge.isVisible()
        assert window.badge.text() == "训练 · 模拟"
        assert "训练 · 模拟" in window.windowTitle()


def test_a_live_desk_has_no_badge_and_real_devices_say_nothing(
    desk: FakeDesk, open_window: Open, rest: Rest
) -> None:
    desk.realm, desk.simulated = Realm.LIVE, False
    window = open_window()
    rest(window)
    assert not window.badge.isVisible()
    assert "[" not in window.windowTitle()
    assert not window.pages["enrol"].training_button.isVisibleTo(window.pages["enrol"])


def test_the_strip_is_the_devices_truth(window: MainWindow, desk: FakeDesk, rest: Rest) -> None:
    def shown() -> list[StateLabel]:
        return [window._dots.itemAt(n).widget() for n in range(window._dots.count())]

    assert [dot.shape.mark for dot in shown()] == [Mark.GOOD] * 4
    desk.device_marks = {DeviceRole.CARD_PRINTER: Mark.STOP}
    window.ask_devices()
    rest(window)
    assert [dot.shape.mark for dot in shown()] == [Mark.GOOD, Mark.GOOD, Mark.GOOD, Mark.STOP]
    gone = window.messages.text(ReaderGone.cause, role="card")
    assert shown()[3].accessibleName() == f"卡打印机: {gone}"
    home = window.pages["home"]
    assert gone in [label.word.text() for label in home.findChildren(StateLabel)]


def test_what_happened_stays_until_it_is_seen(window: MainWindow) -> None:
    happenings = window.context.happenings
    happenings.add(Mark.GOOD, "first")
    happenings.add(Mark.STOP, "second")
    assert window._happened.text() == "second  +1"
    QTest.keyClick(window, Qt.Key.Key_0, Qt.KeyboardModifier.AltModifier)
    assert window._happened.text() == "first"
    QTest.mouseClick(window._happened, Qt.MouseButton.LeftButton)
    assert not window._happened.isVisible()


def test_the_first_page_counts_what_waits(
    window: MainWindow, desk: FakeDesk, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    page = window.pages["home"]
    assert isinstance(page, HomePage)
    assert (page.to_make.number.text(), page.to_make_button.isEnabled()) == ("0", False)
    elsewhere(desk.enrol, 0)
    elsewhere(desk.leave_open, 3)
    QTest.keyClick(window, Qt.Key.Key_F5)
    rest(window)
    assert page.to_make.number.text() == "1"
    assert page.open_cases.number.text() == "1"
    QTest.keyClick(window, Qt.Key.Key_F2)
    rest(window)
    assert window.page.name == "enrol"
    assert "read_identity" in desk.calls


def test_no_sentence_is_left_in_english(
    open_window: Open, desk: FakeDesk, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    window = open_window("zh")
    pages_walked(window, desk, rest, elsewhere)
    allowed = {
        "SAM",
        "ABO",
        "Rh",
        "F2",
        "F4",
        "F6",
        "F9",
        "Esc",
        "Ctrl",
        "Enter",
        "YYYYMMDD",
        "KT",
        "SECURED",
    }
    for widget in window.findChildren(QWidget):
        if isinstance(widget, (QLabel, QAbstractButton)):
            for word in "".join(
                c if c.isascii() and c.isalpha() else " " for c in widget.text()
            ).split():
                known = word in allowed or word.isupper() or len(word) == 1
                assert known, f"{word!r} in {widget.text()!r}"


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_text_keeps_its_contrast(theme: Theme) -> None:
    """WCAG 2.1, 1.4.3: 4.5 to 1 for text, 3 to 1 for shapes (1.4.11)."""
    for ground in (theme.ground, theme.surface):
        for ink in (theme.text, theme.muted, theme.accent, theme.stop, theme.attention, theme.good):
            assert contrast(ink, ground) >= 4.5, (ink, ground)
        # What bounds a box that is typed into or ticked.
        assert contrast(theme.strong_line, ground) >= 3
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert contrast(theme.on_training, theme.training) >= 4.5
    assert contrast(theme.accent, theme.accent_soft) >= 4.5
    assert contrast(theme.attention, theme.attention_soft) >= 4.5
    assert contrast(theme.text, theme.stop_soft) >= 4.5


def contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = []
        for part in QColor(colour).getRgbF()[:3]:
            parts.append(part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4)
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_drawings_follow_the_theme_of_the_running_window(window: MainWindow, qapp: QApplication) -> None:
    def inks() -> set[str]:
        image = window._entries["enrol"].icon().pixmap(20, 20).toImage()
        dots = [(x, y) for x in range(image.width()) for y in range(image.height())]
        return {
            image.pixelColor(*at).name().upper() for at in dots if image.pixelColor(*at).alpha() == 255
        }

    seen = []
    for theme in (DARK, LIGHT):
        apply_theme(qapp, theme)
        QApplication.processEvents()
        seen.append(theme.text in inks())
    assert seen == [True, True]


def test_both_themes_dress_the_running_window(window: MainWindow, qapp: QApplication) -> None:
    seen = set()
    for theme in (LIGHT, DARK):
        apply_theme(qapp, theme)
        QApplication.processEvents()
        image = window.grab().toImage()
        seen.add(image.pixelColor(image.width() // 2, 70).name().upper())
        assert qapp.styleSheet() == style_sheet(theme)
    assert seen == {LIGHT.ground, DARK.ground}


def test_colours_live_in_the_theme_alone() -> None:
    for path in UI.rglob("*.py"):
        if path.name == "theme.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not (node.value.startswith("#") and len(node.value) == 7), (path.name, node.value)


def test_files_of_the_window_stay_small() -> None:
    for path in UI.rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 600, path.name


def test_no_page_opens_a_dialog_in_the_normal_flow() -> None:
    for path in UI.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "QMessageBox" not in text, path.name
        assert ".exec()" not in text.replace("return app.exec()", ""), path.name


def test_a_device_question_is_never_asked_twice_at_a_time(
    qtbot: QtBot, window: MainWindow, desk: FakeDesk, rest: Rest
) -> None:
    before = desk.calls.count("devices")
    window.ask_devices()
    window.ask_devices()
    window.ask_devices()
    rest(window)
    assert desk.calls.count("devices") == before + 1


def test_building_the_pages_opens_no_window_of_its_own(
    window: MainWindow, desk: FakeDesk, rest: Rest, elsewhere: Callable[..., Any]
) -> None:
    """A part made visible before it has a parent would flash up alone and take the keys."""
    before = set(QApplication.topLevelWidgets())
    pages_walked(window, desk, rest, elsewhere)
    new = [w for w in QApplication.topLevelWidgets() if w not in before and w.isVisible()]
    assert new == []
    assert QApplication.activeWindow() is window


def test_the_window_takes_screen_and_keys_where_nobody_manages_windows(
    open_window: Open, qtbot: QtBot
) -> None:
    window, other = open_window(), QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is other)
    window.showNormal()
    window.resize(600, 400)
    show(window)
    assert window.size() == window.screen().availableSize()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
