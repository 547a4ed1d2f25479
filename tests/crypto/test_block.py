"""SM4 and triple DES against their standards, and CBC against its definition."""

from __future__ import annotations

import pytest
from Crypto.Cipher import DES
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.block import BlockCipher, Sm4Cipher, TripleDesCipher, block_cipher

KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
CIPHERS = [Sm4Cipher(KEY), TripleDesCipher(KEY)]


def test_sm4_gives_the_standards_example() -> None:
    # GB/T 32907-2016, annex A.1
    expected = bytes.fromhex("681EDF34D206965E86B3E94F536E4246")
    assert Sm4Cipher(KEY).encrypt(KEY) == expected
    assert Sm4Cipher(KEY).decrypt(expected) == KEY


def test_triple_des_is_encrypt_decrypt_encrypt() -> None:
    first = DES.new(KEY[:8], DES.MODE_ECB)  # noqa: S304 - what triple DES is made of
    second = DES.new(KEY[8:], DES.MODE_ECB)  # noqa: S304
    block = bytes.fromhex("1122334455667788")
    expected = first.encrypt(second.decrypt(first.encrypt(block)))
    assert TripleDesCipher(KEY).encrypt(block) == expected
    assert TripleDesCipher(KEY).decrypt(expected) == block


@pytest.mark.parametrize("cipher", CIPHERS, ids=["sm4", "3des"])
@given(data=st.data())
def test_ecb_is_block_by_block_and_its_own_inverse(cipher: BlockCipher, data: st.DataObject) -> None:
    size = cipher.block_size
    blocks = data.draw(st.lists(st.binary(min_size=size, max_size=size), min_size=1, max_size=20))
    together = cipher.encrypt(b"".join(blocks))
    assert together == b"".join(cipher.encrypt(block) for block in blocks)
    assert cipher.decrypt(together) == b"".join(blocks)


@pytest.mark.parametrize("cipher", CIPHERS, ids=["sm4", "3des"])
@given(data=st.data())
def test_cbc_chains_short_and_long_messages_alike(cipher: BlockCipher, data: st.DataObject) -> None:
    size = cipher.block_size
    blocks = data.draw(st.lists(st.binary(min_size=size, max_size=size), min_size=1, max_size=20))
    state = iv = data.draw(st.binary(min_size=size, max_size=size))
    for block in blocks:
        state = cipher.encrypt(bytes(a ^ b for a, b in zip(state, block, strict=True)))
    assert cipher.cbc_last(b"".join(blocks), iv) == state


@pytest.mark.parametrize("cipher", CIPHERS, ids=["sm4", "3des"])
@pytest.mark.parametrize("length", [0, 1, 7, 9, 17, 31])
def test_data_is_whole_blocks(cipher: BlockCipher, length: int) -> None:
    for use in (cipher.encrypt, cipher.decrypt, lambda d: cipher.cbc_last(d, bytes(cipher.block_size))):
        with pytest.raises(ValueError, match="whole blocks"):
            use(bytes(length))


def test_keys_have_sixteen_bytes_and_do_not_degenerate() -> None:
    with pytest.raises(ValueError):
        Sm4Cipher(KEY[:8])
    with pytest.raises(ValueError, match="16 bytes"):
        TripleDesCipher(KEY + KEY[:8])
    with pytest.raises(ValueError):
        TripleDesCipher(KEY[:8] * 2)


def test_products_name_their_cipher() -> None:
    assert block_cipher("sm4", KEY).block_size == 16
    assert block_cipher("3des", KEY).block_size == 8
    with pytest.raises(KeyError):
        block_cipher("sm1", KEY)
