"""Sealed fields: a personal value as one SM4-GCM blob that fits its own place only (decision 12).

Layout of a blob: format version (1 byte, 01), key version (2 bytes, big endian), nonce (12 bytes from
the random source), ciphertext (as long as the value), tag (16 bytes). Table, column, row id and both
versions are authenticated with it, so a blob that was moved, swapped or cut does not open.

Sources: GB/T 32907-2016 (SM4), GB/T 36624-2018 / NIST SP 800-38D (GCM; 96-bit random nonces are good
for 2^32 values a key, far above what one centre ever keeps).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

from app.base.errors import N_, KangkaError
from app.base.ids import RandomSource

FORMAT: Final = 1
KEY_BYTES: Final = 16
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
_HEAD_BYTES: Final = 3
OVERHEAD_BYTES: Final = _HEAD_BYTES + NONCE_BYTES + TAG_BYTES


@dataclass(eq=False)
class SealBroken(KangkaError):
    """A sealed value does not open in its place: changed, moved, cut, or of another store."""

    table: str
    column: str

    code = "seal.broken"
    cause = N_("A sealed value in the records does not open (table {table}, column {column}).")
    meaning = N_("This record was changed or damaged outside the program; it is not used.")
    remedy = N_("Stop work on this record and have the records restored from the last good backup.")


@dataclass(eq=False)
class SealKeyUnknown(KangkaError):
    """A sealed value names a key version that this workplace does not hold."""

    version: int

    code = "seal.key-unknown"
    cause = N_("A record is sealed under key version {version}, which this workplace does not hold.")
    meaning = N_("The record can not be read here; it has not been changed.")
    remedy = N_("Put back the key file that belongs to these records.")


@dataclass(frozen=True)
class Place:
    """Where a sealed value lives. ``row`` is the row's id, never a person's data."""

    table: str
    column: str
    row: str

    def associated(self, key_version: int) -> bytes:
        """What the tag covers besides the value: both versions, and each part with its length."""
        parts = (self.table.encode(), self.column.encode(), self.row.encode())
        head = bytes((FORMAT,)) + key_version.to_bytes(2, "big")
        return head + b"".join(len(part).to_bytes(2, "big") + part for part in parts)


class Sealer:
    """Seals under the newest key version and opens under every version that it was given.

    ``keys`` are SM4 keys of 16 bytes by version (1 to 65535).
    """

    def __init__(self, keys: Mapping[int, bytes], random: RandomSource) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise ValueError("sealing keys are SM4 keys of 16 bytes")
        self._keys = dict(keys)
        self._random = random
        self.key_version = max(self._keys)

    def __repr__(self) -> str:
        return f"Sealer(key_version={self.key_version})"

    def seal(self, place: Place, value: bytes) -> bytes:
        """The blob of ``value`` for ``place``."""
        nonce = self._random.token_bytes(NONCE_BYTES)
        sealed, tag = gcm_encrypt(
            self._keys[self.key_version], nonce, value, place.associated(self.key_version)
        )
        return bytes((FORMAT,)) + self.key_version.to_bytes(2, "big") + nonce + sealed + tag

    def open(self, place: Place, blob: bytes) -> bytes:
        """The value in ``blob``; ``SealBroken`` or ``SealKeyUnknown`` where it can not be had."""
        if len(blob) < OVERHEAD_BYTES or blob[0] != FORMAT:
            raise SealBroken(place.table, place.column)
        version = int.from_bytes(blob[1:_HEAD_BYTES], "big")
        if version not in self._keys:
            raise SealKeyUnknown(version)
        nonce = blob[_HEAD_BYTES : _HEAD_BYTES + NONCE_BYTES]
        sealed, tag = blob[_HEAD_BYTES + NONCE_BYTES : -TAG_BYTES], blob[-TAG_BYTES:]
        try:
            return gcm_decrypt(self._keys[version], nonce, sealed, tag, place.associated(version))
        except InvalidTag:
            raise SealBroken(place.table, place.column) from None


def gcm_encrypt(key: bytes, nonce: bytes, value: bytes, associated: bytes) -> tuple[bytes, bytes]:
    """SM4-GCM: ciphertext and 16-byte tag. A nonce must never come twice under one key."""
    encryptor = Cipher(SM4(key), GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(associated)
    return encryptor.update(value) + encryptor.finalize(), encryptor.tag


def gcm_decrypt(key: bytes, nonce: bytes, sealed: bytes, tag: bytes, associated: bytes) -> bytes:
    """SM4-GCM: the value, or ``InvalidTag``."""
    decryptor = Cipher(SM4(key), GCM(nonce, tag)).decryptor()
    decryptor.authenticate_additional_data(associated)
    return decryptor.update(sealed) + decryptor.finalize()
