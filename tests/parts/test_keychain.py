"""A live store's key in a keychain that is not ours: gnome-keyring on a session bus of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.parts import require_program

pytestmark = pytest.mark.part("keychain")

ROOT = Path(__file__).resolve().parents[2]
BEGIN = """
import os, sys, time
from pathlib import Path
from app.crypto.key_ways import KeychainWrapper
from app.crypto.keychain import system_keychain
from app.crypto.recovery import RecoveryWrapper
from tests.crypto.support import STORE, clerk, provider
folder = Path(sys.argv[1])
until = time.monotonic() + (20 if 'DBUS_SESSION_BUS_ADDRESS' in os.environ else 0)
while not (keychain := system_keychain()).available and time.monotonic() < until:
    pass  # the daemon has not yet taken its name on the bus
way = KeychainWrapper(keychain)
"""
MAKE = """
recovery = RecoveryWrapper()
keys = provider(folder, way, clerk(), recovery).create("live", STORE)
print(keys.check().hex(), *recovery.shares)
"""
OPEN = """
opened = provider(folder, way, RecoveryWrapper(sys.argv[2:])).open()
print(opened.method, *[fault.code for fault in opened.passed_over], opened.keys.check().hex())
"""
FORGET = "way.forget(provider(folder, clerk()).unwrap().name)"
ADD = "provider(folder).add(provider(folder, clerk()).unwrap(), way)"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a session with a bus and an unlocked keychain, both gone afterwards."""
    require_program("keychain", "gnome-keyring-daemon", "dbus-daemon")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    places = dict.fromkeys(
        ("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_DATA_DIRS", "XDG_CONFIG_HOME"), str(home)
    )
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **places}
    told = {"stderr": subprocess.DEVNULL, "stdout": subprocess.PIPE, "text": True, "env": environment}
    bus = subprocess.Popen(
        [
            *("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"),
            f"--address=unix:path={home / 'bus'}",
        ],
        **told,  # type: ignore[call-overload]
    )
    keyring = None
    try:
        environment["DBUS_SESSION_BUS_ADDRESS"] = bus.stdout.readline().strip()
        keyring = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
            stdin=subprocess.PIPE,
            **told,  # type: ignore[call-overload]
        )
        keyring.stdin.write("the session's own password")
        keyring.stdin.close()
        yield environment
    finally:
        for process in (keyring, bus):
            if process is not None:
                process.terminate()
                process.wait()
                process.stdout.close()


def run(code: str, session: dict[str, str], folder: Path, *arguments: str) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", BEGIN + code, str(folder), *arguments],
        cwd=ROOT,
        env=session,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.split()


def test_another_process_opens_by_the_keychain_and_without_it_by_shares(
    session: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    check, *shares = run(MAKE, session, folder)
    assert run(OPEN, session, folder) == ["keychain", check]
    run(FORGET, session, folder)
    assert run(OPEN, session, folder, *shares[:2]) == ["recovery", "keys.keychain-empty", check]
    run(ADD, session, folder)
    assert run(OPEN, session, folder) == ["keychain", check]
    # The machine's session is over: no keychain, and the shares still open.
    alone = {name: value for name, value in session.items() if name != "DBUS_SESSION_BUS_ADDRESS"}
    assert run(OPEN, alone, folder, *shares[1:]) == ["recovery", "keys.keychain-unavailable", check]
