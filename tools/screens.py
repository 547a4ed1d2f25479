"""Pictures of every page of the window, in both languages and both themes.

    python tools/screens.py [FOLDER] [--size 1366x768] [--only NAME]

The desk behind a card's moments is the tests' own in memory, because a picture needs each of them on
demand: half written, a fault, an empty list. A day's pages stand over a whole training desk with a story
behind it. It draws offscreen where there is no display.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
if "DISPLAY" not in os.environ:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QDeadlineTimer, QEventLoop
from PySide6.QtWidgets import QApplication

from app.base.catalogue import Catalogue
from app.base.threads import claim_window_thread
from app.devices.ports import CardRemoved
from app.domain.card import CardState
from app.domain.staff import Role
from app.domain.till import PayMethod
from app.domain.visitor import Checked, Visitor
from app.ui.application import make_application, make_window
from app.ui.main_window import MainWindow
from app.ui.theme import DARK, LIGHT, apply_theme
from app.workflow.card_views import HandOverForm, LossForm, ReissueForm
from app.workflow.desk import Desk
from app.workflow.views import DeviceRole, DraftSource, IssueStep, Mark
from tests.ui.fake_desk import FakeDesk
from tests.ui.real_desk import training_desk

T = TypeVar("T")

Scene = Callable[[FakeDesk, MainWindow], None]
_PATIENCE_MS = 20_000
PEOPLE = (0, 1, 9, 4, 5)


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


def elsewhere(call: Callable[[int], object], number: int) -> None:
    """A desk refuses to answer on the window's thread, here too."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(call, number).result()


def home(_desk: FakeDesk, window: MainWindow) -> None:
    window.go("home", {})


def home_troubled(desk: FakeDesk, window: MainWindow) -> None:
    elsewhere(desk.leave_open, 3)
    desk.device_marks = {DeviceRole.CARD_PRINTER: Mark.STOP, DeviceRole.ID_READER: Mark.ATTENTION}
    window.ask_devices()
    rest(window)
    window.go("home", {})


def enrol_empty(_desk: FakeDesk, window: MainWindow) -> None:
    window.go("enrol", {})


def enrol_read(_desk: FakeDesk, window: MainWindow) -> None:
    window.go("enrol", {"read": True})


def enrol_wrong(_desk: FakeDesk, window: MainWindow) -> None:
    window.go("enrol", {})
    page = window.pages["enrol"]
    page.take_training_person()
    rest(window)
    for path, text in (("phones.0", "12"), ("citizen_id", "410102198709232340")):
        page.form.edit(path).editor.setText(text)
        page.form.edit(path).editor.textEdited.emit(text)
    page.form.edit("ethnic").editor.setFocus()
    wait(lambda: page.checked)


def enrol_fault(desk: FakeDesk, window: MainWindow) -> None:
    desk.fail_reading = CardRemoved(role="card")
    window.go("enrol", {"read": True})


def queue(_desk: FakeDesk, window: MainWindow) -> None:
    window.go("queue", {})


def _issue(desk: FakeDesk, window: MainWindow) -> None:
    window.go("issue", {"application_id": desk.ids()[0]})
    rest(window)


def issue_ready(desk: FakeDesk, window: MainWindow) -> None:
    _issue(desk, window)


def issue_running(desk: FakeDesk, window: MainWindow) -> None:
    _issue(desk, window)
    desk.hold_at = IssueStep.IDENTITY
    window.page.start()
    wait(desk.held.is_set)


def issue_done(desk: FakeDesk, window: MainWindow) -> None:
    _issue(desk, window)
    window.page.start()


def issue_fault(desk: FakeDesk, window: MainWindow) -> None:
    _issue(desk, window)
    desk.fail_at = (IssueStep.PHOTO, CardRemoved(role="card"))
    window.page.start()


def cases(desk: FakeDesk, window: MainWindow) -> None:
    elsewhere(desk.leave_open, 3)
    elsewhere(desk.leave_open, 8)
    window.go("cases", {})


# A day at a whole training desk -----------------------------------------------------------------------


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
    "day-second": day_second,
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


SCENES: dict[str, Scene] = {
    "home": home,
    "home-troubled": home_troubled,
    "enrol-empty": enrol_empty,
    "enrol-read": enrol_read,
    "enrol-wrong": enrol_wrong,
    "enrol-fault": enrol_fault,
    "queue": queue,
    "issue-ready": issue_ready,
    "issue-running": issue_running,
    "issue-done": issue_done,
    "issue-fault": issue_fault,
    "cases": cases,
}


@contextmanager
def a_window(language: str, size: tuple[int, int]) -> Iterator[tuple[FakeDesk, MainWindow]]:
    desk = FakeDesk()
    for number in PEOPLE:
        elsewhere(desk.enrol, number)
    window = make_window(desk, Catalogue(language))
    window.resize(*size)
    window.show()
    rest(window)
    try:
        yield desk, window
    finally:
        desk.release.set()
        wait(lambda: not window.page.can_leave())
        window.close()
        window.deleteLater()
        QApplication.processEvents()


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


def picture(window: MainWindow, file: Path) -> None:
    window.grab().save(str(file))
    print(file)


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


def main() -> int:
    parser = argparse.ArgumentParser(description="pictures of the window's pages")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("build/screens"))
    parser.add_argument("--size", default="1366x768")
    parser.add_argument("--only", choices=sorted([*SCENES, *DAY]))
    parser.add_argument("--lang", choices=("zh", "en"))
    parser.add_argument("--theme", choices=("light", "dark"))
    chosen = parser.parse_args()
    width, height = (int(part) for part in chosen.size.split("x"))
    chosen.folder.mkdir(parents=True, exist_ok=True)
    app = make_application("zh", LIGHT)
    claim_window_thread()
    for theme in (LIGHT, DARK):
        apply_theme(app, theme)
        for language in ("zh", "en"):
            if chosen.lang in (None, language) and chosen.theme in (None, theme.name):
                days(chosen, theme.name, language, (width, height))
            for name, scene in SCENES.items():
                if (
                    chosen.only not in (None, name)
                    or chosen.lang not in (None, language)
                    or chosen.theme not in (None, theme.name)
                ):
                    continue
                with a_window(language, (width, height)) as (desk, window):
                    scene(desk, window)
                    if name != "issue-running":
                        rest(window)
                    else:
                        for _ in range(20):
                            QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
                    file = chosen.folder / f"{name}-{language}-{theme.name}-{chosen.size}.png"
                    picture(window, file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
