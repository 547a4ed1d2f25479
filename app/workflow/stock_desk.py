"""Blank cards of a desk: lists taken in, unfit ones, those that go back (counter.md, 2, 28 and 38)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from app.base.errors import N_, KangkaError
from app.domain.application import Realm
from app.domain.records import Records, Unit
from app.domain.stock import BlankCard, BlankState, NoSuchBlank, StockCounts
from app.workflow.files import FileUnreadable, read_file
from app.workflow.gate import Gate
from app.workflow.till_views import TakenIn

T = TypeVar("T")
TAKE_IN: Final = "stock-take-in"
SPOIL: Final = "stock-spoil"
GIVE_BACK: Final = "stock-give-back"
LOOK: Final = "stock"
# A supplier's pallet has some thousand cards; a list of them is far below this.
_MOST_BYTES: Final = 4 << 20
_MOST_BOX: Final = 40
_MOST_WORDS: Final = 60
# The chip's factor F: eight bytes of the ATR (card.md), as sixteen hex digits.
_SERIAL: Final = re.compile(r"[0-9A-F]{16}")
# A first row that names its columns.
_HEADS: Final = frozenset(("serial", "chip_serial", "芯片序列号", "芯片号", "卡芯片号"))
# So many rows are named; somebody who mends them sends the rest again.
_MOST_ROWS: Final = 20


@dataclass(eq=False)
class StockListRefused(KangkaError):
    """A list with rows that can not be taken in, by their numbers from 1."""

    file: str
    unreadable: tuple[int, ...]
    twice: tuple[int, ...]
    here: tuple[int, ...]

    code = "stock.list-refused"
    cause = N_(
        "The list {file} can not be taken in. Rows without a chip serial: {unreadable};"
        " rows that repeat one: {twice}; rows whose card was taken in before: {here}."
    )
    meaning = N_("A list is taken in whole or not at all; nothing was recorded.")
    remedy = N_("Compare these rows with the box and the supplier's list, and take it in again.")

    def params(self) -> dict[str, Any]:
        rows = {"unreadable": self.unreadable, "twice": self.twice, "here": self.here}
        return {"file": self.file} | {name: _shown(found) for name, found in rows.items()}


@dataclass(eq=False)
class StockListEmpty(KangkaError):
    """A list without a card."""

    file: str

    code = "stock.list-empty"
    cause = N_("The list {file} names no card.")
    meaning = N_("Nothing was recorded.")
    remedy = N_("Check that it is the right file: one chip serial a row, the box behind a comma.")


@dataclass(eq=False)
class StockReasonNeeded(KangkaError):
    """A card leaves the box without a word why."""

    most: int

    code = "stock.reason-needed"
    cause = N_("A reason of 1 to {most} characters is missing.")
    meaning = N_("A card may not leave the box unexplained; nothing was changed.")
    remedy = N_("Say in a few words why this card leaves the box.")


@dataclass(frozen=True)
class ListRow:
    """A row of a list: its number in the file, the serial, the box."""

    row: int
    serial: str
    box: str


class StockDesk:
    """``app.workflow.till_views.StockService``."""

    def __init__(self, gate: Gate, records: Records, realm: Realm) -> None:
        self._gate = gate
        self._records = records
        self._realm = realm

    def counts(self) -> StockCounts:
        self._gate.view(LOOK)
        return self._records.read(lambda unit: unit.stock.counts(self._realm))

    def cards(self, state: BlankState, after: str | None = None, limit: int = 100) -> list[BlankCard]:
        self._gate.view(LOOK)
        return self._records.read(lambda unit: unit.stock.in_state(self._realm, state, after, limit))

    def take_in(self, path: Path) -> TakenIn:
        self._gate.enter(TAKE_IN, subject=path.name)
        with self._gate.refusals(TAKE_IN, path.name):
            rows = read_list(path)
            return self._durable(TAKE_IN, lambda unit: self._take_in(unit, path.name, rows))

    def spoil(self, serial: str, reason: str) -> BlankCard:
        self._gate.enter(SPOIL, subject=serial)
        with self._gate.refusals(SPOIL, serial):
            known, why = folded(serial), _reason(reason)
            return self._durable(SPOIL, lambda unit: unit.stock.spoil(self._realm, known, why))

    def give_back(self, serials: list[str], reason: str) -> int:
        self._gate.enter(GIVE_BACK)
        with self._gate.refusals(GIVE_BACK):
            known, why = [folded(serial) for serial in serials], _reason(reason)
            return self._durable(GIVE_BACK, lambda unit: unit.stock.give_back(self._realm, known, why))

    def _take_in(self, unit: Unit, file: str, rows: list[ListRow]) -> TakenIn:
        here = set(unit.stock.here(self._realm, [row.serial for row in rows]))
        if here:
            known = tuple(row.row for row in rows if row.serial in here)
            raise StockListRefused(file, (), (), known)
        boxes: dict[str, list[str]] = {}
        for row in rows:
            boxes.setdefault(row.box, []).append(row.serial)
        new = sum(unit.stock.take_in(self._realm, box, serials) for box, serials in boxes.items())
        return TakenIn(len(rows), new, tuple(boxes))

    def _durable(self, name: str, act: Callable[[Unit], T]) -> T:
        return self._records.durable(name, act)


def read_list(path: Path) -> list[ListRow]:
    """The rows of a list: a serial, or a serial and its box behind a comma; the box is else the file's
    name. ``StockListRefused`` with every bad row, ``StockListEmpty``, ``FileUnreadable``."""
    try:
        text = read_file(path, _MOST_BYTES).decode("utf-8-sig")
        cells = list(csv.reader(io.StringIO(text), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise FileUnreadable(file=path.name) from None
    rows: list[ListRow] = []
    unreadable: list[int] = []
    twice: list[int] = []
    seen: set[str] = set()
    for number, row in enumerate(cells, 1):
        told = [cell.strip() for cell in row]
        if not any(told) or (number == 1 and told[0].lower() in _HEADS):
            continue
        serial = told[0].upper()
        box = told[1] if len(told) > 1 and told[1] else path.stem[:_MOST_BOX]
        if len(told) > 2 or not _SERIAL.fullmatch(serial) or len(box) > _MOST_BOX:
            unreadable.append(number)
        elif serial in seen:
            twice.append(number)
        else:
            seen.add(serial)
            rows.append(ListRow(number, serial, box))
    if unreadable or twice:
        raise StockListRefused(path.name, tuple(unreadable), tuple(twice), ())
    if not rows:
        raise StockListEmpty(path.name)
    return rows


def folded(serial: str) -> str:
    """A serial as it is kept; ``NoSuchBlank`` where it is none."""
    known = serial.strip().upper()
    if not _SERIAL.fullmatch(known):
        raise NoSuchBlank(serial.strip()[:_MOST_BOX])
    return known


def _reason(reason: str) -> str:
    told = reason.strip()
    if not 1 <= len(told) <= _MOST_WORDS:
        raise StockReasonNeeded(_MOST_WORDS)
    return told


def _shown(rows: tuple[int, ...]) -> str:
    more = ["…"] if len(rows) > _MOST_ROWS else []
    return ", ".join([*map(str, rows[:_MOST_ROWS]), *more]) or "-"
