"""A store on a PostgreSQL server: one schema a store, units of work serializable, every fault known.

A unit of work is a SERIALIZABLE transaction (PostgreSQL 15, 13.2.3): of acts that could not have
happened one after another the server refuses one, which is then run again. Acts run beside each other at
first; one that collided goes on alone, so that no desk is refused for ever. What is read outside a unit
of work is read from one state and writes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

import psycopg
from peewee import PeeweeException, PostgresqlDatabase
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus

from app.base.ids import RandomSource
from app.crypto.keys import StoreKeys
from app.crypto.sm3 import same
from app.store import database as db
from app.store import errors
from app.store.dialect import POSTGRESQL
from app.store.migrations import MIGRATIONS, Migration
from app.store.server_address import SERVER_FILE, Server
from app.store.server_errors import ServerSettingRefused, ServerUnfit, StoreUnreachable
from app.store.server_faults import ServerFault, clean

T = TypeVar("T")

# The oldest one that the suite runs on, and that still gets corrections in 2026.
SERVER_NEEDED: Final = 15
# Asked for, and read back as the server writes them.
SETTINGS: Final[tuple[tuple[str, str], ...]] = (
    # Reads outside a unit of work: one state, and never refused for another desk's sake.
    ("default_transaction_isolation", "repeatable read"),
    ("synchronous_commit", "on"),
    ("standard_conforming_strings", "on"),
    ("TimeZone", "UTC"),
    ("client_min_messages", "warning"),
    # A sequential scan counts as having read the whole table, and collides with every act (13.2.3).
    ("enable_seqscan", "off"),
    # A query that has no index all the same would seem dear enough to be compiled, which takes longer.
    ("jit", "off"),
    ("lock_timeout", "10s"),
    ("statement_timeout", "1min"),
    # A desk that froze in the middle of an act must not hold up all others.
    ("idle_in_transaction_session_timeout", "1min"),
)
# The server's own, which a session can not change: without them a power cut costs finished work.
REQUIRED: Final[tuple[tuple[str, str], ...]] = (
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("server_encoding", "UTF8"),
)
# Acts are tried beside others, then alone; a collision with one that reads for very long may remain.
_TRIES: Final = 6
_TRIES_BESIDE: Final = 2
_JITTER_MS: Final = 40
# A session that was lost while it committed: the server is asked what became of it, so often.
_DOUBT_TRIES: Final = 20
_DOUBT_MS: Final = 250
_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# The lock orders acts and migrations; it is had before the first query, which fixes what an act sees.
_ACT: Final = (
    "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE; LOCK TABLE migration IN {mode} MODE;"
    " SELECT max(number), pg_current_xact_id()::text FROM migration"
)
_BESIDE, _ALONE = "ROW EXCLUSIVE", "SHARE ROW EXCLUSIVE"
_SCHEMA: Final = (
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
    " SELECT pg_advisory_xact_lock(hashtextextended('kangka ' || current_setting('search_path'), 0))"
)
# Names of ``begin``'s first argument besides the dialect's.
CHANGE_SCHEMA: Final = "SCHEMA"


class ServerDatabase(PostgresqlDatabase):
    """peewee's PostgreSQL over psycopg 3, with faults by their code and a session that comes again.

    A session that broke between two acts is opened again without a word; one that broke in the middle of
    an act has recorded nothing of it.
    """

    dialect = POSTGRESQL

    def __init__(self, server: Server, random: RandomSource) -> None:
        super().__init__(server.settings["dbname"], prefer_psycopg3=True)
        self.server = server
        self._random = random
        self._pause = threading.Event()
        self._act: str | None = None

    # -------------------------------------------------------------------------------- sessions

    def _connect(self) -> Any:
        try:
            connection = psycopg.connect(make_conninfo(**self.server.parameters()), autocommit=True)
        except (psycopg.Error, OSError):  # its words name user and host, and no code tells them apart
            connection = None
        if connection is None:
            raise StoreUnreachable
        try:
            check_server(connection.info.server_version)
            schema = ("search_path", self.server.schema)
            apply_settings(connection.execute, (schema, *SETTINGS))
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop(self) -> None:
        """Let go of a session that is of no use any more; the next use opens another."""
        if not self.is_closed() and not self.in_transaction():
            self._tried(self.close)

    def _broken(self) -> bool:
        return bool(self.is_closed() or self.connection().broken or self.connection().closed)  # type: ignore[no-untyped-call]

    # ------------------------------------------------------------------------------ statements

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        def execute() -> Any:
            return super(ServerDatabase, self).execute_sql(sql, params)  # type: ignore[no-untyped-call]

        cursor, fault = self._tried(execute)
        if fault is not None and fault.lost and not self.in_transaction():
            self._drop()
            if sql.startswith("SELECT"):
                cursor, fault = self._tried(execute)
        if fault is not None:
            raise fault
        return cursor

    def _tried(self, call: Callable[[], T]) -> tuple[T | None, ServerFault | None]:
        """What ``call`` gives, or the server's fault without its words: raised outside of the handler,
        so that those do not hang on as its context either."""
        try:
            return call(), None
        except (PeeweeException, psycopg.Error) as raised:
            fault = raised if isinstance(raised, ServerFault) else clean(raised)
            if fault is None:
                raise
        return None, fault

    # ---------------------------------------------------------------------------- transactions

    def begin(self, kind: str | None = None, mode: str = _BESIDE) -> None:
        """Without ``kind`` a transaction that reads; the dialect's for an act; ``CHANGE_SCHEMA``."""
        self._act = None
        statement = {None: _READ, CHANGE_SCHEMA: _SCHEMA}.get(kind, _ACT.format(mode=mode))
        first, fault = self._tried(lambda: self._begun(statement))
        if fault is not None and fault.lost:
            self._drop()
            first, fault = self._tried(lambda: self._begun(statement))
        if fault is not None:
            self.rollback()
            raise fault
        if kind in (None, CHANGE_SCHEMA) or first is None:
            return
        number, self._act = first
        known = MIGRATIONS[-1].number
        if number > known:  # a newer program changed the tables under an open window
            self.rollback()
            raise errors.StoreNewer(number, known)

    def _begun(self, statement: str) -> Any:
        cursor = self.connection().execute(statement)  # type: ignore[no-untyped-call]
        while cursor.nextset():
            pass
        return cursor.fetchone() if cursor.description else None

    def commit(self) -> None:
        act, self._act = self._act, None
        if self.connection().info.transaction_status is TransactionStatus.INERROR:  # type: ignore[no-untyped-call]
            # The server would answer such a COMMIT by a ROLLBACK, and call it no error.
            raise ServerFault("25P02")
        _, fault = self._tried(super().commit)
        if fault is None or (fault.lost and act is not None and self._recorded(act)):
            return
        raise fault

    def rollback(self) -> None:
        if self._broken():
            self._drop()
            return
        _, fault = self._tried(super().rollback)
        if fault is not None:
            self._drop()

    def _recorded(self, act: str) -> bool:
        """Whether the act whose session was lost at its commit is among the records (9.27.7)."""
        for _ in range(_DOUBT_TRIES):
            self._drop()
            try:
                found = self.execute_sql("SELECT pg_xact_status(%s::xid8)", (act,)).fetchone()[0]
            except StoreUnreachable:
                found = None
            if found in ("committed", "aborted"):
                return bool(found == "committed")
            self._pause.wait(_DOUBT_MS / 1000)
        raise StoreUnreachable

    # --------------------------------------------------------------------- app.store.work.Engine

    def act_args(self, attempt: int) -> tuple[str, ...]:
        mode = _BESIDE if attempt <= _TRIES_BESIDE else _ALONE
        return (*self.dialect.begin, mode)

    def again(self, fault: Exception, attempt: int) -> bool:
        if not isinstance(fault, ServerFault) or attempt >= _TRIES:
            return False
        if fault.lost:
            return attempt == 1
        if fault.collided:
            self._pause.wait(self._random.token_bytes(1)[0] * _JITTER_MS / 255 / 1000)
        return fault.collided


