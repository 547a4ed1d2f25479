"""A profile: which directories, files and fields a card has, and where each value comes from.

Profiles are data (``resources/profiles/<id>/profile.toml``). One may extend another: tables are merged
by name, so a province states only what differs. The content hash of the merged data is kept on each
card's record, so that a card can always be read by the layout it was written with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

import jsonschema
import jsonschema.exceptions

from app.base.errors import N_, KangkaError
from app.base.resources import read_toml, resource
from app.cardspec.codecs import Coding
from app.cardspec.keys import KeyName

_Made = TypeVar("_Made")

# Rules without which no card can be made; a province that extends another profile has them from it.
_NEEDED_RULES = ("validity_years", "specification_version", "card_class", "long_name")

# A record is read in one short answer, its tag and length bytes included (training-product.md, 13).
MAX_VALUE = 253


class Structure(StrEnum):
    """How a file keeps its bytes (card.md, File system)."""

    VARIABLE = "variable"
    FIXED = "fixed"
    CYCLIC = "cyclic"
    TRANSPARENT = "transparent"


class Protection(StrEnum):
    """What an update needs beside its key: nothing, cipher and MAC under the STK, or the MAC alone."""

    PLAIN = "plain"
    SECURED = "secured"
    MAC = "mac"


class Author(StrEnum):
    """Who fills a file: the issuing desk, or hospitals after issue (the desk only reads it)."""

    DESK = "desk"
    HOSPITAL = "hospital"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One value on the card. ``source`` is its path in the frozen application, the chip or the SAM."""

    key: str
    length: int
    coding: Coding
    name_zh: str
    name_en: str
    source: str | None = None
    code_table: str | None = None
    record: int | None = None
    tag: int | None = None


@dataclass(frozen=True, slots=True)
class FileSpec:
    """One elementary file: its place, its structure, its access conditions and its fields.

    ``fields`` of a variable file are its records in order; those of a cyclic file are the parts of each
    record, in order; a transparent or fixed file has one. ``size`` is bytes of a transparent file or of
    one record of a fixed or cyclic one.
    """

    directory: str
    name: str
    fid: int
    structure: Structure
    size: int
    records: int
    read_key: KeyName | None
    update_key: KeyName
    protection: Protection
    fields: tuple[FieldSpec, ...]
    erase_key: KeyName | None = None
    write_once: bool = False
    author: Author = Author.DESK
    length_prefix: int = 0
    block: int = 128
    source: str | None = None

    @property
    def path(self) -> str:
        """``DF01/EF05``: the name that events, reports and refusals use."""
        return f"{self.directory}/{self.name}"


@dataclass(frozen=True, slots=True)
class DirectorySpec:
    """A dedicated file. ``aid`` is its application identifier or name; MF itself is not listed."""

    name: str
    fid: int
    aid: bytes
    parent: str
    title_zh: str
    title_en: str


@dataclass(frozen=True)
class Profile:
    """The layout of a card, the choices made where documents disagree, and the desk's rules."""

    id: str
    title: str
    content_hash: str
    directories: tuple[DirectorySpec, ...]
    files: tuple[FileSpec, ...]
    choices: dict[str, Any]
    rules: dict[str, Any]

    @cached_property
    def _by_path(self) -> dict[str, FileSpec]:
        return {file.path: file for file in self.files}

    @cached_property
    def _by_key(self) -> dict[str, tuple[FileSpec, FieldSpec]]:
        return {field.key: (file, field) for file in self.files for field in file.fields}

    def file(self, path: str) -> FileSpec:
        """The file at ``DF01/EF05``; KeyError where the profile has none."""
        return self._by_path[path]

    def field(self, key: str) -> tuple[FileSpec, FieldSpec]:
        """A field by the standard's key (``XM``) and the file it lies in."""
        return self._by_key[key]

    def directory(self, name: str) -> DirectorySpec:
        """A directory by name; KeyError where the profile has none."""
        return next(d for d in self.directories if d.name == name)


@dataclass(eq=False)
class ProfileInvalid(KangkaError):
    """A profile folder that the program can not use."""

    file: str
    reason: str

    code = "profile.invalid"
    cause = N_("The profile file {file} can not be used: {reason}.")
    meaning = N_("No card can be made with this profile.")
    remedy = N_("Correct the file, or install the profile again.")


