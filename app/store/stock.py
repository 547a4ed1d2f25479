"""Blank cards: taken in by list, bound by cases, spoiled, given back; every event is a row (m0005)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from peewee import fn

from app.crypto.sm3 import sm3
from app.domain.application import Realm
from app.domain.audit import AuditEvent, AuditKind
from app.domain.lives import Life
from app.domain.stock import (
    BlankCard,
    BlankEvent,
    BlankHere,
    BlankNotOnHand,
    BlankState,
    NoSuchBlank,
    StockCounts,
)
from app.store.work import Moment, Work

# Test cards stand in a register of their own and touch no stock (rules.md, Test cards first).
_NOT_COUNTED: Final = Realm.TEST
# SQLite takes 32,766 values in a statement; a list is asked for in smaller pieces.
_PIECE: Final = 500


class StockRows:
    """``app.domain.stock.StockBook`` for one moment, and what cases do to the cards they hold.

    ``life`` gives the rows of resources/lives/blank.toml: what is no row of it is refused.
    """

    def __init__(self, work: Work, moment: Moment, life: Life) -> None:
        self._work = work
        self._moment = moment
        self._life = life
        self._blank = work.tables.blank_card
        self._events = work.tables.blank_event

    # ------------------------------------------------------------------------------------- lists

    def take_in(self, realm: Realm, box: str, serials: Sequence[str]) -> int:
        here = self.here(realm, serials)
        if here:
            raise BlankHere(tuple(here))
        known = {blank.serial: blank for blank in self._known(realm, serials)}
        found_before = 0
        for serial in serials:
            blank = known.get(serial)
            if blank is None:
                self._insert(realm, serial, box, BlankEvent.TAKE_IN, listed=True)
                continue
            back = blank.state is BlankState.RETURNED
            found_before += not back
            blank = replace(blank, box=box, listed=True)
            self._step(blank, BlankEvent.TAKE_IN if back else BlankEvent.LIST, None)
        facts: dict[str, str | int | bool] = {
            "box": box,
            "cards": len(serials),
            "found-before": found_before,
            "digest": sm3("\n".join(sorted(serials)).encode("ascii")).hex(),
        }
        self._audit(realm, BlankEvent.TAKE_IN, subject=None, facts=facts)
        return len(serials) - found_before

    def here(self, realm: Realm, serials: Sequence[str]) -> list[str]:
        known = {
            blank.serial
            for blank in self._known(realm, serials)
            if blank.listed and blank.state is not BlankState.RETURNED
        }
        return [serial for serial in serials if serial in known]

    def give_back(self, realm: Realm, serials: Sequence[str], reason: str) -> int:
        for serial in serials:
            self._from_box(realm, serial, BlankEvent.GIVE_BACK, reason)
        return len(serials)

    def spoil(self, realm: Realm, serial: str, reason: str) -> BlankCard:
        return self._from_box(realm, serial, BlankEvent.SPOIL, reason)

    # ------------------------------------------------------------------------------------- cases

    def bind(self, realm: Realm, serial: str, case_id: str) -> None:
        """A case takes this card. One that no list brought in is recorded as found at this moment."""
        if realm is _NOT_COUNTED:
            return
        blank = self.blank(realm, serial)
        if blank is None:
            self._insert(realm, serial, "", BlankEvent.FOUND, listed=False)
            blank = self.blank(realm, serial)
            self._audit(realm, BlankEvent.FOUND, subject=serial, facts={})
        if blank is None or blank.state is not BlankState.ON_HAND:
            raise BlankNotOnHand(serial, "" if blank is None else blank.state.value)
        self._step(blank, BlankEvent.BIND, None, case_id=case_id)

    def finish(self, case_id: str, *, spoiled: bool, reason: str | None = None) -> None:
        """The case that holds a card is closed: its card is issued, or spoiled with its reason."""
        mine = self._blank.c.case_id == case_id
        for blank in self._select(mine & (self._blank.c.state == BlankState.BOUND.value)):
            self._step(blank, BlankEvent.SPOIL if spoiled else BlankEvent.ISSUE, reason)

    # ------------------------------------------------------------------------------------- reads

    def blank(self, realm: Realm, serial: str) -> BlankCard | None:
        found = self._known(realm, [serial])
        if not found:
            return None
        events = self._events
        row = (
            events.select(events.c.reason)
            .where(events.c.realm == realm.value, events.c.serial == serial)
            .order_by(events.c.turn.desc())
            .tuples()
            .first()
        )
        return replace(found[0], reason=None if row is None else row[0])

    def in_state(
        self, realm: Realm, state: BlankState, after: str | None = None, limit: int = 100
    ) -> list[BlankCard]:
        blank = self._blank
        condition = self._mine(realm) & (blank.c.state == state.value)
        if after is not None:
            condition &= blank.c.serial > after
        return self._select(condition, limit)

    def counts(self, realm: Realm) -> StockCounts:
        blank = self._blank
        counted = dict.fromkeys(BlankState, 0)
        rows = blank.select(blank.c.state, fn.COUNT(blank.c.serial)).where(self._mine(realm))
        for state, count in rows.group_by(blank.c.state).tuples():
            counted[BlankState(state)] = int(count)
        unlisted = blank.select(fn.COUNT(blank.c.serial)).where(self._mine(realm), blank.c.listed == 0)
        return StockCounts(
            on_hand=counted[BlankState.ON_HAND],
            bound=counted[BlankState.BOUND],
            issued=counted[BlankState.ISSUED],
            spoiled=counted[BlankState.SPOILED],
            returned=counted[BlankState.RETURNED],
            destroyed=counted[BlankState.DESTROYED],
            unlisted=int(unlisted.scalar()),
        )

    # ----------------------------------------------------------------------------------- helpers

    def _from_box(self, realm: Realm, serial: str, event: BlankEvent, reason: str) -> BlankCard:
        blank = self.blank(realm, serial)
        if blank is None:
            raise NoSuchBlank(serial)
        if blank.state is not BlankState.ON_HAND:
            raise BlankNotOnHand(serial, blank.state.value)
        after = self._step(blank, event, reason)
        self._audit(realm, event, subject=serial, facts={}, reason=reason)
        return after

    def _step(
        self, blank: BlankCard, event: BlankEvent, reason: str | None, case_id: str | None = None
    ) -> BlankCard:
        """The next row of the card's life, and the card as it is after it."""
        step = self._life.row(blank.state.value, event.value)
        after = replace(
            blank,
            state=BlankState(step.next),
            case_id=case_id or blank.case_id,
            reason=reason,
        )
        self._record(after, event)
        return after

    def _insert(self, realm: Realm, serial: str, box: str, event: BlankEvent, *, listed: bool) -> None:
        blank = BlankCard(realm, serial, box, BlankState.ON_HAND, listed, self._moment.at_ms)
        self._blank.insert(
            realm=realm.value,
            serial=serial,
            desk=self._work.desk,
            box=box,
            state=blank.state.value,
            listed=int(listed),
            taken_ms=blank.taken_ms,
            events=1,
        ).execute()
        self._insert_event(blank, 1, event)

    def _record(self, blank: BlankCard, event: BlankEvent) -> None:
        table = self._blank
        mine = (table.c.realm == blank.realm.value) & (table.c.serial == blank.serial)
        row = table.select(table.c.events).where(mine).tuples().first()
        turn = int(row[0]) + 1
        table.update(
            state=blank.state.value,
            # Where it lies now: a list may name a card that another desk gave back.
            desk=self._work.desk,
            box=blank.box,
            listed=int(blank.listed),
            case_id=blank.case_id,
            events=turn,
        ).where(mine).execute()
        self._insert_event(blank, turn, event)

    def _insert_event(self, blank: BlankCard, turn: int, event: BlankEvent) -> None:
        self._events.insert(
            realm=blank.realm.value,
            serial=blank.serial,
            turn=turn,
            event=event.value,
            state=blank.state.value,
            reason=blank.reason,
            desk=self._work.desk,
            actor_id=self._work.who().id,
            at_ms=self._moment.at_ms,
            seq=self._moment.seq,
        ).execute()

    def _audit(
        self,
        realm: Realm,
        event: BlankEvent,
        *,
        subject: str | None,
        facts: dict[str, str | int | bool],
        reason: str | None = None,
    ) -> None:
        told = AuditEvent(
            AuditKind.STOCK,
            act=event.value,
            realm=realm,
            subject=subject,
            reason=reason,
            facts=facts,
        )
        self._work.audit(told, self._moment)

    def _mine(self, realm: Realm) -> Any:
        return (self._blank.c.realm == realm.value) & (self._blank.c.desk == self._work.desk)

    def _known(self, realm: Realm, serials: Sequence[str]) -> list[BlankCard]:
        found: list[BlankCard] = []
        for piece in _pieces(serials):
            found += self._select((self._blank.c.realm == realm.value) & self._blank.c.serial.in_(piece))
        return found

    def _select(self, condition: Any, limit: int | None = None) -> list[BlankCard]:
        blank = self._blank
        query = blank.select(
            blank.c.realm,
            blank.c.serial,
            blank.c.box,
            blank.c.state,
            blank.c.listed,
            blank.c.taken_ms,
            blank.c.case_id,
        ).where(condition)
        rows = query.order_by(blank.c.serial).limit(limit).tuples()
        return [
            BlankCard(
                realm=Realm(row[0]),
                serial=str(row[1]),
                box=str(row[2]),
                state=BlankState(row[3]),
                listed=bool(row[4]),
                taken_ms=int(row[5]),
                case_id=row[6],
            )
            for row in rows
        ]


def _pieces(serials: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(serials), _PIECE):
        yield serials[first : first + _PIECE]
