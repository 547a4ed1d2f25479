"""Placed elements as PDF: one page a face, exactly as large as the card, fonts embedded as subsets."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterable, Sequence

from PIL import Image, UnidentifiedImageError
from reportlab.lib.colors import CMYKColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfdoc import PDFDocument
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject

from app.documents.errors import PhotoUnreadable
from app.documents.face_design import CARD_HEIGHT, CARD_WIDTH, Element, Ink, Kind, PathStep
from app.documents.face_layout import MM_PER_POINT, Box, Chains, PlacedElement, PlacedLine
from app.documents.fonts import FontChain, Piece, TextStyle, text_operators

# Bold by stroke: how wide the outline's pen is, in sizes of the type.
BOLD_EM = 0.035
# Beyond this tracking (in sizes) readers of a PDF see blanks between characters.
_APART_EM = 0.08


class BareCanvas(Canvas):
    """A canvas whose pages begin without a font: reportlab would name Helvetica and not embed it."""

    @property
    def document(self) -> PDFDocument:
        """The file that fonts and their subsets belong to."""
        return self._doc  # type: ignore[attr-defined,no-any-return]  # the stubs leave it out

    def _make_preamble(self) -> None:
        self._preamble = "1 0 0 1 0 0 cm"


def draw_pages(pages: Iterable[Sequence[PlacedElement]], chains: Chains) -> bytes:
    """A PDF of one page for each list of elements. The same elements give the same bytes."""
    stream = io.BytesIO()
    canvas = BareCanvas(
        stream,
        pagesize=(CARD_WIDTH / MM_PER_POINT, CARD_HEIGHT / MM_PER_POINT),
        invariant=1,
        pageCompression=1,
    )
    canvas.setTitle("居民健康卡")
    canvas.setCreator("kangka")
    for page in pages:
        for placed in page:
            _DRAW[placed.kind](canvas, placed, chains)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _x(mm: float) -> float:
    return mm / MM_PER_POINT


def _y(mm: float) -> float:
    return (CARD_HEIGHT - mm) / MM_PER_POINT


def _ink(ink: Ink) -> CMYKColor:
    return CMYKColor(*ink)


def _draw_text(canvas: BareCanvas, placed: PlacedElement, chains: Chains) -> None:
    element = placed.element
    canvas.saveState()
    if placed.opacity < 1:
        canvas.setFillAlpha(placed.opacity)
        canvas.setStrokeAlpha(placed.opacity)
    if placed.frame_pt:
        inset = placed.frame_pt / 2
        box = placed.box
        canvas.setStrokeColor(_ink(element.ink))
        canvas.setLineWidth(placed.frame_pt)
        canvas.rect(
            _x(box.left) + inset,
            _y(box.bottom) + inset,
            _x(box.width) - 2 * inset,
            _x(box.height) - 2 * inset,
        )
    _draw_lines(canvas, placed, chains)
    canvas.restoreState()


def _draw_lines(canvas: BareCanvas, placed: PlacedElement, chains: Chains) -> None:
    element = placed.element
    chain = chains(element.chain)
    for line in placed.lines:
        style = _style(element, line)
        apart = line.tracking > _APART_EM * line.size
        piece = _piece(line, chain, element.id)
        canvas.addLiteral(text_operators(canvas.document, [piece], style, line.text if apart else None))


def _style(element: Element, line: PlacedLine) -> TextStyle:
    bold = BOLD_EM if element.bold else 0.0
    return TextStyle(line.size, element.ink, bold, line.tracking, line.stretch)


def _piece(line: PlacedLine, chain: FontChain, element: str) -> Piece:
    turn = math.radians(-line.angle)
    cos, sin = math.cos(turn), math.sin(turn)
    return Piece(
        chain.runs(line.text, element), (_x(line.left), _y(line.baseline)), (cos, sin, -sin, cos)
    )


def _draw_image(canvas: BareCanvas, placed: PlacedElement, chains: Chains) -> None:
    try:
        with Image.open(io.BytesIO(placed.image or b""), formats=("JPEG", "PNG")) as picture:
            picture.load()
            size = picture.size
        source = ImageReader(io.BytesIO(placed.image or b""))
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as fault:
        raise PhotoUnreadable(placed.id) from fault
    box = placed.box
    # A photo fills its frame and loses what stands over; a mark is shown whole.
    choose = min if placed.element.whole else max
    scale = choose(box.width / size[0], box.height / size[1])
    width, height = size[0] * scale, size[1] * scale
    left, top = box.left + (box.width - width) / 2, box.top + (box.height - height) / 2
    canvas.saveState()
    clip = canvas.beginPath()
    clip.rect(_x(box.left), _y(box.bottom), _x(box.width), _x(box.height))
    canvas.clipPath(clip, stroke=0, fill=0)
    canvas.drawImage(source, _x(left), _y(top + height), _x(width), _x(height), mask="auto")
    canvas.restoreState()


def _draw_barcode(canvas: BareCanvas, placed: PlacedElement, chains: Chains) -> None:
    canvas.saveState()
    canvas.setFillColor(_ink(placed.element.ink))
    path = canvas.beginPath()
    for left, width in placed.bars:
        path.rect(_x(left), _y(placed.box.bottom), _x(width), _x(placed.box.height))
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()


def _draw_path(canvas: BareCanvas, placed: PlacedElement, chains: Chains) -> None:
    """A path in a square from -1 to 1 (y up), drawn once for each quarter turn."""
    box, element = placed.box, placed.element
    path = canvas.beginPath()
    for quarter in range(element.quarter_turns):
        cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[quarter % 4]
        _trace(element.path, path, _square(box, cos, sin))
    canvas.saveState()
    canvas.setFillColor(_ink(element.ink))
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()


def _square(box: Box, cos: int, sin: int) -> Callable[[float, float], tuple[float, float]]:
    def point(x: float, y: float) -> tuple[float, float]:
        turned = (x * cos - y * sin, x * sin + y * cos)
        return (
            _x(box.left + box.width / 2 * (1 + turned[0])),
            _y(box.top + box.height / 2 * (1 - turned[1])),
        )

    return point


def _trace(
    steps: tuple[PathStep, ...],
    path: PDFPathObject,
    point: Callable[[float, float], tuple[float, float]],
) -> None:
    draw: dict[str, Callable[..., object]] = {
        "M": path.moveTo,
        "L": path.lineTo,
        "C": path.curveTo,
        "Z": path.close,
    }
    for command, numbers in steps:
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        draw[command](*(value for pair in pairs for value in point(*pair)))


def _draw_seal(canvas: BareCanvas, placed: PlacedElement, chains: Chains) -> None:
    box, element = placed.box, placed.element
    centre = (_x(box.left + box.width / 2), _y(box.top + box.height / 2))
    canvas.saveState()
    canvas.setStrokeColor(_ink(element.ink))
    canvas.setFillColor(_ink(element.ink))
    canvas.setLineWidth(element.border_pt)
    canvas.circle(*centre, _x(box.width) / 2 - element.border_pt / 2, stroke=1, fill=0)
    canvas.drawPath(_star(canvas, centre, _x(element.star)), stroke=0, fill=1)
    canvas.restoreState()
    # Around a ring every character is a word of its own to a reader of the PDF; copied, it is one.
    chain = chains(element.chain)
    pieces = [_piece(line, chain, element.id) for line in placed.lines]
    whole = "".join(line.text for line in placed.lines)
    canvas.addLiteral(text_operators(canvas.document, pieces, _style(element, placed.lines[0]), whole))


def _star(canvas: BareCanvas, centre: tuple[float, float], side: float) -> PDFPathObject:
    """A five-pointed star that fills a square of ``side`` points about ``centre``."""
    inner = math.cos(math.radians(72)) / math.cos(math.radians(36))  # a pentagram's
    corners = []
    for index in range(10):
        radius = 1.0 if index % 2 == 0 else inner
        angle = math.radians(90 + 36 * index)
        corners.append((radius * math.cos(angle), radius * math.sin(angle)))
    lowest = min(y for _, y in corners)
    widest = max(x for x, _ in corners)
    path = canvas.beginPath()
    for index, (x, y) in enumerate(corners):
        at = (
            centre[0] + x / widest * side / 2,
            centre[1] + ((y - lowest) / (1 - lowest) - 0.5) * side,
        )
        if index:
            path.lineTo(*at)
        else:
            path.moveTo(*at)
    path.close()
    return path


_DRAW: dict[Kind, Callable[[BareCanvas, PlacedElement, Chains], None]] = {
    Kind.TEXT: _draw_text,
    Kind.IMAGE: _draw_image,
    Kind.BARCODE: _draw_barcode,
    Kind.PATH: _draw_path,
    Kind.SEAL: _draw_seal,
}
