"""The desk's SAM: which one it is comes before its PIN, and what is remembered is its own."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app.devices.channel import ApduChannel
from app.devices.ports import ReaderRole
from app.devices.sim.sam import SimulatedSam
from app.domain.sam import SamIdentity, SamOfAnotherDesk
from app.workflow.sam_desk import SamDesk
from tests.helpers.making import CITY_CODE, PIN, ROOT, Bench


@dataclass
class Register:
    """What a store remembers of the desk's SAM."""

    known: SamIdentity | None = None
    left: int | None = None

    def pinned(self) -> SamIdentity | None:
        return self.known

    def pin(self, identity: SamIdentity) -> None:
        self.known = identity

    def tries(self) -> int | None:
        return self.left

    def note_tries(self, tries: int | None) -> None:
        self.left = tries


def test_a_strangers_sam_loses_no_try_and_leaves_no_note() -> None:
    bench, register = Bench(), Register()
    desk = SamDesk(
        connect=lambda: ApduChannel(bench.slot.connect(), ReaderRole.SAM),
        products=bench.products,
        city_code=CITY_CODE,
        register=register,
        pin=lambda: PIN,
    )
    own = desk.session().identity
    desk.forget()
    serial = bytes.fromhex("5341000000000002")
    stranger = SimulatedSam(
        bench.products.sam("KT-SAM"),
        5,
        "41010000000000000002",
        serial,
        ROOT,
        CITY_CODE,
        random=bench.random,
        pin="654321",
    )
    bench.slot.remove()
    bench.slot.insert(stranger)
    with pytest.raises(SamOfAnotherDesk):
        desk.session()
    assert stranger.state.tries == stranger.state.product.pin_tries
    assert (register.known, register.left, desk.identity) == (own, None, None)
    bench.slot.remove()
    bench.slot.insert(bench.sam_chip)
    assert desk.session().identity == own
