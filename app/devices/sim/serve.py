"""Simulated chips in processes of their own, for the virtual driver or reached directly.

``python -m app.devices.sim.serve card|sam|pair`` is such a process. Its settings come as one line of
JSON on standard input, keys with them and never on the command line; its first line on standard output
says where it is. Further lines on standard input are hands at the slot (``next``, ``pull``, ``put``);
the end of standard input ends it, so that no chip outlives who started it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any, TextIO

from app.base.errors import N_, KangkaError
from app.devices.ports import ReaderRole
from app.devices.sim.id_reader import SimulatedDocument, SimulatedIdReader
from app.devices.sim.remote import ChipListener, RemoteChip, RemoteReader
from app.devices.sim.tray import CardTray, SimulationSettings, new_cards, new_sam
from app.devices.sim.vpcd import CARD_PORT, SAM_PORT, ChipSlot, VpcdCard

LAUNCHER = (sys.executable, "-m", "app.devices.sim.serve")
_LOOK_S = 0.1
_START_S = 30.0


@dataclass(eq=False)
class SimulationEnded(KangkaError):
    """The process of a simulated chip ended by itself."""

    part: str

    code = "simulate.ended"
    cause = N_("The simulated {part} ended by itself.")
    meaning = N_("No simulated card can be reached.")
    remedy = N_("Start the simulation again.")


# The process of a chip --------------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    """One chip's process, or with ``pair`` the process that starts both and keeps their root."""
    kind = arguments[0] if arguments else ""
    if kind not in ("card", "sam", "pair"):
        sys.stderr.write("usage: python -m app.devices.sim.serve card|sam|pair\n")
        return 2
    # Interrupting the terminal reaches every process of the group; who started this one ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    given = json.loads(sys.stdin.readline())
    if kind == "pair":
        return _run_pair(given)
    return _run_chip(kind, given)


def _run_chip(kind: str, given: dict[str, Any]) -> int:
    settings = SimulationSettings(**given["settings"])
    root = bytes.fromhex(given["root"])
    slot = ChipSlot()
    if kind == "card":
        tray = CardTray(slot, new_cards(settings, root), settings.next_after_s)
    else:
        tray = CardTray(slot, [new_sam(settings, root)], settings.next_after_s)
    tray.look()
    stop = threading.Event()
    server: VpcdCard | ChipListener
    if given["port"] is None:
        server = ChipListener(slot)
        _say(dataclasses.asdict(server.address))
    else:
        server = VpcdCard(slot, given["port"])
        _say({"port": given["port"]})
    serving = threading.Thread(target=server.run, args=(stop,), name=kind)
    serving.start()
    hands = threading.Thread(target=_follow, args=(sys.stdin, tray.do, stop), daemon=True)
    hands.start()
    while serving.is_alive() and not stop.wait(_LOOK_S):
        tray.look()
    stop.set()
    serving.join()
    return 0


def _run_pair(given: dict[str, Any]) -> int:
    settings = SimulationSettings(**given["settings"])
    stop = threading.Event()
    with _chips(settings, None, None) as chips:
        told = {"root_key": chips.root.hex()} if given["tell_root"] else {}
        _say({"card": chips.card.ready, "sam": chips.sam.ready, **told})
        hands = threading.Thread(target=_follow, args=(sys.stdin, chips.card.tell, stop), daemon=True)
        hands.start()
        chips.watch(stop)
    return 0


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _follow(lines: IO[str], do: Callable[[str], None], stop: threading.Event) -> None:
    """Do what each line says; the end of the lines sets ``stop``."""
    for line in lines:
        do(line.strip())
    stop.set()


# Who starts chips -------------------------------------------------------------------------------------


