"""A whole desk for the fault harnesses: the real workflow over a real store, and a judge beside it.

The desk makes cards by ``app.workflow.issue.Maker``; faults are planned on the lines to its chips; a
clerk settles what broke. The judge knows the person's values, the oracle and the printed pages, and
believes nothing that the product says of itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from app.base.clock import SystemClock
from app.base.errors import KangkaError
from app.base.ids import SystemRandom
from app.cardspec.product import CardProduct, Products, load_products
from app.cardspec.profile import Profile, load_profile
from app.crypto.sm3 import hmac_sm3
from app.devices.channel import ApduChannel
from app.devices.ports import CardReader, ReaderRole
from app.devices.sim.card import SimulatedCard
from app.devices.sim.card_files import Block
from app.devices.sim.card_printer import SimulatedCardPrinter
from app.devices.sim.faults import FaultPlan, FaultyReader
from app.devices.sim.reader import SimulatedReader
from app.devices.sim.sam import SimulatedSam
from app.devices.sim.sam_state import DF01_FID, ISSUER_CERTIFICATE
from app.devices.sim.tray import sam_product_for
from app.documents.faces import FacePages
from app.domain.application import Realm
from app.domain.ports import Case, CaseState
from app.store.store import STORE_FOLDER, Store, StoreContext, create
from app.workflow.issue import FINISHED, Hands, Maker, Station
from app.workflow.sam_desk import SamDesk
from tests.helpers.making import SeededRandom
from tests.helpers.victims import CITY_CODE, Victim, victim
from tests.oracle.cipher import OracleError
from tests.oracle.reader import OracleCard, read_card
from tests.oracle.writer import contradictions, differences

PIN = "123456"
SPOILED_BECAUSE = "made useless by a fault"
# Drawing faces is not what is broken here.
PAGES = FacePages(b"%PDF-1.4 front", b"%PDF-1.4 back", b"%PDF-1.4 both")
# How often a clerk lets a case continue before giving it up.
PATIENCE = 3
SAM_TRIES = 10


class NoHands:
    """Somebody else lays the cards."""

    def lay_blank(self) -> None:
        """The card lies there already."""

    def lay(self, serial: str) -> None:
        """As ``lay_blank``."""


def station_of(  # noqa: PLR0917 - what a desk is composed of
    store: Store,
    reader: CardReader,
    sam_reader: CardReader,
    hands: Hands,
    printer: SimulatedCardPrinter,
    profile: Profile,
    products: Products,
) -> Station:
    """The composition that ``app.main`` makes, over given readers and without drawing."""
    key = store.digest_key()
    return Station(
        applications=store.applications,
        journal=store.journal,
        reader=reader,
        channel=lambda chosen: ApduChannel(chosen.connect(), ReaderRole.CARD),
        hands=hands,
        sam=SamDesk(
            connect=lambda: ApduChannel(sam_reader.connect(), ReaderRole.SAM),
            products=products,
            city_code=CITY_CODE,
            register=store.sam,
            pin=lambda: PIN,
        ),
        printer=printer,
        products=products,
        profile=lambda _application: profile,
        faces=lambda _application: PAGES,
        clock=SystemClock(),
        random=SystemRandom(),
        digest=lambda data: hmac_sm3(key, data),
        card_wait_ms=2_000,
    )


@dataclass
class Trial:
    """One card's way through a fault: what was raised, how it ended, what the judge found."""

    victim: Victim
    card: SimulatedCard
    raised: list[KangkaError] = field(default_factory=list)
    continued: int = 0
    end: CaseState | None = None
    findings: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        codes = ", ".join(fault.code for fault in self.raised) or "nothing"
        return f"raised {codes}; ended {self.end}; found: {'; '.join(self.findings) or 'nothing'}"


