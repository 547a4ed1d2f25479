"""The first run of a workplace, and the way back in when keychain and passwords are lost."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.base.files import replace_file, sync_folder
from app.cardspec.profile import load_profile
from app.crypto.key_ways import KeychainWrapper, KeyWrapper
from app.crypto.keychain import KeychainUnavailable
from app.crypto.keys import KEY_FILE, KeyMethodRefused
from app.crypto.recovery import RECOVERY, RecoveryWrapper
from app.domain.application import Realm
from app.domain.audit import AuditEvent, AuditKind
from app.domain.codes import load_codes
from app.domain.desk_rules import load_desk_rules
from app.domain.fees import load_fees
from app.domain.lockout import Guard
from app.domain.records import Unit
from app.domain.settings import WorkplaceSettings, workplace_settings
from app.domain.staff import (
    NotPermitted,
    Role,
    StaffMember,
    StaffUnknown,
    load_permissions,
)
from app.opening import (
    DESK_FILE,
    PROFILE_FOLDER,
    RULES_SETTING,
    House,
    Options,
    desk_number,
    open_room,
    rules_digest,
    training_desk,
)
from app.store.errors import StoreExists
from app.store.server_address import SERVER_FILE
from app.store.store import STORE_FOLDER, Store, StoreContext, create, exists, open_store
from app.store.threaded import StoreThread
from app.store.ways import StoreWays
from app.workflow.files import FileUnwritable, make_folder
from app.workflow.first_run import FirstRun, NewPerson
from app.workflow.gate import Gate, Session
from app.workflow.workplace import WorkplaceNotSetUp

_KEYS = "keys"
_MAKING = "set-up-"
_SETTINGS = "settings"


@dataclass(frozen=True)
class SetUp:
    """What a first run or a recovery made. ``shares`` are told once and kept nowhere."""

    people: tuple[StaffMember, ...]
    keychain: bool
    shares: tuple[str, ...] = field(repr=False)


def initialise(
    folder: Path,
    realm: Realm,
    told: Mapping[str, object],
    people: Sequence[NewPerson],
    *,
    profile: Path | None = None,
    house: House | None = None,
) -> SetUp:
    """``kangka init``: a workplace with settings and first people of its own.

    Training takes what is not told from what ships, and its made-up people.
    """
    house = house or House()
    if realm is Realm.TRAINING:
        settings = workplace_settings({**training_desk(), **told})
        return SetUp(set_up_training(folder, settings, house), False, ())
    card = load_profile(folder=profile, alone=True)
    rules = rules_digest(profile)
    first = FirstRun(workplace_settings(told), tuple(people), f"{card.id} {card.content_hash}", rules)
    return set_up(folder, first, house, profile)


def set_up(folder: Path, first: FirstRun, house: House, profile: Path | None = None) -> SetUp:
    """Make a live workplace in ``folder``: whole, or nothing of it.

    Its key is given to each of the first people, to this machine's keychain if there is one, and to
    three recovery shares of which any two open it. ``profile`` is a province's own card profile, which
    is copied beside the records, which are made on a server where ``store/kangka.server`` names one.
    """
    if exists(folder / STORE_FOLDER):
        raise StoreExists(STORE_FOLDER)
    # Whatever is refused of what was told is refused before anything is made.
    verified = first.verified(house.verifiers())
    make_folder(folder)
    making = Path(tempfile.mkdtemp(prefix=_MAKING, dir=folder))
    served = (folder / STORE_FOLDER / SERVER_FILE).exists()
    try:
        if served:
            (making / STORE_FOLDER).mkdir()
            shutil.copy(folder / STORE_FOLDER / SERVER_FILE, making / STORE_FOLDER)
        made = _make(making, first, verified, house)
        if profile is not None:
            # What a cut first run left there is none of this one's.
            shutil.rmtree(folder / PROFILE_FOLDER, ignore_errors=True)
            shutil.copytree(profile, folder / PROFILE_FOLDER)
        _write_desk(folder, first.settings.desk)
        # The last step: from here on there is a workplace, before it there was none.
        try:
            last = Path(STORE_FOLDER, KEY_FILE) if served else Path(STORE_FOLDER)
            (making / last).rename(folder / last)
        except OSError:
            raise StoreExists(STORE_FOLDER) from None
        sync_folder(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    # First runs that were cut: nobody ever worked in them, and their people and keys are told to nobody.
    for left in folder.glob(_MAKING + "*"):
        shutil.rmtree(left, ignore_errors=True)
    return made


def _make(making: Path, first: FirstRun, verified: list[str], house: House) -> SetUp:
    shares = RecoveryWrapper()
    context = _context(house, first.settings.desk, (shares,))
    store = StoreThread(lambda: create(making / STORE_FOLDER, context))
    try:
        people = first.keep(store.records, verified)
        ways = StoreWays(store, house.random, house.cost)
        for member, person in zip(people, first.people, strict=True):
            ways.give(member.id, member.name, person.password)
            _note_way(store, member)
        kept = _keep_in_keychain(ways, house)
    except BaseException:
        store.call(Store.unmake)
        raise
    finally:
        store.close()
    return SetUp(tuple(people), kept, shares.shares)


def set_up_training(folder: Path, settings: WorkplaceSettings, house: House) -> tuple[StaffMember, ...]:
    """Make a training workplace with its made-up people and settings of one's own."""
    if exists(folder / STORE_FOLDER):
        raise StoreExists(STORE_FOLDER)
    make_folder(folder)
    _write_desk(folder, settings.desk)
    room = open_room(Options(data=folder), house, sit=False)

    def act(unit: Unit) -> tuple[StaffMember, ...]:
        for name, value in settings.told().items():
            unit.settings.put(name, value)
        return tuple(unit.staff.everyone())

    try:
        return room.store.records.durable("first run", act)
    finally:
        room.store.close()


