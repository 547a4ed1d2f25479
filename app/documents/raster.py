"""Pages as pictures: what a window shows, what a PNG holds and what a printer's driver asks for.

PDFium draws at exactly the dots asked for: a card of 85.60 x 53.98 mm is 1011 x 638 pixels at 300 an
inch. A driver's panel that is larger (1016 x 648) gets the page in its middle, never stretched, so a
dot of a bar code stays a dot.
"""

from __future__ import annotations

import ctypes
import io
import threading
from contextlib import closing
from dataclasses import dataclass

import pypdfium2  # type: ignore[import-untyped]  # it ships no types
import pypdfium2.raw as pdfium  # type: ignore[import-untyped]
from PIL import Image

from app.documents.errors import PageUnreadable

# PDFium is one library a process and not safe from several threads: this lock is its door.
_PDFIUM = threading.Lock()


@dataclass(frozen=True, repr=False)
class Bitmap:
    """Rows from the top, one byte (grey) or three (red, green, blue) a pixel, without padding."""

    width: int
    height: int
    channels: int
    dpi: int
    pixels: bytes

    def png(self) -> bytes:
        """The picture as PNG, its dots an inch stated."""
        mode = "L" if self.channels == 1 else "RGB"
        stream = io.BytesIO()
        Image.frombytes(mode, (self.width, self.height), self.pixels).save(
            stream, "PNG", dpi=(self.dpi, self.dpi)
        )
        return stream.getvalue()


def page_count(pdf: bytes) -> int:
    """How many pages a PDF has, or ``PageUnreadable``."""
    with _PDFIUM, closing(_open(pdf, 0)) as document:
        return len(document)


def render_page(
    pdf: bytes,
    page: int = 0,
    dpi: int = 300,
    *,
    grey: bool = False,
    panel: tuple[int, int] | None = None,
) -> Bitmap:
    """One page on white at ``dpi``; ``panel`` is the driver's size in pixels where it is another."""
    with _PDFIUM, closing(_open(pdf, page)) as document:
        if not 0 <= page < len(document):
            raise PageUnreadable(page)
        with closing(document[page]) as sheet:
            scale = dpi / 72
            dots = (round(sheet.get_width() * scale), round(sheet.get_height() * scale))
            width, height = panel or dots
            # The page's own origin: its top edge on a whole pixel, as its left edge.
            left, top = (width - dots[0]) // 2, (height - dots[1]) // 2
            kind = pdfium.FPDFBitmap_Gray if grey else pdfium.FPDFBitmap_BGR
            with closing(
                pypdfium2.PdfBitmap.new_native(width, height, kind, rev_byteorder=not grey)
            ) as bitmap:
                bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
                # FPDF_RenderPageBitmap would stretch the page to whole pixels; a matrix does not.
                matrix = pdfium.FS_MATRIX(scale, 0, 0, scale, left, top)
                clip = pdfium.FS_RECTF(0, 0, width, height)
                flags = pdfium.FPDF_GRAYSCALE if grey else pdfium.FPDF_REVERSE_BYTE_ORDER
                pdfium.FPDF_RenderPageBitmapWithMatrix(
                    bitmap, sheet, ctypes.byref(matrix), ctypes.byref(clip), flags
                )
                channels = 1 if grey else 3
                row = width * channels
                raw = bytes(bitmap.buffer)
                pixels = b"".join(
                    raw[start : start + row] for start in range(0, bitmap.stride * height, bitmap.stride)
                )
    return Bitmap(width, height, channels, dpi, pixels)


def page_png(pdf: bytes, page: int = 0, dpi: int = 300) -> bytes:
    """One page as PNG."""
    return render_page(pdf, page, dpi).png()


def pages_png(pdf: bytes, dpi: int = 300) -> bytes:
    """Every page in one PNG, one below the other."""
    pages = [render_page(pdf, number, dpi) for number in range(page_count(pdf))]
    whole = Bitmap(
        pages[0].width,
        sum(page.height for page in pages),
        pages[0].channels,
        dpi,
        b"".join(page.pixels for page in pages),
    )
    return whole.png()


def _open(pdf: bytes, page: int) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as fault:
        raise PageUnreadable(page) from fault
