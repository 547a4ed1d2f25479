"""Many desks at once on one store of a server, each a process with its own connection and desk number.

Run as ``python -m tests.helpers.many_writers FOLDER``, with a ``Plan`` as JSON on standard input; what
came of each desk stands as JSON on standard output, one line a desk. One process reads the program in
and forks the desks, which wait for one another and then ask for the same people in the same order.
"""

from __future__ import annotations

import json
import os
import random
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from app.base.clock import SystemClock
from app.base.errors import KangkaError
from app.domain.ports import CaseState
from app.store import postgres
from app.store.store import Store, open_store
from tests.store.support import application, context

# The answers that a desk may have besides a card: somebody has one, or it is being made, or asked twice.
REFUSALS = frozenset({"store.card-lives", "store.case-open", "store.application-not-approved"})
BUSY = "store.busy"
# One begun card in so many is spoiled, so that its person is free again.
_SPOILED = 10


@dataclass(frozen=True)
class Plan:
    """``attempts`` of ``desks`` together on ``people``.

    ``whole`` makes each card to its end, or spoils it; else it is begun and stays so. ``serializable``
    is False for a control arm.
    """

    desks: int
    attempts: int
    people: int
    seed: int
    whole: bool = True
    serializable: bool = True


def people_in_turn(plan: Plan) -> Iterator[tuple[int, bool]]:
    """Whom each desk asks for, alike for all, and whether a card of it may be spoiled: some by chance,
    then everybody, so that in the end nobody was left out."""
    drawn = random.Random(plan.seed)  # noqa: S311 - a repeatable sample
    each = plan.attempts // plan.desks
    for _ in range(each - plan.people):
        yield drawn.randrange(plan.people) + 1, True
    everybody = list(range(1, plan.people + 1))
    drawn.shuffle(everybody)
    for number in everybody:
        yield number, False


class Desk:
    """One desk's whole work. ``answers`` counts what it was told."""

    def __init__(self, store: Store, plan: Plan, number: int) -> None:
        self._store = store
        self._plan = plan
        self._number = number
        self._drawn = random.Random(f"{plan.seed} {number}")  # noqa: S311 - a repeatable sample
        self._chips = 0
        self.answers: Counter[str] = Counter()

    def work(self) -> None:
        for person, may_spoil in people_in_turn(self._plan):
            answer = self._attempt(person, may_spoil)
            while answer == BUSY:
                self.answers[BUSY] += 1
                answer = self._attempt(person, may_spoil)
            self.answers[answer] += 1

    def _attempt(self, person: int, may_spoil: bool) -> str:
        journal = self._store.journal
        try:
            case = journal.open_case(application(person))
        except KangkaError as fault:
            if fault.code not in REFUSALS | {BUSY}:
                raise
            return fault.code
        if not self._plan.whole:
            return "made"
        self._chips += 1
        serial = f"4100{self._number:04X}{self._chips:08X}"
        self._sure(lambda: journal.bind_chip(case.id, serial, serial, "kt-strict", "ab" * 32))
        if may_spoil and self._drawn.randrange(_SPOILED) == 0:
            self._sure(lambda: journal.spoil(case.id, "misprint"))
            return "spoiled"
        for state in (CaseState.WRITTEN, CaseState.PRINTED, CaseState.VERIFIED):
            journal.note_state(case.id, state)
        self._sure(journal.commit)
        return "made"

    def _sure(self, act: Any) -> None:
        """An act that nobody else can make impossible: repeated as long as others are in the way."""
        while True:
            try:
                act()
            except KangkaError as fault:
                if fault.code != BUSY:
                    raise
                self.answers[BUSY] += 1
            else:
                return


def _weaken() -> None:
    """The control arm: acts see what others commit meanwhile, and are never held against each other."""
    postgres._ACT = postgres._ACT.replace("SERIALIZABLE", "READ COMMITTED")  # type: ignore[misc]
    postgres._TRIES_BESIDE = postgres._TRIES  # type: ignore[misc]


def _desk(folder: Path, plan: Plan, number: int, ready: int, go: int) -> dict[str, int]:
    again = postgres.ServerDatabase.again
    tried: Counter[str] = Counter()

    def counted(self: postgres.ServerDatabase, fault: Exception, attempt: int) -> bool:
        tried["collisions"] += 1
        return again(self, fault, attempt)

    postgres.ServerDatabase.again = counted  # type: ignore[method-assign]
    store = open_store(folder, replace(context(clock=SystemClock()), desk=f"{number:02d}"))
    os.write(ready, b".")
    os.read(go, 1)  # ends when the parent lets all go
    desk = Desk(store, plan, number)
    desk.work()
    store.close()
    return dict(desk.answers + tried)


def main(folder: Path, plan: Plan) -> int:
    """Fork the desks, let them go together, and print what each was told; 1 where one failed."""
    if not plan.serializable:
        _weaken()
    ready_read, ready = os.pipe()
    go, go_write = os.pipe()
    answers, children = [], []
    for number in range(1, plan.desks + 1):
        told_read, told = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(go_write)
            code = 1
            try:
                os.write(told, json.dumps(_desk(folder, plan, number, ready, go)).encode())
                code = 0
            finally:
                if code:
                    traceback.print_exc()
                os._exit(code)
        os.close(told)
        children.append(child)
        answers.append(told_read)
    os.close(ready)
    waiting = 0
    while waiting < plan.desks and (came := os.read(ready_read, 64)):
        waiting += len(came)
    os.close(go_write)
    failed = 0
    for child, answer in zip(children, answers, strict=True):
        with os.fdopen(answer, "rb") as stream:
            said = stream.read()
        _, status = os.waitpid(child, 0)
        failed |= status
        sys.stdout.write(said.decode() + "\n")
    return 1 if failed else 0


def as_json(plan: Plan) -> str:
    return json.dumps(asdict(plan))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Plan(**json.load(sys.stdin))))
