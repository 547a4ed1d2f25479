"""The language of SAM-V identity readers (GA 450, GA 467): frames, commands, answers. No I/O here.

A request is preamble, LEN, CMD, PARA, data, CHK; an answer is preamble, LEN, SW1 SW2 SW3, data, CHK.
LEN is two bytes, big-endian, and counts what follows it with CHK; CHK is the XOR of everything from
LEN on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import xor
from types import MappingProxyType
from typing import ClassVar

from app.base.errors import N_, KangkaError

PREAMBLE = bytes.fromhex("AAAAAA9669")
# SW1 SW2 SW3 and CHK alone, and a read of text, photo and fingerprint (LEN 090A).
MIN_LENGTH = 4
MAX_LENGTH = 0x090A
TEXT_BYTES = 256
PHOTO_BYTES = 1024
# What 30 03 brings back, without a length in front (70 bytes, as the citizen's address field).
ADDRESS_BYTES = 70
MODULE_NUMBER_BYTES = 16

DONE = 0x90
NOTHING_STORED = 0x91
FOUND = 0x9F


@dataclass(frozen=True)
class IdCommand:
    """One command: CMD and PARA, and the good answers as SW3 -> the data lengths it may have.

    The protocol echoes nothing, so an answer's shape is all that tells it from a stale one.
    """

    cmd: int
    para: int
    good: Mapping[int, tuple[int, ...]]

    def request(self, data: bytes = b"") -> bytes:
        """The frame that asks for it."""
        return frame(bytes((self.cmd, self.para)) + data)

    def takes(self, answer: IdAnswer) -> bool:
        """Whether ``answer`` is a good one to this command."""
        return len(answer.data) in self.good.get(answer.sw3, ())


def _command(cmd: int, para: int, **good: tuple[int, ...]) -> IdCommand:
    return IdCommand(cmd, para, MappingProxyType({int(sw3[1:], 16): v for sw3, v in good.items()}))


_READ = 4 + TEXT_BYTES + PHOTO_BYTES
RESET = _command(0x10, 0xFF, x90=(0,))
STATUS = _command(0x11, 0xFF, x90=(0,))
MODULE_NUMBER = _command(0x12, 0xFF, x90=(MODULE_NUMBER_BYTES,))
FIND = _command(0x20, 0x01, x9F=(4,))
# Some modules answer a selection as they answer a find.
SELECT = _command(0x20, 0x02, x90=(8,), x9F=(4, 8))
READ = _command(0x30, 0x01, x90=(_READ,))
READ_WITH_FINGERPRINT = _command(0x30, 0x10, x90=(_READ + 2, _READ + 2 + 1024))
READ_ADDRESS = _command(0x30, 0x03, x90=(ADDRESS_BYTES,), x91=(0,))
COMMANDS = (
    RESET,
    STATUS,
    MODULE_NUMBER,
    FIND,
    SELECT,
    READ,
    READ_WITH_FINGERPRINT,
    READ_ADDRESS,
)


class IdReaderFault(KangkaError):
    """An identity reader did not give what was asked of it."""


@dataclass(eq=False)
class IdRequestGarbled(IdReaderFault):
    """SW3 10, 11, 21: checksum, length or command of the request was not understood."""

    code = "id.request-garbled"
    cause = N_("The identity reader did not understand the request.")
    meaning = N_("Nothing was read.")
    remedy = N_("Check the reader's cable and read the document again.")


@dataclass(eq=False)
class IdNotPermitted(IdReaderFault):
    """SW3 23: the module is not permitted this operation."""

    code = "id.not-permitted"
    cause = N_("The identity reader is not permitted to do this.")
    meaning = N_("Nothing was read.")
    remedy = N_("Use another identity reader and have this one's permission checked by its supplier.")


@dataclass(eq=False)
class IdUnknownError(IdReaderFault):
    """SW3 24: the module names no reason."""

    code = "id.unknown-error"
    cause = N_("The identity reader reports an error without naming it.")
    meaning = N_("Nothing was read.")
    remedy = N_("Take the document off, unplug the reader and plug it in again, then read again.")


@dataclass(eq=False)
class IdCardRefusedModule(IdReaderFault):
    """SW3 31: the document did not accept the module."""

    code = "id.card-refused-module"
    cause = N_("The document did not accept this identity reader.")
    meaning = N_("Nothing was read.")
    remedy = N_("Lay the document again; if other documents fail too, use another identity reader.")


@dataclass(eq=False)
class IdModuleRefusedCard(IdReaderFault):
    """SW3 32: the module did not accept the document."""

    code = "id.module-refused-card"
    cause = N_("The identity reader did not accept the document.")
    meaning = N_("The document may not be genuine, or its chip is damaged.")
    remedy = N_("Lay it again; if it is refused again, check the document by hand and take another one.")


@dataclass(eq=False)
class IdVerificationFailed(IdReaderFault):
    """SW3 33: a message between document and module did not verify."""

    code = "id.verification-failed"
    cause = N_("The document and the identity reader could not verify each other.")
    meaning = N_("Nothing was read.")
    remedy = N_("Lay the document again and hold it still until it has been read.")


@dataclass(eq=False)
class IdWrongCardKind(IdReaderFault):
    """SW3 40: the card is no identity document that the module knows."""

    code = "id.wrong-card-kind"
    cause = N_("The card on the identity reader is not an identity document.")
    meaning = N_("Nothing was read.")
    remedy = N_("Lay an identity card or a residence permit on the reader.")


@dataclass(eq=False)
class IdReadFailed(IdReaderFault):
    """SW3 41: reading the document failed, often because it was lifted."""

    code = "id.read-failed"
    cause = N_("The document could not be read to the end.")
    meaning = N_("Nothing was kept of it.")
    remedy = N_("Lift the document, lay it back and leave it there until it has been read.")


@dataclass(eq=False)
class IdRandomFailed(IdReaderFault):
    """SW3 47: no random number was to be had."""

    code = "id.random-failed"
    cause = N_("The identity reader could not draw a random number.")
    meaning = N_("Nothing was read.")
    remedy = N_("Unplug the reader and plug it in again; if it happens again, use another reader.")


@dataclass(eq=False)
class IdSelfTestFailed(IdReaderFault):
    """SW3 60: the module's self-test failed."""

    code = "id.self-test-failed"
    cause = N_("The identity reader's security module failed its self-test.")
    meaning = N_("This reader can not be used.")
    remedy = N_("Use another identity reader and have this one repaired.")


