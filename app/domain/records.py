"""One unit of work over a desk's records: everything in it is recorded, or nothing (decision 6).

A workflow says what is to change in one function over ``Unit``; ``Records.durable`` runs it in one
transaction on the store's thread, with its audit rows, and returns when it will survive a power cut. The
function may run twice (another desk was first), so it does nothing beyond its unit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from app.domain.application import FrozenApplication, Realm
from app.domain.audit import AuditEvent
from app.domain.card import Card, CardChange, CardEvent, CardState
from app.domain.paper import PaperBook
from app.domain.resident import Resident
from app.domain.settings import SettingBook
from app.domain.staff import Actor, StaffBook
from app.domain.stock import StockBook
from app.domain.till import TillBook

T = TypeVar("T")


class ApplicationBook(Protocol):
    """Applications and their states (resources/lives/application.toml)."""

    def freeze(self, application: FrozenApplication, state: str) -> str:
        """Keep a new version and its audit row; its human number. ``state`` is the application's after
        it; a known error where it is withdrawn or done."""
        ...

    def get(self, application_id: str) -> FrozenApplication: ...

    def number_of(self, application_id: str) -> str: ...

    def state_of(self, application_id: str) -> str: ...

    def move(self, application_id: str, state: str) -> None:
        """The application's state after an event of its life. The audit row is the caller's, who knows
        the act and its reason."""
        ...

    def in_state(self, state: str, limit: int = 200) -> list[str]:
        """The ids of the oldest applications in a state."""
        ...

    def person_of(self, realm: Realm, resident: Resident) -> str | None: ...

    def of_person(self, person_id: str) -> list[str]: ...

    def find(self, realm: Realm, typed: str, limit: int = 20) -> list[str]:
        """The ids of people whom ``typed`` finds: parts of the name, initials, last digits."""
        ...

    def alike(self, realm: Realm, resident: Resident, limit: int = 20) -> list[str]:
        """The ids of people who may be this one: one whole number, or one name and birth date."""
        ...

    def person_token(self, realm: Realm, resident: Resident) -> bytes:
        """The keyed token of the person's document number; says nothing by itself."""
        ...


class CardBook(Protocol):
    """Cards and their events."""

    def get(self, card_id: str) -> Card: ...

    def living(self, realm: Realm, person_id: str) -> Card | None: ...

    def of_person(self, person_id: str) -> list[Card]:
        """Newest first."""
        ...

    def of_chip(self, realm: Realm, serial: str) -> Card | None: ...

    def of_number(self, realm: Realm, number: str) -> Card | None:
        """The card whose case has this human number."""
        ...

    def in_state(self, state: CardState, after: str | None = None, limit: int = 100) -> list[Card]:
        """A page of cards in a state, by id."""
        ...

    def lapsing(self, until_ms: int) -> list[Card]:
        """Provisional losses that end at or before ``until_ms``, earliest first."""
        ...

    def record(self, card: Card, change: CardChange) -> Card:
        """The event, the state and the audit row; the card as it is now. A known error where the card
        was changed since it was read."""
        ...

    def events(self, card_id: str) -> list[CardEvent]:
        """Oldest first."""
        ...


class Unit(Protocol):
    """What one unit of work reads and changes. ``actor`` is who is signed in."""

    @property
    def at_ms(self) -> int: ...

    @property
    def seq(self) -> int: ...

    @property
    def actor(self) -> Actor: ...

    @property
    def applications(self) -> ApplicationBook: ...

    @property
    def cards(self) -> CardBook: ...

    @property
    def till(self) -> TillBook: ...

    @property
    def stock(self) -> StockBook: ...

    @property
    def papers(self) -> PaperBook: ...

    @property
    def staff(self) -> StaffBook: ...

    @property
    def settings(self) -> SettingBook: ...

    def number(self, realm: Realm, kind: str) -> str:
        """The next human number of its kind: realm letter, desk, kind, six digits without a gap."""
        ...

    def audit(self, event: AuditEvent) -> None: ...


class Records(Protocol):
    """A desk's records for workflows; never called on the window's thread."""

    def durable(self, name: str, act: Callable[[Unit], T], *, begins: bool = True) -> T:
        """Run ``act`` in one transaction and return when it will survive a power cut.

        ``begins`` is False for what records something that was done already.
        """
        ...

    def read(self, act: Callable[[Unit], T]) -> T:
        """Run ``act``, which changes nothing, over one state of the records."""
        ...
