"""Losses: told by telephone or at the counter, when they lapse, when a card is there again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.documents.papers import LossKind, LossReport, Term
from app.domain.audit import AuditKind
from app.domain.card import CardEvent, CardEventKind, CardState
from app.domain.desk_rules import DeskRules, Question, load_desk_rules
from app.domain.lives import EventNotAllowed, GuardNotMet
from app.domain.loss import (
    AnswersNotEnough,
    FoundTooLate,
    LossCause,
    LossChannel,
    LossNumberDiffers,
    LossTimeWrong,
    WrittenLossByPhone,
    lapses_at,
)
from app.domain.problems import FieldMissing
from app.domain.staff import PROGRAM, NotByOneself
from app.domain.visitor import Checked, NotTheHolder, Visitor
from app.workflow.card_views import CardDone, FoundForm, HandOverForm, LossForm
from tests.workflow.card_support import AGENT, DAY, SUPERVISOR, Counter, minor


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.close()


def events_of(counter: Counter, card: str) -> list[CardEvent]:
    return counter.store.records.read(lambda unit: unit.cards.events(card))


def report_of(done: CardDone) -> LossReport:
    (paper,) = done.papers
    assert isinstance(paper, LossReport)
    return paper


def call(counter: Counter, card: str, **answers: str) -> LossForm:
    """The holder calls and answers questions by their names."""
    holder = counter.holder(card)
    told = answers or {"phone": holder.phones[0], "contact": holder.contacts[0].name}
    return LossForm(
        Visitor(kind="1", phone="13800009999"),
        provisional=True,
        channel=LossChannel.PHONE,
        answers={Question(name.replace("_", "-")): text for name, text in told.items()},
    )


# By telephone -----------------------------------------------------------------------------------------


def test_a_loss_by_telephone_counts_for_some_days(counter: Counter) -> None:
    card = counter.handed(counter.ready())
    done = counter.desk.report_loss(card, call(counter, card))
    assert (done.state, done.number) == (CardState.PROVISIONALLY_LOST, "X02-L000001")
    assert done.lapses_ms == counter.clock.now_ms() + 5 * DAY
    report = report_of(done)
    assert report.kind is LossKind.PROVISIONAL
    assert report.lapses_at_ms == done.lapses_ms
    assert (report.channel.zh, report.reporter_phone) == ("电话", "13800009999")
    assert report.reporter_number == ""


@pytest.mark.parametrize(
    ("answers", "right"),
    [
        ({}, 0),
        ({"phone": "right"}, 1),
        ({"phone": "right", "contact": "谁也不是"}, 1),
        # Two are right, and the third differs: whoever calls does not know the holder.
        ({"phone": "right", "name": "right", "birth_date": "19000101"}, 2),
        ({"phone": "right", "contact": " "}, 1),
    ],
)
def test_a_caller_who_does_not_know_the_holder_is_refused(
    counter: Counter, answers: dict[str, str], right: int
) -> None:
    card = counter.handed(counter.ready())
    holder = counter.holder(card)
    truth = {"phone": holder.phones[0], "name": holder.name}
    told = {name: truth[name] if text == "right" else text for name, text in answers.items()}
    form = replace(
        call(counter, card),
        answers={Question(name.replace("_", "-")): text for name, text in told.items()},
    )
    with pytest.raises(AnswersNotEnough) as refusal:
        counter.desk.report_loss(card, form)
    assert refusal.value.params() == {"right": right, "needed": 2}
    assert counter.state(card) is CardState.COLLECTED
    assert counter.refused() == ["loss.answers-not-enough"]


def test_every_question_is_compared_with_the_record(counter: Counter) -> None:
    card = counter.handed(counter.ready(0))
    holder = counter.holder(card)
    told = {
        "name": f" {holder.name} ",
        "phone": holder.phones[1][:3] + "-" + holder.phones[1][3:],
        "contact": holder.contacts[0].name,
        "birth_date": f"{holder.birth_date[:4]}年{holder.birth_date[4:6]}月{holder.birth_date[6:]}日",
        "address": holder.addresses[0].text,
    }
    assert set(told) == {question.value.replace("-", "_") for question in Question}
    for name in told:
        wrong = told | {name: "19991231" if name == "birth_date" else "别的 13100001111"}
        with pytest.raises(AnswersNotEnough):
            counter.desk.report_loss(card, call(counter, card, **wrong))
    assert counter.desk.report_loss(card, call(counter, card, **told)).number == "X02-L000001"


def test_a_question_that_the_place_does_not_ask_counts_for_nothing(tmp_path: Path) -> None:
    rules = replace(load_desk_rules(), questions=(Question.PHONE, Question.CONTACT))
    counter = Counter(tmp_path, rules=rules)
    card = counter.handed(counter.ready())
    holder = counter.holder(card)
    form = call(counter, card, phone=holder.phones[0], name=holder.name)
    with pytest.raises(AnswersNotEnough):
        counter.desk.report_loss(card, form)
    counter.close()


def test_a_caller_leaves_a_number_and_says_who_they_are(counter: Counter) -> None:
    card = counter.handed(counter.ready())
    form = call(counter, card)
    with pytest.raises(FieldMissing) as refusal:
        counter.desk.report_loss(card, replace(form, reporter=Visitor(kind="1")))
    assert refusal.value.field == "visitor.phone"
    with pytest.raises(FieldMissing) as refusal:
        counter.desk.report_loss(card, replace(form, reporter=Visitor(kind="2", phone="13800001111")))
    assert refusal.value.field == "visitor.name"
    brother = Visitor(kind="2", phone="13800001111", name="来电样例", relation="7")
    done = counter.desk.report_loss(card, replace(form, reporter=brother))
    assert report_of(done).reporter_name == "来电样例"


def test_a_loss_in_writing_is_not_told_by_telephone(counter: Counter) -> None:
    card = counter.handed(counter.ready())
    with pytest.raises(WrittenLossByPhone):
        counter.desk.report_loss(card, replace(call(counter, card), provisional=False))
    assert counter.refused() == ["loss.written-by-phone"]


# At the counter ---------------------------------------------------------------------------------------


def test_a_loss_in_writing_wants_the_document_seen(counter: Counter) -> None:
    card = counter.handed(counter.ready())
    with pytest.raises(GuardNotMet):
        counter.desk.report_loss(card, LossForm(counter.himself(card, Checked.NO)))
    done = counter.desk.report_loss(
        card, LossForm(counter.himself(card, Checked.SEEN), cause=LossCause.STOLEN)
    )
    assert (done.state, done.lapses_ms) == (CardState.LOST, None)
    report = report_of(done)
    assert (report.kind, report.lapses_at_ms) == (LossKind.WRITTEN, None)
    assert report.cause == Term("被盗", "stolen")


def test_a_provisional_loss_becomes_one_in_writing_and_goes_back_to_before_both(
    counter: Counter,
) -> None:
    card = counter.handed(counter.made(), activate=True)
    counter.lost(card, provisional=True)
    counter.lost(card)
    assert counter.card(card).lapses_ms is None
    counter.clock.advance(30 * DAY)
    assert counter.desk.lapse().card_ids == ()
    counter.desk.found(card, counter.found_form(card))
    assert counter.state(card) is CardState.IN_USE


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("provisional", [False, True])
def test_a_found_card_is_again_what_it_was(counter: Counter, used: bool, provisional: bool) -> None:
    card = counter.handed(counter.made(), activate=used)
    before = counter.state(card)
    counter.lost(card, provisional=provisional)
    done = counter.desk.found(card, counter.found_form(card, "x02-l000001"))
    assert done.state is before is (CardState.IN_USE if used else CardState.COLLECTED)


def test_who_found_it_is_checked_and_the_slip_must_be_this_cards(counter: Counter) -> None:
    card, other = counter.handed(counter.ready(1)), counter.handed(counter.ready(2))
    counter.lost(card)
    counter.lost(other)
    with pytest.raises(LossNumberDiffers):
        counter.desk.found(card, counter.found_form(card, "X02-L000002"))
    with pytest.raises(NotTheHolder):
        counter.desk.found(card, counter.found_form(other))
    with pytest.raises(GuardNotMet):
        counter.desk.found(card, FoundForm(counter.himself(card, Checked.NO)))
    assert counter.state(card) is CardState.LOST
    assert len(counter.refused()) == 3


def test_a_lost_card_is_dead_once_another_was_ordered(counter: Counter) -> None:
    card = counter.lost(counter.handed(counter.ready()))
    counter.reissued(card)
    with pytest.raises(FoundTooLate):
        counter.desk.found(card, counter.found_form(card))
    assert counter.state(card) is CardState.DEAD


def test_an_agent_reports_for_the_holder_and_a_guardian_for_a_child(counter: Counter) -> None:
    card = counter.handed(counter.ready())
    done = counter.desk.report_loss(card, LossForm(AGENT))
    assert report_of(done).reporter_number == AGENT.number
    child = counter.ready(resident=minor())
    counter.desk.hand_over(child, HandOverForm(replace(AGENT, kind="5")))
    done = counter.desk.report_loss(child, LossForm(replace(AGENT, kind="5")))
    assert done.state is CardState.LOST


def test_nobody_reports_their_own(counter: Counter) -> None:
    card = counter.handed(counter.ready())
    holder = counter.holder(card)
    token = counter.store.records.read(
        lambda unit: unit.applications.person_token(counter.place.realm, holder)
    )
    counter.session.begin(replace(SUPERVISOR, person_token=token))
    with pytest.raises(NotByOneself):
        counter.lost(card)


def test_a_card_in_the_drawer_or_lost_already_is_not_lost(counter: Counter) -> None:
    card = counter.ready()
    with pytest.raises(EventNotAllowed):
        counter.lost(card)
    counter.lost(counter.handed(card))
    for provisional in (True, False):
        with pytest.raises(EventNotAllowed):
            counter.lost(card, provisional=provisional)


# Since when it is so, and when it was recorded --------------------------------------------------------


def test_since_when_it_is_lost_stands_beside_when_it_was_recorded(counter: Counter) -> None:
    card = counter.handed(counter.ready())
    handed = counter.clock.now_ms()
    counter.clock.advance(3 * DAY)
    form = LossForm(counter.himself(card), provisional=True, lost_ms=handed + DAY)
    done = counter.desk.report_loss(card, form)
    event = events_of(counter, card)[-1]
    assert (event.valid_ms, event.at_ms) == (handed + DAY, handed + 3 * DAY)
    # It lapses so many days after it was told, not after it happened.
    assert done.lapses_ms == handed + 8 * DAY


@pytest.mark.parametrize("days", [-1, 4])
def test_a_loss_before_the_hand_over_or_tomorrow_is_refused(counter: Counter, days: int) -> None:
    card = counter.handed(counter.ready())
    handed = counter.clock.now_ms()
    counter.clock.advance(3 * DAY)
    with pytest.raises(LossTimeWrong):
        counter.desk.report_loss(card, LossForm(counter.himself(card), lost_ms=handed + days * DAY))
    assert counter.state(card) is CardState.COLLECTED


# Lapsing ----------------------------------------------------------------------------------------------


def test_a_provisional_loss_lapses_by_itself_at_its_hour(counter: Counter) -> None:
    card = counter.handed(counter.made(), activate=True)
    counter.lost(card, provisional=True)
    due = counter.card(card).lapses_ms
    assert due is not None
    counter.clock.advance(5 * DAY - 1)
    assert counter.desk.lapse().card_ids == ()
    assert counter.state(card) is CardState.PROVISIONALLY_LOST
    counter.clock.advance(2 * DAY + 1)
    counter.session.end()
    assert counter.desk.lapse().card_ids == (card,)
    assert counter.state(card) is CardState.IN_USE
    event = events_of(counter, card)[-1]
    # It was so from that hour on, however late the program looked.
    assert (event.kind, event.valid_ms) == (CardEventKind.LAPSE, due)
    assert event.at_ms == counter.clock.now_ms()
    assert event.actor_id == PROGRAM.id
    row = counter.audit(AuditKind.CARD)[-1]
    assert (row.actor, row.before, row.after) == (PROGRAM.id, "provisionally-lost", "in-use")
    assert counter.desk.lapse().card_ids == ()


def test_the_program_lapses_also_while_a_clerk_looks(counter: Counter) -> None:
    card = counter.handed(counter.ready())
    counter.lost(card, provisional=True)
    counter.clock.advance(6 * DAY)
    assert [row.card_id for row in counter.desk.cards_in(CardState.COLLECTED)] == [card]
    assert events_of(counter, card)[-1].actor_id == PROGRAM.id


def test_where_the_rule_is_never_it_never_lapses(tmp_path: Path) -> None:
    counter = Counter(tmp_path, rules=replace(load_desk_rules(), provisional_loss_days=0))
    card = counter.handed(counter.ready())
    done = counter.desk.report_loss(card, call(counter, card))
    assert done.lapses_ms is None
    assert report_of(done).lapses_at_ms is None
    counter.clock.advance(4000 * DAY)
    assert counter.desk.lapse().card_ids == ()
    assert counter.desk.lapsing(9000 * DAY) == []
    counter.close()


def test_those_that_lapse_soon_are_listed_masked(counter: Counter) -> None:
    first, second = counter.handed(counter.ready(1)), counter.handed(counter.ready(2))
    counter.lost(second, provisional=True)
    counter.clock.advance(2 * DAY)
    counter.lost(first, provisional=True)
    assert [row.card_id for row in counter.desk.lapsing(3 * DAY)] == [second]
    rows = counter.desk.lapsing(5 * DAY)
    assert [row.card_id for row in rows] == [second, first]
    assert "*" in rows[0].masked_number


def test_a_lapse_is_not_a_persons_act(counter: Counter) -> None:
    card = counter.handed(counter.ready())
    counter.lost(card, provisional=True)
    with pytest.raises(Exception, match="role-not-allowed"):
        counter.ports.life.step("provisionally-lost", "lapse", SUPERVISOR.role, {"days-passed": True})


# The rules as data ------------------------------------------------------------------------------------


def test_a_place_lays_its_own_rules_over_the_defaults(tmp_path: Path) -> None:
    own = tmp_path / "desk-rules.toml"
    own.write_text("provisional_loss_days = 15\n", encoding="utf-8")
    rules = load_desk_rules(over=own)
    assert (rules.provisional_loss_days, rules.guardian_below) == (15, 16)
    assert rules.visitors == load_desk_rules().visitors


BAD = (
    ("provisional_loss_day = 3", "no such rule"),
    ("provisional_loss_days = -1", "whole numbers"),
    ("guardian_below = true", "whole numbers"),
    ('[telephone]\nanswers = 3\nquestions = ["name", "phone"]', "questions"),
    ('[telephone]\nanswers = 0\nquestions = ["name", "phone"]', "questions"),
    ('[telephone]\nanswers = 1\nquestions = ["name", "name"]', "questions"),
    ('[[visitor]]\ncode = "1"\nstanding = "self"\nzh = "x"\nen = "x"', "agent and a guardian"),
    (
        "".join(
            f'[[visitor]]\ncode = "1"\nstanding = "{s}"\nzh = "x"\nen = "x"\n'
            for s in ("self", "agent", "guardian")
        ),
        "one code",
    ),
)


@pytest.mark.parametrize(("text", "why"), BAD)
def test_rules_that_can_not_be_followed_are_refused(tmp_path: Path, text: str, why: str) -> None:
    own = tmp_path / "desk-rules.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=why):
        load_desk_rules(over=own)


def test_a_word_that_the_place_has_not_is_its_code() -> None:
    rules: DeskRules = load_desk_rules()
    assert rules.word("cause", "eaten").zh == "eaten"
    assert rules.word("cause", "lost").zh == "遗失"
    assert lapses_at(5, 0) is None
    assert lapses_at(5, 2) == 5 + 2 * DAY
