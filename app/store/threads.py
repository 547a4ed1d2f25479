"""Who may touch the store: the one thread that opened it, and never the window's (decision 6)."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from app.base.threads import assert_off_window_thread, on_window_thread

T = TypeVar("T")
R = TypeVar("R")


class WrongThread(RuntimeError):
    """A bug, not a fault of the desk: the store was called where it must not be."""


class ThreadGuard:
    """Remembers the thread that made it and refuses every other one, and the window's always."""

    def __init__(self) -> None:
        if on_window_thread():
            raise WrongThread("the store was opened on the window's thread")
        self._owner = threading.get_ident()

    def check(self) -> None:
        """Raise ``WrongThread`` unless the owning thread calls."""
        if threading.get_ident() != self._owner:
            raise WrongThread(f"the store was called on the thread {threading.current_thread().name}")


class OwnerThread(Generic[T]):
    """A thread that opens one thing, owns it, and does every call on it, one after another.

    ``opened`` runs on the new thread; what it raises comes out of the constructor. ``close`` is called
    there too, at the end.
    """

    def __init__(self, opened: Callable[[], T], close: Callable[[T], None], name: str) -> None:
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[T], Any]] | None] = (
            queue.SimpleQueue()
        )
        self._lock = threading.Lock()
        self._closed = False
        ready: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(opened, close, ready), name=name, daemon=False
        )
        self._thread.start()
        try:
            ready.result()
        except BaseException:
            self._thread.join()
            raise

    def submit(self, call: Callable[[T], R]) -> Future[R]:
        """Have ``call`` done in turn; its result comes in the future. Allowed on any thread."""
        future: Future[R] = Future()
        with self._lock:
            if self._closed:
                raise WrongThread("the store was called after it had been closed")
            self._calls.put((future, call))
        return future

    def call(self, call: Callable[[T], R]) -> R:
        """Have ``call`` done and wait for its result. Never on the window's thread."""
        assert_off_window_thread("a waiting call of the store")
        if threading.current_thread() is self._thread:
            raise WrongThread("the store's own thread waited for itself")
        return self.submit(call).result()

    def close(self) -> None:
        """Finish what was asked for, close, and end the thread. Closing twice is harmless."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._calls.put(None)
        self._thread.join()

    def _run(self, opened: Callable[[], T], close: Callable[[T], None], ready: Future[None]) -> None:
        try:
            owned = opened()
        except BaseException as fault:  # noqa: BLE001 - handed to the constructor's caller
            with self._lock:
                self._closed = True
            ready.set_exception(fault)
            return
        ready.set_result(None)
        try:
            while (item := self._calls.get()) is not None:
                _answer(item[0], item[1], owned)
        finally:
            close(owned)


def _answer(future: Future[Any], call: Callable[[T], Any], owned: T) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call(owned))
    except BaseException as fault:  # noqa: BLE001 - it is raised again where the result is asked for
        future.set_exception(fault)
