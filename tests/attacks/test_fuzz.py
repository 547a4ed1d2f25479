"""Bytes that nobody sane would send: known refusals only, no wrong card, the same ones for one seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from app.base.catalogue import Catalogue
from app.base.errors import KangkaError
from app.devices import id_frame
from app.devices.id_text import decode_identity, encode_text
from app.devices.ports import ReaderRole
from app.devices.sim.faults import FaultyConnection
from app.domain.made_up import made_up_resident
from app.domain.ports import CaseState
from app.workflow.identity_text import identity_text_of
from tests.helpers.harness import FINISHED, FaultDesk, judge_card

Change = Callable[[bytes], bytes]
FRAMES = 2_000
CARDS = 12
STATUS_WORDS = (0x9000, 0x6108, 0x61FF, 0x6C10, 0x6C00, 0x63C0, 0x63C2, 0x6581, 0x6700, 0x6982, 0x6983)
STATUS_WORDS += (0x6985, 0x6A80, 0x6A81, 0x6A82, 0x6A83, 0x9303)


def mangled(good: bytes, dice: random.Random) -> bytes:
    raw = bytearray(good)
    for _ in range(dice.choice((1, 1, 2, 5, 30))):
        at = dice.randrange(len(raw) + 1)
        match dice.randrange(4):
            case 0:
                raw[at : at + 1] = dice.randbytes(1)
            case 1:
                del raw[at : at + dice.randrange(1, 20)]
            case 2:
                raw[at:at] = dice.randbytes(dice.randrange(1, 20))
            case _:
                del raw[at:]
    return bytes(raw)


def test_an_identity_file_of_any_bytes_is_read_or_refused(seed: int, scale: int) -> None:
    dice = random.Random(f"identity {seed}")  # noqa: S311
    texts = [encode_text(identity_text_of(made_up_resident(number))) for number in range(5)]
    photo = dice.randbytes(id_frame.PHOTO_BYTES)
    sizes = b"".join(len(part).to_bytes(2, "big") for part in (texts[0], photo))
    frames = [id_frame.frame(b"\x00\x00\x90" + sizes + text + photo) for text in texts]
    catalogue, read = Catalogue("zh"), 0
    for _ in range(FRAMES * max(1, scale)):
        raw = mangled(dice.choice(texts + frames), dice)
        try:
            text, _photo, problems = decode_identity(raw)
        except KangkaError as fault:
            assert catalogue.error(fault).message
            continue
        read += 1
        text.name.encode("utf-8")
        assert all(catalogue.text(problem.message, **problem.params) for problem in problems)
    assert read > FRAMES // 50, "some of it still reads"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultDesk]:
    made = FaultDesk(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.close()


def answer(good: bytes, dice: random.Random) -> bytes:
    match dice.randrange(4):
        case 0:
            return dice.randbytes(dice.choice((0, 1, 2, 2, 3, 10, 130, 258)))
        case 1:
            return dice.randbytes(dice.choice((0, 0, 8, 16, 200))) + dice.choice(STATUS_WORDS).to_bytes(
                2, "big"
            )
        case 2:
            return good[: dice.randrange(len(good) + 1)]
        case _:
            at = dice.randrange(len(good))
            return good[:at] + bytes((good[at] ^ 1 << dice.randrange(8),)) + good[at + 1 :]


def test_a_card_that_answers_anything_gets_no_wrong_card_through(
    desk: FaultDesk, monkeypatch: pytest.MonkeyPatch, seed: int, scale: int
) -> None:
    dice = random.Random(f"card {seed}")  # noqa: S311
    honest = FaultyConnection.transmit
    lies: dict[str, Change] = {}

    def transmit(self: FaultyConnection, command: bytes) -> bytes:
        good = honest(self, command)
        if self._faulty.role is ReaderRole.CARD and lies:
            return lies["card"](good)
        return good

    monkeypatch.setattr(FaultyConnection, "transmit", transmit)
    exchanges = len(desk.count(lean=True)[ReaderRole.CARD])
    struck = 0
    for _ in range(CARDS * max(1, scale)):
        trial, left, often = desk.next_trial(lean=True), [dice.randrange(exchanges)], dice.random()

        def lie(good: bytes, left: list[int] = left, often: float = often) -> bytes:
            left[0] -= 1
            struck = left[0] == 0 or (left[0] < 0 and dice.random() < often)
            return answer(good, dice) if struck else good

        lies["card"] = lie
        desk.begin(trial)
        lies.clear()
        struck += bool(trial.raised)
        desk.settle(trial)
        case = desk.case(trial)
        assert case.state in FINISHED
        found = judge_card(desk, trial.card, trial.victim, case.state is CaseState.VERIFIED)
        # A lying line may cost tries; it may not cost a right card.
        assert [line for line in found if "try of key" not in line and "wrong MACs" not in line] == []
    assert struck > CARDS // 3, "most lies are noticed at once"
