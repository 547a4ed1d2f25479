"""The first run of a live workplace, opening it, and the way back in by recovery shares."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from keyring.backend import KeyringBackend

from app.crypto.keychain import Keychain
from app.crypto.keys import KEY_FILE
from app.domain.application import Realm
from app.domain.staff import PEOPLE, FreshSignInNeeded, NotPermitted, Role
from app.domain.ways import KeyStanding
from app.main import open_desk
from app.opening import DESK_FILE, Entry, House, Options, open_room
from app.store.audit_witness import WITNESS_FOLDER
from app.store.store import STORE_FOLDER
from app.workflow.sign_in import SignInRefused
from app.workflow.workplace import SimulatedRefused
from tests.helpers.commands import Answer, Kangka
from tests.helpers.people import CHEAP, NAMES, PASSWORDS

SETTINGS = {
    "name": "样例社区卫生服务中心",
    "desk": "07",
    "institution_code": "4101990000000000000042",
    "terminal_number": "410199000007",
    "issuer_name": "样例省卫生厅",
    "issuer_code": "4101990000000000000001",
    "city_code": "410199",
    "vendor": "AB",
}
SWITCHES = [part for name, value in SETTINGS.items() for part in ("--" + name.replace("_", "-"), value)]
PERSONS = [part for role in PEOPLE for part in ("--person", f"{role.value}={NAMES[role]}")]
TYPED = [PASSWORDS[role] for role in PEOPLE]


class HeldKeyring(KeyringBackend):
    """A keychain that holds its texts in memory, in the system's own shape."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@dataclass
class Live:
    """A live workplace before its first run, and its machine's keychain."""

    kangka: Kangka
    keyring: HeldKeyring

    @property
    def folder(self) -> Path:
        return self.kangka.folder

    @property
    def house(self) -> House:
        assert self.kangka.house is not None
        return self.kangka.house

    def __call__(self, *arguments: str | Path, typed: list[str] | tuple[str, ...] = ()) -> Answer:
        return self.kangka.run("--data", self.folder, "--json", *arguments, typed=typed)

    def options(self, entry: Entry) -> Options:
        return Options(data=self.folder, training=False, devices="system", entry=entry)

    def init(self) -> dict[str, Any]:
        return self("init", *SWITCHES, *PERSONS, typed=TYPED).json

    def by(self, role: Role, *arguments: str, typed: tuple[str, ...] = ()) -> Answer:
        return self("--operator", NAMES[role], *arguments, typed=[PASSWORDS[role], *typed])

    def audit(self) -> list[tuple[Any, ...]]:
        """Kind, act, subject, after, reason, fault, terminal of each row, oldest first."""
        entry = Entry(NAMES[Role.AUDIT], lambda: PASSWORDS[Role.AUDIT])
        room = open_room(self.options(entry), self.house)
        try:
            return room.store.call(
                lambda store: store._database.execute_sql(
                    "SELECT kind, act, subject, state_after, reason, fault, terminal FROM audit"
                    " ORDER BY seq"
                ).fetchall()
            )
        finally:
            room.store.close()


