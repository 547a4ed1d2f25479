"""What must be true of a desk's records at every moment between two units of work.

``findings`` asks the tables themselves, by its own queries, and not the code that wrote them. It is the
judge of the fault tests: after a kill, a cut or a race nothing of it may be otherwise.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from app.domain.card import LIVING
from app.domain.lives import AS_BEFORE, load_life
from app.store import database as db
from app.store.store import Store

_LIVING = {state.value for state in LIVING}
_RECEIVED = {"take-in", "found"}


class _Rows:
    """Whole tables as dictionaries, read in one transaction."""

    def __init__(self, store: Store) -> None:
        self._database = store._database

    def __getitem__(self, table: str) -> list[dict[str, Any]]:
        cursor = db.run(self._database, f"SELECT * FROM {table}")  # noqa: S608 - names of our own
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def findings(store: Store, *, audit: bool = True, chain: bool = True) -> list[str]:
    """Every breach in ``store``, in words; nothing where all is well. ``audit`` counts its rows against
    what was done, and with ``chain`` verifies it from its first row."""
    with store._database.atomic():
        rows = _Rows(store)
        found = [
            *_one_living_card(rows),
            *_one_case_a_chip(rows),
            *_cards_follow_their_case(rows),
            *_events_chain(rows),
            *_applications(rows),
            *_intents(rows),
            *_numbers(rows),
            *_receipts(rows),
            *_shifts(rows),
            *_blanks(rows),
        ]
        if audit:
            found += _audit_tells_all(rows)
    if audit and chain and not (report := store.audit.verify(full=True, heads=[])).ok:
        found.append(f"audit: {report}")
    return found


def require(store: Store) -> None:
    """AssertionError with every breach."""
    found = findings(store)
    assert not found, "\n".join(found)


def _by(rows: Iterable[dict[str, Any]], *keys: str) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    grouped: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[tuple(row[key] for key in keys)].append(row)
    return grouped


def _one_living_card(rows: _Rows) -> Iterator[str]:
    living = [card for card in rows["card"] if card["state"] in _LIVING]
    for who, cards in _by(living, "realm", "person_id").items():
        if len(cards) > 1:
            yield f"{who} has {len(cards)} living cards"


def _one_case_a_chip(rows: _Rows) -> Iterator[str]:
    for keys in (("realm", "serial"), ("realm", "issue_serial"), ("case_id",)):
        for which, chips in _by(rows["chip"], *keys).items():
            if len(chips) > 1:
                yield f"{keys} {which} stands {len(chips)} times"


def _cards_follow_their_case(rows: _Rows) -> Iterator[str]:
    cards = {card["id"]: card for card in rows["card"]}
    cases = {case["id"]: case for case in rows["making"]}
    chips = {chip["case_id"] for chip in rows["chip"]}
    if cards.keys() != cases.keys():
        yield f"cards without a case or cases without a card: {cards.keys() ^ cases.keys()}"
        return
    first = {event["card_id"]: event["kind"] for event in rows["card_event"] if event["turn"] == 1}
    for key, card in cards.items():
        case = cases[key]
        if any(card[name] != case[name] for name in ("realm", "person_id", "application_id")):
            yield f"card {key} is another's than its case"
        wanted = {"verified": "made", "spoiled": "spoil"}.get(case["state"])
        if first.get(key) != wanted:
            yield f"case {key} is {case['state']}, its card's first event {first.get(key)}"
        if (card["state"] == "making") != (wanted is None):
            yield f"case {key} is {case['state']}, its card {card['state']}"
        if case["state"] in ("writing", "written", "printed", "verified") and key not in chips:
            yield f"case {key} is {case['state']} without a chip"


def _events_chain(rows: _Rows) -> Iterator[str]:
    life = load_life("card")
    events = _by(rows["card_event"], "card_id")
    for card in rows["card"]:
        chain = sorted(events.get((card["id"],), []), key=lambda event: event["turn"])
        if [event["turn"] for event in chain] != list(range(1, card["version"] + 1)):
            yield f"card {card['id']}: events {len(chain)}, version {card['version']}"
        at = life.initial
        seen = {at}
        for event in chain:
            if event["state"] != at:
                yield f"card {card['id']}: {event['kind']} from {event['state']}, it was {at}"
            row = life.row(event["state"], event["kind"])
            if event["next"] != row.next and not (row.next == AS_BEFORE and event["next"] in seen):
                yield f"card {card['id']}: {event['kind']} led to {event['next']}"
            at = event["next"]
            seen.add(at)
        if card["state"] != at:
            yield f"card {card['id']} is {card['state']}, its last event left it {at}"
        if [event["seq"] for event in chain] != sorted(event["seq"] for event in chain):
            yield f"card {card['id']}: its events are out of order"


def _applications(rows: _Rows) -> Iterator[str]:
    cases = _by(rows["making"], "application_id")
    versions = _by(rows["application_version"], "application_id")
    for head in rows["application"]:
        states = [case["state"] for case in cases.get((head["id"],), [])]
        standing = [state for state in states if state != "spoiled"]
        if len(standing) > 1:
            yield f"application {head['number']} has {len(standing)} cases that are not spoiled"
        if (head["state"] == "done") != ("verified" in states):
            yield f"application {head['number']} is {head['state']}, its cases {states}"
        if standing and head["state"] not in ("approved", "done"):
            yield f"application {head['number']} is {head['state']} with a case that is {standing}"
        if bool(head["begun"]) != bool(standing):
            yield f"application {head['number']} says begun {head['begun']}, its cases {states}"
        kept = sorted(version["version"] for version in versions.get((head["id"],), []))
        if kept != list(range(1, len(kept) + 1)) or not kept:
            yield f"application {head['number']} has versions {kept}"


def _intents(rows: _Rows) -> Iterator[str]:
    closed = {case["id"] for case in rows["making"] if case["state"] in ("verified", "spoiled")}
    for intent in rows["intent"]:
        if intent["case_id"] in closed and intent["outcome"] is None:
            yield f"{intent['kind']} of the closed case {intent['case_id']} is open"


def _numbers(rows: _Rows) -> Iterator[str]:
    """Every human number of its kind from 1 to its counter, once."""
    given: dict[tuple[str, str], list[int]] = defaultdict(list)
    for table in ("application", "making", "receipt", "shift", "closing", "card_event"):
        for row in rows[table]:
            if row["number"] is not None:
                head, count = row["number"][:-6], int(row["number"][-6:])
                given[row["realm"], head].append(count)
    counters = {
        ({"live": "L", "test": "S", "training": "X"}[row["realm"]] + f"{row['desk']}-{row['kind']}"): row
        for row in rows["counter"]
    }
    for (realm, head), counts in given.items():
        counter = counters.get(head)
        if counter is None or counter["realm"] != realm:
            yield f"numbers {head} have no counter"
        elif sorted(counts) != list(range(1, counter["value"] + 1)):
            yield f"numbers {head}: {len(counts)} given, the counter says {counter['value']}"


def _receipts(rows: _Rows) -> Iterator[str]:
    issued = {r["number"]: r for r in rows["receipt"] if r["state"] == "issued"}
    for realm, receipts in _by(rows["receipt"], "realm", "desk").items():
        ordered = sorted(receipts, key=lambda receipt: int(receipt["number"][-6:]))
        if any(one["seq"] >= two["seq"] for one, two in pairwise(ordered)):
            yield f"receipts of {realm} are not in the order of their numbers"
    settled = set()
    begun = {case["application_id"] for case in rows["making"]}
    for due in rows["fee_due"]:
        if due["receipt"] is not None:
            receipt = issued.get(due["receipt"])
            settled.add(due["receipt"])
            if receipt is None:
                yield f"a fee is settled by {due['receipt']}, which does not stand"
            elif (receipt["application_id"], receipt["fen"]) != (due["application_id"], due["fen"]):
                yield f"receipt {due['receipt']} is for something else than the fee it settles"
        elif due["fen"] > 0 and due["application_id"] in begun:
            yield f"a card was begun for {due['application_id']}, whose fee is open"
    for number in issued.keys() - settled:
        yield f"receipt {number} settles nothing"


def _shifts(rows: _Rows) -> Iterator[str]:
    """Each shift's cash and cards counted from single rows, against what its closing says."""
    closings = {closing["shift_id"]: json.loads(closing["state"]) for closing in rows["closing"]}
    opened = [shift for shift in rows["shift"] if shift["closed_ms"] is None]
    for desk, shifts in _by(opened, "realm", "desk").items():
        if len(shifts) > 1:
            yield f"{desk} has {len(shifts)} open shifts"
    for shift in rows["shift"]:
        if (shift["id"] in closings) != (shift["closed_ms"] is not None):
            yield f"shift {shift['number']} is closed without a closing, or the reverse"
        if shift["id"] not in closings or shift["closed_ms"] is None:
            continue
        closed = closings[shift["id"]]
        mine = [r for r in rows["receipt"] if r["shift_id"] == shift["id"]]
        cash = sum(r["fen"] for r in mine if r["method"] == "cash" and r["void_shift_id"] != shift["id"])
        if (closed["cash_fen"], closed["count"]) != (cash, len(mine)):
            yield f"shift {shift['number']} closed with {closed['cash_fen']} fen, its receipts {cash}"
        if closed["gaps"]:
            yield f"shift {shift['number']} has gaps {closed['gaps']}"
        within = [
            event
            for event in rows["blank_event"]
            if event["realm"] == shift["realm"]
            and event["desk"] == shift["desk"]
            and shift["opened_seq"] < event["seq"] <= shift["closed_seq"]
        ]
        counted = {
            "received": sum(event["event"] in _RECEIVED for event in within),
            "issued": sum(event["event"] == "issue" for event in within),
            "spoiled": sum(event["event"] == "spoil" for event in within),
            "returned": sum(event["event"] == "give-back" for event in within),
        }
        if any(closed["cards"][name] != count for name, count in counted.items()):
            yield f"shift {shift['number']} closed with {closed['cards']}, its rows say {counted}"


