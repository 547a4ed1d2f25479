"""Counts over the whole run, across worker processes: parts that ran, faults that were raised.

A pytest plug-in. A worker's findings travel to the run's own process in test reports and, for
faults, in what the worker hands over when it ends.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import app
from app.base.errors import KangkaError, known_errors
from tests.helpers.parts import PARTS, SKIP_WORDS

APP_FOLDER = str(Path(app.__file__).resolve().parent)
HANDED_OVER = "kangka_faults_raised"


class FaultCensus:
    """Which known faults the program itself made during this process's tests, by code."""

    def __init__(self) -> None:
        self.codes: set[str] = set()

    def watch(self) -> None:
        """Count every fault made by code of app/ from now on; what a test makes does not count."""
        codes = self.codes

        def made(kind: type[KangkaError], /, *args: object, **params: object) -> KangkaError:
            caller = sys._getframe(1).f_code
            # Unpickling a fault repeats it, it does not raise it.
            if caller.co_filename.startswith(APP_FOLDER) and caller.co_name != "_rebuild":
                codes.add(getattr(kind, "code", kind.__qualname__))
            return Exception.__new__(kind, *args)

        KangkaError.__new__ = made  # type: ignore[method-assign, assignment]

    @staticmethod
    def unwatch() -> None:
        """Take the counting off again."""
        if "__new__" in vars(KangkaError):
            del KangkaError.__new__


class Census:
    """The run's own account, kept in the process that started it."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.faults = FaultCensus()
        self.missing: dict[str, set[str]] = {}
        self.ran: Counter[str] = Counter()
        self.proofs: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.complaints: list[str] = []

    # ---- what comes in ----

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note_skip(report)
        if report.when == "call" or not report.passed:
            self.outcomes[report.outcome] += 1
        if report.when == "call" and report.passed:
            for name, value in report.user_properties:
                if name == "part":
                    self.ran[str(value)] += 1
                elif name == "proof":
                    what, count = value  # type: ignore[misc]
                    self.proofs[str(what)] += int(count)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note_skip(report)

    def _note_skip(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or not isinstance(report.longrepr, tuple):
            return
        words = str(report.longrepr[2]).removeprefix("Skipped: ")
        if words.startswith(SKIP_WORDS):
            name, why = words.removeprefix(SKIP_WORDS + ": ").split(": ", 1)
            self.missing.setdefault(name, set()).add(why)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        self.faults.codes |= set(getattr(node, "workeroutput", {}).get(HANDED_OVER, ()))

    # ---- what it says ----

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        handed = getattr(self.config, "workeroutput", None)
        if handed is not None:
            handed[HANDED_OVER] = sorted(self.faults.codes)
            return
        whole = bool(self.config.getoption("--whole"))
        if os.environ.get("KANGKA_REQUIRE_PARTS") == "1":
            self.complaints += [f"part {name} could not run" for name in sorted(self.missing)]
            if whole:
                self.complaints += [
                    f"part {name} was in no passed test ({PARTS[name]})"
                    for name in PARTS
                    if not self.ran[name] and name not in self.missing
                ]
        if whole and session.exitstatus == pytest.ExitCode.OK and not self.missing:
            self.complaints += [
                f"{kind.code} ({kind.__module__}.{kind.__qualname__}) was raised by no test"
                for kind in program_errors()
                if kind.code not in self.faults.codes
            ]
        report = self.config.getoption("--prove-report")
        if report:
            counted = {"outcomes": self.outcomes, "proofs": dict(sorted(self.proofs.items()))}
            Path(report).write_text(json.dumps(counted), encoding="utf-8")
        if self.complaints and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        write = terminalreporter
        if self.ran or self.missing:
            write.section("parts")
            for name in sorted({*self.ran, *self.missing}):
                state = f"{self.ran[name]} passed" if self.ran[name] else "none passed"
                gone = "".join(f"; not run: {why}" for why in sorted(self.missing.get(name, ())))
                write.line(f"{name}: {state}{gone}")
        if self.complaints:
            write.section("what this run must show and did not", red=True, bold=True)
            for complaint in self.complaints:
                write.line(complaint)


def program_errors() -> list[type[KangkaError]]:
    """Every known fault of the program, with all of its modules imported.

    Where pyscard could not be built (locks/pcsc.txt), the modules over it are left out.
    """
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if module.name == "app.__main__":
            continue
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as fault:
            if fault.name is None or fault.name.split(".")[0] != "smartcard":
                raise
    return [kind for kind in known_errors() if kind.__module__.startswith("app.")]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "part(name): needs a part of tests/helpers/parts.py")
    config.addinivalue_line(
        "markers", "prove: samples by seed and scale; `make prove` runs it at length"
    )
    census = Census(config)
    config.pluginmanager.register(census, "kangka-census")
    census.faults.watch()
    config.add_cleanup(FaultCensus.unwatch)
