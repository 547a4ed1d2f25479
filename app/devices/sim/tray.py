"""Which simulated chips are served, and the hands that lay them one after another."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.base.ids import SystemRandom
from app.cardspec.product import CardProduct, Products, SamProduct, load_products
from app.cardspec.profile import load_profile
from app.devices.sim.card import SimulatedCard
from app.devices.sim.chip import SimulatedChip
from app.devices.sim.sam import SimulatedSam
from app.devices.sim.vpcd import ChipSlot

# pcscd looks for cards every 0.4 s, so a slot is empty longer than that before the next card lies there.
EMPTY_S = 1.0
_SAM_NUMBER = "41000000000000000001"


@dataclass(frozen=True)
class SimulationSettings:
    """What is simulated. ``cards`` are laid one after another: the next one once the one before was
    activated and then had no power for ``next_after_s`` seconds, or when told; the last one stays.

    ``profile`` is a profile's folder, None for the national one; ``sam_kind`` 5 is an issuing body's.
    """

    product: str = "KT-SECURED"
    cards: int = 1
    city_code: str = "410100"
    next_after_s: float = 10.0
    sam_kind: int = 5
    sam_pin: str = field(default="123456", repr=False)
    profile: str | None = None


class CardTray:
    """Hands that lay chips into a slot, one after another. ``look`` is called several times a second."""

    def __init__(
        self,
        slot: ChipSlot,
        chips: Iterable[SimulatedChip],
        next_after_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slot = slot
        self._chips = iter(chips)
        self._monotonic = monotonic
        self._next_after_s = next_after_s
        self._lock = threading.Lock()
        self._following = next(self._chips, None)
        self._in_hand: SimulatedChip | None = None
        self._lay_at = 0.0

    def look(self) -> None:
        """Do what is due now."""
        with self._lock:
            chip = self._slot.chip
            if chip is None:
                if self._in_hand is None and self._monotonic() >= self._lay_at:
                    self._lay_following()
            elif (
                isinstance(chip, SimulatedCard)
                and chip.state.activated
                and self._following is not None
                and self._slot.unpowered_s >= self._next_after_s
            ):
                self._take_off()

    def do(self, word: str) -> None:
        """``next`` takes the card off for good, ``pull`` into the hand, ``put`` lays it back."""
        with self._lock:
            if word == "next" and self._following is not None:
                self._take_off()
            elif word == "pull":
                self._in_hand = self._slot.lift() or self._in_hand
            elif word == "put" and self._in_hand is not None:
                self._slot.lay(self._in_hand)
                self._in_hand = None

    def _take_off(self) -> None:
        self._slot.lift()
        self._in_hand = None
        self._lay_at = self._monotonic() + EMPTY_S

    def _lay_following(self) -> None:
        if self._following is not None:
            self._slot.lay(self._following)
            self._following = next(self._chips, None)


def new_cards(settings: SimulationSettings, root: bytes) -> Iterator[SimulatedCard]:
    """Fresh cards of one root, each with a random factor."""
    product = load_products().card(settings.product)
    profile = load_profile(folder=Path(settings.profile) if settings.profile else None)
    for _ in range(settings.cards):
        factor = secrets.token_bytes(8)
        yield SimulatedCard(product, profile, factor, root, settings.city_code, SystemRandom())


def new_sam(settings: SimulationSettings, root: bytes) -> SimulatedSam:
    """A SAM of the cards' root."""
    products = load_products()
    card = products.card(settings.product)
    return SimulatedSam(
        sam_product_for(products, card),
        settings.sam_kind,
        _SAM_NUMBER,
        secrets.token_bytes(8),
        root,
        settings.city_code,
        random=SystemRandom(),
        pin=settings.sam_pin,
        key_version=card.key_version,
    )


def sam_product_for(products: Products, card: CardProduct) -> SamProduct:
    """The simulated SAM that computes as the card does."""
    algorithm = card.simulator["algorithm"]
    return next(sam for sam in products.sams if sam.simulator["algorithm"] == algorithm)
