"""The port to the ways of a store's data key, as the people who hold them come and go."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


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


class NoWays:
    """The ways of a training store, whose key is published: nobody needs one of their own."""

    def give(self, staff_id: str, name: str, password: str) -> None:
        """There is none to give."""

    def take(self, staff_id: str) -> None:
        """There is none to take."""

    def keep(self, staff_ids: Collection[str]) -> None:
        """There are none to keep."""
