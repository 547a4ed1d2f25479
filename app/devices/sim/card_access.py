"""Instructions that find, prove and read: SELECT, challenges, authentication, READ."""

from __future__ import annotations

from app.cardspec.product import WriteMode
from app.cardspec.profile import Structure
from app.cardspec.status import StatusWord
from app.devices.sim.card_files import Block, CardKey, DedicatedFile, ElementaryFile, Record
from app.devices.sim.card_state import CardState
from app.devices.sim.chip import Command, Refused

# training-product.md, item 7: token, original, key version
_AUTHENTICATION_BYTES = 8 + 8 + 1
# training-product.md, item 13
MAX_BINARY = 0x80
MAX_OFFSET = 0x7FFF
BY_NUMBER, BY_FIRST_BYTE = 0x04, 0x00


def select(card: CardState, command: Command) -> bytes:
    """SELECT by FID (P1 00) or by AID (P1 04), item 14."""
    if command.p2 != 0 or command.p1 not in (0x00, 0x04):
        raise Refused(StatusWord.WRONG_P1P2)
    if command.p1 == 0x04:
        if not command.data:
            raise Refused(StatusWord.WRONG_LENGTH)
        place = card.master.find_aid(command.data)
    else:
        fid = int.from_bytes(command.need_data(2), "big")
        file = card.place.files.get(fid)
        if file is not None:
            if card.place.block is not Block.NONE:
                raise Refused(_block_word(card.place))
            card.file = file
            return b""
        place = card.place.find(fid)
    if place is None or _wants_master_file_first(card, place):
        raise Refused(StatusWord.FILE_NOT_FOUND)
    card.enter(place)
    if place.block is not Block.NONE:
        raise Refused(_block_word(place))
    return b""


def _wants_master_file_first(card: CardState, place: DedicatedFile) -> bool:
    # KT-PLAIN: until it is activated, the MF is selected again before DDF1.
    return (
        card.product.reselect_mf
        and not card.activated
        and place.parent is card.master
        and card.place is not card.master
    )


def _block_word(place: DedicatedFile) -> int:
    if place.block is Block.PERMANENT:
        return StatusWord.APPLICATION_PERMANENTLY_BLOCKED
    return StatusWord.FUNCTION_UNSUPPORTED


def get_challenge(card: CardState, command: Command) -> bytes:
    """GET CHALLENGE: eight bytes, good for the very next command (item 9)."""
    command.need_p1p2(0, 0)
    command.need_le(8)
    card.next_challenge = card.random.token_bytes(8)
    return card.next_challenge


def get_response(_card: CardState, _command: Command) -> bytes:
    """A user card answers at once, so that nothing is ever left to fetch."""
    raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)


def external_authenticate(card: CardState, command: Command) -> bytes:
    """EXTERNAL AUTHENTICATE: the host proves a key; its right then stands (items 4 and 7 to 9)."""
    if command.p1 != 0:
        raise Refused(StatusWord.WRONG_P1P2)
    key = card.place.external.get(command.p2)
    if key is None:
        raise Refused(StatusWord.KEY_NOT_FOUND)
    if card.place.block is not Block.NONE and command.p2 != card.place.lock_right:
        raise Refused(StatusWord.FUNCTION_UNSUPPORTED)
    data = command.need_data(_AUTHENTICATION_BYTES)
    _need_version(key, data[16])
    card.need_right(key.use_right)
    if key.tries == 0:
        raise Refused(StatusWord.AUTHENTICATION_BLOCKED)
    session = card.session(key, card.need_challenge())
    card.try_key(key, card.suite.token(session, data[8:16]) == data[:8])
    card.grant(command.p2)
    return b""


def internal_authenticate(card: CardState, command: Command) -> bytes:
    """INTERNAL AUTHENTICATE: the card proves its IRK over the host's challenge (item 7)."""
    command.need_p1p2(0, 0)
    key = card.place.internal
    if key is None:
        raise Refused(StatusWord.KEY_NOT_FOUND)
    data = command.need_data(_AUTHENTICATION_BYTES)
    _need_version(key, data[16])
    return card.suite.token(card.session(key, data[:8]), data[8:16])


def _need_version(key: CardKey, version: int) -> None:
    if version != key.version:
        raise Refused(StatusWord.KEY_NOT_FOUND)


def read_record(card: CardState, command: Command) -> bytes:
    """READ RECORD by number or by first byte (item 13)."""
    if command.p2 not in (BY_NUMBER, BY_FIRST_BYTE):
        raise Refused(StatusWord.WRONG_P1P2)
    file = card.current_file()
    file.need(Structure.VARIABLE, Structure.FIXED, Structure.CYCLIC)
    card.need_right(file.read_right)
    if command.p2 == BY_NUMBER:
        value = _value(card, file.record(command.p1))
    else:
        value = _by_first_byte(card, file, command.p1)
    command.need_le(len(value))
    return value


def _by_first_byte(card: CardState, file: ElementaryFile, first: int) -> bytes:
    for record in file.written_records():
        value = _value(card, record)
        if value[0] == first:
            return value
    raise Refused(StatusWord.RECORD_NOT_FOUND)


def _value(card: CardState, record: Record) -> bytes:
    return record.head + card.eeprom.read(record.offset, record.length)


def read_binary(card: CardState, command: Command) -> bytes:
    """READ BINARY of 80 bytes at most; Le 00 gives what is left of them (item 13)."""
    file = card.current_file()
    file.need(Structure.TRANSPARENT)
    card.need_right(file.read_right)
    offset = command.p1 << 8 | command.p2
    if command.data or command.le is None or command.le > MAX_BINARY:
        raise Refused(StatusWord.WRONG_LENGTH)
    if offset > MAX_OFFSET or offset >= file.size:
        raise Refused(StatusWord.OFFSET_OUTSIDE_FILE)
    length = command.le or min(MAX_BINARY, file.size - offset)
    if offset + length > file.size:
        raise Refused(StatusWord.OFFSET_OUTSIDE_FILE)
    return card.eeprom.read(file.offset + offset, length)


def takes_plain(card: CardState, file: ElementaryFile) -> bool:
    """Whether a secured file of DDF1 takes plain records by now (KT-PLAIN, before activation)."""
    return (
        card.product.before_activation is WriteMode.PLAIN
        and not card.activated
        and card.place.parent is card.master
        and file.structure is Structure.VARIABLE
    )
