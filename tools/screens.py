"""Pictures of every page of the window, in both languages and both themes.

    python tools/screens.py [FOLDER] [--size 1366x768] [--only NAME]

The desk behind a card's moments is the tests' own in memory, because a picture needs each of them on
demand: half written, a fault, an empty list. A day's pages stand over a whole training desk with a story
behind it. It draws offscreen where there is no display.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
if "DISPLAY" not in os.environ:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from app.base.catalogue import Catalogue
from app.base.threads import claim_window_thread
from app.devices.ports import CardRemoved
from app.ui.application import make_application, make_window
from app.ui.main_window import MainWindow
from app.ui.theme import DARK, LIGHT, apply_theme
from app.workflow.views import DeviceRole, IssueStep, Mark
from tests.ui.fake_desk import FakeDesk
from tools.screens_day import DAY, days, picture, rest, wait

Scene = Callable[[FakeDesk, MainWindow], None]
PEOPLE = (0, 1, 9, 4, 5)


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
