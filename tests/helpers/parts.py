"""Parts of the outside world that some tests need: a reader service, a display, a tool.

A test that needs one marks it, ``@pytest.mark.part("pcscd")``, and asks for it with
``require_part`` where it would be started. What is not there is skipped, named in the closing
section of the run, and fails the run under KANGKA_REQUIRE_PARTS=1.
"""

from __future__ import annotations

import shutil
from typing import Final

import pytest

# Part -> what it is. A whole run with required parts fails where one of them was in no passed test.
PARTS: Final = {
    "pcscd": "the PC/SC service with virtual readers",
    "opensc": "opensc-tool, a reader that is not ours",
    "openssl": "the openssl program, a second opinion on SM2",
    "keychain": "gnome-keyring on a session bus, a keychain that is not ours",
    "postgresql": "a PostgreSQL server, the store's second engine",
    "gcc": "a compiler, for the recorder of what is written to a store",
    "proc-mem": "another process's memory through the kernel's proc files",
}

# The words by which the closing section finds these skips again, across worker processes.
SKIP_WORDS: Final = "part not run"


def require_part(name: str, available: bool, why: str) -> None:
    """Skip, and record for the end of the run, where the part ``name`` is not ``available``."""
    if name not in PARTS:
        raise LookupError(f"{name} is no part: add it to tests/helpers/parts.py")
    if not available:
        pytest.skip(f"{SKIP_WORDS}: {name}: {why}", allow_module_level=True)


def require_program(name: str, *programs: str) -> None:
    """``require_part`` for a part that is there when all of ``programs`` are on the path."""
    missing = [program for program in programs if shutil.which(program) is None]
    require_part(name, not missing, f"not installed: {', '.join(missing)}")
