"""The desk's SAM in the store: which one is registered, and how many tries of its PIN are left."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from app.domain.sam import SamIdentity
from app.store.work import Work

_PINNED = "sam"
_TRIES = "sam.tries"


class SamRegisterStore:
    """``app.domain.sam.SamRegister`` over one store. A SAM's number and key check are no secrets."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._table = work.tables.meta

    def pinned(self) -> SamIdentity | None:
        row = self._get(_PINNED)
        return None if row is None else SamIdentity(**json.loads(row))

    def pin(self, identity: SamIdentity) -> None:
        self._put(_PINNED, json.dumps(asdict(identity), sort_keys=True))

    def tries(self) -> int | None:
        row = self._get(_TRIES)
        return int(row) if row else None

    def note_tries(self, tries: int | None) -> None:
        self._put(_TRIES, "" if tries is None else str(tries))

    def _get(self, name: str) -> str | None:
        self._work.check_thread()
        table = self._table
        row: Any = table.select(table.c.value).where(table.c.name == name).tuples().first()
        return None if row is None else str(row[0])

    def _put(self, name: str, value: str) -> None:
        table = self._table

        def act(_moment: object) -> None:
            table.insert(name=name, value=value).on_conflict(
                conflict_target=[table.c.name], update={table.c.value: value}
            ).execute()

        # What a SAM said of itself is recorded also where the clock stops new work.
        self._work.durable(name, act, begins=False)
