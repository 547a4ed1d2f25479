"""The whole job without a window: identity cards read, people enrolled, cards made and verified."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.base.errors import N_, KangkaError
from app.domain.ports import CaseState
from app.workflow.desk import Desk
from app.workflow.views import IssueOutcome, StepEvent

# A card that was made and verified waits to be collected (rules.md, Life of a card).
_READY = "ready"


@dataclass(eq=False)
class DemoFolderNotEmpty(KangkaError):
    """The folder for a demonstration holds something already."""

    folder: str

    code = "demo.folder-not-empty"
    cause = N_("The folder {folder} is not empty.")
    meaning = N_("A demonstration starts in a fresh training workplace, so nothing was done.")
    remedy = N_("Name a new folder, or empty this one.")


def run_demo(
    desk: Desk, out: Path, people: int, exchanges: Callable[[], int], commits: Callable[[], int]
) -> dict[str, Any]:
    """Make ``people`` cards, their faces as PDF into ``out``; the facts of commands.md's ``demo``."""
    begun = time.monotonic()
    faces = out / "faces"
    faces.mkdir(parents=True, exist_ok=True, mode=0o700)
    cancel = threading.Event()
    made: list[tuple[IssueOutcome, str]] = []
    for number in range(people):
        # The chip gives who it is; what it doesn't say is what the resident tells the clerk.
        told = desk.draft_from_training(number)
        application_id = desk.save(told.taking(desk.read_identity(cancel)))
        outcome = desk.issue(application_id, _unheard, cancel)
        details = desk.application_details(application_id)
        desk.write_face(application_id, faces / f"{details['number']}.pdf", None, 300)
        made.append((outcome, application_id))
    return {
        "people": people,
        "issued": len(made),
        "verified": sum(outcome.state is CaseState.VERIFIED for outcome, _id in made),
        "reissued": 0,
        "fees_fen": 0,
        "exchanges": exchanges(),
        "durable_commits": commits(),
        "seconds": round(time.monotonic() - begun, 3),
        "files": sorted(str(path) for path in out.rglob("*.pdf")),
        "cards": [_card(desk, outcome, application_id) for outcome, application_id in made],
    }


def _card(desk: Desk, outcome: IssueOutcome, application_id: str) -> dict[str, Any]:
    shown = desk.application(application_id)
    verified = outcome.state is CaseState.VERIFIED
    return {
        "number": shown.number,
        "name": shown.name,
        "serial": outcome.chip_serial,
        "state": _READY if verified else outcome.state.value,
        "verified": verified,
    }


def _unheard(_event: StepEvent) -> None:
    """A demonstration without a window shows no steps."""
