"""The port to the ways of a store's data key, as the people who hold them come and go."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from app.base.errors import N_, KangkaError


@dataclass(eq=False)
class KeyPublished(KangkaError):
    """Recovery shares for records whose key everybody has."""

    code = "keys.published"
    cause = N_("A training desk has no key of its own: everybody has the one that opens its records.")
    meaning = N_("Recovery shares would protect nothing here, so none were made.")
    remedy = N_("Make them at a desk for real cards: kangka keys shares.")


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

    ``give``, ``take`` and ``new_shares`` record themselves (AuditKind.KEYS).
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

    def new_shares(self) -> tuple[str, ...]:
        """Three recovery shares, durable; any older ones open nothing from then on.

        The texts are told here once and kept nowhere: a cut after they became durable leaves shares
        that nobody has, and the next call takes their place. ``KeyPublished`` in training.
        """
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

    def new_shares(self) -> tuple[str, ...]:
        raise KeyPublished
