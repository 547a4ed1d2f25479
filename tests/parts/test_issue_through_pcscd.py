"""A desk over the system's own PC/SC service: a card written, read by others, and judged."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from smartcard.System import readers  # type: ignore[import-untyped]

from app.devices.pcsc import PcscReader
from app.domain.made_up import made_up_resident
from tests.helpers.application_files import write_application
from tests.helpers.commands import Answer, Kangka
from tests.helpers.frames import FIRST
from tests.helpers.parts import require_program
from tests.helpers.pcscd import Simulation
from tests.oracle.reader import OracleCard, read_card
from tests.oracle.writer import contradictions

pytestmark = pytest.mark.part("pcscd")

CARD = "Virtual PCD 00 00"
CITY = "410100"


class SystemDesk(Kangka):
    """``kangka --training --devices system`` over the simulation's readers."""

    def __call__(self, *arguments: str | Path, lang: str = "zh", json: bool = True) -> Answer:
        return super().__call__("--devices", "system", *arguments, lang=lang, json=json)


@pytest.fixture
def desk(
    pcscd_with_simulation: Simulation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> SystemDesk:
    return SystemDesk(tmp_path / "desk", capsys)


@pytest.fixture
def by_pyscard(pcscd_with_simulation: Simulation) -> Callable[[], OracleCard]:
    """The card on the reader as the oracle reads it through pyscard, past everything of ours."""

    def read() -> OracleCard:
        line = next(found for found in readers() if str(found) == CARD).createConnection()
        line.connect()

        def transmit(command: bytes) -> bytes:
            data, sw1, sw2 = line.transmit(list(command))
            return bytes([*data, sw1, sw2])

        root = bytes.fromhex(str(pcscd_with_simulation.info["root_key"]))
        try:
            return read_card(transmit, bytes(line.getATR()), root, CITY)
        finally:
            line.disconnect()

    return read


@pytest.mark.part("opensc")
def test_from_the_identity_reader_to_a_card_that_others_read(
    desk: SystemDesk, pcscd_with_simulation: Simulation, by_pyscard: Callable[[], OracleCard]
) -> None:
    require_program("opensc", "opensc-tool")
    port = str(pcscd_with_simulation.info["id_reader"])
    application = str(desk("enrol", "--from-reader", "--id-reader", port).json["application"])
    issued = desk("issue", "--application", application)
    assert (issued.code, issued.err) == (0, "")
    made = issued.json["cards"][0]
    assert made["state"] == "verified"

    # A reader program that is not ours: record 1 of EF05 below DDF1, the class of card, is free to read.
    shown = pcscd_with_simulation.run(
        "opensc-tool",
        *("-r", "0"),
        *("-s", "00 A4 00 00 02 DD F1"),
        *("-s", "00 A4 00 00 02 EF 05"),
        *("-s", "00 B2 01 04 03"),
    )
    assert shown.returncode == 0, shown.stderr
    assert "01 01 31" in shown.stdout

    card = by_pyscard()
    assert card.genuine
    assert card.activated
    assert card.problems == ()
    assert contradictions(card, CITY) == []
    assert card.factor.hex().upper() == made["serial"]
    assert (card.fields["XM"], card.fields["SFZH"]) == (FIRST.name, FIRST.number)
    assert card.fields["DZ1"] == FIRST.address

    read = desk("read-card").json
    assert read["chip_serial"] == made["serial"]
    assert read["state"] == "personalized"
    assert {key: read["fields"][key] or "" for key in card.fields} == dict(card.fields)


def test_the_card_that_was_made_is_refused_for_the_next_one(
    desk: SystemDesk,
    pcscd_with_simulation: Simulation,
    by_pyscard: Callable[[], OracleCard],
    never: threading.Event,
    tmp_path: Path,
) -> None:
    pcscd_with_simulation.do("next")
    assert PcscReader(CARD).wait_for_removal(10_000, never)
    assert PcscReader(CARD).wait_for_card(10_000, never)
    first, second = (
        str(desk("enrol", "--from", write_application(tmp_path / "files", number)).json["application"])
        for number in (1, 2)
    )
    made = desk("issue", "--application", first).json["cards"][0]
    before = by_pyscard()
    refused = desk("issue", "--application", second)
    assert refused.error["code"] == "issue.chip-of-another-case"
    assert by_pyscard() == before
    assert before.factor.hex().upper() == made["serial"]
    # With the next card on the reader the second one's case goes on.
    pcscd_with_simulation.do("next")
    assert PcscReader(CARD).wait_for_removal(10_000, never)
    assert PcscReader(CARD).wait_for_card(10_000, never)
    assert desk("issue", "--application", second).json["cards"][0]["state"] == "verified"
    assert by_pyscard().fields["XM"] == made_up_resident(2).name


def test_readers_that_nobody_has_are_named_in_words(desk: SystemDesk) -> None:
    refused = desk("read-card", "--reader", "Omnikey")
    assert refused.error["code"] == "reader.not-found"
    assert desk("application", "list").json == {"applications": []}


def test_a_port_that_is_not_there(desk: SystemDesk) -> None:
    assert desk("enrol", "--from-reader").error["code"] == "reader.not-found"
    refused = desk("enrol", "--from-reader", "--id-reader", "/dev/no-such-port")
    assert refused.error["code"] == "id.reader-gone"
