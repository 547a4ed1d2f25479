"""Personal numbers as lists show them (ui.md: masked in lists, whole on the person's own page)."""

from __future__ import annotations

_HEAD, _TAIL = 6, 4


def masked_number(number: str) -> str:
    """``410102********2345``: six characters, stars, four; a short number keeps its last two alone."""
    if len(number) <= _HEAD + _TAIL:
        return "*" * max(len(number) - 2, 0) + number[-2:]
    return number[:_HEAD] + "*" * (len(number) - _HEAD - _TAIL) + number[-_TAIL:]


def masked_name(name: str) -> str:
    """``王*明``, ``王*``: the first character, stars, and the last one of three or more."""
    if len(name) <= 1:
        return name
    return name[0] + "*" if len(name) == 2 else name[0] + "*" * (len(name) - 2) + name[-1]
