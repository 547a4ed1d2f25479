"""A desk held in memory, for the window's own tests: real form, codes, rules, people and faces.

Only what would need devices and a store is acted here, and it keeps the promises of ``DeskService``:
it refuses what does not pass the check, leaves an open case where a card was begun, and never answers
on the window's thread. A step can be held (``hold_at``) or fail (``fail_at``), so that a test sees every
moment of a card without waiting.
"""

from __future__ import annotations

import datetime as dt
import functools
import threading
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from app.base.errors import N_, KangkaError
from app.base.threads import assert_off_window_thread
from app.cardspec.profile import load_profile
from app.devices.ports import ReaderGone
from app.devices.sim.portrait import portrait
from app.documents.faces import FaceInput, FaceMark, FaceRenderer
from app.documents.raster import page_png
from app.domain.application import Realm
from app.domain.codes import CodeTable, load_codes
from app.domain.made_up import made_up_resident
from app.domain.ports import CaseState
from app.domain.staff import Actor, Level, Presence, Role, load_permissions
from app.domain.validation import FieldMissing, ResidentRefused, check_resident
from app.workflow.drafts import resident_of, values_of
from app.workflow.form import Form, load_form
from app.workflow.views import (
    ApplicationRow,
    ApplicationView,
    CaseRow,
    DeskSummary,
    DeviceRole,
    DeviceState,
    DocumentView,
    DraftSource,
    DraftValue,
    EnrolDraft,
    ExpectedStep,
    Faces,
    Finding,
    IssueOutcome,
    IssueStep,
    Mark,
    ProblemKind,
    Sentence,
    Settlement,
    StepEvent,
    StepListener,
    WorkplaceInfo,
)
from tests.ui.fake_parts import FakeApprovals, FakeAudit, FakeCards, FakeSignIn, FakeStock, FakeTill

TODAY = dt.date(2026, 11, 22)
NOW_MS = 1_795_320_000_000

# Each step's records or blocks and its time at this desk, as a card of KT-SECURED at 115,200 baud.
STEPS = {
    IssueStep.LAY_CARD: (1, 1400),
    IssueStep.AUTHENTICATE: (1, 120),
    IssueStep.ISSUER: (10, 610),
    IssueStep.HOLDER: (5, 370),
    IssueStep.PHOTO: (25, 1380),
    IssueStep.TERMS: (6, 410),
    IssueStep.IDENTITY: (4, 1240),
    IssueStep.HEALTH: (4, 1160),
    IssueStep.MANAGEMENT: (2, 90),
    IssueStep.ACTIVATE: (1, 70),
    IssueStep.PRINT: (2, 3200),
    IssueStep.READ_AGAIN: (12, 940),
}
# What a document's chip holds of the form.
_ON_CHIP = ("name", "sex", "ethnic", "birth_date", "citizen_id", "addresses.0.text")

CLERK = Actor("staff-1", "训练员 样例", Role.CLERK)
SUPERVISOR = Actor("staff-2", "训练主管 样例", Role.SUPERVISOR)
PERMISSIONS = load_permissions()

picture_of = functools.cache(portrait)


@functools.cache
def renderer() -> FaceRenderer:
    """One for the run: it loads the fonts."""
    return FaceRenderer.open()


@dataclass
class _Kept:
    id: str
    draft: EnrolDraft
    state: CaseState = CaseState.QUEUED
    case_id: str | None = None
    reason: str = ""


