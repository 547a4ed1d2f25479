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
from tests.oracle.reader import OracleCard, Transmit, factor_of, read_card
from tests.oracle.sam import SoftwareSam
from tests.oracle.writer import Image, contradictions, differences, expected

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


def bent(transmit: Transmit, start: str, answer: str) -> Transmit:
    """A transmit that answers commands beginning so with something else."""

    def other(command: bytes) -> bytes:
        if command.hex().upper().startswith(start):
            return bytes.fromhex(answer)
        return transmit(command)

    return other


@pytest.mark.parametrize(
    ("start", "answer", "sentence"),
    [
        ("04DC", "9000", "a write to EF05 without any right answered 9000"),
        ("00B00080", "6B00", "DDF1/EF07 at 128: 00B0008080 answered 6B00"),
        ("00B0008080", "009000", "DDF1/EF07 at 128: 1 bytes for 128"),
        ("00B20304", "6A83", "DDF1/EF05 record 3 answered 6A83"),
        ("0084", "90", "brought 1 bytes"),
        ("00A4", "6A81", "SELECT MF: .* answered 6A81"),
    ],
)
def test_control_a_chip_that_answers_otherwise_is_found(start: str, answer: str, sentence: str) -> None:
    card = paper(full_image())
    with pytest.raises(OracleError, match=sentence):
        read_card(bent(card.transmit, start, answer), atr_of(FACTOR), ROOT, CITY)


def test_control_a_record_too_many_is_found() -> None:
    card = paper(full_image())
    read_so = read_card(bent(card.transmit, "00B20B04", "01019000"), atr_of(FACTOR), ROOT, CITY)
    assert "DDF1/EF05 has more than 10 records (9000)" in read_so.problems


def test_answers_in_two_goes_are_put_together() -> None:
    """A chip over T=0 answers 61xx to internal authentication and 6Cxx to a wrong length."""
    card = paper(full_image())
    waiting = b""

    def halting(command: bytes) -> bytes:
        nonlocal waiting
        if command[1] == 0xC0:
            return waiting
        answer = card.transmit(command)
        if command[1] == 0x88:
            waiting = answer
            return bytes([0x61, len(answer) - 2])
        if command[1] == 0xB2 and answer[-2:] == b"\x90\x00" and command[4] != len(answer) - 2:
            return bytes([0x6C, len(answer) - 2])
        return answer

    found = read_card(halting, atr_of(FACTOR), ROOT, CITY)
    assert differences(found, full_image()) == []


def test_control_a_photo_longer_than_its_file_is_found() -> None:
    image = full_image()
    spoilt = {**image.binaries, "DDF1/EF07": b"\x0b\xff" + image.binaries["DDF1/EF07"][2:]}
    card = read(paper(Image(image.records, spoilt)))
    assert card.problems == ("the photo's length bytes say 3071, 3070 is the most",)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"FKXLH": "0102030405"}, "FKXLH is not the chip's 0504030201"),
        ({"YYCSDM": "110000"}, "YYCSDM is not 410100"),
        ({"KH": "410102199003070000"}, "KH is neither the identity nor the document number"),
        ({"AQM": "12"}, "AQM is not three digits"),
        ({"SFZH": "410102199003074250"}, "SFZH has a wrong check digit"),
        ({"SFZH": "12345"}, "SFZH has a wrong check digit"),
        ({"CSRQ": "19900308"}, "CSRQ is not SFZH's"),
        ({"KYXQ": "20260230"}, "KYXQ is no date"),
        ({"FKSJ": "2026"}, "FKSJ is no date"),
    ],
)
def test_control_a_card_that_contradicts_itself_is_found(changes: dict[str, str], sentence: str) -> None:
    values = {**full_values(), "FKXLH": FACTOR[-5:].hex()}
    assert contradictions(read(paper(expected(values))), CITY) == []
    assert sentence in contradictions(read(paper(expected({**values, **changes}))), CITY)


def test_an_empty_card_contradicts_nothing() -> None:
    assert contradictions(read(paper(expected({}))), CITY) == []


def test_what_the_layout_lacks_is_refused() -> None:
    with pytest.raises(OracleError, match="no DF09/EF05"):
        layout.file("DF09", "EF05")
    with pytest.raises(OracleError, match="no coding named an"):
        layout.encode("an", 1, "1")
    with pytest.raises(OracleError, match="no GB 18030 text"):
        layout.decode("ans", b"\x81")
