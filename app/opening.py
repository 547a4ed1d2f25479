"""Opening a workplace: its records by one of the ways to their key, its people, and who sits there.

``app.main`` puts the devices beside it. Nothing here is simulated and nothing is real.
"""

from __future__ import annotations

import errno
import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import platformdirs

from app.base.clock import Clock, SystemClock
from app.base.errors import N_, KangkaError
from app.base.ids import RandomSource, SystemRandom
from app.base.resources import read_toml, resource
from app.crypto.key_ways import KeychainWrapper, KeyWrapper, OperatorWrapper, TrainingWrapper
from app.crypto.keychain import Keychain, system_keychain
from app.crypto.passwords import PRODUCTION, PasswordCost
from app.crypto.sm3 import framed, sm3
from app.crypto.verifiers import Argon2Verifiers
from app.domain.application import FrozenApplication, Realm
from app.domain.records import Unit
from app.domain.settings import WorkplaceSettings, workplace_settings
from app.domain.staff import (
    PROGRAM,
    Permissions,
    Presence,
    Role,
    load_permissions,
    sign_in_name,
)
from app.domain.till import FeeDue
from app.domain.ways import KeyWays, NoWays
from app.store.store import STORE_FOLDER, StoreContext, exists, open_or_create, open_store
from app.store.threaded import StoreThread
from app.store.ways import StoreWays
from app.workflow.files import FileUnreadable
from app.workflow.gate import Gate, NobodySignedIn, Session
from app.workflow.settings_desk import SettingsDesk
from app.workflow.sign_in import MadeUpStaff, SignIn
from app.workflow.staff_desk import StaffDesk
from app.workflow.workplace import SimulatedRefused, WorkplaceNotSetUp

# What an order owes by the rule of a moment (UTC milliseconds).
OrderFee = Callable[[FrozenApplication, int], FeeDue]
# Which desk of its records a workplace is. Not a secret: it leads every number that the desk gives.
DESK_FILE: Final = "desk.toml"
SIMULATED: Final = "simulated"
# A province's own card profile, as it was when the workplace was set up.
PROFILE_FOLDER: Final = "profile"
# The setting that says which of them: what ``rules_digest`` gave when it was adopted.
RULES_SETTING: Final = "rules"


@dataclass(eq=False)
class DeskFileDamaged(KangkaError):
    """The file that says which desk this is says nothing of the kind."""

    file: str

    code = "workplace.desk-file-damaged"
    cause = N_("The file {file} does not say which desk this workplace is.")
    meaning = N_("No records were opened, because their numbers would be another desk's.")
    remedy = N_('Write one line into it: number = "01", with the number on the desk\'s papers.')


@dataclass(eq=False)
class RulesChanged(KangkaError):
    """The folder with a province's card, fees and rules is not the one that was adopted here."""

    folder: str

    code = "workplace.rules-changed"
    cause = N_("The folder {folder} with card, fees and rules is not the one this desk adopted.")
    meaning = N_("Cards and fees would follow rules that nobody here answered for; nothing was done.")
    remedy = N_("Put the folder back, or have the system administrator adopt it: kangka adopt FOLDER.")


@dataclass(frozen=True)
class House:
    """What this machine gives, and what a test gives in its place: nothing else can.

    ``simulated_live`` lets a live store work on simulated devices, in the test suite alone (decision 9).
    """

    cost: PasswordCost = PRODUCTION
    keychain: Callable[[], Keychain] = system_keychain
    simulated_live: bool = False
    clock: Clock = field(default_factory=SystemClock)
    random: RandomSource = field(default_factory=SystemRandom)

    def verifiers(self) -> Argon2Verifiers:
        return Argon2Verifiers(self.random, self.cost)


@dataclass(frozen=True, repr=False)
class Entry:
    """Who comes in, and the password, asked for once it is needed."""

    name: str
    password: Callable[[], str]


