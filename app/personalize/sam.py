"""A session with the local SAM: it unlocks, proves which SAM it is, and computes what keys compute.

Keys never leave the SAM. The host carries factors and challenges in, and ciphertext, MAC and token out
(card.md, SAM commands and Flows).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.base.errors import N_, KangkaError
from app.cardspec.apdu import CommandApdu, ResponseApdu
from app.cardspec.keys import KeyName
from app.cardspec.product import CardProduct, Products, SamProduct, TokenRule
from app.cardspec.status import StatusWord, tries_left
from app.crypto.sm3 import sm3
from app.devices.ports import CardChannel
from app.domain.sam import SamIdentity

# Files of a SAM (card.md, "SAM files"), and the sizes to read.
_PUBLIC_INFORMATION = (0x0015, 14)
_TERMINAL_NUMBER = (0x0016, 6)
_APPLICATION_INFORMATION = (0x001A, 25)
_ISSUER_CERTIFICATE = (0x001B, 180)
_DF01 = 0xDF01
# READ BINARY takes at most 128 bytes at once (training-product.md, 13).
_BLOCK = 0x80
# P1 of CIPHER DATA (training-product.md, 3).
_CIPHER, _MAC = 0x00, 0x05
# A MAC on the line (card.md, Secured update).
MAC_BYTES = 4
# What to say of an answer that came with 9000 and not with what was asked for.
_UNUSABLE = "9000"
# At three tries left only a person may try again (counter.md, rule 39: "stop at last but two").
LAST_TRIES = 3


@dataclass(eq=False)
class NotASam(KangkaError):
    """The chip in the SAM's slot is none that the desk knows."""

    atr: str

    code = "sam.unknown"
    cause = N_("The chip in the SAM slot answers with {atr}, which is no SAM this desk knows.")
    meaning = N_("No card can be written.")
    remedy = N_("Put the desk's SAM into the SAM slot.")


@dataclass(eq=False)
class SamPinWrong(KangkaError):
    """The SAM did not take the PIN."""

    tries: int

    code = "sam.pin-wrong"
    cause = N_("The SAM did not accept its PIN; {tries} tries are left.")
    meaning = N_("When no try is left the SAM locks itself for good.")
    remedy = N_("Ask the person who holds the SAM to type its PIN.")


@dataclass(eq=False)
class SamPinTriesLow(KangkaError):
    """So few tries are left that the program does not try by itself."""

    tries: int

    code = "sam.pin-tries-low"
    cause = N_("Only {tries} tries of the SAM's PIN are left, so it was not tried.")
    meaning = N_("No card can be written until the SAM is unlocked.")
    remedy = N_(
        "Have the person who holds the SAM type its PIN: run kangka issue, case settle or read-card "
        "with the switch --sam-pin-stdin, type the six digits and press Enter."
    )


@dataclass(eq=False)
class SamLocked(KangkaError):
    """No try of the PIN is left."""

    code = "sam.locked"
    cause = N_("The SAM has locked itself: no try of its PIN is left.")
    meaning = N_("No card can be written with this SAM.")
    remedy = N_("Send the SAM back to its issuer and put another one in.")


@dataclass(eq=False)
class SamLacksKeys(KangkaError):
    """A SAM of a lesser kind than the work asks for."""

    kind: int
    keys: str

    code = "sam.lacks-keys"
    cause = N_("The SAM is of kind {kind} and does not hold {keys}.")
    meaning = N_("A card can only be written with a SAM of the issuing body, kind 5.")
    remedy = N_("Put the issuing SAM into the SAM slot.")


@dataclass(eq=False)
class SamKeyVersion(KangkaError):
    """A SAM whose keys are of another version than those on this kind of card."""

    sam: int
    card: int

    code = "sam.key-version"
    cause = N_("The SAM's keys are of version {sam} and the card's of version {card}.")
    meaning = N_("They do not fit each other, and nothing was written to the card.")
    remedy = N_("Take cards of the SAM's version, or have the issuer renew the SAM.")


