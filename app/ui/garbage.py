"""Python's collector of cycles on the window's thread alone.

Pages and their slots refer to each other, so a page that is let go is freed by the collector. By itself
that runs on whichever thread happens to allocate: a worker would then destroy widgets, which Qt answers
by ending the process. Here it runs by a timer of the window, by the interpreter's own thresholds.
"""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

_EVERY_MS: Final = 1_000


class WindowCollector(QObject):
    """Takes the collector over from its construction on; ``parent`` is the application."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> int | None:
        """Collect the oldest generation that is due; which one it was, None where none is."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        for generation in (2, 1, 0):
            if counts[generation] > thresholds[generation]:
                gc.collect(generation)
                return generation
        return None
