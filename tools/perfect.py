"""Hold the heart's modules to full line and branch coverage, each by its own tests alone.

tests/perfect.toml says which tests those are. All of them run once, in one process of their own with a
data file that is gone afterwards; what ran is kept apart by test file, so that a module is judged by
its own tests. No comment takes a line out of the account.

``python tools/perfect.py [LIST]`` prints a row a module; exit code 1 where a line or branch is
missing, 2 where the tests themselves were not green.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).resolve().parents[1]
LIST = ROOT / "tests" / "perfect.toml"
# What coverage leaves out by itself: bodies of protocols, which nobody can run.
NO_BODY = r"^\s*(def .*)?\.\.\.\s*$"
QUIETLY = ("-q", "--no-header", "--tb=short", "-m", "not prove", "-p", "no:xdist", "-p", "no:pytest-qt")
GREEN, MISSING, RED = 0, 1, 2


@dataclass(frozen=True)
class Covered:
    """One module of the list and the test files or folders that must cover it, all from the root."""

    module: str
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Finding:
    """How much of a module its tests run; ``missing`` names lines and branches, empty when none is."""

    module: str
    lines: int
    branches: int
    missing: tuple[str, ...]


def read_list(path: Path, root: Path) -> list[Covered]:
    """The list; ValueError for a path that is not there, and for a module that is missing in it."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    listed = [Covered(module, tuple(tests)) for module, tests in table["modules"].items()]
    for covered in listed:
        for name in (covered.module, *covered.tests):
            if not (root / name).exists():
                raise ValueError(f"{path.name} names {name}, which is not there")
        if not covered.tests:
            raise ValueError(f"{path.name} names no tests for {covered.module}")
    for folder in table.get("whole", ()):
        for module in sorted((root / folder).glob("*.py")):
            name = module.relative_to(root).as_posix()
            if name not in table["modules"] and module.name != "__init__.py":
                raise ValueError(f"{path.name} leaves {name} out")
    return listed


class ByTestFile:
    """A pytest plug-in: what a test runs, its fixtures included, is kept under its file's name."""

    def __init__(self, measuring: coverage.Coverage) -> None:
        self._measuring = measuring

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        """What only a long run or a lucky example reaches is not covered: properties take the same few
        examples every time, and ``prove`` is left out."""
        from hypothesis import settings  # noqa: PLC0415 - pytest wants to load its plug-in itself

        settings.register_profile("perfect", max_examples=10, derandomize=True, database=None)
        settings.load_profile("perfect")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._measuring.switch_context(item.nodeid.partition("::")[0])
        return (yield)


def measure(listed: list[Covered], root: Path, data_file: Path) -> tuple[int, list[Finding]]:
    """pytest's exit code and a finding a module. Once a process: what is imported stays imported."""
    measuring = coverage.Coverage(
        data_file=str(data_file),
        branch=True,
        config_file=False,
        include=[str(root / covered.module) for covered in listed],
    )
    measuring.set_option("report:exclude_lines", [NO_BODY])
    measuring.set_option("report:partial_branches", [])
    tests = sorted({test for covered in listed for test in covered.tests})
    measuring.start()
    try:
        code = pytest.main(
            [*QUIETLY, f"--rootdir={root}", *tests],
            plugins=[ByTestFile(measuring)],
        )
    finally:
        measuring.stop()
    measuring.save()
    return int(code), [judge(measuring, covered, root, data_file) for covered in listed]


def judge(measuring: coverage.Coverage, covered: Covered, root: Path, data_file: Path) -> Finding:
    """What a module's own tests ran of it; what ran at import counts for everybody."""
    own = [f"^{re.escape(test)}(/|$)" for test in covered.tests]
    report = data_file.with_suffix(".json")
    measuring.json_report(morfs=[str(root / covered.module)], contexts=["^$", *own], outfile=str(report))
    (found,) = json.loads(report.read_text(encoding="utf-8"))["files"].values()
    missing = [f"line {line}" for line in found["missing_lines"]]
    missing += [
        f"branch {start} to {'the end' if end < 0 else end}" for start, end in found["missing_branches"]
    ]
    summary = found["summary"]
    return Finding(covered.module, summary["num_statements"], summary["num_branches"], tuple(missing))


def table(findings: list[Finding]) -> str:
    """One row a module."""
    rows = [
        f"{finding.module:<32} {finding.lines:4} lines {finding.branches:4} branches  "
        + ("; ".join(finding.missing) or "all")
        for finding in findings
    ]
    return "\n".join(rows)


def run(path: Path = LIST, root: Path = ROOT) -> tuple[int, str]:
    """Measure in a process of its own; its exit code and all that it printed."""
    # Workers of a suite that runs this one do not make it one of theirs.
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, str(Path(__file__)), str(path), str(root)],
        cwd=root,
        env=outside,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def main(arguments: list[str]) -> int:
    path = Path(arguments[0]) if arguments else LIST
    root = Path(arguments[1]) if len(arguments) > 1 else ROOT
    listed = read_list(path, root)
    sys.path.insert(0, str(root))
    with tempfile.TemporaryDirectory(prefix="kangka-perfect-") as folder:
        code, findings = measure(listed, root, Path(folder) / "coverage")
    print(table(findings))
    if code:
        print("the tests themselves are not green")
        return RED
    incomplete = [finding.module for finding in findings if finding.missing]
    print(f"not covered to the last branch: {', '.join(incomplete)}" if incomplete else "all covered")
    return MISSING if incomplete else GREEN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
