"""The audit of a store: rows are appended to a desk's chain inside the unit of work that does the act.

Each row is chained from the last one that the same transaction reads, so that windows and desks that
share a store keep strict chains. The first row of a chain says which store and program began it and
under which public key its heads will be signed; that key pair is drawn with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from app import __version__
from app.base.ids import RandomSource
from app.crypto.person_keys import PersonKey, PersonKeys, detail_digest
from app.crypto.sealing import Place, Sealer
from app.crypto.signing import SigningKey
from app.domain.application import Realm
from app.domain.audit import AuditEvent, AuditKind
from app.domain.id_number import check_digit
from app.domain.staff import PROGRAM, Actor
from app.store.audit_chain import COLUMNS, HASH, genesis, hasher
from app.store.work import Moment, Work

# A citizen's number that stands by itself: 17 digits and the check character of GB 11643-1999.
_CITIZEN: Final = re.compile(r"(?<![0-9A-Za-z])(\d{17})([\dXx])(?![0-9A-Za-z])")
# A reason that is a code of the desk's lists; "own-words" stands for one that is none.
_CODE: Final = re.compile(r"(?!.*\d{7})[a-z0-9][a-z0-9._-]{0,47}")
_OWN_WORDS: Final = "own-words"
_TABLE: Final = "audit_detail"


@dataclass(frozen=True)
class ChainPlace:
    """What every row of a desk's chain says of where it was written, and the store it is bound to."""

    store_id: str
    realm: Realm
    boot: str
    terminal: str | None = None
    institution: str | None = None


@dataclass(frozen=True)
class AuditKeys:
    """What seals details and the desk's own key. It shows nothing."""

    sealer: Sealer = field(repr=False)
    random: RandomSource = field(repr=False)