@dataclass(frozen=True)
class Options:
    """The global switches of the command line. ``entry`` is who acts, ``second`` who stands beside."""

    data: Path | None = None
    training: bool = True
    devices: str = SIMULATED
    profile: Path | None = None
    entry: Entry | None = None
    second: Entry | None = None
    lang: str = "zh"

    @property
    def folder(self) -> Path:
        """The workplace's folder: the one named, else the platform's own, training apart."""
        if self.data is not None:
            return self.data
        own = Path(platformdirs.user_data_dir("kangka", appauthor=False))
        return own / "training" if self.training else own

    @property
    def realm(self) -> Realm:
        return Realm.TRAINING if self.training else Realm.LIVE

    def checked(self, house: House) -> Options:
        """These options with the workplace's own card profile where none is named.

        ``WorkplaceNotSetUp`` for a live workplace that is none, ``SimulatedRefused`` where it was to
        work on simulated devices.
        """
        if not self.training and not exists(self.folder / STORE_FOLDER):
            raise WorkplaceNotSetUp
        if not self.training and self.devices == SIMULATED and not house.simulated_live:
            raise SimulatedRefused
        own = self.folder / PROFILE_FOLDER
        return replace(self, profile=own) if self.profile is None and own.is_dir() else self


@dataclass(frozen=True)
class Room:
    """An opened workplace without its devices."""

    store: StoreThread
    settings: WorkplaceSettings
    settings_desk: SettingsDesk
    session: Session
    sign_in: SignIn
    gate: Gate
    staff: StaffDesk
    permissions: Permissions
    second: Callable[[str], Presence | None]
    fresh: Callable[[str], Presence | None]


def training_desk() -> Mapping[str, Any]:
    """What ships as the training workplace: its settings and its made-up people."""
    return read_toml(resource("training", "desk.toml"))


def made_up_staff() -> tuple[MadeUpStaff, ...]:
    """The people of a training desk, their passwords published."""
    return tuple(
        MadeUpStaff(person["name"], Role(person["role"]), person["password"])
        for person in training_desk()["staff"]
    )


def open_room(
    options: Options,
    house: House,
    *,
    on_commit: Callable[[str], None] | None = None,
    fee: OrderFee | None = None,
    sit: bool = True,
) -> Room:
    """Open a workplace's records and sit down at it; the caller closes ``store``.

    Without an ``entry`` the made-up clerk acts in training and nobody at a real desk; where ``sit`` is
    False nobody does yet, because a window asks who comes. A training workplace that is not there is
    made.
    """
    folder, realm, entry = options.folder, options.realm, options.entry
    session = Session()
    # The settings that a desk ships with are training's own; a real desk's stand in its records.
    shipped = training_desk() if realm is Realm.TRAINING else None
    if shipped is None and not exists(folder / STORE_FOLDER):
        raise WorkplaceNotSetUp
    if shipped is None and sit and entry is None:
        raise NobodySignedIn
    desk = desk_number(folder, None if shipped is None else shipped["desk"])
    password = None if entry is None else entry.password()
    wrappers: list[KeyWrapper] = [TrainingWrapper()]
    if shipped is None:
        wrappers = [KeychainWrapper(house.keychain())]
        if entry is not None and password is not None:
            wrappers.append(OperatorWrapper(sign_in_name(entry.name), password, cost=house.cost))
    context = StoreContext(
        realm=realm,
        clock=house.clock,
        random=house.random,
        desk=desk,
        wrappers=wrappers,
        on_commit=on_commit,
        who=lambda: session.present or PROGRAM,
        terminal=None if shipped is None else shipped["terminal_number"],
        institution=None if shipped is None else shipped["institution_code"],
        fee=fee,
    )
    opens = open_store if shipped is None else open_or_create
    store = StoreThread(lambda: opens(folder / STORE_FOLDER, context))
    try:
        room = _room(store, session, shipped, options, house)
        if entry is not None and password is not None:
            room.sign_in.sign_in(entry.name, password)
        elif sit:
            room.sign_in.begin_made_up()
    except BaseException:
        store.close()
        raise
    return room


