"""Between the form and the resident: a draft's flat values, and the resident they make.

Paths are those of the form (``contacts.0.phone``), which are the resident's own attributes, so a file
with the same names, nested, is a draft as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from app.domain import order_rules
from app.domain.resident import (
    Address,
    Allergy,
    Contact,
    Health,
    Immunization,
    OtherDocument,
    Resident,
)

Row = TypeVar("Row")

# Kinds of the form's two address lines (tags 21 and 23): 1 registered, 2 residence.
ADDRESS_KINDS = ("1", "2")
_ALERT_PREFIX = "health.alerts."
_SINGLE = frozenset(
    (
        *("name", "sex", "ethnic", "birth_date", "citizen_id", "nationality", "english_name"),
        *("other_document.kind", "other_document.number", "education", "marital", "occupation"),
        *("health_record", "rural_insurance"),
        *("health.abo", "health.rh", "health.other_alert", "health.psychiatric"),
    )
)
_REPEATED = {
    # How many rows the form has (annex A of the Specification), and the parts of each.
    "phones": (2, ("",)),
    "payments": (3, ("",)),
    "addresses": (2, (".text",)),
    "contacts": (3, (".name", ".relation", ".phone")),
    "health.allergies": (3, (".substance", ".reaction")),
    "health.immunizations": (10, (".vaccine", ".date")),
}
_PATHS = _SINGLE | {
    f"{group}.{row}{part}"
    for group, (count, parts) in _REPEATED.items()
    for row in range(count)
    for part in parts
}


def is_path(path: str) -> bool:
    """Whether a value at ``path`` becomes part of a resident or of the order; others would be lost."""
    alert = path.removeprefix(_ALERT_PREFIX)
    return (
        path in _PATHS
        or path in order_rules.PATHS
        or (alert != path and bool(alert) and "." not in alert)
    )


def resident_of(
    values: Mapping[str, str], photo: bytes | None = None, face_photo: bytes | None = None
) -> Resident:
    """The resident that the form's values describe; empty rows are left out."""

    def text(path: str) -> str | None:
        return values.get(path, "").strip() or None

    def rows(
        name: str, kind: Callable[..., Row], must: tuple[str, ...], may: tuple[str, ...] = ()
    ) -> tuple[Row, ...]:
        # A row begun without what it must have is kept with an empty text, which the check names.
        found = []
        for n in range(_REPEATED[name][0]):
            row = {part: text(f"{name}.{n}.{part}") for part in (*must, *may)}
            if any(row.values()):
                found.append(kind(**row | {part: row[part] or "" for part in must}))
        return tuple(found)

    def texts(name: str) -> tuple[str, ...]:
        found = (text(f"{name}.{n}") for n in range(_REPEATED[name][0]))
        return tuple(value for value in found if value is not None)

    kind, number = text("other_document.kind"), text("other_document.number")
    return Resident(
        name=text("name") or "",
        sex=text("sex") or "",
        ethnic=text("ethnic"),
        birth_date=text("birth_date") or "",
        citizen_id=text("citizen_id"),
        other_document=OtherDocument(kind or "", number or "") if kind or number else None,
        nationality=text("nationality"),
        english_name=text("english_name"),
        phones=texts("phones"),
        payments=texts("payments"),
        addresses=tuple(
            Address(kind, line)
            for n, kind in enumerate(ADDRESS_KINDS)
            if (line := text(f"addresses.{n}.text")) is not None
        ),
        contacts=rows("contacts", Contact, ("name", "relation", "phone")),
        education=text("education"),
        marital=text("marital"),
        occupation=text("occupation"),
        health_record=text("health_record"),
        rural_insurance=text("rural_insurance"),
        health=Health(
            abo=text("health.abo"),
            rh=text("health.rh"),
            alerts={
                path.removeprefix(_ALERT_PREFIX): value.strip()
                for path, value in values.items()
                if path.startswith(_ALERT_PREFIX) and value.strip()
            },
            other_alert=text("health.other_alert"),
            psychiatric=text("health.psychiatric"),
            allergies=rows("health.allergies", Allergy, ("substance",), ("reaction",)),
            immunizations=rows("health.immunizations", Immunization, ("vaccine",), ("date",)),
        ),
        photo=photo,
        face_photo=face_photo,
    )


def values_of(resident: Resident) -> dict[str, str]:
    """The form's values of a resident, the twin of ``resident_of``; pictures are left out."""
    values = {
        path: text
        for path, text in flatten(dataclasses.asdict(resident))
        if path not in ("photo", "face_photo")
    }
    for path in [path for path in values if path.startswith("addresses.")]:
        del values[path]
    for address in resident.addresses:
        values[f"addresses.{ADDRESS_KINDS.index(address.kind)}.text"] = address.text
    return values


def flatten(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Paths and texts of nested mappings and lists; what is null or empty is left out."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from flatten(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from flatten(inner, f"{path}.{number}")
    elif isinstance(value, str) and value:
        yield path, value
