"""Ways to a store's data keys: training's published key, the keychain, an operator's name and password.

A way is a ``KeyWrapper``: it makes its entry of the key file, and opens it again. Recovery shares are
the fourth way (app.crypto.recovery).

The file holds no sign-in name. A sign-in must find its entry before any key is open, so the entry
carries a label: eight bytes of HMAC-SM3 over the name, keyed by the store's public id. Who holds the
file can test a guess at a name and no more; the same person at two desks has two labels. The operator's
id beside it is a random one, for who changes or removes the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag

from app.base.errors import N_, KangkaError
from app.base.ids import RandomSource
from app.crypto.key_file import KEY_FILE, KeyEntry, KeyFileDamaged, StoreName
from app.crypto.keychain import Keychain
from app.crypto.passwords import (
    PRODUCTION,
    SALT_BYTES,
    PasswordCost,
    normalised,
    password_key,
    spend_a_check,
)
from app.crypto.sm3 import hmac_sm3, sm3

TRAINING: Final = "training"
KEYCHAIN: Final = "keychain"
OPERATOR: Final = "operator"
_LABEL_BYTES: Final = 8
_KEYCHAIN_KEY_BYTES: Final = 32


@dataclass(eq=False)
class KeychainEmpty(KangkaError):
    """The keychain works and has no key that opens this store."""

    code = "keys.keychain-empty"
    cause = N_("This machine's keychain has no key that opens these records.")
    meaning = N_("The records are untouched; the other ways to open them still work.")
    remedy = N_("Sign in by name and password, or use two recovery shares, then keep the key anew.")


@dataclass(eq=False)
class SignInRefused(KangkaError):
    """No operator has this name and password; which of the two is wrong is not told."""

    code = "keys.sign-in-refused"
    cause = N_("No operator of these records has this name and password.")
    meaning = N_("The records stay closed; nothing has been changed.")
    remedy = N_("Check the name, the keyboard and the password, or have a new password set.")


@dataclass(frozen=True)
class Unwrapped:
    """What a way gave. ``outdated`` says that it should be made anew, at today's cost of a guess."""

    secret: bytes = field(repr=False)
    owner: str = ""
    outdated: bool = False


class KeyWrapper(Protocol):
    """One way to a store's data keys."""

    @property
    def method(self) -> str:
        """The name of this way in the key file."""
        ...

    def accepts(self, realm: str) -> bool:
        """Whether a store of ``realm`` may be kept this way."""
        ...

    def wrap(self, secret: bytes, store: StoreName, random: RandomSource) -> KeyEntry:
        """The entry that opens to ``secret`` by this way."""
        ...

    def unwrap(self, entries: Sequence[KeyEntry], store: StoreName) -> Unwrapped:
        """The secret of the one of ``entries`` (all of this method) that this way opens.

        A known fault where none does, ``KeyFileDamaged`` where one should and does not.
        """
        ...


class TrainingWrapper:
    """The way of training stores: under a published key, so it protects nothing and hides nothing.

    It exists so that a training store is opened by the same steps as a live one. A live store never
    accepts it.
    """

    method: Final = TRAINING
    # Published on purpose; made-up people are all that stands behind it.
    _key: Final = sm3(b"kangka training store: this key is public")

    def accepts(self, realm: str) -> bool:
        return realm == TRAINING

    def wrap(self, secret: bytes, store: StoreName, random: RandomSource) -> KeyEntry:
        return KeyEntry(self.method, "", {}).sealed(store, self._key, secret, random)

    def unwrap(self, entries: Sequence[KeyEntry], store: StoreName) -> Unwrapped:
        try:
            return Unwrapped(entries[0].opened(store, self._key))
        except (InvalidTag, ValueError):
            raise KeyFileDamaged(KEY_FILE) from None


