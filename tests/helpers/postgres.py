"""A real PostgreSQL server for tests, with its own data in a temporary folder.

It listens on loopback and on a Unix socket, runs as the system's user ``postgres`` where the tests run
as root (the server refuses root), and ends with the process that started it, whatever becomes of that.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.helpers.parts import require_part

ROLE = "kangka"
DATABASE = "kangka"
_SYSTEM_USER = "postgres"
_WHERE = Path("/usr/lib/postgresql")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for all tests of this process; each store on it has a schema of its own."""
    why = missing()
    require_part("postgresql", not why, why)
    server = PostgresServer()
    yield server
    server.stop()


def programs() -> Path | None:
    """The folder of the newest server that is installed; Debian keeps them off the path."""
    found = [folder / "bin" for folder in _WHERE.glob("*") if (folder / "bin" / "postgres").exists()]
    if found:
        return max(found, key=lambda folder: int(folder.parent.name))
    on_path = shutil.which("postgres")
    return None if on_path is None else Path(on_path).parent


def missing() -> str:
    """Why no server can be run here; empty when one can."""
    if programs() is None:
        return "no PostgreSQL server is installed"
    if shutil.which("setpriv") is None:
        return "setpriv is not installed"
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(_SYSTEM_USER)
        except KeyError:
            return f"there is no system user {_SYSTEM_USER}"
    return ""


class PostgresServer:
    """One server and its database. ``halt`` and ``start`` let it be away for a time."""

    def __init__(self) -> None:
        found = programs()
        assert found is not None
        self._programs = found
        self._numbers = count(1)
        # In memory where the system has such a place: some hundred stores are made in a run.
        place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
        self.folder = Path(tempfile.mkdtemp(prefix="kangka-postgres-", dir=place))
        self.password = secrets.token_hex(16)
        with socket.socket() as line:
            line.bind(("127.0.0.1", 0))
            self.port = int(line.getsockname()[1])
        try:
            self._make()
            self.start()
            self.sql(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{self.password}'", "postgres")
            # Another order of letters than the program's, so that nothing leans on the server's.
            order = "LOCALE_PROVIDER icu ICU_LOCALE 'zh-CN'"
            self.sql(f"CREATE DATABASE {DATABASE} OWNER {ROLE} TEMPLATE template0 {order}", "postgres")
        except BaseException:
            self.stop()
            raise

    def _make(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.folder, _SYSTEM_USER, _SYSTEM_USER)
        make = self._as_user(
            *("initdb", "-D", str(self._data), "--no-sync", "-A", "trust", "--no-instructions"),
            *("--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres"),
        )
        subprocess.run(
            make,
            check=True,
            capture_output=True,
            cwd=self.folder,
        )
        (self._data / "pg_hba.conf").write_text(
            f"local all all trust\nhost all {ROLE} 127.0.0.1/32 scram-sha-256\n", encoding="ascii"
        )

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _as_user(self, program: str, *arguments: str) -> list[str]:
        command = [str(self._programs / program), *arguments]
        own = ["--reuid", _SYSTEM_USER, "--regid", _SYSTEM_USER, "--init-groups"]
        prefix = ["setpriv", *(own if os.geteuid() == 0 else []), "--pdeathsig", "INT"]
        return prefix + command

    def start(self) -> None:
        """Start the server and return when it takes connections."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "max_connections": 60,
            "shared_buffers": "64MB",
            "log_min_messages": "fatal",
            # What a server's own settings might be; a session of ours does not depend on them.
            "synchronous_commit": "off",
            "timezone": "Asia/Shanghai",
        }
        arguments = [f"-c{name}={value}" for name, value in settings.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._as_user("postgres", "-D", str(self._data), *arguments),
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        pause = threading.Event()
        for _ in range(3_000):
            try:
                psycopg.connect(self.address(database="postgres", user="postgres")).close()
            except psycopg.OperationalError:
                if self._process.poll() is not None:
                    break
                pause.wait(0.01)
            else:
                return
        raise AssertionError((self.folder / "log").read_text(errors="replace"))

    def halt(self) -> None:
        """Let the server go away at once, as a broken machine does; it recovers at ``start``."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(30)

    def stop(self) -> None:
        process = getattr(self, "_process", None)
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, database: str = DATABASE, user: str = ROLE) -> str:
        """Over the socket, which lets everybody in who may enter the folder."""
        return f"postgresql://{user}@/{database}?host={self.folder}&port={self.port}"

    def tcp_address(self) -> str:
        """Over loopback, where the server asks for ``password``."""
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{DATABASE}"

    def new_schema(self) -> str:
        """The name of a store that nobody has made yet."""
        return f"store_{next(self._numbers)}"

    def sql(self, statement: str, database: str = DATABASE) -> list[tuple[object, ...]]:
        """Have the server's administrator run one statement."""
        with psycopg.connect(self.address(database, "postgres"), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []
