"""The least that a card takes: exchanges and bytes of design decision 2's steps, counted from the csv.

Counted for KT-STRICT, where a new authentication replaces the old, and a fully filled person: every
field of every file that a desk writes, 3 allergies, 10 immunizations, a photo of 3,070 bytes.
docs/performance.md derives the same figures by hand. Every command is an exchange, GET RESPONSE and
the SAM's included; bytes are command and answer, status word included. Lengths of commands alone
decide, so no key and no chip is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.oracle import layout
from tests.oracle.layout import DIRECTORIES, File
from tests.oracle.sam import SLOTS

PHOTO = 3070
BLOCK = 128
CIPHER_BLOCK = 16
RECORDS_OF_CYCLIC = {"GM": 3, "MY": 10}
# EF05 to EF08 of DDF1, DF01 and DF02: what a desk writes. DF03's indexes are read and must be FF;
# its EE and ED files are the hospitals'.
WRITTEN = ("DDF1", "DF01", "DF02")
SAM_FILES = (
    ("MF", "0015", 14),
    ("MF", "0016", 6),
    ("DF01", "001A", 25),
    ("DF01", "001B", 180),
    ("DF01", "001C", 190),
)


@dataclass
class Tally:
    """One line of the breakdown; exchanges with the card, exchanges with the SAM, bytes of both."""

    part: str
    card: int = 0
    sam: int = 0
    octets: int = 0
    commands: dict[str, int] = field(default_factory=dict)

    @property
    def exchanges(self) -> int:
        """Exchanges with either chip."""
        return self.card + self.sam

    def to_card(self, name: str, command: int, answer: int = 0) -> None:
        """One exchange of so many command bytes; `answer` counts data without the status word."""
        self.card += 1
        self._count(name, command + answer + 2)

    def to_sam(self, name: str, command: int, answer: int = 0) -> None:
        """As to_card, with the SAM."""
        self.sam += 1
        self._count(name, command + answer + 2)

    def _count(self, name: str, octets: int) -> None:
        self.octets += octets
        self.commands[name] = self.commands.get(name, 0) + 1


def _select(tally: Tally) -> None:
    tally.to_card("SELECT", 5 + 2)


def _deliver(tally: Tally, key: str) -> None:
    """DELIVERY SESSION KEY: card factor, city factor where the slot is national, random."""
    tally.to_sam("DELIVERY SESSION KEY", 5 + 8 * ((SLOTS[key] >> 13) + 1))


def _cipher(tally: Tally, data: int, answer: int) -> None:
    """CIPHER DATA answers 61xx, GET RESPONSE fetches."""
    tally.to_sam("CIPHER DATA", 5 + data)
    tally.to_sam("GET RESPONSE", 5, answer)


def _challenge(tally: Tally) -> None:
    tally.to_card("GET CHALLENGE", 5, 8)


def _mac(tally: Tally, key: str, message: int) -> None:
    """A MAC over so many bytes: DELIVERY, then IV and padded message in one go."""
    _deliver(tally, key)
    _cipher(tally, CIPHER_BLOCK + _padded_always(message), 4)


def _padded_always(length: int) -> int:
    return (length // CIPHER_BLOCK + 1) * CIPHER_BLOCK


def _padded(length: int) -> int:
    return -(-length // CIPHER_BLOCK) * CIPHER_BLOCK


def authenticate(tally: Tally, key: str) -> None:
    """Five exchanges: challenge, DELIVERY, CIPHER DATA, GET RESPONSE, EXTERNAL AUTHENTICATE."""
    _challenge(tally)
    _deliver(tally, key)
    _cipher(tally, CIPHER_BLOCK, 16)
    tally.to_card("EXTERNAL AUTHENTICATE", 5 + 17)


def secured_update(tally: Tally, key: str, data: int) -> None:
    """Eight exchanges: challenge, DELIVERY and cipher, DELIVERY and MAC, the command itself."""
    cipher = _padded(1 + data)
    _challenge(tally)
    _deliver(tally, key)
    _cipher(tally, cipher, cipher)
    _mac(tally, key, 5 + cipher)
    tally.to_card("UPDATE RECORD", 5 + cipher + 4)


def sam_opening() -> Tally:
    """Files under the MF, DF01, PIN with the tries asked before, key check, files under DF01."""
    tally = Tally("SAM opening")

    def read(size: int) -> None:
        tally.to_sam("SELECT", 7)
        for at in range(0, size, BLOCK):
            tally.to_sam("READ BINARY", 5, min(BLOCK, size - at))

    for directory, _, size in SAM_FILES:
        if directory == "MF":
            read(size)
    tally.to_sam("SELECT", 7)
    tally.to_sam("VERIFY", 5)
    tally.to_sam("VERIFY", 5 + 3)
    tally.to_sam("GET DATA", 5, 3)
    for directory, _, size in SAM_FILES:
        if directory == "DF01":
            read(size)
    return tally


def internal_authentication() -> Tally:
    """DDF1, the SAM's challenge, its answer and the card's."""
    tally = Tally("internal authentication")
    _select(tally)
    tally.to_sam("GET CHALLENGE", 5, 8)
    _deliver(tally, "IRKDDF1")
    _cipher(tally, CIPHER_BLOCK, 16)
    tally.to_card("INTERNAL AUTHENTICATE", 5 + 17, 8)
    return tally


def _read(tally: Tally, place: File, filled: bool) -> None:
    """All of a file, once, with exact Le.

    What an empty file says at once is enough: the photo's first block has the length 00 00, a
    cyclic file answers 6A83 to its first record.
    """
    if place.structure == "transparent":
        for at in range(0, 2 + PHOTO if filled else BLOCK, BLOCK):
            tally.to_card("READ BINARY", 5, min(BLOCK, 2 + PHOTO - at))
    elif place.structure == "cyclic":
        size = place.fields[0].length if filled else 0
        for _ in range(RECORDS_OF_CYCLIC[place.fields[0].key] if filled else 1):
            tally.to_card("READ RECORD", 5, size)
    elif place.structure == "fixed":
        for _ in range(place.count):
            tally.to_card("READ RECORD", 5, place.fields[0].length)
    else:
        for item in place.fields:
            tally.to_card("READ RECORD", 5, item.length + 2)


def _write(tally: Tally, place: File) -> None:
    if place.structure == "transparent":
        for at in range(0, 2 + PHOTO, BLOCK):
            tally.to_card("UPDATE BINARY", 5 + min(BLOCK, 2 + PHOTO - at))
        return
    assert place.maintenance is not None
    if place.structure == "cyclic":
        for _ in range(RECORDS_OF_CYCLIC[place.fields[0].key]):
            secured_update(tally, place.maintenance, place.fields[0].length)
    else:
        for item in place.fields:
            secured_update(tally, place.maintenance, item.length + 2)


def file_step(place: File, held: str | None) -> tuple[Tally, str | None]:
    """A file's step, and the right that stands after it; a right already held is not asked for again."""
    tally = Tally(place.path)

    def hold(key: str | None) -> None:
        nonlocal held
        if key and key != held:
            authenticate(tally, key)
            held = key

    _select(tally)
    hold(place.read)
    _read(tally, place, filled=False)
    if place.directory in WRITTEN:
        hold(place.update[0])
        _write(tally, place)
        hold(place.read)
        _read(tally, place, filled=True)
    return tally, held


