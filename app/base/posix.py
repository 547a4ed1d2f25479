"""What POSIX systems alone can do for us: import this file inside a function that asked for one."""

from __future__ import annotations

import resource


def forbid_core_dumps() -> None:
    """Let no crash of this process leave its memory, with people and keys in it, in a file."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