def _room(
    store: StoreThread,
    session: Session,
    shipped: Mapping[str, Any] | None,
    options: Options,
    house: House,
) -> Room:
    records, verifiers = store.records, house.verifiers()
    ways: KeyWays = NoWays() if shipped is not None else StoreWays(store, house.random, house.cost)
    if shipped is not None:
        records_have_people(store, shipped)
    told = records.read(lambda unit: unit.settings.all())
    if shipped is None and not told:
        raise WorkplaceNotSetUp  # another desk's number in DESK_FILE
    permissions = load_permissions()
    gate = Gate(session, permissions, records, house.clock)
    sign_in = SignIn(
        session,
        records,
        verifiers,
        house.clock,
        desk=store.call(lambda opened: opened.desk),
        made_up=made_up_staff() if shipped is not None else (),
        ways=ways,
    )
    settings = workplace_settings({**(shipped or {}), **told})
    if shipped is None:
        active = records.read(lambda unit: [m.id for m in unit.staff.everyone() if m.active])
        ways.keep(active)
    return Room(
        store=store,
        settings=settings,
        settings_desk=SettingsDesk(gate, records, settings),
        session=session,
        sign_in=sign_in,
        gate=gate,
        staff=StaffDesk(gate, records, verifiers, ways, realm=options.realm, clock=house.clock),
        permissions=permissions,
        second=lambda act: _present(sign_in, options.second, act),
        fresh=lambda act: _present(sign_in, options.entry or _made_up(sign_in, session), act),
    )


def _present(sign_in: SignIn, who: Entry | None, act: str) -> Presence | None:
    """Who authenticates for ``act``; None where nobody is named."""
    return None if who is None else sign_in.present(act, who.name, who.password())


def _made_up(sign_in: SignIn, session: Session) -> Entry | None:
    """The made-up person who acts without having been named; the password is published."""
    published = {person.name: person.password for person in sign_in.made_up()}
    present = session.present
    if present is None or present.name not in published:
        return None
    return Entry(present.name, lambda: published[present.name])


def records_have_people(store: StoreThread, shipped: Mapping[str, Any]) -> None:
    """The made-up people stand in a training store from its first opening, with published verifiers."""
    if store.records.read(lambda unit: unit.staff.everyone()):
        return

    def act(unit: Unit) -> None:
        if not unit.staff.everyone():
            for person in shipped["staff"]:
                unit.staff.add(person["name"], Role(person["role"]), person["verifier"])

    store.records.durable("made-up people", act)


def rules_digest(folder: Path | None) -> str:
    """What a province's folder holds, as SM3 in hex over each file's name and bytes; empty for none.

    Hidden files are left out: systems put theirs everywhere, and the program reads none. Links are
    followed, as the program follows them when it reads; ``FileUnreadable`` where one leads nowhere new.
    """
    if folder is None:
        return ""
    parts: list[bytes] = []
    try:
        found = {path.relative_to(folder).as_posix(): path for path in _rule_files(folder)}
        for name, path in sorted(found.items()):
            parts += [name.encode("utf-8", "surrogateescape"), path.read_bytes()]
    except OSError:
        raise FileUnreadable(file=folder.name) from None
    return sm3(framed(b"kangka rules 1", *parts)).hex()


def _rule_files(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        here = Path(at).resolve()
        if any(here.is_relative_to(here.joinpath(name).resolve()) for name in folders):
            raise OSError(errno.ELOOP, at)  # a link to what it lies in: followed without an end
        yield from (
            path
            for path in (Path(at, name) for name in names if not name.startswith("."))
            if path.is_file()
        )


def require_rules(room: Room, options: Options) -> None:
    """``RulesChanged``, recorded, where a real desk was to work by rules that it never adopted."""
    if options.training:
        return
    told = room.store.records.read(lambda unit: unit.settings.all())
    try:
        found = rules_digest(options.profile)
    except FileUnreadable:
        found = None
    if found != told.get(RULES_SETTING, ""):
        refusal = RulesChanged(
            folder=PROFILE_FOLDER if options.profile is None else options.profile.name
        )
        room.gate.refused("settings", refusal)
        raise refusal


def desk_number(folder: Path, shipped: str | None = None) -> str:
    """Which desk the workplace in ``folder`` is; ``shipped`` where no file says otherwise."""
    path = folder / DESK_FILE
    if not path.exists() and shipped is not None:
        return shipped
    try:
        number = read_toml(path).get("number")
    except (OSError, ValueError, tomllib.TOMLDecodeError):
        raise DeskFileDamaged(file=DESK_FILE) from None
    if not isinstance(number, str) or not re.fullmatch("[0-9]{2}", number):
        raise DeskFileDamaged(file=DESK_FILE)
    return number
