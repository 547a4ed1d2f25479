"""The paper form as data: groups and fields in its order, with the room each has on the chip.

The order and the required fields are the form's (annex A of the Specification, card.md); how many bytes
a field may take comes from the profile, found by the path that the profile's ``source`` names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.base.resources import read_toml, resource
from app.cardspec.codecs import Coding
from app.cardspec.profile import Profile


class FieldKind(StrEnum):
    """How a field is entered."""

    TEXT = "text"
    CODE = "code"
    DATE = "date"
    NUMBER = "number"
    PHONE = "phone"


@dataclass(frozen=True)
class FormField:
    """One box of the form. ``label`` is a catalogue key with ``params``.

    ``room`` is bytes on the chip, None where the chip does not hold the field as text. ``width`` is in
    halves of a line. ``row`` is the number within a repeated group, from 0.
    """

    path: str
    label: str
    kind: FieldKind
    table: str | None
    room: int | None
    required: bool
    width: int
    row: int | None = None


@dataclass(frozen=True)
class FormGroup:
    """Fields under one heading; ``repeated`` groups show a row more than is filled."""

    id: str
    label: str
    fields: tuple[FormField, ...]
    repeated: bool = False


@dataclass(frozen=True)
class Form:
    """The whole form in the paper's order."""

    groups: tuple[FormGroup, ...]

    def fields(self) -> Iterator[FormField]:
        """Every field in order."""
        for group in self.groups:
            yield from group.fields


def load_form(profile: Profile) -> Form:
    """The form of ``resources/forms/enrol.toml`` with the profile's room for each field."""
    rooms = _rooms(profile)
    tables = read_toml(resource("forms", "enrol.toml"))
    return Form(tuple(_group(row, rooms) for row in tables["group"]))


def _group(row: dict[str, Any], rooms: dict[str, int]) -> FormGroup:
    repeat = row.get("repeat")
    if repeat is None:
        fields = tuple(_field(field, field["path"], rooms, None) for field in row["field"])
    else:
        fields = tuple(
            _field(field, f"{row['id']}.{number}.{field['path']}", rooms, number)
            for number in range(repeat)
            for field in row["field"]
        )
    return FormGroup(id=row["id"], label=row["label"], fields=fields, repeated=repeat is not None)


def _field(row: dict[str, Any], path: str, rooms: dict[str, int], number: int | None) -> FormField:
    return FormField(
        path=path,
        label=row["label"],
        kind=FieldKind(row.get("kind", "text")),
        table=row.get("table"),
        room=rooms.get(path),
        required=row.get("required", False) and not number,
        width=row.get("width", 1),
        row=number,
    )


def _rooms(profile: Profile) -> dict[str, int]:
    """Bytes by path for text fields. A cyclic file's parts hold for each of its records."""
    rooms: dict[str, int] = {}
    for file in profile.files:
        for field in file.fields:
            if field.coding is not Coding.ANS or field.source is None:
                continue
            if file.source is not None:
                for record in range(file.records):
                    rooms[f"{_path(file.source)}.{record}.{field.source}"] = field.length
            else:
                rooms[_path(field.source)] = field.length
    return rooms


def _path(source: str) -> str:
    # The chip's name comes from the card's own data, the form's is the resident's.
    if source == "card.chip_name":
        return "name"
    return source.removeprefix("resident.")
