"""Files that a person names: read up to a limit, written whole, refused in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.base.errors import N_, KangkaError
from app.base.files import private_folder, replace_file


@dataclass(eq=False)
class FileUnreadable(KangkaError):
    """A file that can not be opened."""

    file: str

    code = "file.unreadable"
    cause = N_("The file {file} can not be read.")
    meaning = N_("Nothing was done.")
    remedy = N_("Check its name and that you may read it.")


@dataclass(eq=False)
class FileTooLarge(KangkaError):
    """A file that is larger than anything of its kind."""

    file: str
    most: int

    code = "file.too-large"
    cause = N_("The file {file} is larger than {most} bytes.")
    meaning = N_("It can not be what was asked for, so it was not read.")
    remedy = N_("Check that it is the right file.")


@dataclass(eq=False)
class FileUnwritable(KangkaError):
    """A file or a folder that can not be written."""

    file: str

    code = "file.unwritable"
    cause = N_("{file} can not be written.")
    meaning = N_("Nothing was written there.")
    remedy = N_("Name a folder that exists and that you may write to.")


def read_file(path: Path, most: int) -> bytes:
    """The content of a file of at most ``most`` bytes; ``FileUnreadable`` or ``FileTooLarge``."""
    try:
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except (OSError, ValueError):  # ValueError: a name with a NUL in it
        raise FileUnreadable(file=path.name) from None
    if len(content) > most:
        raise FileTooLarge(file=path.name, most=most)
    return content


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole, for its owner alone: people stand in most. An earlier one of that name is
    replaced, and a link is replaced and not followed. ``FileUnwritable``."""
    try:
        if path.exists() and not path.is_symlink() and not path.is_file():
            path.write_bytes(content)  # a device, such as the terminal's
        else:
            replace_file(path, content)
    except (OSError, ValueError):
        raise FileUnwritable(file=path.name) from None


def make_folder(path: Path) -> None:
    """A folder with all above it, whether or not it was there; ``FileUnwritable``."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (OSError, ValueError):
        raise FileUnwritable(file=path.name) from None


def make_private(path: Path) -> None:
    """A folder for papers of people, closed to others even where it was there; ``FileUnwritable``."""
    try:
        private_folder(path)
    except (OSError, ValueError):
        raise FileUnwritable(file=path.name) from None
