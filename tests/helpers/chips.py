"""Simulated cards and SAMs for tests: made-up serials, a fixed root, repeatable random bytes."""

from __future__ import annotations

import hashlib

from app.base.ids import RandomSource
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
