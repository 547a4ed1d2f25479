"""The making of one card: what the hands do, the steps live, the faces at true size (ui.md, Issue)."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.base.errors import N_, KangkaError
from app.domain.ports import CaseState
from app.ui.context import Context
from app.ui.forecast import position, remaining_ms
from app.ui.messages import grouped
from app.ui.pages.page import Page
from app.ui.tasks import Task
from app.ui.theme import GRID, TypeSize, set_tone
from app.ui.widgets.basic import Button, PrimaryButton, label, panel, rule, scrolled
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.pictures import FacePreview
from app.ui.widgets.steps import StepList
from app.workflow.views import (
    ApplicationView,
    ExpectedStep,
    Faces,
    IssueOutcome,
    IssueStep,
    Mark,
    Settlement,
    StepEvent,
)


class Phase(Enum):
    """What the page is doing."""

    EMPTY = "empty"
    READY = "ready"
    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    BROKEN = "broken"


_HANDS = {
    Phase.EMPTY: N_("Choose an application"),
    Phase.READY: N_("Check both faces, then make the card"),
    Phase.STOPPING: N_("Stopping before the next step: leave the card"),
    Phase.DONE: N_("Take the card and compare its faces"),
    Phase.BROKEN: N_("Leave the card where it is"),
}
_HANDS_AT = {
    IssueStep.LAY_CARD: N_("Lay a blank card on the reader"),
    IssueStep.PRINT: N_("The card is being printed"),
}
_HANDS_LAY_AGAIN = N_("Lay this card on the reader again")
_HANDS_WHILE_WRITING = N_("Leave the card on the reader")
_TICK_MS = 250
# Beside both faces the steps need this much; lower than this, they stand closer.
_STEPS_WIDTH = 55 * GRID
_LOW = 78 * GRID


class IssuePage(Page):
    """Keys: F6 makes the card (never Enter), Esc stops at the next step; then F10 hands it over, and F2
    reads the next resident."""

    name = "issue"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.phase = Phase.EMPTY
        self._view: ApplicationView | None = None
        self._application_id = ""
        # Counts what was opened here: an answer about what stood here before is dropped.
        self._generation = 0
        self._expected: tuple[ExpectedStep, ...] = ()
        self._seen: dict[IssueStep, StepEvent] = {}
        self._last_hands = ""
        self._task: Task | None = None
        self._waiting_settlement: tuple[str, Settlement] | None = None
        self._since = QElapsedTimer()
        self._tick = QTimer(self, interval=_TICK_MS)
        self._tick.timeout.connect(self._show_forecast)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        columns.setSpacing(3 * GRID)
        columns.addWidget(self._left())
        # On a wide screen a step and its time stay within one glance.
        columns.addWidget(self._right(), 1000)
        columns.addStretch(1)
        self.key(Qt.Key.Key_F6, self.start)
        self.key(Qt.Key.Key_F2, self.next_resident)
        self.key(Qt.Key.Key_F10, self.hand_over)
        self.key(Qt.Key.Key_Escape, self.stop_or_back)
        self._show_phase(Phase.EMPTY)

    @property
    def title(self) -> str:
        return self.messages.text("Make the card")

    def _left(self) -> QWidget:
        text = self.messages.text
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        self.person = label(size=TypeSize.HEAD, bold=True)
        self.number = label(size=TypeSize.HEAD)
        head = QHBoxLayout()
        head.setSpacing(2 * GRID)
        head.addWidget(self.person)
        head.addWidget(self.number)
        head.addStretch(1)
        self.kind = label(tone="muted")
        self.shortened = StateLabel(Mark.ATTENTION, text("The chip holds a shortened name"))
        self.shortened.hide()
        self.front = FacePreview(text("Front"))
        self.back = FacePreview(text("Back"))
        faces = self._faces = QHBoxLayout()
        faces.setSpacing(2 * GRID)
        for face in (self.front, self.back):
            stack = QVBoxLayout()
            stack.setSpacing(GRID // 2)
            stack.addWidget(face)
            stack.addWidget(label(face.accessibleName(), TypeSize.SMALL, tone="muted"))
            faces.addLayout(stack)
        faces.addStretch(1)
        self.chip = label(tone="muted")
        self.fault = ErrorPanel(self.messages)
        column.addLayout(head)
        column.addWidget(self.kind)
        column.addWidget(self.shortened)
        column.addSpacing(GRID)
        column.addLayout(faces)
        column.addSpacing(GRID)
        column.addWidget(self.chip)
        column.addSpacing(GRID)
        column.addWidget(self.fault)
        column.addStretch(1)
        # Nothing on the page moves when a fault is shown; a low screen scrolls this side alone.
        self._box = scrolled(column)
        self._box.setFixedWidth(2 * self.front.width() + 3 * GRID)
        return self._box

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A small screen: faces below each other, steps closer; what the hands do stays in sight."""
        super().resizeEvent(event)
        narrow = self.width() < 2 * self.front.width() + _STEPS_WIDTH
        directions = QHBoxLayout.Direction
        self._faces.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)
        self._box.setFixedWidth(self.front.width() * (1 if narrow else 2) + (1 if narrow else 3) * GRID)
        low = self.height() < _LOW
        self.hands.setMinimumHeight((6 if low else 11) * GRID)
        self._panel.setContentsMargins(3 * GRID, GRID if low else 3 * GRID, 3 * GRID, 2 * GRID)
        self._panel.setSpacing(GRID // 2 if low else GRID)
        self.steps.set_dense(low)

    def _right(self) -> QWidget:
        text = self.messages.text
        frame, column = panel(margin=3 * GRID, spacing=GRID)
        self._panel = column
        frame.setMaximumWidth(72 * GRID)
        self.hands = label(size=TypeSize.HANDS, bold=True, wrap=True)
        self.hands.setMinimumHeight(11 * GRID)
        self.hands.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.steps = StepList(self.messages)
        self.state = StateLabel(Mark.WAITING, "")
        self.forecast = label(size=TypeSize.HEAD, bold=True)
        self.notice = StateLabel(Mark.ATTENTION, "")
        self.notice.word.setWordWrap(True)
        self.notice.hide()
        self.hand_over_button = Button(text("Hand the card over"), "F10")
        self.hand_over_button.clicked.connect(self.hand_over)
        self.stop_button = Button(text("Stop at the next step"), "Esc")
        self.stop_button.clicked.connect(self.stop_or_back)
        self.start_button = PrimaryButton(text("Write and print the card"), "F6")
        self.start_button.clicked.connect(self._primary)
        column.addWidget(self.hands)
        column.addWidget(rule())
        column.addSpacing(GRID // 2)
        column.addWidget(self.steps)
        column.addStretch(1)
        column.addWidget(rule())
        column.addWidget(self.notice)
        told = QHBoxLayout()
        told.addWidget(self.state, 1)
        told.addWidget(self.forecast)
        column.addLayout(told)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self.stop_button)
        buttons.addWidget(self.hand_over_button)
        buttons.addWidget(self.start_button, 1)
        column.addLayout(buttons)
        return frame

    # ------------------------------------------------------------------------------------- coming, going

    def enter(
        self,
        application_id: str = "",
        case_id: str = "",
        how: Settlement | None = None,
        **_params: Any,
    ) -> None:
        if self._task is not None or not application_id:
            self._focus()
            return
        self._waiting_settlement = (case_id, how) if how is not None else None
        self._load(application_id)

    def can_leave(self) -> str:
        if self._task is None:
            return ""
        return self.messages.text("A card is being made: Esc stops it at the next step.")

    def stop_or_back(self) -> None:
        """Esc: ask the card to stop before its next step; with nothing under way, go back."""
        if self._task is None:
            self.context.navigator.go("queue")
        elif self.phase is Phase.RUNNING:
            self._task.stop()
            self._show_phase(Phase.STOPPING)

    def next_resident(self) -> None:
        if self._task is None:
            self.context.navigator.go("enrol", read=True)

    def hand_over(self) -> None:
        """F10: the resident waits at the counter, so this very card is given to them next."""
        if self.hand_over_button.isHidden() or self._task is not None:
            return
        cards, go, application_id = (
            self.context.desk.cards,
            self.context.navigator.go,
            self._application_id,
        )
        self._ask(
            "cards.card_of_application",
            lambda: cards.card_of_application(application_id),
            lambda card_id: go("hand_over", card_id=card_id),
        )

    def _focus(self) -> None:
        target = self.stop_button if self._task is not None else self.start_button
        target.setFocus()

    # ------------------------------------------------------------------------------------------ loading

    def _load(self, application_id: str) -> None:
        desk = self.context.desk
        self._application_id = application_id
        self._generation += 1
        self._view = None
        self._seen = {}
        self._expected = ()
        self.fault.clear()
        self.notice.hide()
        self.chip.setText("")
        self.front.set_png(None)
        self.back.set_png(None)
        self._show_phase(Phase.EMPTY)
        self._ask("application", lambda: desk.application(application_id), self._loaded)
        self._ask("expected_steps", lambda: desk.expected_steps(application_id), self._take_steps)
        self._ask("faces", lambda: desk.faces(application_id), self._take_faces)

    def _ask(self, operation: str, call: Callable[[], Any], take: Callable[[Any], None]) -> None:
        """Ask the desk about the application in sight; an answer about another one is dropped."""
        asked = self._generation

        def done(answer: Any) -> None:
            if asked == self._generation:
                take(answer)

        def failed(fault: KangkaError) -> None:
            if asked == self._generation:
                self.fault.show_fault(fault)

        self.context.run(operation, lambda _task: call(), done=done, failed=failed)

    def _loaded(self, view: ApplicationView) -> None:
        self._show_view(view)
        if view.mark is Mark.GOOD and self._waiting_settlement is None:
            # One living card a person: there is nothing to make, and the button goes on.
            self._show_phase(Phase.DONE)
            self.hands.setText(self.messages.text("This card is made already"))
            self.state.set_state(view.mark, self.messages.sentence(view.word))
            return
        self._show_phase(Phase.READY)
        self._begin_settlement()

    def _show_view(self, view: ApplicationView) -> None:
        self._view = view
        self.person.setText(view.name)
        self.number.setText(grouped(view.number))
        self.kind.setText(f"{self.messages.sentence(view.kind)} · {self.messages.sentence(view.fee)}")
        self.shortened.setVisible(view.name_shortened)

    def _take_steps(self, steps: tuple[ExpectedStep, ...]) -> None:
        self._expected = steps
        self.steps.set_steps(steps)
        self._show_forecast()
        self._begin_settlement()

    def _take_faces(self, faces: Faces) -> None:
        self.front.set_png(faces.front_png)
        self.back.set_png(faces.back_png)

    # ------------------------------------------------------------------------------------------- making

    def _primary(self) -> None:
        if self.phase is Phase.DONE:
            self.next_resident()
        else:
            self.start()

    def start(self) -> None:
        """Begin, when there is something to begin and nothing under way."""
        if self.phase is not Phase.READY or self._view is None or self._task is not None:
            return
        if self._view.case_id is not None:
            self._settle()
            return
        desk, application_id = self.context.desk, self._view.id
        self._run("issue", lambda task: desk.issue(application_id, task.report, task.cancel))

    def _begin_settlement(self) -> None:
        """A case that is to be continued begins when its page is complete."""
        if self._waiting_settlement is None or self._view is None or not self._expected:
            return
        case_id, how = self._waiting_settlement
        self._waiting_settlement = None
        desk = self.context.desk
        self._run("settle", lambda task: desk.settle(case_id, how, task.report, task.cancel))

    def _run(self, operation: str, work: Callable[[Task], IssueOutcome]) -> None:
        self._seen = {}
        self.fault.clear()
        self.notice.hide()
        self.steps.set_steps(self._expected)
        self._task = self.context.run(
            operation, work, done=self._done, failed=self._broke, progressed=self._progress
        )
        self._since.start()
        self._tick.start()
        lay = _HANDS_AT[IssueStep.LAY_CARD] if operation == "issue" else _HANDS_LAY_AGAIN
        self._last_hands = self.messages.text(lay)
        self._show_phase(Phase.RUNNING)
        self.stop_button.setFocus()

    def _progress(self, event: StepEvent) -> None:
        self._seen[event.step] = event
        self._since.restart()
        self.steps.show_event(event)
        if event.chip_serial is not None:
            chip = self.messages.text("Chip {serial}", serial=event.chip_serial)
            self.chip.setText(f"{chip} · {event.product}" if event.product else chip)
        if event.mark is Mark.WORKING:
            told = self.messages.text(_HANDS_AT.get(event.step, _HANDS_WHILE_WRITING))
            self._last_hands = told if event.hands is None else self.messages.sentence(event.hands)
        elif event.step is IssueStep.LAY_CARD:
            self._last_hands = self.messages.text(_HANDS_WHILE_WRITING)
        if self.phase is Phase.RUNNING:
            self.hands.setText(self._last_hands)
        self._show_forecast()

    def _done(self, outcome: IssueOutcome) -> None:
        self._over()
        self.notice.setVisible(outcome.notice is not None)
        if outcome.notice is not None:
            self.notice.set_state(Mark.ATTENTION, self.messages.sentence(outcome.notice))
        if outcome.state is CaseState.VERIFIED:
            self._show_phase(Phase.DONE)
            took = self.messages.seconds(outcome.milliseconds)
            self.state.set_state(Mark.GOOD, self.messages.text("Made and verified in {time}", time=took))
        elif outcome.state is CaseState.SPOILED:
            self._show_phase(Phase.BROKEN)
            self.hands.setText(self.messages.text("Put the card into the box of spoiled cards"))
            self.state.set_state(Mark.STOP, self.messages.text("This card is spoiled"))
        else:
            self._show_phase(Phase.BROKEN)
            self.state.set_state(Mark.ATTENTION, self.messages.text("Stopped; the case is open"))
        self._learn_case()

    def _broke(self, fault: KangkaError) -> None:
        self._over()
        self._show_phase(Phase.BROKEN)
        for step in self._seen.values():
            if step.mark is Mark.WORKING:
                self.steps.show_event(_stopped(step))
        self.fault.show_fault(fault)
        QTimer.singleShot(0, self, lambda: self._box.ensureWidgetVisible(self.fault))
        self._learn_case()

    def _over(self) -> None:
        self._task = None
        self._tick.stop()
        self.forecast.setText("")

    def _learn_case(self) -> None:
        """After an end that is none: is there a case to settle, or may one simply try again?"""
        desk, asked = self.context.desk, self._application_id
        self._ask("application", lambda: desk.application(asked), self._learned)

    def _learned(self, view: ApplicationView) -> None:
        self._show_view(view)
        if self.phase is Phase.BROKEN:
            if view.case_id is None:
                # Nothing was begun on any chip: the same button may be pressed again.
                self._show_phase(Phase.READY)
            else:
                self.start_button.say(self.messages.text("Settle this case"))
                self.start_button.setEnabled(True)
                self.phase = Phase.READY
                self.hands.setText(self.messages.text(_HANDS[Phase.BROKEN]))
        self._focus()

    def _settle(self) -> None:
        if self._view is not None and self._view.case_id is not None:
            self.context.navigator.go("cases", case_id=self._view.case_id)

    # -------------------------------------------------------------------------------------------- words

    def _show_phase(self, phase: Phase) -> None:
        self.phase = phase
        text = self.messages.text
        self.hands.setText(self._last_hands if phase is Phase.RUNNING else text(_HANDS[phase]))
        running = phase in (Phase.RUNNING, Phase.STOPPING)
        self.stop_button.setEnabled(phase is not Phase.STOPPING)
        self.stop_button.say(text("Stop at the next step") if running else text("Go back"))
        self.start_button.setEnabled(phase in (Phase.READY, Phase.DONE))
        self.hand_over_button.setVisible(phase is Phase.DONE and self.context.may("hand-over"))
        if phase is Phase.DONE:
            self.start_button.say(text("Next resident"), "F2")
        else:
            self.start_button.say(text("Write and print the card"), "F6")
        marks = {
            Phase.EMPTY: (Mark.WAITING, ""),
            Phase.READY: (Mark.WAITING, text("Ready to make")),
            Phase.RUNNING: (Mark.WORKING, text("Being made")),
            Phase.STOPPING: (Mark.WORKING, text("Stopping")),
            Phase.DONE: (Mark.GOOD, ""),
            Phase.BROKEN: (Mark.STOP, text("Not finished")),
        }
        self.state.set_state(*marks[phase])
        self.state.setVisible(phase is not Phase.EMPTY)
        set_tone(self.hands, "accent" if running else "plain")
        self._show_forecast()
        if phase in (Phase.READY, Phase.DONE):
            self.start_button.setFocus()

    def _show_forecast(self) -> None:
        if self.phase not in (Phase.RUNNING, Phase.STOPPING) or not self._expected:
            self.forecast.setText("")
            return
        here, of = position(self._expected, self._seen)
        step = self.messages.text("Step {here} of {of}", here=here, of=of)
        left = remaining_ms(self._expected, self._seen, self._since.elapsed())
        if left is None:
            self.forecast.setText(step)
            return
        seconds = max(1, round(left / 1000))
        rest = self.messages.text("about {seconds} s left", seconds=seconds)
        self.forecast.setText(f"{step} · {rest}")


def _stopped(event: StepEvent) -> StepEvent:
    return StepEvent(event.step, Mark.STOP, event.done, event.total, event.milliseconds)
