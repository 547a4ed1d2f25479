"""The found old card blocked on its chip: recorded before, settled by the chip, never told again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.devices.channel import ApduChannel
from app.devices.ports import LinkFault, NoCardPresent, ReaderRole
from app.devices.sim.faults import FaultMode, FaultPlan, FaultyReader
from app.devices.sim.sam import SimulatedSam
from app.domain.audit import AuditKind
from app.domain.card import CardEventKind, CardState
from app.domain.lives import EventNotAllowed
from app.domain.staff import FreshSignInNeeded, NotByOneself, Presence
from app.personalize.block import SamCanNotBlock
from app.personalize.commands import CardSwapped
from app.personalize.execute import Stopped
from app.workflow.card_desk import CardDesk
from app.workflow.card_views import CardAct
from app.workflow.issue import CaseUnsettled
from app.workflow.views import Settlement
from tests.workflow.card_support import CLERK, SUPERVISOR, Counter

BLOCK = 0x16


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.close()


def dead(counter: Counter) -> str:
    """A card that was lost, replaced, and turned up again."""
    card = counter.lost(counter.handed(counter.made()))
    counter.reissued(card)
    return card


def blocked_on_chip(counter: Counter, card: str) -> bool:
    serial = counter.card(card).chip_serial
    assert serial is not None
    counter.bench.keep()
    return counter.bench.card(serial).state.blocked


def kinds(counter: Counter, card: str) -> list[CardEventKind]:
    events = counter.store.records.read(lambda unit: unit.cards.events(card))
    return [event.kind for event in events if event.state not in {"making", "ready"}]


def failing(counter: Counter, plan: FaultPlan) -> FaultyReader:
    """The card's line fails as planned."""
    reader = FaultyReader(counter.bench.reader, plan)
    station = replace(
        counter.station,
        reader=reader,  # type: ignore[arg-type]
        channel=lambda chosen: ApduChannel(chosen.connect(), ReaderRole.CARD),
    )
    counter.ports = replace(counter.ports, station=station)
    counter.desk = CardDesk(counter.ports)
    return reader


def whole_line(counter: Counter) -> None:
    counter.ports = replace(counter.ports, station=counter.station)
    counter.desk = CardDesk(counter.ports)


def at_block(counter: Counter, mode: FaultMode) -> FaultyReader:
    """A line that fails at CARD BLOCK itself and takes nothing more after it."""
    reader = failing(counter, FaultPlan(10_000, mode))
    told: list[int] = []

    def watch(number: int, command: bytes) -> None:
        if told:
            reader.plan, reader.struck = FaultPlan(number, FaultMode.NOT_SENT), False
        elif command[1] == BLOCK:
            told.append(number)
            reader.plan = FaultPlan(number, mode)

    reader.watch = watch
    return reader


# Whole ------------------------------------------------------------------------------------------------


def test_a_found_card_is_blocked_on_its_chip_and_taken_back(counter: Counter) -> None:
    card = dead(counter)
    done = counter.desk.block(card, threading.Event(), fresh=counter.fresh())
    assert done.state is CardState.BLOCKED
    assert blocked_on_chip(counter, card)
    assert kinds(counter, card)[-2:] == [CardEventKind.BEGIN_BLOCK, CardEventKind.BLOCK]
    rows = counter.audit(AuditKind.CARD)[-2:]
    assert [(row.before, row.after) for row in rows] == [("dead", "blocking"), ("blocking", "blocked")]
    again = counter.desk.block(card, threading.Event(), fresh=counter.fresh())
    assert (again.state, again.already) == (CardState.BLOCKED, True)
    assert counter.desk.recover(card).state is CardState.RECOVERED


def test_a_card_that_was_blocked_elsewhere_is_recorded_and_told_nothing(counter: Counter) -> None:
    card = dead(counter)
    serial = counter.card(card).chip_serial
    assert serial is not None
    counter.bench.lay(serial)
    chip = counter.bench.reader.chip
    chip.state.blocked = True  # type: ignore[union-attr]
    heard: list[int] = []
    reader = failing(counter, FaultPlan(10_000, FaultMode.TORN))
    reader.watch = lambda _number, command: heard.append(command[1])
    assert counter.desk.block(card, threading.Event(), fresh=counter.fresh()).state is CardState.BLOCKED
    assert BLOCK not in heard
    assert kinds(counter, card)[-1] is CardEventKind.BLOCK
    assert CardEventKind.BEGIN_BLOCK not in kinds(counter, card)


# Refused before the chip ------------------------------------------------------------------------------


