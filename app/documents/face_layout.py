"""Where each element of a face really stands: a design and a person's values in, boxes in mm out.

Placing knows fonts (for widths) and nothing of PDF, so that what is drawn can be asked and tested
without a page. Distances here are all from the card's left and top edges.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from app.documents.codes import code128_bars
from app.documents.errors import FaceDataInvalid, TextDoesNotFit
from app.documents.face_design import CARD_HEIGHT, CARD_WIDTH, Element, FaceMark, Ink, Kind, Marks, Stock
from app.documents.fonts import FontChain

MM_PER_POINT = 25.4 / 72
# card.md, Card faces: how far an element may stand from its place.
TOLERANCE = 0.30
_SLACK = 1e-6


@dataclass(frozen=True)
class Box:
    """A rectangle in millimetres from the card's left and top edges."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


@dataclass(frozen=True, repr=False)
class PlacedLine:
    """One line: where its base line begins (mm), its size and tracking (points), its turn (degrees
    clockwise) and the share of its natural width that it is drawn at."""

    text: str
    left: float
    baseline: float
    width: float
    size: float
    tracking: float = 0.0
    angle: float = 0.0
    stretch: float = 1.0


@dataclass(frozen=True)
class PlacedElement:
    """An element at its place. ``box`` is the type box of texts, the bars of a bar code, the picture's
    frame; ``bars`` are (left, width) in mm."""

    id: str
    kind: Kind
    stock: Stock
    box: Box
    element: Element
    lines: tuple[PlacedLine, ...] = ()
    bars: tuple[tuple[float, float], ...] = field(default=(), repr=False)
    image: bytes | None = field(default=None, repr=False)
    opacity: float = 1.0
    frame_pt: float = 0.0


Chains = Callable[[str], FontChain]


def place(
    elements: tuple[Element, ...],
    texts: Mapping[str, str],
    images: Mapping[str, bytes | None],
    chains: Chains,
) -> tuple[PlacedElement, ...]:
    """Every element that has a value, at its place, in the design's order."""
    placed: dict[str, PlacedElement] = {}
    for element in elements:
        found = _place(element, texts, images, chains, placed)
        if found is not None:
            _check_inside(found)
            placed[element.id] = found
    return tuple(placed.values())


def _check_inside(placed: PlacedElement) -> None:
    """A text that leaves the card is too long; anything else that does is misplaced by its design."""
    box = placed.box
    inside = box.left >= -_SLACK and box.top >= -_SLACK
    if inside and box.right <= CARD_WIDTH + _SLACK and box.bottom <= CARD_HEIGHT + _SLACK:
        return
    if placed.kind is Kind.TEXT and placed.element.source:
        raise TextDoesNotFit(placed.id, min(line.size for line in placed.lines))
    raise FaceDataInvalid("faces", f"element {placed.id} stands outside the card")


def _place(  # noqa: PLR0911 - one way out a kind
    element: Element,
    texts: Mapping[str, str],
    images: Mapping[str, bytes | None],
    chains: Chains,
    placed: Mapping[str, PlacedElement],
) -> PlacedElement | None:
    if element.kind is Kind.PATH:
        return PlacedElement(element.id, element.kind, element.stock, _frame(element), element)
    if element.kind is Kind.IMAGE:
        image = images[element.source or ""]
        if not image:
            return None
        return PlacedElement(
            element.id, element.kind, element.stock, _frame(element), element, image=image
        )
    text = element.text if element.text is not None else texts[element.source or ""]
    if element.strip_suffix and len(text) > len(element.strip_suffix):
        text = text.removesuffix(element.strip_suffix)
    if not text.strip():
        return None
    if element.kind is Kind.BARCODE:
        return _barcode(element, text)
    if element.kind is Kind.SEAL:
        return _seal(element, text, chains(element.chain))
    return _text(element, text, chains(element.chain), placed)


def _frame(element: Element) -> Box:
    """The box of an element whose size is stated."""
    width, height = element.width or 0.0, element.height or 0.0
    return Box(
        _across(element, width, 0.0) + element.nudge[0],
        _down(element, height) + element.nudge[1],
        width,
        height,
    )


def _across(element: Element, width: float, first: float) -> float:
    if element.left is not None:
        return element.left
    if element.right is not None:
        return CARD_WIDTH - element.right - width
    if element.centre_x is not None:
        return element.centre_x - width / 2
    return (element.first_centre_x or 0.0) - first / 2


def _down(element: Element, height: float) -> float:
    if element.top is not None:
        return element.top
    if element.bottom is not None:
        return CARD_HEIGHT - element.bottom - height
    return CARD_HEIGHT - (element.centre_y or 0.0) - height / 2


