"""A new card for a lost one: one unit of work, the old card dead, the new one made when it is paid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.errors import KangkaError
from app.documents.papers import AcceptanceReceipt, TemporaryProof
from app.domain.application import FrozenApplication, Realm
from app.domain.audit import AuditKind
from app.domain.card import CardState
from app.domain.codes import UnknownCode
from app.domain.fees import FeeProofMissing, NoFee
from app.domain.lives import EventNotAllowed, GuardNotMet
from app.domain.order import ApplicationState
from app.domain.problems import ResidentRefused
from app.domain.records import Unit
from app.domain.resident import Address, Resident
from app.domain.staff import NotByOneself, NotPermitted
from app.domain.till import FeeDue
from app.domain.visitor import Checked
from app.workflow.card_views import HandOverForm, LossForm, Reissued, ReissueForm
from app.workflow.corrections import Corrections, corrections
from app.workflow.enrol import NumberOfAnother
from app.workflow.views import IDENTITY, DocumentView, DraftSource, DraftValue, EnrolDraft, Sentence
from tests.workflow.card_support import AGENT, CLERK, DAY, SUPERVISOR, Counter


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    made = Counter(tmp_path)
    yield made
    made.close()


def lost(counter: Counter, number: int = 1) -> str:
    return counter.lost(counter.handed(counter.ready(number)))


def ask(counter: Counter, card: str, **changes: object) -> Reissued:
    form = ReissueForm(counter.himself(card))
    return counter.desk.reissue(card, replace(form, **changes))  # type: ignore[arg-type]


def due_of(counter: Counter, application_id: str) -> FeeDue | None:
    return counter.store.records.read(lambda unit: unit.till.due(application_id))


def test_the_old_card_is_dead_and_a_new_order_stands_in_its_place(counter: Counter) -> None:
    card = lost(counter)
    old = counter.store.applications.get(counter.card(card).application_id)
    counter.clock.advance(400 * DAY)
    done = ask(counter, card)
    assert counter.state(card) is CardState.DEAD
    new = counter.store.applications.get(done.application_id)
    # The number is kept, everything else of the card is new.
    assert new.card.card_number == old.card.card_number
    assert new.card.security_code != old.card.security_code
    assert new.card.issue_count == done.issue_count == 2
    assert (old.card.issue_date, new.card.issue_date) == ("20261122", "20271227")
    assert new.card.expiry == "20371227"
    assert new.resident == old.resident
    assert (new.person_id, new.replaces, new.reason) == (old.person_id, card, "lost")
    assert new.consent == old.consent
    assert new.approved_by == old.approved_by
    assert done.application_number == "X02-A000002"
    state = counter.store.records.read(lambda unit: unit.applications.state_of(new.id))
    assert state == ApplicationState.APPROVED


def test_the_fee_is_due_by_the_schedule_and_the_papers_say_so(counter: Counter) -> None:
    card = lost(counter)
    done = ask(counter, card)
    assert (done.due_fen, done.rule) == (2000, "sample/lost/2017-04-01")
    due = due_of(counter, done.application_id)
    assert due is not None
    assert due.open
    assert (due.fen, due.reason) == (2000, "lost")
    receipt, proof = done.papers
    assert isinstance(receipt, AcceptanceReceipt)
    assert (receipt.number, receipt.fee_fen) == (done.application_number, 2000)
    assert receipt.business.zh == "遗失补卡"
    assert isinstance(proof, TemporaryProof)
    assert (proof.number, done.proof_number) == ("X02-P000001", "X02-P000001")
    assert (proof.issued_on.isoformat(), proof.last_day.isoformat()) == ("2026-11-22", "2026-12-22")
    assert proof.application_number == done.application_number
    assert done.proof_last_day == "2026-12-22"
    assert vars(counter.desk.paper(card, "X02-P000001")) == vars(proof)


def test_no_proof_is_given_out_where_none_is_wanted(counter: Counter) -> None:
    done = ask(counter, lost(counter), proof=False)
    assert (done.proof_number, done.proof_last_day) == (None, None)
    assert len(done.papers) == 1


def test_the_new_card_is_made_only_when_it_is_paid(counter: Counter) -> None:
    card = lost(counter)
    done = ask(counter, card)
    order = counter.store.applications.get(done.application_id)
    with pytest.raises(KangkaError) as refusal:
        counter.made(order=order)
    assert refusal.value.code.startswith("till.")
    counter.pay(done.application_id)
    new = counter.made(order=order)
    assert counter.state(new) is CardState.READY
    # One card of this person lives, and its chip is another one.
    cards = counter.store.records.read(lambda unit: unit.cards.of_person(order.person_id))
    assert [found.state for found in cards] == [CardState.READY, CardState.DEAD]
    assert cards[0].chip_serial != cards[1].chip_serial
    counter.desk.hand_over(new, HandOverForm(counter.himself(new), activate=True))
    assert counter.state(new) is CardState.IN_USE


def test_a_card_that_is_not_lost_in_writing_is_not_reissued(counter: Counter) -> None:
    card = counter.ready()
    for prepare in (str, counter.handed, lambda found: counter.lost(found, provisional=True)):
        prepare(card)
        with pytest.raises(EventNotAllowed):
            ask(counter, card)
    counter.lost(card)
    ask(counter, card)
    with pytest.raises(EventNotAllowed):
        ask(counter, card)
    orders = counter.store.applications.of_person(counter.card(card).person_id)
    assert len(orders) == 2
    assert counter.refused() == ["life.event-not-allowed"] * 4


def test_what_is_refused_leaves_no_half_of_it(counter: Counter) -> None:
    card = lost(counter)
    before = len(counter.audit())
    for changes, fault in (
        ({"reason": "because"}, NoFee),
        ({"reason": "warranty"}, FeeProofMissing),
        ({"consent": "1999-01"}, UnknownCode),
        ({"applicant": counter.himself(card, Checked.NO)}, GuardNotMet),
    ):
        with pytest.raises(fault):
            ask(counter, card, **changes)
    assert counter.state(card) is CardState.LOST
    assert counter.store.applications.count() == 1
    rows = counter.audit()[before:]
    assert {row.kind for row in rows} == {AuditKind.REFUSED.value}
    assert len(rows) == 4
    # The numbers that were drawn inside are given to the one that is kept.
    assert ask(counter, card).proof_number == "X02-P000001"


def test_a_code_is_never_the_old_one_and_any_other(counter: Counter) -> None:
    codes = {counter.desk._reissue._other_code("999") for _ in range(3000)}
    assert "999" not in codes
    assert {len(code) for code in codes} == {3}
    assert len(codes) > 900


def test_a_signed_consent_of_today_is_kept(counter: Counter) -> None:
    card = lost(counter)
    version = counter.codes["consent"].codes[-1].code
    done = ask(counter, card, consent=version)
    consent = counter.store.applications.get(done.application_id).consent
    assert consent is not None
    assert (consent.version, consent.at_ms) == (version, counter.clock.now_ms())


def test_an_agent_asks_and_is_kept_with_the_order(counter: Counter) -> None:
    card = counter.handed(counter.ready())
    counter.desk.report_loss(card, LossForm(AGENT))
    done = ask(counter, card, applicant=AGENT)
    applicant = counter.store.applications.get(done.application_id).applicant
    assert applicant is not None
    assert (applicant.name, applicant.document_number) == (AGENT.name, AGENT.number)


# Corrected data ---------------------------------------------------------------------------------------


def corrected(counter: Counter, card: str, **texts: str) -> EnrolDraft:
    """What the holder told before, typed over: ``citizen_id`` for a path without a dot."""
    draft = counter.desk.reissue_draft(card)
    for path, text in texts.items():
        draft = draft.with_text(path.replace("__", "."), text)
    return draft


def of_number(number: str) -> dict[str, str]:
    """A number and what it says of who has it."""
    return {
        "citizen_id": number,
        "birth_date": number[6:14],
        "sex": "1" if int(number[16]) % 2 else "2",
    }


def as_read(counter: Counter, card: str, **texts: str) -> EnrolDraft:
    """The same, by the holder's document on the reader today."""
    before = counter.desk.reissue_draft(card)
    told = {path: before.value(path).text for path in IDENTITY if before.value(path).text} | texts
    values = {path: DraftValue(text, read=text) for path, text in told.items()}
    seen = DocumentView(Sentence("Identity card"), (), "0")
    return before.laid_under(EnrolDraft(values=values, document=seen, source=DraftSource.READER))


