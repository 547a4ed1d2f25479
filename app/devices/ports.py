"""What the program asks of devices. Upper layers know these protocols and nothing behind them.

Every call may take as long as a card or a printer takes, so it belongs on its device's own thread,
never on the window's.
"""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.base.errors import N_, KangkaError
from app.cardspec.apdu import CommandApdu, ResponseApdu


class ReaderRole(StrEnum):
    """What a card reader is for at this desk."""

    CARD = "card"
    SAM = "sam"


class LinkFault(KangkaError):
    """The line to a chip failed. Whether the last command was carried out decides the subclass."""


@dataclass(eq=False)
class CommandNotSent(LinkFault):
    """The command never reached the chip."""

    role: str

    code = "link.not-sent"
    cause = N_("The {role} reader did not take the command.")
    meaning = N_("The chip has not changed by it.")
    remedy = N_("Leave the card in place and continue; if it happens again, check the cable.")


@dataclass(eq=False)
class AnswerUnknown(LinkFault):
    """The command was sent and no whole answer came: it may or may not have been carried out."""

    role: str

    code = "link.answer-unknown"
    cause = N_("The {role} reader gave no whole answer to a command.")
    meaning = N_("It is not known whether the chip carried it out, so the card will be read again.")
    remedy = N_("Leave the card where it is and continue the case.")


@dataclass(eq=False)
class CardRemoved(LinkFault):
    """The card left the field or the slot."""

    role: str

    code = "link.card-removed"
    cause = N_("The card was taken off the {role} reader while it was in use.")
    meaning = N_("The case is kept and can be continued with the same card.")
    remedy = N_("Lay the same card back and continue the case.")


@dataclass(eq=False)
class NoCardPresent(LinkFault):
    """A connection was asked for and no card lies there."""

    role: str

    code = "link.no-card"
    cause = N_("There is no card on the {role} reader.")
    meaning = N_("Nothing has begun.")
    remedy = N_("Lay a card on the reader.")


@dataclass(eq=False)
class ReaderGone(LinkFault):
    """The reader itself can not be reached."""

    role: str

    code = "link.reader-gone"
    cause = N_("The {role} reader can not be reached.")
    meaning = N_("The case is kept and can be continued when the reader is back.")
    remedy = N_("Check the reader's cable and power, then continue the case.")


class CardConnection(Protocol):
    """An exclusive line to one chip: raw commands in, raw answers out, nothing interpreted."""

    @property
    def atr(self) -> bytes:
        """The answer to reset of the chip that lies there now, as PC/SC gives it.

        Asked of the line at each use (it costs no command), so that a changed card shows.
        """
        ...

    def transmit(self, command: bytes) -> bytes:
        """Send one command; its answer with the status word, or a ``LinkFault``."""
        ...

    def reset(self) -> bytes:
        """Reset the chip and return its ATR."""
        ...

    def close(self) -> None:
        """Let go of the chip. Closing twice is harmless."""
        ...


class CardReader(Protocol):
    """One slot, named as the system names it."""

    @property
    def name(self) -> str: ...

    def connect(self) -> CardConnection:
        """An exclusive connection to the chip in the slot, or a ``LinkFault``."""
        ...

    def wait_for_card(self, timeout_ms: int, cancel: threading.Event) -> bool:
        """Whether a chip lies there within ``timeout_ms``; False at once when cancelled."""
        ...

    def wait_for_removal(self, timeout_ms: int, cancel: threading.Event) -> bool:
        """Whether the slot is empty within ``timeout_ms``; False at once when cancelled."""
        ...


@dataclass
class Traffic:
    """What went over one line: commands sent (GET RESPONSE included) and bytes both ways."""

    exchanges: int = 0
    bytes_out: int = 0
    bytes_in: int = 0

    @property
    def bytes(self) -> int:
        """Bytes in both directions."""
        return self.bytes_out + self.bytes_in


class CardChannel(Protocol):
    """A connection that speaks APDUs: 61xx fetched, 6Cxx asked again, traffic counted."""

    @property
    def atr(self) -> bytes: ...

    @property
    def traffic(self) -> Traffic: ...

    def send(self, command: CommandApdu) -> ResponseApdu:
        """Send one command; its whole answer, or a ``LinkFault``."""
        ...

    def reset(self) -> bytes: ...

    def close(self) -> None: ...


