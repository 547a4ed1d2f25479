"""A file that is replaced is the old one or the new one, for its owner alone."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from app.base.files import REPLACE_STEPS, replace_file


def test_a_file_is_made_and_replaced_step_by_step(tmp_path: Path) -> None:
    path, steps = tmp_path / "a.key", []
    replace_file(path, b"old", steps.append)
    assert tuple(steps) == REPLACE_STEPS
    replace_file(path, b"new and longer")
    assert path.read_bytes() == b"new and longer"
    assert [found.name for found in tmp_path.iterdir()] == ["a.key"]


@pytest.mark.parametrize("step", REPLACE_STEPS)
def test_the_old_file_stands_until_the_new_ones_name_does(tmp_path: Path, step: str) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(b"old")
    seen = {}

    def look(name: str) -> None:
        seen[name] = path.read_bytes()
        if name == step:
            raise OSError(errno.EIO, "the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        replace_file(path, b"new", look)
    kept = b"new" if step in ("renamed", "kept") else b"old"
    assert path.read_bytes() == seen[step] == kept
    assert [found.name for found in tmp_path.iterdir()] == ["a.key"]


def test_what_a_cut_left_behind_is_taken_again(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    (tmp_path / "a.key.new").write_bytes(b"half of a longer fi")
    replace_file(path, b"whole")
    assert path.read_bytes() == b"whole"
    assert [found.name for found in tmp_path.iterdir()] == ["a.key"]


@pytest.mark.skipif(os.name != "posix", reason="Windows guards a user's folders by itself")
def test_the_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(b"old")
    path.chmod(0o644)
    replace_file(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o600
