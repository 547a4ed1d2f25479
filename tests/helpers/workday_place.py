"""A live workplace of tests, opened again and again as the program opens it, by one warm process.

What every opening reads anew and never changes (profiles, code tables, fonts) is read once, so that a
desk comes up in a few hundredths of a second. A folder holds the ``desk`` itself, the machine's
``keychain``, and what lies ``beside`` it: lists and files that people bring.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from keyring.backend import KeyringBackend

from app import main, opening
from app.base.clock import ManualClock
from app.base.resources import read_toml, resource
from app.crypto.key_ways import KeychainWrapper
from app.crypto.keychain import Keychain
from app.documents.faces import FaceInput, FacePages, FaceRenderer
from app.documents.papers import Paper, PaperFacts, PaperRenderer
from app.domain.application import Realm
from app.domain.lives import load_life
from app.domain.settings import workplace_settings
from app.domain.staff import PEOPLE
from app.main import DeviceChoice, Hardware
from app.opening import SIMULATED, House, Options, desk_number
from app.setting_up import SetUp, set_up
from app.store.audit_witness import WITNESS_FOLDER
from app.store.store import STORE_FOLDER, Store, StoreContext, open_store
from app.store.threaded import StoreThread
from app.training import Crowd
from app.workflow.desk import Desk
from app.workflow.files import write_file
from app.workflow.first_run import FirstRun, NewPerson
from tests.helpers.making import SeededRandom
from tests.helpers.people import CHEAP, NAMES, PASSWORDS

DESK, KEYCHAIN, BESIDE = "desk", "keychain", "beside"
# A Monday morning in China.
MORNING: Final = 1_795_395_600_000
DAY_MS: Final = 86_400_000
BLANKS: Final = 10
_HEADS: Final = 3
# Papers and faces that were drawn, by template: each process of these tests has its own.
DRAWN: Final[dict[str, Any]] = {}
CROWD: Final = Crowd(seed=1)


class FolderKeyring(KeyringBackend):
    """A keychain that outlives its process, each text replaced in one act as a system's is."""

    priority = 1

    def __init__(self, folder: Path) -> None:
        self._path = folder / "kept.json"

    def _kept(self) -> dict[str, str]:
        return json.loads(self._path.read_bytes()) if self._path.exists() else {}

    def get_password(self, service: str, username: str) -> str | None:
        return self._kept().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._keep(self._kept() | {f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        kept = self._kept()
        del kept[f"{service} {username}"]
        self._keep(kept)

    def _keep(self, kept: dict[str, str]) -> None:
        self._path.parent.mkdir(exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(kept))
        new.replace(self._path)


@dataclass(frozen=True)
class Opened:
    """A desk as it stands open, with what is behind it. ``heard`` are its commits' points so far."""

    folder: Path
    desk: Desk
    hardware: Hardware
    store: StoreThread
    clock: ManualClock

    def ask(self, question: Callable[[Store], Any]) -> Any:
        """What ``question`` answers on the store's own thread."""
        return self.store.call(question)

    @property
    def beside(self) -> Path:
        return self.folder / BESIDE


def house_of(folder: Path, seed: object, at_ms: int = MORNING) -> House:
    """The machine of ``folder`` at a moment; ids are drawn by ``seed``."""
    keyring = FolderKeyring(folder / KEYCHAIN)
    return House(
        cost=CHEAP,
        keychain=lambda: Keychain(keyring),
        simulated_live=True,
        clock=ManualClock(at_ms, (at_ms - MORNING) * 1_000_000),
        random=SeededRandom(seed),
    )


@contextmanager
def records_of(folder: Path, at_ms: int) -> Iterator[Store]:
    """The records alone, opened by the machine's keychain on this thread."""
    house = house_of(folder, "records", at_ms)
    context = StoreContext(
        realm=Realm.LIVE,
        clock=house.clock,
        random=house.random,
        desk=desk_number(folder / DESK),
        wrappers=[KeychainWrapper(house.keychain())],
    )
    store = open_store(folder / DESK / STORE_FOLDER, context)
    try:
        yield store
    finally:
        store.close()


def first_run() -> FirstRun:
    settings = workplace_settings(read_toml(resource("training", "desk.toml")))
    people = tuple(NewPerson(NAMES[role], role, PASSWORDS[role]) for role in PEOPLE)
    return FirstRun(settings, people)


def furnish_place(folder: Path) -> SetUp:
    """A live workplace after its first run, with a list of the blank cards that lie in its box."""
    folder.mkdir(parents=True)
    made = set_up(folder / DESK, first_run(), house_of(folder, "first run"))
    with open_place(folder, "furnish") as opened:
        box = opened.hardware.box(BLANKS)
    (folder / BESIDE).mkdir()
    write_file(folder / BESIDE / "box-1.txt", "".join(f"{serial}\n" for serial in box).encode())
    return made


def options_of(folder: Path) -> Options:
    return Options(data=folder / DESK, training=False, devices=SIMULATED)


@contextmanager
def open_place(
    folder: Path, seed: object, at_ms: int = MORNING, heard: Callable[[str], None] | None = None
) -> Iterator[Opened]:
    """The desk in ``folder``, nobody signed in; ``heard`` hears of every durable point."""
    house = house_of(folder, seed, at_ms)
    with _hearing(heard or (lambda _point: None)):
        composed = main._compose(options_of(folder), DeviceChoice(), CROWD, house, sit=False)
        with composed as (desk, hardware, store):
            assert isinstance(house.clock, ManualClock)
            yield Opened(folder, desk, hardware, store, house.clock)


@contextmanager
def _hearing(heard: Callable[[str], None]) -> Iterator[None]:
    """The composition of the program itself, with one more listener at its store."""

    def listened(options: Options, house: House, *, on_commit: Any = None, **more: Any) -> Any:
        def both(point: str) -> None:
            if on_commit is not None:
                on_commit(point)
            heard(point)

        return opening.open_room(options, house, on_commit=both, **more)

    before = main.open_room
    main.open_room = listened
    try:
        yield
    finally:
        main.open_room = before


def teach(folder: Path) -> None:
    """Leave what this process drew for the one that it was forked from."""
    (folder / "drawn").write_bytes(pickle.dumps(DRAWN))


def learn(folder: Path) -> None:
    """Take what a fork drew, so that no other draws it again."""
    DRAWN.update(pickle.loads((folder / "drawn").read_bytes()))  # noqa: S301 - written by ``teach``


@cache
def warm() -> None:
    """Read once what no opening changes, and draw each paper and a card's faces once: the same bytes
    then stand for every later one. For a process of its own: it is never undone."""
    for name in ("load_desk_rules", "load_fees"):
        setattr(main, name, cache(getattr(main, name)))
    for name in ("training_desk", "rules_digest"):
        setattr(opening, name, cache(getattr(opening, name)))
    # What is read once a process is read here, before it forks, and called as the program calls it.
    main.load_profile(folder=None)
    main.load_products()
    main.load_codes(over=None)
    main.load_desk_rules(over=None)
    main.load_fees(None)
    opening.load_permissions()
    opening.training_desk()
    for life in ("application", "card", "blank", "making"):
        load_life(life)
    Crowd.person = cache(Crowd.person)  # type: ignore[method-assign]
    papers, faces = PaperRenderer.open(None), FaceRenderer.open(None)
    PaperRenderer.open = lambda *_arguments, **_more: papers  # type: ignore[method-assign]
    FaceRenderer.open = lambda *_arguments, **_more: faces  # type: ignore[method-assign]
    for book in (papers._fonts, faces._fonts):
        for name in book.chain_names:
            book.font(book.chain(name)._families[0])
    draw, render, drawn = PaperRenderer.draw, FaceRenderer.render, DRAWN

    def drawn_once(renderer: PaperRenderer, paper: Paper, facts: PaperFacts) -> bytes:
        if paper.template not in drawn:
            drawn[paper.template] = draw(renderer, paper, facts)
        return drawn[paper.template]

    def rendered_once(renderer: FaceRenderer, face: FaceInput) -> FacePages:
        if "face" not in drawn:
            drawn["face"] = render(renderer, face)
        return drawn["face"]

    PaperRenderer.draw = drawn_once  # type: ignore[method-assign]
    FaceRenderer.render = rendered_once  # type: ignore[method-assign]


def fold_witness(folder: Path) -> None:
    """Let the file of heads keep its newest: here a desk opens at every step, not once a day."""
    for path in (folder / DESK / WITNESS_FOLDER).glob("*.heads"):
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[-_HEADS:]))