class IdentityKind(StrEnum):
    """Which document an identity reader found (id-reader.md)."""

    CITIZEN = "citizen"
    HMT = "hmt"
    FOREIGN_2017 = "foreign-2017"
    FOREIGN_2023 = "foreign-2023"


@dataclass(frozen=True, repr=False)
class IdentityText:
    """The 256 bytes of an identity document, decoded. ``valid_to`` is None when long-term."""

    kind: IdentityKind
    name: str
    sex_code: str
    ethnic_code: str | None
    birth_date: dt.date | None
    address: str | None
    number: str
    issued_by: str | None
    valid_from: dt.date | None
    valid_to: dt.date | None
    long_term: bool
    english_name: str | None = None
    pass_number: str | None = None
    issue_count: str | None = None
    nationality: str | None = None
    former_kind: str | None = None


@dataclass(frozen=True)
class IdentityReading:
    """One document as a reader gave it: the decoded text, the closed WLT photo, the reader's number.

    ``raw_text`` is the 256 bytes behind ``text``; ``module_bytes`` the 16 behind ``module_number``,
    which vendors print differently.
    """

    text: IdentityText = field(repr=False)
    photo_wlt: bytes = field(repr=False)
    module_number: str
    raw_text: bytes = field(repr=False)
    module_bytes: bytes


class IdReader(Protocol):
    """A second-generation identity-card reader."""

    @property
    def name(self) -> str: ...

    def check(self) -> None:
        """Return when the reader itself says it is well, whether or not a document lies there."""
        ...

    def module_number(self) -> str:
        """The reader's own number, as printed on it."""
        ...

    def read(self, timeout_ms: int, cancel: threading.Event) -> IdentityReading:
        """Wait for a document and read it, or a known error."""
        ...

    def close(self) -> None: ...


class Side(StrEnum):
    """The two faces of a card."""

    FRONT = "front"
    BACK = "back"


class PrinterFault(KangkaError):
    """A page did not come out as a whole, or nobody knows. The subclass decides which."""


@dataclass(eq=False)
class PrinterUnreachable(PrinterFault):
    """The printer did not take the page: nothing of it is on a card."""

    printer: str

    code = "printer.unreachable"
    cause = N_("The card printer {printer} can not be reached.")
    meaning = N_("Nothing was printed; the case is kept.")
    remedy = N_("Switch the printer on, check its cable, then continue the case.")


@dataclass(eq=False)
class RibbonOut(PrinterFault):
    """The ribbon ended before this page: nothing of it is on the card."""

    printer: str

    code = "printer.ribbon-out"
    cause = N_("The ribbon of the card printer {printer} is used up.")
    meaning = N_("This page was not printed; the case is kept.")
    remedy = N_("Put in a new ribbon, then continue the case.")


@dataclass(eq=False)
class CardJammed(PrinterFault):
    """A card is stuck in the printer: this page is not whole."""

    printer: str

    code = "printer.card-jammed"
    cause = N_("A card is stuck in the card printer {printer}.")
    meaning = N_("This page is not whole; what is on the chip has not changed.")
    remedy = N_(
        "Open the printer, take the card out, and say in the case whether the card is still good."
    )


@dataclass(eq=False)
class PageUnknown(PrinterFault):
    """The printer took the page and then fell silent: the page may or may not be on the card."""

    printer: str

    code = "printer.page-unknown"
    cause = N_("The card printer {printer} did not answer after it took the page.")
    meaning = N_(
        "It is not known whether the page is on the card, so it is not printed again by itself."
    )
    remedy = N_("Look at the card and say in the case whether the page is on it.")


@dataclass(frozen=True)
class PrinterCapabilities:
    """What a card printer takes: dots an inch, and whether it can feed a card from its hopper."""

    dpi: int
    feeds: bool
    simulated: bool


class CardPrinter(Protocol):
    """A card printer. A return means the printer says the page is on the card."""

    @property
    def name(self) -> str: ...

    @property
    def capabilities(self) -> PrinterCapabilities: ...

    def preflight(self) -> None:
        """Raise a known error where the printer can not print a card now."""
        ...

    def print_face(self, job_name: str, side: Side, pdf: bytes) -> None:
        """Print one face of a card; ``job_name`` is an id, never a person's name."""
        ...
