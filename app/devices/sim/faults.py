"""Planned faults on the line to a chip: what may go wrong at the n-th exchange, and a count of them.

A ``FaultyReader`` stands before a ``SimulatedReader`` (of cards or of SAMs) and counts every exchange,
GET RESPONSE included, over its whole life; connections come and go, the count goes on. A harness runs a
job once without a plan to learn how many exchanges it takes, then once for each index and mode.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.devices.ports import AnswerUnknown, CardConnection, CommandNotSent, ReaderRole
from app.devices.sim.chip import SimulatedChip
from app.devices.sim.reader import SimulatedConnection, SimulatedReader


class FaultMode(StrEnum):
    """What happens at the exchange. After NOT_SENT and ANSWER_CUT the line goes on; after
    ANSWER_LOST and TORN the chip has lost power; after READER_GONE the reader is away until plugged in.
    """

    NOT_SENT = "not-sent"  # the command never reaches the chip
    ANSWER_LOST = "answer-lost"  # carried out, no answer, and power is gone
    ANSWER_CUT = "answer-cut"  # carried out, the answer came cut short
    TORN = "torn"  # power is lost within an EEPROM page of this command
    READER_GONE = "reader-gone"  # the reader is unplugged before the command
    SWAPPED = "swapped"  # another chip lies there before the command, unnoticed


@dataclass(frozen=True)
class FaultPlan:
    """One fault: at which exchange (the first is 1) and how.

    ``pages`` and ``seed`` tell a tear where it strikes (``eeprom.Tear``); a swap lays ``chip`` in.
    """

    at_exchange: int
    mode: FaultMode
    pages: int = 0
    seed: int = 0
    chip: SimulatedChip | None = None

    def __post_init__(self) -> None:
        if self.at_exchange < 1:
            raise ValueError("the first exchange is 1")
        if (self.mode is FaultMode.SWAPPED) != (self.chip is not None):
            raise ValueError("a swap, and only a swap, names the other chip")


class FaultyReader:
    """A reader whose line fails as planned; it satisfies ``CardReader`` and strikes once.

    ``exchanges`` counts what was asked of the line so far, ``struck`` tells whether the plan was carried
    out, ``watch`` is called with the number and the command before each exchange.
    """

    def __init__(
        self,
        reader: SimulatedReader,
        plan: FaultPlan | None = None,
        watch: Callable[[int, bytes], None] | None = None,
    ) -> None:
        self.reader = reader
        self.plan = plan
        self.watch = watch
        self.exchanges = 0
        self.struck = False

    @property
    def name(self) -> str:
        return self.reader.name

    @property
    def role(self) -> ReaderRole:
        """What the reader behind is for."""
        return self.reader.role

    def connect(self) -> CardConnection:
        """A connection that carries the plan on."""
        return FaultyConnection(self, self.reader.connect())

    def wait_for_card(self, timeout_ms: int, cancel: threading.Event) -> bool:
        return self.reader.wait_for_card(timeout_ms, cancel)

    def wait_for_removal(self, timeout_ms: int, cancel: threading.Event) -> bool:
        return self.reader.wait_for_removal(timeout_ms, cancel)

    def due(self, command: bytes) -> FaultPlan | None:
        """Count one exchange; the plan where it strikes now."""
        self.exchanges += 1
        if self.watch is not None:
            self.watch(self.exchanges, command)
        plan = self.plan
        if plan is None or plan.at_exchange != self.exchanges:
            return None
        self.struck = True
        return plan


class FaultyConnection:
    """A connection of a ``FaultyReader``; it satisfies ``CardConnection``."""

    def __init__(self, faulty: FaultyReader, line: SimulatedConnection) -> None:
        self._faulty = faulty
        self._line = line

    @property
    def atr(self) -> bytes:
        return self._line.atr

    def transmit(self, command: bytes) -> bytes:
        """One exchange, or the planned fault."""
        plan = self._faulty.due(command)
        if plan is None:
            return self._line.transmit(command)
        return _STRIKES[plan.mode](self._faulty.reader, self._line, plan, command)

    def reset(self) -> bytes:
        return self._line.reset()

    def close(self) -> None:
        self._line.close()


_Strike = Callable[[SimulatedReader, SimulatedConnection, FaultPlan, bytes], bytes]


def _not_sent(
    reader: SimulatedReader, _line: SimulatedConnection, _plan: FaultPlan, _command: bytes
) -> bytes:
    raise CommandNotSent(role=reader.role)


def _answer_lost(
    reader: SimulatedReader, line: SimulatedConnection, _plan: FaultPlan, command: bytes
) -> bytes:
    line.transmit(command)
    reader.cut_power()
    raise AnswerUnknown(role=reader.role)


def _answer_cut(
    reader: SimulatedReader, line: SimulatedConnection, _plan: FaultPlan, command: bytes
) -> bytes:
    line.transmit(command)
    raise AnswerUnknown(role=reader.role)


def _torn(reader: SimulatedReader, line: SimulatedConnection, plan: FaultPlan, command: bytes) -> bytes:
    if reader.chip is not None:
        reader.chip.arm_tear(plan.pages, plan.seed)
    return line.transmit(command)


def _reader_gone(
    reader: SimulatedReader, line: SimulatedConnection, _plan: FaultPlan, command: bytes
) -> bytes:
    reader.unplug()
    return line.transmit(command)


def _swapped(
    reader: SimulatedReader, line: SimulatedConnection, plan: FaultPlan, command: bytes
) -> bytes:
    if plan.chip is not None:
        reader.swap(plan.chip)
    return line.transmit(command)


_STRIKES: dict[FaultMode, _Strike] = {
    FaultMode.NOT_SENT: _not_sent,
    FaultMode.ANSWER_LOST: _answer_lost,
    FaultMode.ANSWER_CUT: _answer_cut,
    FaultMode.TORN: _torn,
    FaultMode.READER_GONE: _reader_gone,
    FaultMode.SWAPPED: _swapped,
}
