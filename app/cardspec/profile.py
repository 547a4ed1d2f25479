"""A profile: which directories, files and fields a card has, and where each value comes from.

Profiles are data (``resources/profiles/<id>/profile.toml``). One may extend another: tables are merged
by name, so a province states only what differs. The content hash of the merged data is kept on each
card's record, so that a card can always be read by the layout it was written with.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema

from app.base.errors import N_, KangkaError
from app.base.resources import read_toml, resource
from app.cardspec.codecs import Coding
from app.cardspec.keys import KeyName


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


def load_profile(profile_id: str = "national", folder: Path | None = None) -> Profile:
    """The shipped profile ``profile_id``, or the one in ``folder`` (a province's own)."""
    tables = _merged(folder if folder is not None else resource("profiles", profile_id), ())
    return _build(tables)


def _merged(folder: Path, seen: tuple[str, ...]) -> dict[str, Any]:
    path = folder / "profile.toml"
    try:
        own = read_toml(path)
    except (OSError, ValueError) as error:
        raise ProfileInvalid(file=path.name, reason=str(error)) from error
    try:
        jsonschema.validate(own, _schema())
    except jsonschema.ValidationError as error:
        where = "/".join(str(step) for step in error.absolute_path) or "top"
        raise ProfileInvalid(file=path.name, reason=f"{where}: {error.message}") from error
    base = own.pop("extends", None)
    if base is None:
        return own
    if base in seen:
        raise ProfileInvalid(file=path.name, reason=f"extends {base} in a circle")
    return _overlay(_merged(resource("profiles", base), (*seen, base)), own)


def _schema() -> dict[str, Any]:
    text = resource("profiles", "profile.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


# What names a row of each list, so that an overlay's row finds the base's.
_ROW_NAMES = {"directory": ("name",), "file": ("directory", "name"), "field": ("key",)}


def _overlay(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        if isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = _overlay(merged[name], value)
        elif name in _ROW_NAMES and name in merged:
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
    try:
        return Profile(
            id=tables["id"],
            title=tables["title"],
            content_hash=hashlib.sha256(canonical.encode()).hexdigest(),
            directories=tuple(
                DirectorySpec(**{**row, "aid": bytes.fromhex(row["aid"])}) for row in tables["directory"]
            ),
            files=tuple(_file(row) for row in tables["file"]),
            choices=tables.get("choices", {}),
            rules=tables.get("rules", {}),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProfileInvalid(file="profile.toml", reason=str(error)) from error


def _file(row: dict[str, Any]) -> FileSpec:
    fields = tuple(
        FieldSpec(**{**field, "coding": Coding(field["coding"])}) for field in row.get("field", [])
    )
    structure = Structure(row["structure"])
    if structure is Structure.VARIABLE:
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
        fields=fields,
        erase_key=KeyName(row["erase_key"]) if "erase_key" in row else None,
        write_once=row.get("write_once", False),
        author=Author(row.get("author", "desk")),
        length_prefix=row.get("length_prefix", 0),
        block=row.get("block", 128),
        source=row.get("source"),
    )
