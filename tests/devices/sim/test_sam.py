"""The simulated SAM beyond the status words: it and the card compute alike, its files, PIN and image."""

from __future__ import annotations

import dataclasses

import pytest

from app.cardspec.keys import KeyName
from app.devices.sim.card_layout import key_directory
from app.devices.sim.chip import PowerLost
from app.devices.sim.sam import SimulatedSam
from tests.helpers.chips import (
    CHALLENGE,
    CITY_CODE,
    FACTOR,
    PRODUCTS,
    ROOT,
    BareHost,
    SeededRandom,
    make_card,
    make_sam,
    send,
)

EXTERNAL = [key for key in KeyName if not key.startswith(("STK", "IRK"))]
PAIRS = [("KT-SECURED", "KT-SAM"), ("KT-3DES", "KT-SAM-3DES")]


def read_all(sam: SimulatedSam, fid: str, size: int) -> bytes:
    send(sam, "00A4000002" + fid)
    data = b""
    while len(data) < size:
        data += send(sam, f"00B0{len(data):04X}{min(0x80, size - len(data)):02X}")
    return data


class TestTogetherWithTheCard:
    @pytest.mark.parametrize(("product", "sam"), PAIRS)
    @pytest.mark.parametrize("key", EXTERNAL)
    @pytest.mark.parametrize("root", [ROOT, bytes(range(16))], ids=["vector-root", "other-root"])
    def test_every_key_proves_itself(self, product: str, sam: str, key: KeyName, root: bytes) -> None:
        factor = bytes.fromhex("A0B1C2D3E4F50617")
        card = make_card(product, factor=factor, root=root)
        host = BareHost(card, make_sam(product=sam, root=root))
        place = key_directory(key)
        host.select(*{"MF": [], "DDF1": ["DDF1"]}.get(place, ["DDF1", place]))
        host.authenticate(key)

    @pytest.mark.parametrize(("product", "sam"), PAIRS)
    def test_sam_and_card_of_different_roots_or_provinces_disagree(self, product: str, sam: str) -> None:
        strangers = (
            make_sam(product=sam, root=bytes(range(16))),
            make_sam(product=sam, city_code="440100"),
        )
        for other in strangers:
            host = BareHost(make_card(product), other)
            host.select("DDF1")
            host.authenticate("UK1DDF1", 0x63C4)

    def test_cities_of_one_province_agree(self) -> None:
        host = BareHost(make_card(city_code="410100"), make_sam(city_code="411700"))
        host.select("DDF1")
        host.authenticate("UK1DDF1")

    @pytest.mark.parametrize(("product", "sam"), PAIRS)
    @pytest.mark.parametrize("place", ["DF01", "DF02", "DF03"])
    def test_block_and_unblock_under_their_keys(self, product: str, sam: str, place: str) -> None:
        host = BareHost(make_card(product), make_sam(product=sam))
        host.select("DDF1", place)
        host.authenticate("LK" + place)
        host.maced(place, "841E0000")
        host.select("DDF1")
        send(host.card, "00A4000002" + place, 0x6A81)
        host.authenticate("LK" + place)
        host.maced(place, "84180000")
        host.select(place)


class TestComputing:
    @pytest.mark.parametrize("length", [32, 48, 240])
    def test_a_mac_in_parts_is_the_mac_in_one_go(self, length: int) -> None:
        host = BareHost(make_card(), make_sam())
        data = bytes(range(length))
        whole = bytes.fromhex("80FA0500") + bytes((length,)) + data
        host.deliver(KeyName.STKDF01, CHALLENGE)
        in_one = send(host.sam, whole)
        host.deliver(KeyName.STKDF01, CHALLENGE)
        if length > 32:
            send(host.sam, bytes.fromhex("80FA070020") + data[:32])
            for at in range(32, length - 16, 16):
                send(host.sam, bytes.fromhex("80FA030010") + data[at : at + 16])
            assert send(host.sam, bytes.fromhex("80FA010010") + data[-16:]) == in_one
        assert len(in_one) == 4

    def test_cipher_in_parts_is_the_cipher_in_one_go(self) -> None:
        host = BareHost(make_card(), make_sam())
        data = bytes(range(48))
        host.deliver(KeyName.STKDF01, CHALLENGE)
        whole = send(host.sam, bytes.fromhex("80FA000030") + data)
        host.deliver(KeyName.STKDF01, CHALLENGE)
        first = send(host.sam, bytes.fromhex("80FA020020") + data[:32])
        assert first + send(host.sam, bytes.fromhex("80FA000010") + data[32:]) == whole

    def test_many_cards_one_after_another_get_their_own_keys(self) -> None:
        sam = make_sam()
        host = BareHost(make_card(), sam)
        expected = host.token(KeyName.RK1DDF1, CHALLENGE)
        for number in range(200):
            host.card.factor = number.to_bytes(8, "big")
            assert host.token(KeyName.RK1DDF1, CHALLENGE) != expected
        host.card.factor = FACTOR
        assert host.token(KeyName.RK1DDF1, CHALLENGE) == expected


