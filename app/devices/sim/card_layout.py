"""A new card's file system and keys out of a profile: a province's own file appears by itself."""

from __future__ import annotations

from app.cardspec import codecs
from app.cardspec.keys import KeyName
from app.cardspec.product import CardProduct
from app.cardspec.profile import FileSpec, Profile, Protection, Structure
from app.devices.sim.blank_layout import BlankLayout
from app.devices.sim.card_files import MF_FID, CardKey, DedicatedFile, ElementaryFile, record_files
from app.devices.sim.eeprom import Eeprom
from app.devices.sim.suite import CipherSuite, card_key, city_factor

# training-product.md, item 9: tries a key
KEY_TRIES = 5


def build_blank_master_file(
    product: CardProduct, suite: CipherSuite, root: bytes, city_code: str, factor: bytes
) -> DedicatedFile:
    """The MF of a blank chip: nothing below it, and the transport key alone."""
    layout = BlankLayout(product)
    value = card_key(suite, suite.cipher(root), layout.transport_key, city_factor(city_code), factor)
    transport = CardKey(value, product.key_version, KEY_TRIES, KEY_TRIES)
    return DedicatedFile(
        fid=MF_FID,
        aid=b"",
        parent=None,
        lock_right=product.authenticate[KeyName.BKMF],
        external={layout.transport_reference: transport},
    )


def build_master_file(
    product: CardProduct, profile: Profile, keys: dict[KeyName, bytes], eeprom: Eeprom
) -> DedicatedFile:
    """The MF of a new card with everything below it, its values in ``eeprom``."""
    master = DedicatedFile(fid=MF_FID, aid=b"", parent=None)
    places = {"MF": master}
    for spec in profile.directories:
        parent = places[spec.parent]
        place = DedicatedFile(fid=spec.fid, aid=spec.aid, parent=parent)
        parent.directories[spec.fid] = place
        places[spec.name] = place
    for name, value in keys.items():
        place = places[key_directory(name)]
        key = CardKey(value, product.key_version, KEY_TRIES, KEY_TRIES)
        if name.startswith("STK"):
            place.maintenance = key
        elif name.startswith("IRK"):
            place.internal = key
        else:
            reference = product.authenticate[name]
            place.external[reference] = key
            if name.startswith(("LK", "BK")):
                place.lock_right = reference
    for file in profile.files:
        places[file.directory].files[file.fid] = build_file(product, profile, file, eeprom)
    return master


def key_directory(name: KeyName) -> str:
    """The directory that a key stands in: ``DF01`` of ``UK1DF01``."""
    return "MF" if name.endswith("MF") else name[-4:]


def build_file(product: CardProduct, profile: Profile, spec: FileSpec, eeprom: Eeprom) -> ElementaryFile:
    """One new file with its empty values (training-product.md, item 12)."""
    file = ElementaryFile(
        fid=spec.fid,
        structure=spec.structure,
        read_right=_right(product, spec.read_key),
        update_right=product.authenticate[spec.update_key],
        protection=protection_of(product, spec),
        erase_right=_right(product, spec.erase_key),
        write_once=spec.write_once,
    )
    if spec.structure is Structure.TRANSPARENT:
        # The photo's length 00 00 means that there is none; a hospital record never written is FF.
        fill = 0x00 if spec.length_prefix else 0xFF
        file.size = spec.size
        file.offset = eeprom.allocate(bytes((fill,)) * spec.size)
    elif spec.structure is Structure.VARIABLE:
        rows = []
        for field in spec.fields:
            tag = field.tag if field.tag is not None else 0
            fill = codecs.empty(field.coding, 1)[0]
            rows.append((bytes((tag, field.length)), field.length, fill))
        file.records = record_files(rows, eeprom)
    else:
        file.records = record_files([(b"", spec.size, 0xFF)] * spec.records, eeprom)
        file.newest = spec.records - 1
    return file


def _right(product: CardProduct, key: KeyName | None) -> int | None:
    return None if key is None else product.authenticate[key]


def protection_of(product: CardProduct, spec: FileSpec) -> Protection:
    """What the file really asks for: some field products take appends and indexes plain (card.md)."""
    if spec.structure is Structure.CYCLIC and not product.cyclic_secured:
        return Protection.PLAIN
    if spec.protection is Protection.MAC and not product.index_mac:
        return Protection.PLAIN
    return spec.protection
