"""Lives as tables: state, event, guard, role, next state (design decision 4).

A life is data (``resources/lives``). What is not a row is refused with the reason; screens, tests and
docs/lifecycle.md are drawn from the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

from app.base.errors import N_, KangkaError, Word
from app.base.resources import read_toml, resource
from app.domain.staff import Role

# The next state of a row that brings a thing back to where it was (a found card).
AS_BEFORE: Final = "as-before"


def life_word(life: str, part: str, value: str) -> Word:
    """A state, event or guard (``part``) of a life for people: msgctxt "card-state", msgid "ready"."""
    return Word(value, f"{life}-{part}")


@dataclass(eq=False)
class EventNotAllowed(KangkaError):
    """An event that a thing in this state does not have."""

    life: str
    state: str
    event: str

    code = "life.event-not-allowed"
    cause = N_("{event} is not possible: this {life} is {state}.")
    meaning = N_("Nothing was changed.")
    remedy = N_("Look at its state; what is possible now stands beside it.")

    def params(self) -> dict[str, Any]:
        return {
            "life": self.life,
            "state": life_word(self.life, "state", self.state),
            "event": life_word(self.life, "event", self.event),
        }


@dataclass(eq=False)
class RoleNotAllowed(KangkaError):
    """An event that another role decides."""

    life: str
    event: str
    role: str

    code = "life.role-not-allowed"
    cause = N_("{event} of this {life} is not decided by the role {role}.")
    meaning = N_("Nothing was changed, and the refusal is recorded.")
    remedy = N_("Ask someone whose role it is.")

    def params(self) -> dict[str, Any]:
        return {
            "life": self.life,
            "event": life_word(self.life, "event", self.event),
            "role": self.role,
        }


@dataclass(eq=False)
class GuardNotMet(KangkaError):
    """An event whose condition is not fulfilled."""

    life: str
    event: str
    guard: str

    code = "life.guard-not-met"
    cause = N_("{event} is not possible yet: {guard}.")
    meaning = N_("Nothing was changed.")
    remedy = N_("Do what is missing first.")

    def params(self) -> dict[str, Any]:
        return {
            "life": self.life,
            "event": life_word(self.life, "event", self.event),
            "guard": life_word(self.life, "guard", self.guard),
        }


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a life. ``guards`` name facts that must all be true."""

    state: str
    event: str
    next: str
    roles: frozenset[Role]
    guards: tuple[str, ...] = ()

    def target(self, before: str | None) -> str:
        """The next state, where ``before`` is the state that a found thing goes back to."""
        if self.next != AS_BEFORE:
            return self.next
        if before is None:
            raise ValueError(f"{self.event} goes back to a state that was not kept")
        return before


@dataclass(frozen=True)
class Life:
    """All rows of one kind of thing. ``states``, ``events``, ``guards`` give each its Chinese word."""

    name: str
    title_zh: str
    title_en: str
    initial: str
    states: Mapping[str, str]
    events: Mapping[str, str]
    guards: Mapping[str, str]
    final: frozenset[str]
    steps: tuple[Step, ...]

    @cached_property
    def _by_key(self) -> dict[tuple[str, str], Step]:
        return {(step.state, step.event): step for step in self.steps}

    def row(self, state: str, event: str) -> Step:
        """The row of ``event``, whoever decides it; ``EventNotAllowed`` where there is none."""
        step = self._by_key.get((state, event))
        if step is None:
            raise EventNotAllowed(life=self.name, state=state, event=event)
        return step

    def step(self, state: str, event: str, role: Role, facts: Mapping[str, bool]) -> Step:
        """The row of ``event``, or the refusal that says which condition stands against it.

        ``facts`` are the guards' values; one that is not named counts as not fulfilled.
        """
        step = self.row(state, event)
        if role not in step.roles:
            raise RoleNotAllowed(life=self.name, event=event, role=role.value)
        for guard in step.guards:
            if not facts.get(guard, False):
                raise GuardNotMet(life=self.name, event=event, guard=guard)
        return step

    def possible(self, state: str) -> tuple[Step, ...]:
        """Every row of a state, in the table's order: what a screen offers."""
        return tuple(step for step in self.steps if step.state == state)


def load_life(name: str, folder: Path | None = None) -> Life:
    """One life by its file's name; ValueError where its rows contradict each other.

    The shipped ones are read once a process: every store that is opened asks for them.
    """
    return _shipped(name) if folder is None else _read(name, folder)


@cache
def _shipped(name: str) -> Life:
    return _read(name, resource("lives"))


def _read(name: str, folder: Path) -> Life:
    tables = read_toml(folder / f"{name}.toml")
    steps = tuple(
        Step(
            row["state"],
            row["event"],
            row["next"],
            frozenset(Role(role) for role in row["roles"]),
            tuple(row.get("guards", ())),
        )
        for row in tables["step"]
    )
    life = Life(
        name=name,
        title_zh=tables["title_zh"],
        title_en=tables["title_en"],
        initial=tables["initial"],
        states=tables["states"],
        events=tables["events"],
        guards=tables.get("guards", {}),
        final=frozenset(tables.get("final", ())),
        steps=steps,
    )
    _check(life)
    return life


def _check(life: Life) -> None:
    if len({(step.state, step.event) for step in life.steps}) != len(life.steps):
        raise ValueError(f"{life.name}: two rows for one state and event")
    for step in life.steps:
        known = life.states.keys() | {AS_BEFORE}
        unknown = {step.state, step.next} - known
        if unknown or step.event not in life.events or set(step.guards) - life.guards.keys():
            raise ValueError(f"{life.name}: {step.state}/{step.event} names what is not there")
        if step.state in life.final:
            raise ValueError(f"{life.name}: {step.state} is final and has {step.event}")
    reached, found = set[str](), {life.initial}
    while found - reached:
        reached |= found
        # Back to where it was is a state that was reached before it.
        found |= {step.next for step in life.steps if step.state in reached} - {AS_BEFORE}
    named = life.final | {life.initial}
    missing = (named - life.states.keys()) | (life.states.keys() - reached)
    if missing:
        raise ValueError(f"{life.name}: never reached: {sorted(missing)}")
    idle = life.events.keys() - {step.event for step in life.steps}
    idle |= life.guards.keys() - {guard for step in life.steps for guard in step.guards}
    if idle:
        raise ValueError(f"{life.name}: in no row: {sorted(idle)}")
