"""``app.domain.verifiers.Verifiers`` by argon2id, at one cost."""

from __future__ import annotations

from app.base.ids import RandomSource
from app.crypto import passwords
from app.crypto.passwords import PASSWORD_CHARACTERS, PIN_DIGITS, PRODUCTION, PasswordCost


class Argon2Verifiers:
    """Verifiers at ``cost``; a desk has the production cost, a test a cheap one."""

    def __init__(self, random: RandomSource, cost: PasswordCost = PRODUCTION) -> None:
        self._random = random
        self._cost = cost

    @property
    def password_characters(self) -> tuple[int, int]:
        return PASSWORD_CHARACTERS

    @property
    def pin_digits(self) -> tuple[int, int]:
        return PIN_DIGITS

    def of_password(self, password: str, *names: str) -> str:
        return passwords.hash_password(password, self._random, *names, cost=self._cost)

    def of_pin(self, pin: str) -> str:
        return passwords.hash_pin(pin, self._random, cost=self._cost)

    def check(self, verifier: str, secret: str) -> bool:
        return passwords.check_password(verifier, secret)

    def spend(self) -> None:
        passwords.spend_a_check(self._cost)

    def renewed(self, verifier: str, password: str) -> str | None:
        if not passwords.needs_rehash(verifier, self._cost):
            return None
        return passwords.rehash_password(password, self._random, cost=self._cost)
