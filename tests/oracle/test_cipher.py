"""The oracle's ciphers against the standard and every figure of training-product.md's Vectors."""

from __future__ import annotations

import pytest
from Crypto.Cipher import DES3

from tests.oracle.cipher import Sm4, TripleDes, city_factor

ROOT = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
CITY = "410100"
FACTOR = bytes.fromhex("0102030405060708")
CHALLENGE = bytes.fromhex("A1A2A3A4A5A6A7A8")
ORIGINAL = bytes.fromhex("1122334455667788")


def session(name: str) -> bytes:
    """The session key of the Vectors section for a named key."""
    suite = Sm4()
    return suite.session(suite.card_key(ROOT, name, CITY, FACTOR), CHALLENGE)


def test_sm4_is_the_standards() -> None:
    # GB/T 32907-2016, annex A, example 1
    key = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
    assert Sm4().encrypt(key, key) == bytes.fromhex("681EDF34D206965E86B3E94F536E4246")


def test_the_city_factor() -> None:
    assert city_factor(CITY) == b"41000000"


def test_the_card_key_and_token_of_the_update_key() -> None:
    assert Sm4().card_key(ROOT, "UK1DDF1", CITY, FACTOR) == bytes.fromhex(
        "50CB0F5FF17788756B5D349D60091DC9"
    )
    assert Sm4().token(session("UK1DDF1"), ORIGINAL) == bytes.fromhex("E870DA5A207C93F7")


def test_the_token_of_internal_authentication() -> None:
    assert Sm4().token(session("IRKDDF1"), ORIGINAL) == bytes.fromhex("959223CBDADE3C2F")


def test_the_secured_record() -> None:
    command = Sm4().secured(session("STKDDF1"), bytes.fromhex("04DC0104"), bytes.fromhex("070420361231"))
    assert command == bytes.fromhex("04DC01041474E8498BE106F956D68FA2FA8B7DDD86C3612F65")


def test_the_mac_of_an_index_record() -> None:
    assert Sm4().mac(session("STKDF03"), bytes.fromhex("84D2010404")) == bytes.fromhex("E2364F0B")


def test_padding() -> None:
    suite = Sm4()
    assert suite.pad_always(bytes(16)) == bytes(16) + b"\x80" + bytes(15)
    assert suite.pad_if_needed(bytes(16)) == bytes(16)
    assert suite.pad_if_needed(bytes(15)) == bytes(15) + b"\x80"


def test_triple_des_against_single_calls() -> None:
    suite = TripleDes()

    def one(key: bytes, data: bytes) -> bytes:
        return DES3.new(key, DES3.MODE_ECB).encrypt(data)

    card_key = suite.card_key(ROOT, "UK1DDF1", CITY, FACTOR)
    name = b"UK1DDF1\0"
    expected = ROOT
    for factor in (name, b"41000000", FACTOR):
        inverse = bytes(255 - octet for octet in factor)
        expected = one(expected, factor) + one(expected, inverse)
    assert card_key == expected
    key = suite.session(card_key, CHALLENGE)
    assert key == one(card_key, CHALLENGE) + one(card_key, bytes(255 - octet for octet in CHALLENGE))
    assert suite.token(key, ORIGINAL) == one(key, ORIGINAL)
    chained = DES3.new(key, DES3.MODE_CBC, iv=bytes(8)).encrypt(b"\x84\xd2\x01\x04\x04\x80\0\0")
    assert suite.mac(key, bytes.fromhex("84D2010404")) == chained[-8:-4]


@pytest.mark.parametrize("suite", [Sm4(), TripleDes()])
def test_control_a_wrong_key_or_a_flipped_byte_shows(suite: Sm4 | TripleDes) -> None:
    right = suite.session(suite.card_key(ROOT, "STKDDF1", CITY, FACTOR), CHALLENGE)
    wrong = suite.session(suite.card_key(ROOT, "STKDF01", CITY, FACTOR), CHALLENGE)
    header, data = bytes.fromhex("04DC0104"), bytes.fromhex("070420361231")
    assert suite.secured(right, header, data) != suite.secured(wrong, header, data)
    assert suite.mac(right, header) != suite.mac(right, bytes.fromhex("04DC0204"))
