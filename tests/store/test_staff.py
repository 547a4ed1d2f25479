"""The staff in the store: names sealed and found again, duties kept apart, guards of any name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from peewee import IntegrityError

from app.base.clock import ManualClock
from app.domain.audit import AuditEvent, AuditKind
from app.domain.lockout import Guard
from app.domain.records import Unit
from app.domain.staff import (
    PROGRAM,
    Actor,
    LastSecurityAdministrator,
    NotByOneself,
    OnePersonOneRole,
    Role,
    StaffMember,
    StaffNameRefused,
    StaffNameTaken,
    StaffUnknown,
)
from app.store.store import Store, create, open_store
from app.store.work import Moment
from tests.helpers.needles import needles
from tests.store.support import context
from tests.store.test_needles import rows_of

T = TypeVar("T")
NAME = "测试员丁"


@dataclass
class Ledger:
    """A recorder of the port's own shape, which keeps what it was told."""

    events: list[tuple[AuditEvent, Actor]] = field(default_factory=list)

    def append(self, event: AuditEvent, moment: Moment, actor: Actor) -> None:
        self.events.append((event, actor))


@dataclass
class Signed:
    """Who is signed in at the store under test."""

    actor: Actor = PROGRAM


@pytest.fixture
def signed() -> Signed:
    return Signed()


@pytest.fixture
def store(folder: Path, clock: ManualClock, signed: Signed) -> Iterator[Store]:
    opened = create(folder, replace(context(clock=clock), who=lambda: signed.actor))
    yield opened
    opened.close()


@pytest.fixture
def ledger(store: Store) -> Ledger:
    made = Ledger()
    store._work.recorder = made
    return made


def do(store: Store, act: Callable[[Unit], T]) -> T:
    return store.records.durable("test", act)


def add(store: Store, name: str, role: Role = Role.CLERK, token: bytes | None = None) -> StaffMember:
    return do(store, lambda unit: unit.staff.add(name, role, f"verifier of {name}", token))


@pytest.fixture
def security(store: Store) -> StaffMember:
    return add(store, "测试安全员", Role.SECURITY)


def test_a_person_is_found_by_the_name_however_it_is_typed(store: Store, clock: ManualClock) -> None:
    made = add(store, " Ｌｉ  Min ", Role.SUPERVISOR, b"t" * 32)
    assert made.name == "Li Min"
    assert (made.role, made.active, made.since_ms) == (Role.SUPERVISOR, True, clock.now_ms())
    assert made.actor == Actor(made.id, "Li Min", Role.SUPERVISOR, b"t" * 32)
    for typed in ("Li Min", "li min", "LiMin", "ｌｉ ｍｉｎ"):
        assert do(store, lambda unit, typed=typed: unit.staff.named(typed)) == made
    assert do(store, lambda unit: unit.staff.named("Li Mi")) is None
    assert do(store, lambda unit: unit.staff.member(made.id)) == made
    secret = do(store, lambda unit: unit.staff.secret(made.id))
    assert (secret.password, secret.pin, secret.pin_failures, secret.sign_in_ms) == (
        "verifier of  Ｌｉ  Min ",
        None,
        0,
        None,
    )


def test_a_name_stands_nowhere_in_the_clear(store: Store) -> None:
    made = do(store, lambda unit: unit.staff.add(NAME, Role.CLERK, "verifier"))
    do(store, lambda unit: unit.staff.set_guard(NAME, Guard(1, 0, 0, "01")))
    behind = rows_of(store) + b"".join(p.read_bytes() for p in sorted(store.folder.iterdir()))
    assert made.id.encode() in behind
    assert not [form for form, raw in needles(NAME).items() if raw in behind]
    assert NAME not in repr(made)


@pytest.mark.parametrize("name", ["", "  ", "一" * 31, "甲\x07", "甲\u200b乙", "甲\ue000"])
def test_what_is_no_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(StaffNameRefused):
        add(store, name)
    assert do(store, lambda unit: unit.staff.everyone()) == []


