"""A made card on the reader: which it is, and whether it holds what its order says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.base.errors import N_, KangkaError
from app.cardspec.profile import Profile
from app.devices.ports import LinkFault, NoCardPresent
from app.personalize.commands import CardSession, CardSwapped, identify
from app.personalize.execute import Stopped
from app.personalize.sam import SamRefused, SamSession
from app.personalize.verify import CardState as ContentState
from app.personalize.verify import read_card
from app.workflow.card_ports import Held
from app.workflow.issue import Station
from app.workflow.views import IssueStep

# The card's own number (card-files.csv): the holder's, which no card of anybody else bears.
_CARD_NUMBER = "KH"


@dataclass(eq=False)
class CardHoldsOther(KangkaError):
    """The right chip with other data on it than its order says."""

    serial: str

    code = "card.holds-other"
    cause = N_("Card {serial} does not hold the data of its order.")
    meaning = N_("It must not be given out or activated.")
    remedy = N_("Put the card aside for the supervisor and look at the case that made it.")


@dataclass(frozen=True)
class Laid:
    """A session with the card on the reader, and the SAM's."""

    card: CardSession
    sam: SamSession

    @property
    def serial(self) -> str:
        return self.card.chip.serial


@contextmanager
def laid_card(
    station: Station, profile: Profile, cancel: threading.Event, *, serial: str | None
) -> Iterator[Laid]:
    """The card on the reader; where ``serial`` is given no other one, and it is asked for by name."""
    sam = station.sam.session()
    if serial is not None:
        station.hands.lay(serial)
    if not station.reader.wait_for_card(station.card_wait_ms, cancel):
        if cancel.is_set():
            raise Stopped(after=IssueStep.LAY_CARD.value)
        raise NoCardPresent(role="card")
    channel = station.channel(station.reader)
    try:
        product = station.products.card_of(channel.atr)
        chip = identify(channel, product)
        if serial is not None and chip.serial != serial:
            raise CardSwapped(expected=serial, found=chip.serial)
        card = CardSession(
            channel, sam, product=product, profile=profile, chip=chip, random=station.random
        )
        yield Laid(card, sam)
    except (LinkFault, SamRefused):
        station.sam.forget()
        raise
    finally:
        channel.close()


def require_its_data(laid: Laid, profile: Profile, found: Held) -> None:
    """Read the whole card: genuine, personalized, its holder's; else the refusal that says why not."""
    contents = read_card(laid.card, profile, planned_only=True)
    number = contents.values().get(_CARD_NUMBER)
    if contents.state is not ContentState.PERSONALIZED or number != found.order.card.card_number:
        raise CardHoldsOther(serial=laid.serial)
