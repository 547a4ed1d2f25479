"""The command line: parse, call, print (commands.md).

With ``--json`` standard output carries one JSON object and nothing else, also when the exit code is 1.
Exit codes: 0 done, 1 refused or failed with one plain sentence on standard error, 2 wrong use.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

from app.base.catalogue import Catalogue
from app.base.errors import KangkaError
from app.cli import streams
from app.cli.arguments import Run
from app.cli.arguments import parser as _parser
from app.cli.context import Context
from app.cli.streams import AnswerLost
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
    streams.prepare()
    args = _parsed(argv)
    try:
        context = Context(args, Catalogue(args.lang), house)
    except KangkaError as fault:
        return _refuse(Context(args, Catalogue("en")), fault)
    run: Run = args.run
    try:
        run(context)
        if args.json and not context.told:
            _print_json(context, context.result)
        if context.output.lost:
            raise AnswerLost
    except KangkaError as fault:
        return _refuse(context, fault)
    except KeyboardInterrupt:
        return _INTERRUPTED
    # Whoever read the output and has gone is told nothing, and is not told that it went well.
    return context.code or int(context.output.unread)


def _parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """The line as its commands take it. What is no text in any encoding is no name and no id: only a
    path may hold it."""
    parser = _parser()
    args = parser.parse_args(argv)
    for name, value in vars(args).items():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and any("\ud800" <= letter <= "\udfff" for letter in text):
                parser.error(f"argument {name}: {text!r} is not text")
    return args


def _refuse(context: Context, fault: KangkaError) -> int:
    text = context.catalogue.error(fault)
    if context.args.json and not context.told:
        error = {"code": text.code, "message": text.cause, "remedy": text.remedy}
        _print_json(context, context.result | {"error": error})
    with contextlib.suppress(OSError):  # nowhere to say it; the exit code does
        sys.stderr.write(text.message + "\n")
    return 1


def _print_json(context: Context, result: dict[str, Any]) -> None:
    context.output.write(json.dumps(result, ensure_ascii=False) + "\n")
