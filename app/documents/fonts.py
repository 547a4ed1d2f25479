"""Fonts by coverage: which font draws which character, and how it gets into a PDF.

The chains are data (``resources/fonts.toml``). reportlab does not fall back between fonts, so a text
is split into runs, a run a font; a character that no font of the chain draws is a known error that
names it, never a box, a question mark or a look-alike.

Loading a font takes a quarter of a second and tens of megabytes, so a ``FontShelf`` loads each at its
first use and keeps it; the program makes one shelf, and the books of faces and of papers stand on it.
"""

from __future__ import annotations

import struct
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reportlab import rl_config
from reportlab.pdfbase import pdfdoc
from reportlab.pdfbase.ttfonts import SUBSETN, TTFError, TTFont

from app.base.resources import read_toml, resource
from app.documents.errors import FontsMissing, FontUnusable, GlyphMissing

# Streams as they are (ISO 32000-1, 7.4.4): ASCII85 around them is a quarter more and slow to make.
rl_config.useA85 = 0
# Characters that are meant to leave no ink.
_BLANKS = frozenset(" \u00a0\u3000")
# Unicode 15, 23.5: private-use code points have no agreed shape.
_PRIVATE = ((0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD))


def code_point(char: str) -> str:
    """A character's name for a message: ``U+9FB4``."""
    return f"U+{ord(char):04X}"


def to_unicode_cmap(name: str, subset: list[int]) -> str:
    """A ToUnicode CMap for the one-byte codes of a subset (ISO 32000-1, 9.10.3).

    The destination is UTF-16BE, so a character beyond the basic plane is a surrogate pair, and a
    block holds at most a hundred entries; reportlab 5.1 writes the bare code point and one block, and
    what it writes copies and searches wrong.
    """
    codes = [(code, char) for code, char in enumerate(subset) if char]
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        f"/CMapName /{name} def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        "<00> <FF>",
        "endcodespacerange",
    ]
    for start in range(0, len(codes), 100):
        block = codes[start : start + 100]
        lines.append(f"{len(block)} beginbfchar")
        lines += [
            f"<{code:02X}> <{chr(char).encode('utf-16-be').hex().upper()}>" for code, char in block
        ]
        lines.append("endbfchar")
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines)


class _Outlines(TTFont):
    """reportlab's font with its ToUnicode map and its descriptor put right."""

    def __init__(self, family: Family, path: Path) -> None:
        super().__init__(family.id, str(path), subfontIndex=family.index, asciiReadable=False)
        self._body = family.body

    def addObjects(self, doc: Any) -> None:  # noqa: N802 - reportlab calls it at the end of a document
        subsets = list(self.state[doc].subsets)
        super().addObjects(doc)
        for number, subset in enumerate(subsets):
            name = (SUBSETN(number) + b"+" + self.face.name + self.face.subfontNameX).decode("pdfdoc")
            doc.idToObject[f"toUnicodeCMap:{name}"].content = to_unicode_cmap(name, subset)
            descriptor = doc.idToObject[f"fontDescriptor:{name}"].dict
            # The type box that the faces are laid out by is also what readers of the PDF measure.
            descriptor["Ascent"], descriptor["Descent"] = (round(1000 * edge) for edge in self._body)


@dataclass(frozen=True)
class Family:
    """One entry of the font list."""

    id: str
    files: tuple[str, ...]
    index: int
    body: tuple[float, float]
    private_use: bool


