"""The composition root: the only file that names real and simulated classes together."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.base.catalogue import Catalogue
from app.base.clock import EarlierClock, SystemClock
from app.base.errors import N_, KangkaError
from app.base.ids import SystemRandom
from app.cardspec.product import Products, load_products
from app.cardspec.profile import load_profile
from app.crypto.sm3 import hmac_sm3
from app.devices.channel import ApduChannel
from app.devices.id_reader import SamvReader, open_serial
from app.devices.id_text import decode_identity
from app.devices.ports import (
    CardPrinter,
    CardReader,
    IdReader,
    LinkFault,
    ReaderRole,
)
from app.devices.roles import (
    FoundReader,
    FoundReaders,
    ReaderNames,
    ReaderNotFound,
    ReaderSupportMissing,
    assign_roles,
)
from app.devices.sim.card_printer import SimulatedCardPrinter
from app.devices.sim.workbench import FOLDER, TRAINING_PIN, Workbench, WorkbenchSpec
from app.documents.face_design import FaceDesign
from app.documents.faces import FaceRenderer
from app.documents.fonts import shared_shelf
from app.documents.papers import PaperRenderer
from app.domain.audit import HeadWitness
from app.domain.codes import load_codes
from app.domain.desk_rules import load_desk_rules
from app.domain.fees import load_fees, order_fee
from app.domain.resident import Resident
from app.opening import SIMULATED, House, Options, open_room, require_rules
from app.store.audit_witness import WITNESS_FOLDER, FileWitness, KeychainWitness
from app.store.threaded import StoreThread
from app.training import Crowd, simulated_id_reader
from app.training import coming as coming_people
from app.workflow.demo import DemoFolderNotEmpty, Stage, run_demo
from app.workflow.desk import Desk
from app.workflow.devices import DeviceBoard
from app.workflow.faces import FaceMaker
from app.workflow.files import make_folder, read_file
from app.workflow.furnish import Ground, furnish
from app.workflow.identity_text import identity_told
from app.workflow.issue import Hands, Station
from app.workflow.paper_desk import PAPERS_FOLDER
from app.workflow.sam_desk import SamDesk
from app.workflow.workplace import workplace_of

DEFAULT_PRODUCT = "KT-SECURED"
PRINTED = "printed"
# How long a clerk may take to lay a card or to take one off.
_CLERK_MS = 60_000
_DAY_MS = 86_400_000
# An identity text has 256 bytes and a reader's longest answer 2,321 (id-reader.md).
_MOST_IDENTITY_BYTES = 1 << 16


@dataclass(eq=False)
class NoDisplay(KangkaError):
    """A window is asked for where there is none to be drawn on."""

    code = "desk.no-display"
    cause = N_("There is no display to draw the window on.")
    meaning = N_("Nothing was opened.")
    remedy = N_("Start it in a desktop session, or use the other commands, which need no window.")


@dataclass(frozen=True)
class DeviceChoice:
    """Devices that somebody named: the identity reader's port, parts of the card readers' names.

    ``sam_pin`` is the SAM's PIN as a person typed it for this piece of work: that person's own attempt.
    """

    id_port: str | None = None
    reader: str | None = None
    sam_reader: str | None = None
    sam_pin: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Hardware:
    """The devices of one desk. ``keep`` is called before each durable record; ``card_taken`` waits
    until a finished card has left the reader, at most ``card_wait_ms``. ``box`` puts so many blank cards
    into the simulated box and tells what lies in it. ``id_probe`` opens the identity
    reader for a question to itself, no document awaited; None where nobody chose one."""

    reader: CardReader
    sam_reader: CardReader
    printer: CardPrinter
    hands: Hands
    id_reader: Callable[[], IdReader]
    id_probe: Callable[[], IdReader] | None
    keep: Callable[[], None]
    exchanges: Callable[[], int]
    box: Callable[[int], Sequence[str]]
    card_wait_ms: int
    card_taken: Callable[[threading.Event], bool]


class ClerksHands:
    """The clerk lays cards; the program says which and waits at the reader."""

    def lay_blank(self) -> None:
        """The window and the command line say it; nothing moves by itself."""

    def lay(self, serial: str) -> None:
        """As ``lay_blank``: the chip's own serial is compared before anything is done."""


@contextmanager
def open_desk(
    options: Options,
    choice: DeviceChoice | None = None,
    house: House | None = None,
    *,
    sit: bool = True,
) -> Iterator[Desk]:
    """A desk over its store and devices, closed at the end.

    With ``sit`` somebody acts from the start: ``options.entry``, or in training the made-up clerk.
    """
    with _compose(options, choice or DeviceChoice(), Crowd(), house or House(), sit=sit) as composed:
        yield composed[0]