def activation() -> Tally:
    """Back to DDF1, UK1DDF1, and ACTIVATION with its MAC over the five header bytes."""
    tally = Tally("activation")
    _select(tally)
    authenticate(tally, "UK1DDF1")
    _challenge(tally)
    _mac(tally, "STKDDF1", 5)
    tally.to_card("ACTIVATION", 5 + 4)
    return tally


def breakdown() -> tuple[Tally, ...]:
    """Every part in the order of the work; DDF1 is selected by internal authentication already."""
    parts = [sam_opening(), internal_authentication()]
    for directory in DIRECTORIES:
        held: str | None = None
        if directory != "DDF1":
            entry = Tally(f"{directory} entered")
            _select(entry)
            parts.append(entry)
        for place in layout.files():
            if place.directory == directory and place.name.startswith("EF"):
                tally, held = file_step(place, held)
                parts.append(tally)
    parts.append(activation())
    return tuple(parts)


def bound() -> Tally:
    """The sum: what `kangka bench` is held against."""
    total = Tally("total")
    for part in breakdown():
        total.card += part.card
        total.sam += part.sam
        total.octets += part.octets
        for name, count in part.commands.items():
            total.commands[name] = total.commands.get(name, 0) + count
    return total


def table() -> str:
    """The breakdown as docs/performance.md prints it."""
    lines = ["| part | card | SAM | exchanges | bytes |", "|---|---:|---:|---:|---:|"]
    for part in (*breakdown(), bound()):
        lines.append(f"| {part.part} | {part.card} | {part.sam} | {part.exchanges} | {part.octets} |")
    return "\n".join(lines)
