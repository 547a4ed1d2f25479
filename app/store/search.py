"""The table of search tokens: terms of a record under the index key (app.domain.search, decision 12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from peewee import fn

from app.crypto.sm3 import framed, hmac_sm3
from app.domain.application import Realm
from app.domain.resident import Resident
from app.domain.search import VERSION, Term, alike, matches, queries, terms_of
from app.store.work import Work

# In ``meta``: which version of the terms the tokens were made of.
_MADE_OF: Final = "search.terms"
# What a new store says of itself: it has nobody yet, and so no older tokens.
TERMS_MADE: Final = {_MADE_OF: str(VERSION)}
# So many people one alternative may bring up before they are compared with what was typed; a single
# character of a common name finds thousands, and a clerk types another one.
_MOST_CANDIDATES: Final = 200


class SearchTokens:
    """Tokens of people, made with every version of an application and asked by what a clerk types."""

    def __init__(self, work: Work, index_key: bytes) -> None:
        self._work = work
        self._table = work.tables.search_token
        self._key = index_key

    def keep(self, realm: Realm, person_id: str, resident: Resident) -> None:
        """The person's tokens, in place of those of before; inside the running transaction."""
        table = self._table
        table.delete().where(table.c.person_id == person_id).execute()
        rows = [
            (realm.value, self._token(realm, term), person_id)
            for term in sorted(terms_of(resident), key=lambda term: (term.kind, term.text))
        ]
        table.insert(rows, [table.c.realm, table.c.token, table.c.person_id]).execute()

    def find(
        self, realm: Realm, typed: str, resident_of: Callable[[str], Resident], limit: int
    ) -> list[str]:
        """The ids of people whom ``typed`` finds, newest first; each compared with its record."""
        found: list[str] = []
        for person_id in self._candidates(realm, typed):
            if len(found) >= limit:
                break
            if person_id not in found and matches(resident_of(person_id), typed):
                found.append(person_id)
        return found

    def alike(self, realm: Realm, resident: Resident, limit: int) -> list[str]:
        """The ids of people who may be the same: one whole number, or one name and birth date."""
        table = self._table
        tokens = [self._token(realm, term) for term in alike(resident)]
        rows = (
            table.select(table.c.person_id)
            .where(table.c.realm == realm.value, table.c.token.in_(tokens))
            .distinct()
            .order_by(table.c.person_id.desc())
            .limit(limit)
        )
        return [str(row[0]) for row in rows.tuples()]

    def _candidates(self, realm: Realm, typed: str) -> Iterator[str]:
        table = self._table
        for terms in queries(typed):
            tokens = [self._token(realm, term) for term in terms]
            rows = (
                table.select(table.c.person_id)
                .where(table.c.realm == realm.value, table.c.token.in_(tokens))
                .group_by(table.c.person_id)
                .having(fn.COUNT(table.c.token) == len(tokens))
                # Ids sort by the time they were made: who came last is asked for soonest.
                .order_by(table.c.person_id.desc())
                .limit(_MOST_CANDIDATES)
            )
            yield from [str(row[0]) for row in rows.tuples()]

    def made_anew(self, people: Callable[[], Iterator[tuple[Realm, str, Resident]]]) -> bool:
        """Make every token again where they are of older terms; whether that was done."""
        meta = self._work.tables.meta
        row = meta.select(meta.c.value).where(meta.c.name == _MADE_OF).tuples().first()
        if row is not None and int(row[0]) == VERSION:
            return False

        def make(_moment: object) -> None:
            for realm, person_id, resident in people():
                self.keep(realm, person_id, resident)
            meta.insert(name=_MADE_OF, value=str(VERSION)).on_conflict(
                conflict_target=[meta.c.name], update={meta.c.value: str(VERSION)}
            ).execute()

        self._work.durable("search-terms", make, begins=False)
        return True

    def _token(self, realm: Realm, term: Term) -> bytes:
        return hmac_sm3(
            self._key, framed(b"search", realm.value.encode(), term.kind.encode(), term.text.encode())
        )
