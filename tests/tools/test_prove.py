"""The page of long runs reads back what it wrote, and sums what passed alone."""

from __future__ import annotations

from tools.prove import Run, machine, read_page, write_page


def run(seed: int, failed: int = 0, **counted: int) -> Run:
    return Run(
        "2026-11-22 04:00", "2 cores, X, Python 3.11", "pytest -m prove", seed, 3, failed, 1.5, counted
    )


def test_a_page_reads_back() -> None:
    runs = [run(1, tears=100, frames=7), run(2), run(3, 1, tears=50)]
    assert read_page(write_page(runs)) == runs
    assert read_page(write_page([])) == []


def test_totals_are_of_runs_that_passed() -> None:
    page = write_page([run(1, tears=100), run(2, tears=11), run(3, 1, tears=5000)])
    assert "| tears | 111 | 2 |" in page


def test_a_machine_is_told_by_what_a_figure_depends_on() -> None:
    assert "cores" in machine()
    assert "Python 3" in machine()
