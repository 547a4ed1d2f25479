"""Enrolment on one page: the document and photo, the form, what the desk found (ui.md, Enrol)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.base.errors import N_, KangkaError
from app.domain.application import Realm
from app.ui.context import Authority, Context
from app.ui.pages.page import Page
from app.ui.tasks import Task
from app.ui.theme import GRID
from app.ui.widgets.basic import Button, PrimaryButton, Tick, label, panel, rule
from app.ui.widgets.document_view import DocumentPanel
from app.ui.widgets.faults import ErrorPanel
from app.ui.widgets.findings import Findings
from app.ui.widgets.form_view import FormView
from app.ui.widgets.marks import StateLabel
from app.ui.widgets.pictures import PhotoFrame
from app.workflow.application_file import MOST_PICTURE_BYTES
from app.workflow.card_views import CardRow
from app.workflow.files import FileUnreadable, read_file
from app.workflow.form import Form
from app.workflow.views import EnrolDraft, Finding, Mark

# The check runs when the hand rests, not at each key.
_CHECK_AFTER_MS = 250
# A page narrower than this gives the form what the columns beside it can spare.
_NARROW = 120 * GRID


class EnrolPage(Page):
    """Keys: F2 reads the identity document, F4 takes the photo, F6 issues, F9 saves, Esc goes back."""

    name = "enrol"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.draft = EnrolDraft()
        self._saved: tuple[EnrolDraft, str] | None = None
        self._aside: EnrolDraft | None = None
        self._problems: list[Finding] = []
        self._checked: EnrolDraft | None = None
        self._reading: Task | None = None
        self._saving = False
        # Counts the persons of this page: an answer about an earlier one is dropped.
        self._generation = 0
        self._fitting: Task | None = None
        self._person = 0
        self._jump_when_checked = False
        self.setAcceptDrops(True)
        self._rest = QTimer(self, singleShot=True, interval=_CHECK_AFTER_MS)
        self._rest.timeout.connect(self._check)

        whole = QVBoxLayout(self)
        whole.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        columns = self._columns = QHBoxLayout()
        whole.addLayout(columns)
        self.fault = ErrorPanel(self.messages)
        self.form = FormView(self._form_shown(), context.desk.codes, self.messages, self)
        self.form.edited.connect(self._edited)
        columns.addWidget(self._left())
        middle = QVBoxLayout()
        columns.addLayout(middle, 1)
        middle.setSpacing(2 * GRID)
        middle.addWidget(self.fault)
        middle.addWidget(self._aside_line())
        middle.addWidget(self._consent_lines())
        middle.addWidget(self.form, 1)
        columns.addWidget(self._right())
        self._share(narrow=False)

        self.key(Qt.Key.Key_F2, self.read_document)
        self.key(Qt.Key.Key_F4, self.choose_photo)
        self.key(Qt.Key.Key_F6, self.issue)
        self.key(Qt.Key.Key_F9, self.save)
        self.key("Ctrl+Return", self.save)
        self.key(Qt.Key.Key_Escape, self.back)
        self.key("Ctrl+N", self.start_over)
        self.key("Ctrl+R", self.take_back)
        for first, second in (
            (self.read_button, self.photo_button),
            (self.photo_button, self.form.first()),
        ):
            QWidget.setTabOrder(first, second)

    @property
    def title(self) -> str:
        return self.messages.text("Enrolment")

    # ----------------------------------------------------------------------------------------- columns

    def _left(self) -> QWidget:
        text = self.messages.text
        box = QWidget()
        self._left_box = box
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID + 4)
        frame, inside = panel(margin=2 * GRID, spacing=GRID + 4)
        self.photo = PhotoFrame(text("Photo"), text("No photo yet"))
        inside.addWidget(self.photo, 0, Qt.AlignmentFlag.AlignHCenter)
        self.read_button = Button(text("Read identity card"), "F2")
        self.photo_button = Button(text("Photo from file"), "F4")
        self.read_button.clicked.connect(self.read_document)
        self.photo_button.clicked.connect(self.choose_photo)
        inside.addWidget(self.read_button)
        inside.addWidget(self.photo_button)
        self.training_button = Button(text("Made-up person"))
        self.training_button.clicked.connect(self.take_training_person)
        if self.context.desk.workplace().realm is not Realm.TRAINING:
            self.training_button.hide()
        inside.addWidget(self.training_button)
        column.addWidget(frame)
        self.document = DocumentPanel(self.messages)
        column.addWidget(self.document, 1)
        return box

    def _right(self) -> QFrame:
        text = self.messages.text
        frame, column = panel(spacing=GRID + 4)
        self._right_box = frame
        column.addWidget(label(text("What the desk found"), bold=True))
        column.addWidget(rule())
        self.findings = Findings(self.messages, self._label_of)
        self.findings.jump.connect(self.jump)
        self.findings.person.connect(self.open_person)
        column.addWidget(self.findings, 1)
        column.addWidget(rule())
        self.save_button = Button(text("Save only"), "F9")
        self.save_button.clicked.connect(self.save)
        self.issue_button = PrimaryButton(text("Save and make the card"), "F6")
        self.issue_button.clicked.connect(self.issue)
        column.addWidget(self.save_button)
        column.addWidget(self.issue_button)
        return frame

    def _aside_line(self) -> QFrame:
        frame, column = panel(margin=GRID, tone="notice")
        self.aside_told = StateLabel(Mark.ATTENTION, "")
        self.aside_button = Button(self.messages.text("Take it back"), "Ctrl+R")
        self.aside_button.clicked.connect(self.take_back)
        line = QHBoxLayout()
        line.addWidget(self.aside_told, 1)
        line.addWidget(self.aside_button)
        column.addLayout(line)
        self.aside = frame
        frame.hide()
        return frame

    def _consent_lines(self) -> QFrame:
        frame, column = panel(margin=GRID, tone="notice")
        self.shortened = StateLabel(Mark.ATTENTION, "")
        self.agreed = Tick(
            self.messages.text("The resident has seen and agreed to the shortened name on the chip")
        )
        self.agreed.clicked.connect(self._agree)
        column.addWidget(self.shortened)
        column.addWidget(self.agreed)
        self.consent = frame
        frame.hide()
        return frame

    def _form_shown(self) -> Form:
        return self.context.desk.form()

    def _label_of(self, path: str) -> str:
        return self.messages.text("Photo") if path == "photo" else self.form.label_of(path)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share(narrow=self.width() < _NARROW)

    def _share(self, *, narrow: bool) -> None:
        """How wide the columns beside the form are."""
        self._columns.setSpacing((2 if narrow else 3) * GRID)
        self._left_box.setFixedWidth((27 if narrow else 31) * GRID)
        self._right_box.setFixedWidth((33 if narrow else 37) * GRID)

    # ------------------------------------------------------------------------------------- coming, going

    def enter(self, read: bool = False, **_params: Any) -> None:
        if not self.checked:
            self._check()
        if read:
            self.read_document()
        elif not self.draft.empty:
            self.form.first().setFocus()
        else:
            self.read_button.setFocus()

    def leave(self) -> None:
        self._rest.stop()
        if self._reading is not None:
            self._reading.stop()

    def back(self) -> None:
        """Esc ends a reading first, then leaves; the draft stays as it is."""
        if self._reading is not None:
            self._reading.stop()
            return
        self.context.navigator.go("home")

    def start_over(self) -> None:
        """An empty form for the next person."""
        if self._reading is not None or self._saving:
            return
        self._put_aside()
        self._next_person()
        self._take(EnrolDraft())
        self.fault.clear()
        self.read_button.setFocus()

    def _next_person(self) -> None:
        """From here on the form is another person's: no answer asked for before may reach it."""
        self._generation += 1
        self._saved = None
        self._fitting = None

    @property
    def unsaved(self) -> bool:
        """Whether something stands here that the desk does not keep."""
        return not self.draft.empty and not (self._saved is not None and self._saved[0] is self.draft)

    def before_closing(self) -> str:
        left = self.draft if self.unsaved else self._aside
        if left is None:
            return ""
        return self.messages.text(
            "The form of {name} is not saved. Do the same once more to give it up.",
            name=self._name_of(left),
        )

    def _name_of(self, draft: EnrolDraft) -> str:
        return draft.value("name").text or self.messages.text("a person without a name yet")

    def _put_aside(self) -> None:
        """The next person came before this form was saved: it waits, nothing is lost."""
        if self.unsaved:
            self._show_aside(self.draft)

    def _show_aside(self, draft: EnrolDraft | None) -> None:
        self._aside = draft
        self.aside.setVisible(draft is not None)
        if draft is not None:
            told = self.messages.text("Not saved, put aside: {name}", name=self._name_of(draft))
            self.aside_told.set_state(Mark.ATTENTION, told)

    def take_back(self) -> None:
        """The form that was put aside comes back; an unsaved one in its place goes aside."""
        if self._aside is None or self._reading is not None or self._saving:
            return
        back = self._aside
        self._show_aside(self.draft if self.unsaved else None)
        self._next_person()
        self._jump_when_checked = True
        self._take(back)

    # ------------------------------------------------------------------------------------------ reading

    def read_document(self) -> None:
        if self._reading is not None or self._saving:
            return
        if self._saved is not None and self._saved[0] is self.draft:
            # The last person is kept: reading begins the next one.
            self.start_over()
        self.fault.clear()
        # While the document is waited for, no button stands under a hurried Enter or Space.
        self.setFocus()
        self.read_button.setEnabled(False)
        self.document.wait(reading=True)
        asked = self._generation

        def read(draft: EnrolDraft) -> None:
            # A reading that was stopped may still have ended well: nobody waits for it any more.
            if asked == self._generation and not task.cancel.is_set():
                self._read(draft)

        task = self._reading = self.context.run(
            "read_identity",
            lambda task: self.context.desk.read_identity(task.cancel),
            done=read,
            failed=self._not_read,
        )
        task.finished.connect(self._reading_over)

    def take_training_person(self) -> None:
        """The next made-up person, whole (training stores only)."""
        if self._reading is not None or self._saving:
            return
        number, asked = self._person, self._generation
        self._person += 1
        self.fault.clear()

        def take(draft: EnrolDraft) -> None:
            # What the clerk began meanwhile goes first.
            if asked == self._generation and self._reading is None and not self._saving:
                self._put_aside()
                self._next_person()
                self._take(draft)

        self.context.run(
            "draft_from_training",
            lambda _task: self.context.desk.draft_from_training(number),
            done=take,
            failed=self._failed,
        )

    def _read(self, read: EnrolDraft) -> None:
        self._jump_when_checked = True
        if self.draft.of_another(read):
            self._put_aside()
            self._next_person()
        self._take(self.draft.taking(read))

    def _not_read(self, fault: KangkaError) -> None:
        self.fault.show_fault(fault)
        self._reading_over()
        self.read_button.setFocus()

    def _reading_over(self) -> None:
        self._reading = None
        self.read_button.setEnabled(True)
        self.document.wait(reading=False)

    # -------------------------------------------------------------------------------------------- photo

    def choose_photo(self) -> None:
        name, _kind = QFileDialog.getOpenFileName(
            self, self.messages.text("Photo from file"), "", "JPEG, PNG (*.jpg *.jpeg *.png)"
        )
        if name:
            self.fit_photo(Path(name))

    def fit_photo(self, path: Path) -> None:
        """Take a picture file as the photo; it is read and made to fit off the window's thread."""
        draft, asked = self.draft, self._generation
        self.fault.clear()

        def fitted(result: EnrolDraft) -> None:
            if asked != self._generation:
                told = self.messages.text(
                    "The photo of {name} came too late and was not used.", name=self._name_of(draft)
                )
                self.context.happenings.add(Mark.ATTENTION, told)
                return
            # What was typed meanwhile stays, and what was read and agreed to.
            self._take(replace(self.draft, photo=result.photo, face_photo=result.face_photo))

        def failed(fault: KangkaError) -> None:
            if asked == self._generation:
                self._failed(fault)

        task = self._fitting = self.context.run(
            "fit_photo",
            lambda _task: self.context.desk.fit_photo(draft, _picture(path)),
            done=fitted,
            failed=failed,
        )
        task.finished.connect(lambda: self._fitting_over(task))

    def _fitting_over(self, task: Task) -> None:
        if self._fitting is task:
            self._fitting = None

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.fit_photo(files[0])

    # ------------------------------------------------------------------------------------ draft, checks

    def _edited(self, path: str, value: str) -> None:
        self.draft = self.draft.with_text(path, value)
        self.form.show_field(self.draft, path)
        if path == "name":
            self._ask_consent_anew()
        self._rest.start()

    def _take(self, draft: EnrolDraft) -> None:
        self.draft = draft
        self.form.show_draft(draft)
        self.photo.set_picture(draft.face_photo or draft.photo)
        self.document.show_document(draft.document)
        self._ask_consent_anew()
        self._check()

    def _ask_consent_anew(self) -> None:
        """Until the check tells how this name is shortened, nothing can be agreed to."""
        self.agreed.setChecked(self.draft.name_agreed)
        self.agreed.setEnabled(False)

    def _show_consent(self, problems: list[Finding]) -> None:
        shown = next((one.shown for one in problems if one.path == "name" and one.shown), None)
        self.consent.setVisible(shown is not None)
        if shown is None:
            return
        told = self.messages.text("The chip would hold the shortened name: {name}", name=shown)
        self.shortened.set_state(Mark.ATTENTION, told)
        self.agreed.setChecked(self.draft.name_agreed)
        self.agreed.setEnabled(True)

    def _say_saving(self) -> None:
        """What saving means for this draft stands on its buttons."""
        typed = self.draft.to_approve and not self.draft.empty
        text = self.messages.text
        self.save_button.say(text("Save, approved later") if typed else text("Save only"))
        self.issue_button.say(
            text("Second person, then the card") if typed else text("Save and make the card")
        )

    def _agree(self, agreed: bool) -> None:
        self.draft = self.draft.agreeing_to_name(agreed)
        self._check()

    def _check(self) -> None:
        self._rest.stop()
        draft = self.draft

        def checked(problems: list[Finding]) -> None:
            if draft is self.draft:
                self._show_problems(draft, problems)

        def failed(fault: KangkaError) -> None:
            if draft is self.draft:
                self._failed(fault)

        operation, look = self._checker()
        self.context.run(operation, lambda _task: look(draft), done=checked, failed=failed)

    def _checker(self) -> tuple[str, Callable[[EnrolDraft], list[Finding]]]:
        """Who finds what is wrong with a draft: the operation's name, and the question itself."""
        return "check", self.context.desk.check

    def _show_problems(self, draft: EnrolDraft, problems: list[Finding]) -> None:
        self._checked = draft
        self._problems = problems
        self._say_saving()
        first_of: dict[str, Finding] = {}
        for problem in problems:
            first_of.setdefault(problem.path, problem)
        self.form.show_problems(first_of)
        self._show_consent(problems)
        left_out = draft.face_photo is None and all(problem.path != "photo" for problem in problems)
        self.findings.show_problems(problems, photo_left_out=left_out and not draft.empty)
        if self._jump_when_checked:
            # The document gave what it has: the hands go on with the first thing that is missing.
            self._jump_when_checked = False
            first = next((problem.path for problem in problems if problem.stops), None)
            if first is None:
                self.issue_button.setFocus()
            else:
                self.jump(first)

    def jump(self, path: str) -> None:
        if path == "photo":
            self.photo_button.setFocus(Qt.FocusReason.ShortcutFocusReason)
        else:
            self.form.jump(path)

    def open_person(self, card: str) -> None:
        """The page of who has this card already; what stands here waits."""
        desk = self.context.desk

        def found(rows: list[CardRow]) -> None:
            if rows:
                self.context.navigator.go(
                    "resident", person_id=rows[0].person_id, application_id=rows[0].application_id
                )

        self.context.run(
            "cards.find", lambda _task: desk.cards.find(card), done=found, failed=self._failed
        )

    def _failed(self, fault: KangkaError) -> None:
        self.fault.show_fault(fault)

    # ------------------------------------------------------------------------------------ saving, issue

    def save(self) -> None:
        """Keep the application; what is missing is shown instead where something is."""
        self._save(then_issue=False)

    def issue(self) -> None:
        """Keep the application and go on to its card; who was typed is approved on the spot first."""
        self._save(then_issue=True)

    def _save(self, *, then_issue: bool) -> None:
        # A photo under way belongs to what is kept: without it, the card would have none.
        if self._saving or self._reading is not None or self._fitting is not None:
            return
        if self._saved is not None and self._saved[0] is self.draft:
            if then_issue:
                self.context.navigator.go("issue", application_id=self._saved[1])
            return
        self.fault.clear()
        draft, desk = self.draft, self.context.desk
        ask = then_issue and draft.to_approve

        def checked_and_saved(_task: Task) -> str | list[Finding]:
            problems = desk.check(draft)
            if ask or any(problem.stops for problem in problems):
                return problems
            return desk.save(draft)

        def done(result: str | list[Finding]) -> None:
            if isinstance(result, str):
                self._kept(draft, result, then_issue=then_issue)
            elif draft is not self.draft:
                # Typed on meanwhile: what stands there now is looked at instead.
                self._jump_when_checked = True
                self._check()
            elif any(problem.stops for problem in result):
                self._show_problems(draft, result)
                self.jump(next(problem.path for problem in result if problem.stops))
            else:
                self._ask_second(draft)

        self._run_saving(checked_and_saved, done)

    def _ask_second(self, draft: EnrolDraft) -> None:
        """Somebody typed who this is: a second person compares it with the papers, here and now."""
        text = self.messages.text

        def granted(authority: Authority) -> None:
            self._run_saving(
                lambda _task: self.context.desk.save(draft, authority.second),
                lambda kept: self._kept(draft, kept, then_issue=True),
            )

        about = text(
            "The identity of {name} was typed: compare it with the papers on the counter. "
            "Nobody beside you now? Go back and save only; it is approved later.",
            name=self._name_of(draft),
        )
        told = text("Approve and save")
        self.context.authorities.ask("enrol-typed", told, about, granted, second=True)

    def _run_saving(self, work: Callable[[Task], Any], done: Callable[[Any], None]) -> None:
        self._saving = True
        task = self.context.run("save", work, done=done, failed=self._failed)
        task.finished.connect(self._saving_over)

    def _saving_over(self) -> None:
        self._saving = False

    def _kept(self, draft: EnrolDraft, application_id: str, *, then_issue: bool) -> None:
        self._saved = (draft, application_id)
        if then_issue and self.isVisible():
            self.context.navigator.go("issue", application_id=application_id)
        else:
            name = draft.value("name").text
            waits = draft.to_approve and not then_issue
            told = N_("The application of {name} is saved and waits for approval.")
            said = self.messages.text(
                told if waits else N_("The application of {name} is saved."), name=name
            )
            self.context.happenings.add(Mark.ATTENTION if waits else Mark.GOOD, said)

    @property
    def checked(self) -> bool:
        """Whether what the desk found is about the draft as it stands."""
        return self._checked is self.draft


def _picture(path: Path) -> bytes:
    """A picture file's content; a pipe or a device would be waited for without end, so it is refused."""
    # Path.is_file raises where the folder may not be entered; this one answers no.
    if not os.path.isfile(path):  # noqa: PTH113
        raise FileUnreadable(file=path.name)
    return read_file(path, MOST_PICTURE_BYTES)
