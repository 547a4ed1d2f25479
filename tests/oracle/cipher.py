"""The ciphers of the training products: keys, tokens, MACs and secured records.

Written from training-product.md (KT-SECURED items 1 to 6, KT-3DES) and the standards it names, GB/T
32907 for SM4 and GB/T 17964 for the modes. Nothing here comes from the product under test.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache

import gmalg  # type: ignore[import-untyped]
from Crypto.Cipher import DES3


class OracleError(Exception):
    """A card or a SAM said something other than the facts allow; the text says what and where."""


def complement(data: bytes) -> bytes:
    """Every bit turned over: the ~ of the facts."""
    return bytes(octet ^ 0xFF for octet in data)


def exclusive_or(left: bytes, right: bytes) -> bytes:
    """The XOR of two strings of one length."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def key_name(name: str) -> bytes:
    """A key's name as derivation data: ASCII, padded on the right with 00 to eight bytes."""
    return name.encode("ascii").ljust(8, b"\0")


def city_factor(city_code: str) -> bytes:
    """The city factor: ASCII of the application city code's first two digits and six zeros (tag 57)."""
    return (city_code[:2] + "000000").encode("ascii")


class Suite(ABC):
    """One product's cipher: every calculation that a card, a SAM and the host share.

    `block` is the cipher's block in bytes, which padding and the lengths of secured records follow.
    """

    block: int

    @abstractmethod
    def encrypt(self, key: bytes, data: bytes) -> bytes:
        """ECB encryption; `data` is a multiple of the block."""

    @abstractmethod
    def derive(self, key: bytes, factor: bytes) -> bytes:
        """A level down: the key diversified by an eight-byte factor."""

    @abstractmethod
    def session(self, card_key: bytes, challenge: bytes) -> bytes:
        """The key of one calculation, from the card's (or the SAM's) eight-byte challenge."""

    @abstractmethod
    def token(self, session_key: bytes, original: bytes) -> bytes:
        """The eight bytes of an external or internal authentication over an eight-byte original."""

    @abstractmethod
    def shorten(self, last_block: bytes) -> bytes:
        """The four MAC bytes of the chain's last block."""

    def national(self, root: bytes, name: str) -> bytes:
        """The national application key of that name."""
        return self.derive(root, key_name(name))

    def province(self, root: bytes, name: str, city_code: str) -> bytes:
        """The province's key of that name."""
        return self.derive(self.national(root, name), city_factor(city_code))

    def card_key(self, root: bytes, name: str, city_code: str, factor: bytes) -> bytes:
        """The card's own key, three levels below the root."""
        return self.derive(self.province(root, name, city_code), factor)

    def chain(self, key: bytes, vector: bytes, data: bytes) -> bytes:
        """CBC over `data`, a multiple of the block; the last block comes back."""
        state = vector
        for at in range(0, len(data), self.block):
            state = self.encrypt(key, exclusive_or(state, data[at : at + self.block]))
        return state

    def pad_always(self, data: bytes) -> bytes:
        """80 00.. to the block, a whole block more when it was full already (item 5)."""
        padded = data + b"\x80"
        return padded + bytes(-len(padded) % self.block)

    def pad_if_needed(self, data: bytes) -> bytes:
        """80 00.. to the block, nothing when it is full already (item 6)."""
        return self.pad_always(data) if len(data) % self.block else data

    def mac(self, session_key: bytes, message: bytes) -> bytes:
        """The four MAC bytes over header and data, IV of zeros."""
        return self.shorten(self.chain(session_key, bytes(self.block), self.pad_always(message)))

    def envelop(self, session_key: bytes, data: bytes) -> bytes:
        """E(L || data), padded when it has to be: the cipher of a secured update."""
        return self.encrypt(session_key, self.pad_if_needed(bytes([len(data)]) + data))

    def secured(self, session_key: bytes, header: bytes, data: bytes) -> bytes:
        """A whole secured command: four header bytes, Lc, cipher and MAC."""
        cipher = self.envelop(session_key, data)
        message = header + bytes([len(cipher) + 4]) + cipher
        return message + self.mac(session_key, message)

    def key_check(self, key: bytes) -> bytes:
        """The first three bytes of a block of zeros under the key (item 16)."""
        return self.encrypt(key, bytes(self.block))[:3]


@cache
def _sm4(key: bytes, data: bytes) -> bytes:
    engine = gmalg.SM4(key)
    return b"".join(engine.encrypt(data[at : at + 16]) for at in range(0, len(data), 16))


class Sm4(Suite):
    """KT-SECURED and its kin: SM4, 16-byte keys and blocks."""

    block = 16

    def encrypt(self, key: bytes, data: bytes) -> bytes:
        return _sm4(key, data)

    def derive(self, key: bytes, factor: bytes) -> bytes:
        return self.encrypt(key, factor + complement(factor))

    def session(self, card_key: bytes, challenge: bytes) -> bytes:
        return self.encrypt(card_key, challenge + bytes(8))

    def token(self, session_key: bytes, original: bytes) -> bytes:
        halves = self.encrypt(session_key, original + bytes(8))
        return exclusive_or(halves[:8], halves[8:])

    def shorten(self, last_block: bytes) -> bytes:
        words = [last_block[at : at + 4] for at in range(0, 16, 4)]
        return exclusive_or(exclusive_or(words[0], words[1]), exclusive_or(words[2], words[3]))


class TripleDes(Suite):
    """KT-3DES: two-key 3DES, 8-byte blocks; training only."""

    block = 8

    def encrypt(self, key: bytes, data: bytes) -> bytes:
        return DES3.new(key, DES3.MODE_ECB).encrypt(data)

    def derive(self, key: bytes, factor: bytes) -> bytes:
        return self.encrypt(key, factor) + self.encrypt(key, complement(factor))

    def session(self, card_key: bytes, challenge: bytes) -> bytes:
        return self.derive(card_key, challenge)

    def token(self, session_key: bytes, original: bytes) -> bytes:
        return self.encrypt(session_key, original)

    def shorten(self, last_block: bytes) -> bytes:
        return last_block[:4]


def suite_of(product: str) -> Suite:
    """The cipher of a training product by its name; every product but the older one uses SM4."""
    return TripleDes() if "3DES" in product else Sm4()
