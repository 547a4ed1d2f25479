"""The system's keychain: what it keeps is open while its owner is signed in to the machine.

Only the systems' own are used: the credential store of Windows, the Secret Service of Linux desktops
(GNOME Keyring, KWallet). A setting or a variable of the environment can not put a file of plain text in
their place, as it could through ``keyring.get_keyring``. A machine without a keychain is told so, and
the other ways to the records go on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from app.base.errors import N_, KangkaError
from app.base.threads import assert_off_window_thread

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")
# The name that a person sees in the system's own list of kept secrets.
SERVICE: Final = "kangka"


@dataclass(eq=False)
class KeychainUnavailable(KangkaError):
    """The machine has no keychain of its own, or it is locked and stays so."""

    code = "keys.keychain-unavailable"
    cause = N_("This machine's keychain can not be used: there is none, or it is locked.")
    meaning = N_("Nothing was kept in it and nothing was read from it; the records are untouched.")
    remedy = N_("Sign in by name and password instead, or unlock the keychain and try again.")


class Keychain:
    """Texts by account, under the one service name. Without a backend every call is refused.

    A keychain may ask its owner to unlock it, so no call belongs on the window's thread.
    """

    def __init__(self, backend: KeyringBackend | None) -> None:
        self._backend = backend

    @property
    def available(self) -> bool:
        """Whether the machine has a keychain at all; it may still be locked."""
        return self._backend is not None

    def read(self, account: str) -> str | None:
        """The text kept for ``account``; None where there is none."""
        return self._call(lambda backend: backend.get_password(SERVICE, account))

    def write(self, account: str, text: str) -> None:
        """Keep ``text`` for ``account`` in the place of what was kept."""
        self._call(lambda backend: backend.set_password(SERVICE, account, text))

    def forget(self, account: str) -> None:
        """Keep nothing for ``account`` any longer; nothing to forget is no fault."""
        if self.read(account) is not None:
            self._call(lambda backend: backend.delete_password(SERVICE, account))

    def _call(self, act: Callable[[KeyringBackend], T]) -> T:
        assert_off_window_thread("the keychain")
        if self._backend is None:
            raise KeychainUnavailable
        try:
            return act(self._backend)
        except Exception:  # noqa: BLE001 - each system's library has faults of kinds of its own
            # Without the cause: what such a library puts into its words is not known.
            raise KeychainUnavailable from None


def system_keychain() -> Keychain:
    """This machine's own keychain; one that refuses every call where the machine has none."""
    # Some tenths of a second, and a question over the session bus, for a desk that may not use it.
    from keyring.backends import SecretService, Windows  # noqa: PLC0415

    for kind in (Windows.WinVaultKeyring, SecretService.Keyring):
        if kind.viable:
            return Keychain(kind())
    return Keychain(None)
