"""What a host says to one user card: select, authenticate, read, write, activate, block.

A ``CardSession`` knows in which directory it is and which right it holds, and assumes that a new
authentication replaces the old one (KT-STRICT, training-product.md item 8), which every product bears.
Before each command that could cost an innocent card a try it asks the line which chip lies there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.base.errors import N_, KangkaError
from app.base.ids import RandomSource
from app.cardspec.apdu import CommandApdu, ResponseApdu
from app.cardspec.keys import KeyName, maintenance_key
from app.cardspec.product import CardProduct, WriteMode
from app.cardspec.profile import FileSpec, Profile, Protection, Structure
from app.cardspec.status import StatusWord, tries_left
from app.devices.ports import CardChannel
from app.personalize.plan import Chip
from app.personalize.sam import MAC_BYTES, SamSession, pad

_MF = 0x3F00
_ENVIRONMENT = "DDF1"
_CHALLENGE_BYTES = 8
# CARD BLOCK at the MF, its MAC under STKMF (training-product.md, 10; PBOC)
_CARD_BLOCK = bytes.fromhex("84160000")


@dataclass(eq=False)
class CardSwapped(KangkaError):
    """Another chip lies on the reader than the one this case is about."""

    expected: str
    found: str

    code = "card.swapped"
    cause = N_("The card on the reader is {found}; this case is about {expected}.")
    meaning = N_("Nothing was written to the card that lies there now.")
    remedy = N_("Lay card {expected} back on the reader and continue the case.")


@dataclass(eq=False)
class CardNotGenuine(KangkaError):
    """Internal authentication failed: the card does not know our key."""

    serial: str

    code = "card.not-genuine"
    cause = N_("Card {serial} could not prove that it is a card of this issuer.")
    meaning = N_("Nothing was written to it.")
    remedy = N_("Put the card aside for the supervisor and take another blank card.")


@dataclass(eq=False)
class CardForeign(KangkaError):
    """A chip without the health-card environment."""

    serial: str

    code = "card.foreign"
    cause = N_("Chip {serial} has no health-card environment (DDF1).")
    meaning = N_("It is no blank health card, and nothing was written to it.")
    remedy = N_("Take a blank health card.")


@dataclass(eq=False)
class CardBlocked(KangkaError):
    """A card or an application that is blocked."""

    where: str
    permanent: bool

    code = "card.blocked"
    cause = N_("{where} on the card is blocked.")
    meaning = N_("The card can be neither read nor written there.")
    remedy = N_("Have it unblocked with an unlocking SAM, or exchange the card.")


@dataclass(eq=False)
class CardKeyRefused(KangkaError):
    """The card refused an authentication; it counts."""

    key: str
    tries: int

    code = "card.key-refused"
    cause = N_("The card refused the key {key}; {tries} tries are left on it.")
    meaning = N_("The card belongs to other keys, or the SAM does; nothing was written.")
    remedy = N_("Do not try again; put the card aside and have the SAM checked.")


@dataclass(eq=False)
class CardKeyLocked(KangkaError):
    """A key of the card that has no tries left."""

    key: str

    code = "card.key-locked"
    cause = N_("The key {key} of the card has locked itself after too many wrong tries.")
    meaning = N_("The card can not be written any more.")
    remedy = N_("Record the card as spoiled and take another one.")


@dataclass(eq=False)
class CardMemoryFault(KangkaError):
    """The card reports that its memory failed (6581)."""

    path: str

    code = "card.memory-fault"
    cause = N_("The card reports a memory fault in {path}.")
    meaning = N_("The chip is worn or broken; what was to be written is not safe on it.")
    remedy = N_("Record the card as spoiled and take another one.")


@dataclass(eq=False)
class CardRefused(KangkaError):
    """An answer that a session has no use for."""

    instruction: str
    path: str
    sw: str

    code = "card.refused"
    cause = N_("The card answered {instruction} in {path} with {sw}.")
    meaning = N_("The case is kept and can be continued.")
    remedy = N_("Lay the card on the reader again and continue; if it stays so, record it as spoiled.")


class CardSession:
    """One user card, one SAM: rights held, challenges used once, every refusal typed."""

    def __init__(
        self,
        channel: CardChannel,
        sam: SamSession,
        *,
        product: CardProduct,
        profile: Profile,
        chip: Chip,
        random: RandomSource,
    ) -> None:
        self._channel = channel
        self._sam = sam
        self.product = product
        self._profile = profile
        self.chip = chip
        self._random = random
        self._directory = "MF"
        self._file: str | None = None
        self._right: KeyName | None = None

    def check_chip(self) -> None:
        """Raise where another chip lies there than this session is about. Costs no command."""
        found = self.product.factor(self._channel.atr)
        if found != self.chip.factor:
            raise CardSwapped(expected=self.chip.serial, found=found.hex().upper())

    def reset(self) -> None:
        """Reset the card: the MF is current and no right is held."""
        self._channel.reset()
        self._directory, self._file, self._right = "MF", None, None

    def close(self) -> None:
        """Let go of the card; the SAM's session stays."""
        self._channel.close()

    def enter(self, directory: str) -> None:
        """Make a directory current unless it is; selecting clears every right."""
        if self._directory == directory:
            return
        if directory == _ENVIRONMENT and self.product.reselect_mf:
            self._select(_MF, "MF")
        self._select(self._profile.directory(directory).fid, directory)
        self._directory, self._file, self._right = directory, None, None

    def open(self, file: FileSpec) -> None:
        """Make a file current unless it is; rights stay."""
        self.enter(file.directory)
        if self._file != file.path:
            self._select(file.fid, file.path)
            self._file = file.path

    def prove_genuine(self) -> None:
        """Internal authentication (card.md, Flows): the card must answer as the SAM does."""
        self._sam.require_version(self.product)
        self.enter(_ENVIRONMENT)
        challenge, original = self._sam.challenge(), self._random.token_bytes(8)
        expected = self._sam.token(KeyName.IRKDDF1, self.product, self.chip.factor, challenge, original)
        data = challenge + original + bytes((self.product.key_version,))
        answer = self._send(CommandApdu(0x00, 0x88, 0x00, 0x00, data, 8), _ENVIRONMENT)
        if not answer.ok or answer.data != expected:
            self.check_chip()
            raise CardNotGenuine(serial=self.chip.serial)

    def authorize(self, key: KeyName | None) -> None:
        """External authentication with ``key`` in the current directory, unless its right is held."""
        if key is None or key is self._right:
            return
        challenge, original = self._challenge(), self._random.token_bytes(8)
        token = self._sam.token(key, self.product, self.chip.factor, challenge, original)
        data = token + original + bytes((self.product.key_version,))
        # A wrong token costs a card one of its tries, so it must be the right card.
        self.check_chip()
        p2 = self.product.authenticate[key]
        answer = self._send(CommandApdu(0x00, 0x82, 0x00, p2, data), self._directory)
        left = tries_left(answer.sw)
        if left is not None:
            raise CardKeyRefused(key=key.value, tries=left)
        if answer.sw == StatusWord.AUTHENTICATION_BLOCKED:
            raise CardKeyLocked(key=key.value)
        self._expect(answer, "EXTERNAL AUTHENTICATE", self._directory)
        self._right = key

    def read_record(self, file: FileSpec, number: int, size: int) -> bytes | None:
        """Record ``number`` as it lies there, T and L included; None where none was written."""
        answer = self._send(CommandApdu(0x00, 0xB2, number, 0x04, le=size), file.path)
        if answer.sw == StatusWord.RECORD_NOT_FOUND and file.structure is Structure.CYCLIC:
            return None
        return self._expect(answer, "READ RECORD", file.path)

    def read_binary(self, file: FileSpec, offset: int, count: int) -> bytes:
        """``count`` bytes of a transparent file."""
        command = CommandApdu(0x00, 0xB0, offset >> 8, offset & 0xFF, le=count)
        return self._expect(self._send(command, file.path), "READ BINARY", file.path)

    def update_record(self, file: FileSpec, number: int, record: bytes) -> None:
        """Write one record of a variable file by number, as the product wants it now."""
        if self._plain_now(file):
            self._plain(CommandApdu(0x00, 0xDC, number, 0x04, record), file)
        else:
            self._secured(0xDC, number, 0x04, record, file)

    def append_record(self, file: FileSpec, record: bytes) -> None:
        """Add one record to a cyclic file; it becomes number 1 and the oldest falls off."""
        if self.product.cyclic_secured:
            self._secured(0xDC, 0x00, 0x03, record, file)
        else:
            self._plain(CommandApdu(0x00, 0xDC, 0x00, 0x03, record), file)

    def update_binary(self, file: FileSpec, offset: int, data: bytes) -> None:
        """Write bytes of a transparent file in plain (its key is the guard)."""
        self._plain(CommandApdu(0x00, 0xD6, offset >> 8, offset & 0xFF, data), file)

    def activate(self) -> bool:
        """Lock the write-once files for good; False where the card says it can not (6985)."""
        header = self.product.activation
        if header is None:
            raise ValueError("a product without activation is not activated")
        self.enter(_ENVIRONMENT)
        self.authorize(KeyName.UK1DDF1)
        body = self._mac_only(header, _ENVIRONMENT) if self.product.activation_mac else b""
        cla, ins, p1, p2 = header
        answer = self._send(CommandApdu(cla, ins, p1, p2, body), _ENVIRONMENT)
        if answer.sw == StatusWord.CONDITIONS_NOT_SATISFIED:
            return False
        self._expect(answer, "ACTIVATION", _ENVIRONMENT)
        return True

    def blocked(self) -> bool:
        """Whether this card answers SELECT as a blocked one; resets it, and costs it nothing."""
        self.check_chip()
        self.reset()
        answer = self._channel.send(CommandApdu(0x00, 0xA4, 0x00, 0x00, _MF.to_bytes(2, "big")))
        self.check_chip()
        if answer.sw == self.product.blocked_word:
            return True
        self._expect(answer, "SELECT", "MF")
        return False

    def block(self, before: Callable[[], None]) -> None:
        """Block the whole card for good; ``before`` is called when nothing but the command is left.

        After it only what the card then answers tells whether it took the command.
        """
        self._select(_MF, "MF")
        self._directory, self._file, self._right = "MF", None, None
        self.authorize(KeyName.BKMF)
        before()
        body = self._mac_only(_CARD_BLOCK, "MF")
        cla, ins, p1, p2 = _CARD_BLOCK
        # Another card has another challenge and would refuse the MAC; it is not even asked.
        self.check_chip()
        self._expect(self._send(CommandApdu(cla, ins, p1, p2, body), "MF"), "CARD BLOCK", "MF")

    def refuses_rewrite(self, file: FileSpec, number: int, record: bytes) -> bool:
        """Whether the card refuses (6985) to take again what it holds: it is locked."""
        self.open(file)
        self.authorize(file.update_key)
        try:
            self.update_record(file, number, record)
        except CardRefused as refusal:
            if int(refusal.sw, 16) == StatusWord.CONDITIONS_NOT_SATISFIED:
                return True
            raise
        return False

    def _plain_now(self, file: FileSpec) -> bool:
        # Before activation some products take the files of DDF1 in plain (card.md).
        early = file.directory == _ENVIRONMENT and self.product.before_activation is WriteMode.PLAIN
        return early or file.protection is Protection.PLAIN

    def _plain(self, command: CommandApdu, file: FileSpec) -> None:
        self._expect_write(self._send(command, file.path), file)

    def _secured(self, ins: int, p1: int, p2: int, content: bytes, file: FileSpec) -> None:
        key = maintenance_key(file.directory)
        challenge = self._challenge()
        plain = pad(bytes((len(content),)) + content, self.product.block_size, always=False)
        cipher = self._sam.encrypt(key, self.chip.factor, challenge, plain)
        header = bytes((0x04, ins, p1, p2, len(cipher) + MAC_BYTES))
        mac = self._sam.mac(key, self.chip.factor, challenge, header + cipher)
        answer = self._send(CommandApdu(0x04, ins, p1, p2, cipher + mac), file.path)
        self._expect_write(answer, file)

    def _mac_only(self, header: bytes, directory: str) -> bytes:
        key, challenge = maintenance_key(directory), self._challenge()
        return self._sam.mac(key, self.chip.factor, challenge, header + bytes((MAC_BYTES,)))

    def _challenge(self) -> bytes:
        answer = self._send(CommandApdu(0x00, 0x84, 0x00, 0x00, le=8), self._directory)
        challenge = self._expect(answer, "GET CHALLENGE", self._directory)
        if len(challenge) != _CHALLENGE_BYTES:
            raise CardRefused(instruction="GET CHALLENGE", path=self._directory, sw=f"{answer.sw:04X}")
        return challenge

    def _select(self, fid: int, path: str) -> None:
        answer = self._send(CommandApdu(0x00, 0xA4, 0x00, 0x00, fid.to_bytes(2, "big")), path)
        if answer.sw == StatusWord.FILE_NOT_FOUND and path == _ENVIRONMENT:
            self.check_chip()
            raise CardForeign(serial=self.chip.serial)
        self._expect(answer, "SELECT", path)

    def _send(self, command: CommandApdu, path: str) -> ResponseApdu:
        answer = self._channel.send(command)
        if answer.sw == StatusWord.FUNCTION_UNSUPPORTED and command.ins != 0xDC:
            self.check_chip()
            raise CardBlocked(where=path, permanent=False)
        if answer.sw == StatusWord.APPLICATION_PERMANENTLY_BLOCKED:
            self.check_chip()
            raise CardBlocked(where=path, permanent=True)
        return answer

    def _expect(self, answer: ResponseApdu, instruction: str, path: str) -> bytes:
        if answer.ok:
            return answer.data
        # A refusal may come from a card that was swapped in; then that is what to say.
        self.check_chip()
        raise CardRefused(instruction=instruction, path=path, sw=f"{answer.sw:04X}")

    def _expect_write(self, answer: ResponseApdu, file: FileSpec) -> None:
        if answer.sw == StatusWord.MEMORY_FAILURE:
            raise CardMemoryFault(path=file.path)
        self._expect(answer, "UPDATE", file.path)


def identify(channel: CardChannel, product: CardProduct) -> Chip:
    """The chip on the line: its factor, and FKXLH (training-product.md, 15: the last five bytes)."""
    factor = product.factor(channel.atr)
    return Chip(factor=factor, issue_serial=factor[-5:].hex().upper())
