"""What a simulated card knows: its persistent state, and what a reset forgets."""

from __future__ import annotations

from app.base.ids import RandomSource
from app.cardspec.product import CardProduct
from app.cardspec.status import StatusWord
from app.crypto.block import BlockCipher
from app.devices.sim.card_files import Block, CardKey, DedicatedFile, ElementaryFile
from app.devices.sim.chip import Command, Refused
from app.devices.sim.eeprom import Eeprom
from app.devices.sim.suite import MAC_BYTES, CipherSuite

# training-product.md, items 9 and 10
WRONG_MACS_IN_A_ROW = 3
FAILED_UNBLOCKS = 3


class CardState:
    """The registers that the instructions of ``card_access``, ``card_update`` and ``card_life`` work on.

    Persistent: ``master`` (the file system), ``eeprom``, ``activated``, ``blocked``, and of a blank chip
    ``under_construction`` and ``historical`` (the last letters of its ATR).
    Volatile: ``place`` and ``file`` (what is selected), ``rights`` (key references that stand in
    ``place``), ``challenge`` (good for the command that runs now), ``next_challenge``.
    """

    def __init__(
        self,
        product: CardProduct,
        suite: CipherSuite,
        master: DedicatedFile,
        eeprom: Eeprom,
        random: RandomSource,
    ) -> None:
        self.product = product
        self.suite = suite
        self.master = master
        self.eeprom = eeprom
        self.random = random
        self.activated = False
        self.blocked = False
        # A blank chip is under construction until CREATE FILE END.
        self.under_construction = False
        self.historical = bytes.fromhex(product.simulator["historical"])
        self.strict = bool(product.simulator.get("strict_register", False))
        self._ciphers: dict[bytes, BlockCipher] = {}
        self.forget()

    def forget(self) -> None:
        """What a reset does to the volatile registers."""
        self.place = self.master
        self.file: ElementaryFile | None = None
        self.rights: set[int] = set()
        self.challenge: bytes | None = None
        self.next_challenge: bytes | None = None
        self.construction_open = False

    # Selection -------------------------------------------------------------------------------------

    def enter(self, place: DedicatedFile) -> None:
        """Make a directory current: no EF is selected and no right stands (item 8)."""
        self.place = place
        self.file = None
        self.rights.clear()

    def current_file(self) -> ElementaryFile:
        """The selected EF, else 6986."""
        if self.file is None:
            raise Refused(StatusWord.NO_CURRENT_FILE)
        return self.file

    # Rights and challenges -------------------------------------------------------------------------

    def grant(self, reference: int) -> None:
        """Let a right stand; the strict register keeps one at a time (item 8)."""
        if self.strict:
            self.rights.clear()
        self.rights.add(reference)

    def need_right(self, reference: int | None) -> None:
        """6982 unless the right stands, or none is asked for."""
        if reference is not None and reference not in self.rights:
            raise Refused(StatusWord.SECURITY_NOT_SATISFIED)

    def need_challenge(self) -> bytes:
        """The challenge that the command before fetched, else 6984 (item 9)."""
        if self.challenge is None:
            raise Refused(StatusWord.CHALLENGE_NOT_USABLE)
        return self.challenge

    def try_key(self, key: CardKey, right: bool) -> None:
        """Count a try (item 9): 6983 when none was left, 63Cx after a wrong one."""
        if key.tries == 0:
            raise Refused(StatusWord.AUTHENTICATION_BLOCKED)
        if not right or key.tries != key.max_tries:
            tries = key.max_tries if right else key.tries - 1
            self.eeprom.switch(lambda: setattr(key, "tries", tries))
        if not right:
            raise Refused(0x63C0 | key.tries)

    # Keys ------------------------------------------------------------------------------------------

    def cipher(self, key: CardKey) -> BlockCipher:
        """A card key, ready to compute with; kept, because setting one up is dear."""
        cipher = self._ciphers.get(key.value)
        if cipher is None:
            cipher = self._ciphers[key.value] = self.suite.cipher(key.value)
        return cipher

    def session(self, key: CardKey, challenge: bytes) -> BlockCipher:
        """The session key of a card key and a challenge."""
        suite = self.suite
        return suite.cipher(suite.session_key(self.cipher(key), challenge))

    # Secure messaging ------------------------------------------------------------------------------

    def maintenance_session(self) -> BlockCipher:
        """The session key of the current directory's STK under the fresh challenge."""
        challenge = self.need_challenge()
        if self.place.maintenance is None:
            raise Refused(StatusWord.KEY_NOT_FOUND)
        return self.session(self.place.maintenance, challenge)

    def check_mac(self, session: BlockCipher, command: Command) -> None:
        """6988 unless the command ends in its MAC; three in a row block a directory that has an LK."""
        data = command.data
        message = command.header + data[:-MAC_BYTES]
        right = self.suite.mac(session, message) == data[-MAC_BYTES:]
        place = self.place
        if right and place.wrong_macs == 0:
            return
        if place.parent is not None and place.lock_right is not None:
            self.eeprom.switch(lambda: self._count_mac(place, right))
        if not right:
            raise Refused(StatusWord.SECURE_MESSAGING_WRONG)

    @staticmethod
    def _count_mac(place: DedicatedFile, right: bool) -> None:
        place.wrong_macs = 0 if right else place.wrong_macs + 1
        if place.wrong_macs >= WRONG_MACS_IN_A_ROW:
            place.wrong_macs = 0
            place.block = Block.TEMPORARY
