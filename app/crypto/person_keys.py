"""Keys of single persons, so that what is kept about one can be made unreadable for good (decision 13).

A person's key is drawn once and kept sealed in a row of its own. Details about that person are sealed
under it, and a chain holds the digest of the sealed detail alone: when the key's row goes, the details
are noise in this store and in every backup whose key row went too, and the chain still verifies.
"""

from __future__ import annotations

from typing import Final

from app.base.ids import RandomSource
from app.crypto.sealing import KEY_BYTES, Place, Sealer
from app.crypto.sm3 import sm3

# A person's key is never renewed, only forgotten: it has one version.
_VERSION: Final = 1


class PersonKey:
    """One person's key, opened. It shows nothing of itself."""

    __slots__ = ("_sealer",)

    def __init__(self, key: bytes, random: RandomSource) -> None:
        self._sealer = Sealer({_VERSION: key}, random)

    def __repr__(self) -> str:
        return "PersonKey()"

    def seal(self, place: Place, detail: bytes) -> bytes:
        """The blob of ``detail`` for the row that ``place`` names."""
        return self._sealer.seal(place, detail)

    def open(self, place: Place, blob: bytes) -> bytes:
        """The detail in ``blob``; ``SealBroken`` where it was changed, moved, or is another person's."""
        return self._sealer.open(place, blob)


class PersonKeys:
    """Draws and opens persons' keys, which lie sealed by the store's own ``sealer``."""

    def __init__(self, sealer: Sealer, random: RandomSource) -> None:
        self._sealer = sealer
        self._random = random

    def draw(self, place: Place) -> tuple[PersonKey, bytes]:
        """A new key, and the blob to keep in the row of ``place`` (the row is the person's id)."""
        key = self._random.token_bytes(KEY_BYTES)
        return PersonKey(key, self._random), self._sealer.seal(place, key)

    def open(self, place: Place, blob: bytes) -> PersonKey:
        """The key that ``draw`` gave; ``SealBroken`` or ``SealKeyUnknown`` where it can not be had."""
        return PersonKey(self._sealer.open(place, blob), self._random)


def detail_digest(blob: bytes) -> bytes:
    """What a chain holds of a sealed detail: SM3 over the blob, which needs no key to be verified."""
    return sm3(blob)
