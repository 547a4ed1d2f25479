"""The system's own PC/SC service between the program and its simulated chips."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.base.clock import SystemClock
from app.cardspec.apdu import CommandApdu
from app.devices import pcsc
from app.devices.channel import ApduChannel
from app.devices.id_reader import SamvReader, open_serial
from app.devices.pcsc import PcscReader, ReaderBusy, list_readers
from app.devices.ports import CardRemoved, CommandNotSent, NoCardPresent, ReaderRole
from tests.helpers.frames import FIRST, SECOND
from tests.helpers.parts import require_program
from tests.helpers.pcscd import Simulation

pytestmark = pytest.mark.part("pcscd")

CARD = "Virtual PCD 00 00"
SAM = "Virtual PCD 00 01"
SELECT_MF = CommandApdu(0x00, 0xA4, 0x00, 0x00, bytes.fromhex("3F00"))
SOON_MS = 10_000


@pytest.fixture
def card(pcscd_with_simulation: Simulation, never: threading.Event) -> PcscReader:
    """The card's reader, the card lying there."""
    reader = PcscReader(CARD)
    assert reader.wait_for_card(SOON_MS, never)
    return reader


@pytest.fixture
def sam(pcscd_with_simulation: Simulation, never: threading.Event) -> PcscReader:
    reader = PcscReader(SAM, ReaderRole.SAM)
    assert reader.wait_for_card(SOON_MS, never)
    return reader


def test_both_chips_are_seen(card: PcscReader, sam: PcscReader) -> None:
    assert list_readers() == [card.name, sam.name]
    line, key_line = ApduChannel(card.connect()), ApduChannel(sam.connect(), ReaderRole.SAM)
    assert line.atr.hex().startswith("3b8c8001")
    assert key_line.atr.hex().startswith("3b6c00004b4b534d")
    assert line.send(SELECT_MF).ok
    line.close()
    key_line.close()


def test_a_sam_over_t0_delivers_a_key_and_answers_by_61xx(
    sam: PcscReader, pcscd_with_simulation: Simulation
) -> None:
    pin = bytes.fromhex(str(pcscd_with_simulation.info["sam_pin"]))
    channel = ApduChannel(sam.connect(), ReaderRole.SAM)
    assert channel.send(CommandApdu(0x00, 0xA4, 0x00, 0x00, bytes.fromhex("DF01"))).ok
    assert channel.send(CommandApdu(0x00, 0x20, 0x00, 0x00, pin)).ok
    assert len(channel.send(CommandApdu(0x00, 0x84, 0x00, 0x00, le=8)).data) == 8
    assert channel.send(CommandApdu(0x80, 0xDE, 0x28, 0x02, bytes(16))).ok
    before = channel.traffic.exchanges
    cipher = channel.send(CommandApdu(0x80, 0xFA, 0x00, 0x00, bytes(16)))
    assert (cipher.ok, len(cipher.data)) == (True, 16)
    assert channel.traffic.exchanges == before + 2
    channel.close()


@pytest.mark.part("opensc")
def test_opensc_tool_sends_and_reads(
    pcscd_with_simulation: Simulation, card: PcscReader, sam: PcscReader
) -> None:
    require_program("opensc", "opensc-tool")
    readers = pcscd_with_simulation.run("opensc-tool", "--list-readers")
    assert CARD in readers.stdout
    # File 0015 of the SAM holds its number (training-product.md, item 16).
    done = pcscd_with_simulation.run(
        "opensc-tool", "-r", "1", "-s", "00 A4 00 00 02 00 15", "-s", "00 B0 00 00 0A"
    )
    assert done.returncode == 0, done.stderr
    assert "SW1=0x90, SW2=0x00" in done.stdout
    assert "41 00 00 00 00 00 00 00 00 01" in done.stdout
    plain = pcscd_with_simulation.run("opensc-tool", "-r", "0", "-s", "00 A4 00 00 02 3F 00")
    assert "SW1=0x90, SW2=0x00" in plain.stdout


def test_the_identity_reader_is_read_over_its_pseudo_terminal(
    pcscd_with_simulation: Simulation, never: threading.Event
) -> None:
    port = str(pcscd_with_simulation.info["id_reader"])
    reader = SamvReader(open_serial(port), SystemClock(), port)
    reader.check()
    assert [reader.read(SOON_MS, never).text for _ in range(2)] == [FIRST, SECOND]
    reader.close()


