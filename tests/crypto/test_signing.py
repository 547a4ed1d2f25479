"""SM2 signatures: the standard's example, two other implementations, and everything that is none."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import gmalg
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.threads import WINDOW_THREAD
from app.crypto.signing import (
    DEFAULT_ID,
    PUBLIC_BYTES,
    SIGNATURE_BYTES,
    SigningKey,
    is_public_key,
    verify,
)
from tests.helpers.parts import require_program

# GB/T 32918.5-2017, A.2: private key, public key and signature over "message digest".
PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = bytes.fromhex(
    "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
MESSAGE = b"message digest"
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
# RFC 5480 with GM/T 0009's object: what leads the 65 bytes of an SM2 key in a SubjectPublicKeyInfo.
SPKI_HEAD = bytes.fromhex("3059301306072A8648CE3D020106082A811CCF5501822D034200")


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return SigningKey.generate()


def test_the_standards_example_verifies() -> None:
    assert verify(PUBLIC, MESSAGE, SIGNATURE)
    assert SigningKey.from_bytes(PRIVATE + PUBLIC).public == PUBLIC


@settings(max_examples=25, deadline=None)
@given(message=st.binary(max_size=300))
def test_what_was_signed_verifies_and_nothing_else_does(message: bytes) -> None:
    key = SigningKey.from_bytes(PRIVATE + PUBLIC)
    signature = key.sign(message)
    assert len(signature) == SIGNATURE_BYTES
    assert verify(key.public, message, signature)
    assert not verify(key.public, message + b"\x00", signature)


def test_every_changed_byte_is_noticed(key: SigningKey) -> None:
    signature = key.sign(MESSAGE)
    for at in range(SIGNATURE_BYTES):
        for flip in (0x01, 0x80, 0xFF):
            changed = bytearray(signature)
            changed[at] ^= flip
            assert not verify(key.public, MESSAGE, bytes(changed)), at
    for at in range(PUBLIC_BYTES):
        other = bytearray(key.public)
        other[at] ^= 1
        assert not is_public_key(bytes(other))
        assert not verify(bytes(other), MESSAGE, signature), at


def test_a_signature_is_one_keys_alone(key: SigningKey) -> None:
    assert not verify(SigningKey.generate().public, MESSAGE, key.sign(MESSAGE))


def test_two_signatures_over_the_same_are_two(key: SigningKey) -> None:
    assert key.sign(MESSAGE) != key.sign(MESSAGE)


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        SIGNATURE[:-1],
        SIGNATURE + b"\x00",
        bytes(64),
        bytes(32) + SIGNATURE[32:],
        SIGNATURE[:32] + bytes(32),
        ORDER.to_bytes(32, "big") + SIGNATURE[32:],
        SIGNATURE[:32] + ORDER.to_bytes(32, "big"),
        b"\xff" * 64,
        # r + s = n: the t of GB/T 32918.2, 7.1 B5 is nought.
        (1).to_bytes(32, "big") + (ORDER - 1).to_bytes(32, "big"),
    ],
)
def test_what_is_no_signature_is_made_by_nobody_and_prints_nothing(
    signature: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not verify(PUBLIC, MESSAGE, signature)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "public", [b"", PUBLIC[1:], b"\x02" + PUBLIC[1:33], bytes(65), b"\x04" + bytes(64)]
)
def test_what_is_no_key_verifies_nothing_and_prints_nothing(
    public: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not verify(public, MESSAGE, SIGNATURE)
    assert capfd.readouterr() == ("", "")


def test_a_key_comes_back_as_it_was_kept(key: SigningKey) -> None:
    back = SigningKey.from_bytes(key.to_bytes())
    assert back == key
    assert verify(key.public, MESSAGE, back.sign(MESSAGE))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        PRIVATE,
        bytes(32) + PUBLIC,
        (ORDER - 1).to_bytes(32, "big") + PUBLIC,
        b"\xff" * 32 + PUBLIC,
        PRIVATE + PUBLIC[:-1] + b"\x00",
        bytes(31) + b"\x02" + PUBLIC,  # a key, and another's public one
    ],
)
def test_what_is_no_kept_key_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="SM2 key"):
        SigningKey.from_bytes(raw)


def test_a_key_shows_its_public_half_alone(key: SigningKey) -> None:
    private = key.to_bytes()[:32]
    assert private.hex() not in repr(key)
    assert repr(private)[2:-1] not in repr(key)


def test_a_second_implementation_agrees_both_ways(key: SigningKey) -> None:
    other = gmalg.SM2(sk=key.to_bytes()[:32], uid=DEFAULT_ID, pk=key.public)
    assert other.generate_pk(key.to_bytes()[:32]) == key.public
    signature = key.sign(MESSAGE)
    assert other.verify(MESSAGE, signature[:32], signature[32:])
    assert verify(key.public, MESSAGE, b"".join(other.sign(MESSAGE)))
    # Signed under another id by the same key: another Z, so none of ours.
    strange = gmalg.SM2(sk=key.to_bytes()[:32], uid=b"ALICE123@YAHOO.COM", pk=key.public)
    assert not verify(key.public, MESSAGE, b"".join(strange.sign(MESSAGE)))


def openssl(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.part("openssl")
def test_openssl_agrees_both_ways(tmp_path: Path, key: SigningKey) -> None:
    require_program("openssl", "openssl")
    rules = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{DEFAULT_ID.decode()}")
    (tmp_path / "message").write_bytes(MESSAGE)
    (tmp_path / "public.der").write_bytes(SPKI_HEAD + key.public)
    judge = ("pkeyutl", "-verify", "-pubin", "-inkey", "public.der", "-keyform", "DER", *rules)
    judge += ("-in", "message", "-sigfile", "ours.der")
    signature = bytearray(key.sign(MESSAGE))
    for expected in (True, False):
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        (tmp_path / "ours.der").write_bytes(encode_dss_signature(r, s))
        assert (openssl(*judge, cwd=tmp_path).returncode == 0) is expected
        signature[40] ^= 1  # the control: what was changed is refused there too

    made = openssl("genpkey", "-algorithm", "SM2", "-out", "theirs.pem", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    shown = openssl(
        "pkey", "-in", "theirs.pem", "-pubout", "-outform", "DER", "-out", "theirs.der", cwd=tmp_path
    )
    assert shown.returncode == 0, shown.stderr
    public = (tmp_path / "theirs.der").read_bytes()[-PUBLIC_BYTES:]
    signed = openssl(
        "pkeyutl",
        "-sign",
        "-inkey",
        "theirs.pem",
        *rules,
        "-in",
        "message",
        "-out",
        "t.sig",
        cwd=tmp_path,
    )
    assert signed.returncode == 0, signed.stderr
    numbers = decode_dss_signature((tmp_path / "t.sig").read_bytes())
    theirs = b"".join(number.to_bytes(32, "big") for number in numbers)
    assert verify(public, MESSAGE, theirs)
    assert not verify(public, MESSAGE + b".", theirs)


def test_nothing_of_it_runs_on_the_windows_thread(key: SigningKey) -> None:
    refused = []

    def window() -> None:
        for act in (lambda: key.sign(MESSAGE), lambda: verify(PUBLIC, MESSAGE, SIGNATURE)):
            try:
                act()
            except RuntimeError as fault:
                refused.append(fault)

    thread = threading.Thread(target=window, name=WINDOW_THREAD)
    thread.start()
    thread.join()
    assert len(refused) == 2
