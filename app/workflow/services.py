"""What a window may ask of a desk: one protocol, and one for each of its parts.

``DeskService.workplace``, ``form``, ``codes``, ``signed_in`` and ``level`` answer from memory and may be
asked on the window's thread, as may what a part's own protocol says so of. Everything else takes time,
belongs off it, and raises a ``KangkaError`` when it can not be done.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Protocol

from app.documents.papers import Paper
from app.domain.audit import AuditQuery, AuditReport, AuditRow
from app.domain.codes import CodeTable
from app.domain.staff import Actor, Level, Presence, Role, StaffMember
from app.domain.ways import KeyStanding
from app.workflow.approve import ApprovalRow, ApprovalView
from app.workflow.audit_desk import AuditBroken, AuditPage, AuditState
from app.workflow.card_service import CardService
from app.workflow.form import Form
from app.workflow.paper_desk import PrintedPaper
from app.workflow.sign_in import MadeUpStaff, SecretRules, SignInState
from app.workflow.staff_desk import StaffView
from app.workflow.till_views import StockService, TillService
from app.workflow.views import (
    ApplicationRow,
    ApplicationView,
    CaseRow,
    DeskSummary,
    DeviceState,
    EnrolDraft,
    ExpectedStep,
    Faces,
    Finding,
    IssueOutcome,
    Settlement,
    StepListener,
    WorkplaceInfo,
)


class SignInService(Protocol):
    """Who sits at the desk. ``made_up`` answers from memory."""

    def state(self) -> SignInState: ...

    def made_up(self) -> tuple[MadeUpStaff, ...]:
        """The people of a training desk with their passwords; empty at a real one."""
        ...

    def sign_in(self, name: str, password: str) -> Actor:
        """``SignInRefused``, ``SignInWaits``."""
        ...

    def begin_made_up(self, role: Role = Role.CLERK) -> Actor:
        """The first made-up person of ``role`` without a password; ``NobodySignedIn`` at a real desk."""
        ...

    def sign_out(self) -> None: ...

    def lock(self) -> None: ...

    def unlock(self, pin: str) -> Actor:
        """``PinRefused``, ``PasswordNeeded``."""
        ...

    def change(self, name: str, pin: str) -> Actor:
        """Another person takes the desk by PIN; ``PinRefused``, ``PasswordNeeded``."""
        ...

    def present(self, act: str, name: str, password: str) -> Presence:
        """Somebody authenticates for ``act`` alone; who is signed in stays so."""
        ...

    def present_again(self, act: str, password: str) -> Presence:
        """The signed-in person once more, for an act that can not be taken back."""
        ...

    def rules(self) -> SecretRules:
        """How long a new password and a new PIN are; answers from memory."""
        ...

    def change_password(self, old: str, new: str) -> None:
        """The signed-in person's own, for the old one; a PIN that was set falls with it."""
        ...

    def set_pin(self, password: str, pin: str) -> None:
        """The signed-in person's own PIN, for the password."""
        ...


class ApprovalService(Protocol):
    """What waits for a second person."""

    def waiting(self) -> list[ApprovalRow]: ...

    def application(self, application_id: str) -> ApprovalView:
        """All that was entered, beside what a document's chip said of it; looking is recorded."""
        ...

    def approve(self, application_id: str) -> None: ...

    def send_back(self, application_id: str, reason: str) -> None: ...

    def withdraw(self, application_id: str, reason: str) -> None: ...


class StaffService(Protocol):
    """Who works here; what changes something is the security administrator's."""

    def everyone(self) -> list[StaffMember]: ...

    def people(self) -> list[StaffView]: ...

    def keys(self) -> KeyStanding: ...

    def new_shares(self, fresh: Presence | None) -> tuple[str, ...]:
        """Three new recovery shares, told once; the older ones are void."""
        ...

    def add(self, name: str, role: Role, password: str, number: str = "") -> StaffMember: ...

    def change(
        self, name: str, *, role: Role | None = None, active: bool | None = None
    ) -> StaffMember: ...

    def set_number(self, name: str, number: str) -> StaffMember: ...

    def set_password(self, name: str, password: str) -> StaffMember: ...