def adopt(profile: Path, options: Options, house: House | None = None) -> str:
    """``kangka adopt``: from now on a live workplace works by ``profile``; the digest of it.

    The system administrator's act. What the folder says is read whole before; the record of it comes
    before the folder, so that a cut leaves a desk that refuses until it is adopted again.
    """
    house = house or House()
    place = options.folder
    if not exists(place / STORE_FOLDER) or options.training:
        raise WorkplaceNotSetUp
    room = open_room(options, house)
    try:
        room.gate.enter(_SETTINGS, subject=RULES_SETTING)
        with room.gate.refusals(_SETTINGS, RULES_SETTING):
            card, digest = load_profile(folder=profile, alone=True), rules_digest(profile)
            load_codes(over=_there(profile / "codes"))
            load_desk_rules(over=_there(profile / "desk-rules.toml"))
            load_fees(_there(profile / "fees"))

        def act(unit: Unit) -> None:
            unit.settings.put("profile", f"{card.id} {card.content_hash}")
            unit.settings.put(RULES_SETTING, digest)

        room.store.records.durable("rules", act)
        with tempfile.TemporaryDirectory(prefix="adopt-", dir=place) as making:
            shutil.copytree(profile, Path(making) / PROFILE_FOLDER)
            shutil.rmtree(place / PROFILE_FOLDER, ignore_errors=True)
            (Path(making) / PROFILE_FOLDER).rename(place / PROFILE_FOLDER)
        sync_folder(place)
    except OSError:
        raise FileUnwritable(file=PROFILE_FOLDER) from None
    finally:
        room.store.close()
    return digest


def _there(path: Path) -> Path | None:
    return path if path.exists() else None


def recover(
    folder: Path,
    realm: Realm,
    shares: Sequence[str],
    name: str,
    password: str,
    *,
    house: House | None = None,
) -> SetUp:
    """Open a live workplace by two recovery shares and give its security administrator ``name`` a new
    password.

    The shares that were used have been seen: three new ones take their place, and the keychain gets the
    key again. All of it is recorded.
    """
    if realm is Realm.TRAINING:
        raise KeyMethodRefused(realm.value, RECOVERY)
    if not exists(folder / STORE_FOLDER):
        raise WorkplaceNotSetUp
    house = house or House()
    verifier = house.verifiers().of_password(password, name)
    context = _context(house, desk_number(folder), (RecoveryWrapper(shares),))
    store = StoreThread(lambda: open_store(folder / STORE_FOLDER, context))
    try:
        member = _security_administrator(store, name, house)

        def act(unit: Unit) -> None:
            unit.audit(AuditEvent(AuditKind.KEYS, act=_KEYS, subject=member.id, reason="recovered"))
            unit.staff.set_password(member.id, verifier)
            unit.staff.set_guard(member.name, Guard())

        store.records.durable("recovery", act)
        ways = StoreWays(store, house.random, house.cost)
        ways.give(member.id, member.name, password)
        _note_way(store, member)
        shares_anew = ways.new_shares()
        kept = _keep_in_keychain(ways, house)
    finally:
        store.close()
    return SetUp((member,), kept, shares_anew)


def _security_administrator(store: StoreThread, name: str, house: House) -> StaffMember:
    gate = Gate(Session(), load_permissions(), store.records, house.clock)
    member = store.records.read(lambda unit: unit.staff.named(name))
    if member is None:
        gate.refused(_KEYS, StaffUnknown())
        raise StaffUnknown
    if member.role is not Role.SECURITY or not member.active:
        refusal = NotPermitted(act=_KEYS, role=member.role.value)
        gate.refused(_KEYS, refusal, member.id)
        raise refusal
    return member


def _context(house: House, desk: str, wrappers: Sequence[KeyWrapper]) -> StoreContext:
    return StoreContext(
        realm=Realm.LIVE, clock=house.clock, random=house.random, desk=desk, wrappers=wrappers
    )


def _keep_in_keychain(ways: StoreWays, house: House) -> bool:
    """Whether this machine's keychain keeps the key now; a machine without one goes on without."""
    try:
        ways.add(KeychainWrapper(house.keychain()))
    except KeychainUnavailable:
        return False
    return True


def _note_way(store: StoreThread, member: StaffMember) -> None:
    store.records.durable("key way", lambda unit: unit.staff.note_way(member.id), begins=False)


def _write_desk(folder: Path, desk: str) -> None:
    replace_file(folder / DESK_FILE, f'number = "{desk}"\n'.encode("ascii"))
