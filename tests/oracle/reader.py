"""An independent reader: authenticates a finished card and reads every byte a desk's keys may read.

Written from card.md, training-product.md and card-files.csv. It asks for read rights alone, one
directory after another, so it works on a card that keeps one right at a time as on one that keeps
many, and writes nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.oracle import layout
from tests.oracle.cipher import OracleError
from tests.oracle.layout import CYCLIC_PARTS, DIRECTORIES, File
from tests.oracle.sam import AUTHENTICATIONS, KEY_VERSION, SoftwareSam

Transmit = Callable[[bytes], bytes]
# Over PC/SC the factor is bytes 4 to 11 of the card's ATR (training-product.md 15).
FACTOR_AT = slice(4, 12)
# A READ BINARY gives 80 hex bytes at most (item 13).
BLOCK = 0x80
FIDS = {"MF": bytes.fromhex("3F00")}


def fid(name: str) -> bytes:
    """A file identifier: the literal hex of the name, 3F00 for the MF."""
    return FIDS.get(name) or bytes.fromhex(name)


def factor_of(atr: bytes) -> bytes:
    """The eight-byte factor in a training card's ATR; OracleError where the ATR is another's or
    damaged.
    """
    # KT-SECURED's last four historical bytes are KANG; the other products' marks are left open.
    if len(atr) != 17 or atr[:4] != bytes.fromhex("3B8C8001") or atr[12:13] != b"K":
        raise OracleError(f"no training card's ATR: {atr.hex().upper()}")
    check = 0
    for octet in atr[1:]:
        check ^= octet
    if check:
        raise OracleError(f"the ATR's check byte is wrong: {atr.hex().upper()}")
    return atr[FACTOR_AT]


@dataclass(frozen=True)
class OracleCard:
    """A card as read. Records stand by path and number, ("DF01/EF05", 1): T L V as they came, or bare.

    `fields` holds a text for every tagged field of the csv, empty where the card holds the empty
    value. Cyclic records are decoded in reading order, the newest first. `unguarded` names files that
    gave data to somebody without their right, which no product may.
    """

    atr: bytes
    factor: bytes
    genuine: bool
    activated: bool
    fields: Mapping[str, str]
    records: Mapping[tuple[str, int], bytes]
    binaries: Mapping[str, bytes]
    allergies: tuple[tuple[str, str], ...]
    immunizations: tuple[tuple[str, str], ...]
    photo: bytes
    problems: tuple[str, ...] = ()
    unguarded: tuple[str, ...] = ()


@dataclass
class Reader:
    """One reading; `sam` needs the reading keys alone, a kind 1 will do."""

    transmit: Transmit
    factor: bytes
    sam: SoftwareSam
    problems: list[str] = field(default_factory=list)
    unguarded: list[str] = field(default_factory=list)

    def exchange(self, command: bytes) -> tuple[bytes, int]:
        """Data and status word; 61xx is fetched, 6Cxx asked again with the length the card names."""
        answer = self.transmit(command)
        data = b""
        while len(answer) >= 2 and answer[-2] == 0x61:
            data += answer[:-2]
            answer = self.transmit(bytes([0x00, 0xC0, 0x00, 0x00, answer[-1]]))
        if len(answer) == 2 and answer[0] == 0x6C and len(command) == 5:
            answer = self.transmit(command[:4] + answer[1:])
        if len(answer) < 2:
            raise OracleError(f"{command.hex().upper()} brought {len(answer)} bytes")
        return data + answer[:-2], int.from_bytes(answer[-2:], "big")

    def must(self, command: bytes, what: str) -> bytes:
        """The data of a command that has to succeed."""
        data, status = self.exchange(command)
        if status != 0x9000:
            raise OracleError(f"{what}: {command.hex().upper()} answered {status:04X}")
        return data

    def select(self, name: str) -> None:
        """SELECT by FID."""
        self.must(bytes([0x00, 0xA4, 0x00, 0x00, 0x02]) + fid(name), f"SELECT {name}")

    def enter(self, directory: str) -> None:
        """From anywhere to a directory, by the MF: the one way that every product takes."""
        self.select("MF")
        self.select("DDF1")
        if directory != "DDF1":
            self.select(directory)

    def authenticate(self, key: str) -> None:
        """EXTERNAL AUTHENTICATE under a key of the current directory; a refusal is never repeated."""
        challenge = self.must(bytes.fromhex("0084000008"), "GET CHALLENGE")
        original = secrets.token_bytes(8)
        token = self.sam.token(key, self.factor, challenge, original)
        data = token + original + KEY_VERSION
        command = bytes([0x00, 0x82, 0x00, AUTHENTICATIONS[key][1], len(data)]) + data
        self.must(command, f"authentication with {key}")

    def is_genuine(self) -> bool:
        """INTERNAL AUTHENTICATE in DDF1 against the SAM's own answer."""
        challenge, original = secrets.token_bytes(8), secrets.token_bytes(8)
        data = challenge + original + KEY_VERSION
        answer, status = self.exchange(bytes([0x00, 0x88, 0x00, 0x00, len(data)]) + data)
        return status == 0x9000 and answer == self.sam.token("IRKDDF1", self.factor, challenge, original)

    def is_activated(self) -> bool:
        """Whether EF05 is locked: by a write without right, challenge or MAC, which can change nothing.

        A locked file answers 6985 to every write (item 11); one that isn't asks for the right first
        (6982), or says that it is written in plain by now (6A81).
        """
        self.enter("DDF1")
        self.select("EF05")
        _, status = self.exchange(bytes.fromhex("04DC010414") + bytes(20))
        if status not in (0x6985, 0x6982, 0x6A81):
            raise OracleError(f"a write to EF05 without any right answered {status:04X}")
        return status == 0x6985

    def records(self, place: File) -> list[bytes]:
        """Every record of the selected record file, in order; cyclic ones to the first unwritten."""
        found: list[bytes] = []
        for number in range(1, place.count + 1):
            data, status = self.exchange(bytes([0x00, 0xB2, number, 0x04, 0x00]))
            if status == 0x6A83 and place.structure == "cyclic":
                break
            if status != 0x9000:
                raise OracleError(f"{place.path} record {number} answered {status:04X}")
            found.append(data)
        beyond = bytes([0x00, 0xB2, place.count + 1, 0x04, 0x00])
        _, status = self.exchange(beyond)
        if status != 0x6A83:
            self.problems.append(f"{place.path} has more than {place.count} records ({status:04X})")
        return found

    def binary(self, place: File) -> bytes:
        """The whole of the selected transparent file."""
        size = place.fields[0].length
        found = b""
        while len(found) < size:
            take = min(BLOCK, size - len(found))
            command = bytes([0x00, 0xB0]) + len(found).to_bytes(2, "big") + bytes([take])
            part = self.must(command, f"{place.path} at {len(found)}")
            if len(part) != take:
                raise OracleError(f"{place.path} at {len(found)}: {len(part)} bytes for {take}")
            found += part
        return found

    def guard(self, place: File) -> None:
        """Notes a file that gives data to somebody without its right."""
        self.select(place.name)
        first = 0xB0 if place.structure == "transparent" else 0xB2
        offset = (0, 0) if place.structure == "transparent" else (1, 4)
        _, status = self.exchange(bytes([0x00, first, *offset, 0x00]))
        if status != 0x6982:
            self.unguarded.append(f"{place.path} ({status:04X})")


