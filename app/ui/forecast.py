"""How long a card still takes, from this desk's own history (decision 6). No Qt here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.workflow.views import ExpectedStep, IssueStep, Mark, StepEvent

# A step of people, not of the machine: it has no forecast.
_HANDS = frozenset({IssueStep.LAY_CARD})


def remaining_ms(
    expected: Sequence[ExpectedStep], seen: Mapping[IssueStep, StepEvent], running_for_ms: int = 0
) -> int | None:
    """Milliseconds until the card is done; None while a step to come has no history.

    ``running_for_ms`` is how long the window has waited since the running step's last event. A step
    that takes longer than ever counts as nearly done, not as less than nothing.
    """
    total = 0
    for step in expected:
        if step.step in _HANDS:
            continue
        event = seen.get(step.step)
        if event is not None and event.mark is Mark.GOOD:
            continue
        if step.milliseconds is None:
            return None
        spent = 0 if event is None else event.milliseconds + running_for_ms
        total += max(step.milliseconds - spent, 0)
    return total


def position(expected: Sequence[ExpectedStep], seen: Mapping[IssueStep, StepEvent]) -> tuple[int, int]:
    """(which step is being done, how many there are), counted from 1."""
    done = sum(1 for step in expected if step.step in seen and seen[step.step].mark is Mark.GOOD)
    return min(done + 1, len(expected)), len(expected)
