"""What the window sees of a desk: immutable messages (``services`` has the protocols that answer them).

Everything here is plain data that may cross threads. Texts are marked English, the catalogue's keys,
with typed parameters, so that the same message stands in the window and on the command line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from app.base.errors import KangkaError
from app.domain.application import Realm
from app.domain.evidence import DocumentEvidence
from app.domain.ports import CaseState


class Mark(StrEnum):
    """The five states of the window (ui.md, Language): the same for cards, cases and devices."""

    WAITING = "waiting"
    WORKING = "working"
    GOOD = "good"
    ATTENTION = "attention"
    STOP = "stop"


@dataclass(frozen=True)
class Sentence:
    """A catalogue text and its parameters."""

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)


# ------------------------------------------------------------------------------------ the workplace


@dataclass(frozen=True)
class WorkplaceInfo:
    """Where this window stands. ``simulated`` when any device behind it is a simulator."""

    name: str
    desk: str
    realm: Realm
    simulated: bool
    operator: str


class DeviceRole(StrEnum):
    """What a device does at the desk, in the order of the strip below the window."""

    ID_READER = "id-reader"
    CARD_READER = "card-reader"
    SAM = "sam"
    CARD_PRINTER = "card-printer"
    RECEIPT_PRINTER = "receipt-printer"


@dataclass(frozen=True)
class DeviceState:
    """One device now; ``word`` says its state, ``detail`` more of it (kind of SAM, ribbon left)."""

    role: DeviceRole
    name: str
    mark: Mark
    word: Sentence
    detail: Sentence | None = None
    simulated: bool = False


@dataclass(frozen=True)
class DeskSummary:
    """Counts for the first page. Days are civil days in China."""

    to_make: int
    open_cases: int
    issued_today: int
    spoiled_today: int


# ------------------------------------------------------------------------------------------ enrolment


class Provenance(StrEnum):
    """Where a value of the form came from (rules.md, First collection and verification)."""

    EMPTY = "empty"
    CHIP = "chip"
    TYPED = "typed"
    CORRECTED = "corrected"


@dataclass(frozen=True, repr=False)
class DraftValue:
    """One field as it stands; ``read`` is what the document's chip said, if it said anything."""

    text: str = ""
    read: str | None = None

    @property
    def provenance(self) -> Provenance:
        if self.read is not None:
            return Provenance.CHIP if self.text == self.read else Provenance.CORRECTED
        return Provenance.TYPED if self.text else Provenance.EMPTY


@dataclass(frozen=True, repr=False)
class DocumentView:
    """The identity document as read: its kind, and its lines in the document's own order.

    ``lines`` are (label, value as printed on the document); ``module_number`` is the reader's.
    """

    kind: Sentence
    lines: tuple[tuple[str, str], ...]
    module_number: str


class DraftSource(StrEnum):
    """What an application is taken from; ``MADE_UP`` is training's own."""

    TYPED = "typed"
    READER = "reader"
    FILE = "file"
    MADE_UP = "made-up"


# What makes a person one person: typed or corrected, a second pair of eyes looks at it.
IDENTITY = ("name", "sex", "birth_date", "citizen_id", "other_document.number")

# A person is told from another by these fields of the form.
NUMBERS = ("citizen_id", "other_document.number")


@dataclass(frozen=True, repr=False)
class EnrolDraft:
    """An application being written down: values by the form's paths (``name``, ``contacts.0.phone``).

    ``photo`` is the chip's picture (JPEG, at most 3,070 bytes), ``face_photo`` the printed one.
    ``name_agreed``: the resident agreed to the shortened form of this very name. ``evidence`` is the
    document as it was read, for the record. ``source`` says what it was taken from.
    """

    values: Mapping[str, DraftValue] = field(default_factory=lambda: MappingProxyType({}))
    document: DocumentView | None = None
    photo: bytes | None = None
    face_photo: bytes | None = None
    name_agreed: bool = False
    evidence: DocumentEvidence | None = None
    source: DraftSource = DraftSource.TYPED

    def value(self, path: str) -> DraftValue:
        """The value at a path; an empty one where nothing was entered."""
        return self.values.get(path, DraftValue())

    def with_text(self, path: str, text: str) -> EnrolDraft:
        """The draft with one field typed; what the chip said is kept beside it."""
        before = self.value(path)
        values = MappingProxyType({**self.values, path: replace(before, text=text)})
        # What was agreed to is one name's shortened form, not the next one's.
        agreed = self.name_agreed and not (path == "name" and text != before.text)
        return replace(self, values=values, name_agreed=agreed)

    def agreeing_to_name(self, agreed: bool) -> EnrolDraft:
        """The draft with the resident's answer to the shortened form of the name."""
        return replace(self, name_agreed=agreed)

    def taking(self, read: EnrolDraft) -> EnrolDraft:
        """This draft with a document's reading laid over it.

        What was typed stays where the document says nothing; a document of another person than the
        one read before begins a new draft.
        """
        if self.of_another(read):
            return read
        typed = {path: value for path, value in self.values.items() if value.read is None}
        values = MappingProxyType({**typed, **read.values})
        same_name = read.value("name").text == self.value("name").text
        return EnrolDraft(
            values=values,
            document=read.document,
            photo=read.photo or self.photo,
            face_photo=read.face_photo or self.face_photo,
            name_agreed=self.name_agreed and same_name,
            evidence=read.evidence,
            source=read.source,
        )

    def laid_under(self, read: EnrolDraft) -> EnrolDraft:
        """These data of a known person with what their document says today in its places, whatever
        number it bears."""
        same_name = read.value("name").text == self.value("name").text
        return replace(
            self,
            values=MappingProxyType({**self.values, **read.values}),
            document=read.document,
            name_agreed=self.name_agreed and same_name,
            evidence=read.evidence,
            source=read.source,
        )

    def of_another(self, read: EnrolDraft) -> bool:
        """Whether a document's reading is another person's than what stands here.

        The numbers tell: as read before, or as typed where none was read. A permit may leave the
        citizen number empty, so the other document's number counts as well.
        """
        for path in NUMBERS:
            here, there = self.value(path), read.value(path)
            if not there.read:
                continue  # this document says nothing of that number
            known = here.text if self.document is None else here.read
            if (known or "") != (there.read or "") and (self.document is not None or known):
                return True
        return False

    @property
    def to_approve(self) -> bool:
        """Whether somebody typed who this is, so that a second person looks at it (rules.md)."""
        if self.source is DraftSource.READER:
            return any(self.value(path).provenance is Provenance.CORRECTED for path in IDENTITY)
        return self.source is DraftSource.TYPED

    @property
    def empty(self) -> bool:
        """Whether nothing was read or typed yet."""
        return (
            self.document is None
            and self.face_photo is None
            and not any(value.text for value in self.values.values())
        )


