"""The page about the blocks: header with the desk, footer with page numbers, marks over all of it."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from app.documents.paper_design import Template, Watermarks
from app.documents.paper_errors import PaperTooLong
from app.documents.paper_facts import PaperFacts, Term
from app.documents.paper_items import Band, CodeItem, Item, RuleItem, TextItem, frame, paginate
from app.documents.paper_layout import Layout
from app.documents.paper_setting import GREY, SMALL
from app.documents.paper_type import LEADING, MM_PER_POINT, Set, Typesetter
from app.documents.paper_values import Shown, Values

Page = tuple[Item, ...]
_FOOTER = 7.0
_META = 6.8
_NOTE = 7.8
# A page wider than this has larger titles.
_WIDE = 160.0
# How near marks across a page come to its edges, mm.
_EDGE = 8.0
_COPY = "copy"
_VOID = "void"
_DRAFT = "draft"
# What a mark may say of the print that bears it.
_PLACE = re.compile(r"\{(copy|operator|printed)\}")


class PageMaker:
    """One paper's pages: everything at its place in millimetres from the page's left and top edges."""

    def __init__(
        self,
        template: Template,
        values: Values,
        facts: PaperFacts,
        type_: Typesetter,
        marks: Watermarks,
    ) -> None:
        self._template = template
        self._values = values
        self._facts = facts
        self._type = type_
        self._marks = marks
        top, right, bottom, left = template.margins
        self._left, self._top = left, top
        self._width = template.width - left - right
        self._height = template.height - top - bottom
        self._layout = Layout(template, values, type_, self._width)
        # What holds for this print, in the order in which it is marked.
        self._names = [mark.value for mark in facts.marks] + ([_COPY] if facts.copy else [])
        if template.void and values.raw(template.void):
            self._names.append(_VOID)
        if facts.draft:
            self._names.append(_DRAFT)

    def pages(self) -> list[Page]:
        """Every page, or ``PaperTooLong`` where one piece is higher than a page."""
        first, later = self._header(), self._running_header()
        rooms = (self._height - first.height - _FOOTER, self._height - later.height - _FOOTER)
        made = paginate(self._layout.bands(), rooms)
        if isinstance(made, Band):
            raise PaperTooLong(self._template.paper.template, made.where)
        pages = []
        for number, bands in enumerate(made, 1):
            header = first if number == 1 else later
            items = [*header.items]
            for at, band in bands:
                items += [item.down(header.height + at) for item in band.items]
            items += self._footer(number, len(made))
            placed = [_moved(item, self._left, self._top) for item in items]
            # Marks lie over all of the page but its codes: a scanner reads those as they were drawn.
            codes = [item for item in placed if isinstance(item, CodeItem)]
            others = [item for item in placed if not isinstance(item, CodeItem)]
            pages.append((*others, *self._overlay(), *codes))
        return pages

    def _header(self) -> Band:
        number = self._type.fit(self._number(), self._width * 0.45, (10.0, 9.0, 8.0), 1)
        centre = self._type.fit(self._facts.centre, self._width - number.width - 5, (9.5, 8.5, 7.5))
        items = self._layout.text(centre, (0, 0, self._width))
        items += self._layout.text(number, (0, 0, self._width), heavy=True, align="right")
        at = max(centre.height, number.height) + 3.0
        size = 18.0 if self._template.width > _WIDE else 16.5
        title = self._type.fit(self._template.title.zh, self._width, (size, size - 2, size - 4), 1)
        items += self._layout.text(title, (0, at, self._width), heavy=True, align="centre")
        at += title.height
        en = self._type.fit(self._template.title.en, self._width, (8.0, 7.0))
        items += self._layout.text(en, (0, at, self._width), black=GREY, align="centre")
        at += en.height + 1.8
        items.append(RuleItem(0, at, self._width, at, 1.2, 1.0))
        at += 0.9
        meta, height = self._meta(at)
        items += meta
        at += height + 0.5
        items.append(RuleItem(0, at, self._width, at, 0.3))
        if self._names:
            note, height = self._notes(at + 1.8)
            items += note
            at += height + 1.8
        return Band(at + 2.4, tuple(items))

    def _number(self) -> str:
        return f"编号 No. {self._values.shown(self._template.number).zh}"

    def _running_header(self) -> Band:
        size = Set(9.0, (self._template.title.zh,), 0)
        items = self._layout.text(size, (0, 0, self._width), heavy=True)
        number = self._type.fit(self._number(), self._width / 2, (9.0, 8.0, 7.0), 1)
        items += self._layout.text(number, (self._width / 2, 0, self._width / 2), align="right")
        at = max(size.height, number.height) + 0.6
        items.append(RuleItem(0, at, self._width, at, 0.8, 1.0))
        return Band(at + 2.0, tuple(items))

    def _meta(self, top: float) -> tuple[list[Item], float]:
        """The desk's facts in a line, or in as many as they need."""
        printed = self._values.shown("facts.printed_at_ms").zh
        facts = self._facts
        parts = [
            (Shown("台号", "Desk"), facts.desk),
            (Shown("终端号", "Terminal"), facts.terminal),
            (Shown("机构代码", "Institution"), facts.institution),
            (Shown("经办人", "Operator"), facts.operator),
            (Shown("打印时间", "Printed"), printed),
        ]
        sized = [(label, value, self._meta_width(label, value)) for label, value in parts]
        lines: list[list[tuple[Shown, str, float]]] = [[]]
        for part in sized:
            if (
                lines[-1]
                and sum(wide for *_, wide in lines[-1]) + 3 * len(lines[-1]) + part[2] > self._width
            ):
                lines.append([])
            lines[-1].append(part)
        step = _META * LEADING * MM_PER_POINT
        items: list[Item] = []
        at = top
        for line in lines:
            free = self._width - sum(wide for *_, wide in line)
            space = free / (len(line) - 1) if len(line) > 1 and len(lines) == 1 else min(6.0, free)
            left, high = 0.0, step
            for label, value, wide in line:
                room = self._width - left
                placed = [
                    (Set(_META, (label.zh,), 0), 1.0),
                    (Set(SMALL, (label.en,), 0), GREY),
                ]
                for piece, black in placed:
                    items += self._layout.text(
                        piece, (left, at + (0.25 if black < 1 else 0), room), black=black
                    )
                    left += self._type.width(piece.lines[0], piece.size) + 1.0
                shown = self._type.fit(
                    value, max(wide - (left - (self._width - room)), 10.0), (_META,), 1
                )
                items += self._layout.text(shown, (left, at, room))
                high = max(high, shown.height)
                left = self._width - room + wide + space
            at += high
        return items, at - top

    def _meta_width(self, label: Shown, value: str) -> float:
        labels = self._type.width(label.zh, _META) + self._type.width(label.en, SMALL) + 2.0
        return min(labels + self._type.width(value, _META) + 0.1, self._width)

    def _words(self, name: str) -> str:
        return self._said(self._marks.words[name])

    def _said(self, term: Term) -> str:
        """A mark in both languages, with what it says of this print."""
        told = {
            "copy": str(self._facts.copy),
            "operator": self._facts.operator,
            "printed": self._values.shown("facts.printed_at_ms").zh,
        }
        return _PLACE.sub(lambda found: told[found[1]], f"{term.zh} {term.en}".strip())

    def _notes(self, top: float) -> tuple[list[Item], float]:
        """The marks with what each means, in one box below the header."""
        items: list[Item] = []
        words = [self._words(name) for name in self._names]
        column = max(self._type.width(word, _NOTE) for word in words) + 3.0
        at = top + 0.8
        for name, word in zip(self._names, words, strict=True):
            text = self._said(self._marks.notes[name])
            placed = self._type.fit(text, self._width - column - 4, (7.2, 6.6, 6.2), 1)
            items += self._layout.text(Set(_NOTE, (word,), column), (2, at, column), heavy=True)
            items += self._layout.text(placed, (2 + column, at + 0.1, self._width - column - 4))
            at += max(placed.height, _NOTE * LEADING * MM_PER_POINT)
        return [*frame(0, top, self._width, at + 0.8 - top, 0.9), *items], at + 0.8 - top

    def _footer(self, number: int, count: int) -> list[Item]:
        top = self._height - _FOOTER + 3.0
        template = self._template
        left = f"{template.title.zh} · 版式 Form {template.paper.template} {template.version}"
        right = f"第 {number} 页 共 {count} 页  Page {number} of {count}"
        items: list[Item] = [RuleItem(0, top, self._width, top, 0.3)]
        for words, align in ((left, "left"), (right, "right")):
            placed = self._type.fit(words, self._width * 0.6, (SMALL,), 1)
            box = (0.0 if align == "left" else self._width * 0.4, top + 0.6, self._width * 0.6)
            items += self._layout.text(placed, box, black=GREY, align=align)
        return items

    def _overlay(self) -> list[Item]:
        """The marks across the page, one below the other about its middle, as large as fits."""
        design, template = self._marks, self._template
        turn = math.radians(design.angle)
        cos, sin = math.cos(turn), math.sin(turn)
        lines = [self._words(name) for name in self._names]
        if not lines:
            return []
        em = MM_PER_POINT
        widest = max(self._type.width(words, 1.0) for words in lines)
        step = 1.55 * em / cos
        size = min(
            design.size,
            (template.width - 2 * _EDGE) / (widest * cos + em * sin),
            (template.height - 2 * _EDGE) / (widest * sin + step * len(lines)),
        )
        rise, fall = self._type.chain.body
        off = (rise + fall) / 2 * em * size
        items: list[Item] = []
        for number, (name, words) in enumerate(zip(self._names, lines, strict=True)):
            half = self._type.width(words, size) / 2
            middle = template.height / 2 + (number - (len(lines) - 1) / 2) * step * size
            items.append(
                TextItem(
                    words,
                    template.width / 2 - half * cos + off * sin,
                    middle + half * sin + off * cos,
                    size,
                    heavy=True,
                    turn=design.angle,
                    opacity=design.void_opacity if name == _VOID else design.opacity,
                )
            )
        return items


def _moved(item: Item, right: float, down: float) -> Item:
    """An item of the text area at its place on the page."""
    lower = item.down(down)
    if isinstance(lower, RuleItem):
        return replace(lower, x1=lower.x1 + right, x2=lower.x2 + right)
    return replace(lower, left=lower.left + right)
