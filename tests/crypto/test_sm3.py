"""SM3 and what is built on it, against the standard's vectors and a second library."""

from __future__ import annotations

import gmalg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.sm3 import derive_key, framed, hmac_sm3, same, sm3

BLOCK_BYTES = 64


def other_sm3(data: bytes) -> bytes:
    digest = gmalg.SM3()
    digest.update(data)
    return digest.value()


def other_hmac(key: bytes, data: bytes) -> bytes:
    """RFC 2104 written out over the second library's digest."""
    key = other_sm3(key) if len(key) > BLOCK_BYTES else key
    key = key.ljust(BLOCK_BYTES, b"\0")
    inner = other_sm3(bytes(b ^ 0x36 for b in key) + data)
    return other_sm3(bytes(b ^ 0x5C for b in key) + inner)


# GB/T 32905-2016, annex A.
@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_digest_of_the_standards_examples(data: bytes, digest: str) -> None:
    assert sm3(data).hex() == digest


@given(st.binary(max_size=200), st.binary(min_size=1, max_size=150))
def test_digest_and_hmac_agree_with_a_second_library(data: bytes, key: bytes) -> None:
    assert sm3(data) == other_sm3(data)
    assert hmac_sm3(key, data) == other_hmac(key, data)


@given(st.binary(min_size=16, max_size=64), st.text(max_size=20), st.binary(max_size=40))
def test_derivation_is_hkdf_by_the_letter(root: bytes, label: str, salt: bytes) -> None:
    # RFC 5869: an absent salt is a digest's length of zeros.
    pseudo_random = other_hmac(salt or b"\0" * 32, root)
    first = other_hmac(pseudo_random, label.encode() + b"\x01")
    second = other_hmac(pseudo_random, first + label.encode() + b"\x02")
    assert derive_key(root, label, 48, salt=salt) == (first + second)[:48]


def test_frames_keep_borders_apart() -> None:
    assert framed(b"ab", b"c") != framed(b"a", b"bc")
    assert framed() == b""


def test_same_tells_equal_from_unequal() -> None:
    assert same(b"abc", b"abc")
    assert not same(b"abc", b"abd")
