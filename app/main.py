"""The composition root: the only file that names real and simulated classes together."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import platformdirs

from app.base.catalogue import Catalogue
from app.base.clock import SystemClock
from app.base.errors import N_, KangkaError
from app.base.ids import SystemRandom
from app.base.resources import read_toml, resource
from app.cardspec.product import Products, load_products
from app.cardspec.profile import load_profile
from app.crypto.sm3 import hmac_sm3
from app.devices.channel import ApduChannel
from app.devices.id_reader import SamvReader, open_serial
from app.devices.id_text import decode_identity, encode_text
from app.devices.ports import (
    CardPrinter,
    CardReader,
    IdReader,
    LinkFault,
    ReaderRole,
)
from app.devices.roles import ReaderNotFound, assign_roles
from app.devices.sim.card_printer import SimulatedCardPrinter
from app.devices.sim.id_reader import SimulatedDocument, SimulatedIdReader, SimulatedIdStream
from app.devices.sim.portrait import portrait
from app.devices.sim.tray import SimulationSettings
from app.devices.sim.workbench import FOLDER, TRAINING_PIN, Workbench, WorkbenchSpec
from app.documents.faces import FaceRenderer
from app.domain.application import Realm
from app.domain.codes import load_codes
from app.domain.made_up import made_up_resident
from app.domain.resident import Resident
from app.store.store import STORE_FOLDER, StoreContext, open_or_create
from app.store.threaded import StoreThread
from app.workflow.demo import run_demo
from app.workflow.desk import Desk, DeskParts
from app.workflow.devices import DeviceBoard
from app.workflow.enrol import Enrolment, EnrolPorts
from app.workflow.faces import FaceMaker
from app.workflow.issue import Hands, Station
from app.workflow.sam_desk import SamDesk
from app.workflow.training import identity_text_of
from app.workflow.workplace import workplace_of

DEFAULT_PRODUCT = "KT-SECURED"
SIMULATED = "simulated"
_PRINTED = "printed"


@dataclass(eq=False)
class WorkplaceNotSetUp(KangkaError):
    """A live workplace that nobody has set up."""

    code = "workplace.not-set-up"
    cause = N_("This workplace has not been set up for real cards.")
    meaning = N_("Real cards are issued only by a desk with people, keys and numbers of its own.")
    remedy = N_("Practise with the switch --training; setting up for real comes with its first release.")


@dataclass(eq=False)
class DemoFolderNotEmpty(KangkaError):
    """The folder for a demonstration holds something already."""

    folder: str

    code = "demo.folder-not-empty"
    cause = N_("The folder {folder} is not empty.")
    meaning = N_("A demonstration starts in a fresh training workplace, so nothing was done.")
    remedy = N_("Name a new folder, or empty this one.")


@dataclass(eq=False)
class FileUnreadable(KangkaError):
    """A file that can not be opened."""

    file: str

    code = "file.unreadable"
    cause = N_("The file {file} can not be read.")
    meaning = N_("Nothing was done.")
    remedy = N_("Check its name and that you may read it.")


@dataclass(eq=False)
class UnknownProduct(KangkaError):
    """A card product that nobody has described."""

    product: str
    known: tuple[str, ...]

    code = "product.unknown"
    cause = N_("No card product is called {product}.")
    meaning = N_("Nothing was simulated.")
    remedy = N_("Choose one of {known}.")


@dataclass(frozen=True)
class Options:
    """The global switches of the command line."""

    data: Path | None = None
    training: bool = True
    devices: str = SIMULATED
    profile: Path | None = None
    operator: str | None = None
    lang: str = "zh"

    @property
    def folder(self) -> Path:
        """The workplace's folder: the one named, else the platform's own, training apart."""
        if self.data is not None:
            return self.data
        own = Path(platformdirs.user_data_dir("kangka", appauthor=False))
        return own / "training" if self.training else own


@dataclass(frozen=True)
class DeviceChoice:
    """Devices that somebody named: the identity reader's port, parts of the card readers' names."""

    id_port: str | None = None
    reader: str | None = None
    sam_reader: str | None = None


@dataclass(frozen=True)
class Crowd:
    """Which made-up people come to a training desk: from ``first`` on, of the place ``seed``."""

    first: int = 0
    seed: int = 1

    def person(self, number: int) -> Resident:
        """Person ``number`` with a drawn portrait."""
        picture = portrait(self.seed * 100_003 + number)
        return made_up_resident(number, self.seed, photo=picture.chip, face_photo=picture.printed)


@dataclass(frozen=True)
class Hardware:
    """The devices of one desk. ``keep`` is called before each durable record."""

    reader: CardReader
    sam_reader: CardReader
    printer: CardPrinter
    hands: Hands
    id_reader: Callable[[], IdReader]
    keep: Callable[[], None]
    exchanges: Callable[[], int]


class ClerksHands:
    """The clerk lays cards; the program says which and waits at the reader."""

    def lay_blank(self) -> None:
        """The window and the command line say it; nothing moves by itself."""

    def lay(self, serial: str) -> None:
        """As ``lay_blank``: the chip's own serial is compared before anything is done."""


