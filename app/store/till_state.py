"""How a shift's till stands, counted from its rows; and the frozen form that a closing keeps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import pairwise
from typing import Any, Final

from peewee import JOIN, SQL, fn

from app.crypto.sm3 import sm3
from app.domain.application import Realm
from app.domain.ports import CaseState
from app.domain.stock import RECEIVING, BlankEvent, BlankState
from app.domain.till import (
    CardCounts,
    OpenCase,
    OpenDue,
    PayMethod,
    Receipt,
    Shift,
    TillState,
    Waived,
)
from app.store.work import Work

_OPEN_CASES: Final = tuple(
    state.value for state in CaseState if state not in (CaseState.VERIFIED, CaseState.SPOILED)
)
# Where a receipt's number has its own count: X02-R000017.
_MARK: Final = "-R"


def state_of(
    work: Work, shift: Shift, receipts: Sequence[Receipt], refunds: Sequence[Receipt]
) -> TillState:
    """The till of a shift: its own receipts, those of earlier shifts that it paid back, its cards."""
    voided = [receipt for receipt in receipts if receipt.void_shift_id == shift.id]
    standing = [receipt for receipt in receipts if receipt.void_shift_id != shift.id]
    numbers = [receipt.number for receipt in receipts]
    return TillState(
        shift=shift,
        first=numbers[0] if numbers else None,
        last=numbers[-1] if numbers else None,
        count=len(numbers),
        voided=tuple(receipt.number for receipt in voided),
        refunded=tuple(receipt.number for receipt in refunds),
        gaps=tuple(gaps(numbers)),
        cash_fen=_sum(standing, PayMethod.CASH),
        scan_fen=_sum(standing, PayMethod.SCAN),
        waived_fen=_sum(standing, PayMethod.WAIVED),
        refunded_cash_fen=_sum(refunds, PayMethod.CASH),
        refunded_scan_fen=_sum(refunds, PayMethod.SCAN),
        waived=_waived(work, shift, standing),
        cards=_cards(work, shift),
        cases=_cases(work, shift.realm),
        dues=_dues(work, shift.realm),
    )


def gaps(numbers: Sequence[str]) -> Iterable[str]:
    """Numbers that are missing between the first and the last of ``numbers``, which are in order."""
    for number, following in pairwise(numbers):
        head, _, digits = number.rpartition(_MARK)
        _head, _, next_digits = following.rpartition(_MARK)
        for missing in range(int(digits) + 1, int(next_digits)):
            yield f"{head}{_MARK}{missing:06d}"


def _sum(receipts: Iterable[Receipt], method: PayMethod) -> int:
    return sum(receipt.fen for receipt in receipts if receipt.method is method)


def _bounds(work: Work, shift: Shift) -> tuple[int, int | None]:
    """The desk's sequence at which the shift was opened, and at which it was closed."""
    shifts = work.tables.shift
    row = (
        shifts.select(shifts.c.opened_seq, shifts.c.closed_seq)
        .where(shifts.c.id == shift.id)
        .tuples()
        .first()
    )
    return int(row[0]), None if row[1] is None else int(row[1])


def _within(work: Work, shift: Shift, table: Any) -> Any:
    # Notes that rode in the opening's own transaction were done before it; those in the closing's belong
    # to the shift.
    opened, closed = _bounds(work, shift)
    mine = (table.c.desk == work.desk) & (table.c.realm == shift.realm.value) & (table.c.seq > opened)
    return mine if closed is None else mine & (table.c.seq <= closed)


