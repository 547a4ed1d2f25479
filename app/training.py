"""Who comes to a training desk, and what is simulated for commands: nothing real is named here."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from app.base.clock import SystemClock
from app.base.errors import N_, KangkaError
from app.base.resources import read_toml, resource
from app.cardspec.product import load_products
from app.devices.id_reader import SamvReader
from app.devices.id_text import encode_text
from app.devices.ports import IdReader
from app.devices.sim.id_reader import SimulatedDocument, SimulatedIdReader, SimulatedIdStream
from app.devices.sim.portrait import portrait
from app.devices.sim.tray import SimulationSettings
from app.domain.made_up import made_up_resident
from app.domain.resident import Resident
from app.workflow.identity_text import identity_text_of


@dataclass(eq=False)
class UnknownProduct(KangkaError):
    """A card product that nobody has described."""

    product: str
    known: tuple[str, ...]

    code = "product.unknown"
    cause = N_("No card product is called {product}.")
    meaning = N_("Nothing was simulated.")
    remedy = N_("Choose one of {known}.")


@dataclass(frozen=True)
class Crowd:
    """The made-up people of the place ``seed``, who come to a training desk one after another."""

    seed: int = 1

    def person(self, number: int) -> Resident:
        """Person ``number`` with a drawn portrait."""
        picture = portrait(self.seed * 100_003 + number)
        return made_up_resident(number, self.seed, photo=picture.chip, face_photo=picture.printed)


def coming(first: Callable[[], int]) -> Iterator[int]:
    """Numbers of people from ``first`` on, asked when the first one comes."""
    yield from itertools.count(first())


def simulated_id_reader(person: Resident | None = None) -> IdReader:
    """The identity reader with a person's card on it, or with none."""
    text = None if person is None else encode_text(identity_text_of(person))
    stream = SimulatedIdStream(SimulatedIdReader([] if text is None else [SimulatedDocument(text=text)]))
    return SamvReader(stream, SystemClock(), port="SIMULATED")


def simulate(
    profile: Path | None, cards: int, product: str, ports: tuple[int, int], out: TextIO
) -> None:
    """``kangka simulate``: chips on the virtual driver's ``ports`` (card, SAM) until interrupted.

    The line that says where they are goes to ``out`` once all is ready.
    """
    known = tuple(found.id for found in load_products().cards)
    if product not in known:
        raise UnknownProduct(product=product, known=known)
    from app.devices.sim.serve import run_simulation  # noqa: PLC0415 - the other commands need none

    city_code = read_toml(resource("training", "desk.toml"))["city_code"]
    crowd = Crowd()
    documents = (
        SimulatedDocument(text=encode_text(identity_text_of(crowd.person(number))))
        for number in range(cards)
    )
    run_simulation(
        SimulationSettings(
            cards=cards,
            product=product,
            city_code=city_code,
            profile=None if profile is None else str(profile),
        ),
        card_port=ports[0],
        sam_port=ports[1],
        documents=documents,
        out=out,
    )
