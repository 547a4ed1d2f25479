"""What holds for the whole suite: parts that must run, faults that must be raised, seeds."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tools.catalogue import BadCatalogue, compile_folder

# Before Qt is imported anywhere: tests draw offscreen unless told otherwise.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Hundreds of tests start the program anew: it is compiled for the first of them, not for each.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest_plugins = ["tests.helpers.census"]

T = TypeVar("T")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("kangka")
    group.addoption(
        "--whole",
        action="store_true",
        help="this run is the whole suite: hold it to what only that can prove",
    )
    group.addoption(
        "--prove-seed", type=int, default=0, metavar="N", help="seed of every sample (default 0)"
    )
    group.addoption(
        "--prove-scale", type=int, default=1, metavar="N", help="times the usual sample; 0 is the whole"
    )
    group.addoption(
        "--prove-report", metavar="FILE", help="write what record_proof counted to FILE as JSON"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Compile the messages where a .po file is newer, so that a run judges the texts of today."""
    if hasattr(config, "workerinput"):
        return
    for folder in sorted((Path(__file__).parents[1] / "resources" / "locale").iterdir()):
        sources = [*folder.glob("*.po")]
        compiled = folder / "LC_MESSAGES" / "kangka.mo"
        made = compiled.stat().st_mtime_ns if compiled.is_file() else 0
        if any(source.stat().st_mtime_ns >= made for source in [folder, *sources] if sources):
            try:
                compile_folder(folder, compiled)
            except BadCatalogue as fault:
                raise pytest.UsageError(f"resources/locale/{folder.name}: {fault}") from fault


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The seed of this run: 0 in `make test`, the next unused one in `make prove`."""
    return int(pytestconfig.getoption("--prove-seed"))


@pytest.fixture(scope="session")
def scale(pytestconfig: pytest.Config) -> int:
    """How many times the usual sample this run takes; 0 stands for the whole."""
    return int(pytestconfig.getoption("--prove-scale"))


@pytest.fixture(scope="session")
def proving(pytestconfig: pytest.Config) -> bool:
    """Whether this is a run of `make prove`, which leaves out nothing of what it names whole."""
    return pytestconfig.getoption("--prove-report") is not None


@pytest.fixture
def sample(
    request: pytest.FixtureRequest, seed: int, scale: int
) -> Callable[[Sequence[Any], int], list[Any]]:
    """``sample(items, count)``: ``count`` times the scale of ``items``, drawn by this run's seed and
    this test's name, in their own order; all of them in a whole run."""

    def draw(items: Sequence[T], count: int) -> list[T]:
        wanted = len(items) if scale == 0 else min(len(items), count * scale)
        chosen = random.Random(f"{seed} {request.node.nodeid}").sample(range(len(items)), wanted)  # noqa: S311
        return [items[index] for index in sorted(chosen)]

    return draw


@pytest.fixture
def record_proof(request: pytest.FixtureRequest) -> Callable[[str, int], None]:
    """``record_proof(name, count)`` adds to what a long run reports, as "torn writes: 4,120"."""

    def record(name: str, count: int) -> None:
        request.node.user_properties.append(("proof", (name, count)))

    return record


def pytest_collection_modifyitems(config: pytest.Config, items: Iterable[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("part"):
            item.user_properties.append(("part", mark.args[0]))
        group = item.get_closest_marker("xdist_group")
        # pytest-xdist 3.8 says the group by an attribute that pytest 9.2 does not read any more: without
        # this, tests of one group are scattered, and what they share is made at each worker.
        if group is not None and getattr(config.option, "loadgroup", False) and "@" not in item.nodeid:
            item._id = type(item._id).parse(f"{item.nodeid}@{group.args[0]}")
