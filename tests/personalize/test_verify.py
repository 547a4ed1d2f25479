"""The verification: every field held against the plan, damage told and never taken for a value."""

from __future__ import annotations

import pytest

from app.cardspec.profile import Structure
from app.personalize.plan import Plan
from app.personalize.verify import CardContents, CardState, compare, read_card
from tests.helpers.making import Bench, application, resident


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.fixture(scope="module")
def plan(bench: Bench) -> Plan:
    return bench.plan(application(resident(), bench.profile), bytes(range(180)))


def planned(plan: Plan) -> dict[str, tuple[bytes, ...]]:
    return {step.path: step.records for step in plan.steps}


def flipped(record: bytes, at: int) -> bytes:
    return record[:at] + bytes((record[at] ^ 1,)) + record[at + 1 :]


def test_one_wrong_bit_anywhere_is_found_in_its_own_field(bench: Bench, plan: Plan) -> None:
    for step in plan.steps:
        for number, record in enumerate(step.records, 1):
            for at in {0, 1, len(record) // 2, len(record) - 1} & {*range(len(record))}:
                rows = list(step.records)
                rows[number - 1] = flipped(record, at)
                wrong = CardContents(bench.profile, planned(plan) | {step.path: tuple(rows)})
                report = compare(plan, wrong)
                assert not report.verified
                (key,) = report.differing
                spec = step.file.fields[number - 1 if step.file.structure is Structure.VARIABLE else 0]
                assert key.startswith(spec.key), (step.path, number)


def test_what_is_missing_or_too_much_is_found(bench: Bench, plan: Plan) -> None:
    for step in plan.steps:
        gone = planned(plan)
        del gone[step.path]
        assert not compare(plan, CardContents(bench.profile, gone)).verified
        short = planned(plan) | {step.path: step.records[:-1]}
        assert len(compare(plan, CardContents(bench.profile, short)).differing) == 1
    lean = bench.plan(application(resident(1), bench.profile), bytes(180))
    (cyclic,) = (step for step in lean.steps if step.path == "DF02/EF07")
    full = cyclic.file.records
    assert len(cyclic.records) < full
    more = planned(lean) | {cyclic.path: (*cyclic.records, bytes(120))}
    assert not compare(lean, CardContents(bench.profile, more)).verified
    assert compare(lean, CardContents(bench.profile, planned(lean))).verified


def test_the_report_has_a_row_for_every_field_and_no_value(bench: Bench, plan: Plan) -> None:
    report = compare(plan, CardContents(bench.profile, planned(plan)))
    assert report.verified
    assert report.differing == ()
    assert report.serial == plan.chip.serial
    # 65 tagged fields, the photo, 3 allergies, 10 immunizations, 3 and 5 indexes
    tagged = sum(len(s.file.fields) for s in plan.steps if s.file.structure is Structure.VARIABLE)
    assert len(report.checks) == tagged + 1 + 3 + 10 + 3 + 5
    assert resident().name not in repr(report)


def test_damaged_bytes_read_as_nothing_and_spoil_nothing_else(bench: Bench, plan: Plan) -> None:
    there = planned(plan)
    holder = list(there["DDF1/EF06"])
    holder[0] = b"\x0b\x1d" + holder[0][2:]  # a length that lies
    there |= {"DDF1/EF06": tuple(holder), "DDF1/EF07": (b"\x0c\x03",)}
    values = CardContents(bench.profile, there).values()
    assert (values["XM"], values["ZP"]) == (None, None)
    assert values["CSRQ"] == resident().birth_date


def test_values_are_those_of_the_files_that_were_read(bench: Bench, plan: Plan) -> None:
    only = {"DDF1/EF06": planned(plan)["DDF1/EF06"]}
    values = CardContents(bench.profile, only).values()
    assert set(values) == {"XM", "XB", "MZ", "CSRQ", "SFZH"}
    assert values["XM"] == resident().name


@pytest.mark.parametrize("missing", ["SFZH", "MZ"])
def test_a_foreigners_card_is_whole_without_a_citizens_number(
    bench: Bench, plan: Plan, missing: str
) -> None:
    file = bench.profile.file("DDF1/EF06")
    place = [field.key for field in file.fields].index(missing)
    rows = list(planned(plan)["DDF1/EF06"])
    empty = b"\x00" if missing == "SFZH" else b"\xff"
    rows[place] = rows[place][:2] + empty * (len(rows[place]) - 2)
    contents = CardContents(bench.profile, planned(plan) | {"DDF1/EF06": tuple(rows)})
    assert contents.state is CardState.PERSONALIZED
    rows[0] = rows[0][:2] + bytes(30)
    contents = CardContents(bench.profile, planned(plan) | {"DDF1/EF06": tuple(rows)})
    assert contents.state is CardState.PARTIAL


def test_reading_what_was_planned_leaves_hospitals_records_alone() -> None:
    bench = Bench()
    bench.write(application(resident(), bench.profile))
    whole = read_card(bench.session(bench.sam()), bench.profile)
    ours = read_card(bench.session(bench.sam()), bench.profile, planned_only=True)
    assert {"DF03/EE01", "DF03/ED05"} <= set(whole.records) - set(ours.records)
    assert {path: whole.records[path] for path in ours.records} == ours.records
