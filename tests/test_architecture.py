"""The import table of docs/architecture.md, proved on the syntax tree of every module of app/."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "app"
TABLE_HEAD = "| folder | of ours | libraries |"


@dataclass(frozen=True)
class Row:
    """What one folder (or package, or module) of app/ may import."""

    name: str
    ours: frozenset[str]
    refused: frozenset[str]
    libraries: frozenset[str]

    def allows_ours(self, target: str) -> bool:
        """Whether ``target`` (dotted, without ``app.``) is in the row or one of its names."""
        if _inside(target, self.name):
            return True
        if "everything" in self.ours:
            return not any(_inside(target, name) for name in self.refused)
        return any(_inside(target, name) for name in self.ours)


def _inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def read_table(text: str) -> dict[str, Row]:
    """The rows of the import table in ``docs/architecture.md``, by folder."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.strip() == TABLE_HEAD:
            break
    else:
        raise AssertionError("docs/architecture.md has no import table")
    next(lines)  # the rule under the head
    rows: dict[str, Row] = {}
    for line in lines:
        if not line.startswith("|"):
            break
        folder, ours, libraries = (cell.strip() for cell in line.strip().strip("|").split("|"))
        allowed, _, refused = ours.partition(" but ")
        name = folder.strip("`")
        rows[name] = Row(name, _names(allowed), _names(refused), _names(libraries))
    return rows


def _names(cell: str) -> frozenset[str]:
    return frozenset(name.strip() for name in cell.split(",") if name.strip())


