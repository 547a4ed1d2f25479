"""Find, on the syntax tree, what Windows does not have: the program must run there too.

``python tools/lint_windows.py [FOLDER...]`` prints ``file:line: what, and what to write instead`` and
exits 1 where something was found. Without folders it looks at app/.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# Modules of the standard library that Windows lacks.
MODULES = frozenset(
    (
        "crypt",
        "fcntl",
        "grp",
        "nis",
        "posix",
        "pty",
        "pwd",
        "resource",
        "spwd",
        "syslog",
        "termios",
        "tty",
    )
)
# Attributes of modules, dotted, with what to write instead.
ATTRIBUTES = {
    "os.fork": "start a process by subprocess",
    "os.forkpty": "start a process by subprocess",
    "os.openpty": "serve a TCP port on loopback",
    "os.mkfifo": "use a queue or a socket on loopback",
    "os.getuid": "ask for the right itself, not for the person",
    "os.geteuid": "ask for the right itself, not for the person",
    "os.setsid": "use subprocess with creationflags for Windows",
    "os.killpg": "end each process that was started, by its own object",
    "os.uname": "use platform.uname",
    "os.sched_getaffinity": "use os.cpu_count",
    "os.sync": "flush and os.fsync the file",
    "signal.SIGKILL": "use Process.kill",
    "signal.SIGHUP": "use signal.SIGTERM",
    "signal.SIGUSR1": "use an event",
    "signal.SIGUSR2": "use an event",
    "signal.SIGALRM": "use a timer of threading",
    "signal.alarm": "use a timer of threading",
    "signal.setitimer": "use a timer of threading",
    "socket.AF_UNIX": "use a TCP socket on loopback",
    "socket.TCP_QUICKACK": 'use getattr(socket, "TCP_QUICKACK", None)',
    "asyncio.open_unix_connection": "use a TCP socket on loopback",
    "asyncio.start_unix_server": "use a TCP socket on loopback",
    "socketserver.UnixStreamServer": "use a TCP server on loopback",
}
PATHS = ("/tmp", "/var", "/usr", "/etc", "/dev", "/proc", "/run", "/home", "/opt")  # noqa: S108

# These alone may use them, and are loaded by a function that asked for the system, never at import.
EXCEPTED = ("app.base.posix", "app.devices.sim.pty")


def findings(source: str, module: str) -> Iterator[tuple[int, str]]:
    """Line and words of each thing in ``source`` that Windows lacks; ``module`` is its dotted name."""
    tree = ast.parse(source)
    late = {inner for node in ast.walk(tree) if isinstance(node, FUNCTIONS) for inner in ast.walk(node)}
    aliases = dict(_aliases(tree))
    for node in ast.walk(tree):
        names = list(_imported(node, module))
        if module not in EXCEPTED:
            for name in names:
                yield from _judge(node, name)
            if isinstance(node, ast.Attribute):
                yield from _judge(node, _dotted(node, aliases))
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and _fixed_path(node.value)
            ):
                yield (
                    node.lineno,
                    f"the path {node.value!r} stands on one system only; use platformdirs or tempfile",
                )
        if module not in EXCEPTED and node not in late:
            for name in set(names).intersection(EXCEPTED):
                yield node.lineno, f"{name} must be imported inside the function that needs it"


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _judge(node: ast.AST, name: str) -> Iterator[tuple[int, str]]:
    line = getattr(node, "lineno", 0)
    top = name.partition(".")[0]
    if isinstance(node, ast.Import | ast.ImportFrom) and top in MODULES:
        yield line, f"module {top} is not there on Windows; do without it"
    elif name in ATTRIBUTES:
        yield line, f"{name}: {ATTRIBUTES[name]}"


def _imported(node: ast.AST, module: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            base = ".".join([*module.split(".")[: -node.level], *([base] if base else [])])
        yield base
        yield from (f"{base}.{alias.name}" for alias in node.names)


def _aliases(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, aliases)}.{node.attr}"
    if isinstance(node, ast.Name):
        return aliases.get(node.id, node.id)
    return ""


def _fixed_path(text: str) -> bool:
    return any(text == path or (text.startswith(path + "/") and " " not in text) for path in PATHS)


def main(arguments: list[str]) -> int:
    found = 0
    for folder in arguments or ["app"]:
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            for line, words in sorted(set(findings(path.read_text(encoding="utf-8"), module))):
                print(f"{path.relative_to(ROOT)}:{line}: {words}")
                found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
