"""The lint for Windows finds each thing it is for, and leaves alone what is fine."""

from __future__ import annotations

import pytest

from tools.lint_windows import findings


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.fork()",
        "from os import fork",
        "import fcntl",
        "def late():\n    import termios",
        "from pty import openpty",
        "import socket\nsocket.socket(socket.AF_UNIX)",
        "from socket import AF_UNIX, SOCK_STREAM",
        "import socket as s\ns.AF_UNIX",
        "import signal\nsignal.SIGKILL",
        "import socket\nline.setsockopt(6, socket.TCP_QUICKACK, 1)",
        'OUT = "/tmp/kangka"',
        'open("/proc/self/mem")',
        "from app.devices.sim.pty import Terminal",
        "from app.devices.sim import pty",
        "import app.devices.sim.pty",
    ],
)
def test_what_windows_lacks_is_found(source: str) -> None:
    assert list(findings(source, "app.devices.channel"))


@pytest.mark.parametrize(
    ("source", "module"),
    [
        (
            "import os, socket, signal\nos.getpid(); socket.AF_INET; signal.SIGTERM",
            "app.devices.channel",
        ),
        ('import socket\nquick = getattr(socket, "TCP_QUICKACK", None)', "app.devices.sim.vpcd"),
        ('TEXT = "/tmp is a folder of other systems"\nROUTE = "/cards/1"', "app.devices.channel"),
        ("def serve():\n    from app.devices.sim.pty import Terminal", "app.devices.sim.serve"),
        ("import pty, termios, tty", "app.devices.sim.pty"),
        ("from app.devices.sim import card", "app.devices.sim.serve"),
    ],
)
def test_what_windows_has_is_not(source: str, module: str) -> None:
    assert not list(findings(source, module))


def test_a_relative_import_of_the_pseudo_terminal_is_judged_too() -> None:
    assert list(findings("from .pty import Terminal", "app.devices.sim.serve"))
    assert list(findings("from . import pty", "app.devices.sim.serve"))
