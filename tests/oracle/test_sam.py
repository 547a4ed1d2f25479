"""The SAM in software: kinds, slots, and the figures of training-product.md's Vectors through it."""

from __future__ import annotations

import pytest

from tests.oracle.cipher import OracleError
from tests.oracle.sam import AUTHENTICATIONS, SLOTS, SoftwareSam, keys_of_kind
from tests.oracle.test_cipher import CHALLENGE, CITY, FACTOR, ORIGINAL, ROOT


def test_the_kinds() -> None:
    assert [len(keys_of_kind(kind)) for kind in (1, 2, 3, 4, 5)] == [5, 11, 10, 10, 21]
    assert keys_of_kind(2) - keys_of_kind(3) == {"UK2DF02"}
    assert keys_of_kind(1) & keys_of_kind(4) == {"IRKDDF1"}
    for kind in (0, 6):
        with pytest.raises(OracleError, match="no SAM kind"):
            keys_of_kind(kind)


def test_every_key_that_authenticates_has_a_slot_and_no_two_share_one() -> None:
    assert set(AUTHENTICATIONS) < set(SLOTS)
    assert len({slot & 0xFF for slot in SLOTS.values()}) == len(SLOTS)


def test_the_vectors_through_the_sam() -> None:
    sam = SoftwareSam(ROOT, CITY)
    assert sam.token("UK1DDF1", FACTOR, CHALLENGE, ORIGINAL).hex().upper() == "E870DA5A207C93F7"
    assert sam.mac("STKDF03", FACTOR, CHALLENGE, bytes.fromhex("84D2010404")).hex() == "e2364f0b"
    secured = sam.secured(
        "STKDDF1", FACTOR, CHALLENGE, bytes.fromhex("04DC0104"), bytes.fromhex("070420361231")
    )
    assert secured[-4:].hex() == "c3612f65"


def test_a_lesser_sam_refuses() -> None:
    with pytest.raises(OracleError, match="STKDDF1 is not in a SAM of kind 1"):
        SoftwareSam(ROOT, CITY, kind=1).session("STKDDF1", FACTOR, CHALLENGE)


def test_the_key_check_is_of_the_slots_own_level() -> None:
    one, other = SoftwareSam(ROOT, "410100"), SoftwareSam(ROOT, "110000")
    assert one.key_check("IRKDDF1") == other.key_check("IRKDDF1")
    assert one.key_check("UK1DDF1") != other.key_check("UK1DDF1")
    assert one.key_check() != SoftwareSam(bytes(16), CITY).key_check()
