"""What every test stands on: no real settings, no address outside loopback."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Server

# A busy machine proves nothing about a property: no test measures time.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("patient"), max_examples=300)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove every STORMCTL_ variable and lock the platforms: a test can't meet real ones."""
    for name in [n for n in os.environ if n.startswith("STORMCTL_") and n != "STORMCTL_REQUIRE_BROWSER"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("STORMCTL_LIVE", "0")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server for the whole session; take a schema of it."""
    from tests.postgres import serving

    with serving() as server:
        yield server
