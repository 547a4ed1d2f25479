"""The port to the ways of a store's data key, as the people who hold them come and go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class KeyStanding:
    """Which ways lead to a store's data key: people by staff id, the keychain, recovery shares.

    ``published`` is a training store's, whose key everybody has.
    """

    people: frozenset[str] = frozenset()
    keychain: bool = False
    shares: bool = False
    published: bool = False


class KeyWays(Protocol):
    """Each person's own way to the data key. Calls may take long; none belongs on the window's thread.

    ``give`` and ``take`` record themselves (AuditKind.KEYS).
    """

    def give(self, staff_id: str, name: str, password: str) -> None:
        """The person can open the records by name and password from now on, and by no older one."""
        ...

    def take(self, staff_id: str) -> None:
        """The person can not open the records by a password any more."""
        ...

    def keep(self, staff_ids: Collection[str]) -> None:
        """Take the ways of everybody but these: what a cut has left."""
        ...

    def standing(self) -> KeyStanding:
        """Which ways there are now."""
        ...


class NoWays:
    """The ways of a training store, whose key is published: nobody needs one of their own."""

    def give(self, staff_id: str, name: str, password: str) -> None:
        """There is none to give."""

    def take(self, staff_id: str) -> None:
        """There is none to take."""

    def keep(self, staff_ids: Collection[str]) -> None:
        """There are none to keep."""

    def standing(self) -> KeyStanding:
        return KeyStanding(published=True)
