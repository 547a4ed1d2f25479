"""After a demonstration no person stands anywhere but in the papers that are meant for people.

The whole program runs in a process of its own, with its home and its temporary files in a folder that is
looked through afterwards; one is killed by a signal that would leave its memory in a core file.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.domain.made_up import made_up_resident
from tests.helpers.needles import Hit, needles, search_files

SEED = 1
# A sample in every run; the figure in a whole one.
PEOPLE = 6
WHOLE = 200
# What is printed for people: both faces, and the papers.
FOR_PEOPLE = ("faces", "printed", "papers")
ROOT = Path(__file__).parents[2]


def environment(place: Path) -> dict[str, str]:
    home, temporary = place / "home", place / "tmp"
    home.mkdir()
    temporary.mkdir()
    given = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    return given | {
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def command(out: Path, people: int) -> list[str]:
    demo = ["--json", "demo", "--out", str(out), "--people", str(people), "--seed", str(SEED)]
    return [sys.executable, "-m", "app", *demo]


def words(people: int) -> dict[str, str]:
    """Number, phone and name of everybody and of their contacts, by what each is of whom."""
    found = {}
    for number in range(people):
        person = made_up_resident(number, SEED)
        found |= {f"number {number}": person.number, f"name {number}": person.name}
        found |= {f"phone {number}.{n}": phone for n, phone in enumerate(person.phones)}
        for n, contact in enumerate(person.contacts):
            found |= {f"contact {number}.{n}": contact.name, f"call {number}.{n}": contact.phone}
    return found


def left(place: Path) -> list[Path]:
    """Everything below ``place`` but the folders of papers for people."""
    workplace = place / "desk"
    inside = [path for path in workplace.iterdir() if path.name not in FOR_PEOPLE]
    files = [path for path in place.iterdir() if path != workplace]
    folders = [path for path in (*inside, *files) if path.is_dir()]
    loose = [path for path in (*inside, *files) if path.is_file()]
    kept = place / "loose"
    kept.mkdir(exist_ok=True)
    for path in loose:
        (kept / path.name).write_bytes(path.read_bytes())
    return [*folders, kept]


@pytest.fixture(scope="module")
def people(scale: int) -> int:
    return WHOLE if scale == 0 else min(WHOLE, PEOPLE * scale)


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory, people: int) -> tuple[Path, dict[str, Any]]:
    place = tmp_path_factory.mktemp("demonstration")
    run = subprocess.run(
        command(place / "desk", people),
        env=environment(place),
        cwd=place,
        capture_output=True,
        check=True,
        timeout=1_500,
    )
    (place / "errors.log").write_bytes(run.stderr)
    return place, json.loads(run.stdout)


@pytest.mark.prove
def test_nobody_is_left_but_in_papers(
    demonstration: tuple[Path, dict[str, Any]], people: int, record_proof: Callable[[str, int], None]
) -> None:
    place, told = demonstration
    assert told["verified"] >= people
    hits = search_files(left(place), words(people))
    assert hits == []
    record_proof("cards looked through for needles", told["issued"])


def test_the_papers_do_hold_them(demonstration: tuple[Path, dict[str, Any]]) -> None:
    # The needles are right: where people are meant to read them, they are found.
    place, told = demonstration
    assert {card["number"] for card in told["cards"]} >= {made_up_resident(0, SEED).number}
    assert any(path.suffix == ".pdf" for path in (place / "desk" / "faces").rglob("*"))


@pytest.mark.parametrize("form", sorted(needles("410102199001010011")))
def test_control_a_planted_needle_is_found(tmp_path: Path, form: str) -> None:
    texts = words(1)
    raw = needles(texts["number 0"])[form] if texts["number 0"].isdecimal() else None
    if raw is None:
        texts["number 0"] = "410102199001010011"
        raw = needles(texts["number 0"])[form]
    (tmp_path / "log.txt").write_bytes(b"before " + raw + b" after")
    assert Hit("log.txt", "number 0", form) in search_files([tmp_path], texts)


@pytest.mark.parametrize("around", [bytes, functools.partial(base64.a85encode, adobe=True)])
def test_control_a_needle_in_a_deflated_stream_is_found(
    tmp_path: Path, around: Callable[[bytes], bytes]
) -> None:
    body = around(zlib.compress(words(1)["name 0"].encode("utf-16-be")))
    (tmp_path / "paper").write_bytes(b"%PDF-1.4\nstream\n" + body + b"\nendstream\n")
    assert Hit("paper", "name 0", "utf-16-be") in search_files([tmp_path], words(1))


@pytest.mark.skipif(os.name != "posix", reason="core files are POSIX's")
def test_a_crash_leaves_no_core_file(tmp_path: Path) -> None:
    import resource  # noqa: PLC0415 - POSIX alone has it

    def allow() -> None:
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

    ran = subprocess.Popen(
        command(tmp_path / "desk", 40),
        env=environment(tmp_path),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=allow,  # noqa: PLW1509 - nothing else runs in the child
    )
    try:
        # It works on people by then: the first face was printed.
        while ran.poll() is None and not list((tmp_path / "desk").rglob("*.pdf")):
            os.sched_yield()
        ran.send_signal(signal.SIGABRT)
        ran.communicate(timeout=60)
    finally:
        ran.kill()
        ran.wait()
    assert ran.returncode == -signal.SIGABRT
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("core")] == []
    assert not search_files([tmp_path / "tmp", tmp_path / "home"], words(40))