class AuditService(Protocol):
    """The audit to look at."""

    def state(self) -> AuditState: ...

    def alarm(self) -> AuditBroken | None:
        """What the last verification found, at opening or since; answers from memory."""
        ...

    def verify(self, *, full: bool = False) -> AuditReport: ...

    def page(self, query: AuditQuery) -> AuditPage: ...

    def case(self, case_id: str) -> tuple[AuditRow, ...]: ...

    def detail(self, row: AuditRow) -> Mapping[str, str] | None: ...


class PaperService(Protocol):
    """Papers to look at and to print."""

    def preview(self, paper: Paper) -> bytes:
        """The paper as PDF to be looked at: marked as a preview, counted nowhere."""
        ...

    def pictures(self, paper: Paper, dpi: int = ...) -> tuple[bytes, ...]:
        """Every page of the preview as PNG."""
        ...

    def printed(self, paper: Paper) -> int:
        """How often the paper was printed: 0 while its original was not."""
        ...

    def print(self, paper: Paper) -> PrintedPaper:
        """Count the print and keep the paper for the printer: the original once, then marked copies.

        ``PrintedPaper.copy`` says which copy it became.
        """
        ...


class DeskService(Protocol):
    """A desk as its window uses it."""

    @property
    def sign_in(self) -> SignInService: ...

    @property
    def cards(self) -> CardService: ...

    @property
    def till(self) -> TillService: ...

    @property
    def stock(self) -> StockService: ...

    @property
    def approvals(self) -> ApprovalService: ...

    @property
    def audit(self) -> AuditService: ...

    @property
    def staff(self) -> StaffService: ...

    @property
    def papers(self) -> PaperService: ...

    def workplace(self) -> WorkplaceInfo: ...

    def form(self) -> Form: ...

    def codes(self, table: str) -> CodeTable:
        """A code table by its name (``sex``); KeyError for a table nobody has."""
        ...

    def signed_in(self) -> Actor | None:
        """Who is signed in now."""
        ...

    def level(self, act: str) -> Level:
        """What an act of permissions.toml is to whoever is signed in; hidden where nobody is."""
        ...

    def devices(self) -> list[DeviceState]: ...

    def begin_shift(self) -> None:
        """Unlock the desk's SAM before the first card asks for it; a known error says why not."""
        ...

    def summary(self) -> DeskSummary: ...

    def read_identity(self, cancel: threading.Event) -> EnrolDraft:
        """Wait for an identity document and read it."""
        ...

    def draft_from_training(self, number: int) -> EnrolDraft:
        """A made-up person's whole form, training stores only."""
        ...

    def fit_photo(self, draft: EnrolDraft, picture: bytes) -> EnrolDraft:
        """The draft with a picture made to fit the chip and the face."""
        ...

    def check(self, draft: EnrolDraft) -> list[Finding]:
        """Every problem at once, in the order of the form."""
        ...

    def save(self, draft: EnrolDraft, second: Presence | None = None) -> str:
        """Keep the application for good and return its id; a known error where ``check`` stops.

        A typed identity waits for approval, unless ``second`` is there for the act ``enrol-typed``.
        """
        ...

    def applications(self, after: str | None, limit: int) -> list[ApplicationRow]:
        """A page of applications that wait for a card or have one, after an id."""
        ...

    def application(self, application_id: str) -> ApplicationView: ...

    def faces(self, application_id: str) -> Faces: ...

    def expected_steps(self, application_id: str) -> tuple[ExpectedStep, ...]:
        """The steps of this desk for this application, with times from its own history."""
        ...

    def issue(
        self, application_id: str, on_event: StepListener, cancel: threading.Event
    ) -> IssueOutcome:
        """Make the card. A set ``cancel`` stops before the next step and leaves an open case."""
        ...

    def open_cases(self) -> list[CaseRow]: ...

    def settle(
        self,
        case_id: str,
        how: Settlement,
        on_event: StepListener,
        cancel: threading.Event,
        reason: str = "",
    ) -> IssueOutcome:
        """Continue, verify or spoil an open case; ``reason`` is asked for when spoiling."""
        ...
