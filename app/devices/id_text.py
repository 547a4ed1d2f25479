"""The 256 bytes of an identity document: four layouts, decoded and encoded from one table each.

All text is UTF-16LE padded with spaces; lengths below are bytes, as GA 450 and GA 467 give them.
What was read is kept as it was read, rare and private-use characters included; what can not be is
said in ``problems`` and left to a person.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from app.base.errors import N_, KangkaError
from app.devices.id_frame import (
    PREAMBLE,
    TEXT_BYTES,
    AnswerParser,
    IdFrameDamaged,
    split_reading,
)
from app.devices.ports import IdentityKind, IdentityText

# Where every layout keeps the mark of its kind (one UTF-16 unit).
MARK_AT = 248
LONG_TERM = "长期"

_HEAD = (("name", 30), ("sex", 2), ("ethnic", 4), ("birth", 16), ("address", 70), ("number", 36))
_TERM = (("from", 16), ("to", 16))
LAYOUTS: Mapping[IdentityKind, tuple[tuple[str, int], ...]] = MappingProxyType(
    {
        IdentityKind.CITIZEN: (
            *_HEAD, ("issued_by", 30), *_TERM, ("", 28), ("mark", 2), ("", 6),
        ),
        IdentityKind.HMT: (
            *_HEAD, ("issued_by", 30), *_TERM, ("pass_number", 18), ("issue_count", 4), ("", 6),
            ("mark", 2), ("", 6),
        ),
        IdentityKind.FOREIGN_2017: (
            ("english_name", 120), ("sex", 2), ("number", 30), ("nationality", 6), ("name", 30), *_TERM,
            ("birth", 16), ("version", 4), ("issued_by", 8), ("mark", 2), ("", 6),
        ),
        IdentityKind.FOREIGN_2023: (
            ("name", 30), ("sex", 2), ("issue_count", 4), ("birth", 16), ("english_name", 70),
            ("number", 36), ("", 30), *_TERM, ("english_rest", 22), ("nationality", 6), ("mark", 2),
            ("former_kind", 6),
        ),
    }
)  # fmt: skip
# What a layout's fields are called to people, where that is another word.
_TITLES: Mapping[str, str] = MappingProxyType(
    {
        "ethnic": "ethnic group",
        "birth": "date of birth",
        "from": "first day of validity",
        "to": "last day of validity",
        "issued_by": "issuing body",
        "english_name": "English name",
        "english_rest": "English name",
        "pass_number": "pass number",
        "issue_count": "issue count",
        "former_kind": "former kind",
    }
)
MARKS: Mapping[str, IdentityKind] = MappingProxyType(
    {
        " ": IdentityKind.CITIZEN,
        "\0": IdentityKind.CITIZEN,  # some readers leave the unused end empty
        "J": IdentityKind.HMT,
        "I": IdentityKind.FOREIGN_2017,
        "Y": IdentityKind.FOREIGN_2023,
    }
)
_MARK_OF = {
    IdentityKind.CITIZEN: " ",
    IdentityKind.HMT: "J",
    IdentityKind.FOREIGN_2017: "I",
    IdentityKind.FOREIGN_2023: "Y",
}
# GB/T 2261.1
_SEXES = frozenset("0129")
# GB/T 3304, and GA 450's 57 wrong coding, 97 other, 98 foreign descent
_ETHNIC_CODES = frozenset(f"{code:02d}" for code in (*range(1, 58), 97, 98))
# GB 11643-1999: weights and check digits (ISO 7064 MOD 11-2)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
# The first digits that the kinds with an 18-digit number have.
_NUMBER_STARTS = {
    IdentityKind.CITIZEN: tuple("123456"),
    IdentityKind.HMT: ("81", "82", "83"),
    IdentityKind.FOREIGN_2023: ("9",),
}
# Three letters of the nationality and twelve digits (permanent residence, before 2023)
_NUMBER_2017 = re.compile(r"[A-Z]{3}\d{12}", re.ASCII)
_NATIONALITY = re.compile(r"[A-Z]{3}", re.ASCII)  # ISO 3166-1 alpha-3
_PASS_NUMBER = re.compile(r"[HM]\d{8}|\d{8}", re.ASCII)
_DIGITS = re.compile(r"\d{2}", re.ASCII)


class IdTextFault(KangkaError):
    """Bytes that can not be taken for an identity document."""


@dataclass(eq=False)
class IdFileUnknown(IdTextFault):
    """Neither the 256 bytes of a text nor a reader's frame."""

    size: int

    code = "id.file-unknown"
    cause = N_("{size} bytes are neither an identity text (256) nor a reader's answer (1,295 or 2,321).")
    meaning = N_("Nothing was read.")
    remedy = N_("Give the file exactly as the reader sent it.")


