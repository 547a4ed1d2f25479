"""A store's keys: one random data key, wrapped in a file beside the records, and what derives from it.

The key file ``kangka.key`` is JSON without secrets in the clear: which store and realm it belongs to,
a key check, and the data key once for each way to unwrap it (``wraps``). A training store has one way,
under a key that is published in this file; the ways of a live store (the system's keychain, each
operator, recovery shares) are further ``KeyWrapper`` classes and further entries of the same list.

A key file is written once, at the store's creation. It is never made anew beside existing records:
without it they could not be read, and a fresh key would hide that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidTag

from app.base.errors import N_, KangkaError
from app.base.ids import RandomSource
from app.crypto.sealing import NONCE_BYTES, TAG_BYTES, Sealer, gcm_decrypt, gcm_encrypt
from app.crypto.sm3 import derive_key, hmac_sm3, same, sm3

KEY_FILE: Final = "kangka.key"
DATA_KEY_BYTES: Final = 32
_CHECK_BYTES: Final = 8
_FORMAT: Final = 1
TRAINING: Final = "training"


@dataclass(eq=False)
class KeyFileMissing(KangkaError):
    """Records lie in the folder and their key file does not."""

    file: str

    code = "keys.file-missing"
    cause = N_("The key file {file} is missing beside the records.")
    meaning = N_(
        "The records can not be opened without it; nothing has been changed and no new key was made."
    )
    remedy = N_("Put the key file back from the backup that belongs to these records.")


@dataclass(eq=False)
class KeyFileDamaged(KangkaError):
    """The key file is no key file of ours, or its parts do not agree."""

    file: str

    code = "keys.file-damaged"
    cause = N_("The key file {file} can not be read or its parts do not agree.")
    meaning = N_("The records can not be opened with it; nothing has been changed.")
    remedy = N_("Put the key file back from the backup that belongs to these records.")


@dataclass(eq=False)
class KeyMethodRefused(KangkaError):
    """A way to keep the key that is not good enough for the realm, or that this file does not have."""

    realm: str
    method: str

    code = "keys.method-refused"
    cause = N_("The key of a {realm} store can not be kept by the method {method}.")
    meaning = N_("No records were opened and none were made.")
    remedy = N_("Use the training switch for practice; a live store is set up with keys of its own.")


class KeyWrapper(Protocol):
    """One way to keep a data key: it wraps and unwraps, and says for which realms it is good."""

    @property
    def method(self) -> str:
        """The name of this way in the key file."""
        ...

    def accepts(self, realm: str) -> bool:
        """Whether a store of ``realm`` may be kept this way."""
        ...

    def wrap(self, data_key: bytes, context: bytes, random: RandomSource) -> bytes:
        """The wrapped key; ``context`` (store and realm) must be given again to unwrap it."""
        ...

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The data key; ``InvalidTag`` where ``wrapped`` or ``context`` is not as it was."""
        ...


class TrainingWrapper:
    """The wrap of training stores: under a published key, so it protects nothing and hides nothing.

    It exists so that a training store is opened by the same steps as a live one. A live store never
    accepts it.
    """

    method: Final = TRAINING
    # Published on purpose; made-up people are all that stands behind it.
    _key: Final = sm3(b"kangka training store: this key is public")[:16]

    def accepts(self, realm: str) -> bool:
        return realm == TRAINING

    def wrap(self, data_key: bytes, context: bytes, random: RandomSource) -> bytes:
        nonce = random.token_bytes(NONCE_BYTES)
        sealed, tag = gcm_encrypt(self._key, nonce, data_key, context)
        return nonce + sealed + tag

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        nonce, sealed, tag = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:-TAG_BYTES], wrapped[-TAG_BYTES:]
        return gcm_decrypt(self._key, nonce, sealed, tag, context)


@dataclass(frozen=True)
class StoreKeys:
    """The keys of one opened store. ``realm`` and ``store_id`` are public, the data keys are not.

    ``data_keys`` holds the data key by version. The first one gives the database, index and digest
    keys, so that a later version seals new values and leaves the rest readable; giving the database a
    new key is an act of its own.
    """

    realm: str
    store_id: str
    data_keys: dict[int, bytes] = field(repr=False)

    def _derive(self, label: str, length: int, version: int | None = None) -> bytes:
        root = self.data_keys[min(self.data_keys) if version is None else version]
        return derive_key(root, f"kangka/1/{label}", length, salt=_context(self.realm, self.store_id))

    def database_key(self) -> bytes:
        """The raw key of the database file, 32 bytes."""
        return self._derive("database", 32)

    def header(self) -> bytes:
        """The 16 clear bytes that lead the database file: its salt, and a check of key and realm."""
        return self._derive("header", 16)

    def index_key(self) -> bytes:
        """The key of blind indexes and search tokens, 32 bytes."""
        return self._derive("index", 32)

    def digest_key(self) -> bytes:
        """The key of digests that name a person's content without holding it, 32 bytes."""
        return self._derive("digest", 32)

    def sealer(self, random: RandomSource) -> Sealer:
        """What seals and opens the personal fields of this store."""
        return Sealer({v: self._derive("sealing", 16, v) for v in self.data_keys}, random)

    def check(self) -> bytes:
        """Eight bytes that tell whether the right keys were unwrapped, and nothing about them."""
        joined = b"".join(v.to_bytes(2, "big") + key for v, key in sorted(self.data_keys.items()))
        return hmac_sm3(joined, b"key check\x00" + _context(self.realm, self.store_id))[:_CHECK_BYTES]


