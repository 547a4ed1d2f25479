"""KT-BLANK: built up it is a KT-SECURED; before that nothing is done without the transport key."""

from __future__ import annotations

import pytest

from app.cardspec.keys import KeyName
from app.devices.sim.blank_builder import BlankBuilder, BuildFailed, wrapped
from app.devices.sim.card import SimulatedCard
from app.devices.sim.card_files import freeze_directory
from app.devices.sim.chip import PowerLost
from app.devices.sim.suite import Sm4Suite
from tests.helpers.chips import (
    CITY_CODE,
    FACTOR,
    NATIONAL,
    PRODUCTS,
    ROOT,
    BareHost,
    SeededRandom,
    make_card,
    make_sam,
    send,
)
from tests.oracle.script import Row, Script, check, rows

BLANK = PRODUCTS.card("KT-BLANK")
CARD_ROWS = [row for row in rows() if row.product == "KT-SECURED"]


def builder(card: SimulatedCard, root: bytes = ROOT) -> BlankBuilder:
    return BlankBuilder(card.process, BLANK, NATIONAL, FACTOR, root, CITY_CODE)


def powered_blank() -> SimulatedCard:
    card = make_card("KT-BLANK")
    card.power_on()
    return card


@pytest.fixture(scope="module")
def built() -> bytes:
    """The image of a blank chip that was built up."""
    card = powered_blank()
    builder(card).run()
    return card.save()


def test_a_built_card_shows_the_finished_products_atr(built: bytes) -> None:
    blank, card = powered_blank(), SimulatedCard.load(built, BLANK, SeededRandom())
    assert PRODUCTS.card_of(blank.atr).id == "KT-BLANK"
    assert not PRODUCTS.card_of(blank.atr).issuable
    assert PRODUCTS.card_of(card.power_on()).id == "KT-SECURED"


def test_a_built_card_holds_what_a_new_one_holds(built: bytes) -> None:
    card, new = SimulatedCard.load(built, BLANK, SeededRandom()), make_card()
    assert card.state.eeprom.memory == new.state.eeprom.memory
    for place, other in zip(card.state.master.walk(), new.state.master.walk(), strict=True):
        assert (place.fid, place.aid, place.lock_right) == (other.fid, other.aid, other.lock_right)
        assert freeze_directory(place)["files"] != [] or place.fid == 0x3F00
        for key, twin in zip(
            sorted(place.external.items()), sorted(other.external.items()), strict=True
        ):
            assert (key[0], key[1].value, key[1].tries) == (twin[0], twin[1].value, twin[1].tries)


@pytest.mark.parametrize("row", CARD_ROWS, ids=lambda row: row.row)
def test_a_built_card_answers_as_a_secured_one(built: bytes, row: Row) -> None:
    card = SimulatedCard.load(built, BLANK, SeededRandom())
    card.power_on()
    check(row, Script(card.process, card.power_on, "KT-SECURED", FACTOR, ROOT, CITY_CODE))


def test_another_transport_key_opens_nothing() -> None:
    card = powered_blank()
    with pytest.raises(BuildFailed, match="63c4"):
        builder(card, root=bytes(15) + b"\x01").run()
    send(card, "80E0DDF1 0E 38 00" + "57532E5359532E4444463031", 0x6982)
    send(card, "800E0001023F00", 0x6982)
    send(card, "80D4000017 02 05 00 FF 01 04 05" + "00" * 16, 0x6982)


