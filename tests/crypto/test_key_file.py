"""The key file under damage, forgery and cuts: refused and untouched, or the old one or the new one."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.files import REPLACE_STEPS
from app.base.ids import SystemRandom
from app.crypto.key_file import KEY_FILE, KeyEntry, KeyFile, StoreName, pack_keys, unpack_keys
from app.crypto.key_ways import TRAINING, KeychainEmpty, SignInRefused
from app.crypto.keys import (
    KeyFileDamaged,
    KeyFileNotWritten,
    KeyMethodRefused,
    StoreKeys,
    TrainingWrapper,
)
from app.crypto.recovery import RecoveryWrapper, ShareOfAnotherSet, ShareOfAnotherStore
from tests.crypto.support import (
    CHIEF_ID,
    CLERK_ID,
    OTHER,
    STORE,
    Live,
    chief,
    clerk,
    forge,
    make_live,
    provider,
)

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return make_live(tmp_path)


# ---- damage -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "flip"), [("keychain", 0x01), ("clerk", 0x20), ("chief", 0x80), ("shares", 0xFF)]
)
def test_every_changed_byte_is_known_for_damage(live: Live, name: str, flip: int) -> None:
    good, path, way = live.raw, live.folder / KEY_FILE, live.ways()[name]
    held, taken = live.open(way), []
    for at in range(len(good)):
        changed = good[:at] + bytes((good[at] ^ flip,)) + good[at + 1 :]
        path.write_bytes(changed)
        try:
            held.unwrap()
            taken.append(at)
        except KeyFileDamaged:
            pass
        assert path.read_bytes() == changed
    assert taken == []
    path.write_bytes(good)  # the control: as it was, it opens
    assert held.unwrap() == live.keys


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"\n", b"\r\n"),
        lambda raw: raw.replace(b"\n ", b"\n\t", 1),
        lambda raw: raw.replace(b"live", b"\\u006cive", 1),
        lambda raw: json.dumps(json.loads(raw)).encode(),
        lambda raw: json.dumps(json.loads(raw), indent=1, sort_keys=True).encode() + b"\n",
        lambda raw: raw.decode().encode("utf-16"),
    ],
)
def test_the_same_in_another_form_is_damage(live: Live, change: Callable[[bytes], bytes]) -> None:
    """There is one form, so that nothing hides between what is checked and what is read."""
    changed = change(live.raw)
    assert json.loads(changed) == json.loads(live.raw)
    (live.folder / KEY_FILE).write_bytes(changed)
    with pytest.raises(KeyFileDamaged):
        live.open(clerk()).unwrap()


def test_every_cut_and_every_lengthening_is_known_for_damage(live: Live) -> None:
    good, path = live.raw, live.folder / KEY_FILE
    for changed in [good[:size] for size in range(len(good))] + [good + b"\n", good + b" ", good + good]:
        path.write_bytes(changed)
        for act in (live.open(live.keychain).unwrap, live.open().realm, live.open().revision):
            with pytest.raises(KeyFileDamaged):
                act()
        assert path.read_bytes() == changed


def test_every_changed_byte_of_a_training_file_is_known_for_damage(tmp_path: Path) -> None:
    provider(tmp_path, TrainingWrapper()).create(TRAINING, STORE)
    path = tmp_path / KEY_FILE
    good = path.read_bytes()
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :])
        with pytest.raises(KeyFileDamaged):
            provider(tmp_path, TrainingWrapper()).unwrap()


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b"7", "密".encode(), b"\xff\xfe", b"[" * 100_000, b'{"kangka_key": 2}'],
)
def test_what_is_no_key_file_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(raw)
    with pytest.raises(KeyFileDamaged):
        provider(tmp_path).realm()


@settings(max_examples=60, deadline=None)
@given(raw=st.binary(max_size=200))
def test_no_bytes_at_all_are_anything_but_damage(raw: bytes) -> None:
    with pytest.raises(KeyFileDamaged):
        KeyFile.parse(raw)


# ---- forgery: the digest is right, since anybody can compute it ---------------------------------


def drop(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda found: found.pop(name)


def put(**changes: object) -> Callable[[dict[str, Any]], None]:
    return lambda found: found.update(changes)


def put_fact(**changes: object) -> Callable[[dict[str, Any]], None]:
    """In the clerk's entry, which is the second."""
    return lambda found: found["wraps"][1]["facts"].update(changes)


def put_key(found: dict[str, Any], key: str) -> None:
    found["wraps"][0]["key"] = key


def swap_keys(found: dict[str, Any]) -> None:
    one, two = found["wraps"][1], found["wraps"][2]
    one["key"], two["key"] = two["key"], one["key"]


