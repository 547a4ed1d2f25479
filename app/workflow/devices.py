"""The truth about a desk's devices, for the strip below the window."""

from __future__ import annotations

import threading

from app.base.errors import N_, KangkaError
from app.devices.ports import CardReader
from app.workflow.issue import Station
from app.workflow.views import DeviceRole, DeviceState, Mark, Sentence

_READY = Sentence(N_("Ready"))
_OCCUPIED = Sentence(N_("A card lies there"))
_LOCKED = Sentence(N_("Locked"))


class DeviceBoard:
    """Asks each device of a station how it is. What a device says is its state; nothing is assumed."""

    def __init__(self, station: Station, *, simulated: bool) -> None:
        self._station = station
        self._simulated = simulated

    def states(self) -> list[DeviceState]:
        """Every device, in the strip's order. The SAM counts as waiting until a shift unlocked it."""
        return [self._reader(self._station.reader), self._sam(), self._printer()]

    def _reader(self, reader: CardReader) -> DeviceState:
        try:
            occupied = reader.wait_for_card(0, threading.Event())
            word = _OCCUPIED if occupied else _READY
            return self._state(DeviceRole.CARD_READER, reader.name, Mark.GOOD, word)
        except KangkaError as fault:
            return self._faulty(DeviceRole.CARD_READER, "", fault)

    def _sam(self) -> DeviceState:
        identity = self._station.sam.identity
        if identity is None:
            return self._state(DeviceRole.SAM, "SAM", Mark.WAITING, _LOCKED)
        kind = Sentence(N_("type {kind}"), {"kind": identity.kind})
        return self._state(DeviceRole.SAM, "SAM", Mark.GOOD, _READY, kind)

    def _printer(self) -> DeviceState:
        printer = self._station.printer
        try:
            printer.preflight()
        except KangkaError as fault:
            return self._faulty(DeviceRole.CARD_PRINTER, printer.name, fault)
        return self._state(DeviceRole.CARD_PRINTER, printer.name, Mark.GOOD, _READY)

    def _faulty(self, role: DeviceRole, name: str, fault: KangkaError) -> DeviceState:
        return self._state(role, name, Mark.ATTENTION, Sentence(fault.cause, fault.params()))

    def _state(
        self,
        role: DeviceRole,
        name: str,
        mark: Mark,
        word: Sentence,
        detail: Sentence | None = None,
    ) -> DeviceState:
        return DeviceState(role, name, mark, word, detail, self._simulated)
