"""A card on paper: an image behind its access conditions, read only, for the oracle's own controls.

It keeps one right at a time (KT-STRICT) and knows no more than reading takes. It is no simulator and
stands in for none: the simulators are walked by the same reader in tests/devices/sim.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.oracle import layout
from tests.oracle.reader import fid
from tests.oracle.sam import AUTHENTICATIONS, SoftwareSam
from tests.oracle.writer import Image

DIRECTORIES = ("MF", "DDF1", "DF01", "DF02", "DF03")


def atr_of(factor: bytes) -> bytes:
    """3B 8C 80 01 F KANG and the check byte (training-product.md 15)."""
    body = bytes.fromhex("8C8001") + factor + b"KANG"
    check = 0
    for octet in body:
        check ^= octet
    return b"\x3b" + body + bytes([check])


@dataclass
class PaperCard:
    """Answers `transmit` from an image; `open_file` is a path that forgets its access condition."""

    image: Image
    sam: SoftwareSam
    factor: bytes
    activated: bool = True
    open_file: str = ""
    directory: str = "MF"
    file: layout.File | None = None
    right: str = ""
    challenge: bytes = bytes.fromhex("C0C1C2C3C4C5C6C7")

    def transmit(self, command: bytes) -> bytes:
        """Data and status word for one command."""
        handler = {
            0xA4: self._select,
            0x84: self._get_challenge,
            0x82: self._external,
            0x88: self._internal,
            0xB2: self._record,
            0xB0: self._binary,
            0xDC: self._write,
        }[command[1]]
        data, status = handler(command)
        return data + status.to_bytes(2, "big")

    def _select(self, command: bytes) -> tuple[bytes, int]:
        for name in DIRECTORIES:
            if command[5:] == fid(name):
                self.directory, self.file, self.right = name, None, ""
                return b"", 0x9000
        for place in layout.files():
            if place.directory == self.directory and fid(place.name) == command[5:]:
                self.file = place
                return b"", 0x9000
        return b"", 0x6A82

    def _get_challenge(self, command: bytes) -> tuple[bytes, int]:
        self.challenge = bytes((octet + 7) % 256 for octet in self.challenge)
        return self.challenge, 0x9000

    def _external(self, command: bytes) -> tuple[bytes, int]:
        token, original = command[5:13], command[13:21]
        for key, place in AUTHENTICATIONS.items():
            if place == (self.directory, command[3]):
                if token != self.sam.token(key, self.factor, self.challenge, original):
                    return b"", 0x63C4
                self.right = key
                return b"", 0x9000
        return b"", 0x6A88

    def _internal(self, command: bytes) -> tuple[bytes, int]:
        return self.sam.token("IRKDDF1", self.factor, command[5:13], command[13:21]), 0x9000

    def _closed(self) -> bool:
        assert self.file is not None
        return self.file.read not in (None, self.right) and self.file.path != self.open_file

    def _record(self, command: bytes) -> tuple[bytes, int]:
        assert self.file is not None
        if self._closed():
            return b"", 0x6982
        record = self.image.records.get((self.file.path, command[2]))
        return (record, 0x9000) if record else (b"", 0x6A83)

    def _binary(self, command: bytes) -> tuple[bytes, int]:
        assert self.file is not None
        if self._closed():
            return b"", 0x6982
        at = int.from_bytes(command[2:4], "big")
        return self.image.binaries[self.file.path][at : at + command[4]], 0x9000

    def _write(self, command: bytes) -> tuple[bytes, int]:
        return b"", 0x6985 if self.activated else 0x6982
