"""What the rules of signing in ask of ciphers: a protocol that ``app.crypto.verifiers`` fulfils."""

from __future__ import annotations

from typing import Protocol


class Verifiers(Protocol):
    """Verifiers of passwords and PINs. Every call may take long, on purpose: never in the store's
    thread, never on the window's."""

    @property
    def password_characters(self) -> tuple[int, int]:
        """The least and the most characters of a password."""
        ...

    @property
    def pin_digits(self) -> tuple[int, int]:
        """The least and the most digits of a PIN."""
        ...

    def of_password(self, password: str, *names: str) -> str:
        """The verifier of a new password; a known error where it would be guessed."""
        ...

    def of_pin(self, pin: str) -> str:
        """The verifier of a new PIN; a known error where it would be guessed."""
        ...

    def check(self, verifier: str, secret: str) -> bool:
        """Whether the secret is the verifier's."""
        ...

    def spend(self) -> None:
        """Take as long as ``check`` does, for a name that nobody has."""
        ...

    def renewed(self, verifier: str, password: str) -> str | None:
        """A verifier at today's cost where this one has another, for a password just checked."""
        ...
