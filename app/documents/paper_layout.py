"""From a template and a paper's values to bands of placed items: grids, tables, texts, signatures.

The rule for what is long: a value is shrunk through the sizes of its kind while it takes two lines,
then wrapped at the smallest with as many lines as it needs; its row grows, and the paper goes on to a
further page. Nothing is cut and nothing leaves its cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.documents.paper_design import ROW_NUMBER, Aside, Block, BlockKind, Cell, Empty, Slot
from app.documents.paper_errors import PaperTextUnknown
from app.documents.paper_items import (
    Band,
    CodeItem,
    FillItem,
    Item,
    PictureItem,
    RuleItem,
    frame,
)
from app.documents.paper_setting import (
    ABOVE,
    GREY,
    LABEL_SIZES,
    LARGE_SIZES,
    PADDING,
    SHADE,
    SIDE,
    SMALL,
    TABLE_SIZES,
    VALUE_SIZES,
    Setting,
    pair_height,
)
from app.documents.paper_type import LEADING, MM_PER_POINT, Set
from app.documents.paper_values import Shown, Values

_DATE = "年     月     日"


class Layout(Setting):
    """The bands of one paper, ``width`` mm wide, the left margin at 0."""

    def bands(self) -> list[Band]:
        """Every block whose condition holds, in order, from the top down."""
        bands: list[Band] = []
        together = False
        for block in self._template.blocks:
            if not self._values.holds(block.when):
                continue
            made = _MAKERS[block.kind](self, block)
            if not made:
                continue
            if block.zh or block.kind is BlockKind.SIGNATURES:
                together = block.together
            # Nobody signs a page that says nothing: signatures go with what stands before them.
            if bands and (block.kind is BlockKind.SIGNATURES or (together and not block.zh)):
                bands[-1] = replace(bands[-1], keep=True)
            bands.append(Band(block.gap, gap=True, keep=True))
            if block.zh:
                bands.append(self.heading(block))
            where = f"line {block.line}"
            whole = together or block.kind is BlockKind.TEXT
            bands += [replace(band, where=where, keep=band.keep or whole) for band in made[:-1]]
            bands.append(replace(made[-1], where=where))
        return bands

    # Grids

    def _fields(self, block: Block) -> list[Band]:
        aside = block.aside
        if aside is not None and aside.kind == "qr" and not self._values.raw(aside.value):
            aside = None
        width = self._width
        if aside is not None:
            width -= aside.size[0] + 2 * PADDING
        rows = [self._row(block, row, width) for row in self._grid(block)]
        heights = [height for height, _ in rows]
        if aside is not None:
            needed = aside.size[1] + 2 * PADDING + (3.2 if aside.zh else 0.0)
            spare = needed - sum(heights)
            if spare > 0:
                heights = [height + spare / len(rows) for height in heights]
        bands = []
        for (_, cells), height in zip(rows, heights, strict=True):
            items: list[Item] = []
            for left, cell_width, cell in cells:
                items += self._cell(block, cell, (left, 0.0, cell_width, height))
            bands.append(Band(height, tuple(items)))
        if aside is None:
            return bands
        return [self._beside(bands, aside, width)]

    def _beside(self, bands: Sequence[Band], aside: Aside, width: float) -> Band:
        items: list[Item] = []
        top = 0.0
        for band in bands:
            items += [item.down(top) for item in band.items]
            top += band.height
        box = aside.size[0] + 2 * PADDING
        items += frame(width, 0.0, box, top)
        caption = 3.2 if aside.zh else 0.0
        left, high = width + PADDING, (top - aside.size[1] - caption) / 2
        value = self._values.raw(aside.value)
        if aside.kind == "qr":
            items.append(CodeItem(left, high, aside.size[0], self._values.shown(aside.value).zh))
        elif value:
            items.append(PictureItem(left, high, *aside.size, value))
        else:
            items += [
                replace(rule, pen=0.25, black=0.4) for rule in frame(left, high, *aside.size) if rule
            ]
        if aside.zh:
            caption_text = self._type.fit(f"{aside.zh} {aside.en}".strip(), aside.size[0], (SMALL, 5.6))
            room = (left, high + aside.size[1] + 0.4, aside.size[0])
            items += self.text(caption_text, room, black=GREY, align="centre")
        return Band(top, tuple(items))

    def _grid(self, block: Block) -> list[list[Cell]]:
        """The cells by rows; the last of a row that is not full takes what is left."""
        rows: list[list[Cell]] = []
        used = block.columns
        for cell in block.cells:
            if not self._values.holds(cell.when):
                continue
            empty = Empty(cell.empty) if cell.empty else block.empty
            if empty is Empty.OMIT and not self._values.shown(cell.value).zh:
                continue
            span = min(cell.span, block.columns)
            if used + span > block.columns:
                rows.append([])
                used = 0
            rows[-1].append(cell)
            used += span
        for row in rows:
            left = block.columns - sum(min(cell.span, block.columns) for cell in row)
            row[-1] = replace(row[-1], span=row[-1].span + left)
        return rows

    def _row(
        self, block: Block, row: Sequence[Cell], width: float
    ) -> tuple[float, list[tuple[float, float, Cell]]]:
        column = width / block.columns
        height, left = block.row_height, 0.0
        cells = []
        for cell in row:
            cell_width = min(cell.span, block.columns) * column
            label = self._label(block, cell)
            value = self._value(block, cell, cell_width)
            height = max(height, pair_height(label) + 2 * ABOVE, pair_height(value) + 2 * ABOVE)
            cells.append((left, cell_width, cell))
            left += cell_width
        return height, cells

    def _label(self, block: Block, cell: Cell) -> tuple[Set, Set | None]:
        return self.two(Shown(cell.zh, cell.en), block.label_width - 2 * ABOVE, LABEL_SIZES, most=1)

    def _value(self, block: Block, cell: Cell, width: float) -> tuple[Set, Set | None]:
        room = width - block.label_width - 2 * PADDING
        sizes = LARGE_SIZES if cell.large else VALUE_SIZES
        if cell.choices:
            # Sized as one text: a box and a blank stand before each word.
            words = "　　".join(shown.zh for shown, _ in self._values.choices(cell.value))
            return self.two(Shown("　　" + words), room, sizes)
        shown = self._values.shown(cell.value, capitals=cell.capitals)
        empty = Empty(cell.empty) if cell.empty else block.empty
        if not shown.zh and empty is Empty.DASH:
            shown = Shown("—")
        return self.two(shown, room, sizes, most=1 if cell.large else 2)

    def _cell(self, block: Block, cell: Cell, box: tuple[float, float, float, float]) -> list[Item]:
        left, top, width, height = box
        label = block.label_width
        items: list[Item] = [FillItem(left, top, label, height, SHADE), *frame(left, top, width, height)]
        items.append(RuleItem(left + label, top, left + label, top + height))
        items += self.stack(
            self._label(block, cell), (left + ABOVE, top, label - 2 * ABOVE, height), align="centre"
        )
        room = (left + label + PADDING, top, width - label - 2 * PADDING, height)
        if cell.choices:
            return items + self._choices(cell, self._value(block, cell, width)[0].size, room)
        return items + self.stack(self._value(block, cell, width), room, heavy=cell.large)

    def _choices(self, cell: Cell, size: float, box: tuple[float, float, float, float]) -> list[Item]:
        left, top, width, height = box
        em = size * MM_PER_POINT
        items: list[Item] = []
        at, line = left, 0
        side = 0.78 * em
        words = self._values.choices(cell.value)
        widths = [self._type.width(shown.zh, size) + 2 * em for shown, _ in words]
        lines = self._choice_lines(widths, width)
        first = top + (height - lines * em * LEADING) / 2
        for (shown, chosen), wide in zip(words, widths, strict=True):
            if at > left and at + wide - em > left + width:
                at, line = left, line + 1
            y = first + line * em * LEADING
            box_top = y + (em * LEADING - side) / 2
            items += frame(at, box_top, side, side, 0.5)
            if chosen:
                items += [
                    RuleItem(
                        at + 0.16 * side,
                        box_top + 0.5 * side,
                        at + 0.42 * side,
                        box_top + 0.8 * side,
                        1.1,
                        1,
                    ),
                    RuleItem(
                        at + 0.42 * side,
                        box_top + 0.8 * side,
                        at + 0.9 * side,
                        box_top + 0.12 * side,
                        1.1,
                        1,
                    ),
                ]
            items += self.text(Set(size, (shown.zh,), wide), (at + 1.1 * em, y, wide), heavy=chosen)
            at += wide + 0.3 * em
        return items

    def _choice_lines(self, widths: Sequence[float], room: float) -> int:
        lines, at = 1, 0.0
        for wide in widths:
            if at and at + wide > room:
                lines, at = lines + 1, 0.0
            at += wide
        return lines

    # Tables

    def _table(self, block: Block) -> list[Band]:
        rows = self._values.rows(block.value)
        share = sum(column.share for column in block.head)
        part = self._width / block.across
        edges = [0.0]
        for column in block.head:
            edges.append(edges[-1] + column.share / share * part)
        head = self._table_head(block, edges, part)
        lines = max(-(-len(rows) // block.across), block.min_rows)
        bands = [head]
        for line in range(lines):
            chosen = [rows[n] if n < len(rows) else None for n in self._places(line, block.across)]
            bands.append(replace(self._table_row(block, line, chosen, edges), head=(head,)))
        if not lines:
            none = self.two(Shown("无", "none"), self._width, TABLE_SIZES)
            items = [*frame(0, 0, self._width, block.row_height)]
            placed = self.stack(none, (0, 0, self._width, block.row_height), align="centre")
            bands.append(Band(block.row_height, (*items, *placed)))
        return bands

    def _places(self, line: int, across: int) -> range:
        return range(line * across, (line + 1) * across)

    def _table_head(self, block: Block, edges: Sequence[float], part: float) -> Band:
        pairs = [
            self.two(Shown(column.zh, column.en), right - left - 2 * ABOVE, (8.5, 7.5, 6.5), most=1)
            for column, left, right in zip(block.head, edges, edges[1:], strict=False)
        ]
        height = max(6.4, *(pair_height(pair) + 2 * ABOVE for pair in pairs))
        items: list[Item] = [FillItem(0, 0, self._width, height, SHADE)]
        for group in range(block.across):
            start = group * part
            for pair, left, right in zip(pairs, edges, edges[1:], strict=False):
                items += frame(start + left, 0, right - left, height)
                box = (start + left + ABOVE, 0.0, right - left - 2 * ABOVE, height)
                items += self.stack(pair, box, align="centre")
        return Band(height, tuple(items), keep=True)

    def _table_row(
        self,
        block: Block,
        line: int,
        chosen: Sequence[Values | None],
        edges: Sequence[float],
    ) -> Band:
        part = edges[-1]
        placed = []
        height = block.row_height
        for group, values in enumerate(chosen):
            for column, left, right in zip(block.head, edges, edges[1:], strict=False):
                if column.value == ROW_NUMBER:
                    shown = Shown(str(line * block.across + group + 1))
                else:
                    shown = Shown("") if values is None else values.shown(column.value)
                if block.row_height < 8:
                    # A tight table has one language in its rows.
                    shown = Shown(shown.zh)
                pair = self.two(shown, right - left - 2 * SIDE, TABLE_SIZES)
                height = max(height, pair_height(pair) + 2 * 0.7)
                align = "right" if column.right else "centre" if column.value == ROW_NUMBER else "left"
                placed.append((group * part + left, right - left, pair, align))
        items: list[Item] = []
        for left, width, pair, align in placed:
            items += frame(left, 0, width, height)
            items += self.stack(pair, (left + SIDE, 0, width - 2 * SIDE, height), align=align)
        return Band(height, tuple(items))

    # Texts and signatures

    def _texts(self, block: Block) -> list[Band]:
        version = self._values.raw(block.pinned) if block.pinned else ""
        found = next(
            (t for t in self._template.texts if (t.id, t.version) == (block.text, version)),
            self._template.newest(block.text) if not version else None,
        )
        if found is None:
            raise PaperTextUnknown(self._template.paper.template, block.text, version)
        inset = 2.2 if block.framed else 0.0
        room = self._width - 2 * inset
        zh = self._values.sentence(found.zh)
        bands = self._lines(zh, block.size, room, inset, 1.0)
        if found.en:
            bands.append(Band(0.7))
            bands += self._lines(
                self._values.sentence(found.en, english=True), block.size - 1.8, room, inset, GREY
            )
        if found.version and block.pinned:
            bands += self._lines(f"文本版本 Text version {found.version}", SMALL, room, inset, GREY)
        return self._framed(bands) if block.framed else bands

    def _lines(self, text: str, size: float, room: float, left: float, black: float) -> list[Band]:
        height = size * MM_PER_POINT * LEADING
        return [
            Band(height, tuple(self.text(Set(size, (line,), room), (left, 0, room), black=black)))
            for line in self._type.lines(text.strip(), room, size)
        ]

    def _framed(self, bands: Sequence[Band]) -> list[Band]:
        """Bands with a box about them that a page break may cut."""
        padded = [Band(1.4, keep=True), *bands, Band(1.4)]
        padded[-2] = replace(padded[-2], keep=True)
        made = []
        for number, band in enumerate(padded):
            sides: list[Item] = [
                RuleItem(0, 0, 0, band.height),
                RuleItem(self._width, 0, self._width, band.height),
            ]
            if number in (0, len(padded) - 1):
                edge = 0.0 if number == 0 else band.height
                sides.append(RuleItem(0, edge, self._width, edge))
            made.append(replace(band, items=(*band.items, *sides)))
        return made

    def _signatures(self, block: Block) -> list[Band]:
        slots = [slot for slot in block.slots if self._values.holds(slot.when)]
        part = self._width / block.columns
        height = 14.8 if block.dated else 10.0
        bands = []
        for start in range(0, len(slots), block.columns):
            items: list[Item] = []
            for number, slot in enumerate(slots[start : start + block.columns]):
                items += self._slot(slot, number * part, part - 5.0, dated=block.dated)
            bands.append(Band(height, tuple(items)))
        return bands

    def _slot(self, slot: Slot, left: float, width: float, *, dated: bool) -> list[Item]:
        name = self._values.shown(slot.value).zh if slot.value else ""
        label = self.two(Shown(slot.zh, slot.en), width * 0.55, (9.0, 8.0, 7.0), most=1)
        items = self.stack(label, (left, 0, width * 0.55, 9.0))
        wide = max(label[0].width, label[1].width if label[1] else 0.0)
        start = left + wide + 1.5
        if not slot.seal:
            items.append(RuleItem(start, 8.2, left + width, 8.2, 0.5))
        if name:
            # A printed name beside the signature: who is to sign, not the signature itself.
            placed = self._type.fit(f"（{name}）", left + width - start, (7.0, 6.0))
            items += self.text(placed, (start, 7.6 - placed.height, left + width - start), black=GREY)
        if dated:
            date = self._type.fit(_DATE, width, (8.0,))
            items += self.text(date, (left, 10.2, width), align="right")
        return items


_MAKERS = {
    BlockKind.FIELDS: Layout._fields,
    BlockKind.TABLE: Layout._table,
    BlockKind.TEXT: Layout._texts,
    BlockKind.SIGNATURES: Layout._signatures,
}
