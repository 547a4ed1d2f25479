"""Time from one port: UTC milliseconds for records, nanoseconds for durations."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """What the program asks for the time; tests inject one that they move by hand."""

    def now_ms(self) -> int:
        """UTC, milliseconds since 1970-01-01."""
        ...

    def monotonic_ns(self) -> int:
        """A counter that never goes back, in nanoseconds, for durations only."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()


class EarlierClock:
    """The machine's own clock, so many milliseconds ago, until it catches up.

    For telling what takes days. It never goes back, so its records are followed by those of today.
    """

    def __init__(self, behind_ms: int) -> None:
        self._behind_ms = behind_ms

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 - self._behind_ms

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def catch_up(self) -> None:
        """From now on it is today."""
        self._behind_ms = 0


@dataclass
class ManualClock:
    """A clock that stands still until it is moved."""

    ms: int = 1_700_000_000_000
    ns: int = 0

    def now_ms(self) -> int:
        return self.ms

    def monotonic_ns(self) -> int:
        return self.ns

    def advance(self, ms: int) -> None:
        """Move both times forward by ``ms`` milliseconds."""
        self.ms += ms
        self.ns += ms * 1_000_000


# The civil day of a desk in China: one zone for the whole country, without summer time since 1991.
CHINA_TIME = dt.timezone(dt.timedelta(hours=8), "CST")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def civil_date(ms: int) -> dt.date:
    """The calendar day in China at ``ms`` UTC: the day that goes on cards and papers."""
    return (_EPOCH + dt.timedelta(milliseconds=ms)).astimezone(CHINA_TIME).date()


def day_start_ms(ms: int) -> int:
    """When the calendar day in China began in which ``ms`` lies, in milliseconds UTC."""
    day = dt.datetime.combine(civil_date(ms), dt.time(), CHINA_TIME)
    return (day - _EPOCH) // dt.timedelta(milliseconds=1)
