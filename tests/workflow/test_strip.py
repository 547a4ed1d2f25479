"""The strip below the window is true: a SAM that was pulled, a reader at work, an identity reader."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.devices.id_reader import IdReaderGone
from app.devices.ports import IdReader
from app.devices.sim.reader import SimulatedReader
from app.main import Options, open_desk
from app.workflow.desk import Desk
from app.workflow.devices import DeviceBoard
from app.workflow.views import DeviceRole, DeviceState, Mark, StepEvent


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(Options(data=tmp_path / "desk")) as opened:
        yield opened


def state(desk: Desk, role: DeviceRole) -> DeviceState:
    return next(state for state in desk.devices() if state.role is role)


def slot(desk: Desk) -> SimulatedReader:
    found = desk._parts.devices._sam_reader
    assert isinstance(found, SimulatedReader)
    return found


def told(desk: Desk, role: DeviceRole) -> tuple[Mark, str]:
    found = state(desk, role)
    return found.mark, found.word.text


def test_a_pulled_sam_is_not_ready_and_its_session_is_gone(desk: Desk) -> None:
    desk.begin_shift()
    assert told(desk, DeviceRole.SAM) == (Mark.GOOD, "Ready")
    sam = slot(desk).remove()
    assert told(desk, DeviceRole.SAM) == (Mark.ATTENTION, "No SAM in its slot")
    assert desk._parts.station.sam.identity is None
    assert sam is not None
    slot(desk).insert(sam)
    assert told(desk, DeviceRole.SAM) == (Mark.WAITING, "Locked")
    desk.begin_shift()
    assert told(desk, DeviceRole.SAM) == (Mark.GOOD, "Ready")


def test_a_sam_that_was_pulled_and_put_back_between_two_looks_is_locked(desk: Desk) -> None:
    desk.begin_shift()
    sam = slot(desk).remove()
    assert sam is not None
    slot(desk).insert(sam)
    assert told(desk, DeviceRole.SAM) == (Mark.WAITING, "Locked")


def test_a_sam_reader_that_went_away_says_so(desk: Desk) -> None:
    desk.begin_shift()
    slot(desk).unplug()
    mark, word = told(desk, DeviceRole.SAM)
    assert mark is Mark.ATTENTION
    assert "can not be reached" in word
    assert desk._parts.station.sam.identity is None


def test_devices_at_work_are_left_alone(desk: Desk) -> None:
    seen: list[list[DeviceState]] = []

    def look(_event: StepEvent) -> None:
        if not seen:
            # From another thread, as the window asks; it must come back while the card is being made.
            asking = threading.Thread(target=lambda: seen.append(desk.devices()))
            asking.start()
            asking.join(30)

    application = desk.enrol_from_reader(threading.Event())
    outcome = desk.issue(application, look, threading.Event())
    assert outcome.state.value == "verified"
    words = {state.role: (state.mark, state.word.text) for state in seen[0]}
    for role in (DeviceRole.CARD_READER, DeviceRole.SAM, DeviceRole.CARD_PRINTER):
        assert words[role] == (Mark.WORKING, "Working")
    assert words[DeviceRole.ID_READER] == (Mark.GOOD, "Ready")


def test_the_identity_reader_answers_and_takes_nobodys_turn(desk: Desk) -> None:
    before = desk.read_identity(threading.Event()).value("name").text
    assert [told(desk, DeviceRole.ID_READER) for _ in range(3)] == [(Mark.GOOD, "Ready")] * 3
    assert desk.read_identity(threading.Event()).value("name").text != before
    assert desk.devices()[0].role is DeviceRole.ID_READER
    assert DeviceRole.RECEIPT_PRINTER not in {state.role for state in desk.devices()}


def test_an_identity_reader_that_reads_is_working(desk: Desk) -> None:
    with desk._identity:
        assert told(desk, DeviceRole.ID_READER) == (Mark.WORKING, "Working")
        assert told(desk, DeviceRole.CARD_PRINTER) == (Mark.GOOD, "Ready")


def test_an_identity_reader_nobody_chose_or_that_is_gone(desk: Desk) -> None:
    board = desk._parts.devices

    def gone() -> IdReader:
        raise IdReaderGone(port="COM9")

    for probe, mark, word in (
        (None, Mark.WAITING, "Not chosen"),
        (gone, Mark.ATTENTION, "can not be reached"),
    ):
        parts = dataclasses.replace(
            desk._parts,
            devices=DeviceBoard(
                board._station, sam_reader=board._sam_reader, id_reader=probe, simulated=True
            ),
        )
        found = told(Desk(parts), DeviceRole.ID_READER)
        assert found[0] is mark
        assert word in found[1]
