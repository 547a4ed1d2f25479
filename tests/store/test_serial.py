"""A frozen application comes back as it was, always from the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.application import FrozenApplication
from app.domain.order import Applicant, ApplicantKind, Approval, Consent
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


def test_an_order_of_an_older_program_still_opens() -> None:
    """The bytes as the first release wrote them: without reason, consent, applicant, approval."""
    frozen = application()
    raw = serial.dump(frozen)
    plain = json.loads(raw[6 : 6 + int.from_bytes(raw[2:6], "big")])
    for name in ("reason", "consent", "applicant", "replaces", "approved_by"):
        del plain[name]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()
    old = raw[:2] + len(text).to_bytes(4, "big") + text + raw[6 + int.from_bytes(raw[2:6], "big") :]
    assert serial.load(old) == frozen
    assert serial.load(old).reason == "first-issue"


def test_an_order_comes_back_with_who_applied_agreed_and_approved() -> None:
    guardian = Applicant(
        ApplicantKind.GUARDIAN, "测试监护人", "01", "410102196003070011", "13800001234", "03", "未成年"
    )
    order = replace(
        application(),
        reason="lost",
        consent=Consent("2026-1", ApplicantKind.GUARDIAN, 1_700_000_000_000),
        applicant=guardian,
        replaces="an older card",
        approved_by=Approval("staff-1", "主管甲", 1_700_000_000_001, "staff-2", "主管乙"),
    )
    assert serial.load(serial.dump(order)) == order


def test_nobody_stands_in_the_repr_of_an_order() -> None:
    assert "测试" not in repr(Applicant(ApplicantKind.AGENT, "测试代办人"))
    assert "2026-1" not in repr(Consent("2026-1", ApplicantKind.SELF, 1))
    assert "主管" not in repr(Approval("staff-1", "主管甲", 1))


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
