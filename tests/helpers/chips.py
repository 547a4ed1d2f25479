"""Simulated cards and SAMs for tests: made-up serials, a fixed root, repeatable random bytes."""

from __future__ import annotations

import hashlib

from app.base.ids import RandomSource
from app.cardspec.keys import KeyName
from app.cardspec.product import load_products
from app.cardspec.profile import Profile, load_profile
from app.devices.sim.card import SimulatedCard
from app.devices.sim.chip import SimulatedChip
from app.devices.sim.clock import LineClock
from app.devices.sim.sam import SimulatedSam

# training-product.md, Vectors
ROOT = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
CITY_CODE = "410100"
FACTOR = bytes.fromhex("0102030405060708")
CHALLENGE = bytes.fromhex("A1A2A3A4A5A6A7A8")
ORIGINAL = bytes.fromhex("1122334455667788")

PRODUCTS = load_products()
NATIONAL = load_profile()


class SeededRandom:
    """A ``RandomSource`` that gives the same bytes for the same seed."""

    def __init__(self, seed: int | str = 0) -> None:
        self._seed = str(seed).encode()
        self._count = 0

    def token_bytes(self, count: int) -> bytes:
        self._count += 1
        return hashlib.shake_128(self._seed + self._count.to_bytes(8, "big")).digest(count)