class FaultDesk:
    """One desk, one product: a store, a reader and a SAM's slot whose lines fail as planned."""

    def __init__(
        self, folder: Path, product: str = "KT-STRICT", first: int = 0, root: bytes | None = None
    ) -> None:
        self.products = load_products()
        self.profile = load_profile()
        self.product: CardProduct = self.products.card(product)
        self.random = SeededRandom(f"{product} {first}")
        self.root = root or self.random.token_bytes(16)
        self.store = create(
            folder / STORE_FOLDER, StoreContext(Realm.TRAINING, SystemClock(), SystemRandom())
        )
        self.reader = SimulatedReader("SIMULATED card reader", ReaderRole.CARD)
        self.slot = SimulatedReader("SIMULATED SAM slot", ReaderRole.SAM)
        self.sam_chip = SimulatedSam(
            sam_product_for(self.products, self.product),
            5,
            "41010000000000000001",
            bytes.fromhex("5341000000000001"),
            self.root,
            CITY_CODE,
            random=self.random,
            pin=PIN,
        )
        self.slot.insert(self.sam_chip)
        self.lines = {
            ReaderRole.CARD: FaultyReader(self.reader),
            ReaderRole.SAM: FaultyReader(self.slot),
        }
        self.printer = SimulatedCardPrinter(folder / "printed")
        self.station = station_of(
            self.store,
            self.lines[ReaderRole.CARD],
            self.lines[ReaderRole.SAM],
            self,
            self.printer,
            self.profile,
            self.products,
        )
        self.maker = Maker(self.station)
        self._next = first
        self.own_card: SimulatedCard | None = None

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    # The clerk's hands -----------------------------------------------------------------------------

    def lay_blank(self) -> None:
        """The card of the trial is on the reader."""
        self.lay("")

    def lay(self, _serial: str) -> None:
        """The trial's own card on the reader, whatever lies there."""
        if self.own_card is not None:
            self.lay_another(self.own_card)

    def lay_another(self, card: SimulatedCard) -> None:
        """Any card on the reader, in the place of what lies there."""
        if self.reader.chip is not card:
            self.reader.remove()
            self.reader.insert(card)

    def tidy(self) -> None:
        """What a clerk does before continuing: cables in, the own card on the reader."""
        for reader in (self.reader, self.slot):
            if reader.gone:
                reader.plug_in()
        self.lay("")

    def new_card(self, factor: bytes | None = None) -> SimulatedCard:
        """A blank card of the desk's product and root."""
        return SimulatedCard(
            self.product,
            self.profile,
            factor or self.random.token_bytes(8),
            self.root,
            CITY_CODE,
            self.random,
        )

    def next_trial(self, lean: bool = False, card: SimulatedCard | None = None) -> Trial:
        """The next person, applied for, and a blank card on the reader; the SAM still locked."""
        for left in self.store.journal.open_cases():
            # A test that failed must not make the next ones fail.
            self.maker.spoil(left, SPOILED_BECAUSE)
        self._next += (self._next % 2 == 0) is lean
        person = victim(self._next, self.profile)
        self._next += 1
        self.store.applications.freeze(person.application)
        self.own_card = card or self.new_card()
        self.tidy()
        self.station.sam.forget()
        for line in self.lines.values():
            line.plan, line.watch, line.exchanges, line.struck = None, None, 0, False
        return Trial(person, self.own_card)

    # Making and settling ---------------------------------------------------------------------------

    def begin(self, trial: Trial) -> None:
        """The first attempt; a known fault is kept in the trial, an unknown one comes out."""
        self._try(trial, lambda: self._make(trial))

    def settle(self, trial: Trial) -> None:
        """As a clerk: continue a few times, else verify, else record the card as spoiled."""
        while not self._finished(trial) and trial.continued < PATIENCE:
            self.settle_once(trial)
        if not self._finished(trial):
            self.tidy()
            self.verify(trial)
        case = self.case(trial)
        if case.state not in FINISHED:
            self.maker.spoil(case, SPOILED_BECAUSE)
        trial.end = self.case(trial).state

    def settle_once(self, trial: Trial) -> None:
        """One attempt to continue."""
        trial.continued += 1
        self.tidy()
        self._try(trial, lambda: self._continue(trial))

    def verify(self, trial: Trial) -> None:
        """The clerk sees both pages on the card and has it read once more."""
        self._try(trial, lambda: self.maker.verify(self.case(trial), _unheard, _never()))

    def run(self, trial: Trial, role: ReaderRole | None = None, plan: FaultPlan | None = None) -> Trial:
        """One whole trial: begun under the plan, settled, judged. The plan must have struck."""
        if role is not None:
            self.lines[role].plan = plan
        self.begin(trial)
        self.settle(trial)
        trial.findings += self.judge(trial)
        if role is not None and not self.lines[role].struck:
            trial.findings.append("the planned fault never struck")
        return trial

    def count(self, lean: bool = False) -> dict[ReaderRole, list[bytes]]:
        """How each exchange of an unbroken making begins (7 bytes), by line: index 0 is exchange 1."""
        # A SAM that is registered for the first time is asked more than it is ever after.
        self.station.sam.session()
        self.station.sam.forget()
        trial = self.next_trial(lean)
        heard: dict[ReaderRole, list[bytes]] = {role: [] for role in self.lines}
        for role, line in self.lines.items():
            line.watch = _into(heard[role])
        self.run(trial)
        assert trial.end is CaseState.VERIFIED, trial
        assert not trial.raised, trial
        assert not trial.findings, trial
        return heard

    def case(self, trial: Trial) -> Case:
        """The trial's case; LookupError where there is none, or more than one."""
        cases = self.store.journal.cases_of(trial.victim.application.id)
        if len(cases) != 1:
            raise LookupError(f"{len(cases)} cases")
        return cases[0]

    def _finished(self, trial: Trial) -> bool:
        cases = self.store.journal.cases_of(trial.victim.application.id)
        return bool(cases) and self.case(trial).state in FINISHED

    def _try(self, trial: Trial, act: Callable[[], object]) -> None:
        try:
            act()
        except KangkaError as fault:
            trial.raised.append(fault)

    def _make(self, trial: Trial) -> None:
        self.maker.make(trial.victim.application.id, _unheard, _never())

    def _continue(self, trial: Trial) -> None:
        # Where the fault came before a case was opened, the clerk begins anew.
        if self.store.journal.cases_of(trial.victim.application.id):
            self.maker.proceed(self.case(trial), _unheard, _never())
        else:
            self._make(trial)

    # The judge -------------------------------------------------------------------------------------

    @property
    def certificate(self) -> bytes:
        """The issuer certificate that lies in the SAM."""
        return self.sam_chip.state.files[DF01_FID][ISSUER_CERTIFICATE]

    def judge(self, trial: Trial) -> list[str]:
        """Everything that is wrong with how a settled trial ended; empty when nothing is."""
        case = self.case(trial)
        journal = self.store.journal
        found = [f"case {other.number} is open" for other in journal.open_cases()]
        found += [f"{i.kind} is unsettled" for i in journal.intents(case.id) if i.outcome is None]
        pages = [p.side.value for p in self.printer.pages if p.job_name == case.id]
        serial = trial.card.factor.hex().upper()
        if case.chip_serial not in (None, serial):
            found.append(f"the case has chip {case.chip_serial}, the card is {serial}")
        if case.state is CaseState.VERIFIED:
            if case.chip_serial is None:
                found.append("verified without a chip")
            if sorted(pages) != ["back", "front"]:
                found.append(f"pages on the card: {pages}")
        elif case.state is not CaseState.SPOILED or not case.reason:
            found.append(f"ended {case.state} because {case.reason}")
        found += judge_card(self, trial.card, trial.victim, case.state is CaseState.VERIFIED)
        if self.sam_chip.state.tries != SAM_TRIES:
            found.append(f"the SAM has {self.sam_chip.state.tries} tries left")
        return found


