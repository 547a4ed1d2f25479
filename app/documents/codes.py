"""Code 128 (ISO/IEC 15417): from a number to bars, and how wide a printer's dots make them.

A card printer can print whole dots only, so a bar code is as wide as a whole number of dots a module
lets it be: the widest that the zone takes, and never thinner than scanners at a counter read.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.documents.errors import BarcodeImpossible

# ISO/IEC 15417, table 1: widths of bar, space, bar, space, bar, space of the values 0..105, then stop.
# fmt: off
_PATTERNS = (
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
)
# fmt: on
_START_B, _START_C, _STOP = 104, 105, 106
_TO_C, _TO_B = 99, 100  # the same values switch sets inside a symbol
_CHECK_MODULUS = 103

# ISO/IEC 15417, 4.2: a light margin of ten modules on either side.
QUIET_MODULES = 10
# Two dots of 300 an inch are 0.17 mm, about the least that hand scanners resolve (GB/T 18347 asks 0.17).
MIN_DOTS = 2


def code128_values(text: str) -> tuple[int, ...]:
    """The symbol values from start to stop, check value included, in the fewest symbols.

    ``text`` is printable ASCII; anything else is ``BarcodeImpossible``.
    """
    if not text or any(not " " <= char <= "~" for char in text):
        raise BarcodeImpossible(len(text))
    # The cheapest tail from each place in each set, from the right.
    size = len(text)
    tails: list[dict[str, tuple[int, ...]]] = [{} for _ in range(size + 1)]
    tails[size] = {"B": (), "C": ()}
    for place in range(size - 1, -1, -1):
        here = {"B": (ord(text[place]) - 32, *tails[place + 1]["B"])}
        pair = text[place : place + 2]
        if len(pair) == 2 and pair.isdecimal():
            here["C"] = (int(pair), *tails[place + 2]["C"])
        if "C" not in here or len(here["B"]) + 1 < len(here["C"]):
            here["C"] = (_TO_B, *here["B"])
        elif len(here["C"]) + 1 < len(here["B"]):
            here["B"] = (_TO_C, *here["C"])
        tails[place] = here
    start = "C" if len(tails[0]["C"]) <= len(tails[0]["B"]) else "B"
    first = _START_C if start == "C" else _START_B
    data = tails[0][start]
    check = (first + sum(weight * value for weight, value in enumerate(data, 1))) % _CHECK_MODULUS
    return (first, *data, check, _STOP)


def code128_modules(text: str) -> tuple[int, ...]:
    """Widths in modules of bar, space, bar, … from the first bar to the last."""
    return tuple(int(width) for value in code128_values(text) for width in _PATTERNS[value])


@dataclass(frozen=True)
class Bars:
    """A bar code in printer dots: ``width`` in all, ``bars`` as (offset, width) from its left."""

    modules: int
    dots_per_module: int
    bars: tuple[tuple[int, int], ...]

    @property
    def width(self) -> int:
        """Dots from the first bar to the last."""
        return self.modules * self.dots_per_module


def code128_bars(text: str, zone_dots: int) -> Bars:
    """The widest bar code of ``text`` in a zone of so many dots, or ``BarcodeImpossible``.

    At 300 dpi the card's zone of 34 mm (402 dots with the standard's tolerance) takes 18 digits, 134
    modules, at three dots (34.04 mm) and a number ending in X, 156 modules, at two (26.4 mm).
    """
    widths = code128_modules(text)
    modules = sum(widths)
    dots = zone_dots // modules
    if dots < MIN_DOTS:
        raise BarcodeImpossible(len(text))
    bars, offset = [], 0
    for index, width in enumerate(widths):
        if index % 2 == 0:
            bars.append((offset * dots, width * dots))
        offset += width
    return Bars(modules, dots, tuple(bars))
