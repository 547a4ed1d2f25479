"""Numbers of identity documents: folded as typed, checked by their own rules, and what they tell.

Citizen's number: GB 11643-1999, 18 characters, check character by ISO 7064 MOD 11-2; its older form of
15 digits (GB 11643-1989) lacks the century and the check. Residence permits of Hong Kong, Macao and
Taiwan residents are built the same way from 810000, 820000 and 830000. Foreigners' permanent residence:
since 2023-12-01 18 characters that begin with 9, the same check; before it three letters and twelve
digits, checked like a machine-readable passport (ICAO 9303: weights 7 3 1, A is 10). Travel permits are
written without their issue count.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from stdnum.iso7064 import mod_11_2

from app.base.errors import N_
from app.domain.problems import FieldProblem


class IdKind(StrEnum):
    """Whose number it is."""

    CITIZEN = "citizen"
    HMT_RESIDENCE = "hmt-residence"
    FOREIGN_2023 = "foreign-2023"
    FOREIGN_2017 = "foreign-2017"
    PASSPORT = "passport"
    HK_MACAO_PASS = "hk-macao-pass"  # noqa: S105 - a travel permit
    TAIWAN_PASS = "taiwan-pass"  # noqa: S105 - a travel permit


class IdNumberInvalid(FieldProblem):
    """A document's number that can not be one. Subclasses say what is wrong with it."""

    field: str
    kind: str


@dataclass(eq=False)
class IdNumberShape(IdNumberInvalid):
    """Characters or their count do not fit the document's kind."""

    field: str
    kind: str

    code = "id-number.shape"
    cause = N_("{field} does not have the letters and digits of a {kind} number.")
    meaning = N_("It can not be the number of this document.")
    remedy = N_("Compare it with the document and type it again, or read the document.")


@dataclass(eq=False)
class IdNumberCheckFailed(IdNumberInvalid):
    """The check character contradicts the others: a digit was mistyped."""

    field: str
    kind: str

    code = "id-number.check"
    cause = N_("The last character of {field} does not agree with the others.")
    meaning = N_("At least one character of the number is wrong.")
    remedy = N_("Compare it with the document character by character, or read the document.")


@dataclass(eq=False)
class IdNumberDate(IdNumberInvalid):
    """The birth date inside is no day, or lies in the future."""

    field: str
    kind: str

    code = "id-number.birth-date"
    cause = N_("The birth date inside {field} is not a day on which someone can have been born.")
    meaning = N_("At least one digit of the number is wrong.")
    remedy = N_("Compare the digits of the birth date with the document.")


@dataclass(eq=False)
class IdNumberRegion(IdNumberInvalid):
    """The region at the head is none of GB/T 2260."""

    field: str
    kind: str

    code = "id-number.region"
    cause = N_("{field} begins with a region that does not exist.")
    meaning = N_("At least one of the first six digits is wrong.")
    remedy = N_("Compare the first six digits with the document.")


@dataclass(eq=False)
class IssueCountIncluded(IdNumberInvalid):
    """A travel permit's number with the two digits that count its issues."""

    field: str
    kind: str

    code = "id-number.issue-count"
    cause = N_("{field} carries the two digits that count how often the permit was issued.")
    meaning = N_("They change with each new permit, so the resident would not be found again.")
    remedy = N_("Leave the last two digits out.")


@dataclass(frozen=True, repr=False)
class IdNumber:
    """A number that passed its checks. ``sex`` is 1 or 2 and ``region`` six digits of GB/T 2260.

    What a kind of number does not tell is None. ``text`` is always the canonical form: a number of 15
    digits is given as its 18.
    """

    kind: IdKind
    text: str
    birth_date: dt.date | None = None
    sex: str | None = None
    region: str | None = None

    @property
    def short_form(self) -> str | None:
        """The 15 digits that older papers have for the same citizen, None where there are none."""
        if self.kind is IdKind.CITIZEN and self.text[6:8] == "19":
            return self.text[:6] + self.text[8:17]
        return None


# The first two digits of GB/T 2260: provinces, and 71, 81, 82 beyond the mainland.
_PROVINCES = frozenset(
    str(number)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 82))
    for number in range(first, last + 1)
)
_HMT_REGIONS = frozenset({"810000", "820000", "830000"})
_EARLIEST_BIRTH = dt.date(1880, 1, 1)

_SHAPES = {
    IdKind.CITIZEN: re.compile(r"[1-8]\d{16}[\dX]"),
    IdKind.HMT_RESIDENCE: re.compile(r"8[123]\d{15}[\dX]"),
    IdKind.FOREIGN_2023: re.compile(r"9\d{16}[\dX]"),
    IdKind.FOREIGN_2017: re.compile(r"[A-Z]{3}\d{12}"),
    # ICAO 9303 has nine places; older books of some states are longer
    IdKind.PASSPORT: re.compile(r"[A-Z0-9]{5,12}"),
    IdKind.HK_MACAO_PASS: re.compile(r"[HM]\d{8}"),
    IdKind.TAIWAN_PASS: re.compile(r"\d{8}"),
}
_SHORT_CITIZEN = re.compile(r"[0-9]{15}")
_WITH_COUNT = {
    IdKind.HK_MACAO_PASS: re.compile(r"[HM]\d{10}"),
    IdKind.TAIWAN_PASS: re.compile(r"\d{10}"),
}


