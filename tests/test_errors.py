"""Every known fault of the program is whole: a code of its own, and three sentences that fit it.

That each is raised by a real situation is judged at the end of a whole run: see FaultCensus in
tests/helpers/census.py.
"""

from __future__ import annotations

import dataclasses
import pickle
import re
from dataclasses import dataclass
from string import Formatter

import pytest

from app.base.errors import KangkaError
from tests.helpers.census import FaultCensus, program_errors

ERRORS = program_errors()
# What a parameter may not be called: a fault is logged and printed, so it holds no person and no key.
PERSONAL = {"name", "id_number", "address", "birth_date", "phone", "pin", "password", "secret", "photo"}


def parameters(kind: type[KangkaError]) -> set[str]:
    return (
        {field.name for field in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()
    )


def example(kind: type[KangkaError]) -> KangkaError:
    """One such fault; what its parameters are does not matter here."""
    return kind(**dict.fromkeys(parameters(kind), "x"))


def sentences(kind: type[KangkaError]) -> dict[str, str]:
    return {"cause": kind.cause, "meaning": kind.meaning, "remedy": kind.remedy}


def test_there_are_faults_to_judge() -> None:
    assert len(ERRORS) > 20


def test_a_code_belongs_to_one_fault() -> None:
    codes = [kind.code for kind in ERRORS]
    twice = {code for code in codes if codes.count(code) > 1}
    assert not twice


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.code)
def test_a_fault_is_whole(kind: type[KangkaError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*", kind.code), "area.what-happened"
    assert dataclasses.is_dataclass(kind), "its parameters are a dataclass's fields"
    assert kind.__eq__ is object.__eq__, "dataclass(eq=False): an exception is itself, not its values"
    known = set(example(kind).params())
    for name, text in sentences(kind).items():
        if name == "meaning" and not text:
            continue
        assert text == text.strip(), name
        assert text.endswith("."), name
        used = {field.split(".")[0].split("[")[0] for _, field, _, _ in Formatter().parse(text) if field}
        assert used <= known, f"{name} names {used - known}, which it does not have"


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.code)
def test_a_fault_holds_no_person_and_no_key(kind: type[KangkaError]) -> None:
    assert not (parameters(kind) | set(example(kind).params())) & PERSONAL


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.code)
def test_a_fault_crosses_a_process_whole(kind: type[KangkaError]) -> None:
    fault = example(kind)
    back = pickle.loads(pickle.dumps(fault))  # noqa: S301 - our own bytes
    assert type(back) is kind
    assert back.params() == fault.params()
    assert str(back) == str(fault)


@dataclass(eq=False)
class Planted(KangkaError):
    """A fault of this file, which no code of the program makes."""

    where: str

    code = "test.planted"
    cause = "{where}"
    remedy = "None."


def test_the_census_counts_what_the_program_made_and_not_what_a_test_made() -> None:
    namespace = {"Planted": Planted}
    code = 'def make():\n    return Planted(where="app")'
    census = FaultCensus()
    original = vars(KangkaError)["__new__"]
    try:
        census.watch()
        Planted(where="a test")
        pickle.loads(pickle.dumps(Planted(where="a test")))  # noqa: S301 - our own bytes
        assert census.codes == set()
        from app.base import errors  # noqa: PLC0415 - its own folder stands for the program's

        exec(compile(code, errors.__file__, "exec"), namespace)  # noqa: S102 - two lines of this test
        assert isinstance(namespace["make"](), Planted)
        assert census.codes == {"test.planted"}
    finally:
        KangkaError.__new__ = original  # type: ignore[method-assign]
