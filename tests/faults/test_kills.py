"""The desk is killed (SIGKILL) at every durable point and at random moments; its chips live on.

A fresh process then opens the store, sees what is known of every open case, and settles it as a clerk
would who looks at the card. The judge is the oracle, the printed pages, and the chip's own memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.base.clock import SystemClock
from app.base.ids import SystemRandom
from app.devices.sim.card import SimulatedCard
from app.domain.application import Realm
from app.domain.ports import CaseState, IntentKind
from app.store.store import StoreContext, open_store
from app.workflow.cases import _DOUBTS
from tests.helpers.harness import FaultDesk, judge_card
from tests.helpers.harness_process import ChipHouse, DeskProcess, KillingChip, desk_process
from tests.helpers.victims import victim

Sample = Callable[[Sequence[Any], int], list[Any]]
Proof = Callable[[str, int], None]

CARD, SAM = 0, 1
KILLED = -9
# What one card commits: pinning the SAM comes once a store, the rest with every card.
COMMITS = [
    "freeze",
    "open-case",
    "bind-chip",
    "intend-activate",
    "intend-print-front",
    "intend-print-back",
    "commit",
]


@dataclass
class Kill:
    """One desk that was killed: what it had said, what the next one saw, what the judge found."""

    card: SimulatedCard
    number: int
    said: list[dict[str, Any]]
    rows: list[dict[str, Any]] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    end: CaseState | None = None

    @property
    def killed(self) -> bool:
        return bool(self.said[-1]["ended"] == KILLED)

    @property
    def points(self) -> list[str]:
        return [told["point"] for told in self.said if "point" in told]


class KillingPlace:
    """Chips of one root in this process, a store in a folder, and desks that come and go."""

    def __init__(self, folder: Path, process: DeskProcess) -> None:
        self.process = process
        # Its root, its SAM and its store's folder; its own hands stay idle.
        self.desk = FaultDesk(folder)
        self.desk.close()
        self.folder, self.printed = folder / "store", folder / "printed"
        self.house = ChipHouse(2)
        self.house.lay(SAM, self.desk.sam_chip)
        self._number = 0
        self._judged: set[str] = set()

    def close(self) -> None:
        self.house.close()

    def job(self, act: str, number: int, **more: object) -> dict[str, Any]:
        return {
            "act": act,
            "folder": str(self.folder),
            "printed": str(self.printed),
            "number": number,
            "card": self.house.address(CARD),
            "sam": self.house.address(SAM),
            **more,
        }

    def kill(
        self, chip: KillingChip | None = None, card: SimulatedCard | None = None, **how: object
    ) -> Kill:
        """A card is begun and its desk killed."""
        # Even numbers: people with every field filled.
        number, self._number = self._number, self._number + 2
        card = card or self.desk.new_card()
        self.house.lay(CARD, chip or card)

        def started(pid: int) -> None:
            if chip is not None:
                chip.victim = pid

        return Kill(card, number, self.process.run(self.job("issue", number, **how), started))

    def settle(self, kill: Kill) -> Kill:
        """A fresh desk over the same store settles; then everything is judged."""
        self.house.lay(CARD, kill.card)
        kill.findings += self.half_recorded(kill)
        said = self.process.run(self.job("settle", kill.number))
        kill.rows = [told for told in said if "case" in told]
        kill.raised = [told["raised"] for told in said if "raised" in told]
        if said[-1] != {"ended": 0}:
            kill.findings.append(f"settling {said[-1]}")
        self.house.slots[CARD].lift()
        kill.findings += self.judge(kill)
        return kill

    def half_recorded(self, kill: Kill) -> list[str]:
        """Acts that happened and are in no row: what decision 1 forbids. Judged before settling."""
        card, found = kill.card, []
        store = open_store(self.folder, StoreContext(Realm.TRAINING, SystemClock(), SystemRandom()))
        try:
            application = victim(kill.number, self.desk.profile).application
            frozen = [row for row in store.applications.list(limit=10_000) if row.id == application.id]
            cases = store.journal.cases_of(application.id)
            if frozen not in ([], [application]):
                found.append("the application is another one")
            if cases and not frozen:
                found.append("a case without its application")
            case = cases[0] if cases else None
            intents = {i.kind for i in store.journal.intents(case.id)} if case else set()
            if card.save() != self.blank(card) and (case is None or case.chip_serial is None):
                found.append("the chip was written and no case owns it")
            if card.state.activated and IntentKind.ACTIVATE not in intents:
                found.append("the chip is activated and nobody meant to")
            for side, kind in (("front", IntentKind.PRINT_FRONT), ("back", IntentKind.PRINT_BACK)):
                pages = self.pages(side) - self._settled_pages(side)
                if pages and kind not in intents:
                    found.append(f"the {side} was printed and nobody meant to")
        finally:
            store.close()
        return found

    def blank(self, card: SimulatedCard) -> bytes:
        """The image of a new card with this card's serial."""
        return self.desk.new_card(card.factor).save()

    def pages(self, side: str) -> set[str]:
        """Every page of a side that is on some card."""
        return {path.name for path in self.printed.glob(f"*-{side}*.pdf")}

    def _settled_pages(self, side: str) -> set[str]:
        return {name for name in self.pages(side) if name.split(f"-{side}")[0] in self._judged}

    def judge(self, kill: Kill) -> list[str]:
        """What is wrong after settling."""
        found: list[str] = []
        store = open_store(self.folder, StoreContext(Realm.TRAINING, SystemClock(), SystemRandom()))
        try:
            journal = store.journal
            application = victim(kill.number, self.desk.profile).application
            cases = journal.cases_of(application.id)
            found += [f"case {case.number} is open" for case in journal.open_cases()]
            if len(cases) > 1:
                found.append(f"{len(cases)} cases")
            for case in cases:
                kill.end = case.state
                rows = journal.intents(case.id)
                found += [f"{i.kind} is unsettled" for i in rows if i.outcome is None]
                self._judged.add(case.id)
                finished = case.state is CaseState.VERIFIED
                person = victim(kill.number, self.desk.profile)
                found += judge_card(self.desk, kill.card, person, finished)
                if finished and case.chip_serial != kill.card.factor.hex().upper():
                    found.append(f"the case has chip {case.chip_serial}")
                for side in ("front", "back"):
                    count = sum(name.startswith(case.id) for name in self.pages(side))
                    if finished and count != 1:
                        found.append(f"the {side} was printed {count} times")
                if case.state is CaseState.SPOILED and not case.reason:
                    found.append("spoiled without a reason")
            if not cases and kill.card.save() != self.blank(kill.card):
                found.append("the case is lost and the chip is not blank")
        finally:
            store.close()
        return found


