"""What a page is made of once everything has its place: millimetres from its left and top edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, repr=False)
class TextItem:
    """A line of text whose base line begins at (``left``, ``base``). ``size`` in points; ``black`` is
    the share of ink, ``turn`` degrees against the clock, ``opacity`` below 1 lets the page through."""

    text: str
    left: float
    base: float
    size: float
    heavy: bool = False
    black: float = 1.0
    turn: float = 0.0
    opacity: float = 1.0

    def down(self, by: float) -> TextItem:
        return replace(self, base=self.base + by)


@dataclass(frozen=True)
class RuleItem:
    """A straight line; ``pen`` in points."""

    x1: float
    y1: float
    x2: float
    y2: float
    pen: float = 0.4
    black: float = 0.75

    def down(self, by: float) -> RuleItem:
        return replace(self, y1=self.y1 + by, y2=self.y2 + by)


@dataclass(frozen=True)
class FillItem:
    """A filled rectangle without an edge."""

    left: float
    top: float
    width: float
    height: float
    black: float

    def down(self, by: float) -> FillItem:
        return replace(self, top=self.top + by)


@dataclass(frozen=True)
class PictureItem:
    """A picture that fills its box and loses what stands over."""

    left: float
    top: float
    width: float
    height: float
    raw: bytes = field(repr=False)

    def down(self, by: float) -> PictureItem:
        return replace(self, top=self.top + by)


@dataclass(frozen=True)
class CodeItem:
    """A QR code in a square of ``side``, its light margin included (ISO/IEC 18004: four modules)."""

    left: float
    top: float
    side: float
    text: str = field(repr=False)

    def down(self, by: float) -> CodeItem:
        return replace(self, top=self.top + by)


_SLACK = 1e-6
Item = TextItem | RuleItem | FillItem | PictureItem | CodeItem


def frame(
    left: float, top: float, width: float, height: float, pen: float = 0.4
) -> tuple[RuleItem, ...]:
    """The four edges of a box."""
    right, bottom = left + width, top + height
    return (
        RuleItem(left, top, right, top, pen),
        RuleItem(left, bottom, right, bottom, pen),
        RuleItem(left, top, left, bottom, pen),
        RuleItem(right, top, right, bottom, pen),
    )


@dataclass(frozen=True, repr=False)
class Band:
    """A strip of a page that no page break cuts. ``keep`` holds it with the next one; ``head`` is set
    again where a page begins with this band; a ``gap`` is left out there. ``where`` names its block."""

    height: float
    items: tuple[Item, ...] = ()
    keep: bool = False
    gap: bool = False
    head: tuple[Band, ...] = ()
    where: str = ""


Placed = list[tuple[float, Band]]


def paginate(bands: Sequence[Band], rooms: tuple[float, float]) -> list[Placed] | Band:
    """Pages of bands with their tops, the first page having the first room; a band that is higher than
    a page comes back instead. What should stay together and is higher than a page is broken."""
    pages: list[Placed] = [[]]
    at, index = 0.0, 0
    while index < len(bands):
        end = index
        while bands[end].keep and end + 1 < len(bands):
            end += 1
        group = list(bands[index : end + 1])
        first = len(pages) == 1
        high = sum(band.height for band in group)
        if high > rooms[1] or (first and not pages[0] and high > rooms[0]):
            group = group[:1]
            high = group[0].height
        index += len(group)
        if at + high > rooms[0 if first else 1] + _SLACK and (pages[-1] or high <= rooms[1]):
            pages.append([])
            at, first = 0.0, False
            group = [*group[0].head, *group]
        room = rooms[0 if first else 1]
        for band in group:
            if band.gap and not pages[-1]:
                continue
            if at + band.height > room + _SLACK:
                return band
            pages[-1].append((at, band))
            at += band.height
    return pages
