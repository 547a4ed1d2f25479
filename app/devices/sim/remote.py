"""A simulated chip in a process of its own, reached directly over loopback without any middleware.

The messages are vpcd's (see ``vpcd``), behind a token that the chip's process made: only who was given
it may speak. The keys of a chip live in its process alone.
"""

from __future__ import annotations

import hmac
import secrets
import socket
import threading
import time
from dataclasses import dataclass

from app.devices.ports import (
    AnswerUnknown,
    CardRemoved,
    CommandNotSent,
    NoCardPresent,
    ReaderGone,
    ReaderRole,
)
from app.devices.sim.vpcd import (
    GIVE_ATR,
    LOOPBACK,
    POWER_OFF,
    POWER_ON,
    RESET,
    ChipSlot,
    receive_message,
    send_message,
)

_TOKEN_BYTES = 16
_TIMEOUT_S = 10.0
_LOOK_S = 0.05


@dataclass(frozen=True)
class RemoteChip:
    """Where a chip's process listens on loopback, and the token that it asks for."""

    port: int
    token: str


class ChipListener:
    """The chip's side: answers for ``slot`` to every line that shows the token."""

    def __init__(self, slot: ChipSlot) -> None:
        self._slot = slot
        self._token = secrets.token_bytes(_TOKEN_BYTES)
        self._socket = socket.create_server((LOOPBACK, 0))
        self._socket.settimeout(_LOOK_S)
        self._threads: list[threading.Thread] = []

    @property
    def address(self) -> RemoteChip:
        """What a host needs to reach it."""
        return RemoteChip(self._socket.getsockname()[1], self._token.hex())

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop`` is set."""
        with self._socket:
            while not stop.is_set():
                try:
                    line, _address = self._socket.accept()
                except TimeoutError:
                    continue
                thread = threading.Thread(target=self._serve, args=(line, stop), daemon=True)
                thread.start()
                self._threads = [t for t in self._threads if t.is_alive()] + [thread]
        for thread in self._threads:
            thread.join()

    def _serve(self, line: socket.socket, stop: threading.Event) -> None:
        slot = self._slot
        with line:
            line.settimeout(_LOOK_S)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            laid = None
            shown = False
            while not stop.is_set():
                try:
                    body = receive_message(line)
                    if not shown:
                        if not hmac.compare_digest(body, self._token):
                            return
                        shown = True
                        continue
                    if body == POWER_ON:
                        laid = slot.laid
                    # A line serves the chip that it powered; another one in its place is a stranger.
                    same = laid is None or laid == slot.laid
                    answer = slot.handle(body) if same else b""
                    if answer is not None:
                        send_message(line, answer)
                except TimeoutError:
                    continue
                except OSError:
                    break
            if laid == slot.laid:
                slot.handle(POWER_OFF)


class RemoteReader:
    """A ``CardReader`` whose slot is another process."""

    def __init__(self, name: str, chip: RemoteChip, role: ReaderRole = ReaderRole.CARD) -> None:
        self._name = name
        self._chip = chip
        self._role = role

    @property
    def name(self) -> str:
        """What the reader is called on screens."""
        return self._name

    def connect(self) -> RemoteConnection:
        """A line to the chip, freshly powered; ``NoCardPresent`` or ``ReaderGone``."""
        connection = RemoteConnection(self._open(), self._role)
        try:
            connection.power_on()
        except BaseException:
            connection.close()
            raise
        return connection

    def wait_for_card(self, timeout_ms: int, cancel: threading.Event) -> bool:
        """Whether a chip lies there within ``timeout_ms``; False at once when cancelled."""
        return self._wait(True, timeout_ms, cancel)

    def wait_for_removal(self, timeout_ms: int, cancel: threading.Event) -> bool:
        """Whether the slot is empty within ``timeout_ms``; False at once when cancelled."""
        return self._wait(False, timeout_ms, cancel)

    def _wait(self, present: bool, timeout_ms: int, cancel: threading.Event) -> bool:
        deadline = time.monotonic() + timeout_ms / 1000
        with self._open() as line:
            while not cancel.is_set():
                try:
                    send_message(line, GIVE_ATR)
                    here = bool(receive_message(line))
                except OSError:
                    raise ReaderGone(role=self._role.value) from None
                if here == present:
                    return True
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                cancel.wait(min(left, _LOOK_S))
        return False

    def _open(self) -> socket.socket:
        line = socket.socket()
        try:
            line.settimeout(_TIMEOUT_S)
            line.connect((LOOPBACK, self._chip.port))
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            send_message(line, bytes.fromhex(self._chip.token))
        except OSError:
            line.close()
            raise ReaderGone(role=self._role.value) from None
        return line


class RemoteConnection:
    """A ``CardConnection`` to a chip in another process."""

    def __init__(self, line: socket.socket, role: ReaderRole) -> None:
        self._line = line
        self._role = role
        self._open = True

    def power_on(self) -> None:
        """Give the chip power; ``NoCardPresent`` where there is none."""
        self._send(POWER_ON)
        if not self._asked(GIVE_ATR):
            raise NoCardPresent(role=self._role.value)

    @property
    def atr(self) -> bytes:
        """The ATR of the chip that lies there now; ``CardRemoved`` where this line's has gone."""
        return self._present(self._asked(GIVE_ATR))

    def transmit(self, command: bytes) -> bytes:
        """One exchange: ``CardRemoved``, ``AnswerUnknown`` or ``ReaderGone`` where it fails."""
        if len(command) < 4:
            raise CommandNotSent(role=self._role.value)  # it would be taken for a message to the slot
        answer = self._present(self._asked(command))
        if len(answer) < 2:
            raise AnswerUnknown(role=self._role.value)
        return answer

    def reset(self) -> bytes:
        """Reset the chip; its ATR."""
        self._send(RESET)
        return self.atr

    def close(self) -> None:
        """Let go; the chip loses power. Closing twice is harmless."""
        self._open = False
        self._line.close()

    def _present(self, answer: bytes) -> bytes:
        if not answer:
            raise CardRemoved(role=self._role.value)
        return answer

    def _asked(self, body: bytes) -> bytes:
        self._send(body)
        try:
            return receive_message(self._line)
        except TimeoutError:
            self.close()  # a late answer must not be taken for that of the next command
            raise AnswerUnknown(role=self._role.value) from None
        except OSError:
            raise ReaderGone(role=self._role.value) from None

    def _send(self, body: bytes) -> None:
        if not self._open:
            raise CommandNotSent(role=self._role.value)
        try:
            send_message(self._line, body)
        except OSError:
            raise ReaderGone(role=self._role.value) from None
