"""A thief with the database's key at an audit of 1,000 rows: whatever is done is found and named.

Every theft happens through the real connection, inside a transaction that is rolled back after it was
looked at. `make test` takes a seeded sample, `make prove` every column of every row, every removal,
every cut and every splice.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from app.domain.audit import AuditReport, ChainFault
from app.store import audit_verify
from app.store.audit_chain import COLUMNS, DETAIL_DIGEST, HASH, PREV, SEQ, hasher
from app.store.store import open_store
from tests.helpers.audit_chain import LongAudit, found, long_audit, names
from tests.store.support import context, folder_of

pytestmark = pytest.mark.prove
ROWS = 1_000
Sample = Callable[[Sequence[Any], int], list[Any]]
Proof = Callable[[str, int], None]
# What the hash alone guards; the rest has neighbours, details and witnesses besides.
CONTENT = tuple(c for c in COLUMNS if c not in ("desk", "seq", "detail_digest", "prev", "hash"))


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LongAudit]:
    made = long_audit(tmp_path_factory.mktemp("audit"), ROWS)
    yield made
    made.store.close()


@pytest.fixture
def whole(sample: Sample, proving: bool) -> Sample:
    """As ``sample``, and every one in a run of `make prove`."""
    return lambda items, count: list(items) if proving else sample(items, count)


@pytest.fixture(autouse=True)
def left_as_it_was(audit: LongAudit) -> Iterator[None]:
    yield
    assert audit.verify().ok


def flipped(column: str, value: Any, seq: int) -> Any:
    """Another value that the schema takes in the place of ``value``."""
    if column == "seq":
        return seq + 5 * ROWS
    if column == "realm":
        return "live" if value != "live" else None
    if isinstance(value, bytes):
        return bytes((value[0] ^ 1,)) + value[1:]
    if isinstance(value, int):
        return value + 1
    if value is None:
        return 7 if column == "fen" else b"\x00" * 32 if column == "detail_digest" else "x"
    return value + "x"


def flip(audit: LongAudit, column: str, seq: int) -> None:
    value = audit.execute(f"SELECT {column} FROM audit WHERE seq = ?", (seq,))[0][0]  # noqa: S608
    audit.execute(
        f"UPDATE audit SET {column} = ? WHERE seq = ?",  # noqa: S608
        (flipped(column, value, seq), seq),
    )


def whole_row(audit: LongAudit, seq: int) -> list[Any]:
    return list(audit.execute("SELECT * FROM audit WHERE seq = ?", (seq,))[0])


def put(audit: LongAudit, row: Iterable[Any]) -> None:
    marks = ", ".join("?" * len(COLUMNS))
    audit.execute(f"INSERT INTO audit VALUES ({marks})", tuple(row))  # noqa: S608


def shift(audit: LongAudit, after: int, by: int) -> None:
    """Number all rows after ``after`` anew, over a place where none stands."""
    audit.execute("UPDATE audit SET seq = seq + 1000000 WHERE seq > ?", (after,))
    audit.execute("UPDATE audit SET seq = seq - 1000000 + ? WHERE seq > 1000000", (by,))


def rewrite(audit: LongAudit, first: int, last: int, facts: str) -> None:
    """Rows with other facts, each with the hash that fits it, chained from the row before ``first``."""
    digest = hasher()
    prev = None if first == 1 else whole_row(audit, first - 1)[HASH]
    for seq in range(first, last + 1):
        row = whole_row(audit, seq)
        row[PREV] = row[PREV] if prev is None else prev
        row[COLUMNS.index("facts")] = facts if seq == first else row[COLUMNS.index("facts")]
        prev = digest(row[:HASH])
        audit.execute(
            "UPDATE audit SET facts = ?, prev = ?, hash = ? WHERE seq = ?",
            (row[COLUMNS.index("facts")], row[PREV], prev, seq),
        )


# ---------------------------------------------------------------------------------------- columns


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_of_every_row(
    column: str, audit: LongAudit, sample: Sample, record_proof: Proof
) -> None:
    chosen = sample(range(1, ROWS + 1), 4)
    for seq in chosen:
        with audit.undone():
            flip(audit, column, seq)
            report = audit.verify()
            if column == "seq":
                assert names(report, ChainFault.REORDERED, seq), (seq, report.problems)
            elif column == "desk":
                gone = ChainFault.CUT if seq == ROWS else ChainFault.REMOVED
                assert names(report, gone, seq), (seq, report.problems)
                assert names(report, ChainFault.INSERTED, seq), (seq, report.problems)
            else:
                assert names(report, ChainFault.CHANGED, seq), (seq, report.problems)
                assert {p.sequence for p in found(report)[ChainFault.CHANGED]} == {seq}
    record_proof("audit columns flipped", len(chosen))


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_of_all_rows_by_fifties(
    column: str, audit: LongAudit, whole: Sample, record_proof: Proof
) -> None:
    """Fifty rows apart from each other at a time, and exactly those are named."""
    chosen = whole([range(first, ROWS + 1, 20) for first in range(1, 21)], 1)
    for rows in chosen:
        with audit.undone():
            for seq in rows:
                flip(audit, column, seq)
            report = audit.verify()
            if column == "desk":
                named = told_of(report, ChainFault.REMOVED) | told_of(report, ChainFault.CUT)
                put_in = told_of(report, ChainFault.INSERTED)
                assert put_in == set(rows)
            elif column == "seq":
                named = told_of(report, ChainFault.REORDERED)
            else:
                named = told_of(report, ChainFault.CHANGED)
            assert named == set(rows)
    record_proof("audit columns flipped", sum(len(rows) for rows in chosen))


def told_of(report: AuditReport, fault: ChainFault) -> set[int]:
    """The rows at which a report has ``fault``."""
    of_fault = found(report).get(fault, [])
    return {seq for p in of_fault for seq in range(p.sequence, p.last + 1)}


def test_every_detail(audit: LongAudit, sample: Sample, record_proof: Proof) -> None:
    with_detail = [seq for (seq,) in audit.execute("SELECT seq FROM audit_detail ORDER BY seq")]
    chosen = sample(with_detail, 10)
    for seq in chosen:
        with audit.undone():
            sealed = audit.execute("SELECT sealed FROM audit_detail WHERE seq = ?", (seq,))[0][0]
            other = flipped("sealed", sealed, seq)
            audit.execute("UPDATE audit_detail SET sealed = ? WHERE seq = ?", (other, seq))
            assert names(audit.verify(), ChainFault.DETAIL_CHANGED, seq)
        with audit.undone():
            audit.execute("DELETE FROM audit_detail WHERE seq = ?", (seq,))
            assert names(audit.verify(), ChainFault.DETAIL_REMOVED, seq)
        with audit.undone():
            audit.execute("UPDATE audit_detail SET seq = seq + 1 WHERE seq = ?", (seq,))
            report = audit.verify()
            assert names(report, ChainFault.DETAIL_REMOVED, seq)
            gone = ChainFault.CUT if seq == ROWS else ChainFault.DETAIL_INSERTED
            assert names(report, gone, seq + 1)
    record_proof("audit details damaged", 3 * len(chosen))


@pytest.mark.parametrize("column", CONTENT)
def test_control_without_the_comparison_of_hashes_nobody_misses_a_column(
    column: str, audit: LongAudit, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Anything(bytes):
        """A digest that equals every other."""

        __hash__ = bytes.__hash__

        def __eq__(self, other: object) -> bool:
            return True

        def __ne__(self, other: object) -> bool:
            return False

    monkeypatch.setattr(audit_verify, "hasher", lambda: lambda _values: Anything())
    seq = ROWS // 2 + 3
    with audit.undone():
        flip(audit, column, seq)
        assert audit.verify().ok


# ------------------------------------------------------------------------------------------- rows


def test_every_row_removed(audit: LongAudit, whole: Sample, record_proof: Proof) -> None:
    chosen = whole(range(1, ROWS + 1), 20)
    for seq in chosen:
        with audit.undone():
            audit.execute("DELETE FROM audit WHERE seq = ?", (seq,))
            report = audit.verify()
            if seq == ROWS:
                assert {p.witness for p in found(report)[ChainFault.CUT]} >= {"file"}
            else:
                assert names(report, ChainFault.REMOVED, seq), (seq, report.problems)
    record_proof("audit rows removed", len(chosen))


def test_every_row_removed_and_the_rest_numbered_anew(
    audit: LongAudit, sample: Sample, record_proof: Proof
) -> None:
    chosen = sample(range(1, ROWS), 4)
    for seq in chosen:
        with audit.undone():
            audit.execute("DELETE FROM audit WHERE seq = ?", (seq,))
            shift(audit, seq, -1)
            report = audit.verify()
            assert [(p.sequence, p.last) for p in found(report)[ChainFault.REMOVED]] == [(seq, seq)]
            assert ChainFault.CHANGED not in found(report)
            assert ChainFault.REORDERED not in found(report)
    record_proof("audit rows removed, the rest renumbered", len(chosen))


def test_a_block_removed_and_the_rest_numbered_anew(audit: LongAudit) -> None:
    with audit.undone():
        audit.execute("DELETE FROM audit WHERE seq BETWEEN 301 AND 420")
        shift(audit, 420, -120)
        report = audit.verify()
        assert [(p.sequence, p.last) for p in found(report)[ChainFault.REMOVED]] == [(301, 420)]
        assert names(report, ChainFault.CUT, ROWS)


def test_every_two_rows_swapped(audit: LongAudit, sample: Sample, record_proof: Proof) -> None:
    pairs = [(seq, (seq * 7 + 13) % ROWS + 1) for seq in range(1, ROWS + 1)]
    pairs = [(one, two) for one, two in pairs if one != two] + [(s, s + 1) for s in range(1, ROWS)]
    chosen = sample(pairs, 10)
    for one, two in chosen:
        with audit.undone():
            for seq, to in ((one, ROWS * 9), (two, one), (ROWS * 9, two)):
                audit.execute("UPDATE audit SET seq = ? WHERE seq = ?", (to, seq))
            report = audit.verify()
            assert names(report, ChainFault.REORDERED, one), (one, two, report.problems)
            assert names(report, ChainFault.REORDERED, two), (one, two, report.problems)
            assert ChainFault.CHANGED not in found(report)
    record_proof("audit rows swapped", len(chosen))


def test_a_row_put_in_after_every_row(audit: LongAudit, sample: Sample, record_proof: Proof) -> None:
    digest = hasher()
    chosen = sample(range(1, ROWS), 5)
    for seq in chosen:
        with audit.undone():
            shift(audit, seq, 1)
            row = whole_row(audit, seq)
            row[SEQ], row[PREV], row[DETAIL_DIGEST] = seq + 1, row[HASH], None
            row[HASH] = digest(row[:HASH])
            put(audit, row)
            report = audit.verify()
            assert [(p.sequence, p.last) for p in found(report)[ChainFault.INSERTED]] == [
                (seq + 1, seq + 1)
            ], (seq, report.problems)
            assert ChainFault.CHANGED not in found(report)
    record_proof("audit rows put in", len(chosen))


# ------------------------------------------------------------------------------ cut, splice, rewrite


def cut(audit: LongAudit, after: int) -> None:
    for table in ("audit", "audit_detail", "audit_head"):
        audit.execute(f"DELETE FROM {table} WHERE seq > ?", (after,))  # noqa: S608


def test_every_cut(audit: LongAudit, whole: Sample, record_proof: Proof) -> None:
    chosen = whole(range(ROWS), 20)
    for after in chosen:
        with audit.undone():
            cut(audit, after)
            (problem,) = [p for p in found(audit.verify())[ChainFault.CUT] if p.witness == "file"]
            assert (problem.sequence, problem.last) == (after + 1, ROWS)
    record_proof("audit cuts", len(chosen))


def test_control_a_cut_without_witnesses_is_not_seen(audit: LongAudit) -> None:
    with audit.undone():
        cut(audit, ROWS - 100)
        assert audit.verify([]).ok


def test_a_cut_is_told_by_a_head_on_paper(audit: LongAudit) -> None:
    head = audit.heads[-1]
    with audit.undone():
        cut(audit, ROWS - 1)
        report = audit.verify([head])
        assert names(report, ChainFault.CUT, ROWS)


def test_an_emptied_chain_is_told_by_its_desks_key(audit: LongAudit) -> None:
    with audit.undone():
        cut(audit, 0)
        report = audit.verify([])
        assert [p.witness for p in found(report)[ChainFault.CUT]] == ["desk-key"]


def test_details_that_a_cut_left_behind_tell_it(audit: LongAudit) -> None:
    with audit.undone():
        audit.execute("DELETE FROM audit WHERE seq > ?", (ROWS - 100,))
        report = audit.verify([])
        assert [p.witness for p in found(report)[ChainFault.CUT]] == ["details"]


def test_every_splice(audit: LongAudit, whole: Sample, record_proof: Proof) -> None:
    chosen = whole(range(1, ROWS), 10)
    for first in chosen:
        last = min(first + first % 50, ROWS - 1)
        with audit.undone():
            rewrite(audit, first, last, '{"said":"otherwise"}')
            report = audit.verify()
            assert names(report, ChainFault.SPLICED, last), (first, last, report.problems)
            assert names(report, ChainFault.SPLICED, last + 1)
            assert ChainFault.CHANGED not in found(report)
    record_proof("audit splices", len(chosen))


def test_every_rewriting_to_the_end(audit: LongAudit, sample: Sample, record_proof: Proof) -> None:
    chosen = sample(range(2, ROWS + 1), 5)
    for first in chosen:
        with audit.undone():
            rewrite(audit, first, ROWS, '{"said":"otherwise"}')
            report = audit.verify()
            (problem,) = [p for p in found(report)[ChainFault.FORKED] if p.witness == "file"]
            # The earliest head that knows another row: every witnessed row from there on.
            assert problem.sequence >= first
            assert problem.last == ROWS
    record_proof("audit chains written anew", len(chosen))


def test_control_a_rewriting_after_the_last_witnessed_head_is_not_seen(audit: LongAudit) -> None:
    with audit.undone():
        rewrite(audit, ROWS - 50, ROWS, '{"said":"otherwise"}')
        assert audit.verify(audit.heads[:-1]).ok
        assert not audit.verify().ok


# --------------------------------------------------------------------------------- heads and desk


def test_a_frozen_head_that_was_touched(audit: LongAudit) -> None:
    for column in ("at_ms", "moment", "signature", "public"):
        with audit.undone():
            value = audit.execute(f"SELECT {column} FROM audit_head")[0][0]  # noqa: S608
            audit.execute(f"UPDATE audit_head SET {column} = ?", (flipped(column, value, 1),))  # noqa: S608
            assert found(audit.verify())[ChainFault.SIGNATURE][0].witness == "closing"
    with audit.undone():
        audit.execute("UPDATE audit_head SET hash = zeroblob(32)")
        report = audit.verify()
        assert found(report)[ChainFault.FORKED][0].witness == "closing"
        assert found(report)[ChainFault.FORKED][0].reference == "X01-S000001"


def test_a_desk_that_was_set_back(audit: LongAudit) -> None:
    with audit.undone():
        audit.execute("UPDATE desk SET seq = 3")
        assert names(audit.verify(), ChainFault.DESK_BEHIND, ROWS)


def test_a_signature_of_somebody_else(audit: LongAudit, tmp_path: Path) -> None:
    other = long_audit(tmp_path, 40)
    try:
        assert found(audit.verify(other.heads)).keys() == {ChainFault.FORKED, ChainFault.SIGNATURE}
    finally:
        other.store.close()


def test_incremental_verification_reads_what_is_new(audit: LongAudit) -> None:
    with audit.undone():
        assert audit.store.audit.verify(full=True, heads=audit.heads).rows == ROWS
        assert audit.verify(full=False).rows == 0
        audit.store.audit.freeze("backup", "B1")
        report = audit.verify(full=False)
        assert (report.ok, report.rows) == (True, 1)
        flip(audit, "actor", ROWS + 1)
        assert names(audit.verify(full=False), ChainFault.CHANGED, ROWS + 1)
        # Before the kept head only a full verification looks, unless the head itself is touched.
        flip(audit, "actor", ROWS)
        assert names(audit.verify(full=False), ChainFault.CHANGED, ROWS)


def test_control_incremental_verification_does_not_see_what_it_read_before(
    audit: LongAudit,
) -> None:
    with audit.undone():
        audit.store.audit.verify(full=True, heads=())
        flip(audit, "actor", ROWS // 2)
        assert audit.verify(full=False).ok
        assert names(audit.verify(), ChainFault.CHANGED, ROWS // 2)


# -------------------------------------------------------------------------------- yesterday's file


def test_yesterdays_file_put_back(tmp_path: Path) -> None:
    audit = long_audit(tmp_path, 120)
    audit.store.close()
    folder, kept = folder_of(tmp_path), tmp_path / "yesterday"
    shutil.copytree(folder, kept)
    today = LongAudit(open_store(folder, context()), audit.witness, 120)
    for number in range(3):
        today.store.audit.freeze("closing", f"today-{number}")
    today.remember()
    today.store.close()
    shutil.rmtree(folder)
    shutil.copytree(kept, folder)

    back = LongAudit(open_store(folder, context()), audit.witness, 120)
    report = back.verify()
    (problem,) = found(report)[ChainFault.ROLLED_BACK]
    assert (problem.sequence, problem.last, problem.witness) == (121, 123, "file")
    assert back.verify([]).ok  # control: nobody remembers today
    for number in range(5):
        back.store.audit.freeze("closing", f"other-{number}")
    (problem,) = found(back.verify())[ChainFault.FORKED]
    assert (problem.sequence, problem.witness) == (123, "file")
    back.store.close()
