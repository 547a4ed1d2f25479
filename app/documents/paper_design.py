"""Paper templates as data (``resources/papers``): what stands on a page, in which order, in which words.

A template is one TOML file a paper; ``words.toml`` says the words of lists of ours and ``marks.toml``
what is drawn over a paper that is no living one. A province's folder may hold any of these files, and
what it holds takes the place of the shipped one. The format is described at the head of
``application-form.toml``. Everything is checked when it is loaded, and a mistake is told by file, line
and row.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.documents.paper_facts import Paper, Term

# In a table, the row's own number.
ROW_NUMBER = "#"


class BlockKind(StrEnum):
    """What a block is."""

    FIELDS = "fields"
    TABLE = "table"
    TEXT = "text"
    SIGNATURES = "signatures"


class Empty(StrEnum):
    """What a cell without a value becomes."""

    BLANK = "blank"
    DASH = "dash"
    OMIT = "omit"


@dataclass(frozen=True)
class Cell:
    """A label and its value in a grid. ``span`` is how many columns it takes."""

    value: str
    zh: str
    en: str = ""
    span: int = 1
    large: bool = False
    capitals: bool = False
    choices: bool = False
    empty: str = ""
    when: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table; ``share`` of its width."""

    value: str
    zh: str
    en: str = ""
    share: float = 1.0
    right: bool = False


@dataclass(frozen=True)
class Slot:
    """A line to sign on, or room for a ``seal``. ``value`` is a name printed on the line."""

    zh: str
    en: str = ""
    value: str = ""
    seal: bool = False
    when: str = ""


@dataclass(frozen=True)
class Aside:
    """A code or a picture at the right of a grid, ``size`` its box in mm."""

    kind: str
    value: str
    size: tuple[float, float]
    zh: str = ""
    en: str = ""


@dataclass(frozen=True)
class Block:
    """A piece of a paper from its top down. ``line`` is where it stands in its file."""

    kind: BlockKind
    line: int
    zh: str = ""
    en: str = ""
    columns: int = 2
    label_width: float = 24.0
    row_height: float = 8.0
    empty: Empty = Empty.DASH
    cells: tuple[Cell, ...] = ()
    aside: Aside | None = None
    value: str = ""
    head: tuple[Column, ...] = ()
    min_rows: int = 0
    across: int = 1
    text: str = ""
    pinned: str = ""
    framed: bool = False
    size: float = 8.5
    slots: tuple[Slot, ...] = ()
    dated: bool = True
    gap: float = 3.0
    together: bool = False
    when: str = ""


@dataclass(frozen=True)
class Text:
    """One version of a text; ``{key}`` in it stands for a value of the paper."""

    id: str
    version: str
    zh: str
    en: str


@dataclass(frozen=True)
class Template:
    """A whole paper. Lengths in mm; ``margins`` are top, right, bottom, left."""

    file: str
    paper: type[Paper]
    version: str
    width: float
    height: float
    margins: tuple[float, float, float, float]
    title: Term
    number: str
    whole: frozenset[str]
    void: str
    texts: tuple[Text, ...]
    blocks: tuple[Block, ...]

    def newest(self, text: str) -> Text | None:
        """The newest version of a text: the last one in the file."""
        return next((known for known in reversed(self.texts) if known.id == text), None)


@dataclass(frozen=True)
class Watermarks:
    """Words and type of what is drawn over a page, by mark; ``notes`` say it as a sentence."""

    words: dict[str, Term]
    notes: dict[str, Term]
    size: float
    angle: float
    opacity: float
    void_opacity: float


@dataclass(frozen=True)
class PaperDesign:
    """Every template by its name, the words of our lists by list and value, the marks."""

    templates: dict[str, Template]
    words: dict[str, dict[str, Term]]
    marks: Watermarks
    font_lists: tuple[Path, ...]
