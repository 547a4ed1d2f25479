"""The main job on the real composed desk: its store, its chip, its SAM, its printer, simulated devices.

The desk in memory (``fake_desk``) serves only the moments that can not be had otherwise.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.base.catalogue import Catalogue
from app.main import PRINTED
from app.ui.application import make_window
from app.ui.main_window import MainWindow
from app.ui.pages.cases import CasesPage
from app.ui.pages.enrol import EnrolPage
from app.ui.pages.hand_over import HandOverPage
from app.ui.pages.issue import IssuePage, Phase
from app.ui.pages.queue import QueuePage
from app.ui.widgets.marks import StateLabel
from app.workflow.desk import Desk
from app.workflow.views import IssueStep, Mark, StepEvent
from tests.ui.at_the_counter import Counter, press, type_on
from tests.ui.conftest import PATIENCE_MS

Rest = Callable[[MainWindow], None]


@pytest.fixture
def real_desk(counter: Counter) -> Desk:
    return counter.desk


@pytest.fixture
def window(qtbot: QtBot, real_desk: Desk, rest: Rest) -> Iterator[MainWindow]:
    made = make_window(real_desk, Catalogue("zh"))
    made.resize(1366, 768)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    rest(made)
    yield made
    qtbot.waitUntil(lambda: not made.page.can_leave(), timeout=PATIENCE_MS)
    assert made.close() or made.close()
    made.deleteLater()


def enrol(window: MainWindow, rest: Rest) -> EnrolPage:
    """One resident as a clerk does it: the document, then what it does not tell."""
    press(window, Qt.Key.Key_F2, rest)
    page = window.page
    assert isinstance(page, EnrolPage)
    type_on(window, "ceshi jia")
    type_on(window, "po")
    type_on(window, "19900001234")
    # What was signed stands on the paper; the version is chosen at the end of the form.
    page.jump("consent")
    type_on(window, window.context.desk.codes("consent").codes[-1].code)
    return page


def issue_page(window: MainWindow) -> IssuePage:
    assert isinstance(window.page, IssuePage)
    return window.page


def printed(folder: Path) -> list[Path]:
    found = folder / PRINTED
    return sorted(found.iterdir()) if found.exists() else []


def test_a_resident_by_keys_alone_from_the_document_to_the_card(
    window: MainWindow, folder: Path, rest: Rest
) -> None:
    enrolled = enrol(window, rest)
    name = enrolled.draft.value("name").text
    press(window, Qt.Key.Key_F6, rest)
    page = issue_page(window)
    assert page.person.text() == name
    assert page.front.filled
    assert page.back.filled
    seen: list[StepEvent] = []
    press_and_listen(window, page, seen, rest)
    assert page.phase is Phase.DONE
    assert {row.mark for row in page.steps.rows()} == {Mark.GOOD}
    assert [event.step for event in seen if event.mark is Mark.GOOD][-1] is IssueStep.READ_AGAIN
    assert any(event.mark is Mark.WORKING for event in seen), "the steps came live, not at the end"
    assert page.chip.text().endswith("KT-SECURED")
    assert len(printed(folder)) == 2
    # The resident waits: this very card is handed over next.
    press(window, Qt.Key.Key_F10, rest)
    given = window.page
    assert isinstance(given, HandOverPage)
    assert given.person.name.text() == name
    type_on(window, enrolled.draft.value("citizen_id").text)
    QTest.keyClick(given.form.seen, Qt.Key.Key_Space)
    press(window, Qt.Key.Key_F10, rest)
    assert window.focusWidget() is given.slip.print_button, "the cursor is lost to no paper"
    press(window, Qt.Key.Key_F7, rest)
    assert window.focusWidget() is given.slip.print_button
    press(window, Qt.Key.Key_F2, rest)
    assert window.page is enrolled
    assert enrolled.draft.value("name").text not in ("", name)


def press_and_listen(window: MainWindow, page: IssuePage, seen: list[StepEvent], rest: Rest) -> None:
    QTest.keyClick(window, Qt.Key.Key_F6)
    assert page._task is not None
    page._task.progressed.connect(seen.append)
    rest(window)


def test_keys_pressed_again_and_again_make_one_card(
    window: MainWindow, folder: Path, rest: Rest
) -> None:
    enrol(window, rest)
    press(window, Qt.Key.Key_F6, rest)
    for _ in range(5):
        QTest.keyClick(window, Qt.Key.Key_F6)
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    rest(window)
    press(window, Qt.Key.Key_F6, rest)
    assert issue_page(window).phase is Phase.DONE
    assert len(printed(folder)) == 2


def test_the_shift_begins_with_the_sam_unlocked(window: MainWindow, rest: Rest) -> None:
    window.ask_devices()
    rest(window)
    dots = [window._dots.itemAt(n).widget() for n in range(window._dots.count())]
    assert all(isinstance(dot, StateLabel) for dot in dots)
    assert {dot.shape.mark for dot in dots} == {Mark.GOOD}


def test_a_stopped_card_is_settled_and_the_list_shows_what_waits(
    qtbot: QtBot, window: MainWindow, folder: Path, rest: Rest
) -> None:
    enrol(window, rest)
    press(window, Qt.Key.Key_F6, rest)
    page = issue_page(window)
    QTest.keyClick(window, Qt.Key.Key_F6)
    QTest.keyClick(window, Qt.Key.Key_Escape)  # before the first step
    rest(window)
    assert page.phase is Phase.READY
    assert page.fault.isVisible()
    assert printed(folder) == []
    window.go("queue", {})
    rest(window)
    queue = window.page
    assert isinstance(queue, QueuePage)
    assert queue.model.rowCount() == 1
    window.go("cases", {})
    rest(window)
    cases = window.page
    assert isinstance(cases, CasesPage)
    assert cases.model.rowCount() == 1
    QTest.keyClick(cases.table, Qt.Key.Key_Return)
    QTest.keyClick(cases.continue_button, Qt.Key.Key_Space)
    rest(window)
    assert window.page is page
    assert page.phase is Phase.DONE
    assert len(printed(folder)) == 2
    window.go("queue", {})
    rest(window)
    assert queue.model.rowCount() == 0
    QTest.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    rest(window)
    assert queue.model.rowCount() == 1


def test_a_refusal_is_cause_meaning_remedy_and_code(
    window: MainWindow, folder: Path, rest: Rest
) -> None:
    """The printer is gone when its turn comes: the chip is kept, the card finished later."""
    enrol(window, rest)
    press(window, Qt.Key.Key_F6, rest)
    printer = folder / PRINTED
    if printer.exists():
        printer.rmdir()
    printer.write_bytes(b"not a folder")
    press(window, Qt.Key.Key_F6, rest)
    page = issue_page(window)
    assert page.fault.isVisible()
    told = page.fault
    assert all(part.text() for part in (told.cause, told.meaning, told.remedy, told.code))
    assert "printer.unreachable" in told.code.text()
    printer.unlink()
    press(window, Qt.Key.Key_F6, rest)  # the chip is written: the case is settled
    cases = window.page
    assert isinstance(cases, CasesPage)
    QTest.keyClick(cases.continue_button, Qt.Key.Key_Space)
    rest(window)
    assert window.page is page
    assert page.phase is Phase.DONE
    assert not told.isVisible()
    assert len(printed(folder)) == 2


def test_the_window_never_does_the_desks_work(real_desk: Desk, window: MainWindow) -> None:
    """Control: the same calls made here are refused, so that none can slip in."""
    for call in (real_desk.summary, real_desk.open_cases, lambda: real_desk.applications(None, 10)):
        with pytest.raises(RuntimeError, match="window's thread"):
            call()


def test_a_page_that_was_built_is_there_at_once(window: MainWindow, rest: Rest) -> None:
    pages = ("home", "enrol", "queue", "cases", "issue")
    for name in pages:
        window.go(name, {})
        rest(window)
    slowest = 0.0
    for name in pages:
        begun = time.process_time()
        window.go(name, {})
        QApplication.processEvents()
        slowest = max(slowest, time.process_time() - begun)
        rest(window)
    assert slowest < 0.05
