"""Whether a resident's data can go on a card and pass to others: every problem at once, with its field.

The card's layout comes in by the protocols below, which ``app.cardspec.profile.Profile`` fulfils, so
that a province's own lengths and fields are checked without a line here. The rules are those of the
paper form (应用规范, annex A) and of counter.md, section 2, as far as they concern one record.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Protocol

from app.base import gb18030
from app.domain import names
from app.domain.codes import CodeNeedsClerk, CodeTables, UnknownCode
from app.domain.id_number import (
    IdKind,
    IdNumber,
    IdNumberInvalid,
    IdNumberShape,
    kind_of,
    parse_id_number,
)
from app.domain.problems import (
    BlankInText,
    ContactIsHolder,
    FieldMissing,
    FieldProblem,
    ForbiddenCharacter,
    InvisibleCharacter,
    NoPlaceOnCard,
    NotADate,
    NotDigits,
    NumberDisagrees,
    OtherNameDot,
    PhoneShape,
    ResidentRefused,
    SexNotStated,
    TextTooLong,
    TooManyItems,
)
from app.domain.resident import Resident


class CardField(Protocol):
    """One field of the card's layout."""

    @property
    def length(self) -> int: ...
    @property
    def coding(self) -> str: ...
    @property
    def source(self) -> str | None: ...
    @property
    def code_table(self) -> str | None: ...


class CardFile(Protocol):
    """One file of the card's layout. ``source`` is set where each record is an item of a list."""

    @property
    def records(self) -> int: ...
    @property
    def source(self) -> str | None: ...
    @property
    def fields(self) -> Sequence[CardField]: ...


class CardLayout(Protocol):
    """What validation asks of a profile."""

    @property
    def files(self) -> Sequence[CardFile]: ...
    @property
    def rules(self) -> Mapping[str, Any]: ...


_FORBIDDEN = frozenset("|,")
PHONE = re.compile(r"\+?\d[\d-]{4,}\d")
# Which kind of number a document of CV02.01.101 carries; the others keep numbers of their own.
_DOCUMENT_KINDS = {
    "01": IdKind.CITIZEN,
    "03": IdKind.PASSPORT,
    "06": IdKind.HK_MACAO_PASS,
    "07": IdKind.TAIWAN_PASS,
}
_PERMITS = (IdKind.HMT_RESIDENCE, IdKind.FOREIGN_2023, IdKind.FOREIGN_2017)


def check_resident(
    resident: Resident, layout: CardLayout, codes: CodeTables, *, today: dt.date
) -> tuple[FieldProblem, ...]:
    """Every problem of one record, in the order of the form; empty where it can go on a card."""
    problems: list[FieldProblem] = []
    problems += _missing(resident)
    problems += _texts(resident)
    problems += _name(resident)
    problems += _dates(resident, today)
    problems += _numbers(resident, today)
    problems += _contacts(resident)
    problems += _card(resident, layout, codes)
    return tuple(_first_each(problems))


def require_valid(resident: Resident, layout: CardLayout, codes: CodeTables, *, today: dt.date) -> None:
    """Nothing, or the refusal that lists every field with a problem."""
    problems = check_resident(resident, layout, codes, today=today)
    if problems:
        raise ResidentRefused(tuple(problem.field for problem in problems), problems)


def _first_each(problems: list[FieldProblem]) -> Iterator[FieldProblem]:
    # A field that is wrong at all need not be told twice.
    seen: set[str] = set()
    for problem in problems:
        if problem.field not in seen:
            seen.add(problem.field)
            yield problem


def _missing(resident: Resident) -> Iterator[FieldProblem]:
    required = {"name": resident.name, "sex": resident.sex, "birth_date": resident.birth_date}
    yield from (FieldMissing(field) for field, value in required.items() if not value)
    citizen = bool(resident.citizen_id) and _citizen_kind(resident) is IdKind.CITIZEN
    if resident.citizen_id:
        if citizen and not resident.ethnic:
            yield FieldMissing("ethnic")
    elif resident.other_document is None:
        yield FieldMissing("citizen_id")
    elif not resident.other_document.kind:
        yield FieldMissing("other_document.kind")
    elif not resident.other_document.number:
        yield FieldMissing("other_document.number")
    registered = [n for n, address in enumerate(resident.addresses) if address.kind in ("1", "01")]
    # Who has no household register here gives where they live.
    wanted = registered if citizen else list(range(len(resident.addresses)))
    if not any(resident.addresses[n].text for n in wanted):
        yield FieldMissing(f"addresses.{wanted[0] if wanted else 0}.text")
    for n, contact in enumerate(resident.contacts or (None,)):
        for part in ("name", "relation", "phone"):
            if contact is None or not getattr(contact, part):
                yield FieldMissing(f"contacts.{n}.{part}")


