"""What is refused of a database server, and what a desk can do about it."""

from __future__ import annotations

from dataclasses import dataclass

from app.base.errors import N_, KangkaError


@dataclass(eq=False)
class StoreUnreachable(KangkaError):
    """No session with the database server: it is away, or does not let this desk in."""

    code = "store.unreachable"
    cause = N_("The database server does not answer, or does not let this desk in.")
    meaning = N_("Nothing is half recorded: this step is among the records as a whole, or not at all.")
    remedy = N_(
        "Check the network and that the server runs and knows this desk; then look at the case before"
        " you repeat the step."
    )


@dataclass(eq=False)
class ServerUnfit(KangkaError):
    """The database server is older than what the records need."""

    found: int
    needed: int

    code = "store.server-unfit"
    cause = N_("The database server is PostgreSQL {found}; PostgreSQL {needed} or newer is needed.")
    meaning = N_("Nothing was opened.")
    remedy = N_("Have the server updated by whoever runs it.")


@dataclass(eq=False)
class ServerSettingRefused(KangkaError):
    """The server works with a setting under which finished work could be lost or read wrongly."""

    setting: str

    code = "store.server-setting-refused"
    cause = N_("The database server does not keep to the setting {setting} that these records need.")
    meaning = N_("A power cut could cost finished work, so the records were not opened.")
    remedy = N_(
        "Have the setting put right by whoever runs the server; the manual lists what is needed."
    )


@dataclass(eq=False)
class ServerAddressRefused(KangkaError):
    """The file that names the server can not be used, or holds what does not belong there."""

    file: str

    code = "store.server-address-refused"
    cause = N_("The address of the database server in {file} can not be used.")
    meaning = N_("No connection was tried.")
    remedy = N_(
        "Write it as postgresql://user@host:port/database, without a password: that belongs into the"
        " system's password file."
    )
