"""GB 18030-2022 text, by the standard's differences from the 2000 edition that Python's codec holds.

Source: the 18 mappings that GB 18030-2022 changed, and the 2005 edition's one change (A8BC). Each pair
trades places: the two-byte code now means the character, and its former four-byte code the private one.
"""

from __future__ import annotations

from functools import cache

# Two-byte code -> the character it means since 2005 (A8BC) or 2022 (all others).
MOVED = {
    0xA8BC: 0x1E3F,
    0xA6D9: 0xFE10,
    0xA6DA: 0xFE12,
    0xA6DB: 0xFE11,
    0xA6DC: 0xFE13,
    0xA6DD: 0xFE14,
    0xA6DE: 0xFE15,
    0xA6DF: 0xFE16,
    0xA6EC: 0xFE17,
    0xA6ED: 0xFE18,
    0xA6F3: 0xFE19,
    0xFE59: 0x9FB4,
    0xFE61: 0x9FB5,
    0xFE66: 0x9FB6,
    0xFE67: 0x9FB7,
    0xFE6D: 0x9FB8,
    0xFE7E: 0x9FB9,
    0xFE90: 0x9FBA,
    0xFEA0: 0x9FBB,
}


@cache
def _trade() -> dict[str, str]:
    """Character to character: what the old codec has to be told instead, the same table both ways."""
    table: dict[str, str] = {}
    for code, point in MOVED.items():
        private = code.to_bytes(2, "big").decode("gb18030")
        table[private] = chr(point)
        table[chr(point)] = private
    return table


def encode(text: str) -> bytes:
    """Text to GB 18030-2022 bytes; UnicodeEncodeError for a lone surrogate."""
    trade = _trade()
    return "".join(trade.get(letter, letter) for letter in text).encode("gb18030")


def decode(data: bytes) -> str:
    """GB 18030-2022 bytes to text; UnicodeDecodeError where the bytes are none."""
    trade = _trade()
    return "".join(trade.get(letter, letter) for letter in data.decode("gb18030"))
