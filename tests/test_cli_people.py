"""Who acts at a training desk: its made-up staff alone; a second person may be named."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.base.resources import read_toml, resource
from app.main import Options, open_desk
from tests.helpers.commands import Kangka

STAFF: list[str] = read_toml(resource("training", "desk.toml"))["staff"]


@pytest.fixture
def kangka(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    return Kangka(tmp_path / "desk", capsys)


def test_the_made_up_clerk_acts_unless_another_is_named(tmp_path: Path) -> None:
    assert len(STAFF) > 1
    with open_desk(Options(data=tmp_path)) as desk:
        assert desk.workplace().operator == STAFF[0]
    with open_desk(Options(data=tmp_path, operator=STAFF[1])) as desk:
        assert desk.workplace().operator == STAFF[1]
        application = desk.save(desk.draft_from_training(0))
        evidence = desk._parts.applications.get(application).evidence
        assert evidence is not None
        assert evidence.collected_by == STAFF[1]


@pytest.mark.parametrize("switch", ["--operator", "--second"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_stranger_is_refused_by_who_there_is(kangka: Kangka, switch: str, lang: str) -> None:
    answer = kangka.run(
        *("--data", kangka.folder, "--training", "--json", "--lang", lang),
        *(switch, "Nobody Here", "case", "list"),
    )
    assert answer.error["code"] == "staff.unknown"
    assert all(name in answer.error["remedy"] for name in STAFF)
    assert "Nobody Here" not in answer.err
    assert not kangka.folder.exists()


def test_a_second_person_may_be_named(kangka: Kangka) -> None:
    answer = kangka.run(
        *("--data", kangka.folder, "--training", "--json", "--operator", STAFF[0]),
        *("--second", STAFF[1], "case", "list"),
    )
    assert answer.json == {"cases": []}
