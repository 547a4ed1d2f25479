"""A whole training desk for the window: its store, chips, SAM and printers, opened off its thread.

A workplace is made once for each past that tests ask for, and copied: a new store, and each card with
its drawn faces, cost more than most of what is tested over them.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.main import open_desk
from app.opening import House, Options
from app.workflow.desk import Desk
from tests.helpers.people import CHEAP
from tests.ui.at_the_counter import STEPS, Counter, Past, off

_PATIENCE_S = 60


@contextmanager
def training_desk(folder: Path, *, sit: bool) -> Iterator[Desk]:
    """The desk over ``folder``; with ``sit`` the made-up clerk acts, else nobody is signed in."""
    with desk_of(Options(data=folder), House(cost=CHEAP), sit=sit) as desk:
        yield desk


@contextmanager
def desk_of(options: Options, house: House, *, sit: bool = True) -> Iterator[Desk]:
    """The desk of ``options``, opened and closed on a thread of its own."""
    opened, done = threading.Event(), threading.Event()
    made: list[Desk] = []

    def live() -> None:
        try:
            with open_desk(options, house=house, sit=sit) as desk:
                made.append(desk)
                opened.set()
                done.wait()
        finally:
            opened.set()

    thread = threading.Thread(target=live, name="composition")
    thread.start()
    opened.wait(_PATIENCE_S)
    try:
        if not made:
            raise RuntimeError("the desk did not open")
        yield made[0]
    finally:
        done.set()
        thread.join(_PATIENCE_S)


def after(*steps: str) -> pytest.MarkDecorator:
    """A test whose ``counter`` lived through these: ``"lost 1"`` stands for all that goes before it."""
    return pytest.mark.parametrize("counter", [steps], indirect=True, ids=["-".join(steps)])


class Workplaces:
    """Training workplaces with a past, each made once in a process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[str, ...], tuple[Path, Past]] = {}

    def copy(self, to: Path, *steps: str) -> Past:
        """A workplace of one's own at ``to``, and what the steps behind it gave."""
        folder, past = self._stage(_whole(steps))
        shutil.copytree(folder, to)
        return dict(past)

    def _stage(self, steps: tuple[str, ...]) -> tuple[Path, Past]:
        if steps in self._made:
            return self._made[steps]
        folder = self._folder / str(len(self._made))
        past: Past = {}
        if steps:
            before, past = self._stage(steps[:-1])
            folder = self._folder / str(len(self._made))
            shutil.copytree(before, folder)
        with training_desk(folder, sit=bool(steps)) as desk:
            if steps:
                counter = Counter(desk, dict(past))
                past = {**past, steps[-1]: counter.step(steps[-1])}
            else:
                off(lambda: _sign_everybody_in(desk))
        self._made[steps] = folder, past
        return folder, past


def _sign_everybody_in(desk: Desk) -> None:
    """The published verifiers cost what a guess costs at a desk; each is made cheap here, once."""
    for person in desk.sign_in.made_up():
        desk.sign_in.sign_in(person.name, person.password)
    desk.sign_in.sign_out()


def _whole(steps: tuple[str, ...]) -> tuple[str, ...]:
    """Every step with those that go before it, once each."""
    found: dict[str, None] = {}
    for step in steps:
        act, person = step.split()
        for earlier in (*STEPS[act], act):
            found[f"{earlier} {person}"] = None
    return tuple(found)
