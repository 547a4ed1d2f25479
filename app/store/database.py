"""One encrypted database file: opened with a raw key, every setting read back, migrated forward.

A store's folder holds ``kangka.db`` (SQLCipher), its ``-wal`` and ``-shm`` while it is open, and
``kangka.key`` (app.crypto.keys). The first 16 bytes of the file are its salt; they derive from data key
and realm, so that a wrong key or a wrong realm is known before the file is touched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from peewee import Database, DatabaseError, IntegrityError, SqliteDatabase
from sqlcipher3 import dbapi2 as sqlcipher  # type: ignore[import-untyped]

from app import __version__
from app.base.errors import KangkaError
from app.base.files import sync_folder
from app.crypto.keys import StoreKeys
from app.crypto.sm3 import same
from app.store import errors
from app.store.dialect import SQLITE, Dialect
from app.store.migrations import MIGRATIONS, REGISTER, Migration
from app.store.server_faults import ServerFault
from app.store.tables import Tables

DATABASE_FILE: Final = "kangka.db"
# "KGKA", where SQLite keeps the kind of a file (Pragma application_id).
APPLICATION_ID: Final = 0x4B474B41
# SQLite 3.7.0 to 3.51.2 can corrupt a WAL file that two connections use (sqlite.org/wal.html, 11).
ENGINE_NEEDED: Final = (3, 51, 3)
_BUSY_MS: Final = 5_000
# No powersafe overwrite (sqlite.org/psow.html): a medium whose power goes may spoil what lies beside a
# write, so each commit ends its own sector of the log. A tenth more is written for it.
MEDIUM: Final = "?psow=0"
# Asked for, and read back. FULL: WAL with NORMAL may lose a committed row at a power cut.
SETTINGS: Final[tuple[tuple[str, str], ...]] = (
    ("journal_mode", "wal"),
    ("synchronous", "2"),
    ("foreign_keys", "1"),
    ("temp_store", "2"),
    ("secure_delete", "1"),
    ("trusted_schema", "0"),
    ("cell_size_check", "1"),
    ("busy_timeout", str(_BUSY_MS)),
)


def run(database: Database, statement: str) -> Any:
    """The cursor of one statement without parameters."""
    return database.execute_sql(statement)  # type: ignore[no-untyped-call]


class CipherDatabase(SqliteDatabase):
    """peewee's SQLite over the SQLCipher library. The key is handed to each connection and not kept
    in its parameters, which peewee shows in messages."""

    dialect = SQLITE
    server_version = sqlcipher.sqlite_version_info

    def __init__(self, path: Path, key_text: Callable[[], str]) -> None:
        super().__init__(str(path))
        self._key_text = key_text

    def act_args(self, attempt: int) -> tuple[str, ...]:
        return self.dialect.begin

    def again(self, fault: Exception, attempt: int) -> bool:
        # Another desk was first. The second run sees its row and says so in plain words.
        return attempt == 1 and isinstance(fault, IntegrityError)

    def beside(self, path: Path) -> CipherDatabase:
        """Another file under the same key."""
        return CipherDatabase(path, self._key_text)

    def rollback(self) -> None:
        # At a full or failing medium the engine has rolled back by itself, and says so if asked again.
        if self.connection().in_transaction:  # type: ignore[no-untyped-call]
            super().rollback()

    def _connect(self) -> Any:
        place = Path(self.database).absolute().as_uri() + MEDIUM
        connection = sqlcipher.connect(place, uri=True, isolation_level=None, timeout=_BUSY_MS / 1000)
        try:
            # The library would tell its own story on standard error beside the one plain sentence.
            connection.execute("PRAGMA cipher_log_level = NONE")
            connection.execute(f'PRAGMA key = "{self._key_text()}"')
            self._add_conn_hooks(connection)  # type: ignore[attr-defined]
        except BaseException:
            connection.close()
            raise
        return connection


def known_fault(fault: Exception) -> KangkaError | None:
    """The desk's fault for an exception of an engine, None for anything else: that is a bug."""
    if isinstance(fault, ServerFault):
        return fault.known()
    if isinstance(fault, (DatabaseError, sqlcipher.DatabaseError)):
        return errors.known_fault(str(fault), DATABASE_FILE)
    return None


def check_engine(version: tuple[int, ...], cipher: str | None) -> None:
    """``EngineUnfit`` unless the library is new enough and encrypts."""
    needed = "SQLCipher with SQLite " + ".".join(map(str, ENGINE_NEEDED))
    found = "SQLite " + ".".join(map(str, version))
    if version < ENGINE_NEEDED:
        raise errors.EngineUnfit(found, needed)
    if not cipher:
        raise errors.EngineUnfit(found + " without a cipher", needed)


def apply_settings(
    execute: Callable[[str], Any], settings: tuple[tuple[str, str], ...] = SETTINGS
) -> None:
    """Set each PRAGMA and read it back; ``PragmaRefused`` names the first that did not take."""
    for name, value in settings:
        execute(f"PRAGMA {name} = {value}")
        row = execute(f"PRAGMA {name}").fetchone()
        if row is None or str(row[0]).lower() != value:
            raise errors.PragmaRefused(name)


