"""Face designs as data: what stands where on a card's two faces (``resources/faces``).

A design is a folder: ``front.toml``, one file a layout of the back, ``marks.toml``, and where a
province has its own, ``fonts.toml``. A file may extend another and say only what differs, element by
element. The format is described at the head of the national files.
"""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.base.resources import read_toml, resource
from app.documents.errors import FaceDataInvalid

Ink = tuple[float, float, float, float]
BLACK: Ink = (0.0, 0.0, 0.0, 1.0)

# ISO/IEC 7810, ID-1.
CARD_WIDTH, CARD_HEIGHT = 85.60, 53.98


class Kind(StrEnum):
    """What an element is."""

    TEXT = "text"
    IMAGE = "image"
    BARCODE = "barcode"
    PATH = "path"
    SEAL = "seal"


class Stock(StrEnum):
    """An element's place in making: on the plastic already, or always printed by the desk."""

    PREPRINTED = "preprinted"
    PRINTED = "printed"


class FaceMark(StrEnum):
    """What says that a card is no living card."""

    SPECIMEN = "specimen"
    TRAINING = "training"
    SIMULATED = "simulated"


# Where an element's value can come from; FaceInput answers each.
TEXT_SOURCES = frozenset(
    {
        "resident.name",
        "resident.sex",
        "resident.ethnic",
        "card.card_number",
        "card.issuer_name",
        "card.seal_text",
        "card.vendor_code",
        "card.co_brand",
        "bank.name",
        "bank.card_number",
    }
)
IMAGE_SOURCES = frozenset({"resident.photo", "bank.mark", "bank.scheme_mark"})


PathStep = tuple[str, tuple[float, ...]]
_PATH_NUMBERS = {"M": 2, "L": 2, "C": 6, "Z": 0}


def parse_path(data: str) -> tuple[PathStep, ...]:
    """The steps of a path: M, L, C and Z with their numbers, set apart by blanks; else ValueError."""
    steps: list[PathStep] = []
    tokens = iter(data.split())
    for token in tokens:
        if token not in _PATH_NUMBERS:
            raise ValueError(f"a path step is M, L, C or Z, not {token}")
        numbers = [float(next(tokens, "nothing")) for _ in range(_PATH_NUMBERS[token])]
        steps.append((token, tuple(numbers)))
    return tuple(steps)


@dataclass(frozen=True)
class Element:
    """One element as its file states it: millimetres, points, inks 0..1; None is "not stated".

    ``fit`` lists (lines, size) in the order tried. ``after`` names the element at whose right end
    this one begins; ``right_limit`` is the least distance from the card's right edge.
    """

    id: str
    kind: Kind
    stock: Stock
    left: float | None = None
    top: float | None = None
    right: float | None = None
    bottom: float | None = None
    centre_x: float | None = None
    centre_y: float | None = None
    first_centre_x: float | None = None
    width: float | None = None
    height: float | None = None
    after: str | None = None
    right_limit: float | None = None
    nudge: tuple[float, float] = (0.0, 0.0)
    text: str | None = None
    source: str | None = None
    strip_suffix: str | None = None
    chain: str = "text"
    size: float = 8.0
    fit: tuple[tuple[int, float], ...] = ()
    line_gap: float = 0.0
    bold: bool = False
    ink: Ink = BLACK
    align: str = "left"
    valign: str = "centre"
    spread: bool = False
    whole: bool = False
    dots_per_inch: int = 300
    path: tuple[PathStep, ...] = ()
    quarter_turns: int = 1
    border_pt: float = 0.0
    star: float = 0.0
    arc: float = 360.0


@dataclass(frozen=True)
class Marks:
    """How marks are drawn: the words of each, the band's type, the badge's type and corners."""

    words: dict[FaceMark, str]
    band_size: float
    band_longest: float
    band_angle: float
    band_ink: Ink
    band_opacity: float
    between: str
    badge_size: float
    badge_padding: float
    badge_gap: float
    badge_ink: Ink
    corners: dict[str, tuple[float, float]]


@dataclass(frozen=True)
class FaceDesign:
    """The front, the layouts of the back by name, the marks, and lists of further fonts."""

    front: tuple[Element, ...]
    backs: dict[str, tuple[Element, ...]]
    marks: Marks
    font_lists: tuple[Path, ...]

    @classmethod
    def load(cls, folder: Path | None = None) -> FaceDesign:
        """The design of a folder, by default the national one, or ``FaceDataInvalid``."""
        folder = folder or resource("faces", "national")
        front = _elements(folder / "front.toml")
        backs = {path.stem: _elements(path) for path in sorted(folder.glob("back*.toml"))}
        if "back" not in backs:
            raise FaceDataInvalid("back.toml", "the file is missing")
        fonts = folder / "fonts.toml"
        return cls(front, backs, _marks(folder / "marks.toml"), (fonts,) if fonts.is_file() else ())


