"""The bound of exchanges and bytes against docs/performance.md, where it is derived by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.oracle import layout
from tests.oracle.bound import bound, breakdown, file_step, table

PERFORMANCE = Path(__file__).parents[2] / "docs" / "performance.md"


def by_hand() -> list[list[str]]:
    """The rows of the derivation's table of record files."""
    section = PERFORMANCE.read_text(encoding="utf-8").split("## The record files")[1].split("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in section.splitlines() if re.match(r"\| D", line)]


def test_the_document_holds_the_breakdown() -> None:
    assert table() in PERFORMANCE.read_text(encoding="utf-8")


@pytest.mark.parametrize("row", by_hand(), ids=lambda row: row[0])
def test_the_formulas_of_the_document_give_its_figures(row: list[str]) -> None:
    path, *figures = row
    n, v, c, r, exchanges, octets = map(int, figures)
    place = layout.file(*path.split("/"))
    update, authentication = (152, 116) if place.directory == "DF02" else (136, 108)
    assert n == place.count
    assert v == sum(item.length + 2 for item in place.fields)
    assert exchanges == 1 + 2 * n + 8 * n + 5 * (r + 1)
    assert octets == 9 + 2 * (v + 7 * n) + n * update + 4 * c + 116 * r + authentication
    counted = next(part for part in breakdown() if part.part == path)
    assert (counted.exchanges, counted.octets) == (exchanges, octets)


def test_the_record_files_are_all_there() -> None:
    variable = [place.path for place in layout.files() if place.structure == "variable"]
    assert [row[0] for row in by_hand()] == variable


def test_the_parts_make_the_whole() -> None:
    total = bound()
    assert sum(total.commands.values()) == total.exchanges
    assert total.commands["UPDATE RECORD"] == 57 + 3 + 10
    assert total.commands["UPDATE BINARY"] == 24
    # every CIPHER DATA follows a DELIVERY of its own and is fetched
    assert total.commands["DELIVERY SESSION KEY"] == total.commands["CIPHER DATA"]
    assert total.commands["GET RESPONSE"] == total.commands["CIPHER DATA"]


def test_the_line_times_of_the_document() -> None:
    text = PERFORMANCE.read_text(encoding="utf-8")
    for baud, written in ((9600, "41.90 s at 9,600"), (115200, "3.49 s at 115,200")):
        assert f"{bound().octets * 12 / baud:.2f} s" in written
        assert written in text


def test_control_a_right_not_held_costs_five_more() -> None:
    place = layout.file("DF01", "EF06")
    held, _ = file_step(place, "RK1DF01")
    bare, after = file_step(place, None)
    assert bare.exchanges == held.exchanges + 5
    assert after == "RK1DF01"
