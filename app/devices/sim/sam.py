"""A simulated SAM as a chip: five kinds, two-level derivation, PIN and files.

Source: training-product.md, items 2, 3, 9 and 16.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from app.base.ids import RandomSource
from app.cardspec.keys import KeyName
from app.cardspec.product import SamProduct
from app.cardspec.status import StatusWord
from app.devices.sim.card_access import MAX_BINARY, MAX_OFFSET
from app.devices.sim.chip import Command, Refused, answer
from app.devices.sim.clock import LineClock
from app.devices.sim.eeprom import Eeprom
from app.devices.sim.powered import PoweredChip
from app.devices.sim.sam_state import (
    FACTOR_BYTES,
    MF_FID,
    SamState,
    Session,
    Slot,
    Usage,
    build_files,
    build_slots,
    packed_pin,
)
from app.devices.sim.suite import suite_of

# Item 3: Lc of CIPHER DATA ends here
_MAX_CIPHER = 0xF0
# P1 of CIPHER DATA: bit 1 a MAC, bit 2 more to come, bit 3 begins with an IV
_MAC, _MORE, _IV = 0x01, 0x02, 0x04
_CIPHER_MODES = (0x00, 0x01, 0x02, 0x03, 0x05, 0x07)
_PIN_BYTES = 3


def select(sam: SamState, command: Command) -> bytes:
    """SELECT by FID; the SAM's directories bear no names."""
    if command.p2 != 0 or command.p1 not in (0x00, 0x04):
        raise Refused(StatusWord.WRONG_P1P2)
    if command.p1 == 0x04:
        raise Refused(StatusWord.FILE_NOT_FOUND)
    fid = int.from_bytes(command.need_data(2), "big")
    content = sam.files[sam.place].get(fid)
    if content is not None:
        sam.file = content
    elif fid in sam.files:
        sam.place, sam.file = fid, None
    else:
        raise Refused(StatusWord.FILE_NOT_FOUND)
    return b""


def read_binary(sam: SamState, command: Command) -> bytes:
    """READ BINARY of the selected file, 80 bytes at most; reading is free."""
    content = sam.file
    if content is None:
        raise Refused(StatusWord.NO_CURRENT_FILE)
    offset = command.p1 << 8 | command.p2
    if command.data or command.le is None or command.le > MAX_BINARY:
        raise Refused(StatusWord.WRONG_LENGTH)
    if offset > MAX_OFFSET or offset >= len(content):
        raise Refused(StatusWord.OFFSET_OUTSIDE_FILE)
    length = command.le or min(MAX_BINARY, len(content) - offset)
    if offset + length > len(content):
        raise Refused(StatusWord.OFFSET_OUTSIDE_FILE)
    return content[offset : offset + length]


def get_challenge(sam: SamState, command: Command) -> bytes:
    """GET CHALLENGE: eight bytes for internal authentication of a card."""
    command.need_p1p2(0, 0)
    command.need_le(8)
    return sam.random.token_bytes(8)


def verify_pin(sam: SamState, command: Command) -> bytes:
    """VERIFY: the PIN's right stands till reset; without data it tells the tries and takes none."""
    command.need_p1p2(0, 0)
    if sam.place not in sam.product.pin_in:
        raise Refused(StatusWord.KEY_NOT_FOUND)
    if not command.data:
        if sam.verified:
            return b""
        raise Refused(0x63C0 | sam.tries if sam.tries else StatusWord.AUTHENTICATION_BLOCKED)
    sam.compare_pin(command.need_data(_PIN_BYTES))
    sam.verified = True
    return b""


def change_pin(sam: SamState, command: Command) -> bytes:
    """80 5E 01 00: old, FF, new (item 9)."""
    command.need_p1p2(0x01, 0x00)
    data = command.need_data(2 * _PIN_BYTES + 1)
    old, new = data[:_PIN_BYTES], data[_PIN_BYTES + 1 :]
    if data[_PIN_BYTES] != 0xFF or not new.hex().isdigit():
        raise Refused(StatusWord.WRONG_DATA)
    sam.compare_pin(old)
    sam.eeprom.switch(lambda: setattr(sam, "pin", new))
    return b""


