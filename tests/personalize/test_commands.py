"""What the session says on the line, byte by byte, and what it never says."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from app.cardspec import files
from app.cardspec.keys import KeyName
from app.cardspec.product import CardProduct
from app.devices.ports import CardRemoved, LinkFault
from app.devices.sim.card import SimulatedCard
from app.devices.sim.faults import FaultMode, FaultPlan, FaultyReader
from app.devices.sim.reader import SimulatedConnection
from app.personalize.commands import CardKeyRefused, CardRefused, CardSession, CardSwapped
from app.personalize.execute import execute
from tests.helpers.making import CITY_CODE, FACTOR, ROOT, Bench, MemoryLog, application, resident
from tests.oracle.sam import AUTHENTICATIONS, SoftwareSam
from tests.personalize.test_execute import Answering, quiet, verified

# INS
SELECT, CHALLENGE, AUTHENTICATE, UPDATE, ACTIVATION = 0xA4, 0x84, 0x82, 0xDC, 0x44
DIRECTORIES = {0xDDF1: "DDF1", 0xDF01: "DF01", 0xDF02: "DF02", 0xDF03: "DF03"}


class Tapped:
    """A line that keeps what was said on it; ``then`` is told each command after its answer."""

    def __init__(self, line: SimulatedConnection, then: Callable[[bytes], None]) -> None:
        self._line, self._then = line, then
        self.heard: list[tuple[bytes, bytes]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._line, name)

    def transmit(self, command: bytes) -> bytes:
        answer = self._line.transmit(command)
        self.heard.append((command, answer))
        self._then(command)
        return answer

    def said(self, instruction: int) -> list[bytes]:
        return [command for command, _ in self.heard if command[1] == instruction]


def tapped(
    bench: Bench, then: Callable[[bytes], None] = lambda _command: None
) -> tuple[CardSession, Tapped]:
    line = Tapped(bench.reader.connect(), then)
    return bench.session(bench.sam(), line), line  # type: ignore[arg-type]


def bench_of(product: CardProduct) -> Bench:
    """A bench whose card is of a product that no file describes."""
    bench = Bench(product.id)
    bench.product = product
    bench.reader.remove()
    bench.card = bench.new_card(FACTOR)
    bench.reader.insert(bench.card)
    return bench


# Every calculation, by the oracle's own SAM ------------------------------------------------------------


@pytest.mark.parametrize("product", ["KT-SECURED", "KT-PLAIN", "KT-3DES"])
def test_every_proof_on_the_line_is_what_the_oracle_computes(product: str) -> None:
    bench = Bench(product)
    oracle = SoftwareSam(ROOT, CITY_CODE, product=product)
    sam = bench.sam()
    plan = bench.plan(application(resident(), bench.profile), sam.issuer_certificate)
    records = {step.path: step.records for step in plan.steps}
    card, line = tapped(bench)
    execute(plan, card, MemoryLog(), quiet())
    waiting = {path: list(rows) for path, rows in records.items()}
    directory, path, challenge, proven = "MF", "", b"", 0
    for command, answer in line.heard:
        cla, ins, p1, p2 = command[:4]
        data = command[5:]
        if ins == SELECT:
            fid = int.from_bytes(data, "big")
            directory = DIRECTORIES.get(fid, directory)
            path = f"{directory}/{fid:04X}"
        elif ins == CHALLENGE:
            challenge = answer[:8]
        elif ins == AUTHENTICATE:
            (key,) = [name for name, place in AUTHENTICATIONS.items() if place == (directory, p2)]
            original = data[8:16]
            assert data == oracle.token(key, FACTOR, challenge, original) + original + b"\x01"
            proven += 1
        elif ins == UPDATE and cla == 0x04:
            # Of a cyclic file the oldest goes first, so that the newest ends as number 1.
            wanted = records[path][p1 - 1] if p1 else waiting[path].pop()
            name = f"STK{directory}"
            assert command == oracle.secured(name, FACTOR, challenge, command[:4], wanted), path
            proven += 1
        elif ins == ACTIVATION:
            assert data == oracle.mac("STKDDF1", FACTOR, challenge, command[:5])
            proven += 1
    assert proven > 40


@pytest.mark.parametrize("product", ["KT-SECURED", "KT-3DES"])
@pytest.mark.parametrize("length", [6, 7, 8, 14, 15, 16, 31])
def test_a_record_of_any_length_is_enciphered_as_the_oracle_does(product: str, length: int) -> None:
    # No record of the national profile fills its blocks to the byte; a province's own may.
    bench = Bench(product)
    card, line = tapped(bench)
    file = bench.profile.file("DF01/EF05")
    card.enter("DDF1")
    card.open(file)
    card.authorize(file.update_key)
    record = bytes(range(length))
    with pytest.raises(CardRefused):
        card.update_record(file, 1, record)
    challenge = [answer for command, answer in line.heard if command[1] == CHALLENGE][-1][:8]
    oracle = SoftwareSam(ROOT, CITY_CODE, product=product)
    (command,) = line.said(UPDATE)
    assert command == oracle.secured("STKDF01", FACTOR, challenge, bytes.fromhex("04DC0104"), record)


# What the session remembers ------------------------------------------------------------


def test_a_right_is_held_within_its_directory_alone() -> None:
    bench = Bench("KT-STRICT")
    card, line = tapped(bench)
    first, second = bench.profile.file("DF01/EF05"), bench.profile.file("DF01/EF06")
    card.enter("DDF1")
    for file in (first, second, first):
        card.open(file)
        card.authorize(file.read_key)
        card.read_record(file, 1, file.fields[0].length + 2)
    assert len(line.said(AUTHENTICATE)) == 1
    card.open(bench.profile.file("DF02/EF05"))
    card.open(first)
    card.authorize(first.read_key)
    card.read_record(first, 1, first.fields[0].length + 2)
    assert len(line.said(AUTHENTICATE)) == 2
    card.reset()
    card.enter("DDF1")
    card.open(first)
    card.authorize(first.read_key)
    assert len(line.said(AUTHENTICATE)) == 3


def test_a_new_right_replaces_the_old_one() -> None:
    bench = Bench("KT-STRICT")
    card, line = tapped(bench)
    file = bench.profile.file("DF01/EF05")
    card.enter("DDF1")
    card.open(file)
    for key in (file.read_key, file.update_key, file.read_key):
        card.authorize(key)
    assert len(line.said(AUTHENTICATE)) == 3
    assert card.read_record(file, 2, 102) == files.empty_record(file, 2)


def test_what_is_current_is_not_selected_again() -> None:
    bench = Bench()
    card, line = tapped(bench)
    file = bench.profile.file("DDF1/EF06")
    card.open(file)
    said = len(line.said(SELECT))
    card.open(file)
    card.enter("DDF1")
    assert len(line.said(SELECT)) == said


def test_a_closed_session_has_let_go_of_the_card() -> None:
    bench = Bench()
    card, _line = tapped(bench)
    card.close()
    bench.reader.remove()
    with pytest.raises(CardRemoved):
        card.prove_genuine()


# Another card under the session ------------------------------------------------------------


def test_a_card_swapped_in_before_an_authentication_loses_no_try() -> None:
    bench = Bench()
    other = bench.new_card(bytes(8))
    before = other.save()

    def swap(command: bytes) -> None:
        if command[1] == CHALLENGE:
            bench.reader.swap(other)

    card, line = tapped(bench, swap)
    card.enter("DDF1")
    with pytest.raises(CardSwapped):
        card.authorize(KeyName.UK1DDF1)
    assert line.said(AUTHENTICATE) == []
    assert other.save() == before


def test_a_refusal_of_a_card_that_was_swapped_in_is_told_as_that() -> None:
    bench = Bench()
    card, _line = tapped(bench)
    file = bench.profile.file("DF01/EF05")
    card.enter("DDF1")
    card.open(file)
    card.authorize(file.read_key)
    bench.reader.swap(bench.new_card(bytes(8)))
    with pytest.raises(CardSwapped) as refusal:
        card.read_record(file, 1, 3)
    assert refusal.value.found == "00" * 8


def test_a_card_swapped_in_before_activation_is_not_even_noted_for_it() -> None:
    bench, log = Bench(), MemoryLog()
    other = bench.new_card(bytes(8))
    sam = bench.sam()
    plan = bench.plan(application(resident(), bench.profile), sam.issuer_certificate)
    last = plan.steps[-1].records

    def swap(command: bytes) -> None:
        # The last record of the last file: everything was found equal.
        if command[1:3] == bytes((0xB2, len(last))) and 0xDF03 in current and current[-1] == 0xEF06:
            bench.reader.swap(other)
        elif command[1] == SELECT:
            current.append(int.from_bytes(command[5:], "big"))

    current: list[int] = []
    card, line = tapped(bench, swap)
    assert plan.steps[-1].path == "DF03/EF06"
    before = other.save()
    with pytest.raises(CardSwapped):
        execute(plan, card, log, quiet())
    assert current[-1] == 0xEF06
    assert log.acts == ["bind"]
    assert line.said(ACTIVATION) == []
    assert other.save() == before


def test_a_card_swapped_in_before_the_first_write_is_bound_to_nobody() -> None:
    bench, log = Bench(), MemoryLog()
    other = bench.new_card(bytes(8))
    sam = bench.sam()
    plan = bench.plan(application(resident(), bench.profile), sam.issuer_certificate)

    def swap(command: bytes) -> None:
        # The last record of the first file, read before anything is written.
        if command[1:3] == bytes((0xB2, 10)):
            bench.reader.swap(other)

    card, _line = tapped(bench, swap)
    with pytest.raises(CardSwapped):
        execute(plan, card, log, quiet())
    assert log.acts == []


# Products and answers that are rare ------------------------------------------------------------


def test_a_product_that_appends_in_plain() -> None:
    product = dataclasses.replace(Bench().products.card("KT-SECURED"), cyclic_secured=False)
    bench = bench_of(product)
    sam = bench.sam()
    plan = bench.plan(application(resident(), bench.profile), sam.issuer_certificate)
    card, line = tapped(bench)
    execute(plan, card, MemoryLog(), quiet())
    appended = [command for command in line.said(UPDATE) if command[2:4] == b"\x00\x03"]
    assert len(appended) == 13
    assert {command[0] for command in appended} == {0x00}
    assert verified(bench)


def test_a_product_without_activation_is_not_activated() -> None:
    card, line = tapped(Bench("KT-OPEN"))
    with pytest.raises(ValueError, match="activation"):
        card.activate()
    assert line.heard == []


def test_a_product_whose_activation_carries_no_mac() -> None:
    product = dataclasses.replace(Bench().products.card("KT-SECURED"), activation_mac=False)
    bench = bench_of(product)
    line = Answering(bench.reader.connect(), bytes.fromhex("84440000"), bytes.fromhex("9000"))
    assert bench.session(bench.sam(), line).activate()  # type: ignore[arg-type]


def test_another_refusal_than_a_lock_does_not_pass_for_one() -> None:
    bench, log = Bench(), MemoryLog()
    wanted = application(resident(), bench.profile)
    bench.write(wanted, log)
    sam = bench.sam()
    plan = bench.plan(wanted, sam.issuer_certificate)
    line = Answering(bench.reader.connect(), bytes.fromhex("04DC"), bytes.fromhex("6A80"))
    with pytest.raises(CardRefused) as refusal:
        execute(plan, bench.session(sam, line), MemoryLog(begun=True), quiet())  # type: ignore[arg-type]
    assert refusal.value.sw == "6A80"


def test_a_finished_card_is_not_noted_twice() -> None:
    bench, log = Bench(), MemoryLog()
    wanted = application(resident(), bench.profile)
    bench.write(wanted, log)
    acts = list(log.acts)
    bench.write(wanted, log)
    assert log.sealed
    assert log.acts == acts


# What costs a card, and what is said twice ------------------------------------------------------------


def test_a_refused_key_is_tried_once() -> None:
    bench = Bench()
    bench.reader.remove()
    foreign = SimulatedCard(
        bench.product, bench.profile, FACTOR, bytes(16), CITY_CODE, bench.random, bench.clock
    )
    bench.reader.insert(foreign)
    card, line = tapped(bench)
    card.enter("DDF1")
    with pytest.raises(CardKeyRefused) as refusal:
        card.authorize(KeyName.UK1DDF1)
    key = foreign.state.master.directories[0xDDF1].external[0x05]
    assert refusal.value.tries == key.tries == key.max_tries - 1
    assert len(line.said(AUTHENTICATE)) == 1


@pytest.mark.parametrize("mode", [FaultMode.NOT_SENT, FaultMode.ANSWER_CUT, FaultMode.ANSWER_LOST])
def test_a_write_without_an_answer_is_never_sent_again(mode: FaultMode) -> None:
    bench = Bench()
    sam = bench.sam()
    plan = bench.plan(application(resident(), bench.profile), sam.issuer_certificate)
    writes: list[int] = []
    faulty = FaultyReader(bench.reader)

    def strike(number: int, command: bytes) -> None:
        if command[1] == UPDATE:
            writes.append(number)
            if len(writes) == 3:
                faulty.plan = FaultPlan(number, mode)

    faulty.watch = strike
    with pytest.raises(LinkFault):
        execute(plan, bench.session(sam, faulty.connect()), MemoryLog(), quiet())
    assert len(writes) == 3
    assert faulty.exchanges == writes[-1]
