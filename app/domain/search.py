"""How a person is found again: single characters and pairs of the name, pinyin initials, last digits.

Pure: terms of a record and terms of what a clerk typed. The store keeps each term as a keyed token
(decision 12), so it never sees a name; because tokens say less than texts, what they find is compared
with the record itself before it is shown.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.domain.id_number import fold_number
from app.domain.names import fold_name
from app.domain.resident import Resident

# Bumped whenever the terms of a record change: the store then makes its tokens anew.
VERSION: Final = 1
# A name's characters have more than one reading; so many whole readings are kept, the commonest first.
_READINGS: Final = 16
_TAILS: Final = (4, 6)
# GB 11643-1989: the number of 15 digits is that of 18 without century and check character.
_WITH_CENTURY: Final = 18
_LEAST_INITIALS: Final = 2
_MOST_TYPED: Final = 60


class TermKind(StrEnum):
    """What a term is made of; part of its token, so that digits of a phone are none of a number."""

    CHARACTER = "c"
    PAIR = "p"
    INITIALS = "i"
    WORD = "w"
    NUMBER = "n"
    NUMBER_TAIL = "m"
    PHONE = "t"
    PHONE_TAIL = "u"
    NAMESAKE = "s"


@dataclass(frozen=True, repr=False)
class Term:
    """One thing to be found by."""

    kind: TermKind
    text: str


def _han(character: str) -> bool:
    # Ideographs of every extension; the dot and letters of a name are found as what they are.
    return ord(character) >= 0x2E80 and character.isalpha()


def _pairs(text: str) -> Iterator[str]:
    return (first + second for first, second in itertools.pairwise(text))


def _initials(name: str) -> tuple[str, ...]:
    """The strings of initials that a name may be typed as; characters without a reading are left out."""
    letters = "".join(filter(_han, name))
    if not letters:
        return ()
    # Its dictionary of phrases would cost a start on an old machine half a second, and names are none:
    # the library reads this switch when it is loaded, which is when the first name is looked at.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import Style, pinyin  # noqa: PLC0415

    readings = pinyin(letters, style=Style.FIRST_LETTER, heteronym=True, errors="ignore")
    options = [list(dict.fromkeys(one[0] for one in each if one)) for each in readings]
    combined = itertools.product(*(option for option in options if option))
    return tuple("".join(one) for one in itertools.islice(combined, _READINGS))


def _words(english: str | None) -> Iterator[str]:
    yield from (word for word in fold_name(english or "").casefold().split() if len(word) > 1)


def alike(resident: Resident) -> frozenset[Term]:
    """Terms of which one alone may mean the same person: a whole number, or name and birth date.

    counter.md 2.2: a number of 15 digits is that of 18 without century and check; it may also belong to
    two people, so what is found is shown side by side and never merged by itself. Twins (2.10) share a
    birth date and often all but one character of the name.
    """
    name = fold_name(resident.name).casefold()
    found = {Term(TermKind.NAMESAKE, f"{name}/{resident.birth_date}")} if name else set()
    return frozenset(found | {Term(TermKind.NUMBER, number) for number in _numbers(resident)})


def _numbers(resident: Resident) -> Iterator[str]:
    other = resident.other_document
    for written in (resident.citizen_id, other.number if other is not None else None):
        number = fold_number(written or "")
        if number:
            yield number
        if len(number) == _WITH_CENTURY and number[:17].isdigit() and number[6:8] == "19":
            yield number[:6] + number[8:17]


def terms_of(resident: Resident) -> frozenset[Term]:
    """Every term that a record is found by."""
    name = fold_name(resident.name).casefold()
    terms = set(alike(resident))
    terms |= {Term(TermKind.CHARACTER, character) for character in name if not character.isspace()}
    terms |= {Term(TermKind.PAIR, pair) for pair in _pairs(name)}
    for initials in _initials(name):
        terms |= {Term(TermKind.INITIALS, pair) for pair in _pairs(initials)}
    terms |= {Term(TermKind.WORD, word) for word in (*_words(resident.english_name), *_words(name))}
    for number in _numbers(resident):
        terms |= {Term(TermKind.NUMBER_TAIL, number[-length:]) for length in _TAILS}
    for phone in resident.phones:
        digits = "".join(filter(str.isdigit, phone))
        terms.add(Term(TermKind.PHONE, digits))
        terms |= {Term(TermKind.PHONE_TAIL, digits[-length:]) for length in _TAILS}
    return frozenset(terms)


def queries(typed: str) -> tuple[frozenset[Term], ...]:
    """What may be meant by ``typed``: alternatives, each of terms that must all be there.

    Empty for what nobody can be found by: nothing, a single letter, fewer than four digits.
    """
    text = fold_name(typed[:_MOST_TYPED]).casefold()
    if not text:
        return ()
    digits = fold_number(text)
    if digits[:-1].isdigit() and len(digits) >= min(_TAILS):
        return tuple(_by_digits(digits))
    if text.isascii() and text.replace(" ", "").isalpha():
        found = [frozenset(Term(TermKind.WORD, word) for word in text.split())]
        if " " not in text and len(text) >= _LEAST_INITIALS:
            found.append(frozenset(Term(TermKind.INITIALS, pair) for pair in _pairs(text)))
        return tuple(found)
    if len(text) == 1:
        return (frozenset({Term(TermKind.CHARACTER, text)}),) if _han(text) else ()
    named = [frozenset(Term(TermKind.PAIR, pair) for pair in _pairs(text))]
    if digits.isascii() and digits.isalnum() and any(map(str.isdigit, digits)):
        named.append(frozenset({Term(TermKind.NUMBER, digits)}))
    return tuple(named)


def _by_digits(digits: str) -> Iterator[frozenset[Term]]:
    yield frozenset({Term(TermKind.NUMBER, digits)})
    yield frozenset({Term(TermKind.PHONE, digits)})
    if len(digits) in _TAILS:
        yield frozenset({Term(TermKind.NUMBER_TAIL, digits)})
        yield frozenset({Term(TermKind.PHONE_TAIL, digits)})


def matches(resident: Resident, typed: str) -> bool:
    """Whether a record is what was typed: the second look, at the record itself."""
    text = fold_name(typed[:_MOST_TYPED]).casefold()
    name = fold_name(resident.name).casefold()
    if not text:
        return False
    if text in name or any(text in initials for initials in _initials(name)):
        return True
    known = terms_of(resident)
    return any(
        wanted <= known and not any(term.kind in _IN_ORDER for term in wanted)
        for wanted in queries(typed)
    )


# Kinds whose terms say nothing of their order: pairs that are all there, in another order, are no name.
_IN_ORDER: Final = (TermKind.PAIR, TermKind.INITIALS)
