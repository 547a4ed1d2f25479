"""Simulated chips outside this process: their slot, their tray, loopback by token, vpcd's line."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from app.base.clock import SystemClock
from app.base.ids import SystemRandom
from app.cardspec.apdu import CommandApdu
from app.cardspec.product import load_products
from app.cardspec.profile import load_profile
from app.devices.channel import ApduChannel
from app.devices.id_reader import SamvReader, open_serial
from app.devices.ports import (
    AnswerUnknown,
    CardRemoved,
    CommandNotSent,
    NoCardPresent,
    ReaderGone,
    ReaderRole,
)
from app.devices.sim.card import SimulatedCard
from app.devices.sim.chip import PowerLost
from app.devices.sim.remote import ChipListener, RemoteChip, RemoteReader
from app.devices.sim.serve import ChipProcess, SimulationEnded, main, run_simulation, served_chips
from app.devices.sim.tray import EMPTY_S, CardTray, SimulationSettings
from app.devices.sim.vpcd import (
    GIVE_ATR,
    POWER_OFF,
    POWER_ON,
    RESET,
    ChipSlot,
    VpcdCard,
    receive_message,
    send_message,
)
from tests.helpers.frames import FIRST, SECOND, document

ROOT = Path(__file__).parents[3]
SELECT = bytes.fromhex("00A40000023F00")
LOSE_POWER = bytes.fromhex("00FE0000")
SELECT_MF = CommandApdu.decode(SELECT)
SOON_MS = 10_000


class Chip:
    """Counts what is done to it; FE loses power."""

    def __init__(self, atr: str = "3B00") -> None:
        self.atr = bytes.fromhex(atr)
        self.powered = False
        self.resets = 0

    def power_on(self) -> bytes:
        self.powered = True
        self.resets += 1
        return self.atr

    def power_off(self) -> None:
        self.powered = False

    def arm_tear(self, pages: int, seed: int = 0) -> None:
        raise AssertionError("nobody tears here")

    def process(self, command: bytes) -> bytes:
        if command == LOSE_POWER or not self.powered:
            self.powered = False
            raise PowerLost
        return command[:2] + b"\x90\x00"


class Hand:
    """A clock moved by hand, in seconds."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class TestSlot:
    def test_an_empty_one(self) -> None:
        slot = ChipSlot()
        assert slot.handle(GIVE_ATR) == b""
        assert slot.handle(POWER_ON) is None
        assert slot.handle(SELECT) == b""
        assert slot.lift() is None

    def test_power_reset_and_commands(self) -> None:
        slot, chip = ChipSlot(), Chip()
        slot.lay(chip)
        assert (chip.powered, slot.handle(GIVE_ATR)) == (False, chip.atr)
        assert slot.handle(SELECT) == POWER_OFF
        slot.handle(POWER_ON)
        assert slot.handle(SELECT) == SELECT[:2] + b"\x90\x00"
        before = chip.resets
        slot.handle(RESET)
        assert (chip.powered, chip.resets) == (True, before + 1)
        slot.handle(b"\x07")  # no message of the protocol
        assert chip.powered
        slot.handle(POWER_OFF)
        assert not chip.powered

    def test_lifting_takes_power(self) -> None:
        slot, chip = ChipSlot(), Chip()
        slot.lay(chip)
        slot.handle(POWER_ON)
        assert slot.lift() is chip
        assert not chip.powered

    def test_two_chips_do_not_fit(self) -> None:
        slot = ChipSlot()
        slot.lay(Chip())
        with pytest.raises(ValueError, match="already"):
            slot.lay(Chip())

    def test_time_without_power(self) -> None:
        hand = Hand()
        slot = ChipSlot(hand)
        slot.lay(Chip())
        hand.now += 3
        assert slot.unpowered_s == 3
        slot.handle(POWER_ON)
        assert slot.unpowered_s == 0
        slot.handle(LOSE_POWER)
        hand.now += 1
        assert slot.unpowered_s == 1


def card() -> SimulatedCard:
    product = load_products().card("KT-SECURED")
    return SimulatedCard(product, load_profile(), os.urandom(8), bytes(16), "410100", SystemRandom())


