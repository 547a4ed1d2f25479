"""What must come of a line: by the table of permissions, the lives and the line's own other ends.

Never by what the program prints: ``verdict`` reads data alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.domain.lives import AS_BEFORE, Life, Step, load_life
from app.domain.staff import Level, NotPermitted, Permissions, Role
from tests.helpers.role_lines import DONE, EVERYBODY, NO_SHIFT, Line
from tests.helpers.role_states import INTERRUPTED, STOPPED

NOT_PERMITTED: Final = NotPermitted.code
_NOT_ALLOWED: Final = "life.event-not-allowed"
_SECOND: Final = "staff.second-person-needed"
# Of two acts of one line, these are the one that a state refuses; else it is the last.
_FIRST: Final = ("block-card", "hand-over", "till")
# The state of its life that a prepared state of a card or an application stands for.
_CARD_STATES: Final = {f"making-{name}": "making" for name in STOPPED}
_APPROVED: Final = (
    *("approved-no-shift", "spoiled", "owing", "paid", "voided"),
    *("owing-no-shift", "owing-shift-of-another"),
)
_APPLICATION_STATES: Final = dict.fromkeys(
    (*_APPROVED, *STOPPED, *(f"beside-{name}" for name in INTERRUPTED)), "approved"
) | {"to-approve-own": "to-approve"}


@dataclass(frozen=True)
class Verdict:
    """What must come of a line: ``code`` of the refusal (None: done), the ``act`` of its row, and what
    else the audit then says: kind, and state after it where the thing has a life.

    ``row`` is False where nothing was refused to anybody: a look that found nothing, a line that failed.
    """

    code: str | None
    act: str
    leaves: tuple[str, ...] = ()
    row: bool = True


def acts_of(line: Line, role: Role, state: str) -> tuple[str, ...]:
    """What the line asks of the permissions in turn, over this state and by this role."""
    if line.command == "case settle" and state == "blocking":
        # A blocking that was interrupted is gone on with, asked for, or given up.
        return {"continue": ("block-card",), "verify": ("settle-case",), "spoil": ("recover-card",)}[
            line.words.split()[4]
        ]
    if line.command == "found" and "--block" in line.words:
        return ("block-card", "recover-card")
    if "--activate" in line.words:
        return ("hand-over", "activate")
    return line.acts


def verdict(line: Line, role: Role, state: str, permissions: Permissions) -> Verdict:
    """What must come of ``line`` by the made-up person of ``role`` over ``state``."""
    acts = acts_of(line, role, state)
    for act in acts:
        level = Level.ACT if act == EVERYBODY else permissions.level(act, role)
        if level is not Level.ACT and not (line.looks and level is Level.VIEW):
            return Verdict(NOT_PERMITTED, act)
    # The card is looked up before the act is asked for.
    sought = acts[0] == "look-up" and state == "nowhere"
    act = acts[0] if sought or acts[0] in _FIRST else acts[-1]
    if line.command == "till close" and state not in NO_SHIFT:
        return _closing(line, role, state)
    code = _ending(line, role, state)
    if code is not None:
        # A look that finds nothing refused nobody anything; a paper that is asked for is refused.
        return Verdict(code, act, row=not line.looks or line.command == "till print")
    return Verdict(None, act, _leaves(line, state))


def _ending(line: Line, role: Role, state: str) -> str | None:
    """The refusal by what the thing is, None where it is done."""
    if state in line.other:
        code = line.other[state]
        if code == "staff.not-by-oneself" and line.kind == "application" and role is not Role.SUPERVISOR:
            return None
        return None if code == DONE else code
    if line.life is None:
        return None
    life, event = load_life(line.life[0]), line.life[1]
    step = _row(life, state_of(line.kind, state), event)
    if step is None:
        return _NOT_ALLOWED
    return None if role in step.roles else "life.role-not-allowed"


def _row(life: Life, state: str, event: str) -> Step | None:
    return next((row for row in life.steps if (row.state, row.event) == (state, event)), None)


def state_of(kind: str, state: str) -> str:
    """The state of its life that a prepared state stands for."""
    known = _CARD_STATES if kind == "card" else _APPLICATION_STATES
    return known.get(state, state)


def _leaves(line: Line, state: str) -> tuple[str, ...]:
    """The audit's row of what was done: its kind, and the state that the life leads to."""
    if line.life is None or line.life[0] != "card":
        if line.command == "case settle" and state == "blocking":
            return ("card",)
        return line.leaves
    if "--activate" in line.words:
        return ("card", "in-use")
    if "--block" in line.words:
        return ("card", "recovered")
    if line.command == "activate" and state == "in-use":
        return ()  # it is in use already: success, and nothing to record
    step = load_life("card").row(state_of("card", state), line.life[1])
    return ("card", "in-use" if step.next == AS_BEFORE else step.next)


def _closing(line: Line, role: Role, state: str) -> Verdict:
    """Who closes: the shift's own clerk, who made all of these but ``another``; else two people."""
    counted = "--cash {cash}" in line.words
    if role is Role.SUPERVISOR or state == "another":
        act = "close-shift-of-another"
        if line.second is None:
            return Verdict(_SECOND, act)
        if role is line.second:
            return Verdict("staff.not-by-oneself", act)
    else:
        act = "close-shift" if counted else "close-shift-with-difference"
    code = line.other.get(state)
    return Verdict(code, act) if code is not None else Verdict(None, act, line.leaves)
