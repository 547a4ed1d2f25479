"""Sealed values open in their own place only."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.ids import SystemRandom
from app.crypto.sealing import (
    OVERHEAD_BYTES,
    Place,
    SealBroken,
    Sealer,
    SealKeyUnknown,
    gcm_decrypt,
    gcm_encrypt,
)

PLACE = Place("application_version", "sealed", "0192/1")
KEY = bytes(range(16))
sealer = Sealer({1: KEY}, SystemRandom())


def test_gcm_of_the_published_example() -> None:
    # RFC 8998, A.1.
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    nonce = bytes.fromhex("00001234567800000000ABCD")
    associated = bytes.fromhex("FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2")
    value = b"".join(bytes([b]) * 8 for b in (0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0xEE, 0xAA))
    sealed, tag = gcm_encrypt(key, nonce, value, associated)
    assert sealed.hex().upper() == (
        "17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735"
        "D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D"
    )
    assert tag.hex().upper() == "83DE3541E4C2B58177E065A9BF7B62EC"
    assert gcm_decrypt(key, nonce, sealed, tag, associated) == value


@given(st.binary(max_size=300))
def test_what_is_sealed_opens_again(value: bytes) -> None:
    blob = sealer.seal(PLACE, value)
    assert len(blob) == len(value) + OVERHEAD_BYTES
    assert sealer.open(PLACE, blob) == value


def test_equal_values_look_different() -> None:
    assert sealer.seal(PLACE, b"same") != sealer.seal(PLACE, b"same")


def test_every_changed_bit_is_noticed() -> None:
    blob = sealer.seal(PLACE, "测试甲".encode())
    for at in range(len(blob)):
        for bit in range(8):
            changed = bytearray(blob)
            changed[at] ^= 1 << bit
            with pytest.raises((SealBroken, SealKeyUnknown)):
                sealer.open(PLACE, bytes(changed))


@pytest.mark.parametrize("length", [0, 1, 30, OVERHEAD_BYTES - 1])
def test_a_cut_blob_is_refused(length: int) -> None:
    with pytest.raises(SealBroken) as caught:
        sealer.open(PLACE, sealer.seal(PLACE, b"")[:length])
    assert caught.value.params() == {"table": "application_version", "column": "sealed"}


@pytest.mark.parametrize("part", ["table", "column", "row"])
def test_a_blob_moved_elsewhere_is_refused(part: str) -> None:
    blob = sealer.seal(PLACE, b"value")
    with pytest.raises(SealBroken):
        sealer.open(dataclasses.replace(PLACE, **{part: "other"}), blob)


def test_places_do_not_run_into_each_other() -> None:
    assert Place("ab", "c", "d").associated(1) != Place("a", "bc", "d").associated(1)


def test_a_new_key_version_leaves_old_values_readable() -> None:
    old = sealer.seal(PLACE, b"old")
    rotated = Sealer({1: KEY, 2: b"n" * 16}, SystemRandom())
    new = rotated.seal(PLACE, b"new")
    assert (old[1:3], new[1:3]) == (b"\x00\x01", b"\x00\x02")
    assert rotated.open(PLACE, old) == b"old"
    assert rotated.open(PLACE, new) == b"new"
    with pytest.raises(SealKeyUnknown) as caught:
        sealer.open(PLACE, new)
    assert caught.value.version == 2


@pytest.mark.parametrize("keys", [{}, {1: b"short"}, {1: b"x" * 32}])
def test_other_keys_than_sm4s_are_a_bug(keys: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="SM4"):
        Sealer(keys, SystemRandom())


def test_a_sealer_does_not_show_its_key() -> None:
    assert KEY.hex() not in repr(sealer)
