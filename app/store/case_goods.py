"""What a case costs the desk: its fee is settled before it begins, its blank card follows it."""

from __future__ import annotations

from collections.abc import Callable

from app.domain.application import FrozenApplication, Realm
from app.domain.ports import Case, CaseState
from app.domain.till import FeeDue
from app.domain.till_errors import ShiftNotOpen
from app.store.stock import StockRows
from app.store.till import TillRows
from app.store.work import Moment


class CaseGoods:
    """``app.store.case_moves.CaseFollower`` over till and stock.

    ``fee`` is what an order owes by the rule of a moment: one that nobody charged yet is charged now, so
    that every card has its fee and, where it is free, its funding on record (rules.md, Money).
    """

    def __init__(
        self,
        till: Callable[[Moment], TillRows],
        stock: Callable[[Moment], StockRows],
        fee: Callable[[FrozenApplication, int], FeeDue] | None = None,
    ) -> None:
        self._till = till
        self._stock = stock
        self._fee = fee

    def opening(self, application: FrozenApplication, moment: Moment) -> None:
        till = self._till(moment)
        if self._fee is not None and till.due(application.id) is None:
            till.owe(self._fee(application, moment.at_ms))
        till.require_settled(application.id)

    def bound(self, case: Case, chip_serial: str, moment: Moment) -> None:
        # Asked before the making began, too; here it is the transaction that takes the card of the box,
        # and another program may have closed the shift meanwhile. Practising needs none (docs/till.md),
        # and test cards touch no till.
        if case.realm is Realm.LIVE and self._till(moment).shift() is None:
            raise ShiftNotOpen
        self._stock(moment).bind(case.realm, chip_serial, case.id)

    def closed(self, case: Case, state: CaseState, moment: Moment) -> None:
        self._stock(moment).finish(case.id, spoiled=state is CaseState.SPOILED)
