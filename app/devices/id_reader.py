"""A SAM-V identity reader over any stream of bytes: status, number, find, select, read.

Every command only reads, so one that came to nothing may be asked again. The protocol echoes nothing:
what came before a question is thrown away, and an answer of another shape is a stale one.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import Protocol

from app.base.clock import Clock
from app.base.errors import N_
from app.devices import id_frame
from app.devices.id_frame import (
    AnswerParser,
    IdAnswer,
    IdCommand,
    IdFrameDamaged,
    IdNoCard,
    IdReaderFault,
    IdReadFailed,
    IdSelectFailed,
    IdVerificationFailed,
)
from app.devices.id_text import decode_text
from app.devices.ports import IdentityReading

# GA 450: serial line at 115,200 baud, 8N1
BAUD = 115_200
_CHUNK = 4096
# A frame of 2,321 bytes takes 0.2 s at 115,200 baud; a line that is silent this long has stopped.
_GAP_MS = 500
# How often a question that came to nothing is asked; the module number is known to need it.
_ATTEMPTS = 3
_POLL_MS = 200
# "20 01 may say 80 with a card lying there while 30 01 still works": read without finding this often.
_BLIND_EVERY = 3
# What may pass when the document is held still, so it is tried again.
_PASSING = (IdReadFailed, IdSelectFailed, IdVerificationFailed, IdFrameDamaged)


@dataclass(eq=False)
class IdReaderSilent(IdReaderFault):
    """No whole answer came in time."""

    code = "id.reader-silent"
    cause = N_("The identity reader does not answer.")
    meaning = N_("Nothing was read.")
    remedy = N_("Unplug the reader and plug it in again, then read the document again.")


@dataclass(eq=False)
class IdReaderGone(IdReaderFault):
    """The line itself is gone; the reader may come back under another name."""

    port: str

    code = "id.reader-gone"
    cause = N_("The identity reader at {port} can not be reached.")
    meaning = N_("Nothing was read.")
    remedy = N_("Check its cable; if it is plugged in, choose the port it has now in the settings.")


@dataclass(eq=False)
class IdReadingCancelled(IdReaderFault):
    """The desk stopped waiting for a document."""

    code = "id.cancelled"
    cause = N_("Reading the document was cancelled.")
    meaning = N_("Nothing was read.")
    remedy = N_("Start reading again when the document is at hand.")


class ByteStream(Protocol):
    """A line to a reader. Each call raises OSError when the line is gone."""

    def read(self, max_bytes: int, timeout_ms: int) -> bytes:
        """What has come, at most ``max_bytes``; empty when nothing came within ``timeout_ms``."""
        ...

    def write(self, data: bytes) -> None:
        """Send all of ``data``."""
        ...

    def close(self) -> None:
        """Let go of the line. Closing twice is harmless."""
        ...


@dataclass(frozen=True)
class IdTimeouts:
    """How long a module may think, in milliseconds; reading text and photo takes it a second or two."""

    answer_ms: int = 1500
    read_ms: int = 6000


class SamvReader:
    """An ``IdReader`` of GA 450 and GA 467 on ``stream``; ``port`` is what the system calls its line."""

    def __init__(
        self, stream: ByteStream, clock: Clock, port: str = "", timeouts: IdTimeouts | None = None
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._port = port
        self._timeouts = timeouts or IdTimeouts()
        self._parser = AnswerParser()
        self._number: bytes | None = None
        self._last_read: bytes | None = None

    @property
    def name(self) -> str:
        """The line's name."""
        return self._port

    def check(self) -> None:
        """Return when the module says it is well, else an ``IdReaderFault``."""
        self._repeated(id_frame.STATUS)

    def module_number(self) -> str:
        """The module's number as printed on it, asked for up to three times."""
        return id_frame.module_number_text(self.module_bytes())

    def module_bytes(self) -> bytes:
        """The 16 bytes of the module's number, which vendors print differently."""
        if self._number is None:
            self._number = self._repeated(id_frame.MODULE_NUMBER, any_fault=True).data
        return self._number

    def read(self, timeout_ms: int, cancel: threading.Event) -> IdentityReading:
        """Wait at most ``timeout_ms`` for a document and read it.

        ``IdNoCard`` when none came, ``IdReadingCancelled`` soon after ``cancel`` is set, otherwise the
        ``IdReaderFault`` or ``IdTextFault`` that says what failed. A document that was lifted or held
        badly is tried three times. One that was left lying after it was read is not read again for the
        next resident: it must be lifted first.
        """
        number = self.module_number()
        deadline = self._now_ms() + timeout_ms
        fault: IdReaderFault = IdNoCard()
        failed = polls = 0
        while not cancel.is_set():
            try:
                data = self._read_once(blind=polls % _BLIND_EVERY == 0)
            except IdNoCard:
                data = None
            except _PASSING as passing:
                fault, data = passing, None
                failed += 1
            if data is not None:
                text, photo, _fingerprint = id_frame.split_reading(data)
                return IdentityReading(
                    text=decode_text(text)[0],
                    photo_wlt=photo,
                    module_number=number,
                    raw_text=text,
                    module_bytes=self.module_bytes(),
                )
            if failed == _ATTEMPTS or self._now_ms() >= deadline:
                raise fault
            polls += 1
            self._quiet(_POLL_MS)
        raise IdReadingCancelled

    def latest_address(self) -> str | None:
        """The address added to the document that was just read, None where there is none."""
        answer = self._repeated(id_frame.READ_ADDRESS)
        return answer.data.decode("utf-16-le", "replace").rstrip(" \0") or None

    def close(self) -> None:
        """Let go of the line. Closing twice is harmless."""
        self._stream.close()

    def _read_once(self, blind: bool) -> bytes:
        """Find, select and read; ``blind`` reads even where nothing was found."""
        try:
            self._exchange(id_frame.FIND)
            self._exchange(id_frame.SELECT)
        except IdNoCard:
            if not blind:
                raise
            data = self._read_blind()
            digest = hashlib.sha256(data).digest()
            if digest == self._last_read:
                raise
        else:
            data = self._exchange(id_frame.READ).data
            digest = hashlib.sha256(data).digest()
        self._last_read = digest
        return data

    def _read_blind(self) -> bytes:
        try:
            return self._exchange(id_frame.READ).data
        except (IdNoCard, IdReadFailed, IdSelectFailed):
            self._last_read = None
            raise IdNoCard from None  # an empty reader says so in several ways

    def _repeated(self, command: IdCommand, any_fault: bool = False) -> IdAnswer:
        """Ask up to three times while answers are damaged (or, with ``any_fault``, are refusals)."""
        again = IdReaderFault if any_fault else IdFrameDamaged
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._exchange(command)
            except IdReaderGone:
                raise
            except again:
                continue
        return self._exchange(command)

    def _exchange(self, command: IdCommand) -> IdAnswer:
        """One question and its answer; an ``IdReaderFault`` for a refusal, damage or silence."""
        limit = self._timeouts.read_ms if command.cmd == id_frame.READ.cmd else self._timeouts.answer_ms
        self._quiet(0)
        self._parser.clear()
        self._write(command.request())
        deadline = self._now_ms() + limit
        while True:
            begun = self._parser.waiting or self._parser.damaged > 0
            wait = deadline - self._now_ms()
            chunk = self._receive(max(0, min(wait, _GAP_MS) if begun else wait))
            answers = self._parser.feed(chunk) if chunk else self._parser.give_up()
            for answer in answers:
                if command.takes(answer):
                    return answer
                if answer.failed:
                    raise answer.fault()
                # A good answer to another question is a stale one; the right one may follow.
            if not answers and (not chunk or wait <= 0):
                raise IdFrameDamaged if self._parser.damaged else IdReaderSilent

    def _quiet(self, timeout_ms: int) -> None:
        """Throw away what comes before the next question, and wait so long for it."""
        end = self._now_ms() + timeout_ms
        # A reader that never stops sending is cut off after as many bytes as any answer has.
        for _ in range(id_frame.MAX_LENGTH):
            if not self._receive(max(0, end - self._now_ms())):
                return

    def _receive(self, timeout_ms: int) -> bytes:
        try:
            return self._stream.read(_CHUNK, timeout_ms)
        except OSError:
            raise IdReaderGone(port=self._port) from None

    def _write(self, data: bytes) -> None:
        try:
            self._stream.write(data)
        except OSError:
            raise IdReaderGone(port=self._port) from None

    def _now_ms(self) -> int:
        return self._clock.monotonic_ns() // 1_000_000


