"""What the audit of a desk records: every act and every refusal, without personal data (decision 13).

A row's facts name things by id and number; whatever is a person's goes into ``detail``, which is sealed
under that person's own key and stands in the row as a digest, so that erasing a person leaves the chain
whole. counter.md, 3F lists the kinds of events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from app.base.errors import N_, KangkaError
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


# What is asked of a chain and what it answers ------------------------------------------------------


@dataclass(frozen=True)
class AuditRow:
    """A row as it was recorded; ``hash`` is its 32 bytes, ``sealed`` whether a detail belongs to it."""

    desk: str
    seq: int
    at_ms: int
    kind: str
    act: str | None
    actor: str
    role: str
    second: str | None
    terminal: str | None
    institution: str | None
    realm: str | None
    person_id: str | None
    application_id: str | None
    case_id: str | None
    subject: str | None
    number: str | None
    before: str | None
    after: str | None
    reason: str | None
    fault: str | None
    fen: int | None
    facts: Mapping[str, str | int | bool]
    sealed: bool
    hash: bytes


@dataclass(frozen=True)
class AuditQuery:
    """Which rows of one desk (None: this one), a page by sequence, oldest or newest first.

    ``start`` is the sequence after which (newest first: before which) the page begins. Times are UTC
    milliseconds, ``until_ms`` not included. ``about`` are ids and numbers, one of which a row speaks of:
    its case, its application, what it was done to.
    """

    desk: str | None = None
    start: int | None = None
    limit: int = 100
    newest_first: bool = False
    kind: str | None = None
    actor: str | None = None
    case_id: str | None = None
    person_id: str | None = None
    from_ms: int | None = None
    until_ms: int | None = None
    about: tuple[str, ...] = ()


@dataclass(eq=False)
class HeadUnreadable(KangkaError):
    """What was typed or scanned is no head of an audit."""

    code = "audit.head-unreadable"
    cause = N_("This is no head of an audit, or a part of it is missing.")
    meaning = N_("Nothing was compared with it.")
    remedy = N_("Scan the code on the closing report again, or type its line as it stands there.")


# Leads a head's text on paper and in QR codes: Kangka Head, first form.
_HEAD_MARK: Final = "KGKH1"
_SHORT_PARTS: Final = 3
_WHOLE_PARTS: Final = 7
_HASH_BYTES: Final = 32
_MOST_DIGITS: Final = 18
_HEAD_LABEL: Final = b"kangka audit head 1\x00"


@dataclass(frozen=True)
class Head:
    """The end of a desk's chain at one time: row ``seq`` has ``hash``. Signed by the desk's SM2 key.

    ``moment`` is the desk's own sequence, by which a file that was put back is known. A head that
    somebody typed from paper may have neither key nor signature: the paper is what vouches for it.
    """

    desk: str
    seq: int
    moment: int
    at_ms: int
    hash: bytes
    public: bytes = b""
    signature: bytes = b""

    def message(self) -> bytes:
        """What is signed."""
        desk = self.desk.encode()
        numbers = b"".join(number.to_bytes(8, "big") for number in (self.seq, self.moment, self.at_ms))
        return _HEAD_LABEL + len(desk).to_bytes(4, "big") + desk + numbers + self.hash

    def text(self) -> str:
        """One line of capitals and digits, as paper and QR code bear it."""
        parts: tuple[object, ...] = (
            _HEAD_MARK,
            self.desk,
            self.seq,
            self.moment,
            self.at_ms,
            self.hash.hex().upper(),
            self.public.hex().upper(),
            self.signature.hex().upper(),
        )
        return "|".join(str(part) for part in parts)

    def short(self) -> str:
        """What a person can type: desk, sequence and hash alone."""
        return "|".join((_HEAD_MARK, self.desk, str(self.seq), self.hash.hex().upper()))


def parse_head(text: str) -> Head:
    """The head in a line of ``Head.text`` or ``Head.short``; ``HeadUnreadable``."""
    mark, *parts = "".join(text.split()).split("|")
    try:
        if mark == _HEAD_MARK and len(parts) == _SHORT_PARTS:
            head = Head(parts[0], _number(parts[1]), 0, 0, bytes.fromhex(parts[2]))
        elif mark == _HEAD_MARK and len(parts) == _WHOLE_PARTS:
            seq, moment, at_ms = (_number(part) for part in parts[1:4])
            row_hash, public, signature = (bytes.fromhex(part) for part in parts[4:])
            head = Head(parts[0], seq, moment, at_ms, row_hash, public, signature)
        else:
            raise HeadUnreadable
    except ValueError:
        raise HeadUnreadable from None
    if len(head.hash) != _HASH_BYTES or head.seq < 1 or not head.desk:
        raise HeadUnreadable
    return head


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise ValueError(text)
    return int(text)


@dataclass(frozen=True)
class WitnessedHead:
    """A head, who remembers it (``file``, ``keychain``, ``paper``, an occasion) and by what name."""

    head: Head
    witness: str
    reference: str = ""


class HeadWitness(Protocol):
    """Somewhere outside the records that remembers heads."""

    @property
    def name(self) -> str: ...

    def remember(self, head: Head) -> None:
        """Durable before it returns; ``WitnessFailed`` where it can not."""
        ...

    def recall(self) -> Sequence[WitnessedHead]:
        """What it remembers, oldest first; ``WitnessFailed`` where that can not be read."""
        ...


@dataclass(eq=False)
class WitnessFailed(KangkaError):
    """A witness that can neither be asked nor told."""

    witness: str

    code = "audit.witness-failed"
    cause = N_("The audit's witness does not answer: {witness}.")
    meaning = N_("The records are kept; whether they were put back can be told by the others alone.")
    remedy = N_("Have the system administrator see that the witness's place can be read and written.")


class ChainFault(StrEnum):
    """What was done to a chain. The words for people stand in the catalogue under ``audit_fault``."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    SPLICED = "spliced"
    DETAIL_CHANGED = "detail-changed"
    DETAIL_REMOVED = "detail-removed"
    DETAIL_INSERTED = "detail-inserted"
    CUT = "cut"
    ROLLED_BACK = "rolled-back"
    FORKED = "forked"
    SIGNATURE = "signature"
    DESK_BEHIND = "desk-behind"
    WITNESS_LOST = "witness-lost"


