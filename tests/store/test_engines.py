"""The second engine: addresses, what a server must keep to, sessions that break, desks, migrations."""

from __future__ import annotations

import logging
import shutil
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from peewee import IntegrityError

from app.crypto.keys import KEY_FILE, KeyFileMissing, KeyMethodRefused
from app.domain.application import Realm
from app.store import database as db
from app.store import errors, postgres, server_address
from app.store.dialect import POSTGRESQL
from app.store.migrations import MIGRATIONS, Migration
from app.store.server_address import SERVER_FILE, parse
from app.store.server_errors import (
    ServerAddressRefused,
    ServerSettingRefused,
    ServerUnfit,
    StoreUnreachable,
)
from app.store.server_faults import ServerFault
from app.store.store import Store, create, exists, open_or_create, open_store
from app.store.tables import COLUMNS
from app.store.threaded import StoreThread
from tests.helpers.invariants import require
from tests.helpers.postgres import DATABASE, PostgresServer
from tests.store.support import application, context, make_card

pytestmark = pytest.mark.part("postgresql")
NEXT = MIGRATIONS[-1].number + 1


@pytest.fixture
def engine() -> str:
    return "postgresql"


def ask(store: Store, statement: str) -> object:
    return db.run(store._database, statement).fetchone()[0]


def beside(folder: Path, name: str = "beside") -> Path:
    """The folder of another desk of the same store: its key and the server's name, copied."""
    return Path(shutil.copytree(folder, folder.with_name(name)))


def desk(folder: Path, number: str) -> Store:
    return open_store(folder, replace(context(), desk=number))


# -------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "address",
    [
        "",
        "kangka",
        "host=127.0.0.1 dbname=kangka",
        "mysql://127.0.0.1/kangka",
        "postgresql://127.0.0.1",
        "postgresql://desk:secret@127.0.0.1/kangka",
        "postgresql://127.0.0.1/kangka?password=secret",
        "postgresql://127.0.0.1/kangka?passfile=elsewhere",
        "postgresql://127.0.0.1/kangka?options=-csynchronous_commit%3Doff",
        "postgresql://127.0.0.1:port:port/kangka?nonsense",
    ],
)
def test_an_address_that_is_none_or_says_too_much_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(ServerAddressRefused) as caught:
        server_address.write(tmp_path, address)
    assert "secret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("schema", ["", "Kangka", "a b", 'a"b', "a" * 41, "1a"])
def test_a_name_that_needs_quotes_is_refused(schema: str) -> None:
    with pytest.raises(ServerAddressRefused):
        parse("postgresql://127.0.0.1/kangka", schema)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "address",
        "address = 1",
        'address = "postgresql://h/d"\npassword = "x"',
        'address = "postgresql://h/d"\nschema = 1',
    ],
)
def test_a_file_that_names_no_server_is_refused(folder: Path, text: str) -> None:
    (folder / SERVER_FILE).write_text(text)
    with pytest.raises(ServerAddressRefused):
        create(folder, context())


@pytest.mark.parametrize(
    ("address", "mode"),
    [
        ("postgresql://db.example/kangka", "verify-full"),
        ("postgresql://192.0.2.7/kangka", "verify-full"),
        ("postgresql://127.0.0.1,db.example/kangka", "verify-full"),
        ("postgresql://db.example/kangka?sslmode=verify-ca", "verify-ca"),
        ("postgresql://127.0.0.1/kangka", None),
        ("postgresql://[::1]/kangka", None),
        ("postgresql://localhost/kangka", None),
        ("postgresql:///kangka?host=/run/postgresql", None),
        ("postgresql://127.0.0.1/kangka?sslmode=require", "require"),
    ],
)
def test_over_a_network_a_server_proves_who_it_is(address: str, mode: str | None) -> None:
    assert parse(address).parameters().get("sslmode") == mode


# ------------------------------------------------------------------------------ what is asked of it


def test_an_old_server_is_refused() -> None:
    postgres.check_server(150_000)
    with pytest.raises(ServerUnfit) as caught:
        postgres.check_server(140_011)
    assert caught.value.params() == {"found": 14, "needed": 15}


