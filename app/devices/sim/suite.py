"""The arithmetic that card and SAM share: derivation, session keys, tokens and MACs.

Source: training-product.md, items 1 and 3 to 6 for 16-byte blocks, and "KT-3DES" for 8-byte ones.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from app.cardspec.keys import KeyName
from app.crypto.block import BlockCipher, block_cipher

MAC_BYTES = 4
_ALL_ONES = (1 << 64) - 1


def complement(eight: bytes) -> bytes:
    """The bitwise complement of 8 bytes."""
    return (int.from_bytes(eight, "big") ^ _ALL_ONES).to_bytes(8, "big")


def city_factor(city_code: str) -> bytes:
    """The province's factor: the first two digits of the city code and six zeros, in ASCII."""
    return city_code[:2].encode("ascii") + b"000000"


class CipherSuite(ABC):
    """How one family of training chips computes. All keys are 16 bytes, challenges and factors 8."""

    algorithm: str
    block_size: int

    def cipher(self, key: bytes) -> BlockCipher:
        """A key, ready to compute with."""
        return block_cipher(self.algorithm, key)

    def derive(self, parent: BlockCipher, factor: bytes) -> bytes:
        """The key below ``parent`` for an 8-byte factor (item 1): E(parent, F || ~F)."""
        # With 8-byte blocks E(k, F) || E(k, ~F) is the same call, two blocks of ECB.
        return parent.encrypt(factor + complement(factor))

    def national_key(self, root: BlockCipher, name: str) -> bytes:
        """The national key of a name: the name in ASCII, padded with 00 to 8 bytes, is the factor."""
        return self.derive(root, name.encode("ascii").ljust(8, b"\x00"))

    def pad(self, message: bytes) -> bytes:
        """``message`` and 80 00.. up to whole blocks, at least one byte (item 5)."""
        return message + b"\x80" + b"\x00" * (-(len(message) + 1) % self.block_size)

    def mac(self, session: BlockCipher, message: bytes) -> bytes:
        """The four bytes of MAC over ``message``, padded here, IV 00.. (item 5)."""
        return self.shorten(session.cbc_last(self.pad(message), b"\x00" * self.block_size))

    @abstractmethod
    def session_key(self, key: BlockCipher, challenge: bytes) -> bytes:
        """The session key of a card key and a challenge of 8 bytes (item 3)."""

    @abstractmethod
    def token(self, session: BlockCipher, original: bytes) -> bytes:
        """The 8 bytes that prove a key over an original of 8 bytes (item 4)."""

    @abstractmethod
    def shorten(self, block: bytes) -> bytes:
        """The four bytes that stand for the last block of a CBC-MAC."""


class Sm4Suite(CipherSuite):
    """KT-SECURED and its kin: SM4 in the place of SM1."""

    algorithm = "sm4"
    block_size = 16

    def session_key(self, key: BlockCipher, challenge: bytes) -> bytes:
        return key.encrypt(challenge + b"\x00" * 8)

    def token(self, session: BlockCipher, original: bytes) -> bytes:
        block = session.encrypt(original + b"\x00" * 8)
        return (int.from_bytes(block[:8], "big") ^ int.from_bytes(block[8:], "big")).to_bytes(8, "big")

    def shorten(self, block: bytes) -> bytes:
        word = int.from_bytes
        folded = word(block[:4], "big") ^ word(block[4:8], "big")
        folded ^= word(block[8:12], "big") ^ word(block[12:], "big")
        return folded.to_bytes(MAC_BYTES, "big")


class TripleDesSuite(CipherSuite):
    """KT-3DES: the older cards' two-key triple DES."""

    algorithm = "3des"
    block_size = 8

    def session_key(self, key: BlockCipher, challenge: bytes) -> bytes:
        return self.derive(key, challenge)

    def token(self, session: BlockCipher, original: bytes) -> bytes:
        return session.encrypt(original)

    def shorten(self, block: bytes) -> bytes:
        return block[:MAC_BYTES]


def suite_of(algorithm: str) -> CipherSuite:
    """The suite that a product's simulator table names."""
    return {"sm4": Sm4Suite, "3des": TripleDesSuite}[algorithm]()


def card_keys(suite: CipherSuite, root: bytes, city_code: str, factor: bytes) -> dict[KeyName, bytes]:
    """Every key of the card with this factor: national, then province, then card (item 1)."""
    city = city_factor(city_code)
    top = suite.cipher(root)
    return {name: card_key(suite, top, name, city, factor) for name in KeyName}


def card_key(suite: CipherSuite, root: BlockCipher, name: str, city: bytes, factor: bytes) -> bytes:
    """One key of one card by name."""
    national = suite.cipher(suite.national_key(root, name))
    province = suite.cipher(suite.derive(national, city))
    return suite.derive(province, factor)
