"""What else moves when a case does: its card, its application, and whoever follows cases.

All of it in the transaction of the case itself, so that a card is never ready without a verified case,
and no case is verified without its card.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from app.domain.application import FrozenApplication
from app.domain.card import CardChange, CardEventKind, CardState
from app.domain.lives import Life
from app.domain.order import FIRST_ISSUE, ApplicationEvent, ApplicationState
from app.domain.ports import Case, CaseState
from app.domain.staff import Role
from app.store import card_errors, errors
from app.store.application_book import ApplicationBookStore
from app.store.cards import CardStore
from app.store.work import Moment

# What closing a case is to its card and to its application.
_CLOSING: Final = {
    CaseState.VERIFIED: (CardEventKind.MADE, ApplicationEvent.MADE),
    CaseState.SPOILED: (CardEventKind.SPOIL, ApplicationEvent.SPOIL),
}


class CaseFollower(Protocol):
    """Somebody whose rows move with cases: the till before a case, the stock with its blank card.

    Each call runs inside the transaction of the case; a known error refuses the whole of it.
    """

    def opening(self, application: FrozenApplication, moment: Moment) -> None:
        """A case for ``application`` is about to be opened."""
        ...

    def bound(self, case: Case, chip_serial: str, moment: Moment) -> None:
        """This chip now belongs to ``case``."""
        ...

    def closed(self, case: Case, state: CaseState, moment: Moment) -> None:
        """``case``, as it was before, is closed: verified or spoiled."""
        ...


class CaseMoves:
    """Card and application after their case."""

    def __init__(
        self,
        cards: Callable[[Moment], CardStore],
        applications: Callable[[Moment], ApplicationBookStore],
        card_life: Life,
        application_life: Life,
    ) -> None:
        self._cards = cards
        self._applications = applications
        self._card_life = card_life
        self._application_life = application_life
        self._followers: list[CaseFollower] = []

    def follow(self, follower: CaseFollower) -> None:
        """Let ``follower`` hear of every case from now on."""
        self._followers.append(follower)

    def opening(self, application: FrozenApplication, moment: Moment) -> None:
        """Refuse a case for a person who has a card, or of an application that is not approved."""
        living = self._cards(moment).living(application.realm, application.person_id)
        if living is not None:
            if living.state is CardState.MAKING:
                raise errors.CaseOpen(living.number)
            raise errors.CardLives(living.number, living.state)
        book = self._applications(moment)
        state = book.state_of(application.id)
        if state != ApplicationState.APPROVED:
            raise card_errors.ApplicationNotApproved(book.number_of(application.id), state)
        # Two first applications may have waited side by side; one card alone is publicly funded.
        if application.reason == FIRST_ISSUE and self._cards(moment).had(
            application.realm, application.person_id
        ):
            raise card_errors.NotFirstCard(book.number_of(application.id))
        for follower in self._followers:
            follower.opening(application, moment)

    def opened(self, case_id: str, application: FrozenApplication, moment: Moment) -> None:
        self._cards(moment).begin(case_id, application)
        self._applications(moment).begun(application.id, True)

    def bound(self, case: Case, chip_serial: str, moment: Moment) -> None:
        for follower in self._followers:
            follower.bound(case, chip_serial, moment)

    def closed(
        self, case: Case, state: CaseState, reason: str | None, at_ms: int, moment: Moment
    ) -> None:
        """Card and application of a case that was closed at ``at_ms``, as their lives say."""
        card_event, application_event = _CLOSING[state]
        # It has happened, whoever is signed in by the time it is written.
        role = Role.PROGRAM
        facts = {"verified": state is CaseState.VERIFIED}
        cards = self._cards(moment)
        card = cards.get(case.id)
        step = self._card_life.step(card.state, card_event, role, facts)
        cards.record(card, CardChange(card_event, CardState(step.next), valid_ms=at_ms, reason=reason))
        book = self._applications(moment)
        application_state = book.state_of(case.application_id)
        step = self._application_life.step(application_state, application_event, role, facts)
        book.follow_case(case.application_id, step.next)
        if state is CaseState.SPOILED:
            book.begun(case.application_id, False)
        for follower in self._followers:
            follower.closed(case, state, moment)
