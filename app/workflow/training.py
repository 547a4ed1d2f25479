"""A made-up person's identity card, as a reader gives it: what training lays on the reader."""

from __future__ import annotations

import datetime as dt

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
