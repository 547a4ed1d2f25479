"""What a case costs the desk: its fee is settled before it begins, its blank card follows it."""

from __future__ import annotations

from collections.abc import Callable

from app.domain.application import FrozenApplication
from app.domain.ports import Case, CaseState
from app.store.stock import StockRows
from app.store.till import TillRows
from app.store.work import Moment


class CaseGoods:
    """``app.store.case_moves.CaseFollower`` over till and stock."""

    def __init__(self, till: Callable[[Moment], TillRows], stock: Callable[[Moment], StockRows]) -> None:
        self._till = till
        self._stock = stock

    def opening(self, application: FrozenApplication, moment: Moment) -> None:
        self._till(moment).require_settled(application.id)

    def bound(self, case: Case, chip_serial: str, moment: Moment) -> None:
        self._stock(moment).bind(case.realm, chip_serial, case.id)

    def closed(self, case: Case, state: CaseState, moment: Moment) -> None:
        self._stock(moment).finish(case.id, spoiled=state is CaseState.SPOILED)
