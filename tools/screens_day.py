"""A day's pages for ``screens.py``, each over a copy of one training workplace with a story to it."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QDeadlineTimer, QEventLoop
from PySide6.QtWidgets import QApplication

from app.base.catalogue import Catalogue
from app.domain.audit import ChainFault, ChainProblem
from app.domain.card import CardState
from app.domain.staff import Role
from app.domain.till import PayMethod
from app.domain.visitor import Checked, Visitor
from app.ui.application import make_window
from app.ui.main_window import MainWindow
from app.ui.widgets.own_secret import Secret
from app.workflow.card_views import HandOverForm, LossForm, ReissueForm
from app.workflow.desk import Desk
from app.workflow.views import DraftSource
from tests.ui.real_desk import training_desk
from tools.screens_cards import CardScenes

T = TypeVar("T")
_PATIENCE_MS = 20_000


def wait(until: Callable[[], bool]) -> None:
    """Let the window work until something is so."""
    deadline = QDeadlineTimer(_PATIENCE_MS)
    while not until():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        if deadline.hasExpired():
            raise TimeoutError("the window did not come to rest")


def rest(window: MainWindow) -> None:
    """Let everything under way end, and what is to be drawn be drawn."""
    wait(lambda: not window.context.tasks.busy())
    for _ in range(5):
        QApplication.processEvents()


def picture(window: MainWindow, file: Path) -> None:
    window.grab().save(str(file))
    print(file)


def _off(work: Callable[[], T]) -> T:
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def _sit(desk: Desk, window: MainWindow, role: Role) -> None:
    """Sign a made-up person in at the door, by its own boxes."""
    person = next(one for one in desk.sign_in.made_up() if one.role is role)
    window.door.name.set_text(person.name)
    window.door.password.set_text(person.password)
    window.door.enter()
    rest(window)


def door(_desk: Desk, _window: MainWindow) -> None:
    """Nobody is signed in."""


def door_wrong(desk: Desk, window: MainWindow) -> None:
    for _ in range(4):
        window.door.name.set_text(desk.sign_in.made_up()[0].name)
        window.door.password.set_text("not this one")
        window.door.enter()
        rest(window)


def door_locked(desk: Desk, window: MainWindow) -> None:
    _sit(desk, window, Role.CLERK)
    window.lock()


def day_home(desk: Desk, window: MainWindow) -> None:
    _sit(desk, window, Role.SUPERVISOR)


def day_found(desk: Desk, window: MainWindow) -> None:
    _sit(desk, window, Role.CLERK)
    window.search.setText(_off(lambda: desk.applications(None, 1))[0].name[0])
    window.search.returnPressed.emit()


def day_till(desk: Desk, window: MainWindow) -> None:
    _sit(desk, window, Role.CLERK)
    window.go("till", {})


def day_receipt(desk: Desk, window: MainWindow) -> None:
    day_till(desk, window)
    rest(window)
    window.page.receipt_table.setFocus()
    window.page.receipt_table.selectRow(0)


def day_void(desk: Desk, window: MainWindow) -> None:
    day_receipt(desk, window)
    window.page.receipt.reasons.choose(0)
    window.page.receipt.void_button.click()


def day_count(desk: Desk, window: MainWindow) -> None:
    day_till(desk, window)
    rest(window)
    window.page.begin_closing()
    for piece, count in ((10_000, "1"), (1_000, "1"), (500, "1")):
        window.page.closing.pieces[piece].set_text(count)
    window.page.closing.cards.set_text("0")


def day_closed(desk: Desk, window: MainWindow) -> None:
    day_till(desk, window)
    rest(window)
    page = window.page
    page.begin_closing()
    view = _off(desk.till.view)
    page.closing.cash.set_fen(view.state.expected_fen)
    page.closing.cards.set_text(str(view.state.cards.on_hand))
    page.closing.close_shift()
    wait(lambda: page.paper.isVisible() and not window.context.tasks.busy())


def day_stock(desk: Desk, window: MainWindow) -> None:
    _sit(desk, window, Role.SUPERVISOR)
    window.go("stock", {})


def day_stock_list(desk: Desk, window: MainWindow) -> None:
    day_stock(desk, window)
    rest(window)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "box-12.csv"
        path.write_text("serial,box\n" + "\n".join(f"{n:016X},B-12" for n in range(1, 49)))
        window.page.look_at(path)
        rest(window)


def day_stock_refused(desk: Desk, window: MainWindow) -> None:
    day_stock(desk, window)
    rest(window)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "box-13.csv"
        path.write_text("0A0B\n" + "\n".join(f"{7:016X}" for _ in range(3)))
        window.page.look_at(path)
        rest(window)


def day_approvals(desk: Desk, window: MainWindow) -> None:
    _sit(desk, window, Role.SUPERVISOR)
    window.go("approvals", {})
    rest(window)
    window.page.look()


def day_audit(desk: Desk, window: MainWindow) -> None:
    _sit(desk, window, Role.AUDIT)
    window.go("audit", {})


def day_audit_case(desk: Desk, window: MainWindow) -> None:
    """All that is recorded of one card, by the number on its papers."""
    day_audit(desk, window)
    rest(window)
    window.page.filters.about("X02-C000002")


def day_audit_broken(desk: Desk, window: MainWindow) -> None:
    """A chain that was changed behind the program's back: told to whoever works here."""
    found = (
        ChainProblem("02", 41, 41, ChainFault.CHANGED),
        ChainProblem("02", 44, 47, ChainFault.REMOVED, "file"),
    )
    _sit(desk, window, Role.AUDIT)
    report = _off(lambda: desk.audit.verify(full=True))
    desk.audit._report = replace(report, problems=found)
    window.go("audit", {})


