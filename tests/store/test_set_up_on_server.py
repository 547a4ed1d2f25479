"""The first run of a live workplace whose records lie on a server: whole, or nothing of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.crypto.keychain import Keychain
from app.crypto.keys import KEY_FILE
from app.domain.settings import workplace_settings
from app.domain.staff import PEOPLE, Role
from app.opening import Entry, House, Options, open_room
from app.setting_up import set_up
from app.store import errors, server_address
from app.store.server_address import SERVER_FILE
from app.store.store import STORE_FOLDER
from app.workflow.first_run import FirstRun, NewPerson
from tests.crypto.support import MemoryKeyring
from tests.helpers.people import CHEAP, NAMES, PASSWORDS
from tests.helpers.postgres import PostgresServer
from tests.test_cli_first_run import SETTINGS

pytestmark = pytest.mark.part("postgresql")
FIRST = FirstRun(
    workplace_settings(SETTINGS),
    tuple(NewPerson(NAMES[role], role, PASSWORDS[role]) for role in PEOPLE),
)


@pytest.fixture
def workplace(tmp_path: Path, postgres_server: PostgresServer) -> Path:
    """A folder in which nothing stands but the server's name."""
    folder = tmp_path / "live"
    server_address.write(folder / STORE_FOLDER, postgres_server.address(), postgres_server.new_schema())
    return folder


def house() -> House:
    ring = MemoryKeyring()
    return House(cost=CHEAP, keychain=lambda: Keychain(ring))


def test_a_live_workplace_is_made_and_opened_on_a_server(workplace: Path) -> None:
    here = house()
    made = set_up(workplace, FIRST, here)
    assert len(made.shares) == 3
    assert sorted(path.name for path in (workplace / STORE_FOLDER).iterdir()) == [KEY_FILE, SERVER_FILE]
    for machine in (here, house()):  # with its keychain; and another desk, by name and password
        entry = Entry(NAMES[Role.CLERK], lambda: PASSWORDS[Role.CLERK])
        options = Options(data=workplace, training=False, devices="system", entry=entry)
        room = open_room(options, machine)
        try:
            assert len(room.store.records.read(lambda unit: unit.staff.everyone())) == len(PEOPLE)
        finally:
            room.store.close()
    with pytest.raises(errors.StoreExists):
        set_up(workplace, FIRST, here)


def test_a_first_run_that_fails_leaves_nothing_on_the_server(
    workplace: Path, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise errors.StoreWriteFailed

    with monkeypatch.context() as patched:
        patched.setattr("app.setting_up.StoreWays.give", refuse)
        with pytest.raises(errors.StoreWriteFailed):
            set_up(workplace, replace(FIRST), house())
    schema = server_address.read(workplace / STORE_FOLDER).schema
    assert (schema,) not in postgres_server.sql("SELECT nspname::text FROM pg_namespace")
    assert [path.name for path in (workplace / STORE_FOLDER).iterdir()] == [SERVER_FILE]
    set_up(workplace, FIRST, house())