def test_every_setting_is_in_force(store: Store, postgres_server: PostgresServer) -> None:
    for name, value in (*postgres.SETTINGS, *postgres.REQUIRED):
        assert ask(store, f"SELECT current_setting('{name}')") == value
    # The server's own would be otherwise, and so would its order of letters.
    assert postgres_server.sql("SHOW synchronous_commit") == [("off",)]
    assert postgres_server.sql("SELECT '乙' < '甲', '乙' COLLATE \"C\" < '甲'") == [(False, True)]
    assert (
        ask(
            store,
            "SELECT collation_name FROM information_schema.columns WHERE column_name"
            " = 'number' AND table_name = 'making' AND table_schema = current_schema()",
        )
        == "C"
    )


@pytest.mark.parametrize(
    ("settings", "required", "named"),
    [
        ((("fsync", "off"),), (), "fsync"),  # no session may
        ((("synchronous_commit", "1"),), (), "synchronous_commit"),  # it answers "on"
        ((("no.such", "1"), ("nonsense", "1")), (), "nonsense"),
        ((), (("fsync", "off"),), "fsync"),
        ((), (("no_such_setting", "on"),), "no_such_setting"),
    ],
)
def test_a_setting_that_does_not_take_is_refused(
    postgres_server: PostgresServer,
    settings: tuple[tuple[str, str], ...],
    required: tuple[tuple[str, str], ...],
    named: str,
) -> None:
    with (
        psycopg.connect(postgres_server.address(), autocommit=True) as connection,
        pytest.raises(ServerSettingRefused) as caught,
    ):
        postgres.apply_settings(connection.execute, settings, required)
    assert caught.value.setting == named


def test_a_password_comes_from_the_system_and_is_said_nowhere(
    folder: Path,
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server_address.write(folder, postgres_server.tcp_address(), postgres_server.new_schema())
    wrong = "wrong" + postgres_server.password
    for password in ("", wrong):
        monkeypatch.setenv("PGPASSWORD", password)
        with pytest.raises(StoreUnreachable) as caught:
            create(folder, context())
        assert caught.value.__context__ is None
    monkeypatch.setenv("PGPASSWORD", postgres_server.password)
    store = create(folder, context())
    arguments = Path("/proc/self/cmdline").read_bytes()
    assert postgres_server.password.encode() not in arguments + (folder / SERVER_FILE).read_bytes()
    assert postgres_server.password not in caplog.text + repr(store._database.server)
    store.close()


# ------------------------------------------------------------------------------- refused, untouched


def test_records_and_their_key_belong_together(folder: Path, postgres_server: PostgresServer) -> None:
    create(folder, context()).close()
    other = folder.with_name("other")
    server_address.write(other, postgres_server.address(), postgres_server.new_schema())
    create(other, context()).close()
    shutil.copy(other / KEY_FILE, folder / KEY_FILE)
    with pytest.raises(errors.StoreKeyWrong):
        open_store(folder, context())


def test_a_missing_key_is_not_made_anew(folder: Path) -> None:
    create(folder, context()).close()
    (folder / KEY_FILE).unlink()
    assert not exists(folder)
    for opening in (open_store, open_or_create):
        with pytest.raises(KeyFileMissing):
            opening(folder, context())
    with pytest.raises(errors.StoreExists):
        create(folder, context())
    assert not exists(folder)


def test_a_key_without_records_is_not_filled_up(folder: Path, postgres_server: PostgresServer) -> None:
    store = create(folder, context())
    schema = store._database.server.schema
    store.close()
    with pytest.raises(errors.StoreExists):
        create(folder, context())
    postgres_server.sql(f"DROP SCHEMA {schema} CASCADE")
    for opening in (open_store, open_or_create):
        with pytest.raises(errors.StoreMissing):
            opening(folder, context())


def test_a_creation_that_is_refused_leaves_nothing(
    folder: Path, postgres_server: PostgresServer
) -> None:
    schema = server_address.read(folder).schema
    with pytest.raises(KeyMethodRefused):  # no live store under the published key
        create(folder, context(Realm.LIVE))
    assert [path.name for path in folder.iterdir()] == [SERVER_FILE]
    assert (schema,) not in postgres_server.sql("SELECT nspname::text FROM pg_namespace")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE meta SET value = 'live' WHERE name = 'realm'",
        "UPDATE meta SET value = 'another' WHERE name = 'store'",
        "DELETE FROM meta",
    ],
)
def test_records_that_contradict_their_key_file_are_refused(folder: Path, statement: str) -> None:
    store = create(folder, context())
    db.run(store._database, statement)
    store.close()
    with pytest.raises(errors.StoreDamaged):
        open_store(folder, context())


