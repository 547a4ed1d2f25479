"""Lists as Qt models: read-only, paged by key, fetched off the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.base.errors import KangkaError
from app.ui.tasks import Owner, TaskRunner
from app.ui.theme import TypeSize, font
from app.workflow.views import Mark

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()

# The state of a row, for the delegate that draws it as shape and word.
MARK_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its heading, its text, and, where it shows a state, its mark."""

    title: str
    text: Callable[[Row], str]
    mark: Callable[[Row], Mark] | None = None


class PagedTableModel(QAbstractTableModel, Generic[Row]):
    """Rows of one kind, a page after a key at a time.

    ``fetch(after, limit)`` runs on its owner's thread; ``failed`` tells of a page that did not come.
    """

    PAGE = 100
    failed = Signal(object)
    loaded = Signal()

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], str],
        fetch: Callable[[str | None, int], list[Row]],
        tasks: TaskRunner,
        owner: Owner,
    ) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._key = key
        self._fetch = fetch
        self._tasks = tasks
        self._owner = owner
        self._rows: list[Row] = []
        self._more = True
        self._asked = 0
        self._fetching = False

    def refresh(self) -> None:
        """Begin again from the first page; the old rows stay until it is there."""
        self._asked += 1
        self._ask(None, replace=True)

    def row(self, index: Index) -> Row:
        return self._rows[index.row()]

    def key(self, index: Index) -> str:
        """What names the row of an index."""
        return self._key(self._rows[index.row()])

    def find(self, key: str) -> int | None:
        """The line of a key, None when it is not on the pages fetched."""
        return next((n for n, row in enumerate(self._rows) if self._key(row) == key), None)

    def rowCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation is Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self._columns[section].title
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            if role == Qt.ItemDataRole.FontRole:
                return font(TypeSize.SMALL)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column, row = self._columns[index.column()], self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title} {column.text(row)}"
        if role == MARK_ROLE and column.mark is not None:
            return column.mark(row)
        return None

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and self._more and bool(self._rows) and not self._fetching

    def fetchMore(self, parent: Index) -> None:
        if self.canFetchMore(parent):
            self._ask(self._key(self._rows[-1]), replace=False)

    def _ask(self, after: str | None, *, replace: bool) -> None:
        asked = self._asked
        self._fetching = True

        def came(rows: list[Row]) -> None:
            # A page asked for before the last refresh belongs to another list.
            if asked == self._asked:
                self._take(rows, replace=replace)

        def did_not(fault: KangkaError) -> None:
            if asked == self._asked:
                self._fetching = False
                self.failed.emit(fault)

        self._tasks.run(
            self._owner, "list", lambda _task: self._fetch(after, self.PAGE), done=came, failed=did_not
        )

    def _take(self, rows: list[Row], *, replace: bool) -> None:
        self._fetching = False
        self._more = len(rows) == self.PAGE
        if replace:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()
        elif rows:
            first = len(self._rows)
            self.beginInsertRows(_TOP, first, first + len(rows) - 1)
            self._rows.extend(rows)
            self.endInsertRows()
        self.loaded.emit()


class RowsModel(PagedTableModel[Row]):
    """Rows that are there already, as a part of a view that came whole."""

    def __init__(self, columns: Sequence[Column[Row]], key: Callable[[Row], str]) -> None:
        super().__init__(columns, key, lambda _after, _limit: [], TaskRunner(), Owner.STORE)

    def set_rows(self, rows: Sequence[Row]) -> None:
        self._take(list(rows), replace=True)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows in sight."""
        return tuple(self._rows)

    def canFetchMore(self, _parent: Index) -> bool:
        return False
