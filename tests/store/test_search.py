"""People found by what a clerk types, over a real store; tokens follow the newest version."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.application import FrozenApplication, Realm
from app.domain.search import VERSION
from app.store import search
from app.store.store import Store, open_store
from tests.store.support import application, context

NAMES = ("样例甲子", "样例乙丑", "测试甲寅", "样例·古丽", "训练𠅤")
REALM = Realm.TRAINING


def named(kept: FrozenApplication, name: str) -> FrozenApplication:
    return replace(kept, resident=replace(kept.resident, name=name))


@pytest.fixture
def people(store: Store) -> list[FrozenApplication]:
    kept = [named(application(number), name) for number, name in enumerate(NAMES, start=1)]
    for each in kept:
        store.applications.freeze(each)
    return kept


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("样例", {0, 1, 3}),
        ("甲", {0, 2}),
        ("yljz", {0}),
        ("csjy", {2}),
        ("𠅤", {4}),
        ("080003", {2}),
        ("410102199003080003", {2}),
        ("没有的人", set()),
        ("", set()),
    ],
)
def test_typed(store: Store, people: list[FrozenApplication], typed: str, numbers: set[int]) -> None:
    found = store.applications.find(REALM, typed, 20)
    assert set(found) == {people[number].person_id for number in numbers}
    assert len(found) == len(set(found))


def test_one_phone_of_many_finds_them_all_newest_first_and_no_more_than_asked(
    store: Store, people: list[FrozenApplication]
) -> None:
    found = store.applications.find(REALM, "13800001234", 20)
    assert found == [each.person_id for each in reversed(people)]
    assert store.applications.find(REALM, "1234", 2) == found[:2]


def test_another_realm_finds_nobody(store: Store, people: list[FrozenApplication]) -> None:
    assert people and not store.applications.find(Realm.LIVE, "样例", 20)


def test_a_new_version_takes_the_place_of_the_old_words(
    store: Store, people: list[FrozenApplication]
) -> None:
    store.applications.freeze(named(replace(people[0], version=2), "样例改名"))
    assert store.applications.find(REALM, "改名", 20) == [people[0].person_id]
    assert store.applications.find(REALM, "甲子", 20) == []


def test_who_may_be_the_same_person(store: Store, people: list[FrozenApplication]) -> None:
    like = replace(people[1].resident, citizen_id="410102199912310019", phones=())
    assert store.applications.alike(REALM, like, 20) == [people[1].person_id]
    other = replace(like, birth_date="19000101")
    assert store.applications.alike(REALM, other, 20) == []
    # The old number of fifteen digits; here it is that of all who differ in the check digit alone.
    old = store.applications.alike(REALM, replace(other, citizen_id="410102900308000"), 20)
    assert set(old) == {each.person_id for each in people[1:]}


def test_tokens_of_an_older_program_are_made_anew_once(
    store: Store, people: list[FrozenApplication], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not store.applications.index(), "a new store is up to date"
    tokens = store.applications._tables.search_token
    tokens.delete().execute()
    store.close()
    monkeypatch.setattr(search, "VERSION", VERSION + 1)
    again = open_store(folder, context())
    try:
        assert again.applications.find(REALM, "乙丑", 20) == [people[1].person_id]
        assert not again.applications.index()
    finally:
        again.close()


def test_no_word_of_a_name_stands_in_the_table(store: Store, people: list[FrozenApplication]) -> None:
    rows = list(store.applications._tables.search_token.select().tuples())
    shown = b"".join(bytes(row[1]) for row in rows)
    assert len(rows) > 20 * len(people)
    for name in NAMES:
        assert name[:2].encode() not in shown and name[:2].encode("utf-16-le") not in shown
