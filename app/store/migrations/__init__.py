"""Numbered migrations, forward only. A migration that was ever released is never changed.

The list is written out, so that a packaged program has every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.store.migrations import (
    m0001_first,
    m0002_staff,
    m0003_audit,
    m0004_cards,
    m0005_till_stock,
    m0006_search,
    m0007_paper_prints,
)


@dataclass(frozen=True)
class Migration:
    """``statements`` are in the words both engines share, with ``Dialect.render``'s places."""

    number: int
    name: str
    statements: tuple[str, ...]


# The register of applied migrations, made before the first of them, alike on both engines.
REGISTER = """CREATE TABLE migration (
    number {integer} NOT NULL PRIMARY KEY,
    name {text} NOT NULL,
    applied_ms {integer} NOT NULL,
    program {text} NOT NULL
){strict}"""

MIGRATIONS: tuple[Migration, ...] = tuple(
    Migration(module.NUMBER, module.NAME, module.STATEMENTS)
    for module in (
        m0001_first,
        m0002_staff,
        m0003_audit,
        m0004_cards,
        m0005_till_stock,
        m0006_search,
        m0007_paper_prints,
    )
)
