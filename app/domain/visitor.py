"""Who stands at the counter for a card that is made already: to collect it, report it, fetch it back.

counter.md, 1: the kind of collector, and name, document and phone of who collects; an agent's are all
mandatory. 2.10: the number is compared, never the name. 2.45: who is not the holder comes as an agent.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.base.errors import N_, KangkaError
from app.domain.codes import CodeTables, UnknownCode
from app.domain.desk_rules import DeskRules, VisitorKind
from app.domain.id_number import IdKind, fold_citizen_number, fold_number, parse_id_number
from app.domain.names import fold_name, has_other_dot, invisible
from app.domain.order import ApplicantKind
from app.domain.order_rules import age_at
from app.domain.problems import FieldMissing, InvisibleCharacter, OtherNameDot, PhoneShape
from app.domain.resident import Resident
from app.domain.validation import PHONE

# The identity card in the table of documents (CV02.01.101)
_IDENTITY_CARD: Final = "01"


class Checked(StrEnum):
    """How a visitor's identity document was checked."""

    READER = "reader"
    SEEN = "seen"
    NO = "not-checked"


@dataclass(frozen=True, repr=False)
class Visitor:
    """Who came, or who called. ``kind`` is a code of the kinds of visitors, ``document`` one of the
    table of documents, ``relation`` one of the relations to the holder.

    Of the holder only ``number`` and ``checked`` are asked for; the rest stands in the record.
    """

    kind: str = "1"
    checked: Checked = Checked.NO
    number: str = ""
    name: str = ""
    document: str = _IDENTITY_CARD
    phone: str = ""
    relation: str = ""


@dataclass(eq=False)
class NotTheHolder(KangkaError):
    """The number on the document is not that of the card's holder. Names are not compared."""

    code = "visitor.not-the-holder"
    cause = N_("The document on the counter is not that of the card's holder: its number differs.")
    meaning = N_("Nothing was done; a twin or a namesake has another number.")
    remedy = N_("Look for the card of the person who came, or enter them as an agent.")


@dataclass(eq=False)
class AgentIsHolder(KangkaError):
    """Somebody was entered as an agent or a guardian with the holder's own number."""

    code = "visitor.is-the-holder"
    cause = N_("The number entered for the agent is the holder's own.")
    meaning = N_("Who came in the holder's place would not be known.")
    remedy = N_("Enter the number on the agent's own document, or the holder as the one who came.")


@dataclass(eq=False)
class HolderIsMinor(KangkaError):
    """A child who comes alone."""

    age: int

    code = "visitor.holder-is-minor"
    cause = N_("The holder is under {age}.")
    meaning = N_("For a child the guardian comes, or an agent.")
    remedy = N_("Enter the guardian or the agent who came.")


@dataclass(eq=False)
class HolderIsOfAge(KangkaError):
    """A guardian for somebody who is of age."""

    age: int

    code = "visitor.holder-is-of-age"
    cause = N_("The holder is {age} or older and has no guardian by age.")
    meaning = N_("Who came is an agent, with the papers that an agent needs.")
    remedy = N_("Enter them as an agent.")


@dataclass(frozen=True, repr=False)
class Known:
    """A visitor whose entries are in order: every value folded, the holder's own out of the record."""

    kind: VisitorKind
    checked: Checked
    number: str
    name: str
    document: str
    phone: str
    relation: str

    @property
    def identity_checked(self) -> bool:
        """Whether a reader read the document, or the clerk saw it."""
        return self.checked is not Checked.NO

    def as_resident(self) -> Resident:
        """The visitor as a person whose number may be somebody's we know."""
        return Resident(
            name=self.name, sex="0", ethnic=None, birth_date="", citizen_id=self.number or None
        )

    def detail(self) -> dict[str, str]:
        """What is kept of them, sealed: never in a row's open columns."""
        return {
            "visitor_kind": self.kind.code,
            "visitor_standing": self.kind.standing.value,
            "visitor_checked": self.checked.value,
            "visitor_number": self.number,
            "visitor_name": self.name,
            "visitor_document": self.document,
            "visitor_phone": self.phone,
            "visitor_relation": self.relation,
        }