class KeyProvider(Protocol):
    """Where a store's keys come from. Neither call asks anything of the person at the desk."""

    def exists(self) -> bool:
        """Whether keys were made here before."""
        ...

    def realm(self) -> str:
        """The realm that the keys were made for, known without unwrapping them."""
        ...

    def create(self, realm: str, store_id: str) -> StoreKeys:
        """Durable: draw a data key and keep it wrapped. Never over existing keys."""
        ...

    def unwrap(self) -> StoreKeys:
        """The store's keys, checked against the key check; a known error where they can not be had."""
        ...


class FileKeyProvider:
    """Keys in ``kangka.key`` in the store's folder, wrapped by every one of ``wrappers``."""

    def __init__(self, folder: Path, wrappers: Sequence[KeyWrapper], random: RandomSource) -> None:
        self._path = folder / KEY_FILE
        self._wrappers = tuple(wrappers)
        self._random = random

    def exists(self) -> bool:
        return self._path.exists()

    def realm(self) -> str:
        return str(self._read()["realm"])

    def create(self, realm: str, store_id: str) -> StoreKeys:
        keys = StoreKeys(realm, store_id, {1: self._random.token_bytes(DATA_KEY_BYTES)})
        for wrapper in self._wrappers:
            if not wrapper.accepts(realm):
                raise KeyMethodRefused(realm, wrapper.method)
        wraps = [
            {
                "method": wrapper.method,
                "version": version,
                "key": wrapper.wrap(key, _wrap_context(keys, version), self._random).hex(),
            }
            for wrapper in self._wrappers
            for version, key in keys.data_keys.items()
        ]
        text = json.dumps(
            {
                "kangka_key": _FORMAT,
                "realm": realm,
                "store": store_id,
                "check": keys.check().hex(),
                "wraps": wraps,
            },
            indent=1,
        )
        # Exclusive: a key file that is already there is never written over.
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii", newline="\n") as stream:
            stream.write(text + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        return keys

    def unwrap(self) -> StoreKeys:
        header = self._read()
        realm, store_id = str(header["realm"]), str(header["store"])
        methods = {entry["method"] for entry in header["wraps"]}
        usable = [w for w in self._wrappers if w.method in methods and w.accepts(realm)]
        if not usable:
            raise KeyMethodRefused(realm, ", ".join(sorted(methods)))
        data_keys: dict[int, bytes] = {}
        bare = StoreKeys(realm, store_id, {})
        try:
            for entry in header["wraps"]:
                if entry["method"] == usable[0].method:
                    version = int(entry["version"])
                    wrapped = bytes.fromhex(entry["key"])
                    data_keys[version] = usable[0].unwrap(wrapped, _wrap_context(bare, version))
        except (InvalidTag, ValueError):
            raise KeyFileDamaged(KEY_FILE) from None
        keys = StoreKeys(realm, store_id, data_keys)
        if not same(keys.check(), bytes.fromhex(header["check"])):
            raise KeyFileDamaged(KEY_FILE)
        return keys

    def _read(self) -> dict[str, Any]:
        try:
            header = json.loads(self._path.read_text(encoding="ascii"))
        except FileNotFoundError:
            raise KeyFileMissing(KEY_FILE) from None
        except (UnicodeDecodeError, json.JSONDecodeError):
            raise KeyFileDamaged(KEY_FILE) from None
        if not _is_header(header):
            raise KeyFileDamaged(KEY_FILE)
        found: dict[str, Any] = header
        return found


def _context(realm: str, store_id: str) -> bytes:
    return f"{realm}\x00{store_id}".encode()


def _wrap_context(keys: StoreKeys, version: int) -> bytes:
    return b"kangka data key\x00" + version.to_bytes(2, "big") + _context(keys.realm, keys.store_id)


def _is_header(header: object) -> bool:
    """Whether parsed JSON has every part of a key file, in the form this program writes."""
    if not isinstance(header, dict) or header.get("kangka_key") != _FORMAT:
        return False
    texts = all(isinstance(header.get(name), str) for name in ("realm", "store", "check"))
    wraps = header.get("wraps")
    if not texts or not isinstance(wraps, list) or not wraps:
        return False
    try:
        bytes.fromhex(header["check"])
    except ValueError:
        return False
    return all(
        isinstance(entry, dict)
        and isinstance(entry.get("method"), str)
        and isinstance(entry.get("key"), str)
        and isinstance(entry.get("version"), int)
        for entry in wraps
    )
