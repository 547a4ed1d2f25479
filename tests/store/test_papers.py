"""Prints of papers: the original once, counted over desks and openings, on both engines."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.clock import ManualClock
from app.domain.application import Realm
from app.domain.audit import AuditQuery
from app.domain.paper import FEE_RECEIPT
from app.store.dialect import SQLITE
from app.store.migrations import m0007_paper_prints
from app.store.store import Store, open_store
from tests.store.support import context

SLIP = "hand-over-slip"


def printed(store: Store, template: str, number: str) -> int:
    return store.records.durable(
        "paper", lambda unit: unit.papers.print(Realm.TRAINING, template, number)
    )


def prints(store: Store, template: str, number: str) -> int:
    return store.records.read(lambda unit: unit.papers.prints(Realm.TRAINING, template, number))


def test_an_original_is_counted_once_and_every_later_print_on(
    store: Store, folder: Path, clock: ManualClock
) -> None:
    assert prints(store, SLIP, "X01-H000001") == 0
    assert [printed(store, SLIP, "X01-H000001") for _ in range(2)] == [0, 1]
    # Another paper of the same number, and another number, have originals of their own.
    assert [printed(store, FEE_RECEIPT, "X01-H000001"), printed(store, SLIP, "X01-H000002")] == [0, 0]
    # So does another realm, whose numbers are its own.
    assert store.records.read(lambda unit: unit.papers.prints(Realm.TEST, SLIP, "X01-H000001")) == 0
    with pytest.raises(LookupError):
        store.records.durable("paper", lambda unit: _print_and_fail(unit.papers.print))
    assert prints(store, SLIP, "X01-H000003") == 0
    # Another desk of the same records counts on, and so does this one tomorrow.
    beside = open_store(folder, replace(context(clock=clock), desk="02"))
    try:
        assert printed(beside, SLIP, "X01-H000001") == 2
    finally:
        beside.close()
    clock.advance(86_400_000)
    assert (printed(store, SLIP, "X01-H000001"), prints(store, SLIP, "X01-H000001")) == (3, 4)
    told = [
        (row.desk, row.facts.get("copy", 0))
        for desk in ("01", "02")
        for row in store.audit.page(AuditQuery(desk=desk, kind="paper"))
        if (row.subject, row.number) == (SLIP, "X01-H000001")
    ]
    assert told == [("01", 0), ("01", 1), ("01", 3), ("02", 2)]


def _print_and_fail(count: object) -> None:
    count(Realm.TRAINING, SLIP, "X01-H000003")  # type: ignore[operator]
    raise LookupError


def test_what_was_printed_before_it_was_counted_has_had_its_original() -> None:
    """The migration's own statements, over the two tables that they read."""
    old = sqlite3.connect(":memory:")
    old.execute("CREATE TABLE audit (kind TEXT, realm TEXT, subject TEXT, number TEXT)")
    old.execute(
        "CREATE TABLE receipt (realm TEXT, number TEXT,"
        " copies INTEGER NOT NULL DEFAULT 0 CHECK (copies >= 0))"
    )
    rows = [
        ("paper", "training", SLIP, "X01-H000001"),
        ("paper", "training", SLIP, "X01-H000001"),
        ("paper", "training", FEE_RECEIPT, "X01-R000001"),
        # What a receipt's copy was recorded by besides, and another act of the same number.
        ("paper", "training", None, "X01-R000001"),
        ("fee-taken", "training", None, "X01-R000002"),
    ]
    old.executemany("INSERT INTO audit VALUES (?, ?, ?, ?)", rows)
    receipts = [("training", f"X01-R00000{n}", copies) for n, copies in ((1, 2), (2, 0), (3, 1))]
    old.executemany("INSERT INTO receipt VALUES (?, ?, ?)", receipts)
    for statement in m0007_paper_prints.STATEMENTS:
        old.execute(SQLITE.render(statement))
    found = old.execute("SELECT template, number, prints FROM paper_print ORDER BY number").fetchall()
    old.close()
    assert found == [
        (SLIP, "X01-H000001", 2),
        (FEE_RECEIPT, "X01-R000001", 3),
        (FEE_RECEIPT, "X01-R000003", 2),
    ]
