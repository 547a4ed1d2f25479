"""A resident's whole story over either engine; and over a server whose session breaks in every act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.store.store import create, open_store
from tests.helpers.desk_story import CLERK, VARIANTS, Story, missing
from tests.helpers.invariants import findings
from tests.helpers.postgres import PostgresServer
from tests.store.support import context


def tell_story(folder: Path, variant: int, heard: Callable[[str], None]) -> list[str]:
    """Every step in turn, and what is wrong with the records after it."""
    wanted = replace(context(on_commit=heard), who=lambda: CLERK)
    store = create(folder, wanted)
    told: list[dict[str, Any]] = []
    for step in Story(store, variant, told.append).steps.values():
        step()
    store.close()
    again = open_store(folder, wanted)
    found = findings(again) + missing(again, told)
    again.close()
    assert told
    return found


@pytest.mark.parametrize("variant", range(len(VARIANTS)))
def test_a_story_is_kept_alike_by_both_engines(folder: Path, variant: int) -> None:
    assert tell_story(folder, variant, lambda _point: None) == []


@pytest.mark.parametrize("engine", ["postgresql"])
@pytest.mark.part("postgresql")
def test_a_session_that_breaks_in_every_act_costs_nothing(
    folder: Path, postgres_server: PostgresServer
) -> None:
    broken: set[int] = set()
    acts = 0

    def heard(point: str) -> None:
        nonlocal acts
        if point.startswith("after"):
            acts += 1
        elif acts not in broken:  # once before each commit
            broken.add(acts)
            postgres_server.sql(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE usename = 'kangka' AND state = 'idle in transaction'"
            )

    assert tell_story(folder, 0, heard) == []
    assert len(broken) == acts > 0
