"""What an application was collected from: the document as it was read, and where each field came from.

rules.md, First collection and verification: who collected, from what (identity chip, typed), per field.
id-reader.md: the 16 bytes of the reader's number are kept beside the text, the closed photo as it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FieldOrigin(StrEnum):
    """Where a field's value came from."""

    CHIP = "chip"
    TYPED = "typed"
    CORRECTED = "corrected"


@dataclass(frozen=True, repr=False)
class FieldEvidence:
    """One field of the form by its path; ``read`` is what the chip said where it was corrected."""

    path: str
    origin: FieldOrigin
    read: str | None = None


@dataclass(frozen=True, repr=False)
class DocumentEvidence:
    """An identity document as a reader gave it.

    ``kind`` is one of citizen, hmt, foreign-2017, foreign-2023. Dates are YYYYMMDD; ``valid_to`` is None
    and ``long_term`` True for a document without an end (长期). ``text`` is the 256 bytes, ``photo_wlt``
    the closed WLT photo, ``module_bytes`` the 16 bytes of the reader's number.
    """

    kind: str
    number: str
    issued_by: str | None
    valid_from: str | None
    valid_to: str | None
    long_term: bool
    text: bytes
    photo_wlt: bytes
    module_number: str
    module_bytes: bytes


@dataclass(frozen=True, repr=False)
class Evidence:
    """Who collected an application, when (UTC milliseconds) and from what.

    ``collected_by_id`` is the person's staff id, empty in a record of an older program. ``document`` is
    None where none was read by a reader.
    """

    collected_by: str
    collected_at_ms: int
    fields: tuple[FieldEvidence, ...]
    document: DocumentEvidence | None = None
    collected_by_id: str = ""
