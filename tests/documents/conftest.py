"""Fonts are loaded once for all tests of this folder."""

from __future__ import annotations

import pytest

from app.documents.faces import FaceRenderer


@pytest.fixture(scope="session")
def renderer() -> FaceRenderer:
    return FaceRenderer.open()
