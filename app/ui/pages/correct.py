"""Corrected data for a reissued card: the form of enrolment over what the lost card was ordered with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.domain import order_rules
from app.ui.context import Context
from app.ui.pages.enrol import EnrolPage
from app.workflow.corrections import corrections
from app.workflow.form import Form
from app.workflow.views import EnrolDraft, Finding, Mark


class CorrectPage(EnrolPage):
    """Keys: F2 reads the identity document, F4 takes the photo, F6 or F9 takes the corrections over to
    the order, Esc goes back without them. Nothing is kept here: the order keeps it."""

    name = "correct"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        text = self.messages.text
        self._card_id = ""
        self._before = EnrolDraft()
        # Where this page was entered with; what goes beyond it is lost by Esc, and by closing.
        self._given = EnrolDraft()
        self.training_button.hide()
        self.aside_button.hide()
        self.save_button.say(text("Go back without it"), "Esc")
        self.save_button.clicked.disconnect(self.save)
        self.save_button.clicked.connect(self.back)
        self.issue_button.say(text("Take over for the new card"), "F6")

    @property
    def title(self) -> str:
        return self.messages.text("What has changed")

    @property
    def unsaved(self) -> bool:
        """Whether something was corrected that the order does not have; a page out of sight was left."""
        return self.isVisible() and self.draft is not self._given

    def _form_shown(self) -> Form:
        """Who applies and what was signed is asked for beside the order itself."""
        groups = []
        for group in super()._form_shown().groups:
            fields = tuple(field for field in group.fields if field.path not in order_rules.PATHS)
            if fields:
                groups.append(replace(group, fields=fields))
        return Form(tuple(groups))

    def enter(
        self,
        card_id: str = "",
        before: EnrolDraft | None = None,
        draft: EnrolDraft | None = None,
        **_params: Any,
    ) -> None:
        if before is None or draft is None:
            return
        self.fault.clear()
        self._card_id, self._before, self._given = card_id, before, draft
        self._next_person()
        self._take(draft)
        self.jump("name")

    def back(self) -> None:
        """Esc ends a reading first, then leaves what was typed here behind."""
        if self._reading is not None:
            self._reading.stop()
            return
        self.draft = self._given
        self.context.navigator.go("loss", card_id=self._card_id, corrected=self._given)

    def start_over(self) -> None:
        """Nobody else begins here."""

    def take_training_person(self) -> None:
        """Nobody else begins here."""

    def _read(self, read: EnrolDraft) -> None:
        """The holder's document of today, whatever number it bears: the order tells what that means."""
        self._jump_when_checked = True
        self._take(self.draft.laid_under(read))

    def _checker(self) -> tuple[str, Callable[[EnrolDraft], list[Finding]]]:
        cards, card_id = self.context.desk.cards, self._card_id
        return "cards.check_reissue", lambda draft: cards.check_reissue(card_id, draft)

    def _say_saving(self) -> None:
        """What is changed so far stands above the form."""
        text = self.messages.text
        found = corrections(self._before, self.draft)
        join = "、" if self.messages.language == "zh" else ", "
        told = text("Nothing has changed")
        if found.paths:
            told = text("Changed: {list}", list=join.join(self._label_of(path) for path in found.paths))
        if found.unproved:
            told += text("; a second person compares it before the card is made")
        self.aside_told.set_state(Mark.ATTENTION if found.unproved else Mark.GOOD, told)
        self.aside.show()

    def _show_aside(self, draft: EnrolDraft | None) -> None:
        """Nothing is put aside here."""

    def _save(self, *, then_issue: bool) -> None:
        if self._saving or self._reading is not None or self._fitting is not None:
            return
        self.fault.clear()
        draft, card_id = self.draft, self._card_id
        operation, look = self._checker()

        def looked(problems: list[Finding]) -> None:
            if draft is not self.draft:
                self._jump_when_checked = True
                self._check()
            elif any(one.stops for one in problems):
                self._show_problems(draft, problems)
                self.jump(next(one.path for one in problems if one.stops))
            else:
                self._given = draft
                self.context.navigator.go("loss", card_id=card_id, corrected=draft)

        self._saving = True
        task = self.context.run(
            operation, lambda _task: look(draft), done=looked, failed=self.fault.show_fault
        )
        task.finished.connect(self._saving_over)
