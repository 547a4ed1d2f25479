"""Personal values as lists and papers show them (ui.md: whole on the person's own page alone)."""

from __future__ import annotations

_NUMBER_HEAD, _PHONE_HEAD, _TAIL = 6, 3, 4


def masked_number(number: str) -> str:
    """``410102********2345``: six characters, stars, four; a short number keeps its last two alone."""
    return _masked(number, _NUMBER_HEAD)


def masked_phone(phone: str) -> str:
    """``199****0000``: its block, stars, four; a short one keeps its last two alone."""
    return _masked(phone, _PHONE_HEAD)


def _masked(value: str, head: int) -> str:
    if len(value) <= head + _TAIL:
        return "*" * max(len(value) - 2, 0) + value[-2:]
    return value[:head] + "*" * (len(value) - head - _TAIL) + value[-_TAIL:]


def masked_name(name: str) -> str:
    """``王*明``, ``王*``: the first character, stars, and the last one of three or more."""
    if len(name) <= 1:
        return name
    return name[0] + "*" if len(name) == 2 else name[0] + "*" * (len(name) - 2) + name[-1]
