"""Keys of a store: drawn once, wrapped beside the records, never made anew in silence."""

from __future__ import annotations

import itertools
import json
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.base.errors import KangkaError
from app.base.ids import SystemRandom
from app.crypto.key_file import KeyFile, pack_keys
from app.crypto.key_ways import KeychainEmpty, KeychainWrapper, OperatorWrapper, SignInRefused
from app.crypto.keychain import Keychain, KeychainUnavailable
from app.crypto.keys import (
    KEY_FILE,
    FileKeyProvider,
    KeyFileDamaged,
    KeyFileMissing,
    KeyMethodRefused,
    NoWayLeft,
    StoreKeys,
    TrainingWrapper,
)
from app.crypto.passwords import PasswordCost
from app.crypto.recovery import RecoveryWrapper, ShareOfAnotherSet, SharesTooFew
from tests.crypto.support import (
    CHIEF,
    CHIEF_ID,
    CHIEF_WORD,
    CLERK,
    CLERK_ID,
    CLERK_WORD,
    QUICK,
    STORE,
    Live,
    MemoryKeyring,
    chief,
    clerk,
    forge,
    make_live,
)
from tests.crypto.support import provider as provider_of


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return make_live(tmp_path)


def provider(folder: Path) -> FileKeyProvider:
    return provider_of(folder, TrainingWrapper())


# ---- what derives from a key --------------------------------------------------------------------


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
    for act in (provider(tmp_path).unwrap, provider(tmp_path).realm, provider(tmp_path).entries):
        with pytest.raises(KeyFileMissing):
            act()
    with pytest.raises(KeyFileMissing):
        provider(tmp_path).add(StoreKeys("training", STORE, {1: bytes(32)}), TrainingWrapper())
    assert not provider(tmp_path).exists()
    assert not list(tmp_path.iterdir())


# ---- training and live --------------------------------------------------------------------------


def test_a_live_store_is_never_kept_under_the_published_key(tmp_path: Path) -> None:
    with pytest.raises(KeyMethodRefused):
        provider(tmp_path).create("live", STORE)
    assert not provider(tmp_path).exists()


@pytest.mark.parametrize("way", [clerk(), RecoveryWrapper(), KeychainWrapper(Keychain(MemoryKeyring()))])
def test_a_training_store_is_kept_by_no_way_of_a_live_one(tmp_path: Path, way: Any) -> None:
    with pytest.raises(KeyMethodRefused):
        provider_of(tmp_path, way).create("training", STORE)
    keys = provider(tmp_path).create("training", STORE)
    with pytest.raises(KeyMethodRefused):
        provider(tmp_path).add(keys, way)
    with pytest.raises(KeyMethodRefused):
        provider_of(tmp_path, way).unwrap()


def test_a_live_store_takes_no_training_way(live: Live) -> None:
    with pytest.raises(KeyMethodRefused):
        live.open().add(live.keys, TrainingWrapper())
    with pytest.raises(KeyMethodRefused):
        live.open(TrainingWrapper()).unwrap()


@pytest.mark.parametrize(("made", "named"), [("training", "live"), ("live", "training")])
def test_a_file_that_somebody_named_for_the_other_realm_is_refused(
    tmp_path: Path, made: str, named: str
) -> None:
    way = TrainingWrapper() if made == "training" else clerk()
    provider_of(tmp_path, way).create(made, STORE)
    forge(tmp_path, lambda found: found.update(realm=named))
    with pytest.raises(KeyMethodRefused):
        provider_of(tmp_path, way).unwrap()


# ---- every way, alone and after others ----------------------------------------------------------


@pytest.mark.parametrize(
    "order",
    [ways for count in (1, 2, 3, 4) for ways in itertools.permutations(range(4), count)],
    ids=str,
)
def test_every_combination_of_ways_opens(live: Live, order: tuple[int, ...]) -> None:
    every = list(live.ways().values())
    ways = [every[at] for at in order]
    opened = live.open(*ways).open()
    assert opened.keys == live.keys
    assert opened.method == ways[0].method
    assert opened.owner == {1: CLERK_ID, 2: CHIEF_ID}.get(order[0], "")
    assert not opened.outdated
    assert opened.passed_over == ()


def broken(name: str, live: Live) -> tuple[Any, type[KangkaError]]:
    """A way that should not open, and why."""
    locked = MemoryKeyring()
    locked.locked = True
    return {
        "no keychain": (KeychainWrapper(Keychain(None)), KeychainUnavailable),
        "locked keychain": (KeychainWrapper(Keychain(locked)), KeychainUnavailable),
        "empty keychain": (KeychainWrapper(Keychain(MemoryKeyring())), KeychainEmpty),
        "wrong password": (clerk("three grey heron"), SignInRefused),
        "another's password": (clerk(CHIEF_WORD), SignInRefused),
        "unknown name": (clerk(name="nobody"), SignInRefused),
        "empty name": (clerk(name=""), SignInRefused),
        "one share": (RecoveryWrapper(live.shares[:1]), SharesTooFew),
        "no share": (RecoveryWrapper(), SharesTooFew),
    }[name]


