"""Somebody who is known at the counter already, and a paper that nobody numbered."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from app.main import open_desk
from app.opening import Options
from app.workflow.enrol import PersonHasCard
from app.workflow.paper_desk import PaperWithoutNumber


def test_who_has_a_card_gets_no_second_first_one(tmp_path: Path) -> None:
    with open_desk(Options(data=tmp_path)) as desk:
        draft = desk.draft_from_training(0)
        application = desk.save(draft)
        desk.issue(application, lambda _event: None, threading.Event())
        with pytest.raises(PersonHasCard) as refused:
            desk.save(draft)
        assert refused.value.field == "citizen_id" and refused.value.state == "ready"


def test_a_paper_without_a_number_is_not_printed(tmp_path: Path) -> None:
    with open_desk(Options(data=tmp_path)) as desk:
        application = desk.save(desk.draft_from_training(0))
        form = desk.application_papers(application)[0]
        with pytest.raises(PaperWithoutNumber):
            desk.papers.print(replace(form, number=""))
        assert not list((tmp_path / "papers").glob("*"))
