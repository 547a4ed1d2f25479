"""What card and SAM have in common as chips: power, and a tear that takes it away in a command."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Protocol

from app.devices.sim.chip import PowerLost
from app.devices.sim.eeprom import Eeprom, Tear


class VolatileState(Protocol):
    """A chip's state: what is in EEPROM stays, the rest is forgotten without power."""

    @property
    def eeprom(self) -> Eeprom: ...

    def forget(self) -> None:
        """Lose everything that is not in EEPROM."""
        ...


class PoweredChip(ABC):
    """A ``SimulatedChip`` over its state; subclasses answer commands."""

    _powered = False

    @property
    @abstractmethod
    def atr(self) -> bytes:
        """The answer to reset as PC/SC gives it."""

    @abstractmethod
    def _volatile(self) -> VolatileState:
        """The state that loses power."""

    @abstractmethod
    def _answer(self, raw: bytes) -> bytes:
        """Answer one command; ``PowerLost`` where a tear strikes."""

    def power_on(self) -> bytes:
        """Reset; the ATR."""
        self.power_off()
        self._powered = True
        return self.atr

    def power_off(self) -> None:
        """Forget what is not in EEPROM: rights, session, selection."""
        state = self._volatile()
        state.forget()
        state.eeprom.tear = None
        self._powered = False

    def arm_tear(self, pages: int, seed: int = 0) -> None:
        """Let power go during the next command, see ``eeprom.Tear``."""
        self._volatile().eeprom.tear = Tear(pages, seed)

    def process(self, command: bytes) -> bytes:
        """Answer one command."""
        if not self._powered:
            raise PowerLost
        try:
            given = self._answer(command)
            if self._volatile().eeprom.tear is not None:
                # The command touched fewer pages than the tear waited for: no answer comes.
                raise PowerLost
        except PowerLost:
            self.power_off()
            raise
        return given
