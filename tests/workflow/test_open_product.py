"""A chip that never locks (KT-OPEN) is marked wherever a clerk looks, and nothing promises its lock."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.domain.ports import CaseState
from app.main import Options, open_desk
from app.personalize.execute import Stopped
from app.workflow.cases import case_row
from app.workflow.views import IssueStep, Mark, StepEvent
from tests.helpers.commands import Kangka


@pytest.fixture
def kangka(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    return Kangka(tmp_path / "desk", capsys)


@pytest.fixture
def open_chips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.main.DEFAULT_PRODUCT", "KT-OPEN")


@pytest.mark.usefixtures("open_chips")
def test_a_chip_that_never_locks_is_told(kangka: Kangka) -> None:
    application = kangka.enrol()
    issued = kangka.issue(application).json["cards"][0]
    assert issued["state"] == "verified"
    assert "不会锁定" in issued["notice"]
    card = kangka("read-card").json
    assert (card["product"], card["locks"]) == ("KT-OPEN", False)
    assert "不会锁定" in kangka("read-card", json=False).out
    second = kangka.enrol()
    said = kangka("issue", "--application", second, lang="en", json=False).out
    assert "never locks" in said
    assert "activated" not in said


def test_a_chip_that_locks_needs_no_word(kangka: Kangka) -> None:
    assert "notice" not in kangka.issue(kangka.enrol()).json["cards"][0]
    assert kangka("read-card").json["locks"] is True
    assert "锁定" not in kangka("read-card", json=False).out


@pytest.mark.usefixtures("open_chips")
def test_no_activation_is_promised_once_the_product_is_known(tmp_path: Path) -> None:
    cancel = threading.Event()
    heard: list[StepEvent] = []

    def stop(event: StepEvent) -> None:
        heard.append(event)
        if event.step is IssueStep.PHOTO and event.mark is Mark.GOOD:
            cancel.set()

    with open_desk(Options(data=tmp_path)) as desk:
        application = desk.enrol_from_reader(threading.Event())
        assert IssueStep.ACTIVATE in {step.step for step in desk.expected_steps(application)}
        with pytest.raises(Stopped):
            desk.issue(application, stop, cancel)
        assert {event.activates for event in heard} == {False}
        assert IssueStep.ACTIVATE not in {step.step for step in desk.expected_steps(application)}
        (row,) = desk.open_cases()
        assert "The chip is not activated yet." not in [line.text for line in row.known]
        never = threading.Event()
        outcome = desk.issue(application, lambda _event: None, never)
        assert outcome.notice is not None
        case = desk._parts.journal.case(outcome.case_id)
        assert case.state is CaseState.VERIFIED
        known = case_row(case, [], desk._parts.applications.get(application), locks=False).known
        assert any("never locks" in line.text for line in known)
        assert not any(line.text.endswith("read back and locked.") for line in known)