def check_server(version: int) -> None:
    """``ServerUnfit`` unless the server is new enough; ``version`` as libpq gives it: 150007."""
    found = version // 10_000
    if found < SERVER_NEEDED:
        raise ServerUnfit(found, SERVER_NEEDED)


def apply_settings(
    execute: Callable[[str, tuple[str, ...]], Any],
    settings: tuple[tuple[str, str], ...] = SETTINGS,
    required: tuple[tuple[str, str], ...] = REQUIRED,
) -> None:
    """Set what a session may set and read all back; ``ServerSettingRefused`` names the first that is
    otherwise."""
    refused = None
    for name, value in settings:
        try:
            execute("SELECT set_config(%s, %s, false)", (name, value))
        except psycopg.Error:
            refused = refused or name
    for name, value in (*settings, *required):
        if refused is None:
            row = execute("SELECT current_setting(%s, true)", (name,)).fetchone()
            refused = None if row is not None and row[0] == value else name
    if refused is not None:
        raise ServerSettingRefused(refused)


def connect(server: Server, keys: StoreKeys, random: RandomSource) -> ServerDatabase:
    """Open the store of ``keys`` on ``server``; only reads."""
    database = ServerDatabase(server, random)
    database.connect()
    try:
        version = db.schema_version(database)
        if not version:
            raise errors.StoreMissing(f"{SERVER_FILE}: {server.schema}")
        found = db.run(database, "SELECT value FROM meta WHERE name = 'header'").fetchone()
        if found is None:
            raise errors.StoreDamaged(SERVER_FILE)
        if not same(found[0].encode(), keys.header().hex().encode()):
            raise errors.StoreKeyWrong(SERVER_FILE)
        known = MIGRATIONS[-1].number
        if version > known:
            raise errors.StoreNewer(version, known)
    except BaseException:
        database.close()
        raise
    return database