def test_a_living_card_is_never_blocked(counter: Counter) -> None:
    card = counter.made()
    for prepare in (str, counter.handed, counter.lost):
        prepare(card)
        with pytest.raises(EventNotAllowed):
            counter.desk.block(card, threading.Event(), fresh=counter.fresh())
        with pytest.raises(EventNotAllowed):
            counter.desk.recover(card)
    assert not blocked_on_chip(counter, card)


def test_blocking_asks_for_the_password_once_more(counter: Counter) -> None:
    card = dead(counter)
    old = Presence(CLERK, "block-card", counter.clock.now_ms() - 121_000)
    for presence in (None, counter.fresh("hand-over"), old, Presence(SUPERVISOR, "block-card", 0)):
        with pytest.raises(FreshSignInNeeded):
            counter.desk.block(card, threading.Event(), fresh=presence)
    assert counter.refused() == ["staff.fresh-sign-in-needed"] * 4
    assert counter.state(card) is CardState.DEAD
    assert not blocked_on_chip(counter, card)


def test_nobody_blocks_their_own(counter: Counter) -> None:
    card = dead(counter)
    holder = counter.holder(card)
    token = counter.store.records.read(
        lambda unit: unit.applications.person_token(counter.place.realm, holder)
    )
    counter.session.begin(replace(CLERK, person_token=token))
    with pytest.raises(NotByOneself):
        counter.desk.block(card, threading.Event(), fresh=counter.fresh())


def test_a_sam_that_can_not_block_is_said_before_the_card_is_asked(counter: Counter) -> None:
    card = dead(counter)
    old = counter.bench.slot.chip
    assert isinstance(old, SimulatedSam)
    counter.store.sam.pin(replace(counter.station.sam.session().identity, kind=3))
    counter.station.sam.forget()
    counter.bench.slot.remove()
    counter.bench.slot.insert(
        SimulatedSam(
            old.state.product,
            3,
            counter.store.sam.pinned().number,  # type: ignore[union-attr]
            bytes.fromhex("5341000000000009"),
            counter.bench.root,
            "410100",
            pin="123456",
            random=counter.random,
        )
    )
    counter.station.sam.register.pin = lambda _identity: None  # type: ignore[method-assign]
    heard: list[int] = []
    reader = failing(counter, FaultPlan(10_000, FaultMode.TORN))
    reader.watch = lambda _number, command: heard.append(command[1])
    with pytest.raises(SamCanNotBlock):
        counter.desk.block(card, threading.Event(), fresh=counter.fresh())
    assert heard == []
    assert counter.state(card) is CardState.DEAD


def test_another_card_on_the_reader_is_left_alone(counter: Counter) -> None:
    card = dead(counter)
    other = counter.made(2)
    counter.bench.lay = lambda _serial: None  # type: ignore[method-assign]
    with pytest.raises(CardSwapped):
        counter.desk.block(card, threading.Event(), fresh=counter.fresh())
    assert counter.state(card) is CardState.DEAD
    assert not blocked_on_chip(counter, other)


def test_nobody_lays_the_card_or_the_clerk_stops(counter: Counter) -> None:
    card = dead(counter)
    counter.bench.reader.remove()
    counter.bench.lay = lambda _serial: None  # type: ignore[method-assign]
    with pytest.raises(NoCardPresent):
        counter.desk.block(card, threading.Event(), fresh=counter.fresh())
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        counter.desk.block(card, stop, fresh=counter.fresh())
    assert counter.state(card) is CardState.DEAD


def test_a_lost_answer_is_looked_up_on_the_chip_at_once(counter: Counter) -> None:
    card = dead(counter)
    reader = failing(counter, FaultPlan(10_000, FaultMode.ANSWER_LOST))
    told: list[int] = []

    def watch(number: int, command: bytes) -> None:
        if command[1] == BLOCK:
            told.append(number)
            reader.plan = FaultPlan(number, FaultMode.ANSWER_LOST)

    reader.watch = watch
    assert counter.desk.block(card, threading.Event(), fresh=counter.fresh()).state is CardState.BLOCKED
    assert len(told) == 1


