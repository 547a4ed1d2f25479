"""What the audit of a desk records: every act and every refusal, without personal data (decision 13).

A row's facts name things by id and number; whatever is a person's goes into ``detail``, which is sealed
under that person's own key and stands in the row as a digest, so that erasing a person leaves the chain
whole. counter.md, 3F lists the kinds of events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.domain.application import Realm
from app.domain.staff import Actor


class AuditKind(StrEnum):
    """What was done. The words for people stand in the catalogue under ``audit``."""

    STORE_MADE = "store-made"
    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    LOCK = "lock"
    UNLOCK = "unlock"
    STAFF = "staff"
    KEYS = "keys"
    SETTING = "setting"
    ENROL = "enrol"
    APPROVE = "approve"
    RETURN = "return"
    WITHDRAW = "withdraw"
    UNMASK = "unmask"
    ORDER = "order"
    CASE_OPENED = "case-opened"
    CHIP_BOUND = "chip-bound"
    INTENT = "intent"
    OUTCOME = "outcome"
    CASE_STATE = "case-state"
    CARD = "card"
    FEE_DUE = "fee-due"
    FEE_TAKEN = "fee-taken"
    FEE_WAIVED = "fee-waived"
    RECEIPT_VOIDED = "receipt-voided"
    SHIFT_OPENED = "shift-opened"
    SHIFT_CLOSED = "shift-closed"
    STOCK = "stock"
    PAPER = "paper"
    REFUSED = "refused"
    HEAD = "head"
    ERASE = "erase"


@dataclass(frozen=True, repr=False)
class AuditEvent:
    """One thing to record. ``subject`` is what it was done to, ``number`` that thing's human number.

    ``before`` and ``after`` are states; ``reason`` is a code of the desk's lists; ``fault`` the code of
    a refusal; ``facts`` whatever else is no person's data. ``detail`` is personal and belongs to
    ``person_id``. ``actor`` overrides who is signed in (the program's own acts).
    """

    kind: AuditKind
    act: str | None = None
    realm: Realm | None = None
    person_id: str | None = None
    application_id: str | None = None
    case_id: str | None = None
    subject: str | None = None
    number: str | None = None
    before: str | None = None
    after: str | None = None
    reason: str | None = None
    fault: str | None = None
    fen: int | None = None
    second: Actor | None = None
    actor: Actor | None = None
    facts: Mapping[str, str | int | bool] = field(default_factory=dict)
    detail: Mapping[str, str] | None = None
