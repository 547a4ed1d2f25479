"""Keys of a store: drawn once, wrapped beside the records, never made anew in silence."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from app.base.ids import RandomSource, SystemRandom
from app.crypto.keys import (
    KEY_FILE,
    FileKeyProvider,
    KeyFileDamaged,
    KeyFileMissing,
    KeyMethodRefused,
    StoreKeys,
    TrainingWrapper,
)
from app.crypto.sealing import gcm_decrypt, gcm_encrypt

STORE = "0192aaaa-0000-7000-8000-000000000001"


class HeldKeyWrapper:
    """A way of a live store, as a keychain would be: the wrapping key lies elsewhere."""

    method = "held"

    def __init__(self, key: bytes) -> None:
        self._key = key

    def accepts(self, realm: str) -> bool:
        return realm == "live"

    def wrap(self, data_key: bytes, context: bytes, random: RandomSource) -> bytes:
        nonce = random.token_bytes(12)
        sealed, tag = gcm_encrypt(self._key, nonce, data_key, context)
        return nonce + tag + sealed

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        return gcm_decrypt(self._key, wrapped[:12], wrapped[28:], wrapped[12:28], context)


def provider(folder: Path) -> FileKeyProvider:
    return FileKeyProvider(folder, [TrainingWrapper()], SystemRandom())


def edit(folder: Path, **changes: Any) -> None:
    path = folder / KEY_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_keys_come_back_as_they_were_drawn(tmp_path: Path) -> None:
    made = provider(tmp_path).create("training", STORE)
    assert provider(tmp_path).realm() == "training"
    assert provider(tmp_path).unwrap() == made


def test_two_stores_share_no_key(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    one, two = (
        provider(tmp_path).create("training", STORE),
        provider(tmp_path / "b").create("training", STORE),
    )
    for name in ("database_key", "header", "index_key", "digest_key", "check"):
        assert getattr(one, name)() != getattr(two, name)()


def test_each_use_and_realm_has_a_key_of_its_own() -> None:
    root = {1: bytes(32)}
    found = {
        key
        for keys in (StoreKeys("training", STORE, root), StoreKeys("live", STORE, root))
        for key in (
            keys.database_key(),
            keys.header(),
            keys.database_key()[:16],
            keys.index_key(),
            keys.digest_key(),
            keys.check(),
        )
    }
    assert len(found) == 12


def test_a_later_data_key_leaves_database_and_index_in_place() -> None:
    old = StoreKeys("training", STORE, {1: bytes(32)})
    new = StoreKeys("training", STORE, {1: bytes(32), 2: b"n" * 32})
    assert (old.database_key(), old.index_key()) == (new.database_key(), new.index_key())
    assert new.sealer(SystemRandom()).key_version == 2
    assert old.check() != new.check()


def test_the_file_holds_no_key_in_the_clear_and_is_the_owners_alone(tmp_path: Path) -> None:
    keys = provider(tmp_path).create("training", STORE)
    raw = (tmp_path / KEY_FILE).read_bytes()
    for secret in (keys.data_keys[1], keys.database_key(), keys.index_key()):
        assert secret not in raw
        assert secret.hex().encode() not in raw
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


def test_keys_do_not_show_themselves() -> None:
    keys = StoreKeys("training", STORE, {1: b"K" * 32})
    assert "KKKK" not in repr(keys)


def test_an_existing_key_file_is_never_written_over(tmp_path: Path) -> None:
    provider(tmp_path).create("training", STORE)
    before = (tmp_path / KEY_FILE).read_bytes()
    with pytest.raises(FileExistsError):
        provider(tmp_path).create("training", STORE)
    assert (tmp_path / KEY_FILE).read_bytes() == before


def test_a_missing_file_is_refused_and_stays_missing(tmp_path: Path) -> None:
    with pytest.raises(KeyFileMissing):
        provider(tmp_path).unwrap()
    assert not provider(tmp_path).exists()


def test_a_live_store_is_never_kept_under_the_published_key(tmp_path: Path) -> None:
    with pytest.raises(KeyMethodRefused):
        provider(tmp_path).create("live", STORE)
    assert not provider(tmp_path).exists()


def test_a_training_file_marked_live_is_refused(tmp_path: Path) -> None:
    provider(tmp_path).create("training", STORE)
    edit(tmp_path, realm="live")
    with pytest.raises(KeyMethodRefused):
        provider(tmp_path).unwrap()


def test_another_way_to_keep_the_key_slots_in(tmp_path: Path) -> None:
    held = FileKeyProvider(tmp_path, [HeldKeyWrapper(b"h" * 16)], SystemRandom())
    made = held.create("live", STORE)
    # A desk that knows more ways than the file has uses the one that fits.
    both = FileKeyProvider(tmp_path, [TrainingWrapper(), HeldKeyWrapper(b"h" * 16)], SystemRandom())
    assert both.unwrap() == made
    with pytest.raises(KeyMethodRefused):
        provider(tmp_path).unwrap()
    with pytest.raises(KeyFileDamaged):
        FileKeyProvider(tmp_path, [HeldKeyWrapper(b"x" * 16)], SystemRandom()).unwrap()


@pytest.mark.parametrize(
    "change",
    [
        {"store": "another"},
        {"check": "00" * 8},
        {"check": "no hex"},
        {"kangka_key": 2},
        {"wraps": []},
        {"wraps": [1]},
        {"wraps": [{"method": "training", "version": 1, "key": "zz"}]},
        {"wraps": [{"method": "training", "version": 1, "key": "00" * 60}]},
        {"wraps": [{"method": "training", "version": "1", "key": "00" * 60}]},
        {"realm": 7},
    ],
)
def test_a_changed_file_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    provider(tmp_path).create("training", STORE)
    edit(tmp_path, **change)
    with pytest.raises(KeyFileDamaged):
        provider(tmp_path).unwrap()


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", "密".encode()])
def test_what_is_no_key_file_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(raw)
    with pytest.raises(KeyFileDamaged):
        provider(tmp_path).realm()


def test_a_key_wrapped_for_another_store_does_not_unwrap() -> None:
    wrapper = TrainingWrapper()
    wrapped = wrapper.wrap(bytes(32), b"one", SystemRandom())
    assert wrapper.unwrap(wrapped, b"one") == bytes(32)
    with pytest.raises(InvalidTag):
        wrapper.unwrap(wrapped, b"two")