def know_visitor(
    visitor: Visitor, holder: Resident, rules: DeskRules, codes: CodeTables, *, today: dt.date
) -> Known:
    """The visitor in order, or what is missing or wrong with their entries, field by field.

    Whether their document was checked is no question of this: the card's life asks for it.
    """
    kind = rules.visitor(visitor.kind)
    if kind is None:
        raise UnknownCode(field="visitor.kind", table="visitor-kind")
    _check_age(kind, holder, rules.guardian_below, today)
    if kind.standing is ApplicantKind.SELF:
        return _holder(kind, visitor, holder)
    return _somebody_else(kind, visitor, holder, codes, today)


def know_caller(visitor: Visitor, holder: Resident, rules: DeskRules, codes: CodeTables) -> Known:
    """Somebody on the telephone: no document, but a number to call back, and who they are."""
    kind = rules.visitor(visitor.kind)
    if kind is None:
        raise UnknownCode(field="visitor.kind", table="visitor-kind")
    themselves = kind.standing is ApplicantKind.SELF
    for name in ("phone",) if themselves else ("name", "phone", "relation"):
        if not getattr(visitor, name).strip():
            raise FieldMissing(f"visitor.{name}")
    return Known(
        kind,
        Checked.NO,
        "",
        holder.name if themselves else _name(visitor.name),
        "",
        _phone(fold_number(visitor.phone)),
        "0" if themselves else codes["relation"].get(visitor.relation, "visitor.relation").code,
    )


def is_number_of(holder: Resident, number: str) -> bool:
    """Whether this is the number of one of the holder's documents, as typed or as read."""
    folded = fold_number(number)
    other = holder.other_document
    return bool(folded) and (
        fold_citizen_number(number) == (holder.citizen_id or "")
        or (other is not None and folded == fold_number(other.number))
    )


def _check_age(kind: VisitorKind, holder: Resident, limit: int, today: dt.date) -> None:
    age = age_at(holder.birth_date, today)
    # A date that some papers leave open (00) tells no age; then the clerk's word counts.
    if age is None:
        return
    minor = age < limit
    if minor and kind.standing is ApplicantKind.SELF:
        raise HolderIsMinor(age=limit)
    if not minor and kind.standing is ApplicantKind.GUARDIAN:
        raise HolderIsOfAge(age=limit)


def _holder(kind: VisitorKind, visitor: Visitor, holder: Resident) -> Known:
    if not visitor.number.strip():
        raise FieldMissing("visitor.number")
    if not is_number_of(holder, visitor.number):
        raise NotTheHolder
    phone = fold_number(visitor.phone) or next(iter(holder.phones), "")
    return Known(
        kind, visitor.checked, holder.number, holder.name, _document(holder), _phone(phone), "0"
    )


def _somebody_else(
    kind: VisitorKind, visitor: Visitor, holder: Resident, codes: CodeTables, today: dt.date
) -> Known:
    for name in ("name", "number", "phone", "relation"):
        if not getattr(visitor, name).strip():
            raise FieldMissing(f"visitor.{name}")
    if is_number_of(holder, visitor.number):
        raise AgentIsHolder
    document = codes["other-document"].get(visitor.document, "visitor.document").code
    relation = codes["relation"].get(visitor.relation, "visitor.relation").code
    return Known(
        kind,
        visitor.checked,
        _number(visitor.number, document, today),
        _name(visitor.name),
        document,
        _phone(fold_number(visitor.phone)),
        relation,
    )


def _document(holder: Resident) -> str:
    if holder.citizen_id or holder.other_document is None:
        return _IDENTITY_CARD
    return holder.other_document.kind


def _number(text: str, document: str, today: dt.date) -> str:
    if document == _IDENTITY_CARD:
        typed = fold_citizen_number(text)
        return parse_id_number(typed, IdKind.CITIZEN, today=today, field="visitor.number").text
    return fold_number(text)


def _name(text: str) -> str:
    name = fold_name(text)
    if invisible(name):
        raise InvisibleCharacter(
            field="visitor.name", character=f"U+{ord(name[invisible(name)[0]]):04X}"
        )
    if has_other_dot(name):
        raise OtherNameDot("visitor.name")
    return name


def _phone(text: str) -> str:
    if text and not PHONE.fullmatch(text):
        raise PhoneShape("visitor.phone")
    return text