class ProblemKind(StrEnum):
    """What a check found: something missing, something wrong, or something to look at."""

    MISSING = "missing"
    WRONG = "wrong"
    NOTICE = "notice"


@dataclass(frozen=True)
class Finding:
    """A refusal or a remark about one path of the form (``photo`` for the picture).

    ``shown`` is the resident's own data that the fault may not carry: the name as the chip will hold it.
    """

    path: str
    kind: ProblemKind
    fault: KangkaError
    shown: str | None = field(default=None, repr=False)

    @property
    def stops(self) -> bool:
        """Whether the application can not be kept like this."""
        return self.kind is not ProblemKind.NOTICE


# ------------------------------------------------------------------------------- applications, making


@dataclass(frozen=True, repr=False)
class ApplicationRow:
    """A line of a list: the number is masked (410102********2345) before it comes here."""

    id: str
    name: str
    masked_number: str
    mark: Mark
    word: Sentence
    at_ms: int
    case_id: str | None = None


@dataclass(frozen=True, repr=False)
class ApplicationView:
    """One person's application on its own page, with the whole number."""

    id: str
    name: str
    number: str
    kind: Sentence
    fee: Sentence
    mark: Mark
    word: Sentence
    case_id: str | None = None
    name_shortened: bool = False


@dataclass(frozen=True, repr=False)
class Faces:
    """Both faces as they will be printed, PNG, at ``dpi``."""

    front_png: bytes
    back_png: bytes
    dpi: int


class IssueStep(StrEnum):
    """What the desk does to make one card, in order (ui.md, Issue)."""

    LAY_CARD = "lay-card"
    AUTHENTICATE = "authenticate"
    ISSUER = "issuer"
    HOLDER = "holder"
    PHOTO = "photo"
    TERMS = "terms"
    IDENTITY = "identity"
    HEALTH = "health"
    MANAGEMENT = "management"
    VERIFY = "verify"
    ACTIVATE = "activate"
    PRINT = "print"
    READ_AGAIN = "read-again"


@dataclass(frozen=True)
class ExpectedStep:
    """A step this desk will do and how long it took here lately (milliseconds; None: not known yet)."""

    step: IssueStep
    milliseconds: int | None


@dataclass(frozen=True)
class StepEvent:
    """Progress of one step: ``done`` of ``total`` records or blocks, and its milliseconds so far.

    ``chip_serial`` and ``product`` come with the first event that knows them; ``hands`` is what the
    clerk's hands have to do now where that depends on the devices (a printer that feeds by itself).
    """

    step: IssueStep
    mark: Mark
    done: int
    total: int
    milliseconds: int
    chip_serial: str | None = None
    product: str | None = None
    hands: Sentence | None = None
    # Whether this product has an activation step; None while no product is known.
    activates: bool | None = None


@dataclass(frozen=True)
class IssueOutcome:
    """How a making ended; a state that is neither verified nor spoiled leaves an open case.

    ``notice`` is something about this very card that the clerk must know (a chip that never locks).
    """

    case_id: str
    application_id: str
    state: CaseState
    milliseconds: int
    chip_serial: str | None = None
    notice: Sentence | None = None


class Settlement(StrEnum):
    """What may be done with an open case (design.md, decision 1)."""

    CONTINUE = "continue"
    VERIFY = "verify"
    SPOIL = "spoil"


@dataclass(frozen=True, repr=False)
class CaseRow:
    """An open case: what is known of its card, and what is offered."""

    id: str
    application_id: str
    name: str
    masked_number: str
    state: CaseState
    mark: Mark
    word: Sentence
    opened_ms: int
    known: tuple[Sentence, ...]
    offers: tuple[Settlement, ...]
    # Whether a card's blocking was interrupted and not its making; ``id`` is the card's then.
    blocking: bool = False


# Called from the thread that does the work; the window's side carries it over to its own.
StepListener = Callable[[StepEvent], None]
