"""Another user of the same machine: what they can read of a workplace, and where they can lead it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main
from app.devices.ports import Side
from app.devices.sim.card_printer import SimulatedCardPrinter
from app.main import open_desk
from app.opening import House, Options
from app.workflow.files import write_file
from tests.helpers.people import CHEAP

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has other rights of files")


@pytest.fixture(autouse=True)
def careless() -> object:
    """As a machine is set up by default: what a program makes, everybody reads."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if stat.S_IMODE(path.lstat().st_mode) & 0o077 and not path.is_symlink()
    )


def test_no_file_of_a_workplace_is_anybody_elses_to_read(tmp_path: Path) -> None:
    """A folder that was there before, and open, as an administrator made it."""
    place = tmp_path / "desk"
    for folder in (place, place / "papers"):
        folder.mkdir(mode=0o755)
    with open_desk(Options(data=place), house=House(cost=CHEAP)) as desk:
        application = desk.save(desk.draft_from_training(0))
        for paper in desk.application_papers(application):
            desk.papers.print(paper)
        desk.write_face(application, place / "face.pdf", place / "face.png", 100)
    assert (place / "papers").iterdir()
    assert open_to_others(place) == []


def test_a_printed_face_is_the_owners_alone(tmp_path: Path) -> None:
    SimulatedCardPrinter(tmp_path / "printed").print_face("case-1", Side.FRONT, b"%PDF-1.7")
    assert open_to_others(tmp_path) == []


def test_a_link_that_lies_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"before")
    (tmp_path / "paper.pdf").symlink_to(elsewhere)
    write_file(tmp_path / "paper.pdf", b"a resident")
    assert elsewhere.read_bytes() == b"before"
    assert (tmp_path / "paper.pdf").read_bytes() == b"a resident"
    assert not (tmp_path / "paper.pdf").is_symlink()


def test_an_older_file_that_all_could_read_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "face.pdf"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_file(path, b"a resident")
    assert open_to_others(tmp_path) == []


def test_a_device_is_written_to(tmp_path: Path) -> None:
    write_file(Path("/dev/null"), b"a resident")
    assert Path("/dev/null").is_char_device()


def test_a_command_leaves_nothing_open_wherever_it_writes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "demo"
    assert main(["--json", "demo", "--out", str(out), "--people", "1"]) == 0
    capsys.readouterr()
    assert (out / "faces").is_dir()
    assert open_to_others(out) == []


def test_control_a_file_of_the_usual_kind_is_seen(tmp_path: Path) -> None:
    (tmp_path / "paper").write_text("x", encoding="ascii")
    assert open_to_others(tmp_path) == ["paper"]


def test_no_secret_stands_where_every_process_of_the_machine_can_read(tmp_path: Path) -> None:
    """Arguments and environment of a running command, asked of the system itself."""
    word = tmp_path / "word"
    word.write_text("corn.paper-7\n", encoding="ascii")
    code = (
        "import sys; from pathlib import Path; from app.cli import main;"
        "main(['--data', sys.argv[1], '--training', '--json', '--operator', 'nobody', 'case', 'list']);"
        "own = Path('/proc/self');"
        "word = Path(sys.argv[2]).read_bytes().strip();"
        "print(word in (own / 'cmdline').read_bytes() + (own / 'environ').read_bytes())"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "desk"), str(word)],
        env=os.environ | {"KANGKA_PASSWORD_FILE": str(word)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines()[-1] == "False"
    assert "corn" not in told.stdout + told.stderr
