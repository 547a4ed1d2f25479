"""The desk's process in the harnesses that kill it or read its memory; started by ``harness_process``.

It reads jobs from standard input, one line of JSON each, and does each in a fork of its own, so that a
killed desk costs no start of an interpreter. It holds no key but what a control hands it on purpose.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.base.clock import SystemClock
from app.base.errors import KangkaError
from app.base.ids import SystemRandom
from app.cardspec.product import load_products
from app.cardspec.profile import load_profile
from app.devices.ports import CardConnection, CardReader, ReaderRole
from app.devices.sim.card import SimulatedCard
from app.devices.sim.card_printer import SimulatedCardPrinter
from app.devices.sim.reader import SimulatedReader
from app.devices.sim.remote import RemoteChip, RemoteReader
from app.devices.sim.sam import SimulatedSam
from app.devices.sim.tray import sam_product_for
from app.domain.application import Realm
from app.domain.ports import Case, Outcome
from app.store.database import CipherDatabase
from app.store.store import StoreContext, open_store
from app.workflow.cases import case_row
from app.workflow.issue import CHIP_DONE, FINISHED, Maker
from tests.helpers.harness import PATIENCE, SPOILED_BECAUSE, NoHands, station_of
from tests.helpers.victims import CITY_CODE, victim

Job = dict[str, Any]
_CIPHER_DATA = 0xFA
_GET_CHALLENGE = bytes.fromhex("0084000008")


def say(**told: object) -> None:
    """One line to who started us, whole even if we die after it."""
    os.write(1, json.dumps(told).encode() + b"\n")


class Lines:
    """Standard input without a buffer, because a fork reads on where its parent stopped."""

    @staticmethod
    def take() -> str:
        """The next line; empty at the end."""
        line = b""
        while not line.endswith(b"\n"):
            octet = os.read(0, 1)
            if not octet:
                return ""
            line += octet
        return line.decode()


class WatchedReader:
    """A reader whose exchanges are counted before they are made; challenges that passed are kept."""

    def __init__(self, reader: CardReader, before: Callable[[int, bytes], None]) -> None:
        self._reader = reader
        self._before = before
        self.exchanges = 0
        self.challenges: list[str] = []
        self.atr = b""

    @property
    def name(self) -> str:
        return self._reader.name

    def connect(self) -> WatchedConnection:
        line = self._reader.connect()
        self.atr = line.atr
        return WatchedConnection(self, line)

    def wait_for_card(self, timeout_ms: int, cancel: threading.Event) -> bool:
        return self._reader.wait_for_card(timeout_ms, cancel)

    def wait_for_removal(self, timeout_ms: int, cancel: threading.Event) -> bool:
        return self._reader.wait_for_removal(timeout_ms, cancel)

    def pass_on(self, line: CardConnection, command: bytes) -> bytes:
        """One exchange."""
        self.exchanges += 1
        self._before(self.exchanges, command)
        answer = line.transmit(command)
        if command == _GET_CHALLENGE and len(answer) == 10:
            self.challenges.append(answer[:8].hex())
        return answer


class WatchedConnection:
    """A line of a ``WatchedReader``."""

    def __init__(self, reader: WatchedReader, line: CardConnection) -> None:
        self._reader = reader
        self._line = line

    @property
    def atr(self) -> bytes:
        return self._line.atr

    def transmit(self, command: bytes) -> bytes:
        return self._reader.pass_on(self._line, command)

    def reset(self) -> bytes:
        return self._line.reset()

    def close(self) -> None:
        self._line.close()


class ChildDesk:
    """One desk over chips that live elsewhere (or inside, where a control asks for it)."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.products, self.profile = load_products(), load_profile()
        self._points = self._ciphers = 0
        context = StoreContext(Realm.TRAINING, SystemClock(), SystemRandom(), on_commit=self._on_commit)
        self.store = open_store(Path(job["folder"]), context)
        if job.get("uncommitted"):
            commit_nothing()
        self.card_reader = WatchedReader(self._chip(ReaderRole.CARD), self._pause)
        self.sam_reader = WatchedReader(self._chip(ReaderRole.SAM), self._pause_at_cipher)
        self.printed = Path(job["printed"])
        station = station_of(
            self.store,
            self.card_reader,
            self.sam_reader,
            NoHands(),
            SimulatedCardPrinter(self.printed),
            self.profile,
            self.products,
        )
        self.maker = Maker(station)

    def _chip(self, role: ReaderRole) -> CardReader:
        if self.job.get("inside") != role.value:
            return RemoteReader(f"SIMULATED {role.value}", RemoteChip(**self.job[role.value]), role)
        root, random = bytes.fromhex(self.job["root"]), SystemRandom()
        product = self.products.card(self.job["product"])
        reader = SimulatedReader(f"SIMULATED {role.value}", role)
        if role is ReaderRole.CARD:
            factor = random.token_bytes(8)
            reader.insert(SimulatedCard(product, self.profile, factor, root, CITY_CODE, random))
        else:
            kind = sam_product_for(self.products, product)
            number, serial = "41010000000000000001", random.token_bytes(8)
            reader.insert(SimulatedSam(kind, 5, number, serial, root, CITY_CODE, random=random))
        return reader

    def _on_commit(self, point: str) -> None:
        self._points += 1
        say(point=point)
        if self._points == self.job.get("point"):
            os.kill(os.getpid(), signal.SIGKILL)

    def _pause(self, number: int, _command: bytes) -> None:
        if number in self.job.get("pauses", ()):
            self.pause()

    def _pause_at_cipher(self, _number: int, command: bytes) -> None:
        # Between delivery and use the SAM holds a session key.
        self._ciphers += command[1] == _CIPHER_DATA
        if command[1] == _CIPHER_DATA and self._ciphers == self.job.get("pause_at_cipher"):
            self.pause()

    def pause(self) -> None:
        """Say so and wait for a line, while somebody reads this process's memory."""
        say(
            paused=self.card_reader.exchanges,
            atr=self.card_reader.atr.hex(),
            challenges=self.card_reader.challenges + self.sam_reader.challenges,
        )
        Lines.take()

    def issue(self) -> None:
        """A card for the job's person, from the frozen application on."""
        application = victim(self.job["number"], self.profile).application
        self.store.applications.freeze(application)
        try:
            made = self.maker.make(application.id, lambda _event: None, threading.Event())
            say(made=made.case.state, serial=made.case.chip_serial)
        except KangkaError as fault:
            say(raised=fault.code)
        if "pauses" in self.job:
            self.pause()

    def settle(self) -> None:
        """What a clerk does after a restart: look at the list, then at the card, then settle."""
        journal = self.store.journal
        for case in journal.open_cases():
            application = self.store.applications.get(case.application_id, case.application_version)
            intents = journal.intents(case.id)
            row = case_row(case, intents, application)
            say(
                case=case.id,
                state=case.state,
                serial=case.chip_serial,
                doubtful=[intent.kind for intent in intents if intent.outcome is None],
                known=[sentence.text for sentence in row.known],
                offers=list(row.offers),
            )
        for case in journal.open_cases():
            for _attempt in range(PATIENCE):
                if journal.case(case.id).state not in FINISHED:
                    self._settle_once(journal.case(case.id))
            if journal.case(case.id).state not in FINISHED:
                self.maker.spoil(journal.case(case.id), SPOILED_BECAUSE)

    def _settle_once(self, case: Case) -> None:
        intents = self.store.journal.intents(case.id)
        pages = [i for i in intents if i.target in ("front", "back")]
        # The clerk looks at the card: a doubtful page that is on it is not printed again.
        on_card = [
            i.outcome is Outcome.DONE or (self.printed / f"{case.id}-{i.target}.pdf").exists()
            for i in pages
        ]
        doubtful = any(i.outcome is None for i in pages)
        way = self.maker.verify if doubtful and all(on_card) else self.maker.proceed
        if case.state not in CHIP_DONE:
            way = self.maker.proceed
        try:
            way(case, lambda _event: None, threading.Event())
        except KangkaError as fault:
            say(raised=fault.code)


def commit_nothing() -> None:
    """The control: transactions go on and on, and none of them ends durably."""
    begin = CipherDatabase.begin
    CipherDatabase.commit = lambda _self: None
    CipherDatabase.begin = lambda self, lock_type=None: (
        None if self.connection().in_transaction else begin(self, lock_type)
    )


def work(job: Job) -> None:
    """One job, to its end or until it is killed."""
    desk = ChildDesk(job)
    try:
        {"issue": desk.issue, "settle": desk.settle}[job["act"]]()
    finally:
        desk.maker._station.sam.forget()
        desk.store.close()


def main() -> None:
    """Jobs until the end of standard input."""
    say(ready=os.getpid())
    while line := Lines.take():
        child = os.fork()
        if child == 0:
            status = 1
            say(pid=os.getpid())
            with contextlib.suppress(BrokenPipeError):
                try:
                    work(json.loads(line))
                    status = 0
                finally:
                    # The traceback of a bug goes to standard error before the fork ends.
                    if status:
                        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
                    sys.stderr.flush()
                    os._exit(status)
        _, ended = os.waitpid(child, 0)
        say(ended=os.waitstatus_to_exitcode(ended))


if __name__ == "__main__":
    main()
