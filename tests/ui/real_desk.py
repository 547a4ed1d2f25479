"""A whole training desk for the window: its store, chips, SAM and printers, opened off its thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.main import open_desk
from app.opening import Options
from app.workflow.desk import Desk

_PATIENCE_S = 60


@contextmanager
def training_desk(folder: Path, *, sit: bool) -> Iterator[Desk]:
    """The desk over ``folder``; with ``sit`` the made-up clerk acts, else nobody is signed in."""
    opened, done = threading.Event(), threading.Event()
    made: list[Desk] = []

    def live() -> None:
        try:
            with open_desk(Options(data=folder), sit=sit) as desk:
                made.append(desk)
                opened.set()
                done.wait()
        finally:
            opened.set()

    thread = threading.Thread(target=live, name="composition")
    thread.start()
    opened.wait(_PATIENCE_S)
    try:
        if not made:
            raise RuntimeError("the training desk did not open")
        yield made[0]
    finally:
        done.set()
        thread.join(_PATIENCE_S)
