"""Applications, cases and intents: what is kept, what is refused, what waits for the next commit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from peewee import IntegrityError

from app.base.clock import ManualClock
from app.crypto.sealing import SealBroken
from app.domain.application import Realm
from app.domain.lives import EventNotAllowed
from app.domain.ports import CaseState, IntentKind, Outcome
from app.store import errors
from app.store.journal import JournalStore
from app.store.store import Store, create, open_store
from app.store.timings import SLOTS
from app.store.work import CLOCK_TOLERANCE_MS
from tests.store.support import RESIDENT, application, context, make_card, passport_holder

PLAN = "ab" * 32


@pytest.fixture
def journal(store: Store) -> JournalStore:
    store.applications.freeze(application())
    return store.journal


# ---------------------------------------------------------------------------------- applications


def test_versions_are_kept_side_by_side(store: Store) -> None:
    first = application()
    moved = replace(first, version=2, resident=replace(RESIDENT, phones=("13700000000",)))
    store.applications.freeze(first)
    store.applications.freeze(moved)
    assert store.applications.get(first.id) == moved
    assert store.applications.get(first.id, 1) == first
    assert store.applications.list() == [moved]
    assert store.applications.number_of(first.id) == "X01-A000001"


@pytest.mark.parametrize("version", [0, 1, 3])
def test_only_the_next_version_is_taken(store: Store, version: int) -> None:
    store.applications.freeze(application())
    with pytest.raises(errors.ApplicationChanged):
        store.applications.freeze(application(version=version))
    assert store.applications.get(application().id).version == 1


def test_an_application_does_not_change_its_person(store: Store) -> None:
    store.applications.freeze(application())
    other = replace(application(2), id=application().id, version=2)
    with pytest.raises(errors.ApplicationChanged):
        store.applications.freeze(other)
    assert store.applications.person_of(Realm.TRAINING, other.resident) is None


def test_pages_follow_the_ids(store: Store) -> None:
    made = [application(number) for number in range(1, 6)]
    for frozen in reversed(made):
        store.applications.freeze(frozen)
    assert store.applications.list(limit=2) == made[:2]
    assert store.applications.list(after=made[1].id, limit=2) == made[2:4]
    assert store.applications.list(after=made[4].id) == []


def test_what_is_not_there_is_a_known_fault(store: Store) -> None:
    store.applications.freeze(application())
    for ask in (
        lambda: store.applications.get("none"),
        lambda: store.applications.get(application().id, 2),
        lambda: store.applications.number_of("none"),
    ):
        with pytest.raises(errors.NoSuchApplication):
            ask()
    with pytest.raises(errors.NoSuchCase):
        store.journal.case("none")
    with pytest.raises(KeyError):
        store.journal.note_outcome("none", Outcome.DONE)


def test_a_person_is_found_by_the_number_and_stands_here_once(store: Store) -> None:
    store.applications.freeze(application())
    store.applications.freeze(passport_holder())
    assert store.applications.person_of(Realm.TRAINING, RESIDENT) == "person-0001"
    passport = replace(passport_holder().resident, name="别名")
    assert passport.other_document is not None
    capital = replace(passport, other_document=replace(passport.other_document, number="E12345678 "))
    assert store.applications.person_of(Realm.TRAINING, capital) == "person-p"
    other_kind = passport_holder("04").resident
    assert store.applications.person_of(Realm.TRAINING, other_kind) is None
    with pytest.raises(errors.PersonKnown) as caught:
        store.applications.freeze(replace(application(), id="second", person_id="another"))
    assert caught.value.person_id == "person-0001"
    store.applications.freeze(replace(application(), id="second"))
    assert store.applications.of_person("person-0001") == ["application-0001", "second"]


@pytest.mark.parametrize("realm", [Realm.LIVE, Realm.TEST])
def test_a_training_store_keeps_training_only(store: Store, realm: Realm) -> None:
    with pytest.raises(errors.RealmRefused):
        store.applications.freeze(application(realm=realm))
    assert store.applications.list() == []


def test_a_sealed_application_moved_to_another_row_does_not_open(store: Store) -> None:
    store.applications.freeze(application(1))
    store.applications.freeze(application(2))
    store._database.execute_sql(
        "UPDATE application_version SET sealed = (SELECT sealed FROM application_version"
        " WHERE application_id = 'application-0002') WHERE application_id = 'application-0001'"
    )
    with pytest.raises(SealBroken):
        store.applications.get("application-0001")
    assert store.applications.get("application-0002") == application(2)


# -------------------------------------------------------------------------------------- one card


def test_a_card_is_made_in_seven_durable_commits(store: Store) -> None:
    case = store.journal.case(make_card(store))
    assert (case.state, case.number, case.chip_serial, case.plan_id) == (
        CaseState.VERIFIED,
        "X01-C000001",
        "4100000000000001",
        PLAN,
    )
    assert store.journal.durable_commits == 7
    assert {intent.outcome for intent in store.journal.intents(case.id)} == {Outcome.DONE}
    assert store.journal.open_cases() == []


def test_one_open_case_a_person(journal: JournalStore) -> None:
    case = journal.open_case(application())
    with pytest.raises(errors.CaseOpen) as caught:
        journal.open_case(application())
    assert caught.value.number == case.number
    journal.spoil(case.id, "chip dead")
    again = journal.open_case(application())
    assert (again.number, journal.open_cases()) == ("X01-C000002", [again])
    assert [found.id for found in journal.cases_of(application().id)] == [case.id, again.id]


def test_one_living_card_a_person(store: Store) -> None:
    make_card(store)
    with pytest.raises(errors.CardLives):
        store.journal.open_case(application())


def test_the_database_itself_refuses_a_second_card(store: Store) -> None:
    make_card(store)
    store._database.execute_sql(
        "INSERT INTO making SELECT 'other', realm, 'other', person_id, application_id,"
        " application_version, 'queued', NULL, NULL, opened_ms, opened_seq, changed_ms, changed_seq"
        " FROM making"
    )
    with pytest.raises(IntegrityError, match=r"card\.realm, card\.person_id|card_one_living"):
        store._database.execute_sql(
            "INSERT INTO card SELECT 'other', realm, person_id, application_id, 'making', NULL, NULL,"
            " 2, changed_ms, changed_seq, 0 FROM card"
        )


def test_one_case_a_chip_for_good(store: Store, journal: JournalStore) -> None:
    case = journal.open_case(application())
    journal.bind_chip(case.id, "C1", "C1", "kt-strict", PLAN)
    journal.spoil(case.id, "misprint")
    store.applications.freeze(application(2))
    other = journal.open_case(application(2))
    with pytest.raises(errors.ChipTaken) as caught:
        journal.bind_chip(other.id, "C1", "C1", "kt-strict", PLAN)
    assert caught.value.number == case.number
    assert journal.case(other.id) == other
    assert journal.intents(other.id) == []
    owner = journal.case_of_chip(Realm.TRAINING, "C1")
    assert owner is not None
    assert (owner.id, owner.state) == (case.id, CaseState.SPOILED)
    assert journal.case_of_chip(Realm.TEST, "C1") is None


def test_a_case_keeps_its_chip_and_plan(journal: JournalStore) -> None:
    case = journal.open_case(application())
    bound = journal.bind_chip(case.id, "C1", "C1", "kt-strict", PLAN)
    assert journal.bind_chip(case.id, "C1", "C1", "kt-strict", PLAN) == bound
    assert len(journal.intents(case.id)) == 1
    for serial, plan in (("C2", PLAN), ("C1", "cd" * 32)):
        with pytest.raises(errors.ChipDiffers):
            journal.bind_chip(case.id, serial, serial, "kt-strict", plan)


def test_a_closed_case_stays_closed(store: Store) -> None:
    case_id = make_card(store)
    for act in (
        lambda: store.journal.intend(case_id, IntentKind.PRINT_FRONT, "front"),
        lambda: store.journal.bind_chip(case_id, "C9", "C9", "kt-strict", PLAN),
        lambda: store.journal.note_state(case_id, CaseState.WRITING),
        lambda: store.journal.spoil(case_id, "too late"),
    ):
        with pytest.raises(errors.CaseClosed):
            act()


# ----------------------------------------------------------------------------------------- notes


def test_notes_are_seen_at_once_and_travel_in_the_next_commit(folder: Path, clock: ManualClock) -> None:
    store = create(folder, context(clock=clock))
    store.applications.freeze(application())
    journal = store.journal
    case = journal.open_case(application())
    journal.bind_chip(case.id, "C1", "C1", "kt-strict", PLAN)
    commits = journal.durable_commits
    clock.advance(5)
    journal.note_state(case.id, CaseState.WRITTEN)
    assert journal.durable_commits == commits
    assert journal.case(case.id).state is CaseState.WRITTEN
    assert journal.intents(case.id)[0].outcome is Outcome.DONE

    beside = open_store(folder, context(clock=clock))
    assert beside.journal.case(case.id).state is CaseState.WRITING
    journal.intend(case.id, IntentKind.ACTIVATE, "C1")
    seen = beside.journal.case(case.id)
    assert (seen.state, seen.changed_ms) == (CaseState.WRITTEN, clock.now_ms())
    assert [i.outcome for i in beside.journal.intents(case.id)] == [Outcome.DONE, None]
    beside.close()
    store.close()


def test_a_refused_act_keeps_the_notes_waiting(folder: Path) -> None:
    store = create(folder, context())
    store.applications.freeze(application())
    case = store.journal.open_case(application())
    store.journal.note_state(case.id, CaseState.UNKNOWN)
    with pytest.raises(errors.CaseOpen):
        store.journal.open_case(application())
    assert store.journal.case(case.id).state is CaseState.UNKNOWN
    store.close()  # closing records what is noted
    again = open_store(folder, context())
    assert again.journal.case(case.id).state is CaseState.UNKNOWN
    again.close()


def test_nothing_noted_is_no_commit(journal: JournalStore) -> None:
    before = journal.durable_commits
    journal.commit()
    assert journal.durable_commits == before


def test_an_abandoned_store_shows_its_open_intents(folder: Path) -> None:
    left = create(folder, context())
    left.applications.freeze(application())
    case = left.journal.open_case(application())
    left.journal.intend(case.id, IntentKind.PRINT_FRONT, "front")
    left.journal.note_state(case.id, CaseState.UNKNOWN)  # never committed
    left._database.close()
    again = open_store(folder, context())
    assert [found.state for found in again.journal.open_cases()] == [CaseState.QUEUED]
    assert [i.outcome for i in again.journal.intents(case.id)] == [None]
    again.close()


def test_a_case_is_not_verified_while_a_page_is_in_doubt(journal: JournalStore) -> None:
    case = journal.open_case(application())
    journal.bind_chip(case.id, "C1", "C1", "kt-strict", PLAN)
    journal.note_state(case.id, CaseState.WRITTEN)
    page = journal.intend(case.id, IntentKind.PRINT_FRONT, "front")
    with pytest.raises(errors.IntentUnsettled) as caught:
        journal.note_state(case.id, CaseState.VERIFIED)
    assert caught.value.kind == "print-front"
    journal.note_outcome(page, Outcome.UNKNOWN)
    journal.note_outcome(page, Outcome.DONE)  # somebody looked
    journal.note_state(case.id, CaseState.VERIFIED)
    journal.commit()
    assert journal.case(case.id).state is CaseState.VERIFIED


@pytest.mark.parametrize("state", [CaseState.PRINTED, CaseState.VERIFIED, CaseState.WRITTEN])
def test_a_case_takes_no_step_that_its_life_does_not_have(
    journal: JournalStore, state: CaseState
) -> None:
    case = journal.open_case(application())
    with pytest.raises(EventNotAllowed) as caught:
        journal.note_state(case.id, state)
    assert (caught.value.life, caught.value.state) == ("making", "queued")
    assert not journal.pending()


def test_a_known_outcome_does_not_change(journal: JournalStore) -> None:
    case = journal.open_case(application())
    page = journal.intend(case.id, IntentKind.PRINT_FRONT, "front")
    journal.note_outcome(page, Outcome.NOT_DONE)
    journal.note_outcome(page, Outcome.NOT_DONE)
    with pytest.raises(ValueError, match="not-done"):
        journal.note_outcome(page, Outcome.DONE)


# ------------------------------------------------------------------------------ time and numbers


def test_numbers_have_no_gap_when_work_is_undone(folder: Path) -> None:
    stop = False

    def on_commit(point: str) -> None:
        if stop and point == "before open-case":
            raise RuntimeError("cut here")

    store = create(folder, context(on_commit=on_commit))
    numbers = []
    for number in range(1, 6):
        store.applications.freeze(application(number))
        stop = True
        with pytest.raises(RuntimeError):
            store.journal.open_case(application(number))
        stop = False
        numbers.append(store.journal.open_case(application(number)).number)
    assert numbers == [f"X01-C{number:06d}" for number in range(1, 6)]
    store.close()


def test_a_clock_that_went_back_begins_nothing_and_still_records(
    journal: JournalStore, clock: ManualClock
) -> None:
    case = journal.open_case(application())
    clock.advance(-CLOCK_TOLERANCE_MS)
    page = journal.intend(case.id, IntentKind.PRINT_FRONT, "front")
    assert journal.intents(case.id)[0].at_ms == clock.now_ms() + CLOCK_TOLERANCE_MS
    clock.advance(-3_600_000)
    with pytest.raises(errors.ClockWentBack) as caught:
        journal.intend(case.id, IntentKind.PRINT_BACK, "back")
    assert caught.value.seconds == 3605
    journal.note_outcome(page, Outcome.DONE)
    journal.commit()
    clock.advance(3_700_000)
    journal.intend(case.id, IntentKind.PRINT_BACK, "back")
    assert [i.outcome for i in journal.intents(case.id)] == [Outcome.DONE, None]


def test_forecasts_are_the_median_of_the_last_durations(folder: Path) -> None:
    store = create(folder, context())
    for ms in range(100):
        store.timings.note("card", "write", ms)
        if ms % 7 == 0:
            store.journal.commit()
    store.timings.note("card", "verify", 5)
    store.close()
    again = open_store(folder, context())
    last = range(100 - SLOTS, 100)
    assert again.timings.forecast("card") == {"write": round(sum(last) / SLOTS), "verify": 5}
    assert again.timings.forecast("printer") == {}
    again.close()


def test_no_issue_serial_stands_on_two_cards(store: Store) -> None:
    journal = store.journal
    store.applications.freeze(application(1))
    store.applications.freeze(application(2))
    first, second = journal.open_case(application(1)), journal.open_case(application(2))
    journal.bind_chip(first.id, "AAAAAA0405060708", "0405060708", "kt-strict", PLAN)
    with pytest.raises(errors.IssueSerialTaken) as caught:
        journal.bind_chip(second.id, "BBBBBB0405060708", "0405060708", "kt-strict", PLAN)
    assert caught.value.number == first.number
    assert journal.case(second.id) == second
    assert journal.intents(second.id) == []
