"""The three streams of a command, as a user may have closed or filled them: none of it stops work.

A card that is half-made because nobody reads the program's lines any more would be a card lost.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from dataclasses import dataclass
from typing import Final

from app.base.errors import N_, KangkaError

_STANDARD: Final = (0, 1, 2)


@dataclass(eq=False)
class AnswerLost(KangkaError):
    """The command is carried out, and whoever asked can not be told."""

    code = "output.lost"
    cause = N_(
        "The command was carried out, but its answer could not be written: output is full or closed."
    )
    meaning = N_("What was asked for is done and recorded; only the telling of it is lost.")
    remedy = N_("Make room for it, and look at what is recorded before you repeat the command.")


class Output:
    """Standard output. ``lost`` is True once a line could not be written, ``unread`` where its reader
    has gone, which is nobody's fault; what is written after that is dropped."""

    def __init__(self) -> None:
        self.lost = False
        self.unread = False

    def write(self, text: str) -> None:
        """Write ``text`` now, or never."""
        if self.lost or self.unread:
            return
        if sys.stdout is None:  # type: ignore[unreachable, unused-ignore]  # closed when we began
            self.lost = True
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as fault:
            self.unread = fault.errno == errno.EPIPE
            self.lost = not self.unread
            # What is still in the stream's memory must not be tried once more at the exit.
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def prepare() -> None:
    """Keep the numbers of closed streams from the files that this program opens, read nothing where
    nothing can be read, and write UTF-8 wherever the output goes."""
    if os.name == "posix":
        for number in _STANDARD:
            try:
                os.fstat(number)
            except OSError:
                os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - for the process's life
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - as above
    for stream in (sys.stdout, sys.stderr):
        # JSON is UTF-8 everywhere; a name of a file may hold what no encoding takes.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
