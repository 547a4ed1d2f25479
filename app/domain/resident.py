"""A resident as a desk knows them: the fields of the paper form (annex A of the Specification).

Codes are text, as their tables have them. What a resident did not give is None or an empty tuple;
a flag of None is "not recorded", "00" is no and "01" is yes: one is never turned into the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, repr=False)
class Address:
    """``kind`` 1 registered, 2 residence."""

    kind: str
    text: str


@dataclass(frozen=True, repr=False)
class Contact:
    """Someone to call; ``relation`` is to the holder."""

    name: str
    relation: str
    phone: str


@dataclass(frozen=True, repr=False)
class OtherDocument:
    """A document other than the citizen's identity card (tag 37's kinds)."""

    kind: str
    number: str


@dataclass(frozen=True, repr=False)
class Allergy:
    """One allergy: what it is to, and what happens."""

    substance: str
    reaction: str | None = None


@dataclass(frozen=True, repr=False)
class Immunization:
    """One vaccination; ``date`` is the last dose, YYYYMMDD."""

    vaccine: str
    date: str | None = None


@dataclass(frozen=True, repr=False)
class Health:
    """What an emergency room wants to know. ``alerts`` are flags by name (``asthma``)."""

    abo: str | None = None
    rh: str | None = None
    alerts: dict[str, str] = field(default_factory=dict)
    other_alert: str | None = None
    psychiatric: str | None = None
    allergies: tuple[Allergy, ...] = ()
    immunizations: tuple[Immunization, ...] = ()


@dataclass(frozen=True, repr=False)
class Resident:
    """A person's data as collected. ``photo`` is the chip's picture, at most 3,070 bytes of JPEG;
    ``face_photo`` the printed one. Dates are YYYYMMDD, as the card has them."""

    name: str
    sex: str
    ethnic: str | None
    birth_date: str
    citizen_id: str | None
    other_document: OtherDocument | None = None
    nationality: str | None = None
    english_name: str | None = None
    phones: tuple[str, ...] = ()
    payments: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    contacts: tuple[Contact, ...] = ()
    education: str | None = None
    marital: str | None = None
    occupation: str | None = None
    health_record: str | None = None
    rural_insurance: str | None = None
    health: Health = field(default_factory=Health)
    photo: bytes | None = None
    face_photo: bytes | None = None

    @property
    def number(self) -> str:
        """The number that identifies the person: the citizen's, else the document's."""
        if self.citizen_id:
            return self.citizen_id
        if self.other_document is None:
            raise ValueError("a resident has a citizen number or another document")
        return self.other_document.number