def _citizen_kind(resident: Resident) -> IdKind:
    """Whose number the citizen's field holds: by a place's rule also a permit's of 18 characters."""
    looks = kind_of(resident.citizen_id or "")
    return looks if looks in (IdKind.HMT_RESIDENCE, IdKind.FOREIGN_2023) else IdKind.CITIZEN


def _texts(resident: Resident) -> Iterator[FieldProblem]:
    for field, text in _all_texts(resident, ""):
        for char in text:
            if char in _FORBIDDEN or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"):
                yield ForbiddenCharacter(field=field, character=f"U+{ord(char):04X}")
                break
        if text != text.strip():
            yield BlankInText(field)


def _all_texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a record with its path; dictionaries, lists and parts are walked."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _all_texts(item, f"{path}.{key}")
    elif isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from _all_texts(item, f"{path}.{n}")
    elif is_dataclass(value):
        for part in fields(value):
            inner = f"{path}.{part.name}" if path else part.name
            yield from _all_texts(getattr(value, part.name), inner)


def _name(resident: Resident) -> Iterator[FieldProblem]:
    named = [("name", resident.name)]
    named += [(f"contacts.{n}.name", contact.name) for n, contact in enumerate(resident.contacts)]
    for field, name in named:
        unseen = names.invisible(name)
        if unseen:
            yield InvisibleCharacter(field=field, character=f"U+{ord(name[unseen[0]]):04X}")
        if names.has_other_dot(name):
            yield OtherNameDot(field)
        if name != names.fold_name(name):
            yield BlankInText(field)


def _numbers(resident: Resident, today: dt.date) -> Iterator[FieldProblem]:
    number: IdNumber | None = None
    if resident.citizen_id:
        number, problem = _number(resident.citizen_id, _citizen_kind(resident), "citizen_id", today)
        yield from problem
    other = resident.other_document
    if other is not None and other.number:
        looks = kind_of(other.number)
        other_kind = _DOCUMENT_KINDS.get(other.kind.zfill(2)) or (looks if looks in _PERMITS else None)
        if other_kind is not None:
            found, problem = _number(other.number, other_kind, "other_document.number", today)
            yield from problem
            number = number or found
    if number is None or number.birth_date is None:
        return
    if resident.birth_date and resident.birth_date != f"{number.birth_date:%Y%m%d}":
        yield NumberDisagrees("birth_date")
    # A foreigner's number is not published as telling the sex: the document's own word counts.
    if number.kind is not IdKind.FOREIGN_2023 and resident.sex:
        sex = resident.sex.lstrip("0") or "0"
        if sex not in ("1", "2"):
            yield SexNotStated("sex")
        elif sex != number.sex:
            yield NumberDisagrees("sex")


def _number(
    text: str, kind: IdKind, field: str, today: dt.date
) -> tuple[IdNumber | None, list[FieldProblem]]:
    try:
        number = parse_id_number(text, kind, today=today, field=field)
    except IdNumberInvalid as problem:
        return None, [problem]
    # Kept is the canonical form alone: what was typed otherwise is folded before it gets here.
    return number, [] if number.text == text else [IdNumberShape(field=field, kind=kind.value)]


def _dates(resident: Resident, today: dt.date) -> Iterator[FieldProblem]:
    born = resident.birth_date
    if born and not _is_day(born, today, partly=not resident.citizen_id):
        yield NotADate("birth_date")
    for n, item in enumerate(resident.health.immunizations):
        if item.date is not None and not _is_day(item.date, today, partly=False):
            yield NotADate(f"health.immunizations.{n}.date")


