"""The simulated slot: hands at it, the line through it, and what it says when something is missing."""

from __future__ import annotations

import threading

import pytest

from app.devices.ports import (
    AnswerUnknown,
    CardConnection,
    CardReader,
    CardRemoved,
    CommandNotSent,
    NoCardPresent,
    ReaderGone,
    ReaderRole,
)
from app.devices.sim.clock import LineClock
from app.devices.sim.reader import SimulatedReader
from tests.helpers.chips import FACTOR, make_card, make_sam

CHALLENGE_COMMAND = bytes.fromhex("0084000008")
SELECT_DDF1 = bytes.fromhex("00A4000002DDF1")
READ = bytes.fromhex("00B2010400")


def with_card() -> tuple[SimulatedReader, CardConnection]:
    reader = SimulatedReader("slot")
    reader.insert(make_card())
    return reader, reader.connect()


def test_it_is_a_reader_and_a_connection_of_the_ports() -> None:
    reader: CardReader = SimulatedReader("slot", ReaderRole.SAM)
    assert reader.name == "slot"
    with pytest.raises(NoCardPresent) as caught:
        reader.connect()
    assert caught.value.role == "sam"


def test_commands_go_through_and_take_line_time() -> None:
    clock = LineClock(9_600)
    reader = SimulatedReader("slot", clock=clock)
    reader.insert(make_card(clock=clock))
    line = reader.connect()
    assert line.transmit(SELECT_DDF1) == b"\x90\x00"
    assert (clock.exchanges, clock.bytes) == (1, 9)
    assert line.transmit(CHALLENGE_COMMAND)[-2:] == b"\x90\x00"
    assert clock.bytes == 9 + 5 + 10
    assert clock.monotonic_ns() == 24 * 1_250_000


def test_a_card_taken_out_is_missed_and_the_old_line_stays_dead() -> None:
    reader, line = with_card()
    card = reader.remove()
    assert card is not None
    with pytest.raises(CardRemoved):
        line.transmit(SELECT_DDF1)
    with pytest.raises(NoCardPresent):
        reader.connect()
    reader.insert(card)
    with pytest.raises(CardRemoved):
        line.transmit(SELECT_DDF1)
    with pytest.raises(CardRemoved):
        _ = line.atr
    assert reader.connect().transmit(SELECT_DDF1) == b"\x90\x00"


def test_taking_nothing_out_gives_nothing() -> None:
    assert SimulatedReader("slot").remove() is None


def test_one_slot_holds_one_chip() -> None:
    reader, _ = with_card()
    with pytest.raises(ValueError, match="already"):
        reader.insert(make_sam())


def test_a_swap_shows_in_the_atr_and_leaves_a_chip_freshly_reset() -> None:
    reader, line = with_card()
    line.transmit(SELECT_DDF1)
    line.transmit(bytes.fromhex("00A4000002EF05"))
    other = make_card(factor=bytes(8))
    before = line.atr
    assert reader.swap(other) is not None
    assert line.atr == other.atr != before
    assert line.transmit(READ) == b"\x69\x86"
    assert line.transmit(SELECT_DDF1) == b"\x90\x00"


def test_connecting_and_resetting_forget_the_selection() -> None:
    reader, line = with_card()
    for again in (line.reset, reader.connect):
        line.transmit(SELECT_DDF1)
        line.transmit(bytes.fromhex("00A4000002EF05"))
        line_or_atr = again()
        if not isinstance(line_or_atr, bytes):
            line = line_or_atr
        assert line.transmit(READ) == b"\x69\x86"


def test_the_newest_connection_alone_is_alive() -> None:
    reader, line = with_card()
    newer = reader.connect()
    with pytest.raises(CardRemoved):
        line.transmit(SELECT_DDF1)
    line.close()
    assert newer.transmit(SELECT_DDF1) == b"\x90\x00"


def test_a_closed_connection_takes_no_command_and_closes_twice() -> None:
    _, line = with_card()
    line.close()
    line.close()
    with pytest.raises(CommandNotSent):
        line.transmit(SELECT_DDF1)


def test_after_a_tear_the_line_is_mute_until_reset() -> None:
    reader, line = with_card()
    assert reader.chip is not None
    reader.chip.arm_tear(0)
    with pytest.raises(AnswerUnknown):
        line.transmit(SELECT_DDF1)
    with pytest.raises(CommandNotSent):
        line.transmit(SELECT_DDF1)
    assert line.reset()[4:12] == FACTOR
    assert line.transmit(SELECT_DDF1) == b"\x90\x00"


def test_a_command_beyond_the_short_form_is_not_sent() -> None:
    _, line = with_card()
    with pytest.raises(CommandNotSent):
        line.transmit(bytes(262))


def test_a_reader_unplugged_is_gone_till_it_is_back() -> None:
    reader, line = with_card()
    reader.unplug()
    for use in (lambda: line.transmit(SELECT_DDF1), line.reset, reader.connect):
        with pytest.raises(ReaderGone):
            use()
    with pytest.raises(ReaderGone):
        reader.wait_for_card(0, threading.Event())
    reader.plug_in()
    assert reader.connect().transmit(SELECT_DDF1) == b"\x90\x00"


class TestWaiting:
    def test_it_says_what_lies_there(self) -> None:
        reader, _ = with_card()
        never = threading.Event()
        assert reader.wait_for_card(0, never)
        assert not reader.wait_for_removal(0, never)
        reader.remove()
        assert reader.wait_for_removal(0, never)
        assert not reader.wait_for_card(0, never)

    def test_a_card_laid_down_meanwhile_is_noticed(self) -> None:
        reader = SimulatedReader("slot")
        hand = threading.Timer(0.02, reader.insert, [make_card()])
        hand.start()
        assert reader.wait_for_card(10_000, threading.Event())
        hand.join()

    def test_cancelling_ends_the_wait(self) -> None:
        reader, cancel = SimulatedReader("slot"), threading.Event()
        hand = threading.Timer(0.02, cancel.set)
        hand.start()
        assert not reader.wait_for_card(60_000, cancel)
        hand.join()
