"""The SAM's session: who it is, what it holds, and how carefully its PIN is treated."""

from __future__ import annotations

import dataclasses

import pytest

from app.cardspec.keys import KeyName
from app.devices.channel import ApduChannel
from app.devices.ports import ReaderRole
from app.devices.sim.sam import SimulatedSam
from app.domain.sam import SamIdentity, SamOfAnotherDesk
from app.personalize.sam import (
    NotASam,
    SamLacksKeys,
    SamLocked,
    SamPinTriesLow,
    SamPinWrong,
    SamRefused,
    SamSession,
    open_sam,
    pad,
)
from tests.helpers.making import CITY_CODE, FACTOR, PIN, ROOT, Bench, application, resident
from tests.oracle.sam import SoftwareSam
from tests.personalize.test_execute import Answering


def locked(bench: Bench) -> SamSession:
    return open_sam(ApduChannel(bench.slot.connect(), ReaderRole.SAM), bench.products, CITY_CODE)


def tries(bench: Bench) -> int:
    return bench.sam_chip.state.tries


def test_an_unlocked_sam_says_who_it_is() -> None:
    bench = Bench()
    sam = bench.sam()
    assert sam.identity.number == "41010000000000000001"
    assert (sam.identity.kind, sam.identity.key_version) == (5, 1)
    assert len(sam.identity.key_check) == 6
    assert len(sam.issuer_certificate) == 180


def test_an_issuing_sam_holds_every_key_of_a_plan() -> None:
    bench = Bench()
    sam = bench.sam()
    sam.require(bench.plan(application(resident(), bench.profile), sam.issuer_certificate).keys)
    before = sam.channel.traffic.exchanges
    assert len(sam.challenge()) == 8
    assert sam.channel.traffic.exchanges == before + 1


def test_a_wrong_pin_shows_what_is_left_and_is_tried_once() -> None:
    bench = Bench()
    with pytest.raises(SamPinWrong) as refusal:
        locked(bench).unlock("111111")
    assert refusal.value.tries == tries(bench) == 9


def test_at_three_left_only_a_person_tries() -> None:
    bench = Bench()
    for _ in range(7):
        with pytest.raises(SamPinWrong):
            locked(bench).unlock("111111", by_person=True)
    with pytest.raises(SamPinTriesLow) as refusal:
        locked(bench).unlock(PIN)
    assert refusal.value.tries == tries(bench) == 3
    locked(bench).unlock(PIN, by_person=True)
    assert tries(bench) == 10


def test_a_sam_without_tries_is_locked() -> None:
    bench = Bench()
    for _ in range(9):
        with pytest.raises(SamPinWrong):
            locked(bench).unlock("111111", by_person=True)
    with pytest.raises(SamLocked):
        locked(bench).unlock("111111", by_person=True)
    with pytest.raises(SamLocked):
        locked(bench).unlock(PIN, by_person=True)


@pytest.mark.parametrize(("answer", "fault"), [("6983", SamLocked), ("63C0", SamLocked)])
def test_a_sam_that_tells_it_is_locked_is_asked_nothing_more(answer: str, fault: type) -> None:
    bench = Bench()
    line = Answering(bench.slot.connect(), bytes.fromhex("00200000"), bytes.fromhex(answer))
    with pytest.raises(fault):
        open_sam(ApduChannel(line, ReaderRole.SAM), bench.products, CITY_CODE).unlock(PIN)  # type: ignore[arg-type]
    assert tries(bench) == 10


def test_a_sam_that_does_not_tell_goes_by_what_the_desk_remembers() -> None:
    bench = Bench()
    line = Answering(bench.slot.connect(), bytes.fromhex("00200000"), bytes.fromhex("6700"))
    session = open_sam(ApduChannel(line, ReaderRole.SAM), bench.products, CITY_CODE)  # type: ignore[arg-type]
    with pytest.raises(SamPinTriesLow):
        session.unlock(PIN, tries=3)
    assert tries(bench) == 10


def test_a_card_in_the_sams_slot_is_refused_with_its_bytes() -> None:
    bench = Bench()
    with pytest.raises(NotASam) as refusal:
        open_sam(ApduChannel(bench.reader.connect()), bench.products, CITY_CODE)
    assert refusal.value.atr.startswith("3B 8C 80 01")


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_a_lesser_sam_says_what_it_lacks_before_anything_is_written(kind: int) -> None:
    bench = Bench()
    bench.slot.remove()
    bench.slot.insert(
        SimulatedSam(
            bench.products.sam("KT-SAM"),
            kind,
            "1",
            bytes(8),
            ROOT,
            CITY_CODE,
            random=bench.random,
            pin=PIN,
        )
    )
    sam = bench.sam()
    plan = bench.plan(application(resident(), bench.profile), sam.issuer_certificate)
    with pytest.raises(SamLacksKeys) as refusal:
        sam.require(plan.keys)
    assert refusal.value.kind == kind
    assert "UK1DDF1" in refusal.value.keys


