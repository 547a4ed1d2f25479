"""One window over a desk in memory, offscreen, with the catalogue of the run."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.base.catalogue import Catalogue
from app.base.threads import claim_window_thread
from app.ui.application import make_application, make_window
from app.ui.main_window import MainWindow
from app.ui.theme import LIGHT
from app.workflow.desk import Desk
from tests.ui.at_the_counter import Counter
from tests.ui.fake_desk import FakeDesk
from tests.ui.real_desk import Workplaces, training_desk

PATIENCE_MS = 10_000


@pytest.fixture(scope="session")
def dressed(qapp: QApplication) -> QApplication:
    """The program set up once: a style sheet is costly to put on again. It marks the thread as the
    window's, which each test does for itself."""
    before = threading.current_thread().name
    made = make_application("zh", LIGHT)
    threading.current_thread().name = before
    return made


@pytest.fixture(autouse=True)
def window_thread(dressed: QApplication) -> Iterator[None]:
    """The window's mark on this thread, taken off again for the tests that follow."""
    before = threading.current_thread().name
    claim_window_thread()
    # As at a desk: widgets are freed on this thread, never by a worker's collection.
    gc.disable()
    yield
    gc.collect(1)
    threading.current_thread().name = before


@pytest.fixture(autouse=True, scope="module")
def collected() -> Iterator[None]:
    """Whatever windows are left of a module are freed here; after it the collector runs as elsewhere."""
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(scope="session")
def workplaces(tmp_path_factory: pytest.TempPathFactory) -> Workplaces:
    return Workplaces(tmp_path_factory.mktemp("workplaces"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a training workplace of the test's own stands."""
    return tmp_path / "workplace"


@pytest.fixture
def counter(request: pytest.FixtureRequest, folder: Path, workplaces: Workplaces) -> Iterator[Counter]:
    """A training desk where the made-up clerk acts, with the past that ``after`` names."""
    past = workplaces.copy(folder, *getattr(request, "param", ()))
    with training_desk(folder, sit=True) as desk:
        yield Counter(desk, past)


@pytest.fixture
def real_desk(folder: Path, workplaces: Workplaces) -> Iterator[Desk]:
    """A training desk where nobody is signed in yet."""
    workplaces.copy(folder)
    with training_desk(folder, sit=False) as desk:
        yield desk


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def elsewhere() -> Callable[..., Any]:
    """Call the desk off the window's thread, as it demands."""

    def call(what: Callable[..., Any], *args: Any) -> Any:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(what, *args).result()

    return call


@pytest.fixture
def rest(qtbot: QtBot) -> Callable[[MainWindow], None]:
    """Wait until nothing is under way, and what an answer put on the page is shown: a widget that is
    added to a page in sight is shown by a queued call, and takes no cursor before."""

    def until(window: MainWindow) -> None:
        for _ in range(2):
            qtbot.waitUntil(lambda: not window.context.tasks.busy(), timeout=PATIENCE_MS)
            QApplication.processEvents()

    return until


@pytest.fixture
def open_window(qtbot: QtBot, desk: FakeDesk) -> Iterator[Callable[..., MainWindow]]:
    """Make the window; afterwards it is closed as a clerk closes it."""
    made: list[MainWindow] = []

    def make(language: str = "zh") -> MainWindow:
        window = make_window(desk, Catalogue(language))
        window.resize(1366, 768)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        made.append(window)
        return window

    yield make
    desk.release.set()
    for window in made:
        qtbot.waitUntil(lambda w=window: not w.pages or not w.page.can_leave(), timeout=PATIENCE_MS)
        assert window.close() or window.close()  # a form that is not saved asks once
        window.deleteLater()


@pytest.fixture
def window(open_window: Callable[..., MainWindow], rest: Callable[[MainWindow], None]) -> MainWindow:
    made = open_window()
    rest(made)
    return made
