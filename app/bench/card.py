"""One whole card on simulators: traffic, commits and the host's own work against the line's time.

The person fills every field and has a photo of 3,070 bytes, the chip is KT-STRICT, and the way is the
desk's own, from the journal to the printed pages. Figures are counts or ratios within the run.
"""

from __future__ import annotations

import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from app.base.clock import SystemClock
from app.base.ids import SystemRandom
from app.base.resources import read_toml, resource
from app.cardspec.product import load_products
from app.cardspec.profile import load_profile
from app.crypto.sm3 import hmac_sm3
from app.devices.channel import ApduChannel
from app.devices.ports import CardConnection, CardReader, ReaderRole
from app.devices.sim.card_printer import SimulatedCardPrinter
from app.devices.sim.clock import LineClock
from app.devices.sim.portrait import portrait
from app.devices.sim.workbench import TRAINING_PIN, Workbench, WorkbenchSpec
from app.documents.faces import FacePages
from app.domain.application import CardData, FrozenApplication, Realm
from app.domain.made_up import made_up_resident
from app.domain.resident import Resident
from app.store.store import STORE_FOLDER, StoreContext, create
from app.store.threaded import StoreThread
from app.workflow.issue import Maker, Station
from app.workflow.sam_desk import SamDesk
from app.workflow.views import IssueStep, Mark, StepEvent

_PRODUCT = "KT-STRICT"
_CITY = "410100"
_PHOTO_BYTES = 3070
_CARDS = 5
_SLOW, _FAST = 9_600, 115_200
# Drawing faces is not what this measures: pages that a printer takes and nobody looks at.
_BLANK_PAGES = FacePages(b"%PDF-1.4", b"%PDF-1.4", b"%PDF-1.4")


@dataclass(frozen=True)
class Row:
    """One figure: ``ratio`` is value to limit, ``goal`` what it may be at most, ``met`` the verdict."""

    name: str
    value: float
    limit: float
    unit: str
    goal: float = 1.0

    @property
    def ratio(self) -> float:
        """Value to limit."""
        return self.value / self.limit

    def told(self) -> dict[str, Any]:
        """The row as commands.md has it."""
        ratio = round(self.ratio, 4)
        return asdict(self) | {"ratio": ratio, "met": self.ratio <= self.goal}


class _Timed:
    """A connection that knows how much of this thread's time went into the chip behind it."""

    def __init__(self, line: CardConnection, spent: list[int]) -> None:
        self._line = line
        self._spent = spent

    @property
    def atr(self) -> bytes:
        return self._line.atr

    def transmit(self, command: bytes) -> bytes:
        begun = time.thread_time_ns()
        try:
            return self._line.transmit(command)
        finally:
            self._spent[0] += time.thread_time_ns() - begun

    def reset(self) -> bytes:
        return self._line.reset()

    def close(self) -> None:
        self._line.close()


@dataclass(frozen=True)
class _Card:
    """What one card took up to its activation, and as a whole."""

    exchanges: int
    bytes: int
    pages: int
    host_ns: int
    commits: int
    read_again: int


def bench_card() -> dict[str, Any]:
    """Make cards one after another and hold the median of each figure against its limit."""
    limits = read_toml(resource("bench.toml"))["card"]
    with tempfile.TemporaryDirectory() as folder:
        cards = _make(Path(folder))
    exchanges, traffic = _median(cards, "exchanges"), _median(cards, "bytes")
    pages = _median(cards, "pages")
    line_ns = _at(_FAST, traffic, 0)
    rows = [
        Row("exchanges a card", exchanges, limits["exchanges"], "APDUs"),
        Row("bytes a card", traffic, limits["bytes"], "bytes"),
        Row("durable commits a card", _median(cards, "commits"), limits["durable_commits"], "commits"),
        Row(
            "host CPU a card beside line time at 115,200 baud",
            round(_median(cards, "host_ns") / 1e6, 2),
            round(line_ns / 1e6, 2),
            "ms",
            limits["host_cpu_share"],
        ),
    ]
    for baud in (_SLOW, _FAST):
        taken, bound = _at(baud, traffic, pages), _at(baud, limits["bytes"], pages)
        rows.append(
            Row(
                f"simulated time a card at {baud:,} baud",
                round(taken / 1e9, 3),
                round(bound / 1e9, 3),
                "s",
            )
        )
    rows.append(
        Row(
            "exchanges of the read after printing",
            _median(cards, "read_again"),
            limits["exchanges"],
            "APDUs",
        )
    )
    return {"rows": [row.told() for row in rows], "machine": _machine()}