def _blanks(rows: _Rows) -> Iterator[str]:
    cases = {case["id"]: case["state"] for case in rows["making"]}
    chips = {(chip["realm"], chip["serial"]): chip["case_id"] for chip in rows["chip"]}
    events = _by(rows["blank_event"], "realm", "serial")
    blanks = {(blank["realm"], blank["serial"]): blank for blank in rows["blank_card"]}
    for key, case_id in chips.items():
        if key[0] != "test" and (key not in blanks or blanks[key]["case_id"] != case_id):
            yield f"chip {key} of case {case_id} is no card of the stock"
    for key, blank in blanks.items():
        chain = sorted(events.get(key, []), key=lambda event: event["turn"])
        if [event["turn"] for event in chain] != list(range(1, blank["events"] + 1)):
            yield f"blank {key} has {len(chain)} events and says {blank['events']}"
        if chain and chain[-1]["state"] != blank["state"]:
            yield f"blank {key} is {blank['state']}, its last event left it {chain[-1]['state']}"
        case = cases.get(blank["case_id"])
        wanted = {None: None, "verified": "issued", "spoiled": "spoiled"}.get(case, "bound")
        if wanted is not None and blank["state"] not in (wanted, "destroyed"):
            yield f"blank {key} is {blank['state']}, its case {case}"
        if wanted is None and blank["state"] in ("bound", "issued"):
            yield f"blank {key} is {blank['state']} without a case"


