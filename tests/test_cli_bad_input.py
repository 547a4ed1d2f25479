"""What goes wrong at a counter, as a clerk meets it: one sentence in both languages, nothing lost.

The workplace is the command line's own; the hands in these tests lay another card, put another SAM into
the slot or tear the card away between two commands, by the sealed images that chips are kept as.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.base.ids import SystemRandom
from app.cardspec.keys import KeyName
from app.cardspec.product import load_products
from app.cardspec.profile import load_profile
from app.devices.sim.card import SimulatedCard
from app.devices.sim.chip import SimulatedChip
from app.devices.sim.id_reader import IdFault, SimulatedIdReader
from app.devices.sim.sam import SimulatedSam
from app.devices.sim.workbench import ChipFolder, Workbench, WorkbenchSpec
from tests.helpers.application_files import write_application
from tests.helpers.commands import Answer, Kangka

CITY = "410100"
PRODUCTS, PROFILE = load_products(), load_profile()


class Desk(Kangka):
    """A workplace and the hands at its devices."""

    @property
    def chips(self) -> ChipFolder:
        return ChipFolder(self.folder / "simulated", SystemRandom())

    def bench(self) -> Workbench:
        spec = WorkbenchSpec(PRODUCTS, PROFILE, "KT-SECURED", CITY)
        return Workbench(spec, self.folder / "simulated", SystemRandom())

    def refused_twice(self, *words: str | Path) -> Answer:
        """The refusal in Chinese, after the same in English, and that both left everything as it was."""
        before = self.state()
        english = self(*words, lang="en")
        assert english.err.isascii()
        chinese = self(*words)
        assert chinese.error["code"] == english.error["code"]
        assert not chinese.err.isascii()
        self.unchanged_since(before)
        return chinese

    def unchanged_since(self, before: tuple[Any, ...]) -> None:
        """Nothing recorded, no card changed; a blank that was laid meanwhile is as it was made."""
        *records, chips = self.state()
        assert records == list(before[:-1])
        assert {serial: chips[serial] for serial in before[-1]} == before[-1]
        bench = self.bench()
        for serial in chips.keys() - before[-1].keys():
            card = bench.card(serial)
            blank = SimulatedCard(card.product, PROFILE, card.factor, bench.root, CITY, SystemRandom())
            assert card.save() == blank.save()

    def state(self) -> tuple[Any, ...]:
        """What the store says, and every card's image."""
        chips = self.chips
        return (
            self("application", "list").json,
            self("case", "list").json,
            {serial: chips.load(f"{serial}.chip") for serial in chips.chips()},
        )

    def put_sam(self, kind: int = 5, number: str = "41000000000000000001", pin: str = "123456") -> None:
        """Another SAM in the slot, of this bench's root."""
        product = next(sam for sam in PRODUCTS.sams if sam.id == "KT-SAM")
        serial = bytes.fromhex("5452414E00000002")
        sam = SimulatedSam(
            product, kind, number, serial, self.chips.root, CITY, random=SystemRandom(), pin=pin
        )
        self.chips.save("sam.chip", sam.save())


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path / "desk", capsys)


@pytest.fixture
def lays(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Workbench], SimulatedChip]], None]:
    """From now on the hand lays this chip when a blank card is wanted."""

    def instead(chip_of: Callable[[Workbench], SimulatedChip]) -> None:
        def lay_blank(bench: Workbench) -> None:
            bench.reader.remove()
            bench.reader.insert(chip_of(bench))

        monkeypatch.setattr(Workbench, "lay_blank", lay_blank)

    return instead


class AnswersAlike:
    """A chip that is no card of ours: one ATR, one answer to everything."""

    def __init__(self, atr: str, answer: str) -> None:
        self.atr, self.answer = bytes.fromhex(atr), bytes.fromhex(answer)

    def power_on(self) -> bytes:
        return self.atr

    def power_off(self) -> None:
        """Nothing to lose."""

    def process(self, command: bytes) -> bytes:
        return self.answer

    def arm_tear(self, pages: int, seed: int = 0) -> None:
        """Nothing to tear."""


# The ATR of a training card over a serial of eight 11
OURS = "3B8C8001" + "11" * 8 + "4B414E47" + "0E"


