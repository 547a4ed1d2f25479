"""Cards and fees by rules of one's own: a folder named on the line, or changed beside the records."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from app.base.resources import resource
from app.crypto.keychain import Keychain
from app.domain.staff import Role
from app.opening import PROFILE_FOLDER, House, RulesChanged, rules_digest
from tests.helpers.commands import Kangka
from tests.helpers.people import CHEAP, NAMES
from tests.test_cli_first_run import PERSONS, SWITCHES, TYPED, HeldKeyring, Live

CARD = 'extends = "national"\nid = "sample"\ntitle = "样例省"\n'
SCHEDULE = "schedule.toml"


@pytest.fixture
def live(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Live:
    keyring = HeldKeyring()
    house = House(cost=CHEAP, keychain=lambda: Keychain(keyring))
    return Live(Kangka(tmp_path / "live", capsys, house), keyring)


def province(folder: Path, fen: int = 2000) -> Path:
    (folder / "fees").mkdir(parents=True)
    (folder / "profile.toml").write_text(CARD, encoding="utf-8")
    shipped = (resource("fees") / SCHEDULE).read_text(encoding="utf-8")
    (folder / "fees" / SCHEDULE).write_text(shipped.replace("fen = 2000", f"fen = {fen}"), "utf-8")
    return folder


def refused(live: Live) -> list[object]:
    return [row[5] for row in live.audit() if row[0] == "refused"]


def test_nobody_brings_a_fee_schedule_of_their_own(live: Live, tmp_path: Path) -> None:
    live.init()
    free = province(tmp_path / "free", fen=1)
    answer = live("--profile", free, "--operator", NAMES[Role.CLERK], "till", "due", typed=[TYPED[0]])
    assert answer.error["code"] == RulesChanged.code
    assert refused(live) == [RulesChanged.code]
    assert live.by(Role.CLERK, "till", "due").json == {"due": []}


def test_a_folder_laid_beside_the_records_counts_for_nothing(live: Live) -> None:
    live.init()
    province(live.folder / PROFILE_FOLDER, fen=1)
    assert live.by(Role.CLERK, "till", "due").error["code"] == RulesChanged.code


@pytest.mark.parametrize(
    "change",
    [
        lambda place: (place / "fees" / SCHEDULE).write_text("id = 1", encoding="utf-8"),
        lambda place: (place / "fees" / SCHEDULE).unlink(),
        lambda place: (place / "desk-rules.toml").write_text("", encoding="utf-8"),
        lambda place: (place / "fees").rename(place / "fee"),
        lambda place: (place / "codes").symlink_to(resource("codes")),
        lambda place: (place / "more").symlink_to(place.parent),
        shutil.rmtree,
    ],
    ids=["changed", "removed", "added", "renamed", "led elsewhere", "led in a circle", "gone"],
)
def test_a_provinces_folder_is_the_one_that_the_desk_was_set_up_with(
    live: Live, tmp_path: Path, change: object
) -> None:
    own = province(tmp_path / "province")
    live("--profile", own, "init", *SWITCHES, *PERSONS, typed=TYPED)
    assert live.by(Role.CLERK, "till", "due").code == 0
    assert (
        live("--profile", own, "--operator", NAMES[Role.CLERK], "till", "due", typed=[TYPED[0]]).code
        == 0
    )
    change(live.folder / PROFILE_FOLDER)  # type: ignore[operator]
    error = live.by(Role.CLERK, "till", "due").error["code"]
    assert error in (RulesChanged.code, "fees.invalid", "rules.invalid")


def test_nothing_beside_the_folder_takes_the_place_of_what_ships(live: Live, tmp_path: Path) -> None:
    """The digest is of the folder alone: a base of its card that lay beside it would be nobody's."""
    own = province(tmp_path / "province")
    live("--profile", own, "init", *SWITCHES, *PERSONS, typed=TYPED)
    (live.folder / "national").mkdir()
    (live.folder / "national" / "profile.toml").write_text("id = 1", encoding="utf-8")
    assert live.by(Role.CLERK, "till", "due").code == 0


def test_a_card_that_extends_what_lies_beside_is_refused_before_it_would_lack_it(
    live: Live, tmp_path: Path
) -> None:
    """Only the folder itself is copied: a desk that began so would never open again."""
    province(tmp_path / "sample")
    city = province(tmp_path / "city")
    (city / "profile.toml").write_text(CARD.replace('"national"', '"sample"'), encoding="utf-8")
    refusal = live("--profile", city, "init", *SWITCHES, *PERSONS, typed=TYPED)
    assert refusal.error["code"] == "profile.invalid"
    live.init()
    assert live.by(Role.SYSTEM, "adopt", str(city)).error["code"] == "profile.invalid"
    assert live.by(Role.CLERK, "till", "due").code == 0


def test_the_system_administrator_adopts_a_folder_and_it_is_recorded(live: Live, tmp_path: Path) -> None:
    live.init()
    own = province(tmp_path / "province", fen=1800)
    for role in (Role.CLERK, Role.SUPERVISOR, Role.SECURITY):
        assert live.by(role, "adopt", str(own)).error["code"] == "staff.not-permitted"
    assert not (live.folder / PROFILE_FOLDER).exists()
    assert live.by(Role.SYSTEM, "adopt", str(own)).json == {"rules": rules_digest(own)}
    assert live.by(Role.CLERK, "till", "due").code == 0
    told = {row[2]: row[3] for row in live.audit() if row[0] == "setting"}
    assert told["rules"] == rules_digest(own)
    (own / "fees" / SCHEDULE).write_text("fee = 3", encoding="utf-8")
    assert live.by(Role.SYSTEM, "adopt", str(own)).error["code"] == "fees.invalid"
    assert live.by(Role.CLERK, "till", "due").code == 0


def test_a_cut_adoption_leaves_a_desk_that_refuses_until_it_is_done_again(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live.init()
    own = province(tmp_path / "province")
    with monkeypatch.context() as patch:
        patch.setattr("app.setting_up.shutil.copytree", lambda *_args: (_ for _ in ()).throw(OSError()))
        assert live.by(Role.SYSTEM, "adopt", str(own)).error["code"] == "file.unwritable"
    assert live.by(Role.CLERK, "till", "due").error["code"] == RulesChanged.code
    assert live.by(Role.SYSTEM, "adopt", str(own)).code == 0
    assert live.by(Role.CLERK, "till", "due").code == 0


def test_training_has_nothing_to_adopt_and_takes_any_folder(live: Live, tmp_path: Path) -> None:
    own = province(tmp_path / "province")
    kangka = replace(live).kangka
    assert kangka("adopt", str(own)).error["code"] == "workplace.not-set-up"
    assert kangka("--profile", own, "till", "due").code == 0


def test_a_digest_is_of_names_and_bytes_and_of_nothing_hidden(tmp_path: Path) -> None:
    own = province(tmp_path / "one")
    same = province(tmp_path / "two")
    (same / ".DS_Store").write_bytes(b"x")
    assert rules_digest(own) == rules_digest(same)
    (same / "fees" / SCHEDULE).rename(same / SCHEDULE)
    assert rules_digest(own) != rules_digest(same)
    assert rules_digest(None) == ""
