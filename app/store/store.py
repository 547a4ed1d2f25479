"""A store: one workplace's records, opened as a whole and closed as a whole.

``create`` makes key file and database in a folder beside and renames it into place, so that a cut
creation leaves either nothing or a whole store. A folder in which ``kangka.server`` names a PostgreSQL
server has its records there and its key here. ``open_store`` refuses before it touches anything: a
missing key file, the other realm, a wrong key, a newer format.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app import __version__
from app.base.clock import Clock
from app.base.ids import RandomSource, uuid7
from app.crypto.keys import (
    KEY_FILE,
    FileKeyProvider,
    KeyFileMissing,
    KeyWrapper,
    StoreKeys,
    TrainingWrapper,
)
from app.domain.application import FrozenApplication, Realm
from app.domain.lives import Life, load_life
from app.domain.records import Records
from app.domain.staff import Actor
from app.domain.till import FeeDue
from app.store import database as db
from app.store import errors, postgres, server_address
from app.store.application_book import ApplicationBookStore
from app.store.applications import ApplicationStore
from app.store.audit import AuditKeys, AuditRecorder, ChainPlace
from app.store.audit_log import AuditStore
from app.store.cards import CardParts, CardStore
from app.store.case_goods import CaseGoods
from app.store.case_moves import CaseMoves
from app.store.journal import JournalStore
from app.store.migrations import MIGRATIONS
from app.store.papers import PaperRows
from app.store.records import Books, RecordsStore
from app.store.sam_register import SamRegisterStore
from app.store.search import TERMS_MADE
from app.store.server_address import SERVER_FILE
from app.store.server_errors import StoreUnreachable
from app.store.staff import SettingStore, StaffKeys, StaffStore
from app.store.stock import StockRows
from app.store.tables import Tables
from app.store.threads import ThreadGuard
from app.store.till import TillRows
from app.store.timings import TimingStore
from app.store.work import Moment, StoreDatabase, Work

# Under the workplace folder; live and training share the name, so that one is never taken for none.
STORE_FOLDER: Final = "store"
# Test cards stand in the live store with numbers of their own; training is a store of its own.
_REALMS: Final = {
    Realm.LIVE: frozenset({Realm.LIVE, Realm.TEST}),
    Realm.TRAINING: frozenset({Realm.TRAINING}),
}


@dataclass(frozen=True)
class StoreContext:
    """What a store is opened with besides its place.

    ``realm`` is live or training. ``desk`` leads the human numbers. ``wrappers`` are the ways to its
    key. ``on_commit`` hears of each durable commit (app.store.work). ``who`` is who is signed in.
    ``terminal`` and ``institution`` are the desk's numbers, which every audit row bears; where the
    store's own settings tell them, those count. ``fee`` is what an order owes by the rule of a moment
    (UTC ms), for orders that come to the desk without one.
    """

    realm: Realm
    clock: Clock
    random: RandomSource
    desk: str = "01"
    wrappers: Sequence[KeyWrapper] = (TrainingWrapper(),)
    on_commit: Callable[[str], None] | None = None
    who: Callable[[], Actor] | None = None
    terminal: str | None = None
    institution: str | None = None
    fee: Callable[[FrozenApplication, int], FeeDue] | None = None

    def keys_in(self, folder: Path) -> FileKeyProvider:
        return FileKeyProvider(folder, self.wrappers, self.random)


class Store:
    """An open store. Every call belongs on the thread that opened it."""

    def __init__(
        self, folder: Path, database: StoreDatabase, keys: StoreKeys, context: StoreContext
    ) -> None:
        self._guard = ThreadGuard()
        self._database = database
        self._keys = keys
        self._closed = False
        self.folder = folder
        self.realm = context.realm
        self.desk = context.desk
        self._work = Work(
            database,
            Tables(database),
            clock=context.clock,
            desk=context.desk,
            guard=self._guard,
            on_commit=context.on_commit,
            who=context.who,
        )
        boot = uuid7(context.clock, context.random)
        told = SettingStore(self._work, Moment(0, 0)).all()
        place = ChainPlace(
            keys.store_id,
            context.realm,
            boot,
            told.get("terminal_number", context.terminal),
            told.get("institution_code", context.institution),
        )
        recorder = AuditRecorder(
            self._work, place, AuditKeys(keys.sealer(context.random), context.random)
        )
        self._work.recorder = recorder
        self.audit = AuditStore(self._work, recorder, place)
        self.applications = ApplicationStore(
            self._work,
            sealer=keys.sealer(context.random),
            index_key=keys.index_key(),
            realms=_REALMS[context.realm],
        )
        application_life, card_life = load_life("application"), load_life("card")
        cards = CardParts(self._work, keys.sealer(context.random), context.random, card_life)
        self._cases = CaseMoves(
            lambda moment: CardStore(cards, moment),
            self._application_book(application_life),
            card_life,
            application_life,
        )
        blank_life = load_life("blank")

        def till(moment: Moment) -> TillRows:
            return TillRows(self._work, moment, context.random)

        def stock(moment: Moment) -> StockRows:
            return StockRows(self._work, moment, blank_life)

        self._cases.follow(CaseGoods(till, stock, context.fee))
        self.journal = JournalStore(
            self._work,
            random=context.random,
            boot=boot,
            moves=self._cases,
            life=load_life("making"),
        )
        self.timings = TimingStore(self._work)
        self.sam = SamRegisterStore(self._work)
        staff = StaffKeys(
            keys.sealer(context.random), keys.index_key(), lambda: uuid7(context.clock, context.random)
        )
        self.records: Records = RecordsStore(
            self._work,
            Books(
                applications=self._application_book(application_life),
                cards=lambda moment: CardStore(cards, moment),
                staff=lambda moment: StaffStore(self._work, staff, moment),
                settings=lambda moment: SettingStore(self._work, moment),
                till=till,
                stock=stock,
                papers=lambda moment: PaperRows(self._work, moment),
            ),
        )

    def _application_book(self, life: Life) -> Callable[[Moment], ApplicationBookStore]:
        return lambda moment: ApplicationBookStore(self._work, self.applications, life, moment)

    @property
    def store_id(self) -> str:
        """The store's own id, alike in key file and database."""
        return self._keys.store_id

    @property
    def keys(self) -> StoreKeys:
        """The keys, for who gives or takes a way to them (app.store.ways)."""
        return self._keys

    def digest_key(self) -> bytes:
        """The key of digests that plans and journal hold instead of a person's bytes."""
        return self._keys.digest_key()

    def unmake(self) -> None:
        """Take back a store that was made just now: nobody has worked in it, and on a server its
        records would be left behind without a key. A folder's are its maker's to remove."""
        self._guard.check()
        if isinstance(self._database, postgres.ServerDatabase):
            postgres.drop_schema(self._database)

    def close(self) -> None:
        """Record what is still noted, fold the log into the file and let go of it."""
        self._guard.check()
        closed, self._closed = self._closed, True
        try:
            if not closed:
                self.journal.commit()
        finally:
            self._database.close()


