"""A person's page over the real training desk: whole only when asked, why not, papers again, by keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain.audit import AuditKind, AuditQuery
from app.domain.card import CardState
from app.ui.main_window import MainWindow
from app.ui.messages import grouped
from app.ui.pages.hand_over import HandOverPage
from app.ui.pages.loss import LossPage, Phase
from app.ui.pages.resident import ResidentPage
from app.workflow.card_views import CardAct
from app.workflow.views import Mark
from tests.ui.at_the_counter import Counter, SlowCards, off, open_window_over
from tests.ui.conftest import PATIENCE_MS
from tests.ui.real_desk import after

Rest = Callable[[MainWindow], None]


@pytest.fixture
def window(qtbot: QtBot, counter: Counter, rest: Rest) -> Iterator[MainWindow]:
    with open_window_over(counter.desk, qtbot, rest) as made:
        yield made


def open_page(window: MainWindow, rest: Rest, **who: str) -> ResidentPage:
    window.go("resident", dict(who))
    rest(window)
    assert isinstance(window.page, ResidentPage)
    return window.page


def recorded(counter: Counter) -> int:
    """How often a whole number was shown, as the audit has it."""
    query = AuditQuery(kind=AuditKind.UNMASK)
    return len(off(lambda: counter.desk._parts.audit._log.page(query)))


@after("made 1")
def test_the_number_is_whole_only_after_a_key_that_is_recorded(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.made(1)
    page = open_page(window, rest, card_id=card)
    number = counter.number(1)
    assert page.number.text() == f"{number[:6]}********{number[-4:]}"
    before = recorded(counter)
    QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    rest(window)
    assert page.number.text() == grouped(number)
    after = recorded(counter)
    assert after == before + 1
    QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    rest(window)
    assert recorded(counter) == after
    window.go("home", {})
    rest(window)
    again = open_page(window, rest, card_id=card)
    assert "****" in again.number.text()
    assert recorded(counter) == after


@after("made 1")
def test_a_card_that_waits_leads_to_its_hand_over_by_one_key(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.made(1)
    page = open_page(window, rest, card_id=card)
    assert page.name_label.text() == counter.value(1, "name")
    assert page.photo.filled
    assert [point.state for point in page.life.points] == [CardState.MAKING, CardState.READY]
    assert [point.present for point in page.life.points] == [False, True]
    assert window.messages.text("now") in page.life.accessibleDescription()
    assert page.card_state.shape.mark is Mark.WAITING
    QTest.keyClick(window, Qt.Key.Key_F10)
    rest(window)
    assert isinstance(window.page, HandOverPage)
    assert window.page.person.name.text() == counter.value(1, "name")


@after("made 1")
def test_what_can_not_be_done_keeps_its_place_and_says_why(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    page = open_page(window, rest, card_id=counter.made(1))
    button = page.actions.button(CardAct.REPORT_LOSS)
    assert button is not None
    assert not button.action.possible
    assert button.isEnabled()
    button.setFocus()
    assert window.focusWidget() is button, "a keyboard reaches it, and a screen reader reads why"
    assert button.accessibleDescription() == button.why != ""
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert window.page is page
    assert page.fault.cause.text() == button.why
    QTest.keyClick(button, Qt.Key.Key_Up)
    assert window.focusWidget() is not button


@after("in-use 1")
def test_a_digit_leads_to_the_act(window: MainWindow, counter: Counter, rest: Rest) -> None:
    page = open_page(window, rest, card_id=counter.in_use(1))
    wanted = [one.action.act for one in page.actions.buttons].index(CardAct.REPORT_LOSS) + 1
    page.actions.focus_first()
    QTest.keyClicks(window.focusWidget(), str(wanted))
    rest(window)
    loss = window.page
    assert isinstance(loss, LossPage)
    assert loss.act_chosen is CardAct.REPORT_LOSS
    assert loss.phase is Phase.FORM


@after("reissued 1")
def test_earlier_cards_papers_fees_and_what_happened(
    window: MainWindow, counter: Counter, folder: Path, rest: Rest
) -> None:
    old, order = counter.reissued(1)
    page = open_page(window, rest, application_id=order.application_id)
    assert page.card_head.text().endswith(page.view.cards[0].number)
    assert page.pending.isVisible()
    assert "20.00" in page.pending_told.word.text()
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert page.orders.rowCount() == 2
    assert page.cases.rowCount() == 1
    QTest.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    assert page.fees.rowCount() == 2
    QTest.keyClick(window, Qt.Key.Key_5, Qt.KeyboardModifier.ControlModifier)
    happened = [page.events.index(n, 1).data() for n in range(page.events.rowCount())]
    assert len(happened) == len(page.view.cards[0].events)
    QTest.keyClick(window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert window.focusWidget() is page.papers_table
    assert page.papers.rowCount() == 3
    QTest.keyClick(page.papers_table, Qt.Key.Key_Return)
    rest(window)
    assert page.paper_view.pages[0].filled
    QTest.keyClick(window, Qt.Key.Key_F7)
    rest(window)
    QTest.keyClick(window, Qt.Key.Key_F7)
    rest(window)
    printed = [path.name for path in (folder / "papers").iterdir()]
    assert len(printed) == 1
    assert "copy" not in printed[0], "nobody printed it before: this is its original"
    QTest.keyClick(page.paper_view.print_button, Qt.Key.Key_Space)
    rest(window)
    printed = [path.name for path in (folder / "papers").iterdir()]
    assert len(printed) == 2
    assert any("copy1" in name for name in printed), "a paper printed again says that it is a copy"
    assert old == page.view.cards[0].id


@after("made 1", "made 2")
def test_a_late_answer_about_another_person_is_dropped(
    qtbot: QtBot, window: MainWindow, counter: Counter, rest: Rest
) -> None:
    first, second = counter.made(1), counter.made(2)
    open_page(window, rest, card_id=second)
    slow = SlowCards(counter.desk.cards)
    counter.desk.cards = slow
    slow.gate.clear()
    window.go("resident", {"card_id": first})
    qtbot.waitUntil(slow.asked.is_set, timeout=PATIENCE_MS)
    page = window.page
    assert isinstance(page, ResidentPage)
    assert page.name_label.text() == "", "the person before is gone at once"
    window.go("resident", {"card_id": second})
    slow.gate.set()
    rest(window)
    assert page.name_label.text() == counter.value(2, "name")
    assert page.view.cards[0].id == second


@after("made 1", "made 2")
def test_a_number_asked_for_one_person_is_not_shown_on_another(
    qtbot: QtBot, window: MainWindow, counter: Counter, rest: Rest
) -> None:
    first, second = counter.made(1), counter.made(2)
    page = open_page(window, rest, card_id=first)
    slow = SlowCards(counter.desk.cards)
    counter.desk.cards = slow
    slow.gate.clear()
    QTest.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(slow.asked.is_set, timeout=PATIENCE_MS)
    window.go("resident", {"card_id": second})
    slow.gate.set()
    rest(window)
    assert "****" in page.number.text()
    assert page.number.text().endswith(counter.number(2)[-4:])
