"""The long runs: faults, fuzzing and load with the next seed, their figures written to docs/proof.md.

A test marked ``prove`` takes a seeded sample in `make test`; here the same tests take SCALE times as
much (0 is the whole). Each run adds one dated row, failed or not, and the totals are summed anew from
the rows of runs that passed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "proof.md"
HEAD = """# Proof

What the long runs showed, each on one row that `make prove` wrote: when, on what machine, by which
command and seed, and what was counted. A run that failed stays on the page and counts for nothing.

| date (UTC) | machine | command | seed | passed | failed | minutes | counted |
|---|---|---|---|---|---|---|---|
"""
TOTALS = "\n## Totals of the runs that passed\n\n| counted | sum | runs |\n|---|---|---|\n"


@dataclass(frozen=True)
class Run:
    """One row of the page."""

    date: str
    machine: str
    command: str
    seed: int
    passed: int
    failed: int
    minutes: float
    counted: dict[str, int]

    def row(self) -> str:
        counted = (
            "; ".join(f"{name}: {count}" for name, count in sorted(self.counted.items())) or "nothing"
        )
        return (
            f"| {self.date} | {self.machine} | `{self.command}` | {self.seed} | {self.passed} "
            f"| {self.failed} | {self.minutes:.1f} | {counted} |"
        )


def read_page(text: str) -> list[Run]:
    """The runs on the page; ValueError for a row that this program did not write."""
    rows = []
    for line in text.partition(TOTALS.strip().splitlines()[0])[0].splitlines():
        if not line.startswith("| 2"):
            continue
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        date, machine, command, seed, passed, failed, minutes, counted = cells
        counts = re.findall(r"([^;:]+): (\d+)", counted)
        rows.append(
            Run(
                date,
                machine,
                command.strip("`"),
                int(seed),
                int(passed),
                int(failed),
                float(minutes),
                {name.strip(): int(count) for name, count in counts},
            )
        )
    return rows


def write_page(runs: list[Run]) -> str:
    """The whole page with its totals."""
    good = [run for run in runs if not run.failed and run.passed]
    sums: Counter[str] = Counter()
    times: Counter[str] = Counter()
    for run in good:
        sums.update(run.counted)
        times.update(run.counted.keys())
    totals = "".join(f"| {name} | {sums[name]} | {times[name]} |\n" for name in sorted(sums))
    return HEAD + "".join(run.row() + "\n" for run in runs) + TOTALS + totals


def machine() -> str:
    """Cores, processor and Python: what a figure depends on, and no name of a machine."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        named = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(encoding="utf-8"), re.MULTILINE)
        model = named.group(1) if named else model
    return f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--scale", type=int, default=5, help="times the sample of make test; 0 is the whole"
    )
    parser.add_argument(
        "tests", nargs="*", default=["tests"], help="pytest's arguments (default: tests)"
    )
    options = parser.parse_args()

    runs = read_page(PAGE.read_text(encoding="utf-8")) if PAGE.is_file() else []
    seed = max((run.seed for run in runs), default=0) + 1
    shown = ["pytest", "-m", "prove", "--prove-scale", str(options.scale), "--prove-seed", str(seed)]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", *shown, "-n", "2", "--dist", "loadgroup"]
        command += [f"--hypothesis-seed={seed}", "--prove-report", str(report), *options.tests]
        date = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M")
        began = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        minutes = (time.monotonic() - began) / 60
        counted = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else None
    if counted is None or not sum(counted["outcomes"].values()):
        print("the run judged nothing, so nothing was written", file=sys.stderr)
        return code or 1
    outcomes = counted["outcomes"]
    done = Run(
        date,
        machine(),
        f"make prove SCALE={options.scale}"
        + (f' ARGS="{named}"' if (named := " ".join(options.tests)) != "tests" else ""),
        seed,
        outcomes.get("passed", 0),
        # A run that ended badly without a failed test (a worker lost) is no pass either.
        max(outcomes.get("failed", 0), 1 if code else 0),
        minutes,
        counted["proofs"],
    )
    # Read once more: another run may have written its row while this one was at work.
    runs = read_page(PAGE.read_text(encoding="utf-8")) if PAGE.is_file() else []
    PAGE.write_text(write_page([*runs, done]), encoding="utf-8")
    print(done.row())
    return code


if __name__ == "__main__":
    sys.exit(main())
