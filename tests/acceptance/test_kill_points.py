"""A runner may die at any instruction: whoever follows finds out, and each post arrives once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.dying import DIED

if TYPE_CHECKING:
    from tests.acceptance.conftest import Campaign

pytestmark = [pytest.mark.slow, pytest.mark.long]

POINTS = [
    "before claim",
    "after claim",
    "before sending_at",
    "after sending_at",
    "after the write",
    "before the record",
    "after the record",
]

QUICK = {
    "STORMCTL_REQUEST_LIMIT": "1s",
    "STORMCTL_LEASE": "2s",
    "STORMCTL_SETTLING": "1s",
    "STORMCTL_HEARTBEAT": "1s",
}


@pytest.mark.parametrize("point", POINTS)
def test_a_storm_survives_a_death_at_any_point(stage: Campaign, point: str) -> None:
    """Killed there and launched again, the storm ends with every post on the platform exactly once."""
    stage.environment |= QUICK
    stage.run("launch", "--yes", "--detach")
    root = str(Path(__file__).parents[2])
    dying = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.dying", point],
        cwd=stage.root,
        env=os.environ | stage.environment | {"PYTHONPATH": root},
        check=False,
        timeout=50,
    )

    stage.run("launch", "--yes", "--plain")

    received = stage.received()
    assert dying.returncode == DIED
    assert sum(received.values()) == len(received) == 12