class TestUnderConstruction:
    @pytest.fixture
    def card(self) -> SimulatedCard:
        card = powered_blank()
        builder(card).prove_transport_key()
        return card

    def test_a_directory_becomes_current_and_is_found(self, card: SimulatedCard) -> None:
        send(card, "80E0DDF1 0E 38 00" + "57532E5359532E4444463031")
        send(card, "80E0EF05 0C 2C 00 05 FF 04 01 01 01 00 04 02 FF")
        send(card, "00A4000002EF05")
        assert send(card, "00B2010400") == bytes.fromhex("010100")
        assert send(card, "00B2020400") == bytes.fromhex("0402FFFF")

    @pytest.mark.parametrize(
        ("command", "word"),
        [
            ("80E0EF05 09 28 00 05 FF 00 00 0C02 00", 0x9000),
            ("80E0EF05 09 29 00 05 FF 00 00 0C02 00", 0x6A80),  # no such type
            ("80E0EF05 08 28 00 05 FF 00 00 0C02", 0x6A80),  # the fill is missing
            ("80E0EF05 09 28 00 05 FF 33 00 0C02 00", 0x6A80),  # no such mode
            ("80E0EF05 09 28 00 05 FF 00 00 FFFF 00", 0x9000),
            ("80E0EF05 08 2C 00 05 FF 04 00 01 01", 0x6A80),  # a record without its fill
            ("80E0EF05 09 2A 00 05 FF 84 00 00 01 FF", 0x6A80),  # no record
            ("80E0EF05 03 28 00 05", 0x6A80),
            ("80E03F00 0E 38 00 57532E5359532E4444463031", 0x6A89),
            ("80E0DDF1 04 38 00 5753", 0x6A80),  # a name of two bytes
            ("800E0001023F01", 0x6A80),
            ("800E0000023F00", 0x6A86),
            ("80D4000017 02 05 00 FF 01 07 05" + "00" * 16, 0x6A80),  # no such algorithm
            ("80D4000017 02 05 00 FF 01 04 00" + "00" * 16, 0x6A80),  # no tries
            ("80D4000018 02 05 00 FF 01 04 05" + "00" * 17, 0x6A80),
            ("80D4000016 02 05 00 FF 01 04 05" + "00" * 15, 0x6A80),
            ("80D4000117 02 05 00 FF 01 04 05" + "00" * 16, 0x6A86),
            ("84D4000017 02 05 00 FF 01 04 05" + "00" * 16, 0x6700),
            ("84D4000014" + "00" * 20, 0x6984),  # without a challenge
        ],
    )
    def test_what_does_not_make_sense_is_refused(
        self, card: SimulatedCard, command: str, word: int
    ) -> None:
        send(card, command, word)

    def test_the_chip_has_an_end(self, card: SimulatedCard) -> None:
        send(card, "80E0EF05 09 28 00 05 FF 00 00 FFFF 00")
        send(card, "80E0EF06 09 28 00 05 FF 00 00 0C02 00", 0x6A84)
        send(card, "80E0EF05 09 28 00 05 FF 00 00 0C02 00", 0x6A89)

    def test_a_pin_counts_its_tries(self, card: SimulatedCard) -> None:
        send(card, "80D4000017 04 01 00 FF 01 04 03 123456" + "FF" * 13)
        send(card, "0020000203123456", 0x6A88)
        send(card, "0020000103654321", 0x63C2)
        send(card, "0020000103123456")
        for left in (2, 1, 0):
            send(card, "0020000103654321", 0x63C0 | left)
        send(card, "0020000103123456", 0x6983)

    def test_a_reset_closes_construction(self, card: SimulatedCard) -> None:
        card.power_on()
        send(card, "80E0EF05 09 28 00 05 FF 00 00 0C02 00", 0x6982)

    @pytest.mark.parametrize("pages", range(3))
    def test_a_torn_creation_leaves_no_file(self, card: SimulatedCard, pages: int) -> None:
        card.arm_tear(pages, seed=0)
        with pytest.raises(PowerLost):
            card.process(bytes.fromhex("80E0EF0509280005FF0000008000"))
        card.power_on()
        send(card, "00A4000002EF05", 0x6A82)


class TestAfterConstruction:
    def test_it_is_over_for_good(self, built: bytes) -> None:
        card = SimulatedCard.load(built, BLANK, SeededRandom())
        card.power_on()
        send(card, "80E0EF09 09 28 00 05 FF 00 00 0C02 00", 0x6985)
        send(card, "80D4000017 02 05 00 FF 01 04 05" + "00" * 16, 0x6985)
        send(card, "800E0001023F00", 0x6985)
        send(card, "0084000008")
        send(card, "0082000011" + "00" * 16 + "01", 0x6A88)

    @pytest.mark.parametrize(("change_right", "word"), [("83", 0x9000), ("FF", 0x6982), ("85", 0x6982)])
    def test_a_key_changes_under_its_change_right(self, change_right: str, word: int) -> None:
        card = powered_blank()
        build = builder(card)
        build.prove_transport_key()
        keys = build.keys
        send(card, "80E0DDF1 0E 38 00" + "57532E5359532E4444463031")
        send(card, "80E0DF01 08 38 83 915600013200")
        send(card, "80D4000017 01 00 00 FF 01 04 05" + keys[KeyName.STKDF01].hex())
        send(card, "80D4000017 02 83 00 FF 01 04 05" + keys[KeyName.LKDF01].hex())
        send(card, f"80D4000017 02 84 00 {change_right} 01 04 05" + keys[KeyName.RK1DF01].hex())
        send(card, "00A40000023F00")
        send(card, "800E0001023F00")
        host = BareHost(card, make_sam())
        host.select("DDF1", "DF01")
        host.authenticate("LKDF01")
        fresh = bytes(range(16))
        host.secured("DF01", "84D40000", bytes.fromhex("028400FF010405") + fresh, word)
        key = card.state.place.external[0x84]
        assert (key.value == fresh) is (word == 0x9000)


def test_wrapping_pads_only_what_is_no_whole_block() -> None:
    assert wrapped(b"\x01" * 15, Sm4Suite.block_size) == b"\x0f" + b"\x01" * 15
    assert wrapped(b"\x01" * 14, Sm4Suite.block_size) == b"\x0e" + b"\x01" * 14 + b"\x80"
