"""What POSIX systems alone can do for us: import this file inside a function that asked for one."""

from __future__ import annotations

import os
import resource


def forbid_core_dumps() -> None:
    """Let no crash of this process leave its memory, with people and keys in it, in a file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def keep_files_private() -> None:
    """Whatever this process makes from now on is its owner's alone, temporary files included."""
    os.umask(0o077)
