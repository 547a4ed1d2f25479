"""The settings of a desk as they are looked at and changed after its first run."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Final

from app.domain.records import Records, Unit
from app.domain.settings import (
    CHANGEABLE,
    SettingFixed,
    SettingRefused,
    WorkplaceSettings,
    workplace_settings,
)
from app.workflow.gate import Gate

_SETTINGS: Final = "settings"


class SettingsDesk:
    """The system administrator's settings. ``opened`` are those that the desk was opened with.

    A change holds from the next opening of the desk on: nothing that is under way is told otherwise.
    """

    def __init__(self, gate: Gate, records: Records, opened: WorkplaceSettings) -> None:
        self._gate = gate
        self._records = records
        self._opened = opened

    def all(self) -> WorkplaceSettings:
        """What is recorded now."""
        self._gate.view(_SETTINGS)
        return self._records.read(self._now)

    def set(self, name: str, value: str) -> WorkplaceSettings:
        """One setting anew, with its audit row; as it was already, it leaves none.

        ``SettingRefused`` for a value that is not in its form and a name that nobody knows,
        ``SettingFixed`` for one that stays as it was set up.
        """
        self._gate.enter(_SETTINGS, subject=name)
        with self._gate.refusals(_SETTINGS, name):
            if name not in asdict(self._opened):
                raise SettingRefused(setting=name)
            if name not in CHANGEABLE:
                raise SettingFixed(setting=name)

            def act(unit: Unit) -> WorkplaceSettings:
                now = self._now(unit)
                changed = replace(now, **{name: value.strip()})
                if changed != now:
                    unit.settings.put(name, value.strip())
                return changed

            return self._records.durable("setting", act)

    def _now(self, unit: Unit) -> WorkplaceSettings:
        # A training desk that was never set up otherwise has those that ship, and none recorded.
        return workplace_settings({**asdict(self._opened), **unit.settings.all()})
