"""An application in a file: JSON with the form's own names (docs/application-file.md).

Nothing of a file is dropped in silence: a name that the form doesn't have, a row more than it has and
a value that is no text are refused by their place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.base.errors import N_, KangkaError
from app.workflow.drafts import ADDRESS_KINDS, is_path
from app.workflow.files import read_file

MOST_BYTES = 1 << 20
MOST_PICTURE_BYTES = 20 << 20
PICTURE = "photo"
NAME_AGREED = "name_agreed"
# The form is three levels deep.
_MOST_LEVELS = 8
_ADDRESSES = "addresses"
# What a place is shown as where it is none of ours: it may be a person's data in the wrong column.
_STRANGE = "?"
_PLACE = re.compile(r"[a-z0-9_.-]{1,60}")


@dataclass(eq=False)
class ApplicationFileUnreadable(KangkaError):
    """A file that is no application."""

    file: str
    reason: str

    code = "enrol.file-unreadable"
    cause = N_("{file} is not an application file: {reason}.")
    meaning = N_("Nothing was taken from it.")
    remedy = N_("Save the application as JSON in UTF-8 with the form's own names and try again.")


@dataclass(eq=False)
class ApplicationPlaceUnknown(KangkaError):
    """A name in a file that the form does not have, or a row more than it has."""

    file: str
    place: str

    code = "enrol.place-unknown"
    cause = N_("The form has no place for {place}, which stands in {file}.")
    meaning = N_("Nothing was taken from the file, because nothing of it may be lost in silence.")
    remedy = N_("Correct the name, or take the entry out.")


@dataclass(eq=False)
class ApplicationValueWrong(KangkaError):
    """A value in a file that is neither text nor null."""

    file: str
    place: str

    code = "enrol.value-wrong"
    cause = N_("The value of {place} in {file} is not text.")
    meaning = N_("Nothing was taken from the file.")
    remedy = N_("Write every value in quotation marks, codes and dates too.")


@dataclass(eq=False)
class ApplicationAnswerWrong(KangkaError):
    """An answer in a file that is neither yes nor no."""

    file: str
    place: str

    code = "enrol.answer-wrong"
    cause = N_("{place} in {file} is neither true nor false.")
    meaning = N_("Nothing was taken from the file, because it is not known what the resident agreed to.")
    remedy = N_("Write true or false without quotation marks, or take the entry out.")


@dataclass(frozen=True, repr=False)
class ApplicationFile:
    """What a file says: values by the form's paths, and the picture's bytes if one is named.

    ``name_agreed``: the resident agreed to the shortened form of the name on the chip.
    """

    values: Mapping[str, str]
    picture: bytes | None
    name_agreed: bool = False


def read_application(path: Path) -> ApplicationFile:
    """The application in ``path``; one of this module's refusals, or one of ``files``."""
    content = _parsed(path)
    picture = content.pop(PICTURE, None)
    if picture is not None and not isinstance(picture, str):
        raise ApplicationValueWrong(file=path.name, place=PICTURE)
    agreed = content.pop(NAME_AGREED, False)
    if not isinstance(agreed, bool):
        raise ApplicationAnswerWrong(file=path.name, place=NAME_AGREED)
    values: dict[str, str] = {}
    for place, value in _leaves(_placed(content)):
        if place.count(".") >= _MOST_LEVELS:
            raise ApplicationFileUnreadable(file=path.name, reason="deep")
        if value is None or value == "":
            continue
        if not isinstance(value, str):
            raise ApplicationValueWrong(file=path.name, place=_shown(place))
        if not is_path(place):
            raise ApplicationPlaceUnknown(file=path.name, place=_shown(place))
        if place in values:
            raise ApplicationFileUnreadable(file=path.name, reason="twice")
        values[place] = value
    image = read_file(path.parent / picture, MOST_PICTURE_BYTES) if picture else None
    return ApplicationFile(values, image, agreed)


def _parsed(path: Path) -> dict[str, Any]:
    raw = read_file(path, MOST_BYTES)
    try:
        content = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once)
    except _Twice:
        raise ApplicationFileUnreadable(file=path.name, reason="twice") from None
    except RecursionError:
        raise ApplicationFileUnreadable(file=path.name, reason="deep") from None
    except ValueError:
        raise ApplicationFileUnreadable(file=path.name, reason="no-json") from None
    if not isinstance(content, dict):
        raise ApplicationFileUnreadable(file=path.name, reason="no-object")
    return content


class _Twice(Exception):
    """A name stands twice in one object: which one counts is not ours to say."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise _Twice
    return content


def _placed(content: Mapping[str, Any]) -> dict[str, Any]:
    # A file may give each address its kind, as the resident has it; the form goes by its place.
    rows = content.get(_ADDRESSES)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return dict(content)
    placed = []
    for number, row in enumerate(rows):
        kind = row.get("kind")
        place = ADDRESS_KINDS.index(kind) if kind in ADDRESS_KINDS else number
        unplaced = {} if kind in (None, *ADDRESS_KINDS) else {"kind": kind}
        rest = {name: value for name, value in row.items() if name != "kind"}
        placed.append((str(place), rest | unplaced))
    others = {name: value for name, value in content.items() if name != _ADDRESSES}
    return others | {f"{_ADDRESSES}.{place}": row for place, row in placed} | _doubled(placed)


def _doubled(placed: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    # Two addresses of one kind: the second has no place.
    places = [place for place, _row in placed]
    if len(set(places)) == len(places):
        return {}
    return {f"{_ADDRESSES}.{len(ADDRESS_KINDS)}": placed[-1][1]}


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Places and values of nested objects and lists, an empty one as itself."""
    inside: list[tuple[str, Any]] | None = None
    if isinstance(value, dict):
        inside = [(str(name), inner) for name, inner in value.items()]
    elif isinstance(value, list):
        inside = [(str(number), inner) for number, inner in enumerate(value)]
    if inside is None or place.count(".") >= _MOST_LEVELS:
        yield place, value
        return
    for name, inner in inside:
        yield from _leaves(inner, f"{place}.{name}" if place else name)


def _shown(place: str) -> str:
    return place if _PLACE.fullmatch(place) else _STRANGE