class FixedRandom:
    """A ``RandomSource`` that gives one value again and again."""

    def __init__(self, value: bytes = CHALLENGE) -> None:
        self._value = value

    def token_bytes(self, count: int) -> bytes:
        return (self._value * (count // len(self._value) + 1))[:count]


def make_card(
    product: str = "KT-SECURED",
    *,
    factor: bytes = FACTOR,
    root: bytes = ROOT,
    city_code: str = CITY_CODE,
    profile: Profile = NATIONAL,
    random: RandomSource | None = None,
    clock: LineClock | None = None,
) -> SimulatedCard:
    """A new card of a product, off."""
    return SimulatedCard(
        PRODUCTS.card(product), profile, factor, root, city_code, random or SeededRandom(), clock
    )


def make_sam(
    kind: int = 5,
    *,
    product: str = "KT-SAM",
    number: str = "4101000000000001",
    serial: bytes = bytes.fromhex("5341000000000001"),
    root: bytes = ROOT,
    city_code: str = CITY_CODE,
    pin: str = "123456",
    random: RandomSource | None = None,
    clock: LineClock | None = None,
) -> SimulatedSam:
    """A SAM of a kind, off."""
    return SimulatedSam(
        PRODUCTS.sam(product),
        kind,
        number,
        serial,
        root,
        city_code,
        pin=pin,
        random=random or SeededRandom("sam"),
        clock=clock,
    )


def send(chip: SimulatedChip, command: str | bytes, expect: int = 0x9000) -> bytes:
    """Send a command (hex or bytes) and fetch 61xx; its data. AssertionError for another word."""
    raw = bytes.fromhex(command) if isinstance(command, str) else command
    given = chip.process(raw)
    sw = int.from_bytes(given[-2:], "big")
    if sw >> 8 == 0x61 and expect == 0x9000:
        given = chip.process(bytes((0x00, 0xC0, 0x00, 0x00, sw & 0xFF)))
        sw = int.from_bytes(given[-2:], "big")
    assert sw == expect, f"{raw[:5].hex(' ')}: {sw:04X}, not {expect:04X}"
    return given[:-2]


class BareHost:
    """The shortest host there is: raw commands to a card and its SAM, both switched on here.

    It knows nothing of ``app.personalize``, so that a fault there can not hide behind it.
    """

    def __init__(self, card: SimulatedCard, sam: SimulatedSam, pin: str = "123456") -> None:
        self.card, self.sam = card, sam
        self.size = sam.product.block_size
        card.power_on()
        sam.power_on()
        send(sam, "00A4000002DF01")
        send(sam, "0020000003" + pin)

    def select(self, *fids: str) -> None:
        """SELECT one after another, by FID in hex."""
        for fid in fids:
            send(self.card, "00A4000002" + fid)

    def deliver(self, key: KeyName, challenge: bytes) -> None:
        """DELIVERY SESSION KEY of a key for this card."""
        slot = self.sam.product.slots[key]
        data = self.card.factor + (b"41000000" if slot.with_city else b"") + challenge
        send(self.sam, bytes((0x80, 0xDE, slot.p1, slot.p2, len(data))) + data)

    def token(self, key: KeyName, challenge: bytes) -> bytes:
        """The token over ORIGINAL."""
        self.deliver(key, challenge)
        if self.size == 8:
            return send(self.sam, b"\x80\xfa\x00\x00\x08" + ORIGINAL)
        block = send(self.sam, b"\x80\xfa\x00\x00\x10" + ORIGINAL + bytes(8))
        return bytes(a ^ b for a, b in zip(block[:8], block[8:], strict=True))

    def challenge(self) -> bytes:
        """GET CHALLENGE of the card."""
        return send(self.card, "0084000008")

    def authenticate(self, name: str, expect: int = 0x9000) -> None:
        """EXTERNAL AUTHENTICATE with a key by name."""
        key = KeyName(name)
        token = self.token(key, self.challenge())
        head = bytes((0x00, 0x82, 0x00, self.card.product.authenticate[key], 0x11))
        send(self.card, head + token + ORIGINAL + b"\x01", expect)

    def padded(self, data: bytes, always: bool) -> bytes:
        """80 00.. to whole blocks, always or only where it is due."""
        if not always and len(data) % self.size == 0:
            return data
        return data + b"\x80" + b"\x00" * (-(len(data) + 1) % self.size)

    def mac(self, key: KeyName, challenge: bytes, message: bytes) -> bytes:
        """Four bytes of MAC over ``message``, in one go."""
        self.deliver(key, challenge)
        data = bytes(self.size) + self.padded(message, always=True)
        return send(self.sam, bytes((0x80, 0xFA, 0x05, 0x00, len(data))) + data)

    def secured(self, directory: str, head: str, data: bytes, expect: int = 0x9000) -> None:
        """A command under cipher and MAC of the directory's STK; ``head`` is CLA INS P1 P2 in hex."""
        key = KeyName("STK" + directory)
        challenge = self.challenge()
        self.deliver(key, challenge)
        plain = self.padded(bytes((len(data),)) + data, always=False)
        cipher = send(self.sam, bytes((0x80, 0xFA, 0x00, 0x00, len(plain))) + plain)
        start = bytes.fromhex(head) + bytes((len(cipher) + 4,)) + cipher
        # In one go the SAM takes F0 bytes: a longer message goes in parts.
        send(self.card, start + self.long_mac(key, challenge, start), expect)

    def long_mac(self, key: KeyName, challenge: bytes, message: bytes) -> bytes:
        """A MAC of any length: first, next, last."""
        data = bytes(self.size) + self.padded(message, always=True)
        self.deliver(key, challenge)
        if len(data) <= 0xF0:
            return send(self.sam, bytes((0x80, 0xFA, 0x05, 0x00, len(data))) + data)
        send(self.sam, bytes((0x80, 0xFA, 0x07, 0x00, 0xA0)) + data[:0xA0])
        return send(self.sam, bytes((0x80, 0xFA, 0x01, 0x00, len(data) - 0xA0)) + data[0xA0:])

    def maced(self, directory: str, head: str, expect: int = 0x9000) -> None:
        """A command whose body is a MAC alone."""
        start = bytes.fromhex(head) + b"\x04"
        mac = self.mac(KeyName("STK" + directory), self.challenge(), start)
        send(self.card, start + mac, expect)

    def write_all_of(self, profile: Profile, directory: str, name: str, filler: int = 0x31) -> None:
        """Fill every record of a secured variable file; the directory is current, its right stands."""
        spec = profile.file(f"{directory}/{name}")
        self.select(f"{spec.fid:04X}")
        for number, field in enumerate(spec.fields, 1):
            value = bytes((field.tag or 0, field.length)) + bytes((filler,)) * field.length
            self.secured(directory, f"04DC{number:02X}04", value)