# Interrupted ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("how", [Settlement.CONTINUE, Settlement.VERIFY])
def test_an_interrupted_blocking_is_settled_by_what_the_chip_says(
    counter: Counter, how: Settlement, taken: bool
) -> None:
    card = dead(counter)
    at_block(counter, FaultMode.ANSWER_LOST if taken else FaultMode.NOT_SENT)
    with pytest.raises(LinkFault):
        counter.desk.block(card, threading.Event(), fresh=counter.fresh())
    assert counter.state(card) is CardState.BLOCKING
    assert blocked_on_chip(counter, card) is taken
    counter.reopen()
    (row,) = counter.desk.open_blocks()
    assert row.id == card
    assert row.offers == (Settlement.CONTINUE, Settlement.VERIFY, Settlement.SPOIL)
    assert "*" in row.masked_number
    with pytest.raises(CaseUnsettled):
        counter.desk.require_settled()
    view = next(found for found in counter.desk.resident(card_id=card).cards if found.id == card)
    offered = {action.act for action in view.actions if action.possible}
    assert offered == {CardAct.BLOCK, CardAct.RECOVER}
    done = counter.desk.settle_block(card, how, threading.Event(), fresh=counter.fresh())
    wanted = CardState.BLOCKED if taken or how is Settlement.CONTINUE else CardState.DEAD
    assert done.state is counter.state(card) is wanted
    assert blocked_on_chip(counter, card) is (wanted is CardState.BLOCKED)
    assert counter.desk.open_blocks() == []
    counter.desk.require_settled()
    # Begun once, however often it was tried.
    assert kinds(counter, card).count(CardEventKind.BEGIN_BLOCK) == 1


def test_a_chip_that_never_answers_again_is_taken_back_as_it_is(counter: Counter) -> None:
    card = dead(counter)
    at_block(counter, FaultMode.ANSWER_LOST)
    with pytest.raises(LinkFault):
        counter.desk.block(card, threading.Event(), fresh=counter.fresh())
    done = counter.desk.settle_block(card, Settlement.SPOIL, threading.Event())
    assert done.state is CardState.RECOVERED
    assert counter.desk.open_blocks() == []


def test_a_blocking_that_was_not_begun_is_not_settled(counter: Counter) -> None:
    card = dead(counter)
    assert not counter.desk.is_open_block(card)
    with pytest.raises(EventNotAllowed):
        counter.desk.settle_block(card, Settlement.VERIFY, threading.Event())


def test_continuing_asks_for_the_password_like_the_first_time(counter: Counter) -> None:
    card = dead(counter)
    at_block(counter, FaultMode.NOT_SENT)
    with pytest.raises(LinkFault):
        counter.desk.block(card, threading.Event(), fresh=counter.fresh())
    whole_line(counter)
    with pytest.raises(FreshSignInNeeded):
        counter.desk.settle_block(card, Settlement.CONTINUE, threading.Event())
    assert counter.desk.is_open_block(card)


class Killed(BaseException):
    """The process ends here."""


def test_killed_at_every_durable_point_the_card_is_blocked_once_and_known(tmp_path: Path) -> None:
    points: list[str] = []
    counter = Counter(tmp_path / "whole")
    card = dead(counter)
    counter.heard = points.append
    counter.desk.block(card, threading.Event(), fresh=counter.fresh())
    counter.close()
    assert points == ["before begin-block", "after begin-block", "before block", "after block"]
    for point in points:
        counter = Counter(tmp_path / point.replace(" ", "-"))
        card = dead(counter)

        def die(heard: str, at: str = point) -> None:
            if heard == at:
                raise Killed

        counter.heard = die
        with pytest.raises(Killed):
            counter.desk.block(card, threading.Event(), fresh=counter.fresh())
        counter.heard = lambda _point: None
        # The chip keeps what it took, whatever the records know of it.
        counter.bench.keep()
        counter.reopen()
        told = counter.state(card)
        # No chip is blocked that the records call merely dead: that it would be told was recorded first.
        assert not (told is CardState.DEAD and blocked_on_chip(counter, card)), point
        if told is CardState.BLOCKING:
            assert [row.id for row in counter.desk.open_blocks()] == [card]
        done = counter.desk.block(card, threading.Event(), fresh=counter.fresh())
        assert done.state is CardState.BLOCKED
        assert blocked_on_chip(counter, card)
        assert kinds(counter, card).count(CardEventKind.BLOCK) == 1
        counter.close()


def test_control_a_blocking_that_was_not_recorded_before_would_be_found(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The harness above with the intent left out: the chip is blocked and the records do not know.
    card = dead(counter)
    monkeypatch.setattr("app.workflow.block_card.BlockCard._begin", lambda _self, _card, _passage: None)
    at_block(counter, FaultMode.ANSWER_LOST)
    with pytest.raises(LinkFault):
        counter.desk.block(card, threading.Event(), fresh=counter.fresh())
    assert counter.state(card) is CardState.DEAD
    assert blocked_on_chip(counter, card)