def fold_number(text: str) -> str:
    """A number as it was meant: full-width to half-width, capitals, no blanks (counter.md, 2.1)."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def fold_citizen_number(text: str) -> str:
    """A citizen's number as the record keeps it: folded, and one of 15 digits as its 18."""
    number = fold_number(text)
    return to_18(number) if _SHORT_CITIZEN.fullmatch(number) else number


def check_digit(first17: str) -> str:
    """The 18th character of a citizen's number and of permits built like it (ISO 7064 MOD 11-2)."""
    return str(mod_11_2.calc_check_digit(first17))


def to_18(fifteen: str) -> str:
    """The 18 characters of a number of 15 digits: 19 for the century, and the check character."""
    first17 = fifteen[:6] + "19" + fifteen[6:]
    return first17 + check_digit(first17)


def kind_of(text: str) -> IdKind:
    """The kind that a folded number looks like; a passport where nothing else fits."""
    if len(text) == 18 and text[0] == "9":
        return IdKind.FOREIGN_2023
    if len(text) == 18 and text[:6] in _HMT_REGIONS:
        return IdKind.HMT_RESIDENCE
    # a long row of digits is a citizen's number with some missing or too many, and no passport
    if len(text) == 18 or re.fullmatch(r"[0-9]{13,}X?", text):
        return IdKind.CITIZEN
    for kind in (IdKind.FOREIGN_2017, IdKind.HK_MACAO_PASS, IdKind.TAIWAN_PASS):
        with_count = _WITH_COUNT.get(kind)
        if _SHAPES[kind].fullmatch(text) or (with_count and with_count.fullmatch(text)):
            return kind
    return IdKind.PASSPORT


def parse_id_number(
    text: str, kind: IdKind | None = None, *, today: dt.date, field: str = "citizen_id"
) -> IdNumber:
    """The number in ``text`` as typed, or an ``IdNumberInvalid`` that names ``field``.

    Without ``kind`` it is told by the number's looks. ``today`` bounds the birth date.
    """
    number = fold_number(text)
    kind = kind or kind_of(number)
    if kind is IdKind.CITIZEN:
        number = fold_citizen_number(number)
    with_count = _WITH_COUNT.get(kind)
    if with_count and with_count.fullmatch(number):
        raise IssueCountIncluded(field=field, kind=kind.value)
    if not number.isascii() or not _SHAPES[kind].fullmatch(number):
        raise IdNumberShape(field=field, kind=kind.value)
    if kind in (IdKind.CITIZEN, IdKind.HMT_RESIDENCE, IdKind.FOREIGN_2023):
        return _long(number, kind, today, field)
    if kind is IdKind.FOREIGN_2017:
        return _foreign_2017(number, field)
    return IdNumber(kind, number)


def _long(number: str, kind: IdKind, today: dt.date, field: str) -> IdNumber:
    # A foreigner's number has 9, two digits of the province and three of the country in their place.
    region = number[1:3] + "0000" if kind is IdKind.FOREIGN_2023 else number[:6]
    known = _HMT_REGIONS if kind is IdKind.HMT_RESIDENCE else None
    if (region not in known) if known else (region[:2] not in _PROVINCES):
        raise IdNumberRegion(field=field, kind=kind.value)
    try:
        born = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise IdNumberDate(field=field, kind=kind.value) from None
    if not _EARLIEST_BIRTH <= born <= today:
        raise IdNumberDate(field=field, kind=kind.value)
    if check_digit(number[:17]) != number[17]:
        raise IdNumberCheckFailed(field=field, kind=kind.value)
    return IdNumber(kind, number, born, "1" if int(number[16]) % 2 else "2", region)


def _foreign_2017(number: str, field: str) -> IdNumber:
    # ICAO 9303-3, 4.9: weights 7 3 1 over the first fourteen, letters from A as 10. The two digits of
    # the birth year do not tell the century, so a date is left to the document.
    kind = IdKind.FOREIGN_2017
    if number[3:5] not in _PROVINCES:
        raise IdNumberRegion(field=field, kind=kind.value)
    total = sum(int(char, 36) * (7, 3, 1)[place % 3] for place, char in enumerate(number[:14]))
    if total % 10 != int(number[14]):
        raise IdNumberCheckFailed(field=field, kind=kind.value)
    return IdNumber(kind, number, region=number[3:7] + "00")
