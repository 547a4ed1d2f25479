"""What a card costs: a dated local schedule by reason, whole fen (rules.md, Money; counter.md, 2, 36).

``resources/fees/schedule.toml`` says the form. Each reason has one amount on every day from the
schedule's first one on: an amount stands until the next of that reason begins.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.base.clock import civil_date
from app.base.errors import N_, KangkaError
from app.base.resources import resource
from app.domain.application import FrozenApplication, Realm
from app.domain.till import FeeDue

SCHEDULE_FILE: Final = "schedule.toml"
# A card costs some ten yuan; a hundred thousand yuan is a slip of the finger.
MOST_FEN: Final = 10_000_000


@dataclass(eq=False)
class FeesInvalid(KangkaError):
    """A schedule that would leave a reason without one whole amount on some day."""

    file: str
    where: str

    code = "fees.invalid"
    cause = N_("The fees in {file} are not in order: {where}.")
    meaning = N_("No fee can be told by them, so the desk does not open with them.")
    remedy = N_("Correct the file: whole fen, one first day for each amount, every code explained.")


@dataclass(eq=False)
class NoFee(KangkaError):
    """A reason or a day that the schedule does not know."""

    reason: str
    day: dt.date

    code = "fees.no-fee"
    cause = N_("The fee schedule says nothing about {reason} on {day}.")
    meaning = N_("Nothing may be charged without a rule, and nothing was.")
    remedy = N_("Choose a reason of the schedule, or have the schedule completed.")


@dataclass(eq=False)
class FeeProofMissing(KangkaError):
    """A reason that counts only beside a paper that was seen."""

    reason: str
    proof: tuple[str, ...]

    code = "fees.proof-missing"
    cause = N_("The reason {reason} takes a proof: {proof}.")
    meaning = N_("Without it the fee would follow a reason that nobody showed.")
    remedy = N_("Look at the paper and record which one it was, or choose the reason that fits.")


@dataclass(frozen=True)
class Rate:
    """An amount from its first day on."""

    since: dt.date
    fen: int


@dataclass(frozen=True)
class FeeRule:
    """One reason: its amounts by first day, which papers prove it, who pays where it is free."""

    reason: str
    title_zh: str
    title_en: str
    rates: tuple[Rate, ...]
    proof: tuple[str, ...] = ()
    funding: str | None = None


@dataclass(frozen=True)
class Ground:
    """A code of the schedule's lists: a waiver, a void, a proof, a source of funding."""

    code: str
    title_zh: str
    title_en: str
    proof: tuple[str, ...] = ()

    def title(self, language: str) -> str:
        """Its words, Chinese unless ``en``."""
        return self.title_en if language == "en" else self.title_zh


@dataclass(frozen=True)
class FeeSchedule:
    """A place's fees. The mappings are by code, in the order of the file."""

    id: str
    title_zh: str
    title_en: str
    since: dt.date
    rules: Mapping[str, FeeRule]
    waivers: Mapping[str, Ground]
    voids: Mapping[str, Ground]
    proofs: Mapping[str, Ground]
    funding: Mapping[str, Ground]

    def reason(self, reason: str) -> Ground:
        """The words of a reason; its code where an older schedule had it."""
        rule = self.rules.get(reason)
        return Ground(reason, reason, reason) if rule is None else _ground(rule)


@dataclass(frozen=True)
class Fee:
    """What a reason costs on a day. ``rule`` names schedule, reason and first day of the amount.

    ``proof`` are the papers one of which must have been seen; none is needed where it is empty.
    """

    reason: str
    fen: int
    rule: str
    since: dt.date
    title_zh: str
    title_en: str
    proof: tuple[str, ...]
    funding: str | None

    def owed(
        self,
        application_id: str,
        realm: Realm,
        person_id: str,
        at_ms: int,
        proof: str | None = None,
    ) -> FeeDue:
        """What an application owes by this fee; ``FeeProofMissing`` without a paper that proves it."""
        if self.proof and proof not in self.proof:
            raise FeeProofMissing(self.reason, self.proof)
        return FeeDue(
            application_id=application_id,
            realm=realm,
            person_id=person_id,
            reason=self.reason,
            fen=self.fen,
            rule=self.rule,
            owed_ms=at_ms,
            funding=self.funding,
            proof=proof,
        )


def fee_for(schedule: FeeSchedule, reason: str, day: dt.date) -> Fee:
    """What ``reason`` costs on ``day`` (the civil day in China); ``NoFee`` where no rule says it."""
    rule = schedule.rules.get(reason)
    standing = None if rule is None else _standing(rule, day)
    if rule is None or standing is None:
        raise NoFee(reason, day)
    return Fee(
        reason=reason,
        fen=standing.fen,
        rule=f"{schedule.id}/{reason}/{standing.since.isoformat()}",
        since=standing.since,
        title_zh=rule.title_zh,
        title_en=rule.title_en,
        proof=rule.proof,
        funding=rule.funding,
    )


def order_fee(schedule: FeeSchedule) -> Callable[[FrozenApplication, int], FeeDue]:
    """What an order owes by the rule of the day in which a moment (UTC milliseconds) lies."""

    def fee(application: FrozenApplication, at_ms: int) -> FeeDue:
        found = fee_for(schedule, application.reason, civil_date(at_ms))
        return found.owed(application.id, application.realm, application.person_id, at_ms)

    return fee


def rule_since(rule: str) -> dt.date | None:
    """The first day in a rule's id; None where it has none."""
    try:
        return dt.date.fromisoformat(rule.rpartition("/")[2])
    except ValueError:
        return None


