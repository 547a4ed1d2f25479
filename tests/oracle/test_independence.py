"""The oracle stands on the facts alone: it imports nothing of the product under test."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ALLOWED = {"tests.oracle", "gmalg", "Crypto", "pytest"}


def imports(source: str) -> set[str]:
    """The modules that a source names in its imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def foreign(names: set[str]) -> set[str]:
    """Those that are neither the oracle's own, nor its two libraries', nor the standard library's."""
    return {
        name
        for name in names
        if name.split(".")[0] not in sys.stdlib_module_names
        and not any(name == root or name.startswith(root + ".") for root in ALLOWED)
    }


@pytest.mark.parametrize("path", sorted(HERE.glob("*.py")), ids=lambda path: path.name)
def test_no_file_imports_the_product(path: Path) -> None:
    assert foreign(imports(path.read_text(encoding="utf-8"))) == set()


def test_loading_the_oracle_loads_nothing_of_the_product() -> None:
    modules = ", ".join(
        f"tests.oracle.{path.stem}"
        for path in HERE.glob("*.py")
        if not path.stem.startswith(("test_", "__"))
    )
    code = f"import sys, {modules}; print([m for m in sys.modules if m.split('.')[0] == 'app'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HERE.parents[1], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "source",
    [
        "import app",
        "from app.cardspec import codecs",
        "def f():\n    import app.base",
        "from . import x",
    ],
)
def test_control_such_an_import_is_found(source: str) -> None:
    assert foreign(imports(source))
