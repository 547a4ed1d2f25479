"""Who may apply for a card, and what must be told of them (counter.md, 1, cases A to C; rules.md).

The values are those of the form's paths ``applicant.*`` and ``consent``; the rest of the form is the
resident's and is checked by ``validation``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.base.errors import N_
from app.domain import names
from app.domain.codes import CodeTables, UnknownCode
from app.domain.id_number import IdKind, fold_number, parse_id_number
from app.domain.order import Applicant, ApplicantKind, Consent
from app.domain.problems import FieldMissing, FieldProblem, ForbiddenCharacter, PhoneShape
from app.domain.resident import Resident
from app.domain.validation import PHONE

CONSENT: Final = "consent"
KIND: Final = "applicant.kind"
NAME: Final = "applicant.name"
DOCUMENT_KIND: Final = "applicant.document_kind"
DOCUMENT_NUMBER: Final = "applicant.document_number"
PHONE_PATH: Final = "applicant.phone"
RELATION: Final = "applicant.relation"
REASON: Final = "applicant.reason"
# Every path of the form that is the order's and not the resident's.
PATHS: Final = (CONSENT, KIND, NAME, DOCUMENT_KIND, DOCUMENT_NUMBER, PHONE_PATH, RELATION, REASON)
# Codes of resources/codes/applicant.toml; an empty one is the resident in person.
_KINDS: Final = {
    "": ApplicantKind.SELF,
    "1": ApplicantKind.SELF,
    "2": ApplicantKind.GUARDIAN,
    "3": ApplicantKind.AGENT,
}
_TABLES: Final = {
    CONSENT: "consent",
    KIND: "applicant",
    DOCUMENT_KIND: "other-document",
    RELATION: "relation",
    REASON: "agent-reason",
}
# counter.md, 1, Always recorded: name, document and phone of who comes for another, all mandatory.
_OF_OTHERS: Final = (NAME, RELATION, DOCUMENT_KIND, DOCUMENT_NUMBER, PHONE_PATH)
_IDENTITY_CARD: Final = "01"
_OF_THE_HOLDER: Final = "0"


@dataclass(eq=False)
class GuardianNeeded(FieldProblem):
    """A child who applies alone."""

    field: str
    age: int

    code = "order.guardian-needed"
    cause = N_("The resident is under {age} years old, so a guardian applies.")
    meaning = N_("A child's application without its guardian can not be accepted.")
    remedy = N_("Choose the guardian as applicant and enter name, document, phone and relation.")


@dataclass(eq=False)
class ApplicantIsHolder(FieldProblem):
    """Somebody else is said to apply, and it is the resident."""

    field: str

    code = "order.applicant-is-holder"
    cause = N_("{field} is the resident's own, and somebody else is said to apply.")
    meaning = N_("Who applied would be recorded wrongly.")
    remedy = N_("Choose the resident as applicant, or enter the document of the person who came.")


def age_at(birth_date: str, day: dt.date) -> int | None:
    """Whole years on ``day`` of who was born on ``birth_date`` (YYYYMMDD); None where it is no date."""
    try:
        born = dt.datetime.strptime(birth_date, "%Y%m%d").date()  # noqa: DTZ007 - a civil day
    except ValueError:
        return None
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def applicant_of(values: Mapping[str, str]) -> Applicant:
    """Who applies, from the form's values; for the resident in person all but the kind is None."""
    kind = _KINDS.get(values.get(KIND, ""), ApplicantKind.SELF)
    if kind is ApplicantKind.SELF:
        return Applicant(kind)
    return Applicant(
        kind,
        name=names.fold_name(values.get(NAME, "")) or None,
        document_kind=values.get(DOCUMENT_KIND) or None,
        document_number=fold_number(values.get(DOCUMENT_NUMBER, "")) or None,
        phone=values.get(PHONE_PATH) or None,
        relation=values.get(RELATION) or None,
        reason=values.get(REASON) or None,
    )


def consent_of(values: Mapping[str, str], at_ms: int) -> Consent | None:
    """The consent that was signed, and by whom; None where none was."""
    version = values.get(CONSENT, "")
    return Consent(version, applicant_of(values).kind, at_ms) if version else None


def values_of(applicant: Applicant, consent: Consent | None) -> dict[str, str]:
    """The form's values of who applied and of what was signed, the twin of the two above."""
    codes = {kind: code for code, kind in _KINDS.items() if code}
    told = {
        CONSENT: consent.version if consent is not None else None,
        KIND: codes[applicant.kind],
        NAME: applicant.name,
        DOCUMENT_KIND: applicant.document_kind,
        DOCUMENT_NUMBER: applicant.document_number,
        PHONE_PATH: applicant.phone,
        RELATION: applicant.relation,
        REASON: applicant.reason,
    }
    return {path: text for path, text in told.items() if text}


def check_order(
    values: Mapping[str, str],
    resident: Resident,
    codes: CodeTables,
    guardian_below: int,
    *,
    today: dt.date,
) -> tuple[FieldProblem, ...]:
    """Every problem of who applies and of the consent, in the order of the form.

    ``guardian_below`` is the age in whole years from which a resident applies in person.
    """
    kind = _KINDS.get(values.get(KIND, ""), ApplicantKind.SELF)
    problems = list(_codes(values, codes))
    if kind is ApplicantKind.SELF:
        age = age_at(resident.birth_date, today)
        if age is not None and age < guardian_below:
            problems.append(GuardianNeeded(KIND, guardian_below))
    else:
        problems += _others(values, kind, resident, today)
    if not values.get(CONSENT):
        problems.append(FieldMissing(CONSENT))
    # A field that is wrong at all need not be told twice.
    first = {problem.field: problem for problem in reversed(problems)}
    return tuple(first[path] for path in PATHS if path in first)


def _codes(values: Mapping[str, str], codes: CodeTables) -> Iterator[FieldProblem]:
    for path, table in _TABLES.items():
        value = values.get(path, "")
        if value and value not in {code.code for code in codes[table].codes}:
            yield UnknownCode(path, table)


def _others(
    values: Mapping[str, str], kind: ApplicantKind, resident: Resident, today: dt.date
) -> Iterator[FieldProblem]:
    wanted = (*_OF_OTHERS, REASON) if kind is ApplicantKind.AGENT else _OF_OTHERS
    yield from (FieldMissing(path) for path in wanted if not values.get(path))
    for path in (NAME, DOCUMENT_NUMBER):
        for character in values.get(path, ""):
            if character in "|,\r\n\t":
                yield ForbiddenCharacter(path, f"U+{ord(character):04X}")
    phone = values.get(PHONE_PATH, "")
    if phone and not PHONE.fullmatch(phone):
        yield PhoneShape(PHONE_PATH)
    if values.get(RELATION) == _OF_THE_HOLDER:
        yield ApplicantIsHolder(RELATION)
    number = fold_number(values.get(DOCUMENT_NUMBER, ""))
    if not number:
        return
    own = {resident.citizen_id, resident.other_document.number if resident.other_document else None}
    if number in own:
        yield ApplicantIsHolder(DOCUMENT_NUMBER)
    elif values.get(DOCUMENT_KIND) == _IDENTITY_CARD:
        try:
            parse_id_number(number, IdKind.CITIZEN, today=today, field=DOCUMENT_NUMBER)
        except FieldProblem as problem:
            yield problem
