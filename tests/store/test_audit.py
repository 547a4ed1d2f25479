"""The audit's rows: strict chains, details under a person's key, nothing of a person in the chain."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from peewee import IntegrityError

from app.crypto.person_keys import detail_digest
from app.domain.application import Realm
from app.domain.audit import AuditEvent, AuditKind, AuditQuery, ChainFault
from app.domain.staff import PROGRAM, Actor, Role
from app.store.audit_chain import COLUMNS, HASH, HASHED, genesis, row_hash
from app.store.store import Store, create, open_store
from app.store.tables import COLUMNS as TABLES
from tests.helpers.audit_chain import KINDS, LongAudit, event, found, long_audit, names
from tests.oracle.audit import check_chain
from tests.store.support import (
    ADDRESS,
    NAME,
    NUMBER,
    ONLY_SQLCIPHER,
    PHONE,
    application,
    context,
    make_card,
)

CLERK = Actor("staff-1", "训练员", Role.CLERK)
SPOKEN = {"name": NAME, "number": NUMBER, "phone": PHONE, "address": ADDRESS}


def append(store: Store, *events: AuditEvent) -> None:
    def act(moment: Any) -> None:
        for one in events:
            store._work.audit(one, moment)

    store._work.durable("act", act)


def rows(store: Store) -> list[dict[str, Any]]:
    cursor = store._database.execute_sql("SELECT * FROM audit ORDER BY desk, seq")
    return [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]


def whole(store: Store) -> bool:
    return store.audit.verify(full=True, heads=()).ok


# ------------------------------------------------------------------------------------------ chain


def test_the_first_row_says_who_began_the_chain(store: Store) -> None:
    assert store.audit.head() is None
    append(store, AuditEvent(AuditKind.SIGN_IN, actor=CLERK))
    first, second = rows(store)
    assert (first["seq"], first["kind"], first["actor"]) == (1, "store-made", PROGRAM.id)
    assert first["prev"] == genesis(store.store_id, "training", store.desk)
    assert first["subject"] == store.store_id
    assert (second["seq"], second["prev"], second["actor"]) == (2, first["hash"], CLERK.id)
    head = store.audit.head()
    assert head is not None
    assert json.loads(first["facts"])["public"] == head.public.hex()
    assert whole(store)


def test_every_column_stands_as_it_was_told(folder: Path) -> None:
    told = replace(context(), terminal="410100009901", institution="4101000000000000000001")
    store = create(folder, told)
    one = replace(event(30), second=replace(CLERK, id="staff-2"), realm=Realm.TRAINING)
    append(store, one)
    (row,) = store.audit.page(AuditQuery(start=1))
    for name in ("act", "person_id", "case_id", "subject", "before", "reason", "fault", "fen"):
        assert getattr(row, name) == getattr(one, name)
    assert (row.terminal, row.institution) == (told.terminal, told.institution)
    assert (row.actor, row.role, row.second) == ("staff-1", "clerk", "staff-2")
    assert (row.realm, row.sealed, dict(row.facts)) == ("training", True, dict(one.facts))
    store.close()


def test_a_refused_act_leaves_no_row(store: Store) -> None:
    def act(moment: Any) -> None:
        store._work.audit(AuditEvent(AuditKind.ENROL), moment)
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        store._work.durable("act", act)
    assert rows(store) == []


def test_two_windows_keep_one_chain(folder: Path) -> None:
    one, two = create(folder, context()), open_store(folder, context())
    for number in range(6):
        append((one, two)[number % 2], AuditEvent(AuditKind.LOCK), AuditEvent(AuditKind.UNLOCK))
    assert [row["seq"] for row in rows(one)] == list(range(1, 14))
    assert len({row["boot"] for row in rows(one)}) == 2
    assert whole(one)
    assert whole(two)
    one.close()
    two.close()


def test_two_desks_keep_a_chain_each_and_a_key_each(folder: Path) -> None:
    one = create(folder, context())
    two = open_store(folder, replace(context(), desk="02"))
    for store in (one, two, one):
        append(store, AuditEvent(AuditKind.LOCK))
    assert [(row["desk"], row["seq"]) for row in rows(one)] == [
        ("01", 1),
        ("01", 2),
        ("01", 3),
        ("02", 1),
        ("02", 2),
    ]
    heads = [one.audit.head(), two.audit.head()]
    assert heads[0] is not None
    assert heads[1] is not None
    assert heads[0].public != heads[1].public
    report = one.audit.verify(full=True, heads=())
    assert report.ok
    assert [(chain.desk, chain.last, chain.whole_to) for chain in report.chains] == [
        ("01", 3, 3),
        ("02", 2, 2),
    ]
    one.close()
    two.close()


def test_a_card_leaves_its_story(store: Store) -> None:
    case_id = make_card(store)
    told = [(row.kind, row.act, row.after) for row in store.audit.of_case(case_id)]
    assert told[0] == ("case-opened", None, "queued")
    kinds = [kind for kind, _act, _after in told]
    assert kinds.count("chip-bound") == 1
    assert [act for kind, act, _ in told if kind == "intent"] == [
        "bind-chip",
        "activate",
        "print-front",
        "print-back",
    ]
    assert [after for kind, _, after in told if kind == "outcome"] == ["done"] * 4
    assert [after for kind, _, after in told if kind == "case-state"] == [
        "written",
        "verified",
    ]
    assert whole(store)


def test_a_cut_that_the_journal_knows_better(store: Store) -> None:
    make_card(store)
    database = store._database
    last = database.execute_sql("SELECT max(seq) FROM intent").fetchone()[0]
    with database.transaction(*database.act_args(1)) as transaction:
        database.execute_sql(f"DELETE FROM audit WHERE moment >= {int(last)}")  # noqa: S608
        report = store.audit.verify(full=True, heads=())
        assert [p.witness for p in found(report)[ChainFault.CUT]] == ["journal"]
        transaction.rollback()
    assert whole(store)


# ---------------------------------------------------------------------------------------- details


def test_a_detail_opens_for_its_row_alone(store: Store) -> None:
    append(
        store,
        AuditEvent(AuditKind.ENROL, person_id="p1", detail={"name": NAME}),
        AuditEvent(AuditKind.ENROL, person_id="p1"),
        AuditEvent(AuditKind.ENROL, person_id="p2", detail={"name": "测试乙"}),
    )
    assert store.audit.detail("01", 2) == {"name": NAME}
    assert store.audit.detail("01", 3) is None
    assert store.audit.detail("01", 4) == {"name": "测试乙"}
    sealed = store._database.execute_sql("SELECT sealed FROM audit_detail WHERE seq = 2").fetchone()
    assert detail_digest(sealed[0]) == rows(store)[1]["detail_digest"]
    keys = store._database.execute_sql("SELECT count(*) FROM person_key").fetchone()[0]
    assert keys == 2


def test_a_detail_of_nobody_is_a_bug(store: Store) -> None:
    with pytest.raises(ValueError, match="belongs to nobody"):
        append(store, AuditEvent(AuditKind.ENROL, detail={"name": NAME}))
    assert rows(store) == []


def test_an_erased_person_leaves_the_chain_whole(store: Store) -> None:
    said = [AuditEvent(AuditKind.ENROL, person_id=f"p{n % 2}", detail={"name": NAME}) for n in range(6)]
    append(store, *said)
    store.audit.erase("p1", "request")
    assert store.audit.detail("01", 2) == {"name": NAME}
    assert store.audit.detail("01", 3) is None
    assert whole(store)
    (row,) = store.audit.page(AuditQuery(kind="erase"))
    assert (row.person_id, row.reason, row.facts["details"]) == ("p1", "request", 3)
    # Who comes again has a new key, and what is removed after that was not erased.
    append(store, AuditEvent(AuditKind.ENROL, person_id="p1", detail={"name": "again"}))
    assert store.audit.detail("01", 9) == {"name": "again"}
    store._work.clock.advance(1)  # type: ignore[attr-defined]
    append(store, AuditEvent(AuditKind.ENROL, person_id="p1", detail={"name": "later"}))
    store._database.execute_sql("DELETE FROM audit_detail WHERE seq = 10")
    report = store.audit.verify(full=True, heads=())
    assert [(p.fault, p.sequence) for p in report.problems] == [(ChainFault.DETAIL_REMOVED, 10)]


def test_a_forgotten_key_alone_is_enough(store: Store) -> None:
    append(store, AuditEvent(AuditKind.ENROL, person_id="p1", detail={"name": NAME}))
    store._database.execute_sql("DELETE FROM person_key")
    assert store.audit.detail("01", 2) is None
    assert whole(store)


# --------------------------------------------------------------------------- nothing of a person


def walked(store: Store) -> str:
    """Every value of the chain of a desk that did every kind of thing to a person who said much."""
    for number, kind in enumerate(KINDS):
        one = replace(
            event(number),
            kind=kind,
            person_id="p1",
            reason=f"{NAME}说：{PHONE}",
            detail=dict(SPOKEN),
        )
        append(store, one)
    make_card(store)
    store.applications.freeze(application(2))
    case = store.journal.open_case(application(2))
    store.journal.spoil(case.id, f"{NAME}不要了")
    return "\n".join(str(value) for row in rows(store) for value in row.values())


def test_nothing_of_a_person_stands_in_any_kind_of_row(store: Store) -> None:
    told = walked(store)
    assert [name for name, text in SPOKEN.items() if text in told] == []
    assert "own-words" in told
    assert store.audit.detail("01", 2) == SPOKEN | {"reason": f"{NAME}说：{PHONE}"}


def test_control_what_is_put_into_facts_is_found(store: Store) -> None:
    append(store, AuditEvent(AuditKind.ENROL, facts={"name": NAME}))
    assert NAME in "\n".join(str(value) for row in rows(store) for value in row.values())


@pytest.mark.parametrize("field", ["subject", "number", "act", "facts"])
def test_a_citizens_number_in_the_chain_is_a_bug(store: Store, field: str) -> None:
    said: Any = {"of": NUMBER} if field == "facts" else f"no. {NUMBER.lower()}"
    with pytest.raises(ValueError, match="a person's number stands in"):
        append(store, replace(AuditEvent(AuditKind.ENROL), **{field: said}))
    # A chip's serial, or digits whose check character is another, are nobody's number.
    append(store, AuditEvent(AuditKind.STOCK, subject="4100000000000001", number=NUMBER[:-1] + "0"))


def test_a_reason_in_own_words_without_a_person_is_not_kept(store: Store) -> None:
    append(store, AuditEvent(AuditKind.STOCK, reason=f"{NAME} fell"), event(11))
    assert [row["reason"] for row in rows(store)] == [None, "own-words", "lost"]


# ----------------------------------------------------------------------------------------- format


def test_an_independent_reader_verifies_the_chain(tmp_path: Path) -> None:
    audit = long_audit(tmp_path, 60)
    raw = audit.execute("SELECT * FROM audit ORDER BY seq")
    assert check_chain(audit.store.store_id, "training", "01", raw) == 60
    changed = [*raw[:30], (*raw[30][:HASH], bytes(32)), *raw[31:]]
    with pytest.raises(AssertionError, match="row 31"):
        check_chain(audit.store.store_id, "training", "01", changed)
    audit.store.close()


# A column has one type for good: a text, a number or bytes, or nothing.
COLUMN_VALUES = st.tuples(
    st.none() | st.text(),
    st.none() | st.integers(-(2**63), 2**63 - 1),
    st.none() | st.binary(),
    st.none() | st.text(),
)


@given(COLUMN_VALUES, COLUMN_VALUES)
def test_other_values_have_other_hashes(one: tuple[Any, ...], two: tuple[Any, ...]) -> None:
    assert (row_hash(one) == row_hash(two)) == (one == two)


@given(st.lists(st.text(max_size=3), min_size=1, max_size=6))
def test_no_two_divisions_of_a_text_have_one_hash(parts: list[str]) -> None:
    joined = "".join(parts)
    if parts != [joined]:
        assert row_hash(parts) != row_hash([joined])


def test_a_value_of_another_kind_is_a_bug() -> None:
    with pytest.raises(TypeError, match="float"):
        row_hash(["01", 1.5])


def test_the_columns_are_those_of_the_table() -> None:
    assert TABLES["audit"] == COLUMNS
    assert COLUMNS[:-1] == HASHED


# ------------------------------------------------------------------------------------------ pages


def test_pages_by_key_in_both_directions(tmp_path: Path) -> None:
    audit = long_audit(tmp_path, 60)
    log = audit.store.audit
    seen: list[int] = []
    while page := log.page(AuditQuery(start=seen[-1] if seen else None, limit=7)):
        seen += [row.seq for row in page]
    assert seen == list(range(1, 61))
    newest = log.page(AuditQuery(newest_first=True, limit=3))
    assert [row.seq for row in newest] == [60, 59, 58]
    older = log.page(AuditQuery(newest_first=True, start=58, limit=2))
    assert [row.seq for row in older] == [57, 56]
    audit.store.close()


def test_filters(tmp_path: Path) -> None:
    audit = long_audit(tmp_path, 60)
    log = audit.store.audit
    everything = log.page(AuditQuery())
    chosen = {
        "kind": ("approve", lambda row: row.kind),
        "actor": ("program", lambda row: row.actor),
        "case_id": ("case-0006", lambda row: row.case_id),
        "person_id": ("person-0005", lambda row: row.person_id),
    }
    for name, (value, of) in chosen.items():
        wanted = [row.seq for row in everything if of(row) == value]
        query = AuditQuery(**{name: value})
        assert [row.seq for row in log.page(query)] == wanted != []
    assert log.page(AuditQuery(from_ms=everything[0].at_ms + 1)) == []
    assert log.page(AuditQuery(until_ms=everything[0].at_ms)) == []
    assert log.page(AuditQuery(desk="77")) == []
    audit.store.close()


def test_facts_that_were_tampered_with_are_shown_as_they_stand(store: Store) -> None:
    append(store, event(2), event(4))
    store._database.execute_sql("UPDATE audit SET facts = '[1]' WHERE seq = 2")
    store._database.execute_sql("UPDATE audit SET facts = '{' WHERE seq = 3")
    shown = [dict(row.facts) for row in store.audit.page(AuditQuery(start=1))]
    assert shown == [{"unreadable": "[1]"}, {"unreadable": "{"}]


@ONLY_SQLCIPHER
def test_a_case_asks_an_index(store: Store) -> None:
    plan = store._database.execute_sql(
        "EXPLAIN QUERY PLAN SELECT * FROM audit WHERE case_id = ?", ("x",)
    ).fetchall()
    assert re.search("USING INDEX audit_case", str(plan))


def test_rows_are_written_once(store: Store) -> None:
    append(store, event(2))
    with pytest.raises(IntegrityError):
        store._database.execute_sql("INSERT INTO audit SELECT * FROM audit WHERE seq = 1")


def test_a_long_chain_is_read_in_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = long_audit(tmp_path, 60)
    reader = audit.store.audit._reader
    of_seven = reader.rows
    monkeypatch.setattr(
        reader, "rows", lambda desk, after, limit=7: of_seven(desk, after, min(limit, 7))
    )
    assert audit.verify().rows == 60
    with audit.undone():
        audit.execute("DELETE FROM audit WHERE seq = 33")
        assert names(audit.verify(), ChainFault.REMOVED, 33)
        assert isinstance(audit, LongAudit)
    audit.store.close()