@dataclass(eq=False)
class IdModuleNotAuthorised(IdReaderFault):
    """SW3 66: the module itself was never authorised."""

    code = "id.module-not-authorised"
    cause = N_("The identity reader's security module is not authorised.")
    meaning = N_("This reader can not be used.")
    remedy = N_("Use another identity reader and return this one to its supplier.")


@dataclass(eq=False)
class IdNoCard(IdReaderFault):
    """SW3 80: no document was found."""

    code = "id.no-card"
    cause = N_("No document was found on the identity reader.")
    meaning = N_("Nothing was read.")
    remedy = N_("Lay the document on the reader; if it lies there already, lift it and lay it back.")


@dataclass(eq=False)
class IdSelectFailed(IdReaderFault):
    """SW3 81: a document was found and could not be selected."""

    code = "id.select-failed"
    cause = N_("The document was found but could not be selected.")
    meaning = N_("Nothing was read.")
    remedy = N_("Leave only one document on the reader, lift it and lay it back.")


@dataclass(eq=False)
class IdNothingStored(IdReaderFault):
    """SW3 91 where something had to be there; for the latest address it is a good answer."""

    code = "id.nothing-stored"
    cause = N_("The document holds nothing of what was asked for.")
    meaning = N_("Nothing was read.")
    remedy = N_("Lay the document again; if it happens again, enter the data by hand from the document.")


@dataclass(eq=False)
class IdUndocumentedAnswer(IdReaderFault):
    """An SW3 that no standard names."""

    sw3: str

    code = "id.undocumented-answer"
    cause = N_("The identity reader answered with {sw3}, which no standard explains.")
    meaning = N_("Nothing was read.")
    remedy = N_("Read the document again; if it happens again, give {sw3} to the reader's supplier.")


@dataclass(eq=False)
class IdFrameDamaged(IdReaderFault):
    """Bytes came, and no whole answer among them had the right length and checksum."""

    code = "id.frame-damaged"
    cause = N_("The identity reader's answer was damaged on its way.")
    meaning = N_("Nothing was read.")
    remedy = N_("Check the reader's cable and read the document again.")


# SW3 of GA 450 that say what went wrong.
FAULTS: Mapping[int, type[IdReaderFault]] = MappingProxyType(
    {
        0x10: IdRequestGarbled,
        0x11: IdRequestGarbled,
        0x21: IdRequestGarbled,
        0x23: IdNotPermitted,
        0x24: IdUnknownError,
        0x31: IdCardRefusedModule,
        0x32: IdModuleRefusedCard,
        0x33: IdVerificationFailed,
        0x40: IdWrongCardKind,
        0x41: IdReadFailed,
        0x47: IdRandomFailed,
        0x60: IdSelfTestFailed,
        0x66: IdModuleNotAuthorised,
        0x80: IdNoCard,
        0x81: IdSelectFailed,
        NOTHING_STORED: IdNothingStored,
    }
)