@pytest.fixture
def live(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Live:
    keyring = HeldKeyring()
    house = House(cost=CHEAP, keychain=lambda: Keychain(keyring))
    return Live(Kangka(tmp_path / "live", capsys, house), keyring)


@pytest.fixture
def without_keychain(live: Live) -> Live:
    live.kangka.house = replace(live.house, keychain=lambda: Keychain(None))
    return live


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# ------------------------------------------------------------------------------------ the first run


def test_a_workplace_begins_with_people_of_every_role_and_no_account_of_its_own(live: Live) -> None:
    made = live.init()
    assert [(row["name"], row["role"]) for row in made["people"]] == [
        (NAMES[role], role.value) for role in PEOPLE
    ]
    assert made["keychain"] is True
    assert len(set(made["shares"])) == 3
    listed = live.by(Role.SECURITY, "staff", "list").json["staff"]
    assert [row["id"] for row in listed] == [row["id"] for row in made["people"]]
    # What witnesses the audit is told when a desk opens (docs/audit.md).
    there = sorted(path.name for path in live.folder.iterdir())
    assert there == [DESK_FILE, STORE_FOLDER, WITNESS_FOLDER]
    kinds = [row[0] for row in live.audit()]
    assert kinds.count("staff") == 5
    assert kinds.count("setting") == len(SETTINGS) + 2
    assert kinds.count("keys") >= 6
    # What the first run kept is what every later row bears.
    assert live.audit()[-1][6] == SETTINGS["terminal_number"]


def test_shares_and_passwords_stand_in_no_file(live: Live) -> None:
    made = live.init()
    everything = b"".join(contents(live.folder).values())
    for secret in (*made["shares"], *PASSWORDS.values(), *NAMES.values()):
        assert secret.encode() not in everything
    assert not [text for text in live.keyring.kept.values() if text in PASSWORDS.values()]


def test_settings_may_come_from_a_file_and_switches_go_before(live: Live, tmp_path: Path) -> None:
    path = tmp_path / "desk.toml"
    rows = "".join(f'[[people]]\nname = "{NAMES[role]}"\nrole = "{role.value}"\n' for role in PEOPLE)
    lines = [f'{name} = "{value}"' for name, value in SETTINGS.items()]
    path.write_text("\n".join(lines) + "\n" + rows, encoding="utf-8")
    live("init", "--from", path, "--desk", "09", typed=TYPED)
    assert (live.folder / DESK_FILE).read_text() == 'number = "09"\n'
    entry = Entry(NAMES[Role.CLERK], lambda: PASSWORDS[Role.CLERK])
    room = open_room(live.options(entry), live.house)
    assert room.settings.told() == SETTINGS | {"desk": "09"}
    assert room.store.call(lambda store: store.desk) == "09"
    room.store.close()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda a, t: (a[:-2], t), "first-run.roles-missing"),
        (lambda a, t: (a, t[:-1]), "first-run.password-missing"),
        (lambda a, t: (a, ["12345678", *t[1:]]), "password.too-weak"),
        (lambda a, t: ([*a, "--person", f"clerk={NAMES[Role.CLERK]} "], [*t, "x"]), "staff.name-taken"),
        (lambda a, t: ([*a, "--desk", "7"], t), "settings.refused"),
        (lambda a, t: ([*a, "--institution-code", "123"], t), "settings.refused"),
        (lambda a, t: (a[2:], t), "settings.refused"),
    ],
)
def test_a_first_run_that_is_not_whole_makes_nothing(
    live: Live, change: Callable[[list[str], list[str]], tuple[list[str], list[str]]], code: str
) -> None:
    arguments, typed = change([*SWITCHES, *PERSONS], TYPED)
    assert live("init", *arguments, typed=typed).error["code"] == code
    assert not (live.folder / STORE_FOLDER).exists()
    assert live.keyring.kept == {}


@pytest.mark.parametrize("text", ["name = ", '[[people]]\nname = "甲"\n', "people = 7\n"])
def test_a_file_that_is_no_settings_is_refused(live: Live, tmp_path: Path, text: str) -> None:
    path = tmp_path / "desk.toml"
    path.write_text(text, encoding="utf-8")
    code = live("init", *SWITCHES, "--from", path).error["code"]
    assert code == ("file.unreadable" if text == "name = " else "settings.refused")


def test_a_person_on_the_line_has_a_role(live: Live) -> None:
    assert live("init", "--person", "boss=样例").code == 2


def test_a_workplace_is_set_up_once(live: Live) -> None:
    live.init()
    before = contents(live.folder)
    assert live("init", *SWITCHES, *PERSONS, typed=TYPED).error["code"] == "store.exists"
    assert contents(live.folder) == before