@contextmanager
def _compose(
    options: Options, choice: DeviceChoice, crowd: Crowd, house: House, *, sit: bool = True
) -> Iterator[tuple[Desk, Hardware, StoreThread]]:
    options = options.checked(house)
    clock, random = house.clock, house.random
    profile = load_profile(folder=options.profile, alone=not options.training)
    products = load_products()
    codes = load_codes(over=_own(options, "codes"))
    own_faces = _own(options, "faces")
    design = None if own_faces is None else FaceDesign.load(own_faces)
    folder = options.folder
    if options.training:
        make_folder(folder)
    # Filled once the devices are there: what simulated chips hold is kept before each durable record.
    keeps: list[Callable[[], None]] = []

    def keep(point: str = "before") -> None:
        for act in keeps if point.startswith("before") else ():
            act()

    rules, fees = (
        load_desk_rules(over=_own_file(options, "desk-rules.toml")),
        load_fees(_own(options, "fees")),
    )
    with ExitStack() as closing:
        closing.callback(keep)
        room = open_room(options, house, on_commit=keep, fee=order_fee(fees), sit=sit)
        store, settings = room.store, room.settings
        closing.callback(store.close)
        require_rules(room, options)
        if options.devices == SIMULATED:
            bench = WorkbenchSpec(products, profile, DEFAULT_PRODUCT, settings.city_code)
            comers = coming_people(store.applications.count)
            hardware = _simulated(folder, bench, lambda: crowd.person(next(comers)))
        else:
            hardware = _system(folder, products, choice)
        keeps.append(hardware.keep)
        # Screens and papers say so as soon as one device is a simulator.
        simulated = options.devices == SIMULATED or hardware.printer.capabilities.simulated
        place = workplace_of(settings, profile, options.realm, simulated=simulated)
        made_up = options.training or house.simulated_live
        digest_key = store.digest_key()
        sam = SamDesk(
            connect=lambda: ApduChannel(hardware.sam_reader.connect(), ReaderRole.SAM),
            products=products,
            city_code=place.facts.city_code,
            register=store.sam,
            # A real SAM's PIN is known to the person who holds it, and kept by nobody else.
            pin=lambda: TRAINING_PIN if made_up else None,
            typed=choice.sam_pin,
        )
        closing.callback(sam.forget)
        fonts = shared_shelf()
        faces = FaceMaker(FaceRenderer.open(design, shelf=fonts), codes, place)
        station = Station(
            applications=store.applications,
            journal=store.journal,
            reader=hardware.reader,
            channel=lambda chosen: ApduChannel(chosen.connect(), ReaderRole.CARD),
            hands=hardware.hands,
            sam=sam,
            printer=hardware.printer,
            products=products,
            profile=lambda _application: profile,
            faces=faces.pages,
            clock=clock,
            random=random,
            digest=lambda data: hmac_sm3(digest_key, data),
            card_wait_ms=hardware.card_wait_ms,
        )
        desk = furnish(
            Ground(
                session=room.session,
                sign_in=room.sign_in,
                staff=room.staff,
                settings=room.settings_desk,
                gate=room.gate,
                permissions=room.permissions,
                records=store.records,
                audit=store.audit,
                witnesses=_witnesses(options, house, store.store_id(), place.desk),
                timings=store.timings,
                workplace=place,
                profile=profile,
                codes=codes,
                rules=rules,
                fees=fees,
                clock=clock,
                random=random,
                station=station,
                faces=faces,
                board=DeviceBoard(
                    station,
                    sam_reader=hardware.sam_reader,
                    id_reader=hardware.id_probe,
                    simulated=simulated,
                ),
                id_reader=hardware.id_reader,
                card_taken=hardware.card_taken,
                made_up=crowd.person if made_up else None,
                papers=lambda: PaperRenderer.open(_own(options, "papers"), shelf=fonts),
                folder=folder / PAPERS_FOLDER,
                second=room.second,
                fresh=room.fresh,
                refuses_simulated=not house.simulated_live,
            )
        )
        closing.callback(desk.audit.keep)
        yield desk, hardware, store


def _own(options: Options, part: str) -> Path | None:
    """A province's own ``codes`` or ``faces``, beside its ``profile.toml``; None where it has none."""
    folder = None if options.profile is None else options.profile / part
    return folder if folder is not None and folder.is_dir() else None


def _own_file(options: Options, name: str) -> Path | None:
    """A province's own file beside its ``profile.toml``; None where it has none."""
    path = None if options.profile is None else options.profile / name
    return path if path is not None and path.is_file() else None


def _witnesses(options: Options, house: House, store_id: str, desk: str) -> list[HeadWitness]:
    """Who remembers the audit's heads outside the records: a file beside them, and at a live desk the
    machine's keychain, which a copy of the folder leaves behind."""
    witnesses: list[HeadWitness] = [FileWitness(options.folder / WITNESS_FOLDER, store_id)]
    keychain = house.keychain()
    if not options.training and keychain.available:
        witnesses.append(KeychainWitness(keychain, store_id, desk))
    return witnesses


