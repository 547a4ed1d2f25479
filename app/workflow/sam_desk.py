"""The desk's SAM: unlocked once, pinned, and opened again when its line failed.

The PIN is asked for when it is needed and is kept by nobody here; how many tries are left is kept in
the store, so that a restart does not forget it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from app.base.errors import N_, KangkaError
from app.cardspec.product import Products
from app.devices.ports import CardChannel, LinkFault
from app.domain.sam import SamIdentity, SamRegister
from app.personalize.sam import SamLocked, SamPinWrong, SamSession, open_sam

# VERIFY takes three bytes of BCD (training-product.md, 9; card.md, SAM commands).
_PIN = re.compile(r"[0-9]{6}")


@dataclass(eq=False)
class SamPinMissing(KangkaError):
    """Nobody gave the SAM's PIN."""

    code = "sam.pin-missing"
    cause = N_("The SAM's PIN was not given.")
    meaning = N_("No card can be written until the SAM is unlocked.")
    remedy = N_("Have the person who holds the SAM type its PIN.")


@dataclass(eq=False)
class SamPinShape(KangkaError):
    """What was given for the SAM's PIN can be none. It was not tried and is not repeated."""

    code = "sam.pin-shape"
    cause = N_("The SAM's PIN is six digits, and something else was given.")
    meaning = N_("It was not tried, and no try was lost.")
    remedy = N_("Have the person who holds the SAM type its six digits again.")


def typed_pin(line: str) -> str:
    """The PIN in a line that a person typed; ``SamPinMissing`` or ``SamPinShape``, and no try lost."""
    pin = line.strip("\r\n")
    if not pin:
        raise SamPinMissing
    if not _PIN.fullmatch(pin):
        raise SamPinShape
    return pin


@dataclass
class SamDesk:
    """Gives an unlocked session, the one at hand or a new one.

    ``connect`` opens the line to the SAM's slot, ``pin`` asks for the PIN (six digits) or says None.
    ``typed`` is the PIN that a person typed for this piece of work: it comes first, counts as the
    person's own attempt, and is forgotten once the SAM has refused it.
    """

    connect: Callable[[], CardChannel]
    products: Products
    city_code: str
    register: SamRegister
    pin: Callable[[], str | None]
    typed: str | None = field(default=None, repr=False)
    _refused: bool = False
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

    def look(self) -> None:
        """Drop the session of a SAM that was pulled, put back or changed: its line is dead.

        Asks the line for its ATR, which sends no command.
        """
        if self._session is not None:
            try:
                _ = self._session.channel.atr
            except LinkFault:
                self.forget()

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
        # What a person typed and the SAM refused is followed by nothing of the program's own.
        pin = None if self._refused else self.typed or self.pin()
        by_person = by_person or self.typed is not None
        if pin is None:
            raise SamPinMissing
        pinned = self.register.pinned()
        try:
            session.unlock(pin, self.register.tries(), by_person, pinned)
        except SamPinWrong as wrong:
            self._refused = self.typed is not None
            self.typed = None
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
