"""Applications as files, written from plain attributes (docs/application-file.md)."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from app.devices.sim.portrait import portrait
from app.domain.made_up import made_up_resident
from app.domain.resident import Resident


def content_of(person: Resident, picture: str = "photo.jpg") -> dict[str, Any]:
    """What a file says of a person; the picture stands beside it."""
    content = dataclasses.asdict(person)
    del content["face_photo"]
    return content | {"photo": picture}


def write_application(folder: Path, number: int = 0, **changes: Any) -> Path:
    """The file of made-up person ``number`` with its picture beside it, and with ``changes``."""
    folder.mkdir(exist_ok=True)
    (folder / "photo.jpg").write_bytes(portrait(number).printed)
    path = folder / f"person-{number}.json"
    content = content_of(made_up_resident(number)) | changes
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return path