BROKEN = [
    "no keychain",
    "locked keychain",
    "empty keychain",
    "wrong password",
    "another's password",
    "unknown name",
    "empty name",
    "one share",
    "no share",
]


@pytest.mark.parametrize("name", BROKEN)
def test_a_way_that_does_not_open_says_why_and_leaves_the_others(live: Live, name: str) -> None:
    before = live.raw
    way, fault = broken(name, live)
    with pytest.raises(fault):
        live.open(way).unwrap()
    opened = live.open(way, chief()).open()
    assert opened.keys == live.keys
    assert [type(passed) for passed in opened.passed_over] == [fault]
    with pytest.raises(fault):
        live.open(KeychainWrapper(Keychain(None)), way).unwrap()
    assert live.raw == before


def test_a_way_that_the_file_does_not_have_is_not_tried(tmp_path: Path) -> None:
    provider_of(tmp_path, clerk()).create("live", STORE)
    assert provider_of(tmp_path, KeychainWrapper(Keychain(None)), clerk()).open().passed_over == ()
    with pytest.raises(KeyMethodRefused):
        provider_of(tmp_path, KeychainWrapper(Keychain(None))).unwrap()


@pytest.mark.parametrize("name", [CLERK.upper(), f" {CLERK} ", "ｙｉｎｇ．ｓｈｉ"])
def test_a_name_is_found_however_it_was_typed(live: Live, name: str) -> None:
    assert live.open(clerk(name=name)).open().owner == CLERK_ID


def test_a_lost_keychain_is_made_good_by_two_shares(live: Live) -> None:
    live.backend.kept.clear()
    with pytest.raises(KeychainEmpty):
        live.open(live.keychain).unwrap()
    keys = live.open(live.keychain, RecoveryWrapper([live.shares[2], live.shares[0]])).unwrap()
    assert keys == live.keys
    live.open().add(keys, live.keychain)
    assert live.open(live.keychain).unwrap() == live.keys


def test_a_keychain_of_another_time_is_passed_over(live: Live) -> None:
    for wrong in ("00" * 32, "no key", "00"):
        live.backend.kept["kangka", STORE] = wrong
        with pytest.raises(KeychainEmpty):
            live.open(live.keychain).unwrap()


# ---- changing the ways --------------------------------------------------------------------------


def test_a_changed_password_takes_the_old_ones_place(live: Live) -> None:
    revision = live.open().revision()
    live.open().add(live.keys, clerk("four grey herons"))
    assert live.open(clerk("four grey herons")).open().owner == CLERK_ID
    with pytest.raises(SignInRefused):
        live.open(clerk()).unwrap()
    for name, way in live.ways().items():
        if name != "clerk":
            assert live.open(way).unwrap() == live.keys, name
    assert live.open().revision() == revision + 1
    assert len(live.open().entries()) == 4


def test_an_operator_is_added_and_removed(live: Live) -> None:
    new = OperatorWrapper("new.one", "seven tall cranes", operator_id="id-3", cost=QUICK)
    live.open().add(live.keys, new)
    assert live.open(new).open().owner == "id-3"
    assert live.open().remove(live.keys, "operator", "id-3")
    with pytest.raises(SignInRefused):
        live.open(new).unwrap()
    before = live.raw
    assert not live.open().remove(live.keys, "operator", "id-3")
    assert live.raw == before


def test_two_operators_never_share_a_sign_in_name(live: Live) -> None:
    before = live.raw
    with pytest.raises(ValueError, match="sign-in name"):
        live.open().add(live.keys, OperatorWrapper(CLERK, "x", operator_id="id-3", cost=QUICK))
    assert live.raw == before


@pytest.mark.parametrize(("name", "owner"), [("", "id"), (CLERK, "")])
def test_a_way_of_nobody_is_a_bug(live: Live, name: str, owner: str) -> None:
    with pytest.raises(ValueError, match="name and an owner"):
        live.open().add(live.keys, OperatorWrapper(name, "x", operator_id=owner, cost=QUICK))


def test_new_shares_make_the_older_void(live: Live) -> None:
    new = RecoveryWrapper()
    live.open().add(live.keys, new)
    assert len(set(new.shares) | set(live.shares)) == 6
    assert live.open(RecoveryWrapper(new.shares[:2])).unwrap() == live.keys
    with pytest.raises(ShareOfAnotherSet):
        live.open(RecoveryWrapper(live.shares[:2])).unwrap()
    with pytest.raises(ShareOfAnotherSet):
        live.open(RecoveryWrapper([new.shares[0], live.shares[1]])).unwrap()


