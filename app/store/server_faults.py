"""What a PostgreSQL server reports, without what it says of rows.

A server's messages quote values ("Key (realm, number)=(…) already exists"). Here only the code of
SQLSTATE (PostgreSQL, Appendix A) and the name of the constraint go on, so that no log can hold a person.
"""

from __future__ import annotations

from typing import Final

import psycopg
from peewee import DatabaseError, IntegrityError

from app.base.errors import KangkaError
from app.store import errors
from app.store.server_errors import StoreUnreachable

UNIQUE_VIOLATION: Final = "23505"
# Another act was in the way, and the same one may well succeed now.
_COLLIDED: Final = frozenset({"40001", "40P01"})
_WAITED_TOO_LONG: Final = frozenset({"55P03", "57014"})
_MEDIUM: Final = frozenset({"53100", "58030"})
_CORRUPTED: Final = frozenset({"XX001", "XX002"})
# Connection exceptions, shut down, starting up, the session ended for having waited; a server that is
# read-only is a follower, and another one leads now.
_LOST: Final = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "25006"})
# What libpq knows by itself: a line that broke has no code of the server.
LINE_BROKEN: Final = "08006"


class ServerFault(DatabaseError):
    """A fault of the server by its code; ``constraint`` where a rule of the tables was broken."""

    def __init__(self, sqlstate: str, constraint: str | None = None) -> None:
        super().__init__(f"SQLSTATE {sqlstate}" + (f" ({constraint})" if constraint else ""))
        self.sqlstate = sqlstate
        self.constraint = constraint

    @property
    def lost(self) -> bool:
        """The session is gone, and what it had not committed was not recorded."""
        return self.sqlstate.startswith("08") or self.sqlstate in _LOST

    @property
    def collided(self) -> bool:
        """Another desk was in the way; nothing was recorded, and the act may be run again."""
        return self.sqlstate in _COLLIDED or self.sqlstate == UNIQUE_VIOLATION

    def known(self) -> KangkaError | None:
        """The desk's fault; None for what only a bug can cause."""
        if self.lost:
            return StoreUnreachable()
        if self.sqlstate in _COLLIDED or self.sqlstate in _WAITED_TOO_LONG:
            return errors.StoreBusy()
        if self.sqlstate in _MEDIUM:
            return errors.StoreWriteFailed()
        if self.sqlstate in _CORRUPTED:
            return errors.StoreDamaged("postgresql")
        return None


class ServerIntegrity(ServerFault, IntegrityError):
    """A rule of the tables was broken."""


def clean(fault: Exception) -> ServerFault | None:
    """``fault`` by its code alone; None where it is none of the server's or of the line to it."""
    told = getattr(fault, "orig", None) or fault
    if not isinstance(told, psycopg.Error):
        return None
    state = told.sqlstate
    if state is None:
        broken = isinstance(told, (psycopg.OperationalError, psycopg.InterfaceError))
        state = LINE_BROKEN if broken else "XX000"
    kind = ServerIntegrity if isinstance(told, psycopg.IntegrityError) else ServerFault
    return kind(state, told.diag.constraint_name)