def _simulated(folder: Path, spec: WorkbenchSpec, next_person: Callable[[], Resident]) -> Hardware:
    bench = Workbench(spec, folder / FOLDER, SystemRandom())
    return Hardware(
        reader=bench.reader,
        sam_reader=bench.slot,
        printer=SimulatedCardPrinter(folder / PRINTED),
        hands=bench,
        id_reader=lambda: simulated_id_reader(next_person()),
        id_probe=simulated_id_reader,
        keep=bench.keep,
        exchanges=lambda: bench.clock.exchanges,
        box=bench.box,
        # Nobody comes to lay a card on a simulated reader: the bench's own hand did or did not.
        card_wait_ms=0,
        card_taken=lambda _cancel: True,
    )


def _system(folder: Path, products: Products, choice: DeviceChoice) -> Hardware:
    # Imported late: training on simulators needs neither pyscard nor a smart-card service.
    try:
        from app.devices import pcsc  # noqa: PLC0415
    except ImportError:
        raise ReaderSupportMissing from None

    def holds_sam(name: str) -> bool:
        try:
            line = pcsc.PcscReader(name, ReaderRole.SAM).connect()
        except LinkFault:
            return False
        try:
            return products.sam_of(line.atr) is not None
        finally:
            line.close()

    def find() -> ReaderNames:
        return assign_roles(pcsc.list_readers(), holds_sam, card=choice.reader, sam=choice.sam_reader)

    def id_reader() -> IdReader:
        if choice.id_port is None:
            raise ReaderNotFound(role="id")
        return SamvReader(open_serial(choice.id_port), SystemClock(), port=choice.id_port)

    readers = FoundReaders(find, pcsc.PcscReader)
    card = FoundReader(readers, ReaderRole.CARD)
    return Hardware(
        reader=card,
        sam_reader=FoundReader(readers, ReaderRole.SAM),
        printer=SimulatedCardPrinter(folder / PRINTED),
        hands=ClerksHands(),
        id_reader=id_reader,
        id_probe=None if choice.id_port is None else id_reader,
        keep=lambda: None,
        exchanges=lambda: 0,
        box=lambda _count: (),
        card_wait_ms=_CLERK_MS,
        card_taken=lambda cancel: card.wait_for_removal(_CLERK_MS, cancel),
    )


def demo(
    options: Options, out: Path, people: int, seed: int, house: House | None = None
) -> dict[str, Any]:
    """``kangka demo``: the whole job in a fresh training workplace at ``out``."""
    make_folder(out)
    if any(out.iterdir()):
        raise DemoFolderNotEmpty(folder=str(out))
    fresh = replace(options, data=out, training=True, devices=SIMULATED, entry=None)
    # What takes days begins some days ago, and ends today.
    days = load_desk_rules().provisional_loss_days + 1
    clock = EarlierClock(days * _DAY_MS)
    house = replace(house or House(), clock=clock)
    with _compose(fresh, DeviceChoice(), Crowd(seed=seed), house) as (desk, hardware, store):
        stage = Stage(
            out=out,
            people=people,
            today=clock.catch_up,
            box=hardware.box,
            exchanges=hardware.exchanges,
            commits=lambda: store.journal.durable_commits,
        )
        return run_demo(desk, stage)


def decode_identity_file(path: Path, catalogue: Catalogue) -> dict[str, Any]:
    """``kangka decode-id``: a 256-byte text or a reader's frame, as commands.md has it."""
    text, photo, problems = decode_identity(read_file(path, _MOST_IDENTITY_BYTES))
    return identity_told(
        text, len(photo), [catalogue.text(problem.message, **problem.params) for problem in problems]
    )


def run_bench() -> dict[str, Any]:
    """``kangka bench``: each figure beside its limit, measured in this run."""
    from app.bench.audit import bench_audit  # noqa: PLC0415 - no other command needs them
    from app.bench.card import bench_card  # noqa: PLC0415

    measured = bench_card()
    return measured | {"rows": [*measured["rows"], *bench_audit()]}


def open_window(options: Options, house: House | None = None) -> int:
    """``kangka desk``: the window over a desk, until it is closed."""
    from app.ui.application import run  # noqa: PLC0415 - the command line needs no window

    # The window asks who comes, unless somebody came by name.
    with open_desk(options, house=house, sit=options.entry is not None) as desk:
        if not _has_display():
            raise NoDisplay
        code = run(desk, options.lang, [])
        # Whoever was there, or had locked the desk, is not any more; the audit says so.
        desk.sign_in.sign_out()
        return code


def _has_display() -> bool:
    """Whether a window can be drawn. Without this question Qt ends the process instead of saying so."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
