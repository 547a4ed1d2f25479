"""What the tests of keys share: a keychain in memory, a quick cost, a live store's ways."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keyring.backend
from keyring.errors import KeyringLocked

from app.base.ids import SystemRandom
from app.crypto.key_file import KEY_FILE
from app.crypto.key_ways import KeychainWrapper, KeyWrapper, OperatorWrapper
from app.crypto.keychain import Keychain
from app.crypto.keys import FileKeyProvider, StoreKeys
from app.crypto.passwords import PasswordCost
from app.crypto.recovery import RecoveryWrapper
from app.crypto.sm3 import sm3

STORE = "0192aaaa-0000-7000-8000-000000000001"
OTHER = "0192aaaa-0000-7000-8000-000000000002"
QUICK = PasswordCost(memory_kib=8, passes=1, lanes=1)
CLERK, CLERK_ID, CLERK_WORD = "ying.shi", "0192aaaa-0000-7000-8000-0000000000c1", "three grey herons"
CHIEF, CHIEF_ID, CHIEF_WORD = "样例主任", "0192aaaa-0000-7000-8000-0000000000c2", "nine white egrets"


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keychain that keeps in memory, and can be locked."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def _open(self) -> dict[tuple[str, str], str]:
        if self.locked:
            raise KeyringLocked("the person dismissed the question")
        return self.kept

    def get_password(self, service: str, username: str) -> str | None:
        return self._open().get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self._open()[service, username]


def clerk(word: str = CLERK_WORD, name: str = CLERK) -> OperatorWrapper:
    return OperatorWrapper(name, word, operator_id=CLERK_ID, cost=QUICK)


def chief(word: str = CHIEF_WORD) -> OperatorWrapper:
    return OperatorWrapper(CHIEF, word, operator_id=CHIEF_ID, cost=QUICK)


def provider(
    folder: Path, *ways: KeyWrapper, on_step: Callable[[str], None] = lambda _: None
) -> FileKeyProvider:
    return FileKeyProvider(folder, ways, SystemRandom(), on_step=on_step)


@dataclass(frozen=True)
class Live:
    """A live store's keys with all their ways: the keychain, two operators, shares."""

    folder: Path
    keys: StoreKeys
    backend: MemoryKeyring
    shares: tuple[str, ...]

    @property
    def keychain(self) -> KeychainWrapper:
        return KeychainWrapper(Keychain(self.backend))

    @property
    def raw(self) -> bytes:
        return (self.folder / KEY_FILE).read_bytes()

    def ways(self) -> dict[str, KeyWrapper]:
        """One of every kind, by a name for the test's id."""
        return {
            "keychain": self.keychain,
            "clerk": clerk(),
            "chief": chief(),
            "shares": RecoveryWrapper(self.shares[1:]),
        }

    def open(self, *ways: KeyWrapper) -> FileKeyProvider:
        return provider(self.folder, *ways)


def make_live(folder: Path) -> Live:
    backend, recovery = MemoryKeyring(), RecoveryWrapper()
    ways = (KeychainWrapper(Keychain(backend)), clerk(), chief(), recovery)
    keys = provider(folder, *ways).create("live", STORE)
    return Live(folder, keys, backend, recovery.shares)


def forge(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the key file as somebody who knows its form would: with the digest made right again."""
    path = folder / KEY_FILE
    found = json.loads(path.read_bytes())
    del found["digest"]
    change(found)
    body = json.dumps(found, indent=1).encode() + b"\n"
    path.write_bytes(json.dumps(found | {"digest": sm3(body).hex()}, indent=1).encode() + b"\n")
