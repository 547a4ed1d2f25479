"""Counting what a desk has and made: right while notes wait, and by index alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.base.clock import ManualClock
from app.domain.ports import CaseState, CaseTally
from app.store.store import Store, create
from tests.store.support import ONLY_SQLCIPHER, application, context, make_card

HOUR_MS = 3_600_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(folder: Path, clock: ManualClock) -> Store:
    return create(folder, context(clock=clock))


def test_an_empty_store_counts_nothing(store: Store) -> None:
    assert store.applications.count() == 0
    assert store.journal.tally(0) == CaseTally(waiting=0, open=0, verified=0, spoiled=0)
    store.close()


def test_what_waits_is_open_and_was_made(store: Store, clock: ManualClock) -> None:
    make_card(store, 1)
    clock.advance(HOUR_MS)
    since = clock.now_ms()
    make_card(store, 2)
    store.applications.freeze(application(3))
    store.applications.freeze(application(4))
    store.applications.freeze(application(4, version=2))
    case = store.journal.open_case(application(3))
    assert store.applications.count() == 4
    assert store.journal.tally(since) == CaseTally(waiting=1, open=1, verified=1, spoiled=0)
    assert store.journal.tally(0).verified == 2
    store.journal.spoil(case.id, "torn")
    # The application whose card was spoiled waits for another one.
    assert store.journal.tally(since) == CaseTally(waiting=2, open=0, verified=1, spoiled=1)
    store.close()


def test_what_was_noted_counts_before_it_is_durable(store: Store, clock: ManualClock) -> None:
    store.applications.freeze(application(1))
    case = store.journal.open_case(application(1))
    clock.advance(HOUR_MS)
    store.journal.note_state(case.id, CaseState.SPOILED, "torn")
    assert store.journal.tally(clock.now_ms()) == CaseTally(waiting=1, open=0, verified=0, spoiled=1)
    assert store.journal.tally(clock.now_ms() + 1).spoiled == 0
    assert store.journal.open_cases() == []
    store.close()


def test_what_is_not_approved_does_not_wait_for_a_card(store: Store) -> None:
    records = store.records
    records.durable("draft", lambda unit: unit.applications.freeze(application(1), "draft"))
    assert store.journal.tally(0).waiting == 0
    records.durable("order", lambda unit: unit.applications.freeze(application(2), "approved"))
    assert store.journal.tally(0).waiting == 1
    store.close()


@ONLY_SQLCIPHER
def test_counting_asks_indexes_and_walks_no_table(store: Store) -> None:
    store.applications.freeze(application(1))
    asked: list[str] = []
    connection: Any = store._database.connection()  # type: ignore[no-untyped-call]
    connection.set_trace_callback(asked.append)
    store.journal.tally(0)
    store.journal.open_cases()
    connection.set_trace_callback(None)
    plans = [
        str(row[-1])
        for query in asked
        if query.startswith("SELECT")
        for row in connection.execute("EXPLAIN QUERY PLAN " + query)
    ]
    assert any("application_state" in plan for plan in plans)
    assert any("making_state" in plan for plan in plans)
    assert [plan for plan in plans if plan.startswith("SCAN")] == []
    store.close()
