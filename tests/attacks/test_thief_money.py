"""A dishonest clerk after money and cards: whatever would make a card free, or give it to oneself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.errors import KangkaError
from app.domain.card import CardState
from app.domain.order import ApplicationState
from app.domain.records import Unit
from app.domain.resident import Resident
from app.domain.staff import NotByOneself, Role
from app.domain.visitor import Checked, Visitor
from app.main import open_desk
from app.opening import House, Options, made_up_staff
from app.store.card_errors import NotFirstCard
from app.workflow.card_views import HandOverForm, LossForm, Reissued, ReissueForm
from app.workflow.desk import Desk
from app.workflow.till_desk import ReasonUnknown
from app.workflow.views import DraftSource
from tests.helpers.commands import Kangka
from tests.helpers.people import CHEAP
from tests.workflow.card_support import AGENT, CLERK, Counter


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(Options(data=tmp_path / "desk"), house=House(cost=CHEAP)) as opened:
        yield opened


def lost(counter: Counter, number: int = 1) -> str:
    return counter.lost(counter.handed(counter.ready(number)))


def ask(counter: Counter, card: str, **changes: object) -> Reissued:
    form = ReissueForm(counter.himself(card))
    return counter.desk.reissue(card, replace(form, **changes))  # type: ignore[arg-type]


def state_of(counter: Counter, application_id: str) -> str:
    return str(counter.store.records.read(lambda unit: unit.applications.state_of(application_id)))


def token_of(counter: Counter, number: str) -> bytes:
    own = Resident("", "0", None, "", citizen_id=number)
    return counter.store.records.read(
        lambda unit: unit.applications.person_token(counter.place.realm, own)
    )


def wide(number: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in number)


# ---- cards for nothing -------------------------------------------------------------------------------


def test_a_reissue_is_never_the_first_issue_that_costs_nothing(counter: Counter) -> None:
    card = lost(counter)
    with pytest.raises(ReasonUnknown):
        ask(counter, card, reason="first-issue")
    assert counter.state(card) is CardState.LOST
    assert counter.refused() == [ReasonUnknown.code]
    assert ask(counter, card).due_fen == 2000


@pytest.mark.parametrize(("reason", "proof"), [("misprint", "inspection"), ("warranty", "issue-date")])
def test_a_card_that_nobody_pays_for_waits_for_a_second_person(
    counter: Counter, reason: str, proof: str
) -> None:
    """Else the clerk takes the fee of a lost card and orders it as the maker's fault."""
    done = ask(counter, lost(counter), reason=reason, proof_seen=proof)
    assert done.due_fen == 0
    assert state_of(counter, done.application_id) == ApplicationState.TO_APPROVE
    with pytest.raises(KangkaError) as refusal:
        counter.made(order=counter.store.applications.get(done.application_id))
    assert refusal.value.code == "store.application-not-approved"


def test_an_application_that_waited_beside_makes_no_second_free_card(counter: Counter) -> None:
    first, beside = counter.order(1), counter.order(1)
    card = counter.lost(counter.handed(counter.journalled(first)))
    done = ask(counter, card)
    with pytest.raises(NotFirstCard):
        counter.journalled(beside)
    counter.pay(done.application_id)
    again = counter.journalled(counter.store.applications.get(done.application_id))
    assert counter.state(again) is CardState.READY


def test_a_spoiled_card_was_none(counter: Counter) -> None:
    order = counter.order(1)
    counter.clock.advance(1)
    case = counter.store.journal.open_case(order)
    counter.store.journal.spoil(case.id, "torn")
    assert counter.state(counter.journalled(order)) is CardState.READY


def test_whoever_had_a_card_pays_for_the_next_however_it_is_asked_for(desk: Desk) -> None:
    """The order in its place is withdrawn, and with it its fee; then the person is enrolled anew."""
    cards, draft = desk.cards, desk.draft_from_training(0)
    first = desk.save(draft)
    desk.issue(first, lambda _event: None, threading.Event())
    card = cards.card_of_application(first)
    number = desk._parts.applications.get(first).resident.number
    holder = Visitor(number=number, checked=Checked.SEEN)
    cards.hand_over(card, HandOverForm(holder))
    cards.report_loss(card, LossForm(holder))
    ordered = cards.reissue(card, ReissueForm(holder))
    desk.approvals.withdraw(ordered.application_id, "改天再办")
    again = desk.save(draft)
    assert [(due.application_id, due.fen) for due in desk.till.dues()] == [(again, 2000)]
    kept = desk._parts.applications.get(again)
    assert (kept.reason, kept.replaces, kept.card.issue_count) == ("lost", card, 2)
    with pytest.raises(KangkaError) as refusal:
        desk.issue(again, lambda _event: None, threading.Event())
    assert refusal.value.code == "till.fee-unsettled"


