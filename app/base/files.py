"""Files that are either as they were or as they shall be, whatever is cut in between.

The steps are the same on every system: a new file beside the old one, its bytes on the disk, its name
changed in one act, the folder on the disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

# Which steps a replacing takes, in their order; ``on_step`` hears of each when it is done.
REPLACE_STEPS: Final = ("begun", "written", "synced", "renamed", "kept")


def sync_folder(folder: Path) -> None:
    """Make a change of names inside ``folder`` durable; Windows does so by itself."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def private_folder(path: Path) -> None:
    """A folder for its owner alone, with all above it; one that was there and open to others is closed.

    ``OSError`` where the system refuses.
    """
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(0o700)


def replace_file(path: Path, content: bytes, on_step: Callable[[str], None] = lambda _: None) -> None:
    """Put ``content`` in the place of ``path``: durable, for its owner alone, old or new and nothing
    else.

    ``OSError`` where the system refuses; the old file then stands. Two callers must not replace the
    same file at once: the later one would not know what the earlier one wrote.
    """
    # One name for the draft, so that what a cut left behind is found and taken again.
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            on_step("begun")
            stream.write(content)
            stream.flush()
            on_step("written")
            os.fsync(stream.fileno())
        on_step("synced")
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    on_step("renamed")
    sync_folder(path.parent)
    on_step("kept")
