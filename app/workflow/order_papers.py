"""The papers of an application: the form to sign, and the receipt that it was accepted."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from app.base.clock import civil_date
from app.documents.papers import (
    AcceptanceReceipt,
    ApplicationForm,
    FormAllergy,
    FormContact,
    FormImmunization,
    Representative,
    Term,
)
from app.domain.application import FrozenApplication
from app.domain.codes import CodeTables
from app.domain.evidence import FieldOrigin
from app.domain.order import Applicant, ApplicantKind
from app.domain.resident import Resident
from app.domain.till import FeeDue
from app.workflow.paper_words import PaperWords

_REPRESENTATIVES = {
    ApplicantKind.GUARDIAN: Representative.GUARDIAN,
    ApplicantKind.AGENT: Representative.AGENT,
}
_YES = "01"
_FROM_DOCUMENT = Term("身份证件芯片读取", "read from the document's chip")
_SEEN = Term("按出示证件录入", "typed from the document shown")


class OrderPapers:
    """An application in the words of this place's code tables."""

    def __init__(self, codes: CodeTables, words: PaperWords) -> None:
        self._codes = codes
        self._words = words

    def form(self, order: FrozenApplication, number: str) -> ApplicationForm:
        """《居民健康卡申请表》 with everything that was collected."""
        person = order.resident
        other = person.other_document
        addresses = {address.kind.zfill(2): address.text for address in person.addresses}
        form = ApplicationForm(
            number=number,
            business=self._words.business(order.reason),
            applied_on=civil_date(order.frozen_at_ms),
            name=person.name,
            sex=self._words.code("sex", person.sex),
            birth_date=_day(person.birth_date) or civil_date(order.frozen_at_ms),
            citizen_id=person.citizen_id or "",
            chip_name=order.card.chip_name if order.card.name_shortened else "",
            ethnic=self._words.code("ethnic", person.ethnic),
            nationality=person.nationality or "",
            english_name=person.english_name or "",
            other_document=self._words.code("other-document", other.kind if other else None),
            other_number=other.number if other else "",
            rural_insurance=person.rural_insurance or "",
            health_record=person.health_record or "",
            phone=_at(person.phones, 0),
            second_phone=_at(person.phones, 1),
            marital=self._words.code("marital", person.marital),
            occupation=self._words.code("occupation", person.occupation),
            education=self._words.code("education", person.education),
            registered_address=addresses.get("01", ""),
            residence=addresses.get("02", ""),
            contacts=tuple(
                FormContact(contact.name, self._words.code("relation", contact.relation), contact.phone)
                for contact in person.contacts
            ),
            payments=tuple(
                word for code in person.payments if (word := self._words.code("payment", code))
            ),
            photo=person.face_photo,
            collected_from=_source(order),
            consent_version=order.consent.version if order.consent is not None else "",
        )
        return self._with_applicant(self._with_health(form, person), order.applicant)

    def acceptance(self, order: FrozenApplication, number: str, due: FeeDue | None) -> AcceptanceReceipt:
        """《受理回执》 of an application that was kept."""
        return self._words.acceptance(order, number, order.frozen_at_ms, due)

    def _with_health(self, form: ApplicationForm, person: Resident) -> ApplicationForm:
        health = person.health
        # The psychiatric flag is a field of its own and an alert to whoever reads. It stands where the
        # applicant signs for what goes onto the card, and on no other paper.
        flags = dict(health.alerts) | {"psychiatric": health.psychiatric}
        alerts = [
            Term(row.zh, row.en) for row in self._codes["alert"].codes if flags.get(row.code) == _YES
        ]
        return replace(
            form,
            abo=self._words.code("abo", health.abo),
            rh=self._words.code("rh", health.rh),
            alerts=tuple(alerts + ([Term(health.other_alert)] if health.other_alert else [])),
            allergies=tuple(
                FormAllergy(found.substance, found.reaction or "") for found in health.allergies
            ),
            immunizations=tuple(
                FormImmunization(found.vaccine, _day(found.date)) for found in health.immunizations
            ),
        )

    def _with_applicant(self, form: ApplicationForm, applicant: Applicant | None) -> ApplicationForm:
        if applicant is None or applicant.kind is ApplicantKind.SELF:
            return form
        return replace(
            form,
            representative=_REPRESENTATIVES[applicant.kind],
            representative_name=applicant.name or "",
            representative_document=self._words.code("other-document", applicant.document_kind),
            representative_number=applicant.document_number or "",
            representative_phone=applicant.phone or "",
            representative_relation=self._words.code("relation", applicant.relation),
            representative_reason=self._words.code("agent-reason", applicant.reason),
        )


def _source(order: FrozenApplication) -> Term | None:
    if order.evidence is None:
        return None
    read = order.evidence.document is not None and any(
        field.origin is FieldOrigin.CHIP for field in order.evidence.fields
    )
    return _FROM_DOCUMENT if read else _SEEN


def _day(text: str | None) -> dt.date | None:
    # A date with an unknown part (19870000) is left to be written by hand.
    try:
        return None if text is None else dt.datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        return None


def _at(values: tuple[str, ...], number: int) -> str:
    return values[number] if number < len(values) else ""