class AuditRecorder:
    """``app.store.work.Recorder``: appends to this desk's chain."""

    def __init__(self, work: Work, place: ChainPlace, keys: AuditKeys) -> None:
        self._work = work
        self._tables = work.tables
        self._place = place
        self._keys = keys
        self._persons = PersonKeys(keys.sealer, keys.random)
        self._hash = hasher()
        self.genesis = genesis(place.store_id, place.realm.value, work.desk)

    def append(self, event: AuditEvent, moment: Moment, actor: Actor) -> None:
        """Write the row of ``event`` inside the running transaction.

        ValueError, a bug, where the event has a detail and nobody whose it is, or says a person's number
        outside of it: what a chain holds can never be taken out again.
        """
        if event.detail is not None and event.person_id is None:
            raise ValueError(f"the detail of {event.kind} belongs to nobody")
        last = self.last()
        if last is None:
            last = self.begin(moment)
        seq, prev = last[0] + 1, last[1]
        event = _without_words(event)
        digest = None if event.detail is None else self._keep_detail(event, seq, moment)
        self._insert(_values(event, actor), seq, prev, digest, moment)

    def last(self) -> tuple[int, bytes] | None:
        """Number and hash of this chain's last row, as the running transaction sees it."""
        audit = self._tables.audit
        query = audit.select(audit.c.seq, audit.c.hash).where(audit.c.desk == self._work.desk)
        row = query.order_by(audit.c.seq.desc()).limit(1).tuples().first()
        return None if row is None else (int(row[0]), bytes(row[1]))

    def begin(self, moment: Moment) -> tuple[int, bytes]:
        """Write the first row of this desk's chain; its number and hash."""
        key = self.signing_key() or self._draw_key(moment)
        event = AuditEvent(
            AuditKind.STORE_MADE,
            act="begin-chain",
            realm=self._place.realm,
            subject=self._place.store_id,
            facts={"program": __version__, "public": key.public.hex()},
        )
        digest = self._insert(_values(event, PROGRAM), 1, self.genesis, None, moment)
        return 1, digest

    # --------------------------------------------------------------------------------- erasing

    def erase(self, person_id: str, moment: Moment, reason: str | None, actor: Actor) -> None:
        """Forget a person's key and details inside the running transaction, and say so in the chain."""
        details, keys = self._tables.audit_detail, self._tables.person_key
        gone = details.delete().where(details.c.person_id == person_id).execute()
        keys.delete().where(keys.c.person_id == person_id).execute()
        self.append(
            AuditEvent(
                AuditKind.ERASE, act="erase", person_id=person_id, reason=reason, facts={"details": gone}
            ),
            moment,
            actor,
        )

    def detail(self, desk: str, seq: int) -> dict[str, str] | None:
        """What stands sealed beside a row; None where nothing was kept or the person was erased."""
        details, keys = self._tables.audit_detail, self._tables.person_key
        row = (
            details.select(details.c.sealed, keys.c.person_id, keys.c.sealed)
            .join(keys, on=(keys.c.person_id == details.c.person_id))
            .where((details.c.desk == desk) & (details.c.seq == seq))
            .tuples()
            .first()
        )
        if row is None:
            return None
        key = self._persons.open(_key_place(str(row[1])), bytes(row[2]))
        found: dict[str, str] = json.loads(key.open(_detail_place(desk, seq), bytes(row[0])))
        return found

    # -------------------------------------------------------------------------------- desk's key

    def signing_key(self) -> SigningKey | None:
        """The key of this desk's heads; None while its chain has not begun."""
        keys = self._tables.desk_key
        row = keys.select(keys.c.sealed).where(keys.c.desk == self._work.desk).tuples().first()
        if row is None:
            return None
        return SigningKey.from_bytes(
            self._keys.sealer.open(_desk_key_place(self._work.desk), bytes(row[0]))
        )

    # ----------------------------------------------------------------------------------- helpers

    def _draw_key(self, moment: Moment) -> SigningKey:
        key = SigningKey.generate()
        desk = self._work.desk
        self._tables.desk_key.insert(
            desk=desk,
            created_ms=moment.at_ms,
            public=key.public,
            sealed=self._keys.sealer.seal(_desk_key_place(desk), key.to_bytes()),
        ).execute()
        return key

    def _keep_detail(self, event: AuditEvent, seq: int, moment: Moment) -> bytes:
        person_id, desk = str(event.person_id), self._work.desk
        plain = json.dumps(dict(event.detail or {}), sort_keys=True, ensure_ascii=False).encode()
        blob = self._person_key(person_id, moment).seal(_detail_place(desk, seq), plain)
        self._tables.audit_detail.insert(desk=desk, seq=seq, person_id=person_id, sealed=blob).execute()
        return detail_digest(blob)

    def _person_key(self, person_id: str, moment: Moment) -> PersonKey:
        keys = self._tables.person_key
        row = keys.select(keys.c.sealed).where(keys.c.person_id == person_id).tuples().first()
        if row is not None:
            return self._persons.open(_key_place(person_id), bytes(row[0]))
        key, sealed = self._persons.draw(_key_place(person_id))
        keys.insert(person_id=person_id, created_ms=moment.at_ms, sealed=sealed).execute()
        return key

    def _insert(
        self, said: Mapping[str, Any], seq: int, prev: bytes, digest: bytes | None, moment: Moment
    ) -> bytes:
        """Write one row and give its hash."""
        values = dict(said) | {
            "desk": self._work.desk,
            "seq": seq,
            "at_ms": moment.at_ms,
            "boot": self._place.boot,
            "moment": moment.seq,
            "terminal": self._place.terminal,
            "institution": self._place.institution,
            "detail_digest": digest,
            "prev": prev,
        }
        _refuse_numbers(values)
        row_hash = self._hash(values[name] for name in COLUMNS[:HASH])
        self._tables.audit.insert(**values, hash=row_hash).execute()
        return row_hash


def _without_words(event: AuditEvent) -> AuditEvent:
    """A reason in somebody's own words belongs to the person it is about, not into the chain."""
    if event.reason is None or _CODE.fullmatch(event.reason):
        return event
    if event.person_id is None:
        return replace(event, reason=_OWN_WORDS)
    detail = dict(event.detail or {}) | {"reason": event.reason}
    return replace(event, reason=_OWN_WORDS, detail=detail)


def _values(event: AuditEvent, actor: Actor) -> dict[str, Any]:
    """What an event says, by column."""
    facts = json.dumps(dict(event.facts), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return {
        "realm": None if event.realm is None else event.realm.value,
        "actor": actor.id,
        "role": actor.role.value,
        "second": None if event.second is None else event.second.id,
        "kind": event.kind.value,
        "act": event.act,
        "person_id": event.person_id,
        "application_id": event.application_id,
        "case_id": event.case_id,
        "subject": event.subject,
        "number": event.number,
        "state_before": event.before,
        "state_after": event.after,
        "reason": event.reason,
        "fault": event.fault,
        "fen": event.fen,
        "facts": facts,
    }


def _refuse_numbers(values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, str):
            for found in _CITIZEN.finditer(value):
                if check_digit(found[1]) == found[2].upper():
                    raise ValueError(f"a person's number stands in {name} of the audit")


def _detail_place(desk: str, seq: int) -> Place:
    return Place(_TABLE, "sealed", f"{desk}/{seq}")


def _key_place(person_id: str) -> Place:
    return Place("person_key", "sealed", person_id)


def _desk_key_place(desk: str) -> Place:
    return Place("desk_key", "sealed", desk)
