"""The real reader against the simulated one: every good way, and one clear fault for every bad one."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable

import pytest

from app.base.clock import ManualClock
from app.devices import id_frame
from app.devices.id_frame import FAULTS, IdFrameDamaged, IdNoCard, IdReadFailed, IdUndocumentedAnswer
from app.devices.id_reader import (
    IdReaderGone,
    IdReaderSilent,
    IdReadingCancelled,
    SamvReader,
    open_serial,
)
from app.devices.id_text import IdKindUnknown, decode_text, encode_text
from app.devices.ports import IdentityText
from app.devices.sim import id_reader as sim
from app.devices.sim.id_reader import IdFault, SimulatedDocument, SimulatedIdReader, SimulatedIdStream
from tests.helpers.frames import FIRST, SECOND, document

NUMBER = "05.01-20260101-0000000001-0000000001"


class Bench:
    """A reader on a line in memory, on a clock that moves when somebody waits."""

    def __init__(self, device: SimulatedIdReader, on_wait: Callable[[], None] | None = None) -> None:
        self.device = device
        self.clock = ManualClock()
        self.on_wait = on_wait
        self.stream = SimulatedIdStream(device, self.wait)
        self.reader = SamvReader(self.stream, self.clock, "sim0")
        self.cancel = threading.Event()

    def wait(self, ms: int) -> None:
        self.clock.advance(ms)
        if self.on_wait is not None:
            self.on_wait()

    def read(self, timeout_ms: int = 2000) -> IdentityText:
        return self.reader.read(timeout_ms, self.cancel).text

    @property
    def waited_ms(self) -> int:
        return self.clock.monotonic_ns() // 1_000_000


def bench(*documents: SimulatedDocument, split: bool = False) -> Bench:
    return Bench(SimulatedIdReader(documents, split=split))


def test_a_document_is_found_selected_and_read() -> None:
    here = bench(document(FIRST))
    reading = here.reader.read(1000, here.cancel)
    assert reading.text == FIRST
    assert reading.photo_wlt == document(FIRST).photo
    assert reading.module_number == NUMBER
    assert here.device.requests == [sim.NUMBER, sim.FIND, sim.SELECT, sim.READ]
    assert here.waited_ms == 0
    assert here.reader.name == "sim0"
    assert FIRST.name not in repr(reading) + repr(reading.text)


def test_status_and_number_are_the_self_check() -> None:
    here = bench()
    here.reader.check()
    assert here.reader.module_number() == NUMBER
    assert len(here.reader.module_bytes()) == 16


def test_the_number_is_asked_for_once_a_reader() -> None:
    here = bench(document(FIRST), document(SECOND))
    assert [here.read().number, here.read().number] == [FIRST.number, SECOND.number]
    assert here.device.requests.count(sim.NUMBER) == 1


@pytest.mark.parametrize("fault", [IdFault.CHECKSUM, IdFault.REFUSED, IdFault.SILENT])
def test_the_number_is_asked_for_three_times(fault: IdFault) -> None:
    here = bench()
    here.device.arm(fault, on=sim.NUMBER, times=2)
    assert here.reader.module_number() == NUMBER
    assert here.device.requests == [sim.NUMBER] * 3


def test_and_not_a_fourth_time() -> None:
    here = bench()
    here.device.arm(IdFault.REFUSED, on=sim.NUMBER, times=None, sw3=0x24)
    with pytest.raises(FAULTS[0x24]):
        here.reader.module_number()
    assert here.device.requests == [sim.NUMBER] * 3


@pytest.mark.parametrize(
    "fault", [IdFault.CUT, IdFault.CHECKSUM, IdFault.GARBAGE, IdFault.STALE, IdFault.DOUBLED]
)
@pytest.mark.parametrize("command", [sim.NUMBER, sim.FIND, sim.SELECT, sim.READ])
@pytest.mark.parametrize("split", [False, True], ids=["whole", "byte by byte"])
def test_what_passes_is_overcome(fault: IdFault, command: bytes, split: bool) -> None:
    here = bench(document(FIRST), split=split)
    here.device.arm(fault, on=command)
    assert here.read() == FIRST


@pytest.mark.parametrize("command", [sim.NUMBER, sim.FIND, sim.SELECT, sim.READ])
@pytest.mark.parametrize("fault", [IdFault.CUT, IdFault.CHECKSUM])
def test_lasting_damage_is_one_clear_fault(command: bytes, fault: IdFault) -> None:
    here = bench(document(FIRST))
    here.device.arm(fault, on=command, times=None)
    with pytest.raises(IdFrameDamaged):
        here.read()


@pytest.mark.parametrize("command", [sim.STATUS, sim.FIND, sim.SELECT, sim.READ])
def test_a_silent_reader_is_said_to_be_silent(command: bytes) -> None:
    here = bench(document(FIRST))
    here.device.arm(IdFault.SILENT, on=command, times=None)
    with pytest.raises(IdReaderSilent):
        here.reader.check() if command == sim.STATUS else here.read()
    # A read may take the module a while; everything else answers at once or not at all.
    assert here.waited_ms == (6000 if command == sim.READ else 1500)


def test_a_reader_that_stops_within_a_frame_and_stays_silent() -> None:
    here = bench(document(FIRST))
    here.device.arm(IdFault.CUT, on=sim.READ)
    here.on_wait = lambda: here.device.arm(IdFault.SILENT, times=None)
    with pytest.raises(IdReaderSilent):
        here.read()


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one() -> None:
    here = bench(document(FIRST))
    here.device.arm(IdFault.LATE, on=sim.STATUS)
    with pytest.raises(IdReaderSilent):
        here.reader.check()
    assert here.read() == FIRST


def test_what_lay_on_the_line_before_is_thrown_away() -> None:
    here = bench(document(FIRST))
    here.reader.module_number()
    here.stream.inject(id_frame.answer_frame(0x80))
    here.stream.inject(id_frame.answer_frame(0x9F, bytes(4))[:8])
    assert here.read() == FIRST
    assert here.waited_ms == 0


@pytest.mark.parametrize("command", [sim.FIND, sim.SELECT, sim.READ])
@pytest.mark.parametrize("sw3", sorted(FAULTS))
def test_every_sw3_becomes_its_own_fault(command: bytes, sw3: int) -> None:
    here = bench(document(FIRST))
    here.device.arm(IdFault.REFUSED, on=command, times=None, sw3=sw3)
    if command == sim.FIND and sw3 == 0x80:  # nobody was found, so the document is read unfound
        here.device.arm(IdFault.REFUSED, on=sim.READ, times=None, sw3=sw3)
    with pytest.raises(FAULTS[sw3]):
        here.read()


def test_an_undocumented_sw3_is_shown() -> None:
    here = bench(document(FIRST))
    here.device.arm(IdFault.REFUSED, on=sim.READ, sw3=0xE7)
    with pytest.raises(IdUndocumentedAnswer) as caught:
        here.read()
    assert caught.value.sw3 == "E7"


def test_an_empty_reader_is_waited_for_and_then_said_to_be_empty() -> None:
    here = bench()
    with pytest.raises(IdNoCard):
        here.read(timeout_ms=2000)
    assert 2000 <= here.waited_ms < 2400


def test_a_document_that_is_laid_while_waiting_is_read() -> None:
    here = bench()
    here.on_wait = lambda: here.device.lay(document(FIRST)) if here.waited_ms >= 900 else None
    assert here.read(timeout_ms=5000) == FIRST
    assert here.waited_ms < 1500


def test_find_may_be_blind_and_reading_still_work() -> None:
    here = bench(document(FIRST))
    here.device.find_is_blind = True
    assert here.read() == FIRST
    assert here.device.requests[-2:] == [sim.FIND, sim.READ]


def test_a_document_left_lying_is_not_read_for_the_next_resident() -> None:
    here = bench(document(FIRST))
    assert here.read() == FIRST
    with pytest.raises(IdNoCard):
        here.read()
    assert here.device.document is not None


def test_lifted_and_laid_back_it_is_read_again_even_by_a_blind_find() -> None:
    here = bench(document(FIRST))
    here.device.find_is_blind = True
    assert here.read() == FIRST
    here.device.lift()
    with pytest.raises(IdNoCard):
        here.read()
    here.device.lay(document(FIRST))
    assert here.read() == FIRST


def test_lifted_between_select_and_read() -> None:
    here = bench(document(FIRST))
    here.device.arm(IdFault.LIFTED, on=sim.SELECT)
    with pytest.raises(IdReadFailed):
        here.read(timeout_ms=1000)


def test_lifted_and_laid_back_in_time_is_no_fault() -> None:
    here = bench(document(FIRST))
    here.device.arm(IdFault.LIFTED, on=sim.SELECT)
    here.on_wait = lambda: here.device.lay(document(FIRST)) if here.device.document is None else None
    assert here.read() == FIRST


def test_three_failed_readings_end_it() -> None:
    here = bench(document(FIRST))
    here.device.arm(IdFault.REFUSED, on=sim.READ, times=None, sw3=0x41)
    with pytest.raises(IdReadFailed):
        here.read(timeout_ms=60_000)
    assert here.device.requests.count(sim.READ) == 3


@pytest.mark.parametrize("command", [sim.NUMBER, sim.FIND, sim.READ])
def test_a_line_that_breaks_is_named(command: bytes) -> None:
    here = bench(document(FIRST))
    here.device.arm(IdFault.GONE, on=command)
    with pytest.raises(IdReaderGone) as caught:
        here.read()
    assert caught.value.port == "sim0"
    with pytest.raises(IdReaderGone):
        here.reader.check()


def test_a_line_that_breaks_while_waiting_is_named() -> None:
    here = bench()

    def breaks() -> None:
        here.device.arm(IdFault.GONE)

    here.on_wait = breaks
    with pytest.raises(IdReaderGone):
        here.read()


def test_cancelling_ends_the_wait() -> None:
    here = bench()
    here.on_wait = here.cancel.set
    with pytest.raises(IdReadingCancelled):
        here.read(timeout_ms=60_000)
    assert here.waited_ms <= 200


def test_a_line_that_never_stops_talking_does_not_hold_the_desk() -> None:
    class Noise(SimulatedIdStream):
        def read(self, max_bytes: int, timeout_ms: int) -> bytes:
            clock.advance(1)
            return b"\x55"

    clock = ManualClock()
    reader = SamvReader(Noise(SimulatedIdReader()), clock, "noise")
    with pytest.raises(IdReaderSilent):
        reader.check()


def test_a_kind_that_nobody_knows_is_refused() -> None:
    raw = encode_text(FIRST)
    here = bench(SimulatedDocument(raw[:248] + b"Q\x00" + raw[250:]))
    with pytest.raises(IdKindUnknown):
        here.read()


def test_the_latest_address_where_there_is_one() -> None:
    here = bench(dataclasses.replace(document(FIRST), latest_address="样例县新址1号"))
    here.read()
    assert here.reader.latest_address() == "样例县新址1号"


def test_no_latest_address_is_no_fault() -> None:
    here = bench(document(FIRST))
    here.read()
    assert here.reader.latest_address() is None


def test_closing_twice_is_harmless() -> None:
    here = bench()
    here.reader.close()
    here.reader.close()
    assert here.stream.closed == 2


def test_a_port_that_does_not_open_is_named() -> None:
    with pytest.raises(IdReaderGone) as caught:
        open_serial("no-such-port")
    assert caught.value.port == "no-such-port"


class TestTheSimulatedReader:
    """What the host never sends, sent by hand."""

    def ask(self, raw: str, device: SimulatedIdReader | None = None) -> str:
        return b"".join((device or SimulatedIdReader()).receive(bytes.fromhex(raw))).hex()

    def test_wrong_checksum_length_and_command_are_refused(self) -> None:
        assert self.ask("aaaaaa96690003200123") == "aaaaaa96690004000010" + "14"
        assert self.ask("aaaaaa966900022022") == "aaaaaa96690004000011" + "15"
        assert self.ask("aaaaaa96690003770175") == "aaaaaa96690004000021" + "25"

    def test_requests_may_come_in_pieces_and_behind_noise(self) -> None:
        device = SimulatedIdReader()
        assert self.ask("0102aaaaaa", device) == ""
        assert self.ask("9669", device) == ""
        assert self.ask("0003200122", device) == "aaaaaa9669000400008084"

    def test_select_and_read_want_their_order(self) -> None:
        device = SimulatedIdReader([document(FIRST)])
        assert self.ask("aaaaaa96690003200221", device).endswith("8185")
        assert self.ask("aaaaaa96690003300132", device).endswith("4145")
        assert self.ask("aaaaaa96690003300330", device).endswith("4145")

    def test_reset_and_fingerprint(self) -> None:
        device = SimulatedIdReader([dataclasses.replace(document(FIRST), fingerprint=bytes(1024))])
        assert self.ask("aaaaaa9669000310ffec", device).endswith("009094")
        for command in ("aaaaaa96690003200122", "aaaaaa96690003200221"):
            self.ask(command, device)
        raw = device.receive(bytes.fromhex("aaaaaa96690003301023"))[0]
        assert len(raw) == 2321

    def test_documents_go_around(self) -> None:
        here = Bench(SimulatedIdReader([document(FIRST), document(SECOND)], around=True))
        assert [here.read().name for _ in range(3)] == [FIRST.name, SECOND.name, FIRST.name]

    def test_its_texts_are_the_hosts(self) -> None:
        assert decode_text(document(SECOND).text) == (SECOND, [])
