"""The real PC/SC service, started for these tests alone."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.devices.sim.tray import SimulationSettings
from tests.helpers.parts import require_part
from tests.helpers.pcscd import Namespace, Service, Simulation, missing


@pytest.fixture(scope="session")
def namespace() -> Iterator[Namespace]:
    """A network of its own; this process's PC/SC library is pointed to the service inside."""
    why = missing()
    require_part("pcscd", not why, why)
    space = Namespace()
    os.environ["PCSCLITE_CSOCK_NAME"] = space.env["PCSCLITE_CSOCK_NAME"]
    yield space
    space.close()


@pytest.fixture
def service(namespace: Namespace, tmp_path: Path) -> Iterator[Service]:
    """pcscd with vpcd's two readers, for one test; not beside ``pcscd_with_simulation``."""
    running = Service(namespace, tmp_path)
    yield running
    running.close()


@pytest.fixture(scope="module")
def pcscd_with_simulation(
    namespace: Namespace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Simulation]:
    """pcscd and a simulated card, SAM and identity reader, for all tests of a module.

    ``info`` is the simulation's JSON, ``env`` the environment in which a program sees the two readers,
    ``prefix`` runs one beside the simulation, ``do("next")`` lays a fresh card.
    """
    service = Service(namespace, tmp_path_factory.mktemp("pcscd"))
    running = Simulation(namespace, SimulationSettings(cards=20, next_after_s=600.0))
    yield running
    running.close()
    service.close()


@pytest.fixture
def never() -> threading.Event:
    """Nobody cancels."""
    return threading.Event()