@contextmanager
def open_desk(options: Options, choice: DeviceChoice | None = None) -> Iterator[Desk]:
    """A desk over its store and devices, closed at the end."""
    with _compose(options, choice or DeviceChoice(), Crowd()) as (desk, _hardware, _store):
        yield desk


@contextmanager
def _compose(
    options: Options, choice: DeviceChoice, crowd: Crowd
) -> Iterator[tuple[Desk, Hardware, StoreThread]]:
    if not options.training:
        raise WorkplaceNotSetUp
    clock, random = SystemClock(), SystemRandom()
    profile, products, codes = load_profile(folder=options.profile), load_products(), load_codes()
    settings = read_toml(resource("training", "desk.toml"))
    simulated = options.devices == SIMULATED
    place = workplace_of(
        settings, profile, Realm.TRAINING, simulated=simulated, operator=options.operator
    )
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as closing:
        if simulated:
            hardware = _simulated(
                folder, WorkbenchSpec(products, profile, DEFAULT_PRODUCT, place.facts.city_code), crowd
            )
        else:
            hardware = _system(folder, products, choice)
        closing.callback(hardware.keep)
        context = StoreContext(
            realm=Realm.TRAINING,
            clock=clock,
            random=random,
            desk=place.desk,
            on_commit=lambda point: hardware.keep() if point.startswith("before") else None,
        )
        store = StoreThread(lambda: open_or_create(folder / STORE_FOLDER, context))
        closing.callback(store.close)
        digest_key = store.digest_key()
        sam = SamDesk(
            connect=lambda: ApduChannel(hardware.sam_reader.connect(), ReaderRole.SAM),
            products=products,
            city_code=place.facts.city_code,
            register=store.sam,
            pin=lambda: TRAINING_PIN,
        )
        closing.callback(sam.forget)
        faces = FaceMaker(FaceRenderer.open(), codes, place)
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
        )
        enrolment = Enrolment(
            EnrolPorts(
                applications=store.applications,
                id_reader=hardware.id_reader,
                made_up=crowd.person,
                profile=profile,
                codes=codes,
                workplace=place,
                clock=clock,
                random=random,
            )
        )
        parts = DeskParts(
            workplace=place,
            profile=profile,
            codes=codes,
            applications=store.applications,
            journal=store.journal,
            timings=store.timings,
            enrolment=enrolment,
            station=station,
            faces=faces,
            devices=DeviceBoard(station, simulated=simulated).states,
            clock=clock,
        )
        yield Desk(parts), hardware, store


def _simulated(folder: Path, spec: WorkbenchSpec, crowd: Crowd) -> Hardware:
    bench = Workbench(spec, folder / FOLDER, SystemRandom())
    coming = iter(range(crowd.first, sys.maxsize))
    return Hardware(
        reader=bench.reader,
        sam_reader=bench.slot,
        printer=SimulatedCardPrinter(folder / _PRINTED),
        hands=bench,
        id_reader=lambda: _simulated_id_reader(crowd.person(next(coming))),
        keep=bench.keep,
        exchanges=lambda: bench.clock.exchanges,
    )


