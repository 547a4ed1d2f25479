"""The PC/SC service itself: not there, stopped, without readers, with chips that fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.devices.pcsc import (
    CardServiceMissing,
    ChipSilent,
    PcscReader,
    find_reader,
    list_readers,
)
from app.devices.ports import AnswerUnknown, CardRemoved, NoCardPresent, ReaderGone, ReaderRole
from tests.helpers.pcscd import Namespace, Service, TinyChip

pytestmark = pytest.mark.part("pcscd")

CARD = "Virtual PCD 00 00"
SAM = "Virtual PCD 00 01"
SELECT_MF = bytes.fromhex("00A40000023F00")
SOON_MS = 10_000
# The training card's, over a serial of eight 11
GOOD_ATR = "3B8C80011111111111111111" + "4B414E47" + "0E"


@pytest.fixture
def tiny(request: pytest.FixtureRequest, namespace: Namespace, service: Service) -> Iterator[PcscReader]:
    chip = TinyChip(namespace, request.param)
    yield PcscReader(CARD)
    chip.close()


@pytest.mark.parametrize("tiny", [GOOD_ATR], indirect=True)
def test_a_chip_that_loses_power_within_a_command_leaves_its_outcome_unknown(
    tiny: PcscReader, never: threading.Event
) -> None:
    assert tiny.wait_for_card(SOON_MS, never)
    line = tiny.connect()
    assert line.transmit(bytes.fromhex("00D6000001FF")) == bytes.fromhex("9000")
    # Whether the service has seen yet that the card is gone, it is never "failed" and never "not sent".
    with pytest.raises((AnswerUnknown, CardRemoved)):
        line.transmit(bytes.fromhex("00FE000001FF"))
    line.close()


@pytest.mark.parametrize("tiny", ["FFFFFFFF"], indirect=True)
def test_a_chip_without_a_usable_atr_is_said_to_be_silent(
    tiny: PcscReader, never: threading.Event
) -> None:
    assert tiny.wait_for_card(SOON_MS, never)
    with pytest.raises(ChipSilent):
        tiny.connect()


def test_an_empty_slot(service: Service, never: threading.Event) -> None:
    reader = PcscReader(CARD)
    with pytest.raises(NoCardPresent):
        reader.connect()
    assert not reader.wait_for_card(0, never)
    assert reader.wait_for_removal(0, never)


def test_readers_are_found_by_pattern(service: Service) -> None:
    assert find_reader(r"PCD.* 01$", ReaderRole.SAM).name == SAM
    with pytest.raises(ReaderGone):
        find_reader("Omnikey", ReaderRole.CARD)


def test_a_reader_that_is_not_there(service: Service, never: threading.Event) -> None:
    reader = PcscReader("No such reader 00 00")
    with pytest.raises(ReaderGone):
        reader.connect()
    with pytest.raises(ReaderGone):
        reader.wait_for_card(1000, never)


def test_no_reader_at_all_is_no_fault(namespace: Namespace, tmp_path: Path) -> None:
    running = Service(namespace, tmp_path, readers=False)
    try:
        assert list_readers() == []
    finally:
        running.close()


def test_no_service(namespace: Namespace, never: threading.Event) -> None:
    with pytest.raises(CardServiceMissing):
        list_readers()
    with pytest.raises(CardServiceMissing):
        PcscReader(CARD).connect()
    with pytest.raises(CardServiceMissing):
        PcscReader(CARD).wait_for_card(1000, never)


@pytest.mark.parametrize("tiny", [GOOD_ATR], indirect=True)
def test_a_service_that_stops_under_a_connection_and_comes_back(
    tiny: PcscReader,
    service: Service,
    namespace: Namespace,
    tmp_path: Path,
    never: threading.Event,
) -> None:
    assert tiny.wait_for_card(SOON_MS, never)
    line = tiny.connect()
    service.close()
    with pytest.raises(ReaderGone):
        line.transmit(SELECT_MF)
    with pytest.raises(CardServiceMissing):
        tiny.connect()
    again = Service(namespace, tmp_path)
    try:
        assert tiny.wait_for_card(SOON_MS, never)
        fresh = tiny.connect()
        assert fresh.transmit(SELECT_MF) == bytes.fromhex("9000")
        fresh.close()
        line.close()
    finally:
        again.close()
