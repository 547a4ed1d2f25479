"""Units of work for workflows: ``app.domain.records`` over one store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from app.domain.application import Realm
from app.domain.audit import AuditEvent
from app.domain.records import ApplicationBook, CardBook, StockBook, TillBook, Unit
from app.domain.staff import Actor
from app.store.work import Moment, Work

T = TypeVar("T")


@dataclass(frozen=True)
class Books:
    """What a unit of work reads and changes; each writes inside the transaction that runs.

    Every field makes its book for one moment, so that rows bear the time of their transaction.
    """

    applications: Callable[[Moment], ApplicationBook]
    cards: Callable[[Moment], CardBook]
    till: Callable[[Moment], TillBook]
    stock: Callable[[Moment], StockBook]


class StoreUnit:
    """``app.domain.records.Unit`` inside one transaction."""

    def __init__(self, work: Work, books: Books, moment: Moment) -> None:
        self._work = work
        self._moment = moment
        self.applications = books.applications(moment)
        self.cards = books.cards(moment)
        self.till = books.till(moment)
        self.stock = books.stock(moment)

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
