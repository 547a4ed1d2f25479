"""Every field that a refusal may name has a name in both languages."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from app.base.resources import resource
from app.cardspec.codecs import Coding
from app.cardspec.files import numbered
from app.cardspec.profile import Structure, load_profile
from app.devices.ports import ReaderRole
from app.domain.codes import load_codes
from app.domain.id_number import IdKind
from app.domain.made_up import made_up_resident
from app.domain.resident import OtherDocument

PROFILE = load_profile()


def words(language: str) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in sorted(resource("locale", language).glob("*.po")):
        with path.open("rb") as stream:
            catalog: Catalog = read_po(stream, abort_invalid=True)
        found |= {(str(m.context), str(m.id)) for m in catalog if m.context and m.string}
    return found


def paths(value: Any, path: str = "") -> Iterator[str]:
    """Every path of a value in a record, parts of lists and dictionaries as well."""
    if dataclasses.is_dataclass(value):
        for part in dataclasses.fields(value):
            inner = f"{path}.{part.name}" if path else part.name
            yield from paths(getattr(value, part.name), inner)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, f"{path}.{key}")
    elif isinstance(value, tuple):
        yield path
        for n, item in enumerate(value):
            yield from paths(item, f"{path}.{n}")
    else:
        yield path


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_name_that_a_refusal_uses_is_a_word_for_people(language: str) -> None:
    known = words(language)
    whole = dataclasses.replace(made_up_resident(0), other_document=OtherDocument("03", "E12345678"))
    wanted = {("field", path) for path in paths(whole)}
    for file in PROFILE.files:
        for field in file.fields:
            wanted.add(("field", field.key))
            if file.structure in (Structure.FIXED, Structure.CYCLIC):
                wanted |= {("field", numbered(field.key, n)) for n in range(1, file.records + 1)}
    wanted |= {("coding", coding.value) for coding in Coding}
    wanted |= {("kind", kind.value) for kind in IdKind}
    wanted |= {("table", name) for name in load_codes().tables}
    wanted |= {("role", role.value) for role in ReaderRole}
    wanted |= {("setting", name) for name in ("issuer_name", "issuer_code", "city_code")}
    assert wanted - known == set()
