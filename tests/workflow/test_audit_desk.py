"""The audit as people use it: who may look, when witnesses are told, what is told of a theft."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from app.base.catalogue import Catalogue
from app.base.clock import SystemClock
from app.crypto.keychain import Keychain
from app.domain.audit import (
    AuditKind,
    AuditQuery,
    ChainFault,
    Head,
    HeadUnreadable,
    HeadWitness,
    WitnessedHead,
    WitnessFailed,
    parse_head,
)
from app.domain.staff import Actor, NotPermitted, Role, load_permissions
from app.main import Options, open_desk
from app.store.audit_witness import FileWitness, KeychainWitness
from app.store.store import STORE_FOLDER, open_store
from app.workflow.audit_desk import HEAD_EVERY, AuditDesk
from app.workflow.gate import Gate, Session
from tests.helpers.audit_chain import LongAudit, event, found, long_audit
from tests.helpers.commands import Kangka
from tests.store.support import context


@dataclass
class Place:
    """A long audit, a desk over it, and who is signed in."""

    audit: LongAudit
    desk: AuditDesk
    session: Session

    def more(self, rows: int) -> None:
        work = self.audit.store._work

        def act(moment: Any) -> None:
            for number in range(rows):
                work.audit(event(number), moment)

        work.durable("acts", act)


class Silent:
    """A witness whose place can not be reached."""

    name = "keychain"

    def remember(self, _head: Head) -> None:
        raise WitnessFailed(self.name)

    def recall(self) -> list[WitnessedHead]:
        raise WitnessFailed(self.name)


Opened = Callable[..., Place]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    audits: list[LongAudit] = []
    session = Session(Actor("audit-1", "审计员", Role.AUDIT))

    def make(*more: HeadWitness) -> Place:
        audit = audits[0] if audits else long_audit(tmp_path, 40, who=lambda: session.actor)
        audits.append(audit)
        store = audit.store
        gate = Gate(session, load_permissions(), store.records, store._work.clock)
        return Place(audit, AuditDesk(store.audit, (audit.witness, *more), gate, store.records), session)

    yield make
    audits[0].store.close()


# ---------------------------------------------------------------------------------------- looking


def test_who_may_look_and_who_may_ask(opened: Opened) -> None:
    place = opened()
    for role in Role:
        place.session.begin(Actor("x", "某", role))
        if role is not Role.PROGRAM:
            assert place.desk.verify().ok
        if role in (Role.AUDIT, Role.SUPERVISOR, Role.SECURITY):
            assert place.desk.page(AuditQuery(limit=1)).rows
            continue
        for act in (lambda: place.desk.page(AuditQuery()), lambda: place.desk.case("case-0003")):
            before = place.audit.store.audit.length()
            with pytest.raises(NotPermitted):
                act()
            (row,) = place.audit.store.audit.page(AuditQuery(start=before))
            assert (row.kind, row.act, row.role) == ("refused", "audit", role.value)


def test_pages_say_where_the_next_begins(opened: Opened) -> None:
    desk = opened().desk
    first = desk.page(AuditQuery(limit=30))
    assert (len(first.rows), first.next) == (30, 30)
    second = desk.page(AuditQuery(limit=30, start=first.next))
    assert ([row.seq for row in second.rows], second.next) == (list(range(31, 41)), None)


def test_rows_are_found_by_what_they_speak_of(opened: Opened) -> None:
    desk = opened().desk
    every = desk.page(AuditQuery(limit=200)).rows
    for about in ("case-0006", "application-0007", "subject-8"):
        rows = desk.page(AuditQuery(limit=200, about=(about,))).rows
        told = [row for row in every if about in (row.case_id, row.application_id, row.subject)]
        assert rows == tuple(told) != ()
    # A number on paper stands in a row or two; what it names is found whole, however it was typed.
    (numbered,) = [row for row in every if row.number == "X01-A000009"]
    assert numbered.case_id == "case-0009"
    rows = desk.page(AuditQuery(limit=200, about=("x01-a000009",))).rows
    assert rows == tuple(row for row in every if row.case_id == "case-0009")
    assert desk.page(AuditQuery(about=("X01-A999999",))).rows == ()


def test_a_case_is_told_whole(opened: Opened) -> None:
    rows = opened().desk.case("case-0006")
    assert [row.case_id for row in rows] == ["case-0006"] * len(rows) != []


def test_a_detail_is_shown_once_it_is_recorded_who_asked(opened: Opened) -> None:
    place = opened()
    row = next(row for row in place.desk.page(AuditQuery()).rows if row.sealed)
    detail = place.desk.detail(row)
    assert detail is not None
    assert detail["said"].startswith("words of")
    (seen,) = place.desk.page(AuditQuery(kind="unmask", start=40)).rows
    assert (seen.actor, seen.subject, seen.person_id) == ("audit-1", f"01/{row.seq}", row.person_id)
    place.session.begin(Actor("s", "主管", Role.SUPERVISOR))
    with pytest.raises(NotPermitted):
        place.desk.detail(row)
    place.audit.store.audit.erase(str(row.person_id))
    place.session.begin(Actor("audit-1", "审计员", Role.AUDIT))
    assert place.desk.detail(row) is None


# --------------------------------------------------------------------------------------- the day


def test_witnesses_are_told_when_a_desk_opens_and_closes_and_not_again(opened: Opened) -> None:
    place = opened()
    assert place.desk.begin().ok
    known = len(place.audit.heads)  # the end is known already
    assert place.desk.keep() == ()
    assert len(place.audit.heads) == known
    place.more(1)
    place.desk.keep()
    place.desk.keep()
    assert [found.head.seq for found in place.audit.heads][known:] == [41]
    again = opened()
    again.desk.begin()
    again.desk.keep()
    assert len(again.audit.heads) == known + 1


def test_at_latest_after_so_many_rows(opened: Opened) -> None:
    place = opened()
    place.desk.begin()
    known = len(place.audit.heads)
    place.more(HEAD_EVERY - 1)
    place.desk.keep_if_due()
    assert len(place.audit.heads) == known
    place.more(1)
    commits = place.audit.store._work.commits
    place.desk.keep_if_due()
    assert place.audit.heads[-1].head.seq == 40 + HEAD_EVERY
    assert place.audit.store._work.commits == commits  # a witness costs no card a commit


def test_a_closing_freezes_a_head_that_every_witness_hears_of(opened: Opened) -> None:
    place = opened()
    head = place.desk.freeze("closing", "X01-S000007")
    assert place.audit.heads[-1].head == head
    kept = place.audit.store.audit.frozen()[-1]
    assert (kept.head, kept.witness, kept.reference) == (head, "closing", "X01-S000007")
    (row,) = place.desk.page(AuditQuery(kind="head", start=40)).rows
    assert (row.number, row.facts["hash"]) == ("X01-S000007", head.hash.hex())
    assert place.desk.state().witnesses == {"file": 4, "closing": 2}


def test_state_tells_of_the_last_verification(opened: Opened) -> None:
    place = opened()
    assert place.desk.state().whole_to is None
    place.desk.begin()
    state = place.desk.state()
    assert (state.length, state.whole_to, state.found, state.failed) == (40, 40, (), ())
    assert place.desk.alarm() is None
    place.audit.execute("UPDATE audit SET actor = 'x' WHERE seq = 20")
    place.desk.verify(full=True)
    state = place.desk.state()
    assert state.whole_to == 19
    assert [(one.sequence, one.fault) for one in state.found] == [(20, ChainFault.CHANGED)]
    alarm = place.desk.alarm()
    assert alarm is not None
    assert (alarm.count, alarm.sequence) == (1, 20)
    place.more(1)
    known = len(place.audit.heads)
    place.desk.keep()  # of a chain that was found broken no head is spread
    assert len(place.audit.heads) == known


# ------------------------------------------------------------------------------------- witnesses


def test_a_witness_that_does_not_answer_stops_nothing_and_is_told(opened: Opened) -> None:
    place = opened(Silent())
    report = place.desk.begin()
    assert [(p.fault, p.witness) for p in report.problems] == [(ChainFault.WITNESS_LOST, "keychain")]
    place.more(1)
    place.desk.freeze("closing", "X01-S000002")
    assert place.desk.state().failed == ("keychain",)


def test_a_witness_that_forgot_everything_is_told(opened: Opened) -> None:
    place = opened()
    place.audit.witness._path.unlink()
    assert [(p.fault, p.witness) for p in place.desk.verify().problems] == [
        (ChainFault.WITNESS_LOST, "file")
    ]


def test_heads_from_paper(opened: Opened) -> None:
    place = opened()
    head = place.audit.store.audit.head()
    assert head is not None
    assert parse_head(head.text()) == head
    assert head.text() == head.text().upper()
    assert place.desk.verify(
        typed=[head.text(), head.short(), f" {head.short()[:40]}\n{head.short()[40:]}"]
    ).ok
    other = head.short()[:-1] + ("0" if head.short()[-1] != "0" else "1")
    (problem,) = place.desk.verify(typed=[head.text(), other]).problems
    assert (problem.fault, problem.witness, problem.reference) == (ChainFault.FORKED, "paper", "2")


ZEROS = "00" * 32


@pytest.mark.parametrize(
    "text",
    [
        "",
        "KGKH1",
        f"KGKH2|01|1|{ZEROS}",
        "KGKH1|01|1|00",
        f"KGKH1|01|x|{ZEROS}",
        f"KGKH1||1|{ZEROS}",
        f"KGKH1|01|0|{ZEROS}",
        f"KGKH1|01|{'9' * 19}|{ZEROS}",
        f"KGKH1|01|1|2|3|{ZEROS}|zz|",
    ],
)
def test_what_is_no_head_is_refused(opened: Opened, text: str) -> None:
    with pytest.raises(HeadUnreadable):
        opened().desk.verify(typed=[text])


def test_a_torn_line_of_the_file_counts_as_none(tmp_path: Path) -> None:
    witness = FileWitness(tmp_path / "witness", "store")
    assert witness.recall() == []
    head = Head("01", 7, 3, 1, bytes(32), b"\x04" * 65, b"\x01" * 64)
    witness.remember(head)
    with witness._path.open("ab") as stream:
        stream.write(head.text().encode()[:50])
    witness.remember(Head("01", 9, 4, 2, bytes(32)))
    assert [(w.head.seq, w.witness) for w in witness.recall()] == [(7, "file"), (9, "file")]
    assert witness._path.stat().st_mode & 0o777 == 0o600
    assert witness._path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_can_not_be_written_or_read(tmp_path: Path) -> None:
    (tmp_path / "witness").write_text("in the way")
    witness = FileWitness(tmp_path / "witness", "store")
    with pytest.raises(WitnessFailed):
        witness.remember(Head("01", 1, 1, 1, bytes(32)))
    (tmp_path / "witness").unlink()
    (tmp_path / "witness" / "store.heads").mkdir(parents=True)
    with pytest.raises(WitnessFailed):
        witness.recall()


class Kept(KeyringBackend):
    """A keychain of one test's own."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked
        return self.texts.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringLocked
        self.texts[service, username] = password


