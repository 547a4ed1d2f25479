"""Which SAM a desk works with, and what is remembered of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from app.base.errors import N_, KangkaError


@dataclass(eq=False)
class SamOfAnotherDesk(KangkaError):
    """A SAM whose number, kind, version or key check is not the pinned one."""

    what: str

    code = "sam.other"
    cause = N_("The SAM is not the one registered for this desk: its {what} differs.")
    meaning = N_("Nothing was written.")
    remedy = N_("Put the registered SAM in, or have the supervisor register this one.")


@dataclass(frozen=True)
class SamIdentity:
    """Which SAM this is; what a desk pins. ``number`` and ``terminal`` are hex digits, ``certificate``
    is the SM3 digest of the issuer certificate that the SAM gives to every card."""

    number: str
    kind: int
    key_version: int
    key_check: str
    terminal: str
    certificate: str = ""

    def require(self, pinned: SamIdentity) -> None:
        """Raise where this is not the ``pinned`` SAM, naming what differs."""
        self.require_public(pinned)
        for what in ("key_version", "key_check", "certificate"):
            if getattr(self, what) != getattr(pinned, what):
                raise SamOfAnotherDesk(what=what)

    def require_public(self, pinned: SamIdentity) -> None:
        """As ``require``, by what a SAM tells before its PIN: another desk's loses no try by ours."""
        for what in ("number", "kind"):
            if getattr(self, what) != getattr(pinned, what):
                raise SamOfAnotherDesk(what=what)


class SamRegister(Protocol):
    """What the store keeps of the desk's SAM."""

    def pinned(self) -> SamIdentity | None:
        """The SAM this desk is registered with, None before the first one."""
        ...

    def pin(self, identity: SamIdentity) -> None:
        """Durable: register a SAM."""
        ...

    def tries(self) -> int | None:
        """Tries of the PIN known to be left; None when nothing went wrong lately."""
        ...

    def note_tries(self, tries: int | None) -> None:
        """Durable: what the SAM said of its tries."""
        ...