def fold(execute: Callable[[str], Any]) -> None:
    """Make durable what is about to be seen.

    A process that was killed leaves commits in the log that nobody synced, and a power cut may leave one
    whose sector is not whole. Whoever opens the store sees them and acts on them.
    """
    with contextlib.suppress(sqlcipher.OperationalError):  # a full medium: the log was synced before
        execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def raw_key(keys: StoreKeys) -> str:
    """Key and salt as SQLCipher's raw form takes them: no passphrase, so no costly derivation."""
    return f"x'{keys.database_key().hex()}{keys.header().hex()}'"


def check_header(folder: Path, keys: StoreKeys) -> None:
    """``StoreKeyWrong`` unless key and realm fit the file's first 16 bytes. Only reads."""
    with (folder / DATABASE_FILE).open("rb") as stream:
        head = stream.read(16)
    if not same(head, keys.header()):
        raise errors.StoreKeyWrong(DATABASE_FILE)


def connect(folder: Path, keys: StoreKeys) -> CipherDatabase:
    """Open ``folder``'s file with ``keys``; one that is not there is made. Settings are applied."""
    database = CipherDatabase(folder / DATABASE_FILE, lambda: raw_key(keys))
    database.connect()
    try:
        execute = database.connection().execute  # type: ignore[no-untyped-call]
        cipher = execute("PRAGMA cipher_version").fetchone()
        check_engine(sqlcipher.sqlite_version_info, cipher and str(cipher[0]))
        try:
            execute("SELECT count(*) FROM sqlite_master").fetchone()
            kind = execute("PRAGMA application_id").fetchone()[0]
            version = execute("PRAGMA user_version").fetchone()[0]
        except sqlcipher.DatabaseError as fault:
            raise known_fault(fault) or errors.StoreDamaged(DATABASE_FILE) from None
        if kind not in (0, APPLICATION_ID) or (kind == 0 and version != 0):
            raise errors.StoreDamaged(DATABASE_FILE)
        known = MIGRATIONS[-1].number
        if version > known:
            raise errors.StoreNewer(version, known)
        apply_settings(execute)
        fold(execute)
    except BaseException:
        database.close()
        raise
    return database


def migrate(
    database: CipherDatabase,
    folder: Path,
    now_ms: int,
    migrations: tuple[Migration, ...] = MIGRATIONS,
) -> Path | None:
    """Bring the schema to the newest version in one transaction; the copy made before, if any.

    A store that holds rows is copied first, to ``kangka.db.before-NNNN`` beside it.
    """
    done = schema_version(database)
    waiting = due(database, migrations)
    if not waiting:
        return None
    copy = backup(database, folder, f"before-{waiting[0].number:04d}") if done else None
    with database.transaction(*database.dialect.begin):
        apply(database, database.dialect, waiting, now_ms, first=not done)
        run(database, f"PRAGMA application_id = {APPLICATION_ID}")
        run(database, f"PRAGMA user_version = {waiting[-1].number}")
    return copy


def due(database: Database, migrations: tuple[Migration, ...] = MIGRATIONS) -> tuple[Migration, ...]:
    """Those of ``migrations`` that the records have not seen."""
    done = schema_version(database)
    return tuple(migration for migration in migrations if migration.number > done)


def apply(
    database: Database,
    dialect: Dialect,
    migrations: tuple[Migration, ...],
    now_ms: int,
    *,
    first: bool,
) -> None:
    """Run ``migrations`` in the running transaction; ``first`` where there is no register yet."""
    if first:
        run(database, dialect.render(REGISTER))
    register = Tables(database).migration
    for migration in migrations:
        for statement in migration.statements:
            run(database, dialect.render(statement))
        register.insert(
            number=migration.number, name=migration.name, applied_ms=now_ms, program=__version__
        ).execute()


def schema_version(database: Database) -> int:
    """The number of the newest migration applied, 0 for none. Asked the same way of both engines."""
    if not database.table_exists("migration"):
        return 0
    return int(run(database, "SELECT max(number) FROM migration").fetchone()[0])


def backup(database: CipherDatabase, folder: Path, name: str) -> Path:
    """A byte copy of the encrypted file, read back and checked; ``StoreBusy`` where others write."""
    source, target = folder / DATABASE_FILE, folder / f"{DATABASE_FILE}.{name}"
    part = target.with_name(target.name + ".part")
    busy = run(database, "PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise errors.StoreBusy
    with database.transaction(*SQLITE.begin):  # nobody else writes while the file is copied
        if source.with_name(source.name + "-wal").stat().st_size:  # somebody wrote in between
            raise errors.StoreBusy
        make_file(part)
        shutil.copyfile(source, part)
    with part.open("rb+") as stream:
        os.fsync(stream.fileno())
    copied = database.beside(part)
    copied.connect()
    try:
        if run(copied, "PRAGMA cipher_integrity_check").fetchall():
            raise errors.StoreWriteFailed
    finally:
        copied.close()
    part.replace(target)
    return target


def make_file(path: Path) -> None:
    """An empty file that its owner alone may read; the engine would let everybody."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))


def sync_way(folder: Path) -> None:
    """Make every name on the way to ``folder`` durable.

    A new workplace is a name in the folder above it, and whoever made it may have been killed before he
    synced that. A folder that is closed to us is none that we made.
    """
    for place in folder.absolute().parents:
        try:
            sync_folder(place)
        except PermissionError:
            return