def load_fees(folder: Path | None = None) -> FeeSchedule:
    """The shipped schedule, or that of a province's ``folder``; ``FeesInvalid`` says what is wrong."""
    path = (folder or resource("fees")) / SCHEDULE_FILE
    try:
        with path.open("rb") as stream:
            return read_fees(tomllib.load(stream), path.name)
    except OSError:
        raise FeesInvalid(path.name, "-") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise FeesInvalid(path.name, str(fault)) from None


def read_fees(told: Mapping[str, Any], file: str = SCHEDULE_FILE) -> FeeSchedule:
    """The schedule that parsed TOML tells, checked whole."""
    check = _Check(file)
    check.keys(told, "id title_zh title_en since fee waiver void proof funding", "")
    since = check.day(told.get("since"), "since")
    proofs = check.grounds(told, "proof", {})
    funding = check.grounds(told, "funding", {})
    rules = check.rules(told, since, proofs, funding)
    return FeeSchedule(
        id=check.code(told.get("id"), "id"),
        title_zh=check.text(told.get("title_zh"), "title_zh"),
        title_en=check.text(told.get("title_en"), "title_en"),
        since=since,
        rules=rules,
        waivers=check.grounds(told, "waiver", proofs),
        voids=check.grounds(told, "void", {}),
        proofs=proofs,
        funding=funding,
    )


def _ground(rule: FeeRule) -> Ground:
    return Ground(rule.reason, rule.title_zh, rule.title_en, rule.proof)


def _standing(rule: FeeRule, day: dt.date) -> Rate | None:
    # The rates are in the order of their days, each another one.
    return next((rate for rate in reversed(rule.rates) if rate.since <= day), None)


class _Check:
    """Takes a file's values one by one and says where one is none."""

    def __init__(self, file: str) -> None:
        self._file = file

    def refuse(self, where: str) -> FeesInvalid:
        return FeesInvalid(self._file, where)

    def text(self, value: object, where: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(where)
        return value

    def code(self, value: object, where: str) -> str:
        text = self.text(value, where)
        if not text.isascii() or not all(part.isalnum() for part in text.split("-")):
            raise self.refuse(where)
        return text

    def day(self, value: object, where: str) -> dt.date:
        # A moment is a date to Python, and no day.
        if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
            raise self.refuse(where)
        return value

    def fen(self, value: object, where: str) -> int:
        # True is an int to Python; 20.0 is no amount, however whole it looks.
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST_FEN:
            raise self.refuse(where)
        return value

    def tables(self, value: object, where: str) -> list[Mapping[str, Any]]:
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            raise self.refuse(where)
        return value

    def known(self, value: object, known: Mapping[str, Ground], where: str) -> tuple[str, ...]:
        codes = tuple(value) if isinstance(value, list) else ()
        if not isinstance(value, list) or not all(isinstance(code, str) for code in codes):
            raise self.refuse(where)
        if any(code not in known for code in codes):
            raise self.refuse(where)
        return codes

    def keys(self, row: Mapping[str, Any], known: str, where: str) -> None:
        # A misspelt word would be no proof, or no funding, without anybody seeing it.
        for key in row:
            if key not in known.split():
                raise self.refuse(f"{where}{key}")

    def grounds(
        self, told: Mapping[str, Any], table: str, proofs: Mapping[str, Ground]
    ) -> dict[str, Ground]:
        found: dict[str, Ground] = {}
        for number, row in enumerate(self.tables(told.get(table, []), table), 1):
            where = f"{table} {number}"
            self.keys(row, "code title_zh title_en proof", f"{where}: ")
            code = self.code(row.get("code"), f"{where}: code")
            if code in found:
                raise self.refuse(f"{where}: {code}")
            found[code] = Ground(
                code,
                self.text(row.get("title_zh"), f"{where}: title_zh"),
                self.text(row.get("title_en"), f"{where}: title_en"),
                self.known(row.get("proof", []), proofs, f"{where}: proof"),
            )
        return found

    def rules(
        self,
        told: Mapping[str, Any],
        since: dt.date,
        proofs: Mapping[str, Ground],
        funding: Mapping[str, Ground],
    ) -> dict[str, FeeRule]:
        found: dict[str, FeeRule] = {}
        for number, row in enumerate(self.tables(told.get("fee"), "fee"), 1):
            where = f"fee {number}"
            self.keys(row, "reason title_zh title_en rates proof funding", f"{where}: ")
            reason = self.code(row.get("reason"), f"{where}: reason")
            if reason in found:
                raise self.refuse(f"{where}: {reason}")
            payer = row.get("funding")
            if payer is not None and (not isinstance(payer, str) or payer not in funding):
                raise self.refuse(f"{where}: funding")
            found[reason] = FeeRule(
                reason,
                self.text(row.get("title_zh"), f"{where}: title_zh"),
                self.text(row.get("title_en"), f"{where}: title_en"),
                self.rates(row.get("rates"), since, where),
                self.known(row.get("proof", []), proofs, f"{where}: proof"),
                payer,
            )
            # Free is somebody's money: a card that costs nothing says whose (article 7).
            if payer is None and any(rate.fen == 0 for rate in found[reason].rates):
                raise self.refuse(f"{where}: funding")
        if not found:
            raise self.refuse("fee")
        return found

    def rates(self, value: object, since: dt.date, where: str) -> tuple[Rate, ...]:
        rows = self.tables(value, f"{where}: rates")
        for row in rows:
            self.keys(row, "since fen", f"{where}: ")
        rates = [
            Rate(
                self.day(row.get("since"), f"{where}: since"), self.fen(row.get("fen"), f"{where}: fen")
            )
            for row in rows
        ]
        days = [rate.since for rate in rates]
        # No day before the first, no day twice, and none out of order: one amount on every day.
        if not days or days[0] != since or days != sorted(set(days)):
            raise self.refuse(f"{where}: rates")
        return tuple(rates)