def exists(folder: Path) -> bool:
    """Whether anything of a store lies in ``folder``."""
    return (folder / db.DATABASE_FILE).exists() or (folder / KEY_FILE).exists()


def create(folder: Path, context: StoreContext) -> Store:
    """Make a new, empty store in ``folder`` and open it; ``StoreExists`` where one is.

    Where nothing lies in the folder but ``kangka.server``, the records are made on the server it names.
    """
    found = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if found == {SERVER_FILE}:
        return _create_on_server(folder, context)
    if found:
        raise errors.StoreExists(folder.name)
    now = context.clock.now_ms()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # A name of its own and for its owner alone: somebody else may be making the same store.
        making = Path(tempfile.mkdtemp(prefix=_making(folder), dir=folder.parent))
    except OSError:
        raise errors.StoreFolderRefused(folder.name) from None
    try:
        db.make_file(making / db.DATABASE_FILE)
        keys = context.keys_in(making).create(context.realm, uuid7(context.clock, context.random))
        database = db.connect(making, keys)
        try:
            db.migrate(database, making, now)
            _write_meta(database, keys, now)
        finally:
            database.close()
        if folder.exists():
            folder.rmdir()
        making.rename(folder)
    except OSError:
        shutil.rmtree(making, ignore_errors=True)
        if exists(folder):
            raise errors.StoreExists(folder.name) from None
        raise errors.StoreFolderRefused(folder.name) from None
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    # Creations that were cut, or that this one was quicker than; nobody ever worked in them.
    for left in folder.parent.glob(_making(folder) + "*"):
        shutil.rmtree(left, ignore_errors=True)
    return open_store(folder, context)


