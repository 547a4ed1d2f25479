"""How long the steps of this desk's devices take, kept for forecasts."""

from __future__ import annotations

from statistics import median
from typing import Final

from app.store.work import Moment, Work

# So many of the last durations of a step are kept; the forecast is their median.
SLOTS: Final = 16


class TimingStore:
    """``app.domain.ports.Timings`` over one store."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._table = work.tables.step_timing
        self._noted: list[tuple[str, str, int]] = []
        work.register(self)

    def note(self, device: str, step: str, ms: int) -> None:
        self._work.check_thread()
        self._noted.append((device, step, ms))

    def forecast(self, device: str) -> dict[str, int]:
        self._work.check_thread()
        table = self._table
        rows = (
            table.select(table.c.step, table.c.ms)
            .where(table.c.desk == self._work.desk, table.c.device == device)
            .tuples()
        )
        durations: dict[str, list[int]] = {}
        for step, ms in rows:
            durations.setdefault(str(step), []).append(int(ms))
        return {step: round(median(found)) for step, found in durations.items()}

    def pending(self) -> bool:
        return bool(self._noted)

    def write(self, moment: Moment) -> None:
        table = self._table
        turns: dict[tuple[str, str], int] = {}
        for device in {device for device, _step, _ms in self._noted}:
            rows = table.select(table.c.step, table.c.turn).where(
                table.c.desk == self._work.desk, table.c.device == device
            )
            for step, turn in rows.tuples():
                turns[device, step] = max(turns.get((device, step), 0), int(turn))
        for device, step, ms in self._noted:
            turn = turns[device, step] = turns.get((device, step), 0) + 1
            table.insert(
                desk=self._work.desk, device=device, step=step, slot=turn % SLOTS, turn=turn, ms=ms
            ).on_conflict(
                conflict_target=[table.c.desk, table.c.device, table.c.step, table.c.slot],
                update={table.c.turn: turn, table.c.ms: ms},
            ).execute()

    def written(self) -> None:
        self._noted.clear()
