"""Card readers of the system through PC/SC. The only file that imports ``smartcard``.

It works on ``smartcard.scard``, the thin layer: pyscard's own monitors and connection objects keep
threads and caches that end for good when the service stops. Every call of a reader opens a context of
its own and lets go of it, because Windows ends the service with the last reader and contexts with it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from smartcard import scard  # type: ignore[import-untyped]

from app.base.errors import N_
from app.devices.ports import (
    AnswerUnknown,
    CardRemoved,
    CommandNotSent,
    LinkFault,
    NoCardPresent,
    ReaderGone,
    ReaderRole,
)

# A wait is cut into slices of this length, so that a cancelled one ends soon; the system still wakes
# it at once when a card comes or goes.
_SLICE_MS = 100
_T0_OR_T1 = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
# What the system hands out when no reader is plugged in; the service itself is well.
_NO_READERS = (scard.SCARD_E_NO_READERS_AVAILABLE,)
_SERVICE_GONE = (
    scard.SCARD_E_NO_SERVICE,
    scard.SCARD_E_SERVICE_STOPPED,
    scard.SCARD_E_INVALID_HANDLE,  # a context of a service that has been started anew
    scard.SCARD_F_COMM_ERROR,  # the service's own line, where no card is concerned
)
_READER_GONE = (
    scard.SCARD_E_UNKNOWN_READER,
    scard.SCARD_E_READER_UNAVAILABLE,
    scard.SCARD_E_NO_READERS_AVAILABLE,
    scard.SCARD_E_NO_SERVICE,
    scard.SCARD_E_SERVICE_STOPPED,
    scard.SCARD_E_INVALID_HANDLE,
)
_CARD_GONE = (scard.SCARD_W_REMOVED_CARD, scard.SCARD_E_NO_SMARTCARD)
# The service refused these before it spoke to the reader.
_NOT_SENT = (
    scard.SCARD_E_SHARING_VIOLATION,
    scard.SCARD_E_INVALID_PARAMETER,
    scard.SCARD_E_INVALID_VALUE,
)
_CHIP_DEAD = (
    scard.SCARD_W_UNRESPONSIVE_CARD,
    scard.SCARD_W_UNPOWERED_CARD,
    scard.SCARD_W_UNSUPPORTED_CARD,
    scard.SCARD_E_PROTO_MISMATCH,
)


@dataclass(eq=False)
class CardServiceMissing(LinkFault):
    """The system's smart-card service does not run."""

    code = "link.no-service"
    cause = N_("The smart-card service of this computer is not running.")
    meaning = N_("No card can be reached.")
    remedy = N_("Start the smart-card service (pcscd, on Windows SCardSvr) and try again.")


@dataclass(eq=False)
class ReaderBusy(LinkFault):
    """Another program holds the card."""

    role: str

    code = "link.reader-busy"
    cause = N_("Another program is using the card in the {role} reader.")
    meaning = N_("Nothing has begun.")
    remedy = N_("Close the other program, then continue.")


@dataclass(eq=False)
class ChipSilent(LinkFault):
    """Something lies in the slot and gives no answer to reset that can be used."""

    role: str

    code = "link.chip-silent"
    cause = N_("The card in the {role} reader does not answer.")
    meaning = N_("Nothing has begun.")
    remedy = N_("Turn the card the right way round; if it still does not answer, take another one.")


def list_readers() -> list[str]:
    """The names of the readers as the system gives them, in its order.

    ``CardServiceMissing`` where the service does not run; no reader is an empty list.
    """
    with _context() as context:
        code, names = scard.SCardListReaders(context, [])
    if code in _NO_READERS:
        return []
    if code != scard.SCARD_S_SUCCESS:
        raise CardServiceMissing
    return list(names)


def find_reader(pattern: str, role: ReaderRole) -> PcscReader:
    """The first reader whose name matches ``pattern`` (a regular expression); ``ReaderGone`` without
    one."""
    for name in list_readers():
        if re.search(pattern, name):
            return PcscReader(name, role)
    raise ReaderGone(role=role.value)