def deliver_session_key(sam: SamState, command: Command) -> bytes:
    """DELIVERY SESSION KEY: the session key of a slot for factors and a challenge (items 2 and 3)."""
    sam.need_pin()
    levels, kind = command.p1 >> 5, command.p1 & 0x1F
    if kind not in (Usage.MAC, Usage.CIPHER, Usage.BOTH):
        raise Refused(StatusWord.WRONG_P1P2)
    slot = sam.slots.get(command.p2)
    if slot is None or slot.levels != levels:
        raise Refused(StatusWord.KEY_NOT_FOUND)
    usage = Usage(kind)
    if not slot.usage.covers(usage):
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    if len(command.data) != FACTOR_BYTES * (levels + 1):
        raise Refused(StatusWord.WRONG_DATA)
    factors, challenge = command.data[:-FACTOR_BYTES], command.data[-FACTOR_BYTES:]
    suite = sam.suite
    key = suite.session_key(sam.card_key(command.p2, slot, factors), challenge)
    sam.session = Session(suite.cipher(key), usage)
    return b""


def cipher_data(sam: SamState, command: Command) -> bytes:
    """CIPHER DATA: one calculation under the delivered key, in one go or in parts (item 3)."""
    # Taken out at once: whatever goes wrong, the key served its command.
    session, sam.session = sam.session, None
    if session is None:
        raise Refused(StatusWord.SAM_NOT_READY)
    mode = command.p1
    if mode not in _CIPHER_MODES or command.p2 != 0:
        raise Refused(StatusWord.WRONG_P1P2)
    size = sam.suite.block_size
    data = command.data
    least = 2 * size if mode & _IV else size
    if not least <= len(data) <= _MAX_CIPHER or len(data) % size:
        raise Refused(StatusWord.WRONG_LENGTH)
    asked = Usage.MAC if mode & _MAC else Usage.CIPHER
    begun = session.chain is not None
    goes_on = bool(mode & _MAC) and not mode & _IV
    if not session.usage.covers(asked) or begun is not goes_on:
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    result = _mac(sam, session, mode, data) if mode & _MAC else session.cipher.encrypt(data)
    if mode & _MORE:
        sam.session = session
    return result


def _mac(sam: SamState, session: Session, mode: int, data: bytes) -> bytes:
    size = sam.suite.block_size
    chain = session.chain
    if chain is None:
        chain, data = data[:size], data[size:]
    chain = session.cipher.cbc_last(data, chain)
    if mode & _MORE:
        session.chain = chain
        return b""
    return sam.suite.shorten(chain)


def get_data(sam: SamState, command: Command) -> bytes:
    """80 CA 00 25: the key check of IRKDDF1's slot, three bytes of E(key, 00..) (item 16)."""
    sam.need_pin()
    if bytes((command.p1, command.p2)) != sam.product.key_check[2:4]:
        raise Refused(StatusWord.KEY_NOT_FOUND)
    length = sam.product.key_check[4]
    command.need_le(length)
    slot = sam.slots[command.p2]
    return sam.suite.cipher(slot.key).encrypt(b"\x00" * sam.suite.block_size)[:length]


@dataclass(frozen=True, slots=True)
class Instruction:
    """What an INS does, under which class byte, and whether its answer waits for GET RESPONSE."""

    run: Callable[[SamState, Command], bytes]
    cla: int
    keeps_session: bool = False
    answers_later: bool = False


_GET_RESPONSE = 0xC0
INSTRUCTIONS: dict[int, Instruction] = {
    0xA4: Instruction(select, 0x00),
    0xB0: Instruction(read_binary, 0x00),
    0x84: Instruction(get_challenge, 0x00),
    0x20: Instruction(verify_pin, 0x00),
    0x5E: Instruction(change_pin, 0x80),
    0xDE: Instruction(deliver_session_key, 0x80),
    0xFA: Instruction(cipher_data, 0x80, keeps_session=True, answers_later=True),
    0xCA: Instruction(get_data, 0x80),
}
_OK = answer(StatusWord.OK)


