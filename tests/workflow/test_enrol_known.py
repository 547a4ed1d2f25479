"""Somebody who is known at the counter already, and a paper that nobody numbered."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.errors import KangkaError
from app.main import open_desk
from app.opening import Options
from app.workflow.enrol import PersonHasCard, PersonKnown
from app.workflow.paper_desk import PaperWithoutNumber
from app.workflow.views import Settlement


def test_who_has_a_card_gets_no_second_first_one(tmp_path: Path) -> None:
    with open_desk(Options(data=tmp_path)) as desk:
        draft = desk.draft_from_training(0)
        application = desk.save(draft)
        desk.issue(application, lambda _event: None, threading.Event())
        with pytest.raises(PersonHasCard) as refused:
            desk.save(draft)
        assert refused.value.field == "citizen_id" and refused.value.state == "ready"


def test_who_had_a_card_is_told_to_the_clerk_and_stopped_by_nothing(tmp_path: Path) -> None:
    with open_desk(Options(data=tmp_path)) as desk:
        draft = desk.draft_from_training(0)
        stop = threading.Event()
        stop.set()
        with pytest.raises(KangkaError):
            desk.issue(desk.save(draft), lambda _event: None, stop)
        (case,) = desk.open_cases()
        desk.settle(case.id, Settlement.SPOIL, lambda _event: None, threading.Event(), "样例")
        found = [finding for finding in desk.check(draft) if isinstance(finding.fault, PersonKnown)]
        assert [finding.stops for finding in found] == [False]


def test_a_paper_without_a_number_is_not_printed(tmp_path: Path) -> None:
    with open_desk(Options(data=tmp_path)) as desk:
        application = desk.save(desk.draft_from_training(0))
        form = desk.application_papers(application)[0]
        with pytest.raises(PaperWithoutNumber):
            desk.papers.print(replace(form, number=""))
        assert not list((tmp_path / "papers").glob("*"))
