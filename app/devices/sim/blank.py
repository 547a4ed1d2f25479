"""KT-BLANK: CREATE FILE, WRITE KEY, CREATE FILE END and the PIN, by which a bare chip becomes a card.

The chip is under construction until CREATE FILE END at the MF; until then the transport key, proven
once after a reset, opens construction in every directory.
"""

from __future__ import annotations

from app.cardspec.profile import Protection, Structure
from app.cardspec.status import StatusWord
from app.devices.sim import card_access
from app.devices.sim.blank_layout import BlankLayout
from app.devices.sim.card_files import CardKey, DedicatedFile, ElementaryFile, Record, record_files
from app.devices.sim.card_state import CardState
from app.devices.sim.card_update import unwrapped
from app.devices.sim.chip import Command, Refused
from app.devices.sim.suite import MAC_BYTES

# The mode of a file is the class byte of its updates.
MODES = {0x00: Protection.PLAIN, 0x04: Protection.SECURED, 0x84: Protection.MAC}
# Flags of CREATE FILE: bit 1, the file is locked by ACTIVATION
WRITE_ONCE = 0x01
_AID_BYTES = range(5, 17)


def external_authenticate(card: CardState, command: Command) -> bytes:
    """EXTERNAL AUTHENTICATE; with the transport key at the MF it opens construction."""
    card_access.external_authenticate(card, command)
    if card.place is card.master and command.p2 == BlankLayout(card.product).transport_reference:
        card.construction_open = card.under_construction
    return b""


def _need_construction(card: CardState) -> None:
    if not card.under_construction:
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    if not card.construction_open:
        raise Refused(StatusWord.SECURITY_NOT_SATISFIED)


def create_file(card: CardState, command: Command) -> bytes:
    """80 E0 FID: a directory, which becomes current, or a file in the current one."""
    _need_construction(card)
    layout = BlankLayout(card.product)
    fid = command.p1 << 8 | command.p2
    place = card.place
    if fid in place.files or place.find(fid) is not None:
        raise Refused(StatusWord.FILE_EXISTS)
    try:
        if command.data[:1] == bytes((layout.directory_type,)):
            _create_directory(card, layout, fid, command.data)
        else:
            _create_elementary(card, layout, fid, command.data)
    except (ValueError, KeyError):
        raise Refused(StatusWord.WRONG_DATA) from None
    return b""


def _create_directory(card: CardState, layout: BlankLayout, fid: int, data: bytes) -> None:
    parts = layout.unpack("create_directory", data)
    aid = parts["aid"]
    if len(aid) not in _AID_BYTES or card.master.find_aid(aid) is not None:
        raise ValueError("a name of 5 to 16 bytes that no other directory has")
    child = DedicatedFile(
        fid=fid, aid=aid, parent=card.place, lock_right=layout.right(parts["lock_right"][0])
    )
    place = card.place
    card.eeprom.switch(lambda: place.directories.update({fid: child}))
    card.enter(child)


def _create_elementary(card: CardState, layout: BlankLayout, fid: int, data: bytes) -> None:
    parts = layout.unpack("create_file", data)
    structure = layout.structures[parts["type"][0]]
    body = parts["body"]
    rows = _rows(structure, body)
    size = sum(len(head) + length for head, length, _ in rows)
    if len(card.eeprom.memory) + size > layout.capacity:
        raise Refused(StatusWord.NO_SPACE)
    file = ElementaryFile(
        fid=fid,
        structure=structure,
        read_right=layout.right(parts["read_right"][0]),
        update_right=layout.right(parts["update_right"][0]),
        erase_right=layout.right(parts["erase_right"][0]),
        protection=MODES[parts["mode"][0]],
        write_once=bool(parts["flags"][0] & WRITE_ONCE),
    )
    _lay_out(card, file, rows)
    files = card.place.files
    card.eeprom.switch(lambda: files.update({fid: file}))


def _rows(structure: Structure, body: bytes) -> list[tuple[bytes, int, int]]:
    """(head, length, fill) of each record, or of a transparent file's one stretch."""
    if structure is Structure.VARIABLE:
        if not body or len(body) % 3:
            raise ValueError("tag, length and fill of each record")
        return [(body[at : at + 2], body[at + 1], body[at + 2]) for at in range(0, len(body), 3)]
    if len(body) != 3:
        raise ValueError("two bytes of size, or records and length, then the fill")
    if structure is Structure.TRANSPARENT:
        return [(b"", body[0] << 8 | body[1], body[2])]
    if 0 in body[:2]:
        raise ValueError("at least one record of one byte")
    return [(b"", body[1], body[2])] * body[0]


