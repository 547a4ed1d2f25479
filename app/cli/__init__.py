"""The command line: parse, call, print (commands.md).

With ``--json`` standard output carries one JSON object and nothing else, also when the exit code is 1.
Exit codes: 0 done, 1 refused or failed with one plain sentence on standard error, 2 wrong use.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from app.base.catalogue import Catalogue
from app.base.errors import KangkaError
from app.cli.arguments import Run
from app.cli.arguments import parser as _parser
from app.cli.context import Context
from app.opening import House

# As a shell tells it of a process that was interrupted.
_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None, house: House | None = None) -> int:
    """Run one command; the process's exit code. A test gives its own ``house`` for this machine's."""
    if os.name == "posix":
        from app.base.posix import (  # noqa: PLC0415 - Windows has none of it
            forbid_core_dumps,
            keep_files_private,
        )

        forbid_core_dumps()
        keep_files_private()
    for stream in (sys.stdout, sys.stderr):
        # JSON is UTF-8 wherever the output goes; a name of a file may hold what no encoding takes.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    args = _parser().parse_args(argv)
    try:
        context = Context(args, Catalogue(args.lang), house)
    except KangkaError as fault:
        return _refuse(Context(args, Catalogue("en")), fault)
    run: Run = args.run
    try:
        run(context)
        if args.json and not context.told:
            _print_json(context.result)
    except KangkaError as fault:
        return _refuse(context, fault)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; nothing more can be told, and the exit must not try to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return context.code


def _refuse(context: Context, fault: KangkaError) -> int:
    text = context.catalogue.error(fault)
    if context.args.json and not context.told:
        error = {"code": text.code, "message": text.cause, "remedy": text.remedy}
        _print_json(context.result | {"error": error})
    sys.stderr.write(text.message + "\n")
    return 1


def _print_json(result: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n")
    sys.stdout.flush()
