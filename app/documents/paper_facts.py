"""What each paper is made of: plain values in, one dataclass a paper, the same for every template.

A field's type says how it is printed: an identity number, a card number and a phone are masked unless
the template of that paper names the field under ``whole`` (docs/papers.md), so a template that says
nothing shows nothing. Money is whole fen, a moment UTC milliseconds, a day a ``date``. An empty value
is a blank line on a form and left out elsewhere, as its template says.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from app.documents.face_design import FaceMark

# The kinds of text that are masked; the word is what templates and docs/papers.md call them.
IdentityNumber = Annotated[str, "number"]
Phone = Annotated[str, "phone"]
Fen = Annotated[int, "money"]
Moment = Annotated[int, "moment"]
# Bytes that are a picture.
Picture = Annotated[bytes, "picture"]


@dataclass(frozen=True)
class Term:
    """A word of a list that a desk may have changed: Chinese large, English small (may be empty)."""

    zh: str
    en: str = ""


class Means(StrEnum):
    """How money was taken."""

    CASH = "cash"
    SCAN = "scan"
    NONE = "none"


class LossKind(StrEnum):
    """A loss by word, which lapses, or in writing, which does not."""

    PROVISIONAL = "provisional"
    WRITTEN = "written"


class Collector(StrEnum):
    """Who takes the card (counter.md: 领卡类型)."""

    SELF = "self"
    AGENT = "agent"
    GUARDIAN = "guardian"


class Representative(StrEnum):
    """Who applies for somebody else."""

    GUARDIAN = "guardian"
    AGENT = "agent"


@dataclass(frozen=True, repr=False)
class PaperFacts:
    """What stands on every paper: the desk, who printed it and when, its marks.

    ``copy`` is 0 on the original and counts the prints of the same number after it from 1. A ``draft``
    is a preview: no print at all.
    """

    centre: str
    desk: str
    terminal: str
    institution: str
    operator: str
    printed_at_ms: Moment
    marks: tuple[FaceMark, ...] = ()
    copy: int = 0
    draft: bool = False


class Paper:
    """A paper's values. ``template`` is the name of its file in ``resources/papers``."""

    template: ClassVar[str]


@dataclass(frozen=True, repr=False)
class FormContact:
    """Someone to call."""

    name: str
    relation: Term | None
    phone: Phone


@dataclass(frozen=True, repr=False)
class FormAllergy:
    """What it is to, and what happens."""

    substance: str
    reaction: str = ""


@dataclass(frozen=True, repr=False)
class FormImmunization:
    """A vaccine and its last dose."""

    vaccine: str
    date: dt.date | None = None


@dataclass(frozen=True, repr=False)
class ApplicationForm(Paper):
    """《居民健康卡申请表》: everything collected, for the applicant to read and sign.

    Codes come as words in both languages (男 male, 汉 Han). ``chip_name`` is the shortened name, where
    it was shortened.
    ``consent_version`` empty prints the newest text; another prints that one, or is refused.
    ``collected_from`` says what the identity was taken from.
    """

    template = "application-form"

    number: str
    business: Term
    applied_on: dt.date
    name: str
    sex: Term | None
    birth_date: dt.date
    citizen_id: IdentityNumber = ""
    chip_name: str = ""
    ethnic: Term | None = None
    nationality: str = ""
    english_name: str = ""
    other_document: Term | None = None
    other_number: IdentityNumber = ""
    rural_insurance: IdentityNumber = ""
    health_record: IdentityNumber = ""
    phone: Phone = ""
    second_phone: Phone = ""
    marital: Term | None = None
    occupation: Term | None = None
    education: Term | None = None
    registered_address: str = ""
    residence: str = ""
    contacts: tuple[FormContact, ...] = ()
    payments: tuple[Term, ...] = ()
    abo: Term | None = None
    rh: Term | None = None
    alerts: tuple[Term, ...] = ()
    allergies: tuple[FormAllergy, ...] = ()
    immunizations: tuple[FormImmunization, ...] = ()
    representative: Representative | None = None
    representative_name: str = ""
    representative_document: Term | None = None
    representative_number: IdentityNumber = ""
    representative_phone: Phone = ""
    representative_relation: Term | None = None
    representative_reason: Term | None = None
    photo: Picture | None = None
    collected_from: Term | None = None
    consent_version: str = ""


@dataclass(frozen=True, repr=False)
class AcceptanceReceipt(Paper):
    """《受理回执》: the application's number (also as QR), and what comes next."""

    template = "acceptance-receipt"

    number: str
    business: Term
    accepted_at_ms: Moment
    name: str
    person_number: IdentityNumber
    collect_at: str = ""
    ready_on: dt.date | None = None
    fee_fen: Fen | None = None
    fee_rule: Term | None = None
    materials: tuple[str, ...] = ()
    enquiry_phone: str = ""