class SimulatedSam(PoweredChip):
    """A SAM as a chip. ``number`` is its 20 digits (text or BCD), ``serial`` the 8 bytes of its ATR.

    ``root`` is the 16-byte national root; the SAM keeps the keys of its kind alone. ``terminal`` are the
    6 bytes of file 0016, by default the last twelve digits of the number.
    """

    def __init__(  # noqa: PLR0917 - what makes a SAM, in the order of its making
        self,
        product: SamProduct,
        kind: int,
        number: bytes | str,
        serial: bytes,
        root: bytes,
        city_code: str,
        *,
        random: RandomSource,
        pin: str = "123456",
        key_version: int = 1,
        terminal: bytes | None = None,
        clock: LineClock | None = None,
    ) -> None:
        packed = (
            bytes.fromhex(number.zfill(20)) if isinstance(number, str) else number.rjust(10, b"\x00")
        )
        if len(packed) != 10 or len(serial) != 8:
            raise ValueError("a SAM's number has 20 digits and its serial 8 bytes")
        suite = suite_of(product.simulator["algorithm"])
        self.state = SamState(
            product,
            suite=suite,
            slots=build_slots(product, suite, kind, root, city_code),
            files=build_files(kind, packed, terminal or packed[-6:], city_code, key_version),
            pin=packed_pin(pin),
            eeprom=Eeprom(clock=clock),
            random=random,
        )
        self.product = product
        self.serial = serial

    @property
    def atr(self) -> bytes:
        """3B 6C 00 00, the product's four letters, the serial: T=0, so no TCK (item 15)."""
        return bytes.fromhex("3B6C0000" + self.product.simulator["historical"]) + self.serial

    def _volatile(self) -> SamState:
        return self.state

    def _answer(self, raw: bytes) -> bytes:
        state = self.state
        try:
            command = Command(raw)
            if command.ins == _GET_RESPONSE and command.cla == 0x00:
                return _get_response(state, command)
            state.response = None
            instruction = INSTRUCTIONS.get(command.ins)
            if instruction is None or not instruction.keeps_session:
                # A delivered key is kept for the very next command alone.
                state.session = None
            if instruction is None:
                raise Refused(StatusWord.INS_UNSUPPORTED)
            if command.cla != instruction.cla:
                raise Refused(StatusWord.CLA_UNSUPPORTED)
            data = instruction.run(state, command)
        except Refused as refusal:
            return answer(refusal.sw)
        if data and instruction.answers_later:
            state.response = data
            return answer(0x6100 | len(data))
        return data + _OK

    def save(self) -> bytes:
        """Everything that survives power off; ``load`` is its twin."""
        state = self.state
        image = {
            "product": self.product.id,
            "serial": self.serial.hex(),
            "pin": state.pin.hex(),
            "tries": state.tries,
            "slots": [
                [p2, s.name, s.levels, int(s.usage), s.key.hex()] for p2, s in state.slots.items()
            ],
            "files": [
                [place, fid, content.hex()]
                for place, files in state.files.items()
                for fid, content in files.items()
            ],
        }
        return json.dumps(image).encode("ascii")

    @classmethod
    def load(
        cls, image: bytes, product: SamProduct, random: RandomSource, clock: LineClock | None = None
    ) -> Self:
        """The SAM of an image; ValueError where it is another product's."""
        row: dict[str, Any] = json.loads(image)
        if row["product"] != product.id:
            raise ValueError(f"the image is a {row['product']}, not a {product.id}")
        sam = cls.__new__(cls)
        files: dict[int, dict[int, bytes]] = {MF_FID: {}}
        for place, fid, content in row["files"]:
            files.setdefault(place, {})[fid] = bytes.fromhex(content)
        sam.state = SamState(
            product,
            suite=suite_of(product.simulator["algorithm"]),
            slots={
                p2: Slot(KeyName(name), levels, Usage(usage), bytes.fromhex(key))
                for p2, name, levels, usage, key in row["slots"]
            },
            files=files,
            pin=bytes.fromhex(row["pin"]),
            eeprom=Eeprom(clock=clock),
            random=random,
        )
        sam.state.tries = row["tries"]
        sam.product = product
        sam.serial = bytes.fromhex(row["serial"])
        return sam


def _get_response(state: SamState, command: Command) -> bytes:
    command.need_p1p2(0, 0)
    if state.response is None:
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    command.need_le(len(state.response))
    response, state.response = state.response, None
    return response + _OK
