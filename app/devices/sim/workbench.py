"""A simulated desk's hardware in one process: a box of blank cards, a reader, a SAM in its slot.

Chips outlive the process in the folder ``simulated`` of a training workplace, sealed under a key that
comes from the training root, because a chip holds its person's data as a real one does. ``keep`` writes
them; whoever records durably calls it first, so that no journal is ahead of its chip.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.base.errors import N_, KangkaError
from app.base.ids import RandomSource
from app.cardspec.product import CardProduct, Products, SamProduct
from app.cardspec.profile import Profile
from app.crypto.sealing import Place, SealBroken, Sealer, SealKeyUnknown
from app.crypto.sm3 import sm3
from app.devices.ports import ReaderRole
from app.devices.sim.card import SimulatedCard
from app.devices.sim.clock import LineClock
from app.devices.sim.reader import SimulatedReader
from app.devices.sim.sam import SimulatedSam

FOLDER = "simulated"
TRAINING_PIN = "123456"
# Made-up numbers of the training SAM: 20 digits of file 0015, 8 bytes of the ATR.
_SAM_NUMBER = "41000000000000000001"
_SAM_SERIAL = bytes.fromhex("5452414E00000001")
_ISSUING = 5
_ROOT_FILE = "TRAINING-root.json"
_SAM_FILE = "sam.chip"
_ON_READER = "on-reader"
_BOX_FILE = "box"
_ROOT_BYTES = 16
_SERIAL = re.compile(rb"[0-9A-F]{16}")


@dataclass(frozen=True)
class WorkbenchSpec:
    """What kind of chips lie on the bench, and for which city (six digits)."""

    products: Products
    profile: Profile
    product: str
    city_code: str
    sam_kind: int = _ISSUING

    @property
    def card_product(self) -> CardProduct:
        return self.products.card(self.product)

    @property
    def sam_product(self) -> SamProduct:
        """The SAM that computes as the card does."""
        algorithm = self.card_product.simulator["algorithm"]
        return next(sam for sam in self.products.sams if sam.simulator["algorithm"] == algorithm)


@dataclass(eq=False)
class SimulationDamaged(KangkaError):
    """A file of the simulated chips is not what was written."""

    file: str

    code = "simulate.damaged"
    cause = N_("The file {file} of the simulated cards is damaged.")
    meaning = N_("Simulated cards and their SAM can not be used with it; nothing was changed.")
    remedy = N_("Put the file back from a copy of the same day, or practise in a new workplace folder.")


@dataclass(eq=False)
class SimulationFolderRefused(KangkaError):
    """The simulated chips can not be read or written where they lie."""

    file: str

    code = "simulate.folder-refused"
    cause = N_("The file {file} of the simulated cards can not be read or written.")
    meaning = N_("This step was not done.")
    remedy = N_(
        "Check that the disk is not full and that you may read and write the folder, then continue."
    )


class ChipFolder:
    """Chips as sealed files, and the training root that made them. The folder is its owner's alone."""

    def __init__(self, folder: Path, random: RandomSource) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError:
            raise SimulationFolderRefused(file=folder.name) from None
        self._folder = folder
        self.root = self._root(random)
        self._sealer = Sealer({1: sm3(b"simulated chips" + self.root)[:16]}, random)

    def load(self, name: str) -> bytes | None:
        """The image of a chip, None where there is none."""
        sealed = self._read(name)
        try:
            return None if sealed is None else self._sealer.open(_place(name), sealed)
        except (SealBroken, SealKeyUnknown):
            raise SimulationDamaged(file=name) from None

    def save(self, name: str, image: bytes) -> None:
        """Put an image in the place of the earlier one."""
        self._replace(name, self._sealer.seal(_place(name), image))

    def chips(self) -> list[str]:
        """Serials of the cards that were written, in order."""
        return sorted(path.stem for path in self._folder.glob("????????????????.chip"))

    def on_reader(self) -> str | None:
        """The serial of the card that was left on the reader."""
        serial = self._read(_ON_READER)
        if serial is None:
            return None
        if not _SERIAL.fullmatch(serial):
            raise SimulationDamaged(file=_ON_READER)
        return serial.decode("ascii")

    def leave_on_reader(self, serial: str) -> None:
        """Remember which card lies on the reader."""
        self._replace(_ON_READER, serial.encode("ascii"))

    def box(self) -> list[str]:
        """The serials of the blank cards in the box, the next one first."""
        told = (self._read(_BOX_FILE) or b"").split()
        if not all(_SERIAL.fullmatch(serial) for serial in told):
            raise SimulationDamaged(file=_BOX_FILE)
        return [serial.decode("ascii") for serial in told]

    def fill_box(self, serials: Sequence[str]) -> None:
        """What lies in the box from now on."""
        self._replace(_BOX_FILE, "".join(f"{serial}\n" for serial in serials).encode("ascii"))

    def _root(self, random: RandomSource) -> bytes:
        kept = self._read(_ROOT_FILE)
        if kept is None:
            key = random.token_bytes(16)
            note = {"training_root_key": key.hex().upper(), "note": "TRAINING: protects nobody's data"}
            self._put(_ROOT_FILE, json.dumps(note).encode("ascii"), _place_new)
            kept = self._read(_ROOT_FILE) or b""
        try:
            root = bytes.fromhex(json.loads(kept)["training_root_key"])
        except (ValueError, TypeError, KeyError):
            raise SimulationDamaged(file=_ROOT_FILE) from None
        if len(root) != _ROOT_BYTES:
            raise SimulationDamaged(file=_ROOT_FILE)
        return root

    def _read(self, name: str) -> bytes | None:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            raise SimulationFolderRefused(file=name) from None

    def _replace(self, name: str, content: bytes) -> None:
        self._put(name, content, lambda new, path: Path(new).replace(path))

    def _put(self, name: str, content: bytes, place: Callable[[str, Path], object]) -> None:
        """Durable before it gets its name, under which another process may be reading."""
        try:
            handle, new = tempfile.mkstemp(".new", f"{name}.", self._folder)
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
                place(new, self._folder / name)
            finally:
                Path(new).unlink(missing_ok=True)
        except OSError:
            raise SimulationFolderRefused(file=name) from None


