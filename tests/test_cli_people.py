"""Who acts at a training desk: its made-up staff, by name and password; and looking after people."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.domain.staff import PEOPLE, Role
from app.main import open_desk
from app.opening import Entry, House, Options, made_up_staff
from app.workflow.gate import NobodySignedIn
from tests.helpers.commands import Kangka
from tests.helpers.people import CHEAP

STAFF = made_up_staff()
CLERK, OTHER = [person for person in STAFF if person.role is Role.CLERK]
SECURITY = next(person for person in STAFF if person.role is Role.SECURITY)


@pytest.fixture
def kangka(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    return Kangka(tmp_path / "desk", capsys, House(cost=CHEAP))


def staff(kangka: Kangka) -> dict[str, tuple[str, bool]]:
    rows = kangka.by(Role.SECURITY, "staff", "list").json["staff"]
    return {row["name"]: (row["role"], row["active"]) for row in rows}


# ---------------------------------------------------------------------------------------- who acts


def test_every_role_has_a_made_up_person_with_a_password() -> None:
    assert {person.role for person in STAFF} == set(PEOPLE)
    assert all(person.password for person in STAFF)


def test_the_published_verifiers_are_those_of_the_published_passwords(tmp_path: Path) -> None:
    for person in STAFF:
        entry = Entry(person.name, lambda person=person: person.password)
        with open_desk(Options(data=tmp_path, entry=entry)) as desk:
            assert desk.workplace().operator == person.name


def test_the_made_up_clerk_acts_unless_another_signs_in(tmp_path: Path) -> None:
    with open_desk(Options(data=tmp_path)) as desk:
        assert desk.workplace().operator == CLERK.name
    other = Options(data=tmp_path, entry=Entry(OTHER.name, lambda: OTHER.password))
    with open_desk(other) as desk:
        assert desk.workplace().operator == OTHER.name
        application = desk.save(desk.draft_from_training(0))
        evidence = desk._parts.applications.get(application).evidence
        assert evidence is not None
        assert evidence.collected_by == OTHER.name
        assert evidence.collected_by_id == desk.gate.actor.id


def test_a_window_may_open_with_nobody_there(tmp_path: Path) -> None:
    with open_desk(Options(data=tmp_path), sit=False) as desk:
        assert desk.workplace().operator == ""
        for act in (
            lambda: desk.save(desk.draft_from_training(0)),
            lambda: desk.read_card(threading.Event()),
            desk.staff.everyone,
        ):
            with pytest.raises(NobodySignedIn):
                act()
        assert desk.sign_in.made_up() == STAFF
        desk.sign_in.sign_in(CLERK.name, CLERK.password)
        assert desk.workplace().operator == CLERK.name


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["Nobody Here", OTHER.name])
def test_a_stranger_and_a_wrong_password_are_refused_alike(kangka: Kangka, name: str, lang: str) -> None:
    answer = kangka("--operator", name, "case", "list", lang=lang, typed=["not.the-word"])
    assert answer.error["code"] == "staff.sign-in-refused"
    assert name not in answer.err + answer.out


def test_after_three_wrong_passwords_the_name_waits(kangka: Kangka) -> None:
    for _ in range(3):
        kangka("--operator", OTHER.name, "case", "list", typed=["not.the-word"])
    answer = kangka("--operator", OTHER.name, "case", "list", typed=[OTHER.password])
    assert answer.error["code"] == "staff.sign-in-waits"


def test_a_password_may_come_from_a_file(
    kangka: Kangka, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "password"
    path.write_text(OTHER.password + "\n", encoding="utf-8")
    monkeypatch.setenv("KANGKA_PASSWORD_FILE", str(path))
    assert kangka("--operator", OTHER.name, "case", "list").json == {"cases": []}
    path.write_bytes(b"\xff\xfe\x00")
    assert kangka("--operator", OTHER.name, "case", "list").error["code"] == "file.unreadable"
    path.write_text("", encoding="utf-8")
    assert kangka("--operator", OTHER.name, "case", "list").error["code"] == "staff.sign-in-refused"


# ------------------------------------------------------------------------------------------ people


def test_a_person_is_added_listed_given_a_password_and_deactivated(kangka: Kangka) -> None:
    added = kangka.by(
        Role.SECURITY, "staff", "add", "样例新人", "--role", "supervisor", typed=["first.word-31"]
    )
    assert (added.json["name"], added.json["role"], added.json["active"]) == (
        "样例新人",
        "supervisor",
        True,
    )
    assert "first.word-31" not in added.out + added.err
    assert staff(kangka)["样例新人"] == ("supervisor", True)
    mine = ("--operator", "样例新人")
    assert kangka(*mine, "staff", "list", typed=["first.word-31"]).code == 0
    changed = kangka(*mine, "staff", "password", typed=["first.word-31", "second.word-32"])
    assert changed.json == {"changed": True}
    assert kangka(*mine, "staff", "list", typed=["first.word-31"]).code == 1
    kangka.by(Role.SECURITY, "staff", "password", "样例新人", typed=["third.word-33"])
    assert kangka(*mine, "staff", "list", typed=["third.word-33"]).code == 0
    kangka.by(Role.SECURITY, "staff", "deactivate", "样例新人")
    assert staff(kangka)["样例新人"] == ("supervisor", False)
    gone = kangka(*mine, "staff", "list", typed=["third.word-33"])
    assert gone.error["code"] == "staff.sign-in-refused"


def test_a_list_is_also_words(kangka: Kangka) -> None:
    kangka.by(Role.SECURITY, "staff", "deactivate", OTHER.name)
    answer = kangka("--operator", SECURITY.name, "staff", "list", json=False, typed=[SECURITY.password])
    assert f"{OTHER.name}  经办人  （已停用）" in answer.out.splitlines()
    assert f"{SECURITY.name}  安全管理员" in answer.out.splitlines()


@pytest.mark.parametrize(
    ("arguments", "typed", "code"),
    [
        (("deactivate", SECURITY.name), (), "staff.not-by-oneself"),
        (("password", SECURITY.name), ("another.word-5",), "staff.not-by-oneself"),
        (("deactivate", "没有此人"), (), "staff.unknown"),
        (("password", "没有此人"), ("another.word-5",), "staff.unknown"),
        (("add", CLERK.name, "--role", "clerk"), ("another.word-5",), "staff.name-taken"),
        (("add", "", "--role", "clerk"), ("another.word-5",), "staff.name-refused"),
        (("add", "样例新人", "--role", "clerk"), ("12345678",), "password.too-weak"),
        (("add", "样例新人", "--role", "clerk"), ("",), "first-run.password-missing"),
        (("password",), ("12345678",), "password.too-weak"),
    ],
)
def test_what_is_refused_changes_nobody(
    kangka: Kangka, arguments: tuple[str, ...], typed: tuple[str, ...], code: str
) -> None:
    before = staff(kangka)
    assert kangka.by(Role.SECURITY, "staff", *arguments, typed=typed).error["code"] == code
    assert staff(kangka) == before


def test_nobody_makes_a_card_of_their_own(kangka: Kangka) -> None:
    """A clerk whose own number is known to the desk makes no card for that number."""
    application = kangka.enrol()
    number = kangka("application", "show", application).json["card_number"]
    name, password = "样例自办", "yangli-ziban-41"
    added = kangka.by(
        Role.SECURITY,
        *("staff", "add", name, "--role", "clerk", "--number"),
        typed=(password, number),
    )
    assert added.code == 0, added.err
    assert number not in added.out + added.err
    refused = kangka("--operator", name, "issue", "--application", application, typed=[password])
    assert refused.code == 1 and refused.error["code"] == "staff.not-by-oneself"
    again = kangka.by(
        Role.SECURITY,
        *("staff", "add", "样例另名", "--role", "clerk", "--number"),
        typed=("yangli-lingming-41", number),
    )
    assert again.error["code"] == "staff.one-person-one-role"
    wrong = kangka.by(
        Role.SECURITY,
        *("staff", "add", "样例三名", "--role", "clerk", "--number"),
        typed=("yangli-sanming-41", "410102199003070010"),
    )
    assert wrong.code == 1 and wrong.error["code"].startswith("id-number.")


# ------------------------------------------------------------------------------------------ settings


def test_what_papers_tell_residents_can_be_changed(kangka: Kangka) -> None:
    def told() -> dict[str, str]:
        shown = kangka.by(Role.SYSTEM, "settings", "show").json
        assert shown["changeable"] == ["collect_at", "enquiry_phone", "name"]
        settings: dict[str, str] = shown["settings"]
        return settings

    before = told()
    answer = kangka.by(Role.SYSTEM, "settings", "set", "enquiry_phone", " 0371-99990000 ")
    assert answer.json == {"setting": "enquiry_phone", "value": "0371-99990000"}
    for _ in range(2):
        assert kangka.by(Role.SYSTEM, "settings", "set", "collect_at", "").code == 0
    assert told() == before | {"enquiry_phone": "0371-99990000", "collect_at": ""}
    with open_desk(Options(data=kangka.folder)) as desk:
        place = desk._parts.workplace
        # Whoever says neither tells residents the desk itself.
        assert place.collect_at.startswith(place.name)
        assert place.enquiry_phone == "0371-99990000"
    rows = kangka.by(Role.AUDIT, "audit", "show", "--kind", "setting").json["rows"]
    assert len(rows) == 2, "what was so already leaves no row"
    assert kangka.by(Role.SYSTEM, "settings", "set", "colour", "red").code == 2


def test_settings_are_told_in_words(kangka: Kangka) -> None:
    person = next(person for person in STAFF if person.role is Role.SYSTEM)
    line = ("--operator", person.name, "settings")
    for lang, label, done in (("zh", "台号", "下次打开本台"), ("en", "02", "next opening of the desk")):
        assert label in kangka(*line, "show", lang=lang, json=False, typed=[person.password]).out
        words = (*line, "set", "name", "样例中心")
        assert done in kangka(*words, lang=lang, json=False, typed=[person.password]).out
