"""Frames of identity readers: built, found again in any stream, and never taken for another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.devices import id_frame
from app.devices.id_frame import (
    COMMANDS,
    FAULTS,
    FIND,
    MODULE_NUMBER,
    PREAMBLE,
    READ,
    READ_ADDRESS,
    READ_WITH_FINGERPRINT,
    RESET,
    SELECT,
    STATUS,
    AnswerParser,
    IdAnswer,
    IdFrameDamaged,
    IdUndocumentedAnswer,
    answer_frame,
    module_number_text,
    split_reading,
)

VECTORS = Path(__file__).parents[1] / "vectors" / "identity"
FRAMES = json.loads((VECTORS / "frames.json").read_text("utf-8"))
FOUND = answer_frame(0x9F, bytes(4))
SELECTED = answer_frame(0x90, bytes(8))
READING = bytes.fromhex("01000400") + bytes(range(256)) + bytes(i * 7 & 0xFF for i in range(1024))

# Data that looks like the beginning of a frame is what a parser stumbles over.
tricky = st.lists(st.one_of(st.just(PREAMBLE), st.just(b"\xaa"), st.binary(max_size=6)), max_size=8).map(
    b"".join
)
answers = st.builds(
    IdAnswer,
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 255),
    st.one_of(st.binary(max_size=40), tricky),
)


def sent(answer: IdAnswer) -> bytes:
    return id_frame.frame(bytes((answer.sw1, answer.sw2, answer.sw3)) + answer.data)


@pytest.mark.parametrize("vector", FRAMES, ids=lambda vector: vector["title"])
def test_answers_seen_in_the_field(vector: dict[str, object]) -> None:
    raw = bytes.fromhex(str(vector["frame"]))
    expected = IdAnswer(0, 0, int(str(vector["sw3"])), bytes.fromhex(str(vector["data"])))
    assert AnswerParser().feed(raw) == [expected]
    assert answer_frame(expected.sw3, expected.data) == raw


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (RESET, "AAAAAA9669 0003 10FF EC"),
        (STATUS, "AAAAAA9669 0003 11FF ED"),
        (MODULE_NUMBER, "AAAAAA9669 0003 12FF EE"),
        (FIND, "AAAAAA9669 0003 2001 22"),
        (SELECT, "AAAAAA9669 0003 2002 21"),
        (READ, "AAAAAA9669 0003 3001 32"),
        (READ_ADDRESS, "AAAAAA9669 0003 3003 30"),
        (READ_WITH_FINGERPRINT, "AAAAAA9669 0003 3010 23"),
    ],
)
def test_requests(command: id_frame.IdCommand, expected: str) -> None:
    assert command.request() == bytes.fromhex(expected)


def test_every_command_is_in_the_table_once() -> None:
    assert len({(command.cmd, command.para) for command in COMMANDS}) == len(COMMANDS) == 8


def test_a_request_may_carry_data() -> None:
    assert FIND.request(b"\x05") == bytes.fromhex("AAAAAA9669 0004 200105 20")


def test_sizes_of_a_whole_reading() -> None:
    assert len(answer_frame(0x90, READING)) == 1295
    assert len(answer_frame(0x90, bytes(6 + 256 + 1024 + 1024))) == 2321


@given(st.lists(answers, max_size=4), st.data())
def test_any_cutting_of_the_stream_gives_the_same_answers(
    items: list[IdAnswer], data: st.DataObject
) -> None:
    stream = b"".join(sent(item) for item in items)
    parser, found, at = AnswerParser(), [], 0
    while at < len(stream):
        size = data.draw(st.integers(1, len(stream) - at))
        found += parser.feed(stream[at : at + size])
        at += size
    assert found == items
    assert parser.damaged == 0


@given(answers)
def test_byte_by_byte(answer: IdAnswer) -> None:
    parser = AnswerParser()
    stream = sent(answer)
    for byte in stream[:-1]:
        assert parser.feed(bytes((byte,))) == []
    assert parser.feed(stream[-1:]) == [answer]


@given(st.binary(max_size=40).filter(lambda raw: PREAMBLE not in raw + PREAMBLE[:4]), answers)
def test_garbage_before_a_frame_is_skipped(garbage: bytes, answer: IdAnswer) -> None:
    assert AnswerParser().feed(garbage + sent(answer)) == [answer]


def test_extra_lead_bytes_of_the_preamble_do_not_hide_it() -> None:
    assert AnswerParser().feed(b"\xaa\xaa" + FOUND) == [IdAnswer(0, 0, 0x9F, bytes(4))]


@given(answers, st.data())
def test_one_flipped_bit_is_never_taken_for_an_answer(answer: IdAnswer, data: st.DataObject) -> None:
    stream = bytearray(sent(answer))
    at = data.draw(st.integers(0, len(stream) - 1))
    stream[at] ^= 1 << data.draw(st.integers(0, 7))
    parser = AnswerParser()
    assert answer not in parser.feed(bytes(stream)) + parser.give_up()


def test_a_wrong_checksum_costs_one_frame_only() -> None:
    bad = FOUND[:-1] + bytes((FOUND[-1] ^ 1,))
    parser = AnswerParser()
    assert parser.feed(bad + SELECTED) == [IdAnswer(0, 0, 0x90, bytes(8))]
    assert parser.damaged == 1


@pytest.mark.parametrize("length", [0, 3, 0x090B, 0xFFFF])
def test_an_impossible_length_is_not_waited_for(length: int) -> None:
    parser = AnswerParser()
    assert parser.feed(PREAMBLE + length.to_bytes(2, "big") + FOUND) == [IdAnswer(0, 0, 0x9F, bytes(4))]
    assert parser.damaged == 1


@pytest.mark.parametrize("cut", range(5, len(FOUND)))
def test_a_cut_frame_gives_way_to_the_one_behind_it(cut: int) -> None:
    parser = AnswerParser()
    found = parser.feed(FOUND[:cut] + SELECTED) + parser.give_up()
    assert found == [IdAnswer(0, 0, 0x90, bytes(8))]
    assert parser.damaged >= 1


def test_a_long_frame_cut_short_hides_nothing_once_the_line_is_silent() -> None:
    parser = AnswerParser()
    assert parser.feed(answer_frame(0x90, READING)[:300]) == []
    assert parser.waiting
    assert parser.feed(FOUND) == []
    assert parser.give_up() == [IdAnswer(0, 0, 0x9F, bytes(4))]
    assert not parser.waiting


def test_giving_up_on_nothing_finds_nothing() -> None:
    parser = AnswerParser()
    assert parser.give_up() == []
    parser.feed(FOUND[:9])
    assert parser.give_up() == []
    assert parser.damaged == 1


def test_doubled_frames_are_two_answers() -> None:
    assert len(AnswerParser().feed(FOUND + FOUND)) == 2


def test_clear_forgets_half_a_frame() -> None:
    parser = AnswerParser()
    parser.feed(FOUND[:8])
    parser.clear()
    assert parser.feed(SELECTED) == [IdAnswer(0, 0, 0x90, bytes(8))]
    assert parser.damaged == 0


def test_garbage_does_not_pile_up() -> None:
    parser = AnswerParser()
    parser.feed(b"\x55" * 100_000 + PREAMBLE[:3])
    assert not parser.waiting
    assert parser.feed(FOUND[3:]) == [IdAnswer(0, 0, 0x9F, bytes(4))]


@pytest.mark.parametrize(
    ("command", "sw3", "size", "good"),
    [
        (FIND, 0x9F, 4, True),
        (FIND, 0x90, 4, False),
        (FIND, 0x9F, 0, False),
        (SELECT, 0x90, 8, True),
        (SELECT, 0x9F, 8, True),
        (SELECT, 0x90, 0, False),
        (READ, 0x90, 1284, True),
        (READ, 0x90, 8, False),
        (READ_WITH_FINGERPRINT, 0x90, 2310, True),
        (READ_ADDRESS, 0x90, 70, True),
        (READ_ADDRESS, 0x91, 0, True),
        (MODULE_NUMBER, 0x90, 16, True),
        (STATUS, 0x90, 0, True),
        (STATUS, 0x60, 0, False),
    ],
)
def test_a_good_answer_is_known_by_its_shape(
    command: id_frame.IdCommand, sw3: int, size: int, good: bool
) -> None:
    assert command.takes(IdAnswer(0, 0, sw3, bytes(size))) is good


# id-reader.md, "SW3", without 90 and 9F
@pytest.mark.parametrize(
    "sw3",
    [0x91, 0x10, 0x11, 0x21, 0x23, 0x24, 0x31, 0x32, 0x33, 0x40, 0x41, 0x47, 0x60, 0x66, 0x80, 0x81],
)
def test_every_bad_sw3_has_a_fault_with_a_remedy(sw3: int) -> None:
    answer = IdAnswer(0, 0, sw3)
    assert answer.failed
    fault = answer.fault()
    assert type(fault) is FAULTS[sw3]
    assert fault.cause
    assert fault.remedy


def test_the_table_of_faults_holds_no_more_than_the_standard() -> None:
    assert len(FAULTS) == 16


@given(st.integers(0, 255).filter(lambda sw3: sw3 not in FAULTS and sw3 not in (0x90, 0x9F)))
def test_an_sw3_that_nobody_explains_is_shown(sw3: int) -> None:
    fault = IdAnswer(0, 0, sw3).fault()
    assert isinstance(fault, IdUndocumentedAnswer)
    assert fault.sw3 == f"{sw3:02X}"


def test_an_answer_shows_lengths_and_no_data() -> None:
    assert repr(IdAnswer(0, 0, 0x90, b"secret")) == "IdAnswer(00 00 90, 6 bytes)"
    assert not IdAnswer(0, 0, 0x90).failed


def test_a_module_number_is_printed_as_on_the_reader() -> None:
    # 5.1-20140101-1-2, by the field's rule: u16 . u16 - u32 - u32 - u32, little-endian
    raw = bytes.fromhex("0500 0100 C5503301 01000000 02000000")
    assert module_number_text(raw) == "05.01-20140229-0000000001-0000000002"
    assert module_number_text(bytes.fromhex("0500 0100 C5503301 FFFFFFFF FFFFFFFF")).endswith(
        "-4294967295-4294967295"
    )


def test_a_module_number_has_sixteen_bytes() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        module_number_text(bytes(15))


def test_a_reading_is_split_by_its_lengths() -> None:
    assert split_reading(READING) == (READING[4:260], READING[260:], b"")
    print_data = bytes(reversed(range(256))) * 4
    whole = bytes.fromhex("010004000400") + READING[4:] + print_data
    assert split_reading(whole) == (READING[4:260], READING[260:], print_data)


@pytest.mark.parametrize("head", ["01000300", "00FF0401", "00000504"])
def test_lengths_that_contradict_the_data_are_damage(head: str) -> None:
    with pytest.raises(IdFrameDamaged):
        split_reading(bytes.fromhex(head) + READING[4:])
