"""Opening: what is refused before anything is touched, what is asked of the engine and read back."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from peewee import IntegrityError
from sqlcipher3 import dbapi2 as sqlcipher

from app.crypto.keys import KEY_FILE, KeyFileMissing, KeyMethodRefused, StoreKeys
from app.domain.application import Realm
from app.store import database as db
from app.store import errors
from app.store.dialect import POSTGRESQL, SQLITE
from app.store.migrations import MIGRATIONS, REGISTER, Migration
from app.store.store import Store, create, exists, open_or_create, open_store
from app.store.tables import COLUMNS
from tests.crypto.support import clerk
from tests.store.support import application, context, make_card

LIVE = replace(context(Realm.LIVE), wrappers=(clerk(),))
TRAINING = context()


@pytest.fixture
def engine() -> str:
    return "sqlcipher"


def contents(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def keys_of(folder: Path) -> StoreKeys:
    return TRAINING.keys_in(folder).unwrap()


def rewrite(folder: Path, *statements: str) -> None:
    """Change a closed store from outside, with its key."""
    raw = db.CipherDatabase(folder / db.DATABASE_FILE, lambda: db.raw_key(keys_of(folder)))
    raw.connect()
    for statement in statements:
        db.run(raw, statement)
    raw.close()


@pytest.fixture
def closed(folder: Path) -> Path:
    store = create(folder, TRAINING)
    make_card(store)
    store.close()
    return folder


@pytest.fixture
def abandoned(folder: Path) -> Path:
    """A store as a power cut leaves it: the last rows stand in the log alone."""
    store = create(folder.with_name("working"), TRAINING)
    make_card(store)
    folder.mkdir()
    for path in store.folder.iterdir():
        if not path.name.endswith("-shm"):
            shutil.copy(path, folder)
    store.close()
    assert (folder / "kangka.db-wal").stat().st_size > 0
    return folder


# ----------------------------------------------------------------------------- refused, untouched


def refused_untouched(folder: Path, fault: type[Exception], asked: Callable[[], object]) -> None:
    before = contents(folder)
    with pytest.raises(fault):
        asked()
    assert contents(folder) == before


@pytest.mark.parametrize("left", ["closed", "abandoned"])
def test_a_wrong_key_is_refused(left: str, request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue(left)
    other = folder.with_name("other")
    create(other, TRAINING).close()
    shutil.copy(other / KEY_FILE, folder / KEY_FILE)
    refused_untouched(folder, errors.StoreKeyWrong, lambda: open_store(folder, TRAINING))


@pytest.mark.parametrize("left", ["closed", "abandoned"])
def test_a_missing_key_file_is_refused_and_not_made_anew(
    left: str, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(left)
    (folder / KEY_FILE).unlink()
    refused_untouched(folder, KeyFileMissing, lambda: open_store(folder, TRAINING))
    refused_untouched(folder, KeyFileMissing, lambda: open_or_create(folder, TRAINING))
    refused_untouched(folder, errors.StoreExists, lambda: create(folder, TRAINING))


def test_a_key_without_records_is_refused_and_not_filled_up(closed: Path) -> None:
    (closed / db.DATABASE_FILE).unlink()
    refused_untouched(closed, errors.StoreMissing, lambda: open_or_create(closed, TRAINING))


def test_a_training_store_is_refused_by_live(closed: Path) -> None:
    refused_untouched(closed, errors.StoreRealmMismatch, lambda: open_store(closed, LIVE))


def test_a_live_store_is_refused_by_training(folder: Path) -> None:
    store = create(folder, LIVE)
    for realm in (Realm.LIVE, Realm.TEST):
        frozen = replace(application(realm=realm), id=f"in-{realm}", person_id=f"person-{realm}")
        store.applications.freeze(frozen)
        assert (
            store.applications.number_of(f"in-{realm}") == f"{'L' if realm == 'live' else 'S'}01-A000001"
        )
    with pytest.raises(errors.RealmRefused):
        store.applications.freeze(application())
    store.close()
    refused_untouched(folder, errors.StoreRealmMismatch, lambda: open_store(folder, TRAINING))
    open_store(folder, LIVE).close()


def test_a_live_store_is_not_made_under_the_published_key(folder: Path) -> None:
    with pytest.raises(KeyMethodRefused):
        create(folder, context(Realm.LIVE))
    assert list(folder.parent.iterdir()) == []


def test_records_of_a_newer_program_are_refused(closed: Path) -> None:
    rewrite(closed, f"PRAGMA user_version = {MIGRATIONS[-1].number + 1}")
    with pytest.raises(errors.StoreNewer) as caught:
        open_store(closed, TRAINING)
    assert caught.value.params() == {"found": NEXT, "known": NEXT - 1}


def test_an_empty_folder_has_no_store(folder: Path) -> None:
    assert not exists(folder)
    with pytest.raises(errors.StoreMissing):
        open_store(folder, TRAINING)
    assert not folder.exists()


@pytest.mark.parametrize("at", [16, 2_000, 4_095])
def test_a_damaged_first_page_is_refused(closed: Path, at: int) -> None:
    raw = bytearray((closed / db.DATABASE_FILE).read_bytes())
    raw[at] ^= 1
    (closed / db.DATABASE_FILE).write_bytes(raw)
    refused_untouched(closed, errors.StoreDamaged, lambda: open_store(closed, TRAINING))


@pytest.mark.parametrize(
    "statements",
    [
        ("UPDATE meta SET value = 'live' WHERE name = 'realm'",),
        ("UPDATE meta SET value = 'another' WHERE name = 'store'",),
        ("DELETE FROM meta",),
        ("PRAGMA application_id = 1",),
        ("PRAGMA application_id = 0",),
        ("DROP TABLE migration",),
    ],
)
def test_records_that_contradict_their_key_file_are_refused(
    closed: Path, statements: tuple[str, ...]
) -> None:
    rewrite(closed, *statements)
    with pytest.raises(errors.StoreDamaged):
        open_store(closed, TRAINING)


# --------------------------------------------------------------------------------------- creation


def test_a_cut_creation_leaves_nothing_that_opens(folder: Path) -> None:
    left = folder.with_name(folder.name + ".new-cut")
    left.mkdir(parents=True)
    (left / KEY_FILE).write_text("cut")
    store = open_or_create(folder, TRAINING)
    store.close()
    assert not left.exists()
    assert sorted(contents(folder)) == [db.DATABASE_FILE, KEY_FILE]


def test_a_failed_creation_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "SETTINGS", (("journal_mode", "off"),))
    monkeypatch.setattr(db, "migrate", lambda *_: (_ for _ in ()).throw(OSError("disk gone")))
    with pytest.raises(errors.StoreFolderRefused):
        create(folder, TRAINING)
    assert list(folder.parent.iterdir()) == []


def test_an_abandoned_store_opens_with_every_row(abandoned: Path) -> None:
    store = open_store(abandoned, TRAINING)
    assert store.applications.list() == [application()]
    assert len(store.journal.cases_of(application().id)) == 1
    store.close()


def test_two_stores_live_at_once(tmp_path: Path) -> None:
    one, two = create(tmp_path / "one", TRAINING), create(tmp_path / "two", TRAINING)
    one.applications.freeze(application(1))
    two.applications.freeze(application(2))
    assert one.applications.list() == [application(1)]
    assert two.applications.list() == [application(2)]
    assert one.store_id != two.store_id
    assert one.digest_key() != two.digest_key()
    one.close()
    two.close()


# ----------------------------------------------------------------------------------------- engine


def test_every_setting_is_in_force(store: Store) -> None:
    for name, value in db.SETTINGS:
        assert str(db.run(store._database, f"PRAGMA {name}").fetchone()[0]) == value
    kind = db.run(store._database, "PRAGMA application_id").fetchone()[0]
    assert kind == int.from_bytes(b"KGKA", "big")


def test_a_setting_that_does_not_take_is_refused() -> None:
    # A database in memory has no log: it answers "memory" where "wal" was asked for.
    connection = sqlcipher.connect(":memory:", isolation_level=None)
    with pytest.raises(errors.PragmaRefused) as caught:
        db.apply_settings(connection.execute)
    assert caught.value.setting == "journal_mode"
    with pytest.raises(errors.PragmaRefused):
        db.apply_settings(connection.execute, (("no_such_setting", "1"),))
    connection.close()


@pytest.mark.parametrize("version", [(3, 40, 1), (3, 51, 2)])
def test_an_old_engine_is_refused(version: tuple[int, ...]) -> None:
    with pytest.raises(errors.EngineUnfit):
        db.check_engine(version, "4.6.1")


def test_an_engine_without_a_cipher_is_refused() -> None:
    with pytest.raises(errors.EngineUnfit):
        db.check_engine((3, 53, 4), None)
    db.check_engine((3, 51, 3), "4.6.1")


def test_foreign_keys_hold(store: Store) -> None:
    with pytest.raises(IntegrityError):
        db.run(store._database, "INSERT INTO chip VALUES ('training', 'C1', 'I1', 'p', 'no case', 1)")


def test_another_writer_is_a_known_fault(folder: Path) -> None:
    one, two = create(folder, TRAINING), open_store(folder, TRAINING)
    db.run(two._database, "PRAGMA busy_timeout = 1")
    with one._database.transaction("IMMEDIATE"), pytest.raises(errors.StoreBusy):
        two.applications.freeze(application())
    two.applications.freeze(application())
    one.close()
    two.close()


def test_records_that_another_program_holds_are_busy_and_not_damaged(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = open_store(closed, TRAINING)
    db.run(holder._database, "PRAGMA locking_mode = EXCLUSIVE")
    db.run(holder._database, "UPDATE meta SET value = value")
    monkeypatch.setattr(db, "_BUSY_MS", 1)
    with pytest.raises(errors.StoreBusy):
        open_store(closed, TRAINING)
    holder.close()
    open_store(closed, TRAINING).close()


def test_a_full_disk_records_nothing_and_loses_nothing(store: Store) -> None:
    store.applications.freeze(application(1))
    pages = db.run(store._database, "PRAGMA page_count").fetchone()[0]
    db.run(store._database, f"PRAGMA max_page_count = {pages}")
    big = replace(application(2), resident=replace(application(2).resident, photo=bytes(50_000)))
    with pytest.raises(errors.StoreWriteFailed):
        store.applications.freeze(big)
    assert store.applications.list() == [application(1)]
    db.run(store._database, "PRAGMA max_page_count = 100000")
    store.applications.freeze(big)
    assert store.applications.number_of(big.id) == "X01-A000002"


# ------------------------------------------------------------------------------------- migrations


NEXT = MIGRATIONS[-1].number + 1


def later(*statements: str) -> tuple[Migration, ...]:
    return (*MIGRATIONS, Migration(NEXT, "later", statements))


def test_the_queries_know_every_column_of_the_schema(store: Store) -> None:
    found = {
        name: tuple(column.name for column in store._database.get_columns(name))
        for name in store._database.get_tables()
    }
    assert found == COLUMNS


def test_a_later_migration_is_backed_up_before(closed: Path) -> None:
    keys = keys_of(closed)
    database = db.connect(closed, keys)
    added = later("CREATE TABLE till (id {text} NOT NULL PRIMARY KEY){strict}")
    copy = db.migrate(database, closed, 7, added)
    assert db.schema_version(database) == NEXT
    assert db.migrate(database, closed, 8, added) is None
    database.close()
    with pytest.raises(errors.StoreNewer):  # the older program, after the newer one
        open_store(closed, TRAINING)
    assert copy == closed / f"kangka.db.before-{NEXT:04d}"
    copy.replace(closed / db.DATABASE_FILE)
    store = open_store(closed, TRAINING)
    assert store.applications.list() == [application()]
    store.close()


def test_a_migration_that_fails_leaves_the_old_schema(closed: Path) -> None:
    database = db.connect(closed, keys_of(closed))
    with pytest.raises(Exception, match="syntax error"):
        db.migrate(
            database, closed, 7, later("CREATE TABLE till (id {text}){strict}", "CREATE NONSENSE")
        )
    assert (db.schema_version(database), "till" in database.get_tables()) == (NEXT - 1, False)
    database.close()
    open_store(closed, TRAINING).close()


def test_no_copy_is_made_while_others_write(closed: Path) -> None:
    database, other = db.connect(closed, keys_of(closed)), open_store(closed, TRAINING)
    with other._database.transaction("IMMEDIATE"):
        db.run(other._database, "UPDATE meta SET value = value")
        db.run(database, "PRAGMA busy_timeout = 1")
        with pytest.raises(errors.StoreBusy):
            db.backup(database, closed, "copy")
    assert not (closed / "kangka.db.copy").exists()
    other.close()
    database.close()


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
def test_migrations_are_numbered_and_speak_both_engines(dialect: object) -> None:
    assert [m.number for m in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))
    for statement in (REGISTER, *(s for m in MIGRATIONS for s in m.statements)):
        for foreign in ("AUTOINCREMENT", "WITHOUT ROWID", "datetime(", "INSERT OR", "BLOB", "BYTEA"):
            assert foreign not in statement
        rendered = (SQLITE if dialect is SQLITE else POSTGRESQL).render(statement)
        assert "{" not in rendered
        assert ("STRICT" in rendered) == (dialect is SQLITE and "CREATE TABLE" in statement)
