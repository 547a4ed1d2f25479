"""What the store refuses about cards and applications as they live, and what a desk can do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.base.errors import N_, KangkaError
from app.domain.lives import life_word


@dataclass(eq=False)
class NoSuchCard(KangkaError):
    """No card has this id."""

    card_id: str

    code = "store.no-card"
    cause = N_("There is no card {card_id} here.")
    remedy = N_("Look it up by its holder.")


@dataclass(eq=False)
class CardChanged(KangkaError):
    """Something happened to a card after it was read and before this was recorded."""

    number: str

    code = "store.card-changed"
    cause = N_("The card of case {number} was changed meanwhile.")
    meaning = N_("What was recorded first stands, and this was not recorded.")
    remedy = N_("Look at the card's state again, then decide.")


@dataclass(eq=False)
class ApplicationNotApproved(KangkaError):
    """A card was to be made of an application that is not approved."""

    number: str
    state: str

    code = "store.application-not-approved"
    cause = N_("No card can be made of application {number}: it is {state}.")
    meaning = N_("No card was begun.")
    remedy = N_("Have the application checked and approved first.")

    def params(self) -> dict[str, Any]:
        return {"number": self.number, "state": life_word("application", "state", self.state)}


@dataclass(eq=False)
class NotFirstCard(KangkaError):
    """A first card, which costs nothing, for somebody who had one."""

    number: str

    code = "store.not-first-card"
    cause = N_("Application {number} asks for a first card, and this person had one already.")
    meaning = N_("The first card alone is publicly funded, so no card was begun.")
    remedy = N_("Withdraw this application; order the new card from the person's page.")


@dataclass(eq=False)
class ApplicationClosed(KangkaError):
    """A version was to be added to an application that is withdrawn or done."""

    number: str
    state: str

    code = "store.application-closed"
    cause = N_("Application {number} is closed: {state}.")
    meaning = N_("It was not changed.")
    remedy = N_("Take a new application.")

    def params(self) -> dict[str, Any]:
        return {"number": self.number, "state": life_word("application", "state", self.state)}