def _text(
    element: Element, text: str, chain: FontChain, placed: Mapping[str, PlacedElement]
) -> PlacedElement:
    start = placed[element.after].box.right if element.after else element.left
    room = element.width
    if room is None:
        room = CARD_WIDTH - (element.right_limit or element.right or 0.0) - (start or 0.0)
    size, rows = _fit(element, text, chain, room)

    def width(row: str) -> float:
        return chain.width(row, size, element.id) * MM_PER_POINT

    em = size * MM_PER_POINT
    block = len(rows) * em + (len(rows) - 1) * element.line_gap
    zone = element.height or block
    top = _down(element, zone) + element.nudge[1]
    if element.valign == "centre":
        top += (zone - block) / 2
    # The trailing blank of a wrapped line takes part in copying, not in measuring.
    widths = [width(row.rstrip()) for row in rows]
    extent = room if element.spread or element.align == "centre" else max(widths)
    left = start if start is not None else _across(element, extent, width(text[0]))
    left += element.nudge[0]
    lines = []
    for index, (row, row_width) in enumerate(zip(rows, widths, strict=True)):
        gaps = len(row.rstrip()) - 1
        tracking = (room - row_width) / gaps if element.spread and gaps else 0.0
        shift = (
            (room - row_width) / 2 if element.align == "centre" or (element.spread and not gaps) else 0.0
        )
        baseline = top + index * (em + element.line_gap) + chain.body[0] * em
        lines.append(
            PlacedLine(
                row, left + shift, baseline, row_width + gaps * tracking, size, tracking / MM_PER_POINT
            )
        )
    box_left = min(line.left for line in lines)
    box = Box(box_left, top, max(line.left + line.width for line in lines) - box_left, block)
    return PlacedElement(element.id, element.kind, element.stock, box, element, tuple(lines))


def _fit(element: Element, text: str, chain: FontChain, room: float) -> tuple[float, list[str]]:
    """The first of the design's (lines, size) in which the whole text fits."""
    choices = element.fit or ((1, element.size),)
    for most, size in choices:
        em = size * MM_PER_POINT
        for anywhere in (False, True):
            rows = wrap(
                text,
                room,
                lambda row, size=size: chain.width(row, size, element.id) * MM_PER_POINT,  # type: ignore[misc]
                anywhere,
            )
            height = len(rows) * em + (len(rows) - 1) * element.line_gap
            within = len(rows) <= most and height <= (element.height or CARD_HEIGHT) + _SLACK
            if element.spread and len(rows) > 1:
                rows = _evenly(text, len(rows))
            wide = max(chain.width(row.rstrip(), size, element.id) for row in rows) * MM_PER_POINT
            if within and wide <= room + _SLACK:
                return size, rows
            if most == 1:
                break
    raise TextDoesNotFit(element.id, min(size for _, size in choices))


def _evenly(text: str, lines: int) -> list[str]:
    """``text`` in so many lines of as equal a length as can be, the longer ones first."""
    least, longer = divmod(len(text), lines)
    ends = [(line + 1) * least + min(line + 1, longer) for line in range(lines)]
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def wrap(text: str, room: float, width: Callable[[str], float], anywhere: bool) -> list[str]:
    """Lines of at most ``room`` mm, filled from the first; they join to the text again.

    A line ends after a blank, a hyphen or the dot between the parts of a name; with ``anywhere`` also
    between two Han characters. A word is never broken: a row may then be too wide.
    """
    rows, row = [], ""
    for piece in _pieces(text, anywhere):
        if row and width((row + piece).rstrip()) > room + _SLACK:
            rows.append(row)
            row = piece
        else:
            row += piece
    return [*rows, row]


_ENDS_PIECE = frozenset(" -·•‧・\u3000")


def _pieces(text: str, anywhere: bool) -> list[str]:
    pieces, start = [], 0
    for place in range(1, len(text)):
        before, here = text[place - 1], text[place]
        if here in _ENDS_PIECE:
            continue
        between_han = anywhere and _is_wide(before) and _is_wide(here)
        if before in _ENDS_PIECE or between_han:
            pieces.append(text[start:place])
            start = place
    return [*pieces, text[start:]]


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _barcode(element: Element, text: str) -> PlacedElement:
    zone = _frame(element)
    dot = 25.4 / element.dots_per_inch
    bars = code128_bars(text, int((zone.width + TOLERANCE) / dot))
    width = bars.width * dot
    # On a whole dot of the printer, so that no bar is blurred at its edges.
    left = round((zone.left + max(0.0, (zone.width - width) / 2)) / dot) * dot
    return PlacedElement(
        element.id,
        element.kind,
        element.stock,
        Box(left, zone.top, width, zone.height),
        element,
        bars=tuple((left + offset * dot, wide * dot) for offset, wide in bars.bars),
    )