@pytest.fixture(scope="module")
def process() -> Iterator[DeskProcess]:
    with desk_process() as started:
        yield started


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, process: DeskProcess) -> Iterator[KillingPlace]:
    made = KillingPlace(tmp_path_factory.mktemp("kills"), process)
    try:
        # The store's first card pins the SAM; the ones to be killed all commit alike.
        first = made.settle(made.kill())
        assert first.findings == []
        assert first.end is CaseState.VERIFIED
        yield made
    finally:
        made.close()


def test_the_uncut_making_commits_what_is_killed_here(place: KillingPlace) -> None:
    whole = place.kill()
    assert whole.points == [f"{when} {name}" for name in COMMITS for when in ("before", "after")]
    assert {"made": "verified", "serial": whole.card.factor.hex().upper()} in whole.said
    assert place.settle(whole).findings == []
    assert (whole.rows, whole.end) == ([], CaseState.VERIFIED)


@pytest.mark.prove
@pytest.mark.parametrize("point", range(1, 2 * len(COMMITS) + 1))
def test_killed_at_a_durable_point(point: int, place: KillingPlace, record_proof: Proof) -> None:
    kill = place.kill(point=point)
    assert kill.killed
    assert len(kill.points) == point
    durable = COMMITS[: point // 2]
    place.settle(kill)
    assert kill.findings == [], kill
    assert kill.raised == [], kill
    opened, closed = "open-case" in durable, "commit" in durable
    assert len(kill.rows) == int(opened and not closed)
    # A case that was never recorded left nothing on the chip; every other one is finished.
    assert kill.end is (CaseState.VERIFIED if opened else None)
    for row in kill.rows:
        doubts = {_DOUBTS[IntentKind(kind)] for kind in row["doubtful"]}
        assert doubts <= set(row["known"]), row
        last = durable[-1]
        if last.startswith("intend-"):
            assert row["doubtful"][-1] == last.removeprefix("intend-")
        assert row["serial"] == (kill.card.factor.hex().upper() if "bind-chip" in durable else None)
    record_proof("desks killed at a durable point", 1)


@pytest.mark.prove
def test_killed_at_any_moment_of_the_writing(
    place: KillingPlace, sample: Sample, record_proof: Proof
) -> None:
    tears: list[tuple[int, int] | None] = [None, (0, 0), (0, 1), (1, 2)]
    moments = [(at, tear) for at in range(1, 531) for tear in tears]
    chosen = sample(moments, 8)
    for at, tear in chosen:
        card = place.desk.new_card()
        chip = KillingChip(card, at, tear)
        kill = place.kill(chip, card)
        assert kill.killed and chip.killed, (at, tear, kill.said)
        place.settle(kill)
        assert kill.findings == [], (at, tear, kill)
        assert kill.end is CaseState.VERIFIED, (at, tear, kill)
    record_proof("desks killed in the midst of an exchange", len(chosen))


@pytest.mark.prove
def test_the_desk_that_settles_is_killed_too(
    place: KillingPlace, sample: Sample, record_proof: Proof
) -> None:
    # After the chip was bound there is something to settle, in at most six commits more.
    pairs = [(first, then) for first in range(6, 2 * len(COMMITS)) for then in range(1, 7)]
    chosen = sample(pairs, 4)
    struck = 0
    for first, then in chosen:
        kill = place.kill(point=first)
        said = place.process.run(place.job("settle", kill.number, point=then))
        struck += said[-1] == {"ended": KILLED}
        place.settle(kill)
        assert kill.findings == [], (first, then, kill)
        assert kill.end is CaseState.VERIFIED, (first, then, kill)
    assert struck
    record_proof("desks killed again while they settled", struck)


def test_a_chip_is_in_one_case_even_after_kills(place: KillingPlace) -> None:
    kill = place.settle(place.kill(point=7))
    assert kill.end is CaseState.VERIFIED
    again = place.kill(card=kill.card)
    assert {"raised": "issue.chip-of-another-case"} in again.said
    person = victim(kill.number, place.desk.profile)
    assert judge_card(place.desk, kill.card, person, finished=True) == []
    # The one who got no card has an open case without a chip: a blank card finishes it.
    again.card = place.desk.new_card()
    assert (place.settle(again).findings, again.end) == ([], CaseState.VERIFIED)


# The control ------------------------------------------------------------------------------------------


def test_control_without_commits_acts_happened_that_nobody_knows(
    tmp_path: Path, process: DeskProcess
) -> None:
    place = KillingPlace(tmp_path, process)
    try:
        begun = place.half_recorded(place.kill(uncommitted=True, point=9))
        printed = place.half_recorded(place.kill(uncommitted=True, point=17))
    finally:
        place.close()
    assert "the chip was written and no case owns it" in begun
    assert "the chip is activated and nobody meant to" in printed
    assert "the front was printed and nobody meant to" in printed
