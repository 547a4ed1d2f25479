"""Commands and answers of ISO/IEC 7816-4 in their short form (cases 1 to 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from app.cardspec.status import StatusWord

# Lc and Le are one byte each in the short form; Le 00 stands for 256.
MAX_DATA = 255
MAX_LE = 256


@dataclass(frozen=True, slots=True)
class CommandApdu:
    """One command. ``le`` is the number of bytes asked for (1 to 256), None for none."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None

    def __post_init__(self) -> None:
        for value in (self.cla, self.ins, self.p1, self.p2):
            if not 0 <= value <= 0xFF:
                raise ValueError("a header byte is 0 to 255")
        if len(self.data) > MAX_DATA:
            raise ValueError("a short command carries at most 255 bytes")
        if self.le is not None and not 1 <= self.le <= MAX_LE:
            raise ValueError("Le is 1 to 256")

    def encode(self) -> bytes:
        """The bytes that travel, 4 to 261."""
        raw = bytes((self.cla, self.ins, self.p1, self.p2))
        if self.data:
            raw += bytes((len(self.data),)) + self.data
        if self.le is not None:
            raw += bytes((self.le & 0xFF,))
        return raw

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """The command in ``raw``; ValueError where its length contradicts Lc."""
        if len(raw) < 4:
            raise ValueError("a command has at least four bytes")
        cla, ins, p1, p2 = raw[:4]
        body = raw[4:]
        if not body:
            return cls(cla, ins, p1, p2)
        if len(body) == 1:
            return cls(cla, ins, p1, p2, le=body[0] or MAX_LE)
        lc = body[0]
        if lc == 0 or len(body) not in (lc + 1, lc + 2):
            raise ValueError("the length of the command contradicts its Lc")
        le = (body[lc + 1] or MAX_LE) if len(body) == lc + 2 else None
        return cls(cla, ins, p1, p2, body[1 : lc + 1], le)

    def __str__(self) -> str:
        # The body may be a person's data or a token, so only its length is shown.
        le = "" if self.le is None else f" Le {self.le}"
        return f"{self.cla:02X} {self.ins:02X} {self.p1:02X} {self.p2:02X} Lc {len(self.data)}{le}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True)
class ResponseApdu:
    """One answer: its data and its status word."""

    data: bytes
    sw: int

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """The answer in ``raw``; ValueError when it is shorter than a status word."""
        if len(raw) < 2:
            raise ValueError("an answer ends in two status bytes")
        return cls(raw[:-2], int.from_bytes(raw[-2:], "big"))

    def encode(self) -> bytes:
        """The bytes that travel."""
        return self.data + self.sw.to_bytes(2, "big")

    @property
    def ok(self) -> bool:
        """Whether the command was carried out (9000)."""
        return self.sw == StatusWord.OK

    def __str__(self) -> str:
        return f"{len(self.data)} bytes, {self.sw:04X}"

    __repr__ = __str__
