"""The command line as a user runs it, in this process: arguments in, exit code and both outputs out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.cli import main


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
    """``kangka`` over one training workplace. ``run`` adds no switch; a call adds the workplace's."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def run(self, *arguments: str | Path) -> Answer:
        """One command with these arguments alone."""
        self._capsys.readouterr()
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as ended:  # argparse: wrong use, help, version
            assert isinstance(ended.code, int)
            code = ended.code
        out, err = self._capsys.readouterr()
        return Answer(code, out, err)

    def __call__(self, *arguments: str | Path, lang: str = "zh", json: bool = True) -> Answer:
        """One command in this workplace."""
        shape = ("--json",) if json else ()
        return self.run("--data", self.folder, "--training", "--lang", lang, *shape, *arguments)

    def enrol(self) -> str:
        """Enrol whoever lies on the identity reader; the application's id."""
        return str(self("enrol", "--from-reader").json["application"])

    def issue(self, application: str) -> Answer:
        return self("issue", "--application", application)