def _median(cards: list[_Card], name: str) -> float:
    value = statistics.median(getattr(card, name) for card in cards)
    return int(value) if value == int(value) else float(value)


def _at(baud: int, traffic: float, pages: float) -> int:
    """Simulated nanoseconds of that many bytes at ``baud`` and that many EEPROM pages."""
    clock = LineClock(baud)
    clock.bytes, clock.pages = int(traffic), int(pages)
    return clock.monotonic_ns()


def _machine() -> dict[str, str]:
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def _person(number: int) -> Resident:
    picture = portrait(number)
    # Number 3n fills every field; an image may be followed by bytes that no decoder reads.
    photo = picture.chip.ljust(_PHOTO_BYTES, b"\x00")
    return made_up_resident(3 * number, photo=photo, face_photo=picture.printed)


def _make(folder: Path) -> list[_Card]:
    clock, random = SystemClock(), SystemRandom()
    profile, products = load_profile(), load_products()
    bench = Workbench(WorkbenchSpec(products, profile, _PRODUCT, _CITY), folder / "chips", random)
    spent = [0]

    def channel(reader: CardReader, role: ReaderRole) -> ApduChannel:
        return ApduChannel(_Timed(reader.connect(), spent), role)

    context = StoreContext(realm=Realm.TRAINING, clock=clock, random=random)
    store = StoreThread(lambda: create(folder / STORE_FOLDER, context))
    try:
        digest_key = store.digest_key()
        station = Station(
            applications=store.applications,
            journal=store.journal,
            reader=bench.reader,
            channel=lambda reader: channel(reader, ReaderRole.CARD),
            hands=bench,
            sam=SamDesk(
                lambda: channel(bench.slot, ReaderRole.SAM),
                products,
                _CITY,
                store.sam,
                lambda: TRAINING_PIN,
            ),
            printer=SimulatedCardPrinter(folder / "printed"),
            products=products,
            profile=lambda _application: profile,
            faces=lambda _application: _BLANK_PAGES,
            clock=clock,
            random=random,
            digest=lambda data: hmac_sm3(digest_key, data),
        )
        frozen = _freezer(profile.id, profile.content_hash, clock.now_ms())
        return [_one(station, bench, store, spent, frozen(number)) for number in range(_CARDS)]
    finally:
        store.close()


def _freezer(profile_id: str, profile_hash: str, now_ms: int) -> Callable[[int], FrozenApplication]:
    facts = CardData(
        card_class="1",
        spec_version="1.00",
        issuer_name="样例省卫生厅训练",
        issuer_code="4101000000000000000001",
        issue_date="20260101",
        expiry="20360101",
        card_number="",
        chip_name="",
        security_code="123",
        city_code=_CITY,
    )

    def frozen(number: int) -> FrozenApplication:
        person = _person(number)
        return FrozenApplication(
            id=f"00000000-0000-7000-8000-{number:012d}",
            version=1,
            realm=Realm.TRAINING,
            person_id=f"00000000-0000-7000-8001-{number:012d}",
            profile_id=profile_id,
            profile_hash=profile_hash,
            resident=person,
            card=replace(facts, card_number=person.number, chip_name=person.name),
            frozen_at_ms=now_ms,
        )

    return frozen


def _one(
    station: Station, bench: Workbench, store: StoreThread, spent: list[int], wanted: FrozenApplication
) -> _Card:
    # A shift's SAM stays unlocked; the bound opens it once a card, so this does too.
    station.sam.forget()
    line, commits = bench.clock, store.journal.durable_commits
    station.applications.freeze(wanted)
    exchanges, traffic, pages = line.exchanges, line.bytes, line.pages
    marks: dict[IssueStep, tuple[int, int, int, int]] = {}
    # The whole process, the store's thread with it, less what the simulated chips took of it.
    begun, spent[0] = time.process_time_ns(), 0

    def hear(event: StepEvent) -> None:
        if event.mark is Mark.GOOD:
            host = time.process_time_ns() - begun - spent[0]
            marks[event.step] = (line.exchanges, line.bytes, line.pages, host)

    Maker(station).make(wanted.id, hear, threading.Event())
    written = marks[IssueStep.ACTIVATE]
    return _Card(
        exchanges=written[0] - exchanges,
        bytes=written[1] - traffic,
        pages=written[2] - pages,
        host_ns=written[3],
        commits=store.journal.durable_commits - commits,
        read_again=marks[IssueStep.READ_AGAIN][0] - marks[IssueStep.PRINT][0],
    )
