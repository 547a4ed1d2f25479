"""A frozen application comes back as it was, always from the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.application import FrozenApplication
from app.domain.resident import Resident
from app.store import serial
from tests.store.support import RESIDENT, application, passport_holder

# Lone surrogates included: what an identity reader gives is not always well formed.
TEXT = st.text(st.characters(), max_size=20)
st.register_type_strategy(str, TEXT)
APPLICATIONS = st.from_type(FrozenApplication)


@settings(max_examples=60)
@given(APPLICATIONS)
def test_nothing_is_lost(frozen: FrozenApplication) -> None:
    raw = serial.dump(frozen)
    again = serial.load(raw)
    assert again == frozen
    assert serial.dump(again) == raw


@pytest.mark.parametrize("frozen", [application(), passport_holder()])
def test_people_come_back(frozen: FrozenApplication) -> None:
    assert serial.load(serial.dump(frozen)) == frozen


def test_not_recorded_is_neither_yes_nor_no_nor_empty() -> None:
    bare = Resident("测试乙", "2", None, "20000101", None)
    empty = replace(bare, ethnic="", citizen_id="", photo=b"")
    for resident in (bare, empty):
        assert serial.load(serial.dump(replace(application(), resident=resident))).resident == resident


def test_equal_applications_are_equal_bytes() -> None:
    flags = {"asthma": "01", "epilepsy": "00"}
    one, two = (
        replace(RESIDENT, health=replace(RESIDENT.health, alerts=dict(items)))
        for items in (flags.items(), reversed(flags.items()))
    )
    frozen = application()
    assert serial.dump(replace(frozen, resident=one)) == serial.dump(replace(frozen, resident=two))


def rewritten(**changes: object) -> bytes:
    raw = serial.dump(replace(application(), resident=replace(RESIDENT, photo=None, face_photo=None)))
    plain = json.loads(raw[6:])
    for name, value in changes.items():
        if value is ...:
            del plain["resident"][name]
        else:
            plain["resident"][name] = value
    text = json.dumps(plain).encode()
    return raw[:2] + len(text).to_bytes(4, "big") + text


def test_a_field_that_an_older_program_did_not_write_takes_its_default() -> None:
    assert serial.load(rewritten(occupation=...)).resident.occupation is None


@pytest.mark.parametrize("changes", [{"shoe_size": "42"}, {"name": None}, {"name": 7}, {"phones": "1"}])
def test_what_does_not_fit_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="frozen application"):
        serial.load(rewritten(**changes))


def test_every_cut_is_refused() -> None:
    raw = serial.dump(application())
    for length in range(len(raw)):
        with pytest.raises(ValueError, match="frozen application"):
            serial.load(raw[:length])


def test_another_format_is_refused() -> None:
    raw = serial.dump(application())
    with pytest.raises(ValueError, match="known format"):
        serial.load(b"\x01" + raw[1:])


def test_what_has_no_form_here_is_a_bug() -> None:
    with pytest.raises(TypeError, match="float"):
        serial.dump(replace(application(), frozen_at_ms=1.5))  # type: ignore[arg-type]
