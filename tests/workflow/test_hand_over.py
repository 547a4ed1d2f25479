"""Handing a card over and putting it in use: who may collect it, what is kept, what the chip says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.devices.ports import NoCardPresent
from app.documents.papers import Collector, HandOverSlip, Term
from app.domain.audit import AuditKind
from app.domain.card import CardEventKind, CardState
from app.domain.codes import UnknownCode
from app.domain.id_number import IdNumberCheckFailed
from app.domain.lives import EventNotAllowed, GuardNotMet
from app.domain.made_up import made_up_resident
from app.domain.problems import FieldMissing, InvisibleCharacter, OtherNameDot, PhoneShape
from app.domain.records import Unit
from app.domain.resident import OtherDocument
from app.domain.staff import Actor, NotByOneself, NotPermitted, Role
from app.domain.visitor import (
    AgentIsHolder,
    Checked,
    HolderIsMinor,
    HolderIsOfAge,
    NotTheHolder,
    Visitor,
)
from app.personalize.commands import CardSwapped
from app.workflow.card_ports import held
from app.workflow.card_reader import CardHoldsOther
from app.workflow.card_views import CardDone, HandOverForm
from app.workflow.gate import NobodySignedIn
from tests.workflow.card_support import AGENT, CLERK, SUPERVISOR, Counter, minor


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.close()


def slip_of(done: CardDone) -> HandOverSlip:
    (paper,) = done.papers
    assert isinstance(paper, HandOverSlip)
    return paper


def detail_of(counter: Counter, card_id: str) -> dict[str, str]:
    events = counter.store.records.read(lambda unit: unit.cards.events(card_id))
    return dict(events[-1].detail)


# Who may collect ---------------------------------------------------------------------------------------


def test_the_holder_collects_their_card(counter: Counter) -> None:
    card = counter.ready()
    done = counter.desk.hand_over(card, HandOverForm(counter.himself(card)))
    assert (done.state, done.number) == (CardState.COLLECTED, "X02-H000001")
    assert counter.state(card) is CardState.COLLECTED
    slip = slip_of(done)
    holder = counter.holder(card)
    assert (slip.collector, slip.collector_number) == (Collector.SELF, holder.number)
    assert (slip.collector_name, slip.relation) == (holder.name, Term("本人", "self"))
    assert slip.case_number == counter.card(card).number
    assert slip.activated_at_ms is None
    row = counter.audit(AuditKind.CARD)[-1]
    assert (row.before, row.after, row.actor) == ("ready", "collected", CLERK.id)


def test_an_agent_collects_with_everything_that_is_asked_of_one(counter: Counter) -> None:
    card = counter.ready()
    done = counter.desk.hand_over(card, HandOverForm(AGENT))
    slip = slip_of(done)
    assert slip.collector is Collector.AGENT
    assert (slip.collector_name, slip.collector_phone) == (AGENT.name, AGENT.phone)
    assert slip.collector_document == Term("居民身份证", "identity card")
    assert slip.name == counter.holder(card).name
    detail = detail_of(counter, card)
    assert detail["visitor_kind"] == "2"
    assert detail["visitor_number"] == AGENT.number


@pytest.mark.parametrize("missing", ["name", "number", "phone", "relation"])
@pytest.mark.parametrize("kind", ["2", "3", "4"])
def test_nothing_may_be_missing_of_an_agent(counter: Counter, kind: str, missing: str) -> None:
    card = counter.ready()
    agent = replace(AGENT, kind=kind, **{missing: " "})
    with pytest.raises(FieldMissing) as refusal:
        counter.desk.hand_over(card, HandOverForm(agent))
    assert refusal.value.field == f"visitor.{missing}"
    assert counter.state(card) is CardState.READY
    assert counter.refused() == ["resident.missing"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"number": AGENT.number[:-1] + "0"}, IdNumberCheckFailed),
        ({"phone": "12"}, PhoneShape),
        ({"relation": "55"}, UnknownCode),
        ({"document": "77"}, UnknownCode),
        ({"kind": "9"}, UnknownCode),
        ({"name": "代办\u200b样例"}, InvisibleCharacter),
        ({"name": "代办•样例"}, OtherNameDot),
    ],
)
def test_what_is_wrong_with_an_agent_is_said_by_field(
    counter: Counter, change: dict[str, str], fault: type[Exception]
) -> None:
    card = counter.ready()
    if change.get("number") == AGENT.number:
        change = {"number": AGENT.number[:-1] + "1"}
    with pytest.raises(fault):
        counter.desk.hand_over(card, HandOverForm(replace(AGENT, **change)))
    assert counter.state(card) is CardState.READY
    assert len(counter.refused()) == 1


def test_a_twin_is_told_by_the_number_and_not_by_the_name(counter: Counter) -> None:
    # counter.md, 2.10: the same birthday, the same surname, and here the same name even.
    one = made_up_resident(1)
    twin = replace(made_up_resident(7), name=one.name)
    mine, theirs = counter.ready(resident=one), counter.ready(resident=twin)
    with pytest.raises(NotTheHolder):
        counter.desk.hand_over(theirs, HandOverForm(counter.himself(mine)))
    assert counter.state(theirs) is CardState.READY
    assert counter.refused() == ["visitor.not-the-holder"]
    counter.desk.hand_over(theirs, HandOverForm(counter.himself(theirs)))
    assert counter.state(mine) is CardState.READY


def test_either_document_of_the_holder_tells_who_they_are(counter: Counter) -> None:
    person = replace(made_up_resident(1), other_document=OtherDocument("03", "E12345678"))
    card = counter.ready(resident=person)
    counter.desk.hand_over(card, HandOverForm(Visitor("1", Checked.SEEN, "e12345678")))
    assert counter.state(card) is CardState.COLLECTED


def test_the_holder_as_their_own_agent_is_refused(counter: Counter) -> None:
    card = counter.ready()
    with pytest.raises(AgentIsHolder):
        counter.desk.hand_over(card, HandOverForm(replace(AGENT, number=counter.holder(card).number)))
    with pytest.raises(FieldMissing):
        counter.desk.hand_over(card, HandOverForm(Visitor("1", Checked.SEEN)))


def test_a_childs_card_goes_to_the_guardian(counter: Counter) -> None:
    card = counter.ready(resident=minor())
    with pytest.raises(HolderIsMinor):
        counter.desk.hand_over(card, HandOverForm(counter.himself(card)))
    done = counter.desk.hand_over(card, HandOverForm(replace(AGENT, kind="5")))
    assert slip_of(done).collector is Collector.GUARDIAN
    grown = counter.ready(2)
    with pytest.raises(HolderIsOfAge):
        counter.desk.hand_over(grown, HandOverForm(replace(AGENT, kind="5")))


def test_nobody_looked_at_a_document_so_nothing_is_handed_over(counter: Counter) -> None:
    card = counter.ready()
    with pytest.raises(GuardNotMet) as refusal:
        counter.desk.hand_over(card, HandOverForm(counter.himself(card, Checked.NO)))
    assert refusal.value.guard == "collector-checked"
    assert counter.refused() == ["life.guard-not-met"]
    assert counter.state(card) is CardState.READY


# Who may hand over -------------------------------------------------------------------------------------


def known_as(counter: Counter, card_id: str, actor: Actor) -> None:
    """Somebody signs in whose own document number is that of the card's holder."""
    holder = counter.holder(card_id)

    def token(unit: Unit) -> bytes:
        return unit.applications.person_token(counter.place.realm, holder)

    counter.session.begin(replace(actor, person_token=counter.store.records.read(token)))


