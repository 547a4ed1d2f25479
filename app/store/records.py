"""Units of work for workflows: ``app.domain.records`` over one store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from app.domain.application import Realm
from app.domain.audit import AuditEvent
from app.domain.paper import PaperBook
from app.domain.records import ApplicationBook, CardBook, Unit
from app.domain.settings import SettingBook
from app.domain.staff import Actor, StaffBook
from app.domain.stock import StockBook
from app.domain.till import TillBook
from app.store.work import Moment, Work

T = TypeVar("T")


def _not_kept(_moment: Moment) -> Any:
    raise LookupError("this store was composed without that book")


@dataclass(frozen=True)
class Books:
    """What a unit of work reads and changes; each writes inside the transaction that runs.

    Every field makes its book for one moment, so that rows bear the time of their transaction.
    """

    staff: Callable[[Moment], StaffBook]
    settings: Callable[[Moment], SettingBook]
    applications: Callable[[Moment], ApplicationBook] = _not_kept
    cards: Callable[[Moment], CardBook] = _not_kept
    till: Callable[[Moment], TillBook] = _not_kept
    stock: Callable[[Moment], StockBook] = _not_kept
    papers: Callable[[Moment], PaperBook] = _not_kept


class StoreUnit:
    """``app.domain.records.Unit`` inside one transaction."""

    def __init__(self, work: Work, books: Books, moment: Moment) -> None:
        self._work = work
        self._books = books
        self._moment = moment

    # Made when they are asked for: most units open one or two of them.

    @property
    def applications(self) -> ApplicationBook:
        return self._books.applications(self._moment)

    @property
    def cards(self) -> CardBook:
        return self._books.cards(self._moment)

    @property
    def till(self) -> TillBook:
        return self._books.till(self._moment)

    @property
    def stock(self) -> StockBook:
        return self._books.stock(self._moment)

    @property
    def papers(self) -> PaperBook:
        return self._books.papers(self._moment)

    @property
    def staff(self) -> StaffBook:
        return self._books.staff(self._moment)

    @property
    def settings(self) -> SettingBook:
        return self._books.settings(self._moment)

    @property
    def at_ms(self) -> int:
        return self._moment.at_ms

    @property
    def seq(self) -> int:
        return self._moment.seq

    @property
    def actor(self) -> Actor:
        return self._work.who()

    def number(self, realm: Realm, kind: str) -> str:
        return self._work.next_number(realm.value, kind)

    def audit(self, event: AuditEvent) -> None:
        self._work.audit(event, self._moment)


class RecordsStore:
    """``app.domain.records.Records`` over one store, on its thread."""

    def __init__(self, work: Work, books: Books) -> None:
        self._work = work
        self._books = books

    def durable(self, name: str, act: Callable[[Unit], T], *, begins: bool = True) -> T:
        return self._work.durable(
            name, lambda moment: act(StoreUnit(self._work, self._books, moment)), begins=begins
        )

    def read(self, act: Callable[[Unit], T]) -> T:
        return self._work.read(lambda moment: act(StoreUnit(self._work, self._books, moment)))
