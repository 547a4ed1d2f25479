"""Losses, their end, new cards and the end of old ones, by keys alone, over the real training desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from app.domain.card import CardEventKind, CardState
from app.domain.desk_rules import Question
from app.ui.main_window import MainWindow
from app.ui.pages.cases import CasesPage
from app.ui.pages.correct import CorrectPage
from app.ui.pages.issue import IssuePage
from app.ui.pages.issue import Phase as Making
from app.ui.pages.loss import LossPage, Phase
from app.ui.pages.till import TillPage
from app.workflow.card_views import CardAct
from app.workflow.views import Mark
from tests.ui.at_the_counter import Counter, card_of, off, open_window_over, press, seen, type_on
from tests.ui.real_desk import after

Rest = Callable[[MainWindow], None]
PHONE = "13900002222"


@pytest.fixture
def window(qtbot: QtBot, counter: Counter, rest: Rest) -> Iterator[MainWindow]:
    with open_window_over(counter.desk, qtbot, rest) as made:
        yield made


def page_of(window: MainWindow) -> LossPage:
    assert isinstance(window.page, LossPage)
    return window.page


def find(window: MainWindow, name: str, rest: Rest) -> LossPage:
    """Look for the holder as a clerk does."""
    window.go("loss", {})
    rest(window)
    page = page_of(window)
    assert window.focusWidget() is page.search.editor
    type_on(window, name)
    rest(window)
    assert page.phase is Phase.CHOOSE
    return page


def choose(window: MainWindow, page: LossPage, digit: str) -> None:
    QTest.keyClicks(window.focusWidget(), digit)
    assert page.phase is Phase.FORM


def record(window: MainWindow, rest: Rest) -> None:
    QTest.keyClick(window, Qt.Key.Key_F10)
    rest(window)


def test_a_loss_in_writing_leads_to_a_new_card_paid_and_made(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.in_use(0, counter.issued(counter.read_in()))
    page = find(window, counter.value(0, "name"), rest)
    choose(window, page, "2")
    type_on(window, "")  # what became of it: lost
    type_on(window, "")  # since when: now
    type_on(window, counter.number(0))
    QTest.keyClick(page.area.visitor.seen, Qt.Key.Key_Space)
    record(window, rest)
    assert page.phase is Phase.DONE
    assert card_of(counter, card).state is CardState.LOST
    number = card_of(counter, card).events[-1].number
    assert number is not None
    assert number in page.hands.text()
    assert page.paper.pages[0].filled
    press(window, Qt.Key.Key_F9, rest)  # it leads to the new card
    assert page.act_chosen is CardAct.REISSUE
    assert page.phase is Phase.FORM
    assert "20.00" in page.area.reissue.fee.word.text()
    assert "sample/lost/2017-04-01" in page.area.reissue.rule.text()
    # Whoever reported the loss still stands there: nothing is typed again.
    assert page.area.visitor.visitor().number == counter.number(0)
    record(window, rest)
    assert page.phase is Phase.DONE
    assert card_of(counter, card).state is CardState.DEAD
    assert [paper.template for paper in page.paper._papers] == ["acceptance-receipt", "temporary-proof"]
    assert "20.00" in page.primary_button.text()
    assert not page.notice.isVisible()
    dues = off(counter.desk.till.dues)
    assert len(dues) == 1
    off(lambda: counter.desk.till.open_shift(0) if counter.desk.till.view() is None else None)
    press(window, Qt.Key.Key_F9, rest)
    till = window.page
    assert isinstance(till, TillPage)
    assert till.due.due is not None
    assert till.due.due.application_id == dues[0].application_id
    assert page.area.visitor.visitor().number == "", "nothing of the visitor stays"
    press(window, Qt.Key.Key_F6, rest)
    window.go("issue", {"application_id": dues[0].application_id})
    rest(window)
    making = window.page
    assert isinstance(making, IssuePage)
    press(window, Qt.Key.Key_F6, rest)
    assert making.phase is Making.DONE
    view = off(lambda: counter.desk.cards.resident(card_id=card))
    assert view.card is not None
    assert view.card.issue_count == 2
    assert view.card.state is CardState.READY


@after("lost 1")
def test_what_has_changed_is_corrected_on_the_form_of_enrolment(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.lost(1)
    page = find(window, counter.value(1, "name"), rest)
    choose(window, page, "4")
    boxes = page.area.reissue

    def correct(path: str, text: str) -> None:
        press(window, Qt.Key.Key_F8, rest)
        form = window.page
        assert isinstance(form, CorrectPage)
        assert window.focusWidget() is form.form.edit("name").editor
        with pytest.raises(KeyError):
            form.form.edit("consent")  # who applies and what was signed is asked for beside the order
        form.jump(path)
        QTest.keyClicks(form.form.edit(path).editor, text)
        press(window, Qt.Key.Key_F6, rest)

    # Esc leaves what was typed there behind; a fault is shown there, and nothing is taken over.
    press(window, Qt.Key.Key_F8, rest)
    QTest.keyClicks(window.focusWidget(), "x")
    press(window, Qt.Key.Key_Escape, rest)
    assert window.page is page
    assert boxes.draft is None
    correct("phones.0", "12")
    assert isinstance(window.page, CorrectPage)
    window.page.jump("phones.0")
    QTest.keyClicks(window.page.form.edit("phones.0").editor, "19912345678")
    press(window, Qt.Key.Key_F6, rest)
    assert window.page is page
    assert "本人电话" in boxes.changes.word.text()
    assert boxes.changes.shape.mark is not Mark.ATTENTION
    # A name that no document said waits for a second person, and that is told before.
    correct("name", "Yangli Gaiming")
    assert boxes.changes.shape.mark is Mark.ATTENTION
    assert "第二人" in boxes.changes.word.text()
    seen(page.area.visitor, window, counter.number(1))
    record(window, rest)
    assert page.phase is Phase.DONE
    assert page.notice.isVisible()
    view = off(lambda: counter.desk.cards.resident(card_id=card))
    (waits,) = off(counter.desk.approvals.waiting)
    assert waits.name == "Yangli Gaiming"
    shown = off(lambda: counter.desk.approvals.application(waits.id))
    assert shown.before == {"name": counter.value(1, "name"), "phones.0": counter.value(1, "phones.0")}
    assert view.orders[0].id == waits.id


@after("lost 1")
def test_an_order_of_a_typed_identity_says_that_it_waits_for_approval(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    counter.lost(1)
    page = find(window, counter.value(1, "name"), rest)
    choose(window, page, "4")
    seen(page.area.visitor, window, counter.number(1))
    record(window, rest)
    assert page.phase is Phase.DONE
    assert page.notice.isVisible()
    assert window.messages.word("application-state", "to-approve") in page.notice.word.text()


@after("in-use 1")
def test_a_loss_by_telephone_asks_questions_and_shows_no_answer(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.in_use(1)
    page = find(window, counter.value(1, "name"), rest)
    choose(window, page, "1")
    type_on(window, "2")
    area = page.area
    assert area.by_phone
    assert not page.read_button.isVisible()
    assert not area.visitor.seen.isVisible()
    for question in Question:
        assert area.questions.edit(f"question.{question.value}").editor.text() == ""
    born = counter.value(1, "birth_date")
    assert born not in page.person.facts.text()
    type_on(window, "")
    type_on(window, "")
    type_on(window, PHONE)
    type_on(window, counter.value(1, "name"))
    type_on(window, "")
    type_on(window, "")
    type_on(window, "19000101")
    record(window, rest)
    assert "loss.answers-not-enough" in page.fault.code.text()
    assert card_of(counter, card).state is CardState.IN_USE
    box = area.questions.edit("question.birth-date").editor
    box.setFocus()
    box.selectAll()
    type_on(window, born)
    record(window, rest)
    assert page.phase is Phase.DONE
    lost = card_of(counter, card)
    assert lost.state is CardState.PROVISIONALLY_LOST
    assert lost.lapses_ms is not None
    assert window.messages.moment(lost.lapses_ms) in page.person.lapses.text()


@after("lost-for-now 1")
def test_a_lost_card_is_found_by_the_number_on_its_slip(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.lost(1, provisional=True)
    page = find(window, counter.value(1, "name"), rest)
    choose(window, page, "3")
    type_on(window, "L02-0")
    seen(page.area.visitor, window, counter.number(1))
    record(window, rest)
    assert "loss.number-differs" in page.fault.code.text()
    box = page.area.found.edit("loss.number").editor
    assert window.focusWidget() is box
    box.selectAll()
    type_on(window, str(card_of(counter, card).events[-1].number))
    record(window, rest)
    assert page.phase is Phase.DONE
    assert card_of(counter, card).state is CardState.IN_USE


@after("in-use 1")
def test_an_act_that_is_not_possible_says_why_by_keyboard(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    counter.in_use(1)
    page = find(window, counter.value(1, "name"), rest)
    button = page.actions.button(CardAct.REISSUE)
    assert button is not None
    assert button.isEnabled(), "it can be reached and heard"
    assert button.why
    assert button.accessibleDescription() == button.why
    QTest.keyClicks(window.focusWidget(), "4")
    assert page.phase is Phase.CHOOSE
    assert page.fault.isVisible()
    assert page.fault.cause.text() == button.why


@after("in-use 1")
def test_keys_pressed_again_and_again_record_one_loss(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card = counter.in_use(1)
    page = find(window, counter.value(1, "name"), rest)
    choose(window, page, "2")
    seen(page.area.visitor, window, counter.number(1))
    for _ in range(4):
        QTest.keyClick(window, Qt.Key.Key_F10)
    rest(window)
    for _ in range(3):
        QTest.keyClick(window, Qt.Key.Key_F10)
        QTest.keyClick(window.focusWidget(), Qt.Key.Key_Return)
    rest(window)
    kinds = [event.kind for event in card_of(counter, card).events]
    assert kinds.count(CardEventKind.REPORT_LOSS) == 1
    assert kinds[-1] is CardEventKind.REPORT_LOSS
    assert page.phase is Phase.DONE


@after("in-use 1")
@pytest.mark.parametrize("typed", ["2026", "202613011200", "20261301"])
def test_a_time_that_is_none_is_refused_in_its_box(
    window: MainWindow, counter: Counter, rest: Rest, typed: str
) -> None:
    card = counter.in_use(1)
    page = find(window, counter.value(1, "name"), rest)
    choose(window, page, "2")
    type_on(window, "")
    type_on(window, typed)
    seen(page.area.visitor, window, counter.number(1))
    record(window, rest)
    assert "date" in page.fault.code.text()
    assert window.focusWidget() is page.area.report.edit("loss.since").editor
    assert card_of(counter, card).state is CardState.IN_USE


def block_page(window: MainWindow, counter: Counter, card: str, rest: Rest) -> LossPage:
    """The found old card on the reader: F5 leads to its blocking."""
    window.go("loss", {})
    rest(window)
    press(window, Qt.Key.Key_F5, rest)
    page = page_of(window)
    assert page.act_chosen is CardAct.BLOCK
    assert page._card is not None
    assert page._card.id == card
    return page


def confirm(window: MainWindow, password: str, rest: Rest) -> None:
    """The clerk's own password, then the deliberate key."""
    sheet = window.sheet
    assert sheet.is_open
    QTest.keyClicks(sheet.own_password.editor, password)
    QTest.keyClick(sheet.own_password.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    rest(window)


def password_of(counter: Counter) -> str:
    actor = counter.desk.signed_in()
    return next(one.password for one in counter.desk.sign_in.made_up() if one.name == actor.name)


@after("reissued 1")
def test_a_found_old_card_is_blocked_after_the_clerks_password_and_taken_back(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card, _order = counter.reissued(1)
    page = block_page(window, counter, card, rest)
    assert not page.primary_button.isVisible()
    for key in (Qt.Key.Key_F10, Qt.Key.Key_Return):
        QTest.keyClick(window.focusWidget() or window, key)
        assert not window.sheet.is_open, "what can not be taken back is under no key"
    QTest.keyClick(page.grave_button, Qt.Key.Key_Return)
    assert not window.sheet.is_open
    QTest.keyClick(page.grave_button, Qt.Key.Key_Space)
    confirm(window, "wrong", rest)
    assert window.sheet.is_open
    assert card_of(counter, card).state is CardState.DEAD
    QTest.keyClick(window.sheet.own_password.editor, Qt.Key.Key_Escape)
    assert not window.sheet.is_open
    QTest.keyClick(page.grave_button, Qt.Key.Key_Space)
    confirm(window, password_of(counter), rest)
    assert card_of(counter, card).state is CardState.BLOCKED
    assert page.phase is Phase.DONE
    QTest.keyClick(page.primary_button, Qt.Key.Key_Space)
    assert page.act_chosen is CardAct.RECOVER
    QTest.keyClick(page.grave_button, Qt.Key.Key_Space)
    rest(window)
    assert card_of(counter, card).state is CardState.RECOVERED


def interrupted(counter: Counter, card: str) -> None:
    """A blocking that was begun and of which nobody knows how it ended."""
    from app.domain.card import CardChange  # noqa: PLC0415 - one test's own hand in the store

    def change(unit):
        found = unit.cards.get(card)
        unit.cards.record(
            found, CardChange(CardEventKind.BEGIN_BLOCK, CardState.BLOCKING, valid_ms=unit.at_ms)
        )

    off(lambda: counter.desk._parts.records.durable("begin-block", change))


@after("reissued 1")
def test_an_interrupted_blocking_is_a_case_to_settle(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    card, _order = counter.reissued(1)
    interrupted(counter, card)
    window.go("loss", {})
    rest(window)
    page = page_of(window)
    QTest.keyClick(page.open_blocks.buttons[0], Qt.Key.Key_Space)
    rest(window)
    assert page.act_chosen is CardAct.BLOCK
    assert page.look_button.isVisible()
    QTest.keyClick(page.look_button, Qt.Key.Key_Space)
    rest(window)
    assert card_of(counter, card).state is CardState.DEAD
    assert page.phase is Phase.DONE
    interrupted(counter, card)
    window.go("cases", {})
    rest(window)
    cases = window.page
    assert isinstance(cases, CasesPage)
    QTest.keyClick(cases.table, Qt.Key.Key_Return)
    QTest.keyClick(cases.continue_button, Qt.Key.Key_Space)
    rest(window)
    assert window.page is page
    QTest.keyClick(page.grave_button, Qt.Key.Key_Space)
    confirm(window, password_of(counter), rest)
    assert card_of(counter, card).state is CardState.BLOCKED


@after("in-use 1")
def test_what_was_typed_is_given_up_only_knowingly(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    counter.in_use(1)
    page = find(window, counter.value(1, "name"), rest)
    choose(window, page, "2")
    page.area.visitor.focus_first()
    type_on(window, "4101")
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert page.phase is Phase.FORM
    assert page.notice.isVisible()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert page.phase is Phase.CHOOSE
    assert not page.notice.isVisible()


@after("reissued 1", "reissued 2")
def test_who_authenticated_for_one_card_blocks_no_other(
    window: MainWindow, counter: Counter, rest: Rest
) -> None:
    first, _order = counter.reissued(1)
    second, _other = counter.reissued(2)
    window.go("loss", {"card_id": first, "act": CardAct.BLOCK})
    rest(window)
    page = page_of(window)
    QTest.keyClick(page.grave_button, Qt.Key.Key_Space)
    page._load(second, CardAct.BLOCK)
    rest(window)
    confirm(window, password_of(counter), rest)
    assert card_of(counter, first).state is CardState.DEAD
    assert card_of(counter, second).state is CardState.DEAD


@after("reissued 1")
def test_no_button_of_the_page_is_a_default(window: MainWindow, counter: Counter, rest: Rest) -> None:
    counter.reissued(1)
    window.go("loss", {})
    rest(window)
    buttons = page_of(window).findChildren(QPushButton)
    assert buttons
    assert not any(button.isDefault() or button.autoDefault() for button in buttons)
