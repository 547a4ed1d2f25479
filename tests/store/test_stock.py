"""Blank cards in the store: listed, found, bound, used, spoiled, given back; every one accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import IntegrityError

from app.domain.application import Realm
from app.domain.audit import AuditKind
from app.domain.lives import load_life
from app.domain.records import Unit
from app.domain.stock import (
    BlankEvent,
    BlankHere,
    BlankNotOnHand,
    BlankState,
    NoSuchBlank,
    StockCounts,
)
from app.domain.till import CardCounts
from app.store.stock import StockRows
from tests.store.till_support import CLERK, TillDeskStore, serials

TRAINING = Realm.TRAINING


@pytest.fixture
def desk(folder: Path) -> Iterator[TillDeskStore]:
    opened = TillDeskStore(folder)
    yield opened
    opened.close()


def take_in(desk: TillDeskStore, listed: list[str], box: str = "K-1") -> int:
    return desk.durable(lambda unit: unit.stock.take_in(TRAINING, box, listed))


def counts(desk: TillDeskStore) -> StockCounts:
    return desk.read(lambda unit: unit.stock.counts(TRAINING))


def state(desk: TillDeskStore, serial: str) -> BlankState:
    blank = desk.read(lambda unit: unit.stock.blank(TRAINING, serial))
    assert blank is not None
    return blank.state


def cards(desk: TillDeskStore) -> CardCounts:
    shift = desk.read(lambda unit: unit.till.shift())
    assert shift is not None
    return desk.read(lambda unit: unit.till.state(shift)).cards


def events(desk: TillDeskStore, serial: str) -> list[str]:
    table = desk.store._work.tables.blank_event
    rows = table.select(table.c.event).where(table.c.serial == serial).order_by(table.c.turn)
    return [str(row[0]) for row in rows.tuples()]


def test_a_list_is_taken_in_whole_or_not_at_all(desk: TillDeskStore) -> None:
    assert take_in(desk, serials(3)) == 3
    assert counts(desk) == StockCounts(3, 0, 0, 0, 0, 0, 0)
    with pytest.raises(BlankHere) as caught:
        take_in(desk, serials(4, first=2))
    assert caught.value.serials == (serials(1, first=2)[0],)
    assert counts(desk).on_hand == 3
    assert desk.read(lambda unit: unit.stock.here(TRAINING, serials(5))) == serials(3)


def test_a_long_list_goes_in_one_piece(desk: TillDeskStore) -> None:
    assert take_in(desk, serials(1200)) == 1200
    page = desk.read(lambda unit: unit.stock.in_state(TRAINING, BlankState.ON_HAND))
    assert [blank.serial for blank in page] == serials(100)
    after = desk.read(lambda unit: unit.stock.in_state(TRAINING, BlankState.ON_HAND, page[-1].serial, 2))
    assert [blank.serial for blank in after] == serials(2, first=100)


def test_a_card_goes_from_the_box_to_its_person(desk: TillDeskStore) -> None:
    [serial] = serials(1)
    take_in(desk, [serial])
    desk.open_shift()
    assert cards(desk).opening == 1
    case = desk.bind(desk.apply(1), serial)
    assert state(desk, serial) is BlankState.BOUND
    assert (cards(desk).bound, cards(desk).on_hand) == (1, 0)
    desk.finish(case)
    blank = desk.read(lambda unit: unit.stock.blank(TRAINING, serial))
    assert blank is not None
    assert (blank.state, blank.case_id, blank.box, blank.listed) == (
        BlankState.ISSUED,
        case,
        "K-1",
        True,
    )
    assert cards(desk) == CardCounts(opening=1, received=0, issued=1, spoiled=0, returned=0)
    assert events(desk, serial) == ["take-in", "bind", "issue"]


def test_a_spoiled_making_spoils_its_card(desk: TillDeskStore) -> None:
    [serial] = serials(1)
    take_in(desk, [serial])
    desk.open_shift()
    desk.store.journal.spoil(desk.bind(desk.apply(1), serial), "desk-error")
    assert state(desk, serial) is BlankState.SPOILED
    assert cards(desk) == CardCounts(opening=1, received=0, issued=0, spoiled=1, returned=0)


def test_a_case_without_a_card_spoils_none(desk: TillDeskStore) -> None:
    take_in(desk, serials(1))
    case = desk.store.journal.open_case(desk.apply(1))
    desk.store.journal.spoil(case.id, "desk-error")
    assert counts(desk).on_hand == 1


def test_binding_the_same_chip_again_takes_no_second_card(desk: TillDeskStore) -> None:
    [serial] = serials(1)
    desk.open_shift()
    case = desk.bind(desk.apply(1), serial)
    desk.store.journal.bind_chip(case, serial, serial, "kt-strict", "ab" * 32)
    assert events(desk, serial) == ["found", "bind"]
    assert cards(desk).received == 1


def test_a_card_that_no_list_brought_is_found_and_may_be_listed_later(desk: TillDeskStore) -> None:
    desk.open_shift()
    [serial, fresh] = serials(2)
    case = desk.bind(desk.apply(1), serial)
    assert counts(desk) == StockCounts(0, 1, 0, 0, 0, 0, 1)
    assert (cards(desk).received, cards(desk).on_hand) == (1, 0)
    assert take_in(desk, [serial, fresh]) == 1
    assert counts(desk) == StockCounts(1, 1, 0, 0, 0, 0, 0)
    assert cards(desk).received == 2
    desk.finish(case)
    assert events(desk, serial) == ["found", "bind", "list", "issue"]
    with pytest.raises(BlankHere):
        take_in(desk, [serial])


def test_a_spoiled_or_returned_blank_is_no_blank_any_more(desk: TillDeskStore) -> None:
    bad, back, good = serials(3)
    take_in(desk, [bad, back, good])
    desk.open_shift()
    spoiled = desk.durable(lambda unit: unit.stock.spoil(TRAINING, bad, "bent"))
    assert (spoiled.state, spoiled.reason) == (BlankState.SPOILED, "bent")
    assert desk.durable(lambda unit: unit.stock.give_back(TRAINING, [back], "too-many")) == 1
    frozen = desk.apply(1)
    case = desk.store.journal.open_case(frozen)
    for serial, word in ((bad, "spoiled"), (back, "returned")):
        with pytest.raises(BlankNotOnHand) as caught:
            desk.store.journal.bind_chip(case.id, serial, serial, "kt-strict", "ab" * 32)
        assert (caught.value.serial, caught.value.blank_state) == (serial, word)
        with pytest.raises(BlankNotOnHand):
            desk.durable(lambda unit, a=serial: unit.stock.spoil(TRAINING, a, "bent"))
    assert desk.store.journal.case(case.id).chip_serial is None
    with pytest.raises(NoSuchBlank):
        desk.durable(lambda unit: unit.stock.spoil(TRAINING, "FF" * 8, "bent"))
    assert cards(desk) == CardCounts(opening=3, received=0, issued=0, spoiled=1, returned=1)
    assert cards(desk).on_hand == counts(desk).on_hand == 1


def test_what_was_given_back_may_come_again(desk: TillDeskStore) -> None:
    [serial] = serials(1)
    take_in(desk, [serial])
    desk.open_shift()
    desk.durable(lambda unit: unit.stock.give_back(TRAINING, [serial], "too-many"))
    assert take_in(desk, [serial], "K-2") == 1
    blank = desk.read(lambda unit: unit.stock.blank(TRAINING, serial))
    assert blank is not None
    assert (blank.box, blank.state) == ("K-2", BlankState.ON_HAND)
    assert cards(desk) == CardCounts(opening=1, received=1, issued=0, spoiled=0, returned=1)


def test_giving_back_is_all_or_none(desk: TillDeskStore) -> None:
    take_in(desk, serials(2))
    with pytest.raises(NoSuchBlank):
        desk.durable(lambda unit: unit.stock.give_back(TRAINING, [*serials(2), "FF" * 8], "too-many"))
    assert counts(desk).on_hand == 2


def test_each_shift_counts_its_own_cards(desk: TillDeskStore) -> None:
    take_in(desk, serials(3))
    desk.open_shift(0)
    desk.finish(desk.bind(desk.apply(1), serials(1)[0]))
    shift = desk.read(lambda unit: unit.till.shift())
    assert shift is not None
    closing = desk.durable(lambda unit: unit.till.close(shift, 0, 2))
    assert closing.balanced
    take_in(desk, serials(1, first=9))  # between two shifts: the next one finds it there
    desk.open_shift(0)
    assert cards(desk) == CardCounts(opening=3, received=0, issued=0, spoiled=0, returned=0)
    desk.finish(desk.bind(desk.apply(2), serials(1, first=9)[0]))
    assert (cards(desk).issued, cards(desk).on_hand) == (1, 2)
    assert desk.read(lambda unit: unit.till.state(shift)).cards == closing.state.cards


def test_test_cards_touch_no_stock(desk: TillDeskStore) -> None:
    test, live = serials(2)
    case = desk.store.journal.open_case(desk.apply(1)).id

    def bind(realm: Realm, serial: str) -> None:
        def act(unit: Unit) -> None:
            assert isinstance(unit.stock, StockRows)
            unit.stock.bind(realm, serial, case)

        desk.durable(act)

    bind(Realm.TEST, test)
    assert desk.read(lambda unit: unit.stock.blank(Realm.TEST, test)) is None
    bind(TRAINING, live)  # the control
    assert state(desk, live) is BlankState.BOUND


def test_the_database_itself_keeps_one_card_a_serial_and_one_a_case(desk: TillDeskStore) -> None:
    one, two = serials(2)
    case = desk.bind(desk.apply(1), one)
    take_in(desk, [two])
    table = desk.store._work.tables.blank_card
    row = table.select().where(table.c.serial == two).dicts().first()
    for changes in ({"events": 1}, {"serial": "x", "case_id": case}, {"serial": "x", "state": "issued"}):
        with pytest.raises(IntegrityError):
            table.insert(**(row | changes)).execute()
    table.insert(**(row | {"serial": "x"})).execute()  # the control


def test_a_list_is_recorded_once_by_its_digest_and_each_loss_by_its_card(desk: TillDeskStore) -> None:
    heard: list[tuple[str | None, str | None, object]] = []
    work = desk.store._work

    class Heard:
        def append(self, event: object, _moment: object, actor: object) -> None:
            assert getattr(event, "kind", None) is AuditKind.STOCK
            assert actor == CLERK
            heard.append(
                (
                    getattr(event, "act", None),
                    getattr(event, "subject", None),
                    dict(getattr(event, "facts", {})).get("cards"),
                )
            )

    work.recorder = Heard()
    first, second = serials(2)
    take_in(desk, [first, second])
    desk.durable(lambda unit: unit.stock.spoil(TRAINING, first, "bent"))
    desk.durable(lambda unit: unit.stock.give_back(TRAINING, [second], "too-many"))
    assert heard == [("take-in", None, 2), ("spoil", first, None), ("give-back", second, None)]


def test_the_events_of_the_code_are_those_of_the_life() -> None:
    life = load_life("blank")
    bringing_in = {BlankEvent.FOUND.value}
    assert {event.value for event in BlankEvent} == life.events.keys() | bringing_in
    assert {state.value for state in BlankState} == life.states.keys()
