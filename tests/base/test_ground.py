"""Errors, identifiers, time and shipped data: what every layer stands on."""

from __future__ import annotations

import datetime as dt
import pickle
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.clock import ManualClock, SystemClock, civil_date, day_start_ms
from app.base.errors import N_, KangkaError, known_errors
from app.base.ids import SystemRandom, uuid7
from app.base.resources import read_toml, resource, resource_root
from app.cardspec.codecs import FieldTooLong


class Repeatable:
    """A random source that always gives the same bytes."""

    def __init__(self, byte: int) -> None:
        self.byte = byte

    def token_bytes(self, count: int) -> bytes:
        return bytes([self.byte]) * count


def test_an_error_shows_its_code_and_parameters() -> None:
    fault = FieldTooLong(field="XM", takes=32, room=30)
    assert str(fault) == "card.field-too-long field=XM takes=32 room=30"
    assert fault.params() == {"field": "XM", "takes": 32, "room": 30}
    assert fault.cause.format(**fault.params()) == "XM takes 32 bytes, and the card has room for 30."


def test_an_error_travels_between_processes() -> None:
    fault = FieldTooLong(field="XM", takes=32, room=30)
    again = pickle.loads(pickle.dumps(fault))  # noqa: S301 - our own bytes
    assert type(again) is FieldTooLong
    assert again.params() == fault.params()


def test_an_error_without_parameters_is_its_code() -> None:
    class Plain(KangkaError):
        code = "test.plain"
        cause = N_("Something happened.")
        remedy = N_("Do something.")

    assert str(Plain()) == "test.plain"
    assert Plain().params() == {}
    assert Plain in known_errors()


def test_known_errors_have_codes_of_their_own_and_plain_sentences() -> None:
    kinds = [kind for kind in known_errors() if kind.__module__.startswith("app.")]
    codes = [kind.code for kind in kinds]
    assert codes == sorted(set(codes))
    for kind in kinds:
        assert kind.cause.endswith(".") and kind.remedy.endswith("."), kind
        assert kind.meaning == "" or kind.meaning.endswith("."), kind


def test_a_base_of_errors_is_no_error() -> None:
    class Family(KangkaError):
        pass

    @dataclass(eq=False)
    class Member(Family):
        code = "test.member"
        cause = N_("It happened.")
        remedy = N_("Do it.")

    assert Family not in known_errors()
    assert Member in known_errors()


@given(st.integers(0, (1 << 48) - 1), st.integers(0, 255))
def test_an_identifier_is_a_uuid_of_version_7(ms: int, byte: int) -> None:
    made = uuid.UUID(uuid7(ManualClock(ms=ms), Repeatable(byte)))
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == ms


def test_the_example_of_the_rfc() -> None:
    # RFC 9562, A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F at 2022-02-22 19:22:22 UTC
    class Example:
        def token_bytes(self, count: int) -> bytes:
            return bytes.fromhex("7CC398C4DC0C0C07398F")[:count]

    assert uuid7(ManualClock(ms=0x017F22E279B0), Example()) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_identifiers_sort_by_their_time_and_differ() -> None:
    clock, source = ManualClock(), SystemRandom()
    made = []
    for _ in range(50):
        made.append(uuid7(clock, source))
        clock.advance(1)
    assert made == sorted(made)
    assert len({uuid7(clock, source) for _ in range(200)}) == 200


def test_a_manual_clock_moves_when_told() -> None:
    clock = ManualClock(ms=5, ns=7)
    clock.advance(3)
    assert (clock.now_ms(), clock.monotonic_ns()) == (8, 3_000_007)


def test_the_systems_clock_is_utc() -> None:
    clock = SystemClock()
    before = time.time_ns() // 1_000_000
    assert before <= clock.now_ms() <= time.time_ns() // 1_000_000
    first = clock.monotonic_ns()
    assert clock.monotonic_ns() >= first


@pytest.mark.parametrize(
    ("ms", "day"),
    [
        (0, dt.date(1970, 1, 1)),
        (57_600_000 - 1, dt.date(1970, 1, 1)),
        (57_600_000, dt.date(1970, 1, 2)),
        (1_795_276_799_999, dt.date(2026, 11, 21)),
        (1_795_276_800_000, dt.date(2026, 11, 22)),
        (253_402_271_999_999, dt.date(9999, 12, 31)),
    ],
)
def test_a_day_begins_at_midnight_in_china(ms: int, day: dt.date) -> None:
    assert civil_date(ms) == day


def test_shipped_data_lies_beside_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert resource("profiles", "national", "profile.toml").is_file()
    assert read_toml(resource("codes", "sex.toml"))["standard"] == "GB/T 2261.1"
    # a packaged build unpacks its data where the loader says
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resource_root() == tmp_path / "resources"


def test_when_that_day_began() -> None:
    start = 1_699_977_600_000  # 2023-11-15 00:00 +08:00
    assert day_start_ms(start) == start
    assert day_start_ms(start + 86_399_999) == start
    assert day_start_ms(start - 1) == start - 86_400_000
