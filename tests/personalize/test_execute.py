"""Carrying a plan out: whole, resumed, refused; the card as the simulator's own memory shows it."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from app.base.clock import ManualClock, SystemClock
from app.devices.ports import AnswerUnknown
from app.devices.sim.card import SimulatedCard
from app.devices.sim.faults import FaultMode, FaultPlan, FaultyReader
from app.domain.resident import Allergy
from app.personalize.commands import (
    CardBlocked,
    CardForeign,
    CardKeyLocked,
    CardKeyRefused,
    CardMemoryFault,
    CardNotGenuine,
    CardRefused,
    CardSwapped,
)
from app.personalize.execute import (
    ACTIVATE,
    ActivationRefused,
    CardContradictsJournal,
    CardNotBlank,
    CyclicFileStuck,
    Phase,
    Progress,
    ReadBackDiffers,
    StepEvent,
    Stopped,
    execute,
)
from app.personalize.verify import CardState, compare, read_card
from tests.helpers.making import FACTOR, Bench, MemoryLog, application, resident

PRODUCTS = ("KT-SECURED", "KT-STRICT", "KT-PLAIN", "KT-OPEN", "KT-3DES")


def verified(bench: Bench, number: int = 0) -> bool:
    sam = bench.sam()
    plan = bench.plan(
        application(resident(number), bench.profile), sam.issuer_certificate, bench.card.factor
    )
    return compare(plan, read_card(bench.session(sam), bench.profile)).verified


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("number", [0, 1, 9])
def test_a_card_is_made_and_verified(product: str, number: int) -> None:
    bench, log = Bench(product), MemoryLog()
    bench.write(application(resident(number), bench.profile), log)
    assert log.acts == (["bind", "activate", "activated"] if bench.product.locks else ["bind"])
    assert verified(bench, number)


def test_each_step_is_told_with_its_time() -> None:
    bench = Bench()
    events = bench.write(application(resident(), bench.profile))
    done = [event.step for event in events if event.phase is Phase.DONE]
    assert done[0] == "genuine"
    assert done[-1] == ACTIVATE
    assert len(done) == len(set(done)) == 16
    photo = [event for event in events if event.step == "DDF1/EF07" and event.phase is Phase.WRITING]
    assert [event.done for event in photo] == list(range(25))
    assert {event.total for event in photo} == {24}


def test_a_second_run_writes_nothing_and_finds_the_card_locked() -> None:
    bench, log = Bench(), MemoryLog()
    wanted = application(resident(), bench.profile)
    bench.write(wanted, log)
    before = bench.card.save()
    log.sealed = False  # as after a crash before the outcome was recorded
    events = bench.write(wanted, log)
    assert bench.card.save() == before
    assert not [event for event in events if event.phase is Phase.WRITING]


def test_a_card_with_somebodys_data_is_refused_untouched() -> None:
    bench = Bench()
    bench.write(application(resident(), bench.profile))
    before = bench.card.save()
    with pytest.raises(CardNotBlank) as refusal:
        bench.write(application(resident(3), bench.profile, 2))
    assert refusal.value.path == "DDF1/EF05"
    assert bench.card.save() == before


def test_a_card_with_a_hospitals_index_set_is_refused() -> None:
    with pytest.raises(CardNotBlank) as refusal:
        run_answering("00B2010401", "009000", log=MemoryLog(begun=True))
    assert refusal.value.path == "DF03/EF05"


def test_a_finished_card_of_an_open_product_is_never_rewritten() -> None:
    bench, log = Bench("KT-OPEN"), MemoryLog()
    bench.write(application(resident(), bench.profile), log)
    log.sealed = True
    before = bench.card.save()
    with pytest.raises(CardContradictsJournal):
        bench.write(application(resident(3), bench.profile, 2), log)
    assert bench.card.save() == before


def test_another_card_than_planned_gets_nothing() -> None:
    bench = Bench()
    other = bench.new_card(bytes(8))
    sam = bench.sam()
    plan = bench.plan(application(resident(), bench.profile), sam.issuer_certificate)
    session = bench.session(sam)
    before = other.save()
    bench.reader.swap(other)
    with pytest.raises(CardSwapped) as refusal:
        execute(plan, session, MemoryLog(), quiet())
    assert (refusal.value.expected, refusal.value.found) == (FACTOR.hex().upper(), "00" * 8)
    assert other.save() == before


def quiet() -> Progress:
    return Progress(ManualClock(), lambda _event: None, threading.Event())


def test_a_card_of_another_root_is_not_genuine() -> None:
    bench = Bench()
    bench.reader.remove()
    foreign = SimulatedCard(
        bench.product, bench.profile, FACTOR, bytes(16), "410100", bench.random, bench.clock
    )
    bench.reader.insert(foreign)
    before = foreign.save()
    with pytest.raises(CardNotGenuine):
        bench.write(application(resident(), bench.profile))
    assert foreign.save() == before


def test_stopping_between_steps_leaves_a_card_to_continue() -> None:
    bench, log = Bench(), MemoryLog()
    wanted = application(resident(), bench.profile)
    cancel = threading.Event()

    def stop_after_photo(event: StepEvent) -> None:
        if event.step == "DDF1/EF07":
            cancel.set()

    sam = bench.sam()
    plan = bench.plan(wanted, sam.issuer_certificate)
    with pytest.raises(Stopped) as stopped:
        execute(plan, bench.session(sam), log, Progress(SystemClock(), stop_after_photo, cancel))
    assert stopped.value.after == "DDF1/EF07"
    assert not verified(bench)
    bench.write(wanted, log)
    assert verified(bench)
    assert log.acts == ["bind", "activate", "activated"]


def test_stopping_before_anything() -> None:
    bench, cancel = Bench(), threading.Event()
    cancel.set()
    sam = bench.sam()
    plan = bench.plan(application(resident(), bench.profile), sam.issuer_certificate)
    with pytest.raises(Stopped):
        execute(plan, bench.session(sam), MemoryLog(), Progress(ManualClock(), lambda _e: None, cancel))


def test_a_blocked_card_says_so() -> None:
    bench = Bench()
    bench.card.state.blocked = True
    with pytest.raises(CardBlocked):
        bench.write(application(resident(), bench.profile))


class Answering:
    """A line that answers one command of a kind by itself and passes the others on."""

    def __init__(self, line: object, match: bytes, answer: bytes, after: int = 0) -> None:
        self._line, self._match, self._answer, self._left = line, match, answer, after

    def __getattr__(self, name: str) -> object:
        return getattr(self._line, name)

    def transmit(self, command: bytes) -> bytes:
        if command.startswith(self._match):
            if self._left == 0:
                return self._answer
            self._left -= 1
        return self._line.transmit(command)  # type: ignore[attr-defined, no-any-return]


def run_answering(match: str, answer: str, after: int = 0, log: MemoryLog | None = None) -> Bench:
    bench = Bench()
    sam = bench.sam()
    plan = bench.plan(application(resident(), bench.profile), sam.issuer_certificate)
    line = Answering(bench.reader.connect(), bytes.fromhex(match), bytes.fromhex(answer), after)
    execute(plan, bench.session(sam, line), log or MemoryLog(), quiet())  # type: ignore[arg-type]
    return bench


@pytest.mark.parametrize(
    ("match", "answer", "fault"),
    [
        ("00A4000002DDF1", "6A82", CardForeign),
        ("00A4000002DDF1", "9303", CardBlocked),
        ("0082", "63C2", CardKeyRefused),
        ("0082", "6983", CardKeyLocked),
        ("04DC", "6581", CardMemoryFault),
        ("04DC", "9000", ReadBackDiffers),
        ("8444", "6985", ActivationRefused),
    ],
)
def test_what_a_card_answers_becomes_one_clear_fault(match: str, answer: str, fault: type) -> None:
    with pytest.raises(fault):
        run_answering(match, answer)


def test_a_challenge_of_another_length_is_refused() -> None:
    with pytest.raises(CardRefused) as refusal:
        run_answering("0084", "0011223344559000")
    assert refusal.value.instruction == "GET CHALLENGE"


def test_a_torn_allergy_that_fills_no_file_can_not_be_pushed_out() -> None:
    bench = Bench()
    person = resident()
    one = dataclasses.replace(person.health, allergies=(Allergy("青霉素样例"),))
    wanted = application(dataclasses.replace(person, health=one), bench.profile)
    append(bench, b"\xff" * 120)
    with pytest.raises(CyclicFileStuck):
        bench.write(wanted, MemoryLog(begun=True))


def test_a_torn_allergy_is_pushed_out_by_a_full_file() -> None:
    bench = Bench()
    append(bench, b"\xff" * 120)
    bench.write(application(resident(), bench.profile), MemoryLog(begun=True))
    assert verified(bench)


def append(bench: Bench, record: bytes) -> None:
    session = bench.session(bench.sam())
    file = bench.profile.file("DF02/EF07")
    session.enter("DDF1")
    session.open(file)
    session.authorize(file.update_key)
    session.append_record(file, record)


def test_a_lost_answer_is_read_again_not_written_again() -> None:
    bench, log = Bench(), MemoryLog()
    wanted = application(resident(), bench.profile)
    sam = bench.sam()
    plan = bench.plan(wanted, sam.issuer_certificate)
    faulty = FaultyReader(bench.reader, FaultPlan(at_exchange=60, mode=FaultMode.ANSWER_LOST))
    with pytest.raises(AnswerUnknown):
        execute(plan, bench.session(sam, faulty.connect()), log, quiet())
    bench.write(wanted, log)
    assert verified(bench)


def test_reading_a_card_says_what_it_is() -> None:
    bench = Bench()
    assert read_card(bench.session(bench.sam()), bench.profile).state is CardState.BLANK
    cancel = threading.Event()
    sam = bench.sam()
    plan = bench.plan(application(resident(), bench.profile), sam.issuer_certificate)
    with pytest.raises(Stopped):
        execute(
            plan,
            bench.session(sam),
            MemoryLog(),
            Progress(ManualClock(), lambda event: cancel.set() if event.done > 3 else None, cancel),
        )
    assert read_card(bench.session(bench.sam()), bench.profile).state is CardState.PARTIAL
    bench.write(application(resident(), bench.profile), MemoryLog(begun=True))
    contents = read_card(bench.session(bench.sam()), bench.profile)
    assert contents.state is CardState.PERSONALIZED
    assert contents.values()["XM"] == resident().name
