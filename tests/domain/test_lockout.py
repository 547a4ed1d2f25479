"""Waits after wrong passwords: how they grow, and what time serves them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.lockout import WAITS_S, Guard

HERE = "01"


def test_the_first_two_are_free_and_then_it_grows() -> None:
    guard, waits = Guard(), []
    for _ in range(10):
        guard = guard.tried()
        waits.append(guard.seconds)
    assert waits == [0, 0, 30, 60, 120, 300, 900, 3600, 3600, 3600]
    assert list(WAITS_S) == sorted(WAITS_S)


def test_a_machine_left_running_serves_the_wait() -> None:
    guard = Guard(3, 30_000, 5_000, HERE)
    assert guard.at(5_001, HERE) == Guard(3, 29_999, 5_001, HERE)
    assert guard.at(5_001, HERE).seconds == 30
    assert guard.at(35_000, HERE).owed_ms == 0


def test_a_restarted_machine_counts_from_its_start() -> None:
    assert Guard(3, 30_000, 5_000_000, HERE).at(10_000, HERE) == Guard(3, 20_000, 10_000, HERE)


def test_another_desk_tells_nothing_about_the_time() -> None:
    moved = Guard(3, 30_000, 5_000, HERE).at(9_000_000, "02")
    assert moved == Guard(3, 30_000, 9_000_000, "02")
    assert moved.at(9_010_000, "02").owed_ms == 20_000


@given(
    steps=st.lists(st.tuples(st.integers(0, 10_000), st.booleans(), st.integers(0, 50_000)), max_size=30)
)
def test_what_is_served_is_never_more_than_what_passed(steps: list[tuple[int, bool, int]]) -> None:
    """Whatever starts of the machine lie between, and however long it was off: no second is given."""
    guard = Guard(9, 3_600_000, 0, HERE)
    running = passed = 0
    for ran, restarted, off in steps:
        if restarted:
            running, passed = 0, passed + off
        running, passed = running + ran, passed + ran
        guard = guard.at(running, HERE)
        assert 3_600_000 - guard.owed_ms <= passed


@pytest.mark.parametrize("failures", range(1, 9))
def test_left_running_for_its_length_every_wait_ends(failures: int) -> None:
    guard = Guard()
    for _ in range(failures):
        guard = guard.tried()
    # Set on a machine just started or long running, restarted or not.
    assert guard.at(guard.owed_ms, "").owed_ms == 0