@pytest.mark.parametrize("point", ["before first run", "after first run", "before key way"])
def test_a_first_run_that_is_cut_leaves_nothing(
    live: Live, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    """The process dies at a durable point of it; what is left is no workplace, and it begins anew."""
    from app import setting_up  # noqa: PLC0415 - its seam is what is cut

    class Cut(BaseException):
        pass

    def cut(heard: str) -> None:
        if heard == point:
            raise Cut

    context = setting_up._context
    monkeypatch.setattr(setting_up, "_context", lambda *args: replace(context(*args), on_commit=cut))
    with pytest.raises(Cut):
        live("init", *SWITCHES, *PERSONS, typed=TYPED)
    monkeypatch.undo()
    assert live("staff", "list").error["code"] == "workplace.not-set-up"
    live.init()
    assert live.by(Role.SECURITY, "staff", "list").code == 0


def test_a_training_workplace_may_have_settings_of_its_own(live: Live) -> None:
    made = live("--training", "init", "--desk", "33", "--name", "样例训练点").json
    assert {row["role"] for row in made["people"]} == {role.value for role in PEOPLE}
    assert made["shares"] == []
    with open_desk(Options(data=live.folder)) as desk:
        info = desk.workplace()
        assert (info.desk, info.name, info.realm) == ("33", "样例训练点", Realm.TRAINING)
        application = desk.save(desk.draft_from_training(0))
        assert desk.application_details(application)["number"].startswith("X33-")
    assert live("--training", "init").error["code"] == "store.exists"


# ------------------------------------------------------------------------------------------ opening


def test_a_live_desk_wants_to_be_set_up_and_somebody_to_act(live: Live) -> None:
    assert live("case", "list").error["code"] == "workplace.not-set-up"
    assert not live.folder.exists()
    live.init()
    assert live("case", "list").error["code"] == "staff.nobody-signed-in"
    assert live.by(Role.CLERK, "case", "list").json == {"cases": []}


def test_it_opens_by_the_keychain_or_by_a_password(live: Live) -> None:
    live.init()
    assert live.by(Role.CLERK, "case", "list").code == 0
    live.keyring.kept.clear()
    assert live.by(Role.CLERK, "case", "list").code == 0
    live.kangka.house = replace(live.house, keychain=lambda: Keychain(None))
    assert live.by(Role.AUDIT, "staff", "list").code == 0
    wrong = live("--operator", NAMES[Role.CLERK], "case", "list", typed=["not.my-word-1"])
    assert wrong.error["code"] == "keys.sign-in-refused"


def test_with_a_keychain_a_wrong_password_is_counted(live: Live) -> None:
    live.init()
    for _ in range(3):
        answer = live("--operator", NAMES[Role.CLERK], "case", "list", typed=["not.my-word-1"])
        assert answer.error["code"] == "staff.sign-in-refused"
    assert live.by(Role.CLERK, "case", "list").error["code"] == "staff.sign-in-waits"


def test_a_password_whose_way_can_not_be_written_stays_the_old_one(without_keychain: Live) -> None:
    """Else neither opened the records: the new one has no way there, the old one signs nobody in."""
    live = without_keychain
    live.init()
    in_the_way = live.folder / "store" / "kangka.key.new"
    in_the_way.mkdir()
    new = "another-good-one-4711"
    refused = live.by(Role.CLERK, "staff", "password", typed=(new,))
    assert refused.error["code"] == "keys.file-not-written"
    in_the_way.rmdir()
    assert live.by(Role.CLERK, "till", "due").code == 0
    assert live.by(Role.CLERK, "staff", "password", typed=(new,)).code == 0
    assert live("--operator", NAMES[Role.CLERK], "till", "due", typed=[new]).code == 0


def test_a_new_person_and_a_new_password_open_the_records(without_keychain: Live) -> None:
    live = without_keychain
    assert live.init()["keychain"] is False
    added = live.by(
        Role.SECURITY, "staff", "add", "样例新人", "--role", "clerk", typed=("first.word-31",)
    )
    assert added.code == 0
    mine = ("--operator", "样例新人")
    assert live(*mine, "case", "list", typed=["first.word-31"]).code == 0
    assert live(*mine, "staff", "password", typed=["first.word-31", "second.word-32"]).code == 0
    refused = live(*mine, "case", "list", typed=["first.word-31"])
    assert refused.error["code"] == "keys.sign-in-refused"
    assert live(*mine, "case", "list", typed=["second.word-32"]).code == 0
    live.by(Role.SECURITY, "staff", "deactivate", "样例新人")
    refused = live(*mine, "case", "list", typed=["second.word-32"])
    assert refused.error["code"] == "keys.sign-in-refused"
    keys = [row for row in live.audit() if row[0] == "keys" and row[2] == added.json["id"]]
    assert [row[4] for row in keys] == ["given", "given", "taken"]


def test_a_way_that_a_cut_left_undone_is_made_at_the_next_sign_in(live: Live) -> None:
    """The power goes between a new password and its way: signing in makes it good."""
    live.init()
    entry = Entry(NAMES[Role.CLERK], lambda: PASSWORDS[Role.CLERK])
    room = open_room(live.options(entry), live.house)
    verifier = live.house.verifiers().of_password("other.word-55")
    mine = room.session.actor.id
    room.store.records.durable("cut", lambda unit: unit.staff.set_password(mine, verifier))
    room.store.close()
    clerk = ("--operator", NAMES[Role.CLERK], "case", "list")
    assert live(*clerk, typed=["other.word-55"]).code == 0
    live.kangka.house = replace(live.house, keychain=lambda: Keychain(None))
    assert live(*clerk, typed=["other.word-55"]).code == 0
    assert live(*clerk, typed=[PASSWORDS[Role.CLERK]]).code == 1


def test_a_way_of_whoever_left_is_taken_at_the_next_opening(live: Live) -> None:
    made = live.init()
    clerk = next(row["id"] for row in made["people"] if row["role"] == "clerk")
    entry = Entry(NAMES[Role.SECURITY], lambda: PASSWORDS[Role.SECURITY])
    room = open_room(live.options(entry), live.house)
    everybody = frozenset(row["id"] for row in made["people"])
    assert room.staff.keys() == KeyStanding(everybody, keychain=True, shares=True)
    seen = {row.member.id: row for row in room.staff.people()}
    assert seen[room.session.actor.id].signed_in_ms is not None
    assert (seen[clerk].signed_in_ms, seen[clerk].pin, seen[clerk].failures) == (None, False, 0)
    room.store.records.durable("cut", lambda unit: unit.staff.change(clerk, active=False))
    room.store.close()
    live.by(Role.SECURITY, "staff", "list")
    owners = [
        entry["owner"]
        for entry in json.loads((live.folder / STORE_FOLDER / "kangka.key").read_text())["wraps"]
    ]
    assert clerk not in owners
    assert len(owners) == 4 + 2
    entry = Entry(NAMES[Role.AUDIT], lambda: PASSWORDS[Role.AUDIT])
    room = open_room(live.options(entry), live.house)
    with pytest.raises(NotPermitted):
        room.staff.keys()
    room.store.close()


def test_a_live_desk_refuses_simulated_devices(live: Live) -> None:
    live.init()
    answer = live("--devices", "simulated", "--operator", NAMES[Role.CLERK], "case", "list")
    assert answer.error["code"] == "workplace.simulated-refused"
    entry = Entry(NAMES[Role.CLERK], lambda: PASSWORDS[Role.CLERK])
    options = Options(data=live.folder, training=False, devices="simulated", entry=entry)
    allowed = replace(live.house, simulated_live=True)
    with open_desk(options, house=allowed) as desk:
        application = desk.save(desk.draft_from_training(0))
        assert desk.application_details(application)["number"] == "L07-A000001"
    # Devices of the system, but a printer that is a simulator: nothing is made.
    on_system = open_desk(replace(options, devices="system"), house=live.house)
    with on_system as desk, pytest.raises(SimulatedRefused):
        desk.issue(application, print, threading.Event())


@pytest.mark.parametrize("text", [None, "", 'number = "1"', "number = 7", "number = ", "\x00"])
def test_a_workplace_that_does_not_say_which_desk_it_is_stays_closed(
    live: Live, text: str | None
) -> None:
    live.init()
    path = live.folder / DESK_FILE
    path.unlink()
    if text is not None:
        path.write_text(text)
    assert live.by(Role.CLERK, "case", "list").error["code"] == "workplace.desk-file-damaged"


def test_a_number_that_is_no_desk_of_these_records_is_refused(live: Live) -> None:
    live.init()
    (live.folder / DESK_FILE).write_text('number = "08"\n')
    assert live.by(Role.CLERK, "case", "list").error["code"] == "workplace.not-set-up"


def test_training_and_live_refuse_each_other(live: Live) -> None:
    live.init()
    refused = live("--training", "case", "list")
    assert refused.error["code"] == "store.realm-mismatch"


# ----------------------------------------------------------------------------------------- recovery


def recover(live: Live, name: str, shares: list[str], typed: str = "new.start-77") -> Answer:
    return live("recover", name, typed=[*shares, typed])


def test_two_shares_bring_the_security_administrator_back(live: Live) -> None:
    shares = live.init()["shares"]
    live.keyring.kept.clear()
    name = NAMES[Role.SECURITY]
    answer = recover(live, name, [shares[2], shares[0]])
    assert [row["name"] for row in answer.json["people"]] == [name]
    assert answer.json["keychain"] is True
    again = answer.json["shares"]
    assert len(set(again)) == 3
    assert not set(again) & set(shares)
    live.kangka.house = replace(live.house, keychain=lambda: Keychain(None))
    assert live("--operator", name, "staff", "list", typed=["new.start-77"]).code == 0
    assert live.by(Role.SECURITY, "staff", "list").code == 1
    assert live.by(Role.CLERK, "case", "list").code == 0
    assert recover(live, name, shares[:2]).error["code"] == "recovery.share-of-another-set"
    assert recover(live, name, again[:2], "newer.start-78").code == 0
    rows = [row for row in live.audit() if row[4] == "recovered"]
    assert [(row[0], row[1]) for row in rows] == [("keys", "keys")] * 2


def test_a_recovery_ends_the_wait_of_the_name(live: Live) -> None:
    shares = live.init()["shares"]
    name = NAMES[Role.SECURITY]
    for _ in range(3):
        live("--operator", name, "staff", "list", typed=["not.my-word-1"])
    assert live.by(Role.SECURITY, "staff", "list").error["code"] == "staff.sign-in-waits"
    recover(live, name, shares[:2])
    assert live("--operator", name, "staff", "list", typed=["new.start-77"]).code == 0


@pytest.mark.parametrize(
    ("role", "code"), [(Role.CLERK, "staff.not-permitted"), (None, "staff.unknown")]
)
def test_shares_bring_back_a_security_administrator_alone(
    live: Live, role: Role | None, code: str
) -> None:
    shares = live.init()["shares"]
    name = "没有此人" if role is None else NAMES[role]
    assert recover(live, name, shares[:2]).error["code"] == code
    assert [row[5] for row in live.audit() if row[0] == "refused"] == [code]
    assert live.by(Role.CLERK, "case", "list").code == 0


def test_what_is_no_recovery_changes_nothing(live: Live) -> None:
    name = NAMES[Role.SECURITY]
    assert recover(live, name, ["a", "b"]).error["code"] == "workplace.not-set-up"
    shares = live.init()["shares"]
    before = contents(live.folder)
    assert recover(live, name, [shares[0], shares[0]]).error["code"] == "recovery.share-repeated"
    assert recover(live, name, [shares[0], "x"]).error["code"] == "recovery.share-incomplete"
    assert recover(live, name, shares[:2], "12345678").error["code"] == "password.too-weak"
    assert contents(live.folder) == before
    training = live("--training", "recover", name, typed=[*shares[:2], "new.start-77"])
    assert training.error["code"] == "keys.method-refused"


def test_new_shares_take_the_place_of_shares_that_nobody_saw(live: Live) -> None:
    old, name = live.init()["shares"], NAMES[Role.SECURITY]
    before = contents(live.folder)
    assert live.by(Role.SUPERVISOR, "keys", "shares").error["code"] == "staff.not-permitted"
    shown = live.by(Role.SECURITY, "keys", "show").json
    assert shown == {
        "people": [NAMES[role] for role in PEOPLE],
        "keychain": True,
        "shares": True,
        "published": False,
    }
    told = live.by(Role.SECURITY, "keys", "shares").json
    assert list(told) == ["shares"]
    anew = told["shares"]
    assert len(set(anew)) == 3 and not set(anew) & set(old)
    changed = [path for path, raw in contents(live.folder).items() if before.get(path) != raw]
    assert f"{STORE_FOLDER}/{KEY_FILE}" in changed
    for raw in contents(live.folder).values():
        assert not any(share.encode() in raw for share in anew), "kept nowhere"
    rows = [row for row in live.audit() if row[3] == "recovery"]
    assert [(row[0], row[1], row[4]) for row in rows] == [("keys", "keys", "given")]
    assert recover(live, name, old[1:]).error["code"] == "recovery.share-of-another-set"
    assert recover(live, name, [anew[2], anew[1]]).code == 0


def test_new_shares_ask_for_the_password_once_more(live: Live) -> None:
    old = live.init()["shares"]
    entry = Entry(NAMES[Role.SECURITY], lambda: PASSWORDS[Role.SECURITY])
    room = open_room(live.options(entry), live.house)
    try:
        with pytest.raises(FreshSignInNeeded):
            room.staff.new_shares(None)
        with pytest.raises(FreshSignInNeeded):
            room.staff.new_shares(room.fresh("staff"))
    finally:
        room.store.close()
    assert recover(live, NAMES[Role.SECURITY], old[:2]).code == 0


def test_shares_are_told_in_words(live: Live) -> None:
    arguments = ("init", *SWITCHES, *PERSONS)
    answer = live.kangka.run("--data", live.folder, "--lang", "en", *arguments, typed=TYPED)
    assert answer.out.count("-") >= 3 * 8
    assert "any two open the records" in answer.out
    assert "no keychain" not in answer.out
    security = ("--operator", NAMES[Role.SECURITY])
    for lang, void in (("en", "The older shares open nothing any more"), ("zh", "旧的恢复码已失效")):
        words = ("--data", live.folder, "--lang", lang, *security, "keys")
        made = live.kangka.run(*words, "shares", typed=[PASSWORDS[Role.SECURITY]])
        assert made.out.count("-") >= 3 * 8 and void in made.out
        shown = live.kangka.run(*words, "show", typed=[PASSWORDS[Role.SECURITY]])
        assert all(name in shown.out for name in NAMES.values())


def test_without_a_keychain_it_says_so(without_keychain: Live) -> None:
    live = without_keychain
    arguments = ("init", *SWITCHES, *PERSONS)
    answer = live.kangka.run("--data", live.folder, "--lang", "en", *arguments, typed=TYPED)
    assert "This machine has no keychain" in answer.out
    entry = Entry(NAMES[Role.CLERK], lambda: "not.my-word-1")
    with pytest.raises(Exception, match="sign-in-refused"):
        open_room(live.options(entry), live.house)
    assert SignInRefused.code != "keys.sign-in-refused"