@dataclass(frozen=True, repr=False)
class TemporaryProof(Paper):
    """《临时证明》: covers the wait for a card until ``last_day``, that day included."""

    template = "temporary-proof"

    number: str
    name: str
    person_number: IdentityNumber
    issued_on: dt.date
    last_day: dt.date
    reason: Term
    application_number: str = ""
    collect_at: str = ""
    enquiry_phone: str = ""


@dataclass(frozen=True, repr=False)
class FeeReceipt(Paper):
    """《工本费收据》. ``rule`` is the schedule that the fee follows, ``rule_since`` its first day.

    A voided receipt keeps its number and its values, and says who voided it, when and why.
    """

    template = "fee-receipt"

    number: str
    received_at_ms: Moment
    payer: str
    person_number: IdentityNumber
    reason: Term
    rule: Term
    due_fen: Fen
    received_fen: Fen
    means: Means
    shift: str
    application_number: str = ""
    rule_since: dt.date | None = None
    waiver: Term | None = None
    voided: bool = False
    voided_at_ms: Moment | None = None
    voided_by: str = ""
    void_reason: Term | None = None


@dataclass(frozen=True, repr=False)
class HandOverSlip(Paper):
    """《领卡确认单》. ``chip_serial`` and ``case_number`` as people read them."""

    template = "hand-over-slip"

    number: str
    case_number: str
    card_number: IdentityNumber
    chip_serial: str
    name: str
    business: Term
    collector: Collector
    collector_name: str
    collector_document: Term | None
    collector_number: IdentityNumber
    handed_over_at_ms: Moment
    collector_phone: Phone = ""
    relation: Term | None = None
    activated_at_ms: Moment | None = None
    old_card: str = ""


@dataclass(frozen=True, repr=False)
class LossReport(Paper):
    """《挂失单》. ``lapses_at_ms`` is when a provisional report ends by itself; None is never."""

    template = "loss-report"

    number: str
    kind: LossKind
    name: str
    person_number: IdentityNumber
    card_number: IdentityNumber
    reported_at_ms: Moment
    reporter_name: str
    relation: Term | None
    channel: Term
    reporter_document: Term | None = None
    reporter_number: IdentityNumber = ""
    reporter_phone: Phone = ""
    lapses_at_ms: Moment | None = None
    cause: Term | None = None


@dataclass(frozen=True, repr=False)
class WaivedRow:
    """Fees not charged for one reason."""

    reason: Term
    count: int
    amount_fen: Fen


@dataclass(frozen=True, repr=False)
class VoidedRow:
    """A receipt that was voided in this shift."""

    number: str
    amount_fen: Fen
    reason: Term
    by: str


@dataclass(frozen=True, repr=False)
class OpenCaseRow:
    """A case that was not settled when the shift closed."""

    number: str
    state: Term
    since_ms: Moment


@dataclass(frozen=True, repr=False)
class ClosingReport(Paper):
    """《结班单》: money, cards, open cases, and the audit's head as a witness.

    ``expected_fen`` is the float and the cash taken, ``difference_fen`` counted less expected;
    ``cards_on_hand`` is what the book says, ``cards_difference`` counted less book. ``gaps`` are receipt
    numbers missing between first and last. ``witness`` is the head as the code holds it, ``head_line``
    as a person types it (docs/audit.md, Heads and witnesses).
    """

    template = "closing-report"

    number: str
    shift: str
    clerk: str
    opened_at_ms: Moment
    closed_at_ms: Moment
    first_receipt: str
    last_receipt: str
    receipt_count: int
    due_fen: Fen
    waived_fen: Fen
    cash_fen: Fen
    scan_fen: Fen
    float_fen: Fen
    expected_fen: Fen
    counted_fen: Fen
    difference_fen: Fen
    cards_opening: int
    cards_received: int
    cards_issued: int
    cards_spoiled: int
    cards_returned: int
    cards_on_hand: int
    cards_counted: int
    cards_difference: int
    audit_desk: str
    head_sequence: int
    witness: str
    head_line: str
    refunded_fen: Fen = 0
    voided: tuple[VoidedRow, ...] = ()
    gaps: tuple[str, ...] = ()
    waived: tuple[WaivedRow, ...] = ()
    difference_reason: str = ""
    cards_difference_reason: str = ""
    explained_by: str = ""
    agreed_by: str = ""
    open_cases: tuple[OpenCaseRow, ...] = ()


PAPERS: tuple[type[Paper], ...] = (
    ApplicationForm,
    AcceptanceReceipt,
    TemporaryProof,
    FeeReceipt,
    HandOverSlip,
    ClosingReport,
    LossReport,
)
