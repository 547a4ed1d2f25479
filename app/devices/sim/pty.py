"""A simulated identity reader on a pseudo terminal, which a host opens like any serial port.

POSIX alone has pseudo terminals: import this file only where one is asked for.
"""

from __future__ import annotations

import os
import select
import threading
import tty

from app.devices.sim.id_reader import SimulatedIdReader

_CHUNK = 4096
_LOOK_S = 0.2


class PtyIdReader:
    """``reader`` on the pseudo terminal ``path`` until it is closed."""

    def __init__(self, reader: SimulatedIdReader) -> None:
        self._reader = reader
        # The far end stays open here too, or the line would end with the first host that leaves.
        self._near, self._far = os.openpty()
        tty.setraw(self._near)
        tty.setraw(self._far)
        self.path = os.ttyname(self._far)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="id-reader", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the line. Closing twice is harmless."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            os.close(self._near)
            os.close(self._far)

    def _run(self) -> None:
        while not self._stop.is_set():
            ready, _, _ = select.select([self._near], [], [], _LOOK_S)
            if not ready:
                continue
            try:
                for chunk in self._reader.receive(os.read(self._near, _CHUNK)):
                    os.write(self._near, chunk)
            except OSError:
                return  # the line was armed to break