@dataclass(frozen=True)
class ChainProblem:
    """``fault`` at the rows ``sequence`` to ``last`` of a desk, and the witness that says so.

    Where a row's own hash says it, there is no witness. ``reference`` is the witness's paper or file.
    """

    desk: str
    sequence: int
    last: int
    fault: ChainFault
    witness: str | None = None
    reference: str | None = None


@dataclass(frozen=True)
class ChainState:
    """A desk's chain: its last row, and up to which row nothing was found wrong."""

    desk: str
    last: int
    whole_to: int


@dataclass(frozen=True)
class AuditReport:
    """A verification of ``rows`` rows in ``ms`` milliseconds; ``witnesses`` counts heads by witness."""

    full: bool
    rows: int
    ms: int
    chains: tuple[ChainState, ...]
    witnesses: Mapping[str, int]
    problems: tuple[ChainProblem, ...]

    @property
    def ok(self) -> bool:
        return not self.problems


class AuditLog(Protocol):
    """A store's audit, for workflows; never called on the window's thread."""

    def page(self, query: AuditQuery) -> list[AuditRow]: ...

    def of_case(self, case_id: str) -> list[AuditRow]:
        """Every row about a case, of all desks, in the order of their times."""
        ...

    def length(self) -> int:
        """How many rows this desk's chain has."""
        ...

    def frozen(self) -> list[WitnessedHead]:
        """The heads kept among the records, oldest first."""
        ...

    def detail(self, desk: str, seq: int) -> Mapping[str, str] | None:
        """A row's personal part; None where there is none or its person was erased."""
        ...

    def head(self) -> Head | None:
        """This desk's head, signed; None while nothing was recorded. Changes nothing."""
        ...

    def freeze(self, occasion: str, reference: str) -> Head:
        """Durable: keep the head among the records under ``reference`` and say so in the chain."""
        ...

    def verify(self, *, full: bool, heads: Sequence[WitnessedHead]) -> AuditReport:
        """Hold all chains against themselves, ``heads`` and what is frozen among the records.

        Unless ``full``, a chain is read from where the last good verification ended.
        """
        ...

    def erase(self, person_id: str, reason: str | None = None) -> None:
        """Durable: forget the person's key and details; the chain says so and stays whole."""
        ...
