"""A card is torn at every exchange in five ways, on its own line and on the SAM's.

Afterwards it is verified, by the product and by the oracle, or recorded as spoiled with its reason; the
journal holds nothing open. ``make test`` takes a seeded sample of the indices, ``make prove`` every
index of a full person's card on KT-STRICT and a larger sample of the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from app.devices.ports import ReaderRole
from app.devices.sim.card import SimulatedCard
from app.devices.sim.clock import LineClock
from app.devices.sim.eeprom import Eeprom
from app.devices.sim.faults import FaultMode, FaultPlan
from app.domain.ports import CaseState
from app.personalize import execute
from app.personalize.sam import SamRefused
from app.personalize.verify import FieldCheck, Report
from app.workflow import issue
from app.workflow.read_card import read_any_card
from tests.helpers.harness import FaultDesk, Trial

Sample = Callable[[Sequence[Any], int], list[Any]]
Proof = Callable[[str, int], None]
Desks = Callable[[str], FaultDesk]

WAYS = (
    FaultMode.NOT_SENT,
    FaultMode.ANSWER_LOST,
    FaultMode.ANSWER_CUT,
    FaultMode.TORN,
    FaultMode.READER_GONE,
)
# Whole pages before the tear, and the look of the torn one (erased, half new, garbled).
TEARS = ((0, 0), (0, 1), (0, 2), (0, 3), (1, 4), (1, 5), (2, 6), (3, 7))
# INS of what writes EEPROM while a card is made: UPDATE RECORD, UPDATE BINARY, ACTIVATION.
_WRITES = frozenset((0xDC, 0xD6, 0x44))
# Never left to the sample, torn with their page not begun and done: locking, and adding to a list that
# does not fill its file, from which nothing is pushed out again.
_TURNING = {False: bytes.fromhex("8444"), True: bytes.fromhex("04DC0003")}
# How many cards a line and way: the strict product stands for what the host assumes.
CARDS = {"KT-STRICT": 9, "KT-SECURED": 2, "KT-PLAIN": 2, "KT-OPEN": 2, "KT-3DES": 2}


@dataclass(frozen=True)
class Strike:
    """Where one card is torn."""

    lean: bool
    at: int
    pages: int = 0
    seed: int = 0
    turning: bool = False


Strikes = Callable[[str, ReaderRole, FaultMode], list[Strike]]


@pytest.fixture(scope="module")
def strikes(desk_of: Desks) -> Strikes:
    """Every place where a card of a product can be torn in a way, learned from whole makings."""
    heard: dict[tuple[str, bool], dict[ReaderRole, list[bytes]]] = {}

    def given(product: str, role: ReaderRole, way: FaultMode) -> list[Strike]:
        found = []
        for lean in (False, True):
            if (product, lean) not in heard:
                heard[product, lean] = desk_of(product).count(lean)
            for at, header in enumerate(heard[product, lean][role], 1):
                # Only a command that writes can be torn in more than one way.
                many = way is FaultMode.TORN and role is ReaderRole.CARD and header[1] in _WRITES
                turning = header.startswith(_TURNING[lean])
                found += [
                    Strike(lean, at, *tear, turning=turning and tear in TEARS[:2])
                    for tear in (TEARS if many else TEARS[:1])
                ]
        return found

    return given


@pytest.mark.prove
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", list(ReaderRole))
@pytest.mark.parametrize("product", CARDS)
def test_a_torn_card_is_resumed(  # noqa: PLR0917 - parameters and fixtures
    product: str,
    role: ReaderRole,
    way: FaultMode,
    desk_of: Desks,
    strikes: Strikes,
    sample: Sample,
    record_proof: Proof,
    proving: bool,
) -> None:
    desk = desk_of(product)
    every = strikes(product, role, way)
    turning = [strike for strike in every if strike.turning]
    # What the issue names: every index of a full person's card on the product that a host assumes.
    if proving and product == "KT-STRICT":
        turning += [strike for strike in every if not strike.lean and not (strike.pages or strike.seed)]
    chosen: list[Strike] = [*dict.fromkeys([*sample(every, CARDS[product]), *turning])]
    for strike in chosen:
        plan = FaultPlan(strike.at, way, strike.pages, strike.seed)
        trial = desk.run(desk.next_trial(strike.lean), role, plan)
        assert trial.findings == [], (strike, str(trial))
        # One fault of a line costs no card: what it left is always resumable.
        assert trial.end is CaseState.VERIFIED, (strike, str(trial))
        assert trial.raised, strike
        assert trial.continued == 1, (strike, str(trial))
    record_proof(f"cards torn on the {role} line: {way}", len(chosen))


@pytest.mark.prove
def test_a_card_torn_again_while_it_is_continued_is_resumed_or_spoiled(
    desk_of: Desks,
    strikes: Strikes,
    sample: Sample,
    record_proof: Proof,
) -> None:
    desk = desk_of("KT-STRICT")
    first = [
        (role, way, strike)
        for role in ReaderRole
        for way in WAYS
        for strike in strikes("KT-STRICT", role, way)
    ]
    # Pairs are too many for a whole run: a thousand at most, drawn by the seed.
    chosen = sample(first, 10)
    if len(chosen) > 1000:
        chosen = chosen[:: len(chosen) // 1000]
    for number, (role, way, strike) in enumerate(chosen):
        trial = desk.next_trial(strike.lean)
        desk.lines[role].plan = FaultPlan(strike.at, way, strike.pages, strike.seed)
        desk.begin(trial)
        # Counted on from the first fault: somewhere in what continuing does.
        line = desk.lines[ReaderRole.CARD]
        line.plan = FaultPlan(line.exchanges + 1 + number * 37 % 300, FaultMode.TORN, number % 3, number)
        desk.settle(trial)
        assert desk.judge(trial) == [], (strike, str(trial))
        assert trial.end in (CaseState.VERIFIED, CaseState.SPOILED)
    record_proof("cards torn twice", len(chosen))


@pytest.mark.prove
@pytest.mark.parametrize("role", list(ReaderRole))
def test_a_card_whose_last_reading_is_torn_is_verified_by_the_next(
    role: ReaderRole, desk_of: Desks, sample: Sample, record_proof: Proof
) -> None:
    desk = desk_of("KT-STRICT")
    last = len(desk.count()[role])
    torn = desk.next_trial()
    desk.lines[role].plan = FaultPlan(last, FaultMode.ANSWER_LOST)
    desk.begin(torn)
    before = desk.lines[role].exchanges
    desk.tidy()
    desk.station.sam.forget()
    desk.verify(torn)
    assert (desk.case(torn).state, desk.judge(torn)) == (CaseState.VERIFIED, [])
    steps = range(1, desk.lines[role].exchanges - before + 1)
    chosen = [(step, way) for step in sample(steps, 3) for way in WAYS]
    for step, way in chosen:
        trial = desk.next_trial()
        line = desk.lines[role]
        line.plan = FaultPlan(last, FaultMode.ANSWER_LOST)
        desk.begin(trial)
        # The SAM's session is opened anew, so that its line has exchanges to tear as well.
        desk.station.sam.forget()
        line.plan = FaultPlan(line.exchanges + step, way)
        desk.tidy()
        desk.verify(trial)
        assert len(trial.raised) == 2, (step, way, str(trial))
        desk.tidy()
        desk.verify(trial)
        trial.findings += desk.judge(trial)
        assert (len(trial.raised), trial.findings) == (2, []), (step, way, str(trial))
    record_proof("last readings torn", len(chosen))


@pytest.mark.parametrize("at", [40, 300, 500])
def test_a_sam_that_lost_its_power_is_opened_anew_when_the_case_continues(
    at: int, desk_of: Desks
) -> None:
    desk = desk_of("KT-STRICT")
    trial = desk.next_trial()

    def cut(number: int, _command: bytes) -> None:
        # Under the open line, as another program's reset does: the SAM has forgotten the PIN.
        if number == at:
            desk.slot.swap(desk.sam_chip)

    desk.lines[ReaderRole.CARD].watch = cut
    desk.run(trial)
    assert [fault.code for fault in trial.raised] == ["sam.refused"], str(trial)
    assert (trial.end, trial.findings) == (CaseState.VERIFIED, []), str(trial)


def test_reading_a_card_after_the_sam_lost_its_power_works_at_the_second_attempt(desk_of: Desks) -> None:
    desk = desk_of("KT-STRICT")
    trial = desk.run(desk.next_trial())
    desk.tidy()
    desk.slot.swap(desk.sam_chip)
    with pytest.raises(SamRefused):
        read_any_card(desk.station, desk.profile, threading.Event())
    told = read_any_card(desk.station, desk.profile, threading.Event())
    assert told["fields"]["XM"] == trial.victim.values["XM"]


# Memory that forgets ----------------------------------------------------------------------------------


class ForgetfulEeprom(Eeprom):
    """Says yes to its n-th write and keeps nothing of it."""

    __slots__ = ("_left", "forgot")

    def __init__(self, memory: bytes, forget_write: int) -> None:
        super().__init__(memory, LineClock())
        self._left = forget_write
        self.forgot = False

    def write(self, offset: int, data: bytes) -> None:
        """Write, or silently do not."""
        self._left -= 1
        if self._left == 0 and self.read(offset, len(data)) != data:
            self.forgot = True
            return
        super().write(offset, data)


def with_forgetful_memory(card: SimulatedCard, forget_write: int) -> ForgetfulEeprom:
    """Give a blank card memory that forgets one write."""
    memory = ForgetfulEeprom(bytes(card.state.eeprom.memory), forget_write)
    card.state.eeprom = memory
    return memory


def forget(desk: FaultDesk, forget_write: int) -> tuple[Trial, bool]:
    """A card whose memory forgets a write; whether it did."""
    trial = desk.next_trial()
    memory = with_forgetful_memory(trial.card, forget_write)
    return desk.run(trial), memory.forgot


# Writes of a full card: 52 records, 13 cyclic ones and 24 blocks of the photo.
WRITES = 89


@pytest.mark.prove
def test_a_write_that_the_memory_forgot_is_read_back_and_repeated(
    desk_of: Desks, sample: Sample, record_proof: Proof
) -> None:
    chosen = sample(range(1, WRITES + 1), 4)
    forgot = 0
    for number in chosen:
        trial, happened = forget(desk_of("KT-STRICT"), number)
        assert trial.findings == [], (number, str(trial))
        if happened:
            forgot += 1
            assert trial.end is CaseState.VERIFIED, (number, str(trial))
            assert [fault.code for fault in trial.raised] == ["card.read-back-differs"], number
    assert forgot
    record_proof("writes that the memory forgot", forgot)


# Controls: what the harness must find -----------------------------------------------------------------


def nothing_compared(_run: object, _step: object, _there: object) -> None:
    """Stands in for the comparison after a file was read back."""


def test_control_without_the_read_back_a_wrong_card_is_locked(
    desk_of: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute._Run, "_compare", nothing_compared)
    # The ethnic group: activation does not ask for it, so nothing but reading back could notice.
    trial, forgot = forget(desk_of("KT-STRICT"), 13)
    assert forgot
    assert any(row.startswith("locked although DDF1/EF06") for row in trial.findings), str(trial)


def test_control_without_any_comparison_a_wrong_card_is_reported_as_issued(
    desk_of: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def all_equal(plan: Any, _contents: object) -> Report:
        return Report(plan.chip.serial, (FieldCheck("DDF1/EF05", "KLB", True),))

    monkeypatch.setattr(execute._Run, "_compare", nothing_compared)
    monkeypatch.setattr(issue, "compare", all_equal)
    trial, forgot = forget(desk_of("KT-STRICT"), 60)
    assert forgot
    assert trial.end is CaseState.VERIFIED
    assert any("due" in row for row in trial.findings), str(trial)
