"""The real PC/SC service with vpcd's virtual readers, in a network and mount namespace of its own.

vpcd's driver listens on every address, so it gets a network in which there is nothing but loopback; the
service's Unix socket lies in a private /run/pcscd, reached from outside through the holder's root.
Only processes started here are ended here.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.devices.sim.tray import SimulationSettings

ROOT = Path(__file__).parents[2]
DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
SOCKET = "/run/pcscd/pcscd.comm"
READER_CONF = f"""\
FRIENDLYNAME "Virtual PCD"
DEVICENAME   /dev/null:0x8C7B
LIBPATH      {DRIVER}
CHANNELID    0x8C7B
"""
# Sets the namespace up, says so, and ends when its standard input does.
HOLDER = "mount -t tmpfs none /run/pcscd && ip link set lo up && echo ready && exec cat"
# A chip that loses power within FE and answers 9000 to all else. Its ATR stands on the command line.
TINY = """\
import sys, threading
from app.devices.sim.chip import PowerLost
from app.devices.sim.vpcd import CARD_PORT, ChipSlot, VpcdCard
class Tiny:
    def power_on(self): return bytes.fromhex(sys.argv[1])
    def power_off(self): pass
    def arm_tear(self, pages, seed=0): pass
    def process(self, command):
        if command[1] == 0xFE: raise PowerLost
        return bytes.fromhex("9000")
slot = ChipSlot()
slot.lay(Tiny())
print("laid", flush=True)
stop = threading.Event()
serving = threading.Thread(target=VpcdCard(slot, CARD_PORT).run, args=(stop,))
serving.start()
sys.stdin.read()
stop.set()
serving.join()
"""
SIMULATE = """\
import json, sys
from app.devices.sim.serve import run_simulation
from app.devices.sim.tray import SimulationSettings
from tests.helpers.frames import FIRST, SECOND, document
run_simulation(
    SimulationSettings(**json.loads(sys.argv[1])),
    documents=[document(FIRST), document(SECOND)],
    hands=sys.stdin,
)
"""


def missing() -> str:
    """Why the service can not be run here; empty when it can."""
    for program in ("pcscd", "unshare", "nsenter", "ip", "mount"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not DRIVER.exists():
        return "vpcd's driver is not installed"
    tried = subprocess.run([*_unshare(), "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "namespaces can not be made here"


def _unshare() -> list[str]:
    own = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", *own, "--net", "--mount"]


class Namespace:
    """A network of its own, held by one process of ours."""

    def __init__(self) -> None:
        Path("/run/pcscd").mkdir(parents=True, exist_ok=True)
        self._holder = subprocess.Popen(
            [*_unshare(), "sh", "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == "ready\n"

    @property
    def prefix(self) -> list[str]:
        """What stands before a command that is to run inside."""
        return ["nsenter", f"--target={self._holder.pid}", "--net", "--mount", "--"]

    @property
    def env(self) -> dict[str, str]:
        """The environment in which a program outside sees the service inside."""
        return os.environ | {
            "PCSCLITE_CSOCK_NAME": f"/proc/{self._holder.pid}/root{SOCKET}",
            "PYTHONPATH": str(ROOT),
        }

    def wait_for_socket(self) -> None:
        """Return when the service takes connections."""
        path, pause = self.env["PCSCLITE_CSOCK_NAME"], threading.Event()
        for _ in range(1000):
            with socket.socket(socket.AF_UNIX) as line:
                if line.connect_ex(path) == 0:
                    return
            pause.wait(0.01)
        raise AssertionError("pcscd takes no connections")

    def popen(self, *command: str, **more: Any) -> subprocess.Popen[str]:
        """Start a program inside, by its whole path: it begins in the root folder."""
        return subprocess.Popen(
            [*self.prefix, *command],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            text=True,
            **more,
        )

    def close(self) -> None:
        self._holder.communicate("", timeout=10)


class Service:
    """pcscd inside a namespace; with ``readers`` off no driver is configured."""

    def __init__(self, namespace: Namespace, folder: Path, readers: bool = True) -> None:
        conf = folder / f"reader.conf.d-{readers}"
        conf.mkdir(exist_ok=True)
        (conf / "vpcd").write_text(READER_CONF if readers else "", "utf-8")
        self._lines: list[str] = []
        self._ready = threading.Event()
        self._process = namespace.popen(
            "pcscd", "-f", "-i", "-c", str(conf), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        # Its log says when it is ready, and has to be taken off its hands all the while.
        self._reading = threading.Thread(target=self._read)
        self._reading.start()
        assert self._ready.wait(20), self.log
        # It says so shortly before it takes connections.
        namespace.wait_for_socket()

    @property
    def log(self) -> str:
        """What the service has said."""
        return "".join(self._lines)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.append(line)
            if "ready" in line:
                self._ready.set()

    def close(self) -> None:
        """Stop it. Closing twice is harmless."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait(10)
        self._reading.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


@dataclass
class Simulation:
    """``run_simulation`` inside a namespace. ``info`` is its line of JSON; ``env`` and ``prefix`` let a
    program see its readers from outside, or run beside it."""

    namespace: Namespace
    settings: SimulationSettings = field(default_factory=SimulationSettings)

    def __post_init__(self) -> None:
        self._process = self.namespace.popen(
            sys.executable,
            "-c",
            SIMULATE,
            json.dumps(vars(self.settings)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.info: dict[str, Any] = json.loads(self._process.stdout.readline())

    @property
    def env(self) -> dict[str, str]:
        return self.namespace.env

    @property
    def prefix(self) -> list[str]:
        return self.namespace.prefix

    def do(self, word: str) -> None:
        """Hands at the card's slot: ``next``, ``pull``, ``put``."""
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def run(self, *command: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run a program outside that sees the readers."""
        return subprocess.run(
            command,
            env=self.env,
            cwd=ROOT,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
            **more,
        )

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=30)


class TinyChip:
    """A chip of ``TINY`` on the card's reader, inside a namespace."""

    def __init__(self, namespace: Namespace, atr: str) -> None:
        self._process = namespace.popen(
            sys.executable, "-c", TINY, atr, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "laid\n"

    def close(self) -> None:
        self._process.communicate("", timeout=10)