class TestFiles:
    @pytest.mark.parametrize("kind", range(1, 6))
    def test_public_information_tells_number_version_and_kind(self, kind: int) -> None:
        sam = make_sam(kind, number="41010000000000000017")
        sam.power_on()
        public = read_all(sam, "0015", 14)
        assert public[:10].hex() == "41010000000000000017"
        assert public[10:] == bytes((1, 1, kind, 0))
        assert read_all(sam, "0016", 6).hex() == "000000000017"

    def test_numbers_come_as_text_or_packed(self) -> None:
        packed = SimulatedSam(
            PRODUCTS.sam("KT-SAM"), 5, bytes.fromhex("41010000000000000017"), bytes(8), ROOT, CITY_CODE,
            random=SeededRandom(),
        )  # fmt: skip
        packed.power_on()
        assert read_all(packed, "0015", 14)[:10].hex() == "41010000000000000017"
        with pytest.raises(ValueError, match="20 digits"):
            make_sam(number="1" * 22)
        with pytest.raises(ValueError, match="six digits"):
            make_sam(pin="12345")

    def test_application_information_and_certificates(self) -> None:
        sam, other = make_sam(), make_sam(number="4101000000000002")
        for one in (sam, other):
            one.power_on()
            send(one, "00A4000002DF01")
        application = read_all(sam, "001A", 25)
        assert application[0] == 1
        issuer = read_all(sam, "001B", 180)
        assert issuer == read_all(other, "001B", 180)
        assert read_all(sam, "001C", 190) != read_all(other, "001C", 190)
        # Every stretch differs, so that a part read twice or left out shows.
        assert len({issuer[at : at + 20] for at in range(0, 180, 20)}) == 9


class TestKeyCheck:
    def test_it_tells_roots_apart_and_nothing_else(self) -> None:
        checks = []
        for sam in (make_sam(), make_sam(1, number="17"), make_sam(root=bytes(16))):
            host = BareHost(make_card(), sam)
            checks.append(send(host.sam, "80CA002503"))
        assert checks[0] == checks[1] != checks[2]


class TestAnswerToReset:
    @pytest.mark.parametrize("product", ["KT-SAM", "KT-SAM-3DES"])
    def test_the_product_recognises_its_sam(self, product: str) -> None:
        atr = make_sam(product=product).power_on()
        found = PRODUCTS.sam_of(atr)
        assert found is not None
        assert found.id == product
        assert atr.endswith(bytes.fromhex("5341000000000001"))


class TestImage:
    def test_tries_and_pin_live_on(self) -> None:
        sam = make_sam()
        sam.power_on()
        send(sam, "805E010007123456FF654321")
        send(sam, "0020000003123456", 0x63C9)
        image = sam.save()
        again = SimulatedSam.load(image, PRODUCTS.sam("KT-SAM"), SeededRandom())
        assert again.save() == image
        assert again.power_on() == sam.atr
        send(again, "0020000003123456", 0x63C8)
        send(again, "0020000003654321")
        send(again, "80DE280210" + FACTOR.hex() + CHALLENGE.hex())
        assert ROOT.hex().encode() not in image

    def test_an_image_of_another_product_is_refused(self) -> None:
        with pytest.raises(ValueError, match="KT-SAM"):
            SimulatedSam.load(make_sam().save(), PRODUCTS.sam("KT-SAM-3DES"), SeededRandom())

    def test_without_power_it_does_nothing(self) -> None:
        with pytest.raises(PowerLost):
            make_sam().process(bytes.fromhex("0084000008"))

    def test_a_torn_try_is_counted_or_not(self) -> None:
        seen = set()
        for seed in range(4):
            sam = make_sam()
            sam.power_on()
            sam.arm_tear(0, seed)
            with pytest.raises(PowerLost):
                sam.process(bytes.fromhex("0020000003111111"))
            sam.power_on()
            seen.add(sam.process(bytes.fromhex("0020000000")))
        assert seen == {b"\x63\xca", b"\x63\xc9"}


def test_pin_without_digits_is_refused_at_change() -> None:
    sam = make_sam()
    sam.power_on()
    send(sam, "805E010007123456FFABCDEF", 0x6A80)
    send(sam, "0020000003123456")


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("00A4000102DF01", 0x6A86),
        ("00A4040006915600013200", 0x6A82),
        ("00A4000001DF", 0x6700),
        ("00B0000081", 0x6700),
        ("00B0800001", 0x6B00),
        ("00B0000C03", 0x6B00),
        ("00B0000C00", 0x9000),
        ("0020010003123456", 0x6A86),
        ("805E000007123456FF654321", 0x6A86),
        ("80C0000010", 0x6D00),
        ("00", 0x6700),
    ],
)
def test_its_form_is_looked_at(command: str, word: int) -> None:
    sam = make_sam()
    sam.power_on()
    send(sam, "00A40000020015")
    assert sam.process(bytes.fromhex(command))[-2:] == word.to_bytes(2, "big")


def test_a_product_may_take_the_pin_in_one_directory_alone() -> None:
    product = dataclasses.replace(PRODUCTS.sam("KT-SAM"), pin_in=(0x3F00,))
    sam = SimulatedSam(product, 5, "17", bytes(8), ROOT, CITY_CODE, random=SeededRandom())
    sam.power_on()
    send(sam, "0020000003123456")
    send(sam, "00A4000002DF01")
    send(sam, "0020000003123456", 0x6A88)
