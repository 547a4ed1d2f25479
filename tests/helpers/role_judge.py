"""Runs one line by one role over one prepared state and says what is otherwise than its verdict.

What is looked at is the record and the rows themselves: every table of the store row by row, every file
of the workplace, and the audit's new rows. Of what the program prints, only the refusal's code and its
one sentence are asked for.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from app.base.clock import SystemClock
from app.base.ids import SystemRandom
from app.devices.sim.workbench import FOLDER, ChipFolder
from app.domain.application import Realm
from app.domain.audit import AuditKind
from app.domain.staff import PEOPLE, Level, Permissions, Role
from app.opening import Entry, House
from app.store.audit_witness import WITNESS_FOLDER
from app.store.store import STORE_FOLDER, Store, StoreContext, open_store
from tests.helpers.commands import Answer, Kangka
from tests.helpers.people import CHEAP
from tests.helpers.role_lines import EVERYBODY, Line
from tests.helpers.role_states import Place, Prepared, entry_of
from tests.helpers.role_verdicts import Verdict, acts_of, verdict

_DESK: Final = "02"
# What every opening, transaction and right password moves: the audit and its head, the desk's sequence,
# the wait before a name. Of a person's secrets the moment of the last sign-in alone.
_MOVES: Final = frozenset({"audit", "audit_head", "desk", "sign_in_guard"})
_SIGN_INS: Final = frozenset({AuditKind.SIGN_IN.value})
# A look draws papers and shows whole numbers; both are recorded and change no row of anything else.
_SHOWN: Final = frozenset({AuditKind.UNMASK.value, AuditKind.PAPER.value})

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Cell:
    """One line by one role over one state."""

    line: Line
    role: Role
    state: str

    def __str__(self) -> str:
        return f"{self.role.value}: {self.line.name} [{self.line.kind} {self.state}]"


@dataclass(frozen=True)
class Seen:
    """A workplace as its rows and files are: a digest a table, a digest a file, the audit's rows."""

    tables: Mapping[str, str]
    files: Mapping[str, str]
    audit: Sequence[Row]


def cells_of(line: Line, made: Prepared) -> Iterator[Cell]:
    """Every role over every state of a line."""
    for state in line.states or tuple(made.places[line.kind]):
        for role in PEOPLE:
            yield Cell(line, role, state)


def _opened(folder: Path) -> closing[Store]:
    context = StoreContext(Realm.TRAINING, SystemClock(), SystemRandom(), desk=_DESK)
    return closing(open_store(folder / STORE_FOLDER, context))


def states(folder: Path) -> dict[str, dict[str, str]]:
    """The state of every card, application and case of a workplace, by table and id."""
    with _opened(folder) as store:
        rows = {
            table: store._database.execute_sql(f"SELECT id, state FROM {table}").fetchall()  # noqa: S608
            for table in ("card", "application", "making")
        }
    return {table: dict(found) for table, found in rows.items()}


def look(folder: Path) -> Seen:
    """Everything that a command could have changed in a workplace."""
    with _opened(folder) as store:
        tables = {name: _digest(_rows(store, name)) for name in _names(store) if name not in _MOVES}
        audit = store._database.execute_sql(
            "SELECT kind, act, fault, role, state_after FROM audit ORDER BY seq"
        ).fetchall()
    return Seen(tables, dict(_files(folder)), audit)