class TestTray:
    def tray(self, *chips: SimulatedCard) -> tuple[ChipSlot, CardTray, Hand]:
        hand = Hand()
        slot = ChipSlot(hand)
        tray = CardTray(slot, chips, 5.0, hand)
        tray.look()
        return slot, tray, hand

    def test_the_next_card_comes_after_the_one_before_was_activated_and_left_alone(self) -> None:
        first, second = card(), card()
        slot, tray, hand = self.tray(first, second)
        hand.now += 60
        tray.look()
        assert slot.chip is first  # not activated: the desk is not done with it
        slot.handle(POWER_ON)
        first.state.activated = True
        hand.now += 60
        tray.look()
        assert slot.chip is first  # it has power: somebody reads it
        slot.handle(POWER_OFF)
        hand.now += 4.9
        tray.look()
        assert slot.chip is first
        hand.now += 0.2
        tray.look()
        assert slot.chip is None
        tray.look()
        assert slot.chip is None  # the reader must see an empty slot between two cards
        hand.now += EMPTY_S
        tray.look()
        assert slot.chip is second

    def test_the_last_card_stays(self) -> None:
        only = card()
        slot, tray, hand = self.tray(only)
        only.state.activated = True
        hand.now += 600
        tray.look()
        tray.do("next")
        assert slot.chip is only

    def test_hands(self) -> None:
        first, second = card(), card()
        slot, tray, hand = self.tray(first, second)
        tray.do("put")
        tray.do("pull")
        tray.do("pull")
        hand.now += 60
        tray.look()
        assert slot.chip is None
        tray.do("put")
        assert slot.chip is first
        tray.do("next")
        hand.now += EMPTY_S
        tray.look()
        assert slot.chip is second
        tray.do("nonsense")
        assert slot.chip is second


@contextmanager
def listening(slot: ChipSlot) -> Iterator[RemoteReader]:
    listener, stop = ChipListener(slot), threading.Event()
    serving = threading.Thread(target=listener.run, args=(stop,))
    serving.start()
    try:
        yield RemoteReader("far", listener.address)
    finally:
        stop.set()
        serving.join()


@pytest.fixture
def never() -> threading.Event:
    return threading.Event()


class TestRemoteReader:
    def test_a_session(self) -> None:
        slot, chip = ChipSlot(), Chip("3B01FF")
        slot.lay(chip)
        with listening(slot) as reader:
            line = reader.connect()
            assert (reader.name, line.atr) == ("far", chip.atr)
            assert line.transmit(SELECT) == SELECT[:2] + b"\x90\x00"
            before = chip.resets
            assert line.reset() == chip.atr
            assert chip.resets == before + 1
            line.close()
            line.close()
            for use in (lambda: line.transmit(SELECT), line.reset, lambda: line.atr):
                with pytest.raises(CommandNotSent):
                    use()

    def test_the_end_of_a_session_takes_power(self) -> None:
        slot, chip = ChipSlot(), Chip()
        slot.lay(chip)
        with listening(slot) as reader:
            reader.connect().close()
        assert not chip.powered

    def test_an_empty_slot(self) -> None:
        with listening(ChipSlot()) as reader, pytest.raises(NoCardPresent):
            reader.connect()

    def test_a_card_taken_away_and_another_one_laid(self) -> None:
        slot = ChipSlot()
        slot.lay(Chip())
        with listening(slot) as reader, closing(reader.connect()) as line:
            slot.lift()
            with pytest.raises(CardRemoved):
                line.transmit(SELECT)
            slot.lay(Chip("3B01AA"))
            for use in (lambda: line.transmit(SELECT), lambda: line.atr):
                with pytest.raises(CardRemoved):
                    use()
            with closing(reader.connect()) as fresh:
                assert fresh.atr == bytes.fromhex("3B01AA")

    def test_power_lost_within_a_command_leaves_it_unknown(self) -> None:
        slot = ChipSlot()
        slot.lay(Chip())
        with (
            listening(slot) as reader,
            closing(reader.connect()) as line,
            pytest.raises(AnswerUnknown),
        ):
            line.transmit(LOSE_POWER)

    def test_less_than_a_command_is_not_sent(self) -> None:
        slot = ChipSlot()
        slot.lay(Chip())
        with (
            listening(slot) as reader,
            closing(reader.connect()) as line,
            pytest.raises(CommandNotSent),
        ):
            line.transmit(b"\x00")

    def test_waiting(self, never: threading.Event) -> None:
        slot = ChipSlot()
        cancelled = threading.Event()
        cancelled.set()
        with listening(slot) as reader:
            assert not reader.wait_for_card(0, never)
            assert not reader.wait_for_card(60_000, cancelled)
            assert reader.wait_for_removal(SOON_MS, never)
            timer = threading.Timer(0.1, slot.lay, (Chip(),))
            timer.start()
            assert reader.wait_for_card(SOON_MS, never)
            assert not reader.wait_for_removal(60, never)
            timer.join()

    def test_nobody_there(self, never: threading.Event) -> None:
        slot = ChipSlot()
        slot.lay(Chip())
        with listening(slot) as reader:
            line = reader.connect()
        with closing(line), pytest.raises(ReaderGone):
            line.transmit(SELECT)
        with pytest.raises(ReaderGone):
            reader.connect()
        with pytest.raises(ReaderGone):
            reader.wait_for_card(0, never)

    def test_without_the_token_nothing_is_answered(self, never: threading.Event) -> None:
        slot = ChipSlot()
        slot.lay(Chip())
        with listening(slot) as reader:
            stranger = RemoteReader("x", RemoteChip(reader._chip.port, "00" * 16))
            with pytest.raises(ReaderGone):
                stranger.connect()
            with pytest.raises(ReaderGone):
                stranger.wait_for_card(0, never)


