"""Blocking a dead card on its chip for good (rules.md, Life of a card; training-product.md, 10).

CARD BLOCK can not be taken back. Everything that may refuse comes before it, the caller records that it
begins, and the card itself tells whether it was carried out: it is asked again, never told again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.base.errors import N_, KangkaError
from app.cardspec.keys import KeyName
from app.devices.ports import LinkFault
from app.personalize.commands import CardSession
from app.personalize.sam import SamSession

# Internal authentication, the right to block, and the MAC of the command; kinds 4 and 5 hold all three.
BLOCK_KEYS: Final = frozenset((KeyName.IRKDDF1, KeyName.BKMF, KeyName.STKMF))


@dataclass(eq=False)
class SamCanNotBlock(KangkaError):
    """A SAM of a kind that holds no key for blocking."""

    kind: int

    code = "sam.can-not-block"
    cause = N_("The SAM is of kind {kind}, which can not block a card.")
    meaning = N_("Nothing was sent to the card, and it stays as it is.")
    remedy = N_("Put the issuing SAM (kind 5) or the unlocking SAM (kind 4) into the SAM slot.")


@dataclass(eq=False)
class BlockNotConfirmed(KangkaError):
    """The card took CARD BLOCK and still answers."""

    serial: str

    code = "card.block-not-confirmed"
    cause = N_("Card {serial} took the command to block itself and still answers.")
    meaning = N_("It may still work as a health card, so it is not recorded as blocked.")
    remedy = N_("Continue the case; if it stays so, take the card back and have it destroyed.")


class Blocked(StrEnum):
    """How a card came to be blocked."""

    NOW = "now"
    BEFORE = "before"


def require_block_keys(sam: SamSession) -> None:
    """``SamCanNotBlock`` unless the SAM's kind holds what blocking takes; nothing is sent to a card."""
    if BLOCK_KEYS - sam.product.kinds.get(sam.identity.kind, frozenset()):
        raise SamCanNotBlock(kind=sam.identity.kind)


def block_card(card: CardSession, sam: SamSession, before: Callable[[], None]) -> Blocked:
    """Block the card for good and see that it is; a blocked one is done already.

    ``before`` records durably that the command will be sent. A ``LinkFault`` after it leaves open
    whether the card took it.
    """
    require_block_keys(sam)
    if card.blocked():
        return Blocked.BEFORE
    card.prove_genuine()
    try:
        card.block(before)
    except LinkFault:
        # No answer is no refusal: if the card can still be asked, it tells.
        if _tells_blocked(card):
            return Blocked.NOW
        raise
    if not card.blocked():
        raise BlockNotConfirmed(serial=card.chip.serial)
    return Blocked.NOW


def _tells_blocked(card: CardSession) -> bool:
    try:
        return card.blocked()
    except LinkFault:
        return False
