"""Who takes a whole training workplace home finds nobody in it, but in the papers meant for people."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import main as composition
from app.domain.resident import Resident
from app.training import Crowd
from tests.helpers.needles import needles

PEOPLE = 2
SEED = 7
# Papers bear what people read; they are not searched.
PAPERS = {".pdf", ".png"}
# A shorter word is found by chance, or is a code.
SHORTEST = 8


def words(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for inner in value:
            yield from words(inner)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from words(getattr(value, field.name))


def of_person(person: Resident) -> Iterator[bytes]:
    for word in set(words(person)) - {person.birth_date}:
        for raw in needles(word).values():
            if len(raw) >= SHORTEST:
                yield raw
    for picture in (person.photo, person.face_photo):
        if picture:
            yield picture[64:96]


@pytest.fixture(scope="module")
def sought() -> set[bytes]:
    crowd = Crowd(seed=SEED)
    return {raw for number in range(PEOPLE) for raw in of_person(crowd.person(number))}


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("stolen") / "workplace"
    made = composition.demo(composition.Options(), out, PEOPLE, SEED)
    assert made["issued"] == PEOPLE
    return out


def hits(folder: Path, sought: set[bytes]) -> set[str]:
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix not in PAPERS:
            raw = path.read_bytes()
            found |= {path.name for needle in sought if needle in raw}
    return found


def test_nobody_stands_in_a_stolen_workplace(workplace: Path, sought: set[bytes]) -> None:
    assert len(sought) > 100
    assert hits(workplace, sought) == set()


def test_no_paper_is_named_after_anybody(workplace: Path, sought: set[bytes]) -> None:
    names = "\n".join(str(path) for path in workplace.rglob("*")).encode()
    assert not [needle for needle in sought if needle in names]


def test_control_one_word_left_lying_is_found(tmp_path: Path, sought: set[bytes]) -> None:
    for number, needle in enumerate(sorted(sought)):
        (tmp_path / f"{number}").write_bytes(b"hay" + needle + b"hay")
    assert len(hits(tmp_path, sought)) == len(sought)


def test_the_training_root_is_told_in_its_own_file_alone(workplace: Path) -> None:
    (told,) = workplace.rglob("TRAINING-root.json")
    root = json.loads(told.read_bytes())["training_root_key"]
    forms = {bytes.fromhex(root), root.encode(), root.lower().encode()}
    where = {
        path.name
        for path in workplace.rglob("*")
        if path.is_file() and any(form in path.read_bytes() for form in forms)
    }
    assert where == {told.name}