def test_nobody_hands_over_to_themselves(counter: Counter) -> None:
    card = counter.ready()
    known_as(counter, card, CLERK)
    for form in (HandOverForm(counter.himself(card)), HandOverForm(AGENT)):
        with pytest.raises(NotByOneself):
            counter.desk.hand_over(card, form)
    assert counter.state(card) is CardState.READY
    assert counter.refused() == ["staff.not-by-oneself"] * 2


def test_nobody_collects_for_somebody_else_at_their_own_desk(counter: Counter) -> None:
    card = counter.ready()
    other = counter.ready(2)
    known_as(counter, other, CLERK)
    agent = replace(AGENT, number=counter.holder(other).number)
    with pytest.raises(NotByOneself):
        counter.desk.hand_over(card, HandOverForm(agent))
    counter.session.begin(SUPERVISOR)
    counter.desk.hand_over(card, HandOverForm(agent))


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.SECURITY, Role.AUDIT])
def test_an_administrator_hands_nothing_over(counter: Counter, role: Role) -> None:
    card = counter.ready()
    form = HandOverForm(counter.himself(card))
    counter.session.begin(Actor("staff-x", "管理丙", role))
    with pytest.raises(NotPermitted):
        counter.desk.hand_over(card, form)
    with pytest.raises(NotPermitted):
        counter.desk.activate(card, threading.Event())
    assert counter.refused() == ["staff.not-permitted"] * 2
    counter.session.end()
    with pytest.raises(NobodySignedIn):
        counter.desk.hand_over(card, form)


def test_a_card_is_handed_over_once(counter: Counter) -> None:
    card = counter.handed(counter.ready())
    with pytest.raises(EventNotAllowed):
        counter.desk.hand_over(card, HandOverForm(counter.himself(card)))
    events = counter.store.records.read(lambda unit: unit.cards.events(card))
    assert [event.kind for event in events].count(CardEventKind.HAND_OVER) == 1


