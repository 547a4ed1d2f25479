"""Where the data that ships with the program lies: a checkout and a packaged build alike."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any


def resource_root() -> Path:
    """The ``resources`` folder."""
    frozen = getattr(sys, "_MEIPASS", None)  # set by PyInstaller's loader
    base = Path(frozen) if frozen else Path(__file__).resolve().parents[2]
    return base / "resources"


def resource(*parts: str) -> Path:
    """The path of one shipped file or folder."""
    return resource_root().joinpath(*parts)


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file (always UTF-8)."""
    with path.open("rb") as stream:
        return tomllib.load(stream)
