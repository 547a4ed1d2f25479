"""Another card is swapped in, unnoticed, before every exchange: it gets nothing and loses nothing.

The other one is a finished card of another person, a blank one, or one that another desk is making. Its
memory stays byte for byte what it was, tries included; the case goes on with its own card.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from app.devices.ports import ReaderRole
from app.devices.sim.card import SimulatedCard
from app.devices.sim.faults import FaultMode, FaultPlan
from app.domain.ports import CaseState
from app.personalize.commands import CardSession
from app.personalize.execute import _Run
from tests.helpers.harness import FaultDesk, Trial, judge_card
from tests.helpers.victims import Victim

Sample = Callable[[Sequence[Any], int], list[Any]]
Proof = Callable[[str, int], None]

FINISHED, BLANK, HALF_MADE = "finished", "blank", "half made"
OTHERS = (FINISHED, BLANK, HALF_MADE)
# How many cards a product and kind of other card.
CARDS = {"KT-STRICT": 12, "KT-SECURED": 2, "KT-PLAIN": 3, "KT-OPEN": 3, "KT-3DES": 2}
_SELECT_DDF1 = bytes.fromhex("00A4000002DDF1")


@dataclass(frozen=True)
class Stranger:
    """A card that is none of the trial's: whose it is, and what it was when it was made."""

    card: SimulatedCard
    owner: Victim | None
    image: bytes


class Place:
    """A desk, its neighbour under the same root, and cards that do not belong to the case."""

    def __init__(self, folder: Path, product: str) -> None:
        self.desk = FaultDesk(folder / "desk", product)
        self.neighbour = FaultDesk(folder / "neighbour", product, 400_000, self.desk.root)
        self.exchanges = {lean: self.desk.count(lean)[ReaderRole.CARD] for lean in (False, True)}
        self._others: dict[str, Stranger] = {}

    def close(self) -> None:
        self.desk.close()
        self.neighbour.close()

    def other(self, kind: str) -> Stranger:
        """The stranger of a kind; a changed one is made anew, so that each finding is told once."""
        known = self._others.get(kind)
        if known is None or known.card.save() != known.image:
            card, owner = getattr(self, "_" + kind.replace(" ", "_"))()
            self._others[kind] = Stranger(card, owner, card.save())
        return self._others[kind]

    def _blank(self) -> tuple[SimulatedCard, None]:
        return self.desk.new_card(), None

    def _finished(self) -> tuple[SimulatedCard, Victim]:
        trial = self.desk.run(self.desk.next_trial())
        assert (trial.end, trial.findings) == (CaseState.VERIFIED, []), str(trial)
        return trial.card, trial.victim

    def _half_made(self) -> tuple[SimulatedCard, Victim]:
        neighbour = self.neighbour
        trial = neighbour.next_trial()
        neighbour.lines[ReaderRole.CARD].plan = FaultPlan(333, FaultMode.TORN)
        neighbour.begin(trial)
        assert [case.state for case in neighbour.store.journal.open_cases()] == [CaseState.WRITING]
        return trial.card, trial.victim

    def swap(self, at: int, lean: bool, kind: str) -> Trial:
        """One card with a stranger in its place before exchange ``at``, settled and judged."""
        desk, other = self.desk, self.other(kind)
        trial = desk.next_trial(lean)
        desk.run(trial, ReaderRole.CARD, FaultPlan(at, FaultMode.SWAPPED, chip=other.card))
        trial.findings += suffered(other, trial.victim, desk)
        return trial


def suffered(other: Stranger, person: Victim, desk: FaultDesk) -> list[str]:
    """What the stranger has got or lost by it."""
    found = []
    if other.card.save() != other.image:
        found.append("the other card has changed")
    memory = bytes(other.card.state.eeprom.memory)
    found += [f"{key} on the other card" for key, value in person.needles().items() if value in memory]
    owner = desk.store.journal.case_of_chip(person.application.realm, other.card.factor.hex().upper())
    if owner is not None and owner.application_id == person.application.id:
        found.append("the other card is bound to the case")
    return found


@pytest.fixture(scope="module")
def place_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Place]]:
    """``place_of(product)``: the module's place for a product."""
    places: dict[str, Place] = {}

    def given(product: str) -> Place:
        if product not in places:
            places[product] = Place(tmp_path_factory.mktemp(product), product)
        return places[product]

    yield given
    for place in places.values():
        place.close()


