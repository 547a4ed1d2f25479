"""The channel: 61xx, 6Cxx, what it counts and what it refuses to take for an answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.cardspec.apdu import CommandApdu, ResponseApdu
from app.devices.channel import ApduChannel, ExchangeTrace
from app.devices.ports import AnswerUnknown, CardRemoved, ReaderRole

READ = CommandApdu(0x00, 0xB0, 0x85, 0x00, le=0x10)
ATR = bytes.fromhex("3B00")


class Chip:
    """A line whose answers are computed from what is sent."""

    def __init__(self, answer: Callable[[bytes, int], bytes]) -> None:
        self.sent: list[bytes] = []
        self.resets = 0
        self.closed = 0
        self._answer = answer

    @property
    def atr(self) -> bytes:
        return ATR

    def transmit(self, command: bytes) -> bytes:
        self.sent.append(command)
        return self._answer(command, len(self.sent))

    def reset(self) -> bytes:
        self.resets += 1
        return ATR

    def close(self) -> None:
        self.closed += 1


def script(*answers: str) -> Chip:
    return Chip(lambda _command, turn: bytes.fromhex(answers[turn - 1]))


def test_a_plain_answer_passes_through_and_is_counted() -> None:
    chip = script("0102039000")
    channel = ApduChannel(chip)
    assert channel.send(READ) == ResponseApdu(b"\x01\x02\x03", 0x9000)
    assert chip.sent == [bytes.fromhex("00B0850010")]
    assert (channel.traffic.exchanges, channel.traffic.bytes_out, channel.traffic.bytes_in) == (1, 5, 5)
    assert channel.traffic.bytes == 10


def test_a_refusal_is_an_answer_and_not_a_fault() -> None:
    assert ApduChannel(script("63C2")).send(READ) == ResponseApdu(b"", 0x63C2)


def test_61xx_is_fetched_until_nothing_waits() -> None:
    chip = script("0161FF", "026103", "0304059000")
    channel = ApduChannel(chip)
    assert channel.send(READ) == ResponseApdu(bytes((1, 2, 3, 4, 5)), 0x9000)
    assert [sent.hex() for sent in chip.sent] == ["00b0850010", "00c00000ff", "00c0000003"]
    assert (channel.traffic.exchanges, channel.traffic.bytes_out, channel.traffic.bytes_in) == (
        3,
        15,
        11,
    )


def test_6100_asks_for_256_bytes() -> None:
    chip = script("6100", "AA" * 256 + "9000")
    assert len(ApduChannel(chip).send(READ).data) == 256
    assert chip.sent[1] == bytes.fromhex("00C0000000")


def test_6cxx_repeats_the_command_once_with_that_length() -> None:
    chip = script("6C03", "0102039000")
    command = CommandApdu(0x80, 0xCA, 0x00, 0x00, b"\x09\x09", le=256)
    assert ApduChannel(chip).send(command) == ResponseApdu(b"\x01\x02\x03", 0x9000)
    assert [sent.hex() for sent in chip.sent] == ["80ca000002090900", "80ca000002090903"]


def test_a_second_6cxx_is_the_answer() -> None:
    chip = script("6C03", "6C04")
    assert ApduChannel(chip).send(READ) == ResponseApdu(b"", 0x6C04)
    assert len(chip.sent) == 2


def test_6cxx_to_get_response_asks_again_for_what_waits() -> None:
    chip = script("6108", "6C02", "0A0B9000")
    assert ApduChannel(chip).send(READ) == ResponseApdu(b"\x0a\x0b", 0x9000)
    assert chip.sent[2] == bytes.fromhex("00C0000002")


def test_61xx_after_6cxx_is_fetched() -> None:
    chip = script("6C02", "6102", "0A0B9000")
    assert ApduChannel(chip).send(READ) == ResponseApdu(b"\x0a\x0b", 0x9000)


def test_a_refused_get_response_ends_with_its_status_word() -> None:
    assert ApduChannel(script("6108", "6F00")).send(READ) == ResponseApdu(b"", 0x6F00)


@pytest.mark.parametrize("answer", ["", "90"])
def test_less_than_a_status_word_leaves_the_outcome_unknown(answer: str) -> None:
    channel = ApduChannel(script(answer), role=ReaderRole.SAM)
    with pytest.raises(AnswerUnknown) as caught:
        channel.send(READ)
    assert caught.value.role == "sam"
    assert channel.traffic.exchanges == 1
    assert channel.traffic.bytes_in == len(answer) // 2


def test_a_chip_that_promises_and_gives_nothing_does_not_hold_the_desk_for_ever() -> None:
    chip = Chip(lambda _command, _turn: bytes.fromhex("6110"))
    with pytest.raises(AnswerUnknown):
        ApduChannel(chip).send(READ)
    assert len(chip.sent) == 2


def test_a_chip_that_never_ends_is_cut_off() -> None:
    chip = Chip(lambda _command, _turn: bytes(256) + b"\x61\x00")
    with pytest.raises(AnswerUnknown):
        ApduChannel(chip).send(READ)
    assert len(chip.sent) == 257


def test_the_trace_holds_header_lengths_and_status_and_no_data() -> None:
    seen: list[ExchangeTrace] = []
    ticks = iter((0, 2_500_000))
    command = CommandApdu(0x04, 0xD6, 0x85, 0x00, bytes.fromhex("5A5A5A5A"))
    ApduChannel(script("A5A59000"), trace=seen.append, monotonic_ns=lambda: next(ticks)).send(command)
    assert seen == [ExchangeTrace(bytes.fromhex("04D68500"), 9, 4, 0x9000, 2.5)]
    assert "5a5a" not in repr(seen).lower()


def test_an_exchange_that_failed_is_counted_and_traced() -> None:
    def fail(_command: bytes, _turn: int) -> bytes:
        raise CardRemoved(role="card")

    seen: list[ExchangeTrace] = []
    channel = ApduChannel(Chip(fail), trace=seen.append)
    with pytest.raises(CardRemoved):
        channel.send(READ)
    assert (channel.traffic.exchanges, channel.traffic.bytes_out, channel.traffic.bytes_in) == (1, 5, 0)
    assert [(entry.received, entry.sw) for entry in seen] == [(0, None)]


def test_atr_reset_and_close_go_to_the_line() -> None:
    chip = script()
    channel = ApduChannel(chip)
    assert channel.atr == ATR
    assert channel.reset() == ATR
    channel.close()
    assert (chip.resets, chip.closed) == (1, 1)
