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
import marshal
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from app.base.clock import ManualClock
from app.domain.application import Realm
from app.domain.card import CardChange, CardEventKind, CardState
from app.domain.ports import CaseState, IntentKind, Outcome
from app.domain.records import Unit
from app.domain.staff import Actor, Role
from app.domain.till import FeeDue, PayMethod
from app.store import database as db
from app.store.store import STORE_FOLDER, Store, open_or_create
from tests.helpers.power_cuts import MARKS
from tests.store.support import application, context

Tell = Callable[..., None]
Check = Callable[[Store, dict[str, Any]], str | None]
WORKPLACE: Final = "workplace"
CLERK: Final = Actor("clerk-1", "样例甲", Role.CLERK)
BOX: Final = "K-1"
FEE_FEN: Final = 2_000
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
        # Version 2 of the form has no references in it: like rows give like bytes.
        found[name] = f"{len(rows)} {hashlib.sha256(marshal.dumps(rows, 2)).hexdigest()[:16]}"
    return found


def serial_of(number: int) -> str:
    """The chip that the ``number``th person gets."""
    return f"41000000{number:08d}"


# What the desk does ---------------------------------------------------------------------------------


def begin(store: Store, numbers: range, tell: Tell) -> None:
    """A box of blank cards comes and the till is opened, unless a desk before left it open."""
    serials = [serial_of(number) for number in numbers]
    store.records.durable("take-in", lambda unit: unit.stock.take_in(Realm.TRAINING, BOX, serials))
    tell("boxed", serial=serials[-1])
    if store.records.read(lambda unit: unit.till.shift()) is None:
        store.records.durable("open-shift", lambda unit: unit.till.open_shift(Realm.TRAINING, 10_000))


def end(store: Store, tell: Tell) -> None:
    """The shift is closed in balance."""

    def close(unit: Unit) -> str:
        shift = unit.till.shift()
        assert shift is not None
        must = unit.till.state(shift)
        return unit.till.close(shift, must.expected_fen, must.cards.on_hand).number

    tell("balanced", number=store.records.durable("close-shift", close))


def enrol(store: Store, number: int, tell: Tell) -> None:
    """An application is frozen; every third person owes a fee for it and pays."""
    frozen = application(number)
    store.applications.freeze(frozen)
    tell("frozen", number=number)
    if number % 3:
        return
    store.records.durable(
        "owe",
        lambda unit: unit.till.owe(
            FeeDue(
                application_id=frozen.id,
                realm=frozen.realm,
                person_id=frozen.person_id,
                reason="lost",
                fen=FEE_FEN,
                rule="sample/lost/2017-04-01",
                owed_ms=unit.at_ms,
            )
        ),
    )
    receipt = store.records.durable("take", lambda unit: unit.till.take(frozen.id, PayMethod.CASH))
    tell("paid", number=number, receipt=receipt.number)


def hand_over(store: Store, number: int, tell: Tell) -> None:
    """Every second card that is ready goes to its holder."""

    def act(unit: Unit) -> bool:
        card = unit.cards.living(Realm.TRAINING, application(number).person_id)
        if card is None or card.state is not CardState.READY or number % 2:
            return False
        unit.cards.record(
            card, CardChange(CardEventKind.HAND_OVER, CardState.COLLECTED, valid_ms=unit.at_ms)
        )
        return True

    if store.records.durable("hand-over", act):
        tell("handed", number=number)


def make(store: Store, number: int, tell: Tell) -> None:
    """A card made, printed and verified, as app.workflow.issue records it; every fifth is spoiled."""
    frozen, journal = application(number), store.journal
    case = journal.open_case(frozen)
    tell("opened", number=number, case=case.id)
    serial = serial_of(number)
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


def check_boxed(store: Store, fact: dict[str, Any]) -> str | None:
    blank = store.records.read(lambda unit: unit.stock.blank(Realm.TRAINING, fact["serial"]))
    return None if blank is not None else f"card {fact['serial']} was never taken in"


def check_paid(store: Store, fact: dict[str, Any]) -> str | None:
    wanted = application(fact["number"]).id
    receipt = store.records.read(lambda unit: unit.till.receipt(fact["receipt"]))
    due = store.records.read(lambda unit: unit.till.due(wanted))
    settled = due is not None and due.receipt == fact["receipt"]
    whole = (receipt.application_id, receipt.received_fen) == (wanted, FEE_FEN) and settled
    return None if whole else f"receipt {fact['receipt']} is not what was paid"


def check_handed(store: Store, fact: dict[str, Any]) -> str | None:
    person = application(fact["number"]).person_id
    card = store.records.read(lambda unit: unit.cards.living(Realm.TRAINING, person))
    events = [] if card is None else store.records.read(lambda unit: unit.cards.events(card.id))
    kinds = [event.kind for event in events]
    whole = card is not None and card.state is CardState.COLLECTED
    return None if whole and kinds.count(CardEventKind.HAND_OVER) == 1 else f"handed over: {kinds}"


def check_balanced(store: Store, fact: dict[str, Any]) -> str | None:
    closing = store.records.read(lambda unit: unit.till.closing(fact["number"]))
    gaps = closing.state.gaps
    return None if closing.balanced and not gaps else f"closing {closing.number} has the gaps {gaps}"


# A desk's work on one person, and what is checked of each fact that it tells once it is durable. A fact
# stays true for ever: whatever comes later may add to it and not undo it.
ACTS: tuple[Callable[[Store, int, Tell], None], ...] = (enrol, make, hand_over)
CHECKS: dict[str, Check] = {
    "frozen": check_frozen,
    "opened": check_opened,
    "bound": check_bound,
    "intended": check_intended,
    "closed": check_closed,
    "boxed": check_boxed,
    "paid": check_paid,
    "handed": check_handed,
    "balanced": check_balanced,
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
        at_desk = replace(context(clock=self._clock, on_commit=self._heard), who=lambda: CLERK)
        self._store = open_or_create(self._folder, at_desk)
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
        """Open, settle what is open, do every act for each person, close shift and store."""
        store = self.open()
        settle(store, self._tell)
        begin(store, numbers, self._tell)
        for number in numbers:
            for act in ACTS:
                act(store, number, self._tell)
            self._clock.advance(1_000)
        end(store, self._tell)
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
    early = first + max(1, count // 8)
    desk.work(range(first, early))
    desk.work(range(early, first + count))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
