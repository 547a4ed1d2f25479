"""Identity texts between people and readers: a made-up person's, and a decoded one told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app.devices.ports import IdentityKind, IdentityText
from app.domain.resident import Resident

_ISSUED_BY = "样例市公安局训练分局"
_VALID_FROM = dt.date(2020, 1, 1)


def identity_text_of(person: Resident) -> IdentityText:
    """The identity card of a made-up citizen, valid for life."""
    return IdentityText(
        kind=IdentityKind.CITIZEN,
        name=person.name,
        sex_code=person.sex,
        ethnic_code=person.ethnic,
        birth_date=dt.datetime.strptime(person.birth_date, "%Y%m%d").replace(tzinfo=dt.UTC).date(),
        address=person.addresses[0].text,
        number=person.number,
        issued_by=_ISSUED_BY,
        valid_from=_VALID_FROM,
        valid_to=None,
        long_term=True,
    )


# Lines that only some kinds of document have.
_SOME_KINDS = ("english_name", "pass_number", "issue_count", "nationality", "former_kind")


def identity_told(text: IdentityText, photo_bytes: int, problems: Sequence[str]) -> dict[str, Any]:
    """A decoded text as commands.md's ``decode-id`` has it; what its kind does not have is left out."""
    told: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in asdict(text).items()
        if value is not None or name not in _SOME_KINDS
    }
    return told | {"kind": text.kind.value, "photo_bytes": photo_bytes, "problems": list(problems)}
