"""Instructions that write files: UPDATE RECORD, UPDATE BINARY, and the indexes of DF03."""

from __future__ import annotations

from app.cardspec.profile import Protection, Structure
from app.cardspec.status import StatusWord
from app.crypto.block import BlockCipher
from app.devices.sim.card_access import BY_NUMBER, MAX_OFFSET, takes_plain
from app.devices.sim.card_files import INDEX_EMPTY, INDEX_SET, ElementaryFile, Record
from app.devices.sim.card_state import CardState
from app.devices.sim.chip import Command, Refused
from app.devices.sim.suite import MAC_BYTES

# P2 of UPDATE RECORD that adds a record to a cyclic file (item 12)
_APPEND = 0x03
# The class byte names how a file is written: plain, cipher and MAC, MAC alone (items 5, 6, 12).
_CLASSES = {Protection.PLAIN: 0x00, Protection.SECURED: 0x04, Protection.MAC: 0x84}


def update_record(card: CardState, command: Command) -> bytes:
    """UPDATE RECORD by number, or 00 03 for one more record of a cyclic file."""
    file = card.current_file()
    file.need(Structure.VARIABLE, Structure.CYCLIC)
    protection = _open(card, command, file)
    if file.structure is Structure.CYCLIC:
        _append(card, command, file, protection)
    else:
        _replace(card, command, file, protection)
    return b""


def _open(card: CardState, command: Command, file: ElementaryFile) -> Protection:
    """Lock, class byte and right, in that order: a locked file is locked for everybody (item 11)."""
    if file.write_once and card.activated:
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    protection = Protection.PLAIN if takes_plain(card, file) else file.protection
    if command.cla != _CLASSES[protection]:
        raise Refused(StatusWord.FUNCTION_UNSUPPORTED)
    erasing = command.ins == 0x0C
    card.need_right(file.erase_right if erasing else file.update_right)
    return protection


def _replace(card: CardState, command: Command, file: ElementaryFile, protection: Protection) -> None:
    if command.p2 != BY_NUMBER:
        raise Refused(StatusWord.WRONG_P1P2)
    record = file.record(command.p1)
    body = command.data
    if protection is Protection.SECURED:
        session = _session(card, command)
        body = _opened(card, session, command)
    _need_same_head(record, body)
    card.eeprom.write(record.offset, body[len(record.head) :])


def _need_same_head(record: Record, body: bytes) -> None:
    # T and L stay as they are (item 12), and the value has the length that L says.
    if not body.startswith(record.head) or len(body) != len(record.head) + record.length:
        raise Refused(StatusWord.LENGTH_CONFLICTS_WITH_TLV)


def _append(card: CardState, command: Command, file: ElementaryFile, protection: Protection) -> None:
    if command.p1 != 0x00 or command.p2 != _APPEND:
        raise Refused(StatusWord.WRONG_P1P2)
    length = file.records[0].length
    body = command.data
    if protection is Protection.SECURED:
        if len(body) != _secured_length(card, length):
            raise Refused(StatusWord.WRONG_LENGTH)
        session = _session(card, command)
        body = _opened(card, session, command)
    if len(body) != length:
        raise Refused(StatusWord.LENGTH_CONFLICTS_WITH_TLV)
    file.append(card.eeprom, body)


def _secured_length(card: CardState, length: int) -> int:
    """Lc of ``length`` bytes under cipher and MAC: 84 for an allergy, 24 for an immunization."""
    size = card.suite.block_size
    return -(-(1 + length) // size) * size + MAC_BYTES


def _session(card: CardState, command: Command) -> BlockCipher:
    """The session of a command under cipher and MAC, its MAC proven."""
    card.need_challenge()
    cipher_bytes = len(command.data) - MAC_BYTES
    if cipher_bytes <= 0 or cipher_bytes % card.suite.block_size:
        raise Refused(StatusWord.WRONG_LENGTH)
    session = card.maintenance_session()
    card.check_mac(session, command)
    return session


def _opened(card: CardState, session: BlockCipher, command: Command) -> bytes:
    """The data of L || data, deciphered; 6A80 where L and the padding do not fit together (item 6)."""
    plain = session.decrypt(command.data[:-MAC_BYTES])
    end = 1 + plain[0]
    rest = plain[end:]
    if end > len(plain) or len(rest) >= card.suite.block_size:
        raise Refused(StatusWord.WRONG_DATA)
    if rest and rest != b"\x80" + b"\x00" * (len(rest) - 1):
        raise Refused(StatusWord.WRONG_DATA)
    return plain[1:end]


def update_binary(card: CardState, command: Command) -> bytes:
    """UPDATE BINARY of a transparent file (item 13)."""
    file = card.current_file()
    file.need(Structure.TRANSPARENT)
    _open(card, command, file)
    offset = command.p1 << 8 | command.p2
    data = command.data
    if not data:
        raise Refused(StatusWord.WRONG_LENGTH)
    if offset > MAX_OFFSET or offset + len(data) > file.size:
        raise Refused(StatusWord.OFFSET_OUTSIDE_FILE)
    card.eeprom.write(file.offset + offset, data)
    return b""


def set_index(card: CardState, command: Command) -> bytes:
    """84 D2: an index record becomes valid (item 12)."""
    return _mark(card, command, INDEX_SET)


def erase_index(card: CardState, command: Command) -> bytes:
    """84 0C: an index record becomes empty (item 12)."""
    return _mark(card, command, INDEX_EMPTY)


def _mark(card: CardState, command: Command, value: int) -> bytes:
    file = card.current_file()
    file.need(Structure.FIXED)
    protection = _open(card, command, file)
    if command.p2 != BY_NUMBER:
        raise Refused(StatusWord.WRONG_P1P2)
    record = file.record(command.p1)
    if protection is Protection.MAC:
        card.need_challenge()
        command.need_data(MAC_BYTES)
        card.check_mac(card.maintenance_session(), command)
    elif command.data:
        raise Refused(StatusWord.WRONG_LENGTH)
    card.eeprom.write(record.offset, bytes((value,)))
    return b""
