"""Placed items as PDF, fonts embedded as subsets; the same items give the same bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable

import segno
from PIL import Image, UnidentifiedImageError
from reportlab.lib.colors import CMYKColor
from reportlab.lib.utils import ImageReader

from app.documents.errors import PhotoUnreadable
from app.documents.face_drawing import BOLD_EM, BareCanvas
from app.documents.fonts import FontChain, Piece, TextStyle, text_operators
from app.documents.paper_items import CodeItem, FillItem, Item, PictureItem, RuleItem, TextItem
from app.documents.paper_type import MM_PER_POINT

# ISO/IEC 18004, 6.3.8: the light margin, in modules.
_QUIET = 4


def draw_paper(
    pages: Iterable[Iterable[Item]], size: tuple[float, float], chain: FontChain, title: str
) -> bytes:
    """A PDF of ``size`` mm. ``title`` names the kind of paper, never a person."""
    stream = io.BytesIO()
    canvas = BareCanvas(
        stream,
        pagesize=(size[0] / MM_PER_POINT, size[1] / MM_PER_POINT),
        invariant=1,
        pageCompression=1,
        lang="zh-CN",
    )
    canvas.setTitle(title)
    canvas.setCreator("kangka")
    for page in pages:
        drawing = _Drawing(canvas, size[1], chain)
        for item in page:
            drawing.draw(item)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _pt(mm: float) -> float:
    return mm / MM_PER_POINT


def _black(share: float) -> CMYKColor:
    return CMYKColor(0, 0, 0, share)


class _Drawing:
    """One page being drawn: PDF counts from the lower edge, a paper from the upper one."""

    def __init__(self, canvas: BareCanvas, height: float, chain: FontChain) -> None:
        self._canvas = canvas
        self._height = height
        self._chain = chain

    def draw(self, item: Item) -> None:
        if isinstance(item, TextItem):
            self._text(item)
        elif isinstance(item, RuleItem):
            self._canvas.setLineWidth(item.pen)
            self._canvas.setStrokeColor(_black(item.black))
            self._canvas.line(_pt(item.x1), self._y(item.y1), _pt(item.x2), self._y(item.y2))
        elif isinstance(item, FillItem):
            self._canvas.setFillColor(_black(item.black))
            self._box(item.left, item.top, item.width, item.height)
        elif isinstance(item, PictureItem):
            self._picture(item)
        else:
            self._code(item)

    def _y(self, mm: float) -> float:
        return _pt(self._height - mm)

    def _box(self, left: float, top: float, width: float, height: float) -> None:
        self._canvas.rect(_pt(left), self._y(top + height), _pt(width), _pt(height), stroke=0, fill=1)

    def _text(self, item: TextItem) -> None:
        runs = self._chain.runs(item.text, "paper")
        turn = math.radians(item.turn)
        cos, sin = math.cos(turn), math.sin(turn)
        piece = Piece(runs, (_pt(item.left), self._y(item.base)), (cos, sin, -sin, cos))
        style = TextStyle(item.size, (0.0, 0.0, 0.0, item.black), BOLD_EM if item.heavy else 0.0)
        if item.opacity < 1:
            self._canvas.saveState()
            self._canvas.setFillAlpha(item.opacity)
            self._canvas.setStrokeAlpha(item.opacity)
        self._canvas.addLiteral(text_operators(self._canvas.document, [piece], style))
        if item.opacity < 1:
            self._canvas.restoreState()

    def _picture(self, item: PictureItem) -> None:
        try:
            with Image.open(io.BytesIO(item.raw), formats=("JPEG", "PNG")) as picture:
                picture.load()
                wide, high = picture.size
            source = ImageReader(io.BytesIO(item.raw))
        except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as fault:
            raise PhotoUnreadable("paper") from fault
        scale = max(item.width / wide, item.height / high)
        width, height = wide * scale, high * scale
        canvas = self._canvas
        canvas.saveState()
        clip = canvas.beginPath()
        box = (_pt(item.left), self._y(item.top + item.height), _pt(item.width), _pt(item.height))
        clip.rect(*box)
        canvas.clipPath(clip, stroke=0, fill=0)
        left = item.left + (item.width - width) / 2
        top = item.top + (item.height - height) / 2
        canvas.drawImage(source, _pt(left), self._y(top + height), _pt(width), _pt(height), mask="auto")
        canvas.restoreState()

    def _code(self, item: CodeItem) -> None:
        matrix = segno.make(item.text, error="m", micro=False, encoding="utf-8", eci=False).matrix
        module = item.side / (len(matrix) + 2 * _QUIET)
        self._canvas.setFillColor(_black(0.0))
        self._box(item.left, item.top, item.side, item.side)
        self._canvas.setFillColor(_black(1.0))
        path = self._canvas.beginPath()
        for row, dots in enumerate(matrix):
            start = None
            for place, dark in enumerate([*dots, 0]):
                if dark and start is None:
                    start = place
                elif not dark and start is not None:
                    left = item.left + (_QUIET + start) * module
                    bottom = item.top + (_QUIET + row + 1) * module
                    path.rect(_pt(left), self._y(bottom), _pt((place - start) * module), _pt(module))
                    start = None
        self._canvas.drawPath(path, stroke=0, fill=1)