def test_numbers_of_hand_overs_have_no_gap_over_refusals(counter: Counter) -> None:
    cards = [counter.ready(number) for number in (1, 2, 3)]
    numbers = []
    for card in cards:
        with pytest.raises(FieldMissing):
            counter.desk.hand_over(card, HandOverForm(Visitor("1", Checked.SEEN)))
        numbers.append(counter.desk.hand_over(card, HandOverForm(counter.himself(card))).number)
    assert numbers == ["X02-H000001", "X02-H000002", "X02-H000003"]


# The card on the reader --------------------------------------------------------------------------------


def test_a_card_is_read_and_put_in_use_in_the_same_act(counter: Counter) -> None:
    card = counter.made()
    form = HandOverForm(counter.himself(card), activate=True)
    done = counter.desk.hand_over(card, form, threading.Event())
    assert done.state is CardState.IN_USE
    slip = slip_of(done)
    assert slip.activated_at_ms == slip.handed_over_at_ms
    events = counter.store.records.read(lambda unit: unit.cards.events(card))
    assert [event.kind for event in events][-2:] == [CardEventKind.HAND_OVER, CardEventKind.ACTIVATE]


def test_activation_is_success_where_it_is_so_already(counter: Counter) -> None:
    card = counter.handed(counter.made())
    first = counter.desk.activate(card, threading.Event())
    assert (first.state, first.already) == (CardState.IN_USE, False)
    again = counter.desk.activate(card, threading.Event())
    assert (again.state, again.already) == (CardState.IN_USE, True)
    assert counter.refused() == []


def test_a_card_that_was_not_handed_over_is_not_put_in_use(counter: Counter) -> None:
    card = counter.made()
    with pytest.raises(EventNotAllowed):
        counter.desk.activate(card, threading.Event())


def test_another_card_on_the_reader_is_not_taken_for_this_one(counter: Counter) -> None:
    mine, theirs = counter.made(1), counter.made(2)
    lying = counter.card(theirs).chip_serial
    counter.bench.lay = lambda _serial: None  # type: ignore[method-assign]
    form = HandOverForm(counter.himself(mine), activate=True)
    with pytest.raises(CardSwapped) as refusal:
        counter.desk.hand_over(mine, form, threading.Event())
    assert refusal.value.found == lying
    # The whole act was refused: no half of it is recorded.
    assert counter.state(mine) is CardState.READY
    assert counter.refused() == ["card.swapped"]


def test_without_a_card_on_the_reader_nothing_is_recorded(counter: Counter) -> None:
    card = counter.handed(counter.made())
    counter.bench.reader.remove()
    counter.bench.lay = lambda _serial: None  # type: ignore[method-assign]
    with pytest.raises(NoCardPresent):
        counter.desk.activate(card, threading.Event())
    assert counter.state(card) is CardState.COLLECTED


def test_a_chip_with_somebody_elses_data_is_not_put_in_use(counter: Counter) -> None:
    card = counter.handed(counter.ready(1))
    other = counter.made(2)
    # The record says that this chip is the first person's: somebody wrote it elsewhere.
    chip = counter.card(other).chip_serial
    wrong = replace(counter.card(card), chip_serial=chip)
    found = replace(counter.store.records.read(lambda unit: held(unit, card)), card=wrong)
    with pytest.raises(CardHoldsOther):
        counter.desk._hand_over._read(found, threading.Event())


# What is kept -----------------------------------------------------------------------------------------


def test_nothing_of_the_collector_stands_open_in_the_store(counter: Counter) -> None:
    card = counter.ready()
    counter.desk.hand_over(card, HandOverForm(AGENT))
    row = counter.audit(AuditKind.CARD)[-1]
    shown = f"{row} {vars(row) if hasattr(row, '__dict__') else ''}"
    for needle in (AGENT.number, AGENT.name, AGENT.phone):
        assert needle not in shown
        assert needle not in repr(AGENT)
    rows = counter.store._database.execute_sql("SELECT * FROM card_event").fetchall()
    for needle in (AGENT.number, AGENT.name, AGENT.phone):
        assert needle not in str(rows)


def test_the_slip_can_be_printed_again_as_it_was(counter: Counter) -> None:
    card = counter.made()
    first = slip_of(counter.desk.hand_over(card, HandOverForm(AGENT)))
    assert vars(counter.desk.paper(card, first.number)) == vars(first)
    counter.clock.advance(60_000)
    counter.desk.activate(card, threading.Event())
    later = counter.desk.paper(card, first.number)
    assert isinstance(later, HandOverSlip)
    assert later.activated_at_ms == first.handed_over_at_ms + 60_000
