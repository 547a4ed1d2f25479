"""A simulated reader: a slot into which chips are put, and the line to the chip in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from app.cardspec.apdu import MAX_DATA
from app.devices.ports import (
    AnswerUnknown,
    CardRemoved,
    CommandNotSent,
    NoCardPresent,
    ReaderGone,
    ReaderRole,
)
from app.devices.sim.chip import PowerLost, SimulatedChip
from app.devices.sim.clock import LineClock

# How often a wait looks whether it was cancelled.
_LOOK_S = 0.01
_MAX_COMMAND = 4 + 1 + MAX_DATA + 1


class SimulatedReader:
    """One slot; it satisfies ``CardReader``. ``insert`` and its kin are the hands at the slot.

    The slot may be used from one thread while hands act from another.
    """

    def __init__(
        self, name: str, role: ReaderRole = ReaderRole.CARD, clock: LineClock | None = None
    ) -> None:
        self._name = name
        self.role = role
        self.clock = clock or LineClock()
        self.chip: SimulatedChip | None = None
        self.gone = False
        # Counts insertions and connections: a connection of an older one is dead.
        self.generation = 0
        self.atr = b""
        self.powered = False
        self.changed = threading.Condition(threading.RLock())

    @property
    def name(self) -> str:
        return self._name

    # Hands -----------------------------------------------------------------------------------------

    def insert(self, chip: SimulatedChip) -> None:
        """Put a chip into the empty slot; ValueError where one lies there."""
        with self.changed:
            if self.chip is not None:
                raise ValueError(f"a chip lies in {self._name} already")
            self.chip = chip
            self._changed()

    def remove(self) -> SimulatedChip | None:
        """Take the chip out, in the midst of a connection if need be."""
        with self.changed:
            chip, self.chip = self.chip, None
            if chip is not None:
                chip.power_off()
            self._changed()
            return chip

    def swap(self, chip: SimulatedChip) -> SimulatedChip | None:
        """Another chip under the open connection, unnoticed: it has been reset and shows its own ATR."""
        with self.changed:
            before, self.chip = self.chip, chip
            if before is not None:
                before.power_off()
            self.power_up()
            return before

    def cut_power(self) -> None:
        """Take the chip's power, as at the edge of the field: the line is mute till reset."""
        with self.changed:
            if self.chip is not None:
                self.chip.power_off()
            self.powered = False

    def unplug(self) -> None:
        """Take the reader itself away: the chip loses power, nothing answers."""
        with self.changed:
            if self.chip is not None:
                self.chip.power_off()
            self.gone = True
            self._changed()

    def plug_in(self) -> None:
        """Bring the reader back."""
        with self.changed:
            self.gone = False
            self._changed()

    def _changed(self) -> None:
        self.generation += 1
        self.powered = False
        self.changed.notify_all()

    def power_up(self) -> bytes:
        """Reset the chip in the slot; its ATR."""
        if self.chip is None:
            raise CardRemoved(role=self.role)
        self.atr = self.chip.power_on()
        self.powered = True
        return self.atr

    # The port --------------------------------------------------------------------------------------

    def connect(self) -> SimulatedConnection:
        """A fresh connection; an older one is dead from now on, like that of an ended process."""
        with self.changed:
            if self.gone:
                raise ReaderGone(role=self.role)
            if self.chip is None:
                raise NoCardPresent(role=self.role)
            self.generation += 1
            self.power_up()
            return SimulatedConnection(self)

    def wait_for_card(self, timeout_ms: int, cancel: threading.Event) -> bool:
        """Whether a chip lies there within the time."""
        return self._wait(lambda: self.chip is not None, timeout_ms, cancel)

    def wait_for_removal(self, timeout_ms: int, cancel: threading.Event) -> bool:
        """Whether the slot is empty within the time."""
        return self._wait(lambda: self.chip is None, timeout_ms, cancel)

    def _wait(self, happened: Callable[[], bool], timeout_ms: int, cancel: threading.Event) -> bool:
        end = time.monotonic() + timeout_ms / 1000
        with self.changed:
            while not cancel.is_set():
                if self.gone:
                    raise ReaderGone(role=self.role)
                if happened():
                    return True
                left = end - time.monotonic()
                if left <= 0:
                    return False
                self.changed.wait(min(left, _LOOK_S))
        return False


class SimulatedConnection:
    """The line to the chip in a slot; it satisfies ``CardConnection`` and counts simulated time."""

    __slots__ = ("_closed", "_generation", "_reader")

    def __init__(self, reader: SimulatedReader) -> None:
        self._reader = reader
        self._generation = reader.generation
        self._closed = False

    @property
    def atr(self) -> bytes:
        """The ATR of the chip that lies there now."""
        self._alive()
        return self._reader.atr

    def transmit(self, command: bytes) -> bytes:
        """One exchange; its bytes both ways go into the clock."""
        reader = self._reader
        with reader.changed:
            chip = self._alive()
            if not reader.powered or len(command) > _MAX_COMMAND:
                raise CommandNotSent(role=reader.role)
            clock = reader.clock
            clock.exchanges += 1
            clock.bytes += len(command)
            try:
                given = chip.process(command)
            except PowerLost:
                reader.powered = False
                raise AnswerUnknown(role=reader.role) from None
            clock.bytes += len(given)
            return given

    def reset(self) -> bytes:
        """A cold reset; the ATR."""
        reader = self._reader
        with reader.changed:
            chip = self._alive()
            chip.power_off()
            return reader.power_up()

    def close(self) -> None:
        """Let go; the chip loses power if this connection was the last."""
        reader = self._reader
        with reader.changed:
            if not self._closed and self._generation == reader.generation and reader.chip is not None:
                reader.chip.power_off()
                reader.powered = False
            self._closed = True

    def _alive(self) -> SimulatedChip:
        reader = self._reader
        if reader.gone:
            raise ReaderGone(role=reader.role)
        if reader.chip is None:
            raise CardRemoved(role=reader.role)
        if self._closed:
            raise CommandNotSent(role=reader.role)
        if self._generation != reader.generation:
            raise CardRemoved(role=reader.role)
        return reader.chip
