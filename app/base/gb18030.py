"""GB 18030-2022, which cards and printers speak; Python's own codec is the 2000 edition.

The two editions differ in nineteen pairs: a code of the 2000 edition that stood for a private-use
character now stands for the character's own code point, and the private-use one took over its four
bytes. Exchanging the pairs before encoding and after decoding therefore turns one edition into the
other, and stays a bijection over all of Unicode.

Source: GB 18030-2022 annex D (A6D9..A6F3, FE59..FEA0) and GB 18030-2005 (A8BC); checked over all
two-byte and all four-byte codes of the basic plane against ICU 78's converter.
"""

from __future__ import annotations

# (private-use code point, assigned code point), in the order of the two-byte codes.
_PAIRS = (
    (0xE78D, 0xFE10),  # A6D9
    (0xE78E, 0xFE12),  # A6DA
    (0xE78F, 0xFE11),  # A6DB
    (0xE790, 0xFE13),  # A6DC
    (0xE791, 0xFE14),  # A6DD
    (0xE792, 0xFE15),  # A6DE
    (0xE793, 0xFE16),  # A6DF
    (0xE794, 0xFE17),  # A6EC
    (0xE795, 0xFE18),  # A6ED
    (0xE796, 0xFE19),  # A6F3
    (0xE7C7, 0x1E3F),  # A8BC
    (0xE81E, 0x9FB4),  # FE59
    (0xE826, 0x9FB5),  # FE61
    (0xE82B, 0x9FB6),  # FE66
    (0xE82C, 0x9FB7),  # FE67
    (0xE832, 0x9FB8),  # FE6D
    (0xE843, 0x9FB9),  # FE7E
    (0xE854, 0x9FBA),  # FE90
    (0xE864, 0x9FBB),  # FEA0
)
_EXCHANGE = dict(_PAIRS) | {b: a for a, b in _PAIRS}


def encode(text: str) -> bytes:
    """``text`` in GB 18030-2022; UnicodeEncodeError for lone surrogates only."""
    return text.translate(_EXCHANGE).encode("gb18030")


def decode(raw: bytes) -> str:
    """The text in ``raw``; UnicodeDecodeError where it is no GB 18030."""
    return raw.decode("gb18030").translate(_EXCHANGE)
