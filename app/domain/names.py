"""Names and other text as people write them: folded, their dot, their room on the chip."""

from __future__ import annotations

import re
import unicodedata

from app.base import gb18030

# GB/T 36195 and the ministry's practice: the dot inside a name is U+00B7 alone (counter.md, 2.5).
NAME_DOT = "\u00b7"
# What is typed in its place: . 。 ． • ・ ･ ‧ ∙ ⋅
_DOT_LIKE = frozenset(".\u3002\uff0e\u2022\u30fb\uff65\u2027\u2219\u22c5")
# Blanks inside stay between letters; between characters they are typing.
_HAN_BLANK = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")


def fold_text(text: str) -> str:
    """Text as it was meant: full-width letters and digits to half-width, no blanks at the ends.

    Only full-width forms are folded; every other character stays as it was, compatibility ones too.
    """
    folded = "".join(
        unicodedata.normalize("NFKC", char) if "\uff01" <= char <= "\uff5e" and char.isalnum() else char
        for char in text
    )
    return folded.strip()


def fold_name(name: str) -> str:
    """A name without blanks at its ends or between Chinese characters; between letters one stays."""
    return re.sub(r"\s+", " ", _HAN_BLANK.sub("", fold_text(name)))


def has_other_dot(name: str) -> bool:
    """Whether a Chinese name holds a dot that is not U+00B7."""
    return any(not char.isascii() and char not in _DOT_LIKE for char in name) and any(
        char in _DOT_LIKE for char in name
    )


def with_name_dot(name: str) -> str:
    """The name with every dot as U+00B7, which the desk offers in its place."""
    return "".join(NAME_DOT if char in _DOT_LIKE else char for char in name)


def private_use(text: str) -> tuple[int, ...]:
    """Places (from 0) of characters without an agreed meaning, as readers put them in names."""
    return tuple(place for place, char in enumerate(text) if unicodedata.category(char) == "Co")


def invisible(text: str) -> tuple[int, ...]:
    """Places (from 0) of format characters, which have no shape: zero-width ones, marks of direction."""
    return tuple(place for place, char in enumerate(text) if unicodedata.category(char) == "Cf")


def shortened_name(name: str, room: int) -> str:
    """As much of ``name`` as ``room`` bytes of GB 18030 hold, cut at a character's border.

    A dot or a blank left at the end is cut too, and a combining character goes with its base.
    """
    kept = name
    while len(gb18030.encode(kept)) > room:
        dropped, kept = kept[-1], kept[:-1]
        while kept and unicodedata.combining(dropped):
            dropped, kept = kept[-1], kept[:-1]
    return kept.rstrip(NAME_DOT + " ")