@dataclass(eq=False)
class IdKindUnknown(IdTextFault):
    """The mark of the document's kind is none that GA 450 and GA 467 know."""

    mark: str

    code = "id.kind-unknown"
    cause = N_("The document says it is of kind {mark}, which this program does not know.")
    meaning = N_("Its fields can not be told apart, so nothing was taken from it.")
    remedy = N_("Enter the person's data by hand from the document.")


@dataclass(frozen=True)
class IdentityProblem:
    """One impossible value: a sentence for the catalogue and the field that it is about."""

    message: str
    field: str

    def __str__(self) -> str:
        return self.message.format(field=self.field)

    @property
    def params(self) -> dict[str, str]:
        """What stands in the sentence's braces."""
        return {"field": self.field}


_MISSING = N_("The document's {field} is empty.")
_NO_DATE = N_("The document's {field} is not a date.")
_UNKNOWN_CODE = N_("The document's {field} is not in its code table.")
_WRONG_FORM = N_("The document's {field} does not have the form it should have.")
_UNREADABLE = N_("The document's {field} holds half a character, shown as a replacement mark.")
_CHECK_DIGIT = N_("The document's {field} has a wrong check digit.")
_NUMBER_BIRTH = N_("The date of birth in the document's number differs from its {field}.")
_NUMBER_SEX = N_("The sex in the document's number differs from its {field}.")
_TERM_REVERSED = N_("The document's {field} lies before the day from which it is valid.")


@dataclass(repr=False)
class _Decoding:
    """Raw fields on their way to a text, and what was wrong with them."""

    kind: IdentityKind
    raw: dict[str, str]
    problems: list[IdentityProblem] = field(default_factory=list)

    def note(self, message: str, name: str) -> None:
        self.problems.append(IdentityProblem(message, name))

    def required(self, key: str, name: str) -> str:
        if not self.raw[key]:
            self.note(_MISSING, name)
        return self.raw[key]

    def optional(self, key: str) -> str | None:
        return self.raw.get(key) or None

    def shaped(self, key: str, name: str, form: re.Pattern[str]) -> str | None:
        """A field the kind may have, checked against its form; None where the kind has none."""
        if key not in self.raw:
            return None
        text = self.required(key, name)
        if text and not form.fullmatch(text):
            self.note(_WRONG_FORM, name)
        return text or None

    def code(self, key: str, name: str, table: frozenset[str]) -> str:
        text = self.required(key, name)
        if text and text not in table:
            self.note(_UNKNOWN_CODE, name)
        return text

    def date(self, key: str, name: str) -> dt.date | None:
        text = self.required(key, name)
        day = _day(text)
        if text and day is None:
            self.note(_NO_DATE, name)
        return day


def decode_text(raw: bytes) -> tuple[IdentityText, list[IdentityProblem]]:
    """The 256 bytes as named fields, and every impossible value in them.

    ``IdFileUnknown`` for another length, ``IdKindUnknown`` for another mark.
    """
    if len(raw) != TEXT_BYTES:
        raise IdFileUnknown(size=len(raw))
    mark = raw[MARK_AT : MARK_AT + 2].decode("utf-16-le", "replace")
    if mark not in MARKS:
        raise IdKindUnknown(mark=mark if mark.isascii() and mark.isprintable() else repr(mark))
    kind = MARKS[mark]
    state = _Decoding(kind, {})
    for name, part in _fields(kind, raw):
        text = part.decode("utf-16-le", "replace").rstrip(" \0")
        if "�" in text:
            state.note(_UNREADABLE, _TITLES.get(name, name))
        state.raw[name] = text
    if kind is IdentityKind.FOREIGN_2023:
        # The English name runs on in a second field, so the first one's last space may be its own.
        state.raw["english_name"] = _joined(raw, "english_name", "english_rest")
    return _identity(state), state.problems


def encode_text(text: IdentityText) -> bytes:
    """The 256 bytes that decode to ``text``; ValueError where a field does not fit its place.

    What an ``IdentityText`` does not hold (the 2017 card's version, reserved places) becomes spaces.
    """
    english = text.english_name or ""
    sizes = dict(LAYOUTS[text.kind])
    values = {
        "name": text.name,
        "sex": text.sex_code,
        "ethnic": text.ethnic_code or "",
        "birth": _day_text(text.birth_date),
        "address": text.address or "",
        "number": text.number,
        "issued_by": text.issued_by or "",
        "from": _day_text(text.valid_from),
        "to": LONG_TERM if text.long_term else _day_text(text.valid_to),
        "pass_number": text.pass_number or "",
        "issue_count": text.issue_count or "",
        "nationality": text.nationality or "",
        "former_kind": text.former_kind or "",
        "english_name": english,
        "mark": _MARK_OF[text.kind],
        "version": "",
        "": "",
    }
    if "english_rest" in sizes:
        units = english.encode("utf-16-le")
        head = sizes["english_name"]
        values |= {
            "english_name": units[:head].decode("utf-16-le"),
            "english_rest": units[head:].decode("utf-16-le"),
        }
    return b"".join(_padded(values[name], size, name) for name, size in LAYOUTS[text.kind])


