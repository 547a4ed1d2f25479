"""The judge of power cuts: the store's own code opens what a cut left, and is held to what was told."""

from __future__ import annotations

import random
import shutil
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from peewee import PeeweeException
from sqlcipher3 import dbapi2 as sqlcipher

from app.base.clock import ManualClock
from app.base.errors import KangkaError
from app.store.database import DATABASE_FILE
from app.store.store import Store, exists, open_store
from tests.helpers.power_cuts import Disk, Fate, write_image
from tests.helpers.power_cuts_desk import CHECKS, START_MS, Desk, digests, store_folder
from tests.helpers.power_cuts_recorder import Recorded
from tests.store.support import context

# How long the sectors are that a medium spoils with a write; 0 for one that spoils nothing.
BESIDE: Final = (0, 512, 4096)
# Far behind every recorded row.
LATER_MS: Final = START_MS + 10**10
# Whom the desk makes a card for after a cut, to show that it goes on.
_NEXT_PERSON: Final = 9_000
# One image in so many is read to the last page, and worked on.
_THOROUGH: Final = 60
_ASKED: Final = 0.15
_FAULTS: Final = (KangkaError, PeeweeException, sqlcipher.Error, OSError)


@dataclass
class Tally:
    """What a run of cuts met."""

    cuts: int = 0
    taken: int = 0  # images that lack something a program had written
    dropped: int = 0
    torn: int = 0
    unnamed: int = 0
    none: int = 0  # images without a store, where none was acknowledged
    thorough: int = 0
    ahead: int = 0  # images that hold a commit nobody had been told of yet
    faults: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