def test_a_dearer_guess_is_asked_for_at_the_next_sign_in(live: Live) -> None:
    raised = PasswordCost(16, 2, 1)
    way = OperatorWrapper(CLERK, CLERK_WORD, operator_id=CLERK_ID, cost=raised)
    opened = live.open(way).open()
    assert opened.outdated
    live.open().add(opened.keys, way)
    assert not live.open(way).open().outdated


def test_the_last_way_that_people_hold_stays(live: Live) -> None:
    keys, held = live.keys, live.open()
    assert held.remove(keys, "recovery")
    assert held.remove(keys, "operator", CHIEF_ID)
    before = live.raw
    with pytest.raises(NoWayLeft):
        held.remove(keys, "operator", CLERK_ID)
    assert live.raw == before
    assert held.remove(keys, "keychain")
    with pytest.raises(NoWayLeft):
        held.remove(keys, "operator", CLERK_ID)
    held.add(keys, RecoveryWrapper())
    assert held.remove(keys, "operator", CLERK_ID)


def test_a_keychain_alone_is_no_way_to_begin(tmp_path: Path) -> None:
    with pytest.raises(NoWayLeft):
        provider_of(tmp_path, KeychainWrapper(Keychain(MemoryKeyring()))).create("live", STORE)
    with pytest.raises(NoWayLeft):
        provider_of(tmp_path).create("live", STORE)
    assert not list(tmp_path.iterdir())


def test_training_keeps_its_one_way(tmp_path: Path) -> None:
    keys = provider(tmp_path).create("training", STORE)
    with pytest.raises(NoWayLeft):
        provider(tmp_path).remove(keys, "training")
    assert provider(tmp_path).unwrap() == keys


def test_a_removed_keychain_way_takes_its_key_along(live: Live) -> None:
    live.open().remove(live.keys, "keychain")
    live.keychain.forget(live.keys.name)
    assert live.backend.kept == {}
    live.keychain.forget(live.keys.name)


def test_the_keychains_key_is_kept_when_the_way_is_made_again(live: Live) -> None:
    """A cut between keychain and file then leaves both of one age."""
    before = dict(live.backend.kept)
    live.open().add(live.keys, live.keychain)
    assert live.backend.kept == before


def test_keys_of_another_store_change_nothing(live: Live) -> None:
    before = live.raw
    for strange in (
        StoreKeys("live", STORE, {1: bytes(32)}),
        StoreKeys("live", STORE.replace("1", "7"), live.keys.data_keys),
        StoreKeys("training", STORE, live.keys.data_keys),
    ):
        with pytest.raises(KeyFileDamaged):
            live.open().remove(strange, "keychain")
    assert live.raw == before


@pytest.mark.parametrize("name", ["keychain", "clerk", "chief", "shares"])
def test_every_way_holds_the_older_data_keys_too(live: Live, name: str) -> None:
    """What was sealed under an older data key is still read."""
    both = StoreKeys("live", STORE, {**live.keys.data_keys, 2: b"n" * 32})
    recovery = RecoveryWrapper()
    entries = tuple(
        way.wrap(pack_keys(both.data_keys), both.name, SystemRandom())
        for way in (live.keychain, clerk(), chief(), recovery)
    )
    file = KeyFile(both.name, 7, both.check(), entries)
    (live.folder / KEY_FILE).write_bytes(replace(file, seal=both.seal_of(file)).to_bytes())
    ways = live.ways() | {"shares": RecoveryWrapper(recovery.shares[:2])}
    assert live.open(ways[name]).unwrap() == both


# ---- what the file tells ------------------------------------------------------------------------


def test_the_file_of_a_live_store_names_nobody_and_no_secret(live: Live) -> None:
    raw = live.raw
    text = raw.decode("ascii")
    secrets = [live.keys.data_keys[1], live.keys.database_key(), live.keys.index_key()]
    for secret in secrets:
        assert secret not in raw
        assert secret.hex() not in text
    for kept in live.backend.kept.values():
        assert kept not in text
    for word in (CLERK, CHIEF, CLERK_WORD, CHIEF_WORD, json.dumps(CHIEF).strip('"'), *live.shares):
        assert word not in text
        assert word.encode().hex() not in text
    labels = [entry.facts["label"] for entry in live.open().entries() if entry.method == "operator"]
    assert len(set(labels)) == 2


def test_the_same_person_has_another_label_in_another_store(tmp_path: Path) -> None:
    labels = set()
    for number in "12":
        (tmp_path / number).mkdir()
        provider_of(tmp_path / number, clerk()).create("live", STORE[:-1] + number)
        labels.add(provider_of(tmp_path / number).entries()[0].facts["label"])
    assert len(labels) == 2


def test_ways_show_nothing_of_themselves(live: Live) -> None:
    for way in live.ways().values():
        shown = repr(way) + str(way)
        assert CLERK not in shown
        assert CLERK_WORD not in shown
        assert live.shares[1] not in shown
    opened = live.open(clerk()).open()
    assert live.keys.data_keys[1].hex() not in repr(opened)
    assert repr(live.keys.data_keys[1])[2:-1] not in repr(opened)
