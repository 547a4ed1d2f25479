from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.base.clock import ManualClock
from app.store.store import Store, create
from tests.store.support import context, folder_of


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folder_of(tmp_path)


@pytest.fixture
def store(folder: Path, clock: ManualClock) -> Iterator[Store]:
    opened = create(folder, context(clock=clock))
    yield opened
    opened.close()
