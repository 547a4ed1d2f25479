"""A desk in a process of its own, and chips that outlive it because they live in another."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.devices.sim.chip import PowerLost, SimulatedChip
from app.devices.sim.remote import ChipListener, RemoteChip
from app.devices.sim.vpcd import ChipSlot

ROOT = Path(__file__).resolve().parents[2]


class DeskProcess:
    """Does jobs in forks of one process; ``run`` gives what a job said, its exit code last."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.helpers.harness_child"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.hear()

    def hear(self) -> dict[str, Any]:
        """The next line; EOFError where the process has ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise EOFError("the desk's process has ended")
        told: dict[str, Any] = json.loads(line)
        return told

    def tell(self, line: str) -> None:
        """One line to the job or, between jobs, the next job."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def run(
        self,
        job: dict[str, Any],
        on_start: Callable[[int], None] = lambda _pid: None,
        paused: Callable[[int, dict[str, Any]], None] = lambda _pid, _told: None,
    ) -> list[dict[str, Any]]:
        """Do a job. ``on_start`` is given the fork's process id, ``paused`` also what the job said."""
        self.tell(json.dumps(job))
        pid = int(self.hear()["pid"])
        on_start(pid)
        heard: list[dict[str, Any]] = []
        while True:
            told = self.hear()
            heard.append(told)
            if "paused" in told:
                try:
                    paused(pid, told)
                finally:
                    self.tell("go on")
            if "ended" in told:
                return heard

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@contextmanager
def desk_process() -> Iterator[DeskProcess]:
    """A desk's process, ended at the end."""
    process = DeskProcess()
    try:
        yield process
    finally:
        process.close()


class ChipHouse:
    """Slots of this process that desks in other processes reach; chips stay when a desk dies."""

    def __init__(self, count: int) -> None:
        self.slots = [ChipSlot() for _ in range(count)]
        self._stop = threading.Event()
        self._listeners = [ChipListener(slot) for slot in self.slots]
        self._threads = [
            threading.Thread(target=listener.run, args=(self._stop,), name="chips", daemon=True)
            for listener in self._listeners
        ]
        for thread in self._threads:
            thread.start()

    def address(self, slot: int) -> dict[str, Any]:
        """Where a slot is reached, as a job has it."""
        chip: RemoteChip = self._listeners[slot].address
        return asdict(chip)

    def lay(self, slot: int, chip: SimulatedChip) -> None:
        """A chip in the place of what lies in the slot."""
        self.slots[slot].lift()
        self.slots[slot].lay(chip)

    def close(self) -> None:
        """Stop listening."""
        self._stop.set()
        for thread in self._threads:
            thread.join()


class KillingChip:
    """A chip that kills its desk at an exchange: once it was carried out, or in the midst of it."""

    def __init__(self, chip: SimulatedChip, at_exchange: int, tear: tuple[int, int] | None) -> None:
        self._chip = chip
        self._left = at_exchange
        self._tear = tear
        self.victim: int | None = None
        self.killed = False

    def power_on(self) -> bytes:
        return self._chip.power_on()

    def power_off(self) -> None:
        self._chip.power_off()

    def arm_tear(self, pages: int, seed: int = 0) -> None:
        self._chip.arm_tear(pages, seed)

    def process(self, command: bytes) -> bytes:
        """One command; the one at which the desk dies brings no answer to anybody."""
        self._left -= 1
        if self._left or self.victim is None:
            return self._chip.process(command)
        if self._tear is not None:
            self._chip.arm_tear(*self._tear)
        try:
            self._chip.process(command)
        finally:
            self.killed = True
            os.kill(self.victim, signal.SIGKILL)
        raise PowerLost
