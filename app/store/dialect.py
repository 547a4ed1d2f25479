"""Where the two engines differ: names of types, how a transaction begins, where the version stands.

Migrations and queries are written once; what an engine does its own way is a value or a call here.
SQLCipher is the default; PostgreSQL serves a centre of several desks (decision 15).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Dialect:
    """``begin`` are the arguments of peewee's ``begin`` for a transaction that is going to write."""

    name: str
    integer: str
    text: str
    blob: str
    table_suffix: str
    begin: tuple[str, ...]

    def render(self, statement: str) -> str:
        """A migration's statement with {integer}, {text}, {blob} and {strict} in this engine's words."""
        return statement.format(
            integer=self.integer, text=self.text, blob=self.blob, strict=self.table_suffix
        )


# STRICT makes SQLite keep the types that PostgreSQL keeps anyway. BEGIN IMMEDIATE takes the write lock
# at once, so that what a use case reads can not have changed when it writes.
SQLITE: Final = Dialect("sqlite", "INTEGER", "TEXT", "BLOB", " STRICT", ("IMMEDIATE",))
# COLLATE "C" compares texts as SQLite does, by their bytes, whatever language the server speaks.
POSTGRESQL: Final = Dialect("postgresql", "BIGINT", 'TEXT COLLATE "C"', "BYTEA", "", ("SERIALIZABLE",))
