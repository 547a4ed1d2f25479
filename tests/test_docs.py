"""What the pages say is true of the tree: targets, commands, links, folders."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from app.cli import _parser

ROOT = Path(__file__).resolve().parents[1]
# Code inside a sentence, and lines of a block that are typed as they stand.
QUOTED = re.compile(r"`([^`\n]+)`|^((?:make|kangka) .*)$", re.MULTILINE)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def makefile_targets() -> dict[str, str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z][a-z-]*):[^=\n]*?(?:## (.*))?$", text, re.MULTILINE))


def commands() -> set[str]:
    parser = _parser()
    return {
        name
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for name in action.choices
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_targets_commands_and_files_that_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    quoted = "\n".join(span or line for span, line in QUOTED.findall(text))
    targets = makefile_targets()
    for target in re.findall(r"\bmake ([a-z-]+)", quoted):
        assert target in targets, f"make {target}"
    for command in re.findall(
        r"\bkangka (?:--?[a-z]\S* (?:(?:DIR|simulated|system) )?)*([a-z][a-z-]+)", quoted
    ):
        assert command in commands(), f"kangka {command}"
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert (page.parent / link).exists(), link
    for place in re.findall(r"`((?:app|tests|tools|resources|locks|docs)/[\w./-]*)`", text):
        assert (ROOT / place).exists(), place


def test_every_target_says_what_it_is_for() -> None:
    targets = makefile_targets()
    assert {
        "help",
        "run",
        "test",
        "check",
        "lock",
        "bench",
        "mutants",
        "prove",
        "screens",
        "dist",
    } <= set(targets)
    assert all(targets.values()), [name for name, words in targets.items() if not words]


def test_the_command_line_of_the_readme_is_whole() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text[text.index("## The command line") : text.index("## Where things are")]
    assert set(re.findall(r"`kangka ([a-z][a-z-]*)`", table)) == commands()


def test_the_layout_names_every_folder_of_the_top() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for folder in ("app", "resources", "tests", "tools", "locks", "docs"):
        assert f"| `{folder}/`" in text