# ---------------------------------------------------------------------------------- sessions break


def end_session(store: Store, server: PostgresServer) -> None:
    pid = store._database.connection().info.backend_pid
    server.sql(f"SELECT pg_terminate_backend({pid}, 5000)")


def test_a_session_that_broke_between_two_acts_comes_again(
    store: Store, postgres_server: PostgresServer
) -> None:
    for act in (
        lambda: store.applications.freeze(application(1)),
        lambda: store.applications.get(application(1).id),
        lambda: store.records.read(lambda unit: unit.applications.state_of(application(1).id)),
        store.journal.open_cases,
    ):
        end_session(store, postgres_server)
        act()
    assert ask(store, "SHOW synchronous_commit") == "on"


@pytest.mark.parametrize("breaks", [1, 2])
def test_a_session_that_breaks_within_an_act_records_nothing_of_it(
    folder: Path, postgres_server: PostgresServer, breaks: int
) -> None:
    left = breaks

    def heard(point: str) -> None:
        nonlocal left
        if point == "before freeze" and left:
            left -= 1
            end_session(store, postgres_server)

    store = create(folder, context(on_commit=heard))
    if breaks == 1:  # the act is run again
        store.applications.freeze(application(1))
    else:
        with pytest.raises(StoreUnreachable):
            store.applications.freeze(application(1))
        assert store.applications.list() == []
        store.applications.freeze(application(1))
    assert store.applications.list() == [application(1)]
    require(store)
    store.close()