def _lay_out(card: CardState, file: ElementaryFile, rows: list[tuple[bytes, int, int]]) -> None:
    records: list[Record] = record_files(rows, card.eeprom)
    start = records[0].offset - len(records[0].head)
    size = sum(len(head) + length for head, length, _ in rows)
    card.eeprom.write(start, card.eeprom.read(start, size))
    if file.structure is Structure.TRANSPARENT:
        file.offset, file.size = records[0].offset, records[0].length
        return
    file.records = records
    if file.structure is Structure.CYCLIC:
        file.newest = len(records) - 1


def write_key(card: CardState, command: Command) -> bytes:
    """80 D4 in plain, 84 D4 under cipher and MAC: a new key while building, else another value.

    While building, the transport key secures it; afterwards the directory's maintenance key does, and
    the key's own change right is asked for.
    """
    command.need_p1p2(0, 0)
    layout = BlankLayout(card.product)
    if card.under_construction:
        _need_construction(card)
        transport = card.master.external[layout.transport_reference]
        data = command.data if command.cla == 0x80 else _opened(card, command, transport)
    elif command.cla == 0x80 or card.place.maintenance is None:
        raise Refused(StatusWord.CONDITIONS_NOT_SATISFIED)
    else:
        data = _opened(card, command, card.place.maintenance)
    try:
        parts = layout.unpack("write_key", data)
        kind = layout.key_types[parts["type"][0]]
    except (ValueError, KeyError):
        raise Refused(StatusWord.WRONG_DATA) from None
    tries = parts["tries"][0]
    if parts["algorithm"][0] != layout.algorithm or not 1 <= tries <= 15:
        raise Refused(StatusWord.WRONG_DATA)
    key = CardKey(
        value=parts["key"],
        version=parts["version"][0],
        tries=tries,
        max_tries=tries,
        use_right=layout.right(parts["use_right"][0]),
        change_right=layout.right(parts["change_right"][0]),
    )
    _put_key(card, kind, parts["reference"][0], key)
    return b""


def _opened(card: CardState, command: Command, key: CardKey) -> bytes:
    size = card.suite.block_size
    if len(command.data) < size + MAC_BYTES or (len(command.data) - MAC_BYTES) % size:
        raise Refused(StatusWord.WRONG_LENGTH)
    session = card.session(key, card.need_challenge())
    card.check_mac(session, command)
    return unwrapped(session.decrypt(command.data[:-MAC_BYTES]), size)


def _put_key(card: CardState, kind: str, reference: int, key: CardKey) -> None:
    place = card.place
    tables = {"external": place.external, "pin": place.pins, "master": place.external}
    before = tables[kind].get(reference) if kind in tables else getattr(place, kind)
    if not card.under_construction:
        if before is None:
            raise Refused(StatusWord.KEY_NOT_FOUND)
        card.need_right(before.change_right)
    if kind in tables:
        card.eeprom.switch(lambda: tables[kind].update({reference: key}))
    else:
        card.eeprom.switch(lambda: setattr(place, kind, key))


def create_file_end(card: CardState, command: Command) -> bytes:
    """80 0E 00 01 02 3F00: construction is over for good; the transport key goes with it."""
    command.need_p1p2(0x00, 0x01)
    if command.need_data(2) != card.master.fid.to_bytes(2, "big"):
        raise Refused(StatusWord.WRONG_DATA)
    _need_construction(card)
    layout = BlankLayout(card.product)

    def finish() -> None:
        card.under_construction = False
        card.historical = layout.becomes
        card.master.external.pop(layout.transport_reference, None)

    card.eeprom.switch(finish)
    card.construction_open = False
    return b""


def verify(card: CardState, command: Command) -> bytes:
    """00 20 00 ref: a PIN of the current directory, if one was written into it."""
    if command.p1 != 0:
        raise Refused(StatusWord.WRONG_P1P2)
    pin = card.place.pins.get(command.p2)
    if pin is None:
        raise Refused(StatusWord.KEY_NOT_FOUND)
    if not command.data:
        raise Refused(StatusWord.WRONG_LENGTH)
    card.need_right(pin.use_right)
    card.try_key(pin, command.data == pin.value.rstrip(b"\xff"))
    card.grant(command.p2)
    return b""