class Judge:
    """Runs cells over copies of prepared desks. ``capsys`` hears what each command prints."""

    def __init__(self, made: Prepared, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._made = made
        self._folder = folder
        self._capsys = capsys
        self._before: dict[str, Seen] = {}
        self._runs = 0

    def findings(self, cell: Cell, permissions: Permissions) -> list[str]:
        """What is otherwise than ``permissions`` and the lives say; nothing where all is well."""
        expected = verdict(cell.line, cell.role, cell.state, permissions)
        beside = None if cell.line.second is None else entry_of(cell.line.second)
        return self.judged(cell, expected, beside)

    def judged(self, cell: Cell, expected: Verdict, beside: Entry | None) -> list[str]:
        """What is otherwise than ``expected``, where ``beside`` is the second person on the line."""
        before, answer, after = self._ran(cell, beside)
        found = [
            *_answered(expected, answer),
            *_recorded(cell, expected, after.audit[len(before.audit) :]),
            *_left(cell, expected, before, after),
        ]
        return [f"{cell}: {text}" for text in found]

    def _ran(self, cell: Cell, beside: Entry | None) -> tuple[Seen, Answer, Seen]:
        """The answer to a line at a copy of its desk, and the desk before and after."""
        place = self._made.places[cell.line.kind][cell.state]
        folder = self._folder / f"run-{self._runs}"
        self._runs += 1
        desk = self._made.copy(place.desk, folder)
        if place.desk not in self._before:
            self._before[place.desk] = look(self._made.copy(place.desk, folder / "before"))
        kangka = Kangka(desk, self._capsys, House(cost=CHEAP))
        second = () if beside is None else ("--second", beside.name)
        typed = (*(() if beside is None else (beside.password(),)), *cell.line.typed)
        answer = kangka.by(cell.role, *second, *self._words(cell.line, place, folder), typed=typed)
        after = look(desk)
        shutil.rmtree(folder)
        return self._before[place.desk], answer, after

    def _words(self, line: Line, place: Place, folder: Path) -> list[str]:
        batch = folder / "batch.txt"
        batch.write_text(place.words.get("application", "") + "\n", encoding="utf-8")
        told = place.words | {"out": str(folder / "face.pdf"), "batch": str(batch)}
        return [part.format(**told) for part in line.words.split()]


def _recorded(cell: Cell, expected: Verdict, added: Sequence[Row]) -> Iterator[str]:
    """The audit's new rows, those of the sign-in left out."""
    rows = [row for row in added if row[0] not in _SIGN_INS]
    refused = [row[:4] for row in added if row[0] == AuditKind.REFUSED.value]
    if expected.code is not None:
        wanted = [("refused", expected.act, expected.code, cell.role.value)] if expected.row else []
        if refused != wanted:
            yield f"the audit says {refused}, and not {wanted}"
        if len(rows) != len(refused):
            yield f"refused, and yet the audit says {[row[0] for row in rows]}"
        return
    if refused:
        yield f"done, and yet the audit says {refused}"
    if expected.leaves and not any(_is(row, expected.leaves) for row in rows):
        yield f"the audit has no {expected.leaves}: {[(row[0], row[4]) for row in rows]}"
    if cell.line.looks and not {row[0] for row in rows} <= _SHOWN:
        yield f"a look, and yet the audit says {[row[0] for row in rows]}"


def _left(cell: Cell, expected: Verdict, before: Seen, after: Seen) -> Iterator[str]:
    """What was there before, and what had to stay as it was."""
    if after.audit[: len(before.audit)] != before.audit:
        yield "rows of the audit that stood there are others now"
    if expected.code is not None or (cell.line.looks and not cell.line.leaves):
        changed = sorted(_changed(before.tables, after.tables) + _changed(before.files, after.files))
        if changed:
            yield f"nothing was to change, and these did: {changed}"


def _answered(expected: Verdict, answer: Answer) -> Iterator[str]:
    if expected.code is None:
        if answer.code != 0:
            yield f"exit {answer.code}, and it may be done: {answer.err.strip()}"
        return
    if answer.code != 1:
        yield f"exit {answer.code}, and it is refused with {expected.code}"
        return
    error = answer.json.get("error", {})
    if error.get("code") != expected.code:
        yield f"refused with {error.get('code')}, and not with {expected.code}"
    if answer.err.count("\n") != 1 or not error.get("message") or error["message"] not in answer.err:
        yield "it is not refused in one sentence"


def _is(row: Row, leaves: Sequence[str]) -> bool:
    """Whether a row is of this kind and, where one is named, leads to this state."""
    return row[0] == leaves[0] and leaves[1:] in ((), (row[4],))


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]


def _names(store: Store) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    return sorted(row[0] for row in store._database.execute_sql(query).fetchall())


def _rows(store: Store, table: str) -> list[Row]:
    columns = [row[1] for row in store._database.execute_sql(f'PRAGMA table_info("{table}")').fetchall()]
    if table == "staff_secret":
        columns.remove("sign_in_ms")
    named = ", ".join(f'"{column}"' for column in columns)
    query = f'SELECT {named} FROM "{table}"'  # noqa: S608 - names out of the file's own schema
    return sorted(store._database.execute_sql(query).fetchall(), key=repr)


def _digest(rows: Sequence[Row]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """Chips, pages, papers: whatever lies in the workplace but the records and their witness."""
    chips = ChipFolder(folder / FOLDER, SystemRandom())
    for root, folders, names in os.walk(folder):
        if Path(root) == folder:
            folders[:] = [name for name in folders if name not in (STORE_FOLDER, WITNESS_FOLDER)]
        for name in names:
            path = Path(root, name)
            # A chip is sealed anew whenever it is kept: what counts is what it holds.
            content = chips.load(name) if path.suffix == ".chip" else path.read_bytes()
            yield str(path.relative_to(folder)), hashlib.sha256(content or b"").hexdigest()


def may(cell: Cell, permissions: Permissions) -> bool:
    """Whether the role of a cell has every act of it."""
    levels = [
        Level.ACT if act == EVERYBODY else permissions.level(act, cell.role)
        for act in acts_of(cell.line, cell.role, cell.state)
    ]
    return all(lvl is Level.ACT or (cell.line.looks and lvl is Level.VIEW) for lvl in levels)
