"""A simulated SAM-V identity reader: documents laid on it, its answers, and its faults.

It takes requests apart by itself, so that it and the host do not share one mistake.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from app.devices.id_frame import answer_frame

_PREAMBLE = b"\xaa\xaa\xaa\x96\x69"
# Each command is its CMD and PARA bytes.
RESET = b"\x10\xff"
STATUS = b"\x11\xff"
NUMBER = b"\x12\xff"
FIND = b"\x20\x01"
SELECT = b"\x20\x02"
READ = b"\x30\x01"
READ_WITH_FINGERPRINT = b"\x30\x10"
READ_ADDRESS = b"\x30\x03"
# No request of the standard is longer than this.
_MAX_REQUEST = 64
# A module number as vendors give it, made up: 05.01-20260101-0000000001-0000000001.
_NUMBER_BYTES = bytes.fromhex("0500 0100") + b"".join(
    value.to_bytes(4, "little") for value in (20260101, 1, 1)
)


class IdFault(StrEnum):
    """What a simulated reader can do wrong with one answer."""

    SILENT = "silent"  # no answer at all
    CUT = "cut"  # half of the answer, then nothing
    CHECKSUM = "checksum"  # the last byte is wrong
    GARBAGE = "garbage"  # line noise in front
    STALE = "stale"  # the answer before this one comes once more in front
    LATE = "late"  # nothing now; this answer comes in front of the next one
    DOUBLED = "doubled"  # the answer twice
    REFUSED = "refused"  # the SW3 that was armed with it
    LIFTED = "lifted"  # answered well, and then the document is lifted
    GONE = "gone"  # the line breaks


@dataclass(frozen=True)
class SimulatedDocument:
    """One document: its 256 bytes of text, its closed photo, perhaps fingerprint and newer address."""

    text: bytes = field(repr=False)
    photo: bytes = field(repr=False, default=b"WLf\x00" + bytes(1020))
    fingerprint: bytes | None = field(repr=False, default=None)
    latest_address: str | None = field(repr=False, default=None)


@dataclass
class _Armed:
    fault: IdFault
    on: bytes | None
    times: int | None
    sw3: int


class SimulatedIdReader:
    """The device's side of the line: bytes in, chunks of bytes out.

    With ``documents`` it lays them one after another: when one was read, the following one lies there
    at the next find. With ``around`` they begin again when all were read. ``split`` sends every answer
    byte by byte.
    """

    def __init__(
        self,
        documents: Iterable[SimulatedDocument] = (),
        *,
        around: bool = False,
        split: bool = False,
        number: bytes = _NUMBER_BYTES,
    ) -> None:
        self._queue = deque(documents)
        self._around = around
        self._split = split
        self._number = number
        self._buffer = b""
        self._armed: list[_Armed] = []
        self._last = b""
        self._held = b""
        self._read = self._found = self._selected = False
        self.find_is_blind = False
        self.requests: list[bytes] = []
        self.document: SimulatedDocument | None = None
        self._lay_next()

    def lay(self, document: SimulatedDocument) -> None:
        """Put a document on the reader."""
        self.document = document
        self._read = self._found = self._selected = False

    def lift(self) -> None:
        """Take the document off."""
        self.document = None
        self._read = self._found = self._selected = False

    def arm(
        self, fault: IdFault, on: bytes | None = None, times: int | None = 1, sw3: int = 0x24
    ) -> None:
        """Let ``fault`` befall the next ``times`` answers (None: all) to ``on`` (None: any command)."""
        self._armed.append(_Armed(fault, on, times, sw3))

    def receive(self, data: bytes) -> list[bytes]:
        """Take bytes of the host; what is sent back, in the chunks in which it comes.

        OSError once the line was armed to break.
        """
        self._buffer += data
        out: list[bytes] = []
        while (request := self._next_request()) is not None:
            out += self._answered(request)
        return out

    def _next_request(self) -> bytes | None:
        """The body of the next whole request, CHK still at its end."""
        at = self._buffer.find(_PREAMBLE)
        if at < 0:
            self._buffer = self._buffer[-(len(_PREAMBLE) - 1) :]
            return None
        self._buffer = self._buffer[at:]
        if len(self._buffer) < 7:
            return None
        end = 7 + min(self._buffer[5] << 8 | self._buffer[6], _MAX_REQUEST)
        if len(self._buffer) < end:
            return None
        request, self._buffer = self._buffer[5:end], self._buffer[end:]
        return request

    def _answered(self, request: bytes) -> list[bytes]:
        command = request[2:4]
        self.requests.append(command)
        armed = self._strikes(command)
        if armed is not None and armed.fault is IdFault.REFUSED:
            whole = answer_frame(armed.sw3)
        else:
            whole = self._answer(request)
        before, self._held = self._held, b""
        previous, self._last = self._last, whole
        sent = before + whole
        match armed.fault if armed else None:
            case IdFault.SILENT:
                sent = before
            case IdFault.CUT:
                sent = before + whole[: len(whole) // 2]
            case IdFault.CHECKSUM:
                sent = before + whole[:-1] + bytes((whole[-1] ^ 0x5A,))
            case IdFault.GARBAGE:
                sent = before + b"\x00\xff\xaa\xaa" + whole
            case IdFault.STALE:
                sent = previous + whole
            case IdFault.LATE:
                sent, self._held = before, whole
            case IdFault.DOUBLED:
                sent = before + whole + whole
            case IdFault.LIFTED:
                self.lift()
            case IdFault.GONE:
                raise OSError("the simulated line broke")
            case _:
                pass
        return [bytes((byte,)) for byte in sent] if self._split else [sent]

    def _strikes(self, command: bytes) -> _Armed | None:
        armed = next((entry for entry in self._armed if entry.on in (None, command)), None)
        if armed is not None and armed.times is not None:
            armed.times -= 1
            if not armed.times:
                self._armed.remove(armed)
        return armed

    def _answer(self, request: bytes) -> bytes:
        length = int.from_bytes(request[:2], "big")
        if length < 3 or len(request) != 2 + length:
            return answer_frame(0x11)
        check = 0
        for byte in request:
            check ^= byte
        if check:
            return answer_frame(0x10)
        actions: dict[bytes, Callable[[], bytes]] = {
            RESET: lambda: answer_frame(0x90),
            STATUS: lambda: answer_frame(0x90),
            NUMBER: lambda: answer_frame(0x90, self._number),
            FIND: self._find,
            SELECT: self._select,
            READ: lambda: self._reading(with_fingerprint=False),
            READ_WITH_FINGERPRINT: lambda: self._reading(with_fingerprint=True),
            READ_ADDRESS: self._address,
        }
        action = actions.get(request[2:4])
        return answer_frame(0x21) if action is None else action()

    def _find(self) -> bytes:
        if self._read:
            self._lay_next()
        # After one read the document must be lifted and laid back before it is found again.
        if self.document is None or self._read or self.find_is_blind:
            return answer_frame(0x80)
        self._found = True
        return answer_frame(0x9F, bytes(4))

    def _select(self) -> bytes:
        if self.document is None or not self._found:
            return answer_frame(0x81)
        self._selected = True
        return answer_frame(0x90, bytes(8))

    def _reading(self, with_fingerprint: bool) -> bytes:
        document = self.document
        if document is None or not (self._selected or self._read or self.find_is_blind):
            return answer_frame(0x41)
        self._read = True
        parts = [document.text, document.photo]
        if with_fingerprint:
            parts.append(document.fingerprint or b"")
        sizes = b"".join(len(part).to_bytes(2, "big") for part in parts)
        return answer_frame(0x90, sizes + b"".join(parts))

    def _address(self) -> bytes:
        if self.document is None or not self._read:
            return answer_frame(0x41)
        if self.document.latest_address is None:
            return answer_frame(0x91)
        raw = self.document.latest_address.encode("utf-16-le")
        return answer_frame(0x90, raw + b" \x00" * ((70 - len(raw)) // 2))

    def _lay_next(self) -> None:
        if self._queue:
            document = self._queue.popleft()
            if self._around:
                self._queue.append(document)
            self.lay(document)


class SimulatedIdStream:
    """A line in memory to a simulated reader: a ``ByteStream``. ``wait`` lets milliseconds pass."""

    def __init__(self, reader: SimulatedIdReader, wait: Callable[[int], None] | None = None) -> None:
        self._reader = reader
        self._wait = wait or (lambda ms: time.sleep(ms / 1000))
        self._chunks: deque[bytes] = deque()
        self._broken = False
        self.closed = 0

    def read(self, max_bytes: int, timeout_ms: int) -> bytes:
        """The next chunk, or nothing after ``timeout_ms``."""
        if self._broken:
            raise OSError("the simulated line is broken")
        while self._chunks:
            chunk = self._chunks.popleft()
            if len(chunk) > max_bytes:
                self._chunks.appendleft(chunk[max_bytes:])
            if chunk:
                return chunk[:max_bytes]
        if timeout_ms:
            self._wait(timeout_ms)
        return b""

    def write(self, data: bytes) -> None:
        """Hand bytes to the reader."""
        try:
            self._chunks += self._reader.receive(data)
        except OSError:
            self._broken = True
            raise

    def inject(self, data: bytes) -> None:
        """Let bytes lie on the line that nobody asked for."""
        self._chunks.append(data)

    def close(self) -> None:
        """Count the closing; closing twice is harmless."""
        self.closed += 1