def load_profile(
    profile_id: str = "national", folder: Path | None = None, *, alone: bool = False
) -> Profile:
    """The shipped profile ``profile_id``, or the one in ``folder`` (a province's own).

    A profile that another one extends is looked for beside it first, then among the shipped ones,
    which are read once a process. ``alone`` takes nothing from beside the folder: a live desk answers
    for what is in it, and for nothing that somebody lays there.
    """
    return _shipped(profile_id) if folder is None else _read(folder, alone=alone)


@cache
def _shipped(profile_id: str) -> Profile:
    return _read(resource("profiles", profile_id))


def _read(home: Path, *, alone: bool = False) -> Profile:
    tables = _merged(home, (), alone=alone)
    try:
        return _build(tables)
    except _Misplaced as error:
        raise ProfileInvalid(file=_file_name(home), reason=str(error)) from error


class _Misplaced(Exception):
    """What is wrong with merged tables, and where in them; becomes a ``ProfileInvalid``."""


def _file_name(folder: Path) -> str:
    return f"{folder.name}/profile.toml"


def _merged(folder: Path, seen: tuple[Path, ...], *, alone: bool) -> dict[str, Any]:
    name = _file_name(folder)
    try:
        own = read_toml(folder / "profile.toml")
    except OSError as error:
        raise ProfileInvalid(file=name, reason=error.strerror or "it can not be read") from error
    except ValueError as error:  # TOML's own message names line and column
        raise ProfileInvalid(file=name, reason=str(error)) from error
    fault = jsonschema.exceptions.best_match(_validator().iter_errors(own))
    if fault is not None:
        where = "/".join(str(step) for step in fault.absolute_path) or "top level"
        raise ProfileInvalid(file=name, reason=f"{where}: {fault.message}") from fault
    base = own.pop("extends", None)
    if base is None:
        return own
    beside, shipped = folder.parent / base, resource("profiles", base)
    home = beside if beside.is_dir() and not alone else shipped
    if alone and not home.is_dir():
        raise ProfileInvalid(file=name, reason=f"it extends {base}, which does not ship")
    if home in (*seen, folder):
        raise ProfileInvalid(file=name, reason=f"it extends {base} in a circle")
    return _overlay(_merged(home, (*seen, folder), alone=alone), own)


