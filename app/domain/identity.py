"""From an identity document to the draft of a resident (counter.md, 1: cases A, B, J and K)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from app.base.errors import N_
from app.domain import names
from app.domain.id_number import IdKind, parse_id_number
from app.domain.problems import FieldProblem
from app.domain.resident import Address, OtherDocument, Resident

# CV02.01.101 has no code for residence permits: 99 other.
_OTHER_DOCUMENT = "99"

# Kinds as identity-card readers name them (id-reader.md), and whose number each carries.
_NUMBERS = {
    "citizen": IdKind.CITIZEN,
    "hmt": IdKind.HMT_RESIDENCE,
    "foreign-2017": IdKind.FOREIGN_2017,
    "foreign-2023": IdKind.FOREIGN_2023,
}


@dataclass(eq=False)
class NameNotRead(FieldProblem):
    """A document that gave no name at all."""

    field: str

    code = "identity.no-name"
    cause = N_("The document gave nothing for {field}.")
    meaning = N_("No application can be begun from it.")
    remedy = N_("Read the document again; if it stays so, type what is printed on it.")


@dataclass(frozen=True, repr=False)
class IdentityDocument:
    """What an identity document says, from a reader or from seen paper. ``kind`` is one of
    citizen, hmt, foreign-2017, foreign-2023; the fields are named as ``IdentityText`` has them."""

    kind: str
    name: str
    sex_code: str
    number: str
    birth_date: dt.date | None = None
    ethnic_code: str | None = None
    address: str | None = None
    english_name: str | None = None
    nationality: str | None = None


# The sources conflict: the permit of 2017 writes the Latin name as "SURNAME, GIVEN NAMES" and its reader
# gives it so (id-reader.md, mark I), while no platform's file carries a comma in a field (counter.md,
# 2.43) and the card's own face has none. The name is taken with one blank in the comma's place; the 256
# bytes that were read are kept with the application as they came.
_SURNAME_COMMA = re.compile(r"\s*,\s*")


def _latin_name(document: IdentityDocument) -> str | None:
    if document.english_name is None or document.kind != "foreign-2017":
        return document.english_name
    return _SURNAME_COMMA.sub(" ", document.english_name).strip()


def resident_from_identity(
    document: IdentityDocument, *, today: dt.date, permit_number_as_citizen_id: bool = False
) -> Resident:
    """The draft of a resident: what the document says, and nothing that it does not say.

    A citizen has the citizen's number. Holders of permits have theirs as another document; a place may
    have permits of 18 characters in the citizen's field as well (``citizen_id_of_permit_holders``). The
    address is a citizen's registered one and a permit holder's residence. ``IdNumberInvalid`` where the
    number can not be one. The ethnic code 57 stays, so that the clerk is asked.
    """
    kind = _NUMBERS[document.kind]
    english_name = _latin_name(document)
    name = names.fold_name(document.name) or names.fold_name(english_name or "")
    if not name:
        raise NameNotRead(field="name")
    citizen = kind is IdKind.CITIZEN
    number = parse_id_number(
        document.number, kind, today=today, field="citizen_id" if citizen else "other_document.number"
    )
    in_citizen_field = citizen or (permit_number_as_citizen_id and len(number.text) == 18)
    born = document.birth_date or number.birth_date
    address = names.fold_text(document.address or "")
    return Resident(
        name=name,
        sex=document.sex_code,
        ethnic=document.ethnic_code if citizen else None,
        birth_date=f"{born:%Y%m%d}" if born else "",
        citizen_id=number.text if in_citizen_field else None,
        other_document=None if citizen else OtherDocument(_OTHER_DOCUMENT, number.text),
        nationality=document.nationality,
        english_name=english_name,
        addresses=(Address("1" if citizen else "2", address),) if address else (),
    )
