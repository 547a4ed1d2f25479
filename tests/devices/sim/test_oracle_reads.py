"""The oracle writes and reads the simulators: neither knows the other's code."""

from __future__ import annotations

import pytest

from app.devices.sim.card import SimulatedCard
from tests.helpers import chips
from tests.oracle.cipher import OracleError
from tests.oracle.people import full_image, full_values, least_values
from tests.oracle.personalize import write_card
from tests.oracle.reader import OracleCard, read_card
from tests.oracle.script import Script
from tests.oracle.writer import Image, contradictions, differences, expected

PRODUCTS = ("KT-SECURED", "KT-STRICT", "KT-PLAIN", "KT-OPEN", "KT-3DES")


def written(product: str, image: Image, *, activate: bool) -> SimulatedCard:
    """A new card of the product that holds the image."""
    card = chips.make_card(product)

    def reset() -> bytes:
        card.power_off()
        return card.power_on()

    reset()
    script = Script(card.process, reset, product, chips.FACTOR, chips.ROOT, chips.CITY_CODE)
    write_card(script, image, activate=activate)
    return card


def read(card: SimulatedCard, product: str, root: bytes = chips.ROOT) -> OracleCard:
    """Reads it from a reset on."""
    card.power_off()
    return read_card(card.process, card.power_on(), root, chips.CITY_CODE, product=product)


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_full_card_is_read_back_equal(product: str) -> None:
    activate = product != "KT-OPEN"
    card = read(written(product, full_image(), activate=activate), product)
    assert differences(card, full_image()) == []
    assert contradictions(card, chips.CITY_CODE) == []
    assert card.fields == full_values()
    assert card.activated == activate


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_card_that_is_not_activated_is_told_apart(product: str) -> None:
    assert not read(written(product, full_image(), activate=False), product).activated


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_new_card_is_empty_in_every_byte(product: str) -> None:
    assert differences(read(chips.make_card(product), product), expected({})) == []


def test_the_least_that_activation_takes() -> None:
    image = expected(least_values())
    card = read(written("KT-SECURED", image, activate=True), "KT-SECURED")
    assert differences(card, image) == []
    assert card.activated


def test_reading_changes_nothing() -> None:
    card = written("KT-STRICT", full_image(), activate=False)
    first, second = read(card, "KT-STRICT"), read(card, "KT-STRICT")
    assert first == second
    assert not second.activated


def test_control_another_root_is_found() -> None:
    card = written("KT-SECURED", full_image(), activate=True)
    with pytest.raises(OracleError, match="internal authentication"):
        read(card, "KT-SECURED", root=bytes(16))


def test_control_a_value_written_wrong_is_found() -> None:
    wrong = expected({**full_values(), "AQM": "321"})
    right = expected(full_values())
    card = read(written("KT-SECURED", wrong, activate=True), "KT-SECURED")
    assert [line.split(":")[0] for line in differences(card, right)] == ["DDF1/EF05 record 8"]
