"""The truth about a desk's devices, for the strip below the window."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.base.errors import N_, KangkaError
from app.devices.ports import CardReader, IdReader
from app.workflow.issue import Station
from app.workflow.views import DeviceRole, DeviceState, Mark, Sentence

_READY = Sentence(N_("Ready"))
_OCCUPIED = Sentence(N_("A card lies there"))
_LOCKED = Sentence(N_("Locked"))
_WORKING = Sentence(N_("Working"))
_NOT_CHOSEN = Sentence(N_("Not chosen"))
_NO_SAM = Sentence(N_("No SAM in its slot"))


class DeviceBoard:
    """Asks each device of a station how it is. What a device says is its state; nothing is assumed.

    ``id_reader`` opens the identity reader for one question, without waiting for a document; None where
    nobody chose one. The board is asked on a device's thread, and by whom no device is at work.
    """

    def __init__(
        self,
        station: Station,
        *,
        sam_reader: CardReader,
        id_reader: Callable[[], IdReader] | None,
        simulated: bool,
    ) -> None:
        self._station = station
        self._sam_reader = sam_reader
        self._id_reader = id_reader
        self._simulated = simulated

    def states(self, *, making: bool = False, reading: bool = False) -> list[DeviceState]:
        """Every device there is, in the strip's order.

        While a card is in the ``making`` its reader, the SAM and the printer are left alone and said to
        be at work; the same for the identity reader while it is ``reading``.
        """
        identity = self._working(DeviceRole.ID_READER) if reading else self._identity()
        if making:
            roles = (DeviceRole.CARD_READER, DeviceRole.SAM, DeviceRole.CARD_PRINTER)
            return [identity, *map(self._working, roles)]
        return [identity, self._reader(self._station.reader), self._sam(), self._printer()]

    def _identity(self) -> DeviceState:
        role = DeviceRole.ID_READER
        if self._id_reader is None:
            return self._state(role, "", Mark.WAITING, _NOT_CHOSEN)
        try:
            reader = self._id_reader()
            try:
                reader.check()
            finally:
                reader.close()
        except KangkaError as fault:
            return self._faulty(role, "", fault)
        return self._state(role, reader.name, Mark.GOOD, _READY)

    def _reader(self, reader: CardReader) -> DeviceState:
        try:
            occupied = reader.wait_for_card(0, threading.Event())
            word = _OCCUPIED if occupied else _READY
            return self._state(DeviceRole.CARD_READER, reader.name, Mark.GOOD, word)
        except KangkaError as fault:
            return self._faulty(DeviceRole.CARD_READER, "", fault)

    def _sam(self) -> DeviceState:
        """A SAM that is not there has no session, whatever it once allowed."""
        role, sam = DeviceRole.SAM, self._station.sam
        try:
            there = self._sam_reader.wait_for_card(0, threading.Event())
        except KangkaError as fault:
            sam.forget()
            return self._faulty(role, "SAM", fault)
        if not there:
            sam.forget()
            return self._state(role, "SAM", Mark.ATTENTION, _NO_SAM)
        sam.look()
        identity = sam.identity
        if identity is None:
            return self._state(role, "SAM", Mark.WAITING, _LOCKED)
        kind = Sentence(N_("type {kind}"), {"kind": identity.kind})
        return self._state(role, "SAM", Mark.GOOD, _READY, kind)

    def _printer(self) -> DeviceState:
        printer = self._station.printer
        try:
            printer.preflight()
        except KangkaError as fault:
            return self._faulty(DeviceRole.CARD_PRINTER, printer.name, fault)
        return self._state(DeviceRole.CARD_PRINTER, printer.name, Mark.GOOD, _READY)

    def _working(self, role: DeviceRole) -> DeviceState:
        return self._state(role, "", Mark.WORKING, _WORKING)

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