def _validator() -> jsonschema.Draft202012Validator:
    text = resource("profiles", "profile.schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


# What names a row of each list, so that an overlay's row finds the base's.
_ROW_NAMES = {"directory": ("name",), "file": ("directory", "name"), "field": ("key",)}


def _overlay(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = _overlay(merged[name], value)
        elif isinstance(value, list) and name in _ROW_NAMES and name in merged:
            merged[name] = _overlay_rows(merged[name], value, _ROW_NAMES[name])
        else:
            merged[name] = value
    return merged


def _overlay_rows(
    base: list[dict[str, Any]], over: list[dict[str, Any]], names: tuple[str, ...]
) -> list[dict[str, Any]]:
    rows = {tuple(row.get(n) for n in names): row for row in base}
    for row in over:
        key = tuple(row.get(n) for n in names)
        rows[key] = _overlay(rows[key], row) if key in rows else row
    return list(rows.values())


def _build(tables: dict[str, Any]) -> Profile:
    canonical = json.dumps(tables, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    choices = tables.get("choices", {})
    profile = Profile(
        id=tables["id"],
        title=tables["title"],
        content_hash=hashlib.sha256(canonical.encode()).hexdigest(),
        directories=tuple(_directory(row) for row in tables.get("directory", ())),
        files=tuple(_file(row, choices) for row in tables.get("file", ())),
        choices=choices,
        rules=tables.get("rules", {}),
    )
    _check(profile)
    return profile


def _directory(row: dict[str, Any]) -> DirectorySpec:
    return _made(
        f"directory {row['name']}",
        lambda: DirectorySpec(
            name=row["name"],
            fid=row["fid"],
            aid=bytes.fromhex(row["aid"]),
            parent=row["parent"],
            title_zh=row["title_zh"],
            title_en=row["title_en"],
        ),
    )


def _file(row: dict[str, Any], choices: dict[str, Any]) -> FileSpec:
    place = f"file {row['directory']}/{row['name']}"
    fields = [_field(field, choices, place) for field in row.get("field", [])]
    return _made(place, lambda: _file_spec(row, fields))


def _file_spec(row: dict[str, Any], fields: list[FieldSpec]) -> FileSpec:
    structure = Structure(row["structure"])
    if structure is Structure.VARIABLE:
        # An overlay's new fields come last in the tables; on the card their record decides.
        fields = sorted(fields, key=lambda field: field.record or 0)
        size, records = 0, len(fields)
    else:
        size, records = row["size"], row.get("records", 1)
    return FileSpec(
        directory=row["directory"],
        name=row["name"],
        fid=row["fid"],
        structure=structure,
        size=size,
        records=records,
        read_key=KeyName(row["read_key"]) if "read_key" in row else None,
        update_key=KeyName(row["update_key"]),
        protection=Protection(row["protection"]),
        fields=tuple(fields),
        erase_key=KeyName(row["erase_key"]) if "erase_key" in row else None,
        write_once=row.get("write_once", False),
        author=Author(row.get("author", "desk")),
        length_prefix=row.get("length_prefix", 0),
        block=row.get("block", 128),
        source=row.get("source"),
    )


def _field(row: dict[str, Any], choices: dict[str, Any], place: str) -> FieldSpec:
    # Where public documents disagree a field names the choice instead of stating one answer.
    place = f"{place} field {row['key']}"
    chosen: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and value["choice"] not in choices:
            raise _Misplaced(f"{place}: the choice {value['choice']} is not made")
        chosen[name] = choices[value["choice"]] if isinstance(value, dict) else value
    return _made(
        place,
        lambda: FieldSpec(
            key=chosen["key"],
            length=chosen["length"],
            coding=Coding(chosen["coding"]),
            name_zh=chosen["name_zh"],
            name_en=chosen["name_en"],
            source=chosen.get("source"),
            code_table=chosen.get("code_table"),
            record=chosen.get("record"),
            tag=chosen.get("tag"),
        ),
    )


def _made(place: str, make: Callable[[], _Made]) -> _Made:
    try:
        return make()
    except KeyError as error:
        raise _Misplaced(f"{place}: {error.args[0]} is missing") from error
    except ValueError as error:
        raise _Misplaced(f"{place}: {error}") from error


def _check(profile: Profile) -> None:
    """What no schema can say: names that must exist, and lengths that must add up."""
    for rule in _NEEDED_RULES:
        if rule not in profile.rules:
            raise _Misplaced(f"rules: {rule} is missing")
    homes = {"MF"} | {directory.name for directory in profile.directories}
    for directory in profile.directories:
        if directory.parent not in homes:
            raise _Misplaced(f"directory {directory.name}: its parent {directory.parent} does not exist")
    keys: set[str] = set()
    for file in profile.files:
        place = f"file {file.path}"
        if file.directory not in homes:
            raise _Misplaced(f"{place}: the directory {file.directory} does not exist")
        if not file.fields:
            raise _Misplaced(f"{place}: it has no field")
        for field in file.fields:
            if field.key in keys:
                raise _Misplaced(f"{place} field {field.key}: this key is used twice")
            keys.add(field.key)
        (_check_tags if file.structure is Structure.VARIABLE else _check_size)(file, place)


def _check_tags(file: FileSpec, place: str) -> None:
    if [field.record for field in file.fields] != list(range(1, len(file.fields) + 1)):
        raise _Misplaced(f"{place}: its records are not numbered 1 to {len(file.fields)}")
    tags = [field.tag for field in file.fields]
    if None in tags or len(set(tags)) != len(tags):
        raise _Misplaced(f"{place}: every record needs a tag of its own")
    for field in file.fields:
        if field.length > MAX_VALUE:
            raise _Misplaced(
                f"{place} field {field.key}: a record's value has at most {MAX_VALUE} bytes"
            )


def _check_size(file: FileSpec, place: str) -> None:
    total = sum(field.length for field in file.fields)
    if file.structure is not Structure.TRANSPARENT:
        fits = total == file.size
    elif len(file.fields) != 1:
        fits = False
    else:
        fits = file.length_prefix + total <= file.size if file.length_prefix else total == file.size
    if not fits:
        raise _Misplaced(f"{place}: its fields take {total} bytes and its size says {file.size}")
