"""Which reader is for cards and which holds the SAM: by name where a desk said so, else by probing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.base.errors import N_, KangkaError
from app.devices.ports import CardConnection, CardReader, ReaderGone, ReaderRole

Used = TypeVar("Used")


@dataclass(eq=False)
class ReaderNotFound(KangkaError):
    """No reader for a role."""

    role: str

    code = "reader.not-found"
    cause = N_("No {role} reader was found on this machine.")
    meaning = N_("No card can be read or written.")
    remedy = N_("Plug the reader in, put the SAM into its slot, or name the reader to use.")


@dataclass(eq=False)
class ReaderSupportMissing(KangkaError):
    """The package that speaks to the system's card readers is not installed."""

    code = "reader.support-missing"
    cause = N_("The program's support for card readers is not installed.")
    meaning = N_("Real readers can not be used; training on simulated devices needs none.")
    remedy = N_("Run the set-up again where the smart-card service is installed.")


@dataclass(frozen=True)
class ReaderNames:
    """The names of the two readers of a desk."""

    card: str
    sam: str


def assign_roles(
    names: Sequence[str],
    holds_sam: Callable[[str], bool],
    *,
    card: str | None = None,
    sam: str | None = None,
) -> ReaderNames:
    """The reader whose chip is a SAM is the SAM's, the first other one is for cards.

    ``card`` and ``sam`` are parts of names that a desk chose; ``holds_sam`` probes a reader by name.
    """
    sam_name = _named(names, sam, "sam") if sam else next(filter(holds_sam, names), None)
    if sam_name is None:
        raise ReaderNotFound(role="sam")
    others = [name for name in names if name != sam_name]
    card_name = _named(others, card, "card") if card else next(iter(others), None)
    if card_name is None:
        raise ReaderNotFound(role="card")
    return ReaderNames(card_name, sam_name)


class FoundReaders:
    """The two readers of a desk, looked for when one is first needed and again after one has gone.

    A desk therefore opens without readers and works once they are plugged in. ``find`` gives the names
    (``assign_roles`` over what the system lists), ``opened`` a reader by name and role.
    """

    def __init__(
        self, find: Callable[[], ReaderNames], opened: Callable[[str, ReaderRole], CardReader]
    ) -> None:
        self._find = find
        self._opened = opened
        self._names: ReaderNames | None = None
        self._lock = threading.Lock()

    def reader(self, role: ReaderRole) -> CardReader:
        """The reader of a role now; ``ReaderNotFound`` or a fault of the service."""
        with self._lock:
            if self._names is None:
                self._names = self._find()
            name = self._names.card if role is ReaderRole.CARD else self._names.sam
        return self._opened(name, role)

    def forget(self) -> None:
        """Look anew at the next use."""
        with self._lock:
            self._names = None


class FoundReader:
    """A ``CardReader`` by its role: whichever reader has it when it is used."""

    def __init__(self, readers: FoundReaders, role: ReaderRole) -> None:
        self._readers = readers
        self._role = role

    @property
    def name(self) -> str:
        return self._readers.reader(self._role).name

    def connect(self) -> CardConnection:
        return self._used(lambda reader: reader.connect())

    def wait_for_card(self, timeout_ms: int, cancel: threading.Event) -> bool:
        return self._used(lambda reader: reader.wait_for_card(timeout_ms, cancel))

    def wait_for_removal(self, timeout_ms: int, cancel: threading.Event) -> bool:
        return self._used(lambda reader: reader.wait_for_removal(timeout_ms, cancel))

    def _used(self, use: Callable[[CardReader], Used]) -> Used:
        try:
            return use(self._readers.reader(self._role))
        except ReaderGone:
            self._readers.forget()
            raise


def _named(names: Sequence[str], part: str, role: str) -> str:
    for name in names:
        if part.lower() in name.lower():
            return name
    raise ReaderNotFound(role=role)
