"""The simulated desk's own files: what a power cut, a second process or a clumsy hand does to them."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from app.base.ids import SystemRandom
from app.cardspec.product import load_products
from app.cardspec.profile import load_profile
from app.devices.ports import PrinterUnreachable, Side
from app.devices.sim.card_printer import SimulatedCardPrinter
from app.devices.sim.workbench import (
    FOLDER,
    ChipFolder,
    SimulationDamaged,
    SimulationFolderRefused,
    Workbench,
    WorkbenchSpec,
)

ROOT_FILE = "TRAINING-root.json"


def bench(folder: Path) -> Workbench:
    spec = WorkbenchSpec(load_products(), load_profile(), "KT-STRICT", "410100")
    return Workbench(spec, folder / FOLDER, SystemRandom())


def test_a_blank_that_a_case_names_outlives_the_process(tmp_path: Path) -> None:
    desk = bench(tmp_path)
    desk.lay_blank()
    desk.keep()  # as before the commit that binds the chip; nothing was written to it yet
    before = desk.reader.connect().atr
    assert bench(tmp_path).reader.connect().atr == before
    assert len(desk.cards()) == 1


def test_a_blank_that_no_case_names_is_not_kept(tmp_path: Path) -> None:
    desk = bench(tmp_path)
    for _ in range(3):
        desk.lay_blank()
    assert desk.cards() == []


def test_the_training_root_is_one_for_all_who_begin_at_once(tmp_path: Path) -> None:
    begin, roots = threading.Barrier(8), set[bytes]()

    def run() -> None:
        begin.wait()
        roots.add(ChipFolder(tmp_path / FOLDER, SystemRandom()).root)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(roots) == 1
    assert [path.name for path in (tmp_path / FOLDER).iterdir()] == [ROOT_FILE]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"{}",
        b'{"training_root_key": 5}',
        b'{"training_root_key": "00"}',
        b"\xff",
    ],
)
def test_a_damaged_root_is_said(tmp_path: Path, content: bytes) -> None:
    bench(tmp_path)
    (tmp_path / FOLDER / ROOT_FILE).write_bytes(content)
    with pytest.raises(SimulationDamaged):
        bench(tmp_path)
    assert (tmp_path / FOLDER / ROOT_FILE).read_bytes() == content


@pytest.mark.parametrize("content", [b"", b"../../etc/passwd", b"0102", b"\xff" * 16])
def test_a_damaged_note_of_the_reader_is_said(tmp_path: Path, content: bytes) -> None:
    desk = bench(tmp_path)
    desk.lay_blank()
    desk.keep()
    (tmp_path / FOLDER / "on-reader").write_bytes(content)
    with pytest.raises(SimulationDamaged):
        bench(tmp_path)


def test_a_chip_of_another_workplace_is_said(tmp_path: Path) -> None:
    for name in ("one", "two"):
        desk = bench(tmp_path / name)
        desk.lay_blank()
        desk.keep()
    (serial,) = bench(tmp_path / "one").cards()
    (other,) = bench(tmp_path / "two").cards()
    image = (tmp_path / "two" / FOLDER / f"{other}.chip").read_bytes()
    (tmp_path / "one" / FOLDER / f"{serial}.chip").write_bytes(image)
    with pytest.raises(SimulationDamaged):
        bench(tmp_path / "one")


@pytest.mark.parametrize("name", [ROOT_FILE, "on-reader", "sam.chip"])
def test_a_file_that_can_not_be_read_is_said(tmp_path: Path, name: str) -> None:
    bench(tmp_path)
    (tmp_path / FOLDER / name).unlink(missing_ok=True)
    (tmp_path / FOLDER / name).mkdir()
    with pytest.raises(SimulationFolderRefused):
        bench(tmp_path)


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with pytest.raises(SimulationFolderRefused):
        bench(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_is_said_and_the_chip_before_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chips = ChipFolder(tmp_path / FOLDER, SystemRandom())
    chips.save("sam.chip", b"before")
    opened = os.open

    def full(path: str, flags: int, *rest: int) -> int:
        made = opened(path, flags, *rest)
        os.dup2(opened("/dev/full", os.O_WRONLY), made)
        return made

    monkeypatch.setattr("tempfile._os.open", full)
    with pytest.raises(SimulationFolderRefused):
        chips.save("sam.chip", b"after")
    monkeypatch.undo()
    assert chips.load("sam.chip") == b"before"
    assert sorted(path.name for path in (tmp_path / FOLDER).iterdir()) == [ROOT_FILE, "sam.chip"]


def test_a_page_that_finds_no_room_was_not_taken(tmp_path: Path) -> None:
    (tmp_path / "printed").write_text("in the way")
    printer = SimulatedCardPrinter(tmp_path / "printed")
    with pytest.raises(PrinterUnreachable):
        printer.print_face("job", Side.FRONT, b"%PDF-1.4")
    assert printer.pages == ()


@pytest.mark.skipif(os.name != "posix", reason="Windows guards a user's folders by itself")
def test_chips_and_root_are_their_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        desk = bench(tmp_path)
        desk.lay_blank()
        desk.keep()
    finally:
        os.umask(before)
    folder = tmp_path / FOLDER
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_root_stands_in_the_clear_in_its_own_file_alone(tmp_path: Path) -> None:
    desk = bench(tmp_path)
    desk.lay_blank()
    desk.keep()
    told = json.loads((tmp_path / FOLDER / ROOT_FILE).read_bytes())
    assert bytes.fromhex(told["training_root_key"]) == desk.root
    for path in (tmp_path / FOLDER).iterdir():
        if path.name != ROOT_FILE:
            raw = path.read_bytes()
            assert desk.root not in raw
            assert desk.root.hex().encode() not in raw.lower()