class TestVpcdCard:
    """The driver's side is a socket of ours here; tests/parts has the real one."""

    @contextmanager
    def served(self, slot: ChipSlot) -> Iterator[tuple[socket.socket, VpcdCard]]:
        stop = threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as driver:
            driver.settimeout(10)
            served = VpcdCard(slot, driver.getsockname()[1])
            serving = threading.Thread(target=served.run, args=(stop,))
            serving.start()
            try:
                yield driver, served
            finally:
                stop.set()
                serving.join()

    def ask(self, line: socket.socket, body: bytes) -> bytes:
        send_message(line, body)
        return receive_message(line)

    def test_messages(self) -> None:
        slot, chip = ChipSlot(), Chip()
        slot.lay(chip)
        with self.served(slot) as (driver, _), driver.accept()[0] as line:
            assert self.ask(line, GIVE_ATR) == chip.atr
            send_message(line, POWER_ON)
            assert self.ask(line, SELECT) == SELECT[:2] + b"\x90\x00"

    def test_a_message_may_come_in_pieces(self) -> None:
        slot, chip = ChipSlot(), Chip()
        slot.lay(chip)
        with self.served(slot) as (driver, _), driver.accept()[0] as line:
            for byte in b"\x00\x01\x04":
                line.sendall(bytes((byte,)))
            assert receive_message(line) == chip.atr

    def test_a_driver_that_ends_is_waited_for(self) -> None:
        slot, chip = ChipSlot(), Chip()
        slot.lay(chip)
        with self.served(slot) as (driver, _):
            with driver.accept()[0] as line:
                send_message(line, POWER_ON)
                assert self.ask(line, GIVE_ATR) == chip.atr
            with driver.accept()[0] as line:
                assert not chip.powered  # no driver, no power
                assert self.ask(line, GIVE_ATR) == chip.atr

    def test_a_lifted_chip_leaves_the_line_and_the_next_comes_back(self) -> None:
        slot = ChipSlot()
        slot.lay(Chip())
        with self.served(slot) as (driver, _):
            with driver.accept()[0] as line:
                slot.lift()
                assert line.recv(1) == b""
            slot.lay(Chip("3B02"))
            with driver.accept()[0] as line:
                assert self.ask(line, GIVE_ATR) == bytes.fromhex("3B02")

    def test_a_chip_that_loses_power_leaves_the_line(self) -> None:
        slot = ChipSlot()
        slot.lay(Chip())
        with self.served(slot) as (driver, _), driver.accept()[0] as line:
            send_message(line, POWER_ON)
            send_message(line, LOSE_POWER)
            assert line.recv(1) == b""


