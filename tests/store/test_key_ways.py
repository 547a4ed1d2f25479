"""A live store and its keys: opened by each of its ways, refused untouched by everything else."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.base.errors import KangkaError
from app.crypto.key_file import KEY_FILE
from app.crypto.key_ways import KeychainEmpty, KeychainWrapper, KeyWrapper, SignInRefused
from app.crypto.keychain import Keychain, KeychainUnavailable
from app.crypto.keys import KeyFileDamaged, KeyFileMissing, TrainingWrapper
from app.crypto.recovery import RecoveryWrapper, ShareOfAnotherStore, SharesTooFew
from app.domain.application import Realm
from app.store import errors
from app.store.store import StoreContext, create, open_or_create, open_store
from tests.crypto.support import CHIEF_ID, MemoryKeyring, chief, clerk
from tests.store.support import context


@pytest.fixture
def engine() -> str:
    return "sqlcipher"


def contents(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def live(*wrappers: KeyWrapper) -> StoreContext:
    return replace(context(Realm.LIVE), wrappers=wrappers)


@dataclass(frozen=True)
class Kept:
    """A closed live store, its keychain, its three shares."""

    folder: Path
    backend: MemoryKeyring
    shares: Sequence[str]

    def ways(self) -> dict[str, KeyWrapper]:
        return {
            "keychain": KeychainWrapper(Keychain(self.backend)),
            "clerk": clerk(),
            "chief": chief(),
            "shares": RecoveryWrapper([self.shares[2], self.shares[0]]),
        }


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    backend, recovery = MemoryKeyring(), RecoveryWrapper()
    ways = (KeychainWrapper(Keychain(backend)), clerk(), chief(), recovery)
    create(tmp_path / "store", live(*ways)).close()
    return Kept(tmp_path / "store", backend, recovery.shares)


@pytest.mark.parametrize("name", ["keychain", "clerk", "chief", "shares"])
def test_each_way_opens_the_same_store(kept: Kept, name: str) -> None:
    opened = open_store(kept.folder, live(kept.ways()[name]))
    try:
        assert opened.realm == Realm.LIVE
        assert opened.store_id in kept.folder.joinpath(KEY_FILE).read_text()
    finally:
        opened.close()


@pytest.mark.parametrize(
    ("way", "fault"),
    [
        (clerk("a wrong password"), SignInRefused),
        (clerk(name="nobody"), SignInRefused),
        (KeychainWrapper(Keychain(None)), KeychainUnavailable),
        (KeychainWrapper(Keychain(MemoryKeyring())), KeychainEmpty),
        (RecoveryWrapper(), SharesTooFew),
    ],
    ids=["password", "name", "no keychain", "empty keychain", "no shares"],
)
def test_a_wrong_key_is_refused_and_every_file_untouched(
    kept: Kept, way: KeyWrapper, fault: type[KangkaError]
) -> None:
    before = contents(kept.folder)
    for act in (open_store, open_or_create):
        with pytest.raises(fault):
            act(kept.folder, live(way))
    assert contents(kept.folder) == before


def test_a_lost_keychain_is_opened_by_shares(kept: Kept) -> None:
    kept.backend.kept.clear()
    ways = kept.ways()
    open_store(kept.folder, live(ways["keychain"], ways["shares"])).close()


def test_one_share_and_shares_of_another_store_open_nothing(kept: Kept, tmp_path: Path) -> None:
    other = RecoveryWrapper()
    create(tmp_path / "other", live(other)).close()
    before = contents(kept.folder)
    with pytest.raises(SharesTooFew):
        open_store(kept.folder, live(RecoveryWrapper(kept.shares[:1])))
    with pytest.raises(ShareOfAnotherStore):
        open_store(kept.folder, live(RecoveryWrapper(other.shares[:2])))
    with pytest.raises(ShareOfAnotherStore):
        open_store(kept.folder, live(RecoveryWrapper([kept.shares[0], other.shares[1]])))
    assert contents(kept.folder) == before


def test_a_key_file_of_another_store_is_refused(kept: Kept, tmp_path: Path) -> None:
    create(tmp_path / "other", live(clerk())).close()
    (kept.folder / KEY_FILE).write_bytes((tmp_path / "other" / KEY_FILE).read_bytes())
    before = contents(kept.folder)
    with pytest.raises(errors.StoreKeyWrong):
        open_store(kept.folder, live(clerk()))
    assert contents(kept.folder) == before


def test_a_lost_key_file_is_never_made_anew(kept: Kept) -> None:
    (kept.folder / KEY_FILE).unlink()
    before = contents(kept.folder)
    for act in (open_store, open_or_create):
        with pytest.raises(KeyFileMissing):
            act(kept.folder, live(*kept.ways().values()))
    with pytest.raises(errors.StoreExists):
        create(kept.folder, live(*kept.ways().values()))
    assert contents(kept.folder) == before


def test_training_and_live_refuse_each_other(kept: Kept, tmp_path: Path) -> None:
    create(tmp_path / "training", context()).close()
    for folder, wanted in (
        (kept.folder, context()),
        (kept.folder, replace(context(), wrappers=(TrainingWrapper(), clerk()))),
        (tmp_path / "training", live(clerk())),
        (tmp_path / "training", live(TrainingWrapper(), clerk())),
    ):
        before = contents(folder)
        with pytest.raises(errors.StoreRealmMismatch):
            open_store(folder, wanted)
        assert contents(folder) == before


def test_a_flipped_byte_of_the_key_file_is_refused_and_nothing_touched(kept: Kept) -> None:
    """One in nineteen here; app.crypto's own tests flip every one."""
    path = kept.folder / KEY_FILE
    good = path.read_bytes()
    for at in range(0, len(good), 19):
        path.write_bytes(good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :])
        before = contents(kept.folder)
        with pytest.raises(KeyFileDamaged):
            open_store(kept.folder, live(*kept.ways().values()))
        assert contents(kept.folder) == before


def test_a_changed_password_opens_the_same_records(kept: Kept) -> None:
    provider = live(clerk()).keys_in(kept.folder)
    keys = provider.unwrap()
    provider.add(keys, clerk("four grey herons"))
    provider.remove(keys, "operator", CHIEF_ID)
    open_store(kept.folder, live(clerk("four grey herons"))).close()
    for gone in (clerk(), chief()):
        with pytest.raises(SignInRefused):
            open_store(kept.folder, live(gone))
