"""How text stands on paper: sizes, labels, a value's Chinese with its English small below."""

from __future__ import annotations

from app.documents.paper_design import Block, Template
from app.documents.paper_items import Band, FillItem, Item, TextItem
from app.documents.paper_type import LEADING, MM_PER_POINT, Set, Typesetter
from app.documents.paper_values import Shown, Values

# Points, in the order tried.
VALUE_SIZES = (10.0, 9.0, 8.0)
LARGE_SIZES = (15.0, 13.0, 11.0, 9.0)
TABLE_SIZES = (9.0, 8.0, 7.5)
LABEL_SIZES = (8.8, 8.0, 7.0)
# Of English, points; its ink and the ink of a label's ground.
SMALL = 6.0
GREY = 0.62
SHADE = 0.055
# Between a cell's edges and its text, mm: sides in a grid, top and bottom anywhere, sides in a table.
PADDING = 1.6
ABOVE = 0.8
SIDE = 1.3
# English stands this much nearer to the Chinese above it than a line of its own would, mm.
_NEAR = 0.45


def pair_height(pair: tuple[Set, Set | None]) -> float:
    """Millimetres of a Chinese text and its English below."""
    return pair[0].height + (pair[1].height - _NEAR if pair[1] is not None else 0.0)


class Setting:
    """What every kind of block is set with."""

    def __init__(self, template: Template, values: Values, type_: Typesetter, width: float) -> None:
        self._template = template
        self._values = values
        self._type = type_
        self._width = width

    def text(
        self,
        placed: Set,
        box: tuple[float, float, float],
        *,
        heavy: bool = False,
        black: float = 1.0,
        align: str = "left",
    ) -> list[Item]:
        """The lines of a set text from ``box`` (left, top, width) down."""
        left, top, width = box
        em = placed.size * MM_PER_POINT
        items: list[Item] = []
        for number, line in enumerate(placed.lines):
            if not line:
                continue
            spare = width - self._type.width(line, placed.size)
            shift = {"left": 0.0, "centre": spare / 2, "right": spare}[align]
            rise, fall = self._type.chain.body
            inside = (LEADING - (rise - fall)) / 2 * em
            base = top + number * em * LEADING + inside + rise * em
            items.append(TextItem(line, left + shift, base, placed.size, heavy, black))
        return items

    def two(
        self, shown: Shown, room: float, sizes: tuple[float, ...], *, most: int = 2
    ) -> tuple[Set, Set | None]:
        """A value's Chinese at its size and its English small."""
        first = self._type.fit(shown.zh, room, sizes, most)
        second = self._type.fit(shown.en, room, (SMALL, SMALL - 0.7), most) if shown.en else None
        return first, second

    def stack(
        self,
        pair: tuple[Set, Set | None],
        box: tuple[float, float, float, float],
        *,
        heavy: bool = False,
        align: str = "left",
    ) -> list[Item]:
        """Chinese over English, in the middle of ``box`` (left, top, width, height)."""
        left, top, width, height = box
        first, second = pair
        start = top + (height - pair_height(pair)) / 2
        items = self.text(first, (left, start, width), heavy=heavy, align=align)
        if second is not None:
            items += self.text(
                second, (left, start + first.height - _NEAR, width), black=GREY, align=align
            )
        return items

    def heading(self, block: Block) -> Band:
        zh = self._type.fit(block.zh, self._width, (10.0,))
        em = zh.size * MM_PER_POINT * LEADING
        items: list[Item] = [FillItem(0, 0.9, 1.1, em - 1.4, 0.8)]
        items += self.text(zh, (2.4, 0, self._width), heavy=True)
        if block.en:
            en = self._type.fit(block.en, self._width, (7.0,))
            items += self.text(en, (2.4 + zh.width + 1.8, (em - en.height) / 2 + 0.3, 60.0), black=GREY)
        return Band(em + 0.9, tuple(items), keep=True)
