"""The command line as a user runs it, in this process: arguments in, exit code and both outputs out."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.domain.staff import Role
from app.opening import House, made_up_staff


@dataclass(frozen=True)
class Answer:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on standard output."""
        assert self.out.endswith("\n")
        assert "\n" not in self.out[:-1], "more than one line on standard output"
        content = json.loads(self.out)
        assert isinstance(content, dict)
        return content

    @property
    def error(self) -> dict[str, str]:
        """The refusal in JSON, held against commands.md: exit 1 and a sentence on standard error."""
        assert self.code == 1
        error: dict[str, str] = self.json["error"]
        assert list(error) == ["code", "message", "remedy"]
        assert all(isinstance(text, str) and text for text in error.values())
        assert error["message"] in self.err
        assert error["remedy"] in self.err
        assert self.err.count("\n") == 1
        return error


class Kangka:
    """``kangka`` over one training workplace. ``run`` adds no switch; a call adds the workplace's.

    ``house`` is what a test gives in the machine's place (app.opening).
    """

    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], house: House | None = None
    ) -> None:
        self.folder = folder
        self.house = house
        self._capsys = capsys

    def run(self, *arguments: str | Path, typed: Sequence[str] = ()) -> Answer:
        """One command with these arguments alone, ``typed`` on standard input, a line each."""
        self._capsys.readouterr()
        stdin = sys.stdin
        if typed:
            sys.stdin = io.StringIO("".join(line + "\n" for line in typed))
        try:
            code = main([str(argument) for argument in arguments], self.house)
        except SystemExit as ended:  # argparse: wrong use, help, version
            assert isinstance(ended.code, int)
            code = ended.code
        finally:
            sys.stdin = stdin
        out, err = self._capsys.readouterr()
        return Answer(code, out, err)

    def __call__(
        self,
        *arguments: str | Path,
        lang: str = "zh",
        json: bool = True,
        typed: Sequence[str] = (),
    ) -> Answer:
        """One command in this workplace."""
        shape = ("--json",) if json else ()
        switches = ("--data", self.folder, "--training", "--lang", lang, *shape)
        return self.run(*switches, *arguments, typed=typed)

    def by(self, role: Role, *arguments: str | Path, typed: Sequence[str] = ()) -> Answer:
        """One command by the made-up person of ``role``, by name and password."""
        person = next(person for person in made_up_staff() if person.role is role)
        return self("--operator", person.name, *arguments, typed=[person.password, *typed])

    def enrol(self) -> str:
        """Enrol whoever lies on the identity reader; the application's id."""
        return str(self("enrol", "--from-reader").json["application"])

    def issue(self, application: str) -> Answer:
        return self("issue", "--application", application)
