"""Applications as files, written from plain attributes (docs/application-file.md)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

from app.base.clock import CHINA_TIME
from app.devices.sim.portrait import portrait
from app.domain.made_up import made_up_resident
from app.domain.order_rules import age_at
from app.domain.resident import Resident

# The version of the consent that a form of today is signed with (resources/codes/consent.toml).
CONSENT = "2026-1"
GUARDIAN_BELOW = 16


def content_of(person: Resident, picture: str = "photo.jpg") -> dict[str, Any]:
    """What a file says of a person; the picture stands beside it."""
    content = dataclasses.asdict(person)
    del content["face_photo"]
    return content | {"photo": picture, "consent": CONSENT} | _guardian(person)


def _guardian(person: Resident) -> dict[str, Any]:
    """Who comes with a child: its first contact."""
    age = age_at(person.birth_date, dt.datetime.now(CHINA_TIME).date())
    if age is None or age >= GUARDIAN_BELOW:
        return {}
    guardian = person.contacts[0]
    return {
        "applicant": {
            "kind": "2",
            "name": guardian.name,
            "relation": guardian.relation,
            "document_kind": "02",
            "document_number": "YL0000000001",
            "phone": guardian.phone,
        }
    }


def write_application(folder: Path, number: int = 0, **changes: Any) -> Path:
    """The file of made-up person ``number`` with its picture beside it, and with ``changes``."""
    folder.mkdir(exist_ok=True)
    (folder / "photo.jpg").write_bytes(portrait(number).printed)
    path = folder / f"person-{number}.json"
    content = content_of(made_up_resident(number)) | changes
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return path
