"""A ruler for cards: reads boxes, text and inks out of a PDF, and knows nothing of how it was made."""

from __future__ import annotations

import base64
import ctypes
import re
import zlib
from contextlib import closing
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

MM = 25.4 / 72


@dataclass(frozen=True)
class Rect:
    """Distances in millimetres from the page's left and top edges."""

    left: float
    top: float
    right: float
    bottom: float

    def __or__(self, other: Rect) -> Rect:
        return Rect(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True)
class Glyph:
    """A character that leaves ink: its ink, its size in points, its place in reading order."""

    char: str
    ink: Rect
    size: float


@dataclass(frozen=True)
class Shape:
    """A path or a picture: its box without the pen's width, and the pen's width in points."""

    kind: int
    box: Rect
    pen: float


@dataclass(frozen=True)
class Page:
    width: float
    height: float
    text: str
    glyphs: tuple[Glyph, ...]
    shapes: tuple[Shape, ...]

    def ink(self, text: str, size: float | None = None) -> Rect:
        """The ink of the first place where the glyphs read ``text`` (blanks aside)."""
        wanted = text.replace(" ", "")
        glyphs = [g for g in self.glyphs if size is None or abs(g.size - size) < 0.01]
        line = "".join(g.char for g in glyphs)
        at = line.index(wanted)
        box = glyphs[at].ink
        for glyph in glyphs[at + 1 : at + len(wanted)]:
            box |= glyph.ink
        return box

    def image(self) -> Rect:
        (only,) = [s.box for s in self.shapes if s.kind == pdfium.FPDF_PAGEOBJ_IMAGE]
        return only

    def paths(self) -> list[Shape]:
        return [s for s in self.shapes if s.kind == pdfium.FPDF_PAGEOBJ_PATH]


def read_page(pdf: bytes, number: int = 0) -> Page:
    """One page as PDFium sees it."""
    with closing(pypdfium2.PdfDocument(pdf)) as document, closing(document[number]) as page:
        height = page.get_height()

        def rect(left: float, bottom: float, right: float, top: float) -> Rect:
            return Rect(left * MM, (height - top) * MM, right * MM, (height - bottom) * MM)

        glyphs: list[Glyph] = []
        with closing(page.get_textpage()) as text_page:
            text = text_page.get_text_bounded().replace("\r\n", "\n")
            codes = [
                pdfium.FPDFText_GetUnicode(text_page, index) for index in range(text_page.count_chars())
            ]
            for index, code in enumerate(codes):
                # PDFium counts in UTF-16: the second half of a pair repeats the first one's box.
                if 0xDC00 <= code < 0xE000 or chr(code).isspace():
                    continue
                low = codes[index + 1] if 0xD800 <= code < 0xDC00 else None
                whole = code if low is None else 0x10000 + (code - 0xD800 << 10) + low - 0xDC00
                box = text_page.get_charbox(index)
                size = pdfium.FPDFText_GetFontSize(text_page, index)
                glyphs.append(Glyph(chr(whole), rect(*box), size))
        shapes = []
        for item in page.get_objects(
            filter=[pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=1
        ):
            pen = ctypes.c_float(0)
            pdfium.FPDFPageObj_GetStrokeWidth(item, ctypes.byref(pen))
            shapes.append(Shape(item.type, rect(*item.get_bounds()), pen.value))
        return Page(page.get_width() * MM, height * MM, text, tuple(glyphs), tuple(shapes))


def streams(pdf: bytes) -> list[bytes]:
    """Every stream of a file, unpacked (ASCII 85 over zlib, or zlib alone)."""
    found = []
    for raw in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        body = raw.strip()
        if body.endswith(b"~>"):
            body = base64.a85decode(b"<~" + body, adobe=True)
        try:
            found.append(zlib.decompress(body))
        except zlib.error:
            found.append(body)
    return found
