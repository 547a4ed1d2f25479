"""One made-up person, one simulated card, one simulated SAM: what tests of making a card share."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

from app.base.clock import SystemClock
from app.cardspec.product import CardProduct, Products, load_products
from app.cardspec.profile import Profile, load_profile
from app.crypto.sm3 import hmac_sm3
from app.devices.channel import ApduChannel
from app.devices.ports import CardConnection, ReaderRole
from app.devices.sim.card import SimulatedCard
from app.devices.sim.clock import LineClock
from app.devices.sim.portrait import portrait
from app.devices.sim.reader import SimulatedReader
from app.devices.sim.sam import SimulatedSam
from app.domain.application import CardData, FrozenApplication, Realm
from app.domain.made_up import made_up_resident
from app.domain.resident import Resident
from app.personalize.commands import CardSession, identify
from app.personalize.execute import Progress, StepEvent, execute
from app.personalize.plan import Chip, Plan, compile_plan
from app.personalize.sam import SamSession, open_sam

ROOT = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")  # the vectors' root, training-product.md
CITY_CODE = "410100"
PIN = "123456"
FACTOR = bytes.fromhex("0102030405060708")


class SeededRandom:
    """A repeatable source of bytes for tests."""

    def __init__(self, seed: object) -> None:
        self._dice = random.Random(str(seed))  # noqa: S311

    def token_bytes(self, count: int) -> bytes:
        """``count`` bytes, the same ones in every run."""
        return self._dice.randbytes(count)


def resident(number: int = 0) -> Resident:
    """Person ``number``; number 0 fills every field, with a photo of exactly 3,070 bytes."""
    picture = portrait(number)
    photo = picture.chip.ljust(3070, b"\x00") if number == 0 else picture.chip
    return made_up_resident(number, photo=photo, face_photo=picture.printed)


def application(person: Resident, profile: Profile, number: int = 1) -> FrozenApplication:
    """A frozen application for ``person``."""
    return FrozenApplication(
        id=f"00000000-0000-7000-8000-{number:012d}",
        version=1,
        realm=Realm.TRAINING,
        person_id=f"00000000-0000-7000-8001-{number:012d}",
        profile_id=profile.id,
        profile_hash=profile.content_hash,
        resident=person,
        card=CardData(
            card_class="1",
            spec_version="1.00",
            issuer_name="样例省卫生厅训练",
            issuer_code="4101000000000000000001",
            issue_date="20261122",
            expiry="20361122",
            card_number=person.number,
            chip_name=person.name,
            security_code=f"{number % 1000:03d}",
            city_code=CITY_CODE,
        ),
        frozen_at_ms=1_795_000_000_000,
    )


@dataclass
class MemoryLog:
    """What the journal would know, kept in memory: the executor's ``CaseLog``."""

    begun: bool = False
    sealed: bool = False
    acts: list[str] = field(default_factory=list)

    def before_first_write(self) -> None:
        self.acts.append("bind")
        self.begun = True

    def before_activation(self) -> None:
        self.acts.append("activate")

    def after_activation(self) -> None:
        self.acts.append("activated")
        self.sealed = True


class Bench:
    """A reader with a card and a slot with a SAM, and what is needed to make the card."""

    def __init__(self, product: str = "KT-SECURED", seed: object = 0, factor: bytes = FACTOR) -> None:
        self.products: Products = load_products()
        self.profile: Profile = load_profile()
        self.product: CardProduct = self.products.card(product)
        self.clock = LineClock()
        self.random = SeededRandom(seed)
        self.card = self.new_card(factor)
        self.sam_chip = SimulatedSam(
            self.products.sam("KT-SAM-3DES" if self.product.block_size == 8 else "KT-SAM"),
            5,
            "41010000000000000001",
            bytes.fromhex("5341000000000001"),
            ROOT,
            CITY_CODE,
            pin=PIN,
            random=self.random,
        )
        self.reader = SimulatedReader("simulated card", ReaderRole.CARD, self.clock)
        self.slot = SimulatedReader("simulated SAM", ReaderRole.SAM, self.clock)
        self.reader.insert(self.card)
        self.slot.insert(self.sam_chip)

    def new_card(self, factor: bytes) -> SimulatedCard:
        """A blank card of the bench's product."""
        return SimulatedCard(
            self.product, self.profile, factor, ROOT, CITY_CODE, self.random, self.clock
        )

    def sam(self, connection: CardConnection | None = None) -> SamSession:
        """An unlocked session with the SAM."""
        channel = ApduChannel(connection or self.slot.connect(), ReaderRole.SAM)
        session = open_sam(channel, self.products, CITY_CODE)
        session.unlock(PIN)
        return session

    def plan(self, wanted: FrozenApplication, certificate: bytes, factor: bytes = FACTOR) -> Plan:
        """The plan for ``wanted`` on the chip with ``factor``."""
        return compile_plan(
            self.profile,
            self.product,
            wanted,
            chip=Chip(factor, factor[-5:].hex().upper()),
            issuer_certificate=certificate,
            digest=lambda data: hmac_sm3(b"test digest key", data),
        )

    def session(self, sam: SamSession, connection: CardConnection | None = None) -> CardSession:
        """A session with the card on the reader."""
        channel = ApduChannel(connection or self.reader.connect())
        return CardSession(
            channel,
            sam,
            product=self.product,
            profile=self.profile,
            chip=identify(channel, self.product),
            random=self.random,
        )

    def write(self, wanted: FrozenApplication, log: MemoryLog | None = None) -> list[StepEvent]:
        """Make the whole card; its events."""
        events: list[StepEvent] = []
        sam = self.sam()
        plan = self.plan(wanted, sam.issuer_certificate, self.reader.connect().atr[4:12])
        progress = Progress(SystemClock(), events.append, threading.Event())
        execute(plan, self.session(sam), log or MemoryLog(), progress)
        return events
