"""The bound of docs/performance.md walked on the simulators: reachable, and every length in it real."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.devices.sim.chip import SimulatedChip
from tests.helpers import chips
from tests.oracle import layout
from tests.oracle.bound import BLOCK, SAM_FILES, bound, breakdown
from tests.oracle.cipher import Sm4, city_factor
from tests.oracle.people import full_image
from tests.oracle.reader import fid, read_card
from tests.oracle.sam import AUTHENTICATIONS, SLOTS
from tests.oracle.writer import differences

SUITE = Sm4()


@dataclass
class Desk:
    """The least desk that decision 2 allows, with a card and a SAM; counts what passes, part by part."""

    card: SimulatedChip
    sam: SimulatedChip
    held: str | None = None
    counted: dict[str, list[int]] = field(default_factory=dict)
    part: str = ""

    def _pass(self, chip: SimulatedChip, command: bytes, due: int) -> bytes:
        answer = chip.process(command)
        tally = self.counted.setdefault(self.part, [0, 0, 0])
        tally[0 if chip is self.card else 1] += 1
        tally[2] += len(command) + len(answer)
        assert int.from_bytes(answer[-2:], "big") == due, (self.part, command.hex(), answer.hex())
        return answer[:-2]

    def ask_card(self, header: str, data: bytes = b"", due: int = 0x9000) -> bytes:
        length = bytes([len(data)]) if data else b""
        return self._pass(self.card, bytes.fromhex(header) + length + data, due)

    def ask_sam(self, header: str, data: bytes = b"", due: int = 0x9000) -> bytes:
        length = bytes([len(data)]) if data else b""
        return self._pass(self.sam, bytes.fromhex(header) + length + data, due)

    def calculate(self, key: str, challenge: bytes, mode: int, data: bytes, answer: int) -> bytes:
        factors = chips.FACTOR + (city_factor(chips.CITY_CODE) if SLOTS[key] >> 13 == 2 else b"")
        self.ask_sam(f"80DE{SLOTS[key]:04X}", factors + challenge)
        self.ask_sam(f"80FA{mode:02X}00", data, due=0x6100 | answer)
        return self.ask_sam(f"00C00000{answer:02X}")

    def token(self, key: str, challenge: bytes) -> bytes:
        block = self.calculate(key, challenge, 0, chips.ORIGINAL + bytes(8), 16)
        return bytes(a ^ b for a, b in zip(block[:8], block[8:], strict=True))

    def mac(self, key: str, challenge: bytes, message: bytes) -> bytes:
        return self.calculate(key, challenge, 5, bytes(16) + SUITE.pad_always(message), 4)

    def hold(self, key: str | None) -> None:
        if key in (None, self.held):
            return
        challenge = self.ask_card("0084000008")
        data = self.token(key, challenge) + chips.ORIGINAL + b"\x01"
        self.ask_card(f"008200{AUTHENTICATIONS[key][1]:02X}", data)
        self.held = key

    def select(self, name: str) -> None:
        self.ask_card("00A40000", fid(name))
        if not name.startswith("EF"):
            self.held = None

    def update(self, key: str, header: str, data: bytes) -> None:
        challenge = self.ask_card("0084000008")
        plain = SUITE.pad_if_needed(bytes([len(data)]) + data)
        cipher = self.calculate(key, challenge, 0, plain, len(plain))
        message = bytes.fromhex(header) + bytes([len(cipher) + 4]) + cipher
        self._pass(self.card, message + self.mac(key, challenge, message), 0x9000)


def open_sam(desk: Desk) -> None:
    desk.part = "SAM opening"

    def read(name: str, size: int) -> None:
        desk.ask_sam("00A40000", fid(name))
        for at in range(0, size, BLOCK):
            desk.ask_sam(f"00B0{at:04X}{min(BLOCK, size - at):02X}")

    for directory, name, size in SAM_FILES:
        if directory == "MF":
            read(name, size)
    desk.ask_sam("00A40000", fid("DF01"))
    desk.ask_sam("0020000000", due=0x63CA)
    desk.ask_sam("00200000", bytes.fromhex("123456"))
    desk.ask_sam("80CA002503")
    for directory, name, size in SAM_FILES:
        if directory == "DF01":
            read(name, size)


def authenticate_the_card(desk: Desk) -> None:
    desk.part = "internal authentication"
    desk.select("DDF1")
    challenge = desk.ask_sam("0084000008")
    due = desk.token("IRKDDF1", challenge)
    assert desk.ask_card("00880000", challenge + chips.ORIGINAL + b"\x01") == due


def read(desk: Desk, place: layout.File, due: list[bytes]) -> None:
    """Reads all of a file and compares; an empty list is an empty cyclic file."""
    if place.structure == "transparent":
        for at in range(0, len(due[0]), BLOCK):
            part = due[0][at : at + BLOCK]
            assert desk.ask_card(f"00B0{at:04X}{len(part):02X}") == part
        return
    for number, record in enumerate(due, start=1):
        assert desk.ask_card(f"00B2{number:02X}04{len(record):02X}") == record
    if not due:
        desk.ask_card("00B2010400", due=0x6A83)


def step(desk: Desk, place: layout.File, new: list[bytes], wanted: list[bytes]) -> None:
    """A file: read, write what is unequal, read back."""
    desk.part = place.path
    desk.select(place.name)
    desk.hold(place.read)
    read(desk, place, new)
    if new == wanted:
        return
    desk.hold(place.update[0])
    if place.structure == "transparent":
        for at in range(0, len(wanted[0]), BLOCK):
            desk.ask_card(f"00D6{at:04X}", wanted[0][at : at + BLOCK])
    else:
        assert place.maintenance
        order = reversed(wanted) if place.structure == "cyclic" else wanted
        for number, record in enumerate(order, start=1):
            header = "04DC0003" if place.structure == "cyclic" else f"04DC{number:02X}04"
            desk.update(place.maintenance, header, record)
    desk.hold(place.read)
    read(desk, place, wanted)


def contents(place: layout.File) -> tuple[list[bytes], list[bytes]]:
    """What a new card holds in the file, and what the full person's does."""
    image = full_image()
    if place.structure == "transparent":
        return [bytes(BLOCK)], [image.binaries[place.path][:3072]]
    full = [data for (path, _), data in sorted(image.records.items()) if path == place.path]
    if place.structure == "cyclic":
        return [], full
    if place.structure == "fixed":
        return full, full
    empty = [
        bytes([item.tag or 0, item.length]) + layout.empty(item.coding, item.length)
        for item in place.fields
    ]
    return empty, full


def test_the_least_desk_takes_the_bound_and_nothing_less() -> None:
    card, sam = chips.make_card("KT-STRICT"), chips.make_sam(5)
    atr = card.power_on()
    sam.power_on()
    desk = Desk(card, sam)
    open_sam(desk)
    authenticate_the_card(desk)
    for directory in layout.DIRECTORIES:
        if directory != "DDF1":
            desk.part = f"{directory} entered"
            desk.select(directory)
        for place in layout.files():
            if place.directory == directory and place.name.startswith("EF"):
                step(desk, place, *contents(place))
    desk.part = "activation"
    desk.select("DDF1")
    desk.hold("UK1DDF1")
    challenge = desk.ask_card("0084000008")
    header = bytes.fromhex("8444000004")
    desk._pass(card, header + desk.mac("STKDDF1", challenge, header), 0x9000)

    expected = {part.part: [part.card, part.sam, part.octets] for part in breakdown()}
    assert desk.counted == expected
    assert sum(sum(tally[:2]) for tally in desk.counted.values()) == bound().exchanges
    card.power_off()
    result = read_card(card.process, card.power_on(), chips.ROOT, chips.CITY_CODE)
    assert result.atr == atr
    assert result.activated
    assert differences(result, full_image()) == []
