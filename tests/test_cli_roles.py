"""Role by command by state, by script: a refusal exits with 1, is one row, and changes nothing else.

The lines and their verdicts stand in tests/helpers/role_lines.py, the states in role_states.py, what is
looked at in role_judge.py. A short run takes a seeded sample of each line, the long one all of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base.errors import KangkaError
from app.cli.arguments import parser
from app.domain.application import Realm
from app.domain.staff import PEOPLE, Level, Permissions, Role, load_permissions
from app.workflow.gate import Gate
from tests.helpers.role_judge import Cell, Judge, cells_of, may, states
from tests.helpers.role_lines import (
    LINES,
    OF_A_WORKPLACE,
    WITHOUT_A_COMMAND,
    WITHOUT_A_DESK,
    Line,
)
from tests.helpers.role_states import Prepared, prepared_once
from tests.helpers.role_verdicts import NOT_PERMITTED, acts_of, state_of, verdict

PERMISSIONS = load_permissions()
Sample = Callable[[Sequence[Cell], int], list[Cell]]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Prepared:
    return prepared_once(tmp_path_factory, workers=hasattr(request.config, "workerinput"))


@pytest.fixture
def judge(made: Prepared, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Judge:
    return Judge(made, tmp_path, capsys)


# --------------------------------------------------------------------------------- the tables are whole


def commands(of: argparse.ArgumentParser, before: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command that can be typed, by the words that name it."""
    below = [action for action in of._actions if isinstance(action, argparse._SubParsersAction)]
    for action in below:
        for name, child in action.choices.items():
            yield from commands(child, (*before, name))
    if not below:
        yield " ".join(before)


def test_every_command_has_a_line() -> None:
    """Whoever adds a command adds its line; a command that is gone takes its line with it."""
    known = {line.command for line in LINES} | OF_A_WORKPLACE | WITHOUT_A_DESK
    assert set(commands(parser())) == known
    assert all(line.words.startswith(line.command) for line in LINES)


def test_every_act_has_a_line_or_no_command() -> None:
    # Acts that a state, a second person or a live workplace tells apart (test_cli_states.py).
    by_state = {"recover-card", "activate", "close-shift-of-another", "close-shift-with-difference"}
    acts = {act for line in LINES for act in line.acts if act} | by_state
    acts |= {"enrol-typed"}
    assert acts | WITHOUT_A_COMMAND == set(PERMISSIONS.levels)
    assert not acts & WITHOUT_A_COMMAND


def test_every_prepared_state_is_what_it_is_called(made: Prepared, tmp_path: Path) -> None:
    tables = {"card": "card", "application": "application", "case": "making"}
    folders: dict[str, dict[str, dict[str, str]]] = {}
    for kind in tables:
        for state, place in made.places[kind].items():
            if place.desk not in folders:
                folders[place.desk] = states(made.copy(place.desk, tmp_path / place.desk))
            called = {"doubt": "written", "blocking": "verified"}.get(state, state)
            wanted = called if kind == "case" else state_of(kind, state)
            found = folders[place.desk][tables[kind]].get(place.words[kind])
            assert found == (None if state == "nowhere" else wanted), (kind, state)


# -------------------------------------------------------------------------------------- the product


@pytest.mark.prove
@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_a_role_does_what_is_its_own_where_the_state_lets_it(
    line: Line,
    *,
    made: Prepared,
    judge: Judge,
    sample: Sample,
    proving: bool,
    record_proof: Callable[[str, int], None],
) -> None:
    cells = list(cells_of(line, made))
    own = [cell for cell in cells if line.looks or may(cell, PERMISSIONS)]
    chosen = cells if proving else sample(own, 1)
    findings = [text for cell in chosen for text in judge.findings(cell, PERMISSIONS)]
    assert findings == []
    ends = [verdict(cell.line, cell.role, cell.state, PERMISSIONS).code for cell in chosen]
    done, barred_count = ends.count(None), ends.count(NOT_PERMITTED)
    record_proof("commands that a role does not have, refused", barred_count)
    record_proof("commands that a state does not allow, refused", len(ends) - done - barred_count)
    record_proof("commands done by who may, where they may", done)


def test_a_role_is_refused_what_is_not_its_own(made: Prepared, judge: Judge, sample: Sample) -> None:
    """A sample over all lines together; the long run has every one of these among its cells."""
    cells = [cell for line in LINES for cell in cells_of(line, made) if not may(cell, PERMISSIONS)]
    assert [text for cell in sample(cells, 12) for text in judge.findings(cell, PERMISSIONS)] == []


# -------------------------------------------------------------------------------------- its controls


def planted(act: str, role: Role, level: Level) -> Permissions:
    """The table with one level changed."""
    levels = {known: dict(row) for known, row in PERMISSIONS.levels.items()}
    levels[act][role] = level
    return replace(PERMISSIONS, levels=levels)


