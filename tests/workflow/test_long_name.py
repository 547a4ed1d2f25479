"""A name that the chip can not hold, in a place that shortens it: shown, agreed to, never in silence."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.application import NameNeedsConsent
from app.domain.notices import NameOnCard
from app.main import Options, open_desk
from app.workflow.application_file import ApplicationAnswerWrong
from app.workflow.desk import Desk
from app.workflow.views import EnrolDraft, Finding, ProblemKind
from tests.helpers.application_files import write_application

LONG = "样例" * 10
SHORT = LONG[:15]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    province = tmp_path / "province"
    province.mkdir()
    (province / "profile.toml").write_text(
        'extends = "national"\nid = "sample"\ntitle = "样例省"\n[rules]\nlong_name = "shorten"\n',
        encoding="utf-8",
    )
    with open_desk(Options(data=tmp_path / "desk", profile=province)) as opened:
        yield opened


def named(desk: Desk, *, agreed: bool) -> EnrolDraft:
    draft = desk.draft_from_training(0).with_text("name", LONG)
    return draft.agreeing_to_name(agreed)


def only(findings: list[Finding]) -> Finding:
    (found,) = findings
    return found


def test_it_is_shown_and_asked_for(desk: Desk) -> None:
    found = only(desk.check(named(desk, agreed=False)))
    assert isinstance(found.fault, NameNeedsConsent)
    assert (found.path, found.kind, found.stops, found.shown) == ("name", ProblemKind.WRONG, True, SHORT)
    assert SHORT not in repr(found) + str(found.fault)
    with pytest.raises(NameNeedsConsent):
        desk.save(named(desk, agreed=False))


def test_what_was_agreed_to_is_what_the_chip_holds(desk: Desk) -> None:
    draft = named(desk, agreed=True)
    found = only(desk.check(draft))
    assert isinstance(found.fault, NameOnCard)
    assert (found.kind, found.stops, found.shown) == (ProblemKind.NOTICE, False, SHORT)
    application = desk.save(draft)
    frozen = desk._parts.applications.get(application)
    assert (frozen.resident.name, frozen.card.chip_name, frozen.card.name_shortened) == (
        LONG,
        SHORT,
        True,
    )
    never = threading.Event()
    desk.issue(application, lambda _event: None, never)
    assert desk.read_card(never)["fields"]["XM"] == SHORT
    assert desk.application_details(application)["chip_name"] == SHORT


def test_agreeing_is_to_one_name(desk: Desk) -> None:
    draft = named(desk, agreed=True)
    assert draft.with_text("phones.0", "19900000009").name_agreed
    assert draft.with_text("name", LONG).name_agreed
    assert not draft.with_text("name", LONG + "丁").name_agreed
    read = desk.read_identity(threading.Event())
    assert not draft.taking(read).name_agreed


def test_a_name_with_room_asks_nothing(desk: Desk) -> None:
    assert desk.check(desk.draft_from_training(0)) == []


def test_a_file_says_so_as_well(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(NameNeedsConsent):
        desk.enrol_file(write_application(tmp_path / "a", name=LONG))
    with pytest.raises(NameNeedsConsent):
        desk.enrol_file(write_application(tmp_path / "b", name=LONG, name_agreed=False))
    application = desk.enrol_file(write_application(tmp_path / "c", name=LONG, name_agreed=True))
    assert desk.application(application).name_shortened
    for answer in ("true", 1, None, [True]):
        with pytest.raises(ApplicationAnswerWrong):
            desk.enrol_file(write_application(tmp_path / "d", name=LONG, name_agreed=answer))


def test_a_private_character_is_a_notice(desk: Desk) -> None:
    found = only(desk.check(desk.draft_from_training(0).with_text("name", "样\ue000")))
    assert (found.kind, found.fault.code) == (ProblemKind.NOTICE, "resident.private-use")