class Judge:
    """Cuts one recording's power at many points, each with a fate of its own.

    ``before`` is the medium that the desk found; without it all that lay there was durable.
    """

    def __init__(self, recorded: Recorded, place: Path, before: Disk | None = None) -> None:
        self.recording = recording = recorded.recording
        self.indexes, self.place = recorded.indexes, place
        self.commits = [(at, told) for at, told in recording.marks if "commit" in told]
        self._facts = [(at, told) for at, told in recording.marks if "fact" in told]
        self._commit_ats = [at for at, _told in self.commits]
        self._fact_ats = [at for at, _told in self._facts]
        self._known = {_key(told["tables"]): told["commit"] for _at, told in self.commits}
        assert len(self._known) == len(self.commits), "two commits with the same content"
        self._before = before
        # A store that was there before, and durable, is acknowledged from the beginning.
        file = store_folder(Path()) / DATABASE_FILE
        self._founded = before is None and file.as_posix() in recording.initial

    # Where to cut ---------------------------------------------------------------------------------

    def points(self, count: int, seed: object) -> list[int]:
        """``count`` points in the record, in its order: anywhere, where something is pending, right
        after an acknowledgement, and where the log is folded into the file or the store is made."""
        draw = random.Random(f"points {seed}")  # noqa: S311
        disk, pending, folding = self.disk(), [], []
        for at, op in enumerate(self.recording.ops):
            disk.forward(at + 1)
            if disk.pending():
                pending.append(at + 1)
            if op.kind in "ws" and disk.is_file(op.fd, DATABASE_FILE):
                folding.append(at + 1)
        begun = self._commit_ats[0]
        groups = [
            range(len(self.recording.ops) + 1),
            pending,
            self._commit_ats,
            folding,
            range(1, begun + 1) if begun > 1 and not self._founded else pending,
        ]
        weights = [0.2, 0.4, 0.1, 0.2, 0.1]
        return sorted(draw.choice(group) for group in draw.choices(groups, weights, k=count))

    # One run --------------------------------------------------------------------------------------

    def cut(
        self,
        points: list[int],
        seed: object,
        *,
        obeys: bool = True,
        beside: tuple[int, ...] = BESIDE,
        enough: int = 10,
    ) -> Tally:
        """Cut at each of ``points``, ascending; it ends early after ``enough`` findings."""
        tally, disk = Tally(), self.disk(obeys=obeys)
        for turn, at in enumerate(points):
            disk.forward(at)
            fate = Fate(f"{seed} {turn}", beside=beside)
            self._lay(disk, fate, at, tally)
            fault = self.verdict(at, fate.draw, tally, thorough=turn % _THOROUGH == 10)
            if fault is not None:
                tally.faults[fault.split(":")[0]] += 1
                tally.findings.append(f"cut {turn} after call {at}: {fault}")
                if len(tally.findings) >= enough:
                    break
        return tally

    def _lay(self, disk: Disk, fate: Fate, at: int, tally: Tally) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        write_image(disk.image(fate), self.place)
        self._leave_index(fate.draw, at)
        tally.cuts += 1
        tally.taken += bool(fate.dropped or fate.torn or fate.unnamed)
        tally.dropped += fate.dropped
        tally.torn += fate.torn
        tally.unnamed += fate.unnamed

    def _leave_index(self, draw: random.Random, at: int) -> None:
        """The wal-index's file after the cut: none, as it stood at some commit near, or anything."""
        index = store_folder(self.place) / (DATABASE_FILE + "-shm")
        way = draw.randrange(4)
        if not index.parent.is_dir() or way == 0:
            return
        told = bisect_right(self._commit_ats, at)
        if way == 1:
            index.write_bytes(draw.randbytes(32_768))
        else:
            near = min(max(0, told - 1 + draw.randint(-2, 1)), len(self.commits) - 1)
            index.write_bytes((self.indexes / str(near)).read_bytes())

    def disk(self, at: int = 0, *, obeys: bool = True) -> Disk:
        """The medium after ``at`` calls of this desk."""
        before = self._before
        disk = Disk(self.recording, obeys=obeys) if before is None else before.goes_on(self.recording)
        disk.forward(at)
        return disk

    # One image ------------------------------------------------------------------------------------

    def verdict(self, at: int, draw: random.Random, tally: Tally, *, thorough: bool) -> str | None:
        """What is wrong with the image in place after a cut at call ``at``, None where it is whole."""
        folder = store_folder(self.place)
        told = bisect_right(self._commit_ats, at) - 1
        founded = self._founded or told >= 0
        if not exists(folder):
            if founded:
                return "lost: the store"
            tally.none += 1
            return self._go_on(tally) if thorough else None
        try:
            store = open_store(folder, context(clock=ManualClock(LATER_MS)))
        except _FAULTS as fault:
            return f"refused: {_words(fault)}"
        try:
            fault_found = self._read(store, told, at, draw, tally)
        except _FAULTS as fault:
            fault_found = f"damaged: {_words(fault)}"
        finally:
            store.close()
        return self._go_on(tally) if fault_found is None and thorough else fault_found

    def _read(self, store: Store, told: int, at: int, draw: random.Random, tally: Tally) -> str | None:
        now = digests(store)
        commit = self._known.get(_key(now))
        if commit is None:
            wanted = self.commits[max(told, 0)][1]["tables"]
            other = [name for name in wanted if now.get(name) != wanted[name]]
            return f"half: the records are those of no commit; {other} differ from commit {told}"
        if commit < told:
            return f"lost: commit {told} ({self.commits[told][1]['name']}) was told, {commit} is there"
        if commit > max(told, 0) + 1:
            return f"ahead: commit {commit} is there and only {told} was told"
        tally.ahead += commit > max(told, 0)
        # The rows are those of a commit; whether the ports read what was told is asked now and then.
        facts = self._facts[: bisect_right(self._fact_ats, at)] if draw.random() < _ASKED else []
        for _at, fact in facts[-6:] + draw.sample(facts, min(2, len(facts))):
            wrong = CHECKS[fact["fact"]](store, fact)
            if wrong is not None:
                return f"lost: {wrong}"
        return None

    def _go_on(self, tally: Tally) -> str | None:
        """The desk settles, makes one more card, and finds it all again."""
        tally.thorough += 1
        heard: list[dict[str, Any]] = []
        desk = Desk(self.place, ManualClock(LATER_MS), heard.append)
        try:
            desk.work(range(_NEXT_PERSON, _NEXT_PERSON + 1))
            store = open_store(store_folder(self.place), context(clock=ManualClock(LATER_MS + 10**6)))
            try:
                last = [told for told in heard if "commit" in told][-1]
                if digests(store) != last["tables"] or store.journal.open_cases():
                    return "stuck: what was done after the cut is not there"
                return _to_the_last_page(store)
            finally:
                store.close()
        except _FAULTS as fault:
            return f"stuck: {_words(fault)}"


def _key(tables: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(tables.items()))


def _words(fault: BaseException) -> str:
    return f"{type(fault).__name__} {getattr(fault, 'code', fault)}"


def _to_the_last_page(store: Store) -> str | None:
    """What the cipher's and the engine's own checks say against the file."""
    execute = store._database.connection().execute
    for check, good in (
        ("cipher_integrity_check", []),
        ("integrity_check", [("ok",)]),
        ("foreign_key_check", []),
    ):
        found = [tuple(row) for row in execute(f"PRAGMA {check}").fetchall()]
        if found != good:
            return f"damaged: {check} {found[:3]}"
    return None
