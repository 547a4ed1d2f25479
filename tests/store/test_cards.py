"""Cards: one living a person and realm, events in a chain, moved in the transaction of their case."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from peewee import IntegrityError

from app.base.catalogue import Catalogue
from app.base.clock import ManualClock
from app.domain.application import FrozenApplication, Realm
from app.domain.card import LIVING, Card, CardChange, CardEventKind, CardState
from app.domain.lives import EventNotAllowed
from app.domain.order import ApplicationState
from app.domain.ports import CaseState
from app.domain.records import Unit
from app.domain.staff import PROGRAM, Actor, Role
from app.store import card_errors, errors
from app.store import database as db
from app.store.cards import CardStore
from app.store.migrations import MIGRATIONS
from app.store.migrations.m0004_cards import STATEMENTS
from app.store.store import Store, create, open_store
from tests.store.support import ONLY_SQLCIPHER, RESIDENT, application, context, make_card

CLERK = Actor("staff-1", "经办测试甲", Role.CLERK)
PERSON = application().person_id


def card_of(store: Store, person: str = PERSON) -> Card:
    cards = store.records.read(lambda unit: unit.cards.of_person(person))
    return cards[0]


def record(store: Store, kind: CardEventKind, after: CardState, **more: object) -> Card:
    """One event of the newest card, as a workflow records it."""

    def act(unit: Unit) -> Card:
        change = CardChange(kind, after, valid_ms=unit.at_ms, **more)  # type: ignore[arg-type]
        return unit.cards.record(unit.cards.of_person(PERSON)[0], change)

    return store.records.durable(kind.value, act)


def in_use(store: Store) -> Card:
    make_card(store)
    record(store, CardEventKind.HAND_OVER, CardState.COLLECTED)
    return record(store, CardEventKind.ACTIVATE, CardState.IN_USE)


def lost(store: Store) -> Card:
    in_use(store)
    return record(store, CardEventKind.REPORT_LOSS, CardState.LOST, before=CardState.IN_USE)


def reissue_order() -> FrozenApplication:
    first = application()
    return replace(first, id="application-r", reason="lost", card=replace(first.card, issue_count=2))


# ------------------------------------------------------------------------------- with their case


def test_a_card_is_made_with_its_case(store: Store) -> None:
    store.applications.freeze(application())
    case = store.journal.open_case(application())
    card = card_of(store)
    assert (card.id, card.state, card.number) == (case.id, CardState.MAKING, case.number)
    assert (card.chip_serial, card.issue_count, card.living) == (None, 1, True)
    store.journal.spoil(case.id, "torn")
    make_card_again(store)
    newest, spoiled = store.records.read(lambda unit: unit.cards.of_person(PERSON))
    assert (newest.state, spoiled.state) == (CardState.READY, CardState.SPOILED)
    assert (newest.chip_serial, newest.product_id) == ("4100000000000009", "kt-strict")
    states = store.records.read(lambda unit: unit.applications.state_of(application().id))
    assert states == ApplicationState.DONE


def make_card_again(store: Store) -> None:
    case = store.journal.open_case(application())
    serial = "4100000000000009"
    store.journal.bind_chip(case.id, serial, serial, "kt-strict", "ab" * 32)
    store.journal.note_state(case.id, CaseState.WRITTEN)
    store.journal.note_state(case.id, CaseState.VERIFIED)
    store.journal.commit()


def test_its_making_is_its_first_event(store: Store, clock: ManualClock) -> None:
    make_card(store)
    card = card_of(store)
    (event,) = store.records.read(lambda unit: unit.cards.events(card.id))
    assert (event.kind, event.state, event.next) == (
        CardEventKind.MADE,
        CardState.MAKING,
        CardState.READY,
    )
    assert (event.actor_id, event.actor_name, event.at_ms) == (
        PROGRAM.id,
        PROGRAM.name,
        clock.now_ms(),
    )


def test_a_spoiled_card_says_why(store: Store) -> None:
    store.applications.freeze(application())
    case = store.journal.open_case(application())
    store.journal.spoil(case.id, "torn")
    (event,) = store.records.read(lambda unit: unit.cards.events(case.id))
    assert (event.kind, event.next, event.reason) == (
        CardEventKind.SPOIL,
        CardState.SPOILED,
        "torn",
    )
    assert store.records.read(lambda unit: unit.cards.living(Realm.TRAINING, PERSON)) is None


def test_who_has_a_card_is_told_its_number_and_state(store: Store) -> None:
    in_use(store)
    store.records.durable("order", lambda unit: unit.applications.freeze(reissue_order(), "approved"))
    with pytest.raises(errors.CardLives) as caught:
        store.journal.open_case(reissue_order())
    assert (caught.value.number, caught.value.state) == ("X01-C000001", CardState.IN_USE)
    assert "正常" in Catalogue("zh").error(caught.value).cause


@pytest.mark.parametrize("state", [s for s in ApplicationState if s is not ApplicationState.APPROVED])
def test_a_card_is_made_of_an_approved_application_only(store: Store, state: ApplicationState) -> None:
    store.records.durable("order", lambda unit: unit.applications.freeze(application(), state))
    with pytest.raises(card_errors.ApplicationNotApproved) as caught:
        store.journal.open_case(application())
    assert (caught.value.number, caught.value.state) == ("X01-A000001", state)
    assert store.records.read(lambda unit: unit.cards.of_person(PERSON)) == []


# ------------------------------------------------------------------------------------------ events


def test_a_loss_a_reissue_and_the_second_card(store: Store) -> None:
    old = lost(store)
    store.records.durable("order", lambda unit: unit.applications.freeze(reissue_order(), "approved"))
    record(store, CardEventKind.REISSUE, CardState.DEAD)
    case = store.journal.open_case(reissue_order())
    newest, dead = store.records.read(lambda unit: unit.cards.of_person(PERSON))
    assert (newest.id, newest.issue_count, newest.state) == (case.id, 2, CardState.MAKING)
    assert (dead.id, dead.state, dead.before) == (old.id, CardState.DEAD, None)
    living = store.records.read(lambda unit: unit.cards.living(Realm.TRAINING, PERSON))
    assert living == newest
    events = store.records.read(lambda unit: unit.cards.events(old.id))
    assert [event.kind.value for event in events] == [
        "made",
        "hand-over",
        "activate",
        "report-loss",
        "reissue",
    ]
    assert [event.state for event in events[1:]] == [event.next for event in events[:-1]]


def test_a_found_card_goes_back_to_where_it_was(store: Store, clock: ManualClock) -> None:
    in_use(store)
    until = clock.now_ms() + 1000
    card = record(
        store,
        CardEventKind.REPORT_PROVISIONAL_LOSS,
        CardState.PROVISIONALLY_LOST,
        before=CardState.IN_USE,
        lapses_ms=until,
        number="X01-L000001",
    )
    assert (card.before, card.lapses_ms) == (CardState.IN_USE, until)
    assert store.records.read(lambda unit: unit.cards.lapsing(until - 1)) == []
    assert store.records.read(lambda unit: unit.cards.lapsing(until)) == [card]
    card = record(store, CardEventKind.LAPSE, CardState.IN_USE, actor=PROGRAM)
    assert (card.state, card.before, card.lapses_ms) == (CardState.IN_USE, None, None)
    events = store.records.read(lambda unit: unit.cards.events(card.id))
    assert [event.number for event in events][-2:] == ["X01-L000001", None]


def test_an_event_that_is_no_row_is_refused(store: Store) -> None:
    make_card(store)
    with pytest.raises(EventNotAllowed):
        record(store, CardEventKind.ACTIVATE, CardState.IN_USE)
    with pytest.raises(ValueError, match="does not lead"):
        record(store, CardEventKind.HAND_OVER, CardState.IN_USE)
    assert card_of(store).state is CardState.READY


def test_of_two_who_change_one_card_the_second_is_refused(store: Store) -> None:
    make_card(store)
    stale = card_of(store)
    record(store, CardEventKind.HAND_OVER, CardState.COLLECTED)
    record(store, CardEventKind.REPORT_LOSS, CardState.LOST, before=CardState.COLLECTED)
    record(store, CardEventKind.FIND, CardState.COLLECTED)
    # The state is one it had before, and the card another one all the same.
    early = replace(stale, state=CardState.COLLECTED, version=stale.version + 1)
    change = CardChange(CardEventKind.ACTIVATE, CardState.IN_USE, valid_ms=1)
    for seen in (early, replace(early, version=stale.version + 3, state=CardState.READY)):
        wanted = replace(change, kind=CardEventKind.HAND_OVER, next=CardState.COLLECTED)
        with pytest.raises(card_errors.CardChanged) as caught:
            store.records.durable(
                "late",
                lambda unit, seen=seen, wanted=wanted: unit.cards.record(  # type: ignore[misc]
                    seen, change if seen is early else wanted
                ),
            )
        assert caught.value.number == stale.number
    assert card_of(store).state is CardState.COLLECTED


def test_what_is_not_there_is_a_known_fault(store: Store) -> None:
    with pytest.raises(card_errors.NoSuchCard):
        store.records.read(lambda unit: unit.cards.get("none"))
    assert store.records.read(lambda unit: unit.cards.of_chip(Realm.TRAINING, "none")) is None
    assert store.records.read(lambda unit: unit.cards.events("none")) == []


def test_cards_are_found_by_chip_and_by_state(store: Store) -> None:
    made = [make_card(store, number) for number in range(1, 5)]
    ids = sorted(made)
    found = store.records.read(lambda unit: unit.cards.of_chip(Realm.TRAINING, "4100000000000003"))
    assert found is not None
    assert found.id == made[2]
    page = store.records.read(lambda unit: unit.cards.in_state(CardState.READY, limit=2))
    rest = store.records.read(lambda unit: unit.cards.in_state(CardState.READY, page[-1].id))
    assert [card.id for card in page + rest] == ids
    assert store.records.read(lambda unit: unit.cards.in_state(CardState.LOST)) == []


def test_who_did_it_and_whose_hands_took_it_are_sealed(folder: Path) -> None:
    store = create(folder, replace(context(), who=lambda: CLERK))
    make_card(store)
    record(
        store,
        CardEventKind.HAND_OVER,
        CardState.COLLECTED,
        detail={"collector": "测试领卡人", "relation": "03"},
        second_id="staff-2",
        second_name="主管测试乙",
    )
    event = store.records.read(lambda unit: unit.cards.events(card_of(store).id))[-1]
    assert (event.actor_id, event.actor_name, event.second_name) == (
        CLERK.id,
        CLERK.name,
        "主管测试乙",
    )
    assert event.detail == {"collector": "测试领卡人", "relation": "03"}
    assert "测试" not in repr(event)
    rows = db.run(store._database, "SELECT * FROM card_event").fetchall()
    text = "".join(str(part) for row in rows for part in row if not isinstance(part, bytes))
    blobs = b"".join(part for row in rows for part in row if isinstance(part, bytes))
    for word in ("测试领卡人", "主管测试乙", CLERK.name):
        assert word not in text
        assert word.encode() not in blobs
    store.close()


def test_nothing_of_a_refused_unit_stays(store: Store) -> None:
    make_card(store)

    def act(unit: Unit) -> None:
        card = unit.cards.of_person(PERSON)[0]
        unit.cards.record(card, CardChange(CardEventKind.HAND_OVER, CardState.COLLECTED, unit.at_ms))
        raise card_errors.CardChanged(card.number)

    with pytest.raises(card_errors.CardChanged):
        store.records.durable("both", act)
    card = card_of(store)
    assert card.state is CardState.READY
    assert len(store.records.read(lambda unit: unit.cards.events(card.id))) == 1


# ------------------------------------------------------------------------------------ applications


def test_an_application_goes_from_state_to_state(store: Store) -> None:
    def enrol(unit: Unit) -> str:
        number = unit.applications.freeze(application(), "draft")
        unit.applications.move(application().id, "to-verify")
        return number

    assert store.records.durable("enrol", enrol) == "X01-A000001"
    assert store.records.read(lambda unit: unit.applications.in_state("to-verify")) == [application().id]
    store.records.durable("verify", lambda unit: unit.applications.move(application().id, "approved"))
    assert store.records.read(lambda unit: unit.applications.in_state("to-verify")) == []
    with pytest.raises(ValueError, match="does not become draft"):
        store.records.durable("back", lambda unit: unit.applications.move(application().id, "draft"))
    with pytest.raises(ValueError, match="nonsense"):
        store.records.durable("odd", lambda unit: unit.applications.move(application().id, "nonsense"))


def test_a_corrected_version_takes_the_state_it_is_given(store: Store) -> None:
    store.records.durable("enrol", lambda unit: unit.applications.freeze(application(), "returned"))
    again = application(version=2)
    store.records.durable("correct", lambda unit: unit.applications.freeze(again, "to-verify"))
    state, number, kept = store.records.read(
        lambda unit: (
            unit.applications.state_of(again.id),
            unit.applications.number_of(again.id),
            unit.applications.get(again.id),
        )
    )
    assert (state, number, kept) == ("to-verify", "X01-A000001", again)


@pytest.mark.parametrize("state", [ApplicationState.WITHDRAWN, ApplicationState.DONE])
def test_a_closed_application_is_not_taken_up_again(store: Store, state: ApplicationState) -> None:
    store.records.durable("enrol", lambda unit: unit.applications.freeze(application(), state))
    with pytest.raises(card_errors.ApplicationClosed) as caught:
        store.records.durable(
            "again", lambda unit: unit.applications.freeze(application(version=2), "approved")
        )
    assert caught.value.state == state


def test_the_book_knows_the_person(store: Store) -> None:
    store.records.durable("enrol", lambda unit: unit.applications.freeze(application(), "draft"))

    def ask(unit: Unit) -> tuple[str | None, list[str], bytes, bytes]:
        book = unit.applications
        live = book.person_token(Realm.LIVE, RESIDENT)
        training = book.person_token(Realm.TRAINING, RESIDENT)
        return book.person_of(Realm.TRAINING, RESIDENT), book.of_person(PERSON), training, live

    person, ids, training, live = store.records.read(ask)
    assert (person, ids) == (PERSON, [application().id])
    assert len(training) == 32
    assert training != live


def test_an_application_that_is_not_there_has_no_state(store: Store) -> None:
    with pytest.raises(errors.NoSuchApplication):
        store.records.read(lambda unit: unit.applications.state_of("none"))


# ----------------------------------------------------------------------------------- the database


def test_the_index_holds_what_the_rules_call_living(store: Store) -> None:
    asked = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE name = 'card_one_living'",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexname = 'card_one_living'"
        " AND schemaname = current_schema()",
    }
    (sql,) = db.run(store._database, asked[store._database.dialect.name]).fetchone()
    listed = set(re.findall("'([a-z-]+)'", sql.split("WHERE")[1]))
    assert listed == {state.value for state in LIVING}


def test_the_lists_of_the_database_are_those_of_the_rules() -> None:
    cards, events = STATEMENTS[0], STATEMENTS[1]
    for state in CardState:
        assert f"'{state.value}'" in cards
        assert events.count(f"'{state.value}'") >= 2
    for kind in CardEventKind:
        assert f"'{kind.value}'" in events


def test_the_database_itself_keeps_one_living_card(store: Store) -> None:
    make_card(store)
    clone = (
        "INSERT INTO making SELECT 'other', realm, 'other', person_id, application_id,"
        " application_version, 'queued', NULL, NULL, opened_ms, opened_seq, changed_ms, changed_seq"
        " FROM making"
    )
    db.run(store._database, clone)
    second = (
        "INSERT INTO card SELECT 'other', {realm}, person_id, application_id, '{state}', NULL, NULL, 2,"
        " changed_ms, changed_seq, 0 FROM card WHERE id <> 'other'"
    )
    with store._database.transaction(*store._database.act_args(1)):
        for state in CardState:
            db.run(store._database, "SAVEPOINT one")
            if state in LIVING:
                with pytest.raises(
                    IntegrityError, match=r"card\.realm, card\.person_id|card_one_living"
                ):
                    db.run(store._database, second.format(realm="realm", state=state.value))
            else:
                db.run(store._database, second.format(realm="realm", state=state.value))
            db.run(store._database, "ROLLBACK TO one")
            db.run(store._database, "RELEASE one")
    # A card of another realm is another card.
    db.run(store._database, second.format(realm="'test'", state="ready"))


@ONLY_SQLCIPHER
def test_living_cards_and_lapses_are_found_by_index(store: Store) -> None:
    make_card(store)
    asked: list[str] = []
    connection = store._database.connection()  # type: ignore[no-untyped-call]
    connection.set_trace_callback(asked.append)

    def look(unit: Unit) -> None:
        unit.cards.living(Realm.TRAINING, PERSON)
        unit.cards.lapsing(1)
        unit.cards.of_person(PERSON)
        unit.cards.of_chip(Realm.TRAINING, "4100000000000001")
        unit.cards.in_state(CardState.READY)
        unit.cards.events("any")
        unit.applications.in_state("approved")

    store.records.read(look)
    connection.set_trace_callback(None)
    plans = [
        str(row[-1])
        for query in asked
        if query.startswith("SELECT")
        for row in connection.execute("EXPLAIN QUERY PLAN " + query)
    ]
    for index in ("card_one_living", "card_person", "card_state", "application_state"):
        assert any(index in plan for plan in plans), index
    assert [plan for plan in plans if plan.startswith("SCAN")] == []


def insert(database: db.CipherDatabase, table: str, rows: list[tuple[object, ...]]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    for row in rows:
        database.execute_sql(f"INSERT INTO {table} VALUES ({marks})", row)  # noqa: S608


@ONLY_SQLCIPHER
def test_records_from_before_cards_get_theirs(folder: Path) -> None:
    """A store of the first release with a verified, a spoiled and an open case has three cards then."""
    current = create(folder, context())
    for number in (1, 2, 3):
        current.applications.freeze(application(number))
    rows = {
        table: db.run(current._database, f"SELECT * FROM {table}").fetchall()  # noqa: S608
        for table in ("meta", "desk", "counter", "person", "person_number", "application_version")
    }
    heads = "SELECT id, realm, person_id, number, created_ms, 1 FROM application"
    rows["application"] = db.run(current._database, heads).fetchall()
    rows["making"] = [
        (f"case-{n}", "training", f"X01-C{n:06d}", f"person-{n:04d}", f"application-{n:04d}", 1, *rest)
        for n, *rest in (
            (1, "verified", None, "why", 1, 1, 5, 7),
            (2, "spoiled", None, "why", 1, 1, 5, 7),
            (3, "written", None, "why", 1, 1, 5, 7),
        )
    ]
    keys = current._keys
    current.close()
    (folder / db.DATABASE_FILE).unlink()
    old = db.connect(folder, keys)
    db.migrate(old, folder, 1, tuple(migration for migration in MIGRATIONS if migration.number < 4))
    for table in ("meta", "desk", "counter", "person", "person_number", "application"):
        insert(old, table, rows[table])
    insert(old, "application_version", rows["application_version"])
    insert(old, "making", rows["making"])
    old.close()
    store = open_store(folder, context())

    def look(unit: Unit) -> list[tuple[str, str, list[tuple[str, str, str, str]]]]:
        found = []
        for number in (1, 2, 3):
            (card,) = unit.cards.of_person(f"person-{number:04d}")
            events = [
                (event.kind.value, event.state.value, event.next.value, event.actor_name)
                for event in unit.cards.events(card.id)
            ]
            state = unit.applications.state_of(f"application-{number:04d}")
            found.append((card.state.value, state, events))
        return found

    assert store.records.read(look) == [
        ("ready", "done", [("made", "making", "ready", "")]),
        ("spoiled", "approved", [("spoil", "making", "spoiled", "")]),
        ("making", "approved", []),
    ]
    assert store.journal.tally(0).waiting == 1  # the spoiled one's application waits for another card
    store.journal.note_state("case-3", CaseState.VERIFIED)
    store.journal.commit()
    card = store.records.read(lambda unit: unit.cards.get("case-3"))
    assert card.state is CardState.READY
    store.close()


def test_a_book_belongs_to_its_moment(store: Store) -> None:
    make_card(store)
    kinds = store.records.read(lambda unit: type(unit.cards))
    assert kinds is CardStore
