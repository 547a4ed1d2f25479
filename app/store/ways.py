"""Each person's way to a store's data key, changed with its audit row."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from app.base.ids import RandomSource
from app.crypto.key_file import KeyEntry, StoreName, pack_keys
from app.crypto.key_ways import KEYCHAIN, OPERATOR, KeyWrapper, OperatorWrapper, Unwrapped
from app.crypto.keys import FileKeyProvider, StoreKeys
from app.crypto.passwords import PRODUCTION, PasswordCost
from app.crypto.recovery import RECOVERY, RecoveryWrapper
from app.domain.audit import AuditEvent, AuditKind
from app.domain.records import Unit
from app.domain.staff import sign_in_name
from app.domain.ways import KeyStanding
from app.store.threaded import StoreThread


@dataclass(frozen=True)
class _Made:
    """A way whose entry was made before: argon2 works on the caller's thread, not on the store's."""

    entry: KeyEntry

    @property
    def method(self) -> str:
        return self.entry.method

    def accepts(self, realm: str) -> bool:
        return True

    def wrap(self, secret: bytes, store: StoreName, random: RandomSource) -> KeyEntry:
        return self.entry

    def unwrap(self, entries: Sequence[KeyEntry], store: StoreName) -> Unwrapped:
        raise NotImplementedError("an entry that was made opens nothing")


class StoreWays:
    """``app.domain.ways.KeyWays`` of an open live store."""

    def __init__(
        self, store: StoreThread, random: RandomSource, cost: PasswordCost = PRODUCTION
    ) -> None:
        self._store = store
        self._random = random
        self._cost = cost

    def give(self, staff_id: str, name: str, password: str) -> None:
        self.add(OperatorWrapper(sign_in_name(name), password, operator_id=staff_id, cost=self._cost))

    def take(self, staff_id: str) -> None:
        self._change(
            AuditEvent(AuditKind.KEYS, act="keys", subject=staff_id, before=OPERATOR, reason="taken"),
            lambda provider, keys: provider.remove(keys, OPERATOR, staff_id),
        )

    def keep(self, staff_ids: Collection[str]) -> None:
        provider, _keys = self._provider()
        for entry in provider.entries():
            if entry.method == OPERATOR and entry.owner not in staff_ids:
                self.take(entry.owner)

    def standing(self) -> KeyStanding:
        provider, _keys = self._provider()
        entries = provider.entries()
        methods = {entry.method for entry in entries}
        people = frozenset(entry.owner for entry in entries if entry.method == OPERATOR)
        return KeyStanding(people, keychain=KEYCHAIN in methods, shares=RECOVERY in methods)

    def new_shares(self) -> tuple[str, ...]:
        anew = RecoveryWrapper()
        self.add(anew)
        return anew.shares

    def add(self, wrapper: KeyWrapper) -> None:
        """One more way, or the same owner's anew, durable and recorded."""
        _provider, keys = self._provider()
        entry = wrapper.wrap(pack_keys(keys.data_keys), keys.name, self._random)
        subject = entry.owner or None
        self._change(
            AuditEvent(AuditKind.KEYS, act="keys", subject=subject, after=entry.method, reason="given"),
            lambda provider, keys: provider.add(keys, _Made(entry)),
        )

    def _provider(self) -> tuple[FileKeyProvider, StoreKeys]:
        folder, keys = self._store.call(lambda store: (store.folder, store.keys))
        return FileKeyProvider(folder, (), self._random), keys

    def _change(self, event: AuditEvent, change: Callable[[FileKeyProvider, StoreKeys], object]) -> None:
        provider, keys = self._provider()

        def act(unit: Unit) -> None:
            unit.audit(event)
            # Under the store's write lock, so that two desks do not rewrite the file at once.
            change(provider, keys)

        self._store.records.durable("key way", act, begins=False)
