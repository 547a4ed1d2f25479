"""``read-card`` names every key of the table; a card that differs is told in the clerk's words."""

from __future__ import annotations

import csv
import threading
from pathlib import Path

from app.base.catalogue import Catalogue
from app.devices.sim.card import SimulatedCard
from app.devices.sim.reader import SimulatedReader
from app.main import Options, open_desk
from app.workflow.issue import VerificationFailed

TABLE = Path(__file__).parent / "vectors" / "card-files.csv"


def test_every_key_of_the_table_is_there(tmp_path: Path) -> None:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        keys = [row["key"] for row in csv.DictReader(stream)]
    never = threading.Event()
    with open_desk(Options(data=tmp_path)) as desk:
        application = desk.save(desk.draft_from_training(0))
        desk.issue(application, lambda _event: None, never)
        fields = desk.read_card(never)["fields"]
        assert list(fields) == keys
        photo = desk._parts.applications.get(application).resident.photo
        assert photo is not None
        assert fields["ZP"] == photo.hex().upper()
        card = desk.read_card(never)
        assert (fields["GM"], fields["MY"]) == (card["allergies"], card["immunizations"])
        assert (fields["ZYSY"], fields["MZSY"]) == ([None] * 3, [None] * 5)
        assert (fields["ZYJL"], fields["MZJL"]) == (None, None)
        hospital(desk._parts.station.reader)
        fields = desk.read_card(never)["fields"]
        assert fields["ZYSY"] == [None, "00", None]
        assert fields["MZSY"] == [None] * 5
        assert fields["MZJL"] is None
        assert [None if record is None else record[:8] for record in fields["ZYJL"]] == [
            None,
            "534D504C",
            None,
        ]


def hospital(reader: object) -> None:
    """A hospital wrote its second inpatient record."""
    assert isinstance(reader, SimulatedReader)
    card = reader.chip
    assert isinstance(card, SimulatedCard)
    directory = card.state.master.find(0xDDF1).directories[0xDF03]  # type: ignore[union-attr]
    card.state.eeprom.write(directory.files[0xEF05].records[1].offset, b"\x00")
    card.state.eeprom.write(directory.files[0xEE02].offset, b"SMPL")


def test_a_card_that_differs_is_told_in_words() -> None:
    fault = VerificationFailed(fields=("XM", "ZP", "MZSY2"))
    told = Catalogue("zh").error(fault).cause
    assert "姓名" in told
    assert "照片" in told
    assert "XM" not in told
    assert "MZSY" not in told
    told = Catalogue("en").error(fault).cause
    assert "name, photo" in told
    assert "XM" not in told
    assert "MZSY" not in told