class KeychainWrapper:
    """The machine's keychain holds a random key under the store's id; the entry is wrapped by it."""

    method: Final = KEYCHAIN

    def __init__(self, keychain: Keychain) -> None:
        self._keychain = keychain

    def accepts(self, realm: str) -> bool:
        return realm != TRAINING

    def wrap(self, secret: bytes, store: StoreName, random: RandomSource) -> KeyEntry:
        # A key that is already kept stays: were it replaced and the file then not, the way would be
        # lost.
        key = self._key(store)
        if key is None:
            key = random.token_bytes(_KEYCHAIN_KEY_BYTES)
            self._keychain.write(store.store_id, key.hex())
        return KeyEntry(self.method, "", {}).sealed(store, key, secret, random)

    def unwrap(self, entries: Sequence[KeyEntry], store: StoreName) -> Unwrapped:
        key = self._key(store)
        if key is None:
            raise KeychainEmpty
        try:
            return Unwrapped(entries[0].opened(store, key))
        except (InvalidTag, ValueError):
            # The keychain of a machine that was restored holds an older key than the file.
            raise KeychainEmpty from None

    def forget(self, store: StoreName) -> None:
        """Take the key out of the keychain, after its entry was removed from the file."""
        self._keychain.forget(store.store_id)

    def _key(self, store: StoreName) -> bytes | None:
        text = self._keychain.read(store.store_id)
        try:
            key = bytes.fromhex(text or "")
        except ValueError:
            return None
        return key if len(key) == _KEYCHAIN_KEY_BYTES else None


class OperatorWrapper:
    """A person's sign-in name and password; argon2id makes the wrapping key of them.

    ``operator_id`` is needed to make an entry and not to open one. Neither name nor password is kept or
    shown.
    """

    method: Final = OPERATOR

    def __init__(
        self, name: str, password: str, *, operator_id: str = "", cost: PasswordCost = PRODUCTION
    ) -> None:
        self._name = normalised(name).casefold().strip()
        self._password = password
        self._operator_id = operator_id
        self._cost = cost

    def accepts(self, realm: str) -> bool:
        return realm != TRAINING

    def wrap(self, secret: bytes, store: StoreName, random: RandomSource) -> KeyEntry:
        if not self._operator_id or not self._name:
            raise ValueError("an operator's way has a name and an owner")
        salt = random.token_bytes(SALT_BYTES)
        facts: dict[str, str | int] = {
            "label": self._label(store),
            "salt": salt.hex(),
            "memory_kib": self._cost.memory_kib,
            "passes": self._cost.passes,
            "lanes": self._cost.lanes,
        }
        key = password_key(self._password, salt, self._cost)
        return KeyEntry(self.method, self._operator_id, facts).sealed(store, key, secret, random)

    def unwrap(self, entries: Sequence[KeyEntry], store: StoreName) -> Unwrapped:
        label = self._label(store)
        found = next((entry for entry in entries if entry.facts.get("label") == label), None)
        if found is None:
            # Time does not tell whether somebody of this name works here.
            spend_a_check(self._cost)
            raise SignInRefused
        salt, cost = _salt_and_cost(found)
        key = password_key(self._password, salt, cost)
        try:
            return Unwrapped(found.opened(store, key), found.owner, outdated=cost != self._cost)
        except (InvalidTag, ValueError):
            raise SignInRefused from None

    def _label(self, store: StoreName) -> str:
        return hmac_sm3(store.context(), b"sign-in name\x00" + self._name.encode())[:_LABEL_BYTES].hex()


def _salt_and_cost(entry: KeyEntry) -> tuple[bytes, PasswordCost]:
    facts = entry.facts
    try:
        salt = bytes.fromhex(str(facts["salt"]))
        numbers = [int(facts[name]) for name in ("memory_kib", "passes", "lanes")]
        if len(salt) != SALT_BYTES:
            raise ValueError("a salt has 16 bytes")
        return salt, PasswordCost(*numbers)
    except (KeyError, ValueError):
        raise KeyFileDamaged(KEY_FILE) from None
