"""APDUs over a raw line: 61xx fetched, 6Cxx asked again, traffic counted, nothing interpreted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.cardspec.apdu import CommandApdu, ResponseApdu
from app.cardspec.status import exact_length, more_data
from app.devices.ports import AnswerUnknown, CardConnection, ReaderRole, Traffic

# GET RESPONSE, ISO/IEC 7816-4:2013, 11.7.1
GET_RESPONSE = (0x00, 0xC0, 0x00, 0x00)
# An extended Le can ask for no more; a chip that still says 61xx beyond it is broken.
MAX_ANSWER = 65536


@dataclass(frozen=True, slots=True)
class ExchangeTrace:
    """One exchange without its data: header, lengths, status word (None: no answer), milliseconds."""

    header: bytes
    sent: int
    received: int
    sw: int | None
    ms: float


class ApduChannel:
    """The ``CardChannel`` over one connection.

    Every exchange counts as it travels, GET RESPONSE and the repetition after 6Cxx included, whether or
    not an answer came. ``trace`` is given each exchange's header, lengths, status word and time, and
    never a byte of data.
    """

    def __init__(
        self,
        connection: CardConnection,
        role: ReaderRole = ReaderRole.CARD,
        trace: Callable[[ExchangeTrace], None] | None = None,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._connection = connection
        self._role = role
        self._trace = trace
        self._monotonic_ns = monotonic_ns
        self._traffic = Traffic()

    @property
    def atr(self) -> bytes:
        """The ATR of the chip that lies there now."""
        return self._connection.atr

    @property
    def traffic(self) -> Traffic:
        """What has gone over this channel so far; it counts on."""
        return self._traffic

    def send(self, command: CommandApdu) -> ResponseApdu:
        """Send one command; its whole answer, or a ``LinkFault``.

        A status word that is neither 61xx nor 6Cxx is returned as it is, errors included.
        """
        answer = self._exchange(command)
        length = exact_length(answer.sw)
        if length is not None:
            # 6Cxx says the command was not carried out, so repeating it is safe; but only once.
            answer = self._exchange(replace(command, le=length))
        data = answer.data
        while (waiting := more_data(answer.sw)) is not None:
            answer = self._fetch(waiting)
            data += answer.data
            if more_data(answer.sw) is not None and (not answer.data or len(data) > MAX_ANSWER):
                raise AnswerUnknown(role=self._role.value)
        return ResponseApdu(data, answer.sw)

    def reset(self) -> bytes:
        """Reset the chip; its ATR."""
        return self._connection.reset()

    def close(self) -> None:
        """Let go of the chip. Closing twice is harmless."""
        self._connection.close()

    def _fetch(self, waiting: int) -> ResponseApdu:
        answer = self._exchange(CommandApdu(*GET_RESPONSE, le=waiting))
        length = exact_length(answer.sw)
        return answer if length is None else self._exchange(CommandApdu(*GET_RESPONSE, le=length))

    def _exchange(self, command: CommandApdu) -> ResponseApdu:
        raw = command.encode()
        self._traffic.exchanges += 1
        self._traffic.bytes_out += len(raw)
        received = b""
        begun = self._monotonic_ns()
        try:
            received = self._connection.transmit(raw)
        finally:
            self._traffic.bytes_in += len(received)
            self._note(raw, received, self._monotonic_ns() - begun)
        if len(received) < 2:
            raise AnswerUnknown(role=self._role.value)
        return ResponseApdu.decode(received)

    def _note(self, sent: bytes, received: bytes, ns: int) -> None:
        if self._trace is not None:
            sw = int.from_bytes(received[-2:], "big") if len(received) >= 2 else None
            self._trace(ExchangeTrace(sent[:4], len(sent), len(received), sw, ns / 1e6))
