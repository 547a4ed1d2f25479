"""Type on paper: widths, lines and the size at which a text fits its room. Knows no paper."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from app.documents.errors import GlyphMissing
from app.documents.fonts import FontBook, FontChain
from app.documents.paper_errors import PaperGlyphMissing

MM_PER_POINT = 25.4 / 72
# From base line to base line, in sizes.
LEADING = 1.32
_SLACK = 1e-6
# What may not begin a line and what may not end one (GB/T 15834, 5.1.9).
_NOT_FIRST = frozenset("，。、；：？！）》〉」』】〕”’…·,.;:?!)]}%°")
_NOT_LAST = frozenset("（《〈「『【〔“‘([{¥")


@dataclass(frozen=True, repr=False)
class Set:
    """A text in lines at one size (points)."""

    size: float
    lines: tuple[str, ...]
    width: float

    @property
    def height(self) -> float:
        """Millimetres that the lines take."""
        return len(self.lines) * self.size * LEADING * MM_PER_POINT


class Typesetter:
    """Widths and lines in one chain of fonts, for one paper (whose name a fault bears)."""

    def __init__(self, fonts: FontBook, paper: str) -> None:
        self.chain: FontChain = fonts.chain("text")
        self._paper = paper
        self._ems: dict[str, float] = {}

    def em(self, char: str) -> float:
        """The advance of a character in sizes; ``PaperGlyphMissing`` where no font draws it."""
        known = self._ems.get(char)
        if known is None:
            try:
                known = self.chain.width(char, 1.0, self._paper)
            except GlyphMissing as fault:
                raise PaperGlyphMissing(self._paper, fault.character) from fault
            self._ems[char] = known
        return known

    def width(self, text: str, size: float) -> float:
        """The advance of ``text`` in millimetres."""
        return sum(map(self.em, text)) * size * MM_PER_POINT

    def lines(self, text: str, room: float, size: float) -> tuple[str, ...]:
        """``text`` in lines of at most ``room`` mm; a line feed in it ends a line.

        A line ends between Han characters, after a blank or a hyphen, and inside a word only where the
        word alone is wider than the room.
        """
        wrapped: list[str] = []
        for paragraph in text.replace("\r\n", "\n").replace("\t", " ").split("\n"):
            wrapped += _wrap(paragraph, room + _SLACK, lambda part: self.width(part, size))
        return tuple(wrapped)

    def fit(self, text: str, room: float, sizes: tuple[float, ...], most: int = 2) -> Set:
        """The largest of ``sizes`` at which ``text`` takes at most ``most`` lines, else the smallest
        with as many lines as it needs: a text is shrunk first, then wrapped, and never cut. A number
        or another single word takes one line wherever a size allows it."""
        if len(_pieces(text)) == 1:
            most = 1
        for size in sizes:
            lines = self.lines(text, room, size)
            if len(lines) <= most:
                break
        return Set(size, lines, max((self.width(line, size) for line in lines), default=0.0))


def _wrap(text: str, room: float, width: Callable[[str], float]) -> list[str]:
    rows, row = [], ""
    for piece in _pieces(text):
        if row and width((row + piece).rstrip(" ")) > room:
            rows.append(row.rstrip(" "))
            row = ""
        rest = piece if row else piece.lstrip(" ")
        while width(rest.rstrip(" ")) > room and len(rest) > 1:
            cut = next((n for n in range(len(rest) - 1, 1, -1) if width(rest[:n]) <= room), 1)
            rows.append(rest[:cut].rstrip(" "))
            rest = rest[cut:].lstrip(" ")
        row += rest
    return [*rows, row.rstrip(" ")]


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for char in text:
        if pieces and not _may_break(pieces[-1][-1], char):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _may_break(before: str, here: str) -> bool:
    if here in _NOT_FIRST or here == " " or before in _NOT_LAST or unicodedata.combining(here):
        return False
    return before in " -/|" or _is_wide(before) or _is_wide(here)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"
