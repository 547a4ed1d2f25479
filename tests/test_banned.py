"""Patterns that this project does not write, each with what to write instead."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
SELF = "tests/test_banned.py"
CODE = ("app/*.py", "tests/*.py", "tools/*.py")
TEXT = (
    "*.py",
    "*.sh",
    "*.toml",
    "*.md",
    "*.txt",
    "*.in",
    "*.spec",
    "*.po",
    "*.json",
    "Makefile",
    ".ci/run",
)


@dataclass(frozen=True)
class Banned:
    """A pattern, what to write instead, where it is looked for, and a line that must be found."""

    pattern: str
    instead: str
    control: str
    where: tuple[str, ...] = CODE
    excepted: tuple[str, ...] = ()


BANNED = (
    Banned(
        r"except( Exception| BaseException)?( as \w+)?:\s*(#[^\n]*)?\n?\s*(pass|\.\.\.)\b",
        "name the known fault that may be passed over, and say why",
        "try:\n    act()\nexcept Exception:\n    pass",
    ),
    Banned(r"except:", "name the fault", "except:"),
    Banned(
        r"datetime\.(now|utcnow|today)\(\)|\butcfromtimestamp\(|\bdate\.today\(",
        "take the time from the injected Clock (app/base/clock.py)",
        "stamp = datetime.now()",
    ),
    Banned(
        r"\btime\.time(_ns)?\(\)",
        "take the time from the injected Clock (app/base/clock.py)",
        "now = time.time()",
        where=("app/*.py",),
        excepted=("app/base/clock.py",),
    ),
    Banned(
        r"\btime\.sleep\(|\bQTest\.qWait\(|\bqtbot\.wait\(|from time import .*\bsleep\b",
        "wait for the thing itself: an Event, qtbot.waitUntil, a process's own line",
        "time.sleep(0.1)",
        where=("tests/*.py",),
    ),
    Banned(
        r"(?<![\w.])(?<!def )print\((?![^\n]*\bfile=)",
        "return text to the command line, or log",
        "    print(card)",
        where=("app/*.py",),
    ),
    Banned(
        r"\bQ(Table|Tree|List)Widget\b",
        "use a QAbstractTableModel paged by key (app/ui/models.py) and a view",
        "from PySide6.QtWidgets import QTableWidget",
    ),
    Banned(
        r"\.processEvents\(",
        "run the work as a task (app/ui/tasks.py)",
        "app.processEvents()",
        where=("app/*.py",),
    ),
    Banned(
        r"\b(MagicMock|mock\.patch|create_autospec)\b",
        "use the simulator of that device, or a small class of the port's own shape",
        "with mock.patch('app.x'):",
    ),
    Banned(
        r"\brandom\.(random|randint|choice|choices|randbytes|getrandbits|shuffle)\(",
        "use the injected RandomSource, or a random.Random of the run's seed",
        "x = random.randint(1, 2)",
    ),
    Banned(
        r"\b(pickle|marshal)\.loads?\(",
        "read a declared format; a pickle runs what it holds",
        "pickle.loads(raw)",
        where=("app/*.py",),
    ),
    Banned(
        r"\bfloat\((fee|fen|amount|price)|_yuan\s*[:=]\s*\d+\.\d",
        "money is whole fen",
        "total_yuan = 5.50",
    ),
    Banned(
        r"(?i)\bglobal [a-z_]+$",
        "give the state to an object that its user holds",
        "    global counter",
        where=("app/*.py",),
    ),
    Banned(
        r"#\s*(TODO|FIXME|XXX|HACK)\b",
        "finish it, or file an issue and say in CHANGELOG.md what is missing",
        "# TODO later",
    ),
    Banned(
        r"\bpytest\.mark\.(skip|xfail)\b",
        "use require_part (tests/helpers/parts.py) for what may be missing; mend what fails",
        "@pytest.mark.skip(reason='flaky')",
        where=("tests/*.py",),
    ),
    Banned(
        r"https?://[^\s\"'>)]*(/simple\b|/packages/|/pypi\b|files\.pythonhosted|registry\.)",
        "name the package, never the place it was loaded from",
        "https://mirror.example/" + "simple",
        where=TEXT,
    ),
    Banned(
        r"--(extra-)?index-url[ =]\S|--find-links[ =]\S|--trusted-host",
        "leave the place of packages to each machine's own settings",
        "pip install --" + "index-url https://mirror.example",
        where=TEXT,
        excepted=("tools/lock.sh",),
    ),
    Banned(
        r"(?<![\w.~/}-])/(work|home/\w|root|Users/\w|mnt/\w)(/|\b)(?![^\n]*# a made-up path)",
        "build the path from the file's own place, a fixture's folder or platformdirs",
        "DATA = '/" + "root/kangka'",
        where=TEXT,
    ),
    Banned(
        r"/tmp/\w|[\"']/tmp[\"']",  # noqa: S108
        "use tmp_path in tests and tempfile in the program",
        "OUT = '/" + "tmp/out.pdf'",
        where=CODE,
        excepted=("tests/tools/test_lint_windows.py", "tools/lint_windows.py"),
    ),
)


def tracked() -> list[str]:
    """Every file that a commit holds, by its path from the top, and those about to be added."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return [name for name in listed.stdout.splitlines() if name != SELF and (ROOT / name).is_file()]


def looked_at(name: str, banned: Banned) -> bool:
    """Whether ``banned`` is looked for in the file ``name``."""
    if name in banned.excepted:
        return False
    for pattern in banned.where:
        folder, _, ending = pattern.rpartition("/*")
        if folder and name.startswith(folder + "/") and name.endswith(ending):
            return True
        if not folder and (name == pattern or PurePosixPath(name).match(pattern)):
            return True
    return False


@pytest.mark.parametrize("banned", BANNED, ids=lambda banned: banned.pattern[:40])
def test_no_file_holds_a_banned_pattern(banned: Banned) -> None:
    found = []
    for name in tracked():
        if looked_at(name, banned):
            text = (ROOT / name).read_text(encoding="utf-8")
            for hit in re.finditer(banned.pattern, text, re.MULTILINE):
                line = text.count("\n", 0, hit.start()) + 1
                found.append(f"{name}:{line}: {hit.group().strip()[:60]!r}: {banned.instead}")
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("banned", BANNED, ids=lambda banned: banned.pattern[:40])
def test_the_pattern_finds_its_control(banned: Banned) -> None:
    assert re.search(banned.pattern, banned.control, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "limit"), [("app/ui", 600), ("app", 400), ("tests", 700), ("tools", 400)]
)
def test_a_file_stays_small_enough_to_hold_in_ones_head(name: str, limit: int) -> None:
    long = []
    for path in (ROOT / name).rglob("*.py"):
        if name == "app" and (ROOT / "app" / "ui") in path.parents:
            continue
        count = len(path.read_text(encoding="utf-8").splitlines())
        # "About": a tenth more is a remark at a review, not a fault.
        if count > limit * 1.1:
            long.append(f"{path.relative_to(ROOT)} has {count} lines")
    assert not long, f"more than {limit} lines: {long}"