@pytest.mark.parametrize(
    "change",
    [
        put(kangka_key=1),
        put(revision=9),
        put(revision="1"),
        put(revision=True),
        put(check="00" * 8),
        put(check="00" * 7),
        put(check="no hex"),
        put(seal="00" * 32),
        put(seal="00" * 31),
        put(seal=None),
        put(realm=7),
        put(realm="\ud800"),
        put(wraps=[]),
        put(wraps=[1]),
        put(wraps={"a": 1}),
        put(more=1),
        drop("check"),
        drop("wraps"),
        lambda found: found["wraps"].pop(0),
        lambda found: found["wraps"].pop(3),
        lambda found: found["wraps"].append(found["wraps"][1]),
        lambda found: found["wraps"].append({**found["wraps"][1], "owner": "guest"}),
        lambda found: found["wraps"].reverse(),
        lambda found: found["wraps"][0].update(key="00" * 60),
        lambda found: found["wraps"][0].update(key=""),
        lambda found: found["wraps"][0].update(owner="somebody"),
        lambda found: found["wraps"][2].update(owner="somebody"),
        lambda found: found["wraps"][0]["facts"].update(more=1),
        lambda found: found["wraps"][0]["facts"].update(more=1.5),
        lambda found: found["wraps"][0]["facts"].update(more=[]),
        lambda found: found["wraps"][0].update(facts=None),
        put_fact(memory_kib=1 << 22),
        put_fact(passes=0),
        put_fact(lanes="many"),
        put_fact(salt="00"),
        put_fact(salt="no hex"),
        lambda found: found["wraps"][1]["facts"].pop("salt"),
    ],
)
def test_a_forged_file_opens_by_no_untouched_way(
    live: Live, change: Callable[[dict[str, Any]], None]
) -> None:
    forge(live.folder, change)
    forged = live.raw
    for way in (clerk(), chief()):
        # The entry's own tag speaks first where it was the entry that was forged.
        with pytest.raises((KeyFileDamaged, SignInRefused)):
            live.open(way).unwrap()
    with pytest.raises(KeyFileDamaged):
        live.open().remove(live.keys, "operator", CHIEF_ID)
    assert live.raw == forged


def test_the_forging_itself_breaks_nothing(live: Live) -> None:
    """The control of the test above: forged to be what it was, the file opens."""
    before = live.raw
    forge(live.folder, lambda _: None)
    assert live.raw == before
    assert live.open(clerk()).unwrap() == live.keys


def test_an_entry_does_not_open_in_anothers_place(live: Live) -> None:
    forge(live.folder, swap_keys)
    for way in (clerk(), chief()):
        with pytest.raises(SignInRefused):
            live.open(way).unwrap()


def test_a_removed_operators_entry_put_back_opens_nothing(live: Live) -> None:
    old = json.loads(live.raw)["wraps"][2]
    live.open().remove(live.keys, "operator", CHIEF_ID)
    forge(live.folder, lambda found: found["wraps"].append(old))
    with pytest.raises(KeyFileDamaged):
        live.open(chief()).unwrap()


def test_a_forged_recovery_entry_is_damage_or_another_set(live: Live) -> None:
    shares = live.shares[:2]
    good = live.raw
    forge(live.folder, lambda found: found["wraps"][3]["facts"].update(set="0000"))
    with pytest.raises(ShareOfAnotherSet):
        live.open(RecoveryWrapper(shares)).unwrap()
    (live.folder / KEY_FILE).write_bytes(good)
    forge(live.folder, lambda found: found["wraps"][3].update(key="00" * 60))
    with pytest.raises(KeyFileDamaged):
        live.open(RecoveryWrapper(shares)).unwrap()


def test_a_forged_training_entry_is_damage(tmp_path: Path) -> None:
    provider(tmp_path, TrainingWrapper()).create(TRAINING, STORE)
    forge(tmp_path, lambda found: found["wraps"][0].update(key="00" * 60))
    with pytest.raises(KeyFileDamaged):
        provider(tmp_path, TrainingWrapper()).unwrap()


def test_somebody_elses_keys_in_a_training_file_are_damage(tmp_path: Path) -> None:
    """The published key opens whatever is wrapped by it: what comes out must still be this store's."""
    keys = provider(tmp_path, TrainingWrapper()).create(TRAINING, STORE)
    for secret in (b"", b"short", pack_keys({1: bytes(32)})):
        entry = TrainingWrapper().wrap(secret, keys.name, SystemRandom())
        forge(tmp_path, partial(put_key, key=entry.wrapped.hex()))
        with pytest.raises(KeyFileDamaged):
            provider(tmp_path, TrainingWrapper()).unwrap()


def test_a_file_carried_to_another_store_opens_nothing(live: Live) -> None:
    forge(live.folder, put(store=OTHER))
    with pytest.raises(SignInRefused):
        live.open(clerk()).unwrap()
    with pytest.raises(KeychainEmpty):
        live.open(live.keychain).unwrap()
    with pytest.raises(ShareOfAnotherStore):
        live.open(RecoveryWrapper(live.shares)).unwrap()
    with pytest.raises(KeyMethodRefused):
        live.open(TrainingWrapper()).unwrap()