def _waived(work: Work, shift: Shift, standing: Iterable[Receipt]) -> tuple[Waived, ...]:
    counts: Counter[tuple[str, str | None]] = Counter()
    fen: Counter[tuple[str, str | None]] = Counter()
    for receipt in standing:
        if receipt.method is PayMethod.WAIVED:
            counts[receipt.reason, receipt.waiver] += 1
            fen[receipt.reason, receipt.waiver] += receipt.fen
    dues = work.tables.fee_due
    free = dues.select(dues.c.reason, fn.COUNT(dues.c.reason)).where(
        _within(work, shift, dues) & SQL("fen = 0")
    )
    for reason, count in free.group_by(dues.c.reason).tuples():
        counts[str(reason), None] += int(count)
    rows = sorted(counts, key=lambda key: (key[0], key[1] or ""))
    return tuple(
        Waived(reason, ground, counts[reason, ground], fen[reason, ground]) for reason, ground in rows
    )


def _cards(work: Work, shift: Shift) -> CardCounts:
    events, blank = work.tables.blank_event, work.tables.blank_card
    counted: Counter[str] = Counter()
    rows = events.select(events.c.event, fn.COUNT(events.c.turn)).where(_within(work, shift, events))
    for event, count in rows.group_by(events.c.event).tuples():
        counted[str(event)] = int(count)
    bound = 0
    # As the row says it, not the caller: a closed shift held no card, whatever lies in the encoder now.
    if _bounds(work, shift)[1] is None:
        held = blank.select(fn.COUNT(blank.c.serial)).where(
            blank.c.realm == shift.realm.value,
            blank.c.desk == work.desk,
            blank.c.state == BlankState.BOUND.value,
        )
        bound = int(held.scalar())
    return CardCounts(
        opening=shift.opening_cards,
        received=sum(counted[event.value] for event in RECEIVING),
        issued=counted[BlankEvent.ISSUE.value],
        spoiled=counted[BlankEvent.SPOIL.value],
        returned=counted[BlankEvent.GIVE_BACK.value],
        bound=bound,
    )


def _cases(work: Work, realm: Realm) -> tuple[OpenCase, ...]:
    making, chip = work.tables.making, work.tables.chip
    rows = (
        making.select(making.c.number, making.c.state, making.c.opened_ms, chip.c.serial)
        .join(chip, JOIN.LEFT_OUTER, on=(chip.c.case_id == making.c.id))
        .where(making.c.state.in_(_OPEN_CASES), making.c.realm == realm.value)
        .order_by(making.c.opened_ms, making.c.opened_seq)
        .tuples()
    )
    return tuple(OpenCase(str(row[0]), str(row[1]), int(row[2]), row[3]) for row in rows)


def _dues(work: Work, realm: Realm) -> tuple[OpenDue, ...]:
    dues, heads = work.tables.fee_due, work.tables.application
    rows = (
        dues.select(heads.c.number, dues.c.reason, dues.c.fen)
        .join(heads, on=(heads.c.id == dues.c.application_id))
        .where(
            (dues.c.desk == work.desk)
            & (dues.c.realm == realm.value)
            & (heads.c.state != "withdrawn")
            & (dues.c.receipt.is_null())
            & (dues.c.fen > 0)
        )
        .order_by(dues.c.seq)
        .tuples()
    )
    return tuple(OpenDue(str(row[0]), str(row[1]), int(row[2])) for row in rows)


def dump_state(state: TillState) -> tuple[str, str]:
    """Canonical JSON of a state, and its SM3 digest in hex."""
    text = json.dumps(asdict(state), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text, sm3(text.encode()).hex()


def load_state(text: str) -> TillState:
    """The state that ``dump_state`` wrote."""
    told = json.loads(text)
    shift = told["shift"]
    return TillState(
        **(
            told
            | {
                "shift": Shift(**(shift | {"realm": Realm(shift["realm"])})),
                "cards": CardCounts(**told["cards"]),
                "waived": tuple(Waived(**row) for row in told["waived"]),
                "cases": tuple(OpenCase(**row) for row in told["cases"]),
                "dues": tuple(OpenDue(**row) for row in told["dues"]),
                "voided": tuple(told["voided"]),
                "refunded": tuple(told["refunded"]),
                "gaps": tuple(told["gaps"]),
            }
        )
    )
