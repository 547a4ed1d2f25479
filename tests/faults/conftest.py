"""Desks for the fault tests: one a product and module, reused over many cards."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.helpers.harness import FaultDesk


@pytest.fixture(scope="module")
def desk_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], FaultDesk]]:
    """``desk_of(product)``: the module's desk for a product, made at its first use."""
    desks: dict[str, FaultDesk] = {}

    def given(product: str) -> FaultDesk:
        if product not in desks:
            desks[product] = FaultDesk(tmp_path_factory.mktemp(product), product)
        return desks[product]

    yield given
    for desk in desks.values():
        desk.close()
