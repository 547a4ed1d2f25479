"""Every row of tests/vectors/sw.csv against the simulators: life, set-up, command, word, answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.helpers import chips
from tests.oracle.cipher import OracleError
from tests.oracle.script import Row, Script, check, rows


def script_for(row: Row) -> Script:
    """A chip new for the row, switched on, with the oracle's own SAM beside it."""
    if row.chip == "sam":
        product = row.product.split(" kind ")[0]
        chip = chips.make_sam(row.kind, product=product)
    else:
        chip = chips.make_card(row.product)

    def reset() -> bytes:
        chip.power_off()
        return chip.power_on()

    reset()
    return Script(chip.process, reset, row.product, chips.FACTOR, chips.ROOT, chips.CITY_CODE)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.row)
def test_the_chip_answers_as_the_table_says(row: Row) -> None:
    check(row, script_for(row))


def first(chip: str, sw: str) -> Row:
    """A row that answers so, for the controls."""
    return next(row for row in rows() if row.chip == chip and row.sw == sw)


@pytest.mark.parametrize(("chip", "sw"), [("card", "9000"), ("card", "6982"), ("sam", "6A88")])
def test_control_a_row_that_asks_for_another_word_is_found(chip: str, sw: str) -> None:
    row = replace(first(chip, sw), sw="6F00")
    with pytest.raises(OracleError, match="not 6F00"):
        check(row, script_for(row))


def test_control_a_row_that_asks_for_other_data_is_found() -> None:
    row = next(row for row in rows() if row.answer == "01 01 00")
    with pytest.raises(OracleError, match="010100 came"):
        check(replace(row, answer="01 01 01"), script_for(row))


def test_control_a_set_up_that_goes_another_way_is_found() -> None:
    row = replace(first("card", "9000"), setup="select EF09")
    with pytest.raises(OracleError, match="6A82"):
        check(row, script_for(row))