def test_the_keychain_remembers_the_newest_head(opened: Opened) -> None:
    kept = Kept()
    place = opened(KeychainWitness(Keychain(kept), "store", "01"))
    place.desk.freeze("closing", "X01-S000002")
    place.more(5)
    place.desk.keep()
    (text,) = kept.texts.values()
    assert parse_head(text).seq == 46
    assert place.desk.verify().ok
    place.audit.execute("DELETE FROM audit WHERE seq > 44")
    place.audit.witness._path.unlink()
    faults = found(place.desk.verify())
    assert [p.witness for p in faults[ChainFault.CUT]] == ["keychain"]
    kept.locked = True
    lost = found(place.desk.verify())[ChainFault.WITNESS_LOST]
    assert [p.witness for p in lost] == ["keychain", "file"]
    with pytest.raises(WitnessFailed):
        KeychainWitness(Keychain(kept), "store", "01").remember(parse_head(text))


# --------------------------------------------------------------------------------- command line


@pytest.fixture
def kangka(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Kangka:
    return Kangka(tmp_path / "desk", capsys)


def stolen(folder: Path, statement: str) -> None:
    """One statement of somebody with the database's key, while the desk is closed."""
    store = open_store(folder / STORE_FOLDER, context(clock=SystemClock()))
    store._database.execute_sql(statement)
    store.close()


def test_verify_tells_and_exits_1_where_something_is_wrong(kangka: Kangka) -> None:
    kangka.enrol()
    told = kangka("audit", "verify", "--full").json
    assert (told["ok"], told["problems"], told["rows"]) == (True, [], told["chains"][0]["rows"])
    assert isinstance(told["seconds"], float)
    stolen(kangka.folder, "UPDATE audit SET actor = 'nobody' WHERE seq = 2")
    answer = kangka("audit", "verify", "--full")
    assert answer.error["code"] == "audit.broken"
    (problem,) = answer.json["problems"]
    assert (problem["sequence"], problem["problem"], problem["witness"]) == (2, "changed", None)
    assert answer.json["ok"] is False
    in_words = kangka("audit", "verify", "--full", lang="en", json=False)
    assert in_words.code == 1
    assert "Desk 02, rows 2 to 2: changed." in in_words.out


def test_verify_takes_a_head_from_paper(kangka: Kangka) -> None:
    kangka.enrol()
    (witness,) = (kangka.folder / "witness").iterdir()
    head = parse_head(witness.read_text().splitlines()[-1])
    assert kangka("audit", "verify", "--head", head.text(), "--head", head.short()).json["ok"]
    witness.unlink()
    stolen(kangka.folder, f"DELETE FROM audit WHERE seq >= {head.seq}")  # noqa: S608
    answer = kangka("audit", "verify", "--head", head.short())
    assert [(p["problem"], p["witness"]) for p in answer.json["problems"]] == [("cut", "paper")]
    in_words = kangka("audit", "verify", "--head", head.short(), json=False)
    assert "末尾被截去；依据：纸质日结单。" in in_words.out
    assert kangka("audit", "verify", "--head", "KGKH1").error["code"] == "audit.head-unreadable"


@pytest.mark.parametrize("words", [("show",), ("case", "some-case")])
def test_a_clerk_does_not_read_the_audit(kangka: Kangka, words: tuple[str, ...]) -> None:
    assert kangka("audit", *words).error["code"] == "staff.not-permitted"


def test_rows_and_cases_as_lines_and_as_json(kangka: Kangka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Session, "begin", lambda self, _actor: setattr(self, "_actor", Actor("a", "审计员", Role.AUDIT))
    )
    with open_desk(Options(data=kangka.folder)) as desk:
        for number in range(3):
            desk.audit.freeze("closing", f"X02-S{number:06d}")
    page = kangka("audit", "show", "--kind", "head", "--limit", "2").json
    assert [row["number"] for row in page["rows"]] == ["X02-S000000", "X02-S000001"]
    rest = kangka("audit", "show", "--kind", "head", "--after", str(page["next"])).json
    assert ([row["number"] for row in rest["rows"]], rest["next"]) == (["X02-S000002"], None)
    assert page["rows"][0]["terminal"]
    assert page["rows"][0]["institution"]
    assert "留存链首" in kangka("audit", "show", json=False).out
    assert "没有关于办件" in kangka("audit", "case", "no-such", json=False).out
    assert kangka("audit", "case", "no-such").json == {"case": "no-such", "rows": []}


def test_every_word_of_the_audit_has_its_chinese() -> None:
    words = Catalogue("zh")
    assert [kind for kind in AuditKind if words.word("audit", kind) == kind] == []
    assert [fault for fault in ChainFault if words.word("audit_fault", fault) == fault] == []