# ---- to oneself --------------------------------------------------------------------------------------


@pytest.mark.parametrize("spelt", [str.lower, lambda number: f" {number[:6]} {number[6:]} ", wide])
def test_nobody_collects_as_an_agent_with_their_own_number_however_it_is_spelt(
    counter: Counter, spelt: Callable[[str], str]
) -> None:
    card = counter.ready()
    counter.session.begin(replace(CLERK, person_token=token_of(counter, AGENT.number)))
    came = replace(AGENT, number=spelt(AGENT.number))
    with pytest.raises(NotByOneself):
        counter.desk.hand_over(card, HandOverForm(came))
    with pytest.raises(NotByOneself):
        counter.desk.report_loss(card, LossForm(came))
    assert counter.state(card) is CardState.READY


def test_an_agents_document_does_not_vouch_for_data_that_were_typed(counter: Counter) -> None:
    card = lost(counter)
    typed = counter.desk.reissue_draft(card).with_text("addresses.0.text", "河南省郑州市样例新路3号")
    agent = replace(AGENT, checked=Checked.READER)
    done = ask(counter, card, applicant=agent, draft=typed)
    assert state_of(counter, done.application_id) == ApplicationState.TO_APPROVE


def test_no_supervisor_approves_on_the_spot_what_was_typed_for_themselves(desk: Desk) -> None:
    supervisor = next(person for person in made_up_staff() if person.role is Role.SUPERVISOR)
    draft = replace(desk.draft_from_training(0), source=DraftSource.TYPED)
    number = draft.value("citizen_id").text
    own = Resident("", "0", None, "", citizen_id=number)

    def known(unit: Unit) -> None:
        token = unit.applications.person_token(desk._parts.workplace.realm, own)
        member = unit.staff.named(supervisor.name)
        assert member is not None
        unit.staff.note_person(member.id, token)

    desk._parts.records.durable("test", known)
    second = desk.sign_in.present("enrol-typed", supervisor.name, supervisor.password)
    with pytest.raises(NotByOneself):
        desk.save(draft, second)


def test_control_somebody_else_approves_it(desk: Desk) -> None:
    supervisor = next(person for person in made_up_staff() if person.role is Role.SUPERVISOR)
    draft = replace(desk.draft_from_training(0), source=DraftSource.TYPED)
    second = desk.sign_in.present("enrol-typed", supervisor.name, supervisor.password)
    assert desk.save(draft, second)


def test_a_number_that_was_never_told_is_told_later_and_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first people of a desk are named without numbers: who has none stands in the list."""
    kangka = Kangka(tmp_path / "desk", capsys, House(cost=CHEAP))
    with open_desk(Options(data=kangka.folder), house=kangka.house) as desk:
        application = desk.save(desk.draft_from_training(0))
        number = desk._parts.applications.get(application).resident.number
    clerk, other = [person for person in made_up_staff() if person.role is Role.CLERK]
    listed = kangka.by(Role.SECURITY, "staff", "list").json["staff"]
    assert [row["number"] for row in listed] == [False] * len(listed)
    told = kangka.by(Role.SECURITY, "staff", "number", clerk.name, typed=[number])
    assert told.json["number"] is True
    assert number not in told.out + told.err
    assert kangka.issue(application).error["code"] == NotByOneself.code
    # One number is one person's, and nobody takes their own for another.
    twice = kangka.by(Role.SECURITY, "staff", "number", other.name, typed=[number])
    assert twice.error["code"] == "staff.one-person-one-role"
    security = next(person.name for person in made_up_staff() if person.role is Role.SECURITY)
    assert kangka.by(Role.SECURITY, "staff", "number", security, typed=[AGENT.number]).code == 0
    fresh = kangka.by(Role.SECURITY, "staff", "number", security, typed=["410102194712070035"])
    assert fresh.error["code"] == NotByOneself.code
    assert kangka.by(Role.SECURITY, "staff", "number", other.name, typed=["123"]).code == 1