class TestProcesses:
    def test_card_and_sam_of_one_root_in_processes_of_their_own(self, never: threading.Event) -> None:
        with served_chips(tell_root=True) as chips:
            assert chips.root_key is not None
            assert len(chips.root_key) == 16
            assert chips.root_key.hex() not in repr(chips)
            card_line, sam_line = ApduChannel(chips.card.connect()), ApduChannel(chips.sam.connect())
            assert card_line.send(SELECT_MF).ok
            assert sam_line.send(SELECT_MF).ok
            assert load_products().card_of(card_line.atr).id == "KT-SECURED"
            assert load_products().sam_of(sam_line.atr) is not None
            chips.do("pull")
            assert chips.card.wait_for_removal(SOON_MS, never)
            with pytest.raises(CardRemoved):
                card_line.send(SELECT_MF)
            chips.do("put")
            assert chips.card.wait_for_card(SOON_MS, never)
            card_line.close()
            sam_line.close()
        with pytest.raises(ReaderGone):
            chips.sam.connect()

    def test_no_key_stands_on_a_command_line_or_in_what_the_host_is_told(self) -> None:
        with served_chips() as chips:
            assert chips.root_key is None
            assert set(chips.process.ready) == {"card", "sam"}
            # Another test's program may name the module in its text; ours have it as an argument.
            ours = [words for words in command_lines() if b"app.devices.sim.serve" in words]
            assert len(ours) >= 3
            assert all(words[-1] in (b"card", b"sam", b"pair") for words in ours)

    def test_a_process_that_does_not_start_is_said_to_have_ended(self) -> None:
        with pytest.raises(SimulationEnded) as caught:
            ChipProcess("card", {}, (sys.executable, "-c", "pass"))
        assert caught.value.part == "card"

    def test_a_process_that_ended_takes_no_word(self) -> None:
        with served_chips() as chips:
            os.kill(chips.process.pid, signal.SIGKILL)
            chips.process.close()
            assert not chips.process.alive
            with pytest.raises(SimulationEnded):
                chips.do("next")

    def test_wrong_use(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main([]) == 2
        assert main(["reader"]) == 2
        assert "card|sam|pair" in capsys.readouterr().err


def command_lines() -> list[list[bytes]]:
    """The arguments of every process of this machine that is still there when it is looked at."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_bytes().rstrip(b"\0").split(b"\0"))
    return found


def free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return one.getsockname()[1], two.getsockname()[1]


class TestRunSimulation:
    def test_it_says_where_everything_is_and_keeps_trying(self, never: threading.Event) -> None:
        card_port, sam_port = free_ports()
        out, stop = io.StringIO(), threading.Event()
        told = threading.Event()
        out.write = lambda text: (io.StringIO.write(out, text), told.set())[0]  # type: ignore[method-assign]
        running = threading.Thread(
            target=run_simulation,
            args=(SimulationSettings(product="KT-3DES"),),
            kwargs={
                "card_port": card_port,
                "sam_port": sam_port,
                "documents": [document(FIRST), document(SECOND)],
                "out": out,
                "stop": stop,
            },
        )
        running.start()
        try:
            assert told.wait(60)
            info = json.loads(out.getvalue())
            assert set(info) == {
                "card_port", "sam_port", "id_reader", "root_key", "sam_pin", "city_code", "product",
            }  # fmt: skip
            assert (info["card_port"], info["product"], len(info["root_key"])) == (
                card_port,
                "KT-3DES",
                32,
            )
            # No driver has listened so far; now one does.
            with socket.create_server(("127.0.0.1", card_port)) as driver:
                driver.settimeout(20)
                with driver.accept()[0] as line:
                    send_message(line, GIVE_ATR)
                    assert load_products().card_of(receive_message(line)).id == "KT-3DES"
            reader = SamvReader(open_serial(info["id_reader"]), SystemClock(), info["id_reader"])
            assert [reader.read(SOON_MS, never).text for _ in range(3)] == [FIRST, SECOND, FIRST]
            reader.close()
        finally:
            stop.set()
            running.join()

    def test_interrupting_ends_it_and_its_chips(self) -> None:
        card_port, sam_port = free_ports()
        code = (
            "from app.devices.sim.serve import run_simulation\n"
            "from app.devices.sim.tray import SimulationSettings\n"
            f"run_simulation(SimulationSettings(cards=2), card_port={card_port}, sam_port={sam_port})"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert "root_key" in process.stdout.readline()
            with socket.create_server(("127.0.0.1", card_port)) as driver:
                driver.settimeout(20)
                atrs = []
                for turn in range(2):
                    with driver.accept()[0] as line:
                        send_message(line, GIVE_ATR)
                        atrs.append(receive_message(line))
                        if turn == 0:
                            process.send_signal(signal.SIGUSR1)
                            assert line.recv(1) == b""
                assert atrs[0] != atrs[1]
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0

    def test_a_chip_that_dies_ends_it_with_its_name(self) -> None:
        card_port, sam_port = free_ports()
        code = "import json, sys; sys.stdin.readline(); print(json.dumps({}), flush=True)"
        with pytest.raises(SimulationEnded):
            run_simulation(
                card_port=card_port,
                sam_port=sam_port,
                out=io.StringIO(),
                launcher=(sys.executable, "-c", code),
            )


def test_the_sams_role_is_kept_in_its_faults() -> None:
    reader = RemoteReader("far", RemoteChip(1, "00"), ReaderRole.SAM)
    with pytest.raises(ReaderGone) as caught:
        reader.connect()
    assert caught.value.role == "sam"
