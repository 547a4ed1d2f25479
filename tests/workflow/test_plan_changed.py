"""A begun card is finished under its plan, or not at all (design decision 11)."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.clock import SystemClock
from app.base.ids import SystemRandom
from app.crypto.sm3 import sm3
from app.devices.sim.workbench import FOLDER, ChipFolder
from app.domain.application import Realm
from app.domain.ports import CaseState
from app.domain.sam import SamOfAnotherDesk
from app.main import Options, open_desk
from app.personalize.execute import Stopped
from app.store.store import STORE_FOLDER, StoreContext, open_store
from app.workflow.issue import PlanChanged
from app.workflow.views import IssueStep, Mark, Settlement, StepEvent

ISSUER_CERTIFICATE = 0x1B
NEW_CERTIFICATE = bytes.fromhex("5A" * 180)


def renew_issuer_certificate(workplace: Path) -> None:
    """The registered SAM comes back from its issuer with another certificate in file 001B."""
    folder = ChipFolder(workplace / FOLDER, SystemRandom())
    image = folder.load("sam.chip")
    assert image is not None
    sam = json.loads(image)
    sam["files"] = [
        [place, fid, NEW_CERTIFICATE.hex() if fid == ISSUER_CERTIFICATE else content]
        for place, fid, content in sam["files"]
    ]
    folder.save("sam.chip", json.dumps(sam).encode("ascii"))


def register_returned_sam(workplace: Path) -> None:
    """A supervisor registers the SAM that came back, certificate and all."""
    context = StoreContext(Realm.TRAINING, SystemClock(), SystemRandom(), desk="02")
    store = open_store(workplace / STORE_FOLDER, context)
    pinned = store.sam.pinned()
    assert pinned is not None
    store.sam.pin(replace(pinned, certificate=sm3(NEW_CERTIFICATE).hex().upper()))
    store.close()


def test_a_begun_card_is_not_finished_under_another_plan(tmp_path: Path) -> None:
    options = Options(data=tmp_path)
    cancel = threading.Event()

    def stop_after_photo(event: StepEvent) -> None:
        if event.step is IssueStep.PHOTO and event.mark is Mark.GOOD:
            cancel.set()

    with open_desk(options) as desk:
        application = desk.save(desk.draft_from_training(0))
        with pytest.raises(Stopped):
            desk.issue(application, stop_after_photo, cancel)
        (case,) = desk.open_cases()
        assert case.state is CaseState.WRITING
    renew_issuer_certificate(tmp_path)
    with open_desk(options) as desk, pytest.raises(SamOfAnotherDesk):
        desk.read_card(threading.Event())
    register_returned_sam(tmp_path)
    with open_desk(options) as desk:
        before = desk.read_card(threading.Event())
        with pytest.raises(PlanChanged):
            desk.settle(case.id, Settlement.CONTINUE, lambda _event: None, threading.Event())
        assert desk.read_card(threading.Event()) == before
        spoiled = desk.settle(
            case.id, Settlement.SPOIL, lambda _event: None, threading.Event(), "SAM renewed"
        )
        assert spoiled.state is CaseState.SPOILED
