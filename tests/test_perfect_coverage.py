"""The heart is covered to the last branch by its own tests; and the measuring finds what is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tools import perfect

ROOT = Path(__file__).parents[1]

MODULE = """
def sign(number):
    if number < 0:
        return "-"
    return ""


def both(a, b):
    kept = a
    if b:
        kept += b
    return kept
"""
FULL = """
import pytest
from app.part.signs import both, sign


@pytest.fixture
def shown():
    return both(1, 2) + both(1, 0)


def test_whole(shown):
    assert (shown, sign(-1), sign(1)) == (4, "-", "")
"""
HALF = """
from app.part.half import both, sign


def test_half():
    assert (sign(1), both(1, 2)) == ("", 3)
"""
LIST = 'whole = ["app/part"]\n[modules]\n"app/part/signs.py" = ["tests/part/{}"]\n'


def test_the_heart_is_covered_to_the_last_branch_by_its_own_tests() -> None:
    code, words = perfect.run()
    assert code == perfect.GREEN, words[-6000:]


@pytest.mark.prove
def test_the_modules_of_a_desks_day_are_covered_as_well(
    sample: Callable[[Sequence[Any], int], list[Any]],
    proving: bool,
    tmp_path: Path,
    record_proof: Callable[[str, int], None],
) -> None:
    listed = perfect.read_list(ROOT / "tests" / "perfect-day.toml", ROOT)
    chosen = listed if proving else sample(listed, 1)
    rows = "".join(f"{json.dumps(each.module)} = {json.dumps(each.tests)}\n" for each in chosen)
    part = tmp_path / "part.toml"
    part.write_text(f"[modules]\n{rows}", encoding="utf-8")
    code, words = perfect.run(part)
    assert code == perfect.GREEN, words[-6000:]
    record_proof("modules covered to the last branch", len(chosen))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small checkout: one module, a test that covers it and one that covers half of it."""
    for folder in ("app/part", "tests/part"):
        (tmp_path / folder).mkdir(parents=True)
    for package in ("app", "app/part"):
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "app/part/signs.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "tests/part/test_full.py").write_text(FULL, encoding="utf-8")
    (tmp_path / "tests/part/test_half.py").write_text(HALF, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = prove\n", encoding="utf-8")
    return tmp_path


def measured(tree: Path, wanted: str) -> tuple[int, str]:
    path = tree / "list.toml"
    path.write_text(wanted, encoding="utf-8")
    return perfect.run(path, tree)


def test_a_branch_that_its_own_tests_leave_out_is_named(tree: Path) -> None:
    # The same module twice. One is judged by tests that cover it; the other's own tests do not, though
    # a comment asks to be spared and another module's tests run all of it.
    hidden = MODULE.replace('return "-"', 'return "-"  # pragma: no cover')
    (tree / "app/part/half.py").write_text(hidden, encoding="utf-8")
    half = FULL.replace("app.part.signs", "app.part.half")
    (tree / "tests/part/test_strange.py").write_text(half, encoding="utf-8")
    listed = LIST.format('test_full.py", "tests/part/test_strange.py')
    code, words = measured(tree, listed + '"app/part/half.py" = ["tests/part/test_half.py"]\n')
    assert code == perfect.MISSING, words
    assert "line 4; branch 3 to 4; branch 10 to 12" in words
    assert "not covered to the last branch: app/part/half.py\n" in words


def test_red_tests_cover_nothing(tree: Path) -> None:
    (tree / "tests/part/test_full.py").write_text(FULL.replace("(4,", "(5,"), encoding="utf-8")
    assert measured(tree, LIST.format("test_full.py"))[0] == perfect.RED


def test_a_list_that_leaves_a_module_out_is_refused(tree: Path) -> None:
    path = tree / "list.toml"
    (tree / "app/part/forgotten.py").touch()
    path.write_text(LIST.format("test_full.py"), encoding="utf-8")
    with pytest.raises(ValueError, match="forgotten"):
        perfect.read_list(path, tree)
    path.write_text(LIST.format("test_gone.py"), encoding="utf-8")
    with pytest.raises(ValueError, match="not there"):
        perfect.read_list(path, tree)
    path.write_text('[modules]\n"app/part/signs.py" = []\n', encoding="utf-8")
    with pytest.raises(ValueError, match="no tests"):
        perfect.read_list(path, tree)
