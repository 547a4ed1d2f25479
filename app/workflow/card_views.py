"""What window and command line see of residents and their cards, and what they may ask of a desk.

Plain immutable data, as in ``app.workflow.views``. A whole number is in a view only where it was asked
for, which is recorded; everything else is masked before it comes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.base.errors import KangkaError
from app.documents.papers import Paper
from app.domain.card import CardEventKind, CardState
from app.domain.desk_rules import Question
from app.domain.fees import Ground
from app.domain.loss import LossCause, LossChannel
from app.domain.visitor import Visitor
from app.workflow.views import CaseRow, EnrolDraft, Mark, Sentence


class CardAct(StrEnum):
    """What a desk can do with a card that is made, in the order in which a page offers it."""

    HAND_OVER = "hand-over"
    ACTIVATE = "activate"
    REPORT_PROVISIONAL_LOSS = "report-provisional-loss"
    REPORT_LOSS = "report-loss"
    FOUND = "found"
    REISSUE = "reissue"
    BLOCK = "block"
    RECOVER = "recover"


# ------------------------------------------------------------------------------------------- residents


@dataclass(frozen=True)
class ActionView:
    """One act of a card: possible now, or ``why`` not. ``permission`` is its name in permissions.toml.

    ``fresh`` and ``second`` say whom it asks for besides: its person's password again, a second person.
    """

    act: CardAct
    permission: str
    why: KangkaError | None = None
    fresh: bool = False
    second: bool = False

    @property
    def possible(self) -> bool:
        return self.why is None


@dataclass(frozen=True)
class LifePoint:
    """One state of a card's life, since when it was so, and when that was recorded (both UTC ms)."""

    state: CardState
    mark: Mark
    word: Sentence
    valid_ms: int
    at_ms: int
    present: bool = False


@dataclass(frozen=True)
class CardEventView:
    """One thing that happened to a card. Nothing of a person: ``number`` is the event's own."""

    kind: CardEventKind
    word: Sentence
    valid_ms: int
    at_ms: int
    actor: str
    second: str | None = None
    reason: str | None = None
    number: str | None = None


@dataclass(frozen=True)
class CardView:
    """One card on its holder's page. ``number`` is the human number of the case that made it.

    ``issue_date`` and ``expiry`` are YYYYMMDD. ``lapses_ms`` is when a provisional loss ends by itself.
    """

    id: str
    number: str
    application_id: str
    application_number: str
    state: CardState
    mark: Mark
    word: Sentence
    chip_serial: str | None
    product_id: str | None
    issue_count: int
    issue_date: str
    expiry: str
    living: bool
    lapses_ms: int | None
    life: tuple[LifePoint, ...]
    actions: tuple[ActionView, ...]
    events: tuple[CardEventView, ...]

    def action(self, act: CardAct) -> ActionView | None:
        """What is said of one act, None where a card in this state has no such act."""
        return next((view for view in self.actions if view.act is act), None)


@dataclass(frozen=True)
class FeeView:
    """What an application owes or owed, in whole fen, by which rule; ``receipt`` settled it."""

    application_id: str
    application_number: str
    reason: str
    fen: int
    rule: str
    receipt: str | None


@dataclass(frozen=True)
class FeeReason:
    """Why a card may be ordered anew: what that costs today, by which rule, beside which papers."""

    ground: Ground
    fen: int
    rule: str
    proofs: tuple[Ground, ...]


@dataclass(frozen=True)
class OrderView:
    """An application of the resident: its human number, state and reason."""

    id: str
    number: str
    state: str
    reason: str
    at_ms: int
    replaces: str | None = None


@dataclass(frozen=True)
class PaperView:
    """A paper that can be drawn (again): what it is and its own number."""

    template: str
    number: str
    card_id: str
    at_ms: int


@dataclass(frozen=True, repr=False)
class ResidentView:
    """One person's page. ``number`` is None where it was not asked to be whole.

    ``photo`` is the face photo as JPEG, None where there is none. ``alerts`` are medical alerts as keys
    of the catalogue's context ``alert``. ``cards`` are newest first, ``card`` is the one that lives.
    """

    person_id: str
    application_id: str
    name: str
    sex: str
    birth_date: str
    masked_number: str
    number: str | None
    photo: bytes | None
    alerts: tuple[str, ...]
    minor: bool
    cards: tuple[CardView, ...]
    orders: tuple[OrderView, ...]
    cases: tuple[CaseRow, ...]
    fees: tuple[FeeView, ...]
    papers: tuple[PaperView, ...]

    @property
    def card(self) -> CardView | None:
        return next((card for card in self.cards if card.living), None)


@dataclass(frozen=True, repr=False)
class CardRow:
    """A line of a list of cards, or of what was found: masked."""

    card_id: str | None
    person_id: str
    application_id: str
    name: str
    masked_number: str
    number: str
    state: CardState | None
    mark: Mark
    word: Sentence
    changed_ms: int
    lapses_ms: int | None = None


@dataclass(frozen=True)
class LyingCard:
    """The card on the reader. ``card_id`` is None for a chip that this desk made for nobody."""

    chip_serial: str
    card_id: str | None
    person_id: str | None
    state: CardState | None
    blocked: bool


# ------------------------------------------------------------------------------------------------ forms


@dataclass(frozen=True, repr=False)
class HandOverForm:
    """Who collects. ``activate``: the card lies on the reader and is to be activated in the same act."""

    collector: Visitor
    activate: bool = False


@dataclass(frozen=True, repr=False)
class LossForm:
    """A loss. ``lost_ms`` is since when, None since now. ``answers`` stand for a document by phone."""

    reporter: Visitor
    provisional: bool = False
    channel: LossChannel = LossChannel.COUNTER
    cause: LossCause = LossCause.LOST
    lost_ms: int | None = None
    answers: Mapping[Question, str] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class FoundForm:
    """Who says that a card is there again, and the number of the loss slip where it is at hand."""

    visitor: Visitor
    loss_number: str = ""


@dataclass(frozen=True, repr=False)
class ReissueForm:
    """Who asks for a new card. ``draft`` is the resident's data where they changed, None where the old
    application's are taken. ``consent`` is the version of the text signed today, empty where the one
    signed before holds on. ``proof``: a temporary proof is given out for the wait. ``proof_seen`` is the
    paper that was seen where the fee's reason takes one."""

    applicant: Visitor
    consent: str = ""
    draft: EnrolDraft | None = None
    reason: str = "lost"
    proof: bool = True
    proof_seen: str | None = None


# ---------------------------------------------------------------------------------------------- results


@dataclass(frozen=True, repr=False)
class CardDone:
    """What an act came to. ``number`` is its own human number (hand-over, loss); ``papers`` are what is
    to be printed. ``already`` where the card was so before: success too (counter.md, 2.35)."""

    card_id: str
    state: CardState
    number: str | None = None
    papers: tuple[Paper, ...] = ()
    already: bool = False
    lapses_ms: int | None = None


@dataclass(frozen=True, repr=False)
class Reissued:
    """A new order in place of a dead card, what it owes, and the papers to be printed."""

    old_card_id: str
    old_state: CardState
    application_id: str
    application_number: str
    issue_count: int
    due_fen: int
    rule: str
    proof_number: str | None
    proof_last_day: str | None
    papers: tuple[Paper, ...] = ()


@dataclass(frozen=True)
class Lapsed:
    """Provisional losses that ended by themselves just now."""

    card_ids: tuple[str, ...]
