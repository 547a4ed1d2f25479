"""The key file ``kangka.key``: which store it belongs to, and each way to its data keys.

One JSON object in one exact form. Three checks stand over it, each for its own case. ``digest`` is SM3
over everything else and needs no key: a byte that a disk changed is known for damage, not for a wrong
password. ``seal`` is an HMAC under the data keys: an entry that somebody added, removed or put back
from an older file is known once the keys are open. Each entry's own tag covers the store, the realm and
its own facts. A whole file of yesterday passes all three: ``revision`` is there for the store to
remember.

What it tells a reader who has no key: realm, store id, revision, and of each way its method, and of an
operator's an opaque id, a label of the sign-in name (app.crypto.key_ways) and the cost of a guess.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.base.errors import N_, KangkaError
from app.base.ids import RandomSource
from app.crypto.sealing import NONCE_BYTES, TAG_BYTES, gcm_decrypt, gcm_encrypt
from app.crypto.sm3 import derive_key, framed, sm3

KEY_FILE: Final = "kangka.key"
DATA_KEY_BYTES: Final = 32
CHECK_BYTES: Final = 8
_SEAL_BYTES: Final = 32
_FORMAT: Final = 2
_VERSION_BYTES: Final = 2


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
class KeyFileNotWritten(KangkaError):
    """The system refused to replace the key file; the old one stands."""

    file: str

    code = "keys.file-not-written"
    cause = N_("The key file {file} could not be written.")
    meaning = N_("The ways to open the records are as they were before.")
    remedy = N_("Make room on the disk and check the folder's permissions, then do it again.")


@dataclass(frozen=True)
class StoreName:
    """Which store a key belongs to. Both parts are public."""

    realm: str
    store_id: str

    def context(self) -> bytes:
        """The salt of everything derived for this store."""
        return f"{self.realm}\x00{self.store_id}".encode()


@dataclass(frozen=True)
class KeyEntry:
    """One way to the data keys as it stands in the file: nothing in it is secret without its key.

    ``owner`` is the opaque id of whose way it is, or empty. ``facts`` are texts and whole numbers that
    the way needs to be gone: salt, cost, label, set.
    """

    method: str
    owner: str
    facts: Mapping[str, str | int]
    wrapped: bytes = field(repr=False, default=b"")

    def sealed(self, store: StoreName, key: bytes, secret: bytes, random: RandomSource) -> KeyEntry:
        """This entry with ``secret`` in it, for whoever has ``key`` (any 16 bytes or more)."""
        nonce = random.token_bytes(NONCE_BYTES)
        sealed, tag = gcm_encrypt(self._cipher_key(key), nonce, secret, self._associated(store))
        return KeyEntry(self.method, self.owner, self.facts, nonce + sealed + tag)

    def opened(self, store: StoreName, key: bytes) -> bytes:
        """The secret; ``InvalidTag`` or ``ValueError`` by another key, for another store, or changed."""
        nonce, tag = self.wrapped[:NONCE_BYTES], self.wrapped[-TAG_BYTES:]
        sealed = self.wrapped[NONCE_BYTES:-TAG_BYTES]
        return gcm_decrypt(self._cipher_key(key), nonce, sealed, tag, self._associated(store))

    def _cipher_key(self, key: bytes) -> bytes:
        return derive_key(key, f"kangka/2/wrap/{self.method}", 16)

    def _associated(self, store: StoreName) -> bytes:
        facts = json.dumps(self.facts, sort_keys=True).encode()
        return framed(store.context(), self.method.encode(), self.owner.encode(), facts)

    def as_json(self) -> dict[str, Any]:
        """The entry's part of the file."""
        facts = dict(sorted(self.facts.items()))
        return {"method": self.method, "owner": self.owner, "facts": facts, "key": self.wrapped.hex()}


@dataclass(frozen=True)
class KeyFile:
    """What the key file says. ``check`` is of the right keys, ``seal`` covers everything else."""

    store: StoreName
    revision: int
    check: bytes
    entries: tuple[KeyEntry, ...]
    seal: bytes = b""

    def sealed_part(self) -> bytes:
        """What ``seal`` is computed over: everything that stands before it."""
        return _dump(self._body())

    def to_bytes(self) -> bytes:
        """The file, byte for byte: there is one form of what it says."""
        whole = self._body() | {"seal": self.seal.hex()}
        return _dump(whole | {"digest": sm3(_dump(whole)).hex()})

    def _body(self) -> dict[str, Any]:
        return {
            "kangka_key": _FORMAT,
            "realm": self.store.realm,
            "store": self.store.store_id,
            "revision": self.revision,
            "check": self.check.hex(),
            "wraps": [entry.as_json() for entry in self.entries],
        }

    @classmethod
    def parse(cls, raw: bytes) -> KeyFile:
        """What ``to_bytes`` wrote; ``KeyFileDamaged`` for everything else, one changed byte included."""
        try:
            found = cls._of(json.loads(raw))
        except (KeyError, TypeError, ValueError, RecursionError):
            raise KeyFileDamaged(KEY_FILE) from None
        if found.to_bytes() != raw:
            raise KeyFileDamaged(KEY_FILE)
        return found

    @classmethod
    def _of(cls, raw: Any) -> KeyFile:
        entries = tuple(
            KeyEntry(
                _text(entry["method"]),
                _text(entry["owner"]),
                _facts(entry["facts"]),
                bytes.fromhex(entry["key"]),
            )
            for entry in raw["wraps"]
        )
        if not entries or len({(entry.method, entry.owner) for entry in entries}) != len(entries):
            raise ValueError("no way, or one way twice")
        check, seal = bytes.fromhex(raw["check"]), bytes.fromhex(raw["seal"])
        if len(check) != CHECK_BYTES or len(seal) != _SEAL_BYTES:
            raise ValueError("check and seal have their length")
        store = StoreName(_text(raw["realm"]), _text(raw["store"]))
        return cls(store, int(_fact(raw["revision"])), check, entries, seal)


def pack_keys(data_keys: Mapping[int, bytes]) -> bytes:
    """Data keys by version as one secret: each led by its two-byte version, oldest first."""
    return b"".join(
        version.to_bytes(_VERSION_BYTES, "big") + key for version, key in sorted(data_keys.items())
    )


def unpack_keys(secret: bytes) -> dict[int, bytes]:
    """The data keys that ``pack_keys`` packed; ``ValueError`` where it did not."""
    size = _VERSION_BYTES + DATA_KEY_BYTES
    if not secret or len(secret) % size:
        raise ValueError("these are no data keys")
    parts = [secret[at : at + size] for at in range(0, len(secret), size)]
    return {int.from_bytes(part[:_VERSION_BYTES], "big"): part[_VERSION_BYTES:] for part in parts}


def _dump(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, indent=1).encode("ascii") + b"\n"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text was expected")
    value.encode()  # half a surrogate pair is no text
    return value


def _facts(value: object) -> dict[str, str | int]:
    if not isinstance(value, dict):
        raise TypeError("facts were expected")
    return {_text(name): _fact(fact) for name, fact in value.items()}


def _fact(value: object) -> str | int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError("a text or a whole number was expected")
    return value
