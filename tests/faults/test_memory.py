"""The issuing process holds no key: its memory, read by the kernel, has none of root, chips or sessions.

Card and SAM live in processes of their own under a root that the simulation drew. The controls put one
of the two inside the issuing process, where the same search finds its keys.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.base.clock import SystemClock
from app.base.ids import SystemRandom
from app.cardspec.product import load_products
from app.cardspec.profile import load_profile
from app.devices.sim.card import SimulatedCard
from app.devices.sim.sam import SimulatedSam
from app.devices.sim.serve import served_chips
from app.devices.sim.tray import SimulationSettings, sam_product_for
from app.domain.application import Realm
from app.store.store import StoreContext, create
from tests.helpers.harness_memory import Needles, readable, search
from tests.helpers.harness_process import ChipHouse, DeskProcess, desk_process
from tests.helpers.parts import require_part
from tests.helpers.victims import CITY_CODE, victim
from tests.oracle.cipher import suite_of
from tests.oracle.reader import factor_of, read_card
from tests.oracle.sam import SLOTS
from tests.oracle.writer import differences

pytestmark = pytest.mark.part("proc-mem")

PRODUCTS = ("KT-STRICT", "KT-3DES")
# In the midst of DDF1's records, of the photo, of the health data; and always at the end.
PAUSES = [70, 200, 420]


@pytest.fixture(scope="module")
def process() -> Iterator[DeskProcess]:
    with desk_process() as started:
        yield started


def job(folder: Path, **more: object) -> dict[str, Any]:
    """A job that makes the full person's card in a new store."""
    context = StoreContext(Realm.TRAINING, SystemClock(), SystemRandom())
    create(folder / "store", context).close()
    return {
        "act": "issue",
        "folder": str(folder / "store"),
        "printed": str(folder / "printed"),
        "number": 0,
        **more,
    }


def chip_keys(product: str, root: bytes, factor: bytes) -> dict[str, bytes]:
    """The root, and every national, province and card key below it, by the oracle."""
    suite = suite_of(product)
    found = {"root": root}
    for name in SLOTS:
        found[f"national {name}"] = suite.national(root, name)
        found[f"province {name}"] = suite.province(root, name, CITY_CODE)
        found[f"card {name}"] = suite.card_key(root, name, CITY_CODE, factor)
    return found


def session_keys(product: str, keys: dict[str, bytes], challenges: list[str]) -> dict[str, bytes]:
    """Every session key that these challenges can have made with any key of the card."""
    suite = suite_of(product)
    return {
        f"session {name} {challenge}": suite.session(keys[f"card {name}"], bytes.fromhex(challenge))
        for challenge in challenges
        for name in SLOTS
    }


class Search:
    """Searches at each pause for every key of the chips, and for every session up to that moment."""

    def __init__(self, product: str, root: bytes) -> None:
        self._product = product
        self._root = root
        self.found: set[str] = set()
        self.needles: dict[str, bytes] = {}
        self.moments: list[int] = []
        self.bytes = 0

    def __call__(self, pid: int, told: dict[str, Any]) -> None:
        require_part("proc-mem", readable(pid), "the kernel does not let this process read another's")
        keys = chip_keys(self._product, self._root, factor_of(bytes.fromhex(told["atr"])))
        self.needles = keys | session_keys(self._product, keys, told["challenges"])
        found, size = search(pid, self.needles)
        self.found |= found
        self.moments.append(told["paused"])
        self.bytes += size


@pytest.mark.prove
def test_the_issuing_process_holds_no_key(
    tmp_path: Path,
    process: DeskProcess,
    scale: int,
    sample: Callable[[Sequence[Any], int], list[Any]],
    record_proof: Callable[[str, int], None],
) -> None:
    for product in PRODUCTS if scale != 1 else PRODUCTS[:1]:
        looked = search_while_issuing(product, tmp_path / product, process, sample(PAUSES, 1))
        record_proof("keys looked for in the issuing process", len(looked.needles))
        record_proof("megabytes of its memory read", looked.bytes // 1_000_000)


def search_while_issuing(product: str, folder: Path, process: DeskProcess, pauses: list[int]) -> Search:
    """One card, its process searched at ``pauses`` and at the end; nothing was found."""
    with served_chips(SimulationSettings(product=product), tell_root=True) as chips:
        assert chips.root_key is not None
        looked = Search(product, chips.root_key)
        card, sam = chips.process.ready["card"], chips.process.ready["sam"]
        said = process.run(job(folder, pauses=pauses, card=card, sam=sam), paused=looked)
        assert any(told.get("made") == "verified" for told in said), said
        assert looked.found == set()
        # The search had something to look for and somewhere to look.
        assert looked.moments[:-1] == pauses
        assert len(looked.moments) == len(pauses) + 1
        sessions = [name for name in looked.needles if name.startswith("session")]
        assert len(sessions) > 100 * len(SLOTS)
        assert len(looked.needles) == len(sessions) + 1 + 3 * len(SLOTS)
        assert looked.bytes > len(looked.moments) * 10_000_000
        # The needles are those of the chips that made this card: the oracle reads it with the root.
        line = chips.card.connect()
        try:
            read = read_card(line.transmit, line.atr, chips.root_key, CITY_CODE, product=product)
        finally:
            line.close()
    person = victim(0, load_profile())
    certificate = read.records["DDF1/EF05", 5][2:]
    assert read.activated
    assert differences(read, person.image(read.factor, certificate)) == []
    return looked


@pytest.mark.parametrize("inside", ["sam", "card"])
def test_control_keys_of_a_chip_inside_the_process_are_found(
    inside: str, tmp_path: Path, process: DeskProcess
) -> None:
    product, root = "KT-STRICT", secrets.token_bytes(16)
    looked = Search(product, root)
    house = ChipHouse(1)
    try:
        house.lay(0, other_chip(inside, product, root))
        place = {"sam": "card", "card": "sam"}[inside]
        more = {place: house.address(0), "inside": inside, "root": root.hex(), "product": product}
        wanted = job(tmp_path, pauses=[], pause_at_cipher=40, **more)
        said = process.run(wanted, paused=looked)
    finally:
        house.close()
    assert any(told.get("made") == "verified" for told in said), said
    held = {"sam": {"national RK1DF01", "province UK1DDF1"}, "card": {"card RK1DF01", "card UK1DDF1"}}
    assert held[inside] <= looked.found
    assert len(looked.moments) == 2
    if inside == "sam":
        assert any(name.startswith("session") for name in looked.found), looked.found


def other_chip(inside: str, product: str, root: bytes) -> SimulatedCard | SimulatedSam:
    """The chip that stays outside while ``inside`` is in the issuing process."""
    products, random = load_products(), SystemRandom()
    kind = products.card(product)
    if inside == "sam":
        return SimulatedCard(kind, load_profile(), secrets.token_bytes(8), root, CITY_CODE, random)
    sam, serial = sam_product_for(products, kind), secrets.token_bytes(8)
    return SimulatedSam(sam, 5, "41010000000000000001", serial, root, CITY_CODE, random=random)


@pytest.mark.parametrize("shift", range(16))
def test_a_key_is_found_at_any_address(shift: int) -> None:
    key, other = secrets.token_bytes(16), secrets.token_bytes(16)
    needles = Needles({"key": key, "other": other})
    assert needles.within(bytes(64)) == set()
    assert needles.within(bytes(shift) + key) == {"key"}
    assert needles.within(bytes(shift) + other.hex().encode() + bytes(9)) == {"other in hex"}
    assert needles.within(bytes(shift) + key[:15] + bytes(9)) == set()
