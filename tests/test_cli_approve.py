"""Four eyes over a typed identity, by commands: it waits, nobody approves their own, papers are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.application_files import write_application
from tests.helpers.commands import Kangka


@pytest.fixture
def kangka(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    return Kangka(tmp_path / "desk", capsys)


@pytest.fixture
def typed(kangka: Kangka, tmp_path: Path) -> str:
    file = write_application(tmp_path / "files")
    return str(kangka("enrol", "--from", file, "--typed").json["application"])


def test_what_was_typed_waits_and_no_card_is_made_of_it(kangka: Kangka, typed: str) -> None:
    waiting = kangka("approve", "list").json["waiting"]
    assert [row["id"] for row in waiting] == [typed] and waiting[0]["own"] is True
    assert kangka("application", "show", typed).json["state"] == "to-approve"
    refused = kangka("issue", "--application", typed)
    assert refused.code == 1 and refused.error["code"] == "store.application-not-approved"


def test_nobody_approves_their_own(kangka: Kangka, typed: str) -> None:
    refused = kangka("approve", typed)
    assert refused.code == 1
    assert refused.error["code"] in ("staff.not-permitted", "staff.not-by-oneself")
    assert kangka("application", "show", typed).json["state"] == "to-approve"


def test_it_is_taken_back_only_with_a_reason_and_for_good(kangka: Kangka, typed: str) -> None:
    assert kangka("approve", typed, "--withdraw", " ").error["code"] == "approve.reason-needed"
    told = kangka("approve", typed, "--withdraw", "样例：本人不再申请").json
    assert told == {"application": typed, "state": "withdrawn"}
    again = kangka("approve", typed, "--withdraw", "样例：再撤一次")
    assert again.code == 1 and again.error["code"] == "life.event-not-allowed"
    assert kangka("approve", "list").json["waiting"] == []


def test_a_file_that_was_not_typed_here_waits_for_nobody(kangka: Kangka, tmp_path: Path) -> None:
    kept = kangka("enrol", "--from", write_application(tmp_path / "files")).json["application"]
    assert kangka("application", "show", kept).json["state"] == "approved"
    assert kangka("approve", "list").json["waiting"] == []


def test_its_papers_are_printed_and_each_print_is_recorded(kangka: Kangka, typed: str) -> None:
    files = [Path(path) for path in kangka("application", "print", typed).json["files"]]
    assert [path.name.split("-", 2)[2] for path in files] == [
        "application-form.pdf",
        "acceptance-receipt.pdf",
    ]
    assert all(path.read_bytes().startswith(b"%PDF") for path in files)
    again = kangka("application", "print", typed).json["papers"]
    assert [(paper["paper"], paper["copy"]) for paper in again] == [
        ("application-form", 1),
        ("acceptance-receipt", 1),
    ]
