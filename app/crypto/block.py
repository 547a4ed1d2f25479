"""SM4 and two-key triple DES behind one small interface: ECB over whole blocks, and CBC for MACs.

A cipher keeps the expanded key, because setting up a key costs some twenty times as much as a block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from Crypto.Cipher import DES3  # nosec - the older cards' cipher, training-product.md "KT-3DES"
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

KEY_BYTES = 16
# Up to this many blocks, chaining through the ready ECB context is quicker than setting up CBC.
_CHAIN_BLOCKS = 8


class BlockCipher(Protocol):
    """One key of one block cipher. Data is whole blocks; ValueError otherwise."""

    block_size: int

    def encrypt(self, data: bytes) -> bytes:
        """ECB over one or more blocks."""
        ...

    def decrypt(self, data: bytes) -> bytes:
        """ECB over one or more blocks, the inverse of ``encrypt``."""
        ...

    def cbc_last(self, data: bytes, iv: bytes) -> bytes:
        """The last block of ``data`` in CBC: what a CBC-MAC is made of. At least one block."""
        ...


class Sm4Cipher:
    """SM4 (GB/T 32907-2016): blocks and keys of 16 bytes."""

    __slots__ = ("_decrypt", "_ecb", "_encrypt", "block_size")

    def __init__(self, key: bytes) -> None:
        self.block_size = 16
        # ECB keeps nothing between blocks, so that one context serves for the life of the key. Most
        # keys need one direction alone, so each is set up when it is asked for.
        self._ecb = Cipher(SM4(key), modes.ECB())  # noqa: S305 # nosec - single blocks and MACs
        self._encrypt: Callable[[bytes], bytes] | None = None
        self._decrypt: Callable[[bytes], bytes] | None = None

    def encrypt(self, data: bytes) -> bytes:
        _check(data, 16)
        if self._encrypt is None:
            self._encrypt = self._ecb.encryptor().update
        return self._encrypt(data)

    def decrypt(self, data: bytes) -> bytes:
        _check(data, 16)
        if self._decrypt is None:
            self._decrypt = self._ecb.decryptor().update
        return self._decrypt(data)

    def cbc_last(self, data: bytes, iv: bytes) -> bytes:
        _check(data, 16)
        if len(data) <= 16 * _CHAIN_BLOCKS:
            return _chain(self, data, iv)
        return Cipher(self._ecb.algorithm, modes.CBC(iv)).encryptor().update(data)[-16:]


class TripleDesCipher:
    """Two-key triple DES (ISO/IEC 18033-3): blocks of 8 bytes, keys of 16."""

    __slots__ = ("_ecb", "_key", "block_size")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError("a two-key triple DES key has 16 bytes")
        self.block_size = 8
        self._key = key
        self._ecb = DES3.new(key, DES3.MODE_ECB)  # nosec

    def encrypt(self, data: bytes) -> bytes:
        _check(data, 8)
        return self._ecb.encrypt(data)

    def decrypt(self, data: bytes) -> bytes:
        _check(data, 8)
        return self._ecb.decrypt(data)

    def cbc_last(self, data: bytes, iv: bytes) -> bytes:
        _check(data, 8)
        if len(data) <= 8 * _CHAIN_BLOCKS:
            return _chain(self, data, iv)
        return DES3.new(self._key, DES3.MODE_CBC, iv=iv).encrypt(data)[-8:]  # nosec


def block_cipher(algorithm: str, key: bytes) -> BlockCipher:
    """The cipher that products call ``sm4`` or ``3des``; KeyError for another name."""
    return _CIPHERS[algorithm](key)


def _check(data: bytes, size: int) -> None:
    if not data or len(data) % size:
        raise ValueError(f"data is whole blocks of {size} bytes")


def _chain(cipher: BlockCipher, data: bytes, iv: bytes) -> bytes:
    size = cipher.block_size
    state = iv
    for at in range(0, len(data), size):
        mixed = int.from_bytes(state, "big") ^ int.from_bytes(data[at : at + size], "big")
        state = cipher.encrypt(mixed.to_bytes(size, "big"))
    return state


_CIPHERS: dict[str, type[Sm4Cipher] | type[TripleDesCipher]] = {
    "sm4": Sm4Cipher,
    "3des": TripleDesCipher,
}
