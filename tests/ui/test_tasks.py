"""Operations leave the window's thread, come back to it, follow each other, and lose no failure."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.base.threads import assert_off_window_thread, on_window_thread
from app.devices.ports import NoCardPresent
from app.ui.tasks import Owner, Task, TaskRunner, UnexpectedFault


@pytest.fixture
def runner(qapp: QApplication) -> Iterator[TaskRunner]:
    made = TaskRunner()
    yield made
    made.close()


def test_work_runs_elsewhere_and_its_result_comes_back_here(qtbot: QtBot, runner: TaskRunner) -> None:
    here, seen = threading.get_ident(), {}

    def work(task: Task) -> int:
        seen["work"] = threading.get_ident()
        task.report("half")
        return 42

    def done(result: int) -> None:
        seen["done"] = (threading.get_ident(), result, QThread.currentThread() is runner.thread())

    def progressed(message: str) -> None:
        seen["progress"] = (threading.get_ident(), message)

    runner.run(Owner.STORE, "w", work, done=done, progressed=progressed)
    qtbot.waitUntil(lambda: not runner.busy())
    assert seen["work"] != here
    assert seen["progress"] == (here, "half")
    assert seen["done"] == (here, 42, True)


def test_one_owner_is_serial_and_two_owners_are_not(qtbot: QtBot, runner: TaskRunner) -> None:
    order: list[str] = []
    gate, met = threading.Event(), threading.Event()

    def first(_task: Task) -> None:
        assert gate.wait(5)
        order.append("first")

    runner.run(Owner.STORE, "first", first)
    runner.run(Owner.STORE, "second", lambda _task: order.append("second"))
    runner.run(Owner.CARD, "other", lambda _task: (order.append("other"), met.set()))
    assert met.wait(5)
    gate.set()
    qtbot.waitUntil(lambda: not runner.busy())
    assert order == ["other", "first", "second"]


def test_a_known_fault_reaches_who_asked(qtbot: QtBot, runner: TaskRunner) -> None:
    faults: list[object] = []

    def work(_task: Task) -> None:
        raise NoCardPresent(role="card")

    runner.run(Owner.CARD, "w", work, failed=faults.append)
    qtbot.waitUntil(lambda: not runner.busy())
    assert isinstance(faults[0], NoCardPresent)


def test_a_bug_becomes_a_sentence_without_its_message(
    qtbot: QtBot, runner: TaskRunner, caplog: pytest.LogCaptureFixture
) -> None:
    faults: list[object] = []
    person = "测试甲 410102199001010011"

    def work(_task: Task) -> None:
        raise ZeroDivisionError(person)

    runner.run(Owner.WORKER, "w", work, failed=faults.append)
    qtbot.waitUntil(lambda: not runner.busy())
    assert isinstance(faults[0], UnexpectedFault)
    assert faults[0].params() == {"kind": "ZeroDivisionError"}
    assert "ZeroDivisionError in w" in caplog.text
    assert person not in caplog.text


def test_a_failure_nobody_asked_about_is_heard(qtbot: QtBot, runner: TaskRunner) -> None:
    def work(_task: Task) -> None:
        raise NoCardPresent(role="card")

    with qtbot.waitSignal(runner.unheard) as heard:
        runner.run(Owner.CARD, "w", work)
    assert isinstance(heard.args[0], NoCardPresent)
    qtbot.waitUntil(lambda: not runner.busy())


def test_closing_asks_work_to_stop_and_waits_for_it(qapp: QApplication) -> None:
    runner, began, ended = TaskRunner(), threading.Event(), threading.Event()

    def work(task: Task) -> None:
        began.set()
        assert task.cancel.wait(5)
        ended.set()

    runner.run(Owner.CARD, "w", work)
    assert began.wait(5)
    runner.close()
    assert ended.is_set()
    with pytest.raises(RuntimeError, match="after the window closed"):
        runner.run(Owner.CARD, "late", work)


def test_ports_refuse_the_windows_thread(qtbot: QtBot, runner: TaskRunner) -> None:
    with pytest.raises(RuntimeError, match=r"store\.save was called on the window's thread"):
        assert_off_window_thread("store.save")
    answers: list[bool] = []
    runner.run(Owner.STORE, "w", lambda _task: on_window_thread(), done=answers.append)
    qtbot.waitUntil(lambda: not runner.busy())
    assert answers == [False]


def test_a_long_row_of_emissions_keeps_the_interpreters_constants(
    qtbot: QtBot, runner: TaskRunner
) -> None:
    """A binding that drops references to None or True kills the desk after some thousand signals."""
    import sys  # noqa: PLC0415

    before = [sys.getrefcount(constant) for constant in (None, True)]
    for _ in range(500):
        runner.changed.emit()
        runner.property("nothing")
    after = [sys.getrefcount(constant) for constant in (None, True)]
    assert all(b - a < 250 for a, b in zip(after, before, strict=True)), (before, after)