def open_serial(port: str) -> ByteStream:
    """The serial line ``port`` (COM3, /dev/ttyUSB0, a pseudo terminal); ``IdReaderGone`` where it can
    not be opened."""
    # Loaded here, so that a desk without a serial reader runs without the library.
    import serial  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        line = serial.Serial(port, BAUD, timeout=0, write_timeout=2, exclusive=None)
    except OSError:
        raise IdReaderGone(port=port) from None
    return _SerialStream(line)


class _SerialLine(Protocol):
    """What is used of ``serial.Serial``."""

    timeout: float | None

    @property
    def in_waiting(self) -> int: ...
    def read(self, size: int) -> bytes: ...
    def write(self, data: bytes) -> int | None: ...
    def close(self) -> None: ...


class _SerialStream:
    """A ``ByteStream`` over pyserial, whose faults are OSErrors already."""

    def __init__(self, line: _SerialLine) -> None:
        self._line = line

    def read(self, max_bytes: int, timeout_ms: int) -> bytes:
        # The first byte is waited for, the rest is taken as it lies there.
        self._line.timeout = timeout_ms / 1000
        first = self._line.read(1)
        rest = min(self._line.in_waiting, max_bytes - 1) if first else 0
        return first + (self._line.read(rest) if rest else b"")

    def write(self, data: bytes) -> None:
        self._line.write(data)

    def close(self) -> None:
        self._line.close()
