"""Refusals that two people, one's own card or a live workplace decide, by script: each is one row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from app.crypto.keychain import Keychain
from app.domain.staff import PEOPLE, Level, Role, load_permissions
from app.main import open_desk
from app.opening import Entry, House, Options
from app.setting_up import RULES_SETTING
from tests.attacks.test_thief_rules import province
from tests.helpers.commands import Kangka
from tests.helpers.people import CHEAP, NAMES
from tests.helpers.role_judge import Cell, Judge, look
from tests.helpers.role_lines import LINES, Line
from tests.helpers.role_states import (
    LEFT,
    LEFT_PASSWORD,
    OTHER_CLERK,
    Prepared,
    entry_of,
    prepared_once,
)
from tests.helpers.role_verdicts import Verdict
from tests.test_cli_first_run import HeldKeyring, Live

PERMISSIONS = load_permissions()
CLERK, SUPERVISOR, AUDIT = (entry_of(role) for role in (Role.CLERK, Role.SUPERVISOR, Role.AUDIT))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Prepared:
    return prepared_once(tmp_path_factory, workers=hasattr(request.config, "workerinput"))


@pytest.fixture
def judge(made: Prepared, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Judge:
    return Judge(made, tmp_path, capsys)


# ---------------------------------------------------------------------------------------- four eyes


def line(words: str) -> Line:
    return next(line for line in LINES if line.words.startswith(words))


@dataclass(frozen=True)
class Eyes:
    """An act of four eyes over a state that lets it. ``alone`` is what comes of it without anybody, and
    under which act."""

    act: str
    line: Line
    state: str
    leaves: tuple[str, ...]
    alone: str | None = "staff.second-person-needed"
    alone_act: str = ""


FOUR_EYES: Final = (
    # Nobody stands beside: the application waits for its second person.
    Eyes("enrol-typed", line("enrol --from {comer} --typed"), "unknown", ("enrol",), alone=None),
    Eyes("waive-fee", line("till waive"), "owing", ("fee-waived",)),
    Eyes("void-receipt", line("till void"), "issued", ("receipt-voided",)),
    Eyes(
        "close-shift-with-difference",
        line("till close --cash 1"),
        "calm",
        ("shift-closed",),
        # Who counted learns what differs before anybody is asked to sign it.
        alone="till.out-of-balance",
        alone_act="close-shift",
    ),
    Eyes("close-shift-of-another", line("till close --cash {cash}"), "another", ("shift-closed",)),
)


def _known(name: str, password: str) -> Entry:
    return Entry(name, lambda: password)


# Who stands beside with which password, and what comes of it; None: it is done.
BESIDE: Final = (
    ("nobody", None, ""),
    ("oneself", CLERK, "staff.not-by-oneself"),
    ("another clerk", _known(OTHER_CLERK.name, OTHER_CLERK.password), "staff.not-permitted"),
    ("an administrator", AUDIT, "staff.not-permitted"),
    ("a wrong password", _known(SUPERVISOR.name, "not.the-word"), "staff.sign-in-refused"),
    ("somebody who left", _known(LEFT, LEFT_PASSWORD), "staff.sign-in-refused"),
    ("a stranger", _known("没有此人", "not.the-word"), "staff.sign-in-refused"),
    ("a supervisor", SUPERVISOR, None),
)


def test_every_act_of_four_eyes_is_tried() -> None:
    # The two without a command are tried at their workflows once they have them.
    assert {eyes.act for eyes in FOUR_EYES} == PERMISSIONS.four_eyes - {"destroy-card", "cancel-card"}


@pytest.mark.prove
@pytest.mark.parametrize("eyes", FOUR_EYES, ids=lambda eyes: eyes.act)
def test_four_eyes_are_two_people_of_whom_one_may_approve(
    eyes: Eyes,
    *,
    judge: Judge,
    sample: Callable[[Sequence[Any], int], list[Any]],
    proving: bool,
    record_proof: Callable[[str, int], None],
) -> None:
    cell = Cell(eyes.line, Role.CLERK, eyes.state)
    chosen = BESIDE if proving else sample(BESIDE, 2)
    for who, beside, code in chosen:
        expected = Verdict(code, eyes.act, () if code else eyes.leaves)
        if who == "nobody":
            expected = Verdict(eyes.alone, eyes.alone_act or eyes.act, () if eyes.alone else eyes.leaves)
        assert judge.judged(cell, expected, beside) == [], who
    record_proof("second persons tried", len(chosen))


def number_of(folder: Path, application: str) -> str:
    """The document number of whom an application is for."""
    with open_desk(Options(data=folder), house=House(cost=CHEAP)) as desk:
        return desk._parts.applications.get(application).resident.number


def test_who_stands_beside_signs_nothing_of_their_own(
    made: Prepared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The supervisor is known by the number of the resident whose fee is to be let go."""
    place = made.places["application"]["owing"]
    kangka = Kangka(made.copy(place.desk, tmp_path), capsys, House(cost=CHEAP))
    number = number_of(kangka.folder, place.words["application"])
    told = kangka.by(Role.SECURITY, "staff", "number", SUPERVISOR.name, typed=(number,))
    assert told.code == 0, told.err
    before = look(kangka.folder)
    words = ("till", "waive", "--application", place.words["application"], "--ground", "desk-fault")
    answer = kangka.by(Role.CLERK, "--second", SUPERVISOR.name, *words, typed=(SUPERVISOR.password(),))
    assert answer.error["code"] == "staff.not-by-oneself"
    after = look(kangka.folder)
    assert after.audit[-1][:4] == ("refused", "waive-fee", "staff.not-by-oneself", "clerk")
    assert after.tables == before.tables