# ---- cuts ---------------------------------------------------------------------------------------

KILLED = 77
CHILD = """
import os, sys
from pathlib import Path
from app.crypto.keys import StoreKeys
from tests.crypto.support import clerk, provider
folder, step, key, act = Path(sys.argv[1]), sys.argv[2], bytes.fromhex(sys.argv[3]), sys.argv[4]
keys = StoreKeys("live", sys.argv[5], {1: key})
held = provider(folder, on_step=lambda name: os._exit(77) if name == step else None)
if act == "add":
    held.add(keys, clerk("four grey herons"))
else:
    held.remove(keys, "operator", sys.argv[6])
"""


@pytest.mark.parametrize("act", ["add", "remove"])
@pytest.mark.parametrize("step", [*REPLACE_STEPS, "never"])
def test_a_process_that_ends_in_a_rewriting_leaves_old_or_new(live: Live, step: str, act: str) -> None:
    before = live.raw
    key = live.keys.data_keys[1].hex()
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, str(live.folder), step, key, act, STORE, CLERK_ID],
        cwd=ROOT,
        check=False,
    )
    assert ended.returncode == (0 if step == "never" else KILLED)
    new = step in ("renamed", "kept", "never")
    assert (live.raw != before) is new
    for name, way in live.ways().items():
        if name != "clerk":
            assert live.open(way).unwrap() == live.keys
    changed = clerk("four grey herons") if act == "add" else None
    assert opens(live, clerk()) is not new
    assert changed is None or opens(live, changed) is new
    # What the cut left behind hinders nobody and is gone after the next rewriting.
    live.open().add(live.keys, clerk())
    assert opens(live, clerk())
    assert [path.name for path in live.folder.iterdir()] == [KEY_FILE]


def opens(live: Live, way: Any) -> bool:
    try:
        return live.open(way).unwrap() == live.keys
    except SignInRefused:
        return False


@pytest.mark.parametrize("step", ["begun", "written", "synced"])
def test_a_refusing_disk_leaves_the_old_file(live: Live, step: str) -> None:
    before = live.raw

    def refuse(name: str) -> None:
        if name == step:
            raise OSError(errno.ENOSPC, "no room")

    held = provider(live.folder, on_step=refuse)
    with pytest.raises(KeyFileNotWritten):
        held.add(live.keys, clerk("four grey herons"))
    assert live.raw == before
    assert [path.name for path in live.folder.iterdir()] == [KEY_FILE]


@pytest.mark.skipif(os.name != "posix", reason="Windows guards a user's folders by itself")
def test_a_rewritten_file_is_still_its_owners_alone(live: Live) -> None:
    live.open().add(live.keys, clerk())
    assert (live.folder / KEY_FILE).stat().st_mode & 0o777 == 0o600


# ---- the parts ----------------------------------------------------------------------------------


def test_keys_are_packed_by_version() -> None:
    keys = {2: b"b" * 32, 1: b"a" * 32}
    assert pack_keys(keys) == b"\x00\x01" + b"a" * 32 + b"\x00\x02" + b"b" * 32
    assert unpack_keys(pack_keys(keys)) == keys
    for wrong in (b"", bytes(33), bytes(35)):
        with pytest.raises(ValueError, match="data keys"):
            unpack_keys(wrong)


def test_an_entry_opens_in_its_store_and_by_its_key_alone() -> None:
    store, key = StoreName("live", STORE), b"k" * 16
    entry = KeyEntry("operator", "id", {"a": 1}).sealed(store, key, b"secret", SystemRandom())
    assert entry.opened(store, key) == b"secret"
    others = [
        (entry, StoreName("test", STORE), key),
        (entry, StoreName("live", OTHER), key),
        (entry, store, b"x" * 16),
        (KeyEntry("recovery", "id", {"a": 1}, entry.wrapped), store, key),
        (KeyEntry("operator", "di", {"a": 1}, entry.wrapped), store, key),
        (KeyEntry("operator", "id", {"a": "1"}, entry.wrapped), store, key),
        (KeyEntry("operator", "id", {}, entry.wrapped), store, key),
    ]
    for wrong, place, by in others:
        with pytest.raises(InvalidTag):
            wrong.opened(place, by)
    assert "secret" not in repr(entry)
    assert entry.wrapped.hex() not in repr(entry)


def test_the_seal_is_the_stores_own() -> None:
    file = KeyFile(StoreName("live", STORE), 1, bytes(8), ())
    one, two = (StoreKeys("live", STORE, {1: bytes((value,)) * 32}) for value in (1, 2))
    assert one.seal_of(file) != two.seal_of(file)
    assert len(one.seal_of(file)) == 32
