"""Reading a whole card into named fields, and holding it against its plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.cardspec import files
from app.cardspec.codecs import CardFieldUnreadable, FieldValue
from app.cardspec.profile import FileSpec, Profile, Structure
from app.personalize.commands import CardSession
from app.personalize.plan import FileStep, Plan, planned


class CardState(StrEnum):
    """What the content of a readable card says of it."""

    BLANK = "blank"
    PARTIAL = "partial"
    PERSONALIZED = "personalized"


@dataclass(frozen=True, repr=False)
class CardContents:
    """Every file that was read: its records as they lie there (a transparent file has one)."""

    profile: Profile
    records: dict[str, tuple[bytes, ...]]

    def values(self) -> dict[str, FieldValue]:
        """All fields by the standard's key. Bytes that are no value of their field read as None."""
        found: dict[str, FieldValue] = {}
        for file in self.profile.files:
            if file.path in self.records:
                found |= _values(file, self.records[file.path])
        return found

    @property
    def state(self) -> CardState:
        """Blank, written in part, or personalized, by the write-once files."""
        empty = full = True
        for file in self.profile.files:
            if not file.write_once:
                continue
            for number, record in enumerate(self.records.get(file.path, ()), 1):
                there = record != files.empty_record(file, number)
                empty, full = empty and not there, full and (there or _may_stay_empty(file, number))
        if empty:
            return CardState.BLANK
        return CardState.PERSONALIZED if full else CardState.PARTIAL


@dataclass(frozen=True, slots=True)
class FieldCheck:
    """One field of the report: whether the card holds what the plan says. No values."""

    path: str
    key: str
    equal: bool


@dataclass(frozen=True)
class Report:
    """The verification of a card, field by field."""

    serial: str
    checks: tuple[FieldCheck, ...]

    @property
    def verified(self) -> bool:
        """Whether every field is equal."""
        return all(check.equal for check in self.checks)

    @property
    def differing(self) -> tuple[str, ...]:
        """Keys of the fields that differ."""
        return tuple(check.key for check in self.checks if not check.equal)


def read_card(card: CardSession, profile: Profile, planned_only: bool = False) -> CardContents:
    """Authenticate the card and read its files; ``planned_only`` leaves hospitals' records out."""
    card.check_chip()
    card.reset()
    card.prove_genuine()
    records: dict[str, tuple[bytes, ...]] = {}
    for file in planned(profile) if planned_only else profile.files:
        card.open(file)
        card.authorize(file.read_key)
        records[file.path] = _read(card, file)
    return CardContents(profile, records)


def compare(plan: Plan, contents: CardContents) -> Report:
    """The card against its plan, a row a field."""
    checks: list[FieldCheck] = []
    for step in plan.steps:
        checks.extend(_checks(step, contents.records.get(step.path, ())))
    return Report(plan.chip.serial, tuple(checks))


def _read(card: CardSession, file: FileSpec) -> tuple[bytes, ...]:
    if file.structure is Structure.TRANSPARENT:
        return (_read_binary(card, file),)
    found: list[bytes] = []
    for number in range(1, file.records + 1):
        variable = file.structure is Structure.VARIABLE
        size = file.fields[number - 1].length + 2 if variable else file.size
        record = card.read_record(file, number, size)
        if record is None:
            break
        found.append(record)
    return tuple(found)


def _read_binary(card: CardSession, file: FileSpec) -> bytes:
    size = file.size
    raw = b""
    while len(raw) < size:
        raw += card.read_binary(file, len(raw), min(file.block, size - len(raw)))
        if file.length_prefix and len(raw) <= file.block:
            length = files.photo_length(raw, file.length_prefix, file.fields[0].key)
            # A length beyond the file is damage, which decoding names.
            size = min(file.size, file.length_prefix + length)
    return raw[:size]


def _values(file: FileSpec, records: tuple[bytes, ...]) -> dict[str, FieldValue]:
    if file.structure is Structure.TRANSPARENT:
        try:
            return files.decode_file(file, records)
        except CardFieldUnreadable as damaged:
            return {damaged.field: None}
    found: dict[str, FieldValue] = {}
    for number, record in enumerate(records, 1):
        try:
            found |= files.decode_record(file, number, record)
        except CardFieldUnreadable as damaged:
            found[damaged.field] = None
    return found


def _may_stay_empty(file: FileSpec, number: int) -> bool:
    # A holder without a citizen number has none on the card, and some have no ethnic group.
    return file.fields[number - 1].source in ("resident.citizen_id", "resident.ethnic")


def _checks(step: FileStep, there: tuple[bytes, ...]) -> list[FieldCheck]:
    file = step.file
    if file.structure is Structure.VARIABLE:
        return [
            FieldCheck(file.path, field.key, there[n : n + 1] == step.records[n : n + 1])
            for n, field in enumerate(file.fields)
        ]
    if file.structure is Structure.TRANSPARENT:
        return [FieldCheck(file.path, file.fields[0].key, there == step.records)]
    return [
        FieldCheck(
            file.path,
            files.numbered(file.fields[0].key, number),
            there[number - 1 : number] == step.records[number - 1 : number],
        )
        for number in range(1, file.records + 1)
    ]
