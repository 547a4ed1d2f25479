"""From the executor's files to the steps a clerk sees, with what each took."""

from __future__ import annotations

from app.cardspec.product import CardProduct
from app.cardspec.profile import Profile
from app.personalize.execute import ACTIVATE, GENUINE, Phase, StepEvent
from app.personalize.plan import planned
from app.workflow import views
from app.workflow.views import IssueStep, Mark, StepListener

# The files of DDF1 are steps of their own; those of the other directories are one step each.
_OF_FILE = {
    "DDF1/EF05": IssueStep.ISSUER,
    "DDF1/EF06": IssueStep.HOLDER,
    "DDF1/EF07": IssueStep.PHOTO,
    "DDF1/EF08": IssueStep.TERMS,
}
_OF_DIRECTORY = {
    "DDF1": IssueStep.TERMS,
    "DF01": IssueStep.IDENTITY,
    "DF02": IssueStep.HEALTH,
    "DF03": IssueStep.MANAGEMENT,
}


def step_of(path: str) -> IssueStep:
    """The clerk's step that a file, or ``genuine`` or ``activate``, belongs to."""
    if path == GENUINE:
        return IssueStep.AUTHENTICATE
    if path == ACTIVATE:
        return IssueStep.ACTIVATE
    return _OF_FILE.get(path) or _OF_DIRECTORY[path.split("/", maxsplit=1)[0]]


def steps_of(profile: Profile, activates: bool) -> tuple[IssueStep, ...]:
    """What making a card of this profile consists of, in order."""
    found = [IssueStep.LAY_CARD, IssueStep.AUTHENTICATE]
    for file in planned(profile):
        step = step_of(file.path)
        if step not in found:
            found.append(step)
    if activates:
        found.append(IssueStep.ACTIVATE)
    return (*found, IssueStep.PRINT, IssueStep.READ_AGAIN)


class StepBoard:
    """Gathers the files of one step into its events: a step is done when its last file is.

    A step of one file counts its records or blocks; a step of several counts its files.
    """

    def __init__(self, profile: Profile, tell: StepListener, serial: str, product: CardProduct) -> None:
        self._tell = tell
        self._serial = serial
        self._product = product
        self._left: dict[IssueStep, int] = {}
        self._ns: dict[IssueStep, int] = {}
        for file in planned(profile):
            step = step_of(file.path)
            self._left[step] = self._left.get(step, 0) + 1
        self._files = dict(self._left)
        self.milliseconds: dict[IssueStep, int] = {}

    def hear(self, event: StepEvent) -> None:
        """One event of the executor."""
        step = step_of(event.step)
        files = self._files.get(step, 1)
        before = self._ns.get(step, 0)
        if event.phase is Phase.DONE:
            self._ns[step] = before + event.ns
            self._left[step] = self._left.get(step, 1) - 1
            before, elapsed = self._ns[step], 0
        else:
            elapsed = event.ns
        done = event.done if files == 1 else files - self._left.get(step, 1)
        total = event.total if files == 1 else files
        finished = event.phase is Phase.DONE and self._left[step] == 0
        self.say(step, Mark.GOOD if finished else Mark.WORKING, done, total, before + elapsed)

    def say(self, step: IssueStep, mark: Mark, done: int = 0, total: int = 0, ns: int = 0) -> None:
        """One event of the workflow's own."""
        milliseconds = ns // 1_000_000
        if mark is Mark.GOOD:
            self.milliseconds[step] = milliseconds
        self._tell(
            views.StepEvent(
                step,
                mark,
                done,
                total,
                milliseconds,
                chip_serial=self._serial,
                product=self._product.id,
                activates=self._product.locks,
            )
        )
