"""The table of status words as a table, and its language without any chip."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.oracle import layout
from tests.oracle.cipher import OracleError
from tests.oracle.sam import SLOTS, keys_of_kind
from tests.oracle.script import ORIGINAL, VECTORS, Row, Script, check, rows
from tests.oracle.test_cipher import CITY, FACTOR, ROOT

README = (VECTORS.parent / "README.md").read_text(encoding="utf-8")
# card.md's list of status words, and the wild digits of the table.
KNOWN = re.compile(
    r"9000|61..|63C.|6700|6901|69[8][1-8]|6A8[0-9?]|6B00|6C..|6D00|6E00|9303",
)


def script(answer: bytes = b"\x90\x00", product: str = "KT-SECURED") -> Script:
    """A run against a chip that answers everything with one word."""
    return Script(lambda command: answer, lambda: b"", product, FACTOR, ROOT, CITY)


def test_the_table_is_large_enough_and_names_no_row_twice() -> None:
    assert len(rows()) >= 150
    assert len({row.row for row in rows()}) == len(rows())
    assert len({(row.product, row.life, row.setup, row.command) for row in rows()}) == len(rows())


def test_every_decision_is_written_down() -> None:
    decided = {row.source.split(" ")[1] for row in rows() if row.source.startswith("decided ")}
    written = set(re.findall(r"^- \*\*(D\d+)", README, re.MULTILINE))
    assert decided <= written
    assert {f"D{number}" for number in range(1, 23)} == written


def test_every_row_cites_and_names_known_words() -> None:
    for row in rows():
        assert re.match(r"training-product |card\.md |card-files |decided D", row.source), row.row
        assert KNOWN.fullmatch(row.sw), row.row


def test_every_file_and_every_key_of_the_card_is_in_the_table() -> None:
    text = "\n".join(f"{row.setup} {row.command}" for row in rows())
    for key in SLOTS:
        assert key in text or key == "IRKDDF1", key
    sources = {row.source for row in rows()}
    hospital = ("DF03/EE02", "DF03/ED02", "DF03/ED03", "DF03/ED04")
    for place in layout.files():
        assert place.path in hospital or f"card-files {place.path}" in sources, place.path


def test_the_kinds_are_whole_in_the_table() -> None:
    for kind in (1, 2, 3, 4, 5):
        due = {f"{slot:04X}": name in keys_of_kind(kind) for name, slot in SLOTS.items()}
        found = {
            row.command[6:11].replace(" ", ""): row.sw == "9000"
            for row in rows()
            if row.product == f"KT-SAM kind {kind}" and row.source == "card.md SAM kinds"
        }
        assert found == due


def test_every_command_has_the_length_it_says() -> None:
    wrong = []
    for row in rows():
        command = script(product=row.product).compile(row.command)
        if len(command) > 5 and command[4] != len(command) - 5:
            wrong.append(row.note)
    assert wrong == ["Lc promises more than came"]


def test_the_elements() -> None:
    run = script()
    assert run.compile("00 A4 5A*3 {original}") == bytes.fromhex("00A45A5A5A") + ORIGINAL
    assert run.compile("{token UK1DDF1}").hex().upper() == "E870DA5A207C93F7"
    assert run.compile("{token! UK1DDF1}").hex().upper() == "E870DA5A207C93F6"
    record = "04 DC 01 04 14 {cipher STKDDF1 07 04 20 36 12 31} {mac STKDDF1}"
    assert run.compile(record).hex().upper() == "04DC01041474E8498BE106F956D68FA2FA8B7DDD86C3612F65"
    assert run.compile("84 D2 01 04 04 {mac STKDF03}").hex().upper() == "84D2010404E2364F0B"
    assert run.compile("{text AB}{F}{P}{R}") == b"AB" + FACTOR + b"41000000" + run.challenge
    with pytest.raises(OracleError, match="no element named"):
        run.compile("{tokens UK1DDF1}")


def test_a_step_that_is_unknown_or_refused_stops_the_run() -> None:
    with pytest.raises(OracleError, match="no step named"):
        script().run("dance")
    with pytest.raises(OracleError, match="'select DDF1' answered 6A82, not 9000"):
        script(b"\x6a\x82").run("select DDF1")
    with pytest.raises(OracleError, match="no life named"):
        script().bring_to_life("undead")
    script(b"\x63\xc2").run("2 x pin 111111 -> 63C?")


def test_control_a_chip_that_always_agrees_fails_the_table() -> None:
    """A yes-sayer gets through rows that ask for 9000 and no data of its own, and no others."""

    def yes(command: bytes) -> bytes:
        return (bytes(8) if command[1] == 0x84 else b"") + b"\x90\x00"

    def verdict(row: Row) -> bool:
        try:
            check(row, Script(yes, lambda: b"", row.product, FACTOR, ROOT, CITY))
        except OracleError:
            return False
        return True

    passed = [row for row in rows() if verdict(row)]
    assert 0 < len(passed) < len(rows()) / 2
    assert all(row.sw == "9000" for row in passed)


def test_the_layout_read_is_the_one_beside_the_table() -> None:
    assert layout.LAYOUT.parent == VECTORS.parent
    assert Path(layout.LAYOUT).name == "card-files.csv"
