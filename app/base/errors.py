"""Known faults: a code, typed parameters, and what to tell the person at the desk.

A known fault is a class. Its three texts stand beside it in English, which is also the key of the
catalogue (see ``app.base.catalogue``), so window, command line and papers say the same in every
language. A fault that is no ``KangkaError`` is a bug and is treated as one.

Parameters name fields, counts and codes of devices; they never hold a person's data, a key or a
PIN, because a fault is logged, printed and handed on.
"""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar


def N_(text: str) -> str:  # noqa: N802 - the name that message extractors look for
    """Mark ``text`` for the catalogue without translating it here."""
    return text


class Word(str):
    """A word of ours as a parameter, which the catalogue looks up under ``context`` and not under the
    parameter's name: the state ``spoiled`` is one word of a card and another of a blank card."""

    context: str

    def __new__(cls, text: str, context: str) -> Word:
        word = super().__new__(cls, text)
        word.context = context
        return word


class KangkaError(Exception):
    """A fault that the desk understands. Subclasses are dataclasses; their fields are parameters.

    ``cause`` says what happened, ``meaning`` what that means for this resident or this card and
    ``remedy`` what to do next. Each may name parameters in braces and is one plain sentence.
    """

    code: ClassVar[str]
    cause: ClassVar[str]
    meaning: ClassVar[str] = ""
    remedy: ClassVar[str]

    def params(self) -> dict[str, Any]:
        """The parameters by name, for the catalogue and for JSON."""
        return _fields_of(self)

    def __str__(self) -> str:
        shown = " ".join(f"{name}={value!s}" for name, value in self.params().items())
        return f"{self.code} {shown}".rstrip()

    def __reduce__(self) -> tuple[Any, ...]:
        # Exceptions pickle by args, which dataclass parameters do not fill.
        return (_rebuild, (type(self), _fields_of(self)))


def _fields_of(fault: KangkaError) -> dict[str, Any]:
    if not dataclasses.is_dataclass(fault):
        return {}
    return {f.name: getattr(fault, f.name) for f in dataclasses.fields(fault)}


def _rebuild(kind: type[KangkaError], params: dict[str, Any]) -> KangkaError:
    return kind(**params)


def known_errors() -> list[type[KangkaError]]:
    """Every concrete error class that has been imported, by code."""

    def walk(kind: type[KangkaError]) -> list[type[KangkaError]]:
        found = [kind] if "code" in vars(kind) else []
        for child in kind.__subclasses__():
            found.extend(walk(child))
        return found

    return sorted(walk(KangkaError), key=lambda kind: kind.code)
