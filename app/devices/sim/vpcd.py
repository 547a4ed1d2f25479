"""A simulated chip on vpcd's virtual reader, and the slot that every served chip lies in.

vpcd's driver listens and the card connects. A message is two bytes of length (big-endian) and a body:
one byte 00 power off, 01 power on, 02 reset, 04 give the ATR (the only one of these that is answered),
anything longer an APDU.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

from app.devices.sim.chip import PowerLost, SimulatedChip

LOOPBACK = "127.0.0.1"
# The ports of vpcd's driver (its two slots).
CARD_PORT = 35963
SAM_PORT = 35964

POWER_OFF = b"\x00"
POWER_ON = b"\x01"
RESET = b"\x02"
GIVE_ATR = b"\x04"

# How often a card looks for a driver that does not listen yet, and for hands at its slot.
_LOOK_S = 0.2
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)


def send_message(line: socket.socket, body: bytes) -> None:
    """Length and body in one packet; OSError when the line is gone."""
    line.sendall(len(body).to_bytes(2, "big") + body)


def receive_message(line: socket.socket) -> bytes:
    """The next body; ConnectionError when the line ended, TimeoutError when nothing came in time.

    The line's own time-out holds for the first byte; a message that has begun is waited for.
    """
    head = _receive(line, 2, started=False)
    return _receive(line, int.from_bytes(head, "big"), started=True)


def _receive(line: socket.socket, count: int, started: bool) -> bytes:
    data = b""
    while len(data) < count:
        if _QUICKACK is not None:
            # Without it Nagle and the delayed ACK cost 44 ms an exchange; the kernel forgets it.
            line.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        try:
            part = line.recv(count - len(data))
        except TimeoutError:
            if started or data:
                continue
            raise
        if not part:
            raise ConnectionError("the other side closed the line")
        data += part
    return data


class ChipSlot:
    """Where a served chip lies. Hands put it in and take it out; one or more lines speak to it.

    ``laid`` counts chips put in, so that a line knows whether its chip is still the one. Every call is
    safe from any thread.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._chip: SimulatedChip | None = None
        self._atr = b""
        self._powered = False
        self._unpowered_since = self._monotonic()
        self.laid = 0

    def lay(self, chip: SimulatedChip) -> None:
        """Put a chip in; ValueError where one lies there."""
        with self._lock:
            if self._chip is not None:
                raise ValueError("a chip lies in the slot already")
            self._atr = chip.power_on()
            chip.power_off()
            self._chip = chip
            self._unpowered_since = self._monotonic()
            self.laid += 1

    def lift(self) -> SimulatedChip | None:
        """Take the chip out, in the midst of a session if need be; it loses power."""
        with self._lock:
            chip, self._chip = self._chip, None
            if chip is not None:
                chip.power_off()
            self._powered = False
            return chip

    @property
    def chip(self) -> SimulatedChip | None:
        """The chip that lies there."""
        return self._chip

    @property
    def atr(self) -> bytes:
        """The ATR of the chip that lies there; empty where there is none."""
        with self._lock:
            return self._atr if self._chip is not None else b""

    @property
    def unpowered_s(self) -> float:
        """For how long the chip has been without power; 0 while it has."""
        with self._lock:
            return 0.0 if self._powered else self._monotonic() - self._unpowered_since

    def handle(self, body: bytes) -> bytes | None:
        """What one message brings back: None where nothing is sent, empty where no chip lies there.

        A chip that loses power within a command gives no status word: one byte 00.
        """
        with self._lock:
            if body == GIVE_ATR:
                return self.atr
            if len(body) == 1:
                self._power(body)
                return None
            if self._chip is None:
                return b""
            try:
                return self._chip.process(body)
            except PowerLost:
                self._without_power()
                return POWER_OFF

    def _power(self, body: bytes) -> None:
        chip = self._chip
        if chip is None:
            return
        if body == POWER_OFF:
            chip.power_off()
            self._without_power()
        elif body in (POWER_ON, RESET):
            if self._powered:
                chip.power_off()
            self._atr = chip.power_on()
            self._powered = True

    def _without_power(self) -> None:
        self._powered = False
        self._unpowered_since = self._monotonic()


class VpcdCard:
    """Holds a slot's chip against vpcd's reader at ``port`` on loopback, as long as a chip lies there.

    While no driver listens it keeps trying; when the chip is lifted it leaves the line, which is how
    vpcd sees an empty reader.
    """

    def __init__(self, slot: ChipSlot, port: int) -> None:
        self._slot = slot
        self._port = port
        self._line: socket.socket | None = None

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop`` is set."""
        while not stop.is_set():
            if self._slot.chip is None or not self._connect():
                stop.wait(_LOOK_S)
                continue
            try:
                self._serve(stop)
            except ConnectionError:
                pass  # the driver ended; it may come back
            finally:
                self._leave()

    def _connect(self) -> bool:
        line = socket.socket()
        try:
            line.connect((LOOPBACK, self._port))
        except OSError:
            line.close()
            return False
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.settimeout(_LOOK_S)
        self._line = line
        return True

    def _leave(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()
        chip = self._slot.chip
        if chip is not None:
            self._slot.handle(POWER_OFF)  # no driver, no power

    def _serve(self, stop: threading.Event) -> None:
        line, slot = self._line, self._slot
        if line is None:
            return
        laid = slot.laid
        while not stop.is_set() and slot.chip is not None and slot.laid == laid:
            try:
                body = receive_message(line)
            except TimeoutError:
                continue
            if slot.laid != laid:
                return
            answer = slot.handle(body)
            if answer is None:
                continue
            if answer == POWER_OFF or not answer:
                return  # power went within a command, or the chip is gone: so does the line
            send_message(line, answer)
