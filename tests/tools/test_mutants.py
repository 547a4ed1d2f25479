"""The runner of mutants tells a killed one from one that survived, and from one that judged nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import mutants
from tools.mutants import LIST, Edit, Mutant, controls_of, plant, plant_all, read_list

TESTS = ("tests/cardspec/test_files.py",)


def mutant(find: str, replace: str, tests: tuple[str, ...] = TESTS) -> Mutant:
    return Mutant("one", (edit(find, replace),), tests)


def edit(find: str, replace: str = "x") -> Edit:
    return Edit("app/cardspec/tlv.py", find, replace)


def test_the_list_reads_and_every_fault_can_be_planted_now() -> None:
    for one in read_list(LIST):
        for change in one.edits:
            text = (mutants.ROOT / change.file).read_text(encoding="utf-8")
            assert plant(text, change) != text, one.name
        for test in one.tests:
            if not test.startswith("-"):
                assert (mutants.ROOT / test.split("::")[0]).exists(), f"{one.name}: {test}"


@pytest.mark.parametrize("text", ["nothing", "twice twice"])
def test_a_text_that_stands_not_once_is_not_planted(text: str) -> None:
    with pytest.raises(ValueError, match="not once"):
        plant(text, edit("twice"))


def test_a_codec_and_its_twin_are_made_wrong_alike(tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    path.write_text(
        '[[mutant]]\nname = "a"\nfile = "one.py"\nfind = "big"\nreplace = "little"\ntests = ["t"]\n'
        'also = [{ find = "BIG", replace = "SMALL" }, { file = "two.py", find = "x", replace = "y" }]\n',
        encoding="utf-8",
    )
    (tmp_path / "one.py").write_text("big BIG", encoding="utf-8")
    (tmp_path / "two.py").write_text("x", encoding="utf-8")
    (both,) = read_list(path)
    plant_all(tmp_path, both)
    assert (tmp_path / "one.py").read_text(encoding="utf-8") == "little SMALL"
    assert (tmp_path / "two.py").read_text(encoding="utf-8") == "y"


def test_every_named_test_is_run_without_a_fault_file_by_file() -> None:
    named = [
        ("tests/a.py::one",),
        ("tests/b.py",),
        ("tests/a.py::two", "tests/b.py::three"),
        ("tests/b.py",),
    ]
    listed = [mutant("x", "y", tests) for tests in named]
    assert controls_of(listed) == [
        ("tests/a.py::one", "tests/a.py::two"),
        ("tests/b.py", "tests/b.py::three"),
    ]


def test_two_of_one_name_and_one_that_changes_nothing_are_refused(tmp_path: Path) -> None:
    row = '[[mutant]]\nname = "a"\nfile = "f"\nfind = "x"\nreplace = "{}"\ntests = ["t"]\n'
    path = tmp_path / "list.toml"
    path.write_text(row.format("y") * 2, encoding="utf-8")
    with pytest.raises(ValueError, match="share a name"):
        read_list(path)
    path.write_text(row.format("x"), encoding="utf-8")
    with pytest.raises(ValueError, match="changes nothing"):
        read_list(path)


def test_a_fault_that_tests_notice_is_killed_and_a_comment_survives() -> None:
    head = "def decode_record("
    broken = mutants.try_mutant(mutant(head, "def ("))
    assert not broken.good
    assert broken.words.startswith("judged nothing")
    killed = mutants.try_mutant(mutant("return bytes((tag, len(value))) + value", "return value"))
    assert killed.good
    assert killed.words == "killed"
    assert killed.by.startswith("tests/cardspec/test_files.py::")
    survived = mutants.try_mutant(mutant(head, "# the same\n" + head))
    assert not survived.good
    assert survived.words == "SURVIVED"
