"""How long wrong passwords are waited for, and what time counts as waited.

The wall clock is not asked: whoever sits at a desk can set it. What counts is how long the machine has
been running (``Clock.monotonic_ns``), which nobody sets, which goes on across starts of the program and
begins anew when the machine does. From one count to the next at least the difference has passed, or,
where it is smaller than before, at least the time since the machine was started. So a clock set forward
frees nobody, one set back holds nobody, and a machine left running serves every wait in its own length;
a machine switched off serves none of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

# Seconds to wait after the first, second, ... wrong password in a row; the last one holds from there on.
# Two are for the finger that slipped. Half a minute is what finding the right one takes anyway, and it
# doubles for whoever goes on. An hour each leaves a guesser some thirty tries on the first day and
# twenty-four on every other, while a password list that is worth trying has thousands.
WAITS_S: Final = (0, 0, 30, 60, 120, 300, 900, 3600)
# Wrong PINs in a row; after the last only the password helps. Ten thousand PINs, three tries.
PIN_TRIES: Final = 3


@dataclass(frozen=True)
class Guard:
    """What stands before a name: wrong passwords in a row, and milliseconds still to wait.

    ``counted_ms`` is how long the machine of ``desk`` had been running when ``owed_ms`` was counted.
    """

    failures: int = 0
    owed_ms: int = 0
    counted_ms: int = 0
    desk: str = ""

    def at(self, running_ms: int, desk: str) -> Guard:
        """The guard now, on a machine that has been running for ``running_ms``.

        Another desk's machine tells nothing about the time that passed, so there the wait stands.
        """
        passed = 0
        if desk == self.desk:
            passed = running_ms - self.counted_ms if running_ms >= self.counted_ms else running_ms
        return Guard(self.failures, max(0, self.owed_ms - passed), running_ms, desk)

    def tried(self) -> Guard:
        """The guard with one more wrong password; recorded before it is known to be wrong."""
        failures = self.failures + 1
        wait = WAITS_S[min(failures, len(WAITS_S)) - 1]
        return replace(self, failures=failures, owed_ms=wait * 1000)

    @property
    def seconds(self) -> int:
        """Whole seconds still to wait, never told shorter than they are."""
        return -(-self.owed_ms // 1000)
