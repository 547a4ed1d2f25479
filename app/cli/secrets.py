"""Secrets that a command asks for: from a file, from a line of standard input, or from the keyboard.

Nobody's password stands on the line, where everyone on the machine could read it.
"""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import Final

from app.workflow.files import FileUnreadable, read_file

PASSWORD_FILE: Final = "KANGKA_PASSWORD_FILE"  # noqa: S105 - the name of a variable
SECOND_PASSWORD_FILE: Final = "KANGKA_SECOND_PASSWORD_FILE"  # noqa: S105 - the name of a variable
# A password has 128 characters at most; a share 53 and a number 18.
_MOST_CHARACTERS: Final = 1024


def line(asked: str) -> str:
    """One line of standard input without its end; typed unseen where a person sits there."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{asked}: ")
    return sys.stdin.readline(_MOST_CHARACTERS).rstrip("\r\n")


def password(asked: str, variable: str) -> str:
    """The first line of the file that ``variable`` names, else a line of standard input."""
    named = os.environ.get(variable)
    if not named:
        return line(asked)
    path = Path(named)
    try:
        lines = read_file(path, _MOST_CHARACTERS).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise FileUnreadable(file=path.name) from None
    return lines[0] if lines else ""