def _audit_tells_all(rows: _Rows) -> Iterator[str]:
    """As many rows of the audit as things that were done."""
    kinds = _by(rows["audit"], "kind")
    done = {
        ("card",): len(rows["card_event"]),
        ("case-opened",): len(rows["making"]),
        ("chip-bound",): len(rows["chip"]),
        ("intent",): len(rows["intent"]),
        ("shift-opened",): len(rows["shift"]),
        ("shift-closed",): len(rows["closing"]),
        ("receipt-voided",): sum(receipt["state"] == "voided" for receipt in rows["receipt"]),
        ("paper",): sum(paper["prints"] for paper in rows["paper_print"]),
    }
    kinds["version",] = [row for kind in ("enrol", "order") for row in kinds.get((kind,), [])]
    # A version each, and the end of an application with its card.
    finished = sum(head["state"] == "done" for head in rows["application"])
    done["version",] = len(rows["application_version"]) + finished
    done["fee-taken",] = sum(receipt["method"] != "waived" for receipt in rows["receipt"])
    done["fee-waived",] = sum(receipt["method"] == "waived" for receipt in rows["receipt"])
    for kind, count in done.items():
        if len(kinds.get(kind, [])) != count:
            yield f"the audit has {len(kinds.get(kind, []))} rows {kind[0]}, done were {count}"