def read_card(
    transmit: Transmit,
    atr: bytes,
    root: bytes,
    city_code: str,
    *,
    product: str = "KT-SECURED",
    factor: bytes | None = None,
) -> OracleCard:
    """Reads a personalized card whole, from its reset on.

    `transmit` takes a command APDU and gives data and status word; `city_code` is tag 57's six digits.
    `factor` stands in for the ATR's where another ATR is spoken. OracleError where the card refuses
    what a reader with these keys may do; what it holds wrongly is told in `problems`.
    """
    factor = factor_of(atr) if factor is None else factor
    reader = Reader(transmit, factor, SoftwareSam(root, city_code, kind=1, product=product))
    reader.enter("DDF1")
    genuine = reader.is_genuine()
    if not genuine:
        raise OracleError("internal authentication: not a card under these keys")
    records: dict[tuple[str, int], bytes] = {}
    binaries: dict[str, bytes] = {}
    for directory in DIRECTORIES:
        inside = [place for place in layout.files() if place.directory == directory]
        reader.enter(directory)
        for place in inside:
            if place.read:
                reader.guard(place)
        for key in (None, *sorted({place.read for place in inside if place.read})):
            if key:
                reader.authenticate(key)
            for place in inside:
                if place.read != key:
                    continue
                reader.select(place.name)
                if place.structure == "transparent":
                    binaries[place.path] = reader.binary(place)
                else:
                    for number, record in enumerate(reader.records(place), start=1):
                        records[place.path, number] = record
    activated = reader.is_activated()
    image = binaries["DDF1/EF07"]
    size = int.from_bytes(image[:2], "big")
    if size > len(image) - 2 - 2:
        reader.problems.append(f"the photo's length bytes say {size}, 3070 is the most")
    return OracleCard(
        atr=atr,
        factor=factor,
        genuine=genuine,
        activated=activated,
        fields=_decoded(records, reader.problems),
        records=records,
        binaries=binaries,
        allergies=_cyclic(records, "DF02/EF07", "GM"),
        immunizations=_cyclic(records, "DF02/EF08", "MY"),
        photo=image[2 : 2 + size],
        problems=tuple(reader.problems),
        unguarded=tuple(reader.unguarded),
    )


def _decoded(records: Mapping[tuple[str, int], bytes], problems: list[str]) -> dict[str, str]:
    """Every tagged field's text; a wrong T, L or coding is a problem and an empty text."""
    found: dict[str, str] = {}
    for key, (place, item) in layout.fields().items():
        record = records[place.path, item.record]
        found[key] = ""
        if record[:2] != bytes([item.tag or 0, item.length]) or len(record) != item.length + 2:
            problems.append(f"{place.path} record {item.record} ({key}) is {record.hex().upper()}")
            continue
        try:
            found[key] = layout.decode(item.coding, record[2:])
        except OracleError as error:
            problems.append(f"{place.path} record {item.record} ({key}): {error}")
    return found


def _cyclic(
    records: Mapping[tuple[str, int], bytes], path: str, key: str
) -> tuple[tuple[str, str], ...]:
    """The bare records of a cyclic file, newest first, each as its two parts."""
    found: list[tuple[str, str]] = []
    first, second = CYCLIC_PARTS[key]
    for (place, _), record in records.items():
        if place == path:
            head, tail = record[: first[2]], record[first[2] :]
            found.append((layout.decode(first[1], head), layout.decode(second[1], tail)))
    return tuple(found)
