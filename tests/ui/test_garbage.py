"""Widgets are freed on the window's thread, whoever allocates meanwhile."""

from __future__ import annotations

import gc
import threading

from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.garbage import WindowCollector


class Page:
    """Something in a cycle that says on which thread it was freed."""

    def __init__(self, freed: list[str]) -> None:
        self.me = self
        self._freed = freed

    def __del__(self) -> None:
        self._freed.append(threading.current_thread().name)


def allocate() -> None:
    kept = [[number] for number in range(200_000)]
    assert kept


def in_a_worker() -> None:
    thread = threading.Thread(target=allocate, name="worker")
    thread.start()
    thread.join()


def test_a_worker_frees_nothing_and_the_windows_timer_does(dressed: QApplication, qtbot: QtBot) -> None:
    collector = dressed.findChild(WindowCollector)
    assert collector is not None and not gc.isenabled()
    freed: list[str] = []
    Page(freed)
    in_a_worker()
    assert freed == []
    # The interpreter counts what is there more than before: this much is due.
    due = [[number] for number in range(5_000)]
    qtbot.waitUntil(lambda: freed != [], timeout=10_000)
    assert freed == [threading.current_thread().name] and due


def test_control_left_to_itself_the_collector_runs_on_the_worker() -> None:
    gc.collect()
    freed: list[str] = []
    Page(freed)
    gc.enable()
    in_a_worker()
    gc.disable()
    assert freed == ["worker"]


def test_it_collects_what_is_due_and_nothing_else(dressed: QApplication) -> None:
    collector = dressed.findChild(WindowCollector)
    assert collector is not None
    gc.collect()
    assert collector.look() is None
    allocate_here = [[number] for number in range(5_000)]
    assert collector.look() == 0
    assert allocate_here
