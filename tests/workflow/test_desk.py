"""The desk as one object: what it says of its devices, its day, and whom it makes up."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.devices.ports import Side
from app.devices.sim.card_printer import PrintFault, SimulatedCardPrinter
from app.devices.sim.reader import SimulatedReader
from app.domain.masking import masked_number
from app.main import Options, open_desk
from app.workflow.desk import Desk
from app.workflow.devices import DeviceBoard
from app.workflow.enrol import Enrolment, TrainingOnly
from app.workflow.sam_desk import SamPinMissing
from app.workflow.views import DeskSummary, DeviceRole, IssueStep, Mark


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(Options(data=tmp_path / "desk")) as opened:
        yield opened


def made(desk: Desk) -> str:
    never = threading.Event()
    application = desk.enrol_from_reader(never)
    desk.issue(application, lambda _event: None, never)
    return application


def states(desk: Desk) -> dict[DeviceRole, tuple[Mark, str]]:
    return {state.role: (state.mark, state.word.text) for state in desk.devices()}


def test_its_day_is_counted(desk: Desk) -> None:
    assert desk.summary() == DeskSummary(0, 0, 0, 0)
    made(desk)
    waiting = desk.enrol_from_reader(threading.Event())
    assert desk.summary() == DeskSummary(1, 0, 1, 0)
    assert [row.word.text for row in desk.applications(None, 10)] == ["Made and verified", "To make"]
    assert desk.application(waiting).case_id is None


def test_devices_say_how_they_are(desk: Desk) -> None:
    assert states(desk) == {
        DeviceRole.ID_READER: (Mark.GOOD, "Ready"),
        DeviceRole.CARD_READER: (Mark.GOOD, "Ready"),
        DeviceRole.SAM: (Mark.WAITING, "Locked"),
        DeviceRole.CARD_PRINTER: (Mark.GOOD, "Ready"),
    }
    made(desk)
    assert states(desk)[DeviceRole.CARD_READER] == (Mark.GOOD, "A card lies there")
    assert states(desk)[DeviceRole.SAM] == (Mark.GOOD, "Ready")
    assert all(state.simulated for state in desk.devices())


def test_devices_that_fail_say_why(desk: Desk) -> None:
    station = desk._parts.station
    reader, printer = station.reader, station.printer
    assert isinstance(reader, SimulatedReader)
    assert isinstance(printer, SimulatedCardPrinter)
    reader.unplug()
    printer.arm(PrintFault.RIBBON_OUT, Side.FRONT)
    with pytest.raises(Exception, match="ribbon"):
        printer.print_face("a", Side.FRONT, b"%PDF-1.4")
    board = DeviceBoard(
        station, sam_reader=desk._parts.devices._sam_reader, id_reader=None, simulated=False
    )
    told = {state.role: state for state in board.states()}
    for role, word in (
        (DeviceRole.CARD_READER, "can not be reached"),
        (DeviceRole.CARD_PRINTER, "ribbon"),
    ):
        assert told[role].mark is Mark.ATTENTION
        assert word in told[role].word.text
        assert not told[role].simulated


def test_steps_are_forecast_from_this_desks_own_history(desk: Desk) -> None:
    first = desk.enrol_from_reader(threading.Event())
    assert {step.milliseconds for step in desk.expected_steps(first)} == {None}
    desk.issue(first, lambda _event: None, threading.Event())
    # What was noted travels with the next thing that is recorded.
    second = desk.enrol_from_reader(threading.Event())
    known = {step.step: step.milliseconds for step in desk.expected_steps(second)}
    assert known.pop(IssueStep.LAY_CARD) is None
    assert None not in known.values()


def test_faces_for_the_window(desk: Desk) -> None:
    faces = desk.faces(desk.enrol_from_reader(threading.Event()))
    assert faces.front_png.startswith(b"\x89PNG")
    assert faces.back_png.startswith(b"\x89PNG")
    assert faces.front_png != faces.back_png


def test_people_are_made_up_in_training_alone(desk: Desk) -> None:
    ports = dataclasses.replace(desk._parts.enrolment._ports, made_up=None)
    with pytest.raises(TrainingOnly):
        Enrolment(ports).made_up(0)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("41010219900307123X", "410102********123X"),
        ("E12345678", "*******78"),
        ("7", "7"),
        ("", ""),
    ],
)
def test_numbers_in_lists_are_masked(number: str, shown: str) -> None:
    assert masked_number(number) == shown


def test_a_sam_whose_pin_nobody_gives_stays_locked(desk: Desk) -> None:
    sam = dataclasses.replace(desk._parts.station.sam, pin=lambda: None)
    with pytest.raises(SamPinMissing):
        sam.session()
    assert sam.identity is None
