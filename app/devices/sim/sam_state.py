"""What a simulated SAM knows: its slots, PIN and files, and what a reset forgets."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import IntEnum

from app.base.ids import RandomSource
from app.cardspec.keys import KeyName
from app.cardspec.product import SamProduct
from app.cardspec.status import StatusWord
from app.crypto.block import BlockCipher
from app.devices.sim.chip import Refused
from app.devices.sim.eeprom import Eeprom
from app.devices.sim.suite import CipherSuite, city_factor

MF_FID, DF01_FID = 0x3F00, 0xDF01
PUBLIC_INFORMATION, TERMINAL_NUMBER = 0x0015, 0x0016
APPLICATION_INFORMATION, ISSUER_CERTIFICATE, SAM_CERTIFICATE = 0x001A, 0x001B, 0x001C
FACTOR_BYTES = 8
# Card keys kept ready; a whole card uses some twenty.
_KEPT_KEYS = 64


class Usage(IntEnum):
    """What a session key may do: the lower five bits of P1 of DELIVERY SESSION KEY (item 2)."""

    MAC = 6
    CIPHER = 7
    BOTH = 8

    def covers(self, asked: Usage) -> bool:
        """Whether a slot of this usage may be asked for ``asked``."""
        return self is Usage.BOTH or self is asked


@dataclass(frozen=True, slots=True)
class Slot:
    """One key of the SAM: a province's key (one factor to a card) or a national one (two)."""

    name: KeyName
    levels: int
    usage: Usage
    key: bytes = field(repr=False)


@dataclass(slots=True)
class Session:
    """The session key of one DELIVERY. ``chain`` is the state of a MAC begun in parts."""

    cipher: BlockCipher
    usage: Usage
    chain: bytes | None = None


class SamState:
    """Persistent: slots, files, PIN and its tries. Volatile: selection, the PIN's right, the session."""

    def __init__(
        self,
        product: SamProduct,
        *,
        suite: CipherSuite,
        slots: dict[int, Slot],
        files: dict[int, dict[int, bytes]],
        pin: bytes,
        eeprom: Eeprom,
        random: RandomSource,
    ) -> None:
        self.product = product
        self.suite = suite
        self.slots = slots
        self.files = files
        self.pin = pin
        self.tries = product.pin_tries
        self.eeprom = eeprom
        self.random = random
        self._ready: dict[tuple[int, bytes], BlockCipher] = {}
        self.forget()

    def forget(self) -> None:
        """What a reset does to the volatile registers."""
        self.place = MF_FID
        self.file: bytes | None = None
        self.verified = False
        self.session: Session | None = None
        self.response: bytes | None = None

    def need_pin(self) -> None:
        """6982 before the PIN."""
        if not self.verified:
            raise Refused(StatusWord.SECURITY_NOT_SATISFIED)

    def card_key(self, reference: int, slot: Slot, factors: bytes) -> BlockCipher:
        """The key below a slot's by 8-byte factors, the last applied first; kept for the next time."""
        ready = self._ready.get((reference, factors))
        if ready is None:
            if len(self._ready) >= _KEPT_KEYS:
                self._ready.clear()
            ready = self.suite.cipher(slot.key)
            for at in range(len(factors) - FACTOR_BYTES, -1, -FACTOR_BYTES):
                ready = self.suite.cipher(self.suite.derive(ready, factors[at : at + FACTOR_BYTES]))
            self._ready[reference, factors] = ready
        return ready

    def compare_pin(self, given: bytes) -> None:
        """6983 when no try is left, 63Cx after a wrong PIN; a right one sets the counter back."""
        if self.tries == 0:
            raise Refused(StatusWord.AUTHENTICATION_BLOCKED)
        right = given == self.pin
        if not right or self.tries != self.product.pin_tries:
            tries = self.product.pin_tries if right else self.tries - 1
            self.eeprom.switch(lambda: setattr(self, "tries", tries))
        if not right:
            self.verified = False
            raise Refused(0x63C0 | self.tries)


def packed_pin(pin: str) -> bytes:
    """Six digits, two a byte."""
    if len(pin) != 6 or not (pin.isascii() and pin.isdigit()):
        raise ValueError("a SAM's PIN is six digits")
    return bytes.fromhex(pin)


def build_slots(
    product: SamProduct, suite: CipherSuite, kind: int, root: bytes, city_code: str
) -> dict[int, Slot]:
    """The slots of a kind, by the identifier in P2 of DELIVERY SESSION KEY."""
    top = suite.cipher(root)
    slots = {}
    for name in sorted(product.kinds[kind]):
        call = product.slots[name]
        key = suite.national_key(top, name)
        if not call.with_city:
            key = suite.derive(suite.cipher(key), city_factor(city_code))
        slots[call.p2] = Slot(name, call.p1 >> 5, Usage(call.p1 & 0x1F), key)
    return slots


def build_files(
    kind: int, number: bytes, terminal: bytes, city_code: str, key_version: int
) -> dict[int, dict[int, bytes]]:
    """The files of item 16, under the MF and under DF01."""
    public = number + bytes((1, key_version, kind, 0))
    # 001A: key version, issuer 8, recipient 8, first and last day, cn 4 each (the PSAM of PBOC).
    party = city_code.encode("ascii")[:6].rjust(8, b"0")
    application = bytes((key_version,)) + party * 2 + bytes.fromhex("2012010120991231")
    return {
        MF_FID: {PUBLIC_INFORMATION: public, TERMINAL_NUMBER: terminal},
        DF01_FID: {
            APPLICATION_INFORMATION: application,
            ISSUER_CERTIFICATE: _certificate(b"KANGKA TRAINING ISSUER " + party, 180),
            SAM_CERTIFICATE: _certificate(b"KANGKA TRAINING SAM " + number.hex().encode("ascii"), 190),
        },
    }


def _certificate(title: bytes, length: int) -> bytes:
    """Bytes that stand for a certificate: a readable title, then bytes that differ everywhere."""
    filler = hashlib.shake_256(title).digest(length)
    return title + filler[: length - len(title)]
