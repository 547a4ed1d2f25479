from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.support import folder_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a store may be made."""
    return folder_of(tmp_path)
