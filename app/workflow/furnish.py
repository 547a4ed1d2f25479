"""A desk furnished: every job of a person over ports, put together once. Nothing real and nothing
simulated is named here; ``app.main`` says what stands behind the ports."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.base.clock import Clock
from app.base.ids import RandomSource
from app.cardspec.profile import Profile
from app.devices.ports import IdReader
from app.documents.papers import PaperRenderer
from app.domain.audit import AuditLog, Head, HeadWitness
from app.domain.codes import CodeTables
from app.domain.desk_rules import DeskRules
from app.domain.fees import FeeSchedule
from app.domain.lives import load_life
from app.domain.ports import Timings
from app.domain.records import Records
from app.domain.resident import Resident
from app.domain.staff import Permissions, Presence
from app.workflow.approve import ApprovalDesk
from app.workflow.audit_desk import AuditDesk
from app.workflow.card_desk import CardDesk
from app.workflow.card_ports import CardPorts
from app.workflow.desk import Desk, DeskParts
from app.workflow.devices import DeviceBoard
from app.workflow.enrol import Enrolment, EnrolPorts
from app.workflow.faces import FaceMaker
from app.workflow.gate import Gate, Session
from app.workflow.issue import Station
from app.workflow.order_papers import OrderPapers
from app.workflow.paper_desk import PaperDesk
from app.workflow.paper_words import PaperWords
from app.workflow.services import SignInService
from app.workflow.settings_desk import SettingsDesk
from app.workflow.staff_desk import StaffDesk
from app.workflow.stock_desk import StockDesk
from app.workflow.till_desk import TillDesk, TillPorts
from app.workflow.workplace import Workplace

# The occasion that a closing's head is frozen on (docs/audit.md).
_CLOSING: Final = "closing"


@dataclass(frozen=True)
class Ground:
    """What a desk stands on. ``made_up`` gives training people by number, None at a real desk.

    ``papers`` opens the renderer of papers at the first one; ``folder`` is where prints are kept.
    ``second`` and ``fresh`` are how a command has somebody authenticate for an act.
    """

    session: Session
    sign_in: SignInService
    staff: StaffDesk
    settings: SettingsDesk
    gate: Gate
    permissions: Permissions
    records: Records
    audit: AuditLog
    witnesses: Sequence[HeadWitness]
    timings: Timings
    workplace: Workplace
    profile: Profile
    codes: CodeTables
    rules: DeskRules
    fees: FeeSchedule
    clock: Clock
    random: RandomSource
    station: Station
    faces: FaceMaker
    board: DeviceBoard
    id_reader: Callable[[], IdReader]
    card_taken: Callable[[threading.Event], bool]
    made_up: Callable[[int], Resident] | None
    papers: Callable[[], PaperRenderer]
    folder: Path
    second: Callable[[str], Presence | None]
    fresh: Callable[[str], Presence | None]
    refuses_simulated: bool


def furnish(ground: Ground) -> Desk:
    """The desk on its ground. Its audit is looked through for what is new since the last time."""
    gate, records, place = ground.gate, ground.records, ground.workplace
    enrolment = Enrolment(
        EnrolPorts(
            records=records,
            gate=gate,
            rules=ground.rules,
            fees=ground.fees,
            id_reader=ground.id_reader,
            made_up=ground.made_up,
            profile=ground.profile,
            codes=ground.codes,
            workplace=place,
            clock=ground.clock,
            random=ground.random,
        )
    )
    lock = threading.Lock()
    audit = AuditDesk(ground.audit, ground.witnesses, gate, records)
    audit.begin()
    cards = CardDesk(
        CardPorts(
            gate=gate,
            records=records,
            station=ground.station,
            life=load_life("card"),
            orders=load_life("application"),
            rules=ground.rules,
            codes=ground.codes,
            profile=ground.profile,
            workplace=place,
            permissions=ground.permissions,
            clock=ground.clock,
            random=ground.random,
            devices=lock,
            fees=ground.fees,
            check=enrolment.check,
            collect=enrolment.collect,
        )
    )
    till = TillDesk(
        TillPorts(
            gate=gate,
            records=records,
            fees=ground.fees,
            realm=place.realm,
            witness=lambda number: _head_of_closing(ground.audit, audit, number),
        )
    )
    papers = PaperDesk(
        ground.papers,
        session=ground.session,
        records=records,
        workplace=place,
        clock=ground.clock,
        folder=ground.folder,
    )
    return Desk(
        DeskParts(
            session=ground.session,
            sign_in=ground.sign_in,
            gate=gate,
            lock=lock,
            cards=cards,
            till=till,
            stock=StockDesk(gate, records, place.realm),
            approvals=ApprovalDesk(gate, records, ground.clock),
            audit=audit,
            papers=papers,
            orders=OrderPapers(ground.codes, PaperWords(ground.rules, ground.codes, ground.fees, place)),
            records=records,
            workplace=place,
            profile=ground.profile,
            codes=ground.codes,
            applications=ground.station.applications,
            journal=ground.station.journal,
            timings=ground.timings,
            enrolment=enrolment,
            station=ground.station,
            faces=ground.faces,
            devices=ground.board,
            card_taken=ground.card_taken,
            clock=ground.clock,
            staff=ground.staff,
            settings=ground.settings,
            refuses_simulated=ground.refuses_simulated,
            second=ground.second,
            fresh=ground.fresh,
        )
    )


def _head_of_closing(log: AuditLog, audit: AuditDesk, number: str) -> Head:
    """The head that was frozen for a closing, now if it was not: every print of its report has it."""
    kept = (
        found.head for found in log.frozen() if (found.witness, found.reference) == (_CLOSING, number)
    )
    return next(kept, None) or audit.freeze(_CLOSING, number)
