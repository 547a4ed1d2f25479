"""Which thread is the window's, so that whatever may take time can refuse to run there (decision 6).

The mark is the thread's own name: a program without a window has none, and nothing is kept here.
"""

from __future__ import annotations

import threading

WINDOW_THREAD = "window"
# What Python calls a program's first thread.
_PLAIN_THREAD = "MainThread"


def claim_window_thread() -> None:
    """Call once, on the thread that draws the window."""
    threading.current_thread().name = WINDOW_THREAD


def release_window_thread() -> None:
    """The window is closed: what still has to be told to the store freezes nobody any more."""
    if on_window_thread():
        threading.current_thread().name = _PLAIN_THREAD


def on_window_thread() -> bool:
    """Whether the caller runs on the window's thread."""
    return threading.current_thread().name == WINDOW_THREAD


def assert_off_window_thread(what: str) -> None:
    """A bug, not a fault of the desk: ``what`` was called where it would freeze the window."""
    if on_window_thread():
        raise RuntimeError(f"{what} was called on the window's thread")
