"""What a resident's record shows of itself: nothing, in no part."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from app.domain.made_up import made_up_resident
from app.domain.resident import Address, Allergy, Contact, Health, Immunization, OtherDocument, Resident

FULL = dataclasses.replace(
    made_up_resident(0),
    other_document=OtherDocument("03", "E12345678"),
    addresses=(Address("1", "样例村1号"), Address("2", "样例路2号")),
    contacts=(Contact("样例乙", "1", "0371-00000000"),),
    health=Health(
        abo="1",
        alerts={"asthma": "01"},
        other_alert="样例警示",
        allergies=(Allergy("样例药", "样例反应"),),
        immunizations=(Immunization("样例疫苗", "20200101"),),
    ),
)


def parts(value: Any) -> Iterator[Any]:
    """Every part of a record that is a class of its own, the record first."""
    if isinstance(value, tuple):
        for item in value:
            yield from parts(item)
    elif dataclasses.is_dataclass(value):
        yield value
        for field in dataclasses.fields(value):
            yield from parts(getattr(value, field.name))


def test_no_part_of_a_record_shows_itself_in_a_trace() -> None:
    seen = list(parts(FULL))
    assert {type(part) for part in seen} == {
        Resident, Address, Allergy, Contact, Health, Immunization, OtherDocument,
    }  # fmt: skip
    for part in seen:
        assert repr(part) == object.__repr__(part)
