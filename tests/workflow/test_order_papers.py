"""What an application's papers say: to the applicant who signs them, and to who keeps the receipt."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from app.base.resources import read_toml, resource
from app.cardspec.profile import load_profile
from app.documents.papers import AcceptanceReceipt, ApplicationForm, Term
from app.domain.application import FrozenApplication, Realm
from app.domain.codes import load_codes
from app.domain.desk_rules import load_desk_rules
from app.domain.fees import fee_for, load_fees
from app.domain.settings import SettingRefused, workplace_settings
from app.workflow.order_papers import OrderPapers
from app.workflow.paper_words import PaperWords, rule_term
from app.workflow.workplace import workplace_of
from tests.store.support import application

NUMBER = "X02-A000001"
RULES, CODES, FEES = load_desk_rules(), load_codes(), load_fees()


def papers(ready_days: int = 0, **settings: Any) -> OrderPapers:
    told = read_toml(resource("training", "desk.toml")) | settings
    place = workplace_of(workplace_settings(told), load_profile(), Realm.TRAINING, simulated=True)
    words = PaperWords(replace(RULES, ready_days=ready_days), CODES, FEES, place)
    return OrderPapers(CODES, words)


def receipt(made_by: OrderPapers) -> AcceptanceReceipt:
    return made_by.acceptance(application(), NUMBER, None)


def form(order: FrozenApplication) -> ApplicationForm:
    return papers().form(order, NUMBER)


def test_a_receipt_says_where_and_when_to_collect_and_whom_to_call() -> None:
    # 2023-11-15 06:13 in China
    assert [receipt(papers(days)).ready_on for days in (0, 20)] == [
        dt.date(2023, 11, 15),
        dt.date(2023, 12, 5),
    ]
    told = receipt(papers(collect_at="样例楼一层", enquiry_phone="0371-00000001"))
    assert (told.collect_at, told.enquiry_phone) == ("样例楼一层", "0371-00000001")
    # A desk that said neither: its own place, and a line to write on.
    untold = receipt(papers(collect_at="", enquiry_phone=""))
    assert (untold.collect_at, untold.enquiry_phone) == ("训练社区卫生服务中心 02 号台", "")


@pytest.mark.parametrize(
    ("setting", "value"), [("enquiry_phone", "nobody"), ("collect_at", "台" * 61), ("city_code", "")]
)
def test_what_is_no_setting_is_refused_by_its_name(setting: str, value: str) -> None:
    with pytest.raises(SettingRefused) as refused:
        papers(**{setting: value})
    assert refused.value.setting == setting


def test_a_fees_rule_is_told_by_its_schedules_title() -> None:
    order = application()
    fee = fee_for(FEES, "lost", dt.date(2026, 11, 22))
    due = fee.owed(order.id, order.realm, order.person_id, order.frozen_at_ms)
    told = papers().acceptance(order, NUMBER, due)
    assert (told.fee_fen, told.fee_rule) == (
        2000,
        Term(
            "居民健康卡工本费标准（样例）（sample/lost/2017-04-01）",
            "Fees for the Residents' Health Card (sample)",
        ),
    )
    assert rule_term("older/lost/2012-01-01", FEES) == Term("older/lost/2012-01-01")


def test_the_form_has_every_alert_that_goes_onto_the_card_and_the_receipt_none() -> None:
    order = application()
    assert [alert.en for alert in form(order).alerts] == ["asthma"]
    health = replace(
        order.resident.health,
        alerts={"pacemaker": "01", "heart": "00"},
        psychiatric="01",
        other_alert="对花粉敏感",
    )
    order = replace(order, resident=replace(order.resident, health=health))
    assert form(order).alerts == (
        Term("精神病", "psychiatric disorder"),
        Term("心脏起搏器", "pacemaker"),
        Term("对花粉敏感"),
    )
    kept = papers().acceptance(order, NUMBER, None)
    assert not any("精神" in str(value) or "起搏" in str(value) for value in vars(kept).values())


def test_codes_stand_on_the_form_in_both_languages() -> None:
    person = form(application())
    assert (person.sex, person.ethnic) == (Term("男", "male"), Term("汉", "Han"))
    assert person.contacts[0].relation is not None and person.contacts[0].relation.en
    unknown = replace(application().resident, ethnic="77", marital=None)
    told = form(replace(application(), resident=unknown))
    assert (told.ethnic, told.marital) == (Term("77"), None)
