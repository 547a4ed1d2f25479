"""Where a store on a PostgreSQL server lies: the file ``kangka.server`` beside the key file.

Two lines of TOML: ``address``, a connection URI (PostgreSQL 15, 34.1.1.2), and ``schema``, the store's
name on the server, which may hold many. It holds no password: libpq finds one in its password file
(34.16) or in PGPASSWORD, and the desk's certificate where the address says.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from app.store.server_errors import ServerAddressRefused

SERVER_FILE: Final = "kangka.server"
DEFAULT_SCHEMA: Final = "kangka"
# What an address may say. Anything else is of the program's own choosing, or a secret.
_MAY_SAY: Final = frozenset(
    {"user", "host", "port", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey"}
)
# Small letters, so that it needs no quotes anywhere; room for the names of copies.
_SCHEMA: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
# A server that is gone is given up after seconds, not after the system's quarters of an hour.
_PATIENCE: Final = {
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}


@dataclass(frozen=True)
class Server:
    """One store's place on a server. ``settings`` are libpq's parameters, none of them a secret."""

    settings: dict[str, str] = field(repr=False)
    schema: str

    def parameters(self) -> dict[str, str]:
        """What to connect with. Over a network the server proves by certificate who it is, unless the
        address says another ``sslmode``."""
        given = dict(self.settings)
        if not given.get("sslmode") and not _is_here(given.get("host", "")):
            given["sslmode"] = "verify-full"
        return {
            **_PATIENCE,
            **given,
            "target_session_attrs": "read-write",
            "application_name": "kangka",
            "client_encoding": "UTF8",
        }


def parse(address: str, schema: str = DEFAULT_SCHEMA) -> Server:
    """``ServerAddressRefused`` where ``address`` is none, holds a password, or says too much."""
    try:
        told = conninfo_to_dict(address) if address.startswith(("postgresql://", "postgres://")) else {}
    except psycopg.Error:
        told = {}
    if not told.get("dbname") or not told.keys() <= _MAY_SAY or not _SCHEMA.fullmatch(schema):
        raise ServerAddressRefused(SERVER_FILE)
    return Server({name: str(value) for name, value in told.items()}, schema)


def write(folder: Path, address: str, schema: str = DEFAULT_SCHEMA) -> Server:
    """Name the server of the store in ``folder``; what can not be used is refused and not written."""
    server = parse(address, schema)
    folder.mkdir(parents=True, exist_ok=True)
    text = f'address = "{address}"\nschema = "{schema}"\n'
    if tomllib.loads(text) != {"address": address, "schema": schema}:
        raise ServerAddressRefused(SERVER_FILE)
    (folder / SERVER_FILE).write_text(text, encoding="utf-8")
    return server


def read(folder: Path) -> Server:
    """The server that ``folder`` names; ``ServerAddressRefused`` where it can not be read."""
    try:
        told = tomllib.loads((folder / SERVER_FILE).read_text(encoding="utf-8"))
        address, schema = told.pop("address"), told.pop("schema", DEFAULT_SCHEMA)
    except (OSError, ValueError, KeyError):
        raise ServerAddressRefused(SERVER_FILE) from None
    if told or not isinstance(address, str) or not isinstance(schema, str):
        raise ServerAddressRefused(SERVER_FILE)
    return parse(address, schema)


def _is_here(hosts: str) -> bool:
    """Whether every host of an address is this computer: a socket's folder or loopback."""
    return all(_one_is_here(host) for host in hosts.split(","))


def _one_is_here(host: str) -> bool:
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
