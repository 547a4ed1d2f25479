"""Commands and answers there and back, TLV records, and the families of status words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cardspec import status, tlv
from app.cardspec.apdu import CommandApdu, ResponseApdu
from app.cardspec.keys import KeyName, maintenance_key
from app.cardspec.status import StatusWord

byte = st.integers(0, 255)


@given(byte, byte, byte, byte, st.binary(max_size=255), st.none() | st.integers(1, 256))
def test_a_command_comes_back(  # noqa: PLR0917
    cla: int, ins: int, p1: int, p2: int, data: bytes, le: int | None
) -> None:
    command = CommandApdu(cla, ins, p1, p2, data, le)
    encoded = command.encode()
    assert 4 <= len(encoded) <= 261
    assert CommandApdu.decode(encoded) == command


@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_refused(content: bytes) -> None:
    try:
        command = CommandApdu.decode(content)
    except ValueError:
        return
    assert command.encode() == content


@pytest.mark.parametrize(
    ("written", "command"),
    [
        ("00A40000", CommandApdu(0x00, 0xA4, 0x00, 0x00)),
        ("0084000008", CommandApdu(0x00, 0x84, 0x00, 0x00, le=8)),
        ("00C0000000", CommandApdu(0x00, 0xC0, 0x00, 0x00, le=256)),
        ("0020000003123456", CommandApdu(0x00, 0x20, 0x00, 0x00, bytes.fromhex("123456"))),
        ("00A40000023F0000", CommandApdu(0x00, 0xA4, 0x00, 0x00, bytes.fromhex("3F00"), 256)),
    ],
)
def test_the_four_cases(written: str, command: CommandApdu) -> None:
    assert command.encode().hex().upper() == written
    assert CommandApdu.decode(bytes.fromhex(written)) == command


@pytest.mark.parametrize("written", ["", "00A400", "00A4000000AA", "00A4000002AA", "00A4000001AABBCC"])
def test_a_length_that_lies_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="command"):
        CommandApdu.decode(bytes.fromhex(written))


@pytest.mark.parametrize(
    ("header", "data", "le"),
    [((256, 0, 0, 0), b"", None), ((0, 0, 0, -1), b"", None), ((0, 0, 0, 0), bytes(256), None)]
    + [((0, 0, 0, 0), b"", le) for le in (0, 257)],
)
def test_what_no_short_command_holds_is_refused(
    header: tuple[int, int, int, int], data: bytes, le: int | None
) -> None:
    with pytest.raises(ValueError, match=r"header|255|Le"):
        CommandApdu(*header, data, le)


def test_a_command_shows_no_body() -> None:
    command = CommandApdu(0x04, 0xDC, 0x01, 0x04, b"\xca\xfe\xba\xbe", 256)
    assert str(command) == repr(command) == "04 DC 01 04 Lc 4 Le 256"
    assert str(CommandApdu(0x00, 0xA4, 0x00, 0x00)) == "00 A4 00 00 Lc 0"


@given(st.binary(max_size=256), st.integers(0, 0xFFFF))
def test_an_answer_comes_back(data: bytes, sw: int) -> None:
    answer = ResponseApdu(data, sw)
    assert ResponseApdu.decode(answer.encode()) == answer
    assert answer.ok is (sw == 0x9000)
    assert str(answer) == repr(answer) == f"{len(data)} bytes, {sw:04X}"


@pytest.mark.parametrize("content", [b"", b"\x90"])
def test_an_answer_without_status_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="status"):
        ResponseApdu.decode(content)


@given(byte, st.binary(max_size=255))
def test_a_tlv_record_comes_back(tag: int, content: bytes) -> None:
    assert tlv.decode_record(tlv.encode_record(tag, content)) == (tag, content)


@pytest.mark.parametrize(("tag", "content"), [(256, b""), (-1, b""), (1, bytes(256))])
def test_what_no_tlv_record_holds_is_refused(tag: int, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"tag|value"):
        tlv.encode_record(tag, content)


@pytest.mark.parametrize("record", [b"", b"\x01", b"\x01\x02\x03", b"\x01\x00\x03"])
def test_a_tlv_record_whose_length_lies_is_refused(record: bytes) -> None:
    with pytest.raises(ValueError, match="length"):
        tlv.decode_record(record)


def test_families_of_status_words() -> None:
    assert [status.more_data(sw) for sw in (0x6110, 0x6100, 0x9000)] == [16, 256, None]
    assert [status.exact_length(sw) for sw in (0x6C22, 0x6C00, 0x6700)] == [34, 256, None]
    assert [status.tries_left(sw) for sw in (0x63C4, 0x63C0, 0x6300, 0x6983)] == [4, 0, None, None]


def test_every_status_word_of_the_card_has_its_member() -> None:
    # card.md, "Status words"; the families 61xx, 6Cxx and 63Cx have functions
    words = (
        "9000 6281 6283 6581 6700 6881 6882 6982 6983 6984 6985 6987 6988 6A80 6A81 6A82 6A83 6A84 6A86 "
        "6A88 6B00 6D00 6E00 6901 6981 6986 6A85 6A89 9302 9303 9403"
    )
    assert {int(word, 16) for word in words.split()} == set(StatusWord)


def test_each_directory_has_its_maintenance_key() -> None:
    directories = ["MF", "DDF1", "DF01", "DF02", "DF03"]
    assert [maintenance_key(name) for name in directories] == [
        KeyName.STKMF,
        KeyName.STKDDF1,
        KeyName.STKDF01,
        KeyName.STKDF02,
        KeyName.STKDF03,
    ]
