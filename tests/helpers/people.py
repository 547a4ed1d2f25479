"""A desk's people over a real store of training, with cheap verifiers and a clock moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from app.base.clock import Clock, ManualClock
from app.base.ids import SystemRandom
from app.crypto.passwords import PasswordCost
from app.crypto.verifiers import Argon2Verifiers
from app.domain.application import Realm
from app.domain.audit import AuditEvent
from app.domain.staff import PROGRAM, Actor, Role, StaffMember, load_permissions
from app.store.store import Store, StoreContext, open_or_create
from app.store.work import Moment
from app.workflow.gate import Gate, Session
from app.workflow.sign_in import SignIn

T = TypeVar("T")
# argon2's least: what a test pays for one guess. Only a test hands it to the composition.
CHEAP = PasswordCost(memory_kib=8, passes=1, lanes=1)
PASSWORDS = {
    Role.CLERK: "corn.paper-7",
    Role.SUPERVISOR: "lamp.river-8",
    Role.SYSTEM: "desk.cloud-9",
    Role.SECURITY: "gate.stone-5",
    Role.AUDIT: "book.field-6",
}
NAMES = {
    Role.CLERK: "样例经办",
    Role.SUPERVISOR: "样例主管",
    Role.SYSTEM: "样例系统员",
    Role.SECURITY: "样例安全员",
    Role.AUDIT: "样例审计员",
}


@dataclass
class Ledger:
    """A recorder of the port's own shape, which keeps what it was told."""

    events: list[tuple[AuditEvent, Actor]] = field(default_factory=list)

    def append(self, event: AuditEvent, moment: Moment, actor: Actor) -> None:
        self.events.append((event, actor))

    def told(self) -> list[tuple[Any, ...]]:
        """Kind, act, what it was done to, the state after it, the fault."""
        return [
            (event.kind.value, event.act, event.subject, event.after, event.fault)
            for event, _actor in self.events
        ]


@dataclass
class CountedVerifiers(Argon2Verifiers):
    """Verifiers that tell how often argon2 worked; ``during`` is called while it does."""

    cost: PasswordCost = CHEAP
    worked: int = 0
    during: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        super().__init__(SystemRandom(), self.cost)

    def check(self, verifier: str, secret: str) -> bool:
        self.worked += 1
        self.during()
        return super().check(verifier, secret)

    def spend(self) -> None:
        self.worked += 1
        self.during()
        super().spend()


@dataclass
class People:
    """One store with its people, and a sign-in over it."""

    store: Store
    clock: ManualClock
    session: Session
    verifiers: CountedVerifiers
    sign_in: SignIn
    gate: Gate
    ledger: Ledger
    members: dict[Role, StaffMember]
    commits: list[str]

    def enter(self, role: Role = Role.CLERK) -> Actor:
        """Sign the person of ``role`` in."""
        return self.sign_in.sign_in(NAMES[role], PASSWORDS[role])


@contextmanager
def people(
    folder: Path, clock: ManualClock, on_commit: Callable[[str], None] | None = None
) -> Iterator[People]:
    """The store in ``folder`` with one person of each role, made where there is none."""
    session = Session()
    commits: list[str] = []

    def heard(point: str) -> None:
        if point.startswith("after"):
            commits.append(point)
        if on_commit is not None:
            on_commit(point)

    context = StoreContext(
        Realm.TRAINING,
        clock,
        SystemRandom(),
        on_commit=heard,
        who=lambda: session.present or PROGRAM,
    )
    store = open_or_create(folder, context)
    ledger, verifiers = Ledger(), CountedVerifiers()
    store._work.recorder = ledger
    try:
        yield People(
            store,
            clock,
            session,
            verifiers,
            _sign_in(session, store, verifiers, clock),
            Gate(session, load_permissions(), store.records, clock),
            ledger,
            _members(store, verifiers),
            commits,
        )
    finally:
        store.close()


def _sign_in(session: Session, store: Store, verifiers: CountedVerifiers, clock: Clock) -> SignIn:
    return SignIn(session, store.records, verifiers, clock, desk=store.desk)


def _members(store: Store, verifiers: CountedVerifiers) -> dict[Role, StaffMember]:
    known = store.records.read(lambda unit: unit.staff.everyone())
    if not known:
        made = {role: verifiers.of_password(PASSWORDS[role], NAMES[role]) for role in NAMES}
        known = store.records.durable(
            "people", lambda unit: [unit.staff.add(NAMES[role], role, made[role]) for role in NAMES]
        )
    return {member.role: member for member in known}
