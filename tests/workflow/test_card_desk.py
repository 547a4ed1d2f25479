"""The page of a resident, lists and look-ups: what is shown to whom, what is possible and why not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.errors import KangkaError
from app.domain.audit import AuditKind
from app.domain.card import CardState
from app.domain.lives import EventNotAllowed
from app.domain.loss import FoundTooLate
from app.domain.made_up import made_up_resident
from app.domain.resident import Health
from app.domain.staff import Actor, NotByOneself, NotPermitted, Role
from app.workflow.card_desk import NoSuchPaper, NothingByThat
from app.workflow.card_views import CardAct, CardView, ReissueForm, ResidentView
from app.workflow.views import Mark
from tests.workflow.card_support import CLERK, DAY, SUPERVISOR, Counter, minor


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.close()


def page(counter: Counter, card: str, *, whole: bool = False) -> ResidentView:
    return counter.desk.resident(card_id=card, whole=whole)


def offers(counter: Counter, card: str) -> dict[CardAct, str | None]:
    """Each act on the page with the code of why not, None where it is possible."""
    view = next(found for found in page(counter, card).cards if found.id == card)
    return {action.act: None if action.possible else code(action.why) for action in view.actions}


def code(fault: KangkaError | None) -> str | None:
    return None if fault is None else fault.code


def possible(counter: Counter, card: str) -> set[CardAct]:
    return {act for act, why in offers(counter, card).items() if why is None}


# The page ---------------------------------------------------------------------------------------------


def test_a_page_is_found_by_person_order_or_card(counter: Counter) -> None:
    card = counter.ready()
    found = counter.card(card)
    views = (
        counter.desk.resident(card_id=card),
        counter.desk.resident(application_id=found.application_id),
        counter.desk.resident(person_id=found.person_id),
    )
    assert len({view.person_id for view in views}) == 1
    view = views[0]
    holder = counter.holder(card)
    assert view.name == holder.name
    assert view.masked_number == holder.number[:6] + "********" + holder.number[-4:]
    assert view.number is None
    assert view.photo == holder.photo
    assert not view.minor
    assert view.card is not None
    assert (view.card.id, view.card.state) == (card, CardState.READY)
    assert [order.reason for order in view.orders] == ["first-issue"]
    assert [case.id for case in view.cases] == [card]


def test_a_whole_number_is_shown_only_when_it_is_asked_for_and_that_is_recorded(
    counter: Counter,
) -> None:
    card = counter.ready()
    page(counter, card)
    assert counter.audit(AuditKind.UNMASK) == []
    view = page(counter, card, whole=True)
    assert view.number == counter.holder(card).number
    (row,) = counter.audit(AuditKind.UNMASK)
    assert (row.person_id, row.actor) == (view.person_id, CLERK.id)
    assert view.number not in repr(view)


def test_alerts_are_told_by_their_keys_and_a_child_is_marked(counter: Counter) -> None:
    sick = replace(
        minor(), health=Health(alerts={"asthma": "01", "diabetes": "00"}, other_alert="对花粉敏感")
    )
    view = page(counter, counter.ready(resident=sick))
    assert view.alerts == ("asthma", "对花粉敏感")
    assert view.minor


def test_somebody_without_a_card_has_a_page_too(counter: Counter) -> None:
    order = counter.order()
    view = counter.desk.resident(application_id=order.id)
    assert (view.cards, view.card, view.papers) == ((), None, ())
    (row,) = counter.desk.find(order.resident.name)
    assert (row.card_id, row.state) == (None, None)
    assert row.mark is Mark.WAITING


def test_the_life_of_a_card_is_a_line_with_dates_and_the_present_state_marked(
    counter: Counter,
) -> None:
    card = counter.handed(counter.made(), activate=True)
    opened = counter.clock.now_ms()
    counter.clock.advance(DAY)
    counter.lost(card, provisional=True)
    (view,) = page(counter, card).cards
    assert [point.state.value for point in view.life] == [
        *("making", "ready", "collected", "in-use", "provisionally-lost")
    ]
    assert [point.present for point in view.life] == [False] * 4 + [True]
    assert view.life[0].valid_ms == opened
    assert view.life[-1].valid_ms == opened + DAY
    assert view.life[-1].mark is Mark.ATTENTION
    assert [event.actor for event in view.events][-1] == CLERK.name
    assert [event.number for event in view.events if event.number] == ["X02-H000001", "X02-L000001"]


def test_a_reissue_shows_both_cards_the_fee_and_the_papers(counter: Counter) -> None:
    card = counter.lost(counter.handed(counter.ready()))
    counter.clock.advance(DAY)
    done = counter.desk.reissue(card, ReissueForm(counter.himself(card)))
    view = page(counter, card)
    assert view.card is None
    assert [order.replaces for order in view.orders] == [card, None]
    (fee,) = view.fees
    assert (fee.fen, fee.receipt, fee.application_number) == (2000, None, done.application_number)
    assert {paper.template for paper in view.papers} == {
        *("hand-over-slip", "loss-report", "temporary-proof")
    }
    counter.pay(done.application_id)
    (fee,) = page(counter, card).fees
    assert fee.receipt is not None
    new = counter.journalled(counter.store.applications.get(done.application_id))
    view = page(counter, card)
    assert [found.id for found in view.cards] == [new, card]
    assert view.card is not None
    assert view.card.issue_count == 2
    for paper in view.papers:
        assert counter.desk.paper(paper.card_id, paper.number).template == paper.template


# What is possible now ---------------------------------------------------------------------------------


def test_each_state_offers_what_its_life_has_and_says_why_not_the_rest(counter: Counter) -> None:
    acts = CardAct
    card = counter.made()
    assert possible(counter, card) == {acts.HAND_OVER}
    assert offers(counter, card)[acts.ACTIVATE] == EventNotAllowed.code
    losses = {acts.REPORT_PROVISIONAL_LOSS, acts.REPORT_LOSS}
    counter.handed(card)
    assert possible(counter, card) == {acts.ACTIVATE} | losses
    counter.desk.activate(card, threading.Event())
    assert possible(counter, card) == losses
    counter.lost(card, provisional=True)
    assert possible(counter, card) == {acts.FOUND, acts.REPORT_LOSS}
    counter.lost(card)
    assert possible(counter, card) == {acts.FOUND, acts.REISSUE}
    counter.reissued(card)
    told = offers(counter, card)
    assert told == {acts.FOUND: FoundTooLate.code, acts.BLOCK: None, acts.RECOVER: None}
    counter.desk.block(card, threading.Event(), fresh=counter.fresh())
    assert possible(counter, card) == {acts.RECOVER}


def test_what_is_offered_is_what_can_be_done_and_the_reverse(counter: Counter) -> None:
    """Control: no act that the page refuses can be done, and the reason told is the one it meets."""
    card = counter.made()
    for prepare in (str, counter.handed, counter.lost):
        prepare(card)
        view = next(found for found in page(counter, card).cards if found.id == card)
        for action in view.actions:
            if not action.possible:
                with pytest.raises(type(action.why)):  # type: ignore[arg-type]
                    do(counter, card, action.act)
        assert counter.state(card) is view.state


def do(counter: Counter, card: str, act: CardAct) -> None:
    stop = threading.Event()
    match act:
        case CardAct.HAND_OVER:
            counter.handed(card)
        case CardAct.ACTIVATE:
            counter.desk.activate(card, stop)
        case CardAct.REPORT_PROVISIONAL_LOSS:
            counter.lost(card, provisional=True)
        case CardAct.REPORT_LOSS:
            counter.lost(card)
        case CardAct.FOUND:
            counter.desk.found(card, counter.found_form(card))
        case CardAct.REISSUE:
            counter.desk.reissue(card, ReissueForm(counter.himself(card)))
        case CardAct.BLOCK:
            counter.desk.block(card, stop, fresh=counter.fresh())
        case CardAct.RECOVER:
            counter.desk.recover(card)


def test_a_page_tells_each_role_its_own(counter: Counter) -> None:
    card = counter.lost(counter.handed(counter.ready()))
    assert CardAct.REISSUE in offers(counter, card)
    counter.session.begin(SUPERVISOR)
    assert CardAct.REISSUE not in offers(counter, card)
    view = next(found for found in page(counter, card).cards if found.id == card)
    assert isinstance(view, CardView)
    assert view.action(CardAct.REISSUE) is None
    block = view.action(CardAct.BLOCK)
    assert block is not None
    assert block.fresh
    assert not block.second


def test_who_opens_their_own_page_may_do_nothing_there(counter: Counter) -> None:
    card = counter.ready()
    holder = counter.holder(card)
    token = counter.store.records.read(
        lambda unit: unit.applications.person_token(counter.place.realm, holder)
    )
    counter.session.begin(replace(CLERK, person_token=token))
    assert set(offers(counter, card).values()) == {NotByOneself.code}


@pytest.mark.parametrize("role", [Role.SYSTEM, Role.SECURITY, Role.AUDIT])
def test_an_administrator_looks_nobody_up(counter: Counter, role: Role) -> None:
    card = counter.ready()
    counter.session.begin(Actor("staff-x", "管理丙", role))
    asked = (
        lambda: page(counter, card),
        lambda: counter.desk.find("样例"),
        lambda: counter.desk.cards_in(CardState.READY),
        lambda: counter.desk.lapsing(DAY),
        lambda: counter.desk.card_of_case("X02-C000001"),
        lambda: counter.desk.card_of_application("x"),
        lambda: counter.desk.paper(card, "X02-H000001"),
        lambda: counter.desk.lying_card(threading.Event()),
    )
    for ask in asked:
        with pytest.raises(NotPermitted):
            ask()
    assert counter.refused() == ["staff.not-permitted"] * len(asked)


# Looking up -------------------------------------------------------------------------------------------


def test_people_are_found_by_name_number_and_case(counter: Counter) -> None:
    one, two = counter.ready(1), counter.ready(2)
    holder = made_up_resident(1)
    number = counter.card(one).number
    for typed in (holder.name, holder.number, holder.number[-4:], number, number.lower()):
        assert one in [row.card_id for row in counter.desk.find(typed)], typed
    assert counter.desk.card_of_case(f" {number} ") == one
    assert [row.card_id for row in counter.desk.find(counter.card(two).number)] == [two]
    assert counter.desk.find("没有这个人") == []


def test_what_nobody_has_is_said(counter: Counter) -> None:
    order = counter.order()
    for ask in (
        lambda: counter.desk.card_of_case("X02-C999999"),
        lambda: counter.desk.card_of_application(order.id),
        counter.desk.resident,
        lambda: counter.desk.resident(person_id="nobody"),
    ):
        with pytest.raises(NothingByThat):
            ask()
    card = counter.ready(2)
    with pytest.raises(NoSuchPaper):
        counter.desk.paper(card, "X02-H000099")


def test_lists_are_pages_by_state_and_masked(counter: Counter) -> None:
    cards = [counter.ready(number) for number in (1, 2, 3)]
    first = counter.desk.cards_in(CardState.READY, limit=2)
    rest = counter.desk.cards_in(CardState.READY, after=first[-1].card_id)
    assert [row.card_id for row in (*first, *rest)] == cards
    for row in first:
        assert "*" in row.masked_number
        assert row.name not in repr(row)
    assert counter.desk.cards_in(CardState.LOST) == []


def test_a_card_of_an_application_is_its_newest(counter: Counter) -> None:
    order = counter.order()
    case = counter.store.journal.open_case(order)
    counter.store.journal.spoil(case.id, "damaged")
    new = counter.journalled(order)
    assert counter.desk.card_of_application(order.id) == new


def test_the_card_on_the_reader_tells_whose_it_is(counter: Counter) -> None:
    card = counter.made()
    lying = counter.desk.lying_card(threading.Event())
    found = counter.card(card)
    assert (lying.card_id, lying.person_id, lying.state) == (card, found.person_id, CardState.READY)
    assert not lying.blocked
    assert counter.desk.card_on_reader(threading.Event()) == card
    counter.bench.lay_blank()
    lying = counter.desk.lying_card(threading.Event())
    assert (lying.card_id, lying.state) == (None, None)
    with pytest.raises(NothingByThat):
        counter.desk.card_on_reader(threading.Event())


def test_what_the_desk_asks_of_visitors_answers_from_memory(counter: Counter) -> None:
    counter.session.end()
    assert [kind.code for kind in counter.desk.visitor_kinds()] == ["1", "2", "3", "4", "5"]
    questions, needed = counter.desk.questions()
    assert needed == 2
    assert len(questions) == 5
