"""What the rules ask of the store: protocols that ``app.store`` fulfils and workflows call.

Each call is one use case's part; ``Journal`` methods marked durable return only after the row will
survive a power cut (decision 1). None of them may be called on the window's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.domain.application import FrozenApplication, Realm
from app.domain.resident import Resident


class CaseState(StrEnum):
    """The making of one card (counter.md, What shapes the design, 3)."""

    QUEUED = "queued"
    WRITING = "writing"
    WRITTEN = "written"
    PRINTED = "printed"
    VERIFIED = "verified"
    SPOILED = "spoiled"
    UNKNOWN = "unknown"


class CaseEvent(StrEnum):
    """What happens to a case; the events of resources/lives/making.toml."""

    BIND = "bind"
    WRITE = "write"
    PRINT = "print"
    VERIFY = "verify"
    SPOIL = "spoil"
    LOSE = "lose"


class IntentKind(StrEnum):
    """Acts that can not be taken back, recorded before they are done."""

    BIND_CHIP = "bind-chip"
    ACTIVATE = "activate"
    PRINT_FRONT = "print-front"
    PRINT_BACK = "print-back"


class Outcome(StrEnum):
    """How an intended act ended; a row without one is open and must be settled."""

    DONE = "done"
    NOT_DONE = "not-done"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Intent:
    """One row of the journal. ``target`` is an id (chip serial, page), never a person's data."""

    id: str
    case_id: str
    kind: IntentKind
    target: str
    at_ms: int
    outcome: Outcome | None


@dataclass(frozen=True)
class Case:
    """The making of one card, from order to a verified or spoiled one.

    ``plan_id`` is the plan's keyed digest in hex; ``reason`` says why a card was spoiled, in words of
    the desk's list and never a person's data; ``number`` is the case's human number.
    """

    id: str
    application_id: str
    application_version: int
    realm: Realm
    state: CaseState
    chip_serial: str | None
    product_id: str | None
    plan_id: str | None
    opened_ms: int
    changed_ms: int
    reason: str | None = None
    number: str = ""


@dataclass(frozen=True)
class CaseTally:
    """Counts of one moment: approved applications whose card is to be made, those whose card was spoiled
    among them; open cases; and what was closed since the moment that was asked for."""

    waiting: int
    open: int
    verified: int
    spoiled: int


class Applications(Protocol):
    """Frozen applications, sealed."""

    def freeze(self, application: FrozenApplication) -> None:
        """Durable: keep one version of an application, approved, and its person."""
        ...

    def get(self, application_id: str, version: int | None = None) -> FrozenApplication:
        """One version, by default the newest; a known error where there is none."""
        ...

    def number_of(self, application_id: str) -> str:
        """The application's human number: realm letter, desk, A, six digits without a gap."""
        ...

    def person_of(self, realm: Realm, resident: Resident) -> str | None:
        """The id of the person who holds this document number already, by blind index."""
        ...

    def of_person(self, person_id: str) -> list[str]:
        """The ids of a person's applications, oldest first."""
        ...

    def count(self) -> int:
        """How many applications this desk has taken; asks a counter, never the applications."""
        ...

    def list(self, after: str | None = None, limit: int = 100) -> list[FrozenApplication]:
        """Newest versions in the order of their ids, a page after ``after``."""
        ...


class Journal(Protocol):
    """Cases and their intents. Results wait for the next durable commit (decision 1)."""

    def open_case(self, application: FrozenApplication) -> Case:
        """Durable: a case for this application and its card; a known error while the person has another
        or a card, or the application is not approved."""
        ...

    def bind_chip(
        self, case_id: str, chip_serial: str, issue_serial: str, product_id: str, plan_id: str
    ) -> Case:
        """Durable: the intent to write this chip under this plan; one case a chip, for good.

        Calling it again with the same chip and plan is harmless; with others it is a known error. No
        ``issue_serial`` (FKXLH) is given twice in a realm, by whatever chip.
        """
        ...

    def intend(self, case_id: str, kind: IntentKind, target: str) -> str:
        """Durable: the row of an act about to be done; returns the intent's id."""
        ...

    def note_outcome(self, intent_id: str, outcome: Outcome) -> None:
        """Not durable by itself: the result travels in the next commit."""
        ...

    def note_state(self, case_id: str, state: CaseState, reason: str | None = None) -> None:
        """Not durable by itself: the case's new state travels in the next commit.

        Written and verified settle the binding of the chip as done. Verified is refused while another
        intent is open; spoiled settles what is open as unknown. Both close the case for good.
        """
        ...

    def spoil(self, case_id: str, reason: str) -> Case:
        """Durable: close the case as spoiled; its chip stays taken."""
        ...

    def commit(self) -> None:
        """Durable: everything noted so far; nothing happens where nothing was noted."""
        ...

    def case(self, case_id: str) -> Case: ...

    def open_cases(self) -> list[Case]:
        """Cases that are neither verified nor spoiled, oldest first."""
        ...

    def tally(self, since_ms: int) -> CaseTally:
        """What is to be made and open now, and what was closed at or after ``since_ms``; found by
        index, so that it takes as long with a million cards as with ten."""
        ...

    def cases_of(self, application_id: str) -> list[Case]: ...

    def case_of_chip(self, realm: Realm, chip_serial: str) -> Case | None:
        """The case that owns a chip, whatever its state."""
        ...

    def intents(self, case_id: str) -> list[Intent]: ...

    @property
    def durable_commits(self) -> int:
        """Commits since this store was opened, for the bench."""
        ...


class Timings(Protocol):
    """What this desk's devices took for each step, for a forecast of the next card."""

    def note(self, device: str, step: str, ms: int) -> None:
        """Not durable by itself: travels in the next commit. Device and step are our own words."""
        ...

    def forecast(self, device: str) -> dict[str, int]:
        """Median milliseconds of each step's last durations; empty where none are known."""
        ...