def _is_day(text: str, today: dt.date, *, partly: bool) -> bool:
    """Whether YYYYMMDD is a day up to today; ``partly`` lets papers leave month and day 00."""
    if not (len(text) == 8 and text.isascii() and text.isdigit()):
        return False
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    if partly and day == 0:
        month, day = month or 1, 1
    try:
        return dt.date(1880, 1, 1) <= dt.date(year, month, day) <= today
    except ValueError:
        return False


def _contacts(resident: Resident) -> Iterator[FieldProblem]:
    for n, phone in enumerate(resident.phones):
        if not PHONE.fullmatch(phone):
            yield PhoneShape(f"phones.{n}")
    for n, contact in enumerate(resident.contacts):
        if contact.phone and not PHONE.fullmatch(contact.phone):
            yield PhoneShape(f"contacts.{n}.phone")
        same = contact.name and names.fold_name(contact.name) == names.fold_name(resident.name)
        if same or contact.relation in ("0", "00"):
            yield ContactIsHolder(f"contacts.{n}.name")


def _card(resident: Resident, layout: CardLayout, codes: CodeTables) -> Iterator[FieldProblem]:
    placed: set[str] = set()
    for file in layout.files:
        if file.source is not None:
            yield from _listed(resident, file, layout, codes)
            continue
        for card_field in file.fields:
            path = _resident_path(card_field.source)
            if path is not None:
                placed.add(path)
                yield from _fits(_at(resident, path), card_field, path, layout, codes)
    yield from _left_out(resident, placed)


def _listed(
    resident: Resident, file: CardFile, layout: CardLayout, codes: CodeTables
) -> Iterator[FieldProblem]:
    path = _resident_path(file.source) or ""
    items = _at(resident, path) or ()
    if len(items) > file.records:
        yield TooManyItems(field=path, count=len(items), room=file.records)
    for n in range(min(len(items), file.records)):
        for part in file.fields:
            field = f"{path}.{n}.{part.source}"
            yield from _fits(_at(resident, field), part, field, layout, codes)


def _resident_path(source: str | None) -> str | None:
    # The name on the chip is the resident's, whole or shortened (CardData.chip_name).
    if source == "card.chip_name":
        return "name"
    return source.removeprefix("resident.") if source and source.startswith("resident.") else None


def _at(root: Any, path: str) -> Any:
    """The value at a path, None where a part of it is missing."""
    value = root
    for step in path.split("."):
        if value is None:
            return None
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, tuple):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = getattr(value, step)
    return value


def _fits(
    value: Any, spec: CardField, field: str, layout: CardLayout, codes: CodeTables
) -> Iterator[FieldProblem]:
    if not value:
        return
    if isinstance(value, bytes):
        if len(value) > spec.length:
            yield TextTooLong(field=field, takes=len(value), room=spec.length)
        return
    if spec.code_table is not None:
        extra = layout.rules.get("extra_ethnic_codes", ()) if spec.code_table == "ethnic" else ()
        found = codes[spec.code_table].find(value)
        if found is not None and found.ask:
            yield CodeNeedsClerk(field=field, table=spec.code_table)
        elif found is None and value not in extra:
            yield UnknownCode(field=field, table=spec.code_table)
        return
    if spec.coding == "ans":
        # half a surrogate pair is refused as a character already
        takes = len(gb18030.encode("".join(c for c in value if not "\ud800" <= c <= "\udfff")))
        shortens = field == "name" and layout.rules.get("long_name") == "shorten"
        if takes > spec.length and not shortens:
            yield TextTooLong(field=field, takes=takes, room=spec.length)
    elif not (value.isascii() and value.isdigit()):
        yield NotDigits(field)
    elif len(value) > 2 * spec.length:
        yield TextTooLong(field=field, takes=(len(value) + 1) // 2, room=spec.length)


def _left_out(resident: Resident, placed: set[str]) -> Iterator[FieldProblem]:
    for listed in ("phones", "payments", "addresses", "contacts"):
        count = len(getattr(resident, listed))
        heads = {field.split(".")[1] for field in placed if field.startswith(f"{listed}.")}
        if count > len(heads):
            yield TooManyItems(field=listed, count=count, room=len(heads))
    for alert in resident.health.alerts:
        field = f"health.alerts.{alert}"
        if field not in placed:
            yield NoPlaceOnCard(field)
