"""Verification of every chain in a store, page by page, against itself and against witnessed heads.

The fast way reads each row once: its number is the next one, it follows the row before, its hash fits.
Where that fails, ``audit_diagnosis`` tells what was done. Witnesses say what a chain can not say of
itself: that its end is missing, that yesterday's file was put back, that it was written anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from app.crypto.signing import verify as signed_by
from app.domain.audit import (
    AuditReport,
    ChainFault,
    ChainProblem,
    ChainState,
    Head,
    WitnessedHead,
)
from app.store.audit_chain import COLUMNS, DETAIL_DIGEST, HASH, PREV, SEQ, Row, genesis, hasher
from app.store.audit_diagnosis import diagnose
from app.store.audit_read import VERIFIED, AuditReader

_MOMENT: Final = COLUMNS.index("moment")
_PERSON: Final = COLUMNS.index("person_id")
_AT_MS: Final = COLUMNS.index("at_ms")
# The desk's own journal, which writes an intent and its audit row in one transaction.
JOURNAL: Final = "journal"
# The desk's key, which is drawn with the first row of its chain.
DESK_KEY: Final = "desk-key"
# The sealed details, each of which has a row.
DETAILS: Final = "details"
# SM2 costs about as much as a hundred rows: without ``full`` the newest heads' signatures are enough.
_NEWEST: Final = 8


@dataclass
class _Chain:
    """How far one chain was read."""

    desk: str
    genesis: bytes
    follows: bytes
    next_seq: int = 1
    last: Row | None = None
    ended: bool = False
    problems: list[ChainProblem] = field(default_factory=list)

    @property
    def length(self) -> int:
        return self.next_seq - 1


class Verification:
    """One run. Call ``step`` until it is False, each inside a read of the store, then ``report``."""

    def __init__(
        self,
        reader: AuditReader,
        store_id: str,
        realm: str,
        heads: Sequence[WitnessedHead],
        *,
        full: bool,
    ) -> None:
        self._reader = reader
        self._full = full
        self._digest = hasher()
        self._heads = list(heads)
        self._names = (store_id, realm)
        self._chains: list[_Chain] | None = None
        self._rows = 0
        self._erased: dict[str, int] | None = None

    def step(self) -> bool:
        """Read one more page; whether there is more to read."""
        if self._chains is None:
            self._begin()
        chain = next((chain for chain in self._chains or () if not chain.ended), None)
        if chain is None:
            return False
        self._read(chain)
        return True

    def report(self, ms: int) -> AuditReport:
        """What was found. Inside a read of the store."""
        problems: list[ChainProblem] = []
        states = []
        for chain in self._chains or ():
            heads = [found for found in self._heads if found.head.desk == chain.desk]
            problems += chain.problems + self._against_desk(chain) + self._against_heads(chain, heads)
            own = [p.sequence for p in problems if p.desk == chain.desk]
            whole_to = min((min(own) - 1, chain.length)) if own else chain.length
            states.append(ChainState(chain.desk, chain.length, max(whole_to, 0)))
        counted: dict[str, int] = {}
        for found in self._heads:
            counted[found.witness] = counted.get(found.witness, 0) + 1
        return AuditReport(self._full, self._rows, ms, tuple(states), counted, tuple(problems))

    def ends(self) -> list[tuple[str, Row]]:
        """The last row read of each chain."""
        return [(chain.desk, chain.last) for chain in self._chains or () if chain.last is not None]

    # ------------------------------------------------------------------------------------ chains

    def _begin(self) -> None:
        kept = self._reader.heads()
        anchors = {found.head.desk: found.head for found in kept if found.witness == VERIFIED}
        self._heads += [found for found in kept if found.witness != VERIFIED]
        desks = {*self._reader.desks(), *(found.head.desk for found in self._heads)}
        self._chains = []
        for desk in sorted(desks):
            start = genesis(*self._names, desk)
            chain = _Chain(desk, start, start)
            self._chains.append(chain)
            if not self._full and desk in anchors:
                self._begin_at(chain, anchors[desk])

    def _begin_at(self, chain: _Chain, anchor: Head) -> None:
        """Go on where the last good verification ended, if its head still is this desk's and fits."""
        row = self._reader.row(chain.desk, anchor.seq)
        if (
            row is not None
            and row[HASH] == anchor.hash
            and self._digest(row[:HASH]) == anchor.hash
            and anchor.public == self._reader.public_key(chain.desk)
            and signed_by(anchor.public, anchor.message(), anchor.signature)
        ):
            chain.next_seq, chain.follows, chain.last = anchor.seq + 1, anchor.hash, row

    def _read(self, chain: _Chain) -> None:
        page = self._reader.rows(chain.desk, chain.next_seq - 1 if chain.length else -1)
        if not page:
            chain.ended = True
            return
        digest, follows, expected = self._digest, chain.follows, chain.next_seq
        for row in page:
            if row[SEQ] != expected or row[PREV] != follows or digest(row[:HASH]) != row[HASH]:
                self._diagnose(chain)
                return
            follows = row[HASH]
            expected += 1
        chain.follows, chain.next_seq, chain.last = follows, expected, page[-1]
        self._rows += len(page)
        chain.problems += self._details(chain.desk, page)

    def _diagnose(self, chain: _Chain) -> None:
        """Read the whole chain anew, from its beginning, and say what was done to it."""
        desk = chain.desk
        of_details: list[ChainProblem] = []

        def pages() -> Iterator[list[Row]]:
            for page in self._reader.pages(desk):
                of_details.extend(self._details(desk, page))
                chain.last = page[-1]
                self._rows += len(page)
                yield page

        found = diagnose(desk, chain.genesis, pages(), self._reader.row, self._digest)
        chain.problems = [*found, *of_details]
        chain.next_seq = 1 if chain.last is None else int(chain.last[SEQ]) + 1
        chain.ended = True

    def _details(self, desk: str, page: list[Row]) -> list[ChainProblem]:
        """Details that are not what their rows say; one that is gone must have been erased."""
        first, last = int(page[0][SEQ]), int(page[-1][SEQ])
        there = self._reader.details(desk, first, last)
        wanted = {row[SEQ]: row for row in page if row[DETAIL_DIGEST] is not None}
        found = []
        for seq, row in wanted.items():
            if seq in there:
                if there[seq] != row[DETAIL_DIGEST]:
                    found.append(ChainProblem(desk, seq, seq, ChainFault.DETAIL_CHANGED))
            elif not self._was_erased(row[_PERSON], row[_AT_MS]):
                found.append(ChainProblem(desk, seq, seq, ChainFault.DETAIL_REMOVED))
        found += [
            ChainProblem(desk, seq, seq, ChainFault.DETAIL_INSERTED)
            for seq in there
            if seq not in wanted
        ]
        return found

    def _was_erased(self, person_id: str, at_ms: int) -> bool:
        """Whether a chain says that this person was erased after ``at_ms``."""
        if self._erased is None:
            self._erased = self._reader.erased()
        return self._erased.get(person_id, -1) >= at_ms

    # --------------------------------------------------------------------------------- witnesses

    def _against_desk(self, chain: _Chain) -> list[ChainProblem]:
        """What the store's other tables know of the chain's end."""
        desk, after = chain.desk, chain.length + 1
        if chain.last is None:
            if self._reader.public_key(desk) is None:
                return []
            return [ChainProblem(desk, 1, 1, ChainFault.CUT, DESK_KEY)]
        moment = int(chain.last[_MOMENT])
        if moment > self._reader.desk_moment(desk):
            return [ChainProblem(desk, chain.length, chain.length, ChainFault.DESK_BEHIND)]
        if moment < self._reader.last_intent(desk):
            return [ChainProblem(desk, after, after, ChainFault.CUT, JOURNAL)]
        detail = self._reader.last_detail(desk)
        if detail > chain.length:
            return [ChainProblem(desk, after, detail, ChainFault.CUT, DETAILS)]
        return []

    def _against_heads(self, chain: _Chain, heads: list[WitnessedHead]) -> list[ChainProblem]:
        desk = chain.desk
        public = self._reader.public_key(desk)
        known = self._reader.desk_moment(desk)
        told: dict[tuple[ChainFault, str], ChainProblem] = {}

        def tell(fault: ChainFault, found: WitnessedHead, first: int) -> None:
            # A witness says a thing once, over all the rows that it knows it of.
            key = fault, found.witness
            before = told.get(key)
            told[key] = ChainProblem(
                desk,
                first if before is None else min(first, before.sequence),
                found.head.seq if before is None else max(found.head.seq, before.last),
                fault,
                found.witness,
                found.reference if before is None else before.reference,
            )

        for found in heads:
            head = found.head
            if head.seq > chain.length:
                back = known < head.moment
                tell(ChainFault.ROLLED_BACK if back else ChainFault.CUT, found, chain.length + 1)
                continue
            row = self._reader.row(desk, head.seq)
            if row is None or row[HASH] != head.hash:
                tell(ChainFault.FORKED, found, head.seq)
        checked = heads if self._full else heads[-_NEWEST:]
        for found in _signed(checked):
            head = found.head
            genuine = signed_by(head.public, head.message(), head.signature)
            if not genuine or head.public != public:
                tell(ChainFault.SIGNATURE, found, head.seq)
        return list(told.values())


def _signed(heads: Iterable[WitnessedHead]) -> list[WitnessedHead]:
    """Heads that bear a key or a signature; a short one, typed from paper, has the paper instead."""
    return [found for found in heads if found.head.public or found.head.signature]