@pytest.mark.prove
@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("product", CARDS)
def test_a_swapped_card_gets_nothing(  # noqa: PLR0917 - parameters and fixtures
    product: str,
    kind: str,
    place_of: Callable[[str], Place],
    sample: Sample,
    record_proof: Proof,
    proving: bool,
) -> None:
    place = place_of(product)
    points = [(lean, at) for lean, heard in place.exchanges.items() for at in range(1, len(heard) + 1)]
    always = [point for point in points if proving and product == "KT-STRICT" and not point[0]]
    chosen: list[tuple[bool, int]] = [*dict.fromkeys([*sample(points, CARDS[product]), *always])]
    for lean, at in chosen:
        trial = place.swap(at, lean, kind)
        assert trial.findings == [], (lean, at, str(trial))
        assert [fault.code for fault in trial.raised] == ["card.swapped"], (lean, at, str(trial))
        assert (trial.end, trial.continued) == (CaseState.VERIFIED, 1), (lean, at, str(trial))
    record_proof(f"swaps for a {kind} card", len(chosen))


@pytest.mark.prove
@pytest.mark.parametrize("kind", OTHERS)
def test_a_case_is_not_continued_with_another_card(
    kind: str, place_of: Callable[[str], Place], sample: Sample, record_proof: Proof
) -> None:
    place = place_of("KT-STRICT")
    desk, heard = place.desk, place.exchanges[False]
    # Before its first write a case has no chip of its own, and any blank card will do.
    first_write = next(at for at, header in enumerate(heard, 1) if header[1] == 0xDC)
    chosen = sample(range(first_write, len(heard) + 1), 3)
    for at in chosen:
        other, trial = place.other(kind), desk.next_trial()
        desk.lines[ReaderRole.CARD].plan = FaultPlan(at, FaultMode.ANSWER_LOST)
        desk.begin(trial)
        desk.own_card = other.card
        desk.tidy()
        desk.settle_once(trial)
        assert trial.raised[1].code == "card.swapped", (at, str(trial))
        desk.own_card = trial.card
        desk.settle(trial)
        trial.findings += [*desk.judge(trial), *suffered(other, trial.victim, desk)]
        assert (trial.end, trial.findings) == (CaseState.VERIFIED, []), (at, str(trial))
    record_proof(f"cases continued with a {kind} card", len(chosen))


@pytest.mark.parametrize(
    ("kind", "code"), [(FINISHED, "issue.chip-of-another-case"), (HALF_MADE, "card.not-blank")]
)
def test_a_case_is_not_begun_with_another_persons_card(
    kind: str, code: str, place_of: Callable[[str], Place]
) -> None:
    place = place_of("KT-STRICT")
    desk, other = place.desk, place.other(kind)
    trial = desk.next_trial()
    desk.own_card = other.card
    desk.tidy()
    desk.begin(trial)
    assert [fault.code for fault in trial.raised] == [code]
    desk.own_card = trial.card
    desk.settle(trial)
    trial.findings += [*desk.judge(trial), *suffered(other, trial.victim, desk)]
    assert (trial.end, trial.findings) == (CaseState.VERIFIED, []), str(trial)


def test_a_strangers_card_is_still_its_owners(place_of: Callable[[str], Place]) -> None:
    place = place_of("KT-STRICT")
    other = place.other(FINISHED)
    assert other.owner is not None
    assert judge_card(place.desk, other.card, other.owner, finished=True) == []
    found = judge_card(place.desk, other.card, replace(other.owner, photo=b"another"), finished=True)
    assert any(row.startswith("DDF1/EF07") for row in found)


# Controls: what the harness must find -----------------------------------------------------------------


def entries(place: Place) -> list[int]:
    """The exchanges that enter DDF1: after them a stranger stands where the own card would."""
    return [at for at, header in enumerate(place.exchanges[False], 1) if header == _SELECT_DDF1]


def test_control_without_the_serial_check_a_stranger_loses_a_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, "KT-STRICT")
    try:
        at_activation = entries(place)
        monkeypatch.setattr(CardSession, "check_chip", lambda _self: None)
        found = [place.swap(at, False, FINISHED).findings for at in at_activation]
    finally:
        place.close()
    assert any("the other card has changed" in findings for findings in found), found


def test_control_without_the_blank_check_a_strangers_card_is_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, "KT-STRICT")
    try:
        monkeypatch.setattr(_Run, "_require_ours", lambda _self, _step, _holds_data: None)
        desk, other = place.desk, place.other(HALF_MADE)
        trial = desk.next_trial()
        desk.own_card = other.card
        desk.tidy()
        desk.begin(trial)
        found = [*desk.judge(trial), *suffered(other, trial.victim, desk)]
    finally:
        place.close()
    assert {"the other card has changed", "XM on the other card"} <= set(found)