def state_of(counter: Counter, done: Reissued) -> str:
    return counter.store.records.read(lambda unit: unit.applications.state_of(done.application_id))


def new_of(counter: Counter, done: Reissued) -> FrozenApplication:
    return counter.store.applications.get(done.application_id)


def test_corrected_data_wait_for_approval_unless_a_reader_read_them(counter: Counter) -> None:
    card = lost(counter)
    moved = corrected(counter, card, addresses__0__text="河南省郑州市样例新路2号")
    seen = counter.himself(card, Checked.SEEN)
    done = ask(counter, card, applicant=seen, draft=moved)
    assert new_of(counter, done).resident.addresses == (Address("1", "河南省郑州市样例新路2号"),)
    assert state_of(counter, done) == ApplicationState.TO_APPROVE
    second = lost(counter, 2)
    moved = corrected(counter, second, addresses__0__text="河南省郑州市样例新路2号")
    done = ask(counter, second, draft=moved)
    assert state_of(counter, done) == ApplicationState.APPROVED


def test_what_was_told_before_is_shown_whole_and_recorded_and_nothing_of_it_gets_lost(
    counter: Counter,
) -> None:
    card = lost(counter)
    draft = counter.desk.reissue_draft(card)
    assert counter.audit()[-1].kind == AuditKind.UNMASK.value
    assert counter.desk.check_reissue(card, draft) == []
    assert corrections(draft, draft) == Corrections()
    done = ask(counter, card, draft=draft)
    assert new_of(counter, done).resident == counter.holder(card)
    assert state_of(counter, done) == ApplicationState.APPROVED


