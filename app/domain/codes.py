"""Code tables as data (``resources/codes``): what a code means, and how a clerk finds it.

A code is text, as its table has it. Card and forms write numbers with or without a leading zero, so
a table finds ``1`` and ``01`` alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from app.base.errors import N_, KangkaError
from app.base.resources import read_toml, resource
from app.domain.problems import FieldProblem


@dataclass(eq=False)
class UnknownCode(FieldProblem):
    """A code that its table does not have."""

    field: str
    table: str

    code = "code.unknown"
    cause = N_("{field} holds a code that the table {table} does not have.")
    meaning = N_("The value would mean nothing to whoever reads the card.")
    remedy = N_("Choose a value of the list.")


@dataclass(eq=False)
class CodeNeedsClerk(FieldProblem):
    """A code that says its source was coded wrongly (57 of an identity card's ethnic group)."""

    field: str
    table: str

    code = "code.ask-clerk"
    cause = N_("The document's own code for {field} says that it was coded wrongly.")
    meaning = N_("The true value is not known from the document.")
    remedy = N_("Ask the resident and choose the value of the list.")


@dataclass(eq=False)
class CodeTableMissing(KangkaError):
    """A table that the card's profile names and nobody installed."""

    table: str

    code = "code.table-missing"
    cause = N_("The code table {table}, which the card's profile names, is not installed.")
    meaning = N_("The values of its fields can not be checked, so no card is made.")
    remedy = N_("Install the table with the profile, or name another one in it.")


@dataclass(eq=False)
class CodeTableInvalid(KangkaError):
    """A table's file that the program can not use."""

    file: str
    reason: str

    code = "code.table-invalid"
    cause = N_("The code table's file {file} can not be used: {reason}.")
    meaning = N_("No value can be checked until it is corrected or taken away.")
    remedy = N_("Correct the file, or install the code tables again.")


@dataclass(frozen=True)
class Code:
    """One row. ``form`` is the box of the paper form; ``ask`` marks a code that no one may keep."""

    code: str
    zh: str
    en: str
    initials: str
    form: str | None = None
    ask: bool = False


@dataclass(frozen=True)
class CodeTable:
    """One table: its name here, its standard's name, and its codes in the standard's order."""

    name: str
    standard: str
    title_zh: str
    title_en: str
    codes: tuple[Code, ...]

    @cached_property
    def _by_code(self) -> dict[str, Code]:
        return {_plain(code.code): code for code in self.codes}

    @cached_property
    def _by_form(self) -> dict[str, Code]:
        return {code.form: code for code in self.codes if code.form is not None}

    def find(self, code: str) -> Code | None:
        """The row of ``code``, however many zeros lead it; None where there is none."""
        return self._by_code.get(_plain(code))

    def get(self, code: str, field: str) -> Code:
        """The row of ``code``, or the refusal that names ``field`` and the table."""
        found = self.find(code)
        if found is None:
            raise UnknownCode(field=field, table=self.name)
        return found

    def from_form(self, box: str, field: str) -> Code:
        """The row of a box of the paper form, or the refusal that names ``field`` and the table."""
        found = self._by_form.get(box)
        if found is None:
            raise UnknownCode(field=field, table=self.name)
        return found

    def by_label(self, label: str) -> Code | None:
        """The row of a Chinese label (``汉`` and ``汉族`` alike) or an English one."""
        wanted = label.strip()
        shorter = wanted.removesuffix("族")
        for code in self.codes:
            if code.zh in (wanted, shorter) or code.en.lower() == wanted.lower():
                return code
        return None

    def search(self, typed: str) -> tuple[Code, ...]:
        """What a clerk may mean by ``typed``: digits find codes, letters initials, else labels.

        The exact one comes first, then those that begin so, in the table's order.
        """
        wanted = typed.strip().lower()
        if not wanted:
            return tuple(code for code in self.codes if not code.ask)

        def begins(code: Code) -> bool:
            names = (code.code.lower(), _plain(code.code).lower(), code.initials, code.en.lower())
            return any(name.startswith(wanted) for name in names) or wanted in code.zh.lower()

        def exact(code: Code) -> bool:
            return wanted in (
                code.code.lower(),
                _plain(code.code).lower(),
                code.initials,
                code.zh.lower(),
            )

        found = [code for code in self.codes if begins(code) and not code.ask]
        return tuple(sorted(found, key=lambda code: not exact(code)))


def _plain(code: str) -> str:
    # 01 and 1 are one code, 0 and 00 too; X stays X
    return (code.lstrip("0") or "0") if code.isascii() and code.isdigit() else code.upper()


@dataclass(frozen=True)
class CodeTables:
    """Every code table that was loaded, by name."""

    tables: dict[str, CodeTable]

    def __getitem__(self, name: str) -> CodeTable:
        found = self.tables.get(name)
        if found is None:
            raise CodeTableMissing(table=name)
        return found


def load_codes(folder: Path | None = None, *, over: Path | None = None) -> CodeTables:
    """Every table in ``folder`` (``resources/codes``); its file's name is its own.

    ``over`` is a province's own folder: a file there is a further table or takes the place of one;
    with ``extends = true`` it states only the rows that differ or are added. What ships is read once a
    process.
    """
    base = _shipped() if folder is None else _laid({}, folder)
    return base if over is None else _laid(base.tables, over)


@cache
def _shipped() -> CodeTables:
    return _laid({}, resource("codes"))


def _laid(base: Mapping[str, CodeTable], folder: Path) -> CodeTables:
    """The tables of ``folder`` over those of ``base``."""
    tables = dict(base)
    for path in sorted(folder.glob("[!.]*.toml")):
        try:
            tables[path.stem] = _table(path, tables.get(path.stem))
        except KeyError as error:
            raise CodeTableInvalid(file=path.name, reason=f"{error.args[0]} is missing") from error
        except (TypeError, ValueError) as error:
            raise CodeTableInvalid(file=path.name, reason=str(error)) from error
    return CodeTables(tables)


def _table(path: Path, base: CodeTable | None) -> CodeTable:
    rows = read_toml(path)
    own = {
        row["code"]: Code(
            code=row["code"],
            zh=row["zh"],
            en=row["en"],
            initials=row["initials"],
            form=row.get("form"),
            ask=row.get("ask", False),
        )
        for row in rows["code"]
    }
    if len(own) != len(rows["code"]):
        raise ValueError("a code stands there twice")
    if rows.get("extends", False):
        if base is None:
            raise ValueError("there is no table of this name to extend")
        return replace(base, codes=tuple(({code.code: code for code in base.codes} | own).values()))
    return CodeTable(
        name=path.stem,
        standard=rows["standard"],
        title_zh=rows["title_zh"],
        title_en=rows["title_en"],
        codes=tuple(own.values()),
    )
