"""A whole simulated user card: its operating system, its life and its image.

Source: card.md and training-product.md.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from app.base.ids import RandomSource
from app.cardspec.product import CardProduct
from app.cardspec.profile import Profile
from app.cardspec.status import StatusWord
from app.devices.sim import blank, card_access, card_life, card_update
from app.devices.sim.card_files import Block, DedicatedFile, freeze_directory, thaw_directory
from app.devices.sim.card_layout import build_blank_master_file, build_master_file
from app.devices.sim.card_state import CardState
from app.devices.sim.chip import Command, Refused, answer, atr_with_check
from app.devices.sim.clock import LineClock
from app.devices.sim.eeprom import Eeprom
from app.devices.sim.powered import PoweredChip
from app.devices.sim.suite import card_keys, suite_of

Handler = Callable[[CardState, Command], bytes]

_KNOWN_CLASSES = frozenset((0x00, 0x04, 0x80, 0x84))
_PLAIN = frozenset((0x00,))
_MACED = frozenset((0x84,))


@dataclass(frozen=True, slots=True)
class Instruction:
    """What an INS does, and under which class bytes. ``when_blocked``: also in a blocked directory."""

    run: Handler
    classes: frozenset[int]
    when_blocked: bool = False


# Updates take every known class byte here: the file's mode decides, with 6A81 (item 12).
INSTRUCTIONS: dict[int, Instruction] = {
    0xA4: Instruction(card_access.select, _PLAIN, when_blocked=True),
    0x84: Instruction(card_access.get_challenge, _PLAIN, when_blocked=True),
    0x82: Instruction(card_access.external_authenticate, _PLAIN, when_blocked=True),
    0x88: Instruction(card_access.internal_authenticate, _PLAIN),
    0xB2: Instruction(card_access.read_record, _PLAIN),
    0xB0: Instruction(card_access.read_binary, _PLAIN),
    0xC0: Instruction(card_access.get_response, _PLAIN),
    0xDC: Instruction(card_update.update_record, _KNOWN_CLASSES),
    0xD6: Instruction(card_update.update_binary, _KNOWN_CLASSES),
    0xD2: Instruction(card_update.set_index, _KNOWN_CLASSES),
    0x0C: Instruction(card_update.erase_index, _KNOWN_CLASSES),
    0x1E: Instruction(card_life.application_block, _MACED),
    0x18: Instruction(card_life.application_unblock, _MACED, when_blocked=True),
    0x16: Instruction(card_life.card_block, _MACED),
}

# What a blank chip can do besides (docs/products.md)
CONSTRUCTION: dict[int, Instruction] = {
    0x82: Instruction(blank.external_authenticate, _PLAIN, when_blocked=True),
    0x20: Instruction(blank.verify, _PLAIN),
    0xE0: Instruction(blank.create_file, frozenset((0x80,))),
    0xD4: Instruction(blank.write_key, frozenset((0x80, 0x84))),
    0x0E: Instruction(blank.create_file_end, frozenset((0x80,))),
}

_SELECT = 0xA4
_OK = answer(StatusWord.OK)
_PERMANENTLY_BLOCKED = answer(StatusWord.APPLICATION_PERMANENTLY_BLOCKED)


def instructions_of(product: CardProduct) -> dict[int, Instruction]:
    """The instruction table of a product: its own ACTIVATION, or none."""
    table = dict(INSTRUCTIONS)
    if product.activation is not None:
        cla, ins = product.activation[:2]
        table[ins] = Instruction(card_life.activate, frozenset((cla,)))
    if "blank" in product.simulator:
        table |= CONSTRUCTION
    return table


class SimulatedCard(PoweredChip):
    """A user card as a chip: made from a profile, or loaded from the image of one.

    ``factor`` is its 8-byte serial F, ``root`` the 16-byte national root; the card keeps its own keys
    alone. Without a clock it counts time for itself. ``PowerLost`` from ``process`` means that a tear
    struck, or that the chip has no power.
    """

    def __init__(  # noqa: PLR0917 - what makes a card, in the order of its making
        self,
        product: CardProduct,
        profile: Profile,
        factor: bytes,
        root: bytes,
        city_code: str,
        random: RandomSource,
        clock: LineClock | None = None,
    ) -> None:
        if len(factor) != 8:
            raise ValueError("a card's factor has 8 bytes")
        suite = suite_of(product.simulator["algorithm"])
        eeprom = Eeprom(clock=clock)
        bare = "blank" in product.simulator
        if bare:
            master = build_blank_master_file(product, suite, root, city_code, factor)
        else:
            keys = card_keys(suite, root, city_code, factor)
            master = build_master_file(product, profile, keys, eeprom)
        self._set_up(product, factor, master, eeprom, random)
        self.state.under_construction = bare

    def _set_up(
        self,
        product: CardProduct,
        factor: bytes,
        master: DedicatedFile,
        eeprom: Eeprom,
        random: RandomSource,
    ) -> None:
        self.product = product
        self.factor = factor
        suite = suite_of(product.simulator["algorithm"])
        self.state = CardState(product, suite, master, eeprom, random)
        self._instructions = instructions_of(product)

    # The chip --------------------------------------------------------------------------------------

    @property
    def atr(self) -> bytes:
        """3B 8C 80 01, F, the product's four letters, TCK (training-product.md, item 15)."""
        return atr_with_check(bytes.fromhex("3B8C8001") + self.factor + self.state.historical)

    def _volatile(self) -> CardState:
        return self.state

    def _answer(self, raw: bytes) -> bytes:
        state = self.state
        # A challenge serves the very next command only, whatever that is (item 9).
        state.challenge, state.next_challenge = state.next_challenge, None
        if state.blocked:
            return answer(StatusWord.FUNCTION_UNSUPPORTED)
        try:
            command = Command(raw)
            instruction = self._instructions.get(command.ins)
            if instruction is None:
                raise Refused(StatusWord.INS_UNSUPPORTED)
            if command.cla not in instruction.classes:
                raise Refused(StatusWord.CLA_UNSUPPORTED)
            if state.place.block is not Block.NONE and command.ins != _SELECT:
                if state.place.block is Block.PERMANENT:
                    return _PERMANENTLY_BLOCKED
                if not instruction.when_blocked:
                    raise Refused(StatusWord.FUNCTION_UNSUPPORTED)
            data = instruction.run(state, command)
        except Refused as refusal:
            return answer(refusal.sw)
        return data + _OK

    # The image -------------------------------------------------------------------------------------

    def save(self) -> bytes:
        """Everything that survives power off, for a file; ``load`` is its twin."""
        state = self.state
        image = {
            "product": self.product.id,
            "factor": self.factor.hex(),
            "historical": self.state.historical.hex(),
            "activated": state.activated,
            "blocked": state.blocked,
            "under_construction": state.under_construction,
            "master": freeze_directory(state.master),
            "eeprom": base64.b85encode(zlib.compress(bytes(state.eeprom.memory), 1)).decode("ascii"),
        }
        return json.dumps(image).encode("ascii")

    @classmethod
    def load(
        cls, image: bytes, product: CardProduct, random: RandomSource, clock: LineClock | None = None
    ) -> Self:
        """The card of an image; ValueError where it is another product's."""
        row = json.loads(image)
        if row["product"] != product.id:
            raise ValueError(f"the image is a {row['product']}, not a {product.id}")
        card = cls.__new__(cls)
        eeprom = Eeprom(zlib.decompress(base64.b85decode(row["eeprom"])), clock)
        card._set_up(
            product, bytes.fromhex(row["factor"]), thaw_directory(row["master"]), eeprom, random
        )
        card.state.historical = bytes.fromhex(row["historical"])
        card.state.activated = row["activated"]
        card.state.blocked = row["blocked"]
        card.state.under_construction = row["under_construction"]
        return card