class PcscReader:
    """A ``CardReader`` of the system, by its name."""

    def __init__(
        self,
        name: str,
        role: ReaderRole = ReaderRole.CARD,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._name = name
        self._role = role
        self._monotonic_ns = monotonic_ns

    @property
    def name(self) -> str:
        """The reader's name as the system gives it."""
        return self._name

    def connect(self) -> PcscConnection:
        """An exclusive connection to the chip that lies there now.

        ``NoCardPresent``, ``ReaderBusy``, ``ChipSilent``, ``ReaderGone`` or ``CardServiceMissing``.
        """
        context = _establish()
        try:
            code, handle, protocol = scard.SCardConnect(
                context, self._name, scard.SCARD_SHARE_EXCLUSIVE, _T0_OR_T1
            )
            if code != scard.SCARD_S_SUCCESS:
                raise self._refused(code)
        except BaseException:
            scard.SCardReleaseContext(context)
            raise
        return PcscConnection(context, handle, protocol, self._name, self._role)

    def wait_for_card(self, timeout_ms: int, cancel: threading.Event) -> bool:
        """Whether a chip lies there within ``timeout_ms``; False at once when cancelled."""
        return self._wait(scard.SCARD_STATE_PRESENT, timeout_ms, cancel)

    def wait_for_removal(self, timeout_ms: int, cancel: threading.Event) -> bool:
        """Whether the slot is empty within ``timeout_ms``; False at once when cancelled."""
        return self._wait(scard.SCARD_STATE_EMPTY, timeout_ms, cancel)

    def _wait(self, wanted: int, timeout_ms: int, cancel: threading.Event) -> bool:
        deadline = self._monotonic_ns() + timeout_ms * 1_000_000
        with _context() as context:
            known = scard.SCARD_STATE_UNAWARE
            while not cancel.is_set():
                left = max(0, (deadline - self._monotonic_ns()) // 1_000_000)
                state = self._state(context, known, min(_SLICE_MS, left))
                if state & wanted:
                    return True
                if not left:
                    return False
                known = state & ~scard.SCARD_STATE_CHANGED
        return False

    def _state(self, context: Any, known: int, timeout_ms: int) -> int:
        code, states = scard.SCardGetStatusChange(context, timeout_ms, [(self._name, known)])
        if code == scard.SCARD_E_TIMEOUT:
            return known
        if code in _SERVICE_GONE:
            raise CardServiceMissing
        if code != scard.SCARD_S_SUCCESS:
            raise ReaderGone(role=self._role.value)
        state = int(states[0][1])
        if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
            raise ReaderGone(role=self._role.value)
        return state

    def _refused(self, code: int) -> LinkFault:
        role = self._role.value
        if code in _CARD_GONE:
            return NoCardPresent(role=role)
        if code == scard.SCARD_E_SHARING_VIOLATION:
            return ReaderBusy(role=role)
        if code in _CHIP_DEAD:
            return ChipSilent(role=role)
        if code in _SERVICE_GONE:
            return CardServiceMissing()
        return ReaderGone(role=role)


class PcscConnection:
    """A ``CardConnection`` of the system. It serves one chip.

    Once that chip or its reader has gone it lets go by itself, because a dead exclusive connection keeps
    the slot shut for a new one, and says at every further use what it lost.
    """

    def __init__(self, context: Any, handle: Any, protocol: int, name: str, role: ReaderRole) -> None:
        self._context = context
        self._handle = handle
        self._protocol = protocol
        self._name = name
        self._role = role
        self._open = True
        self._lost: type[CardRemoved | ReaderGone] | None = None
        self._lock = threading.Lock()

    @property
    def atr(self) -> bytes:
        """The ATR of the chip that lies there now, asked of the system at each use.

        ``CardRemoved`` once this connection's chip has gone, even where another one lies there.
        """
        self._must_be_open()
        code, _name, _state, _protocol, atr = scard.SCardStatus(self._handle)
        if code != scard.SCARD_S_SUCCESS:
            raise self._fault(code)
        if not atr:
            raise CardRemoved(role=self._role.value)
        return bytes(atr)

    def transmit(self, command: bytes) -> bytes:
        """Send one command; its answer with the status word.

        ``CommandNotSent`` when it never left, ``CardRemoved`` or ``ReaderGone`` when they are gone, and
        otherwise ``AnswerUnknown``: a write that ends so may have been carried out.
        """
        self._must_be_open()
        raw = command
        if self._protocol == scard.SCARD_PROTOCOL_T0:
            raw = t0_command(command)
        pci = scard.SCARD_PCI_T0 if self._protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        code, answer = scard.SCardTransmit(self._handle, pci, list(raw))
        if code != scard.SCARD_S_SUCCESS:
            raise self._fault(code)
        if len(answer) < 2:
            # Some drivers report a chip that lost power as an empty answer.
            raise self._fault(scard.SCARD_E_NOT_TRANSACTED)
        return bytes(answer)

    def reset(self) -> bytes:
        """Reset the chip; its ATR."""
        self._must_be_open()
        code, protocol = scard.SCardReconnect(
            self._handle, scard.SCARD_SHARE_EXCLUSIVE, _T0_OR_T1, scard.SCARD_RESET_CARD
        )
        if code != scard.SCARD_S_SUCCESS:
            raise self._fault(code)
        self._protocol = protocol
        return self.atr

    def close(self) -> None:
        """Take power from the chip, so that no right and no PIN outlives the session, and let go."""
        with self._lock:
            if not self._open:
                return
            self._open = False
        # Both may find their reader or service gone; then nothing is left to let go of.
        scard.SCardDisconnect(self._handle, scard.SCARD_UNPOWER_CARD)
        scard.SCardReleaseContext(self._context)

    def _must_be_open(self) -> None:
        if self._lost is not None:
            raise self._lost(role=self._role.value)
        if not self._open:
            raise CommandNotSent(role=self._role.value)

    def _fault(self, code: int) -> LinkFault:
        """What a failed call means for the chip: where in doubt, unknown, and never "failed"."""
        role = self._role.value
        if code in _NOT_SENT:
            return CommandNotSent(role=role)
        self._lost = _lost_by(code) or self._lost_by_look()
        if self._lost is None:
            return AnswerUnknown(role=role)
        self.close()
        return self._lost(role=role)

    def _lost_by_look(self) -> type[CardRemoved | ReaderGone] | None:
        """A failed exchange is told apart by what lies there now; None where the chip stayed."""
        code, states = scard.SCardGetStatusChange(
            self._context, 0, [(self._name, scard.SCARD_STATE_UNAWARE)]
        )
        if code != scard.SCARD_S_SUCCESS:
            return _lost_by(code)
        state = int(states[0][1])
        if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
            return ReaderGone
        return CardRemoved if state & scard.SCARD_STATE_EMPTY else None


def _lost_by(code: int) -> type[CardRemoved | ReaderGone] | None:
    if code in _CARD_GONE:
        return CardRemoved
    return ReaderGone if code in _READER_GONE else None


def t0_command(command: bytes) -> bytes:
    """A short command as T=0 carries it (ISO/IEC 7816-3:2006, 12.2.2 and 12.2.5): P3 is never missing,
    and a command with data has no Le behind it, the answer being fetched after 61xx."""
    if len(command) == 4:
        return command + b"\x00"
    if len(command) > 5 and len(command) == command[4] + 6:
        return command[:-1]
    return command


def _establish() -> Any:
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if code != scard.SCARD_S_SUCCESS:
        raise CardServiceMissing
    return context


@contextmanager
def _context() -> Iterator[Any]:
    context = _establish()
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)
