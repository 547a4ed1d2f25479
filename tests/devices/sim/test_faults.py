"""Planned faults: each mode does to chip and line what it says, at the exchange it names."""

from __future__ import annotations

import pytest

from app.devices.ports import AnswerUnknown, CommandNotSent, ReaderGone
from app.devices.sim.faults import FaultMode, FaultPlan, FaultyReader
from app.devices.sim.reader import SimulatedReader
from tests.helpers.chips import make_card, make_sam

SELECT_DDF1 = bytes.fromhex("00A4000002DDF1")
SELECT_EF07 = bytes.fromhex("00A4000002EF07")
WRONG_PIN = bytes.fromhex("0020000003111111")
TRIES = bytes.fromhex("0020000000")


def faulty(plan: FaultPlan | None) -> FaultyReader:
    reader = SimulatedReader("slot")
    reader.insert(make_card())
    return FaultyReader(reader, plan)


def test_without_a_plan_it_only_counts() -> None:
    seen: list[tuple[int, bytes]] = []
    reader = faulty(None)
    reader.watch = lambda number, command: seen.append((number, command))
    first = reader.connect()
    first.transmit(SELECT_DDF1)
    first.close()
    second = reader.connect()
    second.transmit(SELECT_DDF1)
    assert seen == [(1, SELECT_DDF1), (2, SELECT_DDF1)]
    assert reader.exchanges == 2
    assert not reader.struck


@pytest.mark.parametrize("at", [1, 2, 3])
def test_it_strikes_once_and_at_its_exchange(at: int) -> None:
    reader = faulty(FaultPlan(at, FaultMode.NOT_SENT))
    line = reader.connect()
    outcomes = []
    for _ in range(4):
        try:
            outcomes.append(line.transmit(SELECT_DDF1))
        except CommandNotSent:
            outcomes.append(b"")
    assert [number for number, given in enumerate(outcomes, 1) if not given] == [at]
    assert reader.struck


@pytest.mark.parametrize(
    ("mode", "carried_out", "goes_on"),
    [
        (FaultMode.NOT_SENT, False, True),
        (FaultMode.ANSWER_LOST, True, False),
        (FaultMode.ANSWER_CUT, True, True),
        (FaultMode.READER_GONE, False, False),
    ],
)
def test_what_each_mode_does_to_chip_and_line(mode: FaultMode, carried_out: bool, goes_on: bool) -> None:
    """A wrong PIN shows afterwards whether the SAM carried the command out."""
    slot = SimulatedReader("sam")
    slot.insert(make_sam())
    reader = FaultyReader(slot, FaultPlan(1, mode))
    line = reader.connect()
    expected = {FaultMode.NOT_SENT: CommandNotSent, FaultMode.READER_GONE: ReaderGone}
    with pytest.raises(expected.get(mode, AnswerUnknown)):
        line.transmit(WRONG_PIN)
    if goes_on:
        assert line.transmit(TRIES) == (b"\x63\xc9" if carried_out else b"\x63\xca")
    else:
        with pytest.raises((CommandNotSent, ReaderGone)):
            line.transmit(TRIES)
    slot.plug_in()
    assert reader.connect().transmit(TRIES) == (b"\x63\xc9" if carried_out else b"\x63\xca")


@pytest.mark.parametrize("pages", [0, 1, 2])
def test_a_tear_strikes_within_the_page_it_names(pages: int) -> None:
    reader = faulty(FaultPlan(3, FaultMode.TORN, pages=pages, seed=1))
    line = reader.connect()
    line.transmit(SELECT_DDF1)
    line.transmit(SELECT_EF07)
    card = reader.reader.chip
    assert card is not None
    card.state.rights.add(0x05)  # type: ignore[attr-defined]
    with pytest.raises(AnswerUnknown):
        line.transmit(bytes.fromhex("00D6000080") + b"\x5a" * 128)
    with pytest.raises(CommandNotSent):
        line.transmit(SELECT_DDF1)
    assert reader.struck
    line.reset()
    line.transmit(SELECT_DDF1)
    line.transmit(SELECT_EF07)
    card.state.rights.add(0x04)  # type: ignore[attr-defined]
    read = line.transmit(bytes.fromhex("00B0000080"))[:-2]
    assert read[: pages * 64] == b"\x5a" * pages * 64
    assert (read == b"\x5a" * 128) is (pages == 2)


def test_a_swap_strikes_before_its_exchange() -> None:
    other = make_card(factor=bytes.fromhex("FFEEDDCCBBAA9988"))
    reader = faulty(FaultPlan(2, FaultMode.SWAPPED, chip=other))
    line = reader.connect()
    line.transmit(SELECT_DDF1)
    assert line.transmit(bytes.fromhex("00A4000002EF05")) == b"\x6a\x82"
    assert line.atr == other.atr


def test_a_plan_is_whole() -> None:
    with pytest.raises(ValueError, match="first exchange"):
        FaultPlan(0, FaultMode.NOT_SENT)
    with pytest.raises(ValueError, match="other chip"):
        FaultPlan(1, FaultMode.SWAPPED)
    with pytest.raises(ValueError, match="other chip"):
        FaultPlan(1, FaultMode.TORN, chip=make_card())
