"""The truth about a desk's devices, for the strip below the window."""

from __future__ import annotations

from app.base.errors import N_, KangkaError
from app.workflow.issue import Station
from app.workflow.views import DeviceRole, DeviceState, Mark, Sentence

_READY = N_("ready")


class DeviceBoard:
    """Asks each device of a station how it is. What a device says is its state; nothing is assumed."""

    def __init__(self, station: Station, *, simulated: bool) -> None:
        self._station = station
        self._simulated = simulated

    def states(self) -> list[DeviceState]:
        """Every device, in the strip's order. The SAM counts as waiting until a shift unlocked it."""
        station = self._station
        return [
            self._state(DeviceRole.CARD_READER, station.reader.name),
            self._sam(),
            self._printer(),
        ]

    def _state(
        self,
        role: DeviceRole,
        name: str,
        mark: Mark = Mark.GOOD,
        word: str = _READY,
        detail: Sentence | None = None,
    ) -> DeviceState:
        return DeviceState(role, name, mark, Sentence(word), detail, self._simulated)

    def _sam(self) -> DeviceState:
        identity = self._station.sam.identity
        if identity is None:
            return self._state(DeviceRole.SAM, "SAM", Mark.WAITING, N_("locked"))
        detail = Sentence(N_("kind {kind}"), {"kind": identity.kind})
        return self._state(DeviceRole.SAM, "SAM", detail=detail)

    def _printer(self) -> DeviceState:
        printer = self._station.printer
        try:
            printer.preflight()
        except KangkaError as fault:
            return self._state(
                DeviceRole.CARD_PRINTER,
                printer.name,
                Mark.ATTENTION,
                fault.cause,
            )
        return self._state(DeviceRole.CARD_PRINTER, printer.name)