# ---- cards -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("atr", "answer", "code"),
    [("3B020102", "9000", "card.unknown-product"), (OURS, "6A82", "card.foreign")],
)
def test_a_strangers_chip_is_not_written(
    desk: Desk, lays: Callable[[Any], None], atr: str, answer: str, code: str
) -> None:
    application = desk.enrol()
    lays(lambda _bench: AnswersAlike(atr, answer))
    refused = desk("issue", "--application", application)
    assert refused.error["code"] == code
    # A case was opened, and no card was touched by it.
    [case] = desk("case", "list").json["cases"]
    assert (case["state"], case["offers"]) == ("queued", ["continue", "spoil"])
    assert desk.refused_twice("issue", "--application", application).error["code"] == code


def test_an_issued_card_is_refused_for_somebody_else(desk: Desk, lays: Callable[[Any], None]) -> None:
    first, second = desk.enrol(), desk.enrol()
    serial = str(desk.issue(first).json["cards"][0]["serial"])
    lays(lambda bench: bench.card(serial))
    assert desk.issue(second).error["code"] == "issue.chip-of-another-case"
    refused = desk.refused_twice("issue", "--application", second)
    assert serial in refused.error["message"]


def test_a_card_that_another_desk_issued_is_refused(
    desk: Desk, lays: Callable[[Any], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Desk(tmp_path / "other", capsys)
    application = desk.enrol()
    # Both desks' chips are of one root, as two desks of one city are.
    other.folder.mkdir()
    (other.folder / "simulated").mkdir()
    root = (desk.folder / "simulated" / "TRAINING-root.json").read_bytes()
    (other.folder / "simulated" / "TRAINING-root.json").write_bytes(root)
    serial = str(other.issue(other.enrol()).json["cards"][0]["serial"])
    image = other.chips.load(f"{serial}.chip")
    assert image is not None
    lays(lambda bench: bench.open_card(image))
    assert desk.issue(application).error["code"] == "card.not-blank"
    desk.refused_twice("issue", "--application", application)
    assert other.chips.load(f"{serial}.chip") == image


def test_one_application_gets_one_card(desk: Desk) -> None:
    application = desk.enrol()
    desk.issue(application)
    assert desk.refused_twice("issue", "--application", application).error["code"] == (
        "issue.already-issued"
    )


def test_no_card_on_the_reader(desk: Desk) -> None:
    assert desk.refused_twice("read-card").error["code"] == "link.no-card"


def blocked(card: SimulatedCard) -> SimulatedCard:
    """The card with its authentication of reading locked by false attempts."""
    card.power_on()
    for fid in ("3F00", "DDF1"):
        card.process(bytes.fromhex("00A4000002" + fid))
    p2 = card.product.authenticate[KeyName("RK1DDF1")]
    for _ in range(16):
        card.process(bytes.fromhex("0084000008"))
        card.process(bytes((0x00, 0x82, 0x00, p2, 0x11)) + bytes(16) + b"\x01")
    card.power_off()
    return card


def test_a_card_with_a_locked_key_says_so(desk: Desk) -> None:
    serial = str(desk.issue(desk.enrol()).json["cards"][0]["serial"])
    card = blocked(desk.bench().card(serial))
    desk.chips.save(f"{serial}.chip", card.save())
    refused = desk.refused_twice("read-card")
    assert refused.error["code"] == "card.key-locked"


def test_a_card_of_another_root_is_not_genuine(desk: Desk, lays: Callable[[Any], None]) -> None:
    def other_root(bench: Workbench) -> SimulatedCard:
        product = PRODUCTS.card("KT-SECURED")
        return SimulatedCard(
            product, PROFILE, bytes(range(8)), bytes(16), CITY, SystemRandom(), bench.clock
        )

    application = desk.enrol()
    lays(other_root)
    assert desk.issue(application).error["code"] == "card.not-genuine"
    assert desk.refused_twice("issue", "--application", application)


# ---- a card torn away, and another one laid instead ------------------------------------------------


def torn(monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """The card loses power within write ``at`` of the next making."""
    writes = [0]
    process = SimulatedCard.process

    def counted(card: SimulatedCard, command: bytes) -> bytes:
        if command[1] in {0xDC, 0xD6}:
            writes[0] += 1
            if writes[0] == at:
                card.arm_tear(1)
        return process(card, command)

    monkeypatch.setattr(SimulatedCard, "process", counted)


def test_a_torn_card_is_kept_as_a_case_and_continued(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    application, other = desk.enrol(), desk.enrol()
    with monkeypatch.context() as tearing:
        torn(tearing, 20)
        assert desk.issue(application).error["code"] == "link.answer-unknown"
    [case] = desk("case", "list").json["cases"]
    assert {key: type(value) for key, value in case.items()} == {
        "id": str,
        "state": str,
        "known": list,
        "offers": list,
    }
    assert (case["state"], case["offers"]) == ("writing", ["continue", "spoil"])
    assert len(case["known"]) == 3
    listed = desk("application", "list").json["applications"]
    assert [row["case"] for row in listed] == [case["id"], None]
    # This reader begins nothing new, and there is nothing yet that could be verified.
    assert desk.refused_twice("issue", "--application", other).error["code"] == "issue.case-unsettled"
    verify = desk.refused_twice("case", "settle", case["id"], "--as", "verify")
    assert verify.error["code"] == "issue.chip-not-finished"
    settled = desk("case", "settle", case["id"], "--as", "continue").json
    assert settled["state"] == "verified"
    assert desk("read-card").json["chip_serial"] == settled["serial"]
    assert desk("case", "list").json == {"cases": []}
    again = desk.refused_twice("case", "settle", case["id"], "--as", "continue")
    assert again.error["code"] == "issue.case-finished"


def test_another_card_laid_for_an_open_case_gets_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    application = desk.enrol()
    with monkeypatch.context() as tearing:
        torn(tearing, 10)
        desk.issue(application)
    [case] = desk("case", "list").json["cases"]
    wrong = SimulatedCard(
        PRODUCTS.card("KT-SECURED"), PROFILE, b"another!", desk.chips.root, CITY, SystemRandom()
    )
    image = wrong.save()

    def lay(bench: Workbench, _serial: str) -> None:
        bench.reader.remove()
        bench.reader.insert(wrong)

    monkeypatch.setattr(Workbench, "lay", lay)
    refused = desk.refused_twice("case", "settle", case["id"], "--as", "continue")
    assert refused.error["code"] == "card.swapped"
    assert wrong.save() == image
    monkeypatch.undo()
    assert desk("case", "settle", case["id"], "--as", "spoil", "--reason", "torn").json["state"] == (
        "spoiled"
    )
    # The person gets a new card, on another chip.
    fresh = desk.issue(application).json["cards"][0]
    assert fresh["state"] == "verified"
    assert fresh["case"] != case["id"]


def test_the_first_interrupt_leaves_an_open_case(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import signal  # noqa: PLC0415 - this process interrupts itself

    application = desk.enrol()
    process, count = SimulatedCard.process, [0]

    def interrupted(card: SimulatedCard, command: bytes) -> bytes:
        count[0] += 1
        if count[0] == 120:
            signal.raise_signal(signal.SIGINT)
        return process(card, command)

    with monkeypatch.context() as stopping:
        stopping.setattr(SimulatedCard, "process", interrupted)
        assert desk.issue(application).error["code"] == "issue.stopped"
    [case] = desk("case", "list").json["cases"]
    assert desk("case", "settle", case["id"], "--as", "continue").json["state"] == "verified"


# ---- SAMs ------------------------------------------------------------------------------------------


def test_a_pin_that_is_wrong_goes_down_to_three_and_no_further(desk: Desk) -> None:
    application = desk.enrol()
    desk.put_sam(pin="654321")
    left = []
    for _ in range(20):
        refused = desk.issue(application)
        left.append(refused.error["code"])
        if left[-1] == "sam.pin-tries-low":
            break
    assert set(left[:-1]) == {"sam.pin-wrong"}
    assert left[-1] == "sam.pin-tries-low"
    assert "3" in refused.error["message"]
    # Never again by itself: the SAM and the register stay where they are.
    assert desk.refused_twice("issue", "--application", application).error["code"] == left[-1]
    assert desk("case", "list").json == {"cases": []}


def test_a_sam_of_another_number_than_the_pinned_one(desk: Desk) -> None:
    desk.issue(desk.enrol())
    application = desk.enrol()
    desk.put_sam(number="41000000000000000009")
    assert desk.refused_twice("issue", "--application", application).error["code"] == "sam.other"


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_a_lesser_sam_writes_no_card(desk: Desk, kind: int) -> None:
    application = desk.enrol()
    desk.put_sam(kind=kind)
    assert desk.issue(application).error["code"] == "sam.lacks-keys"
    refused = desk.refused_twice("issue", "--application", application)
    assert str(kind) in refused.error["message"]


def test_something_else_in_the_sams_slot(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    application = desk.enrol()
    monkeypatch.setattr(Workbench, "_sam", lambda _bench: AnswersAlike("3B020102", "9000"))
    assert desk.refused_twice("issue", "--application", application).error["code"] == "sam.unknown"
    assert desk("case", "list").json == {"cases": []}


# ---- identity cards --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "times", "code"),
    [
        (IdFault.GONE, 1, "id.reader-gone"),
        (IdFault.SILENT, None, "id.reader-silent"),
        (IdFault.CUT, None, "id.frame-damaged"),
        (IdFault.CHECKSUM, None, "id.frame-damaged"),
    ],
)
def test_an_identity_reader_that_fails(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: IdFault, times: int | None, code: str
) -> None:
    armed(monkeypatch, fault, times)
    refused = desk.refused_twice("enrol", "--from-reader")
    assert refused.error["code"].startswith("id.")
    assert refused.error["code"] == code
    assert desk("application", "list").json == {"applications": []}


@pytest.mark.parametrize("fault", [IdFault.DOUBLED, IdFault.STALE, IdFault.GARBAGE, IdFault.LATE])
def test_doubled_stale_and_noisy_answers_change_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, fault: IdFault
) -> None:
    armed(monkeypatch, fault, 1)
    desk.enrol()
    [row] = desk("application", "list").json["applications"]
    assert row["name"] == "样例甲子"


def armed(monkeypatch: pytest.MonkeyPatch, fault: IdFault, times: int | None) -> None:
    """Every simulated identity reader from now on has this fault."""
    begin = SimulatedIdReader.__init__

    def faulty(reader: SimulatedIdReader, *documents: Any, **more: Any) -> None:
        begin(reader, *documents, **more)
        reader.arm(fault, times=times)

    monkeypatch.setattr(SimulatedIdReader, "__init__", faulty)
    monkeypatch.setattr("app.devices.sim.id_reader.time.sleep", lambda _seconds: None)


# ---- names -----------------------------------------------------------------------------------------


def test_a_name_too_long_is_refused_before_anything_is_kept(desk: Desk, tmp_path: Path) -> None:
    path = write_application(tmp_path / "files", name="样例" * 10)
    refused = desk.refused_twice("enrol", "--from", path)
    assert refused.error["code"] == "resident.too-long"
    # The field, the bytes it takes, the bytes there are.
    for part in ("姓名", "40", "30"):
        assert part in refused.error["message"]


def test_a_name_that_nobody_can_draw_is_refused_before_a_card_is_touched(
    desk: Desk, tmp_path: Path
) -> None:
    # A character of Extension I (2023), which no font of the chain has.
    path = write_application(tmp_path / "files", name="样例\U0002ebf0")
    application = str(desk("enrol", "--from", path).json["application"])
    refused = desk.refused_twice("issue", "--application", application)
    assert refused.error["code"] == "documents.glyph-missing"
    assert "U+2EBF0" in refused.error["message"]
    assert desk("case", "list").json == {"cases": []}
    assert desk.chips.chips() == []


def test_the_root_of_training_is_marked_so(desk: Desk) -> None:
    desk.enrol()
    note = json.loads((desk.folder / "simulated" / "TRAINING-root.json").read_bytes())
    assert "TRAINING" in note["note"]


def test_a_blocked_card_says_so_and_is_read_no_further(desk: Desk) -> None:
    serial = str(desk.issue(desk.enrol()).json["cards"][0]["serial"])
    card = desk.bench().card(serial)
    card.state.blocked = True  # as CARD BLOCK at the MF leaves it (training-product.md, item 10)
    desk.chips.save(f"{serial}.chip", card.save())
    before = desk.state()
    told = desk("read-card")
    assert (told.code, told.json["state"], told.json["fields"]) == (0, "blocked", {})
    assert desk("read-card", lang="en", json=False).out.endswith("is blocked.\n")
    assert desk.state() == before
