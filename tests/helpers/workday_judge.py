"""What a desk finds that comes up after one that was killed: nothing half, and the day goes on."""

from __future__ import annotations

import hashlib
import json
import traceback
from pathlib import Path
from typing import Any, Final

from app.crypto.keys import KEY_FILE
from app.domain.staff import Role
from app.domain.stock import BlankState
from app.store import database as db
from app.store.store import STORE_FOLDER, Store
from app.workflow.paper_desk import PAPERS_FOLDER
from tests.helpers.invariants import findings
from tests.helpers.workday import Variant, Workday
from tests.helpers.workday_place import DAY_MS, DESK, MORNING, Opened, open_place, records_of
from tests.helpers.workday_steps import MINUTE_MS, Step, finish

# Where a chip goes on while the records stand still: each kill leaves another card.
_AT_CHIPS: Final = ("make", "make-interrupted", "settle", "make-again", "block")
_LATER_MS: Final = MORNING + 9 * DAY_MS
_SHAPES: Final = {
    "applications": "SELECT state, count(*) FROM application GROUP BY 1",
    # A card that was spoiled on the way is made up for by the next one.
    "cards": "SELECT state, count(*) FROM card WHERE state <> 'spoiled' GROUP BY 1",
    "receipts": "SELECT state || method, count(*) FROM receipt GROUP BY 1",
    "blanks": "SELECT state, count(*) FROM blank_card WHERE state IN ('issued', 'returned') GROUP BY 1",
    "box": "SELECT 'all', count(*) FROM blank_card",
    "staff": "SELECT role || active, count(*) FROM staff GROUP BY 1",
    "pins": "SELECT 'set', count(*) FROM staff_secret WHERE pin IS NOT NULL",
    "shifts": "SELECT closed_ms IS NULL, count(*) FROM shift GROUP BY 1",
}


def shape(store: Store) -> dict[str, dict[str, int]]:
    """How much of everything there is, in which state: what a step leads to."""
    return {
        name: {str(key): count for key, count in db.run(store._database, statement).fetchall()}
        for name, statement in _SHAPES.items()
    }


def seq_of(store: Store) -> int:
    """How many units of work this desk has committed in its life."""
    [(seq,)] = db.run(store._database, "SELECT seq FROM desk").fetchall()
    return int(seq)


class Judge:
    """Judges one variant's day. What is gone on with is remembered by what its records hold: to go on
    from the same rows once more would show the same."""

    def __init__(self, variant: Variant) -> None:
        self._variant = variant
        self.known: set[str] = set()

    def judged(self, folder: Path, step: Step, said: dict[str, Any], uncut: Any) -> dict[str, Any]:
        """Everything that is ``found`` wrong after ``said``; ``uncut`` is the shape that the step leads
        to. ``held`` is what to know as gone on with."""
        try:
            with records_of(folder, step.at_ms + MINUTE_MS) as store:
                found = _kept(store, step, said) + findings(store)
                held = f"{step.name} {_held(store, folder)}"
            if not found and (step.name in _AT_CHIPS or held not in self.known):
                seed = f"after {step.name}"
                with open_place(folder, seed, step.at_ms + MINUTE_MS) as opened:
                    found = _goes_on(opened, self._variant, step, uncut)
        except Exception:  # noqa: BLE001 - a desk that does not come up, or not on, is looked for
            return {"found": [f"the next desk fails: {traceback.format_exc(limit=-6)}"]}
        return {"found": found, "held": held}


def half(folder: Path) -> list[str]:
    """What the invariants alone say of records that nobody goes on with."""
    try:
        with records_of(folder, _LATER_MS) as store:
            return findings(store)
    except Exception as fault:  # noqa: BLE001 - as above
        return [f"the next desk fails: {type(fault).__name__}"]


def _held(store: Store, folder: Path) -> str:
    """All rows of all tables, the key's ways and the papers, as one digest."""
    digest = hashlib.sha256()
    look = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    for (table,) in db.run(store._database, look).fetchall():
        rows = db.run(store._database, f"SELECT * FROM {table}").fetchall()  # noqa: S608 - our own names
        digest.update(repr((table, sorted(rows, key=repr))).encode())
    desk = folder / DESK
    digest.update((desk / STORE_FOLDER / KEY_FILE).read_bytes())
    digest.update(repr(sorted(path.name for path in (desk / PAPERS_FOLDER).glob("*"))).encode())
    return digest.hexdigest()


def _kept(store: Store, step: Step, said: dict[str, Any]) -> list[str]:
    """What became durable is there, all of it and nothing besides."""
    there = seq_of(store) - said["seq"]
    found = [] if there == len(said["told"]) else [f"told {said['told']}, and {there} commits are there"]
    if step.name == "wrong-passwords":
        attempts = said["told"].count("sign-in attempt")
        look = "SELECT max(failures) FROM sign_in_guard"
        [(counted,)] = db.run(store._database, look).fetchall()
        # The wait is no attempt: three tries are counted, the fourth is not looked at.
        if (counted or 0) != min(attempts, 3):
            found.append(f"{attempts} attempts, counted {counted}")
    return found


def _goes_on(opened: Opened, variant: Variant, step: Step, uncut: Any) -> list[str]:
    day = Workday(opened, variant)
    if step.role is not None:
        day.sign_in(step.role)
    step.act(day)
    ended = opened.ask(shape)
    found = [
        f"{name}: {ended[name]}, uncut {uncut[name]}" for name in uncut if ended[name] != uncut[name]
    ]
    opened.clock.advance(2 * MINUTE_MS)
    day.sign_in(Role.CLERK)
    found += finish(day) + _box(opened) + _ways(opened)
    # Against every witness of the machine, besides itself.
    report = day.desk.audit.verify(full=True)
    found += opened.ask(lambda store: findings(store, chain=False))
    return found + ([] if report.ok else [f"audit: {report.problems}"])


def _box(opened: Opened) -> list[str]:
    """The box as it lies there, against the stock: no card of it is bound or issued."""
    lying = set(opened.hardware.box(0))
    listed = opened.store.records.read(
        lambda unit: {
            state: {blank.serial for blank in unit.stock.in_state(opened.desk.workplace().realm, state)}
            for state in BlankState
        }
    )
    gone = listed[BlankState.BOUND] | listed[BlankState.ISSUED]
    return [f"cards in the box that are bound or issued: {len(lying & gone)}"] if lying & gone else []


def _ways(opened: Opened) -> list[str]:
    """Who works here has a way to the key or is known to get it at the next sign-in; nobody else."""
    key = json.loads((opened.folder / DESK / STORE_FOLDER / KEY_FILE).read_bytes())
    owners = [way["owner"] for way in key["wraps"] if way["method"] == "operator"]
    look = "SELECT id, way_due FROM staff JOIN staff_secret ON staff_id = id WHERE active"
    rows = opened.ask(lambda store: db.run(store._database, look).fetchall())
    lacking = [row for row in rows if row[0] not in owners and not row[1]]
    strangers = set(owners) - {row[0] for row in rows}
    if len(owners) != len(set(owners)) or lacking or strangers:
        return [f"ways: {len(owners)}, without {len(lacking)}, of nobody {len(strangers)}"]
    return []
