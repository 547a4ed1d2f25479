"""Every test that asks for ``folder`` or ``store`` runs on both engines.

A module about files of SQLCipher overrides ``engine``; a test that leans on one engine alone is marked
``ONLY_SQLCIPHER``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.base.clock import ManualClock
from app.store import server_address
from app.store.store import Store, create
from tests.helpers.postgres import PostgresServer, postgres_server
from tests.store.support import context, folder_of

__all__ = ["postgres_server"]


@pytest.fixture(params=["sqlcipher", pytest.param("postgresql", marks=pytest.mark.part("postgresql"))])
def engine(request: pytest.FixtureRequest) -> str:
    """The name of the engine under the stores of this test."""
    return str(request.param)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def folder(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> Path:
    """Where a store is to be made: nothing yet, or the name of a server alone."""
    place = folder_of(tmp_path)
    if engine == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        server_address.write(place, server.address(), server.new_schema())
    return place


@pytest.fixture
def store(folder: Path, clock: ManualClock) -> Iterator[Store]:
    opened = create(folder, context(clock=clock))
    yield opened
    opened.close()