class Font:
    """One loaded font: which characters it draws, how wide they are."""

    def __init__(self, family: Family, path: Path) -> None:
        try:
            self.outlines = _Outlines(family, path)
            face: Any = self.outlines.face
            head = face.get_table_pos("head")[0]
            self._long_offsets = bool(face.get_ushort(head + 50))  # indexToLocFormat
            self._offsets: bytes = face.get_table("loca")
        except (TTFError, KeyError, struct.error, OSError) as fault:
            raise FontUnusable(path.name) from fault
        self.family = family
        self._glyphs: dict[int, int] = face.charToGlyph
        self._widths: dict[int, float] = face.charWidths

    def draws(self, char: str) -> bool:
        """Whether this font has a glyph with ink for ``char`` (or ``char`` is a blank)."""
        code = ord(char)
        glyph = self._glyphs.get(code)
        if not glyph:
            return False
        if char in _BLANKS:
            return True
        if not self.family.private_use and any(low <= code <= high for low, high in _PRIVATE):
            return False
        layout = ">2I" if self._long_offsets else ">2H"
        start, end = struct.unpack_from(layout, self._offsets, glyph * struct.calcsize(layout) // 2)
        return bool(end > start)

    def width(self, text: str, size: float) -> float:
        """The advance of ``text`` in points."""
        return sum(self._widths[ord(char)] for char in text) * size / 1000


@dataclass(frozen=True, repr=False)
class Run:
    """A piece of a text that one font draws."""

    font: Font
    text: str


class FontChain:
    """Fonts in the order in which they are asked."""

    def __init__(self, book: FontBook, name: str, families: tuple[Family, ...]) -> None:
        self._book = book
        self.name = name
        self._families = families
        # Which font draws a character never changes while the program runs.
        self._known: dict[str, Font] = {}

    @property
    def body(self) -> tuple[float, float]:
        """Top and bottom of the type box over the base line, in parts of the size."""
        return self._families[0].body

    def runs(self, text: str, element: str) -> tuple[Run, ...]:
        """``text`` by fonts; ``GlyphMissing`` names the first character nobody draws."""
        runs: list[Run] = []
        for char in text:
            font = self._font_for(char, element)
            if runs and runs[-1].font is font:
                runs[-1] = Run(font, runs[-1].text + char)
            else:
                runs.append(Run(font, char))
        return tuple(runs)

    def width(self, text: str, size: float, element: str) -> float:
        """The advance of ``text`` in points."""
        return sum(run.font.width(run.text, size) for run in self.runs(text, element))

    def _font_for(self, char: str, element: str) -> Font:
        known = self._known.get(char)
        if known is not None:
            return known
        for font in self._fonts():
            if font.draws(char):
                self._known[char] = font
                return font
        raise GlyphMissing(element, code_point(char))

    def _fonts(self) -> Iterator[Font]:
        for family in self._families:
            yield self._book.font(family)


class FontShelf:
    """Loaded fonts, each file once, for every book that stands on this shelf.

    reportlab reads a font at a position that it keeps inside it, and adds each document to it: who draws
    holds ``drawing`` for the whole document, so that one is drawn at a time.
    """

    def __init__(self) -> None:
        self._fonts: dict[tuple[Family, Path], Font] = {}
        self.drawing = threading.RLock()

    def font(self, family: Family, path: Path) -> Font:
        """The font of a family in a file; ``FontUnusable``."""
        with self.drawing:
            font = self._fonts.get((family, path))
            if font is None:
                font = self._fonts[family, path] = Font(family, path)
            return font

    def __len__(self) -> int:
        return len(self._fonts)


@cache
def shared_shelf() -> FontShelf:
    """The program's one shelf: a font's file never changes while it runs."""
    return FontShelf()


class FontBook:
    """The fonts of this machine by family and chain. ``drawing`` is held while a document is drawn."""

    def __init__(
        self,
        families: dict[str, Family],
        chains: dict[str, tuple[str, ...]],
        folders: list[Path],
        shelf: FontShelf,
    ) -> None:
        self._families = families
        self._chains = chains
        self._folders = folders
        self._paths: dict[str, Path | None] = {}
        self._shelf = shelf

    @classmethod
    def open(cls, *lists: Path, shelf: FontShelf | None = None) -> FontBook:
        """The book of ``resources/fonts.toml``, and of further lists whose entries win.

        Without a ``shelf`` the fonts are this book's own.
        """
        families: dict[str, Family] = {}
        chains: dict[str, tuple[str, ...]] = {}
        folders = [resource("fonts")]
        for path in (resource("fonts.toml"), *lists):
            table = read_toml(path)
            if path.parent != resource():
                folders.insert(0, path.parent)
            folders += [Path(name) for name in table.get("folders", {}).get(sys.platform, [])]
            for entry in table.get("family", []):
                top, bottom = entry.get("body", (0.86, -0.14))
                families[entry["id"]] = Family(
                    entry["id"],
                    tuple(entry["files"]),
                    entry.get("index", 0),
                    (top, bottom),
                    entry.get("private_use", False),
                )
            chains.update({name: tuple(ids) for name, ids in table.get("chains", {}).items()})
        return cls(families, chains, folders, FontShelf() if shelf is None else shelf)

    @property
    def drawing(self) -> threading.RLock:
        """The lock of the shelf."""
        return self._shelf.drawing

    @property
    def chain_names(self) -> frozenset[str]:
        """The chains that a design may name."""
        return frozenset(self._chains)

    def chain(self, name: str) -> FontChain:
        """A chain of the families that are here; ``FontsMissing`` where none of them is."""
        wanted = [self._families[family] for family in self._chains[name]]
        here = tuple(family for family in wanted if self._path(family))
        if not here:
            names = ", ".join(Path(file).name for family in wanted for file in family.files[-1:])
            raise FontsMissing(name, names)
        return FontChain(self, name, here)

    def font(self, family: Family) -> Font:
        """The loaded font of a family that is here."""
        path = self._path(family)
        if path is None:
            raise FontsMissing(family.id, ", ".join(family.files))
        return self._shelf.font(family, path)

    def files(self) -> dict[str, Path]:
        """Family to file, of all that are here: what a packaged build takes along."""
        found = {family.id: self._path(family) for family in self._families.values()}
        return {name: path for name, path in found.items() if path}

    def _path(self, family: Family) -> Path | None:
        if family.id not in self._paths:
            candidates = (folder / name for folder in self._folders for name in family.files)
            self._paths[family.id] = next((path for path in candidates if path.is_file()), None)
        return self._paths[family.id]


@dataclass(frozen=True)
class TextStyle:
    """How text is drawn: size in points, CMYK ink (0..1), bold as an outline of ``bold_em`` sizes,
    ``tracking`` extra points after each character, ``stretch`` of the natural width."""

    size: float
    ink: tuple[float, float, float, float]
    bold_em: float = 0.0
    tracking: float = 0.0
    stretch: float = 1.0


Matrix = tuple[float, float, float, float]
UPRIGHT: Matrix = (1.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Piece:
    """Runs whose base line begins at ``origin`` (points) and is turned by ``turn``."""

    runs: tuple[Run, ...]
    origin: tuple[float, float]
    turn: Matrix = UPRIGHT


def text_operators(
    document: pdfdoc.PDFDocument,
    pieces: Sequence[Piece],
    style: TextStyle,
    actual_text: str | None = None,
) -> str:
    """PDF operators that draw ``pieces`` as one text object.

    ``actual_text`` is what they copy as, where characters stand too far apart for a reader of the PDF
    to see one word (ISO 32000-1, 14.9.4). It lies inside the text object: readers take its box from
    the font that is set there.
    """
    ink = " ".join(f"{part:g}" for part in style.ink)
    parts = [f"q {ink} k"]
    if style.bold_em:
        parts.append(f"{ink} K {style.bold_em * style.size:.4f} w 1 j")
    parts.append("BT" + (" 2 Tr" if style.bold_em else ""))
    if style.tracking:
        parts.append(f"{style.tracking:.4f} Tc")
    if style.stretch != 1.0:
        parts.append(f"{style.stretch * 100:.3f} Tz")
    if actual_text is not None:
        raw = ("\ufeff" + actual_text).encode("utf-16-be").hex().upper()
        parts.append(f"/Span << /ActualText <{raw}> >> BDC")
    for piece in pieces:
        parts.append(" ".join(f"{value:.5f}" for value in (*piece.turn, *piece.origin)) + " Tm")
        for run in piece.runs:
            font = run.font.outlines
            for subset, raw_codes in font.splitString(run.text, document):
                name = font.getSubsetInternalName(subset, document)
                parts.append(f"{name} {style.size:g} Tf <{raw_codes.hex().upper()}> Tj")
    if actual_text is not None:
        parts.append("EMC")
    return " ".join([*parts, "ET Q"])