def telling(made: Prepared, act: str, role: Role, level: Level) -> Cell | None:
    """A cell whose verdict the change turns round; None where no line asks for the act."""
    changed = planted(act, role, level)
    for line in LINES:
        for cell in cells_of(line, made):
            if cell.role is role and act in acts_of(line, role, cell.state):
                before, after = (
                    verdict(line, role, cell.state, table) for table in (PERMISSIONS, changed)
                )
                if before.code != after.code:
                    return cell
    return None


def changes(made: Prepared) -> list[tuple[str, Role, Level, Cell]]:
    """Every level that could be another by mistake, with a cell that shows it."""
    found = []
    for act in PERMISSIONS.levels:
        for role in PEOPLE:
            level = PERMISSIONS.level(act, role)
            wrong = Level.HIDDEN if level is Level.ACT else Level.ACT
            cell = telling(made, act, role, wrong)
            if cell is not None:
                found.append((act, role, wrong, cell))
    return found


@pytest.mark.prove
def test_a_level_that_was_widened_or_taken_away_is_noticed(
    *,
    made: Prepared,
    judge: Judge,
    sample: Callable[[Sequence[Any], int], list[Any]],
    proving: bool,
    monkeypatch: pytest.MonkeyPatch,
    record_proof: Callable[[str, int], None],
) -> None:
    everything = changes(made)
    assert len(everything) > 5 * len(PERMISSIONS.levels) // 2
    chosen = everything if proving else sample(everything, 3)
    for act, role, wrong, cell in chosen:
        with monkeypatch.context() as patch:
            patch.setattr(
                "app.opening.load_permissions", lambda a=act, r=role, w=wrong: planted(a, r, w)
            )
            assert judge.findings(cell, PERMISSIONS), f"{act} of {role.value} as {wrong.value}: {cell}"
    record_proof("planted levels of the permissions noticed", len(chosen))


def _silent(_gate: Gate, _act: str, _refusal: KangkaError, _subject: str | None = None) -> None:
    """A gate that tells and does not record."""


def _twice(gate: Gate, act: str, refusal: KangkaError, subject: str | None = None) -> None:
    RECORD(gate, act, refusal, subject)
    gate._recorded.discard(refusal)
    RECORD(gate, act, refusal, subject)


def _under_another_act(gate: Gate, _act: str, refusal: KangkaError, subject: str | None = None) -> None:
    RECORD(gate, "look-up", refusal, subject)


def _and_does_something(gate: Gate, act: str, refusal: KangkaError, subject: str | None = None) -> None:
    RECORD(gate, act, refusal, subject)
    gate._records.durable("test", lambda unit: unit.number(Realm.TRAINING, "Z"))


RECORD = Gate.refused


def test_a_gate_that_records_otherwise_is_noticed(
    made: Prepared, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = next(line for line in LINES if line.command == "till open")
    by_role, by_state = Cell(line, Role.AUDIT, "closed"), Cell(line, Role.CLERK, "calm")
    assert not judge.findings(by_role, PERMISSIONS) + judge.findings(by_state, PERMISSIONS)
    for gate in (_silent, _twice, _under_another_act, _and_does_something):
        monkeypatch.setattr(Gate, "refused", gate)
        assert judge.findings(by_role, PERMISSIONS), gate.__name__
        assert judge.findings(by_state, PERMISSIONS), gate.__name__


# ------------------------------------------------------------------------------ the table of permissions

# Whoever works here may ask whether the records are whole; it shows and changes nothing.
EVERYBODYS = frozenset({"audit-verify"})


def test_every_act_has_somebody_who_may_do_it_or_look() -> None:
    for act in PERMISSIONS.levels:
        assert any(PERMISSIONS.level(act, role) is not Level.HIDDEN for role in PEOPLE), act


def test_administrators_have_no_part_in_the_counters_work() -> None:
    counter = [
        act
        for act in set(PERMISSIONS.levels) - EVERYBODYS
        if PERMISSIONS.level(act, Role.CLERK) is Level.ACT
        or PERMISSIONS.level(act, Role.SUPERVISOR) is Level.ACT
    ]
    for act in counter:
        for role in (Role.SYSTEM, Role.SECURITY, Role.AUDIT):
            assert PERMISSIONS.level(act, role) is not Level.ACT, act


def test_the_three_administrators_share_no_act() -> None:
    for act in set(PERMISSIONS.levels) - EVERYBODYS:
        doing = [
            role
            for role in (Role.SYSTEM, Role.SECURITY, Role.AUDIT)
            if PERMISSIONS.level(act, role) is Level.ACT
        ]
        assert len(doing) <= 1, act
