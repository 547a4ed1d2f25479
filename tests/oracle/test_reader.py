"""The reader and the image: a whole card read back, and controls that a wrong one is found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.oracle import layout
from tests.oracle.cipher import OracleError
from tests.oracle.paper_card import PaperCard, atr_of
from tests.oracle.people import (
    ALLERGIES,
    CITY,
    FULL_PHOTO,
    IMMUNIZATIONS,
    full_image,
    full_values,
    least_values,
)
from tests.oracle.reader import OracleCard, factor_of, read_card
from tests.oracle.sam import SoftwareSam
from tests.oracle.writer import Image, differences, expected

ROOT = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
FACTOR = bytes.fromhex("0807060504030201")
CARDS = ("KT-SECURED", "KT-3DES")


def paper(image: Image, product: str = "KT-SECURED", **changes: object) -> PaperCard:
    """A paper card under the test's own root."""
    card = PaperCard(image, SoftwareSam(ROOT, CITY, product=product), FACTOR)
    return replace(card, **changes)  # type: ignore[arg-type]


def read(card: PaperCard, root: bytes = ROOT, product: str = "KT-SECURED") -> OracleCard:
    """Reads it as the product's."""
    return read_card(card.transmit, atr_of(FACTOR), root, CITY, product=product)


@pytest.mark.parametrize("product", CARDS)
def test_a_full_card_is_read_and_found_equal(product: str) -> None:
    card = read(paper(full_image(), product), product=product)
    assert differences(card, full_image()) == []
    assert card.genuine
    assert card.activated
    assert card.fields == full_values()
    assert card.allergies == ALLERGIES
    assert card.immunizations == IMMUNIZATIONS
    assert card.photo == FULL_PHOTO
    assert card.factor == FACTOR


def test_an_unactivated_card_is_told_apart() -> None:
    assert not read(paper(full_image(), activated=False)).activated


def test_what_was_not_named_is_empty() -> None:
    image = expected(least_values())
    card = read(paper(image))
    assert differences(card, image) == []
    assert card.fields["LXRXM1"] == ""
    assert card.fields["XM"] == least_values()["XM"]
    assert card.photo == b""
    assert card.allergies == ()


def test_control_every_byte_of_the_card_counts() -> None:
    """A bit turned in each record and each file in turn, in its last byte."""
    image = full_image()
    for place, record in image.records.items():
        spoilt = Image({**image.records, place: record[:-1] + bytes([record[-1] ^ 1])}, image.binaries)
        assert differences(read(paper(spoilt)), image), place
    for path, content in image.binaries.items():
        spoilt = Image(image.records, {**image.binaries, path: content[:-1] + bytes([content[-1] ^ 1])})
        found = differences(read(paper(spoilt)), image)
        assert len(found) == 1, path
        assert found[0].startswith(path)


def test_control_swapped_tags_are_found() -> None:
    image = full_image()
    one, two = ("DF01/EF05", 1), ("DF01/EF05", 3)
    swapped = {**image.records, one: image.records[two], two: image.records[one]}
    found = differences(read(paper(Image(swapped, image.binaries))), image)
    assert any("DF01/EF05 record 1 (DZLB1)" in line for line in found)
    assert any(line.startswith("DF01/EF05 record 3: ") for line in found)


def test_control_a_missing_and_a_surplus_cyclic_record_are_found() -> None:
    short = expected(
        full_values(), allergies=ALLERGIES[:2], immunizations=IMMUNIZATIONS, photo=FULL_PHOTO
    )
    assert differences(read(paper(short)), full_image())
    assert differences(read(paper(full_image())), short)


def test_control_a_wrong_root_is_found() -> None:
    with pytest.raises(OracleError, match="internal authentication"):
        read(paper(full_image()), root=bytes(16))


@pytest.mark.parametrize("key", ["RK1DDF1", "RK1DF01", "RK1DF02", "RK1DF03"])
def test_control_a_card_with_one_wrong_key_is_found(key: str) -> None:
    card = paper(full_image())

    class Odd(SoftwareSam):
        def token(self, name: str, factor: bytes, challenge: bytes, original: bytes) -> bytes:
            right = super().token(name, factor, challenge, original)
            return right[::-1] if name == key else right

    card.sam = Odd(ROOT, CITY)
    with pytest.raises(OracleError, match=f"authentication with {key}: .* answered 63C4"):
        read(card)


def test_control_a_file_open_to_anybody_is_found() -> None:
    card = read(paper(full_image(), open_file="DF02/EF06"))
    assert card.unguarded == ("DF02/EF06 (9000)",)
    assert differences(card, full_image()) == ["open to anybody: DF02/EF06 (9000)"]


def test_control_a_value_in_no_coding_is_found() -> None:
    image = full_image()
    place = ("DDF1/EF06", 4)
    spoilt = {**image.records, place: bytes.fromhex("0E04") + b"\xab\xcd\x19\x90"}
    found = read(paper(Image(spoilt, image.binaries))).problems
    assert found == ("DDF1/EF06 record 4 (CSRQ): no BCD: ABCD1990",)


def test_the_factor_of_an_atr() -> None:
    assert factor_of(atr_of(FACTOR)) == FACTOR
    spoilt = atr_of(FACTOR)[:-1] + b"\0"
    for atr in (spoilt, b"\x3b\x00", b"\x3b" + bytes(16)):
        with pytest.raises(OracleError, match="ATR"):
            factor_of(atr)


def test_values_that_cannot_stand_are_refused() -> None:
    with pytest.raises(OracleError, match="no such fields: XXX"):
        expected({"XXX": "1"})
    with pytest.raises(OracleError, match="do not fit"):
        expected({"XM": "测" * 16})
    with pytest.raises(OracleError, match="no cn value"):
        expected({"CSRQ": "long"})
    with pytest.raises(OracleError, match="3071"):
        expected({}, photo=bytes(3071))
    with pytest.raises(OracleError, match="takes 3 records"):
        expected({}, allergies=[("a", "b")] * 4)


def test_the_layout_is_the_facts() -> None:
    tagged = layout.fields()
    assert len(tagged) == 57
    assert sorted(item.tag or 0 for _, item in tagged.values()) == list(range(1, 58))
    assert [place.count for place in layout.files() if place.structure == "cyclic"] == [3, 10]
    assert sum(place.name[:2] in ("EE", "ED") for place in layout.files()) == 8


@pytest.mark.parametrize(
    ("coding", "length", "value", "data"),
    [
        ("ans", 4, "男", "C4D00000"),
        ("ans", 4, "", "00000000"),
        ("ans", 4, "\u9fb4", "FE590000"),
        ("ans", 4, "\ufe10", "A6D90000"),
        ("ans", 4, "\U00020087", "95329031"),
        ("ans", 4, "\u3400", "8139EE39"),
        ("cn", 3, "410100", "410100"),
        ("cn", 3, "4101", "4101FF"),
        ("cn", 3, "41010", "41010F"),
        ("cn", 1, "1", "01"),
        ("cn", 1, "97", "97"),
        ("cn", 1, "", "FF"),
        ("b", 1, "0", "00"),
        ("b", 1, "", "FF"),
    ],
)
def test_codings_there_and_back(coding: str, length: int, value: str, data: str) -> None:
    assert layout.encode(coding, length, value) == bytes.fromhex(data)
    back = layout.decode(coding, bytes.fromhex(data))
    assert back == (value.rjust(2, "0") if length == 1 and value else value)


def test_what_the_field_writes_otherwise_is_read() -> None:
    assert layout.decode("cn", b"\x1f") == "01"
    assert layout.decode("ans", b"ab  \0\xff") == "ab"
