"""The simulated card beyond the status words: vectors, files, image, torn writes, time."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from app.cardspec.keys import KeyName
from app.cardspec.profile import Profile, Structure
from app.devices.sim.card import SimulatedCard
from app.devices.sim.chip import PowerLost
from app.devices.sim.clock import LineClock
from tests.helpers.chips import (
    CHALLENGE,
    CITY_CODE,
    FACTOR,
    NATIONAL,
    ORIGINAL,
    PRODUCTS,
    ROOT,
    BareHost,
    FixedRandom,
    SeededRandom,
    make_card,
    make_sam,
    send,
)

SECURED_KINDS = ["KT-SECURED", "KT-STRICT", "KT-3DES", "KT-OPEN"]


def sam_of(product: str) -> str:
    return "KT-SAM-3DES" if product == "KT-3DES" else "KT-SAM"


def host_of(product: str = "KT-SECURED", **more: object) -> BareHost:
    return BareHost(make_card(product, **more), make_sam(product=sam_of(product)))  # type: ignore[arg-type]


class TestVectors:
    """training-product.md, Vectors, through the card and the SAM."""

    def test_the_update_of_the_expiry_is_the_fact_sheets(self) -> None:
        host = host_of(random=FixedRandom(CHALLENGE))
        host.select("DDF1")
        assert host.token(KeyName.UK1DDF1, CHALLENGE).hex().upper() == "E870DA5A207C93F7"
        host.authenticate("UK1DDF1")
        host.select("EF08")
        host.challenge()
        send(host.card, "04DC010414 74E8498BE106F956D68FA2FA8B7DDD86 C3612F65")
        host.authenticate("RK1DDF1")
        assert send(host.card, "00B2010400").hex().upper() == "070420361231"

    def test_internal_authentication_is_the_fact_sheets(self) -> None:
        host = host_of()
        host.select("DDF1")
        answer = send(host.card, b"\x00\x88\x00\x00\x11" + CHALLENGE + ORIGINAL + b"\x01")
        assert answer.hex().upper() == "959223CBDADE3C2F"
        assert host.token(KeyName.IRKDDF1, CHALLENGE) == answer

    def test_the_index_mac_is_the_fact_sheets(self) -> None:
        host = host_of(random=FixedRandom(CHALLENGE))
        host.select("DDF1", "DF03")
        host.authenticate("UK1DF03")
        host.select("EF05")
        host.challenge()
        send(host.card, "84D2010404 E2364F0B")


class TestAnswerToReset:
    def test_it_carries_the_factor_and_its_own_check(self) -> None:
        atr = make_card().power_on()
        assert atr.hex().upper() == "3B8C80010102030405060708" + "4B414E47" + f"{atr[-1]:02X}"
        check = 0
        for byte in atr[1:]:
            check ^= byte
        assert check == 0

    @pytest.mark.parametrize("product", [p.id for p in PRODUCTS.cards])
    def test_the_product_recognises_its_chip_and_its_factor(self, product: str) -> None:
        atr = make_card(product).power_on()
        assert PRODUCTS.card(product).matches(atr)
        assert PRODUCTS.card(product).factor(atr) == FACTOR

    def test_a_factor_has_eight_bytes(self) -> None:
        with pytest.raises(ValueError, match="8 bytes"):
            make_card(factor=FACTOR[:7])


class TestFiles:
    """Every file of the profile stands on the card, empty, behind its keys."""

    @pytest.mark.parametrize("file", NATIONAL.files, ids=lambda file: file.path)
    def test_a_new_card_holds_the_file_empty(self, file) -> None:  # type: ignore[no-untyped-def]
        host = host_of()
        host.select(*{"DDF1": ["DDF1"]}.get(file.directory, ["DDF1", file.directory]))
        if file.read_key is not None:
            host.authenticate(file.read_key)
        host.select(f"{file.fid:04X}")
        if file.structure is Structure.VARIABLE:
            for number, field in enumerate(file.fields, 1):
                record = send(host.card, f"00B2{number:02X}0400")
                fill = b"\x00" if field.coding == "ans" else b"\xff"
                assert record == bytes((field.tag, field.length)) + fill * field.length
            send(host.card, f"00B2{len(file.fields) + 1:02X}0400", 0x6A83)
        elif file.structure is Structure.TRANSPARENT:
            last = file.size - 1
            filler = b"\x00" if file.length_prefix else b"\xff"
            assert send(host.card, f"00B0{last:04X}01") == filler
            assert send(host.card, "00B0000002") == filler * 2
            send(host.card, f"00B0{file.size:04X}01", 0x6B00)
        elif file.structure is Structure.FIXED:
            assert all(
                send(host.card, f"00B2{n:02X}0401") == b"\xff" for n in range(1, file.records + 1)
            )
        else:
            send(host.card, "00B2010400", 0x6A83)

    def test_a_provinces_file_and_record_appear_by_themselves(self) -> None:
        base = NATIONAL.file("DF01/EF07")
        extra = dataclasses.replace(base, name="EF09", fid=0xEF09)
        profile = dataclasses.replace(NATIONAL, files=(*NATIONAL.files, extra))
        host = host_of(profile=profile)
        host.select("DDF1", "DF01")
        host.authenticate("UK1DF01")
        host.write_all_of(profile, "DF01", "EF09")
        host.authenticate("RK1DF01")
        assert send(host.card, "00B2010400") == b"\x22\x01\x31"

    @pytest.mark.parametrize("product", SECURED_KINDS)
    def test_every_secured_file_is_written_and_read_back(self, product: str) -> None:
        host = host_of(product)
        for file in NATIONAL.files:
            if file.structure is not Structure.VARIABLE:
                continue
            host.select("3F00", "DDF1")
            if file.directory != "DDF1":
                host.select(file.directory)
            host.authenticate(file.update_key)
            host.write_all_of(NATIONAL, file.directory, file.name, 0x41)
            if file.read_key is not None:
                host.authenticate(file.read_key)
            for number, field in enumerate(file.fields, 1):
                assert send(host.card, f"00B2{number:02X}0400")[2:] == b"\x41" * field.length

    def test_writing_one_record_leaves_every_other_byte_alone(self) -> None:
        host = host_of()
        host.select("DDF1", "DF01")
        host.authenticate("UK1DF01")
        host.select("EF05")
        before = bytes(host.card.state.eeprom.memory)
        host.secured("DF01", "04DC0204", b"\x16\x64" + b"\x41" * 100)
        after = bytes(host.card.state.eeprom.memory)
        changed = [at for at, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
        assert len(changed) == 100
        assert changed == list(range(changed[0], changed[0] + 100))


class TestSecureMessaging:
    @pytest.mark.parametrize(
        ("plain", "word"),
        [
            ("06070420361231 80" + "00" * 8, 0x9000),
            ("06070420361231" + "00" * 9, 0x6A80),  # no 80 behind the data
            ("06070420361231 FF" + "FF" * 8, 0x6A80),
            ("06070420361231 80" + "00" * 24, 0x6A80),  # a block of padding too many
            ("00 80" + "00" * 14, 0x6A80),
            ("20 070420361231" + "00" * 9, 0x6A80),  # L beyond the cipher
        ],
    )
    def test_padding_and_length_must_fit(self, plain: str, word: int) -> None:
        host = host_of(random=FixedRandom(CHALLENGE))
        host.select("DDF1")
        host.authenticate("UK1DDF1")
        host.select("EF08")
        host.challenge()
        host.deliver(KeyName.STKDDF1, CHALLENGE)
        data = bytes.fromhex(plain)
        cipher = send(host.sam, bytes((0x80, 0xFA, 0, 0, len(data))) + data)
        start = bytes((0x04, 0xDC, 0x01, 0x04, len(cipher) + 4)) + cipher
        send(host.card, start + host.mac(KeyName.STKDDF1, CHALLENGE, start), word)

    def test_a_mac_over_another_header_is_refused(self) -> None:
        host = host_of(random=FixedRandom(CHALLENGE))
        host.select("DDF1")
        host.authenticate("UK1DDF1")
        host.select("EF08")
        host.challenge()
        body = bytes.fromhex("74E8498BE106F956D68FA2FA8B7DDD86C3612F65")
        send(host.card, bytes.fromhex("04DC020414") + body, 0x6988)


class TestImage:
    """What survives power off, and a process that was killed."""

    def test_a_card_lives_on_from_its_image_with_everything(self) -> None:
        host = host_of()
        host.select("DDF1")
        host.authenticate("UK1DDF1")
        host.write_all_of(NATIONAL, "DDF1", "EF05")
        host.write_all_of(NATIONAL, "DDF1", "EF06")
        host.maced("DDF1", "84440000")
        host.select("DF02")
        host.authenticate("UK3DF02")
        host.select("EF07")
        for letter in (0x41, 0x42, 0x43, 0x44):
            host.secured("DF02", "04DC0003", bytes((letter,)) * 120)
        send(host.card, "0084000008")
        send(host.card, "0082008411" + "00" * 16 + "01", 0x63C4)
        image = host.card.save()
        again = BareHost(
            SimulatedCard.load(image, PRODUCTS.card("KT-SECURED"), SeededRandom()), make_sam()
        )
        assert again.card.atr == host.card.atr
        assert again.card.save() == image
        again.select("DDF1")
        again.authenticate("UK1DDF1")
        again.select("EF05")
        again.secured("DDF1", "04DC0104", b"\x01\x01\x32", 0x6985)
        again.select("DF02")
        send(again.card, "0084000008")
        send(again.card, "0082008411" + "00" * 16 + "01", 0x63C3)
        again.authenticate("RK1DF02")
        again.select("EF07")
        assert [send(again.card, f"00B2{n:02X}0478")[0] for n in (1, 2, 3)] == [0x44, 0x43, 0x42]

    @pytest.mark.parametrize("head", ["841E0000", "841E0001"])
    def test_a_block_is_in_the_image(self, head: str) -> None:
        host = host_of()
        host.select("DDF1", "DF01")
        host.authenticate("LKDF01")
        host.maced("DF01", head)
        card = SimulatedCard.load(host.card.save(), PRODUCTS.card("KT-SECURED"), SeededRandom())
        card.power_on()
        send(card, "00A4000002DDF1")
        send(card, "00A4000002DF01", 0x9303 if head.endswith("1") else 0x6A81)

    def test_the_image_holds_no_root(self) -> None:
        card = make_card()
        held = card.save().lower()
        assert ROOT.hex().encode() not in held
        assert ROOT not in bytes(card.state.eeprom.memory)

    def test_an_image_of_another_product_is_refused(self) -> None:
        with pytest.raises(ValueError, match="KT-SECURED"):
            SimulatedCard.load(make_card().save(), PRODUCTS.card("KT-OPEN"), SeededRandom())


class TestPower:
    def test_a_chip_without_power_does_nothing(self) -> None:
        card = make_card()
        with pytest.raises(PowerLost):
            card.process(bytes.fromhex("0084000008"))
        card.power_on()
        card.power_off()
        with pytest.raises(PowerLost):
            card.process(bytes.fromhex("0084000008"))

    def test_challenges_differ(self) -> None:
        host = host_of()
        assert host.challenge() != host.challenge()


class TestTornWrites:
    """A tear between and within pages: what is before is new, what is behind is old."""

    def write_torn(self, pages: int, seed: int) -> tuple[bytes, bytes, bytes]:
        host = host_of()
        host.select("DDF1")
        host.authenticate("UK1DDF1")
        host.select("EF07")
        file = host.card.state.current_file()
        old = host.card.state.eeprom.read(file.offset, file.size)
        host.card.arm_tear(pages, seed)
        with pytest.raises(PowerLost):
            host.card.process(bytes.fromhex("00D6000080") + b"\x5a" * 128)
        with pytest.raises(PowerLost):
            host.card.process(bytes.fromhex("0084000008"))
        return old, host.card.state.eeprom.read(file.offset, file.size), b"\x5a" * 128

    @pytest.mark.parametrize("seed", range(12))
    @pytest.mark.parametrize("pages", [0, 1])
    def test_the_page_in_progress_alone_is_undefined(self, pages: int, seed: int) -> None:
        old, after, new = self.write_torn(pages, seed)
        start = pages * 64
        assert after[:start] == new[:start]
        assert after[start + 64 :] == old[start + 64 :]

    def test_over_the_seeds_pages_are_left_erased_and_half_new(self) -> None:
        pages = {self.write_torn(0, seed)[1][:64] for seed in range(24)}
        assert b"\xff" * 64 in pages
        assert any(page.startswith(b"\x5a") and page != b"\x5a" * 64 for page in pages)
        assert len(pages) > 4

    def test_behind_the_last_page_the_command_was_carried_out(self) -> None:
        _, after, new = self.write_torn(2, 0)
        assert after[:128] == new

    @pytest.mark.parametrize("seed", range(6))
    def test_a_torn_record_keeps_its_tag_and_length(self, seed: int) -> None:
        host = host_of()
        host.select("DDF1", "DF01")
        host.authenticate("UK1DF01")
        host.select("EF05")
        command = self.secured(host, "DF01", "04DC0204", b"\x16\x64" + b"\x41" * 100)
        host.card.arm_tear(0, seed)
        with pytest.raises(PowerLost):
            host.card.process(command)
        last = BareHost(host.card, make_sam())
        last.select("DDF1", "DF01")
        last.authenticate("RK1DF01")
        last.select("EF05")
        assert send(last.card, "00B2020400")[:2] == b"\x16\x64"
        assert send(last.card, "00B2010400") == b"\x15\x01\xff"

    @staticmethod
    def secured(host: BareHost, directory: str, head: str, data: bytes) -> bytes:
        """A secured command made ready, its challenge fetched, for a tear to strike alone."""
        challenge, key = host.challenge(), KeyName("STK" + directory)
        host.deliver(key, challenge)
        plain = host.padded(bytes((len(data),)) + data, always=False)
        cipher = send(host.sam, bytes((0x80, 0xFA, 0, 0, len(plain))) + plain)
        start = bytes.fromhex(head) + bytes((len(cipher) + 4,)) + cipher
        return start + host.mac(key, challenge, start)

    def test_counters_are_old_or_new_never_between(self) -> None:
        seen = set()
        for seed in range(4):
            card = make_card(random=FixedRandom())
            card.power_on()
            send(card, "00A4000002DDF1")
            send(card, "0084000008")
            card.arm_tear(0, seed)
            with pytest.raises(PowerLost):
                card.process(bytes.fromhex("0082000411" + "00" * 16 + "01"))
            seen.add(card.state.master.directories[0xDDF1].external[0x04].tries)
        assert seen == {4, 5}

    @pytest.mark.parametrize(("pages", "seed"), list(itertools.product(range(4), range(3))))
    def test_a_torn_append_shows_the_record_whole_or_not_at_all(self, pages: int, seed: int) -> None:
        host = host_of()
        host.select("DDF1", "DF02")
        host.authenticate("UK3DF02")
        host.select("EF07")
        command = self.secured(host, "DF02", "04DC0003", b"\x41" * 120)
        # Two pages of value, then the pointer; behind them the command was carried out.
        host.card.arm_tear(pages, seed)
        with pytest.raises(PowerLost):
            host.card.process(command)
        again = BareHost(host.card, make_sam())
        again.select("DDF1", "DF02")
        again.authenticate("RK1DF02")
        again.select("EF07")
        shown = pages == 3 or (pages == 2 and seed % 2 == 1)
        if shown:
            assert send(again.card, "00B2010478") == b"\x41" * 120
        else:
            send(again.card, "00B2010478", 0x6A83)


class TestTime:
    def test_pages_touched_are_counted(self) -> None:
        clock = LineClock()
        host = host_of(clock=clock)
        assert clock.pages == 0
        host.select("DDF1")
        host.authenticate("UK1DDF1")
        host.select("EF07")
        assert clock.pages == 0
        send(host.card, "00D6000080" + "5A" * 128)
        assert clock.pages == 2
        send(host.card, "00D6003F02" + "5A" * 2)
        assert clock.pages == 4
        assert clock.eeprom_ns == 20_000_000

    def test_four_kilobytes_take_what_physics_says(self) -> None:
        slow, fast = LineClock(9_600), LineClock(115_200)
        slow.bytes = fast.bytes = 4096
        assert slow.line_ns == 5_120_000_000
        assert fast.line_ns == 426_666_666
        assert fast.monotonic_ns() == fast.line_ns


def test_the_profile_is_not_kept() -> None:
    """A loaded card needs no profile: its structure is its own."""
    card = make_card()
    assert not any(isinstance(value, Profile) for value in vars(card).values())
    loaded = SimulatedCard.load(card.save(), card.product, SeededRandom())
    assert loaded.factor == FACTOR
    assert CITY_CODE.encode() not in card.save()


class TestFieldProducts:
    """Some field products take appends and index records plain (card.md, Flows)."""

    def test_an_append_and_an_index_go_plain_where_the_product_says_so(self) -> None:
        product = dataclasses.replace(PRODUCTS.card("KT-SECURED"), cyclic_secured=False, index_mac=False)
        card = SimulatedCard(product, NATIONAL, FACTOR, ROOT, CITY_CODE, SeededRandom())
        host = BareHost(card, make_sam())
        host.select("DDF1", "DF02")
        host.authenticate("UK3DF02")
        host.authenticate("RK1DF02")
        host.select("EF08")
        send(card, b"\x00\xdc\x00\x03\x18" + b"\x42" * 24)
        send(card, b"\x00\xdc\x00\x03\x17" + b"\x42" * 23, 0x6700)
        assert send(card, "00B2010418") == b"\x42" * 24
        host.secured("DF02", "04DC0003", b"\x42" * 24, 0x6A81)
        host.select("DF03")
        host.authenticate("UK1DF03")
        host.authenticate("RK1DF03")
        host.select("EF05")
        send(card, "00D2020400")
        assert send(card, "00B2020401") == b"\x00"
        host.maced("DF03", "84D20104", 0x6A81)


class TestForm:
    """What is no command of the short form, or carries what it must not."""

    @pytest.mark.parametrize(
        ("command", "word"),
        [
            ("00A4000102DDF1", 0x6A86),
            ("00A40400", 0x6700),
            ("00A4000000", 0x6700),
            ("00A4000002DDF100", 0x9000),
            ("00A4000002DDF10000", 0x6700),
            ("00B2010402FFFF", 0x6986),
            ("0084000002FFFF", 0x6700),
            ("00840000", 0x6C08),
        ],
    )
    def test_its_length_and_parameters_are_looked_at(self, command: str, word: int) -> None:
        card = make_card()
        card.power_on()
        assert card.process(bytes.fromhex(command))[-2:] == word.to_bytes(2, "big")

    def test_a_file_of_a_blocked_directory_is_not_selected(self) -> None:
        host = host_of()
        host.select("DDF1", "DF01")
        host.authenticate("LKDF01")
        host.maced("DF01", "841E0000")
        send(host.card, "00A4000002EF05", 0x6A81)

    def test_a_binary_update_carries_something(self) -> None:
        host = host_of()
        host.select("DDF1")
        host.authenticate("UK1DDF1")
        host.select("EF07")
        send(host.card, "00D6000000", 0x6700)