def test_another_name_is_read_from_the_document_or_approved(counter: Counter) -> None:
    typed = lost(counter)
    done = ask(counter, typed, draft=corrected(counter, typed, name="样例改名"))
    # The document that the visitor laid down says the number, and nothing of what was typed.
    assert state_of(counter, done) == ApplicationState.TO_APPROVE
    read = lost(counter, 2)
    draft = as_read(counter, read, name="样例改名")
    assert corrections(counter.desk.reissue_draft(read), draft) == Corrections(("name",))
    done = ask(counter, read, draft=draft)
    assert state_of(counter, done) == ApplicationState.APPROVED
    assert new_of(counter, done).card.chip_name == "样例改名"
    assert (
        new_of(counter, done).consent
        == counter.store.applications.get(counter.card(read).application_id).consent
    )


def test_another_number_is_compared_by_two_and_stays_the_same_persons(counter: Counter) -> None:
    card = lost(counter)
    draft = as_read(counter, card, **of_number(AGENT.number))
    found = corrections(counter.desk.reissue_draft(card), draft)
    assert "citizen_id" in found.paths
    assert found.unproved
    # Whose number changed stands there with the document that bears the new one.
    himself = replace(counter.himself(card), number=AGENT.number)
    done = ask(counter, card, applicant=himself, draft=draft)
    assert state_of(counter, done) == ApplicationState.TO_APPROVE
    new = new_of(counter, done)
    assert new.card.card_number == AGENT.number
    assert new.person_id == counter.card(card).person_id
    for resident in (new.resident, counter.holder(card)):
        person = counter.store.applications.person_of(Realm.TRAINING, resident)
        assert person == new.person_id


def test_data_of_another_person_are_refused(counter: Counter) -> None:
    card = lost(counter)
    other = counter.holder(counter.ready(2)).number
    draft = corrected(counter, card, **of_number(other))
    assert [type(one.fault) for one in counter.desk.check_reissue(card, draft)] == [NumberOfAnother]
    with pytest.raises(NumberOfAnother):
        ask(counter, card, draft=draft)
    with pytest.raises(ResidentRefused):
        ask(counter, card, draft=corrected(counter, card, contacts__0__phone="12", phones__0="12"))
    assert counter.state(card) is CardState.LOST


# Who may ----------------------------------------------------------------------------------------------


def mine_of(counter: Counter, number: str) -> bytes:
    """The token of whose number this is."""
    somebody = Resident("", "0", None, "", citizen_id=number)
    return counter.store.records.read(
        lambda unit: unit.applications.person_token(counter.place.realm, somebody)
    )


def test_only_a_clerk_takes_the_order_and_never_for_themselves(counter: Counter) -> None:
    card = lost(counter)
    form = ReissueForm(counter.himself(card))
    counter.session.begin(SUPERVISOR)
    with pytest.raises(NotPermitted):
        counter.desk.reissue(card, form)
    holder = counter.holder(card)

    def token(unit: Unit) -> bytes:
        return unit.applications.person_token(counter.place.realm, holder)

    counter.session.begin(replace(CLERK, person_token=counter.store.records.read(token)))
    with pytest.raises(NotByOneself):
        counter.desk.reissue(card, form)
    # Nor by a number that is typed over the holder's.
    counter.session.begin(CLERK)
    mine = corrected(counter, card, **of_number(AGENT.number))
    himself = mine_of(counter, AGENT.number)
    counter.session.begin(replace(CLERK, person_token=himself))
    with pytest.raises(NotByOneself):
        counter.desk.reissue(card, replace(form, draft=mine))
    assert counter.refused() == ["staff.not-permitted", *["staff.not-by-oneself"] * 2]
    assert counter.state(card) is CardState.LOST