def judge_card(desk: FaultDesk, card: SimulatedCard, person: Victim, finished: bool) -> list[str]:
    """What the oracle has against a card. One that is not ``finished`` may hold less, unlocked."""
    found = [f"a try of key {key} is gone" for key in spent_tries(card)]
    try:
        read = oracle_reads(desk, card)
    except OracleError as error:
        return [*found, f"the oracle: {error}"] if finished or card.state.activated else found
    if not finished and not read.activated:
        return found
    image = person.image(card.factor, desk.certificate)
    wrong = [*differences(read, image), *contradictions(read, CITY_CODE)]
    found += wrong if finished else [f"locked although {row}" for row in wrong]
    if read.activated is not desk.product.locks:
        found.append(f"activated is {read.activated}")
    return found


def oracle_reads(desk: FaultDesk, card: SimulatedCard) -> OracleCard:
    """The card through the independent reader."""
    atr = card.power_on()
    try:
        return read_card(card.process, atr, desk.root, CITY_CODE, product=desk.product.id)
    finally:
        card.power_off()


def spent_tries(card: SimulatedCard) -> list[str]:
    """Keys of a card that have fewer tries than a new one, MACs counted, directories blocked."""
    found = []
    for place in card.state.master.walk():
        for reference, key in place.external.items():
            if key.tries != key.max_tries:
                found.append(f"{place.fid:04X}/{reference:02X}")
        if place.wrong_macs or place.block is not Block.NONE:
            found.append(f"{place.fid:04X} (wrong MACs)")
    return found


def _unheard(_event: object) -> None:
    pass


def _never() -> threading.Event:
    return threading.Event()


def _into(heard: list[bytes]) -> Callable[[int, bytes], None]:
    return lambda _number, command: heard.append(command[:7])
