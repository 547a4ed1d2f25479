"""Plant named faults, one at a time, in private copies of the tree: each must turn its tests red.

tests/mutants.toml lists them. A mutant is a file, an exact text that stands there once, what replaces
it, and the tests (pytest's arguments) that must notice; ``also`` lists further edits of the same fault,
so that a codec and its twin can be wrong alike. The same tests must be green without it, or red would
prove nothing; they are run together for that, file by file. Properties take the same examples in
every run, so that a mutant is not killed by luck.

``python tools/mutants.py [WORD...]`` runs those whose name holds one of the words; exit code 1 where a
mutant survived, could not be planted, or its tests were not green to begin with.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "tests" / "mutants.toml"
COPIED = ("app", "resources", "tests", "tools", "docs", "locks", "pyproject.toml")
AT_ONCE = 2
LIMIT_S = 600
# pytest's exit codes: tests failed; anything above is a run that judged nothing.
GREEN, RED = 0, 1
# How pytest's summary names the first test that noticed.
NOTICED = re.compile(r"^(?:FAILED|ERROR) ([^\s\[]+)", re.MULTILINE)


@dataclass(frozen=True)
class Edit:
    """``find``, which stands in ``file`` once, becomes ``replace``."""

    file: str
    find: str
    replace: str


@dataclass(frozen=True)
class Mutant:
    """One fault, as one edit or several at once, and the tests that must fail with it."""

    name: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """How one run ended: ``good`` as it should, ``words`` for the table, ``output`` of pytest's end,
    and ``by`` the test that noticed."""

    name: str
    good: bool
    words: str
    seconds: float
    output: str
    by: str = ""


def read_list(path: Path) -> list[Mutant]:
    """The mutants of a list; ValueError where a name stands twice or nothing would change."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
    mutants = [
        Mutant(
            row["name"],
            tuple(
                Edit(edit.get("file", row["file"]), edit["find"], edit["replace"])
                for edit in (row, *row.get("also", ()))
            ),
            tuple(row["tests"]),
        )
        for row in rows
    ]
    names = [mutant.name for mutant in mutants]
    if len(set(names)) != len(names):
        raise ValueError(f"two mutants share a name: {sorted({n for n in names if names.count(n) > 1})}")
    for mutant in mutants:
        if any(edit.find == edit.replace for edit in mutant.edits) or not mutant.tests:
            raise ValueError(f"mutant {mutant.name!r} changes nothing or names no tests")
    return mutants


def plant(text: str, edit: Edit) -> str:
    """``text`` with the fault in it; ValueError unless what it replaces stands there exactly once."""
    count = text.count(edit.find)
    if count != 1:
        raise ValueError(f"its text stands {count} times in {edit.file}, not once")
    return text.replace(edit.find, edit.replace)


def plant_all(tree: Path, mutant: Mutant) -> None:
    """Write every edit of a mutant into ``tree``; ValueError or OSError where one can not be."""
    for edit in mutant.edits:
        path = tree / edit.file
        path.write_text(plant(path.read_text(encoding="utf-8"), edit), encoding="utf-8")
        for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
            compiled.unlink()


def run_tests(tree: Path, tests: Sequence[str]) -> tuple[int, str]:
    """pytest's exit code and output for ``tests`` in ``tree``, which it must not leave."""
    environment = os.environ | {
        "PYTHONPATH": str(tree),  # before the checkout that the environment was installed from
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
    }
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--tb=line"]
    command += ["--hypothesis-seed=0", *tests]
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return -1, f"not finished within {LIMIT_S} s"
    return done.returncode, done.stdout + done.stderr


def in_copy(act: Callable[[Path], Outcome]) -> Outcome:
    """``act`` on a copy of the tree that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="kangka-mutant-") as folder:
        tree = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                # Compiled modules come along: they stay good, because times of change are kept.
                shutil.copytree(source, tree / name)
            elif source.exists():
                shutil.copy2(source, tree / name)
        return act(tree)


def try_mutant(mutant: Mutant) -> Outcome:
    """Plant one mutant and say whether its tests turned red."""

    def act(tree: Path) -> Outcome:
        began = time.monotonic()
        try:
            plant_all(tree, mutant)
        except (OSError, ValueError) as fault:
            return Outcome(mutant.name, good=False, words=f"not planted: {fault}", seconds=0, output="")
        code, output = run_tests(tree, mutant.tests)
        words = {GREEN: "SURVIVED", RED: "killed"}.get(code, f"judged nothing (pytest {code})")
        noticed = NOTICED.search(output)
        by = noticed.group(1) if noticed else ""
        return Outcome(mutant.name, code == RED, words, time.monotonic() - began, output, by)

    return in_copy(act)


def try_unchanged(tests: tuple[str, ...]) -> Outcome:
    """Run one set of tests on the tree as it is and say whether it was green."""

    def act(tree: Path) -> Outcome:
        began = time.monotonic()
        code, output = run_tests(tree, tests)
        words = "green" if code == GREEN else f"NOT GREEN (pytest {code})"
        return Outcome(
            "unchanged: " + ", ".join(tests), code == GREEN, words, time.monotonic() - began, output
        )

    return in_copy(act)


def controls_of(mutants: Sequence[Mutant]) -> list[tuple[str, ...]]:
    """What must be green without any fault: every test that a mutant names, a run a test file."""
    by_file: dict[str, set[str]] = {}
    for test in sorted({test for mutant in mutants for test in mutant.tests}):
        by_file.setdefault(test.partition("::")[0], set()).add(test)
    return [tuple(sorted(named)) for _file, named in sorted(by_file.items())]


def main(words: list[str]) -> int:
    mutants = [m for m in read_list(LIST) if not words or any(word in m.name for word in words)]
    if not mutants:
        print("no mutant has such a name", file=sys.stderr)
        return 1
    controls = controls_of(mutants)
    began = time.monotonic()
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = [pool.submit(try_unchanged, tests) for tests in controls]
        runs += [pool.submit(try_mutant, mutant) for mutant in mutants]
        for run in runs:
            outcome = run.result()
            outcomes.append(outcome)
            by = f"  ({outcome.by})" if outcome.by else ""
            print(f"{outcome.seconds:6.1f} s  {outcome.words:<8} {outcome.name}{by}", flush=True)
    bad = [outcome for outcome in outcomes if not outcome.good]
    for outcome in bad:
        print(f"\n--- {outcome.name}: {outcome.words}\n{outcome.output[-2000:]}")
    killed = sum(outcome.words == "killed" for outcome in outcomes)
    print(
        f"{killed} of {len(mutants)} mutants killed, "
        f"{sum(outcome.words == 'green' for outcome in outcomes)} of {len(controls)} controls green, "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