def _read(path: Path) -> dict[str, Any]:
    try:
        return read_toml(path)
    except FileNotFoundError as fault:
        raise FaceDataInvalid(path.name, "the file is missing") from fault
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise FaceDataInvalid(path.name, f"it is no TOML ({fault})") from fault


def _tables(path: Path, seen: tuple[Path, ...] = ()) -> dict[str, dict[str, Any]]:
    """The elements of a file by id, in order, over those of the file that it extends."""
    if path.resolve() in seen:
        raise FaceDataInvalid(path.name, "it extends itself")
    table = _read(path)
    parent = table.get("extends")
    merged = _tables(path.parent / parent, (*seen, path.resolve())) if parent else {}
    if not parent and (table.get("width"), table.get("height")) != (CARD_WIDTH, CARD_HEIGHT):
        raise FaceDataInvalid(path.name, f"width and height must be {CARD_WIDTH} and {CARD_HEIGHT}")
    for entry in table.get("element", []):
        if "id" not in entry:
            raise FaceDataInvalid(path.name, "an element has no id")
        merged[entry["id"]] = {**merged.get(entry["id"], {}), **entry}
    return merged


def _elements(path: Path) -> tuple[Element, ...]:
    elements: list[Element] = []
    for entry in _tables(path).values():
        try:
            element = _element(entry)
        except (KeyError, TypeError, ValueError) as fault:
            raise FaceDataInvalid(path.name, f"element {entry['id']}: {fault}") from fault
        problem = _problem(element, {known.id for known in elements})
        if problem:
            raise FaceDataInvalid(path.name, f"element {element.id}: {problem}")
        elements.append(element)
    return tuple(elements)


_NUMBERS = frozenset(field.name for field in dataclasses.fields(Element) if "float" in str(field.type))


def _element(entry: dict[str, Any]) -> Element:
    values = dict(entry)
    values["kind"] = Kind(entry["kind"])
    values["stock"] = Stock(entry["stock"])
    if "ink" in entry:
        values["ink"] = _ink(entry["ink"])
    if "path" in entry:
        values["path"] = parse_path(entry["path"])
    if "nudge" in entry:
        x, y = entry["nudge"]
        values["nudge"] = (float(x), float(y))
    if "fit" in entry:
        values["fit"] = tuple((int(lines), float(size)) for lines, size in entry["fit"])
    for name in _NUMBERS & entry.keys() - {"ink", "nudge", "fit", "path"}:
        if isinstance(entry[name], bool) or not isinstance(entry[name], int | float):
            raise TypeError(f"{name} is no number")
    return Element(**values)


def _ink(percent: list[float]) -> Ink:
    cyan, magenta, yellow, black = percent
    if not all(0 <= part <= 100 for part in percent):
        raise ValueError("an ink is not 0 to 100 per cent")
    return (cyan / 100, magenta / 100, yellow / 100, black / 100)


def _problem(element: Element, known: set[str]) -> str | None:  # noqa: PLR0911 - one rule a line
    if element.kind in (Kind.IMAGE, Kind.BARCODE, Kind.PATH, Kind.SEAL) and not (
        element.width and element.height
    ):
        return "width and height are needed"
    if element.kind is Kind.PATH and not element.path:
        return "a path is needed"
    sources = IMAGE_SOURCES if element.kind is Kind.IMAGE else TEXT_SOURCES
    if element.source is not None and element.source not in sources:
        return f"no such source: {element.source}"
    if element.kind is not Kind.PATH and (element.source is None) == (element.text is None):
        return "either text or source is needed"
    if element.after is not None and element.after not in known:
        return f"it follows {element.after}, which does not come before it"
    across = (element.left, element.right, element.centre_x, element.first_centre_x, element.after)
    if sum(way is not None for way in across) != 1:
        return "exactly one of left, right, centre_x, first_centre_x and after is needed"
    if sum(way is not None for way in (element.top, element.bottom, element.centre_y)) != 1:
        return "exactly one of top, bottom and centre_y is needed"
    if element.align not in ("left", "centre") or element.valign not in ("top", "centre"):
        return "align is left or centre, valign is top or centre"
    return None


def _marks(path: Path) -> Marks:
    table = _read(path)
    try:
        band, badge = table["band"], table["badge"]
        corners = {
            name: (float(place["right"]), float(place["bottom"]))
            for name, place in badge.items()
            if isinstance(place, dict)
        }
        return Marks(
            {mark: str(table["words"][mark.value]) for mark in FaceMark},
            float(band["size"]),
            float(band["longest"]),
            float(band["angle"]),
            _ink(band["ink"]),
            float(band["opacity"]),
            str(band["between"]),
            float(badge["size"]),
            float(badge["padding"]),
            float(badge["line_gap"]),
            _ink(badge["ink"]),
            corners,
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise FaceDataInvalid(path.name, f"{fault} is missing or wrong") from fault
