"""A store's keys: random data keys, wrapped in a file beside the records, and what derives from them.

The key file ``kangka.key`` (app.crypto.key_file) holds the data keys once for each way to have them
again (app.crypto.key_ways, app.crypto.recovery). A training store has one way, under a published key; a
live store has the system's keychain, each operator's name and password, and recovery shares.

A key file is made at the store's creation and from then on replaced as a whole, the old one or the new
one whatever is cut. It is never made anew beside existing records: without it they could not be read,
and a fresh key would hide that. A live store always keeps one way that people hold (an operator or the
shares): a keychain goes with its machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from app.base.errors import N_, KangkaError
from app.base.files import replace_file, sync_folder
from app.base.ids import RandomSource
from app.crypto.key_file import (
    CHECK_BYTES,
    DATA_KEY_BYTES,
    KEY_FILE,
    KeyEntry,
    KeyFile,
    KeyFileDamaged,
    KeyFileMissing,
    KeyFileNotWritten,
    StoreName,
    pack_keys,
    unpack_keys,
)
from app.crypto.key_ways import OPERATOR, TRAINING, KeyWrapper, TrainingWrapper, Unwrapped
from app.crypto.recovery import RECOVERY
from app.crypto.sealing import Sealer
from app.crypto.sm3 import derive_key, hmac_sm3, same

__all__ = [
    "DATA_KEY_BYTES",
    "KEY_FILE",
    "FileKeyProvider",
    "KeyFileDamaged",
    "KeyFileMissing",
    "KeyFileNotWritten",
    "KeyMethodRefused",
    "KeyProvider",
    "KeyWrapper",
    "NoWayLeft",
    "Opened",
    "StoreKeys",
    "TrainingWrapper",
]

# Ways that outlive the machine.
_HELD_BY_PEOPLE: Final = frozenset({OPERATOR, RECOVERY})


@dataclass(eq=False)
class KeyMethodRefused(KangkaError):
    """A way to keep the key that is not good enough for the realm, or that this file does not have."""

    realm: str
    method: str

    code = "keys.method-refused"
    cause = N_("The key of a {realm} store can not be kept by the method {method}.")
    meaning = N_("No records were opened and none were made.")
    remedy = N_("Use the training switch for practice; a live store is set up with keys of its own.")


@dataclass(eq=False)
class NoWayLeft(KangkaError):
    """What was asked for would leave nobody who can open the store when this machine is gone."""

    realm: str

    code = "keys.no-way-left"
    cause = N_("This would leave no way to the {realm} records: no operator and no recovery shares.")
    meaning = N_("The ways to open the records are as they were before.")
    remedy = N_("Give another operator a way first, or make recovery shares.")


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

    @property
    def name(self) -> StoreName:
        """Which store these are the keys of."""
        return StoreName(self.realm, self.store_id)

    def _derive(self, label: str, length: int, version: int | None = None) -> bytes:
        root = self.data_keys[min(self.data_keys) if version is None else version]
        return derive_key(root, f"kangka/1/{label}", length, salt=self.name.context())

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
        joined = pack_keys(self.data_keys)
        return hmac_sm3(joined, b"key check\x00" + self.name.context())[:CHECK_BYTES]

    def seal_of(self, file: KeyFile) -> bytes:
        """The 32 bytes by which a key file of this store is known to have been written with its keys."""
        return hmac_sm3(self._derive("key file", 32), file.sealed_part())


@dataclass(frozen=True)
class Opened:
    """A store's keys, and how they were had.

    ``method`` is the way that opened and ``owner`` whose it was (an operator's id, or empty).
    ``outdated`` says that this way should be added anew. ``passed_over`` are the ways that were tried
    before and why they did not open: a keychain that is not there, say.
    """

    keys: StoreKeys
    method: str
    owner: str
    outdated: bool
    passed_over: tuple[KangkaError, ...]


class KeyProvider(Protocol):
    """Where a store's keys come from. No call asks anything of the person at the desk."""

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
    """Keys in ``kangka.key`` in the store's folder.

    ``wrappers`` are the ways that ``create`` makes and ``unwrap`` tries, in their order. ``on_step``
    hears of each step of a rewriting (app.base.files). One caller rewrites at a time: under the store's
    write transaction, or before anybody else has the store.
    """

    def __init__(
        self,
        folder: Path,
        wrappers: Sequence[KeyWrapper],
        random: RandomSource,
        *,
        on_step: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._path = folder / KEY_FILE
        self._wrappers = tuple(wrappers)
        self._random = random
        self._on_step = on_step

    # ---- what is known without a key ----

    def exists(self) -> bool:
        return self._path.exists()

    def realm(self) -> str:
        return self._read().store.realm

    def revision(self) -> int:
        """How often the file was written. One that goes back is a file of yesterday."""
        return self._read().revision

    def entries(self) -> tuple[KeyEntry, ...]:
        """The ways that the file has, in its order."""
        return self._read().entries

    # ---- making and opening ----

    def create(self, realm: str, store_id: str) -> StoreKeys:
        keys = StoreKeys(realm, store_id, {1: self._random.token_bytes(DATA_KEY_BYTES)})
        for wrapper in self._wrappers:
            if not wrapper.accepts(realm):
                raise KeyMethodRefused(realm, wrapper.method)
        _require_way(realm, [wrapper.method for wrapper in self._wrappers])
        entries = tuple(self._entry(keys, wrapper) for wrapper in self._wrappers)
        content = _sealed(keys, KeyFile(keys.name, 1, keys.check(), entries)).to_bytes()
        # Exclusive: a key file that is already there is never written over.
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        sync_folder(self._path.parent)
        return keys

    def unwrap(self) -> StoreKeys:
        return self.open().keys

    def open(self) -> Opened:
        """The keys by the first of the wrappers that opens; else the fault of the last one tried.

        ``KeyMethodRefused`` where the file has none of these ways, ``KeyFileDamaged`` where its parts
        do not agree, before or after it was opened.
        """
        file = self._read()
        methods = {entry.method for entry in file.entries}
        usable = [w for w in self._wrappers if w.method in methods and w.accepts(file.store.realm)]
        if not usable:
            raise KeyMethodRefused(file.store.realm, ", ".join(sorted(methods)))
        passed_over: list[KangkaError] = []
        for wrapper in usable:
            entries = [entry for entry in file.entries if entry.method == wrapper.method]
            try:
                found = wrapper.unwrap(entries, file.store)
            except KeyFileDamaged:
                raise
            except KangkaError as fault:
                passed_over.append(fault)
                continue
            keys = _checked(file, found)
            return Opened(keys, wrapper.method, found.owner, found.outdated, tuple(passed_over))
        raise passed_over[-1]

    # ---- changing the ways ----

    def add(self, keys: StoreKeys, wrapper: KeyWrapper) -> KeyEntry:
        """Durable: one more way, in the place of the same owner's of the same method.

        So a new operator is given a way, a changed password takes the old one's place, and new shares
        make older ones void. ``KeyMethodRefused`` where the realm does not accept it, ``ValueError``
        where another operator has this sign-in name.
        """
        if not wrapper.accepts(keys.realm):
            raise KeyMethodRefused(keys.realm, wrapper.method)
        file = self._owned(keys)
        entry = self._entry(keys, wrapper)
        others = tuple(old for old in file.entries if (old.method, old.owner) != _whose(entry))
        label = entry.facts.get("label")
        if label is not None and any(old.facts.get("label") == label for old in others):
            raise ValueError("another operator's way has this sign-in name")
        self._rewrite(keys, file, (*others, entry))
        return entry

    def remove(self, keys: StoreKeys, method: str, owner: str = "") -> bool:
        """Durable: take a way out; False where there was none. ``NoWayLeft`` where people would have
        none.

        A removed operator who once copied the file can still open the copy by the old password, and
        whatever old records lie beside it.
        """
        file = self._owned(keys)
        left = tuple(entry for entry in file.entries if _whose(entry) != (method, owner))
        if left == file.entries:
            return False
        _require_way(keys.realm, [entry.method for entry in left])
        self._rewrite(keys, file, left)
        return True

    # ---- inside ----

    def _read(self) -> KeyFile:
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            raise KeyFileMissing(KEY_FILE) from None
        return KeyFile.parse(raw)

    def _owned(self, keys: StoreKeys) -> KeyFile:
        """The file as it is now, which must be one that these keys wrote."""
        file = self._read()
        if file.store != keys.name or not same(keys.seal_of(file), file.seal):
            raise KeyFileDamaged(KEY_FILE)
        return file

    def _entry(self, keys: StoreKeys, wrapper: KeyWrapper) -> KeyEntry:
        return wrapper.wrap(pack_keys(keys.data_keys), keys.name, self._random)

    def _rewrite(self, keys: StoreKeys, old: KeyFile, entries: tuple[KeyEntry, ...]) -> None:
        file = _sealed(keys, KeyFile(old.store, old.revision + 1, old.check, entries))
        try:
            replace_file(self._path, file.to_bytes(), self._on_step)
        except OSError:
            raise KeyFileNotWritten(KEY_FILE) from None


_BINARY: Final = getattr(os, "O_BINARY", 0)


def _whose(entry: KeyEntry) -> tuple[str, str]:
    return entry.method, entry.owner


def _sealed(keys: StoreKeys, file: KeyFile) -> KeyFile:
    return replace(file, seal=keys.seal_of(file))


def _require_way(realm: str, methods: Sequence[str]) -> None:
    if not methods or (realm != TRAINING and not _HELD_BY_PEOPLE.intersection(methods)):
        raise NoWayLeft(realm)


def _checked(file: KeyFile, found: Unwrapped) -> StoreKeys:
    """The keys, held against the file's check and its seal."""
    try:
        keys = StoreKeys(file.store.realm, file.store.store_id, unpack_keys(found.secret))
    except ValueError:
        raise KeyFileDamaged(KEY_FILE) from None
    if not same(keys.check(), file.check) or not same(keys.seal_of(file), file.seal):
        raise KeyFileDamaged(KEY_FILE)
    return keys