def test_a_commit_whose_answer_was_lost_is_asked_after(
    store: Store, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server did it, and the line broke before it could say so."""
    commit = postgres.PostgresqlDatabase.commit
    lost = []

    def done_and_lost(self: postgres.ServerDatabase) -> None:
        commit(self)
        if not lost:
            lost.append(True)
            end_session(store, postgres_server)
            raise ServerFault("08006")

    monkeypatch.setattr(postgres.PostgresqlDatabase, "commit", done_and_lost)
    store.applications.freeze(application(1))
    assert lost
    assert store.applications.number_of(application(1).id) == "X01-A000001"
    require(store)


def test_a_server_that_is_away_is_a_known_fault_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = PostgresServer()
    try:
        folder = tmp_path / "store"
        server_address.write(folder, server.address())
        thread = StoreThread(lambda: create(folder, context()))
        thread.applications.freeze(application(1))
        server.halt()
        calls: list[Callable[[], object]] = [
            lambda: thread.applications.freeze(application(2)),
            thread.applications.list,
            lambda: thread.records.read(lambda unit: unit.at_ms),
            lambda: open_store(folder, context()),
        ]
        for call in calls:
            with pytest.raises(StoreUnreachable) as caught:
                call()
            assert caught.value.params() == {}
        server.start()
        assert thread.applications.list() == [application(1)]
        thread.applications.freeze(application(2))
        thread.call(require)
        # Where nobody can say whether an act was committed, it is not run again.
        monkeypatch.setattr(postgres, "_DOUBT_TRIES", 2)
        monkeypatch.setattr(postgres, "_DOUBT_MS", 1)
        frozen = application(3)
        with pytest.raises(StoreUnreachable):
            thread.call(lambda store: _lose_server_at_commit(store, server, frozen))
        server.start()
        thread.call(require)
        thread.close()
    finally:
        server.stop()


def _lose_server_at_commit(store: Store, server: PostgresServer, frozen: object) -> None:
    store._work._on_commit = lambda point: server.halt() if point.startswith("before") else None
    try:
        store.applications.freeze(frozen)  # type: ignore[arg-type]
    finally:
        store._work._on_commit = lambda _point: None


# ---------------------------------------------------------------------------------- what is not said


def test_no_fault_of_the_server_shows_what_a_row_holds(store: Store) -> None:
    store.applications.freeze(application(1))
    again = "INSERT INTO person SELECT * FROM person"
    with pytest.raises(IntegrityError) as caught:
        db.run(store._database, again)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
    assert "person_pkey" in told
    assert "person-0001" not in told
    assert caught.value.__context__ is None
    bad: list[Callable[[], object]] = [
        lambda: db.run(store._database, "SELECT 'person-0001'::int"),
        lambda: store._database.execute_sql("SELECT %s::int", ("person-0001",)),
    ]
    for call in bad:
        with pytest.raises(ServerFault, match="SQLSTATE 22P02") as fault:
            call()
        shown = "".join(traceback.format_exception_only(fault.value)) + repr(fault.value.__dict__)
        assert "person-0001" not in shown
        assert fault.value.__context__ is None


@pytest.mark.parametrize(
    ("state", "known"),
    [
        ("08006", StoreUnreachable),
        ("57P01", StoreUnreachable),
        ("25006", StoreUnreachable),
        ("40001", errors.StoreBusy),
        ("40P01", errors.StoreBusy),
        ("55P03", errors.StoreBusy),
        ("57014", errors.StoreBusy),
        ("53100", errors.StoreWriteFailed),
        ("XX001", errors.StoreDamaged),
        ("42601", None),
        ("23505", None),
    ],
)
def test_a_fault_is_known_by_its_code(state: str, known: type[Exception] | None) -> None:
    found = db.known_fault(ServerFault(state))
    assert found is None if known is None else isinstance(found, known)


# ------------------------------------------------------------------------------------- many desks


def test_desks_share_people_and_have_their_own_numbers_and_chains(folder: Path) -> None:
    one = create(folder, context())
    two = desk(beside(folder), "02")
    one.applications.freeze(application(1))
    two.applications.freeze(application(2))
    assert two.applications.number_of(application(1).id) == "X01-A000001"
    assert one.applications.number_of(application(2).id) == "X02-A000001"
    case = one.journal.open_case(application(1))
    with pytest.raises(errors.CaseOpen) as caught:
        two.journal.open_case(application(1))
    assert caught.value.number == case.number == "X01-C000001"
    make_card(two, 3)
    with pytest.raises(errors.CardLives):
        one.journal.open_case(application(3))
    require(one)
    one.close()
    two.close()


def test_an_act_that_collides_is_run_again(folder: Path) -> None:
    """Each reads what the other writes: one after another neither would have seen nothing."""
    one, two = create(folder, context()), desk(beside(folder), "02")
    for number in (1, 2):
        one.applications.freeze(application(number))
    seen: list[int] = []

    def act(store: Store, between: Callable[[], None]) -> Callable[[object], None]:
        def count_and_add(_moment: object) -> None:
            seen.append(int(str(ask(store, "SELECT count(*) FROM meta WHERE value = ''"))))
            between()
            name = f"'{store.desk}-{len(seen)}'"
            db.run(store._database, f"INSERT INTO meta VALUES ({name}, '')")  # noqa: S608

        return count_and_add

    beside_it = [lambda: two._work.durable("two", act(two, lambda: None))]
    one._work.durable("one", act(one, lambda: beside_it.pop()() if beside_it else None))
    assert seen == [0, 0, 1]
    assert ask(one, "SELECT count(*) FROM meta WHERE value = ''") == 2
    one.close()
    two.close()


def test_a_lock_that_another_keeps_is_busy(folder: Path) -> None:
    one, two = create(folder, context()), desk(beside(folder), "02")
    db.run(two._database, "SET lock_timeout = '1ms'")
    with one._database.transaction(postgres.CHANGE_SCHEMA):
        db.run(one._database, "LOCK TABLE migration IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(errors.StoreBusy):
            two.applications.freeze(application(1))
    two.applications.freeze(application(1))
    one.close()
    two.close()


def test_an_act_that_swallows_a_fault_is_not_taken_for_recorded(store: Store) -> None:
    def act(_moment: object) -> None:
        db.run(store._database, "INSERT INTO meta VALUES ('a', '')")
        with pytest.raises(ServerFault):
            db.run(store._database, "SELECT nonsense")

    with pytest.raises(ServerFault, match="25P02"):
        store._work.durable("act", act)
    assert ask(store, "SELECT count(*) FROM meta WHERE value = ''") == 0


def test_nothing_is_written_outside_a_unit_of_work(store: Store) -> None:
    def write(_unit: object) -> None:
        db.run(store._database, "INSERT INTO meta VALUES ('a', '')")

    with pytest.raises(ServerFault, match="25006"):
        store.records.read(write)


# ------------------------------------------------------------------------------------- migrations


def later(*statements: str) -> tuple[Migration, ...]:
    return (*MIGRATIONS, Migration(NEXT, "later", statements))


def rows(store: Store, schema: str) -> dict[str, list[object]]:
    found = {}
    for table in COLUMNS:
        cursor = db.run(store._database, f"SELECT * FROM {schema}.{table} ORDER BY 1, 2")  # noqa: S608
        found[table] = cursor.fetchall()
    return found


def rules(store: Store, schema: str) -> set[tuple[str, str]]:
    """Every constraint and every index of a schema."""
    found = store._database.execute_sql(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = %s::regnamespace UNION ALL"
        " SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = %s",
        (schema, schema),
    )
    return {(str(name), str(text)) for name, text in found.fetchall()}


def test_the_queries_know_every_column_of_the_schema(store: Store) -> None:
    database = store._database
    found = {
        name: tuple(column.name for column in database.get_columns(name))
        for name in database.get_tables()
    }
    assert found == COLUMNS


def test_a_later_migration_sets_the_old_tables_aside(
    folder: Path, postgres_server: PostgresServer
) -> None:
    store = create(folder, context())
    make_card(store)
    old = desk(beside(folder), "02")  # a window of the older program, which stays open
    schema = store._database.server.schema
    before = rows(store, schema)
    was = rules(store, schema)
    added = later("CREATE TABLE drawer (id {text} NOT NULL PRIMARY KEY){strict}")
    aside = postgres.migrate(store._database, 7, added)
    assert aside == f"{schema}_before_{NEXT:04d}"
    assert postgres.migrate(store._database, 8, added) is None
    assert rows(store, aside) == before
    after = rows(store, schema)
    assert after.pop("migration")[:-1] == before.pop("migration")
    assert after == before
    assert {rule[0] for rule in rules(store, schema) - was} == {"drawer_pkey"}
    assert was <= rules(store, schema)
    with pytest.raises(errors.StoreNewer):
        old.applications.freeze(application(2))
    old.close()
    store.close()
    with pytest.raises(errors.StoreNewer):
        open_store(folder, context())
    # The remedy of docs/store.md: the old tables are the store again.
    postgres_server.sql(f"ALTER SCHEMA {schema} RENAME TO newer")
    postgres_server.sql(f"ALTER SCHEMA {aside} RENAME TO {schema}")
    again = open_store(folder, context())
    assert again.applications.list() == [application()]
    require(again)
    again.close()
    postgres_server.sql("DROP SCHEMA newer CASCADE")


def test_a_migration_that_fails_leaves_the_old_schema(folder: Path) -> None:
    store = create(folder, context())
    make_card(store)
    failing = later("CREATE TABLE drawer (id {text}){strict}", "CREATE NONSENSE")
    with pytest.raises(ServerFault, match="42601"):
        postgres.migrate(store._database, 7, failing)
    database = store._database
    assert (db.schema_version(database), "drawer" in database.get_tables()) == (NEXT - 1, False)
    make_card(store, 2)
    require(store)
    store.close()


def test_a_server_that_holds_many_stores_keeps_them_apart(
    folder: Path, postgres_server: PostgresServer
) -> None:
    other = folder.with_name("other")
    server_address.write(other, postgres_server.address(), postgres_server.new_schema())
    one, two = create(folder, context()), create(other, context())
    one.applications.freeze(application(1))
    two.applications.freeze(application(2))
    assert one.applications.list() == [application(1)]
    assert two.applications.list() == [application(2)]
    one.close()
    two.close()


def test_the_migrations_speak_its_words() -> None:
    assert 'COLLATE "C"' in POSTGRESQL.render("{text}")
    assert DATABASE in parse(f"postgresql:///{DATABASE}").settings["dbname"]