# Between the seal's ring and its text, mm; and how far characters may stand apart, in sizes.
_SEAL_GAP = 0.35
_SEAL_LOOSEST = 1.6
# How far a seal's characters may be narrowed before nobody reads them.
_SEAL_NARROWEST = 0.45


def _seal(element: Element, text: str, chain: FontChain) -> PlacedElement:
    box = _frame(element)
    em = element.size * MM_PER_POINT
    ascent, descent = chain.body
    base = box.width / 2 - element.border_pt * MM_PER_POINT - _SEAL_GAP - ascent * em
    middle = base + (ascent + descent) / 2 * em
    step = min(math.radians(element.arc) / len(text), _SEAL_LOOSEST * em / middle)
    stretch = min(1.0, step * middle / em)
    if stretch < _SEAL_NARROWEST:
        raise TextDoesNotFit(element.id, element.size)
    centre_x, centre_y = box.left + box.width / 2, box.top + box.height / 2
    lines = []
    for index, char in enumerate(text):
        angle = (index - (len(text) - 1) / 2) * step
        width = chain.width(char, element.size, element.id) * MM_PER_POINT * stretch
        lines.append(
            PlacedLine(
                char,
                centre_x + base * math.sin(angle) - width / 2 * math.cos(angle),
                centre_y - base * math.cos(angle) - width / 2 * math.sin(angle),
                width,
                element.size,
                angle=math.degrees(angle),
                stretch=stretch,
            )
        )
    return PlacedElement(element.id, element.kind, element.stock, box, element, tuple(lines))


def place_marks(
    marks: tuple[FaceMark, ...], design: Marks, corner: str, chains: Chains
) -> tuple[PlacedElement, ...]:
    """The band across a face and the badge in its corner, or nothing where there is no mark."""
    if not marks:
        return ()
    words = [design.words[mark] for mark in marks]
    return _band(words, design, chains("text")), _badge(words, design, corner, chains("text"))


def _overlay(name: str, size: float, ink: Ink) -> Element:
    return Element(name, Kind.TEXT, Stock.PRINTED, size=size, ink=ink, bold=True, text="")


def _band(words: list[str], design: Marks, chain: FontChain) -> PlacedElement:
    text = design.between.join(words)
    element = _overlay("mark-band", design.band_size, design.band_ink)
    natural = chain.width(text, design.band_size, element.id) * MM_PER_POINT
    size = design.band_size * min(1.0, design.band_longest / natural)
    width = natural * size / design.band_size
    em = size * MM_PER_POINT
    # Degrees clockwise, so a rising line turns the other way.
    turn = -math.radians(design.band_angle)
    rise = (chain.body[0] + chain.body[1]) / 2 * em
    along, up = (math.cos(turn), math.sin(turn)), (math.sin(turn), -math.cos(turn))
    left = CARD_WIDTH / 2 - width / 2 * along[0] - rise * up[0]
    baseline = CARD_HEIGHT / 2 - width / 2 * along[1] - rise * up[1]
    across = width * abs(along[0]) + em * abs(along[1])
    down = width * abs(along[1]) + em * abs(along[0])
    box = Box((CARD_WIDTH - across) / 2, (CARD_HEIGHT - down) / 2, across, down)
    line = PlacedLine(text, left, baseline, width, size, angle=-design.band_angle)
    return PlacedElement(
        element.id, element.kind, element.stock, box, element, (line,), opacity=design.band_opacity
    )


def _badge(words: list[str], design: Marks, corner: str, chain: FontChain) -> PlacedElement:
    element = replace(_overlay("mark-badge", design.badge_size, design.badge_ink), bold=False)
    em = design.badge_size * MM_PER_POINT
    widths = [chain.width(word, design.badge_size, element.id) * MM_PER_POINT for word in words]
    right, bottom = design.corners.get(corner, design.corners["back"])
    width = max(widths) + 2 * design.badge_padding
    height = len(words) * em + (len(words) - 1) * design.badge_gap + 2 * design.badge_padding
    box = Box(CARD_WIDTH - right - width, CARD_HEIGHT - bottom - height, width, height)
    lines = tuple(
        PlacedLine(
            word,
            box.left + (width - word_width) / 2,
            box.top + design.badge_padding + index * (em + design.badge_gap) + chain.body[0] * em,
            word_width,
            design.badge_size,
        )
        for index, (word, word_width) in enumerate(zip(words, widths, strict=True))
    )
    return PlacedElement(element.id, element.kind, element.stock, box, element, lines, frame_pt=0.6)
