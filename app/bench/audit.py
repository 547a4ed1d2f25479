"""A full verification of the audit beside the barest loop that fetches and hashes the same rows.

Both run over one store in one run, in turns; the quickest of each counts, so that whatever else the
machine does at the time weighs on neither.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from app.base.clock import SystemClock
from app.base.ids import SystemRandom
from app.base.resources import read_toml, resource
from app.bench.card import Row
from app.crypto.sm3 import sm3
from app.domain.application import Realm
from app.domain.audit import AuditEvent, AuditKind
from app.domain.records import Unit
from app.store.audit_chain import SEQ
from app.store.audit_read import PAGE
from app.store.store import STORE_FOLDER, Store, StoreContext, create

_ROWS: Final = 4_000
_TURNS: Final = 7


def bench_audit() -> list[dict[str, Any]]:
    """The row of the audit, as commands.md has it."""
    goal = read_toml(resource("bench.toml"))["audit"]["verify_beside_bare"]
    context = StoreContext(realm=Realm.TRAINING, clock=SystemClock(), random=SystemRandom())
    with tempfile.TemporaryDirectory() as folder:
        store = create(Path(folder) / STORE_FOLDER, context)
        try:
            _fill(store)
            turns = [
                (_timed(lambda: _bare(store)), _timed(lambda: _verify(store))) for _ in range(_TURNS)
            ]
        finally:
            store.close()
    bare, verified = min(turn[0] for turn in turns), min(turn[1] for turn in turns)
    name = "full verification of the audit beside fetching and hashing its rows"
    return [Row(name, round(verified / 1e6, 2), round(bare / 1e6, 2), "ms", goal).told()]


def _timed(act: Callable[[], None]) -> int:
    begun = time.perf_counter_ns()
    act()
    return time.perf_counter_ns() - begun


def _bare(store: Store) -> None:
    after = 0
    while page := store.audit.rows(after, PAGE):
        for row in page:
            sm3(repr(row).encode())
        after = page[-1][SEQ]


def _verify(store: Store) -> None:
    run = store.audit.verification((), full=True)
    while store.audit.step(run):
        pass
    report = store.audit.finish(run, 0)
    assert report.ok and report.rows == _ROWS  # noqa: S101 - else nothing was measured


def _fill(store: Store) -> None:
    """As a card writes them: about a dozen rows a card, a personal detail in one of twenty."""

    def cards(unit: Unit, first: int, last: int) -> None:
        for number in range(first, last):
            case = number // 12
            person = f"00000000-0000-7000-8001-{case:012d}"
            event = AuditEvent(
                (AuditKind.INTENT, AuditKind.OUTCOME, AuditKind.CASE_STATE)[number % 3],
                act="print-front",
                realm=Realm.TRAINING,
                person_id=person,
                application_id=f"00000000-0000-7000-8000-{case:012d}",
                case_id=f"00000000-0000-7000-8002-{case:012d}",
                number=f"X01-C{case:06d}",
                after="done",
                facts={"known_ms": number},
                detail={"said": "words"} if number % 20 == 0 else None,
            )
            unit.audit(event)

    # The chain's own first row is one of them.
    for first in range(1, _ROWS, 200):
        last = min(first + 200, _ROWS)
        store.records.durable("fill", partial(cards, first=first, last=last))