def make_schema(database: ServerDatabase) -> None:
    """The store's schema inside the transaction that fills it; ``StoreExists`` where one is filled."""
    if db.schema_version(database):
        raise errors.StoreExists(f"{SERVER_FILE}: {database.server.schema}")
    db.run(database, f"CREATE SCHEMA IF NOT EXISTS {database.server.schema}")


def drop_schema(database: ServerDatabase) -> None:
    """Remove the whole store that is open."""
    with database.transaction(CHANGE_SCHEMA):
        run(database, f"DROP SCHEMA {database.server.schema} CASCADE")


def migrate(
    database: ServerDatabase, now_ms: int, migrations: tuple[Migration, ...] = MIGRATIONS
) -> str | None:
    """Bring the tables to the newest version in one transaction; the schema of the old ones, if any.

    The old schema is set aside under ``NAME_before_NNNN`` as it is, and the new one made by the same
    migrations and filled from it: what was there before is not touched by what may fail.
    """
    if not db.due(database, migrations):
        return None
    with database.transaction(CHANGE_SCHEMA):
        # Another desk may have done it while this one waited for its turn.
        done = db.schema_version(database)
        due = db.due(database, migrations)
        if not due:
            return None
        run(database, "LOCK TABLE migration IN ACCESS EXCLUSIVE MODE")
        schema = database.server.schema
        aside = f"{schema}_before_{due[0].number:04d}"
        run(database, f"DROP SCHEMA IF EXISTS {aside} CASCADE")
        run(database, f"ALTER SCHEMA {schema} RENAME TO {aside}")
        run(database, f"CREATE SCHEMA {schema}")
        known = tuple(migration for migration in migrations if migration.number <= done)
        db.apply(database, database.dialect, known, now_ms, first=True)
        run(database, "DELETE FROM migration")
        for table in _tables_of(database, aside):
            run(database, f"INSERT INTO {schema}.{table} SELECT * FROM {aside}.{table}")  # noqa: S608
        db.apply(database, database.dialect, due, now_ms, first=False)
    return aside


def run(database: ServerDatabase, statement: str) -> Any:
    return db.run(database, statement)


def _tables_of(database: ServerDatabase, schema: str) -> list[str]:
    """Names of our own, each table after those that its rows refer to: in the order they were made."""
    rows = database.execute_sql(
        "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'"
        " ORDER BY oid",
        (schema,),
    )
    return [str(row[0]) for row in rows.fetchall()]
