"""The desk's SAM: unlocked once, pinned, and opened again when its line failed.

The PIN is asked for when it is needed and is kept by nobody here; how many tries are left is kept in
the store, so that a restart does not forget it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.base.errors import N_, KangkaError
from app.cardspec.product import Products
from app.devices.ports import CardChannel, LinkFault
from app.domain.sam import SamIdentity, SamRegister
from app.personalize.sam import SamLocked, SamPinWrong, SamSession, open_sam


@dataclass(eq=False)
class SamPinMissing(KangkaError):
    """Nobody gave the SAM's PIN."""

    code = "sam.pin-missing"
    cause = N_("The SAM's PIN was not given.")
    meaning = N_("No card can be written until the SAM is unlocked.")
    remedy = N_("Have the person who holds the SAM type its PIN.")


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

    @property
    def identity(self) -> SamIdentity | None:
        """Which SAM is unlocked now, None while none is."""
        return None if self._session is None else self._session.identity

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
        pinned = self.register.pinned()
        try:
            session.unlock(pin, self.register.tries(), by_person, pinned)
        except SamPinWrong as wrong:
            self.register.note_tries(wrong.tries)
            raise
        except SamLocked:
            self.register.note_tries(0)
            raise
        if self.register.tries() is not None:
            self.register.note_tries(None)
        if pinned is None:
            self.register.pin(session.identity)
        else:
            session.identity.require(pinned)