class Workbench:
    """The reader, the SAM's slot and the hand that lays cards (``app.workflow.issue.Hands``)."""

    def __init__(self, spec: WorkbenchSpec, folder: Path, random: RandomSource) -> None:
        self._spec = spec
        self._random = random
        self._folder = ChipFolder(folder, random)
        self.clock = LineClock()
        self.reader = SimulatedReader("simulated card reader", ReaderRole.CARD, self.clock)
        self.slot = SimulatedReader("simulated SAM slot", ReaderRole.SAM, self.clock)
        self.slot.insert(self._sam())
        self._card: SimulatedCard | None = None
        self._kept_pages = self.clock.pages
        self._kept_card: SimulatedCard | None = None
        left = self._folder.on_reader()
        if left is not None:
            self.lay(left)

    @property
    def root(self) -> bytes:
        """The training root that all chips of this bench derive from."""
        return self._folder.root

    def box(self, count: int = 0) -> list[str]:
        """Serials of the blank cards in the box, the next one first; ``count`` new ones are put in.

        What is put in outlives the process at once: a list of the box may be taken in from now on.
        """
        held = self._folder.box()
        if count:
            held += [self._random.token_bytes(8).hex().upper() for _ in range(count)]
            self._folder.fill_box(held)
        return held

    def lay_blank(self) -> None:
        """The next blank card of the box on the reader, whatever lay there before; a new one where
        the box is empty. It leaves the box when a journal may be about to name it."""
        spec = self._spec
        box = self._folder.box()
        if box and self._card is not None and self._card.factor.hex().upper() == box[0]:
            return  # it lies there already, and nothing came of it
        self._put(
            SimulatedCard(
                spec.card_product,
                spec.profile,
                bytes.fromhex(box[0]) if box else self._random.token_bytes(8),
                self.root,
                spec.city_code,
                self._random,
                self.clock,
            )
        )

    def lay(self, serial: str) -> None:
        """The card with this serial back on the reader; nothing where no such card was written."""
        if self._card is not None and self._card.factor.hex().upper() == serial:
            return
        image = self._folder.load(f"{serial}.chip")
        if image is not None:
            self._put(self.open_card(image))

    def card(self, serial: str) -> SimulatedCard:
        """A card that was written at this bench, off the reader; KeyError where there is none."""
        image = self._folder.load(f"{serial}.chip")
        if image is None:
            raise KeyError(serial)
        return self.open_card(image)

    def cards(self) -> list[str]:
        """Serials of the cards that were written at this bench."""
        return self._folder.chips()

    def open_card(self, image: bytes) -> SimulatedCard:
        """A card out of its image, whichever training product it is."""
        product = self._spec.products.card(json.loads(image)["product"])
        return SimulatedCard.load(image, product, self._random, self.clock)

    def keep(self) -> None:
        """Write what changed since the last time: call it before recording anything durably.

        A card that was laid counts as changed: a journal may be about to name it.
        """
        if self.clock.pages == self._kept_pages and self._card is self._kept_card:
            return
        self._kept_pages, self._kept_card = self.clock.pages, self._card
        if self._card is not None:
            serial = self._card.factor.hex().upper()
            self._folder.save(f"{serial}.chip", self._card.save())
            self._folder.leave_on_reader(serial)
            box = self._folder.box()
            if serial in box:
                self._folder.fill_box([blank for blank in box if blank != serial])
        if isinstance(self.slot.chip, SimulatedSam):
            self._folder.save(_SAM_FILE, self.slot.chip.save())

    def close(self) -> None:
        """Keep everything; the folder is the bench from now on."""
        self.keep()

    def _put(self, card: SimulatedCard) -> None:
        # A blank card that nothing was written to and no case is about may be forgotten.
        if self.clock.pages != self._kept_pages:
            self.keep()
        self.reader.remove()
        self._card = card
        self.reader.insert(card)

    def _sam(self) -> SimulatedSam:
        spec = self._spec
        image = self._folder.load(_SAM_FILE)
        if image is not None:
            return SimulatedSam.load(image, spec.sam_product, self._random, self.clock)
        return SimulatedSam(
            spec.sam_product,
            spec.sam_kind,
            _SAM_NUMBER,
            _SAM_SERIAL,
            self.root,
            spec.city_code,
            random=self._random,
            pin=TRAINING_PIN,
            clock=self.clock,
        )


def _place_new(new: str, path: Path) -> None:
    """Give a file its name unless another process was first, whose file then stands."""
    try:
        os.link(new, path)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        Path(new).replace(path)


def _place(name: str) -> Place:
    return Place("simulated", "chip", name)