def test_a_name_is_given_once_for_good(store: Store, security: StaffMember, ledger: Ledger) -> None:
    gone = add(store, NAME)
    do(store, lambda unit: unit.staff.change(gone.id, active=False))
    with pytest.raises(StaffNameTaken):
        add(store, NAME)
    names = {member.name for member in do(store, lambda unit: unit.staff.everyone())}
    assert names == {security.name, NAME}


def test_the_database_itself_refuses_a_second_of_one_name_or_person(store: Store) -> None:
    made = add(store, NAME, token=b"t" * 32)
    row = "INSERT INTO staff SELECT 'other', {}, sealed, role, 1, {}, 0, 0, 0 FROM staff WHERE id = '{}'"
    for name, person in (("name_token", "CAST(NULL AS {blob})"), ("sealed", "person_token")):
        another = store._database.dialect.render(row.format(name, person, made.id))
        with pytest.raises(IntegrityError, match=r"UNIQUE|staff_name_token_key|staff_person"):
            store._database.execute_sql(another)


def test_one_person_has_one_role(store: Store, security: StaffMember) -> None:
    token = b"p" * 32
    clerk = add(store, "测试员甲", Role.CLERK, token)
    with pytest.raises(OnePersonOneRole):
        add(store, "测试员乙", Role.AUDIT, token)
    do(store, lambda unit: unit.staff.change(clerk.id, active=False))
    add(store, "测试员乙", Role.AUDIT, token)
    with pytest.raises(OnePersonOneRole):
        do(store, lambda unit: unit.staff.change(clerk.id, active=True))


def test_nobody_changes_themselves_and_security_stays(
    store: Store, security: StaffMember, signed: Signed
) -> None:
    other = add(store, "测试安全员乙", Role.SECURITY)

    def change(member: StaffMember, **what: Any) -> StaffMember:
        return do(store, lambda unit: unit.staff.change(member.id, **what))

    signed.actor = security.actor
    for what in ({"role": Role.CLERK}, {"active": False}):
        with pytest.raises(NotByOneself):
            change(security, **what)
    assert change(other, active=False).active is False
    signed.actor = other.actor
    for what in ({"role": Role.CLERK}, {"active": False}):
        with pytest.raises(LastSecurityAdministrator):
            change(security, **what)
    assert change(security) == security  # nothing is changed, so nothing is refused
    signed.actor = security.actor
    assert change(other, active=True).active is True
    assert change(other, role=Role.AUDIT).role is Role.AUDIT


def test_every_change_is_recorded_by_id_alone(
    store: Store, security: StaffMember, ledger: Ledger, signed: Signed
) -> None:
    signed.actor = security.actor
    made = add(store, NAME)
    do(store, lambda unit: unit.staff.change(made.id, role=Role.SUPERVISOR))
    do(store, lambda unit: unit.staff.set_password(made.id, "another"))
    do(store, lambda unit: unit.staff.set_pin(made.id, "pin"))
    do(store, lambda unit: unit.staff.set_pin(made.id, None))
    do(store, lambda unit: unit.staff.change(made.id, active=False))
    assert [(e.kind, e.subject, e.before, e.after, e.reason) for e, _actor in ledger.events] == [
        (AuditKind.STAFF, made.id, None, "clerk", "added"),
        (AuditKind.STAFF, made.id, "clerk", "supervisor", "changed"),
        (AuditKind.STAFF, made.id, None, None, "password"),
        (AuditKind.STAFF, made.id, None, None, "pin"),
        (AuditKind.STAFF, made.id, None, None, "pin-removed"),
        (AuditKind.STAFF, made.id, "supervisor", "supervisor inactive", "changed"),
    ]
    assert {actor for _event, actor in ledger.events} == {security.actor}
    assert not [e for e, _actor in ledger.events if e.detail or e.facts]


