"""Fees as data: one whole amount for each reason on every day; a file that says otherwise is refused."""

from __future__ import annotations

import copy
import datetime as dt
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.resources import resource
from app.domain.application import Realm
from app.domain.fees import (
    FeeProofMissing,
    FeesInvalid,
    NoFee,
    fee_for,
    load_fees,
    order_fee,
    read_fees,
    rule_since,
)
from app.domain.order import FIRST_ISSUE
from tests.store.support import application

SHIPPED = load_fees()
TOLD: dict[str, Any] = tomllib.loads((resource("fees") / "schedule.toml").read_text(encoding="utf-8"))
DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2060, 12, 31))


def told(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(TOLD) | changes


def one_rule(rates: list[dict[str, Any]], since: dt.date, **more: Any) -> dict[str, Any]:
    row = {"reason": "lost", "title_zh": "遗失", "title_en": "Lost", "rates": rates, "funding": "public"}
    return told(fee=[row | more], since=since)


@st.composite
def schedules(draw: st.DrawFn) -> tuple[dict[str, Any], list[tuple[dt.date, int]]]:
    """A file with one reason, and its amounts as they were drawn."""
    days = sorted(draw(st.sets(DAYS, min_size=1, max_size=6)))
    amounts = [draw(st.integers(0, 10_000_000)) for _ in days]
    rates = [{"since": day, "fen": fen} for day, fen in zip(days, amounts, strict=True)]
    return one_rule(rates, days[0]), list(zip(days, amounts, strict=True))


@given(schedules(), DAYS)
def test_every_day_has_exactly_one_amount(
    drawn: tuple[dict[str, Any], list[tuple[dt.date, int]]], day: dt.date
) -> None:
    file, rates = drawn
    schedule = read_fees(file)
    # Told the plain way: each amount stands from its day up to the day before the next.
    ends = [since for since, _fen in rates[1:]] + [dt.date.max]
    standing = [
        (since, fen) for (since, fen), end in zip(rates, ends, strict=True) if since <= day < end
    ]
    if day < rates[0][0]:
        assert standing == []
        with pytest.raises(NoFee):
            fee_for(schedule, "lost", day)
        return
    fee = fee_for(schedule, "lost", day)
    assert [(fee.since, fee.fen)] == standing
    assert type(fee.fen) is int
    assert rule_since(fee.rule) == fee.since


@given(schedules(), st.data())
def test_an_amount_changes_on_its_first_day_and_on_no_other(
    drawn: tuple[dict[str, Any], list[tuple[dt.date, int]]], data: st.DataObject
) -> None:
    file, rates = drawn
    schedule = read_fees(file)
    number = data.draw(st.integers(0, len(rates) - 1))
    since, fen = rates[number]
    assert fee_for(schedule, "lost", since).fen == fen
    if number:
        assert fee_for(schedule, "lost", since - dt.timedelta(days=1)).fen == rates[number - 1][1]


def test_the_first_card_is_free_and_says_who_pays_it() -> None:
    for day in (SHIPPED.since, dt.date(2026, 11, 22), dt.date(2060, 1, 1)):
        fee = fee_for(SHIPPED, FIRST_ISSUE, day)
        assert (fee.fen, fee.funding, fee.proof) == (0, "public", ())
    assert SHIPPED.funding["public"].title("zh") == "公共财政"
    assert SHIPPED.funding["public"].title("en") == "Public funds"


@pytest.mark.parametrize("reason", ["damaged-by-maker", "misprint", "warranty"])
def test_what_is_not_the_holders_doing_is_free_beside_its_proof(reason: str) -> None:
    fee = fee_for(SHIPPED, reason, dt.date(2026, 11, 22))
    assert fee.fen == 0
    assert fee.funding == "maker"
    with pytest.raises(FeeProofMissing):
        fee.owed("a", Realm.TRAINING, "p", 1)
    with pytest.raises(FeeProofMissing):
        fee.owed("a", Realm.TRAINING, "p", 1, proof="household-register")
    due = fee.owed("a", Realm.TRAINING, "p", 1, proof=fee.proof[0])
    assert (due.fen, due.open, due.proof) == (0, False, fee.proof[0])


@pytest.mark.parametrize("reason", ["lost", "damaged-by-holder", "expiry"])
def test_what_is_the_residents_is_charged_by_the_rule_of_the_day(reason: str) -> None:
    assert fee_for(SHIPPED, reason, dt.date(2017, 3, 31)).fen == 2500
    fee = fee_for(SHIPPED, reason, dt.date(2017, 4, 1))
    assert (fee.fen, fee.rule) == (2000, f"sample/{reason}/2017-04-01")
    due = fee.owed("a", Realm.TRAINING, "p", 7)
    assert (due.open, due.receipt, due.owed_ms, due.rule) == (True, None, 7, fee.rule)


def test_a_reason_that_nobody_ruled_costs_nothing_and_is_refused() -> None:
    with pytest.raises(NoFee):
        fee_for(SHIPPED, "whim", dt.date(2026, 11, 22))
    with pytest.raises(NoFee):
        fee_for(SHIPPED, "lost", SHIPPED.since - dt.timedelta(days=1))
    assert SHIPPED.reason("lost").title("zh") == "遗失补卡"
    assert SHIPPED.reason("whim").title("en") == "whim"
    assert rule_since("whim") is None


@pytest.mark.parametrize(
    "fen", [20.0, 0.5, -1, "2000", True, None, [2000], 10_000_001, float("nan"), dt.date(2020, 1, 1)]
)
def test_no_amount_but_whole_fen_is_taken(fen: object) -> None:
    day = dt.date(2020, 1, 1)
    with pytest.raises(FeesInvalid) as caught:
        read_fees(one_rule([{"since": day, "fen": fen}], day))
    assert caught.value.where == "fee 1: fen"


START = dt.date(2020, 1, 1)
LATER = dt.date(2021, 1, 1)


@pytest.mark.parametrize(
    ("rates", "why"),
    [
        ([], "no amount at all"),
        ([{"since": LATER, "fen": 1}], "days before the first amount"),
        ([{"since": START, "fen": 1}, {"since": START, "fen": 2}], "a day with two amounts"),
        ([{"since": LATER, "fen": 1}, {"since": START, "fen": 2}], "out of order"),
        ("none", "no list"),
        ([1], "no table"),
    ],
)
def test_a_gap_or_an_overlap_is_refused(rates: Any, why: str) -> None:
    with pytest.raises(FeesInvalid) as caught:
        read_fees(one_rule(rates, START))
    assert caught.value.where == "fee 1: rates", why


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"id": ""}, "id"),
        ({"id": "a b"}, "id"),
        ({"id": "样例"}, "id"),
        ({"title_zh": 1}, "title_zh"),
        ({"since": "2012-01-01"}, "since"),
        ({"since": dt.datetime(2012, 1, 1, tzinfo=dt.UTC)}, "since"),
        ({"fee": []}, "fee"),
        ({"fee": "lost"}, "fee"),
        ({"fees": []}, "fees"),
        (
            {"waiver": [{"code": "x", "title_zh": "甲", "title_en": "x", "proof": ["y"]}]},
            "waiver 1: proof",
        ),
        (
            {"waiver": [{"code": "x", "title_zh": "甲", "title_en": "x", "proof": [{}]}]},
            "waiver 1: proof",
        ),
        ({"waiver": [{"code": "x", "title_zh": "甲", "title_en": "x", "prof": []}]}, "waiver 1: prof"),
        ({"void": [{"code": "x", "title_zh": "甲", "title_en": "x"}] * 2}, "void 2: x"),
        ({"proof": [{"code": "x", "title_zh": "", "title_en": "x"}]}, "proof 1: title_zh"),
    ],
)
def test_a_file_out_of_order_is_refused_by_its_place(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(FeesInvalid) as caught:
        read_fees(told(**changes))
    assert caught.value.where == where


@pytest.mark.parametrize("payer", [None, "nobody", ["public"]])
def test_a_free_card_says_whose_money_it_is(payer: object) -> None:
    with pytest.raises(FeesInvalid) as caught:
        read_fees(one_rule([{"since": START, "fen": 0}], START, funding=payer))
    assert caught.value.where == "fee 1: funding"


def test_one_reason_has_one_rule() -> None:
    with pytest.raises(FeesInvalid) as caught:
        read_fees(told(fee=TOLD["fee"] + TOLD["fee"][:1]))
    assert caught.value.where == f"fee {len(TOLD['fee']) + 1}: first-issue"


def test_a_provinces_folder_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    text = (resource("fees") / "schedule.toml").read_text(encoding="utf-8")
    (tmp_path / "schedule.toml").write_text(text.replace("fen = 2000", "fen = 1500"), encoding="utf-8")
    assert fee_for(load_fees(tmp_path), "lost", dt.date(2026, 1, 1)).fen == 1500
    assert fee_for(SHIPPED, "lost", dt.date(2026, 1, 1)).fen == 2000


@pytest.mark.parametrize("content", [None, b"id = ", b"\xff\xfe", b""])
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "schedule.toml").write_bytes(content)
    with pytest.raises(FeesInvalid):
        load_fees(tmp_path)


def test_an_order_owes_by_the_civil_day_of_its_moment() -> None:
    fee = order_fee(SHIPPED)
    lost = replace(application(), reason="lost")
    # 2017-03-31T16:00:00Z is midnight in China, where the new amount begins.
    midnight = 1_490_976_000_000
    assert [fee(lost, midnight - 1).fen, fee(lost, midnight).fen] == [2500, 2000]
    first = fee(application(), midnight)
    assert (first.reason, first.fen, first.funding) == (FIRST_ISSUE, 0, "public")
    assert (first.application_id, first.person_id, first.owed_ms) == (
        application().id,
        application().person_id,
        midnight,
    )
