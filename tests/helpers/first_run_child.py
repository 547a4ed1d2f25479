"""First runs, recoveries, new shares and adoptions in forks of one process, each killed where its job
says, and what the next start makes of what is left. Run as ``python -m tests.helpers.first_run_child
FOLDER``; a job is one line (act, kill, mode), its answer one line (status, found, and places).

``mode`` is a control's fault: "in-place" makes the workplace under its own name from the first file on,
"unkept" tells new shares that were never recorded.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from app import setting_up
from app.base.errors import KangkaError
from app.base.resources import resource
from app.crypto.keychain import Keychain
from app.crypto.recovery import RecoveryWrapper, ShareOfAnotherSet
from app.domain.application import Realm
from app.domain.staff import PEOPLE, Role
from app.opening import PROFILE_FOLDER, Entry, Options, Room, desk_number, open_room, require_rules
from app.setting_up import adopt, recover, set_up
from app.store.store import STORE_FOLDER, StoreContext, exists, open_store
from app.store.ways import StoreWays
from tests.helpers.invariants import findings
from tests.helpers.people import NAMES, PASSWORDS
from tests.helpers.workday_child import WATCH, Killer, Say, _forked, _line
from tests.helpers.workday_place import DESK, first_run, house_of

NEW: Final = "new.start-77"
SHARES: Final = "shares.json"
TOLD: Final = "told.json"
DEAD: Final = ShareOfAnotherSet.code


def _options(place: Path, role: Role, password: str) -> Options:
    entry = Entry(NAMES[role], lambda: password)
    return Options(data=place / DESK, training=False, devices="system", entry=entry).checked(
        house_of(place, "options")
    )


def _room(place: Path, role: Role, password: str, *, keychain: bool = True) -> Room:
    house = house_of(place, f"room {role} {keychain}")
    if not keychain:
        house = replace(house, keychain=lambda: Keychain(None))
    return open_room(_options(place, role, password), house)


def _init(place: Path, mode: str = "") -> None:
    place.mkdir(exist_ok=True)
    if mode == "in-place":
        # The store where it belongs at once, as if nothing could come between.
        (place / DESK).mkdir()
        making = setting_up._make
        setting_up._make = lambda _making, *rest: making(place / DESK, *rest)
    made = set_up(place / DESK, first_run(), house_of(place, "init"))
    (place / SHARES).write_text(json.dumps(made.shares))


def _recover(place: Path) -> None:
    shares = json.loads((place / SHARES).read_text())
    recover(
        place / DESK,
        Realm.LIVE,
        shares[:2],
        NAMES[Role.SECURITY],
        NEW,
        house=house_of(place, "recover"),
    )


def _adopt(place: Path) -> None:
    options = _options(place, Role.SYSTEM, PASSWORDS[Role.SYSTEM])
    adopt(place.parent / "province", options, house_of(place, "adopt"))


def _shares(place: Path, mode: str = "", seed: str = "shares") -> None:
    """New shares by the security administrator, written down once they are told."""
    if mode == "unkept":
        StoreWays._change = lambda _ways, _event, _change: None
    options = _options(place, Role.SECURITY, PASSWORDS[Role.SECURITY])
    room = open_room(options, house_of(place, seed))
    try:
        told = room.staff.new_shares(room.fresh("keys"))
    finally:
        room.store.close()
    (place / TOLD).write_text(json.dumps(told))


ACTS: Final[dict[str, Callable[..., None]]] = {
    "init": _init,
    "recover": _recover,
    "adopt": _adopt,
    "shares": _shares,
}


def _opens(place: Path, role: Role, password: str, *, keychain: bool = True) -> list[str]:
    """What is wrong with the records as ``role`` opens them."""
    room = _room(place, role, password, keychain=keychain)
    try:
        return list(room.store.call(findings))
    finally:
        room.store.close()


def _after_init(place: Path) -> list[str]:
    """Nothing, and the first run is done now; or everything, for each of the first people."""
    if not exists(place / DESK / STORE_FOLDER):
        _init(place)
    found = []
    for role in PEOPLE:
        found += _opens(place, role, PASSWORDS[role], keychain=False)
    left = [path.name for path in (place / DESK).glob("set-up-*/**/*") if path.is_file()]
    return found + ([f"what a cut left is still there: {left}"] if left else [])


def _after_recover(place: Path) -> list[str]:
    """The old shares still bring the administrator back, or the new password opens by itself."""
    try:
        _recover(place)
    except KangkaError as refused:
        if refused.code != DEAD:
            return [f"refused by {refused.code}"]
    return _opens(place, Role.SECURITY, NEW, keychain=False)


def _opened_by(place: Path, shares: Sequence[str]) -> str | None:
    """The code of what refuses two shares; None where they open the records."""
    house = house_of(place, "shares alone")
    context = StoreContext(
        realm=Realm.LIVE,
        clock=house.clock,
        random=house.random,
        desk=desk_number(place / DESK),
        wrappers=(RecoveryWrapper(shares),),
    )
    try:
        open_store(place / DESK / STORE_FOLDER, context).close()
    except KangkaError as refused:
        return refused.code
    return None


def _after_shares(place: Path) -> list[str]:
    """Shares that were told open the records; where none were, the older ones do, or nobody has any.
    The next call makes others."""
    found = []
    told = (place / TOLD).exists()
    old = json.loads((place / (TOLD if told else SHARES)).read_text())
    if (refused := _opened_by(place, old[:2])) is not None and (told or refused != DEAD):
        found.append(f"the shares that somebody has are refused by {refused}")
    _shares(place, seed="shares again")
    anew = json.loads((place / TOLD).read_text())
    if _opened_by(place, old[1:]) != DEAD:
        found.append("the older shares still open the records")
    if any(_opened_by(place, pair) is not None for pair in combinations(anew, 2)):
        found.append("two of the new shares do not open the records")
    return found + _opens(place, Role.SECURITY, PASSWORDS[Role.SECURITY], keychain=False)


def _after_adopt(place: Path) -> list[str]:
    """The old rules, the new ones, or one sentence until it is adopted again."""
    found = []
    room = _room(place, Role.SYSTEM, PASSWORDS[Role.SYSTEM])
    try:
        require_rules(room, _options(place, Role.SYSTEM, PASSWORDS[Role.SYSTEM]))
    except KangkaError as refused:
        if refused.code != "workplace.rules-changed":
            found.append(f"refused by {refused.code}")
    finally:
        room.store.close()
    _adopt(place)
    room = _room(place, Role.SYSTEM, PASSWORDS[Role.SYSTEM])
    try:
        require_rules(room, _options(place, Role.SYSTEM, PASSWORDS[Role.SYSTEM]))
        if not (place / DESK / PROFILE_FOLDER / "profile.toml").is_file():
            found.append("the adopted folder is not there")
        return found + list(room.store.call(findings))
    finally:
        room.store.close()


AFTER: Final = {
    "init": _after_init,
    "recover": _after_recover,
    "adopt": _after_adopt,
    "shares": _after_shares,
}


def _done(place: Path, act: str, kill: Any, mode: str, say: Say) -> None:
    killer = Killer(kill, say)
    WATCH.killer = killer
    ACTS[act](place, *([mode] if mode else []))
    WATCH.killer = None
    say(killer.count)


def _judged(place: Path, act: str, say: Say) -> None:
    try:
        say({"found": AFTER[act](place)})
    except Exception as fault:  # noqa: BLE001 - a start that fails is what is looked for
        say({"found": [f"the next start fails: {type(fault).__name__} {fault}"]})


def serve(folder: Path) -> None:
    """Each job that is read, over a copy of one place after its first run."""
    _forked(lambda say: _init(folder / "place"))
    shutil.copytree(resource("profiles", "national"), folder / "province")
    for line in sys.stdin:
        job = json.loads(line)
        place = folder / "struck"
        shutil.rmtree(place, ignore_errors=True)
        if job["act"] != "init":
            shutil.copytree(folder / "place", place)
        said = _forked(partial(_done, place, job["act"], job["kill"], job["mode"]))
        judged = _forked(partial(_judged, place, job["act"]))
        _line(1, said | {"found": judged.get("found", ["the next start dies"])})


if __name__ == "__main__":
    WATCH.begin()
    serve(Path(sys.argv[1]))
