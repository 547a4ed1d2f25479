"""One unit of work: a transaction that is all recorded or not at all, and the notes that ride in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from peewee import DatabaseError

from app.base.clock import Clock
from app.domain.audit import AuditEvent
from app.domain.staff import PROGRAM, Actor
from app.store import errors
from app.store.database import CipherDatabase, known_fault
from app.store.postgres import ServerDatabase
from app.store.tables import Tables
from app.store.threads import ThreadGuard

T = TypeVar("T")
# Either engine. ``act_args(attempt)`` are the arguments of its ``transaction`` for an act that is tried
# for the nth time; ``again(fault, attempt)`` says whether it may be tried once more, having waited.
StoreDatabase = CipherDatabase | ServerDatabase

# Time servers turn a clock back by moments; within these the last row's time is taken again.
CLOCK_TOLERANCE_MS: Final = 5_000


@dataclass(frozen=True)
class Moment:
    """When a row was recorded: UTC milliseconds and the desk's own sequence, which never repeats."""

    at_ms: int
    seq: int


class Pending(Protocol):
    """Someone whose notes wait for the next durable commit."""

    def pending(self) -> bool: ...

    def write(self, moment: Moment) -> None:
        """Write the notes inside the running transaction. They stay noted until ``written``."""
        ...

    def written(self) -> None:
        """The transaction with the notes in it is durable."""
        ...


class Recorder(Protocol):
    """Where the audit rows of a unit of work go."""

    def append(self, event: AuditEvent, moment: Moment, actor: Actor) -> None:
        """Write the row inside the running transaction."""
        ...


class Work:
    """Runs units of work on one connection, on its owner's thread, and counts the durable commits.

    ``on_commit`` hears "before NAME" just before and "after NAME" just after each durable commit; a
    test ends its process there. ``who`` tells who is signed in, the program itself where nobody is.
    """

    def __init__(
        self,
        database: StoreDatabase,
        tables: Tables,
        *,
        clock: Clock,
        desk: str,
        guard: ThreadGuard,
        on_commit: Callable[[str], None] | None = None,
        who: Callable[[], Actor] | None = None,
    ) -> None:
        self._database = database
        self.tables = tables
        self.clock = clock
        self.desk = desk
        self._guard = guard
        self._on_commit = on_commit or (lambda _point: None)
        self.who = who or (lambda: PROGRAM)
        self.recorder: Recorder | None = None
        self._pending: list[Pending] = []
        self.commits = 0

    def register(self, pending: Pending) -> None:
        """Let ``pending``'s notes travel in every commit from now on."""
        self._pending.append(pending)

    def audit(self, event: AuditEvent, moment: Moment) -> None:
        """Record what is done, in the transaction that does it."""
        if self.recorder is not None:
            self.recorder.append(event, moment, event.actor or self.who())

    def read(self, act: Callable[[Moment], T]) -> T:
        """Run ``act``, which only reads, over one state of the records."""
        self._guard.check()
        with self._database.atomic():
            return act(self._last_moment())

    def rows(self, statement: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """All rows of one bare statement, ``?`` for its values, where a query builder is too slow."""
        database = self._database
        found: list[tuple[Any, ...]] = database.execute_sql(
            statement.replace("?", database.param), values
        ).fetchall()
        return found

    def _last_moment(self) -> Moment:
        desk = self.tables.desk
        last = desk.select(desk.c.last_ms, desk.c.seq).where(desk.c.desk == self.desk).tuples().first()
        return Moment(self.clock.now_ms(), 0) if last is None else Moment(int(last[0]), int(last[1]))

    def check_thread(self) -> None:
        """Every call of the store begins here."""
        self._guard.check()

    def has_notes(self) -> bool:
        return any(pending.pending() for pending in self._pending)

    def durable(self, name: str, act: Callable[[Moment], T], *, begins: bool = True) -> T:
        """Run ``act`` with the waiting notes in one transaction and return when it will survive.

        Whatever is raised leaves nothing recorded and the notes waiting. ``act`` may be run again where
        another desk was in the way, so it leaves nothing behind but rows. ``begins`` is False for work
        that records what was done already: a clock that went back does not stop it.
        """
        self._guard.check()
        result = self._tried(name, act, begins)
        for pending in self._pending:
            pending.written()
        self.commits += 1
        self._on_commit(f"after {name}")
        return result

    def _tried(self, name: str, act: Callable[[Moment], T], begins: bool) -> T:
        attempt = 1
        while True:
            try:
                return self._transaction(name, act, begins, attempt)
            except DatabaseError as fault:
                if not self._database.again(fault, attempt):
                    known = known_fault(fault)
                    if known is None:
                        raise
                    raise known from fault
            attempt += 1

    def _transaction(self, name: str, act: Callable[[Moment], T], begins: bool, attempt: int) -> T:
        with self._database.transaction(*self._database.act_args(attempt)):
            moment = self._next_moment(begins)
            for pending in self._pending:
                pending.write(moment)
            result = act(moment)
            self._on_commit(f"before {name}")
        return result

    def _next_moment(self, begins: bool) -> Moment:
        desk = self.tables.desk
        last = desk.select(desk.c.seq, desk.c.last_ms).where(desk.c.desk == self.desk).tuples().first()
        now = self.clock.now_ms()
        if last is None:
            desk.insert(desk=self.desk, seq=1, last_ms=now).execute()
            return Moment(now, 1)
        behind = int(last[1]) - now
        if begins and behind > CLOCK_TOLERANCE_MS:
            raise errors.ClockWentBack(behind // 1000)
        moment = Moment(max(now, int(last[1])), int(last[0]) + 1)
        desk.update(seq=moment.seq, last_ms=moment.at_ms).where(desk.c.desk == self.desk).execute()
        return moment

    def next_number(self, realm: str, kind: str) -> str:
        """The next human number of its kind, e.g. X01-A000017; only inside a running transaction.

        The counter moves in the same transaction, so numbers have no gap and none comes twice.
        """
        counter = self.tables.counter
        mine = (counter.c.realm == realm) & (counter.c.desk == self.desk) & (counter.c.kind == kind)
        row = counter.select(counter.c.value).where(mine).tuples().first()
        value = 1 if row is None else int(row[0]) + 1
        if row is None:
            counter.insert(realm=realm, desk=self.desk, kind=kind, value=value).execute()
        else:
            counter.update(value=value).where(mine).execute()
        return f"{_REALM_LETTER[realm]}{self.desk}-{kind}{value:06d}"


# The first letter of every human number tells its realm: live, specimen (test), exercise (training).
_REALM_LETTER: Final = {"live": "L", "test": "S", "training": "X"}
