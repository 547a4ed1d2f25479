"""Which reader is which: by what lies in it, by name, and looked for again when one has gone."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from app.devices.ports import CardReader, NoCardPresent, ReaderGone, ReaderRole
from app.devices.roles import (
    FoundReader,
    FoundReaders,
    ReaderNames,
    ReaderNotFound,
    ReaderSupportMissing,
    assign_roles,
)
from app.devices.sim.reader import SimulatedReader
from app.main import Options, open_desk
from tests.helpers.chips import make_card

NAMES = ["ACS ACR1281 00 00", "ACS ACR1281 00 01", "ACS ACR1281 SAM 00 02"]


@pytest.mark.parametrize(
    ("with_sam", "card", "sam", "found"),
    [
        ({NAMES[2]}, None, None, (NAMES[0], NAMES[2])),
        ({NAMES[0]}, None, None, (NAMES[1], NAMES[0])),
        ({NAMES[2]}, "00 01", None, (NAMES[1], NAMES[2])),
        (set(), None, "sam", (NAMES[0], NAMES[2])),
        ({NAMES[0]}, "ACR1281 00 00", "SAM 00", (NAMES[0], NAMES[2])),
        ({NAMES[0], NAMES[2]}, None, None, (NAMES[1], NAMES[0])),
    ],
)
def test_roles(with_sam: set[str], card: str | None, sam: str | None, found: tuple[str, str]) -> None:
    names = assign_roles(NAMES, with_sam.__contains__, card=card, sam=sam)
    assert (names.card, names.sam) == found


@pytest.mark.parametrize(
    ("names", "with_sam", "card", "sam", "role"),
    [
        ([], set(), None, None, "sam"),
        (NAMES, set(), None, None, "sam"),
        (NAMES[:1], {NAMES[0]}, None, None, "card"),
        (NAMES, {NAMES[2]}, "Omnikey", None, "card"),
        (NAMES, {NAMES[2]}, None, "Omnikey", "sam"),
        # One reader is not both.
        (NAMES, {NAMES[2]}, "SAM 00", None, "card"),
    ],
)
def test_a_role_that_nobody_has(
    names: list[str], with_sam: set[str], card: str | None, sam: str | None, role: str
) -> None:
    with pytest.raises(ReaderNotFound) as caught:
        assign_roles(names, with_sam.__contains__, card=card, sam=sam)
    assert caught.value.role == role


def test_readers_are_looked_for_at_the_first_use_and_again_once_one_has_gone() -> None:
    looked: list[int] = []
    plugged = {"first": SimulatedReader("first"), "second": SimulatedReader("second")}

    def find() -> ReaderNames:
        looked.append(1)
        present = next(name for name, reader in plugged.items() if not reader.gone)
        return ReaderNames(card=present, sam="sam")

    def opened(name: str, role: ReaderRole) -> CardReader:
        assert role is ReaderRole.CARD
        return plugged[name]

    reader = FoundReader(FoundReaders(find, opened), ReaderRole.CARD)
    never = threading.Event()
    assert looked == []
    assert not reader.wait_for_card(0, never)
    with pytest.raises(NoCardPresent):
        reader.connect()
    assert (reader.name, len(looked)) == ("first", 1)
    plugged["first"].unplug()
    with pytest.raises(ReaderGone):
        reader.wait_for_removal(0, never)
    plugged["second"].insert(make_card())
    assert reader.wait_for_card(0, never)
    reader.connect().close()
    assert (reader.name, len(looked)) == ("second", 2)


def test_the_sams_reader_is_the_other_one() -> None:
    slot = SimulatedReader("slot", ReaderRole.SAM)
    readers = FoundReaders(lambda: ReaderNames("card", "slot"), lambda name, _role: slot)
    assert FoundReader(readers, ReaderRole.SAM).name == "slot"


def test_a_desk_on_a_machine_without_pyscard_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "app.devices.pcsc", None)
    monkeypatch.delattr("app.devices.pcsc", raising=False)
    options = Options(data=tmp_path / "desk", devices="system")
    with pytest.raises(ReaderSupportMissing), open_desk(options):
        pass
    with open_desk(Options(data=tmp_path / "desk")) as desk:
        assert desk.applications(None, 10) == []
