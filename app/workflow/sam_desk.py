"""The desk's SAM: unlocked once, pinned, and opened again when its line failed.

The PIN is asked for when it is needed and is kept by nobody here; how many tries are left is kept in
the store, so that a restart does not forget it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.base.errors import N_, KangkaError
from app.cardspec.product import Products
from app.devices.ports import CardChannel, LinkFault
from app.personalize.sam import SamIdentity, SamLocked, SamPinWrong, SamSession, open_sam


@dataclass(eq=False)
class SamPinMissing(KangkaError):
    """Nobody gave the SAM's PIN."""

    code = "sam.pin-missing"
    cause = N_("The SAM's PIN was not given.")
    meaning = N_("No card can be written until the SAM is unlocked.")
    remedy = N_("Have the person who holds the SAM type its PIN.")


class SamRegister(Protocol):
    """What the store keeps of the desk's SAM."""

    def pinned_sam(self) -> SamIdentity | None:
        """The SAM this desk is registered with, None before the first one."""
        ...

    def pin_sam(self, identity: SamIdentity) -> None:
        """Durable: register a SAM."""
        ...

    def sam_tries(self) -> int | None:
        """Tries of the PIN known to be left; None when nothing went wrong lately."""
        ...

    def note_sam_tries(self, tries: int | None) -> None:
        """Durable: what the SAM said of its tries."""
        ...


@dataclass
class SamDesk:
    """Gives an unlocked session, the one at hand or a new one.

    ``connect`` opens the line to the SAM's slot, ``pin`` asks for the PIN (six digits) or says None.
    """

    connect: Callable[[], CardChannel]
    products: Products
    city_code: str
    register: SamRegister
    pin: Callable[[], str | None]
    _session: SamSession | None = None

    def session(self, by_person: bool = False) -> SamSession:
        """The unlocked SAM, compared with the pinned one before its first use."""
        if self._session is None:
            self._session = self._open(by_person)
        return self._session

    def forget(self) -> None:
        """Drop the session, after a fault on its line or at the end of a shift."""
        session, self._session = self._session, None
        if session is not None:
            session.channel.close()

    def _open(self, by_person: bool) -> SamSession:
        channel = self.connect()
        try:
            session = open_sam(channel, self.products, self.city_code)
            self._unlock(session, by_person)
        except (KangkaError, LinkFault):
            channel.close()
            raise
        return session

    def _unlock(self, session: SamSession, by_person: bool) -> None:
        pin = self.pin()
        if pin is None:
            raise SamPinMissing
        try:
            session.unlock(pin, self.register.sam_tries(), by_person)
        except SamPinWrong as wrong:
            self.register.note_sam_tries(wrong.tries)
            raise
        except SamLocked:
            self.register.note_sam_tries(0)
            raise
        if self.register.sam_tries() is not None:
            self.register.note_sam_tries(None)
        pinned = self.register.pinned_sam()
        if pinned is None:
            self.register.pin_sam(session.identity)
        else:
            session.identity.require(pinned)
