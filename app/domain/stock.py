"""Blank cards of a desk: each one has a number and a life (resources/lives/blank.toml)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.base.errors import N_, KangkaError
from app.domain.application import Realm


class BlankState(StrEnum):
    """Where a blank card is; ``BOUND`` lies in the encoder for a case that is not finished."""

    ON_HAND = "on-hand"
    BOUND = "bound"
    ISSUED = "issued"
    SPOILED = "spoiled"
    RETURNED = "returned"
    DESTROYED = "destroyed"


class BlankEvent(StrEnum):
    """What happens to a blank card; the events of resources/lives/blank.toml.

    ``TAKE_IN`` and ``FOUND`` bring one in: by a list, or laid on the reader without one. ``LIST`` is the
    list that named such a card afterwards.
    """

    TAKE_IN = "take-in"
    FOUND = "found"
    LIST = "list"
    BIND = "bind"
    ISSUE = "issue"
    SPOIL = "spoil"
    GIVE_BACK = "give-back"
    DESTROY = "destroy"


# Events after which one more card is the desk's.
RECEIVING = (BlankEvent.TAKE_IN, BlankEvent.FOUND)


@dataclass(frozen=True)
class BlankCard:
    """One blank card by its chip serial (16 hex digits, capital letters: the chip's factor F).

    ``listed`` is False for one that no list brought in. ``reason`` is that of its last event.
    """

    realm: Realm
    serial: str
    box: str
    state: BlankState
    listed: bool
    taken_ms: int
    case_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class StockCounts:
    """How many blank cards of a realm and desk are in each state; ``unlisted`` of them by no list."""

    on_hand: int
    bound: int
    issued: int
    spoiled: int
    returned: int
    destroyed: int
    unlisted: int


class StockBook(Protocol):
    """Blank cards by serial. Every method that changes something writes its own audit row."""

    def take_in(self, realm: Realm, box: str, serials: Sequence[str]) -> int:
        """Blank cards of one list, all or none: how many were not here before.

        ``BlankHere`` names those that a list brought before. A card that was found without a list and
        is on this one counts as listed from now on; one that was given back may come again.
        """
        ...

    def here(self, realm: Realm, serials: Sequence[str]) -> list[str]:
        """Those of ``serials`` that a list brought before, in their order."""
        ...

    def blank(self, realm: Realm, serial: str) -> BlankCard | None: ...

    def in_state(
        self, realm: Realm, state: BlankState, after: str | None = None, limit: int = 100
    ) -> list[BlankCard]:
        """A page of this desk's cards in a state, by serial."""
        ...

    def counts(self, realm: Realm) -> StockCounts: ...

    def spoil(self, realm: Realm, serial: str, reason: str) -> BlankCard:
        """A blank card of the box is unfit; ``NoSuchBlank``, ``BlankNotOnHand``."""
        ...

    def give_back(self, realm: Realm, serials: Sequence[str], reason: str) -> int:
        """Blank cards leave the desk, all or none; ``NoSuchBlank``, ``BlankNotOnHand``."""
        ...


@dataclass(eq=False)
class BlankHere(KangkaError):
    """A list names cards that an earlier list brought in."""

    serials: tuple[str, ...]

    code = "stock.blank-here"
    cause = N_("These blank cards were taken in before: {serials}.")
    meaning = N_("A card is taken in once; nothing of this list was recorded.")
    remedy = N_("Compare the list with the box, and take in the right one.")


@dataclass(eq=False)
class NoSuchBlank(KangkaError):
    """No blank card has this serial."""

    serial: str

    code = "stock.no-blank"
    cause = N_("There is no blank card {serial} at this desk.")
    meaning = N_("Nothing was changed.")
    remedy = N_("Compare the serial with the card and the list it came with.")


@dataclass(eq=False)
class BlankNotOnHand(KangkaError):
    """A card that is used, spoiled or given back was to be used as a blank one."""

    serial: str
    blank_state: str

    code = "stock.blank-not-on-hand"
    cause = N_("Card {serial} is no blank card on hand: {blank_state}.")
    meaning = N_("Nothing was written to it and nothing was changed.")
    remedy = N_("Put this card aside, ask where it came from, and take another one.")