@dataclass(eq=False)
class SamRefused(KangkaError):
    """An answer of the SAM that the session has no use for."""

    instruction: str
    sw: str

    code = "sam.refused"
    cause = N_("The SAM answered {instruction} with {sw}.")
    meaning = N_("The case is kept and can be continued.")
    remedy = N_("Continue the case; if it happens again, have the SAM tested.")


class SamSession:
    """One unlocked SAM. ``city_factor`` is the 8 ASCII bytes of the application city."""

    def __init__(self, channel: CardChannel, product: SamProduct, city_factor: bytes) -> None:
        self._channel = channel
        self.product = product
        self._city = city_factor
        self.identity = SamIdentity("", 0, 0, "", "")
        self.issuer_certificate = b""

    @property
    def channel(self) -> CardChannel:
        """The line to the SAM, for its traffic."""
        return self._channel

    def unlock(
        self,
        pin: str,
        tries: int | None = None,
        by_person: bool = False,
        pinned: SamIdentity | None = None,
    ) -> None:
        """Reset, read who it is, take the PIN, read key check and certificate.

        ``tries`` is what the desk remembers to be left, for a SAM that does not tell; at three or
        fewer only a person's own attempt (``by_person``) is made. A SAM that is not the ``pinned`` one
        is not given the PIN.
        """
        self._channel.reset()
        public = self._read(*_PUBLIC_INFORMATION)
        terminal = self._read(*_TERMINAL_NUMBER)
        # training-product.md, 16: number 10 bytes BCD, version, key index, kind, reserve.
        told = SamIdentity(public[:10].hex(), public[12], 0, "", terminal.hex())
        if pinned is not None:
            told.require_public(pinned)
        self._expect(self._select(_DF01), "SELECT")
        left = self._tries_left(tries)
        if left is not None and left <= LAST_TRIES and not by_person:
            raise SamPinTriesLow(tries=left)
        self._verify(pin)
        application = self._read(*_APPLICATION_INFORMATION)
        check = CommandApdu.decode(self.product.key_check)
        key_check = self._expect(self._channel.send(check), "GET DATA")
        certificate = self._read(*_ISSUER_CERTIFICATE)
        # It goes on every card, and no key of ours vouches for it: what is pinned is read twice.
        if pinned is None and self._read(*_ISSUER_CERTIFICATE) != certificate:
            raise SamRefused(instruction="READ BINARY", sw=_UNUSABLE)
        self.identity = replace(
            told,
            key_version=application[0],
            key_check=key_check.hex().upper(),
            certificate=sm3(certificate).hex().upper(),
        )
        self.issuer_certificate = certificate

    def require(self, keys: frozenset[KeyName]) -> None:
        """Raise unless a SAM of this kind holds ``keys``, before anything is written."""
        missing = keys - self.product.kinds.get(self.identity.kind, frozenset())
        if missing:
            raise SamLacksKeys(kind=self.identity.kind, keys=", ".join(sorted(missing)))

    def require_version(self, card: CardProduct) -> None:
        """Raise unless the SAM's keys are of the version that this kind of card was made with."""
        if self.identity.key_version != card.key_version:
            raise SamKeyVersion(sam=self.identity.key_version, card=card.key_version)

    def challenge(self) -> bytes:
        """Eight random bytes of the SAM."""
        answer = self._channel.send(CommandApdu(0x00, 0x84, 0x00, 0x00, le=8))
        return self._expect(answer, "GET CHALLENGE", 8)

    def token(
        self, key: KeyName, card: CardProduct, factor: bytes, challenge: bytes, original: bytes
    ) -> bytes:
        """The 8-byte token of ``original`` under ``key``'s session key."""
        padded = original.ljust(card.block_size, b"\x00")
        cipher = self.encrypt(key, factor, challenge, padded)
        if card.token is TokenRule.BLOCK:
            return cipher
        return bytes(a ^ b for a, b in zip(cipher[:8], cipher[8:], strict=True))

    def encrypt(self, key: KeyName, factor: bytes, challenge: bytes, data: bytes) -> bytes:
        """``data``, whole blocks, under ``key``'s session key for this card and challenge."""
        self._deliver(key, factor, challenge)
        answer = self._channel.send(CommandApdu(0x80, 0xFA, _CIPHER, 0x00, data))
        return self._expect(answer, "CIPHER DATA", len(data))

    def mac(self, key: KeyName, factor: bytes, challenge: bytes, data: bytes) -> bytes:
        """The four MAC bytes over ``data``, which is padded here (card.md, Secured update)."""
        self._deliver(key, factor, challenge)
        block = self.product.block_size
        body = bytes(block) + pad(data, block, always=True)
        answer = self._channel.send(CommandApdu(0x80, 0xFA, _MAC, 0x00, body))
        return self._expect(answer, "CIPHER DATA", MAC_BYTES)

    def _deliver(self, key: KeyName, factor: bytes, challenge: bytes) -> None:
        slot = self.product.slots[key]
        data = factor + (self._city if slot.with_city else b"") + challenge
        answer = self._channel.send(CommandApdu(0x80, 0xDE, slot.p1, slot.p2, data))
        if answer.sw == StatusWord.KEY_NOT_FOUND:
            raise SamLacksKeys(kind=self.identity.kind, keys=key)
        self._expect(answer, "DELIVERY SESSION KEY")

    def _tries_left(self, remembered: int | None) -> int | None:
        # VERIFY without data tells and takes no try (ISO/IEC 7816-4, 11.6.6); not every SAM knows it.
        answer = self._channel.send(CommandApdu(0x00, 0x20, 0x00, 0x00))
        if answer.sw == StatusWord.AUTHENTICATION_BLOCKED:
            raise SamLocked
        told = tries_left(answer.sw)
        if told == 0:
            raise SamLocked
        return remembered if told is None else told

    def _verify(self, pin: str) -> None:
        answer = self._channel.send(CommandApdu(0x00, 0x20, 0x00, 0x00, bytes.fromhex(pin)))
        left = tries_left(answer.sw)
        if answer.sw == StatusWord.AUTHENTICATION_BLOCKED or left == 0:
            raise SamLocked
        if left is not None:
            raise SamPinWrong(tries=left)
        self._expect(answer, "VERIFY")

    def _select(self, fid: int) -> ResponseApdu:
        return self._channel.send(CommandApdu(0x00, 0xA4, 0x00, 0x00, fid.to_bytes(2, "big")))

    def _read(self, fid: int, size: int) -> bytes:
        self._expect(self._select(fid), "SELECT")
        raw = b""
        while len(raw) < size:
            at = len(raw)
            command = CommandApdu(0x00, 0xB0, at >> 8, at & 0xFF, le=min(_BLOCK, size - at))
            part = self._expect(self._channel.send(command), "READ BINARY")
            if not part:
                raise SamRefused(instruction="READ BINARY", sw=_UNUSABLE)
            raw += part
        return raw[:size]

    def _expect(self, answer: ResponseApdu, instruction: str, length: int | None = None) -> bytes:
        if not answer.ok:
            raise SamRefused(instruction=instruction, sw=f"{answer.sw:04X}")
        if length is not None and len(answer.data) != length:
            raise SamRefused(instruction=instruction, sw=_UNUSABLE)
        return answer.data


def open_sam(channel: CardChannel, products: Products, city_code: str) -> SamSession:
    """A session for the SAM in the slot, still locked; ``city_code`` has six digits."""
    product = products.sam_of(channel.atr)
    if product is None:
        raise NotASam(atr=channel.atr.hex(" ").upper())
    # card.md, Keys: the first two digits of the application city code and six zeros, in ASCII.
    return SamSession(channel, product, (city_code[:2] + "000000").encode("ascii"))


def pad(data: bytes, block: int, *, always: bool) -> bytes:
    """``data`` with 80 00.. to whole blocks; ``always`` adds a block to data that is whole already."""
    if not always and len(data) % block == 0:
        return data
    data += b"\x80"
    return data + bytes(-len(data) % block)
