"""Reading the audit: raw rows in pages for verification, rows as people see them, kept heads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import reduce
from operator import or_
from typing import Any, Final

from app.crypto.person_keys import detail_digest
from app.domain.audit import AuditKind, AuditQuery, AuditRow, Head, WitnessedHead
from app.store.audit_chain import COLUMNS, DETAIL_DIGEST, HASH, SEQ, Row
from app.store.work import Work

# Rows of one page of a verification: a few milliseconds of the store's thread.
PAGE: Final = 2_000
# The occasion of the head at which the last good verification ended.
VERIFIED: Final = "verified"


class AuditReader:
    """Queries over the audit's tables. Every call belongs inside a unit of work or a read."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._tables = work.tables
        audit = work.tables.audit
        self._all = tuple(getattr(audit.c, name) for name in COLUMNS)
        # As the bare statement: a query builder costs more a row than its hash does.
        self._page = (
            f"SELECT {', '.join(COLUMNS)} FROM audit"  # noqa: S608 - names of our own
            " WHERE desk = ? AND seq > ? ORDER BY seq LIMIT ?"
        )

    # ---------------------------------------------------------------------------- as they stand

    def rows(self, desk: str, after: int, limit: int = PAGE) -> list[Row]:
        """A page of whole rows after a sequence, in its order."""
        found = self._work.rows(self._page, (desk, after, limit))
        if found and isinstance(found[0][HASH], memoryview):  # as PostgreSQL's driver gives bytes
            return [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in found]
        return found

    def row(self, desk: str, seq: int) -> Row | None:
        found = self.rows(desk, seq - 1, 1)
        return found[0] if found and found[0][SEQ] == seq else None

    def pages(self, desk: str) -> Iterator[list[Row]]:
        """Every page of a chain."""
        after = -1
        while page := self.rows(desk, after):
            yield page
            after = int(page[-1][SEQ])

    def desks(self) -> list[str]:
        """Every desk that has a row, a key or a frozen head."""
        audit, keys, heads = self._tables.audit, self._tables.desk_key, self._tables.audit_head
        found = {str(row[0]) for table in (keys, heads) for row in table.select(table.c.desk).tuples()}
        # Desk after desk by the primary key: distinct values without walking the chains.
        query = audit.select(audit.c.desk).order_by(audit.c.desk).limit(1)
        row = query.tuples().first()
        while row is not None:
            found.add(str(row[0]))
            row = query.where(audit.c.desk > row[0]).tuples().first()
        return sorted(found)

    def details(self, desk: str, first: int, last: int) -> dict[int, bytes]:
        """Digest by sequence of the sealed details that are there."""
        details = self._tables.audit_detail
        query = details.select(details.c.seq, details.c.sealed).where(
            (details.c.desk == desk) & details.c.seq.between(first, last)
        )
        return {int(seq): detail_digest(bytes(sealed)) for seq, sealed in query.tuples()}

    def erased(self) -> dict[str, int]:
        """When each erased person was last erased, by the chains' own rows."""
        audit = self._tables.audit
        query = audit.select(audit.c.person_id, audit.c.at_ms).where(
            (audit.c.kind == AuditKind.ERASE.value) & audit.c.person_id.is_null(is_null=False)
        )
        return {str(person): int(at_ms) for person, at_ms in query.order_by(audit.c.at_ms).tuples()}

    def desk_moment(self, desk: str) -> int:
        """The last sequence that the desk's own table knows; 0 for none."""
        table = self._tables.desk
        row = table.select(table.c.seq).where(table.c.desk == desk).tuples().first()
        return 0 if row is None else int(row[0])

    def last_intent(self, desk: str) -> int:
        """The desk's sequence at the journal's last intent; 0 for none."""
        intent = self._tables.intent
        query = intent.select(intent.c.seq).where(intent.c.desk == desk)
        row = query.order_by(intent.c.seq.desc()).limit(1).tuples().first()
        return 0 if row is None else int(row[0])

    def last_detail(self, desk: str) -> int:
        """The row of the last sealed detail; 0 for none."""
        details = self._tables.audit_detail
        query = details.select(details.c.seq).where(details.c.desk == desk)
        row = query.order_by(details.c.seq.desc()).limit(1).tuples().first()
        return 0 if row is None else int(row[0])

    def public_key(self, desk: str) -> bytes | None:
        keys = self._tables.desk_key
        row = keys.select(keys.c.public).where(keys.c.desk == desk).tuples().first()
        return None if row is None else bytes(row[0])

    # ----------------------------------------------------------------------------------- heads

    def heads(self) -> list[WitnessedHead]:
        """The heads kept among the records, oldest first; their occasion is their witness."""
        table = self._tables.audit_head
        query = table.select(
            table.c.desk,
            table.c.seq,
            table.c.moment,
            table.c.at_ms,
            table.c.hash,
            table.c.public,
            table.c.signature,
            table.c.occasion,
            table.c.reference,
        ).order_by(table.c.at_ms, table.c.seq)
        return [
            WitnessedHead(Head(*row[:4], *map(bytes, row[4:7])), str(row[7]), str(row[8]))
            for row in query.tuples()
        ]

    # -------------------------------------------------------------------------- as people see it

    def page(self, query: AuditQuery) -> list[AuditRow]:
        audit = self._tables.audit
        wanted = audit.c.desk == (query.desk or self._work.desk)
        for column, value in (
            (audit.c.kind, query.kind),
            (audit.c.actor, query.actor),
            (audit.c.case_id, query.case_id),
            (audit.c.person_id, query.person_id),
        ):
            if value is not None:
                wanted &= column == value
        if query.about:
            named = (audit.c.case_id, audit.c.application_id, audit.c.subject, audit.c.number)
            wanted &= reduce(or_, [column.in_(query.about) for column in named])
        if query.from_ms is not None:
            wanted &= audit.c.at_ms >= query.from_ms
        if query.until_ms is not None:
            wanted &= audit.c.at_ms < query.until_ms
        if query.start is not None:
            wanted &= audit.c.seq < query.start if query.newest_first else audit.c.seq > query.start
        order = audit.c.seq.desc() if query.newest_first else audit.c.seq
        rows = audit.select(*self._all).where(wanted).order_by(order).limit(query.limit)
        return [_seen(row) for row in rows.tuples()]

    def of_case(self, case_id: str) -> list[AuditRow]:
        audit = self._tables.audit
        rows = audit.select(*self._all).where(audit.c.case_id == case_id)
        return [_seen(row) for row in rows.order_by(audit.c.at_ms, audit.c.desk, audit.c.seq).tuples()]


def _seen(raw: Row) -> AuditRow:
    row: dict[str, Any] = dict(zip(COLUMNS, raw, strict=True))
    return AuditRow(
        desk=row["desk"],
        seq=row["seq"],
        at_ms=row["at_ms"],
        kind=row["kind"],
        act=row["act"],
        actor=row["actor"],
        role=row["role"],
        second=row["second"],
        terminal=row["terminal"],
        institution=row["institution"],
        realm=row["realm"],
        person_id=row["person_id"],
        application_id=row["application_id"],
        case_id=row["case_id"],
        subject=row["subject"],
        number=row["number"],
        before=row["state_before"],
        after=row["state_after"],
        reason=row["reason"],
        fault=row["fault"],
        fen=row["fen"],
        facts=_facts(row["facts"]),
        sealed=row[COLUMNS[DETAIL_DIGEST]] is not None,
        hash=bytes(row[COLUMNS[HASH]]),
    )


def _facts(text: str) -> dict[str, str | int | bool]:
    """The facts of a row; one that was tampered with into no JSON is shown as it stands."""
    try:
        found = json.loads(text)
    except ValueError:
        return {"unreadable": text}
    return found if isinstance(found, dict) else {"unreadable": text}
