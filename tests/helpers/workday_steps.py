"""The day of tests/helpers/workday.py in its order: who does what at which moment, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app.domain.staff import Role
from app.workflow.views import Settlement
from tests.helpers.workday import READ, TYPED, Variant, Workday, unheard
from tests.helpers.workday_place import DAY_MS, MORNING

MINUTE_MS: Final = 60_000


@dataclass(frozen=True)
class Step:
    """One thing that somebody does at the desk, signed in by password before it; ``role`` None: nobody
    is. ``at_ms`` is the moment of the day."""

    name: str
    role: Role | None
    act: Callable[[Workday], None]
    at_ms: int


def steps_of(variant: Variant) -> tuple[Step, ...]:
    """Every step in its order."""
    clerk, supervisor, security = Role.CLERK, Role.SUPERVISOR, Role.SECURITY
    lapse = variant.ends_loss == "lapse"
    ends = Workday.lapses if lapse else lambda day: day.found(READ)
    acts: list[tuple[str, Role | None, Callable[[Workday], None]]] = [
        ("add-people", security, Workday.adds),
        ("change-people", security, Workday.changes),
        ("settings", Role.SYSTEM, Workday.settles_in),
        ("own-password", None, Workday.own_password),
        ("set-password", security, Workday.resets),
        ("wrong-passwords", None, Workday.wrong_passwords),
        ("come-in", None, Workday.comes_in),
        ("set-pin", clerk, Workday.sets_pin),
        ("lock", clerk, Workday.locks),
        ("take-in", supervisor, Workday.takes_in),
        ("open-shift", clerk, lambda day: day.opens_shift(0)),
        ("sort-out", supervisor, Workday.sorts_out),
        ("enrol-read", clerk, Workday.enrols_read),
        ("enrol-typed", clerk, Workday.enrols_typed),
        ("enrol-beside", clerk, Workday.enrols_beside),
        ("enrol-file", clerk, Workday.enrols_file),
        ("approve", supervisor, Workday.approves),
        ("withdraw", clerk, Workday.withdraws),
        ("print-form", clerk, Workday.prints_form),
        ("make", clerk, lambda day: day.made(READ)),
        ("make-interrupted", clerk, Workday.interrupted),
        ("settle", clerk, lambda day: day.made(TYPED)),
        ("hand-over", clerk, lambda day: day.hands_over(READ, activate=False)),
        ("activate", clerk, Workday.activates),
        ("hand-over-active", clerk, lambda day: day.hands_over(TYPED, activate=True)),
        ("provisional-loss", clerk, Workday.calls),
        (variant.ends_loss, clerk, ends),
        ("written-loss", clerk, lambda day: day.loses(READ)),
        ("other-loss", clerk, lambda day: day.loses(TYPED)),
        ("other-found", clerk, lambda day: day.found(TYPED)),
        ("close-with-difference", clerk, lambda day: day.closes(0, 1)),
        ("open-second-shift", clerk, lambda day: day.opens_shift(1)),
        ("reissue", clerk, Workday.reissues),
        ("take-fee", clerk, lambda day: day.takes_fee(1)),
        ("void-fee", clerk, Workday.voids),
        ("take-fee-again", clerk, lambda day: day.takes_fee(2)),
        ("copy-receipt", clerk, Workday.copies),
        ("make-again", clerk, lambda day: day.made(READ)),
        ("block", clerk, Workday.blocks),
        ("recover-card", clerk, Workday.recovers),
        ("hand-over-again", clerk, lambda day: day.hands_over(READ, activate=True)),
        ("read-card", clerk, Workday.reads_card),
        ("look-whole", clerk, Workday.looks_whole),
        ("audit", Role.AUDIT, Workday.audits),
        ("close-of-another", None, lambda day: day.closes(1, colleague=True)),
        ("open-last-shift", clerk, lambda day: day.opens_shift(2)),
        ("close", clerk, lambda day: day.closes(2)),
    ]
    names = [name for name, *_more in acts]
    # A loss lapses after days, and is found before them.
    later = names.index(variant.ends_loss) + (not lapse)
    return tuple(
        Step(name, role, act, MORNING + place * 3 * MINUTE_MS + (6 * DAY_MS if place >= later else 0))
        for place, (name, role, act) in enumerate(acts)
    )


def finish(day: Workday) -> list[str]:
    """Spoil what is open, then close the shift on what is there; what does not come out."""
    for row in day.desk.open_cases():
        day.desk.settle(row.id, Settlement.SPOIL, unheard, threading.Event(), "今日未完成")
    found = [f"case {row.id} is still open" for row in day.desk.open_cases()]
    view = day.desk.till.view()
    if view is not None:
        closing = day.desk.till.close(view.state.expected_fen, view.state.cards.on_hand)
        if not closing.balanced or view.difference_fen or view.difference_cards:
            found.append(f"closing {closing.number} is not in balance")
    return found
