"""Properties of the heart: whoever the holder is, the plan says it and the card holds it."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings

from app.cardspec import files
from app.cardspec.codecs import FieldValue
from app.cardspec.profile import Structure
from app.devices.ports import AnswerUnknown
from app.devices.sim.faults import FaultMode, FaultPlan, FaultyReader
from app.personalize.execute import execute
from app.personalize.plan import Plan
from app.personalize.verify import compare, read_card
from tests.helpers.anybody import SHARED, Anybody, anybody
from tests.helpers.making import CITY_CODE, ROOT, Bench, MemoryLog, application
from tests.oracle import layout, reader
from tests.oracle.writer import differences
from tests.personalize.test_execute import PRODUCTS, quiet

CERTIFICATE = bytes(range(180))
# What `make prove` takes for the whole: there is no end of people.
WHOLE = 2000

Check = Callable[[Anybody], None]
Proof = Callable[[str, int], None]


def of_anybody(check: Check, count: int, seed: int, scale: int) -> int:
    """Run ``check`` on ``count`` times ``scale`` people of this seed; how many that were."""
    examples = count * scale or WHOLE
    # The first failure shrinks to the least person that shows it; nothing is kept between runs.
    limits = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    limits(hypothesis.seed(seed)(given(anybody())(check)))()
    return examples


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


def planned(bench: Bench, person: Anybody) -> Plan:
    return bench.plan(application(person.resident, bench.profile), CERTIFICATE)


@pytest.mark.prove
def test_a_plan_holds_whoever_it_is_for(
    bench: Bench, seed: int, scale: int, record_proof: Proof
) -> None:
    def check(person: Anybody) -> None:
        plan = planned(bench, person)
        assert plan.id == planned(bench, person).id
        image = person.image(plan.chip.factor, CERTIFICATE)
        for step in plan.steps:
            if step.file.structure is Structure.TRANSPARENT:
                assert image.binaries[step.path].startswith(step.records[0])
                continue
            for number, record in enumerate(step.records, 1):
                assert record == image.records[step.path, number], (step.path, number)
            # ... and holds nothing that the oracle does not know of.
            assert (step.path, len(step.records) + 1) not in image.records

    record_proof("people planned as the oracle has them", of_anybody(check, 15, seed, scale))


@pytest.mark.prove
def test_a_plan_reads_back_as_the_person(
    bench: Bench, seed: int, scale: int, record_proof: Proof
) -> None:
    def check(person: Anybody) -> None:
        plan = planned(bench, person)
        ours: dict[str, FieldValue] = {}
        values = SHARED | person.values
        for step in plan.steps:
            ours |= files.decode_file(step.file, step.records)
            if step.file.structure is not Structure.VARIABLE:
                continue
            for field, record in zip(step.file.fields, step.records, strict=True):
                # The same bytes through the other reader.
                theirs = layout.decode(field.coding if field.coding != "opaque" else "b", record[2:])
                if field.key in ("FKJGZS", "FKXLH"):
                    continue
                due = _as_read(field.coding, field.length, values.get(field.key, ""))
                assert (theirs, ours[field.key]) == (due, due or None), field.key
        assert ours["ZP"] == (person.photo or None)
        assert (ours["FKJGZS"], ours["FKXLH"]) == (CERTIFICATE, plan.chip.issue_serial)
        for path, rows in (("DF02/EF07", person.allergies), ("DF02/EF08", person.immunizations)):
            fields = bench.profile.file(path).fields
            keys = [files.numbered(field.key, number) for number in range(1, 11) for field in fields]
            due = [value or None for row in rows for value in row]
            assert [ours[key] for key in keys if key in ours] == due

    record_proof("people read back from their plans", of_anybody(check, 15, seed, scale))


def _as_read(coding: str, length: int, value: str) -> str:
    # One byte of a code is read with its leading nought (card.md, Codings).
    return value.zfill(2) if value and length == 1 and coding in ("cn", "b") else value


@pytest.mark.prove
@pytest.mark.parametrize("product", PRODUCTS)
def test_a_card_holds_whoever_it_is_for(
    product: str, seed: int, scale: int, record_proof: Proof
) -> None:
    def check(person: Anybody) -> None:
        bench, log = Bench(product), MemoryLog()
        wanted = application(person.resident, bench.profile)
        # Half way the line fails once, and the card is simply run again.
        faulty = FaultyReader(bench.reader, FaultPlan(20 + len(person.photo) % 60, FaultMode.ANSWER_CUT))
        sam = bench.sam()
        plan = bench.plan(wanted, sam.issuer_certificate)
        with pytest.raises(AnswerUnknown):
            execute(plan, bench.session(sam, faulty.connect()), log, quiet())
        bench.write(wanted, log)
        sam = bench.sam()
        ours = compare(plan, read_card(bench.session(sam), bench.profile))
        assert ours.verified, ours.differing
        bench.reader.remove()
        atr = bench.card.power_on()
        theirs = reader.read_card(bench.card.process, atr, ROOT, CITY_CODE, product=product)
        assert differences(theirs, person.image(bench.card.factor, sam.issuer_certificate)) == []
        assert theirs.activated is bench.product.locks

    record_proof("cards of anybody verified by the oracle", of_anybody(check, 4, seed, scale))