@dataclass
class FakeDesk:
    """``hold_at`` keeps a step working until ``release`` is set; ``fail_at`` raises at a step."""

    realm: Realm = Realm.TRAINING
    simulated: bool = True
    history: bool = True
    hold_at: IssueStep | None = None
    fail_at: tuple[IssueStep, KangkaError] | None = None
    fail_reading: KangkaError | None = None
    fail_saving: KangkaError | None = None
    fail_unlocking: KangkaError | None = None
    hold_reading: bool = False
    release: threading.Event = field(default_factory=threading.Event)
    held: threading.Event = field(default_factory=threading.Event)
    actor: Actor | None = CLERK
    next_person: int = 0
    device_marks: dict[DeviceRole, Mark] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sign_in = FakeSignIn(lambda: self.actor, self._begin)
        self.cards, self.till, self.stock = FakeCards(), FakeTill(), FakeStock()
        self.approvals, self.audit = FakeApprovals(), FakeAudit()
        self._profile = load_profile()
        self._form = load_form(self._profile)
        self._codes = load_codes()
        self._kept: dict[str, _Kept] = {}
        self._issued = 0
        self._spoiled = 0

    # ------------------------------------------------------------------------------- from memory

    def workplace(self) -> WorkplaceInfo:
        return WorkplaceInfo(
            "训练市样例社区卫生服务中心", "02", self.realm, self.simulated, "训练员 样例"
        )

    def _begin(self, actor: Actor | None) -> None:
        self.actor = actor

    def signed_in(self) -> Actor | None:
        return self.actor

    def level(self, act: str) -> Level:
        return Level.HIDDEN if self.actor is None else PERMISSIONS.level(act, self.actor.role)

    def form(self) -> Form:
        return self._form

    def codes(self, table: str) -> CodeTable:
        return self._codes[table]

    # --------------------------------------------------------------------------------- the desk

    def devices(self) -> list[DeviceState]:
        self._called("devices")
        found = []
        for role, name, detail in (
            (DeviceRole.ID_READER, "SIM-IDR", None),
            (DeviceRole.CARD_READER, "SIM-PCSC 0", None),
            (DeviceRole.SAM, "SIM-SAM", Sentence(N_("type {kind}"), {"kind": 5})),
            (DeviceRole.CARD_PRINTER, "SIM-PRN", None),
        ):
            mark = self.device_marks.get(role, Mark.GOOD)
            gone = Sentence(ReaderGone.cause, {"role": "card"})
            word = Sentence("Ready") if mark is Mark.GOOD else gone
            found.append(DeviceState(role, name, mark, word, detail, self.simulated))
        return found

    def begin_shift(self) -> None:
        self._called("begin_shift")
        if self.fail_unlocking is not None:
            raise self.fail_unlocking

    def summary(self) -> DeskSummary:
        self._called("summary")
        waiting = sum(1 for kept in self._kept.values() if kept.state is CaseState.QUEUED)
        return DeskSummary(waiting, len(self._open()), self._issued, self._spoiled)

    def read_identity(self, cancel: threading.Event) -> EnrolDraft:
        self._called("read_identity")
        if self.hold_reading:
            self.held.set()
            while not self.release.wait(0.005) and not cancel.is_set():
                pass
        if self.fail_reading is not None:
            raise self.fail_reading
        number = self.next_person
        self.next_person += 1
        whole = self.draft_from_training(number)
        values = {
            path: DraftValue(value.text, value.text)
            for path, value in whole.values.items()
            if path in _ON_CHIP
        }
        shown = {path: values[path].text if path in values else "" for path in _ON_CHIP}
        sex = self._codes["sex"].get(shown["sex"], "sex").zh
        ethnic = self._codes["ethnic"].get(shown["ethnic"], "ethnic").zh
        lines = (
            (N_("Name"), shown["name"]),
            (N_("Sex"), sex),
            (N_("Ethnic group"), ethnic),
            (N_("Birth date"), shown["birth_date"]),
            (N_("Address"), shown["addresses.0.text"]),
            (N_("Number"), shown["citizen_id"]),
            (N_("Valid"), "2019.03.01-2039.03.01"),
        )
        document = DocumentView(
            Sentence(N_("Identity card")), lines, "05.03-20261122-0000000001-0000000001"
        )
        return EnrolDraft(MappingProxyType(values), document, source=DraftSource.READER)

    def draft_from_training(self, number: int) -> EnrolDraft:
        self._called("draft_from_training")
        values = values_of(made_up_resident(number))
        pictures = picture_of(number)
        return EnrolDraft(
            MappingProxyType({path: DraftValue(text) for path, text in values.items()}),
            None,
            pictures.chip,
            pictures.printed,
            source=DraftSource.MADE_UP,
        )

    def fit_photo(self, draft: EnrolDraft, picture: bytes) -> EnrolDraft:
        self._called("fit_photo")
        pictures = picture_of(len(picture))
        return replace(draft, photo=pictures.chip, face_photo=pictures.printed)

    def check(self, draft: EnrolDraft) -> list[Finding]:
        self._called("check")
        resident = resident_of(
            {path: value.text for path, value in draft.values.items()}, draft.photo, draft.face_photo
        )
        found = [
            Finding(
                problem.field,
                ProblemKind.MISSING if isinstance(problem, FieldMissing) else ProblemKind.WRONG,
                problem,
            )
            for problem in check_resident(resident, self._profile, self._codes, today=TODAY)
        ]
        if draft.face_photo is None:
            found.append(Finding("photo", ProblemKind.MISSING, FieldMissing("photo")))
        order = [field.path for field in self._form.fields()]
        return sorted(found, key=lambda one: order.index(one.path) if one.path in order else len(order))

    def save(self, draft: EnrolDraft, second: Presence | None = None) -> str:
        self._called("save")
        if self.fail_saving is not None:
            raise self.fail_saving
        stopping = [finding for finding in self.check(draft) if finding.stops]
        if stopping:
            raise ResidentRefused(tuple(finding.path for finding in stopping))
        kept = _Kept(f"01938000-0000-7000-8000-{len(self._kept):012d}", draft)
        self._kept[kept.id] = kept
        return kept.id

    def applications(self, after: str | None, limit: int) -> list[ApplicationRow]:
        self._called("applications")
        rows = [self._row(kept) for kept in self._kept.values() if after is None or kept.id > after]
        return rows[:limit]

    def application(self, application_id: str) -> ApplicationView:
        self._called("application")
        kept = self._kept[application_id]
        row = self._row(kept)
        return ApplicationView(
            id=kept.id,
            name=row.name,
            number=kept.draft.value("citizen_id").text,
            kind=Sentence(N_("First issue")),
            fee=Sentence(N_("Free (first card)")),
            mark=row.mark,
            word=row.word,
            case_id=row.case_id,
        )

    def faces(self, application_id: str) -> Faces:
        self._called("faces")
        draft = self._kept[application_id].draft
        pages = renderer().render(
            FaceInput(
                name=draft.value("name").text,
                number=draft.value("citizen_id").text,
                issuer_name="训练市样例卫生局",
                sex=self._codes["sex"].get(draft.value("sex").text, "sex").zh,
                ethnic=self._codes["ethnic"].get(draft.value("ethnic").text, "ethnic").zh,
                photo=draft.face_photo,
                marks=(FaceMark.TRAINING,),
            )
        )
        return Faces(page_png(pages.front), page_png(pages.back), 300)

    def expected_steps(self, application_id: str) -> tuple[ExpectedStep, ...]:
        self._called("expected_steps")
        return tuple(
            ExpectedStep(step, ms if self.history else None) for step, (_count, ms) in STEPS.items()
        )

    def issue(
        self, application_id: str, on_event: StepListener, cancel: threading.Event
    ) -> IssueOutcome:
        self._called("issue")
        return self._make(self._kept[application_id], on_event, cancel)

    def open_cases(self) -> list[CaseRow]:
        self._called("open_cases")
        rows = []
        for kept in self._open():
            row = self._row(kept)
            rows.append(
                CaseRow(
                    id=kept.case_id or "",
                    application_id=kept.id,
                    name=row.name,
                    masked_number=row.masked_number,
                    state=kept.state,
                    mark=row.mark,
                    word=row.word,
                    opened_ms=NOW_MS,
                    known=(
                        Sentence(N_("Chip {serial} was bound to it."), {"serial": "0A0B0C0D01020304"}),
                        Sentence(N_("The chip is not activated yet.")),
                    ),
                    offers=tuple(Settlement),
                )
            )
        return rows

    def settle(
        self,
        case_id: str,
        how: Settlement,
        on_event: StepListener,
        cancel: threading.Event,
        reason: str = "",
    ) -> IssueOutcome:
        self._called(f"settle {how.value}")
        kept = next(one for one in self._open() if one.case_id == case_id)
        if how is Settlement.SPOIL:
            kept.state, kept.reason = CaseState.SPOILED, reason
            self._spoiled += 1
            return IssueOutcome(case_id, kept.id, CaseState.SPOILED, 0, "0A0B0C0D01020304")
        self.fail_at = None
        return self._make(kept, on_event, cancel)

    # -------------------------------------------------------------------------------- inside

    def enrol(self, number: int) -> str:
        """An application of a made-up person, as if the clerk had done it."""
        return self.save(self.draft_from_training(number))

    def leave_open(self, number: int) -> str:
        """An application whose card was left half-made; its case's id."""
        kept = self._kept[self.enrol(number)]
        kept.state, kept.case_id = CaseState.WRITING, f"case-{kept.id}"
        return kept.case_id

    def ids(self) -> list[str]:
        return list(self._kept)

    def kept_draft(self, application_id: str) -> EnrolDraft:
        return self._kept[application_id].draft

    def reason_of(self, case_id: str) -> str:
        return next(kept.reason for kept in self._kept.values() if kept.case_id == case_id)

    def _make(self, kept: _Kept, on_event: StepListener, cancel: threading.Event) -> IssueOutcome:
        serial, took = "0A0B0C0D01020304", 0
        for step, (total, ms) in STEPS.items():
            if cancel.is_set():
                return IssueOutcome(kept.case_id or "", kept.id, kept.state, took)
            told = serial if step is not IssueStep.LAY_CARD else None
            on_event(StepEvent(step, Mark.WORKING, 0, total, 0, told, "KT-SECURED" if told else None))
            if self.hold_at is step:
                half = StepEvent(step, Mark.WORKING, total // 2, total, ms // 2, told)
                on_event(half)
                self.held.set()
                while not self.release.wait(0.005) and not cancel.is_set():
                    pass
            if self.fail_at is not None and self.fail_at[0] is step:
                raise self.fail_at[1]
            if step is IssueStep.LAY_CARD and kept.case_id is None:
                kept.case_id = f"case-{kept.id}"
            kept.state = CaseState.WRITING if kept.case_id else kept.state
            took += ms
            on_event(StepEvent(step, Mark.GOOD, total, total, ms, told))
        kept.state = CaseState.VERIFIED
        self._issued += 1
        return IssueOutcome(kept.case_id or "", kept.id, kept.state, took, serial)

    def _open(self) -> list[_Kept]:
        settled = (CaseState.QUEUED, CaseState.VERIFIED, CaseState.SPOILED)
        return [kept for kept in self._kept.values() if kept.state not in settled]

    def _row(self, kept: _Kept) -> ApplicationRow:
        number = kept.draft.value("citizen_id").text
        mark, word = {
            CaseState.QUEUED: (Mark.WAITING, N_("To make")),
            CaseState.VERIFIED: (Mark.GOOD, N_("Made and verified")),
            CaseState.SPOILED: (Mark.STOP, N_("Spoiled")),
        }.get(kept.state, (Mark.ATTENTION, N_("Half-made")))
        return ApplicationRow(
            id=kept.id,
            name=kept.draft.value("name").text,
            masked_number=f"{number[:6]}********{number[-4:]}",
            mark=mark,
            word=Sentence(word),
            at_ms=NOW_MS,
            case_id=kept.case_id if mark is Mark.ATTENTION else None,
        )

    def _called(self, name: str) -> None:
        assert_off_window_thread(name)
        self.calls.append(name)
