"""Which reader is for cards and which holds the SAM: by name where a desk said so, else by probing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.base.errors import N_, KangkaError


@dataclass(eq=False)
class ReaderNotFound(KangkaError):
    """No reader for a role."""

    role: str

    code = "reader.not-found"
    cause = N_("No {role} reader was found on this machine.")
    meaning = N_("No card can be read or written.")
    remedy = N_("Plug the reader in, put the SAM into its slot, or name the reader to use.")


@dataclass(frozen=True)
class ReaderNames:
    """The names of the two readers of a desk."""

    card: str
    sam: str


def assign_roles(
    names: Sequence[str],
    holds_sam: Callable[[str], bool],
    *,
    card: str | None = None,
    sam: str | None = None,
) -> ReaderNames:
    """The reader whose chip is a SAM is the SAM's, the first other one is for cards.

    ``card`` and ``sam`` are parts of names that a desk chose; ``holds_sam`` probes a reader by name.
    """
    sam_name = _named(names, sam, "sam") if sam else next(filter(holds_sam, names), None)
    if sam_name is None:
        raise ReaderNotFound(role="sam")
    others = [name for name in names if name != sam_name]
    card_name = _named(others, card, "card") if card else next(iter(others), None)
    if card_name is None:
        raise ReaderNotFound(role="card")
    return ReaderNames(card_name, sam_name)


def _named(names: Sequence[str], part: str, role: str) -> str:
    for name in names:
        if part.lower() in name.lower():
            return name
    raise ReaderNotFound(role=role)
