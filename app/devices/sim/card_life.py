"""Instructions of a card's life: ACTIVATION, APPLICATION BLOCK and UNBLOCK, CARD BLOCK."""

from __future__ import annotations

from typing import Any

from app.cardspec.keys import KeyName
from app.cardspec.status import StatusWord
from app.devices.sim.card_files import Block, DedicatedFile, ElementaryFile
from app.devices.sim.card_state import FAILED_UNBLOCKS, CardState
from app.devices.sim.chip import Command, Refused
from app.devices.sim.suite import MAC_BYTES


def activate(card: CardState, command: Command) -> bytes:
    """ACTIVATION: EF05 and EF06 become write-once, if they are written (item 11)."""
    terms: dict[str, Any] = card.product.simulator["activation"]
    header = card.product.activation or b""
    command.need_p1p2(header[2], header[3])
    command.need_data(MAC_BYTES)
    place = card.place
    if card.activated or place.fid != terms["directory"]:
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    card.need_right(card.product.authenticate[KeyName(terms["key"])])
    card.check_mac(card.maintenance_session(), command)
    for fid, numbers in terms["written"]:
        if not _written(card, place.files.get(fid), numbers):
            raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    card.eeprom.switch(lambda: setattr(card, "activated", True))
    return b""


def _written(card: CardState, file: ElementaryFile | None, numbers: list[int]) -> bool:
    """Whether these records (all, where none is named) differ from the empty value."""
    if file is None:
        return False
    records = [file.record(number) for number in numbers] or file.records
    return all(card.eeprom.read(r.offset, r.length) != r.empty for r in records)


def application_block(card: CardState, command: Command) -> bytes:
    """84 1E: block the current directory, for now (P2 00) or for good (P2 01), item 10."""
    if command.p1 != 0 or command.p2 not in (0, 1):
        raise Refused(StatusWord.WRONG_P1P2)
    command.need_data(MAC_BYTES)
    _need_lock_right(card)
    card.check_mac(card.maintenance_session(), command)
    block = Block.PERMANENT if command.p2 else Block.TEMPORARY
    place = card.place
    card.eeprom.switch(lambda: setattr(place, "block", block))
    return b""


def application_unblock(card: CardState, command: Command) -> bytes:
    """84 18: undo a temporary block; three failed ones make it permanent (item 10)."""
    command.need_p1p2(0, 0)
    command.need_data(MAC_BYTES)
    _need_lock_right(card)
    card.need_challenge()
    place = card.place
    if place.block is Block.NONE:
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    session = card.maintenance_session()
    # A failed UNBLOCK has a count of its own, beside the wrong MACs of writing.
    if card.suite.mac(session, command.header) != command.data:
        card.eeprom.switch(lambda: _count_unblock(place))
        raise Refused(StatusWord.SECURE_MESSAGING_WRONG)
    card.eeprom.switch(lambda: _unblock(place))
    return b""


def _count_unblock(place: DedicatedFile) -> None:
    place.failed_unblocks += 1
    if place.failed_unblocks >= FAILED_UNBLOCKS:
        place.block = Block.PERMANENT


def _unblock(place: DedicatedFile) -> None:
    place.block = Block.NONE
    place.failed_unblocks = 0
    place.wrong_macs = 0


def card_block(card: CardState, command: Command) -> bytes:
    """84 16 at the MF: the card answers 6A81 to everything from now on (item 10)."""
    command.need_p1p2(0, 0)
    command.need_data(MAC_BYTES)
    if card.place is not card.master:
        raise Refused(StatusWord.SECURITY_NOT_SATISFIED)
    _need_lock_right(card)
    card.check_mac(card.maintenance_session(), command)
    card.eeprom.switch(lambda: setattr(card, "blocked", True))
    return b""


def _need_lock_right(card: CardState) -> None:
    # A directory without an LK has no right that could stand.
    if card.place.lock_right is None:
        raise Refused(StatusWord.SECURITY_NOT_SATISFIED)
    card.need_right(card.place.lock_right)