@dataclass(frozen=True)
class IdAnswer:
    """One whole answer: its three status bytes and its data."""

    sw1: int
    sw2: int
    sw3: int
    data: bytes = b""

    @property
    def failed(self) -> bool:
        """Whether SW3 is none of the good ones."""
        return self.sw3 not in (DONE, FOUND)

    def fault(self) -> IdReaderFault:
        """What a bad SW3 means."""
        kind = FAULTS.get(self.sw3)
        return IdUndocumentedAnswer(sw3=f"{self.sw3:02X}") if kind is None else kind()

    def __repr__(self) -> str:
        # The data is a person's document, so only its length is shown.
        return f"IdAnswer({self.sw1:02X} {self.sw2:02X} {self.sw3:02X}, {len(self.data)} bytes)"


def frame(body: bytes) -> bytes:
    """Preamble, LEN, ``body``, CHK."""
    checked = (len(body) + 1).to_bytes(2, "big") + body
    return PREAMBLE + checked + bytes((checksum(checked),))


def checksum(checked: bytes) -> int:
    """The XOR of all bytes from LEN on."""
    return reduce(xor, checked, 0)


def answer_frame(sw3: int, data: bytes = b"") -> bytes:
    """An answer as a reader sends it."""
    return frame(bytes((0, 0, sw3)) + data)


def module_number_text(raw: bytes) -> str:
    """The 16 bytes of a module number as printed on the reader: 2.2-8-10-10 digits.

    Vendors pad the last parts differently, so the 16 bytes are worth keeping beside the text.
    """
    if len(raw) != MODULE_NUMBER_BYTES:
        raise ValueError("a module number has 16 bytes")
    parts = ((0, 2, 2), (2, 2, 2), (4, 4, 8), (8, 4, 10), (12, 4, 10))
    a, b, c, d, e = (
        str(int.from_bytes(raw[at : at + size], "little")).zfill(digits) for at, size, digits in parts
    )
    return f"{a}.{b}-{c}-{d}-{e}"


def split_reading(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Text, photo and fingerprint out of the data of 30 01 or 30 10; ``IdFrameDamaged`` where the
    lengths in front contradict the data."""
    for count in (2, 3):
        sizes = [int.from_bytes(data[2 * i : 2 * i + 2], "big") for i in range(count)]
        if sizes[0] == TEXT_BYTES and 2 * count + sum(sizes) == len(data):
            photo_at = 2 * count + TEXT_BYTES
            print_at = photo_at + sizes[1]
            return data[2 * count : photo_at], data[photo_at:print_at], data[print_at:]
    raise IdFrameDamaged


class AnswerParser:
    """Finds whole answers in a stream of bytes, whatever lies between them.

    Garbage is skipped; a frame with a wrong length or checksum gives up its preamble only, so that a
    good frame inside or behind it is still found. ``MAX_LENGTH`` bounds what is kept.
    """

    _header: ClassVar[int] = len(PREAMBLE) + 2

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.damaged = 0

    @property
    def waiting(self) -> bool:
        """Whether a frame has begun and is not whole yet."""
        return len(self._buffer) >= len(PREAMBLE)

    def feed(self, chunk: bytes) -> list[IdAnswer]:
        """Take more bytes; the answers that are whole now, in order."""
        self._buffer += chunk
        found: list[IdAnswer] = []
        while (answer := self._next()) is not None:
            found.append(answer)
        return found

    def give_up(self) -> list[IdAnswer]:
        """The line went silent within a frame: count it damaged and look behind its preamble."""
        found: list[IdAnswer] = []
        while self.waiting and not found:
            self._drop()
            found = self.feed(b"")
        return found

    def clear(self) -> None:
        """Forget what has come; a new question begins."""
        self._buffer.clear()
        self.damaged = 0

    def _next(self) -> IdAnswer | None:
        while True:
            self._seek()
            if len(self._buffer) < self._header:
                return None
            length = int.from_bytes(self._buffer[len(PREAMBLE) : self._header], "big")
            if not MIN_LENGTH <= length <= MAX_LENGTH:
                self._drop()
                continue
            end = self._header + length
            if len(self._buffer) < end:
                return None
            checked = bytes(self._buffer[len(PREAMBLE) : end])
            if checksum(checked):  # the XOR over a good frame with its CHK is nought
                self._drop()
                continue
            del self._buffer[:end]
            return IdAnswer(checked[2], checked[3], checked[4], checked[5:-1])

    def _drop(self) -> None:
        self.damaged += 1
        del self._buffer[0]

    def _seek(self) -> None:
        """Throw away what can not be the beginning of a frame."""
        at = self._buffer.find(PREAMBLE)
        if at < 0:
            keep = next(n for n in range(len(PREAMBLE) - 1, -1, -1) if self._ends_with(PREAMBLE[:n]))
            at = len(self._buffer) - keep
        del self._buffer[:at]

    def _ends_with(self, start: bytes) -> bool:
        return bytes(self._buffer[-len(start) :]) == start if start else True