def day_home_alarm(desk: Desk, window: MainWindow) -> None:
    day_audit_broken(desk, window)
    rest(window)
    window.sign_out()
    rest(window)
    _sit(desk, window, Role.CLERK)


def day_staff(desk: Desk, window: MainWindow) -> None:
    _sit(desk, window, Role.SECURITY)
    window.go("staff", {})


def day_staff_add(desk: Desk, window: MainWindow) -> None:
    day_staff(desk, window)
    rest(window)
    window.page.add()


def day_staff_view(desk: Desk, window: MainWindow) -> None:
    _sit(desk, window, Role.SUPERVISOR)
    window.go("staff", {})


def day_own_menu(desk: Desk, window: MainWindow) -> None:
    _sit(desk, window, Role.CLERK)
    window.bar.show_menu()


def day_own_password(desk: Desk, window: MainWindow) -> None:
    _sit(desk, window, Role.CLERK)
    window.ask_secret(Secret.PASSWORD)


def day_own_refused(desk: Desk, window: MainWindow) -> None:
    _sit(desk, window, Role.CLERK)
    window.ask_secret(Secret.PIN)
    rest(window)
    window.own_secret.old.set_text(desk.sign_in.made_up()[0].password)
    window.own_secret.new.set_text("1234")
    window.own_secret.again.set_text("1234")
    window.own_secret.confirm()


def day_second(desk: Desk, window: MainWindow) -> None:
    """A typed identity: the second person now."""
    _sit(desk, window, Role.CLERK)
    window.go("enrol", {})
    rest(window)
    page = window.page
    page._take(replace(_off(lambda: desk.draft_from_training(30)), source=DraftSource.TYPED))
    wait(lambda: page.checked)
    page.issue()
    rest(window)


DAY: dict[str, Callable[[Desk, MainWindow], None]] = {
    "door": door,
    "door-wrong": door_wrong,
    "door-locked": door_locked,
    "day-home": day_home,
    "day-found": day_found,
    "day-till": day_till,
    "day-receipt": day_receipt,
    "day-void": day_void,
    "day-count": day_count,
    "day-closed": day_closed,
    "day-stock": day_stock,
    "day-stock-list": day_stock_list,
    "day-stock-refused": day_stock_refused,
    "day-approvals": day_approvals,
    "day-audit": day_audit,
    "day-audit-case": day_audit_case,
    "day-audit-broken": day_audit_broken,
    "day-home-alarm": day_home_alarm,
    "day-staff": day_staff,
    "day-staff-add": day_staff_add,
    "day-staff-view": day_staff_view,
    "day-own-menu": day_own_menu,
    "day-own-password": day_own_password,
    "day-own-refused": day_own_refused,
    "day-second": day_second,
    **CardScenes(lambda desk, window: _sit(desk, window, Role.CLERK), rest, _off).all(),
}


def live_a_day(desk: Desk) -> None:
    """The story behind the pictures: cards made and handed over, two lost, one fee taken, one typed."""
    cancel = threading.Event()
    desk.sign_in.begin_made_up(Role.CLERK)
    desk.till.open_shift(10_000)
    ids = [desk.save(desk.draft_from_training(number)) for number in range(6)]
    for found in ids[:5]:
        desk.issue(found, lambda _event: None, cancel)
        desk.next_card(cancel)
    cards = {row.application_id: row.card_id for row in desk.cards.cards_in(CardState.READY)}
    for number, found in enumerate(ids[:3]):
        draft = desk.draft_from_training(number)
        holder = Visitor(number=draft.value("citizen_id").text, checked=Checked.SEEN)
        card = cards[found] or ""
        desk.cards.hand_over(card, HandOverForm(holder))
        if number:
            desk.cards.report_loss(card, LossForm(holder))
            order = desk.cards.reissue(card, ReissueForm(holder))
            if number == 1:
                desk.till.take(order.application_id, PayMethod.CASH)
    typed = desk.draft_from_training(20)
    desk.save(replace(typed, source=DraftSource.TYPED))
    desk.sign_in.sign_out()


@contextmanager
def a_day(story: Path, language: str, size: tuple[int, int]) -> Iterator[tuple[Desk, MainWindow]]:
    """A window over a copy of the story's workplace; nobody is signed in yet."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "workplace"
        shutil.copytree(story, place)
        with training_desk(place, sit=False) as desk:
            window = make_window(desk, Catalogue(language))
            window.resize(*size)
            window.show()
            rest(window)
            try:
                yield desk, window
            finally:
                window.sheet.decline()
                rest(window)
                window.close() or window.close()
                window.deleteLater()
                QApplication.processEvents()


def days(chosen: argparse.Namespace, theme: str, language: str, size: tuple[int, int]) -> None:
    """The pictures of a day that were asked for."""
    wanted = [name for name in DAY if chosen.only in (None, name)]
    if not wanted:
        return
    with tempfile.TemporaryDirectory() as folder:
        story = Path(folder) / "story"
        with training_desk(story, sit=False) as desk:
            _off(lambda: live_a_day(desk))
        for name in wanted:
            with a_day(story, language, size) as (desk, window):
                DAY[name](desk, window)
                rest(window)
                picture(window, chosen.folder / f"{name}-{language}-{theme}-{chosen.size}.png")
