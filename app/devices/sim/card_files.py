"""The file system of a simulated card: directories, elementary files and their access conditions.

Rights are references of keys in the file's own directory (P2 of EXTERNAL AUTHENTICATE), because a right
never outlives the selection of its directory (training-product.md, item 8). None stands for "free".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from app.cardspec.profile import Protection, Structure
from app.cardspec.status import StatusWord
from app.devices.sim.chip import Refused
from app.devices.sim.eeprom import Eeprom

MF_FID = 0x3F00
# training-product.md, item 12
INDEX_SET, INDEX_EMPTY = 0x00, 0xFF


class Block(IntEnum):
    """How a directory is blocked (training-product.md, item 10)."""

    NONE = 0
    TEMPORARY = 1
    PERMANENT = 2


@dataclass(slots=True)
class Record:
    """One record: where its value lies, and what stands before the value (T and L, or nothing)."""

    offset: int
    length: int
    head: bytes
    fill: int

    @property
    def empty(self) -> bytes:
        """The value of a new card."""
        return bytes((self.fill,)) * self.length


@dataclass(slots=True)
class ElementaryFile:
    """One file: its access conditions and where its bytes lie in EEPROM.

    ``records`` are those of a variable or fixed file, and the slots of a cyclic one. ``newest`` and
    ``count`` are the cyclic file's pointer. ``offset`` and ``size`` are a transparent file's bytes.
    """

    fid: int
    structure: Structure
    read_right: int | None
    update_right: int | None
    protection: Protection
    erase_right: int | None = None
    write_once: bool = False
    records: list[Record] = field(default_factory=list)
    offset: int = 0
    size: int = 0
    newest: int = 0
    count: int = 0

    def need(self, *structures: Structure) -> None:
        """6981 unless the file is of one of these structures."""
        if self.structure not in structures:
            raise Refused(StatusWord.COMMAND_NOT_ACCEPTED)

    def record(self, number: int) -> Record:
        """The record of a number from 1 on, the newest first in a cyclic file; else 6A83."""
        if self.structure is Structure.CYCLIC:
            if not 1 <= number <= self.count:
                raise Refused(StatusWord.RECORD_NOT_FOUND)
            return self.records[(self.newest - number + 1) % len(self.records)]
        if not 1 <= number <= len(self.records):
            raise Refused(StatusWord.RECORD_NOT_FOUND)
        return self.records[number - 1]

    def written_records(self) -> Iterator[Record]:
        """The records that can be read, in order of their numbers."""
        total = self.count if self.structure is Structure.CYCLIC else len(self.records)
        return (self.record(number) for number in range(1, total + 1))

    def append(self, eeprom: Eeprom, value: bytes) -> None:
        """Put ``value`` before the others of a cyclic file; the pointer moves last, as a whole."""
        slot = (self.newest + 1) % len(self.records)
        eeprom.write(self.records[slot].offset, value)
        eeprom.switch(lambda: self._point_at(slot))

    def _point_at(self, slot: int) -> None:
        self.newest = slot
        self.count = min(self.count + 1, len(self.records))


@dataclass(slots=True)
class CardKey:
    """One key of a directory. ``use_right`` and ``change_right`` are None where nothing is asked."""

    value: bytes = field(repr=False)
    version: int
    tries: int
    max_tries: int
    use_right: int | None = None
    change_right: int | None = None


@dataclass(slots=True, eq=False)
class DedicatedFile:
    """A directory: its files, its keys, and how it stands.

    ``external`` are the keys of EXTERNAL AUTHENTICATE by reference; ``maintenance`` is the STK,
    ``internal`` the IRK; ``pins`` are PINs by reference. ``lock_right`` is the reference
    of the LK, or of the BK in the MF.
    """

    fid: int
    aid: bytes
    parent: DedicatedFile | None
    lock_right: int | None = None
    external: dict[int, CardKey] = field(default_factory=dict)
    pins: dict[int, CardKey] = field(default_factory=dict)
    maintenance: CardKey | None = None
    internal: CardKey | None = None
    files: dict[int, ElementaryFile] = field(default_factory=dict)
    directories: dict[int, DedicatedFile] = field(default_factory=dict)
    block: Block = Block.NONE
    wrong_macs: int = 0
    failed_unblocks: int = 0

    def walk(self) -> Iterator[DedicatedFile]:
        """This directory and all below it."""
        yield self
        for child in self.directories.values():
            yield from child.walk()

    def find(self, fid: int) -> DedicatedFile | None:
        """What SELECT by FID finds from here: itself, ancestors, siblings, children (item 14)."""
        if fid in self.directories:
            return self.directories[fid]
        if self.parent is not None and fid in self.parent.directories:
            return self.parent.directories[fid]
        place: DedicatedFile | None = self
        while place is not None and place.fid != fid:
            place = place.parent
        return place

    def find_aid(self, aid: bytes) -> DedicatedFile | None:
        """The directory of that name here or below."""
        return next((place for place in self.walk() if place.aid == aid), None)


def record_files(values: list[tuple[bytes, int, int]], eeprom: Eeprom) -> list[Record]:
    """Records for (head, length, fill), laid side by side from the start of a page on."""
    image = b"".join(head + bytes((fill,)) * length for head, length, fill in values)
    at = eeprom.allocate(image)
    records = []
    for head, length, fill in values:
        records.append(Record(at + len(head), length, head, fill))
        at += len(head) + length
    return records


def freeze_directory(place: DedicatedFile) -> dict[str, Any]:
    """A directory and all below it as plain data, for the image of a chip."""
    return {
        "fid": place.fid,
        "aid": place.aid.hex(),
        "lock_right": place.lock_right,
        "external": {str(ref): _freeze_key(key) for ref, key in place.external.items()},
        "pins": {str(ref): _freeze_key(key) for ref, key in place.pins.items()},
        "named": {
            name: _freeze_key(key)
            for name in ("maintenance", "internal")
            if (key := getattr(place, name)) is not None
        },
        "files": [_freeze_file(file) for file in place.files.values()],
        "directories": [freeze_directory(child) for child in place.directories.values()],
        "block": int(place.block),
        "wrong_macs": place.wrong_macs,
        "failed_unblocks": place.failed_unblocks,
    }


def thaw_directory(row: dict[str, Any], parent: DedicatedFile | None = None) -> DedicatedFile:
    """The twin of ``freeze_directory``."""
    named = {name: _thaw_key(key) for name, key in row["named"].items()}
    place = DedicatedFile(
        fid=row["fid"],
        aid=bytes.fromhex(row["aid"]),
        parent=parent,
        lock_right=row["lock_right"],
        external={int(ref): _thaw_key(key) for ref, key in row["external"].items()},
        pins={int(ref): _thaw_key(key) for ref, key in row["pins"].items()},
        files={file["fid"]: _thaw_file(file) for file in row["files"]},
        block=Block(row["block"]),
        wrong_macs=row["wrong_macs"],
        failed_unblocks=row["failed_unblocks"],
        maintenance=named.get("maintenance"),
        internal=named.get("internal"),
    )
    place.directories = {child["fid"]: thaw_directory(child, place) for child in row["directories"]}
    return place


def _freeze_key(key: CardKey) -> list[Any]:
    return [key.value.hex(), key.version, key.tries, key.max_tries, key.use_right, key.change_right]


def _thaw_key(row: list[Any]) -> CardKey:
    return CardKey(bytes.fromhex(row[0]), *row[1:])


def _freeze_file(file: ElementaryFile) -> dict[str, Any]:
    return {
        "fid": file.fid,
        "structure": file.structure.value,
        "rights": [file.read_right, file.update_right, file.erase_right],
        "protection": file.protection.value,
        "write_once": file.write_once,
        "records": [[r.offset, r.length, r.head.hex(), r.fill] for r in file.records],
        "place": [file.offset, file.size],
        "pointer": [file.newest, file.count],
    }


def _thaw_file(row: dict[str, Any]) -> ElementaryFile:
    read, update, erase = row["rights"]
    return ElementaryFile(
        fid=row["fid"],
        structure=Structure(row["structure"]),
        read_right=read,
        update_right=update,
        protection=Protection(row["protection"]),
        erase_right=erase,
        write_once=row["write_once"],
        records=[
            Record(at, length, bytes.fromhex(head), fill) for at, length, head, fill in row["records"]
        ],
        offset=row["place"][0],
        size=row["place"][1],
        newest=row["pointer"][0],
        count=row["pointer"][1],
    )
