"""What is refused at a desk: the role first, whatever else after it, each as one row."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.base.errors import KangkaError
from app.devices.ports import NoCardPresent, PrinterUnreachable
from app.domain.audit import AuditQuery
from app.domain.staff import NotPermitted, Role
from app.domain.visitor import Visitor
from app.main import open_desk
from app.opening import House, Options
from app.personalize.execute import Stopped
from app.workflow.card_views import FoundForm, HandOverForm, LossForm, ReissueForm
from app.workflow.desk import Desk
from app.workflow.views import Settlement
from tests.helpers.people import CHEAP

NOWHERE = "00000000-0000-7000-8000-000000000000"
NEVER = threading.Event()
Act = Callable[[Desk], object]
# Each on something that is nowhere: under which act it stands in the record, and how it is asked for.
ACTS: tuple[tuple[str, Act], ...] = (
    ("issue", lambda desk: desk.issue(NOWHERE, lambda _event: None, NEVER)),
    *(
        (
            "settle-case",
            lambda desk, how=how: desk.settle(NOWHERE, how, lambda _event: None, NEVER, "misprint"),
        )
        for how in Settlement
    ),
    ("approve", lambda desk: desk.approvals.approve(NOWHERE)),
    ("approve", lambda desk: desk.approvals.send_back(NOWHERE, "样例")),
    ("approve", lambda desk: desk.approvals.send_back(NOWHERE, " ")),
    ("enrol", lambda desk: desk.approvals.withdraw(NOWHERE, "样例")),
    ("hand-over", lambda desk: desk.cards.hand_over(NOWHERE, HandOverForm(Visitor()))),
    ("activate", lambda desk: desk.cards.activate(NOWHERE, NEVER)),
    ("report-loss", lambda desk: desk.cards.report_loss(NOWHERE, LossForm(Visitor()))),
    ("found", lambda desk: desk.cards.found(NOWHERE, FoundForm(Visitor()))),
    ("reissue", lambda desk: desk.cards.reissue(NOWHERE, ReissueForm(Visitor()))),
    ("block-card", lambda desk: desk.cards.block(NOWHERE, NEVER, fresh=None)),
    ("recover-card", lambda desk: desk.cards.recover(NOWHERE)),
    ("look-up", lambda desk: desk.cards.card_of_case("X02-C000099")),
    ("look-up", lambda desk: desk.cards.card_of_application(NOWHERE)),
    ("waive-fee", lambda desk: desk.till.waive(NOWHERE, "desk-fault", None, None)),
    ("void-receipt", lambda desk: desk.till.void("X02-R000099", "wrong-method", None, None)),
    ("void-receipt", lambda desk: desk.till.void("X02-R000099", "no-reason", None, None)),
    ("close-shift", lambda desk: desk.till.closing_act(0, 0)),
    ("close-shift", lambda desk: desk.till.close(0, 0)),
    ("close-shift", lambda desk: desk.till.close(-1, 0)),
    ("stock-spoil", lambda desk: desk.stock.spoil("41", "弯折")),
    ("stock-give-back", lambda desk: desk.stock.give_back(["41"], "多领")),
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(Options(data=tmp_path / "desk"), house=House(cost=CHEAP)) as opened:
        yield opened


def refusals(desk: Desk) -> list[tuple[str | None, str | None, str]]:
    """Act, fault and role of every refusal on record."""
    rows = desk.audit._log.page(AuditQuery(limit=1000, kind="refused"))
    return [(row.act, row.fault, row.role) for row in rows]


def test_who_may_not_act_learns_nothing_of_what_is_there(desk: Desk) -> None:
    desk.sign_in.begin_made_up(Role.AUDIT)
    for act, ask in ACTS:
        with pytest.raises(NotPermitted):
            ask(desk)
        assert refusals(desk)[-1] == (act, NotPermitted.code, "audit-admin")
    assert len(refusals(desk)) == len(ACTS)


def test_who_may_act_is_refused_in_one_row_what_is_nowhere(desk: Desk) -> None:
    told = []
    for act, ask in ACTS:
        for role in (Role.CLERK, Role.SUPERVISOR):
            desk.sign_in.begin_made_up(role)
            with pytest.raises(KangkaError) as refusal:
                ask(desk)
            told.append((act, refusal.value.code, role.value))
    assert refusals(desk) == told


def test_nothing_is_refused_by_what_fails(desk: Desk) -> None:
    for fault in (NoCardPresent(role="card"), PrinterUnreachable("样例"), Stopped(after="verify")):
        with pytest.raises(type(fault)), desk.gate.refusals("issue", NOWHERE):
            raise fault
    assert refusals(desk) == []


def test_a_refusal_that_is_passed_on_is_one_row_and_the_next_one_another(desk: Desk) -> None:
    for _ in range(2):
        with (
            pytest.raises(NotPermitted),
            desk.gate.refusals("issue", NOWHERE),
            desk.gate.refusals("issue", NOWHERE),
        ):
            raise NotPermitted(act="issue", role="clerk")
    assert refusals(desk) == [("issue", NotPermitted.code, "clerk")] * 2


def test_a_refused_card_opens_no_shift_in_training(desk: Desk) -> None:
    application = desk.save(desk.draft_from_training(0))
    desk.approvals.withdraw(application, "样例：不再申请")
    with pytest.raises(KangkaError) as refusal:
        desk.issue(application, lambda _event: None, NEVER)
    assert refusal.value.code == "store.application-not-approved"
    assert desk.till.view() is None
