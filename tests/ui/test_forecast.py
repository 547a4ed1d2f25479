"""The forecast counts what this desk's history says, and says nothing where there is none."""

from __future__ import annotations

from app.ui.forecast import position, remaining_ms
from app.workflow.views import ExpectedStep, IssueStep, Mark, StepEvent

EXPECTED = (
    ExpectedStep(IssueStep.LAY_CARD, 9_000),
    ExpectedStep(IssueStep.ISSUER, 600),
    ExpectedStep(IssueStep.PHOTO, 1_400),
    ExpectedStep(IssueStep.PRINT, 3_000),
)


def event(step: IssueStep, mark: Mark, ms: int) -> dict[IssueStep, StepEvent]:
    return {step: StepEvent(step, mark, 0, 1, ms)}


def test_the_hands_have_no_forecast() -> None:
    assert remaining_ms(EXPECTED, {}) == 5_000


def test_done_steps_count_nothing_and_the_running_one_what_is_left() -> None:
    seen = event(IssueStep.ISSUER, Mark.GOOD, 700) | event(IssueStep.PHOTO, Mark.WORKING, 400)
    assert remaining_ms(EXPECTED, seen) == 1_000 + 3_000
    assert remaining_ms(EXPECTED, seen, running_for_ms=250) == 750 + 3_000


def test_a_step_slower_than_ever_is_not_less_than_nothing() -> None:
    seen = event(IssueStep.PHOTO, Mark.WORKING, 1_000)
    assert remaining_ms(EXPECTED, seen, running_for_ms=60_000) == 600 + 3_000


def test_without_history_nothing_is_promised() -> None:
    unknown = (*EXPECTED, ExpectedStep(IssueStep.READ_AGAIN, None))
    assert remaining_ms(unknown, {}) is None
    assert remaining_ms(unknown, event(IssueStep.READ_AGAIN, Mark.GOOD, 80)) == 5_000


def test_the_place_among_the_steps_is_counted_from_one() -> None:
    assert position(EXPECTED, {}) == (1, 4)
    assert position(EXPECTED, event(IssueStep.LAY_CARD, Mark.GOOD, 1)) == (2, 4)
    every = {step.step: StepEvent(step.step, Mark.GOOD, 1, 1, 1) for step in EXPECTED}
    assert position(EXPECTED, every) == (4, 4)