def decode_identity(raw: bytes) -> tuple[IdentityText, bytes, list[IdentityProblem]]:
    """A 256-byte text or a reader's whole answer (1,295 bytes; 2,321 with a fingerprint): the decoded
    text, the WLT photo (empty where there is none) and the problems.

    ``IdFileUnknown`` for other bytes, ``IdFrameDamaged`` for a frame that is cut or has a wrong
    checksum, an ``IdReaderFault`` for an answer that says what failed.
    """
    if len(raw) == TEXT_BYTES:
        text, problems = decode_text(raw)
        return text, b"", problems
    answers = AnswerParser().feed(raw)
    if not answers:
        raise IdFrameDamaged if PREAMBLE in raw else IdFileUnknown(size=len(raw))
    if answers[0].failed:
        raise answers[0].fault()
    plain, photo, _fingerprint = split_reading(answers[0].data)
    text, problems = decode_text(plain)
    return text, photo, problems


def _fields(kind: IdentityKind, raw: bytes) -> Iterator[tuple[str, bytes]]:
    at = 0
    for name, size in LAYOUTS[kind]:
        if name:
            yield name, raw[at : at + size]
        at += size


def _joined(raw: bytes, *names: str) -> str:
    parts = dict(_fields(IdentityKind.FOREIGN_2023, raw))
    return b"".join(parts[name] for name in names).decode("utf-16-le", "replace").rstrip(" \0")


def _identity(state: _Decoding) -> IdentityText:
    kind, raw = state.kind, state.raw
    chinese = kind in (IdentityKind.CITIZEN, IdentityKind.HMT)
    # A foreign resident may have no Chinese name, but then has an English one.
    name = state.required("name", "name") if chinese else raw["name"]
    english = None if chinese else state.required("english_name", "English name") or None
    sex = state.code("sex", "sex", _SEXES)
    # Residence permits share the citizen's layout and leave the ethnic group empty.
    ethnic = raw.get("ethnic") or None
    if kind is IdentityKind.CITIZEN or ethnic is not None:
        ethnic = state.code("ethnic", "ethnic group", _ETHNIC_CODES) or None
    birth = state.date("birth", "date of birth")
    number = state.required("number", "number")
    if number:
        _check_number(state, number, sex, birth)
    valid_from = state.date("from", "first day of validity")
    long_term = raw["to"] == LONG_TERM
    valid_to = None if long_term else state.date("to", "last day of validity")
    if valid_from and valid_to and valid_to < valid_from:
        state.note(_TERM_REVERSED, "last day of validity")
    return IdentityText(
        kind=kind,
        name=name,
        sex_code=sex,
        ethnic_code=ethnic,
        birth_date=birth,
        address=state.required("address", "address") or None if chinese else None,
        number=number,
        issued_by=state.optional("issued_by"),
        valid_from=valid_from,
        valid_to=valid_to,
        long_term=long_term,
        english_name=english,
        pass_number=state.shaped("pass_number", "pass number", _PASS_NUMBER),
        issue_count=state.shaped("issue_count", "issue count", _DIGITS),
        nationality=state.shaped("nationality", "nationality", _NATIONALITY),
        former_kind=state.optional("former_kind"),
    )


def _check_number(state: _Decoding, number: str, sex: str, birth: dt.date | None) -> None:
    """The number against its form, its check digit, and the date and sex beside it."""
    starts = _NUMBER_STARTS.get(state.kind)
    if starts is None:
        if not _NUMBER_2017.fullmatch(number):
            state.note(_WRONG_FORM, "number")
        return
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number) or not number.startswith(starts):
        state.note(_WRONG_FORM, "number")
        return
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    if _CHECK_DIGITS[total % 11] != number[17]:
        state.note(_CHECK_DIGIT, "number")
    if birth is not None and number[6:14] != _day_text(birth):
        state.note(_NUMBER_BIRTH, "date of birth")
    if sex in ("1", "2") and int(number[16]) % 2 != int(sex) % 2:
        state.note(_NUMBER_SEX, "sex")


def _day(text: str) -> dt.date | None:
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _day_text(day: dt.date | None) -> str:
    return "" if day is None else f"{day.year:04d}{day.month:02d}{day.day:02d}"


def _padded(text: str, size: int, name: str) -> bytes:
    raw = text.encode("utf-16-le")
    if len(raw) > size:
        raise ValueError(f"{name} takes {len(raw)} bytes and has room for {size}")
    return raw + " ".encode("utf-16-le") * ((size - len(raw)) // 2)
