"""Passwords and PINs as verifiers: argon2id in the PHC string form, slow on purpose.

A verifier carries its own salt and cost, so a later raise of the cost is noticed (``needs_rehash``) and
made good at the person's next sign-in, when the password is at hand. Every call that works on argon2
takes some 0.15 s at the production cost and 64 MiB, so none may run on the window's thread.

A PIN is ten thousand to a hundred million guesses, which no hash makes many: its verifier lies inside
the encrypted records, opens no key, and a few wrong tries put the password in its place.

Sources: RFC 9106 (argon2), the PHC string format, NIST SP 800-63B 5.1.1.2 (rules of passwords).
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final, NewType

from argon2 import Parameters, PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from argon2.low_level import hash_secret_raw

from app.base.errors import N_, KangkaError
from app.base.ids import RandomSource
from app.base.threads import assert_off_window_thread
from app.crypto.common_passwords import COMMON

Verifier = NewType("Verifier", str)

# NIST SP 800-63B 5.1.1.2: at least 8 characters, at least 64 allowed; no rules of composition.
PASSWORD_CHARACTERS: Final = (8, 128)
PIN_DIGITS: Final = (4, 8)
# RFC 9106, 3.1: 16 bytes of salt are enough for every application; a tag of 32 for a key.
SALT_BYTES: Final = 16
_TAG_BYTES: Final = 32
# RFC 9106, 3.1: the version of argon2 that came with the RFC.
_VERSION: Final = 0x13
# A changed verifier could ask for all memory of the desk; ours never ask for more than this.
_MOST_MEMORY_KIB: Final = 1 << 20
_MOST_PASSES: Final = 64
_MOST_LANES: Final = 16


@dataclass(frozen=True)
class PasswordCost:
    """What one guess costs: memory in KiB, passes over it, lanes."""

    memory_kib: int
    passes: int
    lanes: int

    def __post_init__(self) -> None:
        # RFC 9106, 3.1: at least one pass and 8 KiB a lane; and our own upper bounds.
        if not (
            1 <= self.lanes <= _MOST_LANES
            and 1 <= self.passes <= _MOST_PASSES
            and 8 * self.lanes <= self.memory_kib <= _MOST_MEMORY_KIB
        ):
            raise ValueError("argon2 can not be asked for this cost, or a desk should not be")


# RFC 9106, 4, second recommended option: 64 MiB and 3 passes. One lane where the RFC has four: argon2 at
# a desk runs in one thread, and lanes that run one after the other help nobody but who guesses.
PRODUCTION: Final = PasswordCost(memory_kib=64 * 1024, passes=3, lanes=1)


class PasswordRule(StrEnum):
    """What a new password was refused for."""

    SHORT = "short"
    LONG = "long"
    CHARACTERS = "characters"
    COMMON = "common"
    PATTERN = "pattern"
    NAME = "name"


class PinRule(StrEnum):
    """What a new PIN was refused for."""

    DIGITS = "digits"
    PATTERN = "pattern"
    DATE = "date"


@dataclass(eq=False)
class PasswordTooWeak(KangkaError):
    """A new password that would be guessed, or can not be typed again, by ``password_rule``."""

    password_rule: str
    least: int = PASSWORD_CHARACTERS[0]
    most: int = PASSWORD_CHARACTERS[1]

    code = "password.too-weak"
    cause = N_("The new password can not be used: {password_rule}.")
    meaning = N_("The password was not changed.")
    remedy = N_("Choose {least} to {most} characters that nobody would guess, without the sign-in name.")


@dataclass(eq=False)
class PinTooWeak(KangkaError):
    """A new PIN that is no PIN, or among the first that somebody tries."""

    pin_rule: str
    least: int = PIN_DIGITS[0]
    most: int = PIN_DIGITS[1]

    code = "password.pin-too-weak"
    cause = N_("The new PIN can not be used: {pin_rule}.")
    meaning = N_("The PIN was not changed.")
    remedy = N_("Choose {least} to {most} digits that are neither a date nor a row or repetition.")


@dataclass(eq=False)
class VerifierDamaged(KangkaError):
    """What is kept to check a password by is no verifier of ours."""

    code = "password.verifier-damaged"
    cause = N_("What is kept to check this password by is damaged.")
    meaning = N_("Nobody can sign in with it; nothing has been changed.")
    remedy = N_("Have the system administrator set a new password, and have the records checked.")


def normalised(text: str) -> str:
    """The one form of a password: NFKC, as NIST SP 800-63B 5.1.1.2 asks.

    An input method left on full width gives other characters for the same keys; NFKC makes them one,
    so that nobody is locked out by the state of a keyboard. It costs a guesser nothing worth having.
    """
    return unicodedata.normalize("NFKC", text)


def require_password(password: str, *names: str) -> None:
    """``PasswordTooWeak`` unless ``password`` may be a person's who signs in by ``names``.

    Length counts characters of the normalised form.
    """
    text = normalised(password)
    least, most = PASSWORD_CHARACTERS
    if len(text) > most:
        raise PasswordTooWeak(PasswordRule.LONG)
    # Controls, lone surrogates and unassigned ones: what one keyboard gives and the next does not.
    if any(unicodedata.category(character) in ("Cc", "Cs", "Cn", "Co") for character in text):
        raise PasswordTooWeak(PasswordRule.CHARACTERS)
    if len(text) < least:
        raise PasswordTooWeak(PasswordRule.SHORT)
    folded = text.casefold()
    if folded in COMMON:
        raise PasswordTooWeak(PasswordRule.COMMON)
    if len(set(folded)) < 4 or _is_run(folded):
        raise PasswordTooWeak(PasswordRule.PATTERN)
    for name in names:
        known = normalised(name).casefold().strip()
        # A name with the year of birth behind it is still the name.
        if known and known in folded and len(folded.replace(known, "")) <= 4:
            raise PasswordTooWeak(PasswordRule.NAME)


def require_pin(pin: str) -> None:
    """``PinTooWeak`` unless ``pin`` is 4 to 8 digits that are not the first ones to be tried."""
    text = normalised(pin)
    least, most = PIN_DIGITS
    if not re.fullmatch(rf"[0-9]{{{least},{most}}}", text):
        raise PinTooWeak(PinRule.DIGITS)
    if len(set(text)) < 2 or _is_run(text) or _repeats(text):
        raise PinTooWeak(PinRule.PATTERN)
    if _is_date(text):
        raise PinTooWeak(PinRule.DATE)


def hash_password(
    password: str, random: RandomSource, *names: str, cost: PasswordCost = PRODUCTION
) -> Verifier:
    """The verifier of a new password; ``PasswordTooWeak`` as ``require_password`` says."""
    require_password(password, *names)
    return rehash_password(password, random, cost=cost)


def hash_pin(pin: str, random: RandomSource, *, cost: PasswordCost = PRODUCTION) -> Verifier:
    """The verifier of a new PIN; ``PinTooWeak`` as ``require_pin`` says."""
    require_pin(pin)
    return rehash_password(pin, random, cost=cost)


def rehash_password(password: str, random: RandomSource, *, cost: PasswordCost = PRODUCTION) -> Verifier:
    """A verifier at today's cost for a password that was just checked: the rules are not asked again."""
    assert_off_window_thread("argon2")
    hasher = PasswordHasher(
        time_cost=cost.passes,
        memory_cost=cost.memory_kib,
        parallelism=cost.lanes,
        hash_len=_TAG_BYTES,
        type=Type.ID,
    )
    return Verifier(hasher.hash(normalised(password).encode(), salt=random.token_bytes(SALT_BYTES)))