def test_a_key_that_is_not_there_is_named() -> None:
    bench = Bench()
    line = Answering(bench.slot.connect(), bytes.fromhex("80DE"), bytes.fromhex("6A88"))
    session = open_sam(ApduChannel(line, ReaderRole.SAM), bench.products, CITY_CODE)  # type: ignore[arg-type]
    session.unlock(PIN)
    with pytest.raises(SamLacksKeys):
        bench.session(session).prove_genuine()


@pytest.mark.parametrize("match", ["00B0", "00A4", "80CA"])
def test_an_answer_nobody_expects_is_shown(match: str) -> None:
    bench = Bench()
    line = Answering(bench.slot.connect(), bytes.fromhex(match), bytes.fromhex("6F00"))
    with pytest.raises(SamRefused) as refusal:
        open_sam(ApduChannel(line, ReaderRole.SAM), bench.products, CITY_CODE).unlock(PIN)  # type: ignore[arg-type]
    assert refusal.value.sw == "6F00"


def test_a_sam_that_gives_no_bytes_is_not_asked_for_ever() -> None:
    bench = Bench()
    line = Answering(bench.slot.connect(), bytes.fromhex("00B0"), bytes.fromhex("9000"))
    with pytest.raises(SamRefused):
        open_sam(ApduChannel(line, ReaderRole.SAM), bench.products, CITY_CODE).unlock(PIN)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["number", "kind", "key_version", "key_check", "certificate"])
def test_another_sam_than_the_pinned_one_is_named(what: str) -> None:
    pinned = SamIdentity("41", 5, 1, "ABCDEF", "01")
    value = getattr(pinned, what)
    other = dataclasses.replace(pinned, **{what: value + (1 if isinstance(value, int) else "0")})
    pinned.require(dataclasses.replace(pinned, terminal="02"))
    with pytest.raises(SamOfAnotherDesk) as refusal:
        other.require(pinned)
    assert refusal.value.what == what


def test_padding_adds_a_block_only_where_it_must() -> None:
    assert pad(b"", 16, always=True) == b"\x80" + bytes(15)
    assert pad(bytes(16), 16, always=True) == bytes(16) + b"\x80" + bytes(15)
    assert pad(bytes(16), 16, always=False) == bytes(16)
    assert pad(bytes(15), 16, always=False) == bytes(15) + b"\x80"


@pytest.mark.parametrize("product", ["KT-SECURED", "KT-3DES"])
@pytest.mark.parametrize("length", [0, 5, 8, 15, 16, 21, 32, 200])
def test_a_mac_over_any_length_is_what_the_oracle_computes(product: str, length: int) -> None:
    # What a card is sent never ends with a whole block; a MAC over anything else may.
    oracle = SoftwareSam(ROOT, CITY_CODE, product=product)
    message, challenge = bytes(range(length)), bytes(range(8))
    mac = Bench(product).sam().mac(KeyName.STKDDF1, FACTOR, challenge, message)
    assert mac == oracle.mac("STKDDF1", FACTOR, challenge, message)


@pytest.mark.parametrize(
    ("match", "answer"),
    [("0084", "0011223344559000"), ("80FA0000", "0011223344559000"), ("80FA0500", "00112233449000")],
)
def test_an_answer_of_another_length_than_asked_for_is_refused(match: str, answer: str) -> None:
    bench = Bench()
    line = Answering(bench.slot.connect(), bytes.fromhex(match), bytes.fromhex(answer))
    session = open_sam(ApduChannel(line, ReaderRole.SAM), bench.products, CITY_CODE)  # type: ignore[arg-type]
    session.unlock(PIN)
    with pytest.raises(SamRefused):
        session.challenge()
        session.encrypt(KeyName.STKDDF1, FACTOR, bytes(8), bytes(16))
        session.mac(KeyName.STKDDF1, FACTOR, bytes(8), b"")


def test_a_certificate_is_read_twice_before_it_is_pinned() -> None:
    bench = Bench()
    line = bench.slot.connect()
    reads = 0

    class Flipping(Answering):
        """One bit of the certificate's first block falls over at its second reading."""

        def transmit(self, command: bytes) -> bytes:
            nonlocal reads
            given: bytes = line.transmit(command)
            if command == bytes.fromhex("00B0000080"):
                reads += 1
                if reads == 2:
                    given = bytes((given[0] ^ 1,)) + given[1:]
            return given

    flipping = Flipping(line, b"", b"")
    session = open_sam(ApduChannel(flipping, ReaderRole.SAM), bench.products, CITY_CODE)  # type: ignore[arg-type]
    with pytest.raises(SamRefused):
        session.unlock(PIN)
    assert reads == 2


def test_a_certificate_that_changed_is_not_the_pinned_one() -> None:
    bench = Bench()
    pinned = bench.sam().identity
    assert len(pinned.certificate) == 64
    bench.sam().identity.require(pinned)
    with pytest.raises(SamOfAnotherDesk) as refusal:
        dataclasses.replace(pinned, certificate="0" * 64).require(pinned)
    assert refusal.value.what == "certificate"