def imports_of(source: str, module: str, *, is_package: bool) -> Iterator[tuple[str, int]]:
    """Every module that ``source`` imports, at any depth, as dotted name and line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.split(".")
                kept = parts[: len(parts) - node.level + (1 if is_package else 0)]
                base = ".".join([*kept, *([node.module] if node.module else [])])
            for alias in node.names:
                # `from app.devices import ports` imports the module, so the longer name is judged.
                yield f"{base}.{alias.name}" if base.split(".")[0] == "app" else base, node.lineno


def row_for(module: str, table: dict[str, Row]) -> Row | None:
    """The narrowest row that ``module`` (dotted, without ``app.``) stands under."""
    fitting = [row for name, row in table.items() if _inside(module, name)]
    return max(fitting, key=lambda row: len(row.name), default=None)


def offences(source: str, module: str, table: dict[str, Row], *, is_package: bool = False) -> list[str]:
    """The imports of one module (dotted, with ``app.``) that the table does not allow."""
    inner = module.removeprefix("app").removeprefix(".")
    if not inner:  # app/__init__.py itself stands below everything
        return [f"{module}:{line} imports {name}" for name, line in _beyond_library(source, module)]
    row = row_for(inner, table)
    if row is None:
        return [f"{module} stands in no row of the table"]
    found = []
    for name, line in imports_of(source, module, is_package=is_package):
        top, _, rest = name.partition(".")
        if top == "app":
            allowed = rest in ("", "__version__") or row.allows_ours(rest)
        else:
            allowed = (
                top in sys.stdlib_module_names or top in row.libraries or top in inherited(row, table)
            )
        if not allowed:
            found.append(f"{module}:{line} imports {name}, which `{row.name}` may not")
    return sorted(set(found))


def inherited(row: Row, table: dict[str, Row]) -> frozenset[str]:
    """Libraries of the folder that a narrower row stands in."""
    parents = [table[name].libraries for name in table if name != row.name and _inside(row.name, name)]
    return frozenset().union(*parents)


def _beyond_library(source: str, module: str) -> list[tuple[str, int]]:
    return [
        (name, line)
        for name, line in imports_of(source, module, is_package=True)
        if name.split(".")[0] not in sys.stdlib_module_names
    ]


def modules() -> list[tuple[str, Path]]:
    """Every module of app/ by dotted name."""
    found = []
    for path in sorted(APP.rglob("*.py")):
        parts = ["app", *path.relative_to(APP).with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
        found.append((".".join(parts), path))
    return found


@pytest.fixture(scope="module")
def table() -> dict[str, Row]:
    return read_table((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))


def test_every_import_of_the_program_is_in_the_table(table: dict[str, Row]) -> None:
    found = [
        offence
        for module, path in modules()
        for offence in offences(
            path.read_text(encoding="utf-8"), module, table, is_package=path.name == "__init__.py"
        )
    ]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("app.base.ids", "from app.domain import resident"),
        ("app.cardspec.plan", "def late():\n    from app.devices.pcsc import Reader"),
        ("app.documents.faces", "import app.devices.ports"),
        ("app.personalize.execute", "from app.devices import sim"),
        ("app.personalize.execute", "from app.devices.sim.card import Card"),
        ("app.personalize.execute", "from ..devices import channel"),
        ("app.workflow.issue", "import peewee"),
        ("app.workflow.issue", "from app.store.database import Store"),
        ("app.workflow.issue", "from PySide6.QtCore import QObject"),
        ("app.ui.pages.issue", "from app.store import database"),
        ("app.ui.pages.issue", "from app.devices.ports import CardReader"),
        ("app.devices.channel", "import smartcard.scard"),
        ("app.devices.channel", "from app.crypto import sm4"),
        ("app.domain.resident", "import cryptography"),
        ("app.workflow.issue", "from app.main import build"),
        ("app.devices.worker", "from app import cli"),
        ("app.bench.run", "from app.ui import application"),
        ("app.bench.run", "import app.main"),
        ("app", "from app.base import errors"),
        ("app.newcomer.thing", "import json"),
    ],
)
def test_a_planted_import_is_found(table: dict[str, Row], module: str, source: str) -> None:
    assert offences(source, module, table)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("app.base.ids", "from app.base.clock import Clock\nimport platformdirs"),
        (
            "app.personalize.execute",
            "from app.devices import ports\nfrom app.devices.ports import CardReader",
        ),
        ("app.devices.pcsc", "from smartcard.scard import SCardConnect\nfrom .channel import Channel"),
        ("app.devices.sim.card", "from app.crypto import sm4\nfrom app.devices.ports import CardReader"),
        (
            "app.cli",
            "from app import __version__\nfrom app.main import build\nfrom app.workflow import issue",
        ),
        ("app.main", "from app.devices.sim import card\nfrom app.ui.application import run"),
        ("app.__main__", "from app.cli import main"),
    ],
)
def test_an_allowed_import_is_not(table: dict[str, Row], module: str, source: str) -> None:
    assert not offences(source, module, table)


def test_the_table_and_the_folders_name_each_other(table: dict[str, Row]) -> None:
    folders = {path.name for path in APP.iterdir() if path.is_dir() and path.name != "__pycache__"}
    files = {path.stem for path in APP.glob("*.py")} - {"__init__"}
    assert folders | files <= set(table), "these stand in app/ and not in the table"


# What is imported under another name than it is installed by.
INSTALLED_AS = {
    "Crypto": "pycryptodome",
    "PIL": "pillow",
    "PySide6": "pyside6-essentials",
    "argon2": "argon2-cffi",
    "cyclonedx": "cyclonedx-python-lib",
    "fontTools": "fonttools",
    "gmssl_pyx": "gmssl-pyx",
    "packageurl": "packageurl-python",
    "playhouse": "peewee",
    "serial": "pyserial",
    "smartcard": "pyscard",
    "stdnum": "python-stdnum",
    "zxingcpp": "zxing-cpp",
    "xdist": "pytest-xdist",
    "_pytest": "pytest",
    "pytestqt": "pytest-qt",
    "pypinyin_dict": "pypinyin-dict",
}


def wanted(*names: str) -> set[str]:
    """The packages that ``locks/NAME.in`` asks for by name: what code may import directly."""
    lines = [
        line.split("#")[0].strip()
        for name in names
        for line in (ROOT / "locks" / f"{name}.in").read_text(encoding="utf-8").splitlines()
    ]
    return {re.split(r"[<>=\[; ]", line)[0] for line in lines if line and not line.startswith("-")}


@pytest.mark.parametrize(
    ("folder", "locks"),
    [
        ("app", ("base", "pcsc")),
        ("tests", ("build", "base", "pcsc", "dev")),
        ("tools", ("build", "base", "dev")),
    ],
)
def test_what_is_imported_is_asked_for_in_a_lock(folder: str, locks: tuple[str, ...]) -> None:
    asked = wanted(*locks)
    missing = {
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in (ROOT / folder).rglob("*.py")
        for name, line in imports_of(path.read_text(encoding="utf-8"), folder, is_package=True)
        if (top := name.split(".")[0]) not in sys.stdlib_module_names
        and top not in ("app", "tests", "tools")
        and INSTALLED_AS.get(top, top) not in asked
    }
    assert not missing, "\n" + "\n".join(sorted(missing))


@pytest.mark.parametrize("name", ["build", "base", "pcsc", "dev"])
def test_a_lock_has_a_hash_for_each_package_and_names_no_host(name: str) -> None:
    text = (ROOT / "locks" / f"{name}.txt").read_text(encoding="utf-8")
    packages = re.split(r"\n(?=\S)", text.strip())
    assert all("==" in package and "--hash=sha256:" in package for package in packages)
    assert "://" not in text


def test_the_build_backend_is_pinned_by_a_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    backend = {re.split(r"[<>=]", name)[0] for name in project["build-system"]["requires"]}
    locked = re.findall(
        r"^([\w.-]+)==", (ROOT / "locks" / "build.txt").read_text(encoding="utf-8"), re.M
    )
    assert backend <= set(locked)