class ChipProcess:
    """One process of ours; ``ready`` is its first line. ``SimulationEnded`` where it does not start."""

    def __init__(self, kind: str, given: dict[str, Any], launcher: Sequence[str] = LAUNCHER) -> None:
        self.kind = kind
        # The program may have been started out of any folder.
        home = str(Path(__file__).resolve().parents[3])
        paths = [home, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(  # noqa: S603 - our own program, no word of a user in it
            [*launcher, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )
        try:
            self.tell(json.dumps(given))
            first = self._process.stdout.readline() if self._process.stdout else ""
            if not first:
                raise SimulationEnded(part=kind)
        except BaseException:
            self.close()
            raise
        self.ready: dict[str, Any] = json.loads(first)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def tell(self, word: str) -> None:
        """Hand it one line; ``SimulationEnded`` where nobody takes it."""
        if self._process.stdin is None or self._process.stdin.closed:
            raise SimulationEnded(part=self.kind)
        try:
            self._process.stdin.write(word + "\n")
            self._process.stdin.flush()
        except OSError:
            raise SimulationEnded(part=self.kind) from None

    def close(self) -> None:
        """End it. Closing twice is harmless."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue  # it ended before it took its last line
        try:
            self._process.wait(_START_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Words:
    """Lines of a file as they come, never waited for: a thread that reads standard input can not be
    ended and would bring the interpreter down at its exit."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        self._begun = b""

    def take(self) -> list[str]:
        """The lines that are whole now; none once the file has ended."""
        if self._descriptor is None or not select.select([self._descriptor], [], [], 0)[0]:
            return []
        data = os.read(self._descriptor, 4096)
        if not data:
            self._descriptor = None
        *whole, self._begun = (self._begun + data).split(b"\n")
        return [line.decode("utf-8", "replace").strip() for line in whole]


@dataclass
class _Chips:
    """A card's and a SAM's process of one random root."""

    root: bytes = dataclasses.field(repr=False)
    card: ChipProcess
    sam: ChipProcess

    def watch(self, stop: threading.Event, words: _Words | None = None) -> None:
        """Return when ``stop`` is set; ``SimulationEnded`` when a chip's process ends before."""
        while not stop.wait(_LOOK_S):
            for word in words.take() if words else ():
                self.card.tell(word)
            for process in (self.card, self.sam):
                if not process.alive:
                    raise SimulationEnded(part=process.kind)


@contextmanager
def _chips(
    settings: SimulationSettings,
    card_port: int | None,
    sam_port: int | None,
    launcher: Sequence[str] = LAUNCHER,
) -> Iterator[_Chips]:
    root = secrets.token_bytes(16)
    given = {"settings": dataclasses.asdict(settings), "root": root.hex()}
    card = ChipProcess("card", given | {"port": card_port}, launcher)
    try:
        sam = ChipProcess("sam", given | {"port": sam_port}, launcher)
        try:
            yield _Chips(root, card, sam)
        finally:
            sam.close()
    finally:
        card.close()


@dataclass(frozen=True)
class ServedChips:
    """Two readers whose chips live in processes of their own; this process knows no key of theirs.

    ``root_key`` is there only where it was asked for (an oracle's check).
    """

    card: RemoteReader
    sam: RemoteReader
    settings: SimulationSettings
    process: ChipProcess
    root_key: bytes | None = dataclasses.field(repr=False, default=None)

    def do(self, word: str) -> None:
        """Hands at the card's slot: ``next``, ``pull``, ``put``."""
        self.process.tell(word)


@contextmanager
def served_chips(
    settings: SimulationSettings | None = None,
    *,
    tell_root: bool = False,
    launcher: Sequence[str] = LAUNCHER,
) -> Iterator[ServedChips]:
    """Start a card and a SAM, each in a process of its own, and reach them directly over loopback."""
    settings = settings or SimulationSettings()
    given = {"settings": dataclasses.asdict(settings), "tell_root": tell_root}
    process = ChipProcess("pair", given, launcher)
    try:
        ready = process.ready
        yield ServedChips(
            RemoteReader("SIMULATED card", RemoteChip(**ready["card"]), ReaderRole.CARD),
            RemoteReader("SIMULATED SAM", RemoteChip(**ready["sam"]), ReaderRole.SAM),
            settings,
            process,
            bytes.fromhex(ready["root_key"]) if tell_root else None,
        )
    finally:
        process.close()


def run_simulation(
    settings: SimulationSettings | None = None,
    *,
    card_port: int = CARD_PORT,
    sam_port: int = SAM_PORT,
    documents: Iterable[SimulatedDocument] = (),
    out: TextIO | None = None,
    hands: IO[str] | None = None,
    stop: threading.Event | None = None,
    launcher: Sequence[str] = LAUNCHER,
) -> None:
    """Serve chips to the virtual driver and an identity reader on a pseudo terminal, until ``stop`` is
    set or the process is interrupted.

    Prints one line of JSON on ``out`` when all is ready. ``hands`` is a file of lines ``next``, ``pull``
    and ``put``; SIGUSR1 is ``next`` too. The identity reader lays ``documents`` one after another and
    then begins again. It keeps trying while no driver listens.
    """
    # Loaded here, because there is no pseudo terminal where this is not POSIX.
    from app.devices.sim.pty import PtyIdReader  # noqa: PLC0415

    settings = settings or SimulationSettings()
    stop = stop or threading.Event()
    with _chips(settings, card_port, sam_port, launcher) as chips, _signals(stop, chips):
        line = PtyIdReader(SimulatedIdReader(documents, around=True))
        try:
            told = {
                "card_port": card_port,
                "sam_port": sam_port,
                "id_reader": line.path,
                "root_key": chips.root.hex(),
                "sam_pin": settings.sam_pin,
                "city_code": settings.city_code,
                "product": settings.product,
            }
            print(json.dumps(told), file=out or sys.stdout, flush=True)
            words = _Words(hands.fileno()) if hands is not None else None
            chips.watch(stop, words)
        finally:
            line.close()


@contextmanager
def _signals(stop: threading.Event, chips: _Chips) -> Iterator[None]:
    """Interrupting and ending set ``stop``; SIGUSR1 takes the card off and lays the next."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ended(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    def next_card(_number: int, _frame: FrameType | None) -> None:
        chips.card.tell("next")

    handlers: dict[int, Callable[[int, FrameType | None], None]] = {
        signal.SIGINT: ended,
        signal.SIGTERM: ended,
    }
    # A signal that Windows does not have; there the hands' lines do the same.
    another = getattr(signal, "SIGUSR1", None)
    if another is not None:
        handlers[another] = next_card
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
