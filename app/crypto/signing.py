"""SM2 signatures, by which heads of the audit and bundles are known for one desk's.

A signature is r and s, 32 bytes each, as GM/T 0009 counts them; a public key is the point's 65 bytes,
uncompressed. What is signed is SM3 over Z (the signer's id, the curve and the public key) and the
message, so a signature fits one key.

GmSSL draws key and nonce from the system by itself: a signature can not be repeated, seed or no seed.
It is given only keys and numbers that this module has looked at, since it remarks upon others on
standard error.

Sources: GB/T 32918.2-2016 (signature), GB/T 32918.5-2017 (the curve), GM/T 0009-2012 (id and forms).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import gmssl_pyx as gmssl  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from app.base.threads import assert_off_window_thread

# GM/T 0009-2012, 10: the id of a signer for whom none was agreed.
DEFAULT_ID: Final = b"1234567812345678"
SIGNATURE_BYTES: Final = 64
PUBLIC_BYTES: Final = 65
PRIVATE_BYTES: Final = 32
_UNCOMPRESSED: Final = b"\x04"
# GB/T 32918.5-2017, 2: the prime, b, and the order of the base point; a is p - 3.
_P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


@dataclass(frozen=True)
class SigningKey:
    """A private key and its public one. ``repr`` shows the public key alone."""

    public: bytes
    _private: bytes = field(repr=False)

    @classmethod
    def generate(cls) -> SigningKey:
        """A new key, drawn by GmSSL from the operating system's generator."""
        public, private = gmssl.sm2_key_generate()
        return cls(_UNCOMPRESSED + public, private)

    @classmethod
    def from_bytes(cls, raw: bytes) -> SigningKey:
        """The key that ``to_bytes`` gave; ``ValueError`` where its halves do not belong together."""
        private, public = raw[:PRIVATE_BYTES], raw[PRIVATE_BYTES:]
        # GB/T 32918.1-2016, 6.1: a private key is from 1 to n - 2.
        if not 1 <= int.from_bytes(private, "big") <= _N - 2 or not is_public_key(public):
            raise ValueError("this is no SM2 key")
        key = cls(public, private)
        if not verify(public, b"", key.sign(b"")):
            raise ValueError("the halves of this SM2 key do not belong together")
        return key

    def to_bytes(self) -> bytes:
        """Private key (32 bytes) and public key (65): to be sealed before it is kept."""
        return self._private + self.public

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes r and s over ``message`` of any length, the empty one too."""
        assert_off_window_thread("SM2")
        der = gmssl.sm2_sign(self._private, self.public[1:], message, DEFAULT_ID)
        r, s = decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` (64 bytes) is over ``message`` by the holder of ``public`` (65 bytes).

    What is no public key and no signature at all was made by nobody, so it is false as well.
    """
    assert_off_window_thread("SM2")
    if len(signature) != SIGNATURE_BYTES or not is_public_key(public):
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    # GB/T 32918.2-2016, 7.1 B1, B2 and B5: both from 1 to n - 1, and their sum is not 0 modulo n.
    if not (1 <= r < _N and 1 <= s < _N and (r + s) % _N):
        return False
    return bool(gmssl.sm2_verify(public[1:], message, encode_dss_signature(r, s), DEFAULT_ID))


def is_public_key(public: bytes) -> bool:
    """Whether ``public`` is 65 bytes that name a point of the curve."""
    if len(public) != PUBLIC_BYTES or public[:1] != _UNCOMPRESSED:
        return False
    x, y = int.from_bytes(public[1:33], "big"), int.from_bytes(public[33:], "big")
    return x < _P and y < _P and (y * y - (x * x * x - 3 * x + _B)) % _P == 0
