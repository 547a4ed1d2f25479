"""Merge every .po file of a language and compile the whole into the catalogue the program reads.

Each area of the program keeps its own .po file. The same text may stand in two of them only with the
same translation; a fuzzy or broken entry stops the build.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "resources" / "locale"


class BadCatalogue(Exception):
    """A .po file that can not go into the catalogue; the text says where and why."""


def merge(folder: Path) -> Catalog:
    """All entries of ``folder``'s .po files as one catalogue; ``BadCatalogue`` where they disagree."""
    merged = Catalog(locale=folder.name, project="kangka", charset="utf-8")
    origin: dict[tuple[str | None, str], tuple[str, object]] = {}
    for path in sorted(folder.glob("*.po")):
        try:
            with path.open("rb") as stream:
                part = read_po(stream, locale=folder.name, abort_invalid=True)
        except PoFileError as fault:
            raise BadCatalogue(f"{path.name}: {fault}") from fault
        for message in part:
            if not message.id or not message.string:
                continue
            if message.fuzzy:
                raise BadCatalogue(f"{path.name}:{message.lineno}: fuzzy entry: {message.id!r}")
            key = (message.context, str(message.id))
            known = origin.setdefault(key, (path.name, message.string))
            if known[1] != message.string:
                raise BadCatalogue(
                    f"{message.id!r} is translated in two ways, by {known[0]} and {path.name}"
                )
            merged.add(message.id, message.string, context=message.context)
    return merged


def compile_folder(folder: Path, target: Path) -> int:
    """Write the merged catalogue of ``folder`` to ``target`` in one step; the number of its texts."""
    merged = merge(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=target.parent, suffix=".part")
    with os.fdopen(handle, "wb") as stream:
        write_mo(stream, merged)
    Path(draft).chmod(0o644)
    Path(draft).replace(target)
    return len(merged)


def main() -> int:
    folders = (
        sorted(path for path in LOCALE.iterdir() if any(path.glob("*.po"))) if LOCALE.is_dir() else []
    )
    if not folders:
        print(f"no .po files below {LOCALE.relative_to(ROOT)}", file=sys.stderr)
        return 1
    for folder in folders:
        try:
            count = compile_folder(folder, folder / "LC_MESSAGES" / "kangka.mo")
        except BadCatalogue as fault:
            print(f"catalogue {folder.name}: {fault}", file=sys.stderr)
            return 1
        print(f"catalogue {folder.name}: {count} texts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