def _create_on_server(folder: Path, context: StoreContext) -> Store:
    """As ``create``. The key is kept before the records are, and goes again where those are refused."""
    now = context.clock.now_ms()
    database = postgres.ServerDatabase(server_address.read(folder), context.random)
    database.connect()
    try:
        with database.transaction(postgres.CHANGE_SCHEMA):
            postgres.make_schema(database)
            try:
                keys = context.keys_in(folder).create(
                    context.realm, uuid7(context.clock, context.random)
                )
            except OSError:
                raise errors.StoreFolderRefused(folder.name) from None
            db.apply(database, database.dialect, MIGRATIONS, now, first=True)
            _insert_meta(database, keys, {"header": keys.header().hex()}, now)
    except StoreUnreachable:
        raise  # nobody knows whether the records are there: their key stays
    except BaseException as fault:
        if not isinstance(fault, errors.StoreExists):
            (folder / KEY_FILE).unlink(missing_ok=True)
        raise
    finally:
        database.close()
    return open_store(folder, context)


def _making(folder: Path) -> str:
    return folder.name + ".new-"


def open_store(folder: Path, context: StoreContext) -> Store:
    """Open the store in ``folder``, or a known error that says why not; then nothing was changed."""
    try:
        keys = _keys_of(folder, context)
    except OSError:
        raise errors.StoreFolderRefused(folder.name) from None
    database = _connect(folder, keys, context)
    try:
        _check_meta(database, keys)
        if isinstance(database, postgres.ServerDatabase):
            postgres.migrate(database, context.clock.now_ms())
        else:
            db.migrate(database, folder, context.clock.now_ms())
        db.sync_way(folder)
        store = Store(folder, database, keys, context)
        store.applications.index()
        return store
    except BaseException:
        database.close()
        raise


def _connect(folder: Path, keys: StoreKeys, context: StoreContext) -> StoreDatabase:
    if (folder / SERVER_FILE).exists():
        return postgres.connect(server_address.read(folder), keys, context.random)
    return db.connect(folder, keys)


def open_or_create(folder: Path, context: StoreContext) -> Store:
    """Open the store, or make it where neither records nor key lie: for training and demonstration.

    A folder that holds one of the two and not the other is refused, never filled up.
    """
    try:
        if not exists(folder):
            return create(folder, context)
    except errors.StoreExists:
        pass  # somebody else made it meanwhile
    except OSError:
        raise errors.StoreFolderRefused(folder.name) from None
    return open_store(folder, context)


def _keys_of(folder: Path, context: StoreContext) -> StoreKeys:
    """The keys of the records in ``folder``, which fit them; only reads."""
    served = (folder / SERVER_FILE).exists()
    if not served and not (folder / db.DATABASE_FILE).exists():
        raise errors.StoreMissing(folder.name)
    provider = context.keys_in(folder)
    if not provider.exists():
        raise KeyFileMissing(KEY_FILE)
    if provider.realm() != context.realm:
        raise errors.StoreRealmMismatch(provider.realm(), context.realm)
    keys = provider.unwrap()
    if not served:
        db.check_header(folder, keys)
    return keys


def _meta(keys: StoreKeys) -> dict[str, str]:
    return {"realm": keys.realm, "store": keys.store_id, "check": keys.check().hex()}


def _write_meta(database: db.CipherDatabase, keys: StoreKeys, now_ms: int) -> None:
    with database.transaction(*database.dialect.begin):
        _insert_meta(database, keys, {}, now_ms)


def _insert_meta(database: StoreDatabase, keys: StoreKeys, more: dict[str, str], now_ms: int) -> None:
    table = Tables(database).meta
    facts = _meta(keys) | {"created_ms": str(now_ms), "created_by": __version__} | TERMS_MADE | more
    for name, value in facts.items():
        table.insert(name=name, value=value).execute()


def _check_meta(database: StoreDatabase, keys: StoreKeys) -> None:
    """``StoreDamaged`` unless the records say of themselves what their key file says."""
    table = Tables(database).meta
    if db.schema_version(database) == 0:
        raise errors.StoreDamaged(db.DATABASE_FILE)
    found = {str(name): str(value) for name, value in table.select(table.c.name, table.c.value).tuples()}
    if any(found.get(name) != value for name, value in _meta(keys).items()):
        raise errors.StoreDamaged(db.DATABASE_FILE)
