"""Which SAM is in the slot: told before its PIN is risked, its keys' version before a card is asked."""

from __future__ import annotations

from typing import Any

import pytest

from app.devices.channel import ApduChannel
from app.devices.ports import ReaderRole
from app.devices.sim.sam import SimulatedSam
from app.domain.sam import SamIdentity, SamOfAnotherDesk
from app.personalize.sam import SamKeyVersion, SamSession, open_sam
from tests.helpers.making import CITY_CODE, PIN, ROOT, Bench

OWN = "41010000000000000001"
OTHER = "41010000000000000002"


def put_in(bench: Bench, number: str, kind: int = 5, **changes: Any) -> SimulatedSam:
    """Another SAM of the same root in the slot."""
    serial = bytes.fromhex("5341000000000002")
    product = bench.products.sam("KT-SAM")
    chip = SimulatedSam(
        product, kind, number, serial, ROOT, CITY_CODE, random=bench.random, **{"pin": PIN} | changes
    )
    bench.slot.remove()
    bench.slot.insert(chip)
    return chip


def locked(bench: Bench) -> SamSession:
    return open_sam(ApduChannel(bench.slot.connect(), ReaderRole.SAM), bench.products, CITY_CODE)


def pinned(bench: Bench) -> SamIdentity:
    return bench.sam().identity


@pytest.mark.parametrize(("number", "kind", "what"), [(OTHER, 5, "number"), (OWN, 4, "kind")])
def test_another_desks_sam_is_not_given_the_pin(number: str, kind: int, what: str) -> None:
    bench = Bench()
    known = pinned(bench)
    chip = put_in(bench, number, kind, pin="654321")
    for by_person in (False, True):
        with pytest.raises(SamOfAnotherDesk) as refusal:
            locked(bench).unlock(PIN, by_person=by_person, pinned=known)
        assert refusal.value.what == what
    assert chip.state.tries == chip.state.product.pin_tries


def test_the_pinned_sam_is_unlocked() -> None:
    bench = Bench()
    known = pinned(bench)
    session = locked(bench)
    session.unlock(PIN, pinned=known)
    assert session.identity.number == OWN


def test_keys_of_another_version_than_the_cards_are_refused_before_the_card_is_asked() -> None:
    bench = Bench()
    put_in(bench, OWN, key_version=2)
    card = bench.session(bench.sam())
    before = bench.clock.exchanges
    with pytest.raises(SamKeyVersion) as refusal:
        card.prove_genuine()
    assert refusal.value.params() == {"sam": 2, "card": 1}
    assert bench.clock.exchanges == before