def test_nobody_makes_a_card_of_their_own(
    made: Prepared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The clerk whose document number is the application's is refused, recorded with the application."""
    place = made.places["application"]["paid"]
    kangka = Kangka(made.copy(place.desk, tmp_path), capsys, House(cost=CHEAP))
    number = number_of(kangka.folder, place.words["application"])
    added = kangka.by(Role.SECURITY, "staff", "number", OTHER_CLERK.name, typed=(number,))
    assert added.code == 0, added.err
    issue = ("issue", "--application", place.words["application"])
    own = kangka("--operator", OTHER_CLERK.name, *issue, typed=[OTHER_CLERK.password])
    assert own.error["code"] == "staff.not-by-oneself"
    assert look(kangka.folder).audit[-1][:4] == ("refused", "issue", "staff.not-by-oneself", "clerk")
    assert kangka(*issue).code == 0


def test_a_refused_secret_stands_in_one_row_too(
    made: Prepared, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kangka = Kangka(made.copy("new", tmp_path), capsys, House(cost=CHEAP))
    before = len(look(kangka.folder).audit)
    kangka("--operator", CLERK.name, "case", "list", typed=["not.the-word"])
    assert [row[:3] for row in look(kangka.folder).audit[before:]] == [
        ("sign-in", "sign-in", None),
        ("refused", "sign-in", "staff.sign-in-refused"),
    ]
    weak = kangka.by(Role.CLERK, "staff", "password", typed=("12345678",))
    assert weak.error["code"] == "password.too-weak"
    assert look(kangka.folder).audit[-1][:3] == ("refused", "staff-password", "password.too-weak")


# -------------------------------------------------------------------------------- a live workplace


@pytest.fixture
def live(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Live:
    keyring = HeldKeyring()
    house = House(cost=CHEAP, keychain=lambda: Keychain(keyring))
    return Live(Kangka(tmp_path / "live", capsys, house), keyring)


def refusals(live: Live) -> list[tuple[Any, ...]]:
    """Act, subject and fault of every refusal."""
    return [(row[1], row[2], row[5]) for row in live.audit() if row[0] == "refused"]


def test_who_may_not_adopt_rules_is_recorded_whatever_the_folder_holds(
    live: Live, tmp_path: Path
) -> None:
    live.init()
    good, broken = province(tmp_path / "good"), province(tmp_path / "broken")
    (broken / "fees" / "schedule.toml").write_text("fee = 3", encoding="utf-8")
    wanted: list[tuple[Any, ...]] = []
    for role in PEOPLE:
        if PERMISSIONS.level("settings", role) is Level.ACT:
            continue
        assert live.by(role, "adopt", str(broken)).error["code"] == "staff.not-permitted"
        wanted.append(("settings", RULES_SETTING, "staff.not-permitted"))
    assert live.by(Role.SYSTEM, "adopt", str(broken)).error["code"] == "fees.invalid"
    wanted.append(("settings", RULES_SETTING, "fees.invalid"))
    assert refusals(live) == wanted
    assert live.by(Role.SYSTEM, "adopt", str(good)).code == 0
    assert refusals(live) == wanted


def test_shares_open_the_records_for_a_security_administrator_alone(live: Live) -> None:
    made = live.init()
    wanted = []
    for row in made["people"]:
        if PERMISSIONS.level("keys", Role(row["role"])) is Level.ACT:
            continue
        answer = live("recover", row["name"], typed=[*made["shares"][:2], "new.start-77"])
        assert answer.error["code"] == "staff.not-permitted"
        wanted.append(("keys", row["id"], "staff.not-permitted"))
    assert refusals(live) == wanted
    name = NAMES[Role.SECURITY]
    assert live("recover", name, typed=[*made["shares"][:2], "new.start-77"]).code == 0
    assert refusals(live) == wanted
