"""Makes one card's journal calls in the store of FOLDER and kills itself at the Nth durable point.

Run as ``python -m tests.store.crash_child FOLDER N [uncommitted]``. Each durable call is told on
standard output once it returned: that is what the desk would have acted upon. ``uncommitted`` is the
control: the same calls while nothing is committed.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from app.store.database import CipherDatabase
from app.store.store import open_store
from tests.store.support import context, make_card


def main(folder: Path, at: int, uncommitted: bool) -> None:
    points = 0

    def on_commit(_point: str) -> None:
        nonlocal points
        points += 1
        if points == at:
            os.kill(os.getpid(), signal.SIGKILL)

    store = open_store(folder, context(on_commit=on_commit))
    if uncommitted:
        begin = CipherDatabase.begin
        CipherDatabase.commit = lambda _self: None
        CipherDatabase.begin = lambda self, lock_type=None: (
            None if self.connection().in_transaction else begin(self, lock_type)
        )
    make_card(store, heard=lambda act: os.write(1, f"{act}\n".encode()))


main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:] == ["uncommitted"])
