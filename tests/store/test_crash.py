"""The process is killed at every durable point; what was acknowledged is there, and nothing half.

A kill leaves the system's page cache alone, so it proves the transactions and not the medium; the
settings that make the medium follow are read back in test_database.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.domain.ports import CaseState, IntentKind, Outcome
from app.store.store import Store, create, open_store
from tests.store.support import application, context, make_card

# Case state and intents with their outcomes after the first, second... durable commit of make_card.
type_row = tuple[str, str | None]
BIND, ACTIVATE = IntentKind.BIND_CHIP.value, IntentKind.ACTIVATE.value
FRONT, BACK = IntentKind.PRINT_FRONT.value, IntentKind.PRINT_BACK.value
DONE = Outcome.DONE.value
AFTER: list[tuple[bool, str | None, list[type_row]]] = [
    (False, None, []),
    (True, None, []),
    (True, "queued", []),
    (True, "writing", [(BIND, None)]),
    (True, "writing", [(BIND, None), (ACTIVATE, None)]),
    (True, "written", [(BIND, DONE), (ACTIVATE, DONE), (FRONT, None)]),
    (True, "written", [(BIND, DONE), (ACTIVATE, DONE), (FRONT, DONE), (BACK, None)]),
    (True, "verified", [(BIND, DONE), (ACTIVATE, DONE), (FRONT, DONE), (BACK, DONE)]),
]
COMMITS = len(AFTER) - 1
ACTS = ["freeze", "open", "bind", "activate", "print-front", "print-back", "commit"]


@pytest.fixture
def engine() -> str:
    return "sqlcipher"


def snapshot(store: Store) -> tuple[bool, str | None, list[type_row]]:
    frozen = store.applications.list()
    assert frozen in ([], [application()])
    cases = store.journal.cases_of(application().id)
    if not cases:
        return bool(frozen), None, []
    intents = store.journal.intents(cases[0].id)
    return (
        bool(frozen),
        cases[0].state.value,
        [(i.kind.value, i.outcome and i.outcome.value) for i in intents],
    )


def killed_at(folder: Path, point: int, *mode: str) -> list[str]:
    """The acts that the child was told were durable before it died."""
    create(folder, context()).close()
    child = subprocess.run(
        [sys.executable, "-m", "tests.store.crash_child", str(folder), str(point), *mode],
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == -9, child.stderr
    return child.stdout.split()


@pytest.mark.parametrize("point", range(1, 2 * COMMITS + 1))
def test_killed_at_a_durable_point(folder: Path, point: int) -> None:
    acknowledged = killed_at(folder, point)
    durable = point // 2  # odd points stand just before a commit, even ones just after it
    assert acknowledged == ACTS[: (point - 1) // 2]
    store = open_store(folder, context())
    try:
        assert snapshot(store) == AFTER[durable]
        state = AFTER[durable][1]
        closed = state is None or state == CaseState.VERIFIED
        assert [case.state.value for case in store.journal.open_cases()] == ([] if closed else [state])
    finally:
        store.close()


def test_what_was_left_can_be_finished_or_spoiled(folder: Path) -> None:
    killed_at(folder, 10)
    store = open_store(folder, context())
    case = store.journal.open_cases()[0]
    front = [i for i in store.journal.intents(case.id) if i.outcome is None]
    assert [(i.kind, i.target) for i in front] == [(IntentKind.PRINT_FRONT, "front")]
    closed = store.journal.spoil(case.id, "page unknown")
    assert (closed.state, closed.chip_serial) == (CaseState.SPOILED, case.chip_serial)
    assert [i.outcome for i in store.journal.intents(case.id)][-1] is Outcome.UNKNOWN
    store.close()


def test_control_without_commits_the_kill_is_noticed(folder: Path) -> None:
    acknowledged = killed_at(folder, 8, "uncommitted")
    assert acknowledged == ACTS[:3]
    store = open_store(folder, context())
    try:
        assert snapshot(store) != AFTER[4]
    finally:
        store.close()


def test_the_uncut_run_reaches_the_last_row(store: Store) -> None:
    make_card(store)
    assert snapshot(store) == AFTER[-1]
    assert store.journal.durable_commits == COMMITS <= 10
