"""What window and command line may ask of a desk's cards; ``app.workflow.card_desk`` answers."""

from __future__ import annotations

import threading
from typing import Protocol

from app.documents.papers import Paper
from app.domain.card import CardState
from app.domain.desk_rules import Question, VisitorKind
from app.domain.staff import Presence
from app.workflow.card_views import (
    CardDone,
    CardRow,
    FeeReason,
    FoundForm,
    HandOverForm,
    Lapsed,
    LossForm,
    LyingCard,
    Reissued,
    ReissueForm,
    ResidentView,
)
from app.workflow.views import CaseRow, EnrolDraft, Finding, Settlement


class CardService(Protocol):
    """A desk's cards as its window and its commands use them.

    ``visitor_kinds``, ``questions`` and ``reasons`` answer from memory. Everything else takes time,
    belongs off the window's thread, and raises a ``KangkaError`` when it can not be done; every refusal
    is recorded.
    """

    def visitor_kinds(self) -> tuple[VisitorKind, ...]: ...

    def questions(self) -> tuple[tuple[Question, ...], int]:
        """What a caller may be asked, and how many answers are needed."""
        ...

    def reasons(self) -> tuple[FeeReason, ...]:
        """The reasons of a reissue, each with its fee of today, in the order of the schedule."""
        ...

    def resident(
        self,
        *,
        person_id: str | None = None,
        application_id: str | None = None,
        card_id: str | None = None,
        whole: bool = False,
    ) -> ResidentView:
        """A person's page by any one of the three; ``whole`` shows the number, which is recorded."""
        ...

    def find(self, query: str) -> list[CardRow]:
        """People by name, initials, number or its end, or by a case's number, with their newest card."""
        ...

    def cards_in(self, state: CardState, after: str | None = None, limit: int = 100) -> list[CardRow]:
        """A page of this desk's cards in a state, by id."""
        ...

    def paper(self, card_id: str, number: str) -> Paper:
        """The paper with this number again, as it was first printed."""
        ...

    def card_of_case(self, number: str) -> str:
        """The id of the card whose case has this human number."""
        ...

    def card_of_application(self, application_id: str) -> str:
        """The id of the newest card that was ordered by an application."""
        ...

    def lying_card(self, cancel: threading.Event) -> LyingCard:
        """Which card lies on the reader."""
        ...

    def card_on_reader(self, cancel: threading.Event) -> str:
        """The id of the card on the reader; a known error for a chip that this desk made for nobody."""
        ...

    def hand_over(
        self, card_id: str, form: HandOverForm, cancel: threading.Event | None = None
    ) -> CardDone: ...

    def activate(self, card_id: str, cancel: threading.Event) -> CardDone:
        """The card on the reader is read and held against this one."""
        ...

    def report_loss(self, card_id: str, form: LossForm) -> CardDone: ...

    def found(self, card_id: str, form: FoundForm) -> CardDone: ...

    def reissue(self, card_id: str, form: ReissueForm) -> Reissued: ...

    def reissue_draft(self, card_id: str) -> EnrolDraft:
        """The data that a lost card was ordered with, to be corrected; showing them is recorded."""
        ...

    def check_reissue(self, card_id: str, draft: EnrolDraft) -> list[Finding]:
        """Every problem of the corrected data at once."""
        ...

    def block(self, card_id: str, cancel: threading.Event, *, fresh: Presence | None) -> CardDone:
        """Block a dead card on its chip for good."""
        ...

    def open_blocks(self) -> list[CaseRow]:
        """Blockings that were interrupted, each a case to settle."""
        ...

    def is_open_block(self, card_id: str) -> bool:
        """Whether this card's blocking was begun and is not settled."""
        ...

    def require_settled(self) -> None:
        """A known error while a blocking is open: the reader issues nothing new until it is settled."""
        ...

    def settle_block(
        self,
        card_id: str,
        how: Settlement,
        cancel: threading.Event,
        *,
        fresh: Presence | None = None,
    ) -> CardDone:
        """Continue an interrupted blocking, only look at the chip, or take the card back as it is."""
        ...

    def recover(self, card_id: str) -> CardDone:
        """A dead or blocked card was taken back."""
        ...

    def lapse(self) -> Lapsed:
        """End the provisional losses whose time is over: the program's own act."""
        ...

    def lapsing(self, within_ms: int) -> list[CardRow]:
        """Provisional losses that end by themselves within so many milliseconds."""
        ...
