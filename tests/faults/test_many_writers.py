"""Sixteen desks on one PostgreSQL store, all after the same people: each has one living card in the end.

Two things keep it so, and each alone is enough: acts that could not have happened one after another are
refused (SERIALIZABLE), and an index over living cards. The control arm has neither, and must find
somebody with two.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.card import LIVING
from app.store import database as db
from app.store import server_address
from app.store.store import Store, create, open_store
from tests.helpers.invariants import findings
from tests.helpers.many_writers import BUSY, REFUSALS, Plan, as_json
from tests.helpers.postgres import PostgresServer, postgres_server
from tests.store.support import application, context

__all__ = ["postgres_server"]
pytestmark = pytest.mark.part("postgresql")

ROOT = Path(__file__).parents[2]
DESKS = 16
# What `make prove` takes, and what every run of the suite takes of it.
WHOLE = (100_000, 2_000)
SAMPLE = (1_600, 64)
# What one belt or none is tried on: everybody is asked for by every desk, at about the same moment.
FEW = (768, 24)


@pytest.fixture
def centre(tmp_path: Path, postgres_server: PostgresServer) -> Path:
    """The folder of a store without people, on the server."""
    folder = tmp_path / "store"
    server_address.write(folder, postgres_server.address(), postgres_server.new_schema())
    create(folder, context()).close()
    return folder


def run(folder: Path, plan: Plan, *, index: bool = True) -> tuple[Store, Counter[str]]:
    """Have the desks work; the store after it, and what all were told together."""
    store = open_store(folder, context())
    for number in range(1, plan.people + 1):
        store.applications.freeze(application(number))
    if not index:
        db.run(store._database, "DROP INDEX card_one_living")
    store.close()
    done = subprocess.run(
        [sys.executable, "-m", "tests.helpers.many_writers", str(folder)],
        input=as_json(plan),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: Counter[str] = Counter()
    for line in done.stdout.splitlines():
        answers = json.loads(line)
        # Every attempt of every desk was answered: by a card, or by a refusal that says why.
        answered = sum(n for name, n in answers.items() if name in REFUSALS | {"made", "spoiled"})
        assert answered == plan.attempts // plan.desks, answers
        told += Counter(answers)
    return open_store(folder, context()), told


def living(store: Store) -> Counter[str]:
    """How many living cards each person has."""
    states = ", ".join(f"'{state.value}'" for state in LIVING)
    rows = db.run(store._database, f"SELECT person_id FROM card WHERE state IN ({states})")  # noqa: S608
    return Counter(str(row[0]) for row in rows.fetchall())


@pytest.mark.prove
def test_each_person_has_one_living_card_in_the_end(
    centre: Path, seed: int, proving: bool, record_proof: Callable[[str, int], None]
) -> None:
    attempts, people = WHOLE if proving else SAMPLE
    store, told = run(centre, Plan(DESKS, attempts, people, seed))
    try:
        cards = living(store)
        assert (len(cards), set(cards.values())) == (people, {1})
        assert told["made"] == people
        # Numbers without a gap at each desk, every desk's chain whole, a row for all that was done.
        assert findings(store) == []
        desks = db.run(store._database, "SELECT count(DISTINCT desk) FROM audit").fetchone()[0]
        assert desks > DESKS // 2
        # The desks were in each other's way, else nothing was tried.
        assert told["collisions"] > 0
    finally:
        store.close()
    record_proof("attempts of 16 writers on PostgreSQL", attempts)
    record_proof("people, each with one living card after it", people)
    record_proof("acts run again because of another desk", told["collisions"])
    record_proof("attempts answered busy and repeated", told[BUSY])


@pytest.mark.parametrize(
    ("serializable", "index"), [(True, False), (False, True)], ids=["serializable", "index"]
)
def test_each_of_the_two_keeps_it_alone(
    centre: Path, seed: int, serializable: bool, index: bool
) -> None:
    attempts, people = FEW
    plan = Plan(DESKS, attempts, people, seed, whole=False, serializable=serializable)
    store, told = run(centre, plan, index=index)
    cards = living(store)
    store.close()
    assert (len(cards), set(cards.values())) == (people, {1})
    assert told["made"] == people


def test_with_neither_somebody_has_two(centre: Path, seed: int) -> None:
    attempts, people = FEW
    plan = Plan(DESKS, attempts, people, seed, whole=False, serializable=False)
    store, _told = run(centre, plan, index=False)
    found = findings(store, audit=False)
    store.close()
    assert any("living cards" in breach for breach in found), found
