"""The desk whose power is cut: it works through some cards and tells what it was told is durable.

Run as ``python -m tests.helpers.power_cuts_desk JOB``, JOB a JSON object: ``root`` the watched folder,
``first`` and ``cards`` whom to make cards for, ``settings`` and ``medium`` what the database is opened
with in place of the product's own (controls), ``indexes`` a folder outside of ``root`` for copies of the
wal-index.

A further workflow joins as one more act and the facts it tells: see ``ACTS`` and ``CHECKS``.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from app.base.clock import ManualClock
from app.domain.application import Realm
from app.domain.ports import CaseState, IntentKind, Outcome
from app.store import database as db
from app.store.store import STORE_FOLDER, Store, open_or_create
from tests.helpers.power_cuts import MARKS
from tests.store.support import application, context

Tell = Callable[..., None]
Check = Callable[[Store, dict[str, Any]], str | None]
WORKPLACE: Final = "workplace"
START_MS: Final = 1_700_000_000_000


def store_folder(root: Path) -> Path:
    """Where the desk keeps its store under the watched folder, which is there before the desk is."""
    return root / WORKPLACE / STORE_FOLDER


def digests(store: Store) -> dict[str, str]:
    """Every table's name with the number of its rows and a digest of them: all that is durable."""
    execute = store._database.connection().execute
    names = [row[0] for row in execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
    found = {}
    for name in sorted(names):
        rows = execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608
        found[name] = f"{len(rows)} {hashlib.sha256(repr(rows).encode()).hexdigest()[:16]}"
    return found


# What the desk does with one card ------------------------------------------------------------------


def make(store: Store, number: int, tell: Tell) -> None:
    """A card made, printed and verified, as app.workflow.issue records it; every fifth is spoiled."""
    frozen, journal = application(number), store.journal
    store.applications.freeze(frozen)
    tell("frozen", number=number)
    case = journal.open_case(frozen)
    tell("opened", number=number, case=case.id)
    serial = f"41000000{number:08d}"
    journal.bind_chip(case.id, serial, serial, "kt-strict", "ab" * 32)
    tell("bound", case=case.id, serial=serial)
    store.timings.note("card", "write", 800 + number)
    activation = journal.intend(case.id, IntentKind.ACTIVATE, serial)
    tell("intended", case=case.id, kind=IntentKind.ACTIVATE.value)
    journal.note_outcome(activation, Outcome.DONE)
    journal.note_state(case.id, CaseState.WRITTEN)
    for kind in (IntentKind.PRINT_FRONT, IntentKind.PRINT_BACK):
        page = journal.intend(case.id, kind, kind.value.removeprefix("print-"))
        tell("intended", case=case.id, kind=kind.value)
        if number % 5 == 0:
            journal.spoil(case.id, "page unknown")
            tell("closed", case=case.id, state=CaseState.SPOILED.value)
            return
        journal.note_outcome(page, Outcome.DONE)
    journal.note_state(case.id, CaseState.PRINTED)
    journal.note_state(case.id, CaseState.VERIFIED)
    journal.commit()
    tell("closed", case=case.id, state=CaseState.VERIFIED.value)


def check_frozen(store: Store, fact: dict[str, Any]) -> str | None:
    wanted = application(fact["number"])
    return (
        None if store.applications.get(wanted.id) == wanted else f"application {fact['number']} differs"
    )


def check_opened(store: Store, fact: dict[str, Any]) -> str | None:
    found = [case.id for case in store.journal.cases_of(application(fact["number"]).id)]
    return None if found == [fact["case"]] else f"application {fact['number']} has the cases {found}"


def check_bound(store: Store, fact: dict[str, Any]) -> str | None:
    case = store.journal.case_of_chip(Realm.TRAINING, fact["serial"])
    return None if case and case.id == fact["case"] else f"chip {fact['serial']} is in no such case"


def check_intended(store: Store, fact: dict[str, Any]) -> str | None:
    kinds = [intent.kind.value for intent in store.journal.intents(fact["case"])]
    return None if kinds.count(fact["kind"]) == 1 else f"{fact['kind']} was meant {kinds}"


def check_closed(store: Store, fact: dict[str, Any]) -> str | None:
    case, rows = store.journal.case(fact["case"]), store.journal.intents(fact["case"])
    if case.state.value != fact["state"]:
        return f"case {case.number} is {case.state}, not {fact['state']}"
    unsettled = [intent.kind for intent in rows if intent.outcome is None]
    return f"case {case.number} is closed and {unsettled} are open" if unsettled else None


# A desk's work on one person, and what is checked of each fact that it tells once it is durable. A fact
# stays true for ever: whatever comes later may add to it and not undo it.
ACTS: tuple[Callable[[Store, int, Tell], None], ...] = (make,)
CHECKS: dict[str, Check] = {
    "frozen": check_frozen,
    "opened": check_opened,
    "bound": check_bound,
    "intended": check_intended,
    "closed": check_closed,
}


def settle(store: Store, tell: Tell) -> None:
    """What a clerk does first after a cut: each open case is closed."""
    for case in store.journal.open_cases():
        store.journal.spoil(case.id, "the power went")
        tell("closed", case=case.id, state=CaseState.SPOILED.value)


class Desk:
    """One desk's day over the store under ``root``; ``mark`` hears what is durable, as it is."""

    def __init__(self, root: Path, clock: ManualClock, mark: Callable[[dict[str, Any]], None]) -> None:
        self._folder, self._clock, self._mark = store_folder(root), clock, mark
        self._commits = 0
        self._store: Store | None = None

    def open(self) -> Store:
        """Open or make the store; what lies in it is told as durable."""
        self._store = open_or_create(self._folder, context(clock=self._clock, on_commit=self._heard))
        if not self._commits:
            self._mark({"commit": 0, "name": "open", "tables": digests(self._store)})
        return self._store

    def _heard(self, point: str) -> None:
        when, name = point.split(" ", 1)
        if when == "after" and self._store is not None:
            self._commits += 1
            self._mark({"commit": self._commits, "name": name, "tables": digests(self._store)})

    def _tell(self, fact: str, **more: object) -> None:
        self._mark({"fact": fact, **more})

    def work(self, numbers: range) -> None:
        """Open, settle what is open, do every act for each person, close."""
        store = self.open()
        settle(store, self._tell)
        for number in numbers:
            for act in ACTS:
                act(store, number, self._tell)
            self._clock.advance(1_000)
        store.close()
        self._mark({"closed": self._commits})


def main(job: dict[str, Any]) -> None:
    if "settings" in job:
        settings = tuple((str(name), str(value)) for name, value in job["settings"])
        db.apply_settings = functools.partial(db.apply_settings, settings=settings)
    if "medium" in job:
        db.MEDIUM = job["medium"]
    root, indexes = Path(job["root"]), Path(job["indexes"])
    marks = os.open(root / MARKS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    index = store_folder(root) / (db.DATABASE_FILE + "-shm")

    def mark(told: dict[str, Any]) -> None:
        os.write(marks, json.dumps(told).encode() + b"\n")
        if "commit" in told:
            copy = index.read_bytes() if index.exists() else b""
            (indexes / str(told["commit"])).write_bytes(copy)

    first, count = job["first"], job["cards"]
    # A later desk's day is later, and its people others.
    desk = Desk(root, ManualClock(START_MS + first * 3_600_000), mark)
    # Two sessions: the first leaves a folded file behind, the second's log grows until it is folded
    # in the midst of a commit and begun again from its front.
    desk.work(range(first, first + count // 8))
    desk.work(range(first + count // 8, first + count))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
