"""What every simulated chip is to its reader, and how a chip takes a command apart."""

from __future__ import annotations

from typing import Protocol

from app.cardspec.status import StatusWord


class PowerLost(Exception):
    """Power went while a command ran, or the chip has none."""


class Refused(Exception):
    """A command ends in this status word and no data."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


class SimulatedChip(Protocol):
    """A chip as a slot sees it: power on, power off, commands in between."""

    def power_on(self) -> bytes:
        """Reset the chip; its ATR as PC/SC gives it."""
        ...

    def power_off(self) -> None:
        """Take power away: what is not in EEPROM is gone."""
        ...

    def process(self, command: bytes) -> bytes:
        """Answer one command, status word at the end; ``PowerLost`` when a tear strikes meanwhile."""
        ...

    def arm_tear(self, pages: int, seed: int = 0) -> None:
        """Let power go during the next command, within the EEPROM page after ``pages`` whole ones."""
        ...


class Command:
    """A short command as a chip reads it. ``header`` is the five bytes that a MAC begins with."""

    __slots__ = ("cla", "data", "header", "ins", "le", "p1", "p2")

    def __init__(self, raw: bytes) -> None:
        size = len(raw)
        if size < 4:
            raise Refused(StatusWord.WRONG_LENGTH)
        self.cla, self.ins, self.p1, self.p2 = raw[0], raw[1], raw[2], raw[3]
        self.header = raw[:5]
        self.data = b""
        # None where the command names no Le; 0 stands for "as much as there is".
        self.le: int | None = None
        if size == 5:
            self.le = raw[4]
        elif size > 5:
            lc = raw[4]
            if lc == 0 or size - 5 - lc not in (0, 1):
                raise Refused(StatusWord.WRONG_LENGTH)
            self.data = raw[5 : 5 + lc]
            if size == 6 + lc:
                self.le = raw[-1]

    def need_data(self, length: int) -> bytes:
        """The command's data where it has exactly ``length`` bytes, else 6700."""
        if len(self.data) != length:
            raise Refused(StatusWord.WRONG_LENGTH)
        return self.data

    def need_le(self, length: int) -> None:
        """6Cxx unless the command asks for ``length`` bytes, or for as much as there is."""
        if self.data:
            raise Refused(StatusWord.WRONG_LENGTH)
        if self.le not in (0, length):
            raise Refused(0x6C00 | length & 0xFF)

    def need_p1p2(self, p1: int, p2: int) -> None:
        """6A86 unless P1 and P2 are these."""
        if self.p1 != p1 or self.p2 != p2:
            raise Refused(StatusWord.WRONG_P1P2)


def answer(sw: int, data: bytes = b"") -> bytes:
    """Data and status word as they travel."""
    return data + sw.to_bytes(2, "big")


def atr_with_check(body: bytes) -> bytes:
    """``body`` (3B .. historical bytes) with TCK, the XOR of all bytes from T0 on (ISO/IEC 7816-3)."""
    tck = 0
    for byte in body[1:]:
        tck ^= byte
    return body + bytes((tck,))
