"""EEPROM as real chips have it: written in pages, and torn at a page when power goes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from app.devices.sim.chip import PowerLost
from app.devices.sim.clock import LineClock

# training-product.md, item 17
PAGE_BYTES = 64
_ERASED = 0xFF


@dataclass
class Tear:
    """Power goes during the next command: after ``pages`` whole pages, within the page that follows.

    ``seed`` decides how the page in progress looks afterwards: erased, half new, or garbled at its end.
    Where the command touches fewer pages, power goes when it has been carried out, before the answer.
    """

    pages: int
    seed: int = 0


class Eeprom:
    """The non-volatile bytes of one chip. Reads are free; writes take pages and may be torn."""

    __slots__ = ("_clock", "memory", "tear")

    def __init__(self, memory: bytes = b"", clock: LineClock | None = None) -> None:
        self.memory = bytearray(memory)
        self.tear: Tear | None = None
        self._clock = clock or LineClock()

    def allocate(self, content: bytes) -> int:
        """Give ``content`` room from the start of a page on; its offset. Making a chip, not using it."""
        offset = len(self.memory)
        self.memory += content + bytes((_ERASED,)) * (-len(content) % PAGE_BYTES)
        return offset

    def read(self, offset: int, length: int) -> bytes:
        """``length`` bytes from ``offset``."""
        return bytes(self.memory[offset : offset + length])

    def write(self, offset: int, data: bytes) -> None:
        """Write ``data`` page by page; ``PowerLost`` where a planned tear strikes."""
        end = offset + len(data)
        if self.tear is None:
            self._clock.pages += (end - 1) // PAGE_BYTES - offset // PAGE_BYTES + 1
            self.memory[offset:end] = data
            return
        at = offset
        while at < end:
            stop = min(end, (at // PAGE_BYTES + 1) * PAGE_BYTES)
            chunk = data[at - offset : stop - offset]
            self._clock.pages += 1
            if self.tear.pages == 0:
                self.memory[at:stop] = _half_written(self.read(at, stop - at), chunk, self.tear.seed)
                self._lose_power()
            self.tear.pages -= 1
            self.memory[at:stop] = chunk
            at = stop

    def switch(self, change: Callable[[], None]) -> None:
        """Carry out ``change`` of a counter, flag or pointer: one page, whole or not at all."""
        self._clock.pages += 1
        if self.tear is None:
            change()
        elif self.tear.pages > 0:
            self.tear.pages -= 1
            change()
        else:
            if self.tear.seed % 2:
                change()
            self._lose_power()

    def _lose_power(self) -> None:
        self.tear = None
        raise PowerLost


def _half_written(old: bytes, new: bytes, seed: int) -> bytes:
    """What a page in progress holds: erased, erased and half programmed, or garbled."""
    dice = random.Random(seed)  # noqa: S311 - repeatable damage, not a secret
    kind = dice.randrange(3)
    if kind == 0:
        return bytes((_ERASED,)) * len(new)
    cut = dice.randrange(len(new) + 1)
    if kind == 1:
        return new[:cut] + bytes((_ERASED,)) * (len(new) - cut)
    # The erase itself was cut short: old and new bits lie upon each other from the cut on.
    return new[:cut] + bytes(a | b for a, b in zip(old[cut:], new[cut:], strict=True))
