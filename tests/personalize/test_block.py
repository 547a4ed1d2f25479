"""Blocking a card for good: every byte as the oracle computes it, and nothing told twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.devices.ports import AnswerUnknown, CardRemoved, LinkFault
from app.devices.sim.faults import FaultMode, FaultPlan, FaultyReader
from app.devices.sim.sam import SimulatedSam
from app.personalize.block import Blocked, BlockNotConfirmed, SamCanNotBlock, block_card
from app.personalize.commands import (
    CardBlocked,
    CardKeyRefused,
    CardNotGenuine,
    CardRefused,
    CardSwapped,
)
from app.personalize.sam import SamKeyVersion
from tests.helpers.making import CITY_CODE, FACTOR, PIN, ROOT, Bench, application, resident
from tests.oracle.sam import AUTHENTICATIONS, SoftwareSam, keys_of_kind
from tests.personalize.test_commands import Tapped, tapped
from tests.personalize.test_execute import Answering
from tests.personalize.test_which_sam import put_in

BLOCK, CHALLENGE, AUTHENTICATE, SELECT = 0x16, 0x84, 0x82, 0xA4
PRODUCTS = ("KT-SECURED", "KT-STRICT", "KT-PLAIN", "KT-OPEN", "KT-3DES")


class Journal:
    """Counts what was recorded before the command."""

    def __init__(self) -> None:
        self.begun = 0

    def __call__(self) -> None:
        self.begun += 1


def made(product: str = "KT-SECURED") -> Bench:
    bench = Bench(product)
    bench.write(application(resident(), bench.profile))
    return bench


def answers(bench: Bench, command: str) -> str:
    """What the card says to a command after a reset, in hex."""
    line = bench.reader.connect()
    line.reset()
    return line.transmit(bytes.fromhex(command)).hex().upper()


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_card_is_blocked_for_good_by_the_bytes_that_the_oracle_computes(product: str) -> None:
    bench, journal = made(product), Journal()
    sam = bench.sam()
    line = Tapped(bench.reader.connect(), lambda _command: None)
    card = bench.session(sam, line)  # type: ignore[arg-type]
    assert block_card(card, sam, journal) is Blocked.NOW
    assert journal.begun == 1
    oracle = SoftwareSam(ROOT, CITY_CODE, product=product)
    challenge = b""
    proven = []
    for command, answer in line.heard:
        if command[1] == CHALLENGE:
            challenge = answer[:8]
        elif command[1] == AUTHENTICATE:
            assert command[3] == AUTHENTICATIONS["BKMF"][1]
            original = command[13:21]
            token = oracle.token("BKMF", FACTOR, challenge, original)
            assert command[5:] == token + original + b"\x01"
            proven.append("BKMF")
        elif command[1] == BLOCK:
            assert command[:5] == bytes.fromhex("8416000004")
            assert command[5:] == oracle.mac("STKMF", FACTOR, challenge, command[:5])
            proven.append("STKMF")
    assert proven == ["BKMF", "STKMF"]
    for command in ("00A40000023F00", "00A4000002DDF1", "0084000008", "00A4040007915600013200"):
        assert answers(bench, command) == "6A81"


def test_control_a_card_that_was_not_blocked_answers() -> None:
    assert answers(made(), "00A40000023F00") == "9000"


def test_a_blocked_card_is_done_and_told_nothing() -> None:
    bench, journal = made(), Journal()
    sam = bench.sam()
    block_card(bench.session(sam), sam, journal)
    card, line = tapped(bench)
    assert block_card(card, bench.sam(), journal) is Blocked.BEFORE
    assert journal.begun == 1
    assert [command[1] for command, _ in line.heard] == [SELECT]


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5])
def test_a_sam_of_a_kind_that_may_not_is_refused_before_the_first_byte(kind: int) -> None:
    bench, journal = made(), Journal()
    put_in(bench, "41010000000000000002", kind)
    sam = bench.sam()
    line = Tapped(bench.reader.connect(), lambda _command: None)
    card = bench.session(sam, line)  # type: ignore[arg-type]
    if {"IRKDDF1", "BKMF", "STKMF"} <= keys_of_kind(kind):
        assert block_card(card, sam, journal) is Blocked.NOW
        assert kind in (4, 5)
        return
    with pytest.raises(SamCanNotBlock) as refusal:
        block_card(card, sam, journal)
    assert refusal.value.kind == kind
    assert not line.heard
    assert not journal.begun
    assert answers(bench, "00A40000023F00") == "9000"


def sam_of(bench: Bench, root: bytes, city_code: str) -> None:
    """The SAM of another root or province in the slot."""
    chip = SimulatedSam(
        bench.products.sam("KT-SAM"),
        5,
        "41010000000000000001",
        bytes.fromhex("5341000000000001"),
        root,
        city_code,
        pin=PIN,
        random=bench.random,
    )
    bench.slot.remove()
    bench.slot.insert(chip)


def test_a_card_of_another_root_is_not_asked_to_block_itself() -> None:
    bench, journal = Bench(), Journal()
    sam_of(bench, bytes(16), CITY_CODE)
    before = bench.card.save()
    sam = bench.sam()
    with pytest.raises(CardNotGenuine):
        block_card(bench.session(sam), sam, journal)
    assert not journal.begun
    assert bench.card.save() == before


def test_a_sam_with_another_provinces_keys_loses_one_try_and_says_so() -> None:
    # National slots answer for every province, the blocking key's for its own alone (card.md, Keys).
    bench, journal = Bench(), Journal()
    sam_of(bench, ROOT, "110100")
    sam = bench.sam()
    with pytest.raises(CardKeyRefused) as refusal:
        block_card(bench.session(sam), sam, journal)
    assert refusal.value.params() == {"key": "BKMF", "tries": 4}
    assert not journal.begun
    assert not bench.card.state.blocked


def exchanges(bench: Bench) -> int:
    reader = FaultyReader(bench.reader)
    sam = bench.sam()
    block_card(bench.session(sam, reader.connect()), sam, lambda: None)
    return reader.exchanges


@pytest.mark.parametrize(
    "mode", [FaultMode.NOT_SENT, FaultMode.ANSWER_LOST, FaultMode.ANSWER_CUT, FaultMode.TORN]
)
def test_cut_at_every_exchange_it_ends_blocked_and_is_told_once(mode: FaultMode) -> None:
    total = exchanges(Bench())
    for at in range(1, total + 1):
        bench, journal = Bench(), Journal()
        tries = []
        for _attempt in range(3):
            sam = bench.sam()
            reader = FaultyReader(bench.reader, None if tries else FaultPlan(at, mode))
            told: list[bytes] = []
            reader.watch = lambda _n, command, told=told: told.append(command)  # type: ignore[misc]
            tries.append(told)
            try:
                block_card(bench.session(sam, reader.connect()), sam, journal)
            except (LinkFault, CardRefused):
                # Recorded as begun before it was told, whatever broke.
                assert journal.begun or not any(command[1] == BLOCK for command in told)
                continue
            break
        else:
            pytest.fail(f"{mode} at {at}: never blocked")
        assert bench.card.state.blocked, (mode, at)
        taken = sum(command[1] == BLOCK for told in tries for command in told)
        assert taken <= 2, (mode, at)
        assert answers(bench, "00A40000023F00") == "6A81"


class Deaf(Tapped):
    """A line on which the answer to CARD BLOCK gets lost; the card took the command."""

    def transmit(self, command: bytes) -> bytes:
        answer = super().transmit(command)
        return b"" if command[1] == BLOCK else answer


def test_an_answer_that_was_lost_is_read_again_and_not_repeated() -> None:
    bench, journal = Bench(), Journal()
    sam = bench.sam()
    line = Deaf(bench.reader.connect(), lambda _command: None)
    assert block_card(bench.session(sam, line), sam, journal) is Blocked.NOW  # type: ignore[arg-type]
    assert len(line.said(BLOCK)) == 1


@pytest.mark.parametrize(("answer", "fault"), [("", AnswerUnknown), ("6988", CardRefused)])
def test_a_command_that_the_card_did_not_take_leaves_it_open(answer: str, fault: type) -> None:
    bench, journal = Bench(), Journal()
    sam = bench.sam()
    line = Answering(bench.reader.connect(), b"\x84\x16", bytes.fromhex(answer))
    with pytest.raises(fault):
        block_card(bench.session(sam, line), sam, journal)  # type: ignore[arg-type]
    assert journal.begun == 1
    assert not bench.card.state.blocked
    assert block_card(bench.session(sam), sam, journal) is Blocked.NOW


def test_a_card_that_says_yes_and_goes_on_is_not_taken_for_blocked() -> None:
    bench, journal = Bench(), Journal()
    sam = bench.sam()
    line = Answering(bench.reader.connect(), b"\x84\x16", b"\x90\x00")
    with pytest.raises(BlockNotConfirmed):
        block_card(bench.session(sam, line), sam, journal)  # type: ignore[arg-type]
    assert not bench.card.state.blocked


def swap_after(bench: Bench, instruction: int) -> Callable[[bytes], None]:
    """Another card of ours lies there once the instruction was answered."""
    other = bench.new_card(bytes.fromhex("0102030405060799"))
    done: list[int] = []

    def then(command: bytes) -> None:
        if command[1] == instruction and not done:
            done.append(instruction)
            bench.reader.remove()
            bench.reader.insert(other)
            bench.card = other

    return then


@pytest.mark.parametrize("instruction", [SELECT, 0x88, AUTHENTICATE, CHALLENGE])
def test_a_card_that_was_swapped_in_is_never_blocked(instruction: int) -> None:
    bench, journal = Bench(), Journal()
    sam = bench.sam()
    line = Tapped(bench.reader.connect(), swap_after(bench, instruction))
    with pytest.raises((CardSwapped, CardRemoved)):
        block_card(bench.session(sam, line), sam, journal)  # type: ignore[arg-type]
    assert not bench.card.state.blocked
    assert not line.said(BLOCK)


def test_a_sam_of_another_key_version_is_refused_before_a_try_is_lost() -> None:
    bench, journal = Bench(), Journal()
    put_in(bench, "41010000000000000002", 5, key_version=2)
    sam = bench.sam()
    with pytest.raises(SamKeyVersion):
        block_card(bench.session(sam), sam, journal)
    assert not journal.begun


def test_a_product_says_what_its_blocked_card_answers() -> None:
    bench = Bench()
    assert bench.product.blocked_word == 0x6A81
    sam = bench.sam()
    line = Answering(bench.reader.connect(), bytes.fromhex("00A40000023F00"), bytes.fromhex("9303"))
    with pytest.raises((CardBlocked, CardRefused)):
        bench.session(sam, line).blocked()  # type: ignore[arg-type]
