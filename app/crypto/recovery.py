"""Recovery shares: three papers, any two of which open a store whose other ways are lost.

The way's key (16 bytes) is shared out by Shamir's scheme over GF(2^128), so one share fits every key
and tells nothing. A share is typed by hand from paper: nine groups of five characters in Crockford's
base32, where I, L and O may stand for 1, 1 and 0. Four characters of a group carry data; the fifth
checks the group and its place, so that any one mistyped character, any two swapped and any group in
another's place are known and named. The data is 180 bits:

    version (4 bits, 1), index (4 bits, 1 to 3), check of the store (16), number of the set (16),
    share (128), the first 12 bits of SM3 over all of that.

The set is drawn with its key and stands in the key file too: shares of an earlier set are known for
that.

Sources: A. Shamir, How to share a secret (CACM 22, 11); D. Crockford, Base 32.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from Crypto.Protocol.SecretSharing import Shamir
from cryptography.exceptions import InvalidTag

from app.base.errors import N_, KangkaError
from app.base.ids import RandomSource
from app.crypto.key_file import KEY_FILE, KeyEntry, KeyFileDamaged, StoreName
from app.crypto.key_ways import TRAINING, Unwrapped
from app.crypto.passwords import normalised
from app.crypto.sm3 import sm3

RECOVERY: Final = "recovery"
SHARES: Final = 3
NEEDED: Final = 2
GROUPS: Final = 9
GROUP_CHARACTERS: Final = 5
_KEY_BYTES: Final = 16
_SET_BYTES: Final = 2
_STORE_BYTES: Final = 2
_VERSION: Final = 1
_BODY_BYTES: Final = 1 + _STORE_BYTES + _SET_BYTES + _KEY_BYTES
_CHECK_BITS: Final = 12
# Crockford's base32: no I, L, O (taken for 1, 1, 0) and no U.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALIKE: Final = str.maketrans("ILO", "110")
_SEPARATORS: Final = re.compile(r"[\s\-‐‑‒–—―−_.·]+")


@dataclass(eq=False)
class ShareIncomplete(KangkaError):
    """A typed share has too few or too many characters."""

    share: int
    characters: int
    whole: int = GROUPS * GROUP_CHARACTERS

    code = "recovery.share-incomplete"
    cause = N_("Recovery share {share} has {characters} characters where there must be {whole}.")
    meaning = N_("Nothing was opened and nothing has been changed.")
    remedy = N_("Compare it with the paper group by group and type it again.")


@dataclass(eq=False)
class ShareMistyped(KangkaError):
    """Groups of a typed share do not agree with their own check characters."""

    share: int
    groups: tuple[int, ...]

    code = "recovery.share-mistyped"
    cause = N_("Recovery share {share} is mistyped in group {groups}.")
    meaning = N_("Nothing was opened and nothing has been changed.")
    remedy = N_("Compare these groups with the paper and type them again.")


@dataclass(eq=False)
class ShareOfAnotherStore(KangkaError):
    """A share was made for other records."""

    share: int

    code = "recovery.share-of-another-store"
    cause = N_("Recovery share {share} belongs to other records.")
    meaning = N_("Nothing was opened and nothing has been changed.")
    remedy = N_("Fetch the shares whose paper names this workplace.")


@dataclass(eq=False)
class ShareOfAnotherSet(KangkaError):
    """A share is of an earlier set than the one that opens the store."""

    share: int

    code = "recovery.share-of-another-set"
    cause = N_("Recovery share {share} is of another set than the one that opens these records.")
    meaning = N_("Nothing was opened and nothing has been changed.")
    remedy = N_("Fetch the shares that were made last, and destroy the older papers.")


@dataclass(eq=False)
class ShareRepeated(KangkaError):
    """The same share was given twice."""

    share: int
    earlier: int

    code = "recovery.share-repeated"
    cause = N_("Recovery shares {earlier} and {share} are one and the same.")
    meaning = N_("Nothing was opened and nothing has been changed.")
    remedy = N_("Type two different shares.")


@dataclass(eq=False)
class SharesTooFew(KangkaError):
    """Fewer shares were given than it takes."""

    given: int
    needed: int = NEEDED

    code = "recovery.shares-too-few"
    cause = N_("{given} of the {needed} recovery shares that are needed was given.")
    meaning = N_("Nothing was opened and nothing has been changed.")
    remedy = N_("Fetch a second share from the person who keeps it.")


@dataclass(frozen=True)
class RecoveryKey:
    """What shares hold: the key of the way, and the number of the set they were made in."""

    key: bytes = field(repr=False)
    set_number: bytes

    @classmethod
    def draw(cls, random: RandomSource) -> RecoveryKey:
        """A new key and a new set."""
        return cls(random.token_bytes(_KEY_BYTES), random.token_bytes(_SET_BYTES))


@dataclass(frozen=True)
class _Share:
    index: int
    store_check: bytes
    set_number: bytes
    value: bytes = field(repr=False)


class RecoveryWrapper:
    """The way by shares. Given two, it opens; asked for an entry, it draws a new set of shares."""

    method: Final = RECOVERY

    def __init__(self, shares: Sequence[str] = ()) -> None:
        self._given = tuple(shares)
        self._made: tuple[str, ...] = ()

    def accepts(self, realm: str) -> bool:
        return realm != TRAINING

    @property
    def shares(self) -> tuple[str, ...]:
        """The three texts of the set that ``wrap`` made: to be printed, and kept nowhere."""
        return self._made

    def wrap(self, secret: bytes, store: StoreName, random: RandomSource) -> KeyEntry:
        drawn = RecoveryKey.draw(random)
        self._made = make_shares(drawn, store)
        entry = KeyEntry(self.method, "", {"set": drawn.set_number.hex()})
        return entry.sealed(store, drawn.key, secret, random)

    def unwrap(self, entries: Sequence[KeyEntry], store: StoreName) -> Unwrapped:
        joined = join_shares(self._given or self._made[:NEEDED], store)
        if entries[0].facts.get("set") != joined.set_number.hex():
            raise ShareOfAnotherSet(1)
        try:
            return Unwrapped(entries[0].opened(store, joined.key))
        except (InvalidTag, ValueError):
            raise KeyFileDamaged(KEY_FILE) from None


def make_shares(key: RecoveryKey, store: StoreName) -> tuple[str, ...]:
    """Three texts of nine groups, any two of which give ``key`` again."""
    parts = Shamir.split(NEEDED, SHARES, key.key)
    return tuple(_print(index, _store_check(store), key.set_number, value) for index, value in parts)


def join_shares(texts: Sequence[str], store: StoreName) -> RecoveryKey:
    """The key that two different shares of ``store`` and of one set hold; a known fault otherwise.

    Faults count shares as they were given, from 1. Of three given shares the first two are joined.
    """
    read = [_read(number, text) for number, text in enumerate(texts, 1)]
    if len(read) < NEEDED:
        raise SharesTooFew(len(read))
    for number, share in enumerate(read, 1):
        if share.store_check != _store_check(store):
            raise ShareOfAnotherStore(number)
    for number, share in enumerate(read[1:], 2):
        if share.set_number != read[0].set_number:
            raise ShareOfAnotherSet(number)
        earlier = [other.index for other in read[: number - 1]]
        if share.index in earlier:
            raise ShareRepeated(number, earlier.index(share.index) + 1)
    parts = [(share.index, share.value) for share in read[:NEEDED]]
    return RecoveryKey(Shamir.combine(parts), read[0].set_number)


def _store_check(store: StoreName) -> bytes:
    return sm3(b"recovery share\x00" + store.context())[:_STORE_BYTES]


def _print(index: int, store_check: bytes, set_number: bytes, value: bytes) -> str:
    body = bytes((_VERSION << 4 | index,)) + store_check + set_number + value
    number = int.from_bytes(body, "big") << _CHECK_BITS | _body_check(body)
    per_group = GROUP_CHARACTERS - 1
    digits = [number >> 5 * at & 31 for at in reversed(range(GROUPS * per_group))]
    groups = [digits[at : at + per_group] for at in range(0, len(digits), per_group)]
    return "-".join(
        "".join(_ALPHABET[digit] for digit in [*group, _group_check(place, group)])
        for place, group in enumerate(groups, 1)
    )


def _read(number: int, text: str) -> _Share:
    groups = _groups(number, text)
    bad = [place for place, group in enumerate(groups, 1) if not _group_holds(place, group)]
    if bad:
        raise ShareMistyped(number, tuple(bad))
    value = 0
    for group in groups:
        for character in group[:-1]:
            value = value << 5 | _ALPHABET.index(character)
    body = (value >> _CHECK_BITS).to_bytes(_BODY_BYTES, "big")
    index = body[0] & 0x0F
    whole = value & (1 << _CHECK_BITS) - 1 == _body_check(body)
    if not whole or body[0] >> 4 != _VERSION or not 1 <= index <= SHARES:
        # Each group holds and all of them do not: several mistakes that hide each other somewhere.
        raise ShareMistyped(number, tuple(range(1, GROUPS + 1)))
    store_end = 1 + _STORE_BYTES
    set_end = store_end + _SET_BYTES
    return _Share(index, body[1:store_end], body[store_end:set_end], body[set_end:])


def _groups(number: int, text: str) -> list[str]:
    """The nine groups as they were typed; without separators, five characters each."""
    typed = normalised(text).upper().translate(_ALIKE)
    groups = [group for group in _SEPARATORS.split(typed) if group]
    if len(groups) != GROUPS:
        joined = "".join(groups)
        if len(joined) != GROUPS * GROUP_CHARACTERS:
            raise ShareIncomplete(number, len(joined))
        groups = [joined[at : at + GROUP_CHARACTERS] for at in range(0, len(joined), GROUP_CHARACTERS)]
    return groups


def _group_holds(place: int, group: str) -> bool:
    if len(group) != GROUP_CHARACTERS or any(character not in _ALPHABET for character in group):
        return False
    digits = [_ALPHABET.index(character) for character in group]
    return _group_check(place, digits[:-1]) == digits[-1]


def _group_check(place: int, digits: Sequence[int]) -> int:
    """The place, and each digit times a power of two of its own, summed in GF(32).

    Unlike weights find any one wrong digit and any two swapped; the place finds a swapped group.
    """
    total = place
    for power, digit in enumerate(digits, 1):
        for _ in range(power):
            # GF(32) by x^5 + x^2 + 1: times two is a shift, and taking the polynomial off again.
            digit = digit << 1 ^ (0b100101 if digit & 16 else 0)  # noqa: PLW2901
        total ^= digit
    return total


def _body_check(body: bytes) -> int:
    return int.from_bytes(sm3(b"recovery share\x00" + body)[:2], "big") >> 16 - _CHECK_BITS