def check_password(verifier: str, password: str) -> bool:
    """Whether ``password`` (or PIN) is the verifier's; argon2 compares in constant time.

    ``VerifierDamaged`` where ``verifier`` is none of ours.
    """
    assert_off_window_thread("argon2")
    _cost_of(verifier)
    try:
        return PasswordHasher().verify(verifier, _bytes(password))
    except VerifyMismatchError:
        return False
    except (VerificationError, InvalidHashError):
        raise VerifierDamaged from None


def needs_rehash(verifier: str, cost: PasswordCost = PRODUCTION) -> bool:
    """Whether ``verifier`` was made at another cost than today's; ``VerifierDamaged`` as above."""
    return _cost_of(verifier) != cost


def spend_a_check(cost: PasswordCost = PRODUCTION) -> None:
    """Take as long as a check does: for a name that nobody has, so that time does not tell."""
    password_key("", bytes(SALT_BYTES), cost)


def password_key(password: str, salt: bytes, cost: PasswordCost) -> bytes:
    """32 bytes of key from a password (argon2id). ``salt`` has 16 random bytes of its own."""
    assert_off_window_thread("argon2")
    return hash_secret_raw(
        _bytes(password),
        salt,
        time_cost=cost.passes,
        memory_cost=cost.memory_kib,
        parallelism=cost.lanes,
        hash_len=_TAG_BYTES,
        type=Type.ID,
        version=_VERSION,
    )


def _bytes(password: str) -> bytes:
    # What can not be a password (a lone surrogate from a broken pipe) is a wrong one, not a fault.
    return normalised(password).encode("utf-8", "surrogatepass")


def _cost_of(verifier: str) -> PasswordCost:
    try:
        found: Parameters = extract_parameters(verifier)
        cost = PasswordCost(found.memory_cost, found.time_cost, found.parallelism)
    except (InvalidHashError, ValueError):
        raise VerifierDamaged from None
    if (found.type, found.version, found.hash_len) != (Type.ID, _VERSION, _TAG_BYTES):
        raise VerifierDamaged
    return cost


def _is_run(text: str) -> bool:
    """1234, 8765, abcdefgh, 2468: every step the same; 9 goes on to 0, as it does on a keyboard."""
    steps = {ord(b) - ord(a) for a, b in pairwise(text)}
    if text.isascii() and text.isdigit():
        steps = {step % 10 for step in steps}
    return len(steps) == 1


def _repeats(text: str) -> bool:
    """1212, 123123, 1122, 12341234: a part said twice or more, or each digit doubled."""
    sizes = [size for size in range(1, len(text) // 2 + 1) if len(text) % size == 0]
    doubled = len(text) % 2 == 0 and text[::2] == text[1::2]
    return doubled or any(text[:size] * (len(text) // size) == text for size in sizes)


def _is_date(text: str) -> bool:
    """A year (1990), month and day (0521), year and month (199005), or a day (900521, 19900521)."""
    year = re.fullmatch("(19|20)[0-9]{2}", text[:4]) is not None
    if len(text) == 4:
        return year or _is_day(2000, text)
    if len(text) == 6:
        short = _is_day(2000 + int(text[:2]), text[2:]) or _is_day(1900 + int(text[:2]), text[2:])
        return short or (year and 1 <= int(text[4:]) <= 12)
    return len(text) == 8 and year and _is_day(int(text[:4]), text[4:])


def _is_day(year: int, text: str) -> bool:
    month, day = int(text[:2]), int(text[2:])
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]