def test_a_card_pulled_and_put_back(
    card: PcscReader, pcscd_with_simulation: Simulation, never: threading.Event
) -> None:
    line = card.connect()
    atr = line.atr
    pcscd_with_simulation.do("pull")
    assert card.wait_for_removal(SOON_MS, never)
    with pytest.raises(CardRemoved):
        line.transmit(SELECT_MF.encode())
    with pytest.raises(CardRemoved):
        _ = line.atr
    with pytest.raises(CardRemoved):
        line.reset()
    with pytest.raises(NoCardPresent):
        card.connect()
    pcscd_with_simulation.do("put")
    assert card.wait_for_card(SOON_MS, never)
    # The old connection's card has gone, whatever lies there now.
    with pytest.raises(CardRemoved):
        line.transmit(SELECT_MF.encode())
    line.close()
    fresh = card.connect()
    assert fresh.atr == atr
    assert fresh.transmit(SELECT_MF.encode()) == bytes.fromhex("9000")
    fresh.close()


def test_the_next_card_is_another_one(
    card: PcscReader, pcscd_with_simulation: Simulation, never: threading.Event
) -> None:
    first = card.connect()
    atr = first.atr
    first.close()
    pcscd_with_simulation.do("next")
    assert card.wait_for_removal(SOON_MS, never)
    assert card.wait_for_card(SOON_MS, never)
    second = card.connect()
    assert second.atr != atr
    second.close()


def test_a_connection_is_exclusive(card: PcscReader) -> None:
    line = card.connect()
    with pytest.raises(ReaderBusy):
        card.connect()
    line.close()
    card.connect().close()


def test_closing_takes_every_right_from_the_chip(sam: PcscReader) -> None:
    channel = ApduChannel(sam.connect(), ReaderRole.SAM)
    channel.send(CommandApdu(0x00, 0xA4, 0x00, 0x00, bytes.fromhex("DF01")))
    assert channel.send(CommandApdu(0x00, 0x20, 0x00, 0x00, bytes.fromhex("123456"))).ok
    channel.close()
    again = ApduChannel(sam.connect(), ReaderRole.SAM)
    again.send(CommandApdu(0x00, 0xA4, 0x00, 0x00, bytes.fromhex("DF01")))
    assert again.send(CommandApdu(0x80, 0xDE, 0x28, 0x02, bytes(16))).sw == 0x6982
    again.close()


def test_reset_returns_the_atr_and_forgets(sam: PcscReader) -> None:
    channel = ApduChannel(sam.connect(), ReaderRole.SAM)
    channel.send(CommandApdu(0x00, 0xA4, 0x00, 0x00, bytes.fromhex("DF01")))
    assert channel.send(CommandApdu(0x00, 0x20, 0x00, 0x00, bytes.fromhex("123456"))).ok
    assert channel.reset() == channel.atr
    channel.send(CommandApdu(0x00, 0xA4, 0x00, 0x00, bytes.fromhex("DF01")))
    assert channel.send(CommandApdu(0x80, 0xDE, 0x28, 0x02, bytes(16))).sw == 0x6982
    channel.close()


def test_a_closed_connection_sends_nothing(card: PcscReader) -> None:
    line = card.connect()
    line.close()
    line.close()
    for use in (lambda: line.transmit(SELECT_MF.encode()), line.reset, lambda: line.atr):
        with pytest.raises(CommandNotSent):
            use()


def test_a_command_longer_than_the_service_takes_was_not_sent(card: PcscReader) -> None:
    line = card.connect()
    with pytest.raises(CommandNotSent):
        line.transmit(b"")
    line.close()


def test_nothing_is_left_open(card: PcscReader, never: threading.Event) -> None:
    def opened() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    card.connect().close()
    before = opened()
    for _ in range(30):
        line = card.connect()
        with pytest.raises(ReaderBusy):
            card.connect()
        line.close()
        list_readers()
        card.wait_for_card(0, never)
    assert opened() == before


def test_waiting_ends_by_time_and_by_cancelling(card: PcscReader, never: threading.Event) -> None:
    assert not card.wait_for_removal(0, never)
    assert not card.wait_for_removal(250, never)
    cancelled = threading.Event()
    timer = threading.Timer(0.2, cancelled.set)
    timer.start()
    assert not card.wait_for_removal(60_000, cancelled)
    assert not card.wait_for_card(60_000, cancelled)
    timer.join()


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        ("00840000", "0084000000"),
        ("0084000008", "0084000008"),
        ("00A40000023F00", "00A40000023F00"),
        ("80CA00000209010F", "80CA0000020901"),
        ("80CA000002090100", "80CA0000020901"),
    ],
)
def test_commands_as_t0_carries_them(command: str, sent: str) -> None:
    assert pcsc.t0_command(bytes.fromhex(command)) == bytes.fromhex(sent)
