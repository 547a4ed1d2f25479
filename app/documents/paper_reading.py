"""Reads paper templates and checks everything in them: a mistake is told by file, line and row."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Any, TypeVar

from app.base.resources import resource
from app.documents.face_design import FaceMark
from app.documents.paper_design import (
    ROW_NUMBER,
    Aside,
    Block,
    BlockKind,
    Cell,
    Column,
    Empty,
    PaperDesign,
    Slot,
    Template,
    Text,
    Watermarks,
)
from app.documents.paper_errors import PaperDataInvalid
from app.documents.paper_facts import PAPERS, Paper, Term
from app.documents.paper_values import ValueKind, ValueType, list_name, value_types

# ISO 216, millimetres.
SIZES = {"A4": (210.0, 297.0), "A5": (148.0, 210.0)}


def load_design(folder: Path | None = None) -> PaperDesign:
    """The shipped templates with those of ``folder`` in their place, or ``PaperDataInvalid``."""
    words = _words(_find("words.toml", folder))
    templates = {
        paper.template: _Reader(_find(f"{paper.template}.toml", folder), paper, words).template()
        for paper in PAPERS
    }
    fonts = folder / "fonts.toml" if folder is not None else None
    lists = (fonts,) if fonts is not None and fonts.is_file() else ()
    return PaperDesign(templates, words, _marks(_find("marks.toml", folder)), lists)


def _find(name: str, folder: Path | None) -> Path:
    own = folder / name if folder is not None else None
    return own if own is not None and own.is_file() else resource("papers", name)


def _parse(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        source = path.read_text(encoding="utf-8")
        return source, tomllib.loads(source)
    except FileNotFoundError as fault:
        raise PaperDataInvalid(path.name, "-", "the file is missing") from fault
    except UnicodeDecodeError as fault:
        raise PaperDataInvalid(path.name, "-", "it is not UTF-8") from fault
    except tomllib.TOMLDecodeError as fault:
        found = re.search(r"\(at line (\d+)", str(fault))
        where = f"line {found[1]}" if found else "the end"
        raise PaperDataInvalid(path.name, where, "it is no TOML") from fault


def _words(path: Path) -> dict[str, dict[str, Term]]:
    _, table = _parse(path)
    words: dict[str, dict[str, Term]] = {}
    for name, rows in table.items():
        words[name] = {}
        if not isinstance(rows, dict):
            raise PaperDataInvalid(path.name, name, "a list of words is a table")
        for value, pair in rows.items():
            words[name][value] = _term(path, f"{name}.{value}", pair)
    return words


def _term(path: Path, where: str, pair: object) -> Term:
    if (
        isinstance(pair, dict)
        and pair.keys() <= {"zh", "en"}
        and all(isinstance(word, str) for word in pair.values())
        and pair.get("zh")
    ):
        return Term(pair["zh"], pair.get("en", ""))
    raise PaperDataInvalid(path.name, where, "words are { zh, en }")


def _marks(path: Path) -> Watermarks:
    _, table = _parse(path)
    needed = [*(mark.value for mark in FaceMark), "copy", "void", "draft"]
    for part in ("words", "notes", "band"):
        if not isinstance(table.get(part), dict):
            raise PaperDataInvalid(path.name, part, "the table is missing")
    terms: dict[str, dict[str, Term]] = {"words": {}, "notes": {}}
    for part, found in terms.items():
        for name in needed:
            found[name] = _term(path, f"{part}.{name}", table[part].get(name))
    numbers = []
    for name in ("size", "angle", "opacity", "void_opacity"):
        value = table["band"].get(name)
        if not _is_number(value):
            raise PaperDataInvalid(path.name, f"band.{name}", "it is no number")
        numbers.append(float(value))
    return Watermarks(terms["words"], terms["notes"], *numbers)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_Part = TypeVar("_Part", Cell, Column, Slot, Text)
_Made = TypeVar("_Made")


class _Reader:
    """Reads one template and knows which line and row it is at."""

    def __init__(self, path: Path, paper: type[Paper], words: dict[str, dict[str, Term]]) -> None:
        self._path = path
        self._paper = paper
        self._words = words
        self._types = value_types(paper)
        source, self._table = _parse(path)
        self._lines = source.splitlines()
        self._where = "line 1"

    def _at(self, begins: str, number: int = 0) -> None:
        """Stand at the ``number``th line that begins so; the file's first where there is none."""
        found = [n for n, line in enumerate(self._lines, 1) if line.startswith(begins)]
        self._where = f"line {found[number] if number < len(found) else 1}"

    def template(self) -> Template:
        table = self._table
        allowed = {"paper", "version", "size", "landscape", "margins", "title", "number", "whole"}
        self._keys(table, allowed | {"void", "text", "block"})
        self._at("paper")
        if table.get("paper") != self._paper.template:
            raise self._fault(f"paper must be {self._paper.template}")
        self._at("version")
        version = self._text(table, "version")
        width, height, margins = self._page(table)
        self._at("title")
        title = _term(self._path, self._where, table.get("title"))
        self._at("number")
        number = self._text(table, "number")
        self._kind(number)
        self._at("whole")
        whole = frozenset(table.get("whole", []))
        for key in whole:
            if not self._kind(key).masked:
                raise self._fault(f"{key} is never masked, so it is not listed under whole")
        self._at("void")
        void = table.get("void", "")
        if void and self._kind(void) is not ValueKind.FLAG:
            raise self._fault("void names a value that is yes or no")
        texts = self._all_texts(table.get("text", []))
        self._texts = {text.id for text in texts}
        blocks = tuple(self._block(n, row) for n, row in enumerate(table.get("block", [])))
        file, paper = self._path.name, self._paper
        return Template(
            file, paper, version, width, height, margins, title, number, whole, void, texts, blocks
        )

    def _page(self, table: dict[str, Any]) -> tuple[float, float, tuple[float, float, float, float]]:
        self._at("size")
        if table.get("size") not in SIZES:
            raise self._fault("size must be A4 or A5")
        width, height = SIZES[table["size"]]
        if table.get("landscape", False):
            width, height = height, width
        self._at("margins")
        top, right, bottom, left = self._numbers(table, "margins", 4)
        least = min(top, right, bottom, left)
        if least < 5 or left + right > width / 2 or top + bottom > height / 2:
            raise self._fault("margins are 5 mm or more and leave half of the page")
        return width, height, (top, right, bottom, left)

    def _all_texts(self, rows: list[Any]) -> tuple[Text, ...]:
        texts: list[Text] = []
        for number, row in enumerate(rows):
            self._at("[[text]]", number)
            text = self._part(Text, row, "text", number + 1)
            self._placeholders(text)
            if (text.id, text.version) in {(known.id, known.version) for known in texts}:
                raise self._fault(f"the text {text.id} stands there twice in one version")
            texts.append(text)
        return tuple(texts)

    def _block(self, index: int, row: dict[str, Any]) -> Block:
        self._at("[[block]]", index)
        here = self._where
        line = int(here.removeprefix("line "))
        self._keys(row, {field.name for field in dataclasses.fields(Block)} - {"line"})
        values: dict[str, Any] = {**row, "line": line}
        values["kind"] = self._choice(BlockKind, row.get("kind"), "kind")
        values["empty"] = self._choice(Empty, row.get("empty", Empty.DASH.value), "empty")
        known: Mapping[str, ValueType] = self._types
        if "value" in row:
            rows = self._known(self._text(row, "value")).rows
            if rows is None:
                raise self._fault(f"{row['value']} holds no rows")
            known = {**value_types(rows), ROW_NUMBER: ValueType(ValueKind.COUNT)}
        cells, slots = row.get("cells", []), row.get("slots", [])
        values["cells"] = tuple(self._part(Cell, r, "cells", n) for n, r in enumerate(cells, 1))
        values["slots"] = tuple(self._part(Slot, r, "slots", n) for n, r in enumerate(slots, 1))
        values["head"] = tuple(
            self._part(Column, r, "head", n, known) for n, r in enumerate(row.get("head", []), 1)
        )
        if "aside" in row:
            values["aside"] = self._aside(row["aside"])
        block = self._made(Block, values)
        self._where = here
        self._check(block)
        return block

    def _check(self, block: Block) -> None:
        self._condition(block.when)
        if block.kind is BlockKind.FIELDS and not block.cells:
            raise self._fault("a grid needs cells")
        if block.kind is BlockKind.TABLE and not (block.value and block.head):
            raise self._fault("a table needs value and head")
        if block.kind is BlockKind.SIGNATURES and not block.slots:
            raise self._fault("signatures need slots")
        if block.kind is BlockKind.TEXT and block.text not in self._texts:
            raise self._fault(f"there is no text {block.text!r}")
        if block.pinned:
            self._kind(block.pinned)
        if not 1 <= block.columns <= 6 or not 1 <= block.across <= 4 or block.min_rows < 0:
            raise self._fault("columns are 1 to 6, across 1 to 4, min_rows 0 or more")
        if block.label_width <= 0 or block.row_height < 4 or block.gap < 0 or block.size < 6:
            raise self._fault("row_height is 4 mm or more, size 6 points or more, label_width above 0")

    def _aside(self, row: object) -> Aside:
        if not isinstance(row, dict):
            raise self._fault("aside is { kind, value, size }")
        self._keys(row, {"kind", "value", "size", "zh", "en"})
        if row.get("kind") not in ("qr", "picture"):
            raise self._fault("aside.kind is qr or picture")
        kind = self._kind(self._text(row, "value"))
        if (kind is ValueKind.PICTURE) != (row["kind"] == "picture"):
            raise self._fault(f"{row['value']} can not be shown as {row['kind']}")
        width, height = self._numbers(row, "size", 2)
        if min(width, height) < 10:
            raise self._fault("aside.size is 10 mm or more")
        return Aside(row["kind"], row["value"], (width, height), row.get("zh", ""), row.get("en", ""))

    def _part(
        self,
        kind: type[_Part],
        row: object,
        name: str,
        number: int,
        known: Mapping[str, ValueType] | None = None,
    ) -> _Part:
        before = self._where
        self._where = f"{before}, {name} {number}"
        if not isinstance(row, dict):
            raise self._fault("a row is a table in braces")
        self._keys(row, {field.name for field in dataclasses.fields(kind)})
        part = self._made(kind, row)
        if isinstance(part, Cell | Column) or (isinstance(part, Slot) and part.value):
            found = self._known(part.value, known).kind
            if found is ValueKind.ROWS or found is ValueKind.PICTURE:
                raise self._fault(f"{part.value} can not stand in a cell")
        if isinstance(part, Cell):
            if part.capitals and found is not ValueKind.MONEY:
                raise self._fault("capitals are for money")
            if part.choices and found is not ValueKind.WORD:
                raise self._fault("choices are for a word of a list")
            if part.empty:
                self._choice(Empty, part.empty, "empty")
            if not 1 <= part.span <= 6:
                raise self._fault("span is 1 to 6")
        if isinstance(part, Column) and part.share <= 0:
            raise self._fault("share is above 0")
        if isinstance(part, Cell | Slot):
            self._condition(part.when)
        self._where = before
        return part

    def _made(self, kind: type[_Made], values: dict[str, Any]) -> _Made:
        for field in dataclasses.fields(kind):  # type: ignore[arg-type]  # each kind is a dataclass
            value = values.get(field.name, field.default)
            if value is dataclasses.MISSING:
                raise self._fault(f"{field.name} is missing")
            wanted = str(field.type)
            if (
                (wanted == "str" and not isinstance(value, str))
                or (wanted == "int" and (not isinstance(value, int) or isinstance(value, bool)))
                or (wanted == "float" and not _is_number(value))
                or (wanted == "bool" and not isinstance(value, bool))
            ):
                raise self._fault(f"{field.name} is no {_TYPE_WORDS[wanted]}")
        return kind(**values)

    def _known(self, key: str, known: Mapping[str, ValueType] | None = None) -> ValueType:
        found = (self._types if known is None else known).get(key)
        if found is None:
            raise self._fault(f"there is no value {key!r}")
        if found.words is not None:
            words = self._words.get(list_name(found.words), {})
            for one in found.words:
                if one.value not in words:
                    raise self._fault(f"words.toml has no {list_name(found.words)}.{one.value}")
        return found

    def _kind(self, key: str) -> ValueKind:
        return self._known(key).kind

    def _condition(self, when: str) -> None:
        if when:
            key, _, value = when.removeprefix("!").partition("=")
            known = self._known(key)
            if value and value not in {one.value for one in known.words or ()}:
                raise self._fault(f"{key} is never {value!r}")

    def _placeholders(self, text: Text) -> None:
        for words in (text.zh, text.en):
            try:
                keys = [key for _, key, _, _ in Formatter().parse(words) if key is not None]
            except ValueError:
                raise self._fault(f"text {text.id}: a brace is not closed") from None
            for key in keys:
                if self._kind(key) in (ValueKind.ROWS, ValueKind.PICTURE):
                    raise self._fault(f"text {text.id}: {key} can not stand in a sentence")

    def _choice(self, kind: type[Any], value: object, name: str) -> Any:
        try:
            return kind(value)
        except ValueError:
            known = ", ".join(one.value for one in kind)
            raise self._fault(f"{name} is one of {known}") from None

    def _keys(self, row: dict[str, Any], allowed: set[str]) -> None:
        for key in row:
            if key not in allowed:
                raise self._fault(f"{key} is not known here")

    def _text(self, row: dict[str, Any], key: str) -> str:
        value = row.get(key)
        if not isinstance(value, str) or not value:
            raise self._fault(f"{key} is missing")
        return value

    def _numbers(self, row: dict[str, Any], key: str, count: int) -> tuple[float, ...]:
        value = row.get(key)
        if not isinstance(value, list) or len(value) != count or not all(map(_is_number, value)):
            raise self._fault(f"{key} is a list of {count} numbers")
        return tuple(float(number) for number in value)

    def _fault(self, problem: str) -> PaperDataInvalid:
        return PaperDataInvalid(self._path.name, self._where, problem)


_TYPE_WORDS = {"str": "text", "int": "whole number", "float": "number", "bool": "yes or no"}
