"""Values of a paper as they stand on it: by their kind, masked unless the template says whole."""

from __future__ import annotations

import datetime as dt
import inspect
import types
import typing
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Annotated, Any

from app.base.clock import CHINA_TIME
from app.documents.paper_facts import Paper, PaperFacts, Term
from app.documents.paper_money import capital_amount, plain_amount
from app.domain.masking import masked_number, masked_phone

FACTS = "facts."


class ValueKind(StrEnum):
    """How a value is printed."""

    TEXT = "text"
    NUMBER = "number"
    PHONE = "phone"
    MONEY = "money"
    MOMENT = "moment"
    PICTURE = "picture"
    DAY = "day"
    COUNT = "count"
    FLAG = "flag"
    TERM = "term"
    WORD = "word"
    LIST = "list"
    ROWS = "rows"

    @property
    def masked(self) -> bool:
        """Whether it is masked unless a template names it under ``whole``."""
        return self in (ValueKind.NUMBER, ValueKind.PHONE)


@dataclass(frozen=True)
class ValueType:
    """A value's kind; the list that a word is of, and the class that rows are of."""

    kind: ValueKind
    words: type[Enum] | None = None
    rows: type[Any] | None = None


_PLAIN: dict[type[Any], ValueKind] = {
    str: ValueKind.TEXT,
    int: ValueKind.COUNT,
    bool: ValueKind.FLAG,
    dt.date: ValueKind.DAY,
    Term: ValueKind.TERM,
}


def value_types(kind: type[Any]) -> types.MappingProxyType[str, ValueType]:
    """Every value that a template may name for a paper (with ``facts.``) or for a row of a table."""
    found = _of_class(kind)
    if issubclass(kind, Paper):
        found |= {FACTS + name: value for name, value in _of_class(PaperFacts).items()}
    return types.MappingProxyType(found)


def _of_class(kind: type[Any]) -> dict[str, ValueType]:
    hints: dict[str, Any] = typing.get_type_hints(kind, include_extras=True)
    for name, member in inspect.getmembers(kind, lambda one: isinstance(one, property)):
        hints[name] = typing.get_type_hints(member.fget, include_extras=True)["return"]
    return {
        name: known
        for name, hint in hints.items()
        if typing.get_origin(hint) is not typing.ClassVar and (known := _value_type(hint)) is not None
    }


def _value_type(hint: Any) -> ValueType | None:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        (hint,) = (part for part in typing.get_args(hint) if part is not types.NoneType)
    if typing.get_origin(hint) is Annotated:
        return ValueType(ValueKind(typing.get_args(hint)[1]))
    if typing.get_origin(hint) is tuple:
        part = typing.get_args(hint)[0]
        if part is str or part is Term:
            return ValueType(ValueKind.LIST)
        # Marks are drawn by the page itself and named by no template.
        return None if issubclass(part, Enum) else ValueType(ValueKind.ROWS, rows=part)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ValueType(ValueKind.WORD, words=hint)
    return ValueType(_PLAIN[hint]) if hint in _PLAIN else None


@dataclass(frozen=True, repr=False)
class Shown:
    """A value as it is printed: Chinese, and English where it has any."""

    zh: str
    en: str = ""


# How a kind that is masked stands on a paper that does not name it whole.
_MASKS = {ValueKind.NUMBER: masked_number, ValueKind.PHONE: masked_phone}


def masked(value: str, kind: ValueKind = ValueKind.NUMBER) -> str:
    """A value of a masked kind as it stands on paper."""
    return _MASKS[kind](value)


def list_name(words: type[Enum]) -> str:
    """The name of a list of words in ``words.toml``: its class in small letters."""
    return words.__name__.lower()


class Values:
    """The values of one paper, or of one row of its tables."""

    def __init__(
        self,
        holder: Any,
        facts: PaperFacts | None,
        whole: frozenset[str],
        words: dict[str, dict[str, Term]],
    ) -> None:
        self._holder = holder
        self._facts = facts
        self._whole = whole
        self._words = words
        self._types = value_types(type(holder))

    def raw(self, key: str) -> Any:
        """The value itself."""
        if key.startswith(FACTS):
            return getattr(self._facts, key.removeprefix(FACTS))
        return getattr(self._holder, key)

    def holds(self, when: str) -> bool:
        """Whether a condition does: ``key``, ``!key``, ``key=word`` or ``!key=word``; none always."""
        if not when:
            return True
        key, _, word = when.removeprefix("!").partition("=")
        value = self.raw(key)
        found = value is not None and value == word if word else bool(value)
        return found is not when.startswith("!")

    def rows(self, key: str) -> list[Values]:
        """The rows of a table."""
        return [Values(row, self._facts, self._whole, self._words) for row in self.raw(key)]

    def shown(self, key: str, *, capitals: bool = False) -> Shown:
        """The value as it is printed; both texts empty where there is none."""
        value, known = self.raw(key), self._types[key]
        if value is None or value == "":
            return Shown("")
        if isinstance(value, Enum):
            return self._word(known, value)
        if isinstance(value, Term):
            return Shown(value.zh, value.en)
        if known.kind.masked:
            return Shown(value if key in self._whole else masked(value, known.kind))
        return _FORMATS[known.kind](value) if not capitals else Shown(capital_amount(value))

    def choices(self, key: str) -> list[tuple[Shown, bool]]:
        """Every word of a value's list, and whether it is the one."""
        known, value = self._types[key], self.raw(key)
        return [(self._word(known, one), one is value) for one in known.words or ()]

    def sentence(self, text: str, *, english: bool = False) -> str:
        """``text`` with its ``{key}`` filled in, in one of the two languages."""

        class _Filled(dict[str, str]):
            def __missing__(_, key: str) -> str:  # noqa: N805 - the values are the outer self's
                shown = self.shown(key)
                return (shown.en or shown.zh) if english else shown.zh

        return text.format_map(_Filled())

    def _word(self, known: ValueType, value: Enum) -> Shown:
        term = self._words[list_name(known.words or type(value))][value.value]
        return Shown(term.zh, term.en)


def _moment(ms: int) -> Shown:
    at = dt.datetime.fromtimestamp(ms / 1000, CHINA_TIME)
    return Shown(f"{at:%Y-%m-%d %H:%M}")


def _day(day: dt.date) -> Shown:
    return Shown(f"{day.year}年{day.month}月{day.day}日", day.isoformat())


def _list(values: tuple[str | Term, ...]) -> Shown:
    """All in Chinese; in English too where any has some, a clerk's own words standing as they are."""
    terms = [value if isinstance(value, Term) else Term(value) for value in values]
    english = ", ".join(term.en or term.zh for term in terms) if any(term.en for term in terms) else ""
    return Shown("、".join(term.zh for term in terms), english)


_FORMATS: dict[ValueKind, Any] = {
    ValueKind.TEXT: Shown,
    ValueKind.COUNT: lambda value: Shown(str(value)),
    ValueKind.FLAG: lambda value: Shown("是", "yes") if value else Shown("否", "no"),
    ValueKind.MONEY: lambda value: Shown(plain_amount(value)),
    ValueKind.LIST: _list,
    ValueKind.MOMENT: _moment,
    ValueKind.DAY: _day,
}
