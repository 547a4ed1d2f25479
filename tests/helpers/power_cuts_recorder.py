"""Runs a desk under the recorder of tests/helpers/vfs, and reads what it did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.store.database import SETTINGS
from tests.helpers.power_cuts import Image, Recording, read_record, write_image

ROOT: Final = Path(__file__).resolve().parents[2]
_SOURCE: Final = ROOT / "tests" / "helpers" / "vfs" / "record_io.c"
_COMPILER: Final = ("gcc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror")


@dataclass(frozen=True)
class Recorded:
    """One desk's record, the folder as it left it, and the wal-index after each of its commits."""

    recording: Recording
    root: Path
    indexes: Path


def weaker(**settings: str) -> list[list[str]]:
    """The product's settings with some of them changed: what a control runs on."""
    assert settings.keys() <= dict(SETTINGS).keys()
    return [[name, settings.get(name, value)] for name, value in SETTINGS]


class Recorder:
    """Compiled once; each record is kept in a folder of its own under ``place``."""

    def __init__(self, place: Path) -> None:
        self._place = place.resolve()
        self._library = self._place / "record_io.so"
        subprocess.run(
            [*_COMPILER, "-o", str(self._library), str(_SOURCE), "-ldl"],
            check=True,
        )

    def record(self, name: str, initial: Image | None = None, *, first: int = 1, **job: Any) -> Recorded:
        """One desk's day from what lies in ``initial``; ``job`` is as in power_cuts_desk."""
        place = self._place / name
        root, indexes, trace = place / "root", place / "indexes", place / "trace"
        for folder in (root, indexes):
            folder.mkdir(parents=True)
        write_image(initial or {}, root)
        job |= {"root": str(root), "indexes": str(indexes), "first": first}
        subprocess.run(
            [sys.executable, "-m", "tests.helpers.power_cuts_desk", json.dumps(job)],
            cwd=ROOT,
            env=os.environ
            | {
                "LD_PRELOAD": str(self._library),
                "POWER_ROOT": str(root),
                "POWER_TRACE": str(trace),
            },
            check=True,
        )
        found = {path: bytes(content) for path, content in (initial or {}).items()}
        return Recorded(read_record(trace, root, found), root, indexes)