def test_secrets_change(store: Store, clock: ManualClock) -> None:
    made = add(store, NAME)
    clock.advance(5)
    do(store, lambda unit: unit.staff.set_pin(made.id, "pin"))
    do(store, lambda unit: unit.staff.note_pin(made.id, 2))
    do(store, lambda unit: unit.staff.renew(made.id, "dearer"))
    secret = do(store, lambda unit: unit.staff.secret(made.id))
    assert (secret.password, secret.pin, secret.pin_failures) == ("dearer", "pin", 2)
    assert secret.password_ms == made.since_ms
    do(store, lambda unit: unit.staff.note_sign_in(made.id))
    secret = do(store, lambda unit: unit.staff.secret(made.id))
    assert (secret.pin_failures, secret.sign_in_ms) == (0, clock.now_ms())
    do(store, lambda unit: unit.staff.set_password(made.id, "other"))
    secret = do(store, lambda unit: unit.staff.secret(made.id))
    assert (secret.password, secret.pin, secret.password_ms) == ("other", None, clock.now_ms())


@pytest.mark.parametrize(
    "act",
    [
        lambda unit: unit.staff.member("nobody"),
        lambda unit: unit.staff.secret("nobody"),
        lambda unit: unit.staff.change("nobody", active=False),
        lambda unit: unit.staff.set_pin("nobody", "pin"),
    ],
)
def test_a_stranger_is_none_of_the_staff(store: Store, act: Callable[[Unit], object]) -> None:
    with pytest.raises(StaffUnknown):
        do(store, act)


def test_guards_are_kept_by_name_and_those_of_strangers_are_few(store: Store, folder: Path) -> None:
    mine = Guard(3, 30_000, 12, "01")
    add(store, NAME)

    def fill(unit: Unit) -> None:
        unit.staff.set_guard(NAME, mine)

    do(store, fill)
    for number in range(205):
        do(store, lambda unit, number=number: unit.staff.set_guard(f"stranger {number}", Guard(1)))
    assert do(store, lambda unit: unit.staff.guard(NAME.upper())) == mine
    assert do(store, lambda unit: unit.staff.guard("stranger 204")) == Guard(1)
    assert do(store, lambda unit: unit.staff.guard("stranger 0")) == Guard()
    assert store._database.execute_sql("SELECT count(*) FROM sign_in_guard").fetchone() == (201,)
    do(store, lambda unit: unit.staff.set_guard(NAME, Guard()))
    assert do(store, lambda unit: unit.staff.guard(NAME)) == Guard()


def test_it_is_all_there_after_a_restart(store: Store, folder: Path, clock: ManualClock) -> None:
    made = add(store, NAME, Role.AUDIT, b"q" * 32)
    do(store, lambda unit: unit.staff.set_guard(NAME, Guard(4, 60_000, 9, "01")))
    do(store, lambda unit: unit.settings.put("desk", "07"))
    store.close()
    again = open_store(folder, context(clock=clock))
    assert do(again, lambda unit: unit.staff.everyone()) == [made]
    assert do(again, lambda unit: unit.staff.guard(NAME)) == Guard(4, 60_000, 9, "01")
    assert again.records.read(lambda unit: unit.settings.all()) == {"desk": "07"}
    again.close()


def test_settings_are_audited_with_what_they_were(store: Store, ledger: Ledger) -> None:
    do(store, lambda unit: unit.settings.put("vendor", "KT"))
    do(store, lambda unit: unit.settings.put("vendor", "AB"))
    assert [(e.kind, e.subject, e.before, e.after) for e, _actor in ledger.events] == [
        (AuditKind.SETTING, "vendor", None, "KT"),
        (AuditKind.SETTING, "vendor", "KT", "AB"),
    ]
    assert do(store, lambda unit: unit.settings.all()) == {"vendor": "AB"}
