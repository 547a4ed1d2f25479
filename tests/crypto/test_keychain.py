"""The keychain's port: what is kept comes back, and whatever a keychain may do is one known fault."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from keyring.errors import InitError, KeyringError, PasswordSetError

from app.base.threads import WINDOW_THREAD
from app.crypto.keychain import SERVICE, Keychain, KeychainUnavailable
from tests.crypto.support import MemoryKeyring

ROOT = Path(__file__).resolve().parents[2]


def test_what_is_kept_comes_back_until_it_is_forgotten() -> None:
    backend = MemoryKeyring()
    keychain = Keychain(backend)
    assert keychain.read("store") is None
    keychain.write("store", "one")
    keychain.write("store", "two")
    keychain.write("other", "three")
    assert keychain.read("store") == "two"
    assert backend.kept == {(SERVICE, "store"): "two", (SERVICE, "other"): "three"}
    keychain.forget("store")
    keychain.forget("store")
    assert keychain.read("store") is None
    assert keychain.read("other") == "three"


class BrokenKeyring(MemoryKeyring):
    """One whose library fails by the fault it was given."""

    def __init__(self, fault: Exception) -> None:
        super().__init__()
        self._fault = fault

    def _open(self) -> dict[tuple[str, str], str]:
        raise self._fault


@pytest.mark.parametrize(
    "fault",
    [
        InitError("no collection"),
        PasswordSetError("full"),
        KeyringError("x"),
        ConnectionRefusedError("bus"),
        RuntimeError("a library's own"),
        KeyError("an attribute of the item"),
    ],
    ids=lambda fault: type(fault).__name__,
)
def test_whatever_a_keychain_fails_by_is_one_known_fault(fault: Exception) -> None:
    keychain = Keychain(BrokenKeyring(fault))
    for act in (
        lambda: keychain.read("store"),
        lambda: keychain.write("store", "a secret"),
        lambda: keychain.forget("store"),
    ):
        with pytest.raises(KeychainUnavailable) as refused:
            act()
        assert "secret" not in str(refused.value)


def test_a_machine_without_one_says_so() -> None:
    assert Keychain(MemoryKeyring()).available
    assert not Keychain(None).available
    for act in (lambda: Keychain(None).read("a"), lambda: Keychain(None).write("a", "b")):
        with pytest.raises(KeychainUnavailable):
            act()


@pytest.mark.skipif(sys.platform != "linux", reason="Windows always has one")
def test_a_session_without_a_bus_has_none_whatever_its_settings_name(tmp_path: Path) -> None:
    """A variable that names another keychain, as ``keyring`` would follow it, changes nothing."""
    code = (
        "from app.crypto.keychain import KeychainUnavailable, system_keychain\n"
        "import keyring\n"
        "print(type(keyring.get_keyring()).__module__)\n"
        "try:\n    system_keychain().write('a', 'b')\n"
        "except KeychainUnavailable as fault:\n    print(fault.code)\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.stdout.splitlines() == ["keyring.backends.null", "keys.keychain-unavailable"], (
        told.stderr
    )


def test_nothing_of_it_runs_on_the_windows_thread() -> None:
    backend, refused = MemoryKeyring(), []

    def window() -> None:
        try:
            Keychain(backend).write("store", "one")
        except RuntimeError as fault:
            refused.append(fault)

    thread = threading.Thread(target=window, name=WINDOW_THREAD)
    thread.start()
    thread.join()
    assert len(refused) == 1
    assert backend.kept == {}
