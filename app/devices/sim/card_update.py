"""Instructions that write files: UPDATE RECORD, UPDATE BINARY, and the indexes of DF03.

Checks come in one order everywhere (tests/vectors/README.md, D1): the file and its structure, the lock,
the class byte, P1 P2, Lc, the right, the challenge, the MAC, the content, the record.
"""

from __future__ import annotations

from app.cardspec.profile import Protection, Structure
from app.cardspec.status import StatusWord
from app.devices.sim.card_access import BY_NUMBER, MAX_OFFSET, takes_plain
from app.devices.sim.card_files import INDEX_EMPTY, INDEX_SET, ElementaryFile
from app.devices.sim.card_state import CardState
from app.devices.sim.chip import Command, Refused
from app.devices.sim.suite import MAC_BYTES

# P1 P2 of UPDATE RECORD that adds a record to a cyclic file (item 12)
_APPEND = (0x00, 0x03)
# The class byte names how a file is written: plain, cipher and MAC, MAC alone (items 5, 6, 12).
_CLASSES = {Protection.PLAIN: 0x00, Protection.SECURED: 0x04, Protection.MAC: 0x84}


def update_record(card: CardState, command: Command) -> bytes:
    """UPDATE RECORD by number, or 00 03 for one more record of a cyclic file."""
    file = card.current_file()
    file.need(Structure.VARIABLE, Structure.CYCLIC)
    protection = _mode(card, command, file)
    if file.structure is Structure.CYCLIC:
        _append(card, command, file, protection)
    else:
        _replace(card, command, file, protection)
    return b""


def _mode(card: CardState, command: Command, file: ElementaryFile) -> Protection:
    """How the file is written by now: 6985 where it is locked for everybody, 6A81 in another class."""
    if file.write_once and card.activated:
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    protection = Protection.PLAIN if takes_plain(card, file) else file.protection
    if command.cla != _CLASSES[protection]:
        raise Refused(StatusWord.FUNCTION_UNSUPPORTED)
    return protection


def _replace(card: CardState, command: Command, file: ElementaryFile, protection: Protection) -> None:
    if command.p2 != BY_NUMBER:
        raise Refused(StatusWord.WRONG_P1P2)
    body = _body(card, command, file, protection)
    if len(body) < 2 or len(body) != 2 + body[1]:
        raise Refused(StatusWord.LENGTH_CONFLICTS_WITH_TLV)
    record = file.record(command.p1)
    # T and L stay as they are (item 12).
    if not body.startswith(record.head):
        raise Refused(StatusWord.LENGTH_CONFLICTS_WITH_TLV)
    card.eeprom.write(record.offset, body[2:])


def _append(card: CardState, command: Command, file: ElementaryFile, protection: Protection) -> None:
    if (command.p1, command.p2) != _APPEND:
        raise Refused(StatusWord.WRONG_P1P2)
    length = file.records[0].length
    expected = length if protection is Protection.PLAIN else _secured_length(card, length)
    command.need_data(expected)
    body = _body(card, command, file, protection)
    if len(body) != length:
        raise Refused(StatusWord.LENGTH_CONFLICTS_WITH_TLV)
    file.append(card.eeprom, body)


def _secured_length(card: CardState, length: int) -> int:
    """Lc of ``length`` bytes under cipher and MAC: 84 for an allergy, 24 for an immunization."""
    size = card.suite.block_size
    return -(-(1 + length) // size) * size + MAC_BYTES


def _body(card: CardState, command: Command, file: ElementaryFile, protection: Protection) -> bytes:
    """What is to be written, its right, challenge and MAC proven and its cipher taken off."""
    if protection is Protection.PLAIN:
        card.need_right(file.update_right)
        return command.data
    data = command.data
    size = card.suite.block_size
    if len(data) < size + MAC_BYTES or (len(data) - MAC_BYTES) % size:
        raise Refused(StatusWord.WRONG_LENGTH)
    card.need_right(file.update_right)
    session = card.maintenance_session()
    card.check_mac(session, command)
    return unwrapped(session.decrypt(data[:-MAC_BYTES]), size)


def unwrapped(plain: bytes, size: int) -> bytes:
    """The data of L || data || padding (item 6); 6A80 where they make no sense together."""
    end = 1 + plain[0]
    padding = plain[end:]
    if end == 1 or end > len(plain) or len(padding) >= size:
        raise Refused(StatusWord.WRONG_DATA)
    if padding and padding != b"\x80" + b"\x00" * (len(padding) - 1):
        raise Refused(StatusWord.WRONG_DATA)
    return plain[1:end]


def update_binary(card: CardState, command: Command) -> bytes:
    """UPDATE BINARY of a transparent file, in plain (item 13)."""
    file = card.current_file()
    file.need(Structure.TRANSPARENT)
    _mode(card, command, file)
    data = command.data
    if not data:
        raise Refused(StatusWord.WRONG_LENGTH)
    card.need_right(file.update_right)
    offset = command.p1 << 8 | command.p2
    if offset > MAX_OFFSET or offset + len(data) > file.size:
        raise Refused(StatusWord.OFFSET_OUTSIDE_FILE)
    card.eeprom.write(file.offset + offset, data)
    return b""


def set_index(card: CardState, command: Command) -> bytes:
    """84 D2: an index record becomes valid (item 12)."""
    file = card.current_file()
    return _mark(card, command, file, file.update_right, INDEX_SET)


def erase_index(card: CardState, command: Command) -> bytes:
    """84 0C: an index record becomes empty (item 12)."""
    file = card.current_file()
    return _mark(card, command, file, file.erase_right, INDEX_EMPTY)


def _mark(
    card: CardState, command: Command, file: ElementaryFile, right: int | None, mark: int
) -> bytes:
    file.need(Structure.FIXED)
    protection = _mode(card, command, file)
    if command.p2 != BY_NUMBER:
        raise Refused(StatusWord.WRONG_P1P2)
    command.need_data(0 if protection is Protection.PLAIN else MAC_BYTES)
    card.need_right(right)
    if protection is not Protection.PLAIN:
        card.check_mac(card.maintenance_session(), command)
    card.eeprom.write(file.record(command.p1).offset, bytes((mark,)))
    return b""
