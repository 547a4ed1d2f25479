"""Lives as tables: what they allow, refuse and say; and that code, page and words are those tables."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.base.catalogue import Catalogue
from app.base.resources import read_toml, resource
from app.domain.card import LIVING, CardEventKind, CardState
from app.domain.lives import (
    AS_BEFORE,
    EventNotAllowed,
    GuardNotMet,
    Life,
    RoleNotAllowed,
    load_life,
)
from app.domain.order import CLOSED_APPLICATION, ApplicationEvent, ApplicationState
from app.domain.ports import CaseEvent, CaseState
from app.domain.staff import Role
from app.domain.stock import BlankState
from app.domain.till import ReceiptState
from tools import lifecycle

STATES: dict[str, type[StrEnum]] = {
    "application": ApplicationState,
    "making": CaseState,
    "card": CardState,
    "blank": BlankState,
    "receipt": ReceiptState,
}
EVENTS: dict[str, type[StrEnum]] = {
    "application": ApplicationEvent,
    "making": CaseEvent,
    "card": CardEventKind,
}
LIVES = sorted(STATES)
# Where a life rests without being over: a blank that was made into a card goes on as that card.
RESTS = {"blank": {"issued"}}


@pytest.fixture(scope="module")
def card() -> Life:
    return load_life("card")


def test_every_life_is_known_here() -> None:
    assert sorted(path.stem for path in resource("lives").glob("*.toml")) == LIVES
    assert sorted(lifecycle.ORDER) == LIVES


@pytest.mark.parametrize("name", LIVES)
def test_the_states_of_the_program_are_those_of_the_table(name: str) -> None:
    life = load_life(name)
    assert sorted(life.states) == sorted(state.value for state in STATES[name])
    if name in EVENTS:
        assert sorted(life.events) == sorted(event.value for event in EVENTS[name])


@pytest.mark.parametrize("name", LIVES)
def test_a_life_ends_only_where_it_says_so(name: str) -> None:
    life = load_life(name)
    ends = {state for state in life.states if not life.possible(state)}
    assert ends == life.final
    # From wherever a thing is, an end can be reached; nothing stays behind in a corner.
    ending = life.final | RESTS.get(name, set())
    while True:
        more = {step.state for step in life.steps if step.next in ending} - ending
        if not more:
            break
        ending = ending | more
    assert ending == set(life.states)


def test_a_dead_card_never_lives_again(card: Life) -> None:
    """rules.md, Life of a card: the old card is dead for good, also if found."""
    living = {state.value for state in LIVING}
    for step in card.steps:
        if step.state not in living:
            assert step.next not in living, step


def test_an_application_is_closed_where_its_life_ends() -> None:
    assert load_life("application").final == {state.value for state in CLOSED_APPLICATION}


def test_only_a_loss_goes_back(card: Life) -> None:
    assert {(step.state, step.event) for step in card.steps if step.next == AS_BEFORE} == {
        ("provisionally-lost", "lapse"),
        ("provisionally-lost", "find"),
        ("lost", "find"),
    }


# --------------------------------------------------------------------------------------- asking it


def test_a_row_leads_to_its_next_state(card: Life) -> None:
    step = card.step("ready", "hand-over", Role.CLERK, {"collector-checked": True})
    assert step.target(None) == "collected"
    back = card.step("provisionally-lost", "lapse", Role.PROGRAM, {"days-passed": True})
    assert back.target("in-use") == "in-use"
    with pytest.raises(ValueError, match="not kept"):
        back.target(None)


def test_what_is_no_row_is_refused(card: Life) -> None:
    with pytest.raises(EventNotAllowed):
        card.step("dead", "find", Role.CLERK, {})
    with pytest.raises(EventNotAllowed):
        card.row("ready", "activate")


def test_what_another_role_decides_is_refused(card: Life) -> None:
    with pytest.raises(RoleNotAllowed):
        card.step("in-use", "cancel", Role.CLERK, {"second-person": True})
    with pytest.raises(RoleNotAllowed):
        card.step("provisionally-lost", "lapse", Role.SUPERVISOR, {"days-passed": True})


@pytest.mark.parametrize("facts", [{}, {"collector-checked": False}, {"card-read": True}])
def test_a_condition_that_is_not_known_to_hold_stands_against_it(
    card: Life, facts: dict[str, bool]
) -> None:
    with pytest.raises(GuardNotMet) as caught:
        card.step("ready", "hand-over", Role.CLERK, facts)
    assert caught.value.guard == "collector-checked"


def test_a_refusal_speaks_the_words_of_its_own_life(card: Life) -> None:
    with pytest.raises(EventNotAllowed) as caught:
        card.row("spoiled", "hand-over")
    chinese = Catalogue("zh").error(caught.value)
    assert chinese.cause == "卡当前为“废卡”，不能办理“领卡”。"
    english = Catalogue("en").error(caught.value)
    assert english.cause == "Hand-over is not possible: this card is spoiled."
    with pytest.raises(GuardNotMet) as unmet:
        card.step("ready", "hand-over", Role.CLERK, {})
    assert "领卡人身份已核对" in Catalogue("zh").error(unmet.value).cause
    with pytest.raises(RoleNotAllowed) as stranger:
        card.step("in-use", "cancel", Role.CLERK, {})
    assert Catalogue("zh").error(stranger.value).cause.endswith("无权办理卡的“注销”。")


# ------------------------------------------------------------------------------ tables that are wrong


GOOD = """
title_zh = "灯"
title_en = "lamp"
initial = "off"
final = ["broken"]
[states]
off = "关"
on = "开"
broken = "坏"
[events]
switch = "按"
drop = "摔"
[guards]
power = "有电"
[[step]]
state = "off"
event = "switch"
next = "on"
roles = ["clerk"]
guards = ["power"]
[[step]]
state = "on"
event = "drop"
next = "broken"
roles = ["clerk"]
"""


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('event = "drop"', 'event = "kick"', "names what is not there"),
        ('guards = ["power"]', 'guards = ["luck"]', "names what is not there"),
        ('next = "on"', 'next = "bright"', "names what is not there"),
        ('final = ["broken"]', 'final = ["on"]', "is final and has"),
        ('final = ["broken"]', 'final = ["gone"]', "never reached"),
        ('next = "on"', 'next = "off"', "never reached"),
        ('initial = "off"', 'initial = "dim"', "never reached"),
        ('guards = ["power"]', "", "in no row"),
        ('drop = "摔"', 'drop = "摔"\nburn = "烧"', "in no row"),
        ('state = "on"\nevent = "drop"', 'state = "off"\nevent = "switch"', "two rows"),
        ('roles = ["clerk"]\nguards', 'roles = ["cleaner"]\nguards', "cleaner"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    (tmp_path / "lamp.toml").write_text(GOOD, encoding="utf-8")
    assert load_life("lamp", tmp_path).initial == "off"
    assert old in GOOD
    (tmp_path / "lamp.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ValueError, match=fault):
        load_life("lamp", tmp_path)


# ------------------------------------------------------------------------------- what is drawn of them


def test_the_page_and_the_words_are_what_the_tables_say() -> None:
    for path, text in lifecycle.wanted().items():
        assert path.read_text(encoding="utf-8") == text, f"run tools/lifecycle.py: {path.name}"


def test_the_check_notices_another_word(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "page.md"
    other.write_text("an older page", encoding="utf-8")
    monkeypatch.setattr(lifecycle, "ROOT", tmp_path)
    monkeypatch.setattr(lifecycle, "wanted", lambda: {other: "the page"})
    assert lifecycle.main(["--check"]) == 1
    assert other.read_text(encoding="utf-8") == "an older page"
    assert lifecycle.main([]) == 0
    assert other.read_text(encoding="utf-8") == "the page"
    assert lifecycle.main(["--check"]) == 0


def test_every_row_is_drawn() -> None:
    page = lifecycle.page(lifecycle.lives())
    rows = sum(len(life.steps) for life in lifecycle.lives())
    assert page.count("\n| ") - page.count("\n| state ") == rows
    assert "    provisionally_lost --> collected : 临时挂失到期 lapse" in page
    assert "    lost --> in_use : 解挂 find" in page


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_every_word_of_a_life_is_in_the_catalogue(language: str) -> None:
    with lifecycle.WORDS[language].open("rb") as stream:
        found = {(m.context, str(m.id)): str(m.string) for m in read_po(stream) if m.id}
    for life in lifecycle.lives():
        assert found["life", life.name]
        english = read_toml(resource("lives", f"{life.name}.toml"))["english"]
        for part, words in (("state", life.states), ("event", life.events), ("guard", life.guards)):
            assert english[f"{part}s"].keys() == words.keys()
            # An event begins its sentence, a state and a condition end theirs.
            assert all(said[0].isupper() is (part == "event") for said in english[f"{part}s"].values())
            for key, chinese in words.items():
                shown = found[f"{life.name}-{part}", key]
                assert shown == (chinese if language == "zh_CN" else english[f"{part}s"][key])