def _system(folder: Path, products: Products, choice: DeviceChoice) -> Hardware:
    # Imported late: training on simulators needs neither pyscard nor a smart-card service.
    from app.devices import pcsc  # noqa: PLC0415

    def holds_sam(name: str) -> bool:
        try:
            line = pcsc.PcscReader(name, ReaderRole.SAM).connect()
        except LinkFault:
            return False
        try:
            return products.sam_of(line.atr) is not None
        finally:
            line.close()

    def id_reader() -> IdReader:
        if choice.id_port is None:
            raise ReaderNotFound(role="id")
        return SamvReader(open_serial(choice.id_port), SystemClock(), port=choice.id_port)

    names = assign_roles(pcsc.list_readers(), holds_sam, card=choice.reader, sam=choice.sam_reader)
    return Hardware(
        reader=pcsc.PcscReader(names.card, ReaderRole.CARD),
        sam_reader=pcsc.PcscReader(names.sam, ReaderRole.SAM),
        printer=SimulatedCardPrinter(folder / _PRINTED),
        hands=ClerksHands(),
        id_reader=id_reader,
        keep=lambda: None,
        exchanges=lambda: 0,
    )


def _simulated_id_reader(person: Resident) -> IdReader:
    document = SimulatedDocument(text=encode_text(identity_text_of(person)))
    stream = SimulatedIdStream(SimulatedIdReader([document]))
    return SamvReader(stream, SystemClock(), port="SIMULATED")


def demo(options: Options, out: Path, people: int, seed: int) -> dict[str, Any]:
    """``kangka demo``: the whole job in a fresh training workplace at ``out``."""
    if out.exists() and any(out.iterdir()):
        raise DemoFolderNotEmpty(folder=str(out))
    fresh = replace(options, data=out, training=True, devices=SIMULATED)
    with _compose(fresh, DeviceChoice(), Crowd(seed=seed)) as (desk, hardware, store):
        return run_demo(desk, out, people, hardware.exchanges, lambda: store.journal.durable_commits)


def decode_identity_file(path: Path, catalogue: Catalogue) -> dict[str, Any]:
    """``kangka decode-id``: a 256-byte text or a reader's frame, as commands.md has it."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise FileUnreadable(file=path.name) from error
    text, photo, problems = decode_identity(raw)
    shown: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in asdict(text).items()
    }
    optional = ("english_name", "pass_number", "issue_count", "nationality", "former_kind")
    for name in optional:
        if shown[name] is None:
            del shown[name]
    return shown | {
        "kind": text.kind.value,
        "photo_bytes": len(photo),
        "problems": [catalogue.text(problem.message, **problem.params) for problem in problems],
    }


def simulate(cards: int, product: str, card_port: int, sam_port: int) -> None:
    """``kangka simulate``: chips on the virtual driver's ports until interrupted."""
    known = tuple(found.id for found in load_products().cards)
    if product not in known:
        raise UnknownProduct(product=product, known=known)
    from app.devices.sim.serve import run_simulation  # noqa: PLC0415 - the other commands need none

    city_code = read_toml(resource("training", "desk.toml"))["city_code"]
    crowd = Crowd()
    documents = (
        SimulatedDocument(text=encode_text(identity_text_of(crowd.person(number))))
        for number in range(cards)
    )
    run_simulation(
        SimulationSettings(cards=cards, product=product, city_code=city_code),
        card_port=card_port,
        sam_port=sam_port,
        documents=documents,
    )


def run_bench(options: Options) -> dict[str, Any]:
    """``kangka bench``: each figure beside its limit, measured in this run."""
    from app.bench.card import bench_card  # noqa: PLC0415 - no other command needs it

    return bench_card()


def open_window(options: Options) -> int:
    """``kangka desk``: the window over a desk, until it is closed."""
    from app.ui.application import run  # noqa: PLC0415 - the command line needs no window

    with open_desk(options) as desk:
        return run(desk, options.lang, [])
