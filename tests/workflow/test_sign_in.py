"""Signing in: who is let in, what a wrong password costs, and what is recorded of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.base.clock import ManualClock
from app.crypto.passwords import PasswordCost, PasswordTooWeak, PinTooWeak
from app.domain.lockout import WAITS_S
from app.domain.staff import Role
from app.workflow.gate import NobodySignedIn
from app.workflow.sign_in import PasswordNeeded, PinRefused, SignInRefused, SignInWaits
from tests.helpers.people import NAMES, PASSWORDS, CountedVerifiers, People, people

CLERK, PASSWORD = NAMES[Role.CLERK], PASSWORDS[Role.CLERK]
WRONG = "not.my-word-1"
PIN = "4719"
DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(ns=3_600_000_000_000)


@pytest.fixture
def desk(tmp_path: Path, clock: ManualClock) -> Iterator[People]:
    with people(tmp_path / "store", clock) as opened:
        opened.ledger.events.clear()
        opened.commits.clear()
        yield opened


def fail(desk: People, times: int, name: str = CLERK) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            desk.sign_in.sign_in(name, WRONG)


def waits(desk: People, name: str = CLERK, password: str = PASSWORD) -> int:
    with pytest.raises(SignInWaits) as caught:
        desk.sign_in.sign_in(name, password)
    return caught.value.seconds


# ------------------------------------------------------------------------------------- in and out


def test_a_person_signs_in_and_out_by_name(desk: People) -> None:
    actor = desk.sign_in.sign_in(f" {CLERK} ", PASSWORD)
    assert (actor.name, actor.role, desk.session.actor) == (CLERK, Role.CLERK, actor)
    desk.sign_in.sign_out()
    assert desk.session.present is None
    assert desk.ledger.told() == [
        ("sign-in", "sign-in", actor.id, "attempt", None),
        ("sign-in", "sign-in", actor.id, "open", None),
        ("sign-out", "sign-out", actor.id, None, None),
    ]
    assert [who.id for _event, who in desk.ledger.events[1:]] == [actor.id, actor.id]


def test_an_unknown_name_and_a_wrong_password_are_told_apart_by_nothing(desk: People) -> None:
    told = []
    for name in (CLERK, "没有此人"):
        desk.commits.clear()
        desk.verifiers.worked = 0
        refusals = []
        for _ in range(4):
            with pytest.raises((SignInRefused, SignInWaits)) as caught:
                desk.sign_in.sign_in(name, WRONG)
            refusals.append((caught.value.code, caught.value.params()))
        told.append((refusals, list(desk.commits), desk.verifiers.worked))
    assert told[0] == told[1]
    assert told[0][2] == 3  # the fourth had to wait, and nothing was computed


def test_an_unknown_name_stands_in_no_record(desk: People) -> None:
    fail(desk, 1, "没有此人")
    assert desk.ledger.told() == [
        ("sign-in", "sign-in", None, "attempt", None),
        ("refused", "sign-in", None, None, "staff.sign-in-refused"),
    ]
    assert "没有此人" not in repr([vars(event) for event, _actor in desk.ledger.events])


def test_whoever_left_is_refused_like_a_stranger(desk: People) -> None:
    member = desk.members[Role.CLERK]
    desk.enter(Role.SECURITY)
    desk.store.records.durable("gone", lambda unit: unit.staff.change(member.id, active=False))
    desk.verifiers.worked = 0
    with pytest.raises(SignInRefused):
        desk.enter(Role.CLERK)
    assert desk.verifiers.worked == 1
    assert desk.session.actor.role is Role.SECURITY


def test_whoever_leaves_while_the_password_is_looked_at_is_refused(desk: People) -> None:
    member = desk.members[Role.CLERK]

    def gone() -> None:
        desk.store.records.durable("gone", lambda unit: unit.staff.change(member.id, active=False))

    desk.verifiers.during = gone
    with pytest.raises(SignInRefused):
        desk.enter(Role.CLERK)


def test_a_password_changed_while_it_is_looked_at_is_the_old_one(desk: People) -> None:
    member = desk.members[Role.CLERK]
    other = desk.verifiers.of_password("other.word-99")

    def changed() -> None:
        desk.store.records.durable("other", lambda unit: unit.staff.set_password(member.id, other))

    desk.verifiers.during = changed
    with pytest.raises(SignInRefused):
        desk.enter(Role.CLERK)


def test_a_verifier_of_another_cost_is_renewed_at_sign_in(desk: People, clock: ManualClock) -> None:
    member = desk.members[Role.CLERK]
    dearer = CountedVerifiers(PasswordCost(memory_kib=16, passes=1, lanes=1))
    desk.sign_in._verifiers = dearer
    desk.enter()
    secret = desk.store.records.read(lambda unit: unit.staff.secret(member.id))
    assert dearer.renewed(secret.password, PASSWORD) is None
    assert desk.verifiers.renewed(secret.password, PASSWORD) is not None
    assert [row for row in desk.ledger.told() if row[0] == "staff"] == []
    desk.sign_in.sign_out()
    desk.enter()


# -------------------------------------------------------------------------------- what waits cost


def test_wrong_passwords_wait_longer_and_longer(desk: People, clock: ManualClock) -> None:
    found = []
    for _ in range(9):
        fail(desk, 1)
        wait = 0
        try:
            desk.sign_in.sign_in(CLERK, WRONG)
        except SignInWaits as waited:
            wait = waited.seconds
        except SignInRefused:
            continue  # this one was free and counted
        found.append(wait)
        clock.advance(wait * 1000)
    assert found == [30, 60, 120, 300, 900, 3600, 3600, 3600]
    assert tuple(found[:6]) == WAITS_S[2:]


def test_a_right_password_resets_and_a_waiting_one_is_not_looked_at(
    desk: People, clock: ManualClock
) -> None:
    fail(desk, 3)
    desk.verifiers.worked = 0
    assert waits(desk) == 30
    assert desk.verifiers.worked == 0
    clock.advance(29_999)
    assert waits(desk) == 1
    clock.advance(1)
    desk.sign_in.sign_in(CLERK, PASSWORD)
    fail(desk, 2)
    desk.sign_in.sign_in(CLERK, PASSWORD)


def test_waiting_tries_do_not_lengthen_the_wait(desk: People, clock: ManualClock) -> None:
    fail(desk, 3)
    for second in range(30):
        assert waits(desk) == 30 - second
        clock.advance(1000)
    desk.sign_in.sign_in(CLERK, PASSWORD)


def test_one_name_waits_and_another_does_not(desk: People) -> None:
    fail(desk, 3)
    waits(desk)
    desk.enter(Role.SUPERVISOR)


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_setting_the_clock_frees_nobody_and_holds_nobody(
    desk: People, clock: ManualClock, days: int
) -> None:
    fail(desk, 3)
    clock.ms += days * DAY_MS
    assert waits(desk) == 30
    clock.ns += 30_000_000_000
    desk.sign_in.sign_in(CLERK, PASSWORD)


@pytest.mark.parametrize("off_ms", [0, DAY_MS])
def test_a_wait_stands_over_a_start_of_the_program(
    tmp_path: Path, clock: ManualClock, off_ms: int
) -> None:
    with people(tmp_path / "store", clock) as desk:
        fail(desk, 3)
    clock.ms += off_ms  # the wall clock went on, or was set, while the program was off
    clock.ns += 10_000_000_000
    with people(tmp_path / "store", clock) as desk:
        assert waits(desk) == 20


@pytest.mark.parametrize("off_ms", [0, 30 * DAY_MS])
def test_a_wait_stands_over_a_start_of_the_machine(
    tmp_path: Path, clock: ManualClock, off_ms: int
) -> None:
    with people(tmp_path / "store", clock) as desk:
        fail(desk, 3)
    clock.ms += off_ms
    clock.ns = 5_000_000_000
    with people(tmp_path / "store", clock) as desk:
        assert waits(desk) == 25
        clock.advance(25_000)
        desk.sign_in.sign_in(CLERK, PASSWORD)


class Killed(BaseException):
    """The process ended here."""


def test_a_program_that_is_killed_while_it_computes_gives_no_free_try(
    tmp_path: Path, clock: ManualClock
) -> None:
    def kill() -> None:
        raise Killed

    for _ in range(3):
        with people(tmp_path / "store", clock) as desk:
            desk.verifiers.during = kill
            with pytest.raises(Killed):
                desk.sign_in.sign_in(CLERK, WRONG)
    with people(tmp_path / "store", clock) as desk:
        assert waits(desk) == 30


def test_a_program_that_is_killed_before_the_count_looked_at_nothing(
    tmp_path: Path, clock: ManualClock
) -> None:
    armed = False

    def kill(point: str) -> None:
        if armed and point == "before sign-in attempt":
            raise Killed

    with people(tmp_path / "store", clock, kill) as desk:
        armed = True
        for _ in range(5):
            with pytest.raises(Killed):
                desk.sign_in.sign_in(CLERK, WRONG)
        assert desk.verifiers.worked == 0


def test_guesses_at_once_are_counted_one_by_one(tmp_path: Path, clock: ManualClock) -> None:
    """Twenty guesses that all begin before one is computed: three are looked at, no more."""
    folder = tmp_path / "store"
    with people(folder, clock):
        pass
    begin = threading.Barrier(4)

    def guess(_number: int) -> list[str]:
        with people(folder, clock) as desk:
            begin.wait(30)
            codes = []
            for _ in range(5):
                try:
                    desk.sign_in.sign_in(CLERK, WRONG)
                except (SignInRefused, SignInWaits) as refusal:
                    codes.append(refusal.code)
            return codes

    with ThreadPoolExecutor(4) as threads:
        codes = [code for found in threads.map(guess, range(4)) for code in found]
    assert (codes.count(SignInRefused.code), codes.count(SignInWaits.code)) == (3, 17)


# ------------------------------------------------------------------------------------ on the spot


def test_a_second_person_is_present_for_one_act(desk: People, clock: ManualClock) -> None:
    clerk = desk.enter()
    presence = desk.sign_in.present("waive-fee", NAMES[Role.SUPERVISOR], PASSWORDS[Role.SUPERVISOR])
    assert (presence.actor.id, presence.act) == (desk.members[Role.SUPERVISOR].id, "waive-fee")
    assert presence.at_ms == clock.now_ms()
    assert desk.session.actor == clerk
    assert desk.gate.enter("waive-fee", second=presence).second == presence.actor
    assert ("sign-in", "waive-fee", presence.actor.id, "open", None) in desk.ledger.told()


def test_the_person_at_the_desk_authenticates_again(desk: People) -> None:
    clerk = desk.enter()
    presence = desk.sign_in.present_again("block-card", PASSWORD)
    assert presence.actor == clerk
    desk.gate.enter("block-card", fresh=presence)
    with pytest.raises(SignInRefused):
        desk.sign_in.present_again("block-card", WRONG)
    assert desk.session.actor == clerk


def test_wrong_passwords_on_the_spot_count_as_any(desk: People) -> None:
    desk.enter()
    for _ in range(3):
        with pytest.raises(SignInRefused):
            desk.sign_in.present("waive-fee", NAMES[Role.SUPERVISOR], WRONG)
    with pytest.raises(SignInWaits):
        desk.enter(Role.SUPERVISOR)


# -------------------------------------------------------------------------------------------- PIN


@pytest.fixture
def locked(desk: People) -> People:
    desk.enter()
    desk.sign_in.set_pin(PASSWORD, PIN)
    desk.sign_in.lock()
    desk.ledger.events.clear()
    return desk


def test_a_pin_opens_the_locked_desk(locked: People) -> None:
    state = locked.sign_in.state()
    assert (state.present, state.pin) == (None, True)
    assert state.locked is not None
    assert state.locked.name == CLERK
    with pytest.raises(NobodySignedIn):
        locked.gate.enter("enrol")
    assert locked.sign_in.unlock(PIN).name == CLERK
    assert locked.session.actor.name == CLERK
    assert locked.sign_in.state().locked is None
    mine = locked.members[Role.CLERK].id
    assert locked.ledger.told() == [
        ("unlock", "unlock", mine, "attempt", None),
        ("unlock", "unlock", mine, "open", None),
    ]
    with pytest.raises(NobodySignedIn):
        locked.sign_in.unlock(PIN)


def test_after_three_wrong_pins_only_the_password_helps(locked: People) -> None:
    left = []
    for _ in range(3):
        with pytest.raises(PinRefused) as caught:
            locked.sign_in.unlock("8351")
        left.append(caught.value.left)
    assert left == [2, 1, 0]
    assert not locked.sign_in.state().pin
    with pytest.raises(PasswordNeeded):
        locked.sign_in.unlock(PIN)
    assert [row[4] for row in locked.ledger.told() if row[0] == "refused"] == [
        *[PinRefused.code] * 3,
        PasswordNeeded.code,
    ]
    assert locked.session.present is None
    locked.enter()
    locked.sign_in.lock()
    locked.sign_in.unlock(PIN)


def test_wrong_pins_are_remembered_over_a_right_one_alone(locked: People) -> None:
    for _ in range(3):
        for _ in range(2):
            with pytest.raises(PinRefused):
                locked.sign_in.unlock("8351")
        locked.sign_in.unlock(PIN)
        locked.sign_in.lock()


def test_a_pin_attempt_is_counted_before_it_is_computed(locked: People) -> None:
    def kill() -> None:
        raise Killed

    locked.verifiers.during = kill
    for _ in range(3):
        with pytest.raises(Killed):
            locked.sign_in.unlock("8351")
    with pytest.raises(PasswordNeeded):
        locked.sign_in.unlock(PIN)


@pytest.mark.parametrize(
    ("later_ms", "running_ms"),
    [(DAY_MS, 0), (-DAY_MS, 0), (0, 13 * 3600 * 1000)],
    ids=["the next day", "a clock set back", "a shift is over"],
)
def test_a_pin_is_good_for_the_shift_alone(
    locked: People, clock: ManualClock, later_ms: int, running_ms: int
) -> None:
    clock.ms += later_ms
    clock.ns += running_ms * 1_000_000
    with pytest.raises(PasswordNeeded):
        locked.sign_in.unlock(PIN)
    locked.sign_in.sign_in(CLERK, PASSWORD)


def test_a_pin_opens_nothing_after_a_start_of_the_program(locked: People, clock: ManualClock) -> None:
    with people(locked.store.folder, clock) as again:
        assert again.sign_in.state().locked is None
        with pytest.raises(NobodySignedIn):
            again.sign_in.unlock(PIN)
        with pytest.raises(PasswordNeeded):
            again.sign_in.change(CLERK, PIN)


def test_a_pin_opens_nothing_after_signing_out(locked: People) -> None:
    locked.sign_in.sign_out()
    with pytest.raises(PasswordNeeded):
        locked.sign_in.change(CLERK, PIN)


def test_two_clerks_change_places_by_pin(desk: People) -> None:
    desk.enter()
    desk.sign_in.set_pin(PASSWORD, PIN)
    supervisor = NAMES[Role.SUPERVISOR]
    with pytest.raises(PasswordNeeded):
        desk.sign_in.change(supervisor, "2837")
    desk.enter(Role.SUPERVISOR)
    desk.sign_in.set_pin(PASSWORDS[Role.SUPERVISOR], "2837")
    assert desk.sign_in.change(CLERK, PIN).name == CLERK
    assert desk.sign_in.change(supervisor, "2837").name == supervisor
    desk.sign_in.lock()
    assert desk.sign_in.change(CLERK, PIN).name == CLERK
    assert desk.sign_in.state().locked is None
    with pytest.raises(PinRefused):
        desk.sign_in.change(supervisor, PIN)
    with pytest.raises(PasswordNeeded):
        desk.sign_in.change("没有此人", PIN)


def test_a_password_opens_a_desk_that_another_locked(locked: People) -> None:
    locked.enter(Role.SUPERVISOR)
    assert locked.session.actor.role is Role.SUPERVISOR
    assert locked.sign_in.state().locked is None


def test_nobody_locks_a_desk_where_nobody_is(desk: People) -> None:
    with pytest.raises(NobodySignedIn):
        desk.sign_in.lock()
    desk.sign_in.sign_out()
    assert desk.ledger.told() == []


# ------------------------------------------------------------------------------------ own secrets


def test_a_person_changes_their_password(locked: People) -> None:
    locked.enter()
    locked.sign_in.change_password(PASSWORD, "quite.other-3")
    locked.sign_in.lock()
    with pytest.raises(PasswordNeeded):  # the PIN fell with the old password
        locked.sign_in.unlock(PIN)
    with pytest.raises(SignInRefused):
        locked.enter()
    locked.sign_in.sign_in(CLERK, "quite.other-3")
    mine = locked.members[Role.CLERK].id
    assert [e.reason for e, _a in locked.ledger.events if e.kind.value == "staff"] == ["password"]
    assert ("staff", "staff", mine, None, None) in locked.ledger.told()


def test_own_secrets_are_changed_for_the_password_alone(desk: People) -> None:
    desk.enter()
    with pytest.raises(SignInRefused):
        desk.sign_in.change_password(WRONG, "quite.other-3")
    with pytest.raises(SignInRefused):
        desk.sign_in.set_pin(WRONG, PIN)
    with pytest.raises(PasswordTooWeak):
        desk.sign_in.change_password(PASSWORD, "12345678")
    with pytest.raises(PinTooWeak):
        desk.sign_in.set_pin(PASSWORD, "1234")
    mine = desk.members[Role.CLERK].id
    for act, fault in (("staff-password", "password.too-weak"), ("staff-pin", "password.pin-too-weak")):
        assert ("refused", act, mine, None, fault) in desk.ledger.told()
    rules = desk.sign_in.rules()
    assert (rules.password, rules.pin) == ((8, 128), (4, 8))
    desk.sign_in.sign_out()
    desk.enter()
    with pytest.raises(NobodySignedIn):
        desk.sign_in.sign_out()
        desk.sign_in.set_pin(PASSWORD, PIN)
