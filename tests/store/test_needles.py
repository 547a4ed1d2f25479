"""Nothing of a person stands in the clear: not in the files, and not in the tables behind the cipher."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from app.crypto.sealing import Place, Sealer
from app.store import database as db
from app.store.store import Store, create
from app.store.tables import COLUMNS
from tests.helpers import needles
from tests.store.support import ADDRESS, NAME, NUMBER, PHONE, context, make_card

PLANTED = {"name": NAME, "number": NUMBER, "phone": PHONE, "address": ADDRESS}


@pytest.fixture
def engine() -> str:
    return "sqlcipher"


def found_in(hay: bytes) -> set[tuple[str, str]]:
    return needles.found_in(hay, PLANTED)


def files_of(store: Store) -> bytes:
    names = {path.name for path in store.folder.iterdir()}
    assert {"kangka.db", "kangka.db-wal", "kangka.db-shm", "kangka.key"} <= names
    return b"".join(path.read_bytes() for path in sorted(store.folder.iterdir()))


def rows_of(store: Store) -> bytes:
    """Every value of every table, as whoever has the database's key sees it."""

    def values() -> Iterator[bytes]:
        for name in COLUMNS:
            for row in store._database.execute_sql(f"SELECT * FROM {name}").fetchall():  # noqa: S608
                for value in row:
                    yield value if isinstance(value, bytes) else str(value).encode()

    return b"\n".join(values())


def unsealed(_self: Sealer, _place: Place, value: bytes) -> bytes:
    return value


def plain(self: db.CipherDatabase) -> Any:
    """A connection without a key: a plain SQLite file."""
    return sqlcipher.connect(self.database, isolation_level=None)


def test_nothing_in_the_files_while_open_nor_after_closing(folder: Path) -> None:
    store = create(folder, context())
    make_card(store)
    assert found_in(files_of(store)) == set()
    assert found_in(rows_of(store)) == set()
    store.close()
    assert found_in(b"".join(path.read_bytes() for path in folder.iterdir())) == set()


def test_control_without_seal_and_cipher_the_person_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sealer, "seal", unsealed)
    monkeypatch.setattr(db.CipherDatabase, "_connect", plain)
    monkeypatch.setattr(db, "check_header", lambda _folder, _keys: None)
    store = create(folder, context())
    make_card(store)
    found = found_in(files_of(store))
    assert {("number", "utf-8"), ("phone", "utf-8"), ("name", "json"), ("address", "json")} <= found
    assert found_in(rows_of(store)) == found
    store.close()


def test_control_the_cipher_alone_hides_files_but_not_rows(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Sealer, "seal", unsealed)
    store = create(folder, context())
    make_card(store)
    assert found_in(files_of(store)) == set()
    assert ("number", "utf-8") in found_in(rows_of(store))
    store.close()


def test_control_every_form_of_a_needle_is_found() -> None:
    for what, text in PLANTED.items():
        for form, raw in needles.needles(text).items():
            assert (what, form) in found_in(b"hay" + raw + b"hay")
