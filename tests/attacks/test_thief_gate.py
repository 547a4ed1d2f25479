"""A dishonest clerk at the one door of every act: old proofs, used proofs, people who left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.base.clock import ManualClock
from app.domain.staff import (
    FreshSignInNeeded,
    NotByOneself,
    NotPermitted,
    Presence,
    Role,
    SecondPersonNeeded,
    StaffLeft,
)
from app.workflow.gate import PRESENCE_MS
from tests.helpers.people import NAMES, PASSWORDS, People, people
from tests.workflow.card_support import NOON

FOUR_EYES = "waive-fee"
BOTH = "void-receipt"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[People]:
    with people(tmp_path / "store", ManualClock(NOON)) as opened:
        opened.enter(Role.CLERK)
        yield opened


def stands(desk: People, role: Role, act: str) -> Presence:
    return desk.sign_in.present(act, NAMES[role], PASSWORDS[role])


def change(desk: People, who: Role, *, role: Role | None = None, active: bool | None = None) -> None:
    """The security administrator changes somebody's entry, at another window of this desk."""
    before = desk.session.present
    desk.session.begin(desk.members[Role.SECURITY].actor)
    member = desk.members[who]
    records = desk.store.records
    records.durable("test", lambda unit: unit.staff.change(member.id, role=role, active=active))
    assert before is not None
    desk.session.begin(before)


def faults(desk: People) -> list[str]:
    return [told[4] for told in desk.ledger.told() if told[0] == "refused"]


def test_a_second_person_signs_one_act_and_not_the_next(desk: People) -> None:
    once = stands(desk, Role.SUPERVISOR, FOUR_EYES)
    assert desk.gate.enter(FOUR_EYES, second=once).second is not None
    with pytest.raises(SecondPersonNeeded):
        desk.gate.enter(FOUR_EYES, second=once)
    assert faults(desk) == [SecondPersonNeeded.code]
    assert desk.gate.enter(FOUR_EYES, second=stands(desk, Role.SUPERVISOR, FOUR_EYES)).second


def test_a_password_confirms_one_act_and_not_the_next(desk: People) -> None:
    fresh = desk.sign_in.present_again("block-card", PASSWORDS[Role.CLERK])
    desk.gate.enter("block-card", fresh=fresh)
    with pytest.raises(FreshSignInNeeded):
        desk.gate.enter("block-card", fresh=fresh)


def test_what_was_refused_for_another_reason_used_nothing_up(desk: People) -> None:
    second = stands(desk, Role.SUPERVISOR, BOTH)
    with pytest.raises(FreshSignInNeeded):
        desk.gate.enter(BOTH, second=second)
    fresh = desk.sign_in.present_again(BOTH, PASSWORDS[Role.CLERK])
    assert desk.gate.enter(BOTH, second=second, fresh=fresh).second is not None


@pytest.mark.parametrize("moved", [PRESENCE_MS + 1, -1])
def test_a_proof_of_another_time_or_of_another_act_is_none(desk: People, moved: int) -> None:
    old = stands(desk, Role.SUPERVISOR, FOUR_EYES)
    desk.clock.advance(moved)
    other = stands(desk, Role.SUPERVISOR, "close-shift-with-difference")
    for presence in (old, other):
        with pytest.raises(SecondPersonNeeded):
            desk.gate.enter(FOUR_EYES, second=presence)


@pytest.mark.parametrize("spelling", ["样例经办", " 样例 经办 ", "样例经办\u3000"])
def test_nobody_is_their_own_second_person_however_they_write_their_name(
    desk: People, spelling: str
) -> None:
    myself = desk.sign_in.present(FOUR_EYES, spelling, PASSWORDS[Role.CLERK])
    with pytest.raises(NotByOneself):
        desk.gate.enter(FOUR_EYES, second=myself)


def test_a_supervisor_who_was_let_go_signs_nothing_that_is_still_in_hand(desk: People) -> None:
    second = stands(desk, Role.SUPERVISOR, FOUR_EYES)
    change(desk, Role.SUPERVISOR, active=False)
    with pytest.raises(StaffLeft):
        desk.gate.enter(FOUR_EYES, second=second)
    assert faults(desk) == [StaffLeft.code]


def test_a_supervisor_who_is_one_no_longer_approves_nothing(desk: People) -> None:
    second = stands(desk, Role.SUPERVISOR, FOUR_EYES)
    change(desk, Role.SUPERVISOR, role=Role.CLERK)
    with pytest.raises(NotPermitted):
        desk.gate.enter(FOUR_EYES, second=second)


def test_a_clerk_who_was_let_go_does_nothing_more_at_an_open_window(desk: People) -> None:
    change(desk, Role.CLERK, active=False)
    for act in (lambda: desk.gate.enter("issue"), lambda: desk.gate.view("till")):
        with pytest.raises(StaffLeft):
            act()
    assert faults(desk) == [StaffLeft.code, StaffLeft.code]


def test_a_clerk_with_another_role_now_has_the_acts_of_that_one(desk: People) -> None:
    change(desk, Role.CLERK, role=Role.AUDIT)
    with pytest.raises(NotPermitted):
        desk.gate.enter("issue")
    assert desk.gate.view("audit").role is Role.AUDIT
