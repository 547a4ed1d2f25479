"""Prints of papers, one row a paper with how often it was printed (m0007)."""

from __future__ import annotations

from typing import Any

from app.domain.application import Realm
from app.domain.audit import AuditEvent, AuditKind
from app.store.work import Moment, Work


class PaperRows:
    """``app.domain.paper.PaperBook`` for one moment."""

    def __init__(self, work: Work, moment: Moment) -> None:
        self._work = work
        self._moment = moment
        self._table = work.tables.paper_print

    def prints(self, realm: Realm, template: str, number: str) -> int:
        mine = self._mine(realm, template, number)
        row = self._table.select(self._table.c.prints).where(mine).tuples().first()
        return 0 if row is None else int(row[0])

    def print(self, realm: Realm, template: str, number: str) -> int:
        copy = self.prints(realm, template, number)
        if copy:
            self._table.update(prints=copy + 1).where(self._mine(realm, template, number)).execute()
        else:
            self._table.insert(realm=realm.value, template=template, number=number, prints=1).execute()
        event = AuditEvent(
            AuditKind.PAPER,
            realm=realm,
            subject=template,
            number=number,
            facts={"copy": copy} if copy else {},
        )
        self._work.audit(event, self._moment)
        return copy

    def _mine(self, realm: Realm, template: str, number: str) -> Any:
        table = self._table
        return (
            (table.c.realm == realm.value) & (table.c.template == template) & (table.c.number == number)
        )
