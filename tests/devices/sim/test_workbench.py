"""The bench of a training workplace: chips outlive the process, sealed, and never fall behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.base.ids import SystemRandom
from app.cardspec.product import load_products
from app.cardspec.profile import load_profile
from app.devices.sim.card import SimulatedCard
from app.devices.sim.workbench import TRAINING_PIN, SimulationDamaged, Workbench, WorkbenchSpec

CITY = "410100"
GET_CHALLENGE = bytes.fromhex("0084000008")


def bench(folder: Path, product: str = "KT-SECURED") -> Workbench:
    spec = WorkbenchSpec(load_products(), load_profile(), product, CITY)
    return Workbench(spec, folder, SystemRandom())


def spend(one: Workbench) -> str:
    """Something that the card on the reader remembers; its serial."""
    line = one.reader.connect()
    serial = line.atr[4:12].hex().upper()
    for fid in ("3F00", "DDF1"):
        line.transmit(bytes.fromhex("00A4000002" + fid))
    line.transmit(GET_CHALLENGE)
    # A false authentication takes a try, which is written into the EEPROM.
    line.transmit(bytes.fromhex("0082000511") + bytes(16) + b"\x01")
    line.close()
    return serial


def test_a_card_left_on_the_reader_lies_there_again(tmp_path: Path) -> None:
    first = bench(tmp_path)
    assert first.reader.chip is None
    first.lay_blank()
    serial = spend(first)
    card = first.reader.chip
    assert isinstance(card, SimulatedCard)
    first.close()
    again = bench(tmp_path)
    assert again.root == first.root
    assert again.cards() == [serial]
    assert again.reader.connect().atr[4:12].hex().upper() == serial
    assert again.card(serial).save() == card.save()


def test_laying_another_card_keeps_the_one_before(tmp_path: Path) -> None:
    one = bench(tmp_path)
    one.lay_blank()
    first = spend(one)
    one.lay_blank()
    second = spend(one)
    one.lay(first)
    assert one.reader.connect().atr[4:12].hex().upper() == first
    one.lay(first)
    one.lay("00" * 8)  # no such card was ever written
    assert one.reader.connect().atr[4:12].hex().upper() == first
    assert one.cards() == sorted([first, second])
    with pytest.raises(KeyError):
        one.card("00" * 8)


def test_a_card_that_was_laid_is_kept_before_anything_is_recorded_of_it(tmp_path: Path) -> None:
    one = bench(tmp_path)
    one.lay_blank()
    one.keep()
    [serial] = one.cards()
    assert bench(tmp_path).reader.connect().atr[4:12].hex().upper() == serial


def test_chips_are_sealed_and_each_stands_in_its_place(tmp_path: Path) -> None:
    one = bench(tmp_path)
    one.lay_blank()
    first = spend(one)
    one.lay_blank()
    second = spend(one)
    one.close()
    sealed = (tmp_path / f"{first}.chip").read_bytes()
    assert b"KT-SECURED" not in sealed
    assert one.root not in sealed
    (tmp_path / f"{second}.chip").write_bytes(sealed)
    with pytest.raises(SimulationDamaged):
        bench(tmp_path)


def test_another_root_opens_nothing(tmp_path: Path) -> None:
    one = bench(tmp_path)
    one.lay_blank()
    spend(one)
    one.close()
    note = tmp_path / "TRAINING-root.json"
    note.write_text(json.dumps({"training_root_key": "00" * 16}), encoding="ascii")
    with pytest.raises(SimulationDamaged):
        bench(tmp_path)


@pytest.mark.parametrize("product", ["KT-SECURED", "KT-STRICT", "KT-PLAIN", "KT-3DES"])
def test_the_sam_in_the_slot_computes_as_the_cards_do(tmp_path: Path, product: str) -> None:
    one = bench(tmp_path, product)
    line = one.slot.connect()
    line.transmit(bytes.fromhex("00A4000002DF01"))
    assert line.transmit(bytes.fromhex("0020000003" + TRAINING_PIN)) == b"\x90\x00"
    algorithm = load_products().card(product).simulator["algorithm"]
    assert one._spec.sam_product.simulator["algorithm"] == algorithm


def test_the_sam_remembers_its_false_pins(tmp_path: Path) -> None:
    def false_pin(one: Workbench) -> bytes:
        line = one.slot.connect()
        line.transmit(bytes.fromhex("00A4000002DF01"))
        return line.transmit(bytes.fromhex("0020000003999999"))

    one = bench(tmp_path)
    first = false_pin(one)
    one.close()
    second = false_pin(bench(tmp_path))
    assert first[0] == second[0] == 0x63
    assert second[1] == first[1] - 1


def on_reader(one: Workbench) -> str:
    return one.reader.connect().atr[4:12].hex().upper()


def test_a_box_is_laid_card_by_card_and_outlives_the_process(tmp_path: Path) -> None:
    first = bench(tmp_path)
    assert first.box() == []
    listed = first.box(3)
    assert len(set(listed)) == 3
    again = bench(tmp_path)
    assert again.box() == listed
    again.lay_blank()
    assert on_reader(again) == listed[0]
    again.lay_blank()  # nothing came of it: it lies there still
    assert (on_reader(again), again.box()) == (listed[0], listed)
    again.keep()  # a journal may be about to name it
    assert again.box() == listed[1:]
    third = bench(tmp_path)
    assert on_reader(third) == listed[0]
    third.lay_blank()
    assert on_reader(third) == listed[1]
    third.keep()
    assert third.box(1)[:1] == listed[2:]
    for left in (1, 0):
        third.lay_blank()
        third.keep()
        assert len(third.box()) == left
    third.lay_blank()  # the box is empty: any blank card will do
    assert on_reader(third) not in {*listed, *third.box()}


def test_a_card_of_the_box_that_was_written_is_the_one_that_is_kept(tmp_path: Path) -> None:
    one = bench(tmp_path)
    [serial, _next] = one.box(2)
    one.lay_blank()
    assert spend(one) == serial
    one.lay_blank()
    one.keep()
    assert on_reader(bench(tmp_path)) == serial
    assert one.card(serial).save() == one.reader.chip.save()  # type: ignore[union-attr]


def test_a_damaged_box_is_refused(tmp_path: Path) -> None:
    one = bench(tmp_path)
    one.box(1)
    (tmp_path / "box").write_text("41\n")
    with pytest.raises(SimulationDamaged) as caught:
        one.lay_blank()
    assert caught.value.file == "box"
