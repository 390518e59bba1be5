"""A runner may die at any instruction: whoever follows finds out, and each post arrives once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.conftest import QUICK
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


def _die(stage: Campaign, *words: str) -> int:
    """Start what dies at a point; return its exit code."""
    dying = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.dying", *words],
        cwd=stage.root,
        env=os.environ | stage.environment | {"PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
        timeout=50,
    )
    return dying.returncode


@pytest.mark.parametrize("point", POINTS)
def test_a_storm_survives_a_death_at_any_point(stage: Campaign, point: str) -> None:
    """Killed there and launched again, the storm ends with every post on the platform exactly once."""
    stage.environment |= QUICK
    stage.run("launch", "--yes", "--detach")

    code = _die(stage, point)
    stage.run("launch", "--yes", "--plain")

    received = stage.received()
    assert code == DIED
    assert sum(received.values()) == len(received) == 12


@pytest.mark.parametrize("statement", ["bind_host", "bind_account", "add_storm_channel", "add_delivery"])
def test_a_launch_that_dies_while_it_enrols_has_left_nothing(stage: Campaign, statement: str) -> None:
    """Neither hosts nor accounts nor a part of the plan; launched again, each post arrives once."""
    code = _die(stage, statement, "enrol")
    with closing(sqlite3.connect(stage.root / ".stormctl" / "ledger.db")) as file:
        tables = ("hosts", "channels", "storms", "deliveries", "events")
        left = {table: file.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # noqa: S608
    stage.run("launch", "--yes", "--plain")

    received = stage.received()
    assert (code, left) == (DIED, dict.fromkeys(left, 0))
    assert sum(received.values()) == len(received) == 12
