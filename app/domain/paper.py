"""How often each numbered paper was printed: its original once, each later print a marked copy."""

from __future__ import annotations

from typing import Final, Protocol

from app.domain.application import Realm

# The template whose copies stand on the receipt's own row of the till.
FEE_RECEIPT: Final = "fee-receipt"


class PaperBook(Protocol):
    """Prints of a realm's papers, by template and number; they count on over shifts, days and desks."""

    def prints(self, realm: Realm, template: str, number: str) -> int:
        """How often this paper was printed: 0 while its original was not."""
        ...

    def print(self, realm: Realm, template: str, number: str) -> int:
        """Count one more print with its audit row; which copy it is, 0 for the original.

        The count is durable before there is a paper, so a print that is lost after it is followed by a
        marked copy, never by a second original.
        """
        ...
