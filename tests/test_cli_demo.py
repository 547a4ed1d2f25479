"""``kangka demo``: the whole job by one command, and every card of it read by the oracle."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pypdfium2 import PdfDocument  # type: ignore[import-untyped]

from app.base.ids import SystemRandom
from app.cardspec.product import load_products
from app.cardspec.profile import load_profile
from app.devices.sim.sam import SimulatedSam
from app.devices.sim.workbench import Workbench, WorkbenchSpec
from app.domain.desk_rules import load_desk_rules
from app.training import Crowd
from tests.helpers.commands import Answer, Kangka
from tests.helpers.on_card import image_of
from tests.oracle.reader import OracleCard, read_card
from tests.oracle.writer import contradictions, differences

CITY = "410100"
SAMPLE = 6
WHOLE = 20
KEYS = {
    "people": int,
    "issued": int,
    "verified": int,
    "reissued": int,
    "fees_fen": int,
    "exchanges": int,
    "durable_commits": int,
    "seconds": float,
    "files": list,
    "cards": list,
    "lapsed": int,
    "blocked": int,
    "settled": int,
    "closings": list,
    "audit": dict,
}
CARD_KEYS = {"number": str, "name": str, "serial": str, "state": str, "verified": bool}


def typed(content: dict[str, Any], keys: dict[str, type]) -> None:
    """The object has these keys, in any order, and no other, each of exactly its type."""
    assert {key: type(value) for key, value in content.items()} == keys


@pytest.fixture
def people(scale: int) -> int:
    """How many come: a handful in `make test`, the twenty of the issue in `make prove`."""
    return SAMPLE if scale == 1 else WHOLE


@pytest.fixture
def kangka(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    return Kangka(tmp_path / "demo", capsys)


@pytest.fixture
def done(kangka: Kangka, people: int) -> Answer:
    return kangka.run("--json", "demo", "--out", kangka.folder, "--people", str(people))


def workbench(folder: Path) -> Workbench:
    spec = WorkbenchSpec(load_products(), load_profile(), "KT-SECURED", CITY)
    return Workbench(spec, folder / "simulated", SystemRandom())


def read_by_oracle(bench: Workbench, serial: str) -> OracleCard:
    chip = bench.card(serial)
    return read_card(chip.process, chip.power_on(), bench.root, CITY)


def issuer_certificate(bench: Workbench) -> str:
    """File 001B of the SAM in the slot, by raw commands (training-product.md, item 16)."""
    sam = bench.slot.chip
    assert isinstance(sam, SimulatedSam)
    sam.power_on()
    for command in ("00A4000002DF01", "0020000003123456", "00A4000002001B"):
        assert sam.process(bytes.fromhex(command))[-2] in {0x90, 0x61}
    parts = [sam.process(bytes.fromhex(f"00B0{at:04X}{size:02X}")) for at, size in ((0, 128), (128, 52))]
    assert all(part[-2:] == b"\x90\x00" for part in parts)
    return b"".join(part[:-2] for part in parts).hex()


@pytest.mark.prove
def test_the_whole_job_and_every_card_by_the_oracle(
    kangka: Kangka, people: int, done: Answer, record_proof: Any
) -> None:
    today = dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
    # The first card was made some days ago, so that its provisional loss has lapsed by today.
    earlier = today - dt.timedelta(days=load_desk_rules().provisional_loss_days + 1)
    assert (done.code, done.err) == (0, "")
    told = done.json
    typed(told, KEYS)
    assert (told["people"], told["issued"], told["reissued"]) == (people, people, 1)
    assert told["verified"] == len(told["cards"]) == people + 1
    assert told["seconds"] < 120
    assert told["exchanges"] > 300 * people
    bench = workbench(kangka.folder)
    certificate = issuer_certificate(bench)
    crowd = Crowd()
    assert len({card["serial"] for card in told["cards"]}) == people + 1
    for number, card in enumerate(told["cards"]):
        typed(card, CARD_KEYS)
        # The last one is the second person's new card.
        person = crowd.person(number if number < people else 1)
        assert (card["name"], card["number"]) == (person.name, person.number)
        assert card["verified"] is True
        assert re.fullmatch(r"[0-9A-F]{16}", card["serial"])
        if number == 1:
            assert card["state"] == "recovered"
            continue  # blocked on its chip: nothing of it can be read any more
        assert card["state"] == ("ready" if 3 <= number < people else "in-use")
        read = read_by_oracle(bench, card["serial"])
        assert read.genuine
        assert read.activated
        assert read.factor.hex().upper() == card["serial"]
        issued = f"{today if number else earlier:%Y%m%d}"
        own = {
            "FKSJ": issued,
            "KYXQ": f"{int(issued[:4]) + 10}{issued[4:]}",
            "AQM": read.fields["AQM"],
            "FKXLH": card["serial"][-10:],
            "FKJGZS": certificate,
        }
        assert differences(read, image_of(person, own)) == []
        assert contradictions(read, CITY) == []
        assert read.photo == person.photo
    record_proof("cards of the demonstration read by the oracle", people)


def test_the_old_card_of_a_reissue_is_blocked_on_its_chip(kangka: Kangka) -> None:
    told = kangka.run("--json", "demo", "--out", kangka.folder, "--people", "2").json
    chip = workbench(kangka.folder).card(told["cards"][1]["serial"])
    chip.power_on()
    # SELECT of the health card's environment by its name (WS.SYS.DDF01): the card is blocked.
    answer = chip.process(bytes.fromhex("00A404000C" + "57532E5359532E4444463031"))
    assert answer[-2:] == b"\x6a\x81"


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_story_is_whole_however_few_people_come(kangka: Kangka, count: int) -> None:
    told = kangka.run("--json", "demo", "--out", kangka.folder, "--people", str(count)).json
    assert (told["issued"], told["reissued"], told["verified"]) == (count, 1, count + 1)
    assert (told["lapsed"], told["blocked"], told["settled"]) == (1, 1, 1)
    assert told["fees_fen"] == 2000
    assert len(told["closings"]) == 2
    for closing in told["closings"]:
        assert (closing["difference_fen"], closing["difference_cards"]) == (0, 0)
    assert told["audit"]["ok"] is True and told["audit"]["rows"] > 50
    papers = {Path(path).name.split("-", 2)[2] for path in told["files"] if "/papers/" in path}
    assert papers == {
        *("application-form.pdf", "acceptance-receipt.pdf", "hand-over-slip.pdf", "loss-report.pdf"),
        *("temporary-proof.pdf", "fee-receipt.pdf", "closing-report.pdf"),
    }
    # The workplace stays one: its records say the same afterwards, and the till balances.
    assert kangka("audit", "verify", "--full").json["ok"] is True
    shown = kangka("till", "show").json
    assert shown["difference_fen"] == 0 and shown["cards"]["difference"] == 0
    assert shown["receipts"]["gaps"] == []


def test_control_another_persons_card_is_told_apart(kangka: Kangka) -> None:
    told = kangka.run("--json", "demo", "--out", kangka.folder, "--people", "1").json
    read = read_by_oracle(workbench(kangka.folder), told["cards"][-1]["serial"])
    other = image_of(Crowd().person(1), {"AQM": read.fields["AQM"]})
    assert len(differences(read, other)) > 10


def test_files_are_true_pdf_with_the_name_in_their_text(kangka: Kangka) -> None:
    told = kangka.run("--json", "demo", "--out", kangka.folder, "--people", "2", "--seed", "7").json
    names = {card["name"] for card in told["cards"]}
    printed = 0
    for path in told["files"]:
        pdf = Path(path)
        assert pdf.is_relative_to(kangka.folder)
        assert pdf.read_bytes().startswith(b"%PDF-")
        document = PdfDocument(pdf.read_bytes())
        text = "".join(page.get_textpage().get_text_range() for page in document)
        document.close()
        assert "TRAINING" in text
        named = sum(name in text for name in names)
        if pdf.parent.name == "printed":
            printed += named
        else:
            # Every paper names one person, and a closing report nobody.
            assert named == ("closing" not in pdf.name), pdf.name
    # Of a printed card one page has the name.
    assert printed == len(told["cards"])


def test_a_reader_that_is_not_ours_finds_the_name(kangka: Kangka) -> None:
    told = kangka.run("--json", "demo", "--out", kangka.folder, "--people", "1").json
    face = next(path for path in told["files"] if "faces" in path)
    shown = subprocess.run(["pdftotext", face, "-"], capture_output=True, check=True)  # poppler-utils
    assert told["cards"][0]["name"] in shown.stdout.decode("utf-8")
    assert told["cards"][0]["number"] in shown.stdout.decode("utf-8")


def test_the_folder_is_a_workplace_afterwards(kangka: Kangka, tmp_path: Path) -> None:
    told = kangka.run("--json", "demo", "--out", kangka.folder, "--people", "2").json
    listed = kangka("application", "list").json["applications"]
    assert [row["name"] for row in listed] == [card["name"] for card in told["cards"]]
    assert len(listed) == 3
    typed(listed[0], {"id": str, "name": str, "number": str, "case": type(None)})
    assert listed[0]["number"] == told["cards"][0]["number"][:6] + "********" + listed[0]["number"][-4:]
    shown = kangka("application", "show", listed[0]["id"]).json
    assert shown["cases"] == [
        {
            "id": shown["cases"][0]["id"],
            "state": "verified",
            "serial": told["cards"][0]["serial"],
        }
    ]
    assert kangka("case", "list").json == {"cases": []}
    settled = kangka("case", "show", shown["cases"][0]["id"]).json
    assert (settled["state"], settled["offers"]) == ("verified", [])
    # The card that was made and handed over last is still on the reader.
    card = kangka("read-card").json
    assert card["chip_serial"] == told["cards"][-1]["serial"]
    assert card["fields"]["XM"] == told["cards"][-1]["name"]
    face = tmp_path / "face.pdf"
    drawn = kangka("face", "--application", listed[1]["id"], "--out", face).json
    assert drawn == {"files": [str(face)]}
    # Somebody who comes next is nobody of those who came.
    assert kangka.enrol() not in {row["id"] for row in listed}
    assert kangka("application", "list").json["applications"][3]["name"] == Crowd().person(3).name


def test_the_same_seed_brings_the_same_people_and_another_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def numbers(folder: str, seed: str) -> list[str]:
        kangka = Kangka(tmp_path / folder, capsys)
        told = kangka.run("--json", "demo", "--out", kangka.folder, "--people", "1", "--seed", seed).json
        return [card["number"] for card in told["cards"]]

    assert numbers("a", "3") == numbers("b", "3") != numbers("c", "4")


def test_a_folder_that_holds_something_is_left_alone(kangka: Kangka) -> None:
    kangka.folder.mkdir()
    (kangka.folder / "letter.txt").write_text("mine", encoding="utf-8")
    answer = kangka.run("--json", "demo", "--out", kangka.folder)
    assert answer.error["code"] == "demo.folder-not-empty"
    assert [path.name for path in kangka.folder.iterdir()] == ["letter.txt"]


def test_a_file_is_no_folder(kangka: Kangka, tmp_path: Path) -> None:
    kangka.folder.write_bytes(b"")
    assert kangka.run("--json", "demo", "--out", kangka.folder).error["code"] == "file.unwritable"
    assert kangka("application", "list").error["code"] == "file.unwritable"


@pytest.mark.parametrize(("lang", "words"), [("zh", "制成并核对 1 张卡"), ("en", "1 cards issued")])
def test_it_is_told_in_words(kangka: Kangka, lang: str, words: str) -> None:
    answer = kangka.run("--lang", lang, "demo", "--out", kangka.folder, "--people", "1")
    assert answer.code == 0
    assert words in answer.out
    assert str(kangka.folder) in answer.out
