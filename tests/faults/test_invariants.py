"""The judge of the fault tests is itself judged: each breach, planted in whole records, is named.

What the tables forbid by themselves (a unique index, a key) is let go first, so that the judge is asked
and not the engine.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.store import database as db
from app.store.store import Store, create, open_store
from tests.helpers.desk_story import CLERK, Story
from tests.helpers.invariants import findings
from tests.store.support import context

CONTEXT = replace(context(), who=lambda: CLERK)
NUMBERED = "SELECT max(number) FROM receipt"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records of a whole story, closed in balance."""
    folder = tmp_path_factory.mktemp("told") / "store"
    store = create(folder, CONTEXT)
    for step in Story(store, 1).steps.values():
        step()
    assert findings(store) == []
    store.close()
    return folder


def loosen(store: Store, table: str) -> None:
    """The same rows in a table without keys, indexes and checks."""
    for statement in (
        f"CREATE TABLE loose AS SELECT * FROM {table}",  # noqa: S608 - our own names
        f"DROP TABLE {table}",
        f"ALTER TABLE loose RENAME TO {table}",
    ):
        db.run(store._database, statement)


def second_of(table: str, **changed: str) -> Callable[[Store], None]:
    """A row of ``table`` once more, with other values in some columns."""

    def plant(store: Store) -> None:
        loosen(store, table)
        columns = [row[1] for row in db.run(store._database, f"PRAGMA table_info({table})").fetchall()]
        values = ", ".join(changed.get(name, name) for name in columns)
        db.run(store._database, f"INSERT INTO {table} SELECT {values} FROM {table} LIMIT 1")  # noqa: S608

    return plant


def told_to(statement: str, *tables: str) -> Callable[[Store], None]:
    def plant(store: Store) -> None:
        for table in tables:
            loosen(store, table)
        db.run(store._database, statement)

    return plant


def closing_says(count: str) -> Callable[[Store], None]:
    """A closing with another figure than its rows have."""
    said = f"""UPDATE closing SET state = replace(state, '"{count}":', '"{count}":1')"""  # noqa: S608
    return told_to(said, "closing")


PLANTED: dict[str, tuple[Callable[[Store], None], str]] = {
    "two living cards": (second_of("card", id="'other'", state="'in-use'"), "living cards"),
    "two cases a chip": (second_of("chip", case_id="'other'"), "stands 2 times"),
    "two chips a case": (second_of("chip", serial="'FF'", issue_serial="'FE'"), "stands 2 times"),
    "a gap in the receipts": (
        told_to(f"DELETE FROM receipt WHERE number <> ({NUMBERED})", "receipt"),  # noqa: S608
        "the counter says",
    ),
    "a receipt number twice": (second_of("receipt", id="'other'"), "given, the counter says"),
    "a receipt that a fee does not know": (
        told_to("UPDATE fee_due SET receipt = NULL", "fee_due"),
        "settles nothing",
    ),
    "money that no receipt shows": (closing_says("cash_fen"), "its receipts"),
    "a card taken out of the box": (
        told_to("UPDATE blank_card SET state = 'issued' WHERE state = 'on-hand'", "blank_card"),
        "its last event left it",
    ),
    "a closing that counts more cards": (closing_says("received"), "its rows say"),
    "a card's event gone": (
        told_to(
            "DELETE FROM blank_event WHERE rowid = (SELECT min(rowid) FROM blank_event)", "blank_event"
        ),
        "events and says",
    ),
    "a row of the audit changed": (
        told_to("UPDATE audit SET actor = 'other' WHERE seq = 5", "audit"),
        "audit:",
    ),
    "a row of the audit gone": (told_to("DELETE FROM audit WHERE seq = 5", "audit"), "audit:"),
}


@pytest.mark.parametrize("name", list(PLANTED))
def test_a_planted_breach_is_named(told: Path, tmp_path: Path, name: str) -> None:
    plant, words = PLANTED[name]
    shutil.copytree(told, tmp_path / "store")
    store = open_store(tmp_path / "store", CONTEXT)
    try:
        db.run(store._database, "PRAGMA foreign_keys = OFF")
        plant(store)
        assert any(words in one for one in findings(store)), findings(store)
    finally:
        store.close()
