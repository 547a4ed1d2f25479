"""What a document and a draft say, between a reader's words and the form's: no port of the desk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

from app.base.errors import N_
from app.devices.ports import IdentityKind, IdentityReading, IdentityText
from app.domain import names, order_rules
from app.domain.application import FrozenApplication
from app.domain.evidence import DocumentEvidence, FieldEvidence, FieldOrigin
from app.domain.id_number import fold_citizen_number, fold_number
from app.domain.resident import Resident
from app.workflow.drafts import resident_of, values_of
from app.workflow.views import DraftSource, DraftValue, EnrolDraft, Provenance

# Values that are numbers, folded as such when they are typed (counter.md, 2.1).
NUMBERS = (
    *("other_document.number", "rural_insurance", "health_record"),
    order_rules.DOCUMENT_NUMBER,
)
DOCUMENT_KINDS = {
    IdentityKind.CITIZEN: N_("Identity card"),
    IdentityKind.HMT: N_("Residence permit for Hong Kong, Macao and Taiwan residents"),
    IdentityKind.FOREIGN_2017: N_("Foreign permanent resident card (2017)"),
    IdentityKind.FOREIGN_2023: N_("Foreign permanent resident card (2023)"),
}


def texts_of(draft: EnrolDraft) -> dict[str, str]:
    return {path: _folded(path, value.text) for path, value in draft.values.items()}


def draft_resident(draft: EnrolDraft) -> Resident:
    return resident_of(texts_of(draft), draft.photo, draft.face_photo)


def entered(found: FrozenApplication) -> Mapping[str, DraftValue]:
    """What the form of a kept application held, each value with what the chip said of it."""
    texts = values_of(found.resident)
    if found.applicant is not None:
        texts |= order_rules.values_of(found.applicant, found.consent)
    told = {} if found.evidence is None else {field.path: field for field in found.evidence.fields}
    values = {}
    for path, text in texts.items():
        origin = told.get(path)
        read = None
        if origin is not None:
            read = text if origin.origin is FieldOrigin.CHIP else origin.read
        values[path] = DraftValue(text, read)
    return MappingProxyType(values)


def draft_again(found: FrozenApplication) -> EnrolDraft:
    """The holder's data of a kept application as a draft, to be corrected for another card.

    Who applied and what was signed belongs to that order and not to the next one. No ``document``: none
    was read today.
    """
    values = {path: one for path, one in entered(found).items() if path not in order_rules.PATHS}
    document = None if found.evidence is None else found.evidence.document
    return EnrolDraft(
        values=MappingProxyType(values),
        photo=found.resident.photo,
        face_photo=found.resident.face_photo,
        name_agreed=found.card.name_shortened,
        evidence=document,
        source=DraftSource.TYPED if document is None else DraftSource.READER,
    )


def document_evidence(reading: IdentityReading) -> DocumentEvidence:
    text = reading.text
    return DocumentEvidence(
        kind=text.kind.value,
        number=text.number,
        issued_by=text.issued_by,
        valid_from=None if text.valid_from is None else f"{text.valid_from:%Y%m%d}",
        valid_to=None if text.valid_to is None else f"{text.valid_to:%Y%m%d}",
        long_term=text.long_term,
        text=reading.raw_text,
        photo_wlt=reading.photo_wlt,
        module_number=reading.module_number,
        module_bytes=reading.module_bytes,
    )


def origins(draft: EnrolDraft) -> tuple[FieldEvidence, ...]:
    """Each field's origin, in the order of its path; a corrected one with what the chip said."""
    found = []
    for path, value in sorted(draft.values.items()):
        if value.provenance is not Provenance.EMPTY:
            origin = FieldOrigin(value.provenance.value)
            read = value.read if origin is FieldOrigin.CORRECTED else None
            found.append(FieldEvidence(path, origin, read))
    return tuple(found)


def _folded(path: str, text: str) -> str:
    if path == "citizen_id":
        return fold_citizen_number(text)
    if path in NUMBERS:
        return fold_number(text)
    return names.fold_name(text) if path in ("name", order_rules.NAME) else names.fold_text(text)


def document_lines(reading: IdentityReading) -> tuple[tuple[str, str], ...]:
    text = reading.text
    lines = (
        (N_("Name"), text.name),
        (N_("English name"), text.english_name),
        (N_("Birth date"), _day(text.birth_date)),
        (N_("Address"), text.address),
        (N_("Number"), text.number),
        (N_("Pass number"), text.pass_number),
        (N_("Issued by"), text.issued_by),
        (N_("Valid"), _validity(text)),
    )
    return tuple((label, value) for label, value in lines if value)


def _day(day: dt.date | None) -> str:
    return "" if day is None else day.isoformat()


def _validity(text: IdentityText) -> str:
    # As documents print it: 2020.01.01-2040.01.01, or 2020.01.01-长期.
    if text.valid_from is None:
        return ""
    until = "长期" if text.valid_to is None else f"{text.valid_to:%Y.%m.%d}"
    return f"{text.valid_from:%Y.%m.%d}-{until}"
