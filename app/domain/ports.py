"""What the rules ask of the store: protocols that ``app.store`` fulfils and workflows call.

Each call is one use case's part; ``Journal`` methods marked durable return only after the row will
survive a power cut (decision 1). None of them may be called on the window's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from app.domain.application import FrozenApplication, Realm


class CaseState(StrEnum):
    """The making of one card (counter.md, What shapes the design, 3)."""

    QUEUED = "queued"
    WRITING = "writing"
    WRITTEN = "written"
    PRINTED = "printed"
    VERIFIED = "verified"
    SPOILED = "spoiled"
    UNKNOWN = "unknown"


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

    ``plan_id`` is the plan's keyed digest in hex; ``reason`` says why a card was spoiled.
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


class Applications(Protocol):
    """Frozen applications, sealed."""

    def freeze(self, application: FrozenApplication) -> None:
        """Durable: keep one version of an application and its person."""
        ...

    def get(self, application_id: str, version: int | None = None) -> FrozenApplication:
        """One version, by default the newest; a known error where there is none."""
        ...

    def list(self, after: str | None = None, limit: int = 100) -> list[FrozenApplication]:
        """Newest versions in the order of their ids, a page after ``after``."""
        ...


class Journal(Protocol):
    """Cases and their intents. Results wait for the next durable commit (decision 1)."""

    def open_case(self, application: FrozenApplication) -> Case:
        """Durable: a case for this application; a known error while another one is open."""
        ...

    def bind_chip(self, case_id: str, chip_serial: str, product_id: str, plan_id: str) -> Case:
        """Durable: the intent to write this chip under this plan; one case a chip."""
        ...

    def intend(self, case_id: str, kind: IntentKind, target: str) -> str:
        """Durable: the row of an act about to be done; returns the intent's id."""
        ...

    def note_outcome(self, intent_id: str, outcome: Outcome) -> None:
        """Not durable by itself: the result travels in the next commit."""
        ...

    def note_state(self, case_id: str, state: CaseState, reason: str | None = None) -> None:
        """Not durable by itself: the case's new state travels in the next commit."""
        ...

    def commit(self) -> None:
        """Durable: everything noted so far."""
        ...

    def case(self, case_id: str) -> Case: ...

    def open_cases(self) -> list[Case]:
        """Cases that are neither verified nor spoiled, oldest first."""
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
